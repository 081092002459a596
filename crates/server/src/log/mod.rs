//! The log: one ordered list of entries from which everything that outlives a session is rebuilt.
//!
//! [`SqliteLog`] keeps it on disk, [`MemoryLog`] in memory for tests. Both report completions through a callback,
//! so that whoever appends never waits for a disk.

mod adopt;
mod error;
mod memory;
mod reader;
mod row;
mod sqlite;
mod superseded;
mod wal;
mod writer;

pub use adopt::adopt;
pub use error::LogError;
pub use memory::MemoryLog;
pub use notifier::{Change, Entry, Position};
pub use reader::{Batch, LogReader, NotThere};
pub use row::decode_changes;
pub(crate) use sqlite::log_exists;
pub use sqlite::{Branch, LogMeta, OpenedLog, SqliteLog, open};
pub(crate) use superseded::{Apart, write_apart};
pub use wal::{WalState, inspect};

use std::sync::Arc;

/// One ordered list of entries.
///
/// There is one appender: the hub. It numbers the entries without a gap, and may append as many as it likes before
/// the first is reported; what waits is bounded by the hub, which refuses commands at `limits.commands_waiting_max`.
pub trait Log: Send + Sync {
    /// Takes an entry and returns at once. Its position has to follow the last one that was appended.
    ///
    /// The callback reports it by [`LogEvent::Appended`] with its position or a higher one, or by
    /// [`LogEvent::AppendFailed`] with its position or a lower one.
    fn append(&self, entry: Entry);

    /// Takes changes which rebuild everything up to and including `snapshot.position`, and returns at once.
    ///
    /// The next replay begins with them. Entries long before them are deleted (`log.keep_entries`). A snapshot that
    /// cannot be written is given up with a warning; nothing is lost by it.
    fn snapshot(&self, snapshot: Entry);

    /// Ends the state after [`LogEvent::AppendFailed`], in which whatever is appended is dropped without a word.
    ///
    /// The next entry appended must follow the last one that [`Log::replay`] yields.
    fn resume(&self);

    /// Yields the newest snapshot, in one or more entries of the same position, and every entry after it.
    ///
    /// Blocks while it reads. Only what was reported as appended is promised to be there.
    ///
    /// # Errors
    ///
    /// [`LogError`], after which what was yielded must be thrown away.
    fn replay(&self, each: &mut dyn FnMut(Entry)) -> Result<(), LogError>;

    /// How many entries were appended and not yet reported.
    fn waiting(&self) -> usize;

    /// Waits until everything appended is reported, and closes the files. Later appends are dropped.
    fn close(&self);
}

/// What a log reports. From another thread; must not block for long.
#[derive(Clone, Debug)]
pub enum LogEvent {
    /// Every entry up to and including `position` is kept, as far as `log.sync` promises.
    Appended {
        /// The newest of them.
        position: Position,
    },
    /// No entry from `from` on is kept, and none will be, until [`Log::resume`]. Reported once.
    AppendFailed {
        /// The first lost entry.
        from: Position,
        /// Why.
        error: Arc<LogError>,
    },
}

/// Where a log reports to.
pub type OnLogEvent = Box<dyn FnMut(LogEvent) + Send>;

#[cfg(test)]
mod copy_tests;
