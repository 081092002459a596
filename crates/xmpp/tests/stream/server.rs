//! The rules a client may break, one by one.

use xmpp::{
    Condition, Element, Limits, SaslCondition, StanzaError, StreamCondition, StreamConfig, StreamError,
    StreamEvent, ns,
};

use crate::driver::*;

/// The condition of the stream error in `frames`, which must be followed by `<close/>` and the end.
#[track_caller]
pub(crate) fn ended(server: &Server, frames: &[String]) -> StreamCondition {
    let [.., error, close] = frames else { panic!("no stream error in {frames:?}") };
    assert!(error.starts_with("<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\">"), "{error}");
    assert_eq!(close, CLOSE);
    assert!(server.closed && server.stream.is_ended());
    let error = StreamError::from_element(&Element::parse(error, &Limits::default()).unwrap());
    assert_eq!(server.events.last(), Some(&StreamEvent::Failed(error.clone())));
    error.condition
}

fn stanza(event: Option<&StreamEvent>) -> &xmpp::Stanza {
    match event {
        Some(StreamEvent::Stanza(stanza)) => stanza,
        other => panic!("{other:?}"),
    }
}

/// XEP-0478 §3.1: the features say how long a message may be, before and after authentication, and when an idle stream is
/// looked after. What the domain offers beyond the stream is told to those who have authenticated.
#[test]
fn limits_and_further_features_are_told_in_the_stream_features() {
    let mut config = StreamConfig {
        features: vec![Element::new("ver", "urn:ietf:params:xml:ns:xmpp-features-of-a-test".to_owned())],
        idle_time: Some(std::time::Duration::from_millis(20_999)),
        ..config()
    };
    config.limits.bytes_max = 20_000;
    let mut server = Server::new(config);
    let features = server.say(OPEN).remove(1);
    let idle = "<idle-seconds>20</idle-seconds></limits>";
    assert!(features.contains(&format!("<max-bytes>10000</max-bytes>{idle}")), "{features}");
    assert!(!features.contains("<ver "), "{features}");
    server.say(&plain("", USER, PASSWORD));
    let features = server.say(OPEN).remove(1);
    assert!(features.contains(&format!("<max-bytes>20000</max-bytes>{idle}")), "{features}");
    assert!(
        features.contains("<ver xmlns=\"urn:ietf:params:xml:ns:xmpp-features-of-a-test\"/>"),
        "{features}"
    );
}

/// RFC 7395 §3.7: after authentication a new `<open/>` and no `<close/>`, a new id and new features.
#[test]
fn checklist_027_the_whole_conversation_of_a_desktop() {
    let mut server = Server::new(config());
    let opened = server.say(OPEN);
    assert!(
        opened[0].starts_with("<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" from=\"localhost\" id=\"")
    );
    assert!(opened[0].ends_with("\" version=\"1.0\" xml:lang=\"en\"/>"));
    assert_eq!(
        opened[1],
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
         <mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>SCRAM-SHA-512</mechanism>\
         <mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism><mechanism>OAUTHBEARER</mechanism>\
         <mechanism>PLAIN</mechanism></mechanisms>\
         <c xmlns=\"http://jabber.org/protocol/caps\" hash=\"sha-1\" node=\"urn:n\" ver=\"v=\"/>\
         <limits xmlns=\"urn:xmpp:stream-limits:0\"><max-bytes>10000</max-bytes></limits></stream:features>"
    );
    assert_eq!(server.stream.message_bytes_max(), 10_000);
    let success = server.say(&plain("1001001@localhost", USER, PASSWORD));
    assert_eq!(success, [r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#]);
    assert_eq!(server.stream.message_bytes_max(), 262_144);
    let reopened = server.say(OPEN);
    assert_ne!(reopened[0], opened[0], "a new stream has a new id");
    assert_eq!(
        reopened[1],
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
         <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>\
         <session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"><optional/></session>\
         <c xmlns=\"http://jabber.org/protocol/caps\" hash=\"sha-1\" node=\"urn:n\" ver=\"v=\"/>\
         <limits xmlns=\"urn:xmpp:stream-limits:0\"><max-bytes>262144</max-bytes></limits></stream:features>"
    );
    assert_eq!(
        server.say(&bind("desktop")),
        [
            "<iq xmlns=\"jabber:client\" type=\"result\" id=\"b1\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\
          <jid>1001001@localhost/desktop</jid></bind></iq>"
        ]
    );
    assert_eq!(server.stream.next_timeout(), None);
    assert_eq!(
        server.say("<iq xmlns='jabber:client' type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"),
        [r#"<iq xmlns="jabber:client" type="result" id="s" to="1001001@localhost/desktop"/>"#]
    );
    assert!(server.say("<presence xmlns='jabber:client'><priority>0</priority></presence>").is_empty());
    let presence = stanza(server.events.last());
    assert_eq!(presence.from.as_ref().unwrap().as_str(), "1001001@localhost/desktop");
    assert_eq!(presence.element.attribute("from"), Some("1001001@localhost/desktop"));
    assert_eq!(server.say(CLOSE), [CLOSE]);
    assert_eq!(server.events.last(), Some(&StreamEvent::Closed));
    assert!(server.closed);
    assert!(server.say(OPEN).is_empty(), "nothing follows");
}

/// RFC 7395 §3.5: the server's own `<open/>`, the error, `<close/>`.
#[test]
fn checklist_022_errors_while_opening_come_after_an_open() {
    let framing = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
    for (text, condition) in [
        (format!("<open {framing} to='elsewhere' version='1.0'/>"), StreamCondition::HostUnknown),
        (format!("<open {framing} to='a@localhost' version='1.0'/>"), StreamCondition::HostUnknown),
        (format!("<open {framing} to='@' version='1.0'/>"), StreamCondition::HostUnknown),
        (format!("<open {framing} version='1.0'/>"), StreamCondition::HostUnknown),
        (format!("<open {framing} to='localhost'/>"), StreamCondition::UnsupportedVersion),
        (format!("<open {framing} to='localhost' version='0.9'/>"), StreamCondition::UnsupportedVersion),
        (format!("<open {framing} to='localhost' version='x'/>"), StreamCondition::UnsupportedVersion),
        (format!("<open {framing} to='localhost' version='1.0'><a/></open>"), StreamCondition::BadFormat),
        ("<open xmlns='x' to='localhost' version='1.0'/>".into(), StreamCondition::InvalidNamespace),
        ("<open to='localhost' version='1.0'/>".into(), StreamCondition::InvalidNamespace),
        ("<message xmlns='jabber:client'/>".into(), StreamCondition::BadFormat),
        ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' to='localhost' version='1.0'>".into(),
            StreamCondition::NotWellFormed),
        (format!(" {OPEN}"), StreamCondition::NotWellFormed),
        (format!("{OPEN}{OPEN}"), StreamCondition::NotWellFormed),
        (" ".into(), StreamCondition::NotWellFormed),
        (format!("<!-- x -->{OPEN}"), StreamCondition::RestrictedXml),
        (format!("<open {framing} to='{}'/>", "x".repeat(10_000)), StreamCondition::PolicyViolation),
    ] {
        let mut server = Server::new(config());
        let frames = server.say(&text);
        assert_eq!(ended(&server, &frames), condition, "{text}");
        assert_eq!(frames.len(), 3);
        assert!(frames[0].starts_with("<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" from=\"localhost\" "));
    }
}

/// RFC 7395 §3.4: the first message is `<open/>` in its namespace, empty.
#[test]
fn checklist_020_the_first_message_is_an_open() {
    let framing = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
    for (text, condition) in [
        ("<open xmlns='x' to='localhost' version='1.0'/>".to_owned(), StreamCondition::InvalidNamespace),
        ("<message xmlns='jabber:client'/>".to_owned(), StreamCondition::BadFormat),
        ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".to_owned(), StreamCondition::BadFormat),
        (format!("<open {framing} to='localhost' version='1.0'><a/></open>"), StreamCondition::BadFormat),
        (format!("<open {framing} to='localhost' version='1.0'>a</open>"), StreamCondition::BadFormat),
        (
            "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' \
             to='localhost' version='1.0'/>"
                .to_owned(),
            StreamCondition::BadFormat,
        ),
    ] {
        let mut server = Server::new(config());
        let frames = server.say(&text);
        assert_eq!(ended(&server, &frames), condition, "{text}");
    }
}

/// RFC 7395 §3.5, §3.6: after a stream error comes `<close/>`, and then nothing, whatever is said.
#[test]
fn checklist_023_nothing_follows_a_stream_error() {
    let mut server = Server::bound();
    let frames = server.say("<message/>");
    assert_eq!(frames.len(), 2, "{frames:?}");
    assert!(frames[0].starts_with("<stream:error ") && frames[1] == CLOSE, "{frames:?}");
    assert!(server.closed);
    for text in [OPEN, CLOSE, "<presence xmlns='jabber:client'/>", "<"] {
        assert!(server.say(text).is_empty(), "{text}");
    }
}

/// RFC 7395 §3.3.3: each message declares the namespaces that it needs, errors included.
#[test]
fn checklist_019_every_message_stands_alone() {
    let mut server = Server::new(config());
    let mut said = server.say(OPEN);
    said.extend(server.say(&plain("", USER, PASSWORD)));
    said.extend(server.say(OPEN));
    said.extend(server.say(&bind("desktop")));
    said.extend(server.say("<message/>"));
    let names: Vec<_> = said
        .iter()
        .map(|text| {
            let element = xmpp::Element::parse(text, &xmpp::Limits::default()).expect(text);
            format!("{} {}", element.ns().rsplit([':', '/']).next().unwrap(), element.name())
        })
        .collect();
    assert_eq!(
        names,
        [
            "xmpp-framing open",
            "streams features",
            "xmpp-sasl success",
            "xmpp-framing open",
            "streams features",
            "client iq",
            "streams error",
            "xmpp-framing close"
        ]
    );
}

/// RFC 7395 §3.3.3: a message is one element and nothing else. Of one that is not, nothing is carried out.
#[test]
fn checklist_017_a_message_is_exactly_one_element() {
    let one = "<presence xmlns='jabber:client'/>";
    let texts = [
        format!(" {one}"),
        format!("\n{one}"),
        format!("{one}{one}"),
        format!("{one}x"),
        format!("x{one}"),
        format!("{one}<"),
        "<presence xmlns='jabber:client'>".to_owned(),
        "<presence xmlns='jabber:".to_owned(),
        "</presence>".to_owned(),
        "x".to_owned(),
    ];
    for text in texts {
        let mut server = Server::bound();
        let before = server.events.len();
        let frames = server.say(&text);
        assert_eq!(ended(&server, &frames), StreamCondition::NotWellFormed, "{text}");
        let stanzas = server.events[before..].iter().filter(|event| matches!(event, StreamEvent::Stanza(_)));
        assert_eq!(stanzas.count(), 0, "{text}");
    }
}

/// RFC 7395 §3.8: white space keeps nothing alive; it is an error unless a switch says otherwise.
#[test]
fn checklist_029_white_space_is_no_message() {
    let mut server = Server::bound();
    let frames = server.say(" ");
    assert_eq!(ended(&server, &frames), StreamCondition::NotWellFormed);
    let mut server = Server::new(StreamConfig { lenient_whitespace: true, ..config() });
    assert!(server.say(" \n").is_empty());
    assert_eq!(server.say(OPEN).len(), 2);
}

/// RFC 6120 §4.9.3.6: only domains that are served here; none at all only by setting.
#[test]
fn checklist_031_a_stream_is_to_a_domain_that_is_served() {
    let framing = "xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'";
    for to in ["to='elsewhere'", "to='pubsub.localhost.example'", "to='a@localhost'", ""] {
        let mut server = Server::new(config());
        let frames = server.say(&format!("<open {framing} {to}/>"));
        assert_eq!(ended(&server, &frames), StreamCondition::HostUnknown, "{to}");
    }
    assert_eq!(Server::new(config()).say(&format!("<open {framing} to='LOCALHOST'/>")).len(), 2);
    let mut server = Server::new(StreamConfig { default_to: true, ..config() });
    assert_eq!(server.say(&format!("<open {framing}/>")).len(), 2);
}

/// RFC 6120 §4.7.3, §6.4.6: ids derive from random numbers, and a restarted stream has another.
#[test]
fn checklist_032_ids_are_never_the_same() {
    let id = |open: &str| open.split(" id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut server = Server::new(config());
    let first = id(&server.say(OPEN)[0]);
    assert!(first.len() >= 22, "128 bits or more: {first}");
    server.say(&plain("", USER, PASSWORD));
    assert_ne!(id(&server.say(OPEN)[0]), first);
}

/// RFC 6120 §4.7.5: a version below 1.0 is not spoken here, and the answer says so.
#[test]
fn checklist_033_versions() {
    let open = |version: &str| {
        format!("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost'{version}/>")
    };
    for version in ["", " version='0.9'", " version='one'"] {
        let mut server = Server::new(config());
        let frames = server.say(&open(version));
        assert_eq!(ended(&server, &frames), StreamCondition::UnsupportedVersion, "{version}");
    }
    for version in ["1.0", "1.1", "2.0"] {
        assert_eq!(Server::new(config()).say(&open(&format!(" version='{version}'"))).len(), 2, "{version}");
    }
}

#[test]
fn opening_is_generous_where_it_may_be() {
    let framing = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
    for text in [
        format!("<open {framing} to='LOCALHOST' version='1.0'></open>"),
        format!("<?xml version='1.0'?><open {framing} to='localhost' version='1.1' xml:lang='de'/>"),
        "<p:open xmlns:p='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' from='a@b' version='10.0'/>"
            .to_owned(),
    ] {
        assert_eq!(Server::new(config()).say(&text).len(), 2, "{text}");
    }
    let mut server = Server::new(StreamConfig { default_to: true, ..config() });
    assert_eq!(server.say(&format!("<open {framing} version='1.0'/>")).len(), 2);
    let mut server = Server::new(StreamConfig { lenient_whitespace: true, ..config() });
    assert!(server.say(" ").is_empty() && server.say("").is_empty());
    assert_eq!(server.say(OPEN).len(), 2);
    // A client that leaves before it came.
    let mut server = Server::new(config());
    assert_eq!(server.say(CLOSE), [CLOSE]);
}

/// RFC 6120 §4.9.3.12: what comes before it may ends the stream, and is told apart.
#[test]
fn checklist_036_stanzas_before_their_time_end_the_stream() {
    let before_auth = || {
        let mut server = Server::new(config());
        server.say(OPEN);
        server
    };
    let iq = "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>";
    for (make, text, condition) in [
        (&before_auth as &dyn Fn() -> Server, iq, StreamCondition::NotAuthorized),
        (&before_auth, "<message xmlns='jabber:client'/>", StreamCondition::NotAuthorized),
        (&before_auth, "<presence/>", StreamCondition::InvalidNamespace),
        (&before_auth, "<x xmlns='urn:x'/>", StreamCondition::UnsupportedStanzaType),
        (&before_auth, OPEN, StreamCondition::BadFormat),
        (&Server::authenticated, iq, StreamCondition::NotAuthorized),
        (&Server::authenticated, "<presence xmlns='jabber:client'/>", StreamCondition::NotAuthorized),
        (
            &Server::authenticated,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            StreamCondition::PolicyViolation,
        ),
        (&Server::authenticated, "<x xmlns='urn:x'/>", StreamCondition::UnsupportedStanzaType),
        (&Server::bound, OPEN, StreamCondition::BadFormat),
        (
            &Server::bound,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            StreamCondition::PolicyViolation,
        ),
        (&Server::bound, "<x xmlns='jabber:client'/>", StreamCondition::UnsupportedStanzaType),
        (&Server::bound, "<message/>", StreamCondition::InvalidNamespace),
        (&Server::bound, "<message xmlns='jabber:server'/>", StreamCondition::InvalidNamespace),
        (&Server::bound, "<message xmlns='jabber:client'>", StreamCondition::NotWellFormed),
        (
            &Server::bound,
            "<message xmlns='jabber:client'/><message xmlns='jabber:client'/>",
            StreamCondition::NotWellFormed,
        ),
        (&Server::bound, " ", StreamCondition::NotWellFormed),
        (&Server::bound, "<message xmlns='jabber:client' from='2@localhost'/>", StreamCondition::InvalidFrom),
        (
            &Server::bound,
            "<message xmlns='jabber:client' from='1001002@localhost/desktop'/>",
            StreamCondition::InvalidFrom,
        ),
        (&Server::bound, "<message xmlns='jabber:client' from='@'/>", StreamCondition::InvalidFrom),
        (&Server::bound, "<iq xmlns='jabber:client' from='2@localhost'/>", StreamCondition::InvalidFrom),
    ] {
        let mut server = make();
        let frames = server.say(text);
        assert_eq!(ended(&server, &frames), condition, "{text}");
        assert_eq!(frames.len(), 2, "{frames:?}");
    }
}

/// RFC 7395 §3.9: STARTTLS is neither offered nor done.
#[test]
fn checklist_028_starttls_has_no_place_here() {
    for make in [&(|| Server::new(config())) as &dyn Fn() -> Server, &Server::authenticated, &Server::bound] {
        let mut server = make();
        if server.stream.message_bytes_max() == 10_000 {
            let features = server.say(OPEN).concat();
            assert!(!features.contains("starttls") && !features.contains("compress"), "{features}");
        }
        assert_eq!(
            server.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            [r#"<failure xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>"#, CLOSE]
        );
        assert!(server.closed);
    }
}

/// RFC 6120 §7.6, §7.7: without a resource an unguessable one is offered to the driver; an invalid one is a bad request.
#[test]
fn checklist_047_a_resource_is_generated_requested_or_refused() {
    let mut server = Server::authenticated();
    server.answers = false;
    server.say(
        "<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    );
    let StreamEvent::Bind { user, resource: None, generated } = server.unanswered[0].clone() else {
        panic!()
    };
    assert_eq!((user.as_str(), generated.len()), ("1001001@localhost", 32));
    server.stream.bind_refused(StanzaError::new(Condition::ResourceConstraint), server.now);
    assert_eq!(
        server.drain(),
        ["<iq xmlns=\"jabber:client\" type=\"error\" id=\"1\"><error type=\"wait\">\
          <resource-constraint xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>"]
    );
    for (attributes, resource) in
        [("type='set' id='2'", "\u{e000}"), ("type='get' id='2'", "a"), ("type='set'", "a"), ("id='2'", "a")]
    {
        let reply = server.say(&format!(
            "<iq xmlns='jabber:client' {attributes}><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <resource>{resource}</resource></bind></iq>"
        ));
        assert!(reply[0].contains("<error type=\"modify\"><bad-request "), "{reply:?}");
    }
    server.answers = true;
    assert!(server.say(&bind("a &amp; b"))[0].contains("<jid>1001001@localhost/a &amp; b</jid>"));
}

#[test]
fn what_is_sent_ahead_waits_for_the_driver() {
    let mut server = Server::new(config());
    server.answers = false;
    server.say(OPEN);
    let ahead = [
        plain("", USER, PASSWORD),
        OPEN.to_owned(),
        bind("desktop"),
        "<presence xmlns='jabber:client'/>".to_owned(),
        "<message xmlns='jabber:client' to='localhost'/>".to_owned(),
    ];
    for text in &ahead {
        assert!(server.say(text).is_empty());
    }
    let check = server.unanswered.remove(0);
    server.answer(check);
    assert_eq!(server.drain().len(), 3, "success, open, features");
    let StreamEvent::Bind { .. } = server.unanswered.last().unwrap() else { panic!() };
    let bind = server.unanswered.pop().unwrap();
    server.answer(bind);
    assert_eq!(server.drain().len(), 1);
    let kinds: Vec<_> = server
        .unanswered
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Stanza(stanza) => Some(stanza.element.name().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["presence", "message"]);
}

#[test]
fn what_is_sent_ahead_is_bounded() {
    for text in [format!("<message xmlns='jabber:client'>{}</message>", "x".repeat(9_000)), "<a/>".to_owned()]
    {
        let mut server = Server::new(config());
        server.answers = false;
        server.say(OPEN);
        server.say(&plain("", USER, PASSWORD));
        let frames: Vec<_> = (0..65).flat_map(|_| server.say(&text)).collect();
        assert_eq!(ended(&server, &frames), StreamCondition::PolicyViolation);
        // The driver's answer comes too late and changes nothing.
        let check = server.unanswered.remove(0);
        server.answer(check);
        assert!(server.drain().is_empty());
    }
}

/// A connection that does not open a stream, or does not authenticate, is ended in time.
#[test]
fn checklist_014_silence_ends_the_handshake() {
    let mut server = Server::new(config());
    assert!(server.advance(9).is_empty());
    let frames = server.advance(1);
    assert_eq!(ended(&server, &frames), StreamCondition::ConnectionTimeout);
    assert!(frames[0].starts_with("<open "));

    let mut server = Server::new(config());
    server.say(OPEN);
    assert!(server.advance(29).is_empty());
    let frames = server.advance(1);
    assert_eq!(ended(&server, &frames), StreamCondition::ConnectionTimeout);
    assert_eq!(server.stream.next_timeout(), None);

    // A message after the deadline is too late even if nobody looked at the clock.
    let mut server = Server::authenticated();
    server.now += std::time::Duration::from_secs(30);
    let frames = server.say(&bind("desktop"));
    assert_eq!(ended(&server, &frames), StreamCondition::ConnectionTimeout);

    let mut server = Server::bound();
    assert!(server.advance(1_000_000).is_empty());
}

/// RFC 6120 §8.2.3: what an iq must have; what is wrong with an answer is not answered.
#[test]
fn checklist_052_an_iq_gets_one_answer_or_is_an_answer() {
    for (attributes, content, condition) in [
        ("type='get'", "<a xmlns='x'/>", Some("bad-request")),
        ("type='get' id='1'", "", Some("bad-request")),
        ("type='set' id='1'", "<a xmlns='x'/><b xmlns='x'/>", Some("bad-request")),
        ("id='1'", "<a xmlns='x'/>", Some("bad-request")),
        ("type='get' id='1' to='@'", "<a xmlns='x'/>", Some("jid-malformed")),
        ("type='set' id='1'", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>", Some("not-allowed")),
        (
            "type='set' id='1' to='localhost'",
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
            Some("not-allowed"),
        ),
        ("type='result'", "", None),
        ("type='result' id='1'", "<a xmlns='x'/><b xmlns='x'/>", None),
        ("type='error' id='1'", "", None),
        ("type='error' id='1' to='@'", "<error/>", None),
    ] {
        let mut server = Server::bound();
        let frames = server.say(&format!("<iq xmlns='jabber:client' {attributes}>{content}</iq>"));
        assert!(server.events.is_empty(), "{:?}", server.events);
        match condition {
            None => assert!(frames.is_empty(), "{frames:?}"),
            Some(condition) => {
                assert_eq!(frames.len(), 1);
                let reply = Element::parse(&frames[0], &Limits::default()).unwrap();
                assert_eq!(reply.attribute("type"), Some("error"));
                assert_eq!(reply.attribute("to"), Some("1001001@localhost/desktop"));
                assert!(
                    reply.child("error", ns::CLIENT).unwrap().child(condition, ns::STANZA_ERRORS).is_some()
                );
            }
        }
    }
    // Whatever is fine is the driver's to answer, and goes where it was sent.
    let mut server = Server::bound();
    server.say("<iq xmlns='jabber:client' type='get' id='1' from='1001001@localhost' to='pubsub.localhost'><a xmlns='x'/></iq>");
    let iq = stanza(server.events.last());
    assert_eq!(iq.to.as_ref().unwrap().as_str(), "pubsub.localhost");
    assert_eq!(iq.element.attribute("from"), Some("1001001@localhost/desktop"));
}

/// RFC 6121 §4.7.2.3: one priority at most, a whole number from -128 to 127.
#[test]
fn checklist_057_presence_is_checked_before_it_spreads() {
    for (text, valid) in [
        ("<presence xmlns='jabber:client'/>", true),
        ("<presence xmlns='jabber:client'><priority>-128</priority></presence>", true),
        ("<presence xmlns='jabber:client'><priority> 127 </priority></presence>", true),
        ("<presence xmlns='jabber:client' type='unavailable'/>", true),
        ("<presence xmlns='jabber:client'><priority>128</priority></presence>", false),
        ("<presence xmlns='jabber:client'><priority>-129</priority></presence>", false),
        ("<presence xmlns='jabber:client'><priority>x</priority></presence>", false),
        ("<presence xmlns='jabber:client'><priority/></presence>", false),
        ("<presence xmlns='jabber:client'><priority>1</priority><priority>1</priority></presence>", false),
        ("<presence xmlns='jabber:client' type='available'/>", false),
    ] {
        let mut server = Server::bound();
        let frames = server.say(text);
        assert_eq!(server.events.len(), usize::from(valid), "{text}");
        let refused = frames.iter().any(|f| f.starts_with("<presence ") && f.contains("<bad-request "));
        assert_eq!(refused, !valid, "{frames:?}");
    }
}

#[test]
fn the_driver_can_end_a_stream_in_any_state() {
    let fresh = || Server::new(config());
    for (make, before) in
        [(&fresh as &dyn Fn() -> Server, 1), (&Server::authenticated, 0), (&Server::bound, 0)]
    {
        let mut server = make();
        server.stream.end(StreamCondition::SystemShutdown.into());
        server.stream.end(StreamCondition::Conflict.into());
        let frames = server.drain();
        assert_eq!(frames.len(), 2 + before, "{frames:?}");
        assert!(frames[before].contains("<system-shutdown "));
        assert!(server.closed && server.events.is_empty());

        let mut server = make();
        server.stream.end_with_redirect(Some("wss://b.example/ws?a&b"));
        assert_eq!(
            server.drain()[before],
            r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" see-other-uri="wss://b.example/ws?a&amp;b"/>"#
        );
        assert!(server.closed);
    }
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let user = xmpp::BareJid::new("x@localhost").unwrap();
    for make in [&Server::authenticated as &dyn Fn() -> Server, &Server::bound, &|| Server::new(config())] {
        let mut server = make();
        let now = server.now;
        server.stream.authenticated(user.clone(), now);
        server.stream.authentication_failed(SaslCondition::NotAuthorized, now);
        server.stream.scram_keys(xmpp::sasl::derive(xmpp::ScramHash::Sha1, "", b"", 1), now);
        server.stream.bound(user.with_resource_str("y").unwrap(), now);
        server.stream.bind_refused(Condition::Conflict.into(), now);
        assert!(server.drain().is_empty() && server.events.is_empty() && !server.closed);
    }
}

#[test]
fn an_established_stream_is_small() {
    assert!(size_of::<xmpp::ServerStream>() <= 96, "{}", size_of::<xmpp::ServerStream>());
}

/// RFC 6120 §4.9.3.19: the condition holds the host, and only this condition does.
#[test]
fn another_host_is_named_in_the_condition() {
    let read = |xml: &str| StreamError::from_element(&Element::parse(xml, &Limits::default()).unwrap());
    for host in ["b.example", "b.example:5222", "[2001:db8::1]:5222"] {
        let error = StreamError::see_other_host(host);
        let xml = error.to_element().to_xml();
        assert!(xml.contains(&format!("<see-other-host xmlns=\"{}\">{host}<", ns::STREAM_ERRORS)), "{xml}");
        assert_eq!(read(&xml), error);
        assert_eq!(error.to_string(), format!("see-other-host {host}"));
    }
    let around = |content: &str| format!("<error xmlns='{}'>{content}</error>", ns::STREAMS);
    let nowhere = format!("<see-other-host xmlns='{}'> \n</see-other-host>", ns::STREAM_ERRORS);
    assert_eq!(read(&around(&nowhere)), StreamError::from(StreamCondition::SeeOtherHost));
    let reset = format!("<reset xmlns='{}'>b.example</reset>", ns::STREAM_ERRORS);
    assert_eq!(read(&around(&reset)), StreamError::from(StreamCondition::Reset));
}
