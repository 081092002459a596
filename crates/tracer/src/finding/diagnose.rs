//! What the errors of a line of our own mean, in terms of the catalogue.

use std::time::Duration;

use client::{Certificate, CertificateProblem, Error, Exchange, Stage};
use xmpp::StanzaError;

use super::{Evidence, Finding};
use crate::{
    annotate,
    catalogue::{Confidence, FindingId},
    finding_id,
    text::short,
};

/// The findings that an error is. Empty for the few that say nothing about the line, such as a lack of random
/// numbers.
///
/// - `at`: when it happened, since the line was begun.
pub fn diagnose(error: &Error, at: Option<Duration>) -> Vec<Finding> {
    let seen = |what: &str| {
        let evidence = Evidence::new(what);
        at.map_or(evidence.clone(), |at| evidence.at(at))
    };
    if let Error::UpgradeInvalid { faults, .. } = error {
        return several(faults.iter().map(|fault| (fault.id(), seen(&fault.to_string()))));
    }
    let Some(id) = id(error) else { return Vec::new() };
    let mut finding = Finding::new(id, first(error, seen(&error.to_string()))).at_stage(error.stage());
    for evidence in more(error) {
        finding = finding.and(evidence);
    }
    finding = match error {
        // One missing answer has more readings than the catalogue's, which speaks of an established line.
        Error::Unexpected { .. } | Error::Silence { .. } => finding.no_surer_than(Confidence::Likely),
        // One that vouches for itself was not made by an authority, nor the other way round.
        Error::Untrusted { problem: CertificateProblem::SelfSigned, .. } => finding.rule_out("own authority"),
        Error::Untrusted { problem: CertificateProblem::UnknownIssuer { .. }, .. } => {
            finding.rule_out("self-signed")
        }
        // This client speaks TLS 1.2 and 1.3, offers HTTP/1.1 alone and sends no address as a name.
        Error::Tls { .. } => finding.rule_out("The client").rule_out("the client library"),
        _ => finding,
    };
    if let Some(advice) = special(error) {
        finding = finding.advised(advice);
    }
    vec![finding]
}

/// The finding that a refused subscription is.
///
/// - `node`, `service`: what was asked for, and of whom.
/// - `meaning`: what the answer says, in words.
/// - `at`: when it came, since the line was begun.
pub fn subscription_refused(
    node: &str,
    service: &str,
    error: &StanzaError,
    meaning: &str,
    at: Duration,
) -> Finding {
    // Conditions that XEP-0060 does not speak of are no more than a no.
    let id = annotate::pubsub_finding(error).unwrap_or(finding_id!("PS-NOTALLOWED"));
    let text = format!("no subscription to {}: {}, {meaning}", short(node, 200), error.condition.name());
    let words = error.text.as_deref().map(|words| format!(", \"{}\"", short(words, 200))).unwrap_or_default();
    let evidence = Evidence::new(text).at(at).excerpt(format!("at {service}{words}"));
    Finding::new(id, evidence)
}

/// One finding for each name, with all that was seen of it, in the order in which they came.
fn several(seen: impl Iterator<Item = (&'static str, Evidence)>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, evidence) in seen {
        let Ok(id) = name.parse::<FindingId>() else { continue };
        match findings.iter().position(|finding| finding.id() == id) {
            Some(at) => {
                let finding = findings.remove(at).and(evidence);
                findings.insert(at, finding);
            }
            None => findings.push(Finding::new(id, evidence)),
        }
    }
    findings
}

fn id(error: &Error) -> Option<FindingId> {
    Some(match error {
        Error::Stream { error, .. } => FindingId::for_stream_error(error.condition.name()),
        Error::Bind { error } => FindingId::for_bind_error(error.condition.name())?,
        // Before the stream is open it matters more that it came so early than which code it has.
        Error::WsClosed { stage: Stage::Ws | Stage::Stream, .. } => finding_id!("ST-CLOSE-FIRST"),
        Error::WsClosed { stage: Stage::Sasl, .. } => finding_id!("SA-CLOSE"),
        Error::WsClosed { code, .. } => FindingId::for_close_code(code.unwrap_or(NO_CODE)),
        Error::WsProtocol { .. } => finding_id!("WS-BROKEN"),
        Error::TlsTimeout { .. } => finding_id!("TLS-TIMEOUT"),
        Error::Silence { stage, what, .. } => silence(*stage, what),
        Error::Unexpected { .. } => finding_id!("ST-UNEXPECTED"),
        Error::StreamClosed { see_other: None, .. } => finding_id!("CLOSE-UNASKED"),
        other => other.id()?.parse().ok()?,
    })
}

/// What a missing answer means depends on what was waited for: the stream is opened a second time after the login.
fn silence(stage: Stage, what: &str) -> FindingId {
    match (what, stage) {
        ("<open/>", _) => finding_id!("ST-NO-OPEN"),
        ("<stream:features/>", _) => finding_id!("ST-NO-FEATURES"),
        ("the result of the session request", _) => finding_id!("BI-SESSION"),
        (_, Stage::Sasl) => finding_id!("SA-SILENCE"),
        (_, Stage::Pubsub) => finding_id!("PS-TIMEOUT"),
        (_, Stage::Steady) => finding_id!("KA-UNANSWERED"),
        _ => finding_id!("IQ-UNANSWERED"),
    }
}

/// The first piece of evidence, with the place where it stands if the error knows it.
fn first(error: &Error, seen: Evidence) -> Evidence {
    match error {
        Error::Connect { failed, .. } if failed.len() == 1 => seen.address(failed[0].0),
        Error::AnswerMalformed { start, .. } => seen.excerpt(start),
        _ => seen,
    }
}

/// What else the error knows that helps.
fn more(error: &Error) -> Vec<Evidence> {
    match error {
        Error::UpgradeRefused { exchange } => headers(exchange),
        Error::Untrusted { chain, .. } => (1..)
            .zip(chain)
            .take(CERTIFICATES_MAX)
            .map(|(number, one)| certificate(one).certificate(number))
            .collect(),
        _ => Vec::new(),
    }
}

/// The headers of an answer that tell who gave it, and what it wants.
fn headers(exchange: &Exchange) -> Vec<Evidence> {
    let header = |name: &&str| {
        let value = exchange.header(name)?;
        // What follows the question mark of a redirect may be a token.
        let value = if *name == "location" { value.split('?').next().unwrap_or_default() } else { value };
        Some(Evidence::new(format!("{name}: {}", short(value, 200))).header(name))
    };
    TELLING_HEADERS.iter().filter_map(header).collect()
}

fn certificate(certificate: &Certificate) -> Evidence {
    Evidence::new(crate::report::chain_line(certificate))
}

/// What to do, where this tool's own options or what the server sent make it more exact than the catalogue.
fn special(error: &Error) -> Option<String> {
    match error {
        Error::Untrusted { .. } | Error::NoMechanism { .. } | Error::Bind { .. } => error.advice(),
        Error::StreamClosed { see_other: Some(_), .. } => error.advice(),
        _ => None,
    }
}

/// Headers worth showing with a refused WebSocket request.
const TELLING_HEADERS: [&str; 8] = [
    "server",
    "via",
    "location",
    "www-authenticate",
    "proxy-authenticate",
    "retry-after",
    "allow",
    "sec-websocket-version",
];

/// Certificates of a chain that are shown.
const CERTIFICATES_MAX: usize = 4;

/// The code that programs report for a close frame without one (RFC 6455 §7.1.5).
const NO_CODE: u16 = 1005;
