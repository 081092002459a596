//! Dialogs: calls, with who takes part in them and what each may do.
//!
//! A dialog is a plain value. `centre/calls` makes the next one out of it; a dialog of the log is one of these, whole.

mod action;
mod address;
mod call_data;
mod call_type;
mod campaign;
mod participant;
mod request;
mod state;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use action::Action;
pub use address::{Address, NotAnAddress};
pub use call_data::{CallData, CallDataChange};
pub use call_type::CallType;
pub use campaign::{
    Callback, CallbackTime, Campaign, Classification, NotACallbackTime, UnknownClassification,
};
pub use participant::{Part, Participant};
pub use request::{DialogRequest, DtmfDigits};
pub use state::{DialogState, ParticipantState, StateCause};

use crate::{ApiPath, Deployment, DialogId, QueueId, Timestamp, UserId};

/// A call.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Dialog APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// Its number.
    pub id: DialogId,
    /// What kind of call.
    pub call_type: CallType,
    /// Who called; that of the original call after a transfer or a conference.
    pub from: Address,
    /// Who was called, as above.
    pub to: Address,
    /// The number that the caller dialled. The queue's, for a call that came through one.
    pub dialed: Address,
    /// Everybody who is or was in it, in the order in which they came.
    pub participants: Vec<Participant>,
    /// Call variables and the wrap-up reason.
    #[serde(default, skip_serializing_if = "CallData::is_empty")]
    pub data: CallData,
    /// The call for which this one is a consultation, or which it monitors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated: Option<DialogId>,
    /// The consultation of this call, going on or merged into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<DialogId>,
    /// Who completed the conference that this is; only that one may enlarge it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<UserId>,
    /// The queue through which it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// What the outbound dialler knows of it, if it has brought the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Box<Campaign>>,
    /// The users who have the call in their lists and hear of it. One who comes in hears that it was added, one who goes
    /// that it was removed.
    pub audience: BTreeSet<UserId>,
}

impl Dialog {
    /// Where the dialog is found.
    pub fn path(&self) -> ApiPath {
        ApiPath::Dialog(self.id)
    }

    /// The state of the whole, which follows from those of its participants.
    pub fn state(&self) -> DialogState {
        DialogState::of(self.participants.iter().map(|participant| participant.state))
    }

    /// Whether nothing can happen to it any more: nobody is in it, and nobody has it in a list.
    pub fn is_over(&self) -> bool {
        self.audience.is_empty() && !self.participants.iter().any(|participant| participant.state.is_live())
    }

    /// Whether it came through a queue: what CCX calls an ICD call, also after a transfer.
    pub fn came_through_queue(&self) -> bool {
        self.queue.is_some()
    }

    /// What a party of this call may ask for now, in the order in which it is written.
    pub fn actions_of(&self, party: &Participant, deployment: Deployment) -> Vec<Action> {
        let is_agents_part = self.campaign.is_some() && party.is_agent_device() && party.part == Part::Talker;
        match party.state {
            ParticipantState::Alerting if is_agents_part && self.is_preview() => {
                vec![Action::Accept, Action::Close, Action::Reject]
            }
            ParticipantState::Active if is_agents_part => {
                let mut actions = Action::allowed(party, deployment);
                actions.extend([
                    Action::UpdateScheduledCallback,
                    Action::CancelScheduledCallback,
                    Action::Reclassify,
                ]);
                actions
            }
            _ => Action::allowed(party, deployment),
        }
    }

    /// Whether the agent is still looking at the call that is to be made.
    pub fn is_preview(&self) -> bool {
        let is_before = |party: &Participant| {
            matches!(party.state, ParticipantState::Alerting | ParticipantState::Accepted)
        };
        self.call_type == CallType::OutboundPreview && self.live().all(is_before)
    }

    /// Since when it has been waiting in its queue, if it does: the caller is alone.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        let mut live = self.live();
        let caller = live.next().filter(|_| self.queue.is_some() && live.next().is_none())?;
        use ParticipantState::{Active, Held, Initiated};
        let waits = matches!(caller.state, Initiated | Active | Held);
        waits.then_some(caller.started_at)
    }

    /// The agent who is reserved for the customer of this call, whom the dialler still tries to reach.
    pub fn reserved(&self) -> Option<&UserId> {
        self.campaign.as_ref()?.reserved.as_ref()
    }

    /// The agent whose telephone rings for this call of a queue or of the dialler.
    pub(crate) fn offered_to(&self) -> Option<&UserId> {
        if self.queue.is_none() && self.call_type != CallType::AutoOut {
            return None;
        }
        let rings = self.participants.iter().find(|party| party.state == ParticipantState::Alerting)?;
        rings.user.as_ref()
    }

    /// The participant with this number: one who is there before one who has left.
    pub fn participant(&self, address: &Address) -> Option<&Participant> {
        let mut with_it = self.participants.iter().filter(|participant| participant.address == *address);
        let first = with_it.clone().find(|participant| participant.state.is_live());
        first.or_else(|| with_it.next_back())
    }

    /// The participant that is this user's device.
    pub fn participant_of(&self, user: &UserId) -> Option<&Participant> {
        let mut own = self.participants.iter().filter(|participant| participant.user.as_ref() == Some(user));
        let first = own.clone().find(|participant| participant.state.is_live());
        first.or_else(|| own.next_back())
    }

    /// As [`Dialog::participant_of`].
    pub(crate) fn participant_of_mut(&mut self, user: &UserId) -> Option<&mut Participant> {
        let at = |live: bool| {
            move |participant: &Participant| {
                participant.user.as_ref() == Some(user) && (!live || participant.state.is_live())
            }
        };
        let place = self.participants.iter().position(at(true));
        let place = place.or_else(|| self.participants.iter().rposition(at(false)))?;
        Some(&mut self.participants[place])
    }

    /// Those who are still in the call.
    pub fn live(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|participant| participant.state.is_live())
    }

    /// The users whose devices are or were in the call.
    pub fn users(&self) -> impl Iterator<Item = &UserId> {
        self.participants.iter().filter_map(|participant| participant.user.as_ref())
    }

    /// Moves every participant whom `which` picks to `state`.
    pub(crate) fn move_to(
        &mut self,
        state: ParticipantState,
        at: Timestamp,
        which: impl Fn(&Participant) -> bool,
    ) {
        for participant in self.participants.iter_mut().filter(|participant| which(participant)) {
            participant.become_state(state, at);
        }
    }
}

#[cfg(test)]
mod tests;
