//! What can be done with a call, and who may do it when.

use std::fmt;
use std::str::FromStr;

use crate::{Deployment, Part, Participant, ParticipantState};

/// Something that a client asks for in `requestedAction`, and that a dialog lists in `actions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Call somebody.
    MakeCall,
    /// Take the call that rings.
    Answer,
    /// Put on hold.
    Hold,
    /// Back from hold.
    Retrieve,
    /// Leave the call, or not take it.
    Drop,
    /// Ask somebody about this call, in a call of its own.
    ConsultCall,
    /// Give the call to whom one has consulted.
    Transfer,
    /// Bring together the call and the consultation.
    Conference,
    /// Give the call to somebody without asking.
    TransferSst,
    /// Change call variables or the wrap-up reason.
    UpdateCallData,
    /// Send tones.
    SendDtmf,
    /// Record the call (CCX).
    StartRecording,
    /// Listen to an agent.
    SilentMonitor,
    /// Join the call that one listens to.
    BargeCall,
    /// Take somebody else out of a conference.
    ParticipantDrop,
    /// Make the outbound call that one is looking at.
    Accept,
    /// Do not make it, now or later.
    Close,
    /// Do not make it now.
    Reject,
    /// Say when or where the customer of an outbound call is to be called again.
    UpdateScheduledCallback,
    /// The customer is not to be called again.
    CancelScheduledCallback,
    /// Say what has answered an outbound call.
    Reclassify,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 21] = [
        Self::MakeCall,
        Self::Answer,
        Self::Hold,
        Self::Retrieve,
        Self::Drop,
        Self::ConsultCall,
        Self::Transfer,
        Self::Conference,
        Self::TransferSst,
        Self::UpdateCallData,
        Self::SendDtmf,
        Self::StartRecording,
        Self::SilentMonitor,
        Self::BargeCall,
        Self::ParticipantDrop,
        Self::Accept,
        Self::Close,
        Self::Reject,
        Self::UpdateScheduledCallback,
        Self::CancelScheduledCallback,
        Self::Reclassify,
    ];

    /// The name on the wire, for instance `CONSULT_CALL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MakeCall => "MAKE_CALL",
            Self::Answer => "ANSWER",
            Self::Hold => "HOLD",
            Self::Retrieve => "RETRIEVE",
            Self::Drop => "DROP",
            Self::ConsultCall => "CONSULT_CALL",
            Self::Transfer => "TRANSFER",
            Self::Conference => "CONFERENCE",
            Self::TransferSst => "TRANSFER_SST",
            Self::UpdateCallData => "UPDATE_CALL_DATA",
            Self::SendDtmf => "SEND_DTMF",
            Self::StartRecording => "START_RECORDING",
            Self::SilentMonitor => "SILENT_MONITOR",
            Self::BargeCall => "BARGE_CALL",
            Self::ParticipantDrop => "PARTICIPANT_DROP",
            Self::Accept => "ACCEPT",
            Self::Close => "CLOSE",
            Self::Reject => "REJECT",
            Self::UpdateScheduledCallback => "UPDATE_SCHEDULED_CALLBACK",
            Self::CancelScheduledCallback => "CANCEL_SCHEDULED_CALLBACK",
            Self::Reclassify => "RECLASSIFY",
        }
    }

    /// What a party may ask for in the present state, whoever has brought the call.
    ///
    /// # Source
    ///
    /// Finesse Developer Guide 12.5(1), "Actions" per participant state; the order and what goes beyond the
    /// guide's table (`TRANSFER_SST`, `SEND_DTMF`) as seen on the wire.
    pub(crate) fn allowed(participant: &Participant, deployment: Deployment) -> Vec<Self> {
        use ParticipantState as P;
        match (participant.part, participant.state) {
            (Part::Monitored, _) => vec![],
            (Part::Listener, state) => {
                if state.is_live() {
                    vec![Self::Drop]
                } else {
                    vec![]
                }
            }
            (Part::Talker, P::Initiating | P::Initiated) => vec![Self::UpdateCallData, Self::Drop],
            (Part::Talker, P::Alerting) => vec![Self::Answer],
            (Part::Talker, P::Active) => {
                let mut actions = vec![
                    Self::TransferSst,
                    Self::ConsultCall,
                    Self::Hold,
                    Self::UpdateCallData,
                    Self::SendDtmf,
                    Self::Drop,
                ];
                if deployment == Deployment::Uccx {
                    actions.push(Self::StartRecording);
                }
                actions
            }
            (Part::Talker, P::Held) => {
                let mut actions = vec![Self::Retrieve, Self::UpdateCallData, Self::Drop];
                if participant.consult.is_some() {
                    actions.extend([Self::Transfer, Self::Conference]);
                }
                actions
            }
            (Part::Talker, P::Failed) => vec![Self::Drop],
            (Part::Talker, P::WrapUp) => vec![Self::UpdateCallData],
            (Part::Talker, P::Dropped | P::Accepted) => vec![],
        }
    }
}

/// A name that is no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an action")]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;
    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        Self::ALL.into_iter().find(|action| action.as_str() == name).ok_or(UnknownAction)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
