//! What faults on demand do to what a session is sent: it comes late, or twice, or not at all because the connection is
//! lost.
//!
//! What is held back stays in the outbox, under the outbox's limit, and in its order: what comes behind an event that is
//! late waits for it. Only a mailbox can have a gate, so an ordinary outbox is not asked about it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use contact::UserId;

use super::mailbox::{Mailbox, wake};
use super::{Attachment, BATCH_BYTES_MAX, BATCH_MAX, Outbox, Outgoing, Stage, State, Taken};
use crate::faults::{Fault, Faults, Kind};

/// How a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It is closed, and nothing is said before.
    Close,
    /// It is reset.
    Reset,
}

/// Where a session's events are held up.
#[derive(Debug)]
pub(super) struct Gate {
    faults: Arc<Faults>,
    user: UserId,
    /// When the first entries of the queue may leave, one by one. Those behind them have not been looked at.
    due: VecDeque<Instant>,
    /// When the connection is woken to look again.
    alarm_at: Option<Instant>,
}

impl Gate {
    /// Decides when what has come since the last look may leave.
    fn look(&mut self, queue: &VecDeque<Outgoing>, now: Instant) {
        self.due.truncate(queue.len());
        for entry in queue.iter().skip(self.due.len()) {
            let before = self.due.back().copied().unwrap_or(now);
            let delay = if let Outgoing::Shared { .. } = entry { self.delay() } else { None };
            self.due.push_back(delay.map_or(before, |delay| before.max(now + delay)));
        }
    }

    fn delay(&self) -> Option<std::time::Duration> {
        self.faults.strike(Kind::DelayEvents, |fault| match fault {
            Fault::DelayEvents { user, delay } if *user == self.user => Some(*delay),
            _ => None,
        })
    }

    fn doubles(&self) -> bool {
        let strikes = self.faults.strike(Kind::DuplicateEvents, |fault| match fault {
            Fault::DuplicateEvents { user } if *user == self.user => Some(()),
            _ => None,
        });
        strikes.is_some()
    }

    /// Whether something may still be held up here.
    fn is_of_use(&self) -> bool {
        strikes(&self.faults, &self.user)
    }

    fn wake_at(&mut self, due: Instant, now: Instant, waker: &Waker) {
        if self.alarm_at.is_some_and(|at| now < at && at <= due) {
            return;
        }
        // Connections are tasks; without a runtime there is nobody to wake.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.alarm_at = Some(due);
            let waker = waker.clone();
            runtime.spawn(async move {
                tokio::time::sleep_until(due.into()).await;
                waker.wake();
            });
        }
    }
}

/// Whether faults are active that hold up or double this user's events.
fn strikes(faults: &Faults, user: &UserId) -> bool {
    let is_mine = |fault: &Fault| match fault {
        Fault::DelayEvents { user: other, .. } | Fault::DuplicateEvents { user: other } => other == user,
        _ => false,
    };
    faults.any(Kind::DelayEvents, is_mine) || faults.any(Kind::DuplicateEvents, is_mine)
}

impl Outbox {
    /// Holds up this user's events as far as there are faults that want it.
    pub(crate) fn open_gate(&self, faults: &Arc<Faults>, user: &UserId) {
        if !strikes(faults, user) {
            return;
        }
        let mut state = self.state.lock();
        let mailbox = state.mailbox.get_or_insert_with(|| Box::new(Mailbox::new()));
        if mailbox.gate.is_none() {
            let (faults, user) = (Arc::clone(faults), user.clone());
            mailbox.gate = Some(Gate { faults, user, due: VecDeque::new(), alarm_at: None });
        }
    }

    /// Lets out what is held up, if no active fault wants it any more.
    pub(crate) fn let_out(&self) {
        let mut state = self.state.lock();
        let gate = state.mailbox.as_mut().and_then(|mailbox| mailbox.gate.as_mut());
        let Some(gate) = gate.filter(|gate| !gate.is_of_use()) else { return };
        gate.due.iter_mut().for_each(|due| *due = Instant::now());
        if !state.is_blocked {
            wake(state);
        }
    }

    /// Loses the connection. The session stays if it can be resumed.
    pub(crate) fn cut(&self, how: Cut) {
        let mut state = self.state.lock();
        state.mailbox.get_or_insert_with(|| Box::new(Mailbox::new())).cut = Some(how);
        wake(state);
    }

    /// Bytes that wait, each entry counted with 64 on top.
    pub fn waiting_bytes(&self) -> usize {
        self.state.lock().bytes
    }
}

impl Attachment {
    /// Whether the connection is to be lost, once.
    pub(crate) fn take_cut(&self) -> Option<Cut> {
        let mut state = self.outbox().state.lock();
        state.mailbox.as_mut().filter(|mailbox| mailbox.is_at(self.number()))?.cut.take()
    }
}

impl State {
    /// As [`Attachment::take`], if there is a gate; none if there is not.
    pub(super) fn take_through_gate(&mut self, batch: &mut Vec<Outgoing>, waker: &Waker) -> Option<Taken> {
        let mailbox = self.mailbox.as_deref_mut()?;
        let mut gate = mailbox.gate.take()?;
        if self.stage != Stage::Open {
            // The end does not wait.
            return None;
        }
        let now = Instant::now();
        gate.look(&self.queue, now);
        let (mut bytes, mut stanzas) = (0, 0);
        // An event that goes twice takes two places.
        while batch.len() < BATCH_MAX - 1 && bytes < BATCH_BYTES_MAX {
            if gate.due.front().is_none_or(|due| now < *due) {
                break;
            }
            let Some(entry) = self.queue.pop_front() else { break };
            gate.due.pop_front();
            let cost = entry.cost();
            bytes += cost;
            stanzas += mailbox.count(&entry, cost);
            let again = match &entry {
                Outgoing::Shared { .. } if gate.doubles() => entry.copy(),
                _ => None,
            };
            batch.push(entry);
            if let Some(again) = again {
                stanzas += mailbox.count(&again, cost);
                batch.push(again);
            }
        }
        self.bytes -= bytes;
        let next = gate.due.front().copied();
        if next.is_none() {
            mailbox.caught_up();
        }
        if let Some(next) = next.filter(|next| now < *next) {
            gate.wake_at(next, now, waker);
        }
        let is_emptied = next.is_none_or(|next| now < next);
        if next.is_some() || gate.is_of_use() {
            mailbox.gate = Some(gate);
        }
        if is_emptied {
            self.park(waker);
        }
        Some(Taken { is_emptied, stanzas })
    }
}

#[cfg(test)]
mod tests;
