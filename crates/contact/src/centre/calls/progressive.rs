//! Outbound calls for which an agent is reserved: the dialler calls the customer, and who is there is brought together.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), the transition tables of "Agent states": `RESERVED_OUTBOUND`, and what CCE and CCX do
//! differently there.

use super::draft::{Draft, Origin};
use crate::centre::{ContactCentre, Deployment};
use crate::{
    Address, AfterCall, AgentState, CallDataChange, CallType, Campaign, DialogId, ParticipantState, Reason,
    Refusal, StateChange, Timestamp, UserId,
};

impl ContactCentre {
    /// The call for which a user is reserved, while the dialler tries to reach the customer.
    pub fn reservation_of(&self, user: &UserId) -> Option<&crate::Dialog> {
        self.calls.of(user).find(|dialog| dialog.reserved() == Some(user))
    }

    /// When the dialler gives up the customer who has been called longest.
    pub(in crate::centre) fn dialling_ends_at(&self) -> Option<Timestamp> {
        let since = self.calls.first_dialled()?;
        Some(Timestamp(since.0.saturating_add(i64::from(self.settings.customer_no_answer_after_ms))))
    }
}

impl Draft<'_> {
    /// The dialler reserves a ready agent and calls `customer`.
    ///
    /// # Errors
    ///
    /// As [`Draft::preview`].
    pub(super) fn progressive(
        &mut self,
        user: &UserId,
        customer: &Address,
        campaign: &str,
        data: &CallDataChange,
    ) -> Result<(), Refusal> {
        let wanted = "the dialler reserves an agent who is ready";
        let (extension, written) = self.dialler_may_call(user, customer, campaign, data, wanted)?;
        let own = Address::from(&extension);
        let change = StateChange {
            state: AgentState::ReservedOutbound,
            reason: Reason::None,
            extension: Some(extension),
            at: self.at(),
            after_call: Some(AfterCall {
                state: AgentState::Ready,
                reason: Reason::None,
                is_asked_for: false,
            }),
        };
        self.become_state(user, change);
        let first = self.party(customer.clone(), None, ParticipantState::Alerting);
        let origin = Origin::Campaign(Campaign {
            name: campaign.to_owned(),
            customer: customer.clone(),
            classification: None,
            callback: None,
            reserved: Some(user.clone()),
        });
        self.begin(CallType::AutoOut, own, customer.clone(), first, written, origin);
        Ok(())
    }

    /// If an agent is reserved for this call and the customer is there, the agent is in it: at once on CCE; on CCX the
    /// telephone rings.
    pub(super) fn bring_together(&mut self, id: DialogId) {
        let Some(dialog) = self.dialog(id) else { return };
        let Some(agent) = dialog.reserved().cloned() else { return };
        if dialog.live().any(|party| party.state != ParticipantState::Active) {
            return;
        }
        let state = match self.deployment() {
            Deployment::Ucce => ParticipantState::Active,
            Deployment::Uccx => ParticipantState::Alerting,
        };
        let Some(own) = self.user(&agent).and_then(|user| user.extension.as_ref()).map(Address::from) else {
            return;
        };
        let party = self.party(own, Some(agent.clone()), state);
        self.step(id, |dialog| {
            dialog.audience.insert(agent);
            dialog.participants.push(party);
            if let Some(campaign) = &mut dialog.campaign {
                campaign.reserved = None;
            }
        });
    }

    /// The call for which the user is reserved.
    pub(super) fn reservation_of(&self, user: &UserId) -> Option<DialogId> {
        let is_it = |id: &DialogId| self.dialog(*id).is_some_and(|dialog| dialog.reserved() == Some(user));
        let known = self.centre().reservation_of(user).map(|dialog| dialog.id);
        known.filter(is_it).or_else(|| self.touched().find(is_it))
    }

    /// The user is reserved no longer. The dialler hangs up.
    pub(in crate::centre) fn end_reservation(&mut self, user: &UserId) {
        if let Some(id) = self.reservation_of(user) {
            self.clear(id);
        }
    }

    /// The customers whom the dialler has called long enough.
    pub(in crate::centre) fn give_up_dialling(&mut self) {
        let after = i64::from(self.centre().settings.customer_no_answer_after_ms);
        let due = Timestamp(self.at().0.saturating_sub(after));
        let dialled: Vec<DialogId> = self.centre().calls.dialled_since(due).collect();
        for id in dialled {
            if self.dialog(id).is_some_and(|dialog| dialog.reserved().is_some()) {
                self.leave(id, |_| true);
            }
        }
    }

    /// The agent has not taken a call whose customer is there: CCX. The call is over, and the agent not ready.
    pub(super) fn not_taken(&mut self, id: DialogId, agent: &UserId) {
        let user = self.user(agent).filter(|user| user.state == AgentState::ReservedOutbound);
        if let Some(user) = user.filter(|user| user.pending_state() != Some(AgentState::Logout)) {
            let change = StateChange {
                state: AgentState::NotReady,
                reason: Reason::NOT_ANSWERED_UCCX,
                extension: user.extension.clone(),
                at: self.at(),
                after_call: None,
            };
            self.become_state(agent, change);
        }
        self.clear(id);
        self.settle_all(id);
    }
}
