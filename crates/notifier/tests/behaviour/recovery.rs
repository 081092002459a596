//! Recovery by position (`docs/recovery.md`): what was missed comes complete and in order, or is said not to.

use contact::Timestamp;
use notifier::{Change, Entry, Notifier, SessionId};
use xmpp::{Element, ns};

use crate::world::{INSTANCE, World, show_answer, show_event};

const OWN: &str = "/finesse/api/User/1001001";
const TEAM: &str = "/finesse/api/Team/1/Users";
const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";
const READY: &str = "<state>READY</state>";
const NOT_READY: &str = "<state>NOT_READY</state>";

/// The node of a demo user has one event already, that of its own creation; the node of team 1 as many as it has members.
const OWN_BEFORE: u64 = 1;
const TEAM_BEFORE: u64 = 7;

/// The position that an event carries.
pub(crate) fn position(message: &Element) -> (String, u64) {
    let stamp = message.child("position", ns::RECOVERY).expect("a stamp");
    let attribute = |name| stamp.attribute(name).expect("an attribute of the stamp");
    (attribute("epoch").into(), attribute("offset").parse().expect("a number"))
}

fn offset(message: &Element) -> u64 {
    let (epoch, offset) = position(message);
    assert_eq!(epoch, INSTANCE);
    offset
}

/// `<after/>` of this log.
fn after(node: &str, offset: u64) -> String {
    format!("<after node='{node}' epoch='{INSTANCE}' offset='{offset}'/>")
}

/// As [`after`], and subscribe.
fn join(node: &str, offset: u64, jid: &str) -> String {
    format!("<after node='{node}' epoch='{INSTANCE}' offset='{offset}' subscribe='{jid}'/>")
}

fn recover(content: &str) -> String {
    format!("<recover xmlns='{}'>{content}</recover>", ns::RECOVERY)
}

/// Asks and takes what came: the events, as "what of which node @offset", and one line for each node of the answer.
fn ask(world: &mut World, session: SessionId, content: &str) -> (Vec<String>, Vec<String>) {
    assert_eq!(world.take(session), [], "not read yet");
    world.request(session, "set", "pubsub.localhost", &recover(content));
    show(&world.take(session))
}

/// What an event says and its offset. Ids that the server has chosen are left out.
fn show_stamped(event: &Element) -> String {
    let shown = show_event(event);
    let shown = match shown.split_once(INSTANCE).and_then(|(_, rest)| rest.split_once(' ')) {
        Some((_, rest)) => format!("update {rest}"),
        None => shown,
    };
    format!("{shown} @{}", offset(event))
}

fn show(got: &[Element]) -> (Vec<String>, Vec<String>) {
    let (answer, events) = got.split_last().expect("an answer");
    let events = events.iter().map(show_stamped);
    let recovered = answer.child("recovered", ns::RECOVERY).unwrap_or_else(|| panic!("{answer:?}"));
    let parts = recovered.elements().map(|part| {
        let node = part.attribute("node").expect("a node");
        let more = match part.name() {
            "refused" => {
                let error = part.child("error", ns::CLIENT).expect("an error");
                xmpp::StanzaError::from_element(error).condition.name().into()
            }
            _ => {
                assert_eq!(part.attribute("epoch"), Some(INSTANCE));
                let reason = part.attribute("reason").map(|reason| format!(" {reason}"));
                format!("@{}{}", part.attribute("offset").expect("an offset"), reason.unwrap_or_default())
            }
        };
        format!("{} {node} {more}", part.name())
    });
    (events.collect(), parts.collect())
}

fn publish(world: &mut World, by: SessionId, node: &str, id: &str) {
    let verb = format!("<publish node='{node}'><item id='{id}'><x xmlns='y'/></item></publish>");
    assert!(world.pubsub(by, &verb).starts_with("result"));
}

/// Every event, of whatever kind and node, carries the log's epoch and an offset that grows by one with each event of
/// its node. Source: docs/recovery.md, "Positions".
#[test]
fn checklist_097_every_event_carries_its_position() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='n'/>");
    world.subscribe(agent, "n");
    publish(&mut world, admin, "n", "1");
    publish(&mut world, admin, "n", "2");
    world.pubsub(admin, "<retract node='n'><item id='1'/></retract>");
    world.owner(admin, "set", "<purge node='n'/>");
    world.owner(admin, "set", "<delete node='n'/>");
    let got = world.take(agent);
    let shown: Vec<_> = got.iter().map(|event| (show_event(event), offset(event))).collect();
    let expected = ["item 1 in n", "item 2 in n", "retract 1 in n", "purge n", "delete n"];
    assert_eq!(shown, expected.map(String::from).into_iter().zip(1..).collect::<Vec<_>>());
    world.change_state("1001001", LOGIN).unwrap();
    world.change_state("1001001", READY).unwrap();
    let got = world.take(agent);
    assert_eq!(got.iter().map(offset).collect::<Vec<_>>(), [OWN_BEFORE + 1, OWN_BEFORE + 2]);
    // After the event, so that whoever looks at the first child sees what it always saw.
    let names: Vec<_> = got[0].elements().map(Element::name).collect();
    assert_eq!(names, ["event", "position"]);
}

/// What happened at several nodes comes in the order in which it happened, everything after each position and nothing
/// before it. Source: docs/recovery.md, "Asking for what was missed".
#[test]
fn checklist_097_what_was_missed_comes_once_and_in_order() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    world.change_state("1001001", LOGIN).unwrap();
    publish(&mut world, admin, "n", "1");
    world.change_state("1001001", READY).unwrap();
    publish(&mut world, admin, "n", "2");
    let boss = world.connect("1001/a");
    let asked = [after(OWN, OWN_BEFORE), after("n", 1), after(TEAM, TEAM_BEFORE + 1)].concat();
    let (events, parts) = ask(&mut world, boss, &asked);
    // The team's first event, of the login, is known already; so is the first item.
    let expected = [
        format!("update in {OWN} @2"),
        format!("update in {OWN} @3"),
        format!("update in {TEAM} @{}", TEAM_BEFORE + 2),
        "item 2 in n @2".into(),
    ];
    assert_eq!(events, expected);
    let expected = [
        format!("complete {OWN} @3"),
        "complete n @2".into(),
        format!("complete {TEAM} @{}", TEAM_BEFORE + 2),
    ];
    assert_eq!(parts, expected);
    // A second look finds nothing new, and nothing was subscribed.
    let (events, _) = ask(&mut world, boss, &after(OWN, 3));
    assert_eq!(events, [""; 0]);
    world.change_state("1001001", NOT_READY).unwrap();
    assert_eq!(world.take(boss), []);
}

/// What cannot be recovered is said to be so, with the reason and the position from which to go on; nothing is sent of it.
/// Source: docs/recovery.md, "Not recovered".
#[test]
fn checklist_097_what_is_lost_is_said_to_be_lost() {
    let mut world = World::with(|config| config.limits.history_events_per_node_max = 2);
    world.change_state("1001001", LOGIN).unwrap();
    for _ in 0..2 {
        world.change_state("1001001", READY).unwrap();
        world.change_state("1001001", NOT_READY).unwrap();
    }
    let agent = world.connect("1001001/a");
    let mut ask = |content: &str| ask(&mut world, agent, content);
    let lost = |reason: &str| (Vec::new(), vec![format!("not-recovered {OWN} @6 {reason}")]);
    assert_eq!(ask(&after(OWN, 3)), lost("too-old"));
    assert_eq!(ask(&after(OWN, 7)), lost("ahead"));
    assert_eq!(ask(&format!("<after node='{OWN}' epoch='another' offset='6'/>")), lost("other-epoch"));
    assert_eq!(ask(&format!("<after node='{OWN}'/>")), lost("no-position"));
    assert_eq!(ask(&after(OWN, 4)).0.len(), 2);
    assert_eq!(ask(&after(OWN, u64::MAX)), lost("ahead"));
}

/// The bound over all nodes: the oldest events go first, whoever's they are.
#[test]
fn checklist_097_the_history_has_a_bound_over_all_nodes() {
    let mut world = World::with(|config| config.limits.history_bytes_max = 6_000);
    let admin = world.connect("admin/a");
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!(ask(&mut world, admin, &after(OWN, 1)).1, [format!("complete {OWN} @2")]);
    world.pubsub(admin, "<create node='n'/>");
    for _ in 0..10 {
        publish(&mut world, admin, "n", "1");
    }
    assert_eq!(ask(&mut world, admin, &after(OWN, 1)).1, [format!("not-recovered {OWN} @2 too-old")]);
    assert_eq!(
        ask(&mut world, admin, &after(OWN, 2)).1,
        [format!("complete {OWN} @2")],
        "nothing was missed"
    );
    assert_eq!(ask(&mut world, admin, &after("n", 8)).0.len(), 2);
}

/// The bound in time: what is older is not sent any more, whoever asks; the counters tell what has happened.
#[test]
fn checklist_097_the_history_has_a_bound_in_time() {
    let mut world = World::with(|config| config.limits.history_age_max_ms = 60_000);
    let agent = world.connect("1001001/a");
    world.change_state("1001001", LOGIN).unwrap();
    world.now.0 += 40_000;
    world.change_state("1001001", READY).unwrap();
    world.take(agent);
    assert_eq!(ask(&mut world, agent, &after(OWN, 1)).1, [format!("complete {OWN} @3")]);
    let before = world.notifier.recovery_counts();
    assert_eq!((before.nodes_complete, before.nodes_not_recovered, before.events_sent), (1, 0, 2));
    world.now.0 += 21_000;
    assert_eq!(ask(&mut world, agent, &after(OWN, 1)).1, [format!("not-recovered {OWN} @3 too-old")]);
    assert_eq!(ask(&mut world, agent, &after(OWN, 2)).0, [format!("update in {OWN} @3")]);
    let counts = world.notifier.recovery_counts();
    assert!(counts.history_events_forgotten > before.history_events_forgotten, "{counts:?}");
    assert!(counts.history_events < before.history_events && counts.history_bytes < before.history_bytes);
    assert_eq!((counts.nodes_complete, counts.nodes_not_recovered, counts.events_sent), (2, 1, 3));
    // A restart, from a snapshot too, makes nothing younger.
    let changes = world.notifier.snapshot().unwrap();
    let entry = Entry { position: world.notifier.position(), at: world.now, changes };
    world.notifier = Notifier::new(world.notifier.config().clone());
    world.notifier.restore(&entry);
    world.now.0 += 40_000;
    let agent = world.connect("1001001/a");
    assert_eq!(ask(&mut world, agent, &after(OWN, 2)).1, [format!("not-recovered {OWN} @3 too-old")]);
}

/// Subscribing and recovering are one: what is released before the answer is ahead of it, once, and what is released later
/// comes after it, once; also when the log is late, and for full and bare JIDs.
/// Source: docs/recovery.md, "Asking for what was missed".
#[test]
fn checklist_097_between_recovered_and_live_events_nothing_is_missing_or_doubled() {
    for jid in ["1001001@localhost/a", "1001001@localhost"] {
        let mut world = World::new();
        let admin = world.connect("admin/a");
        world.pubsub(admin, "<create node='n'/>");
        publish(&mut world, admin, "n", "1");
        publish(&mut world, admin, "n", "2");
        let agent = world.connect("1001001/a");
        world.log_is_prompt = false;
        let verb = |id: &str| {
            format!(
                "<pubsub xmlns='{}'><publish node='n'><item id='{id}'><x xmlns='y'/></item></publish></pubsub>",
                ns::PUBSUB
            )
        };
        world.request(admin, "set", "pubsub.localhost", &verb("3"));
        world.request(agent, "set", "pubsub.localhost", &recover(&join("n", 1, jid)));
        world.request(admin, "set", "pubsub.localhost", &verb("4"));
        world.append_all();
        let got = world.take(agent);
        let at = got.iter().position(|element| element.name() == "iq").expect("an answer");
        let (events, parts) = show(&got[..=at]);
        let live: Vec<_> =
            got[at + 1..].iter().map(|event| format!("{} @{}", show_event(event), offset(event))).collect();
        assert_eq!([events, live].concat(), ["item 2 in n @2", "item 3 in n @3", "item 4 in n @4"], "{jid}");
        assert_eq!(parts, ["complete n @3"], "the answer waits for what was decided before it");
        assert!(got[at].to_xml().contains(&format!("jid=\"{jid}\"")), "the subscription is confirmed");
    }
}

/// A subscription that waits for the log is answered after it, or with the failure; then nothing was sent.
#[test]
fn a_log_that_fails_recovers_nothing() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    publish(&mut world, admin, "n", "1");
    let agent = world.connect("1001001/a");
    world.log_is_prompt = false;
    world.request(agent, "set", "pubsub.localhost", &recover(&join("n", 0, "1001001@localhost")));
    // Asked again while the first waits: shown once that is in the log.
    world.request(agent, "set", "pubsub.localhost", &recover(&join("n", 0, "1001001@localhost")));
    assert_eq!(world.take(agent), []);
    world.lose_waiting();
    let got = world.take(agent);
    assert_eq!(got.iter().map(show_answer).collect::<Vec<_>>(), ["error wait internal-server-error"; 2]);
    world.log_is_prompt = true;
    assert_eq!(
        ask(&mut world, agent, &after("n", 0)).0,
        ["item 1 in n @1"],
        "the history is rebuilt from the log"
    );
}

/// An answer has a bound, in events and in bytes; the rest is asked for from there. Until it is complete, no subscription
/// of a session puts new events between old ones.
/// Source: docs/recovery.md, "Asking for what was missed".
#[test]
fn checklist_097_a_long_absence_is_recovered_in_pages() {
    let mut world = World::with(|config| config.limits.recovery_events_max = 3);
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    world.pubsub(admin, "<create node='m'/>");
    for id in ["1", "2", "3"] {
        publish(&mut world, admin, "n", id);
        publish(&mut world, admin, "m", id);
    }
    let agent = world.connect("1001001/a");
    let jid = "1001001@localhost/a";
    let (events, parts) = ask(&mut world, agent, &[join("n", 0, jid), join("m", 0, jid)].concat());
    assert_eq!(events, ["item 1 in n @1", "item 1 in m @1", "item 2 in n @2"]);
    assert_eq!(parts, ["more n @2", "more m @1"]);
    publish(&mut world, admin, "n", "4");
    assert_eq!(world.take(agent), [], "no event overtakes");
    let (events, parts) = ask(&mut world, agent, &[join("n", 2, jid), join("m", 1, jid)].concat());
    assert_eq!(events, ["item 2 in m @2", "item 3 in n @3", "item 3 in m @3"]);
    assert_eq!(parts, ["more n @3", "complete m @3"]);
    let (events, parts) = ask(&mut world, agent, &join("n", 3, jid));
    assert_eq!((events, parts), (vec!["item 4 in n @4".into()], vec!["complete n @4".into()]));
    publish(&mut world, admin, "n", "5");
    publish(&mut world, admin, "m", "4");
    let live: Vec<_> = world.take(agent).iter().map(offset).collect();
    assert_eq!(live, [5, 4]);
    // The client may want less at a time, never more.
    let ask_max = |world: &mut World, max: usize| {
        let asked = format!("<recover xmlns='{}' max='{max}'>{}</recover>", ns::RECOVERY, after("n", 0));
        world.request(agent, "get", "pubsub.localhost", &asked);
        show(&world.take(agent)).0.len()
    };
    assert_eq!((ask_max(&mut world, 2), ask_max(&mut world, 100)), (2, 3));
}

/// The other bound of an answer, in bytes: one event always goes, or there would be no end.
#[test]
fn an_answer_is_bounded_in_bytes() {
    let mut world = World::with(|config| config.limits.recovery_bytes_max = 1);
    for body in [LOGIN, READY, NOT_READY] {
        world.change_state("1001001", body).unwrap();
    }
    let agent = world.connect("1001001/a");
    let (events, parts) = ask(&mut world, agent, &after(OWN, 2));
    assert_eq!((events.len(), parts), (1, vec![format!("more {OWN} @3")]));
    let (events, parts) = ask(&mut world, agent, &after(OWN, 3));
    assert_eq!((events.len(), parts), (1, vec![format!("complete {OWN} @4")]));
}

/// Who may not follow a node cannot recover it either, and is told what a subscription would be refused with; other nodes
/// of the same request are not affected. Source: docs/recovery.md, "Asking for what was missed".
#[test]
fn checklist_097_nobody_recovers_what_is_not_for_them() {
    let mut world = World::new();
    world.change_state("1001001", LOGIN).unwrap();
    let agent = world.connect("1001002/a");
    let other_team = "/finesse/api/Team/2/Users";
    let asked = [after(OWN, 0), after(other_team, 0), after("nothing", 0), after(TEAM, TEAM_BEFORE)].concat();
    let (events, parts) = ask(&mut world, agent, &asked);
    assert_eq!(events.len(), 1);
    let expected = [
        format!("refused {OWN} forbidden"),
        format!("refused {other_team} forbidden"),
        "refused nothing item-not-found".into(),
        format!("complete {TEAM} @{}", TEAM_BEFORE + 1),
    ];
    assert_eq!(parts, expected);
    // Nor does anybody subscribe another address, or one without a session; nothing is sent of such a node.
    for jid in ["1001001@localhost", "1001001@localhost/a", "1001002@localhost/gone", "@"] {
        let (events, parts) = ask(&mut world, agent, &join(TEAM, 0, jid));
        assert_eq!((events.len(), parts), (0, vec![format!("refused {TEAM} bad-request")]), "{jid}");
    }
}

/// The limits of subscriptions hold, however many are asked for at once.
#[test]
fn the_limits_of_subscriptions_hold() {
    let mut world = World::with(|config| {
        config.limits.subscriptions_per_user_max = 8;
        config.limits.subscriptions_per_session_max = 2;
    });
    let admin = world.connect("admin/a");
    let nodes: Vec<_> = (0..12).map(|n| format!("n{n}")).collect();
    for node in &nodes {
        world.pubsub(admin, &format!("<create node='{node}'/>"));
    }
    let agent = world.connect("1001001/a");
    let had = world.pubsub_get(agent, "<subscriptions/>").matches("<subscription ").count();
    for (jid, room) in [("1001001@localhost", 8 - had), ("1001001@localhost/a", 2)] {
        let asked: String = nodes.iter().map(|node| join(node, 0, jid)).collect();
        let (_, parts) = ask(&mut world, agent, &asked);
        let refused = parts.iter().filter(|part| part.ends_with(" policy-violation")).count();
        assert_eq!(refused, nodes.len() - room, "{parts:?}");
    }
}

/// Positions and remembered events survive a restart: replayed from the log, from a snapshot, and from both. The answer
/// is the same as before it. Source: docs/recovery.md, "Positions".
#[test]
fn checklist_097_a_restart_forgets_nothing_that_a_client_needs() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    publish(&mut world, admin, "n", "1");
    world.change_state("1001001", LOGIN).unwrap();
    let changes = world.notifier.snapshot().unwrap();
    let snapshot = Entry { position: world.notifier.position(), at: Timestamp(0), changes };
    let logged = world.log.len();
    publish(&mut world, admin, "n", "2");
    world.change_state("1001001", READY).unwrap();
    let asked = [after("n", 0), after(OWN, 1)].concat();
    let before = ask(&mut world, admin, &asked);
    assert_eq!(
        (before.0.len(), &before.1[..]),
        (4, &["complete n @2".into(), format!("complete {OWN} @3")][..])
    );

    let after_snapshot: Vec<_> =
        std::iter::once(snapshot).chain(world.log[logged..].iter().cloned()).collect();
    for log in [&world.log.clone(), &after_snapshot] {
        world.notifier = Notifier::new(world.notifier.config().clone());
        log.iter().for_each(|entry| world.notifier.restore(entry));
        let admin = world.connect("admin/a");
        assert_eq!(ask(&mut world, admin, &asked), before);
    }
    // A snapshot may keep less than there is. Then a shorter absence can still be recovered.
    let mut config = world.notifier.config().clone();
    config.limits.history_snapshot_bytes_max = 3_500;
    let mut small = Notifier::new(config.clone());
    world.log.iter().for_each(|entry| small.restore(entry));
    let changes = small.snapshot().unwrap();
    let kept = changes.iter().filter(|change| matches!(change, Change::EventKept { .. })).count();
    assert!((1..4).contains(&kept), "{kept}");
    let entry = Entry { position: small.position(), at: Timestamp(0), changes };
    world.notifier = Notifier::new(config);
    world.notifier.restore(&entry);
    let admin = world.connect("admin/a");
    assert_eq!(
        ask(&mut world, admin, &asked).1,
        ["not-recovered n @2 too-old".into(), format!("not-recovered {OWN} @3 too-old")]
    );
    let (events, parts) = ask(&mut world, admin, &after(OWN, 2));
    assert_eq!((events.len(), parts), (1, vec![format!("complete {OWN} @3")]));
}

/// Another log is another epoch: no position of the old one means anything.
#[test]
fn checklist_097_a_new_log_recovers_nothing_of_the_old_one() {
    let mut world = World::with(|config| config.instance = "another".into());
    let agent = world.connect("1001001/a");
    world.request(agent, "get", "pubsub.localhost", &recover(&after(OWN, 0)));
    let answer = world.take_xml(agent).concat();
    let expected =
        format!("<not-recovered node=\"{OWN}\" epoch=\"another\" offset=\"1\" reason=\"other-epoch\"/>");
    assert!(answer.contains(&expected), "{answer}");
}

/// A node that was deleted and made again is another node: a position at the old one either is known to lie before all of
/// the new one's events, or is too old.
#[test]
fn a_node_of_the_same_name_goes_on_counting() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    publish(&mut world, admin, "n", "1");
    world.owner(admin, "set", "<delete node='n'/>");
    assert_eq!(ask(&mut world, admin, &after("n", 1)).1, ["refused n item-not-found"]);
    world.pubsub(admin, "<create node='n'/>");
    publish(&mut world, admin, "n", "1");
    for restored in [false, true] {
        let admin = world.connect("admin/a");
        assert_eq!(ask(&mut world, admin, &after("n", 0)).1, ["not-recovered n @3 too-old"]);
        assert_eq!(
            ask(&mut world, admin, &after("n", 1)).1,
            ["not-recovered n @3 too-old"],
            "the deletion was missed"
        );
        assert_eq!(ask(&mut world, admin, &after("n", 2)).0, ["item 1 in n @3"]);
        if !restored {
            let changes = world.notifier.snapshot().unwrap();
            let entry = Entry { position: world.notifier.position(), at: Timestamp(0), changes };
            world.notifier = Notifier::new(world.notifier.config().clone());
            world.notifier.restore(&entry);
        }
    }
}

/// An answer waits for the log, because what it says was judged by what is decided; what is decided after it is not in it.
#[test]
fn an_answer_waits_for_what_was_decided_before_it() {
    let mut world = World::new();
    world.change_state("1001001", LOGIN).unwrap();
    let (agent, boss) = (world.connect("1001001/a"), world.connect("1001/a"));
    world.log_is_prompt = false;
    world.start_change_state("1001001", READY);
    world.request(boss, "get", "pubsub.localhost", &recover(&after(OWN, 2)));
    world.start_change_state("1001001", NOT_READY);
    assert_eq!(world.take(boss), []);
    world.append_one();
    world.drain();
    assert_eq!(
        show(&world.take(boss)),
        (vec![format!("update in {OWN} @3")], vec![format!("complete {OWN} @3")])
    );
    assert_eq!(world.take(agent).iter().map(offset).collect::<Vec<_>>(), [3]);
}

/// Requests that are not well put have one answer each.
#[test]
fn checklist_097_malformed_requests_are_refused() {
    let mut world = World::with(|config| config.limits.recovery_nodes_max = 2);
    let agent = world.connect("1001001/a");
    let mut ask = |kind: &str, content: &str| world.ask(agent, kind, "pubsub.localhost", content);
    let bad = [
        String::new(),
        "<before node='n'/>".into(),
        "<after/>".into(),
        "<after node=''/>".into(),
        "<after node='n' epoch='e'/>".into(),
        "<after node='n' offset='1'/>".into(),
        "<after node='n' epoch='e' offset='-1'/>".into(),
        "<after node='n' epoch='e' offset='18446744073709551616'/>".into(),
        after("n", 1).repeat(2),
    ];
    for content in &bad {
        assert_eq!(ask("set", &recover(content)), "error modify bad-request", "{content}");
    }
    assert_eq!(ask("get", &recover(&join("n", 1, "1001001@localhost"))), "error modify bad-request");
    for max in ["0", "-1", "all"] {
        let content = format!("<recover xmlns='{}' max='{max}'><after node='n'/></recover>", ns::RECOVERY);
        assert_eq!(ask("get", &content), "error modify bad-request", "{max}");
    }
    let three: String = ["a", "b", "c"].map(|node| after(node, 0)).concat();
    assert_eq!(ask("get", &recover(&three)), "error modify not-acceptable");
    assert_eq!(ask("get", &format!("<recovered xmlns='{}'/>", ns::RECOVERY)), "error modify bad-request");
}

/// The protocol is announced where it works. Switched off, events look as if it did not exist, nothing is kept, and a
/// request is refused as any unknown one.
#[test]
fn checklist_097_recovery_is_announced_if_and_only_if_it_works() {
    for on in [true, false] {
        let mut world = World::with(|config| config.recovery = on);
        let agent = world.connect("1001001/a");
        let info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
        let feature = format!("<feature var=\"{}\"/>", ns::RECOVERY);
        assert_eq!(world.ask(agent, "get", "pubsub.localhost", info).contains(&feature), on);
        assert!(!world.ask(agent, "get", "localhost", info).contains(&feature));
        world.change_state("1001001", LOGIN).unwrap();
        let got = world.take(agent);
        assert_eq!(got[0].child("position", ns::RECOVERY).is_some(), on);
        let answer = world.ask(agent, "get", "pubsub.localhost", &recover(&after(OWN, 2)));
        assert_eq!(answer == "error cancel service-unavailable", !on, "{answer}");
        assert_eq!(
            world.ask(agent, "get", "localhost", &recover(&after(OWN, 1))),
            "error cancel service-unavailable"
        );
        let snapshot = world.notifier.snapshot().unwrap();
        assert_eq!(snapshot.iter().any(|change| matches!(change, Change::EventKept { .. })), on);
    }
}

/// A session that has gone meanwhile gets nothing, and what it changed stays.
#[test]
fn an_answer_to_a_session_that_has_gone_goes_nowhere() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    publish(&mut world, admin, "n", "1");
    let agent = world.connect("1001001/a");
    world.log_is_prompt = false;
    world.request(agent, "set", "pubsub.localhost", &recover(&join("n", 0, "1001001@localhost")));
    world.end(agent);
    world.append_all();
    assert_eq!(world.take(agent), []);
}

/// Events that were sent in the name of a service with another address are nobody's any more.
#[test]
fn another_domain_does_not_inherit_remembered_events() {
    let mut world = World::new();
    world.change_state("1001001", LOGIN).unwrap();
    let changes = world.notifier.snapshot().unwrap();
    let entry = Entry { position: world.notifier.position(), at: Timestamp(0), changes };
    let mut config = world.notifier.config().clone();
    config.pubsub_domain = "notifications.localhost".into();
    world.notifier = Notifier::new(config);
    world.notifier.restore(&entry);
    let agent = world.connect("1001001/a");
    world.request(agent, "get", "notifications.localhost", &recover(&after(OWN, 0)));
    assert_eq!(show(&world.take(agent)), (vec![], vec![format!("not-recovered {OWN} @2 too-old")]));
}
