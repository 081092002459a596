//! Leaving a call, and what that means for the others.

use super::draft::Draft;
use crate::{DialogId, Participant, ParticipantState, UserId};

impl Draft<'_> {
    /// The parties that `who` picks leave. A call of which too few are left is over for everybody.
    pub(super) fn leave(&mut self, id: DialogId, who: impl Fn(&Participant) -> bool) {
        let Some(dialog) = self.dialog(id) else { return };
        let stay = dialog.live().filter(|party| !who(party)).count();
        let declines =
            dialog.offered_to().filter(|agent| stay == 1 && dialog.participant_of(agent).is_some_and(&who));
        if let Some(agent) = declines.cloned() {
            return self.back_to_queue(id, &agent);
        }
        self.let_go(id, &who);
        if stay < PARTIES_MIN {
            self.clear(id);
        } else {
            self.withdraw(id);
        }
        self.settle_all(id);
        self.unlink(id);
    }

    /// The user leaves every call, with nothing to wrap up.
    pub(in crate::centre) fn leave_all(&mut self, user: &UserId) {
        let ids: Vec<DialogId> = self.dialogs_of(user).into_iter().map(|dialog| dialog.id).collect();
        for id in ids {
            self.leave(id, |party| party.user.as_ref() == Some(user));
        }
        self.end_reservation(user);
        self.end_wrap_up(user);
    }

    /// Everybody leaves.
    pub(super) fn clear(&mut self, id: DialogId) {
        self.let_go(id, |_| true);
        // The switch says once more that the call is cleared, with nothing new in it.
        self.step(id, |_| {});
        self.withdraw(id);
    }

    /// One step in which the parties that `who` picks leave, to wrap up or for good.
    fn let_go(&mut self, id: DialogId, who: impl Fn(&Participant) -> bool) {
        let Some(dialog) = self.dialog(id) else { return };
        let wraps: Vec<UserId> = dialog.users().filter(|user| self.wraps_up(dialog, user)).cloned().collect();
        let at = self.at();
        self.step_if_different(id, |dialog| {
            for party in dialog.participants.iter_mut().filter(|party| party.state.is_live() && who(party)) {
                let wraps = party.user.as_ref().is_some_and(|user| wraps.contains(user));
                let state = if wraps { ParticipantState::WrapUp } else { ParticipantState::Dropped };
                party.become_state(state, at);
            }
        });
    }

    /// Takes the call out of the lists of those who have left it for good.
    fn withdraw(&mut self, id: DialogId) {
        self.step_if_different(id, |dialog| {
            let gone: Vec<UserId> = dialog
                .users()
                .filter(|user| {
                    dialog.participant_of(user).is_some_and(|own| own.state == ParticipantState::Dropped)
                })
                .cloned()
                .collect();
            for user in &gone {
                dialog.audience.remove(user);
            }
        });
    }

    /// Whether the user wraps this call up: there was a conversation, and the user is to wrap up such calls.
    pub(super) fn wraps_up(&self, dialog: &crate::Dialog, user: &UserId) -> bool {
        let Some(own) = dialog.participant_of(user) else { return false };
        let talked = matches!(own.state, ParticipantState::Active | ParticipantState::Held);
        let Some(known) = self.user(user) else { return false };
        let made_it = dialog.from == own.address;
        let mode = if made_it { known.details.wrap_up.outgoing } else { known.details.wrap_up.incoming };
        let counts = self.deployment() == crate::centre::Deployment::Ucce || dialog.queue.is_some();
        // A consultation is part of the call that it is about.
        talked
            && counts
            && own.part == crate::Part::Talker
            && dialog.associated.is_none()
            && mode.is_required()
    }

    /// Ends what hung on a call: nothing can be merged with a consultation that is over, and nobody listens to a call that is.
    fn unlink(&mut self, id: DialogId) {
        let Some(left) = self.known_dialog(id) else { return };
        let is_over = left.live().next().is_none();
        if let Some(original) = left.associated.filter(|_| is_over) {
            self.step_if_different(original, |dialog| {
                if dialog.secondary == Some(id) {
                    dialog.secondary = None;
                }
                for party in dialog.participants.iter_mut().filter(|party| party.consult == Some(id)) {
                    party.consult = None;
                }
            });
        }
        self.stop_listening_to(id);
    }
}

/// A call has at least two parties.
const PARTIES_MIN: usize = 2;
