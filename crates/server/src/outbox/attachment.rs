//! A connection's hold on an outbox.
//!
//! Several connections may hold one mailbox, one after the other: the one that lost its client does not know it yet when
//! the client is back on another. Everything a connection does with the mailbox names its attachment, and what an earlier
//! one does has no effect. So there is no order of events in which it could.

use std::sync::Arc;
use std::task::Waker;

use xmpp::stream::{ClientState, HandledCountTooHigh};
use xmpp::{StreamCondition, StreamError};

use super::{BATCH_BYTES_MAX, BATCH_MAX, Outbox, Outgoing, Stage};

/// The right to take from an outbox, until the next connection has it.
#[derive(Clone, Debug)]
pub struct Attachment {
    outbox: Arc<Outbox>,
    number: u32,
}

/// What a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Nothing is left; the next entry wakes the connection.
    pub is_emptied: bool,
    /// How many counted stanzas are among what was taken.
    pub stanzas: u32,
}

impl Attachment {
    /// The first connection of a session that is yet to be.
    pub fn first(outbox: Arc<Outbox>) -> Attachment {
        Attachment { outbox, number: 0 }
    }

    pub(super) fn new(outbox: Arc<Outbox>, number: u32) -> Attachment {
        Attachment { outbox, number }
    }

    /// The outbox.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Which connection of the session this is.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Adds something that the stream itself says.
    pub fn push(&self, entry: Outgoing) {
        if self.outbox.is_current(self.number) {
            // What it leads to, an end, comes out of the outbox.
            let _ = self.outbox.push(entry);
        }
    }

    /// Moves the next entries to `batch`; when these are the last, arranges for `waker` to be woken by the next one.
    ///
    /// At most [`BATCH_MAX`] entries and, but for a single larger one, [`BATCH_BYTES_MAX`] bytes. Here the stanzas of a
    /// managed stream are counted, and kept until they are acknowledged.
    pub fn take(&self, batch: &mut Vec<Outgoing>, waker: &Waker) -> Taken {
        let mut state = self.outbox.state.lock();
        let state = &mut *state;
        state.is_blocked = false;
        if let Some(mailbox) = &mut state.mailbox {
            if !mailbox.is_at(self.number) {
                if mailbox.is_attached() {
                    batch.push(Outgoing::End(Box::new(replaced())));
                }
                return Taken { is_emptied: true, stanzas: 0 };
            }
            if let Some(how) = mailbox.cut.take() {
                batch.push(Outgoing::Cut(how));
                return Taken { is_emptied: true, stanzas: 0 };
            }
            if let Some(halted) = mailbox.halt(&mut state.queue, &mut state.bytes, batch) {
                return halted;
            }
            if let Some(taken) = state.take_through_gate(batch, waker) {
                return taken;
            }
        }
        let mut mailbox = state.mailbox.as_deref_mut();
        let (mut bytes, mut stanzas) = (0, 0);
        while batch.len() < BATCH_MAX {
            let Some(entry) = state.queue.front() else { break };
            let cost = entry.cost();
            if bytes > 0 && bytes + cost > BATCH_BYTES_MAX {
                break;
            }
            bytes += cost;
            if let Some(mailbox) = &mut mailbox {
                stanzas += mailbox.count(entry, cost);
            }
            batch.extend(state.queue.pop_front());
        }
        state.bytes -= bytes;
        let is_emptied = state.queue.is_empty();
        if is_emptied {
            if let Some(mailbox) = mailbox {
                mailbox.caught_up();
            }
            state.park(waker);
        }
        Taken { is_emptied, stanzas }
    }

    /// Arranges for `waker` to be woken when the connection has to end, because the transport can't write anyway.
    ///
    /// True if it has to end already.
    pub fn wait_for_end(&self, waker: &Waker) -> bool {
        let mut state = self.outbox.state.lock();
        if let Some(mailbox) = &state.mailbox
            && (!mailbox.is_at(self.number) || mailbox.is_interrupted())
        {
            return true;
        }
        state.is_blocked = true;
        state.park(waker);
        state.stage == Stage::Ending
    }

    /// Lets nothing more out but what the stream itself has said, or, if the session is not to be resumed, what is in
    /// there.
    pub fn close(&self, is_over: bool) {
        let mut state = self.outbox.state.lock();
        if let Some(mailbox) = &mut state.mailbox {
            if !mailbox.is_at(self.number) {
                return;
            }
            if mailbox.close(is_over) {
                return;
            }
        }
        if state.stage == Stage::Open {
            state.stage = Stage::Closed;
        }
    }

    /// The stream has said its last word: nothing more leaves. Forgets what is in there, unless the session may be
    /// resumed.
    pub fn discard(&self, is_over: bool) {
        let mut state = self.outbox.state.lock();
        if let Some(mailbox) = &mut state.mailbox {
            if !mailbox.is_at(self.number) {
                return;
            }
            if mailbox.silence(is_over) {
                return;
            }
        }
        state.stage = Stage::Closed;
        state.bytes = 0;
        let discarded = std::mem::take(&mut state.queue);
        drop(state);
        drop(discarded);
    }

    /// Forgets stanzas that the client has acknowledged. Returns how many are still to be acknowledged.
    ///
    /// # Errors
    ///
    /// [`HandledCountTooHigh`]: the client was never sent so many.
    pub fn acknowledge(&self, h: u32) -> Result<u32, HandledCountTooHigh> {
        let mut state = self.outbox.state.lock();
        match &mut state.mailbox {
            Some(mailbox) if mailbox.is_at(self.number) => mailbox.acknowledge(h),
            _ => Ok(0),
        }
    }

    /// Notes whether anybody looks at the client (XEP-0352).
    pub fn set_client_state(&self, client: ClientState) {
        if self.outbox.is_current(self.number) {
            self.outbox.set_client_state(client);
        }
    }

    /// Gives back what an empty queue holds. Called now and then on idle sessions.
    pub fn release_spare(&self) {
        self.outbox.release_spare();
    }
}

/// For the connection that a client has left behind (XEP-0198 §5).
fn replaced() -> StreamError {
    StreamError::new(StreamCondition::Conflict, "the session has been resumed on another connection")
}
