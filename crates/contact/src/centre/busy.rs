//! Who is on the telephone, as CCX shows it to supervisors: there, a call that came through no queue changes nobody's state.

use std::collections::BTreeSet;

use super::{ContactCentre, Deployment};
use crate::{Dialog, Part, Participant, ParticipantState, User, UserId};

impl ContactCentre {
    /// `mediaState` in the documents of a team: whether the user is on the telephone. None on CCE, whose states say it.
    ///
    /// Who is only called is not busy yet.
    ///
    /// Source: Finesse Developer Guide 12.5(1), "Team" parameters and the differences of CCX.
    pub(crate) fn is_busy_on_ccx(&self, user: &User) -> Option<bool> {
        let is_on_the_line = |party: &Participant| {
            party.user.as_ref() == Some(user.id())
                && party.part != Part::Monitored
                && party.state != ParticipantState::Alerting
        };
        let is_ccx = self.settings.deployment == Deployment::Uccx;
        is_ccx.then(|| self.calls.of(user.id()).any(|dialog| dialog.live().any(is_on_the_line)))
    }

    /// Those of the calls' users who are on the telephone. Nobody on CCE.
    pub(super) fn busy_on_ccx(&self, dialog: &Dialog) -> BTreeSet<UserId> {
        if self.settings.deployment == Deployment::Ucce {
            return BTreeSet::new();
        }
        let users = dialog.users().filter_map(|id| self.user(id));
        let busy = users.filter(|user| self.is_busy_on_ccx(user) == Some(true));
        busy.map(|user| user.id().clone()).collect()
    }
}
