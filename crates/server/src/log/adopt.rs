//! Another server's log takes the place of the own one.

use super::sqlite::{LOG_FILE, NEW_FILE, create_aside, exists, put_in_place};
use super::writer::write_snapshot;
use super::{Change, Entry, LogError, LogMeta, Position};
use crate::data_dir::DataDir;
use contact::Timestamp;
use rusqlite::Connection;

/// Makes a log that begins with what another server's log holds, in place of the own one.
///
/// The log must not be open. Entries that are appended have to follow the snapshot's position.
///
/// - `meta`: what the new log says about itself.
/// - `snapshot`: its parts, all of the same position; none if the other log has none, and then the first entry is 1.
///
/// - `sets_aside`: keeps the own one, under the name `log.db.superseded`, in place of an earlier one of that name.
///
/// # Errors
///
/// [`LogError`]. Then the own log is still in its place, or, if it could not be put aside as a whole, under the other name.
pub fn adopt(dir: &DataDir, meta: &LogMeta, snapshot: Vec<Entry>, sets_aside: bool) -> Result<(), LogError> {
    let (path, new) = (dir.join(LOG_FILE), dir.join(NEW_FILE));
    create_aside(dir, &new, meta)?;
    if let Some(last) = snapshot.last() {
        let sqlite = |error| LogError::from_sqlite(&path, &error);
        let (position, at): (Position, Timestamp) = (last.position, last.at);
        let changes: Vec<Change> = snapshot.into_iter().flat_map(|part| part.changes).collect();
        let mut connection = Connection::open(&new).map_err(sqlite)?;
        write_snapshot(&mut connection, &new, &Entry { position, at, changes })?;
        // So that the file is all there is.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(sqlite)?;
        connection.close().map_err(|(_, error)| sqlite(error))?;
    }
    make_room(dir, sets_aside)?;
    put_in_place(dir, &new, &path)
}

/// Gives the own log another name, with what a crash has left beside it, or deletes both.
fn make_room(dir: &DataDir, sets_aside: bool) -> Result<(), LogError> {
    let path = dir.join(LOG_FILE);
    // The database goes first: a write-ahead log without it is refused at a start, a database without its write-ahead log is not.
    for (ending, is_kept) in [("", true), ("-wal", true), ("-shm", false)] {
        let (from, to) =
            (dir.join(&format!("{LOG_FILE}{ending}")), dir.join(&format!("{SUPERSEDED_FILE}{ending}")));
        let io = |error: std::io::Error| LogError::from_io(&path, &error);
        let there = exists(&from)?;
        if sets_aside && exists(&to)? {
            std::fs::remove_file(&to).map_err(io)?;
        }
        match (there, is_kept && sets_aside) {
            (true, true) => std::fs::rename(&from, &to).map_err(io)?,
            (true, false) => std::fs::remove_file(&from).map_err(io)?,
            (false, _) => {}
        }
    }
    Ok(())
}

const SUPERSEDED_FILE: &str = "log.db.superseded";
