//! The hub's table of sessions: from the name in the notifier's outputs to the outbox.

use std::sync::Arc;

use notifier::SessionId;

use crate::outbox::{Consequence, Outbox, Outgoing};

/// Slots that are used again, each time under a new generation, so that what is said to an ended session can't reach the
/// next one in its place.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    outbox: Option<Arc<Outbox>>,
}

impl Slots {
    /// Gives the outbox's session a name.
    pub(super) fn take(&mut self, outbox: Arc<Outbox>) -> SessionId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, outbox: None });
            u32::try_from(self.slots.len() - 1).expect("fewer sessions than sockets, fewer sockets than 2^32")
        });
        let slot = &mut self.slots[index as usize];
        slot.generation = slot.generation.wrapping_add(1);
        let session = SessionId { index, generation: slot.generation };
        outbox.set_session(Some(session));
        slot.outbox = Some(outbox);
        session
    }

    /// Takes the name back; returns it if there was one.
    pub(super) fn release(&mut self, outbox: &Outbox) -> Option<SessionId> {
        let session = outbox.session()?;
        outbox.set_session(None);
        self.slots[session.index as usize].outbox = None;
        self.free.push(session.index);
        Some(session)
    }

    /// Adds to the session's outbox, if the session is still there.
    pub(super) fn send(&self, session: SessionId, entry: Outgoing) -> Option<Consequence> {
        self.outbox(session)?.push(entry)
    }

    /// The session's outbox, if the session is still there.
    pub(super) fn outbox(&self, session: SessionId) -> Option<&Arc<Outbox>> {
        let slot = self.slots.get(session.index as usize)?;
        slot.outbox.as_ref().filter(|_| slot.generation == session.generation)
    }

    /// The sessions there are.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SessionId, &Arc<Outbox>)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let index = u32::try_from(index).ok()?;
            Some((SessionId { index, generation: slot.generation }, slot.outbox.as_ref()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Attachment;
    use std::task::Waker;

    fn waiting(outbox: &Arc<Outbox>) -> usize {
        let mut batch = Vec::new();
        Attachment::first(Arc::clone(outbox)).take(&mut batch, Waker::noop());
        batch.len()
    }

    #[test]
    fn an_old_name_does_not_reach_the_next_session_in_its_slot() {
        let mut slots = Slots::default();
        let (first, second) = (Arc::new(Outbox::new(1000)), Arc::new(Outbox::new(1000)));
        let old = slots.take(Arc::clone(&first));
        assert_eq!(slots.release(&first), Some(old));
        assert_eq!(slots.release(&first), None);
        let new = slots.take(Arc::clone(&second));
        assert_eq!(new.index, old.index);
        slots.send(old, Outgoing::Frame("<a/>".into()));
        assert_eq!((waiting(&first), waiting(&second)), (0, 0));
        slots.send(new, Outgoing::Frame("<a/>".into()));
        assert_eq!((waiting(&first), waiting(&second)), (0, 1));
    }
}
