//! Rosters: reading, writing, pushes, versions, limits, and what the log keeps.

use contact::{Timestamp, UserId};
use notifier::{AccountCommand, Entry, Notifier, SessionId};
use xmpp::Element;

use crate::world::{World, sorted};

const ROSTER: &str = "jabber:iq:roster";

fn set(world: &mut World, session: SessionId, items: &str) -> (String, Vec<String>) {
    assert!(world.take(session).is_empty());
    world.request(session, "set", "", &format!("<query xmlns='{ROSTER}'>{items}</query>"));
    answer_and_pushes(world, session)
}

/// The answer, and what each push says.
fn answer_and_pushes(world: &mut World, session: SessionId) -> (String, Vec<String>) {
    let (mut answer, mut pushes) = (String::from("nothing"), Vec::new());
    for element in world.take(session) {
        match element.attribute("type") {
            Some("set") => pushes.push(push(&element)),
            _ => answer = crate::world::show_answer(&element),
        }
    }
    (answer, pushes)
}

/// The item of a push, as text; checks what surrounds it.
fn push(iq: &Element) -> String {
    assert_eq!((iq.name(), iq.attribute("type"), iq.attribute("from")), ("iq", Some("set"), None));
    assert!(iq.attribute("id").is_some() && iq.attribute("to").is_some());
    let query = iq.child("query", ROSTER).expect("a roster");
    assert_eq!(query.elements().count(), 1, "one item per push");
    query.first_element().unwrap().to_xml().replace(" xmlns=\"jabber:iq:roster\"", "")
}

fn get(world: &mut World, session: SessionId, version: Option<&str>) -> String {
    let version = version.map(|version| format!(" ver='{version}'")).unwrap_or_default();
    world.ask(session, "get", "", &format!("<query xmlns='{ROSTER}'{version}/>"))
}

/// RFC 6121 §2.1.3 to §2.1.6: a get is a result even when nothing is in it; a set changes one item, is answered, and is
/// pushed to every session that has asked for the roster and to no other.
#[test]
fn checklist_060_a_set_is_pushed_to_all_interested_resources() {
    let mut world = World::new();
    let (a, b, idle) = (world.connect("1001001/a"), world.connect("1001001/b"), world.connect("1001001/c"));
    world.take(a);
    world.take(b);
    assert!(get(&mut world, a, None).starts_with("result <query"));
    assert!(get(&mut world, b, None).starts_with("result <query"));
    let item =
        "<item jid='1001002@localhost' name='Bo &amp; co'><group>Sales</group><group>Friends</group></item>";
    let (answer, pushes) = set(&mut world, a, item);
    let pushed = "<item jid=\"1001002@localhost\" name=\"Bo &amp; co\" subscription=\"none\">\
                  <group>Sales</group><group>Friends</group></item>";
    assert_eq!((answer.as_str(), pushes.as_slice()), ("result", [pushed.to_owned()].as_slice()));
    assert_eq!(world.take(b).iter().map(push).collect::<Vec<_>>(), [pushed]);
    assert!(world.take(idle).is_empty(), "it has not asked for the roster");
    assert!(get(&mut world, a, None).contains(pushed));
    // A push is answered by clients; the answer goes nowhere.
    world.send(b, "<iq xmlns='jabber:client' type='result' id='push-1'/>");
    assert!(world.take(b).is_empty() && world.take(a).is_empty());
    // Set again, to something else and to the same: pushed each time. An own "subscription" says nothing.
    let item = "<item jid='1001002@localhost' subscription='both'/>";
    for _ in 0..2 {
        let (answer, pushes) = set(&mut world, a, item);
        assert_eq!(answer, "result");
        assert_eq!(pushes, ["<item jid=\"1001002@localhost\" subscription=\"none\"/>"]);
        assert_eq!(world.take(b).len(), 1);
    }
    let remove = "<item jid='1001002@localhost' subscription='remove'/>";
    let (answer, pushes) = set(&mut world, b, remove);
    assert_eq!(answer, "result");
    assert_eq!(pushes, ["<item jid=\"1001002@localhost\" subscription=\"remove\"/>"]);
    assert_eq!(world.take(a).len(), 1);
    assert_eq!(set(&mut world, b, remove).0, "error cancel item-not-found");
}

/// RFC 6121 §2.3.3: what a set cannot ask for, and what each is refused with.
#[test]
fn checklist_060_a_set_names_one_contact_and_keeps_to_the_limits() {
    let mut world = World::with(|config| {
        config.limits.roster_items_max = 2;
        config.limits.roster_groups_max = 2;
        config.limits.roster_text_bytes_max = 10;
    });
    let session = world.connect("1001001/a");
    for (items, expected) in [
        ("", "error modify bad-request"),
        ("<item jid='a@b'/><item jid='c@b'/>", "error modify bad-request"),
        ("<item/>", "error modify bad-request"),
        ("<item jid='a@b/c'/>", "error modify bad-request"),
        ("<item jid='@'/>", "error modify bad-request"),
        ("<item jid='a@b'><group>g</group><group>g</group></item>", "error modify bad-request"),
        ("<item jid='a@b'><group/></item>", "error modify not-acceptable"),
        ("<item jid='a@b' name='12345678901'/>", "error modify not-acceptable"),
        ("<item jid='a@b'><group>12345678901</group></item>", "error modify not-acceptable"),
        (
            "<item jid='a@b'><group>1</group><group>2</group><group>3</group></item>",
            "error modify not-acceptable",
        ),
        ("<item jid='1001001@localhost'/>", "error cancel not-allowed"),
        ("<item jid='a@b' subscription='remove'/>", "error cancel item-not-found"),
        ("<item jid='a@b' name='1234567890'/>", "result"),
        ("<item jid='c@b'/>", "result"),
        ("<item jid='d@b'/>", "error modify policy-violation"),
        ("<item jid='c@b' name='C'/>", "result"),
    ] {
        assert_eq!(set(&mut world, session, items).0, expected, "{items}");
    }
    assert_eq!(
        world.ask(session, "get", "", &format!("<item xmlns='{ROSTER}'/>")),
        "error modify bad-request"
    );
    // Nobody reads or writes another user's roster.
    for to in ["1001002@localhost", "nobody@localhost", "localhost"] {
        let query = format!("<query xmlns='{ROSTER}'/>");
        assert_eq!(world.ask(session, "get", to, &query), "error cancel service-unavailable", "{to}");
    }
}

/// RFC 6121 §2.6: a client that names the version it has gets nothing if that is still right, everything otherwise, and
/// the version that each push leads to.
#[test]
fn checklist_060_a_version_that_is_still_right_is_answered_with_nothing() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let version = |answer: &str| answer.split("ver=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let empty = version(&get(&mut world, session, Some("")));
    assert_eq!(get(&mut world, session, Some(&empty)), "result");
    world.request(session, "set", "", &format!("<query xmlns='{ROSTER}'><item jid='a@b'/></query>"));
    let pushed = world.take(session)[0].child("query", ROSTER).unwrap().attribute("ver").unwrap().to_owned();
    assert_ne!(pushed, empty);
    let all = get(&mut world, session, Some(&empty));
    assert!(all.contains("jid=\"a@b\"") && version(&all) == pushed, "{all}");
    assert_eq!(get(&mut world, session, Some(&pushed)), "result");
    // It stays right over a restart from the log and from a snapshot.
    let changes = world.notifier.snapshot().unwrap();
    let entry = Entry { position: world.notifier.position(), at: Timestamp(0), changes };
    world.notifier.reset_durable([&entry]);
    assert_eq!(get(&mut world, session, Some(&pushed)), "result");
    // Whoever does not ask for versions does not get any.
    assert!(!get(&mut world, session, None).contains("ver="));
    world.request(session, "set", "", &format!("<query xmlns='{ROSTER}'><item jid='c@b'/></query>"));
    assert!(!world.take_xml(session)[0].contains("ver="));
}

#[test]
fn nobody_sees_a_roster_that_the_log_does_not_have() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    get(&mut world, b, None);
    world.take(a);
    world.log_is_prompt = false;
    let add = format!("<query xmlns='{ROSTER}'><item jid='a@b'/></query>");
    world.request(a, "set", "", &add);
    world.request(b, "get", "", &format!("<query xmlns='{ROSTER}'/>"));
    assert!(world.take(a).is_empty() && world.take(b).is_empty());
    world.append_all();
    assert_eq!(answer_and_pushes(&mut world, a).0, "result");
    assert_eq!(world.take(b).len(), 2, "the push and the result");
    // What is lost was not there, and its sender hears that.
    world.request(a, "set", "", &add.replace("a@b", "c@b"));
    world.lose_waiting();
    assert_eq!(answer_and_pushes(&mut world, a).0, "error wait internal-server-error");
    assert!(world.take(b).is_empty());
    assert!(!get(&mut world, a, None).contains("c@b"));
}

#[test]
fn rosters_survive_a_restart_and_go_with_the_account() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001002/b"));
    set(&mut world, a, "<item jid='x@y' name='X'><group>G</group></item>");
    world.send(a, "<presence xmlns='jabber:client' type='subscribe' to='1001002@localhost'/>");
    world.send(b, "<presence xmlns='jabber:client' type='subscribed' to='1001001@localhost'/>");
    world.send(b, "<presence xmlns='jabber:client' type='subscribe' to='1001001@localhost'/>");
    world.take(a);
    world.take(b);
    get(&mut world, b, None);
    let snapshot = world.notifier.snapshot().unwrap();
    let mut replayed = Notifier::new(world.notifier.config().clone());
    world.log.iter().for_each(|entry| replayed.restore(entry));
    assert!(replayed.poll_output().is_none(), "a replay says nothing");
    assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(snapshot));
    world.administer(AccountCommand::Remove { user: UserId::new("1001001").unwrap() }).unwrap();
    let got = world.take_xml(b);
    assert!(got[0].contains("type=\"unavailable\""), "{got:?}");
    assert!(got[1].contains("subscription=\"none\""), "{got:?}");
    assert!(got[2].contains("type=\"unsubscribed\"") && got[3].contains("type=\"unsubscribe\""), "{got:?}");
    assert!(get(&mut world, b, None).contains("jid=\"1001001@localhost\" subscription=\"none\"/>"));
    let snapshot = format!("{:?}", world.notifier.snapshot().unwrap());
    assert!(!snapshot.contains("x@y"), "the roster of the account is gone");
}
