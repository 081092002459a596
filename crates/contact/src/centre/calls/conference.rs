//! More than two in a call.

use super::draft::Draft;
use crate::{CallType, DialogId, Failure, ParticipantState, UserId};

impl Draft<'_> {
    /// Brings together the call and the consultation about it.
    ///
    /// Whoever set up a conference is the only one who may enlarge it.
    pub(super) fn conference(&mut self, id: DialogId, user: &UserId, consult: DialogId) {
        let Some(dialog) = self.dialog(id) else { return };
        let others = self.others_in(consult, user);
        if dialog.controller.as_ref().is_some_and(|controller| controller != user) {
            let failure = match self.deployment() {
                crate::centre::Deployment::Ucce => Failure::NotController,
                crate::centre::Deployment::Uccx => Failure::InvalidObjectState,
            };
            return self.fail(user, Some(id), failure);
        }
        if self.are_in(id, &others) {
            return self.fail(user, Some(id), Failure::ActionNotAllowed);
        }
        if dialog.live().count() + others.len() > self.centre().settings().conference_parties_max {
            return self.fail(user, Some(id), Failure::ConferenceFull);
        }
        let at = self.at();
        self.merge(consult);
        self.step(id, |dialog| {
            dialog.call_type = CallType::Conference;
            dialog.controller = Some(user.clone());
            dialog.secondary = Some(consult);
            if let Some(own) = dialog.participant_of_mut(user) {
                own.become_state(ParticipantState::Active, at);
            }
            dialog.audience.extend(others.iter().filter_map(|party| party.user.clone()));
            dialog.participants.extend(others);
        });
        self.settle_all(id);
    }
}
