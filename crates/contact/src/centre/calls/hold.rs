//! On hold, and back.

use super::draft::Draft;
use crate::{DialogId, ParticipantState, UserId};

impl Draft<'_> {
    /// The user's side of the call is on hold.
    pub(super) fn hold(&mut self, id: DialogId, user: &UserId) {
        let at = self.at();
        self.step(id, |dialog| {
            if let Some(own) = dialog.participant_of_mut(user) {
                own.become_state(ParticipantState::Held, at);
            }
        });
        self.settle(user);
    }

    /// The user is back in the call, and any other goes on hold. A consultation about this call can no longer be merged into
    /// it; if it is one itself, it can be merged again.
    pub(super) fn take_back(&mut self, id: DialogId, user: &UserId) {
        self.hold_others(id, user);
        let at = self.at();
        self.step(id, |dialog| {
            if let Some(own) = dialog.participant_of_mut(user) {
                own.become_state(ParticipantState::Active, at);
            }
        });
        self.offer_merge(id);
        self.settle(user);
    }
}
