//! Taking a call that rings.

use super::draft::Draft;
use crate::{Address, DialogId, ParticipantState, UserId};

impl Draft<'_> {
    /// Somebody takes the call at `address`: whoever waited for that is in the call from now on.
    ///
    /// A call of the same agent that is not on hold goes on hold, as the telephone does it.
    pub(super) fn answer(&mut self, id: DialogId, address: &Address, user: Option<&UserId>) {
        if let Some(user) = user {
            self.hold_others(id, user);
        }
        let at = self.at();
        self.step(id, |dialog| {
            dialog.move_to(ParticipantState::Active, at, |party| {
                let answers = party.address == *address && party.state == ParticipantState::Alerting;
                let waits = matches!(
                    party.state,
                    ParticipantState::Initiating | ParticipantState::Initiated | ParticipantState::Accepted
                );
                answers || waits
            });
        });
        self.bring_together(id);
        self.offer_merge(id);
        self.settle_all(id);
    }

    /// If this call is a consultation that has now been answered, the call that it is about can be merged with it.
    pub(super) fn offer_merge(&mut self, id: DialogId) {
        let Some(consult) = self.dialog(id) else { return };
        let Some(original) = consult.associated else { return };
        let Some(asking) = consult.live().next().and_then(|party| party.user.clone()) else { return };
        if !consult.live().all(|party| party.state == ParticipantState::Active) {
            return;
        }
        self.step_if_different(original, |dialog| {
            if dialog.secondary != Some(id) {
                return;
            }
            let own = dialog.participant_of_mut(&asking);
            if let Some(own) = own.filter(|own| own.state == ParticipantState::Held) {
                own.consult = Some(id);
            }
        });
    }

    /// Puts the other calls of a user on hold.
    pub(super) fn hold_others(&mut self, id: DialogId, user: &UserId) {
        let others: Vec<_> = self.dialogs_of(user).into_iter().map(|dialog| dialog.id).collect();
        let at = self.at();
        for other in others.into_iter().filter(|&other| other != id) {
            self.step_if_different(other, |dialog| {
                dialog.move_to(ParticipantState::Held, at, |party| {
                    party.user.as_ref() == Some(user)
                        && party.part == crate::Part::Talker
                        && party.state == ParticipantState::Active
                });
            });
        }
    }

    /// Settles everybody who is or was in a call.
    pub(super) fn settle_all(&mut self, id: DialogId) {
        let users: Vec<UserId> = match self.known_dialog(id) {
            Some(dialog) => dialog.users().chain(dialog.reserved()).cloned().collect(),
            None => return,
        };
        for user in users {
            self.settle(&user);
        }
    }
}
