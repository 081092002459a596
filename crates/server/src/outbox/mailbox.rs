//! What stream management adds to an outbox: it counts and keeps what has been sent, and it outlives its connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use notifier::Addressed;
use parking_lot::MutexGuard;
use serde::{Deserialize, Serialize};
use xmpp::stream::{HandledCountTooHigh, Unacknowledged};
use xmpp::{SharedStanza, StreamError};

use super::gate::{Cut, Gate};
use super::inactive::Held;
use super::{Attachment, Consequence, Outbox, Outgoing, Stage, State, Taken, too_slow};

/// What a session that can be resumed may hold, sent and not acknowledged or not sent at all.
///
/// One more: without a connection the session is over; with one it can't be resumed any more, and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxLimits {
    /// Stanzas.
    pub stanzas_max: usize,
    /// Bytes, each stanza counted with 64 on top.
    pub bytes_max: usize,
}

/// What became of a connection's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detached {
    /// Another connection has the mailbox: nothing happens.
    Replaced,
    /// The session waits to be resumed.
    CanBeResumed,
    /// It can't be.
    Over,
}

/// The special half of an outbox.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// Which connection has it, or had it last.
    attachment: u32,
    is_attached: bool,
    management: Management,
    limits: MailboxLimits,
    sent: Unacknowledged<Outgoing>,
    sent_bytes: usize,
    /// How many of those that wait, the first ones, an earlier connection was given. The client may have them: its
    /// requests to resume can arrive in another order than it made them.
    pub(super) again: usize,
    /// Why the connection has to end, until it knows.
    interruption: Option<Box<StreamError>>,
    leaving: Leaving,
    /// What waited when the session was resumed may wait on top of what an outbox may hold.
    allowance: usize,
    /// Presence that waits until somebody looks; none if somebody does.
    pub(super) held: Option<Held>,
    /// The connection asked to resume a session, and this is its hold on that session's mailbox, until it takes it.
    resuming: Option<Attachment>,
    /// Where faults hold events up; none if there are none.
    pub(super) gate: Option<Gate>,
    /// The connection is to be lost.
    pub(super) cut: Option<Cut>,
}

/// How far stream management is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Management {
    /// Not asked for.
    Off,
    /// `<enabled/>` is among what waits.
    Asked { can_resume: bool },
    /// `<enabled/>` has been sent.
    On { can_resume: bool },
}

/// What still leaves through the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    Everything,
    /// What the stream itself has said; stanzas stay for the next connection.
    Frames,
    Nothing,
}

impl Mailbox {
    pub(super) fn new() -> Mailbox {
        Mailbox {
            attachment: 0,
            is_attached: true,
            management: Management::Off,
            limits: MailboxLimits { stanzas_max: 0, bytes_max: 0 },
            sent: Unacknowledged::default(),
            sent_bytes: 0,
            again: 0,
            interruption: None,
            leaving: Leaving::Everything,
            allowance: 0,
            held: None,
            resuming: None,
            gate: None,
            cut: None,
        }
    }

    pub(super) fn is_at(&self, attachment: u32) -> bool {
        self.attachment == attachment
    }

    pub(super) fn is_attached(&self) -> bool {
        self.is_attached
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interruption.is_some() || self.cut.is_some()
    }

    /// Counts what is handed to the connection. Returns how many stanzas that is.
    pub(super) fn count(&mut self, entry: &Outgoing, cost: usize) -> u32 {
        match (&mut self.management, entry.copy()) {
            (Management::On { .. }, Some(copy)) => {
                self.sent.push(copy);
                self.again = self.again.saturating_sub(1);
                self.sent_bytes = match self.sent.is_empty() {
                    true => 0, // they are not kept any more
                    false => self.sent_bytes + cost,
                };
                1
            }
            (management @ Management::Asked { .. }, None) if matches!(entry, Outgoing::Enabled(_)) => {
                *management = Management::On { can_resume: management.can_resume() };
                0
            }
            _ => 0,
        }
    }

    /// If not everything may leave, moves to `batch` what may.
    pub(super) fn halt(
        &mut self,
        queue: &mut VecDeque<Outgoing>,
        bytes: &mut usize,
        batch: &mut Vec<Outgoing>,
    ) -> Option<Taken> {
        if let Some(error) = self.interruption.take() {
            self.leaving = Leaving::Nothing;
            batch.push(Outgoing::Interrupt(error));
        }
        match self.leaving {
            Leaving::Everything => return None,
            Leaving::Frames => {
                let (stanzas, frames): (VecDeque<_>, VecDeque<_>) =
                    std::mem::take(queue).into_iter().partition(Outgoing::is_stanza);
                *queue = stanzas;
                *bytes -= frames.iter().map(Outgoing::cost).sum::<usize>();
                batch.extend(frames);
            }
            Leaving::Nothing => {}
        }
        Some(Taken { is_emptied: true, stanzas: 0 })
    }

    pub(super) fn caught_up(&mut self) {
        self.allowance = 0;
    }

    /// The connection closes. True if the stanzas stay.
    pub(super) fn close(&mut self, is_over: bool) -> bool {
        self.leave(is_over, Leaving::Frames)
    }

    /// The connection has nothing more to say. True if the stanzas stay.
    pub(super) fn silence(&mut self, is_over: bool) -> bool {
        self.leave(is_over, Leaving::Nothing)
    }

    fn leave(&mut self, is_over: bool, leaving: Leaving) -> bool {
        if is_over {
            self.management = Management::Off;
        }
        let stay = self.management.can_resume();
        if stay && self.leaving != Leaving::Nothing {
            self.leaving = leaving;
        }
        stay
    }

    pub(super) fn acknowledge(&mut self, h: u32) -> Result<u32, HandledCountTooHigh> {
        let bytes: usize = self.sent.acknowledge(h)?.map(|entry| entry.cost()).sum();
        self.sent_bytes -= bytes;
        Ok(self.sent.outstanding())
    }

    /// Takes it that the client has what an earlier connection was given, if its counter says so.
    fn catch_up(&mut self, h: u32, queue: &mut VecDeque<Outgoing>) {
        let further = h.wrapping_sub(self.sent.sent()) as usize;
        if further > self.again {
            return;
        }
        for entry in queue.drain(..further) {
            self.sent_bytes += entry.cost();
            self.sent.push(entry);
        }
        self.again -= further;
    }

    pub(super) fn release_spare(&mut self) {
        self.sent.release_spare();
    }

    /// Whether the connection takes what waits.
    fn listens(&self) -> bool {
        self.is_attached && self.interruption.is_none() && self.leaving == Leaving::Everything
    }
}

impl Management {
    fn can_resume(self) -> bool {
        match self {
            Management::Off => false,
            Management::Asked { can_resume } | Management::On { can_resume } => can_resume,
        }
    }

    fn forbid(&mut self) {
        match self {
            Management::Off => {}
            Management::Asked { can_resume } | Management::On { can_resume } => *can_resume = false,
        }
    }
}

impl Outbox {
    /// Makes this outbox a mailbox and adds `<enabled/>`: what comes after it counts.
    ///
    /// - `enabled`: tells whether the session can be resumed.
    pub fn manage(&self, limits: MailboxLimits, enabled: Outgoing) {
        let can_resume = matches!(enabled, Outgoing::Enabled(Some(_)));
        {
            let mut state = self.state.lock();
            let mailbox = state.mailbox.get_or_insert_with(|| Box::new(Mailbox::new()));
            mailbox.management = Management::Asked { can_resume };
            mailbox.limits = limits;
        }
        let _ = self.push(enabled);
    }

    /// Whether this is the connection that has the outbox now.
    pub fn is_current(&self, attachment: u32) -> bool {
        self.state.lock().mailbox.as_ref().map_or(attachment == 0, |mailbox| mailbox.is_at(attachment))
    }

    /// Whether a connection has the outbox.
    pub fn is_attached(&self) -> bool {
        self.state.lock().mailbox.as_ref().is_none_or(|mailbox| mailbox.is_attached)
    }

    /// Ends the connection, but not the session if that can be resumed.
    pub fn interrupt(&self, error: StreamError) {
        let mut state = self.state.lock();
        let is_open = state.stage == Stage::Open;
        if let Some(mailbox) = &mut state.mailbox
            && mailbox.management.can_resume()
            && is_open
        {
            if mailbox.listens() {
                mailbox.interruption = Some(Box::new(error));
                wake(state);
            }
            return;
        }
        drop(state);
        let _ = self.push(Outgoing::End(Box::new(error)));
    }

    /// A connection has lost its client.
    pub fn detach(&self, attachment: u32) -> Detached {
        let mut state = self.state.lock();
        let state = &mut *state;
        let Some(mailbox) = &mut state.mailbox else { return Detached::Over };
        if !mailbox.is_at(attachment) {
            return Detached::Replaced;
        }
        // A client that does not have <enabled/> has no id to ask with.
        if state.stage != Stage::Open || mailbox.management != (Management::On { can_resume: true }) {
            return Detached::Over;
        }
        mailbox.attachment += 1;
        mailbox.is_attached = false;
        state.waker = None;
        state.clean();
        Detached::CanBeResumed
    }

    /// Gives the mailbox to a new connection. What the client has not handled comes first; the connection that had it
    /// before is told that it is over.
    ///
    /// - `h`: how many stanzas the client has handled.
    ///
    /// # Errors
    ///
    /// [`HandledCountTooHigh`]: nothing changes.
    pub fn attach(self: &Arc<Self>, h: u32) -> Result<Attachment, HandledCountTooHigh> {
        let mut state = self.state.lock();
        let number = {
            let state = &mut *state;
            let mailbox = state.mailbox.get_or_insert_with(|| Box::new(Mailbox::new()));
            mailbox.catch_up(h, &mut state.queue);
            mailbox.acknowledge(h)?;
            mailbox.attachment += 1;
            mailbox.is_attached = true;
            let number = mailbox.attachment;
            let mut again = mailbox.sent.rewind();
            mailbox.sent_bytes = 0;
            mailbox.again += again.len();
            again.append(&mut state.queue);
            state.queue = again;
            // This counts the bytes too.
            state.clean();
            if let Some(mailbox) = &mut state.mailbox {
                mailbox.allowance = state.bytes;
            }
            number
        };
        wake(state);
        Ok(Attachment::new(Arc::clone(self), number))
    }

    /// Notes which session's mailbox the connection of this outbox is going to have.
    pub(crate) fn set_resuming(&self, attachment: Attachment) {
        let mut state = self.state.lock();
        state.mailbox.get_or_insert_with(|| Box::new(Mailbox::new())).resuming = Some(attachment);
    }

    /// What [`Outbox::set_resuming`] noted, once.
    pub fn take_resuming(&self) -> Option<Attachment> {
        self.state.lock().mailbox.as_mut()?.resuming.take()
    }

    /// Whether a connection that is gone can have left anything here: it did not end its stream, so it has not sent what was in there.
    pub fn is_open(&self) -> bool {
        self.state.lock().stage == Stage::Open
    }

    /// Takes everything that the client has not acknowledged, oldest first: the session is over.
    pub fn take_all(&self) -> Vec<Outgoing> {
        let mut state = self.state.lock();
        state.stage = Stage::Closed;
        state.bytes = 0;
        let mut all = VecDeque::new();
        if let Some(mailbox) = &mut state.mailbox {
            all = mailbox.sent.forget();
            mailbox.sent_bytes = 0;
            let held = mailbox.held.take();
            state.queue.extend(held.into_iter().flat_map(Held::into_entries));
        }
        all.append(&mut state.queue);
        all.into()
    }

    /// What another process needs to go on with the session; none if the session can't be resumed.
    pub fn save(&self) -> Option<Saved> {
        let mut state = self.state.lock();
        let can_resume = state
            .mailbox
            .as_ref()
            .is_some_and(|mailbox| mailbox.management == (Management::On { can_resume: true }));
        if !can_resume || state.stage != Stage::Open {
            return None;
        }
        state.clean();
        let mailbox = state.mailbox.as_ref()?;
        let given = state.queue.iter().take(mailbox.again);
        Some(Saved {
            acknowledged: mailbox.sent.acknowledged(),
            sent: mailbox.sent.iter().chain(given).filter_map(Outgoing::saved).collect(),
            waiting: state.queue.iter().skip(mailbox.again).filter_map(Outgoing::saved).collect(),
        })
    }

    /// Goes on with a session of another process, which waits to be resumed.
    ///
    /// - `bytes_max`: as for [`Outbox::new`].
    pub fn restore(bytes_max: usize, limits: MailboxLimits, saved: Saved) -> Outbox {
        let outbox = Outbox::new(bytes_max);
        {
            let mut state = outbox.state.lock();
            let sent: VecDeque<Outgoing> = saved.sent.into_iter().map(SavedEntry::restore).collect();
            state.queue = saved.waiting.into_iter().map(SavedEntry::restore).collect();
            state.bytes = state.queue.iter().map(Outgoing::cost).sum();
            let mut mailbox = Mailbox::new();
            mailbox.is_attached = false;
            mailbox.management = Management::On { can_resume: true };
            mailbox.limits = limits;
            mailbox.sent_bytes = sent.iter().map(Outgoing::cost).sum();
            mailbox.sent = Unacknowledged::restored(saved.acknowledged, sent);
            state.mailbox = Some(Box::new(mailbox));
        }
        outbox
    }

    /// The part of [`Outbox::push`] that concerns mailboxes.
    pub(super) fn push_to_mailbox(
        &self,
        mut guard: MutexGuard<'_, State>,
        entry: Outgoing,
    ) -> Option<Consequence> {
        let state = &mut *guard;
        let entry = state.hold(entry, self.bytes_max)?;
        let cost = entry.cost();
        let mut consequence = None;
        if let Outgoing::End(_) = entry {
            state.end(entry);
            wake(guard);
            return None;
        }
        if state.listens() && state.is_over(cost, self.bytes_max) {
            let mut bytes_max = self.bytes_max;
            if let Some(dropped) = state.coalesce() {
                consequence = Some(Consequence::Coalesced { dropped });
                // If that made little room it would have to be done again soon, and it goes through the whole queue.
                bytes_max = self.bytes_max / 4 * 3;
            }
            if state.is_over(cost, bytes_max) {
                if !state.interrupt_slow() {
                    state.queue.clear();
                    state.bytes = 0;
                    state.end(Outgoing::End(Box::new(too_slow())));
                    wake(guard);
                    return Some(Consequence::Ended);
                }
                consequence = Some(Consequence::Interrupted);
            }
        }
        if state.exceeds_limits(cost) {
            if !state.listens() {
                state.stage = Stage::Closed;
                return Some(Consequence::SessionOver);
            }
            state.lose_resumability();
            consequence = Some(Consequence::ResumabilityLost);
        }
        state.add(entry, cost);
        if !state.is_blocked || consequence == Some(Consequence::Interrupted) {
            wake(guard);
        }
        consequence
    }
}

impl State {
    fn listens(&self) -> bool {
        self.mailbox.as_ref().is_none_or(|mailbox| mailbox.listens())
    }

    /// Whether `cost` more would be too much for an outbox.
    fn is_over(&self, cost: usize, bytes_max: usize) -> bool {
        let allowance = self.mailbox.as_ref().map_or(0, |mailbox| mailbox.allowance);
        self.bytes + cost > bytes_max + allowance
    }

    /// Whether `cost` more would be too much for a session that can be resumed.
    fn exceeds_limits(&self, cost: usize) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| {
            mailbox.management.can_resume()
                && (self.bytes + mailbox.sent_bytes + cost > mailbox.limits.bytes_max
                    || self.queue.len() + mailbox.sent.len() + 1 > mailbox.limits.stanzas_max)
        })
    }

    /// Ends the connection of a slow reader. False if the session can't be resumed.
    fn interrupt_slow(&mut self) -> bool {
        match &mut self.mailbox {
            Some(mailbox) if mailbox.management.can_resume() => {
                mailbox.interruption = Some(Box::new(too_slow()));
                true
            }
            _ => false,
        }
    }

    fn lose_resumability(&mut self) {
        if let Some(mailbox) = &mut self.mailbox {
            mailbox.management.forbid();
            mailbox.sent.forget();
            mailbox.sent_bytes = 0;
        }
    }

    fn end(&mut self, entry: Outgoing) {
        self.stage = Stage::Ending;
        if let Some(mailbox) = &mut self.mailbox {
            mailbox.management.forbid();
        }
        let cost = entry.cost();
        self.add(entry, cost);
    }

    /// Forgets what belonged to the connection.
    fn clean(&mut self) {
        self.is_blocked = false;
        if let Some(mailbox) = &mut self.mailbox {
            mailbox.interruption = None;
            mailbox.leaving = Leaving::Everything;
            mailbox.gate = None;
            mailbox.cut = None;
            let held = mailbox.held.take();
            // Their bytes are counted already.
            self.queue.extend(held.into_iter().flat_map(Held::into_entries));
        }
        self.queue.retain(Outgoing::is_stanza);
        self.bytes = self.queue.iter().map(Outgoing::cost).sum();
    }
}

impl Outgoing {
    /// A stanza once more, to be kept.
    pub(super) fn copy(&self) -> Option<Outgoing> {
        match self {
            Outgoing::Stanza(element) => Some(Outgoing::Stanza(element.clone())),
            Outgoing::Shared { stanza, to } => Some(Outgoing::Shared { stanza: Arc::clone(stanza), to: *to }),
            _ => None,
        }
    }

    fn saved(&self) -> Option<SavedEntry> {
        match self {
            Outgoing::Stanza(element) => Some(SavedEntry::Stanza(element.clone())),
            Outgoing::Shared { stanza, to } => Some(SavedEntry::Notification {
                tail: String::from_utf8_lossy(stanza.tail()).into_owned(),
                to_bare: *to == Addressed::Bare,
                topic: stanza.topic().map(ToString::to_string),
            }),
            _ => None,
        }
    }
}

/// A mailbox on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// How many stanzas the client has acknowledged.
    pub acknowledged: u32,
    /// What was sent after those.
    pub sent: Vec<SavedEntry>,
    /// What was not sent.
    pub waiting: Vec<SavedEntry>,
}

/// A stanza on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedEntry {
    /// One for this session alone.
    Stanza(String),
    /// One that many sessions got.
    Notification {
        /// What all of them got.
        tail: String,
        /// It is for the bare JID.
        to_bare: bool,
        /// The node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
    },
}

impl SavedEntry {
    fn restore(self) -> Outgoing {
        match self {
            SavedEntry::Stanza(element) => Outgoing::Stanza(element),
            SavedEntry::Notification { tail, to_bare, topic } => {
                let stanza = SharedStanza::from_tail(tail);
                let stanza = match topic {
                    Some(topic) => stanza.with_topic(topic.into()),
                    None => stanza,
                };
                let to = if to_bare { Addressed::Bare } else { Addressed::Full };
                Outgoing::Shared { stanza: Arc::new(stanza), to }
            }
        }
    }
}

pub(super) fn wake(mut state: MutexGuard<'_, State>) {
    let waker: Option<Waker> = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
