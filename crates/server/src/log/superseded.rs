//! What only a log that gives way to another server's has: written down where a person can read it, before the log is set
//! aside.

use super::reader::{LogReader, NotThere};
use super::sqlite::Branch;
use super::{Entry, LogError, LogMeta, Position};
use crate::data_dir::DataDir;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// What became of the entries that only the own log has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// There are none.
    Nothing,
    /// They are in this file, one JSON object each, as many as the number says.
    Written(PathBuf, u64),
    /// Which ones they are cannot be told; all of them are in the log that is set aside.
    Unknown,
}

/// Writes the entries of the log in `dir` that another server's log does not have to `superseded-<term>-<epoch>.jsonl`.
///
/// A line is an entry: `{"position": …, "at": …, "changes": […]}`. An earlier file of that name is replaced: it was about the
/// same log.
///
/// - `meta`, `last`: of the own log.
/// - `before`: where the other log parted from the one that it follows.
///
/// # Errors
///
/// [`LogError`]; then there is no file, or an unfinished one that ends in `.new`.
pub(crate) fn write_apart(
    dir: &DataDir,
    meta: &LogMeta,
    last: Position,
    before: Option<&Branch>,
) -> Result<Apart, LogError> {
    let Some(before) = before.filter(|before| before.epoch == meta.epoch) else { return Ok(Apart::Unknown) };
    if last <= before.position {
        return Ok(Apart::Nothing);
    }
    let short = meta.epoch.get(..EPOCH_CHARS).unwrap_or(&meta.epoch);
    let path = dir.join(&format!("superseded-{}-{short}.jsonl", meta.term));
    let new = path.with_extension("jsonl.new");
    let io = |error: std::io::Error| LogError::from_io(&path, &error);
    let reader = LogReader::new(dir);
    let file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(io)?;
    let mut to = BufWriter::new(file);
    let (mut position, mut count) = (before.position, 0);
    while position < last {
        let batch = match reader.after(position) {
            Ok(batch) => batch,
            Err(NotThere::Deleted) => {
                std::fs::remove_file(&new).map_err(io)?;
                return Ok(Apart::Unknown);
            }
            Err(NotThere::Failed(error)) => return Err(error),
        };
        let Some(newest) = batch.entries.last().map(|entry: &Entry| entry.position) else { break };
        for entry in &batch.entries {
            serde_json::to_writer(&mut to, entry).map_err(|error| io(error.into()))?;
            to.write_all(b"\n").map_err(io)?;
            count += 1;
        }
        position = newest;
    }
    let file = to.into_inner().map_err(|error| io(error.into_error()))?;
    file.sync_all().map_err(io)?;
    std::fs::rename(&new, &path).map_err(io)?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(Apart::Written(path, count))
}

/// Characters of an epoch that tell two logs of the same term apart.
const EPOCH_CHARS: usize = 8;
