//! What a subscriber has chosen holds from the moment when an owner approves (XEP-0060 §6.3.7, §8.6).

use contact::Timestamp;
use notifier::{SessionId, Who};

use crate::affiliations::{create, form, only, publish};
use crate::world::{World, sorted};

const FULL: &str = "1001002@localhost/a";
const BARE: &str = "1001002@localhost";
const LIST: &str = "<subscriptions node='n'/>";

/// A world with node `n`, where its owner decides, the owner and the session of another user; and whether full JIDs are
/// subscribed beyond their sessions.
fn world(keep: bool) -> (World, SessionId, SessionId) {
    let mut world = World::with(|config| {
        config.access.create_nodes = Who::Anyone;
        config.keep_full_jid_subscriptions = keep;
    });
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("access_model", "authorize")]);
    (world, owner, other)
}

/// Asks with this choice; the owner has read the question.
fn ask(world: &mut World, owner: SessionId, other: SessionId, jid: &str, chosen: (&str, &str)) -> String {
    let options = form(&[chosen]);
    let verb = format!("<subscribe node='n' jid='{jid}'/><options>{options}</options>");
    let answer = world.pubsub(other, &verb);
    world.take(owner);
    answer
}

fn approve(world: &mut World, owner: SessionId, jid: &str) {
    let entry = format!("<subscription jid='{jid}' subscription='subscribed'/>");
    assert_eq!(
        world.owner(owner, "set", &format!("<subscriptions node='n'>{entry}</subscriptions>")),
        "result"
    );
}

/// What the subscriber is told about its subscription.
fn told(world: &mut World, other: SessionId) -> String {
    let message = only(world.take(other)).to_xml();
    message
        .split(" subscription=\"")
        .nth(1)
        .unwrap_or_else(|| panic!("{message}"))
        .split('"')
        .next()
        .unwrap()
        .into()
}

/// §6.3.7: the answer shows the options, and the approved subscription has them.
#[test]
fn an_approved_subscription_has_the_options_that_were_asked_for() {
    for (jid, keep) in [(FULL, false), (FULL, true), (BARE, false)] {
        let (mut world, owner, other) = world(keep);
        let answer = ask(&mut world, owner, other, jid, ("deliver", "0"));
        assert!(answer.contains("subscription=\"pending\""), "{answer}");
        assert!(answer.contains("var=\"pubsub#deliver\""), "{answer}");
        approve(&mut world, owner, jid);
        assert_eq!(told(&mut world, other), "subscribed");
        world.pubsub(owner, &publish("n", "1"));
        assert!(world.take(other).is_empty(), "it did not want to hear");
        let deliver = format!("<options node='n' jid='{jid}'>{}</options>", form(&[("deliver", "1")]));
        assert_eq!(world.pubsub(other, &deliver), "result");
        world.pubsub(owner, &publish("n", "2"));
        assert_eq!(world.take(other).len(), 1);
    }
}

/// §12.19: a lease that was asked for ends at its time.
#[test]
fn an_approved_lease_ends_at_its_time() {
    for (jid, keep) in [(FULL, false), (FULL, true), (BARE, false)] {
        let (mut world, owner, other) = world(keep);
        let until = Timestamp(world.now.0 + 1_000).to_string();
        ask(&mut world, owner, other, jid, ("expire", &until));
        approve(&mut world, owner, jid);
        assert_eq!(told(&mut world, other), "subscribed");
        world.wait_ms(999);
        assert!(world.pubsub_get(other, LIST).contains("<subscription "));
        world.wait_ms(1);
        assert!(!world.pubsub_get(other, LIST).contains("<subscription "), "{jid} {keep}");
        assert_eq!(world.notifier.next_timeout(), None);
    }
}

/// §12.5, §12.19: what has ended before it was approved does not begin, and whoever asked hears that.
#[test]
fn a_subscription_that_is_over_before_it_is_approved_does_not_begin() {
    for jid in [FULL, BARE] {
        let (mut world, owner, other) = world(false);
        let until = Timestamp(world.now.0 + 1_000).to_string();
        ask(&mut world, owner, other, jid, ("expire", &until));
        world.wait_ms(1_000);
        approve(&mut world, owner, jid);
        assert_eq!(told(&mut world, other), "none");
        assert!(!world.pubsub_get(other, LIST).contains("<subscription "), "not waiting either");

        ask(&mut world, owner, other, jid, ("expire", "presence"));
        world.send(other, "<presence xmlns='jabber:client' type='unavailable'/>");
        world.take(other);
        approve(&mut world, owner, jid);
        world.take(other);
        assert!(!world.pubsub_get(other, LIST).contains("<subscription "));
    }
}

/// A restart keeps what was chosen with the request.
#[test]
fn the_options_of_a_request_survive_a_restart() {
    let (mut world, owner, other) = world(false);
    ask(&mut world, owner, other, BARE, ("deliver", "false"));
    for mut again in [world.restarted(), world.restarted_from_snapshot()] {
        assert_eq!(
            sorted(again.notifier.snapshot().unwrap()),
            sorted(world.notifier.snapshot().unwrap()),
            "the log says the same"
        );
        let (owner, other) = (again.connect("1001001/b"), again.connect("1001002/b"));
        again.take(owner);
        approve(&mut again, owner, BARE);
        assert_eq!(told(&mut again, other), "subscribed");
        again.pubsub(owner, &publish("n", "1"));
        assert!(again.take(other).is_empty());
    }
}

/// §6.3.7: a choice that is not possible is refused, and nobody is asked.
#[test]
fn a_request_with_impossible_options_asks_nobody() {
    let (mut world, owner, other) = world(false);
    let verb = format!("<subscribe node='n' jid='{FULL}'/><options>{}</options>", form(&[("deliver", "x")]));
    assert_eq!(world.pubsub(other, &verb), "error modify bad-request invalid-options");
    assert!(world.take(owner).is_empty());
    assert!(!world.pubsub_get(other, LIST).contains("<subscription "));
}
