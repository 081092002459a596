//! The one thread that writes the log: takes what has arrived, commits it together, reports it.

use super::row::Row;
use super::{Entry, LogError, LogEvent, OnLogEvent, Position};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;

/// What the thread is asked to do, in order.
pub(super) enum Task {
    Append(Entry),
    Snapshot(Entry),
    Resume,
}

/// The state of the thread.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) tasks: Receiver<Task>,
    pub(super) on_event: OnLogEvent,
    pub(super) waiting: Arc<AtomicUsize>,
    /// The last position in the log.
    pub(super) last: Position,
    /// The first position still in the log.
    pub(super) first: Position,
    /// Everything before this may be deleted.
    pub(super) keep_from: Position,
    pub(super) group_entries_max: usize,
    pub(super) keep_entries: u64,
    /// Set by a failure: whatever is appended is dropped until the hub has gone back to what the log holds.
    pub(super) failed: bool,
}

impl Writer {
    /// Works until the other end of the channel is dropped and everything before that is done.
    pub(super) fn run(mut self) {
        let mut next = None;
        while let Some(task) = next.take().or_else(|| self.tasks.recv().ok()) {
            match task {
                Task::Append(entry) => next = self.append_group(entry),
                Task::Snapshot(snapshot) => self.take_snapshot(&snapshot),
                Task::Resume => self.failed = false,
            }
        }
    }

    /// Commits `first` and all entries that wait behind it; returns the task that ended the group.
    fn append_group(&mut self, first: Entry) -> Option<Task> {
        let mut group = vec![first];
        let mut next = None;
        while group.len() < self.group_entries_max {
            match self.tasks.try_recv() {
                Ok(Task::Append(entry)) => group.push(entry),
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        if !self.failed {
            let from = group[0].position;
            let event = match self.commit(&group) {
                Ok(()) => LogEvent::Appended { position: self.last },
                Err(error) => {
                    self.failed = true;
                    tracing::error!(%error, from = from.0, "the log takes no more entries");
                    LogEvent::AppendFailed { from, error: Arc::new(error) }
                }
            };
            self.waiting.fetch_sub(group.len(), Ordering::Relaxed);
            (self.on_event)(event);
        } else {
            self.waiting.fetch_sub(group.len(), Ordering::Relaxed);
        }
        next
    }

    fn commit(&mut self, group: &[Entry]) -> Result<(), LogError> {
        let mut last = self.last;
        let mut rows = Vec::with_capacity(group.len());
        for entry in group {
            if entry.position.0 != last.0 + 1 {
                let what = format!("entry {} was appended after entry {}", entry.position.0, last.0);
                return Err(LogError::Failed { path: self.path.clone(), what });
            }
            let row = Row::encode(entry)
                .map_err(|error| LogError::Failed { path: self.path.clone(), what: error.to_string() })?;
            rows.push(row);
            last = entry.position;
        }
        let delete_before = self.keep_from.min(Position(self.first.0 + TRIM_ENTRIES));
        write_rows(&mut self.connection, &rows, delete_before)
            .map_err(|error| LogError::from_sqlite(&self.path, &error))?;
        self.last = last;
        self.first = self.first.max(delete_before);
        Ok(())
    }

    fn take_snapshot(&mut self, snapshot: &Entry) {
        if self.failed {
            return;
        }
        let position = snapshot.position;
        match self.write_snapshot(snapshot) {
            Ok(()) => {
                let keep_from = Position((position.0 + 1).saturating_sub(self.keep_entries));
                self.keep_from = self.keep_from.max(keep_from);
                tracing::info!(position = position.0, "took a snapshot of the log");
            }
            Err(error) => tracing::warn!(%error, position = position.0, "no snapshot of the log"),
        }
    }

    /// Replaces the snapshot there is. Its changes are written in parts, so that no row is much longer than others.
    fn write_snapshot(&mut self, snapshot: &Entry) -> Result<(), LogError> {
        write_snapshot(&mut self.connection, &self.path, snapshot)
    }
}

/// Replaces the snapshot that a log has.
pub(super) fn write_snapshot(
    connection: &mut Connection,
    path: &Path,
    snapshot: &Entry,
) -> Result<(), LogError> {
    let sqlite = |error| LogError::from_sqlite(path, &error);
    let json = |error: serde_json::Error| LogError::Failed { path: path.to_owned(), what: error.to_string() };
    let parts = snapshot.changes.chunks(SNAPSHOT_PART_CHANGES);
    let part_count = parts.len();
    let transaction = connection.transaction().map_err(sqlite)?;
    transaction.execute("DELETE FROM snapshot", []).map_err(sqlite)?;
    for (index, changes) in parts.enumerate() {
        let part = Entry { position: snapshot.position, at: snapshot.at, changes: changes.to_vec() };
        let row = Row::encode(&part).map_err(json)?;
        transaction
                .prepare_cached(
                    "INSERT INTO snapshot (position, part, parts, at, changes, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![row.position, index as i64, part_count as i64, row.at, row.changes, row.crc])
                })
                .map_err(sqlite)?;
    }
    transaction.commit().map_err(sqlite)
}

fn write_rows(connection: &mut Connection, rows: &[Row], delete_before: Position) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction
            .prepare_cached("INSERT INTO entries (position, at, changes, crc) VALUES (?1, ?2, ?3, ?4)")?;
        for row in rows {
            insert.execute(params![row.position, row.at, row.changes, row.crc])?;
        }
        transaction
            .prepare_cached("DELETE FROM entries WHERE position < ?1")?
            .execute([delete_before.0 as i64])?;
    }
    transaction.commit()
}

/// Old entries go with the groups that follow, at most so many at a time: nobody waits for a long deletion.
const TRIM_ENTRIES: u64 = 2_000;
const SNAPSHOT_PART_CHANGES: usize = 1_000;
