//! What is kept over restarts, crashes and damage.

use super::*;
use crate::log::{Change, LogEvent};
use contact::Timestamp;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::mpsc;

fn settings() -> config::Log {
    config::Config::default().log
}

fn entry(position: u64) -> Entry {
    // Long enough that an entry now and then needs a page of its own.
    let node = format!("/node/{position}/{}", "x".repeat(position as usize * 37 % 900));
    Entry {
        position: Position(position),
        at: Timestamp(1_700_000_000_000 + position as i64),
        changes: vec![Change::NodePurged { node }],
    }
}

/// A data folder and what its log reports.
struct Place {
    folder: tempfile::TempDir,
    settings: config::Log,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder"), settings: settings() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens, replays and closes.
    fn read(&self) -> Result<(Vec<Entry>, Vec<String>), LogError> {
        let dir = DataDir::open(self.folder.path()).expect("free");
        let opened = open(&dir, &self.settings)?;
        let warnings = opened.warnings().to_vec();
        let mut entries = Vec::new();
        opened.start(&mut |entry| entries.push(entry), Box::new(|_| ()))?;
        Ok((entries, warnings))
    }

    fn start(&self) -> Running {
        let dir = DataDir::open(self.folder.path()).expect("free");
        let (send, events) = mpsc::channel();
        let opened = open(&dir, &self.settings).expect("opens");
        let on_event = Box::new(move |event| drop(send.send(event)));
        let (log, last) = opened.start(&mut |_| (), on_event).expect("starts");
        Running { log, events, last, _dir: dir }
    }

    fn fill(&self, positions: std::ops::RangeInclusive<u64>) {
        let running = self.start();
        positions.for_each(|position| running.log.append(entry(position)));
        running.log.close();
    }

    /// The files as a crash would leave them: copied while the log is open.
    fn crashed_copy(&self) -> Place {
        let copy = Place::new();
        for name in ["log.db", "log.db-wal"] {
            std::fs::copy(self.path(name), copy.path(name)).expect("copied");
        }
        copy
    }

    fn sqlite(&self, sql: &str) {
        Connection::open(self.path("log.db")).expect("opens").execute_batch(sql).expect(sql);
    }

    fn bytes(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.path())
            .expect("a folder")
            .map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"))
            // The index over the WAL and the lock hold no data.
            .filter(|name| !name.ends_with("-shm") && !name.ends_with(".lock"))
            .map(|name| (name.clone(), std::fs::read(self.path(&name)).expect("readable")))
            // Looking makes an empty WAL if there is none.
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect();
        files.sort();
        files
    }
}

struct Running {
    log: SqliteLog,
    events: mpsc::Receiver<LogEvent>,
    last: Position,
    _dir: DataDir,
}

impl Running {
    fn wait_for(&self, position: u64) {
        loop {
            match self.events.recv().expect("the log reports") {
                LogEvent::Appended { position: Position(reached) } if reached >= position => return,
                LogEvent::Appended { .. } => {}
                LogEvent::AppendFailed { error, .. } => panic!("{error}"),
            }
        }
    }
}

#[test]
fn what_was_appended_is_replayed() {
    let place = Place::new();
    assert_eq!(place.read().expect("new").0, []);
    place.fill(1..=100);
    place.fill(101..=150);
    let (entries, warnings) = place.read().expect("sound");
    assert_eq!(entries, (1..=150).map(entry).collect::<Vec<_>>());
    assert_eq!(warnings, [""; 0]);
    assert_eq!(place.start().last, Position(150));
}

#[test]
fn epoch_and_secret_stay() {
    let place = Place::new();
    let meta = || {
        let dir = DataDir::open(place.folder.path()).expect("free");
        open(&dir, &settings()).expect("opens").meta().clone()
    };
    let first = meta();
    assert_eq!(first, meta());
    assert_eq!(first.epoch.len(), 36);
    assert_ne!(first.secret, [0; 32]);
}

#[test]
fn completions_come_in_order_and_in_groups() {
    let place = Place::new();
    let running = place.start();
    for position in 1..=5000 {
        running.log.append(entry(position));
    }
    running.log.close();
    assert_eq!(running.log.waiting(), 0);
    let mut last = 0;
    let mut reports = 0;
    for event in running.events.try_iter() {
        let LogEvent::Appended { position } = event else { panic!("{event:?}") };
        assert!(position.0 > last, "in order");
        last = position.0;
        reports += 1;
    }
    assert_eq!(last, 5000);
    assert!(reports < 5000, "entries share transactions: {reports}");
}

/// An entry out of order stands for every failure: it and what follows is dropped, once and for all reported, until
/// the hub has gone back to what is kept.
#[test]
fn after_a_failure_nothing_is_kept_until_resume() {
    let place = Place::new();
    let running = place.start();
    running.log.append(entry(1));
    running.wait_for(1);
    running.log.append(entry(3));
    match running.events.recv().expect("reports") {
        LogEvent::AppendFailed { from, .. } => assert_eq!(from, Position(3)),
        other => panic!("{other:?}"),
    }
    running.log.append(entry(2));
    running.log.append(entry(4));
    let mut kept = Vec::new();
    running.log.replay(&mut |entry| kept.push(entry.position.0)).expect("reads");
    assert_eq!(kept, [1]);
    running.log.resume();
    running.log.append(entry(2));
    running.wait_for(2);
    running.log.close();
    assert!(running.events.try_iter().next().is_none(), "what was dropped is not reported");
    drop(running);
    assert_eq!(place.read().expect("sound").0.len(), 2);
}

#[test]
fn a_snapshot_bounds_the_replay_and_the_file() {
    let mut place = Place::new();
    place.settings.keep_entries = 50;
    let running = place.start();
    (1..=1000).for_each(|position| running.log.append(entry(position)));
    let changes: Vec<_> = (0..2500).map(|n| Change::NodePurged { node: n.to_string() }).collect();
    let snapshot = Entry { position: Position(1000), at: Timestamp(5), changes: changes.clone() };
    running.log.snapshot(snapshot);
    (1001..=1010).for_each(|position| running.log.append(entry(position)));
    running.log.close();
    drop(running);
    let (entries, _) = place.read().expect("sound");
    let (parts, after): (Vec<_>, Vec<_>) = entries.into_iter().partition(|e| e.position == Position(1000));
    assert_eq!(parts.into_iter().flat_map(|part| part.changes).collect::<Vec<_>>(), changes);
    assert_eq!(after, (1001..=1010).map(entry).collect::<Vec<_>>());
    let oldest: i64 = Connection::open(place.path("log.db"))
        .and_then(|c| c.query_row("SELECT min(position) FROM entries", [], |row| row.get(0)))
        .expect("reads");
    assert_eq!(oldest, 951, "50 entries are kept before the snapshot");

    place.sqlite("DELETE FROM snapshot WHERE part = 1");
    assert!(matches!(place.read(), Err(LogError::Corrupt { .. })), "a part is missing");
}

/// Cuts the WAL off at every length. What comes back is a beginning of what was appended, never anything else; the
/// operator hears of it exactly if a transaction was cut.
#[test]
fn a_wal_cut_off_anywhere_yields_whole_commits() {
    let place = Place::new();
    let running = place.start();
    for position in 1..=12 {
        running.log.append(entry(position));
        running.wait_for(position);
    }
    let crashed = place.crashed_copy();
    let wal = std::fs::read(crashed.path("log.db-wal")).expect("there");
    let database = std::fs::read(crashed.path("log.db")).expect("there");
    let frame = 4096 + 24;
    let whole: Vec<_> = (1..=12).map(entry).collect();
    let mut longest = 0;
    // Every byte around the frames' borders, and every 401st in between.
    let lengths = (0..=wal.len()).filter(|length| {
        let inside = length.saturating_sub(32) % frame;
        *length < 64 || inside < 26 || frame - inside < 3 || length % 401 == 0
    });
    for length in lengths {
        let mut cut = Place::new();
        cut.settings.sync = config::LogSync::Off; // nothing here depends on it, and the test is quicker
        std::fs::write(cut.path("log.db"), &database).expect("written");
        std::fs::write(cut.path("log.db-wal"), &wal[..length]).expect("written");
        let (entries, warnings) = cut.read().unwrap_or_else(|error| panic!("{length}: {error}"));
        assert_eq!(entries, whole[..entries.len()], "{length}");
        assert!(entries.len() >= longest, "{length}: a longer file holds no less");
        longest = entries.len();
        let inside_frames = length > 0 && (length < 32 || (length - 32) % frame != 0);
        assert!(!inside_frames || warnings.len() == 1, "{length}: {warnings:?}");
        let (again, warnings) = cut.read().expect("repaired");
        assert_eq!((again.len(), warnings.len()), (entries.len(), 0), "{length}: repaired once and for all");
    }
    assert_eq!(longest, 12);
}

/// Turns over one byte in every frame but the last transaction's. What was acknowledged would be lost, so the log is
/// refused, and not a byte of it changes.
#[test]
fn damage_before_a_later_commit_is_refused_and_left_alone() {
    let place = Place::new();
    let running = place.start();
    for position in 1..=6 {
        running.log.append(entry(position));
        running.wait_for(position);
    }
    let crashed = place.crashed_copy();
    let mut wal = std::fs::File::open(crashed.path("log.db-wal")).expect("there");
    let mut bytes = Vec::new();
    wal.seek(SeekFrom::Start(0)).and_then(|_| wal.read_to_end(&mut bytes)).expect("read");
    let frames = (bytes.len() - 32) / (4096 + 24);
    assert!(frames > 4);
    for offset in [16, 32 + 24 + 1000, 32 + 20, 32 + (4096 + 24) + 200] {
        let damaged = Place::new();
        std::fs::copy(crashed.path("log.db"), damaged.path("log.db")).expect("copied");
        let mut changed = bytes.clone();
        changed[offset] ^= 1;
        std::fs::File::create(damaged.path("log.db-wal"))
            .and_then(|mut f| f.write_all(&changed))
            .expect("written");
        let before = damaged.bytes();
        let error = damaged.read().expect_err("refused");
        assert!(matches!(error, LogError::Corrupt { .. }), "{offset}: {error}");
        assert!(damaged.bytes() == before, "{offset}: left alone");
    }
}

#[test]
fn a_row_that_was_changed_is_refused_and_left_alone() {
    for sql in [
        "UPDATE entries SET changes = replace(changes, 'node', 'mode') WHERE position = 3",
        "UPDATE entries SET at = at + 1 WHERE position = 3",
        "UPDATE entries SET crc = crc + 1 WHERE position = 3",
        "DELETE FROM entries WHERE position = 3",
        "DELETE FROM meta WHERE key = 'epoch'",
        "UPDATE meta SET value = 'zz' WHERE key = 'secret'",
        "UPDATE meta SET value = '0' WHERE key = 'format'",
        "PRAGMA application_id = 1",
    ] {
        let place = Place::new();
        place.fill(1..=5);
        place.sqlite(sql);
        let before = place.bytes();
        let error = place.read().expect_err(sql);
        assert!(matches!(error, LogError::Corrupt { .. }), "{sql}: {error}");
        assert!(place.bytes() == before, "{sql}: left alone");
    }
}

#[test]
fn a_later_format_is_refused_and_left_alone() {
    let place = Place::new();
    place.fill(1..=5);
    place.sqlite("UPDATE meta SET value = '2' WHERE key = 'format'");
    let before = place.bytes();
    let error = place.read().expect_err("refused");
    assert!(matches!(error, LogError::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(place.bytes() == before, "left alone");
}

#[test]
fn files_that_are_no_log_are_refused_and_left_alone() {
    let place = Place::new();
    std::fs::write(place.path("log.db"), b"not a database, but long enough to be taken for one".repeat(40))
        .expect("written");
    let before = place.bytes();
    assert!(matches!(place.read(), Err(LogError::Corrupt { .. })));
    assert!(place.bytes() == before, "left alone");

    let place = Place::new();
    std::fs::write(place.path("log.db-wal"), b"somebody has lost the database").expect("written");
    assert!(matches!(place.read(), Err(LogError::Corrupt { .. })));
    assert!(place.path("log.db-wal").exists());
}

#[test]
fn a_creation_that_was_cut_off_is_done_again() {
    let place = Place::new();
    std::fs::write(place.path("log.db.new"), b"half").expect("written");
    assert_eq!(place.read().expect("made").0, []);
    assert!(!place.path("log.db.new").exists());
}
