//! `offhook trace --har`: what a browser has recorded.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use client::LineUrl;
use tracer::Report;
use tracer::analysis::Analysis;
use tracer::har;
use tracer::recording::Moment;
use tracer::story::{Outcome, Source, Story, TextOptions};

use super::style;

/// How the report is written.
pub(super) enum Form {
    /// For a person.
    Text { verbose: bool },
    /// One value.
    Json,
    /// A value on each line.
    JsonLines,
    /// A page, in this file.
    Html(PathBuf),
}

/// Reads `file` and writes what it means. Status 0 if nothing is wrong in it, 1 if something is, 3 if it cannot be read.
pub(super) fn run(file: &Path, form: &Form, show_secrets: bool) -> ExitCode {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let story = match open(file) {
        Ok(reader) => read(reader, name, show_secrets),
        Err(error) => {
            eprintln!("offhook trace: cannot read {name}: {error}");
            return ExitCode::from(UNREADABLE);
        }
    };
    if let (Some(broken), Outcome::NothingToSee) = (&story.source.broken, &story.outcome) {
        eprintln!(
            "offhook trace: {}: {broken}. A HAR file is what a browser's network view exports",
            story.source.name
        );
        return ExitCode::from(UNREADABLE);
    }
    let written = match form {
        Form::Html(page) if page != Path::new("-") => return write_page(&story, page),
        Form::Html(_) => story.to_html(),
        Form::Text { verbose } => story.to_text(TextOptions { style: style(), verbose: *verbose }),
        Form::Json => format!("{:#}\n", story.to_json()),
        Form::JsonLines => story.to_json_lines(),
    };
    // A reader that has seen enough is no error.
    let mut out = BufWriter::new(io::stdout().lock());
    let _ = out.write_all(written.as_bytes()).and_then(|()| out.flush());
    status(&story)
}

fn write_page(story: &Story, page: &Path) -> ExitCode {
    if let Err(error) = std::fs::write(page, story.to_html()) {
        eprintln!("offhook trace: cannot write {}: {error}", page.display());
        return ExitCode::from(USAGE);
    }
    println!("written to {}", page.display());
    status(story)
}

fn status(story: &Story) -> ExitCode {
    if story.has_findings() { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

/// Has `report` record its line in a file.
pub(super) fn record(report: &Report, path: &Path, url: &LineUrl) -> io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let began = Moment(i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
    let scheme = if url.is_secure() { "wss" } else { "ws" };
    let address = format!("{scheme}://{}{}", url.authority(), url.target());
    report.record(har::Writer::new(Box::new(file), &address, began));
    Ok(())
}

fn open(file: &Path) -> io::Result<Progress> {
    if file == Path::new("-") {
        return Ok(Progress::new(Box::new(io::stdin()), None));
    }
    let opened = File::open(file)?;
    let metadata = opened.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name the file"));
    }
    let bytes = metadata.is_file().then_some(metadata.len());
    Ok(Progress::new(Box::new(opened), bytes))
}

fn read(reader: Progress, name: String, show_secrets: bool) -> Story {
    let mut analysis = Analysis::new();
    let broken = har::read(reader, &mut analysis).err().map(|broken| broken.to_string());
    analysis.finish(Source { name, broken }, show_secrets)
}

/// Shows how far the reading is, on a terminal, for files that take a while.
struct Progress {
    file: Box<dyn Read>,
    bytes: Option<u64>,
    read: u64,
    shown: Option<Instant>,
    begun: Instant,
    is_wanted: bool,
}

impl Progress {
    fn new(file: Box<dyn Read>, bytes: Option<u64>) -> Progress {
        let is_wanted = io::stderr().is_terminal();
        Progress { file, bytes, read: 0, shown: None, begun: Instant::now(), is_wanted }
    }

    fn show(&mut self) {
        let now = Instant::now();
        let is_due = match self.shown {
            None => now - self.begun > FIRST_AFTER,
            Some(shown) => now - shown > AGAIN_AFTER,
        };
        if is_due {
            self.shown = Some(now);
            let megabytes = self.read / 1_000_000;
            let share = self.bytes.filter(|bytes| *bytes > 0).map(|bytes| self.read * 100 / bytes);
            let share = share.map_or(String::new(), |share| format!(", {share} %"));
            eprint!("\r{megabytes} MB read{share} ");
        }
    }
}

impl Read for Progress {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read += count as u64;
        if self.is_wanted {
            self.show();
        }
        Ok(count)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            eprint!("\r{:40}\r", "");
        }
    }
}

const USAGE: u8 = 2;
const UNREADABLE: u8 = 3;
const FIRST_AFTER: Duration = Duration::from_millis(700);
const AGAIN_AFTER: Duration = Duration::from_millis(200);
