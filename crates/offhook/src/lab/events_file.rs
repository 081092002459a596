//! The list of events of a run: one line for each thing that somebody was told.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use contact::Timestamp;

/// A file that is written as the run goes on; or none.
pub(super) struct EventsFile {
    file: Option<BufWriter<File>>,
    with_clock: bool,
    failed: Option<io::Error>,
}

impl EventsFile {
    pub(super) fn create(path: Option<&Path>, with_clock: bool) -> anyhow::Result<Self> {
        let create =
            |path: &Path| File::create(path).with_context(|| format!("cannot write {}", path.display()));
        let file = path.map(create).transpose()?.map(BufWriter::new);
        Ok(Self { file, with_clock, failed: None })
    }

    pub(super) fn line(&mut self, at: Timestamp, line: &str) {
        let Some(file) = &mut self.file else { return };
        let written = match self.with_clock {
            true => writeln!(file, "{:>10.3} {line}", at.0 as f64 / 1000.0),
            false => writeln!(file, "{line}"),
        };
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let flushed = self.file.as_mut().map_or(Ok(()), Write::flush);
        self.failed.map_or(flushed, Err).context("the list of events could not be written")
    }
}
