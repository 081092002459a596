//! Findings keep their evidence, get no surer than they may be, and say all of it to people and to programs.

use std::{io, time::Duration};

use client::{CertificateProblem, Direction, Error};
use serde_json::{Value, json};
use xmpp::{Condition, Element, StanzaError, StreamCondition, StreamError, ns};

use super::*;
use crate::finding_id;

fn one(error: &Error) -> Finding {
    let mut findings = diagnose(error, Some(Duration::from_micros(12_340)));
    assert_eq!(findings.len(), 1, "{error}");
    findings.remove(0)
}

fn told(finding: &Finding) -> String {
    finding
        .lines()
        .iter()
        .map(|line| format!("{} {} {}\n", line.label, line.text, line.detail.as_deref().unwrap_or("-")))
        .collect()
}

#[test]
fn confidence_can_only_be_lowered() {
    let finding = || Finding::new(finding_id!("UP-200"), Evidence::new("200 OK"));
    assert_eq!(finding().confidence(), Confidence::Likely);
    assert_eq!(finding().no_surer_than(Confidence::Certain).confidence(), Confidence::Likely);
    assert_eq!(finding().no_surer_than(Confidence::Possible).confidence(), Confidence::Possible);
}

#[test]
fn causes_that_were_disproved_are_not_told() {
    let finding = Finding::new(finding_id!("PS-SILENT"), Evidence::new("none came")).rule_out("presence");
    assert_eq!(finding.causes().len(), 2);
    assert!(!told(&finding).contains("presence"), "{}", told(&finding));
    let finding = finding.rule_out("user").rule_out("e");
    assert!(!finding.causes().is_empty());
    let untrusted = |problem| Error::Untrusted { host: "h".to_owned(), problem, chain: Vec::new() };
    let own = one(&untrusted(CertificateProblem::UnknownIssuer {
        issuer: "CN=ours".to_owned(),
        incomplete: false,
    }));
    assert!(own.causes()[0].contains("own authority"), "{:?}", own.causes());
    let itself = one(&untrusted(CertificateProblem::SelfSigned));
    assert!(
        itself.causes()[0].contains("self-signed") && itself.causes().len() == 2,
        "{:?}",
        itself.causes()
    );
}

#[test]
fn evidence_is_never_empty_and_never_endless() {
    let mut finding = Finding::new(finding_id!("SIZE"), Evidence::new(" \n "));
    assert_eq!(finding.evidence()[0].what(), "seen, and nothing was said");
    for number in 0..100 {
        finding = finding.and(Evidence::new("a message of 300 KiB").frame(number, Direction::Received));
    }
    assert_eq!((finding.evidence().len(), finding.evidence_left_off()), (20, 81));
    assert!(told(&finding).contains("seen and 96 times more -\n"), "{}", told(&finding));
}

#[test]
fn a_person_reads_what_was_seen_why_and_what_to_do() {
    let evidence =
        Evidence::new("the answer was 200").header("Server").entry(3).excerpt("<title>Sign in</title>");
    let finding = Finding::new(finding_id!("UP-200"), evidence);
    let told = told(&finding);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[0], "upgrade An ordinary page came back instead of a WebSocket UP-200");
    assert_eq!(lines[1], "seen the answer was 200 entry 3, header server, <title>Sign in</title>");
    assert!(lines[2].starts_with("why A proxy ") && lines[2].ends_with(" likely"), "{told}");
    assert!(lines[3].starts_with("or The path "), "{told}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("do ")).count(), 2, "{told}");
    assert!(told.ends_with("offhook explain UP-200\n"), "{told}");
}

#[test]
fn a_program_reads_everything() {
    let evidence =
        Evidence::new("it ended").at(Duration::from_micros(12_340)).frame(17, Direction::Received).offset(9);
    let finding =
        Finding::new(finding_id!("CLOSE-1006"), evidence).at_stage(Stage::Sasl).advised("Look at it.");
    let value: Value = serde_json::to_value(&finding).expect("JSON");
    assert_eq!(value["id"], "CLOSE-1006");
    assert_eq!(
        (&value["stage"], &value["severity"], &value["confidence"]),
        (&json!("sasl"), &json!("fault"), &json!("possible"))
    );
    let expected =
        json!({ "what": "it ended", "at_ms": 12.3, "frame": 17, "direction": "received", "offset": 9 });
    assert_eq!(value["evidence"], json!([expected]));
    assert_eq!(value["actions"][0], "Look at it.");
    assert_eq!(value["doc"], "docs/findings.md#close-1006");
    assert!(value.get("evidence_left_off").is_none());
}

#[test]
fn nothing_secret_and_nothing_that_acts_on_a_terminal_gets_through() {
    let evidence = Evidence::new("password t0psecret\u{1b}[2J").excerpt("t0psecret");
    let finding = Finding::new(finding_id!("SA-MALFORMED"), evidence).advised("not t0psecret");
    let redactor = Redactor::new(&["t0psecret"], &[]);
    let finding = finding.redacted(&redactor);
    let (told, json) = (told(&finding), serde_json::to_string(&finding).expect("JSON"));
    for text in [told, json] {
        assert!(!text.contains("t0psecret") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn errors_of_a_line_are_findings() {
    let stage = Stage::Steady;
    let after = Duration::from_secs(10);
    let stream = |condition| Error::Stream { stage, error: StreamError::new(condition, "") };
    let closed = |stage, code| Error::WsClosed { stage, code, reason: "why".to_owned() };
    let cases = [
        (stream(StreamCondition::Conflict), "SE-CONFLICT"),
        (stream(StreamCondition::SeeOtherHost), "ST-SEE-OTHER"),
        (closed(Stage::Steady, Some(1009)), "CLOSE-1009"),
        (closed(Stage::Steady, None), "CLOSE-1005"),
        (closed(Stage::Sasl, Some(1008)), "SA-CLOSE"),
        (closed(Stage::Stream, Some(1008)), "ST-CLOSE-FIRST"),
        (Error::WsProtocol { stage, what: "a reserved bit".to_owned() }, "WS-BROKEN"),
        (Error::TlsTimeout { after }, "TLS-TIMEOUT"),
        (Error::Silence { stage: Stage::Stream, what: "<open/>", after }, "ST-NO-OPEN"),
        (Error::Silence { stage: Stage::Bind, what: "<stream:features/>", after }, "ST-NO-FEATURES"),
        (Error::Silence { stage: Stage::Sasl, what: "answer", after }, "SA-SILENCE"),
        (Error::Silence { stage: Stage::Bind, what: "answer", after }, "IQ-UNANSWERED"),
        (Error::StreamClosed { stage, see_other: None }, "CLOSE-UNASKED"),
        (Error::StreamClosed { stage, see_other: Some("wss://b/ws/".to_owned()) }, "ST-SEE-OTHER"),
        (Error::Sasl { condition: "not-authorized".to_owned(), text: None }, "SA-NOT-AUTHORIZED"),
        (Error::Bind { error: StanzaError::new(Condition::Conflict) }, "BI-CONFLICT"),
        (Error::Lost { stage: Stage::Bind, source: None }, "CLOSE-1006"),
        (Error::TlsOnPlainPort, "TLS-TO-PLAIN"),
    ];
    for (error, id) in cases {
        let finding = one(&error);
        assert_eq!(finding.id().name(), id, "{error}");
        assert_eq!(finding.stage(), error.stage(), "{error}");
        assert_eq!(finding.evidence()[0].what(), error.to_string());
        assert_eq!(finding.evidence()[0].time(), Some(Duration::from_micros(12_340)));
    }
    assert!(diagnose(&Error::NoRandomness, None).is_empty());
}

#[test]
fn an_address_that_refuses_is_named() {
    let address = "192.0.2.1:8445".parse().expect("an address");
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let finding = one(&Error::Connect { failed: vec![(address, refused)], after: Duration::from_secs(5) });
    assert_eq!(finding.id().name(), "TCP-REFUSED");
    assert_eq!(finding.evidence()[0].place().address, Some(address));
    assert_eq!(finding.evidence()[0].detail(), None, "it is in the sentence already");
}

#[test]
fn a_refused_subscription_is_named_by_the_most_exact_condition() {
    let own = Element::new("closed-node", ns::PUBSUB_ERRORS);
    let error = StanzaError::new(Condition::NotAllowed).with_application(own);
    let at = Duration::from_secs(1);
    let finding = subscription_refused("/finesse/api/Team/1", "pubsub.h", &error, "for others", at);
    assert_eq!(finding.id().name(), "PS-CLOSED");
    assert_eq!(
        finding.evidence()[0].what(),
        "no subscription to /finesse/api/Team/1: not-allowed, for others"
    );
    assert_eq!(finding.evidence()[0].detail().as_deref(), Some("at pubsub.h"));
    let other =
        subscription_refused("/x", "pubsub.h", &StanzaError::new(Condition::Redirect), "elsewhere", at);
    assert_eq!(other.id().name(), "PS-NOTALLOWED");
}
