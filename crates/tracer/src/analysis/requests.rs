//! Requests of the web service beside the lines: which failed, and which event answered which request.

use std::collections::BTreeMap;
use std::time::Duration;

use client::Stage;
use xmpp::{Element, Limits};

use super::sightings::in_words;
use super::upgrade::skew;
use crate::catalogue::{Confidence, FindingId};
use crate::recording::{Entry, Moment};
use crate::story::{Connection, RequestSummary};
use crate::text::short;
use crate::{Evidence, Finding, finding_id};

/// The requests of a recording.
#[derive(Default)]
pub(super) struct Requests {
    count: u64,
    of_web_service: u64,
    failed: u64,
    /// What is wrong, by its name.
    findings: BTreeMap<&'static str, Finding>,
    /// Requests that were accepted and whose outcome is an event.
    accepted: Vec<Accepted>,
    skew: Option<Finding>,
    /// Requests that did not reach their hosts, which matter if a line is to one of these.
    unreached: Vec<Unreached>,
}

struct Unreached {
    host: String,
    id: FindingId,
    evidence: Evidence,
}

struct Accepted {
    number: u64,
    at: Moment,
    request_id: String,
    what: String,
}

impl Requests {
    pub(super) fn hear(&mut self, number: u64, entry: &Entry) {
        self.count += 1;
        if !is_web_service(entry) {
            return self.note_unreached(number, entry);
        }
        self.of_web_service += 1;
        if self.skew.is_none() {
            self.skew = skew(entry, number);
        }
        let what = format!("{} {}", short(&entry.method, 10), short(entry.path(), 160));
        match entry.status {
            Some(202) => self.note_accepted(number, entry, what),
            Some(status) if status >= 400 => self.note_refused(number, entry, status, &what),
            Some(_) => {}
            None => self.note_unanswered(number, entry, &what),
        }
    }

    fn note_accepted(&mut self, number: u64, entry: &Entry, what: String) {
        let id = entry.request_header("requestid").or_else(|| entry.response_header("requestid"));
        let (Some(id), Some(at)) = (id, entry.ended().or(entry.started)) else { return };
        if self.accepted.len() < ACCEPTED_MAX {
            self.accepted.push(Accepted { number, at, request_id: id.trim().to_owned(), what });
        }
    }

    fn note_refused(&mut self, number: u64, entry: &Entry, status: u16, what: &str) {
        self.failed += 1;
        let Some(id) = FindingId::for_rest_status(status) else { return };
        let mut text = format!("{what} was answered with {status}");
        if let Some(words) = entry.response_body.as_ref().and_then(|body| error_of(&body.text)) {
            text.push_str(&format!(": {words}"));
        }
        self.note(id, Evidence::new(text).entry(number));
    }

    fn note_unanswered(&mut self, number: u64, entry: &Entry, what: &str) {
        self.failed += 1;
        let words = entry.failure.as_deref().unwrap_or_default();
        if let super::failure::Failure::Known(id, _) = super::failure::read(words) {
            let text = format!("{what} got no answer; the browser says: {}", short(words, 200));
            self.note(id, Evidence::new(text).entry(number));
        }
    }

    /// The page, its scripts and pictures: a certificate that the browser does not take stops them as well, and only they may say so.
    fn note_unreached(&mut self, number: u64, entry: &Entry) {
        let (None, Some(words)) = (entry.status, entry.failure.as_deref()) else { return };
        let super::failure::Failure::Known(id, _) = super::failure::read(words) else { return };
        if id.entry().stage > Stage::Tls || self.unreached.len() >= UNREACHED_MAX {
            return;
        }
        let what = format!("{} {}", short(&entry.method, 10), short(entry.path(), 160));
        let text = format!("{what} got no answer; the browser says: {}", short(words, 200));
        self.unreached.push(Unreached {
            host: host_name(entry.origin()),
            id,
            evidence: Evidence::new(text).entry(number),
        });
    }

    fn note(&mut self, id: FindingId, evidence: Evidence) {
        let finding = match self.findings.remove(id.name()) {
            Some(known) => known.and(evidence),
            None => Finding::new(id, evidence),
        };
        self.findings.insert(id.name(), finding);
    }

    /// The stage before the handshake that other requests to the same host did not pass either.
    pub(super) fn stage_of_host(&self, url: &str) -> Option<Stage> {
        let host = host_name(url);
        self.unreached.iter().find(|one| one.host == host).map(|one| one.id.entry().stage)
    }

    pub(super) fn summary(&self) -> RequestSummary {
        RequestSummary { all: self.count, of_web_service: self.of_web_service, failed: self.failed }
    }

    /// What is wrong with the requests, and with what should have followed.
    pub(super) fn findings(&mut self, connections: &[Connection]) -> Vec<Finding> {
        let hosts: Vec<String> = connections.iter().map(|connection| host_name(connection.url())).collect();
        for Unreached { host, id, evidence } in std::mem::take(&mut self.unreached) {
            if hosts.contains(&host) {
                self.note(id, evidence);
            }
        }
        let mut findings: Vec<Finding> = std::mem::take(&mut self.findings).into_values().collect();
        findings.extend(self.skew.take());
        let mut missing: Option<Finding> = None;
        let mut late: Option<Finding> = None;
        for request in &self.accepted {
            let lines = connections.iter().filter_map(|connection| connection.line.as_ref());
            let event = lines.filter_map(|line| line.event_of_request.get(&request.request_id)).min();
            let evidence = |text: String| Evidence::new(text).entry(request.number);
            match event {
                Some(at) if at.since(request.at) > LATE_AFTER => {
                    let text = format!(
                        "the event of {} came after {}",
                        request.what,
                        in_words(at.since(request.at))
                    );
                    let found = evidence(text);
                    late = Some(match late {
                        Some(finding) => finding.and(found),
                        None => Finding::new(finding_id!("PS-LATE"), found),
                    });
                }
                Some(_) => {}
                // Only a line that was there meanwhile could have heard of it.
                None => {
                    let heard = |connection: &&Connection| connection.listened(request.at, WAIT_FOR_EVENT);
                    if let Some(connection) = connections.iter().find(heard) {
                        let text = format!(
                            "{} was accepted with the requestId {}, and no event with it came on the line of entry {} within {}",
                            request.what,
                            short(&request.request_id, 60),
                            connection.number,
                            in_words(WAIT_FOR_EVENT)
                        );
                        let found = evidence(text);
                        missing = Some(match missing {
                            Some(finding) => finding.and(found),
                            None => Finding::new(finding_id!("PS-MISSING"), found),
                        });
                    }
                }
            }
        }
        findings.extend(missing.map(|finding| finding.no_surer_than(Confidence::Possible)));
        findings.extend(late);
        findings
    }
}

/// The name of the host, without scheme, port and path.
fn host_name(url: &str) -> String {
    let rest = url.split("://").nth(1).unwrap_or(url);
    let authority = rest.split('/').next().unwrap_or_default();
    let name = match authority.rfind(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.to_ascii_lowercase()
}

/// Whether a request is one of Finesse's web service.
fn is_web_service(entry: &Entry) -> bool {
    entry.path().starts_with("/finesse/api/") || entry.path().starts_with("/offhook/v1/")
}

/// The error of an answer: type, data and message.
fn error_of(body: &str) -> Option<String> {
    let errors = Element::parse(body.trim(), &Limits::with_bytes_max(64 * 1024)).ok()?;
    let error = errors.first_element()?;
    let part = |name: &str| {
        let child = error.elements().find(|child| child.name().eq_ignore_ascii_case(name))?;
        Some(short(child.text().trim(), 120)).filter(|text| !text.is_empty())
    };
    let parts = ["ErrorType", "ErrorMessage", "ErrorData"];
    let words: Vec<String> = parts.into_iter().filter_map(part).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// An event that comes later than this after its request is late.
const LATE_AFTER: Duration = Duration::from_secs(1);
/// And one that has not come by then does not come.
const WAIT_FOR_EVENT: Duration = Duration::from_secs(5);
/// Requests that did not reach their hosts that are remembered.
const UNREACHED_MAX: usize = 200;
/// Requests that are remembered.
const ACCEPTED_MAX: usize = 10_000;
