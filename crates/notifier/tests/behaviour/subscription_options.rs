//! What a subscriber chooses about a subscription: options, leases, several subscriptions of one address.

use contact::Timestamp;
use notifier::Change;
use xmpp::Element;

use crate::world::{World, show_event, sorted};

const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";
const READY: &str = "<state>READY</state>";
const OWN: &str = "/finesse/api/User/1001001";
const FULL: &str = "1001001@localhost/a";
const BARE: &str = "1001001@localhost";
const HOUR_MS: i64 = 3_600_000;

/// A submitted form of subscription options.
fn form(fields: &[(&str, &[&str])]) -> String {
    let mut form = String::from(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>",
    );
    for (name, values) in fields {
        let values: String = values.iter().map(|value| format!("<value>{value}</value>")).collect();
        form.push_str(&format!("<field var='pubsub#{name}'>{values}</field>"));
    }
    form + "</x>"
}

fn subscribe(node: &str, jid: &str, fields: &[(&str, &[&str])]) -> String {
    format!("<subscribe node='{node}' jid='{jid}'/><options>{}</options>", form(fields))
}

fn options(node: &str, jid: &str, fields: &[(&str, &[&str])]) -> String {
    format!("<options node='{node}' jid='{jid}'>{}</options>", form(fields))
}

/// The values of one field of the first form in an answer.
fn field(answer: &str, name: &str) -> Vec<String> {
    let xml = answer.strip_prefix("result ").unwrap_or_else(|| panic!("{answer}"));
    let pubsub = Element::parse(xml, &xmpp::Limits::default()).unwrap();
    let holder = pubsub.elements().find(|child| child.child("x", "jabber:x:data").is_some()).expect("a form");
    let form = holder.child("x", "jabber:x:data").unwrap();
    let name = format!("pubsub#{name}");
    let field = form.elements().find(|field| field.attribute("var") == Some(&name)).expect("the field");
    field.elements().filter(|value| value.name() == "value").map(Element::text).collect()
}

fn subid(answer: &str) -> String {
    answer.split("subid=\"").nth(1).unwrap_or_else(|| panic!("{answer}")).split('"').next().unwrap().into()
}

fn headers(message: &Element) -> Vec<String> {
    let headers = message.child("headers", "http://jabber.org/protocol/shim");
    let ids = headers.into_iter().flat_map(Element::elements);
    ids.inspect(|header| assert_eq!(header.attribute("name"), Some("SubID"))).map(Element::text).collect()
}

/// The service runs on to this moment, and whoever wants to be called is called.
fn run_to(world: &mut World, at: Timestamp) {
    while let Some(next) = world.notifier.next_timeout().filter(|next| *next <= at) {
        world.now = world.now.max(next);
        world.notifier.handle_timeout(world.now);
        world.drain();
    }
    world.now = at;
}

/// Point 93 (XEP-0060 §6.3, §6.4): options can be read, set, and set while subscribing; the form names its type and has the
/// fields that work and no others; a wrong value is `bad-request` with `invalid-options` and changes nothing.
#[test]
fn checklist_093_options_are_read_and_set_with_and_after_subscribing() {
    for jid in [FULL, BARE] {
        let mut world = World::new();
        let session = world.connect("1001001/a");
        let answer = world.pubsub(session, &subscribe(OWN, jid, &[("deliver", &["0"])]));
        assert!(
            answer.contains("subscription=\"subscribed\"") && answer.contains("type=\"result\""),
            "{answer}"
        );
        assert_eq!(field(&answer, "deliver"), ["0"]);
        let get = format!("<options node='{OWN}' jid='{jid}'/>");
        let shown = world.pubsub_get(session, &get);
        assert!(shown.contains(&format!("<options node=\"{OWN}\" jid=\"{jid}\" subid=\"")), "{shown}");
        assert!(shown.contains("http://jabber.org/protocol/pubsub#subscribe_options"), "{shown}");
        assert!(shown.contains("type=\"form\"") && shown.contains("<option>"), "{shown}");
        assert_eq!(field(&shown, "deliver"), ["0"]);
        for absent in ["digest", "include_body", "subscription_type", "subscription_depth"] {
            assert!(!shown.contains(&format!("pubsub#{absent}")), "{shown}");
        }
        world.change_state("1001001", LOGIN).unwrap();
        let other = world.take(session);
        assert!(other.iter().all(|message| message.attribute("to") != Some(jid)), "switched off: {other:?}");
        for (name, value) in [
            ("deliver", "perhaps"),
            ("digest", "1"),
            ("include_body", "1"),
            ("expire", "soon"),
            ("colour", "red"),
        ] {
            let answer = world.pubsub(session, &options(OWN, jid, &[(name, &[value])]));
            assert_eq!(answer, "error modify bad-request invalid-options", "{name}={value}");
        }
        let all: &[(&str, &[&str])] = &[
            ("deliver", &["true"]),
            ("digest", &["0"]),
            ("include_body", &["false"]),
            ("show-values", &["away"]),
        ];
        assert_eq!(world.pubsub(session, &options(OWN, jid, all)), "result");
        let shown = world.pubsub_get(session, &get);
        assert_eq!(
            (field(&shown, "deliver"), field(&shown, "show-values")),
            (vec!["1".into()], vec!["away".into()])
        );
        // What a form leaves out stays.
        assert_eq!(world.pubsub(session, &options(OWN, jid, &[("show-values", &[])])), "result");
        world.change_state("1001001", READY).unwrap();
        assert_eq!(world.take(session).iter().filter(|m| m.attribute("to") == Some(jid)).count(), 1);
    }
}

/// Point 93 (XEP-0060 §6.3.4, §6.3.7): the errors of asking for options.
#[test]
fn checklist_093_errors_of_options() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let get = |attributes: &str| format!("<options {attributes}/>");
    for (verb, expected) in [
        (get(&format!("node='{OWN}'")), "error modify bad-request jid-required"),
        (get(&format!("jid='{FULL}'")), "error modify bad-request nodeid-required"),
        (get(&format!("node='nothing' jid='{FULL}'")), "error cancel item-not-found"),
        (get(&format!("node='{OWN}' jid='1001002@localhost'")), "error auth forbidden"),
        (get(&format!("node='{OWN}' jid='{FULL}'")), "error cancel unexpected-request not-subscribed"),
        (get(&format!("node='{OWN}' jid='{BARE}' subid='x'")), "error modify not-acceptable invalid-subid"),
    ] {
        assert_eq!(world.pubsub_get(session, &verb), expected, "{verb}");
    }
    for (verb, expected) in [
        (
            format!("<subscribe node='{OWN}' jid='{FULL}'/><options node='{OWN}'/>"),
            "error modify bad-request",
        ),
        (format!("<options/><subscribe node='{OWN}' jid='{FULL}'/>"), "error modify bad-request"),
        (subscribe(OWN, FULL, &[("deliver", &["x"])]), "error modify bad-request invalid-options"),
    ] {
        assert_eq!(world.pubsub(session, &verb), expected, "{verb}");
    }
    assert!(!world.pubsub_get(session, "<subscriptions/>").contains(FULL), "nothing has been subscribed");
    let default = world.pubsub_get(session, "<default/>");
    assert!(default.contains("<default>") && default.contains("type=\"result\""), "{default}");
    assert_eq!((field(&default, "deliver"), field(&default, "expire")), (vec!["1".into()], vec!["".into()]));
    let default = world.pubsub_get(session, &format!("<default node='{OWN}'/>"));
    assert!(default.contains(&format!("<default node=\"{OWN}\">")), "{default}");
    assert_eq!(world.pubsub_get(session, "<default node='nothing'/>"), "error cancel item-not-found");
}

/// Point 93 (XEP-0060 §16.4.2): `pubsub#show-values` lets events through for sessions with such a presence only.
#[test]
fn checklist_093_show_values_look_at_the_presence_of_each_session() {
    let mut world = World::new();
    let (away, online) = (world.connect("1001001/a"), world.connect("1001001/b"));
    let verb = options(OWN, BARE, &[("show-values", &["away", "xa"])]);
    assert_eq!(world.pubsub(online, &verb), "result");
    let show = |show: &str| format!("<presence xmlns='jabber:client'><show>{show}</show></presence>");
    world.send(away, &show("away"));
    for session in [away, online] {
        world.take(session);
    }
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!((world.take(away).len(), world.take(online).len()), (1, 0));
    world.send(online, &show("xa"));
    world.send(away, &show("dnd"));
    for session in [away, online] {
        world.take(session);
    }
    world.change_state("1001001", READY).unwrap();
    assert_eq!((world.take(away).len(), world.take(online).len()), (0, 1));
}

/// Point 94 (XEP-0060 §12.5): `pubsub#expire` = `presence` ends the subscription when the subscriber goes offline, whether
/// it says so or is lost; while it is not online it cannot be had.
#[test]
fn checklist_094_a_temporary_subscription_ends_with_the_presence() {
    for says_so in [true, false] {
        let mut world = World::new();
        let (a, b) = (world.bind("1001001/a"), world.connect("1001001/b"));
        let temporary: &[(&str, &[&str])] = &[("expire", &["presence"])];
        assert_eq!(
            world.pubsub(a, &subscribe(OWN, FULL, temporary)),
            "error modify bad-request invalid-options",
            "not available"
        );
        world.send(a, "<presence xmlns='jabber:client'/>");
        world.take(a);
        assert_eq!(field(&world.pubsub(a, &subscribe(OWN, FULL, temporary)), "expire"), ["presence"]);
        assert_eq!(world.pubsub(a, &options(OWN, BARE, temporary)), "result");
        world.take(b);
        let leave = |world: &mut World, session| match says_so {
            true => world.send(session, "<presence xmlns='jabber:client' type='unavailable'/>"),
            false => world.end(session),
        };
        leave(&mut world, a);
        world.take(b);
        let left = world.pubsub_get(b, &format!("<subscriptions node='{OWN}'/>"));
        assert!(
            !left.contains(FULL) && left.contains(&format!("jid=\"{BARE}\"")),
            "another session is there: {left}"
        );
        leave(&mut world, b);
        let c = world.connect("1001001/c");
        let left = world.pubsub_get(c, &format!("<subscriptions node='{OWN}'/>"));
        assert!(!left.contains("<subscription "), "{left}");
        let again = world.restarted().notifier.snapshot();
        assert_eq!(
            sorted(again.unwrap()),
            sorted(world.notifier.snapshot().unwrap()),
            "the log says the same"
        );
    }
}

/// Point 94 (§12.5): a temporary subscription of the bare JID does not outlive the process that saw its subscriber.
#[test]
fn checklist_094_a_temporary_subscription_ends_when_the_server_was_away() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    assert_eq!(world.pubsub(session, &options(OWN, BARE, &[("expire", &["presence"])])), "result");
    let mut next = world.restarted();
    assert!(next.notifier.next_timeout().is_some(), "there is something to look for");
    run_to(&mut next, world.now);
    assert_eq!(next.notifier.next_timeout(), None);
    let session = next.connect("1001001/a");
    let left = next.pubsub_get(session, &format!("<subscriptions node='{OWN}'/>"));
    assert!(!left.contains("<subscription "), "{left}");
}

/// Point 94 (§12.5): the log may lose that a temporary subscription has ended, again and again; it ends nevertheless.
#[test]
fn checklist_094_a_temporary_subscription_ends_although_the_log_loses_that() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    assert_eq!(world.pubsub(session, &options(OWN, BARE, &[("expire", &["presence"])])), "result");
    world.log_is_prompt = false;
    world.end(session);
    for _ in 0..3 {
        world.lose_waiting();
        world.wait_ms(1);
    }
    world.append_all();
    world.log_is_prompt = true;
    assert_eq!(world.notifier.next_timeout(), None);
    let session = world.connect("1001001/a");
    let left = world.pubsub_get(session, &format!("<subscriptions node='{OWN}'/>"));
    assert!(!left.contains("<subscription "), "{left}");
}

/// Point 94 (XEP-0060 §12.19): a lease ends at its time, is cut to the longest one allowed, can be renewed, and survives a
/// restart of the server if it is a bare JID's.
#[test]
fn checklist_094_a_lease_ends_at_its_time() {
    for jid in [FULL, BARE] {
        let mut world = World::with(|config| config.limits.lease_ms_max = 2 * HOUR_MS);
        let session = world.connect("1001001/a");
        let start = world.now;
        let at = |hours: i64| Timestamp(start.0 + hours * HOUR_MS);
        let lease = |until: Timestamp| until.to_string();
        let answer = world.pubsub(session, &subscribe(OWN, jid, &[("expire", &[&lease(at(9))])]));
        assert_eq!(field(&answer, "expire"), [lease(at(2))], "cut");
        assert_eq!(world.pubsub(session, &options(OWN, jid, &[("expire", &[&lease(at(1))])])), "result");
        assert_eq!(world.notifier.next_timeout(), Some(at(1)));
        run_to(&mut world, Timestamp(at(1).0 - 1));
        // Renewed: the old end no longer counts.
        assert_eq!(world.pubsub(session, &options(OWN, jid, &[("expire", &[&lease(at(2))])])), "result");
        assert_eq!(world.notifier.next_timeout(), Some(at(2)));
        run_to(&mut world, at(1));
        let list = format!("<subscriptions node='{OWN}'/>");
        assert!(world.pubsub_get(session, &list).contains(&format!("jid=\"{jid}\"")));
        let mut world = if jid == BARE { world.restarted() } else { world };
        let session = if jid == BARE { world.connect("1001001/a") } else { session };
        run_to(&mut world, at(2));
        assert!(!world.pubsub_get(session, &list).contains(&format!("jid=\"{jid}\"")));
        assert_eq!(world.notifier.next_timeout(), None);
    }
}

/// Point 94: by default a full-JID subscription ends with its session, however that ends, and leaves nothing behind: no
/// subscription, no choice, no deadline.
#[test]
fn checklist_094_full_jid_subscriptions_do_not_leak() {
    let mut world = World::new();
    let before = world.notifier.snapshot();
    let until = Timestamp(world.now.0 + HOUR_MS).to_string();
    for _ in 0..100 {
        let session = world.bind("1001001/a");
        let answer =
            world.pubsub(session, &subscribe(OWN, FULL, &[("expire", &[&until]), ("deliver", &["0"])]));
        assert!(answer.starts_with("result"), "{answer}");
        assert!(world.notifier.next_timeout().is_some());
        world.end(session);
        assert_eq!(world.notifier.next_timeout(), None);
    }
    assert_eq!(world.notifier.snapshot(), before);
    let session = world.connect("1001001/a");
    assert!(!world.pubsub_get(session, "<subscriptions/>").contains(FULL));
    world.subscribe(session, OWN);
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!(world.take(session).len(), 1, "what an earlier session has chosen is forgotten");
}

/// Point 72 (XEP-0060 §6.1.6): with the compatibility mode each subscribe makes a subscription with an id of its own, which
/// stays the same; requests must say which one is meant.
#[test]
fn checklist_072_several_subscriptions_of_one_address_if_so_configured() {
    for jid in [FULL, BARE] {
        let mut world = World::with(|config| config.multiple_subscriptions = true);
        let session = world.connect("1001001/a");
        let verb = format!("<subscribe node='{OWN}' jid='{jid}'/>");
        // The bare JID has one by itself.
        let mut ids: Vec<String> = (0..3).map(|_| subid(&world.pubsub(session, &verb))).collect();
        let count = if jid == BARE { 4 } else { 3 };
        let list = world.pubsub_get(session, &format!("<subscriptions node='{OWN}'/>"));
        let of_jid = |list: &str| list.matches(&format!("jid=\"{jid}\" ")).count();
        assert_eq!(of_jid(&list), count, "{list}");
        assert!(ids.iter().all(|id| list.contains(id.as_str())), "{list}");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3, "unique");
        let unsubscribe = |id: &str| format!("<unsubscribe node='{OWN}' jid='{jid}' {id}/>");
        assert_eq!(world.pubsub(session, &unsubscribe("")), "error modify bad-request subid-required");
        assert_eq!(
            world.pubsub(session, &unsubscribe("subid='x'")),
            "error modify not-acceptable invalid-subid"
        );
        let show = |id: &str| format!("<options node='{OWN}' jid='{jid}' {id}/>");
        assert_eq!(world.pubsub_get(session, &show("")), "error modify bad-request subid-required");
        assert!(world.pubsub_get(session, &show(&format!("subid='{}'", ids[0]))).starts_with("result"));
        for id in &ids {
            assert_eq!(world.pubsub(session, &unsubscribe(&format!("subid='{id}'"))), "result");
        }
        let list = world.pubsub_get(session, &format!("<subscriptions node='{OWN}'/>"));
        assert_eq!(of_jid(&list), count - 3, "{list}");
    }
}

/// Point 73 (XEP-0060 §6.1.6, §7.1.2.4): several subscriptions of one address are one message, which names those that it is
/// for; two full JIDs of one user are two messages.
#[test]
fn checklist_073_one_message_with_the_ids_of_all_subscriptions() {
    let mut world = World::with(|config| config.multiple_subscriptions = true);
    let (a, b) = (world.bind("1001001/a"), world.bind("1001001/b"));
    let first = subid(&world.subscribe(a, OWN));
    let second = subid(&world.subscribe(a, OWN));
    let quiet = subid(&world.pubsub(a, &subscribe(OWN, FULL, &[("deliver", &["0"])])));
    world.subscribe(b, OWN);
    world.change_state("1001001", LOGIN).unwrap();
    let got = world.take(a);
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(headers(&got[0]), [first.as_str(), second.as_str()]);
    assert_eq!(got[0].elements().last().map(Element::name), Some("headers"));
    let got = world.take(b);
    assert_eq!((got.len(), got[0].attribute("to")), (1, Some("1001001@localhost/b")));
    assert!(headers(&got[0]).is_empty(), "one subscription needs no name");
    let with_id = |id: &str| format!("<unsubscribe node='{OWN}' jid='{FULL}' subid='{id}'/>");
    for id in [&first, &quiet] {
        assert_eq!(world.pubsub(a, &with_id(id)), "result");
    }
    world.change_state("1001001", READY).unwrap();
    let got = world.take(a);
    assert_eq!((got.len(), headers(&got[0]).len()), (1, 0));
    // A deleted node says nothing of subscriptions (§12.16).
    let admin = world.connect("admin/x");
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "result");
    for _ in 0..2 {
        world.subscribe(a, "n");
    }
    assert_eq!(world.owner(admin, "set", "<delete node='n'/>"), "result");
    let got = world.take(a);
    assert_eq!((got.len(), show_event(&got[0]).as_str(), headers(&got[0]).len()), (1, "delete n", 0));
}

/// Point 72: several subscriptions are bounded as others are.
#[test]
fn checklist_072_several_subscriptions_are_bounded() {
    for jid in [FULL, BARE] {
        let mut world = World::with(|config| {
            config.multiple_subscriptions = true;
            config.limits.subscriptions_per_session_max = 3;
            config.limits.subscriptions_per_user_max = 5 + 3;
        });
        let session = world.connect("1001001/a");
        let verb = format!("<subscribe node='{OWN}' jid='{jid}'/>");
        for _ in 0..3 {
            assert!(world.pubsub(session, &verb).starts_with("result"));
        }
        assert_eq!(world.pubsub(session, &verb), "error wait policy-violation too-many-subscriptions");
    }
}

/// Choices and several subscriptions are in the log, and a snapshot stands for it.
#[test]
fn what_was_chosen_survives_a_restart() {
    let mut world = World::with(|config| {
        config.multiple_subscriptions = true;
        config.keep_full_jid_subscriptions = true;
    });
    let session = world.connect("1001001/a");
    for jid in [FULL, BARE] {
        for deliver in ["0", "1"] {
            let answer = world.pubsub(session, &subscribe(OWN, jid, &[("deliver", &[deliver])]));
            assert!(answer.starts_with("result"), "{answer}");
        }
    }
    let list =
        |world: &mut World, session| world.pubsub_get(session, &format!("<subscriptions node='{OWN}'/>"));
    let expected = list(&mut world, session);
    for mut next in [world.restarted(), world.restarted_from_snapshot()] {
        let session = next.connect("1001001/a");
        assert_eq!(list(&mut next, session), expected);
        next.change_state("1001001", LOGIN).unwrap();
        let got = next.take(session);
        assert_eq!((got.len(), headers(&got[0]).len()), (1, 1), "one of two delivers: {got:?}");
    }
    // An account that goes takes everything along.
    let user = contact::UserId::new("1001001").unwrap();
    world.command_as(contact::Actor::system(), contact::Command::RemoveUser { user }, None).unwrap();
    let snapshot = world.notifier.snapshot().unwrap();
    let is_subscription = |change: &&Change| {
        matches!(change, Change::Subscribed { .. } | Change::SubscriptionConfigured { .. })
    };
    assert_eq!(snapshot.iter().find(is_subscription), None);
}

/// Point 94 and XEP-0198 §5: what a full JID has chosen stays while its session waits to be resumed, also over a planned stop of the
/// server, and its lease ends there as it would have here.
#[test]
fn checklist_094_choices_survive_a_planned_stop_with_their_session() {
    let mut world = World::with(|config| config.multiple_subscriptions = true);
    let session = world.connect("1001001/a");
    let until = Timestamp(world.now.0 + 60_000);
    let (lease, quiet) = (until.to_string(), [("deliver", ["0"].as_slice())]);
    world.pubsub(session, &subscribe(OWN, FULL, &quiet));
    world.pubsub(session, &subscribe(OWN, FULL, &[("expire", &[&lease])]));
    world.subscribe(session, "/finesse/api/Team/1/Users");
    let list = |world: &mut World, session| {
        let all = world.pubsub_get(session, "<subscriptions/>");
        all.split("<subscription ").filter(|one| one.contains(FULL)).map(String::from).collect::<Vec<_>>()
    };
    let expected = list(&mut world, session);
    assert_eq!(expected.len(), 3);
    world.notifier.make_resumable(session, "s1", None).expect("it can be resumed");
    let suspended = world.notifier.suspend(session).expect("something to keep");
    let text = serde_json::to_string(&suspended).unwrap();
    let suspended = serde_json::from_str(&text).unwrap();
    let mut next = world.restarted();
    let (again, other) = (notifier::SessionId { index: 77, generation: 1 }, next.connect("1001001/b"));
    assert!(next.notifier.unsuspend(again, &suspended, next.now));
    let mut left = list(&mut next, other);
    left.sort_unstable();
    let mut wanted = expected.clone();
    wanted.sort_unstable();
    assert_eq!(left, wanted);
    assert!(next.notifier.next_timeout().is_some_and(|at| at <= until));
    next.now = until;
    next.notifier.handle_timeout(until);
    next.drain();
    assert_eq!(list(&mut next, other).len(), 2, "the lease is over");
}

/// Point 72: who recovers what it missed wants to be subscribed, not subscribed once more.
#[test]
fn checklist_072_recovering_adds_no_further_subscription() {
    let mut world = World::with(|config| config.multiple_subscriptions = true);
    let session = world.connect("1001001/a");
    for jid in [FULL, BARE, FULL, BARE] {
        let recover = format!(
            "<recover xmlns='{}'><after node='{OWN}' subscribe='{jid}'/></recover>",
            xmpp::ns::RECOVERY
        );
        let answer = world.ask(session, "set", "pubsub.localhost", &recover);
        assert!(answer.starts_with("result") && !answer.contains("<refused"), "{answer}");
    }
    let list = world.pubsub_get(session, &format!("<subscriptions node='{OWN}'/>"));
    assert_eq!(list.matches("<subscription ").count(), 2, "{list}");
}

/// Point 94: a full JID whose connection is lost without goodbye keeps its subscriptions as long as its session can be resumed, and
/// then they are gone, temporary ones of the bare JID too.
#[test]
fn checklist_094_a_lost_session_keeps_its_subscriptions_until_it_is_over() {
    let mut world = World::with(|config| config.presence_grace = None);
    let session = world.connect("1001001/a");
    world.subscribe(session, OWN);
    assert_eq!(world.pubsub(session, &options(OWN, BARE, &[("expire", &["presence"])])), "result");
    let grace = world.notifier.make_resumable(session, "s1", None).expect("it can be resumed");
    assert!(world.notifier.detached(session, world.now));
    let other = world.bind("1001001/b");
    let count = |world: &mut World| {
        let list = world.pubsub_get(other, &format!("<subscriptions node='{OWN}'/>"));
        list.matches("<subscription ").count()
    };
    let over = Timestamp(world.now.0 + i64::try_from(grace.as_millis()).unwrap());
    run_to(&mut world, Timestamp(over.0 - 1));
    assert_eq!(count(&mut world), 2, "it may come back");
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!(world.take(session).len(), 1, "for its mailbox");
    run_to(&mut world, over);
    assert_eq!(world.expired, [session]);
    assert_eq!(count(&mut world), 0);
    assert_eq!(world.notifier.next_timeout(), None);
}

/// A lease that ends while its node is being deleted wants nothing any more: whoever waits for the next deadline is not called again
/// and again until the log has the deletion.
#[test]
fn a_lease_ends_with_its_node() {
    let mut world = World::new();
    let (admin, session) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='n'/>");
    let until = Timestamp(world.now.0 + HOUR_MS);
    world.pubsub(session, &subscribe("n", BARE, &[("expire", &[&until.to_string()])]));
    world.log_is_prompt = false;
    let delete = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='n'/></pubsub>";
    world.request(admin, "set", "pubsub.localhost", delete);
    world.now = until;
    world.notifier.handle_timeout(until);
    assert_eq!(world.notifier.next_timeout(), None);
    world.append_all();
    assert_eq!(world.take(session).iter().map(show_event).collect::<Vec<_>>(), ["delete n"]);
}
