//! Small requests, and what happens to those that nobody answers for.

use crate::world::World;

#[test]
fn pings_are_answered_by_whoever_answers_for_the_address() {
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
    assert_eq!(world.ask(session, "set", "", ping), "error modify bad-request");
}

#[test]
fn an_answer_comes_from_the_address_that_was_asked() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (to, from) in
        [("", None), ("localhost", Some("localhost")), ("pubsub.localhost", Some("pubsub.localhost"))]
    {
        world.request(session, "get", to, "<ping xmlns='urn:xmpp:ping'/>");
        let got = world.take(session);
        assert_eq!(got[0].attribute("from"), from);
        assert_eq!(got[0].attribute("to"), Some("1001001@localhost/a"));
    }
}

#[test]
fn what_nobody_knows_is_unavailable() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (kind, to, payload) in [
        ("get", "", "<vCard xmlns='vcard-temp'/>"),
        ("get", "proxy.localhost", "<query xmlns='http://jabber.org/protocol/bytestreams'/>"),
        (
            "set",
            "",
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='http://jabber.org/protocol/tune'/></pubsub>",
        ),
        ("get", "localhost", "<query xmlns='jabber:iq:last'/>"),
        ("get", "pubsub.localhost", "<query xmlns='jabber:iq:roster'/>"),
        ("get", "someone@pubsub.localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
    ] {
        assert_eq!(world.ask(session, kind, to, payload), "error cancel service-unavailable", "{payload}");
    }
}

#[test]
fn the_contact_list_begins_with_the_service_user() {
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

#[test]
fn the_old_session_request_is_answered() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    let ask = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>";
    assert_eq!(world.ask(session, "set", "", ask), "result");
    assert_eq!(world.ask(session, "set", "localhost", ask), "result");
}

#[test]
fn results_and_errors_are_never_answered() {
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
