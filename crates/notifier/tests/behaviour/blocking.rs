//! Blocked addresses (XEP-0191).

use contact::Timestamp;
use notifier::{Entry, Notifier, SessionId};

use crate::world::{World, show_answer, sorted};

const ADA: &str = "1001001@localhost";
const BEA: &str = "1001002@localhost";
const BLOCKED: &str = "error cancel not-acceptable blocked";

fn change(world: &mut World, session: SessionId, verb: &str, jids: &[&str]) -> String {
    let items: Vec<String> = jids.iter().map(|jid| format!("<item jid='{jid}'/>")).collect();
    world.request(
        session,
        "set",
        "",
        &format!("<{verb} xmlns='urn:xmpp:blocking'>{}</{verb}>", items.concat()),
    );
    let got = world.take(session);
    let answer = got.iter().find(|element| element.attribute("id") == Some("q1")).expect("an answer");
    show_answer(answer)
}

fn list(world: &mut World, session: SessionId) -> String {
    world.ask(session, "get", "", "<blocklist xmlns='urn:xmpp:blocking'/>")
}

/// What a session got, without pushes: `name type from`.
fn show(world: &mut World, session: SessionId) -> Vec<String> {
    let got = world.take(session);
    let stanzas = got.iter().filter(|element| element.name() != "iq");
    let show = |e: &xmpp::Element| {
        format!("{} {} {}", e.name(), e.attribute("type").unwrap_or("-"), e.attribute("from").unwrap_or("-"))
    };
    stanzas.map(show).collect()
}

/// Ada and Bea, each of whom sees the other's presence.
fn friends(world: &mut World) -> (SessionId, SessionId) {
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    for (one, other, of_one, of_other) in [(ada, bea, ADA, BEA), (bea, ada, BEA, ADA)] {
        world.send(one, &format!("<presence xmlns='jabber:client' type='subscribe' to='{of_other}'/>"));
        world.send(other, &format!("<presence xmlns='jabber:client' type='subscribed' to='{of_one}'/>"));
    }
    world.take(ada);
    world.take(bea);
    (ada, bea)
}

#[test]
fn a_list_is_shown_changed_and_pushed() {
    let mut world = World::with(|config| config.limits.blocked_max = 3);
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    assert_eq!(list(&mut world, b), "result <blocklist xmlns=\"urn:xmpp:blocking\"/>");
    assert_eq!(change(&mut world, a, "block", &["x@y", "x@y/z"]), "result");
    let pushed = world.take_xml(b);
    assert_eq!(pushed.len(), 1);
    assert!(
        pushed[0].contains("type=\"set\"") && pushed[0].contains(&format!("to=\"{ADA}/b\"")),
        "{pushed:?}"
    );
    assert!(
        pushed[0]
            .contains("<block xmlns=\"urn:xmpp:blocking\"><item jid=\"x@y\"/><item jid=\"x@y/z\"/></block>"),
        "{pushed:?}"
    );
    assert_eq!(change(&mut world, a, "block", &["x@y", "y"]), "result", "again and one more");
    assert_eq!(change(&mut world, a, "block", &["v@w"]), "error modify policy-violation");
    world.take(b);
    assert_eq!(change(&mut world, a, "unblock", &["x@y", "never@blocked"]), "result");
    assert!(world.take_xml(b)[0].contains("<unblock xmlns=\"urn:xmpp:blocking\"><item jid=\"x@y\"/>"));
    let shown = list(&mut world, b);
    assert!(shown.contains("<item jid=\"x@y/z\"/><item jid=\"y\"/></blocklist>"), "{shown}");
    // The log keeps it.
    let snapshot = world.notifier.snapshot().unwrap();
    let mut replayed = Notifier::new(world.notifier.config().clone());
    world.log.iter().for_each(|entry| replayed.restore(entry));
    assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(snapshot.clone()));
    let entry = Entry { position: world.notifier.position(), at: Timestamp(0), changes: snapshot };
    world.notifier.reset_durable([&entry]);
    assert_eq!(list(&mut world, b), shown);
    assert_eq!(change(&mut world, a, "unblock", &[]), "result", "everybody");
    assert!(world.take_xml(b)[0].contains("<unblock xmlns=\"urn:xmpp:blocking\"/>"));
    assert_eq!(list(&mut world, b), "result <blocklist xmlns=\"urn:xmpp:blocking\"/>");
}

#[test]
fn what_cannot_be_blocked_is_refused() {
    let mut world = World::new();
    let ada = world.connect("1001001/a");
    assert_eq!(change(&mut world, ada, "block", &[]), "error modify bad-request");
    assert_eq!(change(&mut world, ada, "block", &["@"]), "error modify jid-malformed");
    // What the server itself sends, among it every notification.
    for jid in ["localhost", "pubsub.localhost", "finesse@localhost", "finesse@localhost/webapp"] {
        assert_eq!(change(&mut world, ada, "block", &[jid]), "error cancel not-allowed", "{jid}");
    }
    let info = world.ask(ada, "get", "localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    assert!(info.contains("<feature var=\"urn:xmpp:blocking\"/>"));
    // Nobody blocks the own sessions.
    assert_eq!(change(&mut world, ada, "block", &[ADA]), "result");
    let second = world.connect("1001001/b");
    assert_eq!(show(&mut world, ada), [format!("presence - {ADA}/b")]);
    world.send(second, &format!("<message xmlns='jabber:client' type='chat' to='{ADA}/a'/>"));
    assert_eq!(show(&mut world, ada), [format!("message chat {ADA}/b")]);
}

/// XEP-0191 §3.3: to somebody who is blocked the user looks like one who is away.
#[test]
fn nothing_comes_from_an_address_that_is_blocked() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    assert_eq!(change(&mut world, ada, "block", &[BEA]), "result");
    assert_eq!(
        show(&mut world, bea),
        [format!("presence unavailable {ADA}/a")],
        "Bea may not see Ada any more"
    );
    for to in [ADA, "1001001@localhost/a"] {
        for kind in ["chat", "normal"] {
            let id = format!(
                "<message xmlns='jabber:client' id='q1' type='{kind}' to='{to}'><body>hi</body></message>"
            );
            world.send(bea, &id);
            assert_eq!(show_answer(&world.take(bea)[0]), "error cancel service-unavailable", "{to} {kind}");
        }
        for kind in ["headline", "error"] {
            world.send(bea, &format!("<message xmlns='jabber:client' type='{kind}' to='{to}'/>"));
            assert!(world.take(bea).is_empty(), "{to} {kind}");
        }
        for payload in ["<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:last'/>"] {
            assert_eq!(
                world.ask(bea, "get", to, payload),
                "error cancel service-unavailable",
                "{to} {payload}"
            );
        }
        world.send(bea, &format!("<iq xmlns='jabber:client' type='result' id='q1' to='{to}'/>"));
        for kind in ["", "type='unavailable'", "type='probe'"] {
            world.send(bea, &format!("<presence xmlns='jabber:client' {kind} to='{to}'/>"));
            assert!(world.take(bea).is_empty(), "{to} {kind}");
        }
    }
    // Broadcasts stop in both directions.
    for session in [ada, bea] {
        world.send(session, "<presence xmlns='jabber:client'><show>dnd</show></presence>");
    }
    assert_eq!(show(&mut world, ada), [format!("presence - {ADA}/a")], "the echo, and nothing of Bea");
    assert_eq!(show(&mut world, bea), [format!("presence - {BEA}/b")]);
    let late = world.bind("1001002/late");
    world.send(late, "<presence xmlns='jabber:client'/>");
    let got = show(&mut world, late);
    assert!(!got.iter().any(|stanza| stanza.contains(ADA)), "{got:?}");
    world.end(late);
    assert!(show(&mut world, ada).is_empty());
    // And so do new requests, which stay unanswered for the sender.
    world.send(bea, &format!("<presence xmlns='jabber:client' type='unsubscribe' to='{ADA}'/>"));
    world.send(bea, &format!("<presence xmlns='jabber:client' type='subscribe' to='{ADA}'/>"));
    assert!(show(&mut world, ada).is_empty());
    let again = world.bind("1001001/again");
    world.send(again, "<presence xmlns='jabber:client'/>");
    assert!(!world.take_xml(again).iter().any(|xml| xml.contains("type=\"subscribe\"")));
}

#[test]
fn nothing_goes_to_an_address_that_is_blocked() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    assert_eq!(change(&mut world, ada, "block", &[BEA]), "result");
    world.take(bea);
    for to in [BEA, "1001002@localhost/b"] {
        assert_eq!(world.ask(ada, "get", to, "<ping xmlns='urn:xmpp:ping'/>"), BLOCKED, "{to}");
        for stanza in ["message", "presence"] {
            world.send(ada, &format!("<{stanza} xmlns='jabber:client' id='q1' to='{to}'/>"));
            assert_eq!(show_answer(&world.take(ada)[0]), BLOCKED, "{stanza} {to}");
            world.send(ada, &format!("<{stanza} xmlns='jabber:client' type='error' to='{to}'/>"));
            assert!(world.take(ada).is_empty(), "an error is never answered");
        }
    }
    world.end(ada);
    assert!(world.take(bea).is_empty());
}

#[test]
fn presence_comes_back_when_an_address_is_unblocked() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    for unblock in [&[BEA][..], &[]] {
        change(&mut world, ada, "block", &[BEA]);
        world.send(bea, "<presence xmlns='jabber:client'><show>away</show></presence>");
        world.take(bea);
        assert!(world.take(ada).is_empty());
        let jids: Vec<String> = unblock.iter().map(|jid| format!("<item jid='{jid}'/>")).collect();
        let verb = format!("<unblock xmlns='urn:xmpp:blocking'>{}</unblock>", jids.concat());
        world.request(ada, "set", "", &verb);
        assert_eq!(show(&mut world, ada), [format!("presence - {BEA}/b")]);
        assert_eq!(show(&mut world, bea), [format!("presence - {ADA}/a")]);
    }
}

#[test]
fn one_session_can_be_blocked_alone() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    let other = world.connect("1001002/other");
    world.take(ada);
    world.take(bea);
    assert_eq!(change(&mut world, ada, "block", &["1001002@localhost/b"]), "result");
    assert_eq!(show(&mut world, bea), [format!("presence unavailable {ADA}/a")]);
    assert!(show(&mut world, other).is_empty());
    world.send(other, &format!("<message xmlns='jabber:client' type='chat' to='{ADA}'/>"));
    assert_eq!(show(&mut world, ada), [format!("message chat {BEA}/other")]);
    world.send(bea, &format!("<message xmlns='jabber:client' type='chat' to='{ADA}'/>"));
    assert!(show(&mut world, ada).is_empty());
}

#[test]
fn directed_presence_ends_with_a_block() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    world.send(ada, &format!("<presence xmlns='jabber:client' to='{BEA}'/>"));
    world.take(bea);
    change(&mut world, ada, "block", &[BEA]);
    assert_eq!(show(&mut world, bea), [format!("presence unavailable {ADA}/a")]);
    world.end(ada);
    assert!(show(&mut world, bea).is_empty(), "it was said");
    // Whoever has never heard anything hears nothing now.
    let carl = world.connect("1001003/c");
    change(&mut world, carl, "block", &[BEA]);
    assert!(show(&mut world, bea).is_empty());
}
