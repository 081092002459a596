//! What waits for the log, what happens when the log is late, fails, or is replayed.

use contact::{Timestamp, UserId};
use notifier::{Change, Entry, Notifier, Position, Rejection};

use crate::world::{World, show_answer, show_event, sorted};

const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";
const OWN: &str = "/finesse/api/User/1001001";

#[test]
fn nobody_hears_of_a_change_before_the_log_has_it() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    world.log_is_prompt = false;
    let ticket = world.start_change_state("1001001", LOGIN);
    // The next decision knows it already: ready is possible only after sign-in.
    let second = world.start_change_state("1001001", "<state>READY</state>");
    assert!(world.answers.is_empty() && world.take(session).is_empty());
    world.append_one();
    world.drain();
    assert_eq!(world.answers.keys().collect::<Vec<_>>(), [&ticket]);
    assert_eq!(world.take(session).len(), 1);
    world.append_all();
    assert!(matches!(world.answers.get(&second), Some(Ok(()))));
    assert!(world.take_xml(session)[0].contains("&lt;state&gt;READY&lt;/state&gt;"));
}

#[test]
fn an_event_of_before_is_not_heard_after_the_result_of_a_subscription() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let agent = world.connect("1001001/a");
    world.pubsub(admin, "<create node='n'/>");
    world.log_is_prompt = false;
    let ns = "http://jabber.org/protocol/pubsub";
    let publish = |id: &str| {
        format!(
            "<pubsub xmlns='{ns}'><publish node='n'><item id='{id}'><x xmlns='y'/></item></publish></pubsub>"
        )
    };
    let subscribe = format!("<pubsub xmlns='{ns}'><subscribe node='n' jid='1001001@localhost'/></pubsub>");
    world.request(admin, "set", "pubsub.localhost", &publish("before"));
    world.request(agent, "set", "pubsub.localhost", &subscribe);
    // Asked again while the first waits: confirmed, and not before the first.
    world.request(agent, "set", "pubsub.localhost", &subscribe);
    world.request(admin, "set", "pubsub.localhost", &publish("after"));
    assert!(world.take(agent).is_empty() && world.take(admin).is_empty());
    world.append_all();
    let got = world.take(agent);
    assert_eq!(got.len(), 3);
    assert!(show_answer(&got[0]).starts_with("result") && show_answer(&got[1]).starts_with("result"));
    assert_eq!(show_event(&got[2]), "item after in n");
    assert_eq!(world.take(admin).len(), 2);
}

#[test]
fn what_is_read_is_in_the_log() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    world.log_is_prompt = false;
    let ns = "http://jabber.org/protocol/pubsub";
    let ask = |verb: &str| format!("<pubsub xmlns='{ns}'>{verb}</pubsub>");
    let publish = "<publish node='n'><item id='1'><x xmlns='y'/></item></publish>";
    world.request(admin, "set", "pubsub.localhost", &ask(publish));
    world.request(admin, "get", "pubsub.localhost", &ask("<items node='n'/>"));
    assert!(world.take(admin).is_empty());
    world.append_all();
    let got = world.take(admin);
    assert!(show_answer(&got[1]).contains("<item id=\"1\">"));
}

#[test]
fn events_before_a_deletion_still_reach_the_subscribers() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='n'/>");
    world.subscribe(agent, "n");
    world.log_is_prompt = false;
    let pubsub = |verb: &str| format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>");
    let publish = pubsub("<publish node='n'><item id='1'><x xmlns='y'/></item></publish>");
    world.request(admin, "set", "pubsub.localhost", &publish);
    let delete = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='n'/></pubsub>";
    world.request(admin, "set", "pubsub.localhost", delete);
    let retract = pubsub("<retract node='n'><item id='1'/></retract>");
    world.request(admin, "set", "pubsub.localhost", &retract);
    assert_eq!(
        show_answer(&world.take(admin)[0]),
        "error cancel item-not-found",
        "deleted for the next request"
    );
    world.request(admin, "set", "pubsub.localhost", &pubsub("<create node='n'/>"));
    world.request(admin, "set", "pubsub.localhost", &publish);
    world.append_all();
    let events: Vec<_> = world.take(agent).iter().map(show_event).collect();
    assert_eq!(events, ["item 1 in n", "delete n"], "and the new node of this name has no subscribers");
}

#[test]
fn a_log_that_fails_undoes_everything_that_waits() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='kept'/>");
    world.subscribe(agent, "kept");
    world.log_is_prompt = false;
    let ticket = world.start_change_state("1001001", LOGIN);
    let create = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='lost'/></pubsub>";
    world.request(admin, "set", "pubsub.localhost", create);
    world.lose_waiting();
    assert!(matches!(world.answers.remove(&ticket), Some(Err(Rejection::LogFailed))));
    assert_eq!(show_answer(&world.take(admin)[0]), "error wait internal-server-error");
    assert!(world.take(agent).is_empty());
    let user = world.notifier.centre().user(&UserId::new("1001001").unwrap()).unwrap();
    assert!(!user.is_signed_in());
    // Everything goes on from what the log has; sessions and their subscriptions are still there.
    world.log_is_prompt = true;
    assert_eq!(world.subscribe(agent, "lost"), "error cancel item-not-found");
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!(world.take(agent).len(), 1);
    assert!(
        world
            .pubsub(admin, "<publish node='kept'><item><x xmlns='y'/></item></publish>")
            .starts_with("result")
    );
    assert_eq!(world.take(agent).len(), 1);
}

#[test]
fn after_a_failure_nothing_durable_happens_until_the_state_is_rebuilt() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.log_is_prompt = false;
    world.start_change_state("1001001", LOGIN);
    let from = world.waiting.front().unwrap().position;
    world.waiting.clear();
    world.handle(notifier::Input::AppendFailed { from });
    let ticket = world.start_change_state("1001001", LOGIN);
    assert!(matches!(world.answers.remove(&ticket), Some(Err(Rejection::LogFailed))));
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "error wait resource-constraint");
    assert_eq!(world.notifier.snapshot(), None);
    assert_eq!(world.ask(admin, "get", "", "<ping xmlns='urn:xmpp:ping'/>"), "result");
    let log = world.log.clone();
    world.notifier.reset_durable(&log);
    world.log_is_prompt = true;
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "result");
}

#[test]
fn a_log_that_is_behind_stops_changes_and_nothing_else() {
    let mut world = World::with(|config| config.limits.pending_changes_max = 1);
    let admin = world.connect("admin/a");
    world.log_is_prompt = false;
    let first = world.start_change_state("1001001", LOGIN);
    let second = world.start_change_state("1001002", "<state>LOGIN</state><extension>2001002</extension>");
    assert!(matches!(world.answers.remove(&second), Some(Err(Rejection::Busy))));
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "error wait resource-constraint");
    assert_eq!(world.notifier.limits_reached().times(notifier::Limit::PendingChanges), 2);
    assert!(
        world.subscribe(admin, "/finesse/api/SystemInfo").starts_with("result"),
        "a session's own subscription needs no log"
    );
    world.append_all();
    assert!(matches!(world.answers.remove(&first), Some(Ok(()))));
    world.log_is_prompt = true;
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "result");
}

#[test]
fn a_replay_gives_the_same_state_and_so_does_a_snapshot() {
    let mut world = busy_world();
    let snapshot = world.notifier.snapshot().unwrap();
    let position = world.notifier.position();
    let mut replayed = Notifier::new(world.notifier.config().clone());
    for entry in &world.log {
        replayed.restore(entry);
    }
    assert!(replayed.poll_output().is_none(), "a replay says nothing");
    assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(snapshot.clone()));
    assert_eq!(replayed.position(), position);
    let entry = Entry { position, at: Timestamp(0), changes: snapshot.clone() };
    let text = serde_json::to_string(&entry).unwrap();
    let mut restored = Notifier::new(world.notifier.config().clone());
    restored.restore(&serde_json::from_str(&text).unwrap());
    assert_eq!(sorted(restored.snapshot().unwrap()), sorted(snapshot));
    assert_eq!(restored.position(), position);
    // Rebuilt from the snapshot, the world goes on where it was: ids keep growing.
    let session = world.connect("1001001/z");
    world.subscribe(session, "kept");
    let admin = world.connect("admin/z");
    let publish = "<publish node='kept'><item><x xmlns='y'/></item></publish>";
    let before = world.pubsub(admin, publish);
    world.take(session);
    world.notifier.reset_durable([&entry]);
    world.log.push(entry);
    let again = world.pubsub(admin, publish);
    assert_eq!(before, again, "the same number follows the same state");
    assert_eq!(world.take(session).len(), 1);
}

#[test]
fn a_snapshot_does_not_repeat_what_follows_from_the_rest() {
    let world = World::new();
    let snapshot = world.notifier.snapshot().unwrap();
    let by_itself = |change: &&Change| {
        !matches!(change, Change::Contact { .. } | Change::NodeOffset { .. } | Change::EventKept { .. })
    };
    let rest: Vec<_> = snapshot.iter().filter(by_itself).collect();
    assert!(matches!(rest[..], [Change::SnapshotBegins, Change::SnapshotEnds { .. }]), "{rest:?}");
}

#[test]
fn offsets_of_a_node_have_no_gap() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    for _ in 0..3 {
        world.pubsub(admin, "<publish node='n'><item id='1'><x xmlns='y'/></item></publish>");
    }
    world.pubsub(admin, "<retract node='n'><item id='1'/></retract>");
    let snapshot = world.notifier.snapshot().unwrap();
    assert!(snapshot.contains(&Change::NodeOffset { node: "n".into(), offset: 4 }));
}

#[test]
fn records_about_nothing_change_nothing() {
    let mut world = World::new();
    let before = world.notifier.snapshot().unwrap();
    let node = || String::from("nothing");
    let changes = vec![
        Change::NodeDeleted { node: node(), redirect: None },
        Change::NodePurged { node: node() },
        Change::NodeConfigured { node: node(), config: notifier::NodeConfig::default() },
        Change::Subscribed { node: node(), jid: "1001001@localhost".into() },
        Change::Subscribed { node: OWN.into(), jid: "@".into() },
        Change::Unsubscribed { node: node(), jid: "1001001@localhost".into() },
        Change::ItemRetracted { node: node(), id: "1".into(), notify: true },
        Change::ItemPublished {
            node: node(),
            id: "1".into(),
            publisher: "x".into(),
            payload: "<x/>".into(),
            at: None,
        },
        Change::NodeOffset { node: node(), offset: 9 },
        Change::EventKept { node: node(), number: 99, at: None, message: "></message>".into() },
        Change::EventKept { node: OWN.into(), number: 1, at: None, message: "></message>".into() },
    ];
    let position = Position(world.notifier.position().0 + 1);
    world.notifier.restore(&Entry { position, at: Timestamp(0), changes });
    assert_eq!(world.notifier.snapshot().unwrap(), before);
}

/// A world in which every kind of record has been written.
fn busy_world() -> World {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='kept'/>");
    world.pubsub(admin, "<create node='gone'/>");
    let items = "<item id='1'><x xmlns='y'/></item><item id='2'><x xmlns='y'>&lt;</x></item>";
    world.pubsub(admin, &format!("<publish node='kept'>{items}</publish>"));
    world.pubsub(admin, "<retract node='kept'><item id='1'/></retract>");
    let form =
        "<x xmlns='jabber:x:data' type='submit'><field var='pubsub#title'><value>T</value></field></x>";
    world.owner(admin, "set", &format!("<configure node='kept'>{form}</configure>"));
    world.pubsub(agent, "<subscribe node='kept' jid='1001001@localhost'/>");
    world.pubsub(agent, "<subscribe node='gone' jid='1001001@localhost'/>");
    world.pubsub(agent, &format!("<unsubscribe node='{OWN}' jid='1001001@localhost'/>"));
    world.owner(admin, "set", "<delete node='gone'/>");
    world.change_state("1001001", LOGIN).unwrap();
    world.change_state("1001001", "<state>READY</state>").unwrap();
    let user = UserId::new("1001012").unwrap();
    world.administer(notifier::AccountCommand::Remove { user }).unwrap();
    let (user, credentials) = (UserId::new("admin").unwrap(), crate::world::credentials(3));
    world.administer(notifier::AccountCommand::SetCredentials { user, credentials }).unwrap();
    world.take(admin);
    world.take(agent);
    world
}
