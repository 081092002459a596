//! Subscribing, unsubscribing, and who then hears what.

use crate::world::{INSTANCE, World, show_event};

const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";
const READY: &str = "<state>READY</state>";
const OWN: &str = "/finesse/api/User/1001001";
const TEAM: &str = "/finesse/api/Team/1/Users";

#[test]
fn the_conversation_of_a_desktop() {
    let mut world = World::new();
    let session = world.connect("1001001/desktop");
    let answer = world.subscribe(session, OWN);
    let start = format!(
        "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><subscription node=\"{OWN}\" \
         jid=\"1001001@localhost/desktop\" subscription=\"subscribed\" subid=\""
    );
    assert!(answer.starts_with(&start), "{answer}");
    assert!(world.subscribe(session, TEAM).starts_with("result"));
    world.change_state("1001001", LOGIN).unwrap();
    let got = world.take_xml(session);
    assert_eq!(got.len(), 2, "one on the user's node, one on the team's: {got:?}");
    assert!(got[0].starts_with(
        "<message xmlns=\"jabber:client\" to=\"1001001@localhost/desktop\" from=\"pubsub.localhost\" id=\""
    ));
    assert!(got[0].contains(&format!("<items node=\"{OWN}\"><item id=\"{INSTANCE}")), "{}", got[0]);
    assert!(
        got[0].contains("<notification xmlns=\"http://jabber.org/protocol/pubsub\">&lt;Update&gt;"),
        "{}",
        got[0]
    );
    assert!(got[0].contains("&lt;requestId&gt;r1&lt;/requestId&gt;"), "{}", got[0]);
    assert!(!got[0].contains(" type="), "{}", got[0]);
    assert!(got[1].contains(&format!("<items node=\"{TEAM}\">")), "{}", got[1]);
    let jid = "jid='1001001@localhost/desktop'";
    assert_eq!(world.pubsub(session, &format!("<unsubscribe node='{OWN}' {jid}/>")), "result");
    assert_eq!(world.pubsub(session, &format!("<unsubscribe node='{TEAM}' {jid}/>")), "result");
    world.change_state("1001001", READY).unwrap();
    // The automatic subscription is still there.
    let got = world.take(session);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].attribute("to"), Some("1001001@localhost"));
}

#[test]
fn automatic_subscriptions_need_presence_with_a_priority_of_zero_or_more() {
    let mut world = World::new();
    let (present, negative, silent) =
        (world.connect("1001001/a"), world.bind("1001001/b"), world.bind("1001001/c"));
    world.send(negative, "<presence xmlns='jabber:client'><priority>-1</priority></presence>");
    for session in [present, negative, silent] {
        world.take(session);
    }
    world.change_state("1001001", LOGIN).unwrap();
    let got = world.take(present);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].attribute("to"), Some("1001001@localhost"));
    assert!(world.take(negative).is_empty() && world.take(silent).is_empty());
    // A full JID needs no presence.
    world.subscribe(silent, OWN);
    world.change_state("1001001", READY).unwrap();
    assert_eq!(world.take(silent)[0].attribute("to"), Some("1001001@localhost/c"));
}

#[test]
fn one_copy_or_two_for_a_session_that_is_subscribed_twice() {
    for (one, expected) in
        [(true, vec!["1001001@localhost/a"]), (false, vec!["1001001@localhost/a", "1001001@localhost"])]
    {
        let mut world = World::with(|config| config.one_copy_per_session = one);
        let session = world.connect("1001001/a");
        world.subscribe(session, OWN);
        world.change_state("1001001", LOGIN).unwrap();
        let got = world.take(session);
        let to: Vec<_> = got.iter().map(|message| message.attribute("to").unwrap()).collect();
        assert_eq!(to, expected);
    }
}

#[test]
fn subscribing_again_changes_nothing() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let (first, again) = (world.subscribe(session, OWN), world.subscribe(session, OWN));
    assert_eq!(first, again);
    let bare = format!("<subscribe node='{OWN}' jid='1001001@localhost'/>");
    assert!(world.pubsub(session, &bare).starts_with("result"));
    assert_ne!(world.pubsub(session, &bare), first, "another address, another subscription");
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!(world.take(session).len(), 1);
}

#[test]
fn errors_of_subscribing_and_unsubscribing() {
    let mut world = World::with(|config| config.limits.subscriptions_per_session_max = 1);
    let session = world.connect("1001001/a");
    let subscribe = |node: &str, jid: &str| format!("<subscribe node='{node}' jid='{jid}'/>");
    let unsubscribe = |node: &str, jid: &str| format!("<unsubscribe node='{node}' jid='{jid}'/>");
    let (own, other) = ("1001001@localhost/a", "1001002@localhost/a");
    for (verb, expected) in [
        (subscribe(OWN, other), "error modify bad-request invalid-jid"),
        (subscribe(OWN, "@"), "error modify bad-request invalid-jid"),
        (subscribe(OWN, "1001001@localhost/gone"), "error modify bad-request invalid-jid"),
        (subscribe("/finesse/api/User/9", own), "error cancel item-not-found"),
        (unsubscribe("/finesse/api/User/9", own), "error cancel item-not-found"),
        (unsubscribe(OWN, other), "error auth forbidden"),
        (unsubscribe(OWN, own), "error cancel unexpected-request not-subscribed"),
        (unsubscribe(OWN, "1001001@localhost/gone"), "error cancel unexpected-request not-subscribed"),
        (format!("<subscribe node='{OWN}'/>"), "error modify bad-request invalid-jid"),
        (format!("<subscribe jid='{own}'/>"), "error modify bad-request nodeid-required"),
    ] {
        assert_eq!(world.pubsub(session, &verb), expected, "{verb}");
    }
    assert!(world.subscribe(session, OWN).starts_with("result"));
    assert_eq!(world.subscribe(session, TEAM), "error wait policy-violation too-many-subscriptions");
    let with_id = |id: &str| format!("<unsubscribe node='{OWN}' jid='{own}' subid='{id}'/>");
    assert_eq!(world.pubsub(session, &with_id("wrong")), "error modify not-acceptable invalid-subid");
    let answer = world.subscribe(session, OWN);
    let id = answer.split("subid=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(world.pubsub(session, &with_id(id)), "result");
}

#[test]
fn subscription_ids_can_be_switched_off() {
    let mut world = World::with(|config| config.subscription_ids = false);
    let session = world.connect("1001001/a");
    assert!(!world.subscribe(session, OWN).contains("subid"));
    let verb = format!("<unsubscribe node='{OWN}' jid='1001001@localhost/a' subid='superfluous'/>");
    assert_eq!(world.pubsub(session, &verb), "result");
}

#[test]
fn the_list_of_subscriptions_has_all_of_ones_addresses() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    world.subscribe(a, TEAM);
    world.subscribe(b, TEAM);
    let all = world.pubsub_get(a, "<subscriptions/>");
    assert_eq!(all.matches("<subscription ").count(), 4 + 2, "four automatic ones: {all}");
    let at_team = world.pubsub_get(a, &format!("<subscriptions node='{TEAM}'/>"));
    assert!(
        at_team.contains("jid=\"1001001@localhost/a\"") && at_team.contains("jid=\"1001001@localhost/b\"")
    );
    assert_eq!(at_team.matches("<subscription ").count(), 2);
    assert!(at_team.contains(&format!("<subscriptions node=\"{TEAM}\">")), "{at_team}");
    assert_eq!(world.pubsub_get(a, "<subscriptions node='nothing'/>"), "error cancel item-not-found");
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    assert_eq!(
        world.pubsub_get(a, "<subscriptions node='n'/>"),
        "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><subscriptions node=\"n\"/></pubsub>"
    );
}

#[test]
fn a_full_jid_subscription_ends_with_its_session() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    world.subscribe(session, TEAM);
    world.end(session);
    let again = world.connect("1001001/a");
    world.change_state("1001002", "<state>LOGIN</state><extension>2001002</extension>").unwrap();
    assert!(world.take(again).is_empty());
    assert!(!world.pubsub_get(again, "<subscriptions/>").contains("1001001@localhost/a"));
    assert!(world.log.iter().all(|entry| !format!("{entry:?}").contains("Subscribed")));
}

#[test]
fn or_is_kept_as_finesse_keeps_it() {
    let mut world = World::with(|config| config.keep_full_jid_subscriptions = true);
    let session = world.connect("1001001/a");
    world.subscribe(session, TEAM);
    world.end(session);
    world.change_state("1001002", "<state>LOGIN</state><extension>2001002</extension>").unwrap();
    let again = world.connect("1001001/a");
    let other = world.connect("1001001/b");
    world.take(again);
    world.change_state("1001002", READY).unwrap();
    assert_eq!(world.take(again).len(), 1, "heard again, and nothing from in between");
    assert!(world.take(other).is_empty());
    assert!(world.pubsub_get(other, "<subscriptions/>").contains("jid=\"1001001@localhost/a\""));
    // Another session may end it.
    let verb = format!("<unsubscribe node='{TEAM}' jid='1001001@localhost/a'/>");
    assert_eq!(world.pubsub(other, &verb), "result");
    world.change_state("1001002", "<state>NOT_READY</state><reasonCodeId>1</reasonCodeId>").unwrap();
    assert!(world.take(again).is_empty());
}

#[test]
fn a_bare_jid_subscription_stays_and_an_automatic_one_can_be_ended() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let verb = |verb: &str, node: &str| format!("<{verb} node='{node}' jid='1001001@localhost'/>");
    assert!(world.pubsub(session, &verb("subscribe", TEAM)).starts_with("result"));
    assert_eq!(world.pubsub(session, &verb("unsubscribe", OWN)), "result");
    world.end(session);
    let again = world.connect("1001001/a");
    world.change_state("1001001", LOGIN).unwrap();
    let got = world.take(again);
    assert_eq!(got.len(), 1);
    assert!(show_event(&got[0]).ends_with(TEAM));
}

#[test]
fn durable_subscriptions_are_bounded() {
    let mut world = World::with(|config| config.limits.subscriptions_per_user_max = 4);
    let session = world.connect("1001001/a");
    let verb = format!("<subscribe node='{TEAM}' jid='1001001@localhost'/>");
    assert_eq!(world.pubsub(session, &verb), "error wait policy-violation too-many-subscriptions");
}
