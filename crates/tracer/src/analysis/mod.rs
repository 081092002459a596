//! What a recording means: which lines there were, how far each came, and what is wrong with them.
//!
//! An [`Analysis`] hears a recording as it is read and keeps little of it: of each line its steps, the first and the last of what
//! happened, and the findings with their evidence. [`Analysis::finish`] makes a [`Story`](crate::story::Story) of it.

mod bosh;
mod failure;
mod line;
mod patterns;
mod requests;
mod secrets;
mod sightings;
mod upgrade;

pub(crate) use line::silence_in_words;
pub use line::{Step, Times, Told, TracedLine};
pub(crate) use sightings::in_words;
pub(crate) use upgrade::{judge as judge_upgrade, skew_in_words};

use crate::recording::{Author, Entry, Listener, Message, Moment};
use crate::story::{Connection, Outcome, Source, Story};
use crate::{Finding, Redactor};
use bosh::BoshLines;
use requests::Requests;
use secrets::Secrets;

/// An analysis that is being made.
#[derive(Default)]
pub struct Analysis {
    author: Author,
    entries: u64,
    /// The line whose messages are being told, before its entry is.
    current: Option<TracedLine>,
    connections: Vec<Connection>,
    /// Lines beyond those that are kept.
    left_off: u64,
    bosh: BoshLines,
    requests: Requests,
    secrets: Secrets,
    first: Option<Moment>,
    last: Option<Moment>,
}

impl Analysis {
    /// An analysis of a recording of which nothing has been heard.
    pub fn new() -> Analysis {
        Analysis::default()
    }

    /// What it all means.
    ///
    /// - `source`: what was read, and whether to its end.
    /// - `show_secrets`: whether passwords and tokens are left as they are.
    pub fn finish(mut self, source: Source, show_secrets: bool) -> Story {
        // Messages without an entry: the file broke off between them.
        if let Some(line) = self.current.take() {
            let number = self.entries + 1;
            self.keep(Connection::websocket(number, Entry::default(), Some(line)));
        }
        for (number, entry, line) in self.bosh.finish() {
            self.keep(Connection::bosh(number, entry, line));
        }
        self.connections.sort_by_key(Connection::started);
        patterns::note_replaced(&mut self.connections);
        for connection in &mut self.connections {
            if let Some(stage) = self.requests.stage_of_host(connection.url()) {
                connection.not_even_reached(stage);
            }
            connection.judge();
        }
        let redactor = match show_secrets {
            true => Redactor::default(),
            false => self.secrets.redactor(),
        };
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.requests.findings(&self.connections));
        findings.extend(patterns::findings(&self.connections));
        let outcome = Outcome::of(&self.connections, &findings);
        Story {
            source,
            author: self.author,
            began: self.first,
            ended: self.last,
            connections: self.connections,
            connections_left_off: self.left_off,
            requests: self.requests.summary(),
            findings,
            outcome,
            redactor,
        }
    }

    fn keep(&mut self, connection: Connection) {
        if self.connections.len() < CONNECTIONS_MAX {
            self.connections.push(connection);
        } else {
            self.left_off += 1;
        }
    }

    fn see(&mut self, at: Option<Moment>) {
        let Some(at) = at else { return };
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }
}

impl Listener for Analysis {
    fn author(&mut self, author: Author) {
        self.author = author;
    }

    fn message(&mut self, message: Message<'_>) {
        self.see(message.at);
        self.secrets.look_at_frame(message.data);
        self.current.get_or_insert_default().hear(&message);
    }

    fn entry(&mut self, entry: Entry) {
        self.entries += 1;
        let number = self.entries;
        self.see(entry.started);
        self.see(entry.ended());
        self.secrets.look_at_entry(&entry);
        let line = self.current.take();
        if entry.is_websocket || line.is_some() {
            self.keep(Connection::websocket(number, entry, line));
        } else if bosh::is_bosh(&entry) {
            self.bosh.hear(number, entry);
        } else {
            self.requests.hear(number, &entry);
        }
    }
}

/// Lines that are kept one by one.
const CONNECTIONS_MAX: usize = 1_000;

#[cfg(test)]
mod tests;
