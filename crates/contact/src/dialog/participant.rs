//! One party of a call.

use serde::{Deserialize, Serialize};

use crate::{Address, DialogId, ParticipantState, StateCause, Timestamp, UserId};

/// One party of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The number.
    pub address: Address,
    /// Whose device that is; nobody's for a telephone outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// A telephone inside at which nobody is signed in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_extension: bool,
    /// In which state.
    pub state: ParticipantState,
    /// Why.
    #[serde(default, skip_serializing_if = "StateCause::is_none")]
    pub cause: StateCause,
    /// What the party does in the call.
    #[serde(default, skip_serializing_if = "Part::is_talker")]
    pub part: Part,
    /// The consultation that could be merged into this call now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consult: Option<DialogId>,
    /// Since when the party is in the call.
    pub started_at: Timestamp,
    /// Since when in the present state.
    pub changed_at: Timestamp,
}

/// What a party does in a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Talks.
    #[default]
    Talker,
    /// A supervisor who listens.
    Listener,
    /// An agent who is listened to, and whose own call goes on elsewhere.
    Monitored,
}

impl Part {
    fn is_talker(&self) -> bool {
        *self == Self::Talker
    }
}

impl Participant {
    /// A party who has just come.
    pub(crate) fn new(
        address: Address,
        user: Option<UserId>,
        state: ParticipantState,
        at: Timestamp,
    ) -> Self {
        Self {
            address,
            user,
            is_extension: false,
            state,
            cause: StateCause::None,
            part: Part::Talker,
            consult: None,
            started_at: at,
            changed_at: at,
        }
    }

    /// Another state. It ends what belonged to the last one.
    pub(crate) fn become_state(&mut self, state: ParticipantState, at: Timestamp) {
        if self.state != state {
            self.state = state;
            self.changed_at = at;
            self.cause = StateCause::None;
        }
        if state != ParticipantState::Held {
            self.consult = None;
        }
    }

    /// Whether the device belongs to a user.
    pub fn is_agent_device(&self) -> bool {
        self.user.is_some()
    }

    /// Whether the telephone is out in the network.
    pub fn is_outside(&self) -> bool {
        self.user.is_none() && !self.is_extension
    }
}
