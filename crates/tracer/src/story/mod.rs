//! What a recording was about, from end to end: the lines, how far each came, and all that is wrong.

mod html;
mod json;
mod text;

use std::time::Duration;

use client::Stage;

use crate::analysis::TracedLine;
use crate::catalogue::Severity;
use crate::recording::{Author, Entry, Moment};
use crate::{Finding, Redactor};

pub use text::TextOptions;

/// A recording, understood.
pub struct Story {
    /// What was read.
    pub source: Source,
    /// Who wrote it.
    pub author: Author,
    /// The first thing in it.
    pub began: Option<Moment>,
    /// The last.
    pub ended: Option<Moment>,
    /// The lines, in the order of their beginnings.
    pub connections: Vec<Connection>,
    /// Lines beyond those.
    pub connections_left_off: u64,
    /// The requests beside them.
    pub requests: RequestSummary,
    /// What is wrong beside or between the lines; what is wrong with one of them is there.
    pub findings: Vec<Finding>,
    /// In one sentence.
    pub outcome: Outcome,
    pub(crate) redactor: Redactor,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file, as it was named.
    pub name: String,
    /// Where it broke, if it did not come to its end.
    pub broken: Option<String>,
}

/// Requests beside the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RequestSummary {
    /// All of them.
    pub all: u64,
    /// Those of the contact centre's web service.
    pub of_web_service: u64,
    /// Of these, those that were refused or got no answer.
    pub failed: u64,
}

/// How it all came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is no line and no request of the web service in it.
    NothingToSee,
    /// Nothing is wrong.
    Healthy,
    /// Something is; with the first stage that failed, if a line failed.
    Findings {
        /// The first stage that failed.
        stage: Option<Stage>,
        /// Faults and warnings.
        count: usize,
    },
}

/// A line of the recording.
pub struct Connection {
    /// Which entry of the file it is, from 1.
    pub number: u64,
    /// How it is carried.
    pub transport: Transport,
    pub(crate) entry: Entry,
    pub(crate) line: Option<TracedLine>,
    /// How the HTTP request went, in words.
    pub upgrade: String,
    /// The stage at which it stopped, if it did.
    pub stopped_at: Option<Stage>,
    /// What is wrong with it, worst first.
    pub findings: Vec<Finding>,
    /// When the browser began with the next line to the same address, if this one had no goodbye.
    pub(crate) replaced_at: Option<Moment>,
    /// Whether it is for XMPP; pages have lines of other kinds as well.
    pub(crate) is_ours: bool,
}

/// What is known of the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The file has it.
    Known(Moment),
    /// It came before this, when the browser began anew.
    Before(Moment),
}

/// How a line is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// XMPP over WebSocket, or another WebSocket.
    WebSocket,
    /// XMPP over HTTP requests.
    Bosh,
}

impl Outcome {
    pub(crate) fn of(connections: &[Connection], beside: &[Finding]) -> Outcome {
        let lines = connections.iter().flat_map(|connection| &connection.findings);
        let count = lines.chain(beside).filter(|finding| finding.severity() != Severity::Note).count();
        let stage = connections.iter().find_map(|connection| connection.stopped_at);
        match count {
            0 if connections.is_empty() => Outcome::NothingToSee,
            0 if stage.is_none() => Outcome::Healthy,
            count => Outcome::Findings { stage, count },
        }
    }
}

impl Story {
    /// Every finding: those of the lines, then those beside them; worst first within each.
    pub fn all_findings(&self) -> Vec<&Finding> {
        let lines = self.connections.iter().flat_map(|connection| &connection.findings);
        let mut all: Vec<&Finding> = lines.chain(&self.findings).collect();
        all.sort_by_key(|finding| finding.severity());
        all
    }

    /// Whether anything is wrong.
    pub fn has_findings(&self) -> bool {
        matches!(self.outcome, Outcome::Findings { .. })
    }
}

impl Connection {
    /// A WebSocket.
    ///
    /// - `line`: its messages, if there were any.
    pub(crate) fn websocket(number: u64, entry: Entry, line: Option<TracedLine>) -> Connection {
        let mut verdict = crate::analysis::judge_upgrade(&entry, number, line.is_some());
        let is_ours = is_for_xmpp(&entry, line.as_ref());
        if !is_ours {
            // What is wrong with a gadget's own line is not for us to say.
            verdict.findings.clear();
            verdict.stopped_at = None;
        }
        Connection {
            number,
            transport: Transport::WebSocket,
            entry,
            line,
            upgrade: verdict.text,
            stopped_at: verdict.stopped_at,
            findings: verdict.findings,
            replaced_at: None,
            is_ours,
        }
    }

    /// A session over BOSH.
    ///
    /// - `entry`: its first request.
    pub(crate) fn bosh(number: u64, entry: Entry, line: TracedLine) -> Connection {
        let upgrade = "requests of BOSH (XEP-0124) instead of a WebSocket".to_owned();
        let transport = Transport::Bosh;
        let (line, findings) = (Some(line), Vec::new());
        Connection {
            number,
            transport,
            entry,
            line,
            upgrade,
            stopped_at: None,
            findings,
            replaced_at: None,
            is_ours: true,
        }
    }

    /// Other requests to the same host say why there was no answer, and the file does not say it here.
    pub(crate) fn not_even_reached(&mut self, stage: Stage) {
        let is_silent = self.entry.status.is_none() && self.entry.failure.is_none() && self.line.is_none();
        if is_silent && self.stopped_at == Some(Stage::Upgrade) {
            self.stopped_at = Some(stage);
            self.findings.clear();
            self.upgrade = "no answer; other requests to this host say why, below".to_owned();
        }
    }

    /// Says what is wrong, once.
    pub(crate) fn judge(&mut self) {
        let (base, ended) = (self.started(), self.end());
        let Some(line) = &mut self.line else { return };
        if !self.is_ours {
            return;
        }
        self.findings.extend(line.findings(base, ended, self.number));
        self.findings.sort_by_key(|finding| (finding.severity(), finding.stage()));
        if self.stopped_at.is_none() {
            let faults = self.findings.iter().filter(|finding| finding.severity() == Severity::Fault);
            self.stopped_at = faults.map(Finding::stage).filter(|stage| *stage >= line.reached()).min();
        }
    }

    /// When the browser began with it.
    pub fn started(&self) -> Option<Moment> {
        let first = self.line.as_ref().and_then(|line| line.first);
        self.entry.started.into_iter().chain(first).min()
    }

    /// When it was over, as far as the file knows: the last message otherwise.
    pub fn ended(&self) -> Option<Moment> {
        let last = self.line.as_ref().and_then(TracedLine::last).map(|(at, _)| at);
        self.known_end().or(last)
    }

    /// What is known of the end.
    fn end(&self) -> Option<End> {
        let replaced = self.replaced_at.map(End::Before);
        self.known_end().map(End::Known).or(replaced)
    }

    /// When it was over, if the file says so. Of a WebSocket, Playwright gives the time of the messages instead.
    fn known_end(&self) -> Option<Moment> {
        let ended = self.entry.ended().filter(|_| self.transport == Transport::WebSocket)?;
        let last = self.line.as_ref().and_then(TracedLine::last).map(|(at, _)| at);
        // An end that is within the messages, or with the last of them, is none.
        last.is_none_or(|last| ended.since(last) > END_AFTER_LAST).then_some(ended)
    }

    /// How long nothing was said before the end.
    pub(crate) fn silence_at_end(&self) -> Option<Duration> {
        let (last, _) = self.line.as_ref()?.last()?;
        match self.end()? {
            End::Known(at) | End::Before(at) => Some(at.since(last)),
        }
    }

    /// Whether it ended without a goodbye, once somebody was logged in.
    pub(crate) fn was_cut(&self) -> bool {
        self.line.as_ref().is_some_and(|line| {
            self.is_ours && line.has_session() && !line.has_goodbye() && line.stream_error().is_none()
        })
    }

    /// Whether an event between `at` and so much later would have been heard.
    pub(crate) fn listened(&self, at: Moment, wait: Duration) -> bool {
        let Some(line) = &self.line else { return false };
        let began = line.jid().and(self.started());
        let until = Moment(at.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)));
        began.is_some_and(|began| began <= at) && self.ended().is_some_and(|ended| ended >= until)
    }

    /// The address.
    pub fn url(&self) -> &str {
        // What follows the question mark may be a token.
        self.entry.url.split(['?', '#']).next().unwrap_or_default()
    }

    /// Host and port.
    pub(crate) fn host(&self) -> &str {
        let origin = self.entry.origin();
        origin.split("://").nth(1).unwrap_or(origin)
    }

    /// The furthest stage.
    pub fn stage(&self) -> Stage {
        match (&self.line, self.stopped_at) {
            (Some(line), _) => line.reached(),
            (None, Some(stage)) => stage,
            (None, None) => Stage::Upgrade,
        }
    }
}

/// Whether a WebSocket is for XMPP: by what it offers, else by what is said on it, else by its path.
fn is_for_xmpp(entry: &Entry, line: Option<&TracedLine>) -> bool {
    if let Some(offered) = entry.request_header("sec-websocket-protocol") {
        return offered.split(',').any(|one| one.trim().eq_ignore_ascii_case("xmpp"));
    }
    match line {
        Some(line) => line.is_xmpp(),
        None => {
            ["/ws", "/ws/", "/websocket", "/websocket/"].contains(&entry.path())
                || entry.path().contains("xmpp")
        }
    }
}

/// `1 line`, `2 lines`.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A WebSocket's end is later than its last message by more than rounding.
const END_AFTER_LAST: Duration = Duration::from_millis(5);
