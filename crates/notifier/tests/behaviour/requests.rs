//! Small requests, and what happens to those that nobody answers for.

use crate::world::World;

/// XEP-0199 §4: client to server, to the own account and to other services of the server; everybody else's addresses are
/// `service-unavailable`, and a client's own answer is passed on.
#[test]
fn checklist_062_pings_are_answered_by_whoever_answers_for_the_address() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let ping = "<ping xmlns='urn:xmpp:ping'/>";
    for to in ["", "localhost", "1001001@localhost", "pubsub.localhost", "finesse@localhost/webapp"] {
        assert_eq!(world.ask(session, "get", to, ping), "result", "{to}");
    }
    for to in [
        "1001002@localhost",
        "nobody@localhost",
        "1001002@localhost/a",
        "finesse@localhost",
        "proxy.localhost",
    ] {
        assert_eq!(world.ask(session, "get", to, ping), "error cancel service-unavailable", "{to}");
    }
    assert_eq!(world.ask(session, "get", "example.org", ping), "error cancel remote-server-not-found");
    // Client to client: passed on, and so is the answer.
    let other = world.connect("1001002/b");
    world.request(session, "get", "1001002@localhost/b", ping);
    assert_eq!(world.take(other)[0].attribute("from"), Some("1001001@localhost/a"));
    world.send(other, "<iq xmlns='jabber:client' type='result' id='q1' to='1001001@localhost/a'/>");
    let answer = world.take(session);
    assert_eq!(answer[0].attribute("from"), Some("1001002@localhost/b"));
    // And it is said beforehand.
    for to in ["", "localhost", "pubsub.localhost", "finesse@localhost/webapp"] {
        let info = world.ask(session, "get", to, "<query xmlns='http://jabber.org/protocol/disco#info'/>");
        assert!(info.contains("<feature var=\"urn:xmpp:ping\"/>"), "{to}: {info}");
    }
    assert_eq!(world.ask(session, "set", "", ping), "error modify bad-request");
}

/// RFC 6120 §8.2.3, §10.3.3: one answer with the id of the request, from the address that was asked.
#[test]
fn checklist_053_an_answer_comes_from_the_address_that_was_asked() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (to, from) in
        [("", None), ("localhost", Some("localhost")), ("pubsub.localhost", Some("pubsub.localhost"))]
    {
        world.request(session, "get", to, "<ping xmlns='urn:xmpp:ping'/>");
        let got = world.take(session);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].attribute("from"), from);
        assert_eq!(got[0].attribute("id"), Some("q1"));
        assert_eq!(got[0].attribute("to"), Some("1001001@localhost/a"));
    }
}

/// RFC 6120 §8.4: a namespace that nobody knows is `service-unavailable`; this is also what the specifications get that are
/// deliberately absent (XEP-0280, 0313, 0357).
#[test]
fn checklist_054_what_nobody_knows_is_unavailable() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (kind, to, payload) in [
        ("get", "", "<vCard xmlns='vcard-temp'/>"),
        ("get", "proxy.localhost", "<query xmlns='http://jabber.org/protocol/bytestreams'/>"),
        ("get", "pubsub.localhost", "<query xmlns='jabber:iq:last'/>"),
        ("get", "", "<query xmlns='urn:xmpp:mam:2'/>"),
        ("set", "", "<enable xmlns='urn:xmpp:carbons:2'/>"),
        ("set", "", "<enable xmlns='urn:xmpp:push:0' jid='push.localhost'/>"),
        ("get", "pubsub.localhost", "<query xmlns='jabber:iq:roster'/>"),
        ("get", "someone@pubsub.localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
    ] {
        assert_eq!(world.ask(session, kind, to, payload), "error cancel service-unavailable", "{payload}");
    }
}

/// RFC 6121 §2.1.3: a get has a result, with the service user in it even when the user knows nobody.
#[test]
fn checklist_060_the_contact_list_begins_with_the_service_user() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    assert_eq!(
        world.ask(session, "get", "", "<query xmlns='jabber:iq:roster'/>"),
        "result <query xmlns=\"jabber:iq:roster\"><item jid=\"finesse@localhost\" name=\"Finesse\" subscription=\"both\"/></query>"
    );
    for item in ["<item jid='finesse@localhost'/>", "<item jid='finesse@localhost' subscription='remove'/>"] {
        let set = format!("<query xmlns='jabber:iq:roster'>{item}</query>");
        assert_eq!(world.ask(session, "set", "", &set), "error cancel not-allowed");
    }
}

#[test]
fn the_version_is_shown_or_hidden() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let ask = "<query xmlns='jabber:iq:version'/>";
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        world.ask(session, "get", "localhost", ask),
        format!(
            "result <query xmlns=\"jabber:iq:version\"><name>Offhook</name><version>{version}</version></query>"
        )
    );
    let mut world = World::with(|config| config.software.version = None);
    let session = world.connect("1001001/a");
    assert_eq!(world.ask(session, "get", "localhost", ask), "error cancel service-unavailable");
}

/// RFC 6120 §8.4: a namespace that is known with an element that is not, or with the wrong verb, is the sender's mistake.
#[test]
fn checklist_054_a_known_namespace_with_an_unknown_element_is_a_bad_request() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (kind, to, payload) in [
        ("get", "localhost", "<dance xmlns='urn:xmpp:ping'/>"),
        ("set", "localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
        ("get", "localhost", "<dance xmlns='http://jabber.org/protocol/disco#items'/>"),
        ("get", "", "<dance xmlns='jabber:iq:roster'/>"),
        ("get", "", "<block xmlns='urn:xmpp:blocking'/>"),
        ("set", "", "<blocklist xmlns='urn:xmpp:blocking'/>"),
        ("set", "localhost", "<query xmlns='jabber:iq:version'/>"),
        ("set", "localhost", "<query xmlns='jabber:iq:last'/>"),
        ("set", "localhost", "<time xmlns='urn:xmpp:time'/>"),
        ("get", "localhost", "<command xmlns='http://jabber.org/protocol/commands' node='x'/>"),
        ("set", "localhost", "<dance xmlns='http://jabber.org/protocol/commands'/>"),
    ] {
        assert_eq!(world.ask(session, kind, to, payload), "error modify bad-request", "{payload}");
    }
}

/// XEP-0202: the time in UTC, of the clock that the server was given.
#[test]
fn the_time_is_told() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for to in ["localhost", "pubsub.localhost"] {
        assert_eq!(
            world.ask(session, "get", to, "<time xmlns='urn:xmpp:time'/>"),
            "result <time xmlns=\"urn:xmpp:time\"><tzo>+00:00</tzo><utc>2026-01-05T09:30:11.402Z</utc></time>"
        );
    }
}

/// XEP-0012: the server's uptime, and for those who may see somebody's presence, since when that user is away.
#[test]
fn last_activity_is_told_to_those_who_may_see_presence() {
    let mut world = World::new();
    let ask = "<query xmlns='jabber:iq:last'/>";
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    world.notifier.started(world.now);
    world.now.0 += 90_500;
    let seconds = |seconds: u32| format!("result <query xmlns=\"jabber:iq:last\" seconds=\"{seconds}\"/>");
    assert_eq!(world.ask(ada, "get", "localhost", ask), seconds(90));
    for to in ["1001002@localhost", "1001002@localhost/b", "nobody@localhost", "nobody@localhost/b"] {
        assert_eq!(world.ask(ada, "get", to, ask), "error auth forbidden", "{to}");
    }
    assert!(world.take(bea).is_empty(), "it was not passed on");
    world.send(bea, "<presence xmlns='jabber:client' type='subscribed' to='1001001@localhost'/>");
    world.send(ada, "<presence xmlns='jabber:client' type='subscribe' to='1001002@localhost'/>");
    world.take(ada);
    world.take(bea);
    assert_eq!(world.ask(ada, "get", "1001002@localhost", ask), seconds(0), "there");
    assert_eq!(world.ask(ada, "get", "", ask), seconds(0));
    world.request(ada, "get", "1001002@localhost/b", ask);
    assert_eq!(world.take(bea).len(), 1, "a session answers for itself");
    world.end(bea);
    world.take(ada);
    world.now.0 += 7_000;
    assert_eq!(world.ask(ada, "get", "1001002@localhost", ask), seconds(7));
    let silent = world.bind("1001003/silent");
    assert_eq!(world.ask(silent, "get", "", ask), "error cancel item-not-found", "never there");
}

#[test]
fn last_activity_can_be_switched_off() {
    let mut world = World::with(|config| config.last_activity = false);
    let session = world.connect("1001001/a");
    for to in ["", "localhost", "1001002@localhost", "nobody@localhost/x"] {
        let answer = world.ask(session, "get", to, "<query xmlns='jabber:iq:last'/>");
        assert_eq!(answer, "error cancel service-unavailable", "{to}");
        let info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
        assert!(!world.ask(session, "get", to, info).contains("jabber:iq:last"), "{to}");
    }
}

/// XEP-0077 is off: nobody makes an account for oneself, or changes or removes one in this way.
#[test]
fn registration_by_users_is_refused() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let query = |content: &str| format!("<query xmlns='jabber:iq:register'>{content}</query>");
    for to in ["", "localhost"] {
        assert_eq!(world.ask(session, "get", to, &query("")), "error cancel not-allowed");
        assert_eq!(world.ask(session, "set", to, &query("<remove/>")), "error cancel not-allowed");
        let change = query("<username>1001001</username><password>p</password>");
        assert_eq!(world.ask(session, "set", to, &change), "error cancel not-allowed");
    }
    let info =
        world.ask(session, "get", "localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    assert!(!info.contains("jabber:iq:register"));
}

/// RFC 6120 §7, RFC 6121 §1.4: the session began with the bind; the request of RFC 3921 is answered with nothing.
#[test]
fn checklist_050_the_old_session_request_is_answered() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    let ask = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>";
    assert_eq!(world.ask(session, "set", "", ask), "result");
    assert_eq!(world.ask(session, "set", "localhost", ask), "result");
    // And it is not needed: a client that leaves it out is there.
    let other = world.connect("1001002/b");
    world.send(
        other,
        "<message xmlns='jabber:client' type='chat' to='1001001@localhost/a'><body>hi</body></message>",
    );
    assert_eq!(world.take(session).len(), 1);
}

/// RFC 6120 §8.2.3, §8.3.1: an answer is never answered, wherever it goes.
#[test]
fn checklist_052_results_and_errors_are_never_answered() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for to in ["", "to='localhost'", "to='pubsub.localhost'", "to='1001002@localhost/x'"] {
        world.send(session, &format!("<iq xmlns='jabber:client' type='result' id='1' {to}/>"));
        let error = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
        world.send(session, &format!("<iq xmlns='jabber:client' type='error' id='1' {to}>{error}</iq>"));
        world.send(session, &format!("<message xmlns='jabber:client' type='error' {to}>{error}</message>"));
        assert!(world.take(session).is_empty(), "{to}");
    }
}
