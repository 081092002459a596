//! Outbound calls that an agent looks at before they are made.

use super::draft::{Draft, Origin};
use super::make::Reach;
use crate::centre::configuration::check_text;
use crate::{
    Address, AfterCall, AgentState, CallData, CallDataChange, CallType, Callback, Campaign, Classification,
    DialogId, Extension, ParticipantState, Reason, Refusal, StateChange, UserId,
};

impl Draft<'_> {
    /// The dialler shows a ready agent a call to `customer`.
    ///
    /// # Errors
    ///
    /// 404 for a user who is not there; 400 for one who is not ready, and for a number that cannot be called.
    pub(super) fn preview(
        &mut self,
        user: &UserId,
        customer: &Address,
        campaign: &str,
        data: &CallDataChange,
    ) -> Result<(), Refusal> {
        let wanted = "a call is shown to an agent who is ready";
        let (extension, written) = self.dialler_may_call(user, customer, campaign, data, wanted)?;
        let own = Address::from(&extension);
        let change = StateChange {
            state: AgentState::ReservedOutboundPreview,
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
        let first = self.party(own.clone(), Some(user.clone()), ParticipantState::Alerting);
        let campaign = Campaign {
            name: campaign.to_owned(),
            customer: customer.clone(),
            classification: None,
            callback: None,
            reserved: None,
        };
        let (kind, origin) = (CallType::OutboundPreview, Origin::Campaign(campaign));
        self.begin(kind, own, customer.clone(), first, written, origin);
        Ok(())
    }

    /// Checks that the dialler may bring an agent a call to `customer`. Returns where the agent is, and what is written on the call.
    ///
    /// - `wanted`: the sentence for an agent who is not ready.
    pub(super) fn dialler_may_call(
        &self,
        user: &UserId,
        customer: &Address,
        campaign: &str,
        data: &CallDataChange,
        wanted: &str,
    ) -> Result<(Extension, CallData), Refusal> {
        check_text("campaign name", campaign, 1, Campaign::NAME_LENGTH_MAX)?;
        let known = self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
        let extension = known.extension.clone().filter(|_| known.state == AgentState::Ready);
        let Some(extension) = extension.filter(|_| !self.is_busy(user, |_| true)) else {
            return Err(Refusal::invalid_state(user.as_str(), wanted));
        };
        if self.reach(customer) != Reach::Outside {
            return Err(Refusal::invalid_destination(customer.as_str(), "the dialler calls numbers outside"));
        }
        let mut written = CallData::default();
        written.change(data);
        for (name, value) in &data.variables {
            written.set_diallers(name, value);
        }
        written.set_diallers("BACampaign", campaign);
        Ok((extension, written))
    }

    /// The agent takes the call that is shown: the customer's telephone rings.
    pub(super) fn accept_preview(&mut self, id: DialogId, user: &UserId) {
        let at = self.at();
        self.step(id, |dialog| {
            if let Some(own) = dialog.participant_of_mut(user) {
                own.become_state(ParticipantState::Accepted, at);
            }
        });
        let customer = self.dialog(id).and_then(|dialog| dialog.campaign.as_ref());
        if let Some(customer) = customer.map(|campaign| campaign.customer.clone()) {
            self.ring(id, &customer, Reach::Outside);
        }
    }

    /// The customer is to be called again. What is not said stays as it was.
    pub(super) fn schedule_callback(&mut self, id: DialogId, wish: &Callback) {
        self.step_if_different(id, |dialog| {
            if let Some(campaign) = &mut dialog.campaign {
                let callback = campaign.callback.get_or_insert_default();
                callback.time = wish.time.clone().or_else(|| callback.time.take());
                callback.number = wish.number.clone().or_else(|| callback.number.take());
            }
        });
    }

    /// The customer is not to be called again.
    pub(super) fn cancel_callback(&mut self, id: DialogId) {
        self.step_if_different(id, |dialog| {
            if let Some(campaign) = &mut dialog.campaign {
                campaign.callback = None;
            }
        });
    }

    /// What has answered is something else than the dialler thought. It shows as `BAResponse`.
    pub(super) fn reclassify(&mut self, id: DialogId, classification: Classification) {
        self.step_if_different(id, |dialog| {
            if let Some(campaign) = &mut dialog.campaign {
                campaign.classification = Some(classification);
                dialog.data.set_diallers("BAResponse", classification.as_str());
            }
        });
    }
}
