//! What agents ask of calls: who may, and whether the call allows it.

use super::draft::Draft;
use crate::centre::{ContactCentre, Deployment};
use crate::{
    Action, Actor, Address, Dialog, DialogId, DialogRequest, Event, Failure, Participant, ParticipantState,
    Refusal, Timestamp, UserId,
};

impl ContactCentre {
    /// `POST /User/{id}/Dialogs`: begins a call.
    ///
    /// Calls are made by oneself and from the own extension. Whatever the switch would refuse fails after the 202.
    pub(in crate::centre) fn begin_call(
        &self,
        actor: &Actor,
        user: &UserId,
        request: &DialogRequest,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let user = self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
        if actor.id != *user.id() {
            return Err(Refusal::not_your_resource(user.id().as_str()));
        }
        if !user.details.roles.can_sign_in() {
            return Err(Refusal::unauthorized(user.id().as_str()));
        }
        let own = user.extension.as_ref().map(Address::from);
        let is_own = |from: &Address| match &own {
            Some(own) if own != from => {
                Err(Refusal::invalid_input(from.as_str(), "fromAddress is not the extension of this user"))
            }
            _ => Ok(()),
        };
        let mut draft = Draft::new(self, at);
        match request {
            DialogRequest::MakeCall { from, to, data } => {
                is_own(from)?;
                if self.settings.deployment == Deployment::Uccx && *data != Default::default() {
                    let why = "a call is made without mediaProperties on CCX";
                    return Err(Refusal::invalid_input("mediaProperties", why));
                }
                draft.make_call(user, to, data);
            }
            DialogRequest::SilentMonitor { from, to } => {
                is_own(from)?;
                draft.silent_monitor(actor, user, to)?;
            }
            DialogRequest::Barge { from, to, monitor } => {
                is_own(from)?;
                draft.barge(actor, user, to, *monitor)?;
            }
            DialogRequest::Plain { .. }
            | DialogRequest::Towards { .. }
            | DialogRequest::UpdateCallData { .. }
            | DialogRequest::SendDtmf { .. }
            | DialogRequest::ScheduleCallback { .. }
            | DialogRequest::Reclassify { .. } => {
                return Err(Refusal::invalid_input(request.action().as_str(), "this does not begin a call"));
            }
        }
        Ok(draft.finish())
    }

    /// `PUT /Dialog/{id}`: does something with a call.
    pub(in crate::centre) fn act_on_call(
        &self,
        actor: &Actor,
        id: DialogId,
        request: &DialogRequest,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let dialog = self.calls.get(id).ok_or_else(|| Refusal::dialog_not_found(&id.to_string()))?;
        let mut draft = Draft::new(self, at);
        if let DialogRequest::Plain { action: Action::ParticipantDrop, target } = request {
            draft.drop_participant(actor, dialog, target)?;
            return Ok(draft.finish());
        }
        let target = match request {
            DialogRequest::Plain { target, .. }
            | DialogRequest::Towards { target, .. }
            | DialogRequest::SendDtmf { target, .. }
            | DialogRequest::ScheduleCallback { target, .. }
            | DialogRequest::Reclassify { target, .. } => Some(target),
            DialogRequest::UpdateCallData { target, .. } => target.as_ref(),
            _ => None,
        };
        let own = own_part(actor, dialog, target)?;
        self.check_product(request.action())?;
        if request.action() == Action::SendDtmf && own.state == ParticipantState::Held {
            let why = "tones cannot be sent while the call is on hold";
            return Err(Refusal::new(401, crate::ErrorType::InvalidState, own.address.as_str(), why));
        }
        let user = &actor.id;
        let allowed = dialog.actions_of(own, self.settings.deployment);
        let may_decline = !dialog.is_preview() && may_decline(own, request);
        if !allowed.contains(&request.action()) && !may_decline {
            draft.fail(user, Some(id), Failure::ActionNotAllowed);
            return Ok(draft.finish());
        }
        match request {
            DialogRequest::Plain { action, target } => match (action, own.consult) {
                (Action::Answer, _) => draft.answer(id, target, Some(user)),
                (Action::Hold, _) => draft.hold(id, user),
                (Action::Retrieve, _) => draft.take_back(id, user),
                (Action::Drop, _) => draft.leave(id, |party| party.user.as_ref() == Some(user)),
                (Action::Accept, _) => draft.accept_preview(id, user),
                // What becomes of the customer's record is the dialler's to know; the agent sees no difference.
                (Action::Close | Action::Reject, _) => draft.leave(id, |_| true),
                (Action::CancelScheduledCallback, _) => draft.cancel_callback(id),
                (Action::Transfer, Some(consult)) => draft.transfer(id, user, consult),
                (Action::Conference, Some(consult)) => draft.conference(id, user, consult),
                _ => {}
            },
            DialogRequest::Towards { action: Action::ConsultCall, to, .. } => draft.consult(id, user, to),
            DialogRequest::Towards { to, .. } => draft.transfer_without_asking(id, user, to),
            DialogRequest::UpdateCallData { data, .. } => draft.update_call_data(id, data),
            // The tones go to the other side, where nobody listens to them.
            DialogRequest::SendDtmf { .. } => {}
            DialogRequest::ScheduleCallback { callback, .. } => draft.schedule_callback(id, callback),
            DialogRequest::Reclassify { classification, .. } => draft.reclassify(id, *classification),
            DialogRequest::MakeCall { .. }
            | DialogRequest::SilentMonitor { .. }
            | DialogRequest::Barge { .. } => {}
        }
        Ok(draft.finish())
    }

    fn check_product(&self, action: Action) -> Result<(), Refusal> {
        if action == Action::StartRecording && self.settings.deployment == Deployment::Ucce {
            return Err(Refusal::not_implemented(action.as_str(), "only CCX records calls by request"));
        }
        Ok(())
    }
}

/// The part that the asking user has in the call, at the device that the request names.
fn own_part<'a>(
    actor: &Actor,
    dialog: &'a Dialog,
    target: Option<&Address>,
) -> Result<&'a Participant, Refusal> {
    let own = dialog.participant_of(&actor.id);
    let Some(own) = own.filter(|own| target.is_none_or(|target| *target == own.address)) else {
        return Err(Refusal::not_your_resource(actor.id.as_str()));
    };
    Ok(own)
}

/// Whoever is called can decline, though that is in no list of actions.
fn may_decline(own: &Participant, request: &DialogRequest) -> bool {
    request.action() == Action::Drop
        && own.state == ParticipantState::Alerting
        && own.part == crate::Part::Talker
}
