//! What calls make of agents' states, on CCE and on CCX; and what comes after a call.

use contact::AgentState::{Hold, Logout, NotReady, Ready, Reserved, Talking, Work, WorkReady};
use contact::{
    Action, AgentState, Command, Deployment, Event, Failure, Reason, RequestedState, Settings, UserChanges,
    WrapUp, WrapUpMode,
};

use crate::calls::{Floor, address};
use crate::room::{state, user};

fn on(deployment: Deployment) -> Floor {
    Floor::new(Settings { deployment, ..Settings::default() })
}

/// An agent in a call from outside.
fn talking(deployment: Deployment) -> (Floor, contact::DialogId) {
    let mut floor = on(deployment);
    floor.ready(&["7001"]);
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    floor.heard();
    (floor, call)
}

#[test]
fn a_call_that_is_never_taken_leaves_the_agent_ready() {
    let mut floor = on(Deployment::Ucce);
    floor.ready(&["7001"]);
    let call = floor.incoming("5551001", "2101");
    assert_eq!(floor.state("7001"), Reserved);
    floor.network(contact::NetworkEvent::HangUp { dialog: call, address: address("5551001") }).unwrap();
    assert_eq!((floor.state("7001"), floor.dialog(call)), (Ready, "over".to_owned()));
}

#[test]
fn what_is_asked_for_during_a_call_comes_after_it() {
    for (asked, then) in [
        (vec![], Ready),
        (vec![RequestedState::NotReady], NotReady),
        (vec![RequestedState::NotReady, RequestedState::Ready], Ready),
    ] {
        let (mut floor, call) = talking(Deployment::Ucce);
        for wish in &asked {
            floor.ask_state("7001", "7001", state(*wish)).unwrap();
            assert_eq!(floor.heard_states("7001"), ["TALKING"], "the user document says what is pending");
        }
        let pending = asked.last().map(|wish| if *wish == RequestedState::Ready { Ready } else { NotReady });
        assert_eq!(floor.pending("7001"), pending);
        floor.act("7001", call, Action::Drop);
        assert_eq!((floor.state("7001"), floor.pending("7001")), (then, None));
    }
}

#[test]
fn a_supervisor_signs_out_an_agent_who_is_talking_when_the_call_is_over() {
    let (mut floor, call) = talking(Deployment::Ucce);
    floor.ask_state("7000", "7001", state(RequestedState::Logout)).unwrap();
    assert_eq!((floor.state("7001"), floor.pending("7001")), (Talking, Some(Logout)));
    floor.act("7001", call, Action::Drop);
    assert_eq!((floor.state("7001"), floor.reason("7001")), (Logout, Reason::SUPERVISOR_UCCE));
    let user = floor.room.centre.user(&user("7001")).unwrap();
    assert_eq!(user.extension, None);
}

#[test]
fn an_agent_who_calls_from_ready_is_not_ready_first() {
    let mut floor = on(Deployment::Ucce);
    floor.ready(&["7001"]);
    let call = floor.call("7001", "5551001").unwrap();
    assert_eq!(floor.heard_states("7001"), ["NOT_READY", "TALKING"]);
    floor.act("7001", call, Action::Drop);
    assert_eq!((floor.state("7001"), floor.reason("7001")), (NotReady, Reason::OFF_HOOK_UCCE));
}

#[test]
fn ccx_says_nothing_about_calls_that_are_not_from_its_queues() {
    let mut floor = on(Deployment::Uccx);
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    assert_eq!(floor.heard_states("7001"), [""; 0]);
    floor.act("7001", call, Action::Hold);
    assert_eq!(floor.state("7001"), NotReady);
    let asked = floor.ask_state("7001", "7001", state(RequestedState::Ready)).unwrap();
    assert!(matches!(asked[..], [Event::RequestFailed { failure: Failure::ResourceBusy, .. }]), "{asked:?}");
    floor.act("7001", call, Action::Retrieve);
    floor.act("7001", call, Action::Drop);
    assert_eq!((floor.state("7001"), floor.dialog(call)), (NotReady, "over".to_owned()));
    floor.ask_state("7001", "7001", state(RequestedState::Ready)).unwrap();
    assert_eq!(floor.state("7001"), Ready);
}

/// Supervisors see on CCX who is on the telephone, though the state says nothing of it.
#[test]
fn ccx_shows_who_is_on_the_telephone_in_the_teams_documents() {
    let team = contact::ApiPath::TeamUsers(contact::TeamId(1));
    let media_states = |floor: &mut Floor| {
        let heard = floor.heard_on(&team).into_iter().map(|document| {
            assert!(document.contains("<state>NOT_READY</state>"), "{document}");
            let (_, rest) = document.split_once("<mediaState>").unwrap();
            rest.split('<').next().unwrap().to_owned()
        });
        heard.collect::<Vec<_>>()
    };
    let mut floor = on(Deployment::Uccx);
    let call = floor.call("7001", "5551001").unwrap();
    assert_eq!(media_states(&mut floor), ["BUSY"]);
    floor.act("7001", call, Action::Hold);
    assert_eq!(media_states(&mut floor), [""; 0], "still on the telephone");
    floor.act("7001", call, Action::Drop);
    assert_eq!(media_states(&mut floor), ["IDLE"]);
    let call = floor.incoming("5551001", "2101");
    assert_eq!(media_states(&mut floor), [""; 0], "it rings");
    floor.act("7001", call, Action::Answer);
    assert_eq!(media_states(&mut floor), ["BUSY"]);
    let sales = floor.room.centre.team(contact::TeamId(1)).unwrap();
    let list = contact::team_xml(&floor.room.centre, sales, false);
    assert_eq!((list.matches(">BUSY<").count(), list.matches(">IDLE<").count()), (1, 2));
    let user = contact::user_xml(&floor.room.centre, floor.room.centre.user(&user("7001")).unwrap());
    assert!(!user.contains("mediaState"), "in the team's documents only");

    let mut floor = on(Deployment::Ucce);
    floor.call("7001", "5551001").unwrap();
    let sales = floor.room.centre.team(contact::TeamId(1)).unwrap();
    assert!(!contact::team_xml(&floor.room.centre, sales, false).contains("mediaState"));
}

fn wrap_up(floor: &mut Floor, agent: &str, wrap_up: WrapUp) {
    let changes = UserChanges { wrap_up: Some(wrap_up), ..UserChanges::default() };
    floor.command("boss", Command::UpdateUser { user: user(agent), changes }).unwrap();
}

#[test]
fn after_a_call_there_is_time_to_wrap_up() {
    for (asked, state_then, finally) in
        [(None, WorkReady, Ready), (Some(RequestedState::NotReady), Work, NotReady)]
    {
        let (mut floor, call) = talking(Deployment::Ucce);
        wrap_up(
            &mut floor,
            "7001",
            WrapUp { incoming: WrapUpMode::Required, seconds: 30, ..WrapUp::default() },
        );
        if let Some(wish) = asked {
            floor.ask_state("7001", "7001", state(wish)).unwrap();
        }
        floor.heard();
        floor.network(contact::NetworkEvent::HangUp { dialog: call, address: address("5551001") }).unwrap();
        assert_eq!(floor.heard().last().unwrap(), "7001 PUT DROPPED 5551001:DROPPED 2101:WRAP_UP");
        assert_eq!(floor.state("7001"), state_then);
        // The reason can still be written.
        let data = contact::CallDataChange { wrap_up_reason: Some("Sold".into()), variables: vec![] };
        let request = contact::DialogRequest::UpdateCallData { target: None, data };
        floor.command("7001", Command::ActOnCall { dialog: call, request }).unwrap();
        assert_eq!(floor.heard(), ["7001 PUT DROPPED 5551001:DROPPED 2101:WRAP_UP"]);
        let due = floor.room.centre.next_timeout().unwrap();
        let user = floor.room.centre.user(&user("7001")).unwrap();
        assert_eq!(due.0 - user.state_changed_at.unwrap().0, 30_000);
        floor.now.0 = due.0 - 1000;
        floor.command("network", Command::Elapse).unwrap();
        assert_eq!(floor.heard(), ["7001 DELETE DROPPED 5551001:DROPPED 2101:DROPPED"]);
        assert_eq!((floor.state("7001"), floor.dialog(call)), (finally, "over".to_owned()));
        assert_eq!(floor.room.centre.next_timeout(), None);
    }
}

#[test]
fn an_agent_ends_the_time_to_wrap_up() {
    for (wish, then) in [(RequestedState::Ready, Ready), (RequestedState::NotReady, NotReady)] {
        let (mut floor, call) = talking(Deployment::Ucce);
        let required = WrapUpMode::RequiredWithWrapUpData;
        wrap_up(&mut floor, "7001", WrapUp { incoming: required, ..WrapUp::default() });
        floor.act("7001", call, Action::Drop);
        assert_eq!(floor.state("7001"), WorkReady);
        floor.ask_state("7001", "7001", state(wish)).unwrap();
        assert_eq!((floor.state("7001"), floor.dialog(call)), (then, "over".to_owned()));
        assert_eq!(floor.room.centre.next_timeout(), None);
    }
}

#[test]
fn calls_that_nobody_answered_and_other_directions_are_not_wrapped_up() {
    let mut floor = on(Deployment::Ucce);
    wrap_up(&mut floor, "7001", WrapUp { incoming: WrapUpMode::Required, ..WrapUp::default() });
    let unanswered = floor.incoming("5551001", "2101");
    floor.act("7001", unanswered, Action::Drop);
    assert_eq!(floor.dialog(unanswered), "over");
    let own = floor.call("7001", "2102").unwrap();
    floor.act("7002", own, Action::Answer);
    floor.act("7001", own, Action::Drop);
    assert_eq!((floor.state("7001"), floor.dialog(own)), (NotReady, "over".to_owned()));
}

#[test]
fn a_second_call_puts_the_first_on_hold() {
    let (mut floor, first) = talking(Deployment::Ucce);
    floor.act("7001", first, Action::Hold);
    assert_eq!(floor.state("7001"), Hold);
    let second = floor.call("7001", "2102").unwrap();
    floor.act("7002", second, Action::Answer);
    assert_eq!(floor.state("7001"), Talking);
    floor.act("7001", first, Action::Retrieve);
    assert_eq!(floor.dialog(second), "ACTIVE: 2101 HELD, 2102 ACTIVE");
    floor.act("7001", first, Action::Drop);
    assert_eq!(floor.state("7001"), Hold, "the other call is still there");
    floor.act("7001", second, Action::Drop);
    assert_eq!(floor.state("7001"), Ready);
}

#[test]
fn who_is_removed_leaves_all_calls() {
    let (mut floor, call) = talking(Deployment::Ucce);
    floor.command("boss", Command::RemoveUser { user: user("7001") }).unwrap();
    assert_eq!(floor.dialog(call), "over");
    assert_eq!(floor.room.centre.dialogs().count(), 0);
}

#[test]
fn a_call_can_be_made_from_these_states() {
    for (from, may) in [
        (NotReady, true),
        (Ready, true),
        (AgentState::Unknown, false),
        (Work, false),
        (WorkReady, false),
        (AgentState::ReservedOutbound, false),
    ] {
        let mut floor = on(Deployment::Ucce);
        floor.room.set("7001", from, Reason::Unspecified, Some(crate::room::extension("2101")));
        let call = floor.call("7001", "5551001");
        assert_eq!(call.is_some(), may, "{from}");
        if !may {
            assert_eq!(floor.heard(), ["7001 Invalid State at User/7001/Dialogs"], "{from}");
        }
    }
}
