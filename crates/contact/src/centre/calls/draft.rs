//! What follows from a request, step by step, before any of it has happened.

use std::collections::{BTreeMap, BTreeSet};

use crate::centre::{ContactCentre, Deployment};
use crate::{
    Address, CallData, CallType, Campaign, Dialog, DialogId, Event, Failure, Participant, StateChange,
    Timestamp, User, UserId,
};

/// What a new call comes from.
pub(super) enum Origin {
    /// Nothing but the wish to call.
    Itself,
    /// The call that it is about: a consultation, or the call that somebody listens to.
    Call(DialogId),
    /// The outbound dialler.
    Campaign(Campaign),
}

/// The contact centre as it will be after the steps so far, and those steps.
pub(in crate::centre) struct Draft<'a> {
    centre: &'a ContactCentre,
    at: Timestamp,
    users: BTreeMap<UserId, User>,
    dialogs: BTreeMap<DialogId, Dialog>,
    next: DialogId,
    /// Those whom a task keeps calls away from no longer.
    freed: BTreeSet<UserId>,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    /// No step yet. All steps happen at the same time, `at`.
    pub(in crate::centre) fn new(centre: &'a ContactCentre, at: Timestamp) -> Self {
        let (users, dialogs, freed) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { centre, at, users, dialogs, next: centre.calls.next(), freed, events: Vec::new() }
    }

    /// Knows of agents whom a task has kept calls away from until now.
    pub(in crate::centre) fn with_freed(self, freed: BTreeSet<UserId>) -> Self {
        Self { freed, ..self }
    }

    /// Whether a task keeps calls of queues away from the agent.
    pub(super) fn is_bound_by_task(&self, agent: &UserId) -> bool {
        !self.freed.contains(agent) && self.centre.keeps_calls_away(agent)
    }

    /// The steps, in order.
    ///
    /// Whoever has become ready in them, or free, is offered a call that waits.
    pub(in crate::centre) fn finish(mut self) -> Vec<Event> {
        self.distribute();
        self.events
    }

    pub(in crate::centre) fn at(&self) -> Timestamp {
        self.at
    }

    /// What does not change by calls: settings, extensions.
    pub(super) fn centre(&self) -> &'a ContactCentre {
        self.centre
    }

    pub(super) fn deployment(&self) -> Deployment {
        self.centre.settings.deployment
    }

    pub(in crate::centre) fn user(&self, id: &UserId) -> Option<&User> {
        self.users.get(id).or_else(|| self.centre.users.get(id))
    }

    /// A call that is not over.
    pub(in crate::centre) fn dialog(&self, id: DialogId) -> Option<&Dialog> {
        let dialog = self.dialogs.get(&id).or_else(|| self.centre.calls.get(id))?;
        (!dialog.is_over()).then_some(dialog)
    }

    /// A call that is not over, or has been over since a step of this draft.
    pub(super) fn known_dialog(&self, id: DialogId) -> Option<&Dialog> {
        self.dialogs.get(&id).or_else(|| self.centre.calls.get(id))
    }

    /// The calls of a user that are not over, by number.
    pub(in crate::centre) fn dialogs_of(&self, user: &UserId) -> Vec<&Dialog> {
        let known = self.centre.calls.of(user).map(|dialog| dialog.id);
        let ids: BTreeSet<DialogId> = known.chain(self.dialogs.keys().copied()).collect();
        let concerns =
            |dialog: &&Dialog| dialog.users().any(|other| other == user) || dialog.audience.contains(user);
        ids.into_iter().filter_map(|id| self.dialog(id)).filter(concerns).collect()
    }

    /// The calls that may wait in a queue; some of them may do so no more.
    pub(super) fn possibly_waiting(&self) -> BTreeSet<DialogId> {
        self.centre.calls.waiting().chain(self.dialogs.keys().copied()).collect()
    }

    /// The calls that the steps so far are about, by number.
    pub(super) fn touched(&self) -> impl Iterator<Item = DialogId> + '_ {
        self.dialogs.keys().copied()
    }

    /// A new call with its first party.
    pub(super) fn begin(
        &mut self,
        call_type: CallType,
        from: Address,
        to: Address,
        first: Participant,
        data: CallData,
        origin: Origin,
    ) -> DialogId {
        let id = self.next;
        self.next = id.next();
        let (associated, campaign) = match origin {
            Origin::Itself => (None, None),
            Origin::Call(other) => (Some(other), None),
            Origin::Campaign(campaign) => (None, Some(Box::new(campaign))),
        };
        let dialog = Dialog {
            id,
            call_type,
            from,
            dialed: to.clone(),
            to,
            audience: first.user.iter().cloned().collect(),
            participants: vec![first],
            data,
            associated,
            secondary: None,
            controller: None,
            queue: None,
            campaign,
        };
        self.record(dialog);
        id
    }

    /// One step of a call.
    pub(super) fn step(&mut self, id: DialogId, change: impl FnOnce(&mut Dialog)) {
        let Some(dialog) = self.dialog(id) else { return };
        let mut dialog = dialog.clone();
        change(&mut dialog);
        self.record(dialog);
    }

    /// As [`Draft::step`], unless nothing is different after it.
    pub(super) fn step_if_different(&mut self, id: DialogId, change: impl FnOnce(&mut Dialog)) {
        let Some(dialog) = self.dialog(id) else { return };
        let mut changed = dialog.clone();
        change(&mut changed);
        if changed != *dialog {
            self.record(changed);
        }
    }

    fn record(&mut self, dialog: Dialog) {
        self.events.push(Event::DialogChanged(Box::new(dialog.clone())));
        self.dialogs.insert(dialog.id, dialog);
    }

    /// A user is in another state, or something else comes after the call.
    pub(in crate::centre) fn become_state(&mut self, user: &UserId, change: StateChange) {
        let Some(known) = self.user(user) else { return };
        let mut known = known.clone();
        known.take_over(&change);
        self.users.insert(user.clone(), known);
        self.events.push(Event::UserStateChanged { user: user.clone(), change });
    }

    /// What was asked for cannot be done.
    pub(super) fn fail(&mut self, user: &UserId, dialog: Option<DialogId>, failure: Failure) {
        self.events.push(Event::DialogRequestFailed { user: user.clone(), dialog, failure });
    }
}
