//! What the server reads from files and providers: its log, its configuration, lists of users, sets of keys.

use std::collections::BTreeSet;
use std::io::Read;

use contact::Timestamp;
use notifier::{Change, Entry, Notifier, Output, Position, Publisher, TokenHash};
use server::administration::csv;
use server::config::Config;
use server::events::{BodyLimits, Form};
use server::log::{decode_changes, inspect};
use server::pair::Message;
use server::tokens::KeySet;

/// Fuzz entry: changes that can be read are the same after they were written again, and whatever they say, a
/// notifier takes them in, and what it makes of them can be taken in as well.
pub fn log_record(data: &[u8]) {
    let Ok(changes) = decode_changes(data) else { return };
    let written = serde_json::to_vec(&changes).expect("what was read can be written");
    assert_eq!(decode_changes(&written).expect("and read again"), changes);

    let entry = |changes| Entry { position: Position(1), at: Timestamp(0), changes };
    let mut first = notifier();
    first.restore(&entry(changes));
    let snapshot = first.snapshot().expect("nothing waits");
    let mut second = notifier();
    second.restore(&entry(snapshot.clone()));
    assert_eq!(
        second.snapshot().expect("nothing waits"),
        snapshot,
        "a snapshot rebuilds what it was taken of"
    );
}

fn notifier() -> Notifier {
    Notifier::new(notifier::Config::new("localhost", "00000000-0000-4000-8000-000000000000"))
}

/// Fuzz entry: bytes of an identity provider are a set of keys or are refused with a sentence.
pub fn jwks(data: &[u8]) {
    if let Err(error) = KeySet::parse(data) {
        assert!(!error.to_string().is_empty());
    }
}

/// Fuzz entry: a body with events from outside is refused with a sentence, or each of its events is, or it is one that a
/// notifier takes or refuses; and what was written twice is the same event. The first byte says in which form.
pub fn events(data: &[u8]) {
    let Some((form, body)) = data.split_first() else { return };
    let form = if *form == b'l' { Form::Lines } else { Form::Json };
    let limits = BodyLimits { events_max: 20, payload_bytes_max: 1000 };
    let read = match server::events::read(body, form, &limits) {
        Ok(read) => read,
        Err(refusal) => return assert!([400, 413].contains(&refusal.status) && !refusal.message.is_empty()),
    };
    assert_eq!(read.ids.len(), read.events.len());
    assert!(read.events.len() <= limits.events_max && (!read.is_single || read.events.len() == 1));
    let events: Vec<_> = read.events.into_iter().flatten().collect();
    let token = TokenHash::new([0; 32]);
    let publisher = Publisher {
        name: "pbx".into(),
        token: token.clone(),
        nodes: vec!["/".into(), "n".into()],
        access_model: None,
        expires: None,
        added: Timestamp(0),
    };
    let mut notifier = notifier();
    let changes = vec![Change::PublisherAdded { publisher }];
    notifier.restore(&Entry { position: Position(1), at: Timestamp(0), changes });
    let mut publish = || notifier.publish_from_outside("pbx", &token, events.clone(), Timestamp(0));
    let first = publish().expect("the publisher is known");
    let second = publish().expect("the publisher is known");
    for (first, second) in first.into_iter().zip(second) {
        match (first, second) {
            (Ok(first), Ok(second)) => {
                assert!(second.is_repeated && second.position == first.position);
                assert_eq!(second.offset, first.offset);
            }
            // Perhaps for another reason: its id may have been a later event's.
            (Err(_), Err(_)) => {}
            (first, second) => panic!("{first:?}, then {second:?}"),
        }
    }
    while let Some(output) = notifier.poll_output() {
        if let Output::Append(entry) = output {
            let text = serde_json::to_vec(&entry.changes).expect("what was decided can be written");
            assert_eq!(decode_changes(&text).expect("and read again"), entry.changes);
        }
    }
}

/// Fuzz entry: what the other server of a pair sends is refused with a sentence, or is the same after it was written again. The
/// first byte says what it is.
pub fn peer(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let message = match kind {
        b's' => Message::Status,
        b'p' => Message::Part,
        b'h' => Message::Snapshot,
        _ => Message::Position,
    };
    match message.reread(bytes) {
        Ok(written) => assert_eq!(message.reread(&written).as_ref(), Ok(&written)),
        Err(sentence) => assert!(!sentence.is_empty()),
    }
}

/// Fuzz entry: a file is taken whole or refused line by line; no user is in it twice.
pub fn csv_import(data: &[u8]) {
    match csv::parse(data) {
        Ok(rows) => {
            let users: BTreeSet<_> = rows.iter().map(|row| row.person.id.clone()).collect();
            assert_eq!(users.len(), rows.len());
            assert!(rows.len() <= csv::ROWS_MAX);
            assert!(rows.windows(2).all(|pair| pair[0].line < pair[1].line));
            assert!(rows.iter().all(|row| !row.password.as_str().is_empty() && !row.person.roles.is_empty()));
        }
        Err(errors) => {
            assert!((1..=csv::ERRORS_MAX).contains(&errors.len()));
            assert!(errors.iter().all(|error| error.line >= 1 && !error.to_string().contains('\n')));
        }
    }
}

/// Fuzz entry: a configuration is good, or every mistake in it has a place and a line of its own.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::parse(text) {
        Ok(config) => assert!(config.https.is_some() || config.http.is_some()),
        Err(error) => {
            assert!(!error.problems.is_empty());
            let lines = text.lines().count().max(1) + 1;
            for problem in &error.problems {
                let sentence = problem.to_string();
                assert!(!sentence.contains('\n'), "{sentence:?}");
                if let Some(rest) = sentence.strip_prefix("offhook.toml:") {
                    let line: usize = rest.split(':').next().and_then(|n| n.parse().ok()).expect("a line");
                    assert!((1..=lines).contains(&line), "{sentence:?}");
                }
            }
        }
    }
}

/// Fuzz entry: what is found in a write-ahead log does not depend on how it is cut into reads.
pub fn wal(data: &[u8]) {
    let whole = inspect(data).expect("memory can be read");
    assert_eq!(inspect(ByteByByte(data)).expect("memory can be read"), whole);
}

struct ByteByByte<'a>(&'a [u8]);

impl Read for ByteByByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = buffer.len().min(1);
        self.0.read(&mut buffer[..some])
    }
}
