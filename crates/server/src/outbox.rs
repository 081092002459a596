//! What waits to be sent to one session.
//!
//! The hub and the session's own stream put things in; the session's transport takes them out in batches. Putting
//! something in never waits: an outbox that would exceed its limit ends its session instead, so that a reader that is
//! too slow costs nobody else anything. Empty outboxes hold no buffer for long ([`Outbox::release_spare`]).
//!
//! With stream management it is also the session's mailbox ([`mailbox`]): it outlives the connection, and a connection
//! works on it through its [`Attachment`], which stops working when the next one has taken over.

mod attachment;
mod gate;
mod inactive;
mod mailbox;

pub use attachment::{Attachment, Taken};
pub use gate::Cut;
pub use mailbox::{Detached, MailboxLimits, Saved, SavedEntry};

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use notifier::{Addressed, SessionId};
use parking_lot::Mutex;
use xmpp::stream::{HandledCountTooHigh, Resumption};
use xmpp::{FullJid, SharedStanza, StanzaError, StreamCondition, StreamError};

use mailbox::Mailbox;

/// Deliveries that leave in one write at most.
pub const BATCH_MAX: usize = 64;

/// Bytes that leave in one batch, unless its first element alone is larger.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;

/// Counted for each entry on top of its bytes, so that the limit also bounds the number of entries.
const ENTRY_OVERHEAD_BYTES: usize = 64;

/// One thing that waits.
#[derive(Debug)]
pub enum Outgoing {
    /// One stand-alone element of the stream itself; not a stanza of a managed stream, which would be counted.
    Frame(Box<str>),
    /// One stanza for this session alone.
    Stanza(String),
    /// One event that many sessions get; the session adds its own address.
    Shared {
        /// The event, encoded once.
        stanza: Arc<SharedStanza>,
        /// Which of the session's addresses it is for.
        to: Addressed,
    },
    /// The resource has been bound.
    Bound {
        /// The hub's name for the session, which goes with everything the session sends from now on.
        session: SessionId,
        /// The session's address.
        jid: Box<FullJid>,
    },
    /// The resource has not been bound.
    BindRefused(Box<StanzaError>),
    /// The stream is managed: stanzas that follow are counted.
    Enabled(Option<Box<Resumption>>),
    /// The session that the client asked for goes on here, with the mailbox it has had.
    Resumed(Box<Resumed>),
    /// The session that the client asked for is not there.
    ResumeFailed {
        /// How many of its stanzas had been handled, if that is known.
        handled: Option<u32>,
    },
    /// The client asked for a session with a counter that cannot be.
    CountTooHigh(HandledCountTooHigh),
    /// The connection is to be lost, without a word; the session may be resumed. Nothing follows.
    Cut(Cut),
    /// The connection is to end; the session may be resumed. Nothing follows.
    Interrupt(Box<StreamError>),
    /// The stream is to end. Nothing follows.
    End(Box<StreamError>),
}

/// A session that goes on with a new connection.
#[derive(Debug)]
pub struct Resumed {
    /// The connection's hold on the session's mailbox.
    pub attachment: Attachment,
    /// The hub's name for the session.
    pub session: SessionId,
    /// The session's address.
    pub jid: FullJid,
    /// The id the client asked with.
    pub previd: String,
    /// How many stanzas of the client have been handled.
    pub handled: u32,
}

/// What adding an entry has led to, besides that it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The client reads too slowly: its stream ends, and the session with it.
    Ended,
    /// The client reads too slowly: its stream ends, and the session can be resumed.
    Interrupted,
    /// Too much is not acknowledged: the session goes on, but can't be resumed any more.
    ResumabilityLost,
    /// Too much waits for a session without a connection: it is over, and the hub has to end it.
    SessionOver,
    /// Nobody looks at the client, so only the last notification of each node waits.
    Coalesced {
        /// How many were dropped.
        dropped: usize,
    },
}

impl Outgoing {
    fn is_stanza(&self) -> bool {
        matches!(self, Outgoing::Stanza(_) | Outgoing::Shared { .. })
    }

    fn cost(&self) -> usize {
        ENTRY_OVERHEAD_BYTES
            + match self {
                Outgoing::Frame(element) => element.len(),
                Outgoing::Stanza(element) => element.len(),
                Outgoing::Shared { stanza, .. } => stanza.tail().len(),
                Outgoing::Bound { .. }
                | Outgoing::BindRefused(_)
                | Outgoing::Enabled(_)
                | Outgoing::Resumed(_)
                | Outgoing::ResumeFailed { .. }
                | Outgoing::CountTooHigh(_)
                | Outgoing::Cut(_)
                | Outgoing::Interrupt(_)
                | Outgoing::End(_) => 0,
            }
    }
}

/// The queue of one session. Shared by the session's transport and whoever sends to the session.
#[derive(Debug)]
pub struct Outbox {
    state: Mutex<State>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Outgoing>,
    bytes: usize,
    waker: Option<Waker>,
    /// The transport can't write just now: it is woken for the end only.
    is_blocked: bool,
    stage: Stage,
    session: Option<SessionId>,
    /// Stream management, client state and faults; none until somebody asks for one of them.
    mailbox: Option<Box<Mailbox>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// What is in the queue still leaves, nothing more goes in.
    Closed,
    /// As `Closed`, and the last entry is an [`Outgoing::End`].
    Ending,
}

impl Outbox {
    /// Creates an empty outbox.
    ///
    /// - `bytes_max`: what may wait, each entry counted with 64 bytes on top. One entry more ends the session with
    ///   `resource-constraint`.
    pub fn new(bytes_max: usize) -> Outbox {
        Outbox { state: Mutex::default(), bytes_max }
    }

    /// Adds an entry, or ends the session if there is no room for it. Dropped without a word if the session is ending
    /// already.
    ///
    /// A session that can be resumed loses its connection only; see [`MailboxLimits`] for where that ends.
    pub fn push(&self, entry: Outgoing) -> Option<Consequence> {
        let mut state = self.state.lock();
        if state.stage != Stage::Open {
            return None;
        }
        if state.mailbox.is_some() {
            return self.push_to_mailbox(state, entry);
        }
        let mut cost = entry.cost();
        let mut entry = entry;
        let mut dropped = VecDeque::new();
        let mut consequence = None;
        if state.bytes + cost > self.bytes_max && !matches!(entry, Outgoing::End(_)) {
            // Whoever does not keep up is not made to read it all before learning of the end.
            dropped = mem::take(&mut state.queue);
            entry = Outgoing::End(Box::new(too_slow()));
            cost = entry.cost();
            state.bytes = 0;
            consequence = Some(Consequence::Ended);
        }
        if let Outgoing::End(_) = entry {
            state.stage = Stage::Ending;
        } else if state.is_blocked {
            state.add(entry, cost);
            return None;
        }
        state.add(entry, cost);
        let waker = state.waker.take();
        drop(state);
        drop(dropped);
        if let Some(waker) = waker {
            waker.wake();
        }
        consequence
    }

    /// Gives back what the empty queue holds. Called now and then on idle sessions.
    pub fn release_spare(&self) {
        let mut state = self.state.lock();
        if state.queue.is_empty() {
            state.queue = VecDeque::new();
        }
        if let Some(mailbox) = &mut state.mailbox {
            mailbox.release_spare();
        }
    }

    /// The hub's name for the session, as soon as it has one.
    pub fn session(&self) -> Option<SessionId> {
        self.state.lock().session
    }

    /// Notes the hub's name for the session.
    pub(crate) fn set_session(&self, session: Option<SessionId>) {
        self.state.lock().session = session;
    }
}

impl State {
    fn add(&mut self, entry: Outgoing, cost: usize) {
        self.bytes += cost;
        self.queue.push_back(entry);
    }

    fn park(&mut self, waker: &Waker) {
        match &self.waker {
            Some(old) if old.will_wake(waker) => {}
            _ => self.waker = Some(waker.clone()),
        }
    }
}

fn too_slow() -> StreamError {
    StreamError::new(
        StreamCondition::ResourceConstraint,
        "too much was waiting for this session: it reads more slowly than it is sent to",
    )
}

#[cfg(test)]
mod tests;
