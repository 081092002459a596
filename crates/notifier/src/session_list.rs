//! The sessions as somebody sees them who runs the server, and their end by that person's wish.

use contact::Timestamp;
use xmpp::{FullJid, StreamError};

use crate::input::SessionId;
use crate::notifier::Notifier;

/// What is known of a session, whatever carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSession<'a> {
    /// Its name.
    pub id: SessionId,
    /// Its address.
    pub jid: &'a FullJid,
    /// When it last sent something else than a ping.
    pub last_active: Timestamp,
    /// It has sent presence and not taken it back.
    pub is_available: bool,
    /// It has no connection and waits to be resumed.
    pub is_waiting: bool,
}

impl Notifier {
    /// All bound sessions, in no particular order.
    pub fn sessions(&self) -> impl Iterator<Item = KnownSession<'_>> {
        self.sessions.iter().map(|(id, session)| KnownSession {
            id,
            jid: &session.jid,
            last_active: session.last_active,
            is_available: session.presence.is_some(),
            is_waiting: self.is_waiting(id),
        })
    }

    /// Ends sessions with a stream error, for good: they cannot be resumed. One that waits for its client ends without it.
    /// Returns how many there were.
    ///
    /// - `which`: says of each session whether it is to end.
    pub fn end_sessions(
        &mut self,
        which: impl Fn(&FullJid) -> bool,
        error: &StreamError,
        at: Timestamp,
    ) -> usize {
        self.now = at;
        let named: Vec<SessionId> =
            self.sessions.iter().filter(|(_, session)| which(&session.jid)).map(|(id, _)| id).collect();
        for &id in &named {
            self.end(id, error.clone());
        }
        named.len()
    }
}
