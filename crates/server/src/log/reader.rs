//! Reading a log beside its writer, for the server that keeps a copy.

use super::sqlite::{BUSY_TIMEOUT, LOG_FILE, read_row};
use super::{Entry, LogError, Position};
use crate::data_dir::DataDir;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use std::path::PathBuf;

/// Reads what the log in a data folder holds. Blocks its thread.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    /// Opened when it is first needed.
    connection: Mutex<Option<Connection>>,
}

/// Some entries that follow each other.
#[derive(Debug, PartialEq)]
pub struct Batch {
    /// The entries; none if there are no further ones yet.
    pub entries: Vec<Entry>,
    /// Up to where the log has a snapshot; 0 if it has none.
    pub snapshot: Position,
}

/// Why entries cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NotThere {
    /// The log begins later; what is before it stands in the snapshot.
    #[error("these entries have been deleted; take the snapshot")]
    Deleted,
    /// The log cannot be read.
    #[error(transparent)]
    Failed(#[from] LogError),
}

impl LogReader {
    /// A reader of the log in `dir`, which need not exist yet.
    pub fn new(dir: &DataDir) -> LogReader {
        LogReader { path: dir.join(LOG_FILE), connection: Mutex::new(None) }
    }

    /// Reads entries that follow `after`, the next one first: at most 1,000, and, but for the first of them, at most
    /// 4 MiB.
    ///
    /// # Errors
    ///
    /// [`NotThere`].
    pub fn after(&self, after: Position) -> Result<Batch, NotThere> {
        let batch = self.with(|connection| {
            let snapshot: Option<i64> =
                connection.query_row("SELECT max(position) FROM snapshot", [], |row| row.get(0))?;
            let mut select = connection.prepare_cached(
                "SELECT position, at, changes, crc FROM entries WHERE position > ?1 ORDER BY position LIMIT ?2",
            )?;
            let mut rows = select.query([after.0 as i64, BATCH_ENTRIES_MAX as i64])?;
            let (mut found, mut bytes) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let row = read_row(row)?;
                bytes += row.changes.len();
                if bytes > BATCH_BYTES_MAX && !found.is_empty() {
                    break;
                }
                found.push(row);
            }
            Ok((found, snapshot.unwrap_or(0) as u64))
        });
        let (rows, snapshot) = batch?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.push(row.decode().map_err(|what| self.corrupt(what))?);
        }
        match entries.first() {
            Some(first) if first.position != after.next() => Err(NotThere::Deleted),
            None if snapshot > after.0 => Err(NotThere::Deleted),
            _ => Ok(Batch { entries, snapshot: Position(snapshot) }),
        }
    }

    /// Reads the newest snapshot: its parts, all of the same position; none if there is no snapshot.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn snapshot(&self) -> Result<Vec<Entry>, LogError> {
        let rows = self.with(|connection| {
            let mut select =
                connection.prepare_cached("SELECT position, at, changes, crc FROM snapshot ORDER BY part")?;
            select.query_map([], read_row)?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        rows.into_iter().map(|row| row.decode().map_err(|what| self.corrupt(what))).collect()
    }

    /// Closes the file, so that nobody has it open but its writer.
    pub fn close(&self) {
        *self.connection.lock() = None;
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, LogError> {
        let sqlite = |error| LogError::from_sqlite(&self.path, &error);
        let mut place = self.connection.lock();
        let connection = match &mut *place {
            Some(connection) => connection,
            empty => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags).map_err(sqlite)?;
                connection.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
                connection.pragma_update(None, "query_only", true).map_err(sqlite)?;
                empty.insert(connection)
            }
        };
        // One read transaction: everything as of the same moment.
        let transaction = connection.unchecked_transaction().map_err(sqlite)?;
        read(&transaction).map_err(sqlite)
    }

    fn corrupt(&self, what: String) -> LogError {
        LogError::Corrupt { path: self.path.clone(), what }
    }
}

/// Entries that are read at once.
const BATCH_ENTRIES_MAX: usize = 1_000;
/// Bytes of entries that are read at once.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
