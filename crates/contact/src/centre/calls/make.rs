//! Calling somebody: off the hook, dialled, and what the other side makes of it.

use super::draft::{Draft, Origin};
use crate::centre::Deployment;
use crate::{
    Address, AgentState, CallData, CallDataChange, CallType, DialogId, Failure, Participant,
    ParticipantState, QueueId, Reason, StateCause, StateChange, User, UserId,
};

/// Who or what has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// An agent who is signed in and whose line is free.
    Agent(UserId),
    /// A telephone inside at which nobody is signed in: it rings, and nobody takes it.
    Telephone,
    /// A queue.
    Queue(QueueId),
    /// A number outside.
    Outside,
    /// Somebody whose line is not free.
    Busy,
    /// Nobody.
    Nobody,
}

impl Draft<'_> {
    /// A user calls `to` from the own extension.
    pub(super) fn make_call(&mut self, caller: &User, to: &Address, data: &CallDataChange) {
        let Some(extension) = &caller.extension else {
            return self.fail(caller.id(), None, Failure::InvalidObjectState);
        };
        if !self.may_call(caller) {
            return self.fail(caller.id(), None, Failure::InvalidObjectState);
        }
        if caller.state == AgentState::Ready {
            self.leave_ready(caller);
        }
        let from = Address::from(extension);
        let reach = if from == *to { Reach::Busy } else { self.reach(to) };
        let call_type = match reach {
            Reach::Agent(_) | Reach::Busy | Reach::Telephone | Reach::Queue(_) => CallType::AgentInside,
            Reach::Outside | Reach::Nobody => CallType::Out,
        };
        let mut written = CallData::default();
        written.change(data);
        let first = self.party(from.clone(), Some(caller.id().clone()), ParticipantState::Initiating);
        let dialog = self.begin(call_type, from, to.clone(), first, written, Origin::Itself);
        self.settle(caller.id());
        self.dial(dialog, caller.id(), to, reach);
    }

    /// An agent who calls is not ready for other calls. CCE says why (off the hook), CCX does not.
    pub(super) fn leave_ready(&mut self, caller: &User) {
        let reason = match self.deployment() {
            Deployment::Ucce => Reason::OFF_HOOK_UCCE,
            Deployment::Uccx => Reason::Unspecified,
        };
        let change = StateChange {
            state: AgentState::NotReady,
            reason,
            extension: caller.extension.clone(),
            at: self.at(),
            after_call: None,
        };
        self.become_state(caller.id(), change);
    }

    /// Whether the user's state and line permit another call.
    pub(super) fn may_call(&self, caller: &User) -> bool {
        let state = match caller.state {
            AgentState::NotReady | AgentState::Ready | AgentState::Hold | AgentState::Talking => true,
            AgentState::Logout
            | AgentState::Reserved
            | AgentState::ReservedOutbound
            | AgentState::ReservedOutboundPreview
            | AgentState::Work
            | AgentState::WorkReady
            | AgentState::Unknown => false,
        };
        state && !self.is_busy(caller.id(), |state| state != ParticipantState::Held)
    }

    /// Whether a user is in a call, in a state that counts.
    pub(super) fn is_busy(&self, user: &UserId, counts: impl Fn(ParticipantState) -> bool) -> bool {
        self.dialogs_of(user)
            .into_iter()
            .flat_map(|dialog| dialog.live().filter(|party| party.user.as_ref() == Some(user)))
            .any(|party| party.part != crate::Part::Monitored && counts(party.state))
    }

    /// Who has the number `to` now.
    pub(super) fn reach(&self, to: &Address) -> Reach {
        if let Some(queue) = self.centre().queues.at(to) {
            return Reach::Queue(queue);
        }
        let Some(extension) = to.extension() else {
            return if to.can_be_reached() { Reach::Outside } else { Reach::Nobody };
        };
        match self.centre().extensions.user_of(&extension) {
            Some(user) if self.is_busy(user, |_| true) || self.reservation_of(user).is_some() => Reach::Busy,
            Some(user) => Reach::Agent(user.clone()),
            None if self.centre().extensions.exists(&extension) => Reach::Telephone,
            None => Reach::Outside,
        }
    }

    /// As [`Draft::reach`], for somebody who is to have something to do with a call: whoever is in it already is busy.
    pub(super) fn reach_from(&self, id: DialogId, to: &Address) -> Reach {
        let is_in_it = self.dialog(id).is_some_and(|dialog| dialog.live().any(|party| party.address == *to));
        if is_in_it { Reach::Busy } else { self.reach(to) }
    }

    /// The caller has dialled: the other side rings, is busy, or is not there.
    pub(super) fn dial(&mut self, dialog: DialogId, caller: &UserId, to: &Address, reach: Reach) {
        let at = self.at();
        self.step(dialog, |dialog| {
            if let Some(own) = dialog.participant_of_mut(caller) {
                own.become_state(ParticipantState::Initiated, at);
            }
        });
        let cause = match reach {
            Reach::Busy => StateCause::Busy,
            Reach::Nobody => StateCause::BadDestination,
            Reach::Agent(_) | Reach::Telephone | Reach::Outside => return self.ring(dialog, to, reach),
            Reach::Queue(queue) => return self.enter_queue(dialog, queue),
        };
        self.step(dialog, |dialog| {
            if let Some(own) = dialog.participant_of_mut(caller) {
                own.become_state(ParticipantState::Failed, at);
                own.cause = cause;
            }
        });
    }

    /// The telephone of somebody who can be reached rings.
    pub(super) fn ring(&mut self, dialog: DialogId, to: &Address, reach: Reach) {
        let user = match &reach {
            Reach::Agent(user) => Some(user.clone()),
            _ => None,
        };
        let mut party = self.party(to.clone(), user.clone(), ParticipantState::Alerting);
        party.is_extension = reach == Reach::Telephone;
        if let Some(user) = &user {
            self.reserve(user, dialog);
        }
        self.step(dialog, |dialog| {
            dialog.audience.extend(user.clone());
            dialog.participants.push(party);
        });
    }

    /// Whoever was ready is reserved for the call that is offered. CCX reserves for calls of its queues only.
    pub(super) fn reserve(&mut self, user: &UserId, dialog: DialogId) {
        let counts = self.deployment() == Deployment::Ucce
            || self.dialog(dialog).is_some_and(crate::Dialog::came_through_queue);
        let Some(known) = self.user(user).filter(|known| counts && known.state == AgentState::Ready) else {
            return;
        };
        let change = StateChange {
            state: AgentState::Reserved,
            reason: Reason::None,
            extension: known.extension.clone(),
            at: self.at(),
            after_call: Some(crate::AfterCall {
                state: AgentState::Ready,
                reason: Reason::None,
                is_asked_for: false,
            }),
        };
        self.become_state(user, change);
    }

    /// Somebody who comes into a call now.
    pub(super) fn party(
        &self,
        address: Address,
        user: Option<UserId>,
        state: ParticipantState,
    ) -> Participant {
        Participant::new(address, user, state, self.at())
    }
}
