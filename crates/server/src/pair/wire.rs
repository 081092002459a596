//! Reading what the other server says. It has shown the password, and may still be of another version, or ill: whatever it sends
//! is taken as a whole or refused with a sentence.

use notifier::{Change, Entry, Position};
use serde::Deserialize;

use super::desk::{LogPart, SnapshotHead};
use super::rank::PeerStatus;

/// What it says about itself.
pub(super) fn status(body: &[u8]) -> Result<PeerStatus, String> {
    let status: PeerStatus = json(body)?;
    check(&status)?;
    Ok(status)
}

/// Entries that follow `after`, without a gap.
pub(super) fn part(body: &[u8], after: Position) -> Result<LogPart, String> {
    let part: LogPart = json(body)?;
    check(&part.status)?;
    number(part.snapshot.0)?;
    for (entry, position) in part.entries.iter().zip(number(after.0)? + 1..) {
        if entry.position.0 != position {
            return Err(format!("entry {} where {position} was to come", entry.position.0));
        }
        number(position)?;
    }
    Ok(part)
}

/// Its newest snapshot: one line that says of what, one line for each part.
pub(super) fn snapshot(body: &[u8]) -> Result<(SnapshotHead, Vec<Entry>), String> {
    let mut lines = body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let head: SnapshotHead = json(lines.next().unwrap_or_default())?;
    number(head.position.0)?;
    if number(head.term)? == 0 {
        return Err("a snapshot of no log".into());
    }
    name(&head.epoch)?;
    let mut parts = Vec::new();
    for line in lines {
        let part: Entry = json(line)?;
        if part.position != head.position {
            return Err("a part of the snapshot is of another one".into());
        }
        parts.push(part);
    }
    let is_whole = |changes: &[Change]| matches!(changes.last(), Some(Change::SnapshotEnds { .. }));
    match parts.last() {
        Some(last) if !is_whole(&last.changes) => Err("the snapshot has no end".into()),
        None if head.position != Position(0) => Err("the snapshot is empty".into()),
        _ => Ok((head, parts)),
    }
}

/// From where the other one wants the log: `epoch=…&after=N`.
pub(super) fn position(query: &str) -> Result<(String, Position), String> {
    let (mut epoch, mut after) = (None, None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("epoch", value)) => epoch = Some(value.to_owned()),
            Some(("after", value)) => after = value.parse().ok(),
            _ => return Err(EXPECTED.into()),
        }
    }
    match (epoch, after) {
        (Some(epoch), Some(after)) => Ok((epoch, Position(number(after)?))),
        _ => Err(EXPECTED.into()),
    }
}

const EXPECTED: &str = "the query is epoch=…&after=N";

/// What the other server can send, for tests of its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The answer to `GET peer`.
    Status,
    /// The answer to `GET log`.
    Part,
    /// The answer to `GET log/snapshot`.
    Snapshot,
    /// The query of `GET log`.
    Position,
}

impl Message {
    /// Reads bytes of the other server as this, and gives back what was understood, written as it would be sent.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub fn reread(self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let written = |error: serde_json::Error| error.to_string();
        match self {
            Message::Status => serde_json::to_vec(&status(bytes)?).map_err(written),
            Message::Part => {
                // From wherever it begins.
                let first: LogPart = json(bytes)?;
                let after = first.entries.first().map_or(0, |entry| entry.position.0.saturating_sub(1));
                serde_json::to_vec(&part(bytes, Position(after))?).map_err(written)
            }
            Message::Snapshot => {
                let (head, parts) = snapshot(bytes)?;
                let mut lines = serde_json::to_vec(&head).map_err(written)?;
                for part in parts {
                    lines.push(b'\n');
                    lines.extend(serde_json::to_vec(&part).map_err(written)?);
                }
                Ok(lines)
            }
            Message::Position => {
                let query = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
                let (epoch, after) = position(query)?;
                Ok(format!("epoch={epoch}&after={}", after.0).into_bytes())
            }
        }
    }
}

fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

fn check(status: &PeerStatus) -> Result<(), String> {
    number(status.term)?;
    number(status.position)?;
    if status.has_log() {
        name(&status.epoch)?;
    }
    if let Some(before) = &status.before {
        name(&before.epoch)?;
        number(before.position.0)?;
    }
    Ok(())
}

/// Terms and positions, to which one can be added, and which the log's database can hold.
fn number(number: u64) -> Result<u64, String> {
    if number >= NUMBER_MAX { Err(format!("{number} is too large a number")) } else { Ok(number) }
}

const NUMBER_MAX: u64 = i64::MAX as u64;

/// An epoch goes into addresses and into names of files.
fn name(epoch: &str) -> Result<(), String> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match (1..=EPOCH_BYTES_MAX).contains(&epoch.len()) && epoch.bytes().all(is_good) {
        true => Ok(()),
        false => Err("its epoch is no name of letters, digits and hyphens".into()),
    }
}

const EPOCH_BYTES_MAX: usize = 64;
