//! The log on disk: one SQLite database in WAL mode, which the `sqlite3` tool can read.
//!
//! Opening looks at everything before it writes anything: the write-ahead log, the format, then every row that is
//! replayed. What does not fit is refused and left exactly as it is.

use super::row::Row;
use super::wal::{self, WalState};
use super::writer::{Task, Writer};
use super::{Entry, Log, LogError, OnLogEvent, Position};
use crate::config;
use crate::data_dir::DataDir;
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A log whose files were found in order as far as one can tell without reading all of it.
pub struct OpenedLog {
    path: PathBuf,
    connection: Connection,
    settings: config::Log,
    meta: LogMeta,
    warnings: Vec<String>,
}

/// What a log says about itself.
#[derive(Clone, PartialEq, Eq)]
pub struct LogMeta {
    /// A UUID that was made with the log: whoever remembers a position of another log can tell.
    pub epoch: String,
    /// A secret that was made with the log. What is derived from it stays the same from start to start.
    pub secret: [u8; 32],
    /// How often one server of a pair has taken over from the other, from 1. It comes with another epoch.
    pub term: u64,
    /// Whether this is the copy of a server that stands by.
    pub is_copy: bool,
    /// Whether such a copy has never yet had all that it is a copy of.
    pub is_partial: bool,
    /// Where it parted from the log of an earlier term; none if it never did, or if that was another server's to note.
    pub before: Option<Branch>,
}

/// Where a log parted from another one: both have everything up to there, and neither has what the other one has after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The epoch of the other log.
    pub epoch: String,
    /// The last entry that both have.
    pub position: Position,
}

impl LogMeta {
    /// What a new log says about itself.
    pub fn new() -> LogMeta {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("the system has random numbers");
        LogMeta { epoch: new_epoch(), secret, term: 1, is_copy: false, is_partial: false, before: None }
    }
}

impl Default for LogMeta {
    fn default() -> LogMeta {
        LogMeta::new()
    }
}

/// Shows no secret.
impl std::fmt::Debug for LogMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogMeta")
            .field("epoch", &self.epoch)
            .field("term", &self.term)
            .field("is_copy", &self.is_copy)
            .finish_non_exhaustive()
    }
}

/// Opens the log in a data folder, or makes one.
///
/// # Errors
///
/// [`LogError`]; nothing was changed then.
pub fn open(dir: &DataDir, settings: &config::Log) -> Result<OpenedLog, LogError> {
    let path = dir.join(LOG_FILE);
    let wal_path = dir.join(&format!("{LOG_FILE}-wal"));
    if !exists(&path)? {
        if exists(&wal_path)? {
            let what = format!("it is missing, but {} is there", wal_path.display());
            return Err(LogError::Corrupt { path, what });
        }
        create(dir, &path, &LogMeta::new())?;
    }
    let warnings = check_wal(&path, &wal_path, settings.sync)?;
    let sqlite = |error| LogError::from_sqlite(&path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(sqlite)?;
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(sqlite)? {
        return Err(LogError::Permission { path, what: "it can only be read".into() });
    }
    // Until everything is known to be sound, closing must not write the WAL back.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sqlite)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
    let meta = read_meta(&connection, &path)?;
    Ok(OpenedLog { path, connection, settings: settings.clone(), meta, warnings })
}

/// Whether there is a log in a data folder.
pub(crate) fn log_exists(dir: &DataDir) -> Result<bool, LogError> {
    exists(&dir.join(LOG_FILE))
}

impl OpenedLog {
    /// What the log says about itself.
    pub fn meta(&self) -> &LogMeta {
        &self.meta
    }

    /// What an operator should know: sentences about a cut-off tail.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Begins another term: from now on this is another log, and no copy.
    ///
    /// # Errors
    ///
    /// [`LogError`]; nothing was changed then.
    pub fn begin_term(&mut self, term: u64) -> Result<(), LogError> {
        let secret = self.meta.secret;
        let before = Some(Branch { epoch: self.meta.epoch.clone(), position: self.last_position()? });
        self.become_other(LogMeta { term, secret, before, ..LogMeta::new() })
    }

    /// Makes the log the copy of a server that stands by.
    ///
    /// # Errors
    ///
    /// [`LogError`]; nothing was changed then.
    pub fn become_copy(&mut self, is_partial: bool) -> Result<(), LogError> {
        self.become_other(LogMeta { is_copy: true, is_partial, ..self.meta.clone() })
    }

    /// The newest entry.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    pub fn last_position(&self) -> Result<Position, LogError> {
        let select = "SELECT max(position) FROM (SELECT position FROM entries UNION ALL SELECT position FROM snapshot)";
        let last: rusqlite::Result<Option<i64>> = self.connection.query_row(select, [], |row| row.get(0));
        let last = last.map_err(|error| LogError::from_sqlite(&self.path, &error))?;
        Ok(Position(last.unwrap_or(0) as u64))
    }

    fn become_other(&mut self, meta: LogMeta) -> Result<(), LogError> {
        let sqlite = |error| LogError::from_sqlite(&self.path, &error);
        let transaction = self.connection.transaction().map_err(sqlite)?;
        write_meta(&transaction, &meta).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
        self.meta = meta;
        Ok(())
    }

    /// Replays the log into `restore`, then starts to take entries, which `on_event` will report on.
    ///
    /// # Errors
    ///
    /// [`LogError`]; nothing was changed then if it is [`LogError::Corrupt`].
    pub fn start(
        self,
        restore: &mut dyn FnMut(Entry),
        on_event: OnLogEvent,
    ) -> Result<(SqliteLog, Position), LogError> {
        let OpenedLog { path, connection, settings, .. } = self;
        let last = replay(&connection, &path, restore)?;
        let sqlite = |error| LogError::from_sqlite(&path, &error);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(sqlite)?;
        let synchronous = match settings.sync {
            config::LogSync::Always => "FULL",
            config::LogSync::Normal => "NORMAL",
            config::LogSync::Off => "OFF",
        };
        connection.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
        connection.pragma_update(None, "synchronous", synchronous).map_err(sqlite)?;
        // A WAL that holds one run only never shows remains of an earlier crash as a cut-off tail.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(sqlite)?;
        let first: Option<i64> = connection
            .query_row("SELECT min(position) FROM entries", [], |row| row.get(0))
            .map_err(sqlite)?;
        let first = first.map_or(last.0 + 1, |first| first as u64);

        let (tasks, received) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let writer = Writer {
            path: path.clone(),
            connection,
            tasks: received,
            on_event,
            waiting: Arc::clone(&waiting),
            last,
            first: Position(first),
            keep_from: Position(first),
            group_entries_max: settings.group_entries_max as usize,
            keep_entries: u64::from(settings.keep_entries),
            failed: false,
        };
        let thread = std::thread::Builder::new()
            .name("log".into())
            .spawn(move || writer.run())
            .map_err(|error| LogError::from_io(&path, &error))?;
        let running = Mutex::new(Some(Running { tasks, thread }));
        Ok((SqliteLog { path, waiting, running }, last))
    }
}

/// The log on disk, taking entries. Dropping it is [`Log::close`].
pub struct SqliteLog {
    path: PathBuf,
    waiting: Arc<AtomicUsize>,
    /// `None` once closed.
    running: Mutex<Option<Running>>,
}

struct Running {
    tasks: Sender<Task>,
    thread: JoinHandle<()>,
}

impl SqliteLog {
    fn send(&self, task: Task) {
        if let Some(running) = &*self.running.lock() {
            // The thread only ends before the channel if it panicked, which it reports itself.
            drop(running.tasks.send(task));
        }
    }
}

impl Log for SqliteLog {
    fn append(&self, entry: Entry) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.send(Task::Append(entry));
    }

    fn snapshot(&self, snapshot: Entry) {
        self.send(Task::Snapshot(snapshot));
    }

    fn resume(&self) {
        self.send(Task::Resume);
    }

    fn replay(&self, each: &mut dyn FnMut(Entry)) -> Result<(), LogError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags)
            .map_err(|error| LogError::from_sqlite(&self.path, &error))?;
        reader.busy_timeout(BUSY_TIMEOUT).map_err(|error| LogError::from_sqlite(&self.path, &error))?;
        replay(&reader, &self.path, each).map(drop)
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn close(&self) {
        let running = self.running.lock().take();
        if let Some(Running { tasks, thread }) = running {
            drop(tasks);
            if thread.join().is_err() {
                tracing::error!("the thread of the log has panicked");
            }
        }
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        self.close();
    }
}

/// Makes a log under another name and renames it, so that `log.db` is always whole.
fn create(dir: &DataDir, path: &Path, meta: &LogMeta) -> Result<(), LogError> {
    let new = dir.join(NEW_FILE);
    create_aside(dir, &new, meta)?;
    put_in_place(dir, &new, path)
}

/// Makes a log under another name.
pub(super) fn create_aside(dir: &DataDir, new: &Path, meta: &LogMeta) -> Result<(), LogError> {
    let path = &dir.join(LOG_FILE);
    let io = |error: std::io::Error| LogError::from_io(path, &error);
    let sqlite = |error| LogError::from_sqlite(path, &error);
    for leftover in [new.to_owned(), dir.join(&format!("{NEW_FILE}-journal"))] {
        match std::fs::remove_file(leftover) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    // SQLite gives the WAL the permissions of the database: for this user only.
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(new).map_err(io)?;
    let connection = Connection::open(new).map_err(sqlite)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    connection.execute_batch(SCHEMA).map_err(sqlite)?;
    write_meta(&connection, meta).map_err(sqlite)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
    connection.close().map_err(|(_, error)| sqlite(error))
}

/// Gives a log that is whole its name.
pub(super) fn put_in_place(dir: &DataDir, new: &Path, path: &Path) -> Result<(), LogError> {
    let io = |error: std::io::Error| LogError::from_io(path, &error);
    File::open(new).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(new, path).map_err(io)?;
    File::open(dir.path()).and_then(|folder| folder.sync_all()).map_err(io)
}

fn write_meta(connection: &Connection, meta: &LogMeta) -> rusqlite::Result<()> {
    for (key, value) in [
        ("format", FORMAT.to_string()),
        ("epoch", meta.epoch.clone()),
        ("secret", hex(&meta.secret)),
        ("term", meta.term.to_string()),
        ("is_copy", meta.is_copy.to_string()),
        ("is_partial", meta.is_partial.to_string()),
        ("before_epoch", meta.before.as_ref().map_or(String::new(), |before| before.epoch.clone())),
        ("before_position", meta.before.as_ref().map_or(0, |before| before.position.0).to_string()),
    ] {
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            params![key, value],
        )?;
    }
    Ok(())
}

/// Refuses a damaged write-ahead log; returns a warning about a cut-off one.
fn check_wal(path: &Path, wal_path: &Path, sync: config::LogSync) -> Result<Vec<String>, LogError> {
    let state = match File::open(wal_path) {
        Ok(file) => wal::inspect(std::io::BufReader::new(file))
            .map_err(|error| LogError::from_io(wal_path, &error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LogError::from_io(wal_path, &error)),
    };
    match state {
        WalState::Sound { .. } => Ok(Vec::new()),
        WalState::TornTail { bytes, .. } => Ok(vec![format!(
            "the log {} ends in {bytes} bytes of a write that was cut off, as after a crash; they are dropped. \
             Nothing that was answered is in them",
            wal_path.display()
        )]),
        WalState::Damaged { frame } if sync == config::LogSync::Always || frame == 0 => {
            let what = format!("frame {frame} of {} is damaged, and commits follow it", wal_path.display());
            Err(LogError::Corrupt { path: path.to_owned(), what })
        }
        WalState::Damaged { frame } => Ok(vec![format!(
            "the log {} is not sound from frame {frame} on, as after a power cut without log.sync = \"always\"; \
             what follows is dropped, and answered changes may be lost with it",
            wal_path.display()
        )]),
    }
}

fn read_meta(connection: &Connection, path: &Path) -> Result<LogMeta, LogError> {
    let sqlite = |error| LogError::from_sqlite(path, &error);
    let corrupt = |what: &str| LogError::Corrupt { path: path.to_owned(), what: what.to_owned() };
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(sqlite)?;
    if id != APPLICATION_ID {
        return Err(corrupt("it is not a log of offhook"));
    }
    let found = |key: &str| -> Result<Option<String>, LogError> {
        let found = connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0));
        found.optional().map_err(sqlite)
    };
    let value = |key: &str| found(key)?.ok_or_else(|| corrupt(&format!("its meta table has no {key}")));
    let format: u64 = value("format")?.parse().map_err(|_| corrupt("its format is not a number"))?;
    if format > FORMAT {
        return Err(LogError::Newer { path: path.to_owned(), found: format, known: FORMAT });
    }
    if format != FORMAT {
        return Err(corrupt(&format!("its format is {format}, which never existed")));
    }
    let secret = from_hex(&value("secret")?).ok_or_else(|| corrupt("its secret is not 32 bytes in hex"))?;
    // Logs of earlier versions do not say: they know of no other server.
    let term = found("term")?.map_or(Ok(1), |term| term.parse());
    let term = term.map_err(|_| corrupt("its term is not a number"))?;
    let is = |key| Ok::<_, LogError>(found(key)?.is_some_and(|is| is == "true"));
    let (is_copy, is_partial) = (is("is_copy")?, is("is_partial")?);
    let before = match found("before_epoch")?.filter(|epoch| !epoch.is_empty()) {
        Some(epoch) => {
            let position = value("before_position")?.parse();
            let position = position.map_err(|_| corrupt("the position where it begins is not a number"))?;
            Some(Branch { epoch, position: Position(position) })
        }
        None => None,
    };
    Ok(LogMeta { epoch: value("epoch")?, secret, term, is_copy, is_partial, before })
}

/// Reads snapshot and entries, checks that nothing is missing between them, and returns the last position.
fn replay(connection: &Connection, path: &Path, each: &mut dyn FnMut(Entry)) -> Result<Position, LogError> {
    let sqlite = |error| LogError::from_sqlite(path, &error);
    let corrupt = |what: String| LogError::Corrupt { path: path.to_owned(), what };
    // One read transaction: snapshot and entries as of the same moment.
    let transaction = connection.unchecked_transaction().map_err(sqlite)?;
    let mut last = Position(0);
    let mut parts = (0, 0);
    let mut select = transaction
        .prepare("SELECT position, at, changes, crc, part, parts FROM snapshot ORDER BY part")
        .map_err(sqlite)?;
    let mut rows = select.query([]).map_err(sqlite)?;
    while let Some(row) = rows.next().map_err(sqlite)? {
        let (part, count): (i64, i64) = (row.get(4).map_err(sqlite)?, row.get(5).map_err(sqlite)?);
        let entry =
            read_row(row).map_err(sqlite)?.decode().map_err(|what| corrupt(format!("snapshot: {what}")))?;
        if part != parts.0 || (part > 0 && (entry.position != last || count != parts.1)) {
            return Err(corrupt(format!("part {part} of the snapshot does not follow the one before")));
        }
        parts = (part + 1, count);
        last = entry.position;
        each(entry);
    }
    if parts.0 != parts.1 {
        return Err(corrupt(format!("the snapshot has {} of {} parts", parts.0, parts.1)));
    }
    let mut select = transaction
        .prepare("SELECT position, at, changes, crc FROM entries WHERE position > ?1 ORDER BY position")
        .map_err(sqlite)?;
    let mut rows = select.query([last.0 as i64]).map_err(sqlite)?;
    while let Some(row) = rows.next().map_err(sqlite)? {
        let entry = read_row(row).map_err(sqlite)?.decode().map_err(corrupt)?;
        if entry.position.0 != last.0 + 1 {
            return Err(corrupt(format!("entry {} is missing", last.0 + 1)));
        }
        last = entry.position;
        each(entry);
    }
    Ok(last)
}

pub(super) fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { position: row.get(0)?, at: row.get(1)?, changes: row.get(2)?, crc: row.get(3)? })
}

pub(super) fn exists(path: &Path) -> Result<bool, LogError> {
    path.try_exists().map_err(|error| LogError::from_io(path, &error))
}

fn new_epoch() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system has random numbers");
    uuid(&random)
}

/// A random UUID (RFC 9562, version 4) of sixteen random bytes.
fn uuid(random: &[u8]) -> String {
    let mut bytes = random.to_vec();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, index) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[index..index + 2], 16).ok()?;
    }
    Some(bytes)
}

pub(super) const LOG_FILE: &str = "log.db";
pub(super) const NEW_FILE: &str = "log.db.new";
/// The format of the tables and of the changes in them. Raised when an older version could misread a newer log.
const FORMAT: u64 = 1;
/// "OFHK": `file log.db` and this program tell the database from others by it.
const APPLICATION_ID: i64 = 0x4f46_484b;
/// The `sqlite3` tool may be looking.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
  position INTEGER PRIMARY KEY,  -- 1, 2, 3 …
  at INTEGER NOT NULL,           -- milliseconds since 1970-01-01T00:00:00Z
  changes TEXT NOT NULL,         -- a JSON array
  crc INTEGER NOT NULL           -- CRC-32 over position and at (64 bits each, little-endian) and changes
);
CREATE TABLE snapshot (
  position INTEGER NOT NULL,     -- rebuilds everything up to and including this entry
  part INTEGER PRIMARY KEY,      -- 0, 1, 2 … below parts
  parts INTEGER NOT NULL,
  at INTEGER NOT NULL,
  changes TEXT NOT NULL,
  crc INTEGER NOT NULL
);
CREATE VIEW log AS
  SELECT position, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, changes FROM entries;
";

#[cfg(test)]
mod tests;
