//! The report of a live line: hears every step and frame, and writes what a person should see of them.

use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use client::{Certificate, Control, Detail, Direction, Event, Exchange, Frame, Secured, Stage, Step};
use tokio::sync::Notify;
use xmpp::ns;

use crate::{
    analysis::skew_in_words,
    annotate::{Annotation, Annotator, Kind},
    catalogue::{FindingId, Severity},
    finding::{Evidence, Finding},
    finding_id, har,
    recording::Moment,
    redact::Redactor,
    render::{Mark, Row, Style},
    text::short,
};

/// A report that is being written. Clones write to the same one.
#[derive(Clone)]
pub struct Report {
    inner: Arc<Mutex<Inner>>,
    output_lost: Arc<Notify>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    style: Style,
    verbose: bool,
    redactor: Redactor,
    annotator: Annotator,
    counts: Counts,
    now: i64,
    /// When that was.
    began: Instant,
    /// What has been found by the way, each once.
    noticed: Vec<FindingId>,
    /// Where the line is recorded, if it is.
    recording: Option<har::Writer>,
    output_lost: Arc<Notify>,
}

/// What has been seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// PubSub notifications.
    pub events: u64,
    /// Findings.
    pub problems: u64,
    /// When the last frame came, since the start.
    pub last_received: Option<Duration>,
    /// When the last frame came or went.
    pub last_frame: Option<Duration>,
}

impl Report {
    /// - `verbose`: also headers, stanzas, certificates and keep-alives.
    /// - `now`: seconds since 1970, for the days a certificate has left.
    pub fn new(
        out: Box<dyn Write + Send>,
        style: Style,
        verbose: bool,
        redactor: Redactor,
        now: i64,
    ) -> Report {
        let annotator = Annotator::new();
        let output_lost = Arc::new(Notify::new());
        let (counts, lost) = (Counts::default(), output_lost.clone());
        let (began, noticed) = (Instant::now(), Vec::new());
        let inner = Inner {
            out,
            style,
            verbose,
            redactor,
            annotator,
            counts,
            now,
            began,
            noticed,
            recording: None,
            output_lost: lost,
        };
        Report { inner: Arc::new(Mutex::new(inner)), output_lost }
    }

    /// Records the line in a file as well.
    pub fn record(&self, writer: har::Writer) {
        self.lock().recording = Some(writer);
    }

    /// Ends the file; nothing if there is none.
    ///
    /// # Errors
    ///
    /// What went wrong while it was written.
    pub fn finish_recording(&self) -> io::Result<()> {
        let mut inner = self.lock();
        let lasted = inner.began.elapsed();
        inner.recording.take().map_or(Ok(()), |writer| writer.finish(lasted))
    }

    /// What has been seen so far.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Resolves when the report can no longer be written: its reader has gone away.
    pub async fn output_lost(&self) {
        self.output_lost.notified().await;
    }

    /// Writes the heading.
    pub fn heading(&self) {
        let mut inner = self.lock();
        let heading = inner.style.heading();
        inner.write(&heading);
    }

    /// Writes one line.
    pub fn row(&self, row: &Row<'_>) {
        self.lock().row(row);
    }

    /// Writes one line if the report is verbose.
    pub fn verbose_row(&self, row: &Row<'_>) {
        let mut inner = self.lock();
        if inner.verbose {
            inner.row(row);
        }
    }

    /// Writes a problem that is not in the catalogue and what to do about it, and counts it.
    pub fn problem(
        &self,
        at: Option<Duration>,
        label: &str,
        text: &str,
        detail: Option<&str>,
        advice: Option<&str>,
    ) {
        let mut inner = self.lock();
        inner.counts.problems += 1;
        inner.row(&Row { at, took: None, label, mark: Mark::Problem, text, detail });
        if let Some(advice) = advice {
            inner.row(&Row {
                at: None,
                took: None,
                label: "",
                mark: Mark::Advice,
                text: advice,
                detail: None,
            });
        }
    }

    /// Writes a finding: what is wrong, what was seen, why, what to do and who has to. Counts it unless it is a note.
    pub fn finding(&self, finding: &Finding) {
        self.lock().finding(finding);
    }

    /// Whoever panicked while writing left a whole number of lines, so going on is fine.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl client::Observer for Report {
    fn observe(&mut self, event: Event<'_>) {
        let mut inner = self.lock();
        match event {
            Event::Step(step) => inner.step(&step),
            Event::Exchange(exchange) => inner.exchange(exchange),
            Event::Frame(frame) => inner.frame(&frame),
            Event::Control { at, control } => inner.control(at, control),
        }
    }
}

impl Inner {
    fn finding(&mut self, finding: &Finding) {
        self.counts.problems += u64::from(finding.severity() != Severity::Note);
        // What comes from the line is masked here, and what the catalogue says is not: a password that is a word of
        // ours would be given away by the gaps.
        let finding = finding.clone().redacted(&self.redactor);
        // When it happened, beside the line that names it.
        let mut at = finding.evidence().iter().find_map(Evidence::time);
        for line in finding.lines() {
            let row = Row {
                at: at.take(),
                took: None,
                label: line.label,
                mark: line.mark,
                text: &line.text,
                detail: line.detail.as_deref(),
            };
            let written = self.style.row(&row);
            self.write(&written);
        }
    }

    /// A finding that one comes across by the way: once.
    fn notice(&mut self, finding: &Finding) {
        if !self.noticed.contains(&finding.id()) {
            self.noticed.push(finding.id());
            self.finding(finding);
        }
    }

    fn write(&mut self, line: &str) {
        if writeln!(self.out, "{line}").and_then(|()| self.out.flush()).is_err() {
            self.output_lost.notify_one();
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let text = self.redactor.text(row.text);
        let detail = row.detail.map(|detail| self.redactor.text(detail));
        let line = self.style.row(&Row { text: &text, detail: detail.as_deref(), ..*row });
        self.write(&line);
    }

    fn raw(&mut self, arrow: &str, text: &str) {
        let line = self.style.raw(arrow, text);
        self.write(&line);
    }

    fn step(&mut self, step: &Step) {
        let (text, detail, mark) = self.describe(&step.detail);
        let (at, took) = (Some(step.at), Some(step.took));
        self.row(&Row { at, took, label: step.stage.id(), mark, text: &text, detail: detail.as_deref() });
        if let Detail::Secured(secured) = &step.detail
            && let Some(leaf) = secured.chain.first()
            && (0..EXPIRY_WARNING_DAYS).contains(&((leaf.not_after - self.now) / 86_400))
        {
            let days = (leaf.not_after - self.now) / 86_400;
            let text =
                format!("the server's certificate is good until {}, {days} days more", date(leaf.not_after));
            self.notice(&Finding::new(
                finding_id!("TLS-EXPIRING"),
                Evidence::new(text).at(step.at).certificate(1),
            ));
        }
        if let Detail::Connected { address, failed } = &step.detail {
            let dead = failed.iter().filter(|(address, error)| is_dead(*address, error));
            let seen = dead.map(|(dead, error)| {
                let text = format!("{dead}: {}, while {address} took the connection", error.kind());
                Evidence::new(text).at(step.at).address(*dead)
            });
            if let Some(finding) = together(finding_id!("DNS-MISMATCH"), seen) {
                self.notice(&finding);
            }
        }
        if let (Detail::Secured(secured), true) = (&step.detail, self.verbose) {
            for certificate in &secured.chain {
                let line = chain_line(certificate);
                self.raw("=", &line);
            }
        }
    }

    fn describe(&self, detail: &Detail) -> (String, Option<String>, Mark) {
        match detail {
            Detail::Resolved { host, addresses } => {
                let listed: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                (format!("{host} is {}", listed.join(", ")), None, Mark::Good)
            }
            Detail::Connected { address, failed } if failed.is_empty() => {
                (format!("connected to {address}"), None, Mark::Good)
            }
            Detail::Connected { address, failed } => {
                let failed: Vec<_> =
                    failed.iter().map(|(address, error)| format!("{address}: {}", error.kind())).collect();
                (format!("connected to {address}"), Some(format!("after {}", failed.join("; "))), Mark::Note)
            }
            Detail::Secured(secured) => self.secured(secured),
            Detail::Upgraded { server } => {
                let server = server.as_deref().map(|server| format!("server {}", short(server, 80)));
                ("101, a WebSocket with the subprotocol xmpp".to_owned(), server, Mark::Good)
            }
            Detail::Opened { features } => {
                let mechanisms = features.child("mechanisms", ns::SASL);
                let names: Vec<_> = mechanisms
                    .iter()
                    .flat_map(|m| m.elements())
                    .take(20)
                    .map(|m| short(&m.text(), 40))
                    .collect();
                let offered = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                (format!("open; mechanisms offered: {offered}"), None, Mark::Good)
            }
            Detail::Authenticated { mechanism } => {
                (format!("authenticated with {mechanism}"), None, Mark::Good)
            }
            Detail::Bound { jid } => (format!("we are {jid}"), None, Mark::Good),
        }
    }

    fn secured(&self, secured: &Secured) -> (String, Option<String>, Mark) {
        let mut text = format!("{}, {}", secured.version, secured.cipher);
        let mut mark = Mark::Good;
        let Some(leaf) = secured.chain.first() else { return (text, None, mark) };
        let names = if leaf.names.is_empty() { leaf.subject.clone() } else { leaf.names.join(", ") };
        text.push_str(&format!(
            "; certificate for {} by \"{}\" until {}",
            short(&names, 200),
            short(&leaf.issuer, 80),
            date(leaf.not_after)
        ));
        let days = (leaf.not_after - self.now) / 86_400;
        if (0..EXPIRY_WARNING_DAYS).contains(&days) {
            text.push_str(&format!(" (in {days} days)"));
            mark = Mark::Note;
        }
        if let Some(problem) = &secured.problem {
            text.push_str(&format!("; NOT TRUSTED: {problem}"));
            let detail = format!("accepted because of --insecure, {}", problem.id());
            return (text, Some(detail), Mark::Note);
        }
        let expiring = (mark == Mark::Note).then(|| finding_id!("TLS-EXPIRING").to_string());
        (text, expiring, mark)
    }

    fn exchange(&mut self, exchange: &Exchange) {
        if let Some(writer) = &mut self.recording {
            writer.exchange(exchange, &self.redactor);
        }
        let now = Moment((self.now * 1_000_000).saturating_add(self.began.elapsed().as_micros() as i64));
        // A test that has no clock has no skew either.
        if let Some(text) = exchange.header("date").and_then(|date| skew_in_words(date, now, "ours"))
            && self.now > 0
        {
            self.notice(&Finding::new(finding_id!("TIME-SKEW"), Evidence::new(text).header("date")));
        }
        if !self.verbose {
            return;
        }
        self.raw(">", &format!("GET {} HTTP/1.1", self.redactor.text(&exchange.target)));
        for (name, value) in &exchange.request {
            self.raw(">", &format!("{name}: {}", self.redactor.header(name, value)));
        }
        self.raw("<", &format!("{} {} {}", exchange.version, exchange.status, exchange.reason));
        for (name, value) in &exchange.headers {
            self.raw("<", &format!("{name}: {}", self.redactor.header(name, value)));
        }
        if let Some(summary) = exchange.summary() {
            self.raw("<", &self.redactor.text(&summary));
        }
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        if let Some(writer) = &mut self.recording {
            writer.frame(frame.at, frame.direction, &self.redactor.frame(frame.text));
        }
        self.counts.last_frame = Some(frame.at);
        if frame.direction == Direction::Received {
            self.counts.last_received = Some(frame.at);
        }
        let annotation = self.annotator.annotate_text(frame.direction, frame.text);
        if annotation.kind == Kind::Notification {
            self.counts.events += 1;
        }
        if self.verbose {
            let arrow = if frame.direction == Direction::Sent { ">" } else { "<" };
            self.raw(arrow, &self.redactor.frame(frame.text));
        }
        if self.verbose || shown(frame.direction, &annotation) {
            self.annotation(frame.at, &annotation);
        }
    }

    fn annotation(&mut self, at: Duration, annotation: &Annotation) {
        let (label, mark) = match annotation.kind {
            Kind::Notification => ("event", Mark::Event),
            Kind::Presence => ("presence", Mark::Note),
            Kind::Message => ("message", Mark::Note),
            Kind::Problem => (annotation.stage.id(), Mark::Problem),
            Kind::Handshake | Kind::Request | Kind::KeepAlive | Kind::Unknown => {
                (annotation.stage.id(), Mark::Quiet)
            }
        };
        let name = annotation.finding.map(|id| id.name().to_owned());
        let detail: Vec<_> = name.into_iter().chain(annotation.detail.clone()).collect();
        let detail = (!detail.is_empty()).then(|| detail.join(" · "));
        let (text, detail) = (&annotation.text, detail.as_deref());
        self.row(&Row { at: Some(at), took: None, label, mark, text, detail });
    }

    fn control(&mut self, at: Duration, control: Control<'_>) {
        let text = match control {
            Control::Ping { bytes } => format!("WebSocket ping of {bytes} bytes, answered"),
            Control::Pong => "WebSocket pong".to_owned(),
            Control::Close { code: None, .. } => "WebSocket close frame without a code".to_owned(),
            Control::Close { code: Some(code), reason } => {
                format!("WebSocket close frame, code {code} \"{}\"", short(reason, 120))
            }
        };
        if self.verbose {
            self.row(&Row {
                at: Some(at),
                took: None,
                label: "ws",
                mark: Mark::Quiet,
                text: &text,
                detail: None,
            });
        }
    }
}

/// Whether a frame is of interest without `-v`: what others did. The own steps have lines of their own, and so
/// have the errors that end them.
fn shown(direction: Direction, annotation: &Annotation) -> bool {
    direction == Direction::Received
        && match annotation.kind {
            Kind::Notification | Kind::Message => true,
            Kind::Presence => annotation.stage == Stage::Steady,
            Kind::Problem => matches!(annotation.stage, Stage::Stream | Stage::Steady),
            Kind::Handshake | Kind::Request | Kind::KeepAlive | Kind::Unknown => false,
        }
}

/// Whether an address is one that should not be published. A computer that has no way to it may have no IPv6, and
/// `localhost` means two addresses of which servers often use one.
fn is_dead(address: SocketAddr, error: &io::Error) -> bool {
    !address.ip().is_loopback()
        && matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut)
}

/// One finding with all that was seen; `None` if that is nothing.
fn together(id: FindingId, mut seen: impl Iterator<Item = Evidence>) -> Option<Finding> {
    let first = Finding::new(id, seen.next()?);
    Some(seen.fold(first, Finding::and))
}

pub(crate) fn chain_line(certificate: &Certificate) -> String {
    format!(
        "certificate \"{}\", issued by \"{}\", {} to {}, SHA-256 {}",
        certificate.subject,
        certificate.issuer,
        date(certificate.not_before),
        date(certificate.not_after),
        certificate.fingerprint_text()
    )
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// A certificate that ends sooner than this is worth a word.
const EXPIRY_WARNING_DAYS: i64 = 30;
