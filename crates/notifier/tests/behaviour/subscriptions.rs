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

/// Point 72 (XEP-0060 §6.1.6): subscribing again confirms what there is; another address is another subscription.
#[test]
fn checklist_072_subscribing_again_changes_nothing() {
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

/// Points 70, 74 and 76 (XEP-0060 §6.1.3, §6.2.3): whose address it is decides by its bare part; each error has its condition.
#[test]
fn checklist_076_errors_of_subscribing_and_unsubscribing() {
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

/// Point 77 (XEP-0060 §5.6): the list has the subscriptions of the bare JID and of all full JIDs, at one node if that is asked,
/// and is empty if there are none.
#[test]
fn checklist_077_the_list_of_subscriptions_has_all_of_ones_addresses() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    world.subscribe(a, TEAM);
    world.subscribe(b, TEAM);
    let all = world.pubsub_get(a, "<subscriptions/>");
    assert_eq!(all.matches("<subscription ").count(), 5 + 2, "five automatic ones: {all}");
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

/// Point 94: by default a subscription of a full JID is not kept and ends with its session.
#[test]
fn checklist_094_a_full_jid_subscription_ends_with_its_session() {
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

/// Point 94: a subscription of the bare JID outlives its sessions.
#[test]
fn checklist_094_a_bare_jid_subscription_stays_and_an_automatic_one_can_be_ended() {
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

/// Point 70 (XEP-0060 §6.1, §6.1.3.1): a request names the address to subscribe; its bare part is that of the sender, and the bare
/// JID, each full JID of one's own sessions are subscriptions of their own.
#[test]
fn checklist_070_the_address_is_ones_own() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    assert_eq!(
        world.pubsub(a, &format!("<subscribe node='{TEAM}'/>")),
        "error modify bad-request invalid-jid",
        "an address is needed"
    );
    for jid in ["1001002@localhost", "1001002@localhost/a", "1001001@example.org", "localhost", "a@b@c", ""] {
        let verb = format!("<subscribe node='{TEAM}' jid='{jid}'/>");
        assert_eq!(world.pubsub(a, &verb), "error modify bad-request invalid-jid", "{jid}");
    }
    // Also that of another session; and an address is the same however it is written.
    for jid in ["1001001@localhost/a", "1001001@localhost/b", "1001001@LOCALHOST"] {
        let verb = format!("<subscribe node='{TEAM}' jid='{jid}'/>");
        let answer = world.pubsub(a, &verb);
        assert!(answer.contains(&format!("jid=\"{}\"", jid.to_lowercase())), "{answer}");
    }
    let list = world.pubsub_get(a, &format!("<subscriptions node='{TEAM}'/>"));
    assert_eq!(list.matches("<subscription ").count(), 3, "{list}");
    world.change_state("1001002", "<state>LOGIN</state><extension>2001002</extension>").unwrap();
    for (session, jid) in [(a, "1001001@localhost/a"), (b, "1001001@localhost/b")] {
        let to: Vec<_> =
            world.take(session).iter().filter_map(|m| m.attribute("to").map(String::from)).collect();
        assert_eq!(to, [jid], "one copy each");
    }
}

/// Point 71 (XEP-0060 §6.1.2, §6.1.6): the result names the node, the address and the state, and an id where ids are in use; the
/// id is always the same for a subscription and differs between subscriptions.
#[test]
fn checklist_071_the_result_shows_the_subscription() {
    let mut ids = Vec::new();
    for (shown, several) in [(true, false), (false, false), (false, true)] {
        let mut world = World::with(|config| {
            config.subscription_ids = shown;
            config.multiple_subscriptions = several;
        });
        for resource in ["1001001/a", "1001001/b"] {
            let session = world.connect(resource);
            let answer = world.subscribe(session, TEAM);
            let jid = world.jid(session).to_owned();
            let plain = format!(
                "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><subscription node=\"{TEAM}\" \
                 jid=\"{jid}\" subscription=\"subscribed\""
            );
            let rest = answer.strip_prefix(&plain).unwrap_or_else(|| panic!("{answer}"));
            let id = rest.strip_suffix("/></pubsub>").unwrap();
            assert_eq!(!id.is_empty(), shown || several, "{answer}");
            ids.push(id.to_owned());
        }
    }
    assert_eq!(ids[0], ids[4], "the same on another server");
    assert_ne!(ids[0], ids[1]);
}

/// Point 76 (XEP-0060 §6.2.3.5): where ids are not in use a superfluous one is ignored; the first subscription ends with its id or
/// without, and once it has ended there is none.
#[test]
fn checklist_076_a_superfluous_id_is_ignored() {
    for jid in ["1001001@localhost/a", "1001001@localhost"] {
        let mut world = World::with(|config| config.subscription_ids = false);
        let session = world.connect("1001001/a");
        let verb = |verb: &str, more: &str| format!("<{verb} node='{TEAM}' jid='{jid}' {more}/>");
        assert!(world.pubsub(session, &verb("subscribe", "")).starts_with("result"));
        assert_eq!(world.pubsub(session, &verb("unsubscribe", "subid='any'")), "result");
        assert_eq!(
            world.pubsub(session, &verb("unsubscribe", "")),
            "error cancel unexpected-request not-subscribed"
        );
    }
}

/// Point 78 (XEP-0060 §6.5.9): nothing is found in an empty node, and that is a result; an id has to be one's own, and has to be
/// given by those who have several.
#[test]
fn checklist_078_items_that_are_not_there_and_ids_of_subscriptions() {
    let mut world = World::with(|config| config.multiple_subscriptions = true);
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='n'/>");
    let empty =
        "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><items node=\"n\"></items></pubsub>";
    let empty_tag = empty.replace("></items>", "/>");
    for verb in
        ["<items node='n'/>", "<items node='n'><item id='x'/></items>", "<items node='n' max_items='3'/>"]
    {
        let answer = world.pubsub_get(agent, verb);
        assert!(answer == empty || answer == empty_tag, "{verb}: {answer}");
    }
    world.pubsub(admin, "<publish node='n'><item id='1'><x xmlns='y'/></item></publish>");
    let with = |subid: &str| format!("<items node='n' subid='{subid}'/>");
    assert!(world.pubsub_get(agent, &with("any")).contains("<item "), "who has no subscription needs none");
    let first = world.subscribe(agent, "n");
    let id = first.split("subid=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(world.pubsub_get(agent, "<items node='n'/>").contains("<item "));
    assert_eq!(world.pubsub_get(agent, &with("any")), "error modify not-acceptable invalid-subid");
    world.subscribe(agent, "n");
    assert_eq!(world.pubsub_get(agent, "<items node='n'/>"), "error modify bad-request subid-required");
    assert!(world.pubsub_get(agent, &with(id)).contains("<item "));
    assert_eq!(world.pubsub_get(agent, "<items node='nothing'/>"), "error cancel item-not-found");
}
