//! A frame goes in, a sentence comes out.

use xmpp::sasl::encode_payload;

use super::*;

/// Annotates frames in order and gives what is said of the last one, `text · detail`.
fn said(frames: &[(Direction, &str)]) -> String {
    let mut annotator = Annotator::new();
    let mut last = String::new();
    for (direction, text) in frames {
        let annotation = annotator.annotate_text(*direction, text);
        last = match annotation.detail {
            Some(detail) => format!("{} · {detail}", annotation.text),
            None => annotation.text,
        };
    }
    last
}

fn received(text: &str) -> String {
    said(&[(Direction::Received, text)])
}

fn event(payload: &Element) -> String {
    let item = Element::new("item", ns::PUBSUB_EVENT).with_attribute("id", "i1").with_child(payload.clone());
    let items = Element::new("items", ns::PUBSUB_EVENT).with_attribute("node", "/n").with_child(item);
    Element::new("message", ns::CLIENT)
        .with_attribute("from", "pubsub.localhost")
        .with_child(Element::new("event", ns::PUBSUB_EVENT).with_child(items))
        .to_xml()
}

fn update(document: &str) -> String {
    event(&Element::new("notification", ns::PUBSUB).with_text(document))
}

fn user(state: &str, more: &str) -> String {
    update(&format!(
        "<Update><data><user><loginId>1001001</loginId>{more}<state>{state}</state></user></data><event>PUT</event>\
         <requestId>c1f0</requestId><source>/finesse/api/User/1001001</source></Update>"
    ))
}

#[test]
fn a_change_of_state_is_told_as_one() {
    let reason = "<reasonCode><category>NOT_READY</category><code>12</code><label>Lunch</label></reasonCode>";
    let (first, second) = (user("READY", ""), user("NOT_READY", reason));
    let whole = "request c1f0 · source /finesse/api/User/1001001 · item i1";
    assert_eq!(received(&first), format!("1001001 is READY · node /n · {whole}"));
    assert_eq!(
        said(&[(Direction::Received, &first), (Direction::Received, &second)]),
        format!("1001001 READY → NOT_READY, Lunch (12) · node /n · {whole}")
    );
}

#[test]
fn documents_in_any_dress_are_understood() {
    let text = |document: &str| {
        received(&update(document)).split(" · ").next().map(ToOwned::to_owned).unwrap_or_default()
    };
    assert_eq!(
        text(
            "<?xml version=\"1.0\"?>\n<Update>\n <data>\n <User>\n <uri>/finesse/api/User/7</uri><state>LOGOUT</state></User></data><event>put</event></Update>\n"
        ),
        "7 is LOGOUT"
    );
    assert_eq!(
        text(
            "<Update><data><apiErrors><apiError><errorData>34</errorData><errorMessage>CF_X</errorMessage><errorType>Call Failure</errorType></apiError></apiErrors></data><event>PUT</event></Update>"
        ),
        "the contact centre refused: Call Failure: CF_X (34)"
    );
    assert_eq!(
        text(
            "<Update><data><dialogs><Dialog><id>5</id><state>ALERTING</state><fromAddress>555</fromAddress><toAddress>2101</toAddress></Dialog></dialogs></data><event>POST</event></Update>"
        ),
        "dialog 5 ALERTING, 555 → 2101 (added)"
    );
    assert_eq!(
        text("<Update><event>DELETE</event><source>/finesse/api/User/7</source></Update>"),
        "/finesse/api/User/7 was removed"
    );
    assert_eq!(
        text("<Update><data><systemInfo><status>OUT_OF_SERVICE</status></systemInfo></data></Update>"),
        "the system is OUT_OF_SERVICE"
    );
    assert_eq!(
        text(
            "<Update><data><Queue><name>Sales</name><statistics><callsInQueue>3</callsInQueue></statistics></Queue></data></Update>"
        ),
        "queue Sales, 3 calls wait"
    );
    assert_eq!(text("{\"a\": 1}"), "a JSON document of 8 bytes");
    assert_eq!(text("<Update><data>"), "a payload of 14 bytes that is not an XML document once unescaped");
    assert_eq!(text("  "), "an empty notification");
}

#[test]
fn payloads_of_other_services_are_summed_up() {
    let entry = Element::new("entry", "urn:x").with_child(Element::new("title", "urn:x").with_text("t"));
    assert!(received(&event(&entry)).starts_with("<entry xmlns=\"urn:x\"> with <title>"));
    let note = Element::new("note", "urn:x").with_text("hello");
    assert!(received(&event(&note)).starts_with("<note> \"hello\""));
}

#[test]
fn plain_says_who_and_never_the_password() {
    let auth = |payload: &[u8]| {
        let auth = Element::new("auth", ns::SASL)
            .with_attribute("mechanism", "PLAIN")
            .with_text(encode_payload(payload));
        said(&[(Direction::Sent, &auth.to_xml())])
    };
    assert_eq!(
        auth(b"7001@d\x007001\0hunter2"),
        "authenticate with PLAIN · authcid \"7001\", authzid \"7001@d\", password [redacted]"
    );
    assert!(auth(b"\0u@d\0x").contains("a whole address"));
    assert!(auth(b"\0u\0").contains("password is empty"));
    assert!(auth(b"u:hunter2").contains("is not authzid NUL"));
    assert!(auth(b"\0\xff\0hunter2").contains("not UTF-8"));
    for payload in [&b"\0u\0hunter2"[..], b"hunter2", b"\0hunter2", b"a\0b\0hunter2\0hunter2"] {
        assert!(!auth(payload).contains("hunter2"), "{payload:?}");
    }
}

#[test]
fn scram_says_who() {
    let auth = Element::new("auth", ns::SASL)
        .with_attribute("mechanism", "SCRAM-SHA-1")
        .with_text(encode_payload(b"n,a=z=2Cz,n=us=3Der,r=nonce"));
    assert_eq!(
        said(&[(Direction::Sent, &auth.to_xml())]),
        "authenticate with SCRAM-SHA-1 · user \"us=er\", authzid \"z,z\""
    );
}

#[test]
fn an_answer_is_told_with_its_request() {
    let subscribe = r#"<iq xmlns="jabber:client" type="set" id="1" to="p"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="/x" jid="a@b/c"/></pubsub></iq>"#;
    let refused = r#"<iq xmlns="jabber:client" type="error" id="1"><error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">Node not found</text></error></iq>"#;
    let said_of = said(&[(Direction::Sent, subscribe), (Direction::Received, refused)]);
    assert!(
        said_of.starts_with("subscribe to /x refused: item-not-found, the service has no such node"),
        "{said_of}"
    );
    assert!(said_of.ends_with("\"Node not found\""), "{said_of}");
    let granted = r#"<iq xmlns="jabber:client" type="result" id="1"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscription node="/x" jid="a@b/c" subscription="subscribed" subid="s"/></pubsub></iq>"#;
    assert_eq!(
        said(&[(Direction::Sent, subscribe), (Direction::Received, granted)]),
        "subscribed to /x · for a@b/c, subid s"
    );
    let ping = r#"<iq xmlns="jabber:client" type="get" id="2"><ping xmlns="urn:xmpp:ping"/></iq>"#;
    assert_eq!(
        said(&[
            (Direction::Sent, ping),
            (Direction::Received, r#"<iq xmlns="jabber:client" type="result" id="2"/>"#)
        ]),
        "pong"
    );
}

#[test]
fn pubsub_errors_are_told_by_their_own_condition() {
    let error = |condition, application: &'static str| {
        let application = Element::new(application, ns::PUBSUB_ERRORS).with_attribute("feature", "subscribe");
        explain_subscription_error(&StanzaError::new(condition).with_application(application))
    };
    use xmpp::Condition::{BadRequest, FeatureNotImplemented, NotAllowed};
    assert!(error(NotAllowed, "closed-node").contains("listed users"));
    assert!(error(BadRequest, "invalid-jid").contains("not the one of this line"));
    assert_eq!(error(FeatureNotImplemented, "unsupported"), "the service does not support subscribe");
}

#[test]
fn the_stream_is_told() {
    assert_eq!(
        received(
            r#"<stream:features xmlns:stream="http://etherx.jabber.org/streams"><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms><session xmlns="urn:ietf:params:xml:ns:xmpp-session"><optional/></session></stream:features>"#
        ),
        "features: PLAIN; session (optional)"
    );
    let open = r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="a" version="1.0"/>"#;
    let other = r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="b" version="1.0"/>"#;
    assert!(
        said(&[(Direction::Sent, open), (Direction::Received, other)])
            .starts_with("the stream is from b, not from a")
    );
    let conflict = r#"<stream:error xmlns:stream="http://etherx.jabber.org/streams"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>"#;
    assert!(received(conflict).starts_with("stream error conflict: the same address"));
    assert!(received("<message><body>x</body></message>").contains("without xmlns"));
    assert_eq!(received(" "), "white space");
}

#[test]
fn what_a_peer_writes_stays_on_its_line() {
    let message = Element::new("message", ns::CLIENT).with_attribute("from", "a@b").with_child(
        Element::new("body", ns::CLIENT).with_text(format!("\u{85}one\n\u{202e}two{}", "x".repeat(9999))),
    );
    let shown = received(&message.to_xml());
    assert!(!shown.contains(['\n', '\u{202e}', '\u{85}']) && shown.chars().count() < 200, "{shown}");
}

#[test]
fn memories_are_bounded() {
    let mut annotator = Annotator::new();
    for id in 0..3 * REQUESTS_MAX {
        let iq =
            format!(r#"<iq xmlns="jabber:client" type="get" id="{id}"><ping xmlns="urn:xmpp:ping"/></iq>"#);
        annotator.annotate_text(Direction::Sent, &iq);
    }
    assert!(annotator.requests.len() <= REQUESTS_MAX);
    for id in 0..STATES_MAX + 10 {
        annotator.remember_state(&id.to_string(), "READY");
    }
    assert!(annotator.states.len() <= STATES_MAX);
}

#[test]
fn what_one_element_shows_to_be_wrong_has_a_name() {
    use Direction::{Received, Sent};
    let plain = |parts: &str| {
        format!(r#"<auth xmlns="{}" mechanism="PLAIN">{}</auth>"#, ns::SASL, encode_payload(parts.as_bytes()))
    };
    let event = |to: &str, payload: &str| {
        format!(
            r#"<message xmlns="jabber:client" to="{to}"><event xmlns="{}"><items node="n"><item><notification xmlns="{}">{payload}</notification></item></items></event></message>"#,
            ns::PUBSUB_EVENT,
            ns::PUBSUB
        )
    };
    let bound = format!(
        r#"<iq xmlns="jabber:client" type="result" id="b"><bind xmlns="{0}"><jid>a@h/one</jid></bind></iq>"#,
        ns::BIND
    );
    let bind = format!(r#"<iq xmlns="jabber:client" type="set" id="c"><bind xmlns="{0}"/></iq>"#, ns::BIND);
    let bind_refused = format!(
        r#"<iq xmlns="jabber:client" type="error" id="c"><error type="cancel"><conflict xmlns="{}"/></error></iq>"#,
        ns::STANZA_ERRORS
    );
    let cases = [
        (Received, "<a/><b/>".to_owned(), Some("WS-SPLIT-STANZA")),
        (Sent, "<presence/>".to_owned(), Some("ST-STANZA-NS")),
        (Sent, "<open to='h'/>".to_owned(), Some("ST-WRONG-NS")),
        (Sent, format!("<open xmlns='{}' to='h'/>", ns::FRAMING), None),
        (Received, format!("<open xmlns='{}' from='other'/>", ns::FRAMING), Some("ST-FROM")),
        (
            Received,
            format!("<close xmlns='{}' see-other-uri='wss://b/'/>", ns::FRAMING),
            Some("ST-SEE-OTHER"),
        ),
        (Sent, plain("\0a\0pw"), None),
        (Sent, plain("a:pw"), Some("SA-PLAIN-FORM")),
        (Sent, plain("\0a@h\0pw"), Some("SA-PLAIN-JID")),
        (Sent, bind, None),
        (Received, bind_refused, Some("BI-CONFLICT")),
        (Received, bound, None),
        (
            Sent,
            r#"<presence xmlns="jabber:client"><priority>-1</priority></presence>"#.to_owned(),
            Some("PR-NEGATIVE"),
        ),
        (Received, event("a@h/one", "&lt;Update"), Some("PS-PAYLOAD")),
        (Received, event("a@h/two", "{}"), Some("PS-OTHER-RES")),
        (Received, event("a@h", "{}"), None),
    ];
    let mut annotator = Annotator::new();
    for (direction, text, expected) in cases {
        let annotation = annotator.annotate_text(direction, &text);
        assert_eq!(annotation.finding.map(FindingId::name), expected, "{text}");
    }
}
