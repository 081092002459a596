//! Agents whose desktops go: signed out after a while, and not before.

use std::time::Duration;

use contact::{AgentState, Deployment, Reason, UserId};

use crate::world::World;

const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";

/// The agent 1001001, signed in, with one desktop.
fn signed_in(change: impl FnOnce(&mut notifier::Config)) -> (World, notifier::SessionId) {
    let mut world = World::with(change);
    let desktop = world.bind("1001001/desktop");
    world.send(desktop, "<presence xmlns='jabber:client'/>");
    world.change_state("1001001", LOGIN).unwrap();
    (world, desktop)
}

fn state(world: &World) -> (AgentState, Reason) {
    let user = world.notifier.centre().user(&UserId::new("1001001").unwrap()).unwrap();
    (user.state, user.reason)
}

fn ready(world: &mut World) {
    world.change_state("1001001", "<state>READY</state>").unwrap();
}

/// Finesse waits 60 seconds and signs out with the reason 255.
#[test]
fn an_agent_whose_desktop_has_gone_is_signed_out_after_a_minute() {
    let (mut world, desktop) = signed_in(|_| {});
    let supervisor = world.bind("1001003/desktop");
    world.send(supervisor, "<presence xmlns='jabber:client'/>");
    ready(&mut world);
    world.end(desktop);
    world.wait_ms(59_999);
    assert_eq!(state(&world).0, AgentState::Ready);
    world.wait_ms(1);
    assert_eq!(state(&world), (AgentState::Logout, Reason::System { code: 255 }));
    // That is a fact of the log like any other.
    assert_eq!(state(&world.restarted()).0, AgentState::Logout);
    assert_eq!(world.notifier.next_timeout(), None);
}

/// A page that is loaded again, or a second desktop.
#[test]
fn a_desktop_that_comes_back_in_time_changes_nothing() {
    let (mut world, desktop) = signed_in(|_| {});
    ready(&mut world);
    world.end(desktop);
    world.wait_ms(50_000);
    let again = world.bind("1001001/desktop");
    world.wait_ms(5_000);
    world.send(again, "<presence xmlns='jabber:client'/>");
    world.wait_ms(600_000);
    assert_eq!(state(&world).0, AgentState::Ready);

    let second = world.bind("1001001/phone");
    world.send(second, "<presence xmlns='jabber:client'/>");
    world.end(again);
    world.wait_ms(600_000);
    assert_eq!(state(&world).0, AgentState::Ready);
    // Saying that one is not there is going as well.
    world.send(second, "<presence xmlns='jabber:client' type='unavailable'/>");
    world.wait_ms(60_000);
    assert_eq!(state(&world).0, AgentState::Logout);
}

/// A session that could be resumed for longer than that: nobody sits in front of it.
#[test]
fn a_session_that_waits_to_be_resumed_is_no_desktop() {
    let long = |config: &mut notifier::Config| config.resume_timeout = Duration::from_secs(300);
    let (mut world, desktop) = signed_in(long);
    world.notifier.make_resumable(desktop, "s1", None).unwrap();
    assert!(world.notifier.detached(desktop, world.now));
    world.wait_ms(30_000);
    world.notifier.resumed(desktop);
    world.wait_ms(120_000);
    assert_eq!(state(&world).0, AgentState::NotReady);
    assert!(world.notifier.detached(desktop, world.now));
    world.wait_ms(60_000);
    assert_eq!(state(&world).0, AgentState::Logout);
}

/// Who polls the web service has no presence to lose; neither has a session that never sent any.
#[test]
fn who_has_never_been_there_is_not_missed() {
    let mut world = World::new();
    world.change_state("1001001", LOGIN).unwrap();
    world.wait_ms(3_600_000);
    let quiet = world.bind("1001001/monitor");
    world.notifier.make_resumable(quiet, "s1", None).unwrap();
    assert!(world.notifier.detached(quiet, world.now));
    world.notifier.resumed(quiet);
    world.end(quiet);
    world.wait_ms(3_600_000);
    assert_eq!(state(&world).0, AgentState::NotReady);

    // Nor somebody who was there, has gone, and then signs in without a desktop.
    let mut world = World::new();
    let desktop = world.connect("1001001/desktop");
    world.end(desktop);
    assert_eq!(world.notifier.next_timeout(), None);
    world.change_state("1001001", LOGIN).unwrap();
    world.wait_ms(3_600_000);
    assert_eq!(state(&world).0, AgentState::NotReady);
}

#[test]
fn the_grace_can_be_another_or_none() {
    let (mut world, desktop) = signed_in(|config| config.presence_grace = Some(Duration::from_secs(5)));
    world.end(desktop);
    world.wait_ms(5_000);
    assert_eq!(state(&world).0, AgentState::Logout);

    let (mut world, desktop) = signed_in(|config| config.presence_grace = None);
    world.end(desktop);
    world.wait_ms(3_600_000);
    assert_eq!(state(&world).0, AgentState::NotReady);
}

/// Logout on Agent Disconnect: 0 on CCE. CCX has no such setting.
#[test]
fn cce_can_make_agents_not_ready_instead() {
    for (deployment, signs_out, expected) in [
        (Deployment::Ucce, false, (AgentState::NotReady, Reason::System { code: 255 })),
        (Deployment::Uccx, false, (AgentState::Logout, Reason::System { code: 255 })),
        (Deployment::Uccx, true, (AgentState::Logout, Reason::System { code: 255 })),
    ] {
        let (mut world, desktop) = signed_in(|config| {
            config.contact.deployment = deployment;
            config.contact.logout_on_disconnect = signs_out;
        });
        ready(&mut world);
        world.end(desktop);
        world.wait_ms(60_000);
        assert_eq!(state(&world), expected, "{deployment:?} {signs_out}");
    }
}

/// While the log takes nothing, nobody is signed out; afterwards the agent is.
#[test]
fn nobody_is_signed_out_while_that_cannot_be_kept() {
    let (mut world, desktop) = signed_in(|_| {});
    world.log_is_prompt = false;
    ready_later(&mut world);
    world.end(desktop);
    world.handle(notifier::Input::AppendFailed { from: notifier::Position(world.log.len() as u64 + 1) });
    world.wait_ms(120_000);
    assert_eq!(world.notifier.next_timeout(), None);
    world.waiting.clear();
    world.notifier.reset_durable(&world.log);
    world.drain();
    world.log_is_prompt = true;
    world.wait_ms(1);
    assert_eq!(state(&world).0, AgentState::Logout);
}

fn ready_later(world: &mut World) {
    world.start_change_state("1001001", "<state>READY</state>");
}

/// What the log could not keep has not happened, and is done again.
#[test]
fn a_sign_out_that_the_log_has_lost_is_tried_again() {
    for comes_back in [false, true] {
        let (mut world, desktop) = signed_in(|_| {});
        ready(&mut world);
        world.end(desktop);
        world.log_is_prompt = false;
        world.wait_ms(60_000);
        assert_eq!(state(&world).0, AgentState::Logout, "decided");
        if comes_back {
            let again = world.bind("1001001/desktop");
            world.send(again, "<presence xmlns='jabber:client'/>");
        }
        world.lose_waiting();
        assert_eq!(state(&world).0, AgentState::Ready, "and lost");
        world.log_is_prompt = true;
        world.wait_ms(1);
        world.append_all();
        // Whoever sits there again by then is left alone.
        let expected = if comes_back { AgentState::Ready } else { AgentState::Logout };
        assert_eq!(state(&world).0, expected);
    }
}
