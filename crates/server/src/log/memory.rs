//! The log in memory, for tests: holds completions back and fails when it is told to.

use super::{Entry, Log, LogError, LogEvent, OnLogEvent, Position};
use parking_lot::Mutex;
use std::sync::Arc;

/// A log that keeps nothing beyond the process.
///
/// Reports every entry at once, from within [`Log::append`], unless it was told to [hold](MemoryLog::hold).
pub struct MemoryLog {
    inner: Mutex<Inner>,
}

struct Inner {
    snapshot: Option<Entry>,
    entries: Vec<Entry>,
    held: Option<Vec<Entry>>,
    fails: bool,
    failed: bool,
    on_event: OnLogEvent,
}

impl MemoryLog {
    /// An empty log.
    pub fn new(on_event: OnLogEvent) -> MemoryLog {
        let inner =
            Inner { snapshot: None, entries: Vec::new(), held: None, fails: false, failed: false, on_event };
        MemoryLog { inner: Mutex::new(inner) }
    }

    /// From now on nothing is kept or reported until [`MemoryLog::release`].
    pub fn hold(&self) {
        self.inner.lock().held.get_or_insert_default();
    }

    /// Keeps and reports, together, what was held back.
    pub fn release(&self) {
        let mut inner = self.inner.lock();
        let held = inner.held.take().unwrap_or_default();
        inner.commit(held);
    }

    /// From now on the disk is full (`true`), or not any more (`false`).
    pub fn set_full(&self, full: bool) {
        self.inner.lock().fails = full;
    }

    /// What is kept.
    pub fn entries(&self) -> Vec<Entry> {
        self.inner.lock().entries.clone()
    }
}

impl Inner {
    fn last(&self) -> Position {
        self.entries.last().or(self.snapshot.as_ref()).map_or(Position(0), |entry| entry.position)
    }

    fn commit(&mut self, group: Vec<Entry>) {
        let Some(from) = group.first().map(|entry| entry.position) else { return };
        if self.failed {
            return;
        }
        let follows =
            from.0 == self.last().0 + 1 && group.windows(2).all(|w| w[1].position.0 == w[0].position.0 + 1);
        if self.fails || !follows {
            self.failed = true;
            let error = Arc::new(LogError::Full { path: "memory".into() });
            (self.on_event)(LogEvent::AppendFailed { from, error });
        } else {
            self.entries.extend(group);
            let position = self.last();
            (self.on_event)(LogEvent::Appended { position });
        }
    }
}

impl Log for MemoryLog {
    fn append(&self, entry: Entry) {
        let mut inner = self.inner.lock();
        match &mut inner.held {
            Some(held) => held.push(entry),
            None => inner.commit(vec![entry]),
        }
    }

    fn snapshot(&self, snapshot: Entry) {
        let mut inner = self.inner.lock();
        inner.entries.retain(|entry| entry.position > snapshot.position);
        inner.snapshot = Some(snapshot);
    }

    fn resume(&self) {
        self.inner.lock().failed = false;
    }

    fn replay(&self, each: &mut dyn FnMut(Entry)) -> Result<(), LogError> {
        let (snapshot, entries) = {
            let inner = self.inner.lock();
            (inner.snapshot.clone(), inner.entries.clone())
        };
        snapshot.into_iter().chain(entries).for_each(each);
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.inner.lock().held.as_ref().map_or(0, Vec::len)
    }

    fn close(&self) {
        self.release();
    }
}
