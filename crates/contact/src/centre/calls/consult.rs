//! Asking somebody about a call, and giving the call away.

use super::draft::{Draft, Origin};
use super::make::Reach;
use crate::{Address, CallType, Dialog, DialogId, Failure, Part, Participant, ParticipantState, UserId};

impl Draft<'_> {
    /// The user puts the call on hold and calls `to` about it.
    pub(super) fn consult(&mut self, id: DialogId, user: &UserId, to: &Address) {
        let Some((from, data)) = self
            .dialog(id)
            .and_then(|dialog| Some((dialog.participant_of(user)?.address.clone(), dialog.data.clone())))
        else {
            return;
        };
        self.hold(id, user);
        let reach = self.reach_from(id, to);
        let first = self.party(from.clone(), Some(user.clone()), ParticipantState::Initiating);
        let consult = self.begin(CallType::Consult, from, to.clone(), first, data, Origin::Call(id));
        self.step(id, |dialog| dialog.secondary = Some(consult));
        self.settle(user);
        self.dial(consult, user, to, reach);
    }

    /// The user gives the call to whom he or she has consulted, and is out of both.
    pub(super) fn transfer(&mut self, id: DialogId, user: &UserId, consult: DialogId) {
        let others = self.others_in(consult, user);
        if self.are_in(id, &others) || !(self.goes_on_without(id, user) || others.iter().any(is_there)) {
            return self.fail(user, Some(id), Failure::ActionNotAllowed);
        }
        self.give_away(id, user);
        self.merge(consult);
        self.step(id, |dialog| {
            dialog.secondary = Some(consult);
            dialog.audience.extend(others.iter().filter_map(|party| party.user.clone()));
            dialog.participants.extend(others);
        });
        self.settle_all(id);
    }

    /// The user gives the call to `to` without asking, and is out of it. If `to` cannot be called, nothing happens.
    pub(super) fn transfer_without_asking(&mut self, id: DialogId, user: &UserId, to: &Address) {
        let reach = self.reach_from(id, to);
        if matches!(reach, Reach::Busy | Reach::Nobody) || !self.goes_on_without(id, user) {
            return self.fail(user, Some(id), Failure::ActionNotAllowed);
        }
        self.give_away(id, user);
        match reach {
            Reach::Queue(queue) => self.enter_queue(id, queue),
            reach => self.ring(id, to, reach),
        }
        self.settle_all(id);
    }

    /// The parties of a consultation besides the one who asked.
    pub(super) fn others_in(&self, consult: DialogId, user: &UserId) -> Vec<Participant> {
        let Some(dialog) = self.dialog(consult) else { return Vec::new() };
        let others = dialog.live().filter(|party| party.user.as_ref() != Some(user)).cloned();
        others.map(|party| Participant { started_at: self.at(), ..party }).collect()
    }

    /// Whether one of these is in the call already.
    pub(super) fn are_in(&self, id: DialogId, others: &[Participant]) -> bool {
        let Some(dialog) = self.dialog(id) else { return false };
        dialog.live().any(|party| others.iter().any(|other| other.address == party.address))
    }

    /// Whether somebody else is there: a telephone that rings, or a queue, takes no call from nobody.
    fn goes_on_without(&self, id: DialogId, user: &UserId) -> bool {
        let Some(dialog) = self.dialog(id) else { return false };
        dialog.live().any(|party| is_there(party) && party.user.as_ref() != Some(user))
    }

    /// One step in which the user leaves a call that goes on without, and it leaves the user's list.
    fn give_away(&mut self, id: DialogId, user: &UserId) {
        let at = self.at();
        let wraps = self.dialog(id).is_some_and(|dialog| self.wraps_up(dialog, user));
        self.step(id, |dialog| {
            dialog.call_type = CallType::Transfer;
            if let Some(own) = dialog.participant_of_mut(user) {
                own.become_state(
                    if wraps { ParticipantState::WrapUp } else { ParticipantState::Dropped },
                    at,
                );
            }
            if !wraps {
                dialog.audience.remove(user);
            }
        });
        self.stop_listening_to_agent(user);
    }

    /// The consultation ends because it has become part of the call that it was about.
    pub(super) fn merge(&mut self, consult: DialogId) {
        let at = self.at();
        self.step(consult, |dialog: &mut Dialog| {
            dialog.move_to(ParticipantState::Dropped, at, |party| party.state.is_live());
            dialog.audience.clear();
        });
    }
}

/// Whether the party has the receiver in the hand.
fn is_there(party: &Participant) -> bool {
    use ParticipantState as P;
    party.part == Part::Talker
        && !matches!(party.state, P::Alerting | P::Initiating | P::Failed | P::Accepted)
}
