//! A play, step by step, on a terminal or in the log of a CI.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::json;

use crate::play::{Played, Progress};

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// One line for each scenario, and what failed.
    Quiet,
    /// Each step with its time.
    #[default]
    Normal,
    /// Also the steps of repetitions, and everything that is seen.
    Verbose,
}

/// For whom it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// People.
    #[default]
    Text,
    /// Programs: one JSON object on each line. `docs/scenarios.md` says what is in them.
    Json,
}

/// Writes reports of scenarios, one after the other.
///
/// Whoever reads may go away: what cannot be written is left out.
pub struct Report<W> {
    out: W,
    detail: Detail,
    format: Format,
    passed: usize,
    failed: usize,
}

impl<W: Write> Report<W> {
    /// A report that begins.
    pub fn new(out: W, detail: Detail, format: Format) -> Report<W> {
        Report { out, detail, format, passed: 0, failed: 0 }
    }

    /// A scenario begins.
    pub fn begin(&mut self, file: &str, title: Option<&str>) {
        match (self.format, self.detail) {
            (Format::Json, _) => self.object(&json!({"event": "scenario", "file": file, "title": title})),
            (Format::Text, Detail::Quiet) => {}
            (Format::Text, _) => self.line(format_args!("{}", heading(file, title))),
        }
    }

    /// Something has happened in it.
    pub fn progress(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Done { depth, .. } if *depth > 0 && self.detail < Detail::Verbose => {}
            Progress::Done { .. } if self.detail == Detail::Quiet => {}
            Progress::Done { step, at, .. } if self.format == Format::Json => {
                let (line, at) = (step.place.line, at.as_secs_f64());
                self.object(&json!({"event": "step", "line": line, "at": at, "step": step.words}));
            }
            Progress::Busy { step, text } if self.format == Format::Json => {
                let line = step.place.line;
                self.object(&json!({"event": "progress", "line": line, "step": step.words, "text": text}));
            }
            Progress::Seen { at, text } if self.format == Format::Json => {
                self.object(&json!({"event": "seen", "at": at.as_secs_f64(), "text": text}));
            }
            Progress::Done { step, at, depth } => {
                let indentation = depth * 4;
                self.line(format_args!("{} {:indentation$}{}", seconds(*at), "", step.words));
            }
            Progress::Busy { step, text } => {
                self.line(format_args!("          line {}, {}: {text}", step.place.line, step.words));
            }
            Progress::Seen { at, text } => self.line(format_args!("{}   · {text}", seconds(*at))),
        }
    }

    /// It is over.
    pub fn end(&mut self, file: &str, title: Option<&str>, played: &Played) {
        if self.format == Format::Json {
            let (is_good, steps, took) = (played.failure.is_none(), played.steps, played.took.as_secs_f64());
            let failure = played.failure.as_ref().map(|failure| {
                let (line, column) = (failure.place.line, failure.place.column);
                json!({"line": line, "column": column, "step": failure.words, "explanation": failure.explanation})
            });
            *(if is_good { &mut self.passed } else { &mut self.failed }) += 1;
            return self.object(&json!({
                "event": "end", "file": file, "passed": is_good, "steps": steps, "took": took, "failure": failure,
            }));
        }
        let took = format!("{} steps in {:.2}s", played.steps, played.took.as_secs_f64());
        let Some(failure) = &played.failure else {
            self.passed += 1;
            return match self.detail {
                Detail::Quiet => self.line(format_args!("passed  {} ({took})", heading(file, title))),
                _ => self.line(format_args!("passed: {took}\n")),
            };
        };
        self.failed += 1;
        self.line(format_args!("FAILED  {file}:{}: {}", failure.place, failure.words));
        for line in failure.explanation.lines() {
            self.line(format_args!("    {line}"));
        }
        self.line(format_args!("failed: after {took}\n"));
    }

    /// All of them are over. Returns whether all have passed.
    pub fn finish(mut self) -> bool {
        let (passed, failed) = (self.passed, self.failed);
        match failed {
            _ if self.format == Format::Json => {
                self.object(&json!({"event": "summary", "passed": passed, "failed": failed}));
            }
            0 => self.line(format_args!("{passed} passed")),
            _ => self.line(format_args!("{passed} passed, {failed} FAILED")),
        }
        failed == 0
    }

    fn object(&mut self, object: &serde_json::Value) {
        self.line(format_args!("{object}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _: io::Result<()> = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}

fn heading(file: &str, title: Option<&str>) -> String {
    match title {
        Some(title) => format!("{file}: {title}"),
        None => file.to_owned(),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:9.3}", time.as_secs_f64())
}
