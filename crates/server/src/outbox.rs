//! What waits to be sent to one session.
//!
//! The hub and the session's own stream put things in; the session's transport takes them out in batches. Putting
//! something in never waits: an outbox that would exceed its limit ends its session instead, so that a reader that is
//! too slow costs nobody else anything. Empty outboxes hold no buffer for long ([`Outbox::release_spare`]).

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use notifier::{Addressed, SessionId};
use parking_lot::Mutex;
use xmpp::{FullJid, SharedStanza, StanzaError, StreamCondition, StreamError};

/// Deliveries that leave in one write at most.
pub const BATCH_MAX: usize = 64;

/// Bytes that leave in one batch, unless its first element alone is larger.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;

/// Counted for each entry on top of its bytes, so that the limit also bounds the number of entries.
const ENTRY_OVERHEAD_BYTES: usize = 64;

/// One thing that waits.
#[derive(Debug)]
pub enum Outgoing {
    /// One stand-alone element.
    Frame(String),
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
    /// The stream is to end. Nothing follows.
    End(Box<StreamError>),
}

impl Outgoing {
    fn cost(&self) -> usize {
        ENTRY_OVERHEAD_BYTES
            + match self {
                Outgoing::Frame(element) => element.len(),
                Outgoing::Shared { stanza, .. } => stanza.tail().len(),
                Outgoing::Bound { .. } | Outgoing::BindRefused(_) | Outgoing::End(_) => 0,
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
    pub fn push(&self, entry: Outgoing) {
        let mut state = self.state.lock();
        if state.stage != Stage::Open {
            return;
        }
        let mut cost = entry.cost();
        let mut entry = entry;
        let mut dropped = VecDeque::new();
        if state.bytes + cost > self.bytes_max && !matches!(entry, Outgoing::End(_)) {
            // Whoever does not keep up is not made to read it all before learning of the end.
            dropped = mem::take(&mut state.queue);
            entry = Outgoing::End(Box::new(too_slow()));
            cost = entry.cost();
            state.bytes = 0;
        }
        if let Outgoing::End(_) = entry {
            state.stage = Stage::Ending;
        } else if state.is_blocked {
            state.add(entry, cost);
            return;
        }
        state.add(entry, cost);
        let waker = state.waker.take();
        drop(state);
        drop(dropped);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Lets nothing more in. What is in there still leaves.
    pub fn close(&self) {
        let mut state = self.state.lock();
        if state.stage == Stage::Open {
            state.stage = Stage::Closed;
        }
    }

    /// Lets nothing more in and forgets what is in there: the stream has said its last word.
    pub fn discard(&self) {
        let mut state = self.state.lock();
        state.stage = Stage::Closed;
        state.bytes = 0;
        let discarded = mem::take(&mut state.queue);
        drop(state);
        drop(discarded);
    }

    /// Moves the next entries to `batch`; when these are the last, arranges for `waker` to be woken by the next one.
    ///
    /// At most [`BATCH_MAX`] entries and, but for a single larger one, [`BATCH_BYTES_MAX`] bytes. True if these are the
    /// last.
    pub fn take(&self, batch: &mut Vec<Outgoing>, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        state.is_blocked = false;
        let mut bytes = 0;
        while batch.len() < BATCH_MAX {
            let Some(entry) = state.queue.front() else { break };
            let cost = entry.cost();
            if bytes > 0 && bytes + cost > BATCH_BYTES_MAX {
                break;
            }
            bytes += cost;
            batch.extend(state.queue.pop_front());
        }
        state.bytes -= bytes;
        let are_last = state.queue.is_empty();
        if are_last {
            state.park(waker);
        }
        are_last
    }

    /// Arranges for `waker` to be woken when the session has to end, because the transport can't write anyway.
    ///
    /// True if it has to end already.
    pub fn wait_for_end(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        state.is_blocked = true;
        state.park(waker);
        state.stage == Stage::Ending
    }

    /// Gives back what the empty queue holds. Called now and then on idle sessions.
    pub fn release_spare(&self) {
        let mut state = self.state.lock();
        if state.queue.is_empty() {
            state.queue = VecDeque::new();
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
