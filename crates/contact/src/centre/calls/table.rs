//! The calls that there are, by number and by user.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Dialog, DialogId, ParticipantState, QueueId, Timestamp, UserId};

/// All calls that are not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::centre) struct Calls {
    dialogs: BTreeMap<DialogId, Dialog>,
    /// Those that a user takes part in, has in the list, or is reserved for.
    of_user: BTreeMap<UserId, BTreeSet<DialogId>>,
    /// Those with somebody outside whose telephone rings, by the time since when.
    ringing_outside: BTreeSet<(Timestamp, DialogId)>,
    /// Calls of queues with an agent whose telephone rings, by the time since when.
    ringing_from_queue: BTreeSet<(Timestamp, DialogId)>,
    /// Calls of the dialler whose customer's telephone rings, by the time since when.
    dialled: BTreeSet<(Timestamp, DialogId)>,
    /// Calls that wait in a queue.
    waiting: BTreeSet<(QueueId, DialogId)>,
    next: DialogId,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            dialogs: BTreeMap::new(),
            of_user: BTreeMap::new(),
            ringing_outside: BTreeSet::new(),
            ringing_from_queue: BTreeSet::new(),
            dialled: BTreeSet::new(),
            waiting: BTreeSet::new(),
            next: DialogId::FIRST,
        }
    }
}

impl Calls {
    pub(in crate::centre) fn get(&self, id: DialogId) -> Option<&Dialog> {
        self.dialogs.get(&id)
    }

    /// All, by number.
    pub(in crate::centre) fn iter(&self) -> impl ExactSizeIterator<Item = &Dialog> {
        self.dialogs.values()
    }

    /// The calls of a user, by number.
    pub(in crate::centre) fn of<'a>(&'a self, user: &UserId) -> impl Iterator<Item = &'a Dialog> + use<'a> {
        self.of_user.get(user).into_iter().flatten().filter_map(|id| self.dialogs.get(id))
    }

    /// The number that the next call gets.
    pub(in crate::centre) fn next(&self) -> DialogId {
        self.next
    }

    pub(in crate::centre) fn set_next(&mut self, next: DialogId) {
        self.next = next;
    }

    /// The call outside whose telephone rings longest, and since when.
    pub(in crate::centre) fn first_ringing_outside(&self) -> Option<(Timestamp, DialogId)> {
        self.ringing_outside.first().copied()
    }

    /// The calls outside whose telephones have been ringing since `at` or longer.
    pub(super) fn ringing_outside_since(&self, at: Timestamp) -> impl Iterator<Item = DialogId> {
        self.ringing_outside.iter().take_while(move |(since, _)| *since <= at).map(|(_, id)| *id)
    }

    /// Since when the call of a queue that rings longest has been ringing.
    pub(in crate::centre) fn first_ringing_from_queue(&self) -> Option<Timestamp> {
        self.ringing_from_queue.first().map(|(since, _)| *since)
    }

    /// The calls of queues that have been ringing at an agent's since `at` or longer.
    pub(super) fn ringing_from_queue_since(&self, at: Timestamp) -> impl Iterator<Item = DialogId> {
        self.ringing_from_queue.iter().take_while(move |(since, _)| *since <= at).map(|(_, id)| *id)
    }

    /// Since when the dialler has been calling the customer whom it has called longest.
    pub(super) fn first_dialled(&self) -> Option<Timestamp> {
        self.dialled.first().map(|(since, _)| *since)
    }

    /// The calls whose customers the dialler has been calling since `at` or longer.
    pub(super) fn dialled_since(&self, at: Timestamp) -> impl Iterator<Item = DialogId> {
        self.dialled.iter().take_while(move |(since, _)| *since <= at).map(|(_, id)| *id)
    }

    /// The calls that wait in some queue.
    pub(super) fn waiting(&self) -> impl Iterator<Item = DialogId> {
        self.waiting.iter().map(|(_, id)| *id)
    }

    /// The calls that wait in this queue.
    pub(in crate::centre) fn waiting_in(&self, queue: QueueId) -> impl Iterator<Item = &Dialog> {
        let of_queue = self.waiting.range((queue, DialogId(0))..=(queue, DialogId(u32::MAX)));
        of_queue.filter_map(|(_, id)| self.dialogs.get(id))
    }

    /// Takes over the new form of a call and returns the old one.
    pub(in crate::centre) fn replace(&mut self, dialog: Dialog) -> Option<Dialog> {
        let id = dialog.id;
        let old = self.dialogs.remove(&id);
        if let Some(old) = &old {
            for user in old.users().chain(&old.audience).chain(old.reserved()) {
                if let Some(ids) = self.of_user.get_mut(user) {
                    ids.remove(&id);
                    if ids.is_empty() {
                        self.of_user.remove(user);
                    }
                }
            }
            if let Some(since) = rings_outside_since(old) {
                self.ringing_outside.remove(&(since, id));
            }
            if let Some(since) = rings_from_queue_since(old) {
                self.ringing_from_queue.remove(&(since, id));
            }
            if let Some(since) = dialled_since(old) {
                self.dialled.remove(&(since, id));
            }
            if let Some(queue) = old.queue {
                self.waiting.remove(&(queue, id));
            }
        } else {
            self.next = id.next();
        }
        if !dialog.is_over() {
            for user in dialog.users().chain(&dialog.audience).chain(dialog.reserved()) {
                self.of_user.entry(user.clone()).or_default().insert(id);
            }
            if let Some(since) = rings_outside_since(&dialog) {
                self.ringing_outside.insert((since, id));
            }
            if let Some(since) = rings_from_queue_since(&dialog) {
                self.ringing_from_queue.insert((since, id));
            }
            if let Some(since) = dialled_since(&dialog) {
                self.dialled.insert((since, id));
            }
            if let Some(queue) = dialog.queue.filter(|_| dialog.waiting_since().is_some()) {
                self.waiting.insert((queue, id));
            }
            self.dialogs.insert(id, dialog);
        }
        old
    }
}

/// Since when a telephone outside has been ringing.
pub(super) fn rings_outside_since(dialog: &Dialog) -> Option<Timestamp> {
    let ringing = dialog
        .participants
        .iter()
        .filter(|party| party.state == ParticipantState::Alerting && party.is_outside());
    ringing.map(|party| party.changed_at).min()
}

/// Since when the dialler has been calling a customer for whom an agent is reserved.
fn dialled_since(dialog: &Dialog) -> Option<Timestamp> {
    dialog.reserved().and_then(|_| rings_outside_since(dialog))
}

/// Since when a call of a queue has been ringing at an agent's.
fn rings_from_queue_since(dialog: &Dialog) -> Option<Timestamp> {
    let agent = dialog.offered_to()?;
    dialog.participant_of(agent).map(|own| own.changed_at)
}
