//! What client and server agree on.

use std::time::Duration;

use xmpp::bosh::{BoshCondition, BoshConfig, Sid};
use xmpp::{Element, ns};

use crate::driver::*;

fn answer(attributes: &str) -> Element {
    create(config(), &creation(attributes)).unwrap().1
}

fn refusal(text: &str) -> BoshCondition {
    create(config(), text).map(|_| ()).unwrap_err()
}

/// The first answer has everything a client needs to know (XEP-0124 §7.2, XEP-0206 §4).
#[test]
fn checklist_110_the_first_answer_tells_the_terms() {
    let body = answer("wait='300' hold='1' ver='1.6' ack='1'");
    let attributes: Vec<_> =
        body.attributes().map(|(ns, name, value)| (ns.to_owned(), name, value)).collect();
    let plain = |name, value| (String::new(), name, value);
    assert_eq!(
        attributes,
        [
            plain("sid", "0123456789abcdef0123456789abcdef"),
            plain("wait", "60"),
            plain("requests", "2"),
            plain("hold", "1"),
            plain("inactivity", "30"),
            plain("polling", "5"),
            plain("maxpause", "120"),
            plain("from", "example.com"),
            plain("ver", "1.6"),
            plain("ack", &RID.to_string()),
            plain("authid", "stream-1"),
            (ns::XBOSH.to_owned(), "version", "1.0"),
            (ns::XBOSH.to_owned(), "restartlogic", "true"),
        ]
    );
    assert!(body.child("features", ns::STREAMS).is_some());
}

/// Clients look for attributes and elements by their prefixes (XEP-0206 §4 writes them so).
#[test]
fn checklist_110_prefixes_are_the_usual_ones() {
    let (client, _) = create(config(), &creation(USUAL)).unwrap();
    let mut client = client;
    let repeated = client.session.handle_request(read(&creation(USUAL)), client.now);
    client.drain();
    let text = String::from_utf8(client.response(repeated).body.to_vec()).unwrap();
    for part in [
        " xmpp:version=\"1.0\"",
        " xmpp:restartlogic=\"true\"",
        " xmlns:xmpp=\"urn:xmpp:xbosh\"",
        "<stream:features ",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

/// No request waits longer, and no more wait, than the client wants (XEP-0124 §7.2).
#[test]
fn checklist_110_wait_and_hold_are_what_was_asked_for_or_less() {
    let terms = |attributes| {
        let body = answer(attributes);
        let number = |name: &str| body.attribute(name).unwrap().parse::<u64>().unwrap();
        (number("wait"), number("hold"), number("requests"), number("inactivity"))
    };
    assert_eq!(terms("ver='1.6'"), (60, 1, 2, 30));
    assert_eq!(terms("ver='1.6' wait='60' hold='1'"), (60, 1, 2, 30));
    assert_eq!(terms("ver='1.6' wait='59' hold='2'"), (59, 1, 2, 30));
    assert_eq!(terms("ver='1.6' wait='61' hold='255'"), (60, 1, 2, 30));
    assert_eq!(terms("ver='1.6' wait='99999999999999999' hold='99999999999'"), (60, 1, 2, 30));
    // A client that polls may be away for longer than from one poll to the next (§12).
    assert_eq!(terms("ver='1.6' wait='60' hold='0'"), (60, 0, 1, 40));
    assert_eq!(terms("ver='1.6' wait='0' hold='1'"), (0, 1, 2, 40));
}

/// The version is the lower of both; `1.10` is higher than `1.9` (XEP-0124 §7.1).
#[test]
fn checklist_110_versions_are_compared_as_two_numbers() {
    for (asked, told) in [
        ("1.6", "1.6"),
        ("1.9", "1.9"),
        ("1.10", "1.10"),
        ("1.11", "1.11"),
        ("1.12", "1.11"),
        ("2.0", "1.11"),
        ("0.99", "0.99"),
    ] {
        assert_eq!(answer(&format!("ver='{asked}'")).attribute("ver"), Some(told));
    }
}

/// Acknowledgements are used when the client uses them (XEP-0124 §9.1).
#[test]
fn checklist_110_ack_is_told_when_acknowledgements_are_used() {
    assert_eq!(answer("ver='1.6'").attribute("ack"), None);
    assert_eq!(answer("ver='1.6' ack='1'").attribute("ack"), Some(RID.to_string().as_str()));
}

/// `to` must be there and must be the domain (XEP-0124 §17.2).
#[test]
fn checklist_110_another_domain_is_refused() {
    let with =
        |to: &str| format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='1' ver='1.6' {to}/>");
    assert_eq!(refusal(&with("")), BoshCondition::ImproperAddressing);
    assert_eq!(refusal(&with("to=''")), BoshCondition::ImproperAddressing);
    assert_eq!(refusal(&with("to='elsewhere.example'")), BoshCondition::HostUnknown);
    assert_eq!(refusal(&with("to='user@example.com'")), BoshCondition::HostUnknown);
    assert!(create(config(), &with("to='EXAMPLE.com'")).is_ok());
    assert!(create(BoshConfig { default_to: true, ..config() }, &with("")).is_ok());
}

/// Answers have the content type that the client asks for, if it can stand in a header (XEP-0124 §7.1).
#[test]
fn checklist_109_answers_have_the_content_type_that_was_asked_for() {
    let content_type = |content: &str| {
        create(config(), &creation(&format!("ver='1.6' {content}")))
            .map(|(client, _)| client.session.terms().content_type.clone())
    };
    assert_eq!(content_type("").unwrap(), "text/xml; charset=utf-8");
    assert_eq!(content_type("content='text/html'").unwrap(), "text/html");
    assert_eq!(
        content_type("content='application/xml; charset=utf-8'").unwrap(),
        "application/xml; charset=utf-8"
    );
    for content in ["", "html", "text/", "/x", "text/html&#xD;&#xA;X: y", "text/h\u{e4}", "te xt/html"] {
        assert_eq!(
            content_type(&format!("content='{content}'")).unwrap_err(),
            BoshCondition::BadRequest,
            "{content}"
        );
    }
    assert_eq!(
        content_type(&format!("content='text/{}'", "x".repeat(100))).unwrap_err(),
        BoshCondition::BadRequest
    );
}

/// A first request can neither pause, restart nor end anything.
#[test]
fn a_session_begins_with_an_exchange() {
    for attribute in ["pause='1'", "type='terminate'", "xmpp:restart='true'"] {
        assert_eq!(refusal(&creation(&format!("ver='1.6' {attribute}"))), BoshCondition::BadRequest);
    }
}

/// The stream is opened with what the client said; payloads of the first request follow.
#[test]
fn the_stream_is_opened_before_anything_is_delivered() {
    let text = creation(USUAL).replace("/>", "><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></body>");
    let (client, _) = create(config(), &text).unwrap();
    assert_eq!(client.opened, [("example.com".to_owned(), Some("en".to_owned()), Some("1.0".to_owned()))]);
    assert_eq!(client.delivered, ["<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>"]);
}

/// A legacy client is known by the name of its session (XEP-0124 §17.1).
#[test]
fn checklist_114_the_name_of_a_session_tells_whether_its_client_is_a_legacy_client() {
    let legacy = client_with(config(), "");
    assert!(Sid::is_legacy(legacy.session.sid().as_str()));
    assert!(!Sid::is_legacy(client().session.sid().as_str()));
}

#[test]
fn what_the_server_allows_is_told() {
    let config = BoshConfig {
        wait_max: Duration::from_secs(20),
        hold_max: 3,
        inactivity: Duration::from_secs(15),
        polling: Duration::from_secs(2),
        pause_max: Duration::from_secs(90),
        ..config()
    };
    let (_, body) = create(config, &creation("ver='1.6' hold='4' wait='30'")).unwrap();
    for (name, value) in [
        ("wait", "20"),
        ("hold", "3"),
        ("requests", "4"),
        ("inactivity", "15"),
        ("polling", "2"),
        ("maxpause", "90"),
    ] {
        assert_eq!(body.attribute(name), Some(value));
    }
}
