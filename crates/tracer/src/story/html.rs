//! A story as one page that can be mailed: no script, nothing loaded from elsewhere, and no secret.

use std::fmt::Write as _;
use std::time::Duration;

use client::{Direction, Stage};

use super::{Connection, Outcome, Story, Transport, counted};
use crate::analysis::{Told, in_words};
use crate::catalogue::Severity;
use crate::text::printable;
use crate::{Finding, Kind};

/// A page being written. All that comes from the recording goes through [`Page::text`].
struct Page<'a> {
    story: &'a Story,
    out: String,
}

impl Story {
    /// The whole story as one HTML page.
    pub fn to_html(&self) -> String {
        let mut page = Page { story: self, out: String::new() };
        page.head();
        for connection in &self.connections {
            page.connection(connection);
        }
        if !self.findings.is_empty() {
            page.raw("<section><h2>Between the lines, and beside them</h2>");
            for finding in &self.findings {
                page.finding(finding);
            }
            page.raw("</section>");
        }
        page.raw("</body>\n</html>\n");
        page.out
    }
}

impl Page<'_> {
    fn raw(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// Text of any origin: without secrets, printable, escaped.
    fn text(&mut self, text: &str) {
        let text = self.story.redactor.text(text);
        for character in printable(&text).chars() {
            match character {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '&' => self.out.push_str("&amp;"),
                '"' => self.out.push_str("&quot;"),
                other => self.out.push(other),
            }
        }
    }

    fn element(&mut self, open: &str, text: &str, close: &str) {
        self.raw(open);
        self.text(text);
        self.raw(close);
    }

    fn head(&mut self) {
        let Story { source, author, began, ended, requests, .. } = self.story;
        self.raw("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">");
        self.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        // Nothing of the recording can load or run anything.
        self.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        // Where the file was on somebody's computer is nobody else's business.
        let file = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
        self.element("<title>", &format!("Trace of {file}"), "</title>");
        self.raw("<style>");
        self.raw(include_str!("page.css"));
        self.raw("</style></head>\n<body>\n");
        self.element("<h1>", &format!("Trace of {file}"), "</h1>");
        let mut about = Vec::new();
        if !author.name.is_empty() {
            about.push(
                format!("written by {} {} {}", author.name, author.version, author.browser).trim().to_owned(),
            );
        }
        if let Some((began, ended)) = began.zip(*ended) {
            about.push(format!("{began} to {ended}, {}", in_words(ended.since(began))));
        }
        let lines = self.story.connections.len() as u64 + self.story.connections_left_off;
        about.push(format!(
            "{}, {}, {} of the web service",
            counted(lines, "line"),
            counted(requests.all, "other request"),
            requests.of_web_service
        ));
        for one in about {
            self.element("<p class=\"quiet\">", &one, "</p>");
        }
        if let Some(broken) = &source.broken {
            self.element(
                "<p class=\"result warn\">",
                &format!("{broken}; what came before it is told"),
                "</p>",
            );
        }
        let (class, text) = match self.story.outcome {
            Outcome::NothingToSee => ("warn", "There is no line in this file.".to_owned()),
            Outcome::Healthy => ("", "Nothing wrong found.".to_owned()),
            Outcome::Findings { stage: Some(stage), count } => (
                "bad",
                format!("The first stage that failed is {stage}: {}. Findings: {count}.", stage.title()),
            ),
            Outcome::Findings { stage: None, count } => {
                ("warn", format!("Every stage was passed. Findings: {count}."))
            }
        };
        self.element(&format!("<p class=\"result {class}\">"), &text, "</p>\n");
    }

    fn connection(&mut self, connection: &Connection) {
        let transport = match connection.transport {
            Transport::WebSocket => "WebSocket",
            Transport::Bosh => "BOSH",
        };
        self.raw("<section>");
        self.element("<h2>", &format!("{transport} to {}", connection.url()), "</h2>");
        let at = connection.started().map_or(String::new(), |at| format!(", {at}"));
        self.element("<p class=\"quiet\">", &format!("Entry {} of the file{at}", connection.number), "</p>");
        self.ladder(connection);
        for finding in &connection.findings {
            self.finding(finding);
        }
        self.timeline(connection);
        self.sequence(connection);
        self.raw("</section>\n");
    }

    /// Every stage from the handshake on, with what became of it.
    fn ladder(&mut self, connection: &Connection) {
        self.raw("<ol class=\"ladder\">");
        let base = connection.started();
        for stage in Stage::ALL.into_iter().filter(|stage| *stage != Stage::Close) {
            let step =
                connection.line.as_ref().and_then(|line| line.steps.iter().find(|step| step.stage == stage));
            let failed = connection.stopped_at == Some(stage);
            let is_later = connection.stopped_at.is_some_and(|stopped| stage > stopped);
            let (class, text) = match step {
                _ if failed && stage <= Stage::Upgrade => ("failed", connection.upgrade.clone()),
                _ if failed => ("failed", "stopped here".to_owned()),
                Some(step) => {
                    let at = base.zip(step.at).map(|(base, at)| format!("{}: ", in_words(at.since(base))));
                    ("passed", format!("{}{}", at.unwrap_or_default(), step.text))
                }
                None if is_later => ("skipped", "not reached".to_owned()),
                None if stage == Stage::Upgrade => ("passed", connection.upgrade.clone()),
                None if stage < Stage::Upgrade => ("passed", "passed".to_owned()),
                None => ("skipped", "not seen".to_owned()),
            };
            let _ = write!(self.out, "<li class=\"{class}\"><b>{}</b>", stage.id());
            self.text(&text);
            self.raw("</li>");
        }
        self.raw("</ol>");
    }

    fn timeline(&mut self, connection: &Connection) {
        let Some(line) = connection.line.as_ref().filter(|_| connection.is_ours) else { return };
        let Some((began, ended)) = connection.started().zip(connection.ended()) else { return };
        let whole = ended.since(began);
        if whole < Duration::from_millis(1) {
            return;
        }
        self.raw("<h3>When</h3><div class=\"timeline\" role=\"img\" aria-label=\"messages over time\">");
        let (first, _, last) = line.told();
        for told in first.iter().chain(last) {
            let Some(at) = told.at else { continue };
            let place = at.since(began).as_secs_f64() / whole.as_secs_f64() * 100.0;
            let _ = write!(
                self.out,
                "<i class=\"{}\" style=\"left:{:.2}%\"></i>",
                class_of(told),
                place.min(99.7)
            );
        }
        self.raw("</div><p class=\"scale\"><span>0</span>");
        self.element("<span>", &in_words(whole), "</span></p>");
    }

    fn sequence(&mut self, connection: &Connection) {
        let Some(line) = connection.line.as_ref().filter(|_| connection.is_ours) else { return };
        let base = connection.started();
        self.raw("<h3>What was said</h3><table class=\"sequence\"><thead><tr><th class=\"at\">ms</th>");
        self.raw("<th class=\"way\">browser – server</th><th>what it means</th></tr></thead><tbody>\n");
        let (first, left_off, last) = line.told();
        for told in first {
            self.told(base, told);
        }
        if left_off > 0 {
            let text = format!("… {left_off} more …");
            self.element("<tr class=\"other\"><td></td><td></td><td class=\"what\">", &text, "</td></tr>\n");
        }
        for told in last {
            self.told(base, told);
        }
        self.raw("</tbody></table>");
        let mut numbers = format!(
            "{} messages, {} bytes sent and {} received, {} events",
            line.messages, line.bytes_sent, line.bytes_received, line.events
        );
        if let Some((count, mean, max)) = line.pings.summary() {
            let _ = write!(
                numbers,
                ", {count} pings in {} on average and {} at most",
                in_words(mean),
                in_words(max)
            );
        }
        self.element("<p class=\"quiet\">", &numbers, "</p>");
    }

    fn told(&mut self, base: Option<crate::recording::Moment>, told: &Told) {
        let at = base.zip(told.at).map(|(base, at)| at.since(base).as_secs_f64() * 1000.0);
        let way = if told.direction == Direction::Sent { "sent" } else { "received" };
        let _ = write!(self.out, "<tr class=\"{}\"><td class=\"at\">", class_of(told));
        if let Some(at) = at {
            let _ = write!(self.out, "{at:.1}");
        }
        let _ = write!(
            self.out,
            "</td><td class=\"way\"><span class=\"{way}\" title=\"{way}\"></span></td><td class=\"what\">"
        );
        self.text(&told.annotation.text);
        if let Some(detail) = &told.annotation.detail {
            self.element(" <span class=\"quiet\">", detail, "</span>");
        }
        self.raw("</td></tr>\n");
    }

    fn finding(&mut self, finding: &Finding) {
        let entry = finding.id().entry();
        let class = match finding.severity() {
            Severity::Fault => "fault",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let _ = write!(self.out, "<article class=\"finding {class}\"><h4>");
        self.text(entry.title);
        let _ = write!(self.out, "</h4><code>{}</code><dl>", finding.id());
        let mut rows: Vec<(&str, String)> = Vec::new();
        for evidence in finding.evidence() {
            let detail = evidence.detail().map_or(String::new(), |detail| format!(" ({detail})"));
            rows.push(("seen", format!("{}{detail}", evidence.what())));
        }
        if finding.evidence_left_off() > 0 {
            rows.push(("seen", format!("and {} times more", finding.evidence_left_off())));
        }
        for (index, cause) in finding.causes().iter().enumerate() {
            let sure = if index == 0 { format!(" ({})", finding.confidence()) } else { String::new() };
            rows.push((if index == 0 { "why" } else { "or" }, format!("{cause}{sure}")));
        }
        rows.extend(finding.actions().map(|action| ("what to do", action.to_owned())));
        let who: Vec<&str> = entry.actors.iter().map(|actor| actor.name()).collect();
        if !who.is_empty() {
            rows.push(("who", who.join(", or ")));
        }
        let mut before = "";
        for (label, text) in rows {
            let shown = if label == before { "" } else { label };
            before = label;
            let _ = write!(self.out, "<dt>{shown}</dt><dd>");
            self.text(&text);
            self.raw("</dd>");
        }
        self.raw("</dl></article>\n");
    }
}

fn class_of(told: &Told) -> &'static str {
    match told.annotation.kind {
        Kind::Notification => "event",
        Kind::Problem => "problem",
        _ => "other",
    }
}
