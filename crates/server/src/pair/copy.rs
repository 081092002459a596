//! The own copy of the other server's log, while this one stands by.

use std::sync::Arc;

use notifier::{Entry, Position};
use tokio::sync::mpsc;

use super::desk::{PeerDesk, SnapshotHead};
use super::rank::Role;
use crate::config;
use crate::data_dir::DataDir;
use crate::log::{self, Apart, Branch, Log as _, LogError, LogEvent, LogMeta, SqliteLog};

/// A log that takes the entries of another one. Blocks its thread where it opens and closes.
pub(super) struct Copy {
    log: SqliteLog,
    events: mpsc::UnboundedReceiver<LogEvent>,
    meta: LogMeta,
    position: Position,
    /// Up to where it has a snapshot of the other server's.
    snapshot: Position,
}

impl Copy {
    /// Opens the log that there is, and makes it a copy.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub(super) fn open(dir: &DataDir, settings: &config::Log, desk: &PeerDesk) -> Result<Copy, LogError> {
        Copy::open_as(dir, settings, desk, None)
    }

    /// - `is_partial`: whether it has never yet had all; none: as it was.
    fn open_as(
        dir: &DataDir,
        settings: &config::Log,
        desk: &PeerDesk,
        is_partial: Option<bool>,
    ) -> Result<Copy, LogError> {
        let mut opened = log::open(dir, settings)?;
        for warning in opened.warnings() {
            tracing::warn!("{warning}");
        }
        let is_partial = is_partial.unwrap_or(opened.meta().is_partial);
        if !opened.meta().is_copy || opened.meta().is_partial != is_partial {
            opened.become_copy(is_partial)?;
        }
        let meta = opened.meta().clone();
        let (report, events) = mpsc::unbounded_channel();
        let on_event = Box::new(move |event| drop(report.send(event)));
        let (log, position) = opened.start(&mut |_| (), on_event)?;
        desk.begin(Role::Standby, &meta, position);
        Ok(Copy { log, events, meta, position, snapshot: Position(0) })
    }

    /// Begins a copy of another log, in place of the own one, which is set aside unless it was part of a copy. That must not be
    /// open.
    ///
    /// - `before`: where the other log parted from an earlier one, if it says so.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub(super) fn begin(
        dir: &DataDir,
        settings: &config::Log,
        desk: &PeerDesk,
        head: SnapshotHead,
        snapshot: Vec<Entry>,
        before: Option<&Branch>,
    ) -> Result<Copy, LogError> {
        desk.close();
        let SnapshotHead { term, epoch, position } = head;
        tracing::info!(term, position = position.0, "beginning with a copy of the other server's log");
        let sets_aside = log::log_exists(dir)? && set_apart(dir, settings, desk, (&epoch, before))?;
        let meta = LogMeta { term, epoch, is_copy: true, is_partial: true, ..LogMeta::new() };
        log::adopt(dir, &meta, snapshot, sets_aside)?;
        Ok(Copy { snapshot: position, ..Copy::open(dir, settings, desk)? })
    }

    /// Whether it has never yet had all that it is a copy of.
    pub(super) fn is_partial(&self) -> bool {
        self.meta.is_partial
    }

    /// Notes in the log that it has all that it is a copy of. It is closed for a moment.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub(super) fn complete(
        self,
        dir: &DataDir,
        settings: &config::Log,
        desk: &PeerDesk,
    ) -> Result<Copy, LogError> {
        let snapshot = self.snapshot;
        self.close();
        Ok(Copy { snapshot, ..Copy::open_as(dir, settings, desk, Some(false))? })
    }

    pub(super) fn epoch(&self) -> &str {
        &self.meta.epoch
    }

    /// The newest entry.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Whether a snapshot of the other server that stands for entries up to `position` is news, and can be kept.
    pub(super) fn wants_snapshot(&self, position: Position) -> bool {
        self.snapshot < position && position <= self.position
    }

    /// Takes a snapshot, so that the next start reads that in place of all entries.
    pub(super) fn keep_snapshot(&mut self, head: &SnapshotHead, parts: Vec<Entry>) {
        if head.epoch != self.meta.epoch || !self.wants_snapshot(head.position) {
            return;
        }
        let Some(at) = parts.last().map(|part| part.at) else { return };
        let changes = parts.into_iter().flat_map(|part| part.changes).collect();
        self.snapshot = head.position;
        self.log.snapshot(Entry { position: head.position, at, changes });
    }

    /// Takes entries that follow, and waits until they are on the disk.
    ///
    /// # Errors
    ///
    /// [`LogError`] if they could not be written; then the copy is to be opened again.
    pub(super) async fn append(&mut self, entries: Vec<Entry>, desk: &PeerDesk) -> Result<(), Arc<LogError>> {
        let Some(last) = entries.last().map(|entry| entry.position) else { return Ok(()) };
        for entry in entries {
            self.log.append(entry);
        }
        while self.position < last {
            match self.events.recv().await {
                Some(LogEvent::Appended { position }) => {
                    self.position = position;
                    desk.logged(position);
                }
                Some(LogEvent::AppendFailed { error, .. }) => return Err(error),
                // The thread of the log has ended, and has said why.
                None => {
                    let what = "its thread has ended".into();
                    return Err(Arc::new(LogError::Failed { path: "log.db".into(), what }));
                }
            }
        }
        Ok(())
    }

    /// Closes the files.
    pub(super) fn close(self) {
        self.log.close();
    }
}

/// Writes down what only the own log has, says so, and counts it. Returns whether that log is to be kept.
///
/// - `epoch`, `before`: of the other log.
fn set_apart(
    dir: &DataDir,
    settings: &config::Log,
    desk: &PeerDesk,
    (epoch, before): (&str, Option<&Branch>),
) -> Result<bool, LogError> {
    let opened = log::open(dir, settings)?;
    let (meta, last) = (opened.meta().clone(), opened.last_position()?);
    drop(opened);
    // Part of a copy holds nothing that the other server does not have.
    if meta.is_partial {
        return Ok(false);
    }
    if meta.epoch != epoch {
        desk.counters().superseded.add();
    }
    match log::write_apart(dir, &meta, last, before)? {
        Apart::Nothing => {
            tracing::info!(term = meta.term, "the other server has everything that this log has");
        }
        Apart::Written(path, entries) => {
            desk.counters().entries_set_apart.add_many(entries);
            tracing::error!(
                term = meta.term,
                entries,
                file = %path.display(),
                "the other server's log does not have the last entries of this one; they are written to the file, and are not \
                 in force any more"
            );
        }
        Apart::Unknown => tracing::error!(
            term = meta.term,
            position = last.0,
            "whether the other server's log has all that this one has cannot be told; this one is kept as log.db.superseded"
        ),
    }
    Ok(true)
}
