//! A story for a person at a terminal: each line with its steps and what happened on it, then what is wrong, then numbers.

use std::time::Duration;

use client::{Direction, Stage};

use super::{Connection, Outcome, Story, Transport, counted};
use crate::analysis::{Told, in_words};
use crate::recording::Moment;
use crate::render::{Mark, Row, Style};
use crate::text::short;
use crate::{Annotation, Finding, Kind};

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// How lines are laid out.
    pub style: Style,
    /// Also what is not worth a line otherwise: requests and their answers, the steps of a login.
    pub verbose: bool,
}

/// A text being written.
struct Page<'a> {
    story: &'a Story,
    options: TextOptions,
    out: String,
}

impl Story {
    /// The whole story as text, without secrets.
    pub fn to_text(&self, options: TextOptions) -> String {
        let mut page = Page { story: self, options, out: String::new() };
        page.introduction();
        for connection in &self.connections {
            page.connection(connection);
        }
        if self.connections_left_off > 0 {
            page.note("file", &format!("{} more lines are not shown", self.connections_left_off));
        }
        page.beside();
        page.conclusion();
        page.out
    }
}

impl Page<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let text = self.story.redactor.text(row.text);
        let detail = row.detail.map(|detail| self.story.redactor.text(detail));
        let line = self.options.style.row(&Row { text: &text, detail: detail.as_deref(), ..*row });
        self.out.push_str(&line);
        self.out.push('\n');
    }

    fn line(&mut self, label: &str, mark: Mark, text: &str) {
        self.row(&Row { at: None, took: None, label, mark, text, detail: None });
    }

    fn note(&mut self, label: &str, text: &str) {
        self.line(label, Mark::Note, text);
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn introduction(&mut self) {
        let Story { source, author, began, ended, connections, requests, .. } = self.story;
        let mut text = short(&source.name, 200);
        let by = [author.name.as_str(), author.version.as_str()].join(" ");
        let by = by.trim();
        if !by.is_empty() {
            text.push_str(&format!(", written by {}", short(by, 80)));
        }
        if !author.browser.is_empty() {
            text.push_str(&format!(" ({})", short(&author.browser, 80)));
        }
        self.line("file", Mark::Quiet, &text);
        if let Some((began, ended)) = began.zip(*ended) {
            let text = format!("{began} to {ended}, {}", in_words(ended.since(began)));
            self.line("file", Mark::Quiet, &text);
        }
        let of_service = match requests.of_web_service {
            0 => String::new(),
            count => {
                format!(", {count} of them of the contact centre's web service ({} failed)", requests.failed)
            }
        };
        let lines = connections.len() as u64 + self.story.connections_left_off;
        let text =
            format!("{} and {}{of_service}", counted(lines, "line"), counted(requests.all, "other request"));
        self.line("file", Mark::Quiet, &text);
        if let Some(broken) = &source.broken {
            let text = format!("{broken}; what came before it is told");
            self.line("file", Mark::Problem, &text);
        }
    }

    fn connection(&mut self, connection: &Connection) {
        self.gap();
        let transport = match connection.transport {
            Transport::WebSocket => "WebSocket",
            Transport::Bosh => "BOSH",
        };
        let at = connection.started().map_or(String::new(), |at| format!(" at {at}"));
        let text = format!("{transport} to {}{at}", short(connection.url(), 200));
        let detail = format!("entry {}", connection.number);
        let (label, mark) = ("line", Mark::Event);
        self.row(&Row { at: None, took: None, label, mark, text: &text, detail: Some(&detail) });
        self.out.push_str(&self.options.style.heading());
        self.out.push('\n');
        self.steps(connection);
        self.happenings(connection);
        self.end(connection);
        for finding in &connection.findings {
            self.finding(finding);
        }
        self.statistics(connection);
    }

    /// The stages in their order, until the first that failed.
    fn steps(&mut self, connection: &Connection) {
        let base = connection.started();
        let entry = &connection.entry;
        for (stage, took) in [Stage::Dns, Stage::Tcp, Stage::Tls].into_iter().zip(entry.steps_ms) {
            if let Some(took) = took.filter(|took| *took > 0.0) {
                let took = Some(Duration::from_secs_f64(took / 1000.0));
                let text = match stage {
                    Stage::Tcp => entry.server_address.clone().unwrap_or_else(|| "connected".to_owned()),
                    _ => stage.title().to_owned(),
                };
                self.row(&Row {
                    at: None,
                    took,
                    label: stage.id(),
                    mark: Mark::Good,
                    text: &text,
                    detail: None,
                });
            }
        }
        let upgrade_failed = connection.stopped_at.is_some_and(|stage| stage <= Stage::Upgrade);
        let mark = if upgrade_failed { Mark::Problem } else { Mark::Good };
        let label = connection.stopped_at.filter(|_| upgrade_failed).unwrap_or(Stage::Upgrade).id();
        self.row(&Row {
            at: Some(Duration::ZERO),
            took: None,
            label,
            mark,
            text: &connection.upgrade,
            detail: None,
        });
        let Some(line) = &connection.line else {
            if !upgrade_failed && connection.transport == Transport::WebSocket {
                let text = "the file has no messages of this WebSocket. Firefox leaves them out; Chrome and Edge write \
                            them if the line was open while the network view was";
                self.note("ws", text);
            }
            return;
        };
        if !connection.is_ours {
            let text = format!("{} messages that are not XMPP: another kind of line", line.messages);
            self.note("ws", &text);
            return;
        }
        for step in &line.steps {
            let at = base.zip(step.at).map(|(base, at)| at.since(base));
            let label = step.stage.id();
            self.row(&Row { at, took: None, label, mark: Mark::Good, text: &step.text, detail: None });
        }
        if let (Some(stage), false) = (connection.stopped_at, upgrade_failed) {
            let next = Stage::ALL.into_iter().filter(|later| *later > stage && *later < Stage::Steady);
            let next: Vec<&str> = next.map(Stage::id).collect();
            if !next.is_empty() && stage < Stage::Steady {
                let text = format!("stopped here; not reached: {}", next.join(", "));
                self.line(stage.id(), Mark::Problem, &text);
            }
        }
    }

    fn happenings(&mut self, connection: &Connection) {
        let base = connection.started();
        let Some(line) = connection.line.as_ref().filter(|_| connection.is_ours) else { return };
        let (first, left_off, last) = line.told();
        for told in first {
            self.told(base, told);
        }
        if left_off > 0 {
            self.line("", Mark::Quiet, &format!("… {left_off} more …"));
        }
        for told in last {
            self.told(base, told);
        }
    }

    fn told(&mut self, base: Option<Moment>, told: &Told) {
        let Told { at, direction, annotation, .. } = told;
        if !self.options.verbose && !is_worth_a_line(*direction, annotation) {
            return;
        }
        let at = base.zip(*at).map(|(base, at)| at.since(base));
        let (label, mark) = match annotation.kind {
            Kind::Notification => ("event", Mark::Event),
            Kind::Presence => ("presence", Mark::Note),
            Kind::Message => ("message", Mark::Note),
            Kind::Problem => (annotation.stage.id(), Mark::Problem),
            _ => (annotation.stage.id(), Mark::Quiet),
        };
        let arrow = if *direction == Direction::Sent { "> " } else { "" };
        let text = format!("{arrow}{}", annotation.text);
        self.row(&Row { at, took: None, label, mark, text: &text, detail: annotation.detail.as_deref() });
    }

    fn end(&mut self, connection: &Connection) {
        let Some(line) = connection.line.as_ref().filter(|_| connection.is_ours) else { return };
        let at = connection.started().zip(connection.ended()).map(|(base, end)| end.since(base));
        let text = if line.has_goodbye() {
            "the stream was closed in good order"
        } else if connection.silence_at_end().is_some() {
            "the connection ended without a goodbye"
        } else {
            "the last message; the file does not say how the line ended, or whether it has"
        };
        self.row(&Row { at, took: None, label: Stage::Close.id(), mark: Mark::Quiet, text, detail: None });
    }

    fn finding(&mut self, finding: &Finding) {
        let finding = finding.clone().redacted(&self.story.redactor);
        let mut at = finding.evidence().iter().find_map(crate::Evidence::time);
        for line in finding.lines() {
            let row = Row {
                at: at.take(),
                took: None,
                label: line.label,
                mark: line.mark,
                text: &line.text,
                detail: line.detail.as_deref(),
            };
            let written = self.options.style.row(&row);
            self.out.push_str(&written);
            self.out.push('\n');
        }
    }

    fn statistics(&mut self, connection: &Connection) {
        let Some(line) = connection.line.as_ref().filter(|_| connection.is_ours) else { return };
        let mut parts = vec![
            format!("{} messages", line.messages),
            format!("{} bytes sent, {} received", line.bytes_sent, line.bytes_received),
            format!("{} events", line.events),
        ];
        if let Some((count, mean, max)) = line.answers.summary() {
            parts.push(format!(
                "{count} answers in {} on average, {} at most",
                in_words(mean),
                in_words(max)
            ));
        }
        if let Some((count, mean, max)) = line.pings.summary() {
            parts.push(format!("{count} pings in {} on average, {} at most", in_words(mean), in_words(max)));
        }
        if let Some((silence, _)) = line.longest_silence {
            parts.push(format!("longest silence {}", in_words(silence)));
        }
        self.line("numbers", Mark::Quiet, &parts.join("; "));
    }

    fn beside(&mut self) {
        if self.story.findings.is_empty() {
            return;
        }
        self.gap();
        let findings: Vec<Finding> = self.story.findings.clone();
        for finding in &findings {
            self.finding(finding);
        }
    }

    fn conclusion(&mut self) {
        self.gap();
        let broken = if self.story.source.broken.is_some() { " in what could be read" } else { "" };
        match self.story.outcome {
            Outcome::NothingToSee => {
                let text = "there is no line in this file: no WebSocket and no BOSH session. Export it with the network \
                            view open while the desktop connects";
                self.note("result", text);
            }
            Outcome::Healthy => self.line("result", Mark::Good, &format!("nothing wrong found{broken}")),
            Outcome::Findings { stage: Some(stage), count } => {
                let text = format!(
                    "the first stage that failed is {stage}: {}; {}{broken}",
                    stage.title(),
                    counted(count as u64, "finding")
                );
                self.line("result", Mark::Problem, &text);
            }
            Outcome::Findings { stage: None, count } => {
                let text = format!("every stage was passed; {}{broken}", counted(count as u64, "finding"));
                self.note("result", &text);
            }
        }
    }
}

/// Whether something is of interest without being asked for: what others did, and what went wrong.
fn is_worth_a_line(direction: Direction, annotation: &Annotation) -> bool {
    match annotation.kind {
        Kind::Notification | Kind::Message => direction == Direction::Received,
        Kind::Presence => direction == Direction::Received && annotation.stage == Stage::Steady,
        // A finding of its own says more.
        Kind::Problem => annotation.finding.is_none(),
        Kind::Handshake | Kind::Request | Kind::KeepAlive | Kind::Unknown => false,
    }
}
