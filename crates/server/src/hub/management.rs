//! The hub's part of stream management (XEP-0198): sessions that wait for their client, and those that go on with a new
//! connection.
//!
//! Who may have which session, and until when, is the notifier's to say; here its answers meet the mailboxes.

use std::sync::Arc;
use std::time::Duration;

use contact::Timestamp;
use notifier::{Input, Position, SessionId, SuspendedSession, Undelivered};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use xmpp::stream::{Nonza, Resumption};
use xmpp::{BareJid, StreamError};

use super::HubTask;
use super::handle::Sender;
use crate::metrics::{Limit, Metrics};
use crate::outbox::{Consequence, Detached, MailboxLimits, Outbox, Outgoing, Resumed, Saved};

/// What the hub needs to know of stream management.
#[derive(Debug, Default)]
pub struct Management {
    /// What a session that can be resumed may hold.
    pub limits: MailboxLimits,
    /// `limits.outbox_bytes_max`, for outboxes that are made here.
    pub outbox_bytes_max: usize,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Sessions of the last process that go on here.
    pub suspended: Vec<SavedSession>,
    /// Sessions of the last process that can't go on: their clients may only ask what was handled.
    pub lost: Vec<SuspendedSession>,
}

/// What a process leaves to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// The newest entry of the log. What comes later these sessions have not heard of.
    pub position: Position,
    /// The sessions that can be resumed.
    pub sessions: Vec<SavedSession>,
}

/// A session as one process leaves it to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSession {
    /// What the notifier knows.
    pub session: SuspendedSession,
    /// What the client has not acknowledged.
    pub mailbox: Saved,
}

impl HubTask {
    /// Enables stream management; the answer takes its place among what the session is sent.
    pub(super) fn enable(&mut self, from: Sender, resume: bool, max: Option<u32>) {
        let Some(outbox) = self.current(from) else { return };
        let resumption = resume
            .then(|| {
                let id = random_id();
                let max = max.map(|seconds| Duration::from_secs(seconds.into()));
                let wait = self.notifier.make_resumable(from.session, &id, max)?;
                let max = Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX));
                Some(Box::new(Resumption { id, max }))
            })
            .flatten();
        outbox.manage(self.management.limits, Outgoing::Enabled(resumption));
    }

    /// Counts a stanza of a managed stream. False if it comes from a connection that the client has left behind: it was
    /// told that the stanza has not been handled and sends it again.
    pub(super) fn counts(&mut self, from: Sender, received: u32) -> bool {
        let is_current = self.current(from).is_some();
        if is_current {
            self.notifier.count_handled(from.session, received);
        }
        is_current
    }

    pub(super) fn answered(&mut self, from: Sender, reply: Option<String>, received: u32) {
        if self.counts(from, received)
            && let Some(reply) = reply
        {
            self.send(from.session, Outgoing::Stanza(reply));
            self.execute();
        }
    }

    pub(super) fn answer_requested(&mut self, from: Sender, received: u32) {
        if self.current(from).is_some() {
            self.notifier.answer_handled(from.session, from.attachment, received);
            self.execute();
        }
    }

    /// Tells the connection that asked; one that came later has been told more already.
    pub(super) fn say_handled(&mut self, session: SessionId, attachment: u32, received: u32) {
        if let Some(outbox) = self.current(Sender { session, attachment }) {
            let _ = outbox.push(Outgoing::Frame(Nonza::Answer { h: received }.to_element().to_xml().into()));
        }
    }

    /// Looks for the session that a client wants to go on with, and gives its mailbox to the new connection.
    pub(super) fn resume(&mut self, asking: &Arc<Outbox>, user: &BareJid, previd: String, h: u32) {
        let metrics = Arc::clone(&self.management.metrics);
        let found = match self.notifier.find_resumable(user, &previd) {
            Ok(found) => found,
            Err(gone) => {
                metrics.resumes_failed.add();
                let _ = asking.push(Outgoing::ResumeFailed { handled: gone.handled });
                return;
            }
        };
        let Some(mailbox) = self.slots.outbox(found.session).cloned() else {
            let _ = asking.push(Outgoing::ResumeFailed { handled: Some(found.handled) });
            return;
        };
        match mailbox.attach(h) {
            Ok(attachment) => {
                metrics.sessions_resumed.add();
                self.notifier.resumed(found.session);
                self.count_waiting();
                // Until the connection has taken it, this is how its end is known to be the session's.
                asking.set_resuming(attachment.clone());
                let resumed = Resumed {
                    attachment,
                    session: found.session,
                    jid: found.jid,
                    previd,
                    handled: found.handled,
                };
                let _ = asking.push(Outgoing::Resumed(Box::new(resumed)));
            }
            Err(wrong) => {
                tracing::info!(%user, h = wrong.h, sent = wrong.sent, "resume refused: counter too high");
                let _ = asking.push(Outgoing::CountTooHigh(wrong));
            }
        }
    }

    /// A connection is gone.
    pub(super) fn connection_ended(
        &mut self,
        outbox: &Arc<Outbox>,
        attachment: u32,
        is_over: bool,
        at: Timestamp,
    ) {
        if let Some(resuming) = outbox.take_resuming() {
            // It was to go on with a session and has not heard of that.
            return self.connection_ended(resuming.outbox(), resuming.number(), false, at);
        }
        let Some(session) = outbox.session() else { return };
        if is_over {
            if !outbox.is_current(attachment) {
                return;
            }
        } else {
            match outbox.detach(attachment) {
                Detached::Replaced => return,
                Detached::CanBeResumed if self.notifier.detached(session, at) => {
                    self.management.metrics.sessions_detached.add();
                    self.count_waiting();
                    return self.execute();
                }
                Detached::CanBeResumed | Detached::Over => {}
            }
        }
        self.slots.release(outbox);
        self.notifier.handle(Input::Ended { session }, at);
        self.execute();
        if outbox.is_open() {
            self.leave_behind(outbox);
        }
    }

    /// The notifier has ended a session.
    pub(super) fn end_session(&mut self, session: SessionId, error: StreamError) {
        let Some(outbox) = self.slots.outbox(session).cloned() else { return };
        if outbox.is_attached() {
            let _ = outbox.push(Outgoing::End(Box::new(error)));
        } else {
            self.slots.release(&outbox);
            self.leave_behind(&outbox);
            self.count_waiting();
        }
    }

    /// A session has waited in vain.
    pub(super) fn expired(&mut self, session: SessionId) {
        if let Some(outbox) = self.slots.outbox(session).cloned() {
            self.management.metrics.sessions_expired.add();
            self.slots.release(&outbox);
            self.leave_behind(&outbox);
            self.count_waiting();
        }
    }

    /// Notes what adding to an outbox has led to.
    pub(super) fn note(&mut self, session: SessionId, consequence: Consequence) {
        let metrics = &self.management.metrics;
        if let Consequence::Ended | Consequence::Interrupted | Consequence::Coalesced { .. } = consequence {
            metrics.reached(Limit::OutboxBytes);
        }
        match consequence {
            Consequence::Ended => metrics.slow_readers_ended.add(),
            Consequence::Interrupted => metrics.slow_readers_interrupted.add(),
            Consequence::ResumabilityLost => {
                metrics.resumability_lost.add();
                self.notifier.make_unresumable(session);
            }
            Consequence::SessionOver => self.overflowed.push(session),
            Consequence::Coalesced { dropped } => {
                metrics.outboxes_coalesced.add();
                metrics.notifications_coalesced.add_many(dropped as u64);
            }
        }
    }

    /// Ends sessions without a connection for which too much waits.
    pub(super) fn end_overflowed(&mut self) {
        for session in std::mem::take(&mut self.overflowed) {
            self.management.metrics.sessions_overflowed.add();
            self.notifier.expire(session);
        }
    }

    /// When the notifier wants to be called.
    pub(super) fn timeout_at(&self) -> Option<Instant> {
        let at = self.notifier.next_timeout()?;
        let wait = u64::try_from(at.0.saturating_sub(super::now().0)).unwrap_or(0);
        Some(Instant::now() + Duration::from_millis(wait))
    }

    pub(super) fn timeout(&mut self, at: Timestamp) {
        self.notifier.handle_timeout(at);
        self.execute();
    }

    /// Goes on with the sessions of the last process.
    pub(super) fn restore_sessions(&mut self, at: Timestamp) {
        for lost in std::mem::take(&mut self.management.lost) {
            self.notifier.remember_suspended(&lost);
        }
        for SavedSession { session: suspended, mailbox } in std::mem::take(&mut self.management.suspended) {
            let Management { limits, outbox_bytes_max, .. } = self.management;
            let outbox = Arc::new(Outbox::restore(outbox_bytes_max, limits, mailbox));
            let session = self.slots.take(Arc::clone(&outbox));
            if self.notifier.unsuspend(session, &suspended, at) {
                self.management.metrics.sessions_restored.add();
            } else {
                self.slots.release(&outbox);
                self.notifier.remember_suspended(&suspended);
            }
        }
        self.execute();
        self.count_waiting();
    }

    /// The sessions that the next process can go on with.
    pub(super) fn save_sessions(&self) -> Left {
        let sessions: Vec<_> = self
            .slots
            .iter()
            .filter_map(|(session, outbox)| {
                Some(SavedSession { session: self.notifier.suspend(session)?, mailbox: outbox.save()? })
            })
            .collect();
        self.management.metrics.sessions_saved.add_many(sessions.len() as u64);
        Left { position: self.notifier.position(), sessions }
    }

    /// Deals with what the client of a session that is over has not acknowledged.
    fn leave_behind(&mut self, outbox: &Outbox) {
        let metrics = Arc::clone(&self.management.metrics);
        let at = super::now();
        for entry in outbox.take_all() {
            match entry {
                Outgoing::Shared { .. } => metrics.notifications_dropped.add(),
                Outgoing::Stanza(element) => match self.notifier.undelivered(&element, at) {
                    Undelivered::Rerouted => metrics.messages_rerouted.add(),
                    Undelivered::Answered => metrics.stanzas_answered.add(),
                    Undelivered::Dropped => metrics.stanzas_dropped.add(),
                },
                _ => {}
            }
        }
        self.execute();
    }

    /// The mailbox of a session, if this is the connection that has it.
    fn current(&self, from: Sender) -> Option<Arc<Outbox>> {
        self.slots.outbox(from.session).filter(|outbox| outbox.is_current(from.attachment)).cloned()
    }

    /// Shows what recovery by position has done.
    pub(super) fn count_recoveries(&self) {
        let counts = self.notifier.recovery_counts();
        let metrics = &self.management.metrics;
        metrics.history_events.set(counts.history_events as u64);
        metrics.history_bytes.set(counts.history_bytes as u64);
        metrics.history_events_forgotten.set(counts.history_events_forgotten);
        metrics.recoveries_complete.set(counts.nodes_complete);
        metrics.recoveries_continued.set(counts.nodes_more);
        metrics.recoveries_impossible.set(counts.nodes_not_recovered);
        metrics.recoveries_refused.set(counts.nodes_refused);
        metrics.events_recovered.set(counts.events_sent);
    }

    fn count_waiting(&self) {
        self.management.metrics.sessions_waiting.set(self.notifier.waiting_session_count() as u64);
    }
}

impl Default for MailboxLimits {
    fn default() -> MailboxLimits {
        MailboxLimits { stanzas_max: 10_000, bytes_max: 4 << 20 }
    }
}

/// 128 random bits.
fn random_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
