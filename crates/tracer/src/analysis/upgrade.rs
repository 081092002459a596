//! The HTTP request that was to become a WebSocket.

use std::time::Duration;

use client::{Stage, accept_for};

use super::failure::{self, Failure};
use super::sightings::in_words;
use crate::catalogue::{Confidence, FindingId};
use crate::recording::{Entry, Moment};
use crate::text::short;
use crate::{Evidence, Finding, finding_id};

/// How a handshake went.
pub(crate) struct Verdict {
    /// The stage at which it stopped, if it did.
    pub(crate) stopped_at: Option<Stage>,
    /// In words.
    pub(crate) text: String,
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
}

/// Judges a handshake.
///
/// - `number`: which entry of the file it is.
/// - `has_messages`: whether there are messages, which prove that it went well.
pub(crate) fn judge(entry: &Entry, number: u64, has_messages: bool) -> Verdict {
    let seen = |what: String| Evidence::new(what).entry(number);
    let stopped = |stage, text: String, findings| Verdict { stopped_at: Some(stage), text, findings };
    let status = entry.status.or_else(|| match entry.failure.as_deref().map(failure::read) {
        Some(Failure::Status(status)) => Some(status),
        _ => None,
    });
    match status {
        Some(101) => {
            let findings = faults_of_101(entry, number);
            let is_refused =
                findings.iter().any(|finding| finding.severity() == crate::catalogue::Severity::Fault);
            let protocol = entry.response_header("sec-websocket-protocol").unwrap_or("none");
            let text = format!("101, a WebSocket with the subprotocol {}", short(protocol, 40));
            let stopped_at = (is_refused && !has_messages).then_some(Stage::Upgrade);
            Verdict { stopped_at, text, findings }
        }
        Some(status) => {
            let words = short(&entry.status_text, 60);
            let text = format!("the answer was {}", format!("{status} {words}").trim());
            let finding = refused(entry, number, status, &text);
            stopped(Stage::Upgrade, text, vec![finding])
        }
        None if has_messages => {
            let text = "a WebSocket; the file does not have the handshake".to_owned();
            Verdict { stopped_at: None, text, findings: Vec::new() }
        }
        None => {
            let words = entry.failure.as_deref().unwrap_or_default();
            let shown = short(words, 200);
            match failure::read(words) {
                Failure::Known(id, confidence) => {
                    let mut finding = Finding::new(id, seen(format!("the browser says: {shown}")));
                    if let Some(confidence) = confidence {
                        finding = finding.no_surer_than(confidence);
                    }
                    stopped(failure::stage(id), format!("no answer: {shown}"), vec![finding])
                }
                Failure::Browser(why) => {
                    let finding =
                        Finding::new(finding_id!("UP-CSP"), seen(format!("the browser says: {shown}")));
                    let finding = finding.no_surer_than(Confidence::Possible).advised(why);
                    stopped(Stage::Upgrade, format!("not sent: {why}"), vec![finding])
                }
                Failure::Status(_) | Failure::Unknown if words.is_empty() => {
                    let text = "no answer, and the file does not say why".to_owned();
                    let finding = Finding::new(finding_id!("UP-NOSTATUS"), seen(text.clone()));
                    let advice = "The browser's console has the reason, which is not part of a HAR file; or look at the \
                                  address with `offhook trace`.";
                    let finding = finding.no_surer_than(Confidence::Possible).advised(advice);
                    stopped(Stage::Upgrade, text, vec![finding])
                }
                Failure::Status(_) | Failure::Unknown => {
                    let finding =
                        Finding::new(finding_id!("UP-NOSTATUS"), seen(format!("the browser says: {shown}")));
                    stopped(
                        Stage::Upgrade,
                        format!("no answer: {shown}"),
                        vec![finding.no_surer_than(Confidence::Possible)],
                    )
                }
            }
        }
    }
}

/// An answer that is not 101.
fn refused(entry: &Entry, number: u64, status: u16, text: &str) -> Finding {
    let id = match (status, entry.response_body.as_ref()) {
        (400, Some(body)) if body.text.contains("plain HTTP request was sent to HTTPS port") => {
            finding_id!("TLS-TO-PLAIN")
        }
        _ => FindingId::for_upgrade_status(status),
    };
    let mut first = Evidence::new(text).entry(number);
    if let Some(title) = entry.response_body.as_ref().and_then(|body| title(&body.text)) {
        first = first.excerpt(format!("a page with the title \"{title}\""));
    }
    let mut finding = Finding::new(id, first);
    for name in TELLING_HEADERS {
        if let Some(value) = entry.response_header(name) {
            // What follows the question mark of a redirect may be a token.
            let value = if *name == "location" { value.split('?').next().unwrap_or_default() } else { value };
            let evidence = Evidence::new(format!("{name}: {}", short(value, 200)));
            finding = finding.and(evidence.entry(number).header(name));
        }
    }
    let asked = entry.request_header("upgrade").is_some();
    if !entry.request_headers.is_empty() && !asked {
        let text = "the request has no Upgrade header";
        finding = finding.and(Evidence::new(text).entry(number).header("upgrade"));
    }
    finding
}

/// What is wrong with an answer of 101 (RFC 6455 §4.1).
fn faults_of_101(entry: &Entry, number: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |id, what: String, header: &str| {
        findings.push(Finding::new(id, Evidence::new(what).entry(number).header(header)));
    };
    // Some programs leave the headers out; then nothing can be said of them.
    if !entry.response_headers.is_empty() {
        let has_token = |name: &str, token: &str| {
            let value = entry.response_header(name).unwrap_or_default();
            value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
        };
        if !has_token("upgrade", "websocket") {
            find(finding_id!("UP-NOUPGRADE"), "101 without Upgrade: websocket".to_owned(), "upgrade");
        } else if !has_token("connection", "upgrade") {
            find(finding_id!("UP-NOUPGRADE"), "101 without Connection: upgrade".to_owned(), "connection");
        }
        let (key, accept) =
            (entry.request_header("sec-websocket-key"), entry.response_header("sec-websocket-accept"));
        if let (Some(key), Some(accept)) = (key, accept)
            && accept_for(key.trim()) != accept.trim()
        {
            let text = "Sec-WebSocket-Accept does not answer the Sec-WebSocket-Key of the request".to_owned();
            find(finding_id!("UP-ACCEPT"), text, "sec-websocket-accept");
        }
        let offered = entry.request_header("sec-websocket-protocol");
        match (offered, entry.response_header("sec-websocket-protocol")) {
            (Some(offered), None) => {
                let text =
                    format!("the request offers \"{}\", and the answer names none", short(offered, 80));
                find(finding_id!("UP-PROTO-MISSING"), text, "sec-websocket-protocol");
            }
            (Some(offered), Some(chosen)) if !offered.split(',').any(|one| one.trim() == chosen.trim()) => {
                let text = format!("\"{}\" was chosen out of \"{}\"", short(chosen, 80), short(offered, 80));
                find(finding_id!("UP-PROTO-OTHER"), text, "sec-websocket-protocol");
            }
            _ => {}
        }
        let wanted = entry.request_header("sec-websocket-extensions").unwrap_or_default();
        let name =
            |extension: &str| extension.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let wanted: Vec<String> = wanted.split(',').map(name).collect();
        let given = entry.response_header("sec-websocket-extensions").unwrap_or_default();
        if let Some(extra) = given.split(',').map(name).find(|one| !one.is_empty() && !wanted.contains(one)) {
            let text = format!("the extension \"{}\" was not offered", short(&extra, 80));
            find(finding_id!("UP-EXT"), text, "sec-websocket-extensions");
        }
    }
    findings.extend(skew(entry, number));
    findings
}

/// The server's clock beside the browser's.
pub(crate) fn skew(entry: &Entry, number: u64) -> Option<Finding> {
    let browser = entry.ended().filter(|_| entry.status != Some(101)).or(entry.started)?;
    let text = skew_in_words(entry.response_header("date")?, browser, "the browser's")?;
    Some(Finding::new(finding_id!("TIME-SKEW"), Evidence::new(text).entry(number).header("date")))
}

/// How far a server's clock is from another, if that is too far.
///
/// - `date`: what the server says, as a `Date` header has it; `now`: what the other clock says, and `whose` it is.
pub(crate) fn skew_in_words(date: &str, now: Moment, whose: &str) -> Option<String> {
    let server = Moment(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_microsecond());
    let (later, earlier) = if server > now { (server, now) } else { (now, server) };
    let apart = later.since(earlier);
    let which = if server > now { "ahead of" } else { "behind" };
    (apart > SKEW_MAX).then(|| format!("the server's clock is {} {which} {whose}", in_words(apart)))
}

/// The title of an HTML page.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = short(page[start..end].trim(), 120);
    (!title.is_empty()).then_some(title)
}

const SKEW_MAX: Duration = Duration::from_secs(30);

/// Headers of a refusal that tell who gave it, and what it wants.
const TELLING_HEADERS: &[&str] = &[
    "server",
    "via",
    "location",
    "content-type",
    "www-authenticate",
    "proxy-authenticate",
    "retry-after",
    "allow",
    "sec-websocket-version",
];
