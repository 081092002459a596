//! A log that is copied: what its reader gives, and what becomes of a log that another one takes the place of.

use super::{
    Apart, Branch, Change, Entry, Log as _, LogEvent, LogMeta, LogReader, NotThere, Position, SqliteLog,
    adopt, open, write_apart,
};
use crate::config;
use crate::data_dir::DataDir;
use contact::Timestamp;
use std::sync::mpsc;

fn settings() -> config::Log {
    config::Log { keep_entries: 0, ..config::Config::default().log }
}

fn entry(position: u64) -> Entry {
    let changes = vec![Change::NodePurged { node: format!("/node/{position}") }];
    Entry { position: Position(position), at: Timestamp(1_700_000_000_000), changes }
}

/// Stands for everything up to `position`.
fn snapshot(position: u64) -> Entry {
    let ends = Change::SnapshotEnds { event_count: 0, offset_floor: 0 };
    Entry { changes: vec![Change::SnapshotBegins, ends], ..entry(position) }
}

struct Running {
    log: SqliteLog,
    events: mpsc::Receiver<LogEvent>,
    replayed: Vec<Entry>,
}

fn start(dir: &DataDir) -> Running {
    let (send, events) = mpsc::channel();
    let mut replayed = Vec::new();
    let opened = open(dir, &settings()).expect("opens");
    let on_event = Box::new(move |event| drop(send.send(event)));
    let (log, _) = opened.start(&mut |entry| replayed.push(entry), on_event).expect("starts");
    Running { log, events, replayed }
}

impl Running {
    fn append(&self, positions: std::ops::RangeInclusive<u64>) {
        let last = Position(*positions.end());
        positions.for_each(|position| self.log.append(entry(position)));
        loop {
            match self.events.recv().expect("the log works") {
                LogEvent::Appended { position } if position == last => return,
                LogEvent::Appended { .. } => {}
                LogEvent::AppendFailed { error, .. } => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_reader_gives_what_follows_or_says_that_it_is_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = DataDir::open(folder.path()).expect("free");
    let running = start(&dir);
    let reader = LogReader::new(&dir);
    let after = |position| reader.after(Position(position)).map(|batch| (batch.entries, batch.snapshot.0));
    assert_eq!(after(0).expect("nothing yet"), (Vec::new(), 0));
    assert_eq!(reader.snapshot().expect("none yet"), []);
    running.append(1..=3);
    assert_eq!(after(0).expect("all of it"), (vec![entry(1), entry(2), entry(3)], 0));
    assert_eq!(after(3).expect("nothing more"), (Vec::new(), 0));

    // With the next entry, those that the snapshot stands for go.
    running.log.snapshot(snapshot(3));
    running.append(4..=5);
    assert_eq!(after(3).expect("the rest"), (vec![entry(4), entry(5)], 3));
    for gone in [0, 2] {
        assert!(matches!(after(gone), Err(NotThere::Deleted)), "{gone}");
    }
    assert_eq!(reader.snapshot().expect("one part"), [snapshot(3)]);

    // A batch has an end, and an entry that is too long for one comes alone.
    running.append(6..=1_205);
    let (batch, _) = after(5).expect("a part of them");
    assert_eq!((batch.len(), batch.last().map(|entry| entry.position.0)), (1_000, Some(1_005)));
    let long = |position| Entry {
        changes: vec![Change::NodePurged { node: "x".repeat(3 << 20) }],
        ..entry(position)
    };
    running.log.append(long(1_206));
    running.log.append(long(1_207));
    running.append(1_208..=1_208);
    assert_eq!(after(1_205).expect("the first").0.len(), 1);
    assert_eq!(after(1_206).expect("the second and a short one").0.len(), 2);
}

#[test]
fn another_log_takes_the_place_of_the_own_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = DataDir::open(folder.path()).expect("free");
    for turn in 1..=2 {
        let running = start(&dir);
        running.append(running.replayed.last().map_or(1, |last| last.position.0 + 1)..=20);
        running.log.close();
        let meta = LogMeta {
            term: 7,
            epoch: format!("theirs-{turn}"),
            is_copy: true,
            is_partial: true,
            ..LogMeta::new()
        };
        adopt(&dir, &meta, vec![snapshot(9)], true).expect("takes its place");
        assert!(dir.join("log.db.superseded").exists());

        let mut opened = open(&dir, &settings()).expect("opens");
        assert_eq!((opened.meta(), opened.last_position().expect("readable")), (&meta, Position(9)));
        opened.become_copy(false).expect("it is whole");
        assert_eq!(opened.meta(), &LogMeta { is_partial: false, ..meta.clone() });
        // What was a copy becomes the log of a server that serves, which is another one.
        opened.begin_term(8).expect("begins");
        drop(opened);
        let opened = open(&dir, &settings()).expect("opens");
        assert_eq!((opened.meta().term, opened.meta().is_copy), (8, false));
        assert_ne!(opened.meta().epoch, meta.epoch);
        assert_eq!(opened.meta().secret, meta.secret);
        let parted = Branch { epoch: meta.epoch.clone(), position: Position(9) };
        assert_eq!(opened.meta().before, Some(parted));
        drop(opened);

        let running = start(&dir);
        assert_eq!(running.replayed, [snapshot(9)]);
        running.append(10..=11);
        running.log.close();
        assert_eq!(start(&dir).replayed, [snapshot(9), entry(10), entry(11)]);
    }
}

#[test]
fn without_a_snapshot_a_copy_begins_with_the_first_entry() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = DataDir::open(folder.path()).expect("free");
    adopt(&dir, &LogMeta::new(), Vec::new(), true).expect("nothing to set aside");
    assert!(!dir.join("log.db.superseded").exists());
    let running = start(&dir);
    assert_eq!(running.replayed, []);
    running.append(1..=1);
    // Of a server that was killed, the write-ahead log is set aside too.
    drop(running);
    std::fs::write(dir.join("log.db-wal"), b"left behind").expect("written");
    adopt(&dir, &LogMeta::new(), Vec::new(), true).expect("takes its place");
    assert!(dir.join("log.db.superseded-wal").exists());
    assert_eq!(start(&dir).replayed, []);
    // What is of no use takes the place of nothing.
    std::fs::write(dir.join("log.db.superseded"), b"of use").expect("written");
    adopt(&dir, &LogMeta::new(), vec![snapshot(4)], false).expect("takes its place");
    assert_eq!(std::fs::read(dir.join("log.db.superseded")).expect("it is there"), b"of use");
    assert_eq!(start(&dir).replayed, [snapshot(4)]);
}

#[test]
fn what_only_a_superseded_log_has_is_written_to_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = DataDir::open(folder.path()).expect("free");
    let running = start(&dir);
    running.append(1..=1_500);
    running.log.close();
    let meta = open(&dir, &settings()).expect("opens").meta().clone();
    let apart = |epoch: &str, position| {
        let before = Branch { epoch: epoch.into(), position: Position(position) };
        write_apart(&dir, &meta, Position(1_500), Some(&before)).expect("can be written")
    };
    assert_eq!(apart(&meta.epoch, 1_500), Apart::Nothing);
    assert_eq!(apart("another", 3), Apart::Unknown);
    assert_eq!(write_apart(&dir, &meta, Position(1_500), None).expect("readable"), Apart::Unknown);
    let Apart::Written(path, 1_497) = apart(&meta.epoch, 3) else { panic!("1,497 entries follow the third") };
    let text = std::fs::read_to_string(path).expect("it is there");
    let entries: Vec<Entry> =
        text.lines().map(|line| serde_json::from_str(line).expect("an entry")).collect();
    assert!(entries.iter().map(|entry| entry.position.0).eq(4..=1_500));
}
