//! The states of a dialog and of those who take part in it.

use serde::{Deserialize, Serialize};

/// The state of a voice dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DialogState {
    /// A telephone is off the hook.
    Initiating,
    /// A number has been dialled.
    Initiated,
    /// Somebody's telephone rings.
    Alerting,
    /// At least one party talks, or has put the call on hold.
    Active,
    /// The call cannot be made.
    Failed,
    /// Nobody is in the call any more.
    Dropped,
    /// An outbound preview has been accepted.
    Accepted,
}

impl DialogState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Initiating,
        Self::Initiated,
        Self::Alerting,
        Self::Active,
        Self::Failed,
        Self::Dropped,
        Self::Accepted,
    ];

    /// The name on the wire, for instance `ALERTING`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiating => "INITIATING",
            Self::Initiated => "INITIATED",
            Self::Alerting => "ALERTING",
            Self::Active => "ACTIVE",
            Self::Failed => "FAILED",
            Self::Dropped => "DROPPED",
            Self::Accepted => "ACCEPTED",
        }
    }

    /// The state of a dialog whose participants are in these.
    ///
    /// A party who fails or rings says more about the call than one who waits, and one who talks more than one who dials.
    pub fn of(participants: impl IntoIterator<Item = ParticipantState>) -> Self {
        use ParticipantState as P;
        let mut state = Self::Dropped;
        for participant in participants {
            let this = match participant {
                P::Failed => Self::Failed,
                P::Alerting => Self::Alerting,
                P::Active | P::Held => Self::Active,
                P::Accepted => Self::Accepted,
                P::Initiated => Self::Initiated,
                P::Initiating => Self::Initiating,
                P::Dropped | P::WrapUp => Self::Dropped,
            };
            if this.weight() > state.weight() {
                state = this;
            }
        }
        state
    }

    fn weight(self) -> u8 {
        match self {
            Self::Dropped => 0,
            Self::Initiating => 1,
            Self::Initiated => 2,
            Self::Accepted => 3,
            Self::Active => 4,
            Self::Alerting => 5,
            Self::Failed => 6,
        }
    }
}

/// The state of one party of a voice dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParticipantState {
    /// Off the hook.
    Initiating,
    /// Has dialled.
    Initiated,
    /// Rings.
    Alerting,
    /// Talks.
    Active,
    /// Has put the call on hold.
    Held,
    /// Cannot reach the other side.
    Failed,
    /// Has left the call and wraps it up.
    WrapUp,
    /// Has left the call.
    Dropped,
    /// Has accepted an outbound preview.
    Accepted,
}

impl ParticipantState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Initiating,
        Self::Initiated,
        Self::Alerting,
        Self::Active,
        Self::Held,
        Self::Failed,
        Self::WrapUp,
        Self::Dropped,
        Self::Accepted,
    ];

    /// The name on the wire, for instance `WRAP_UP`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiating => "INITIATING",
            Self::Initiated => "INITIATED",
            Self::Alerting => "ALERTING",
            Self::Active => "ACTIVE",
            Self::Held => "HELD",
            Self::Failed => "FAILED",
            Self::WrapUp => "WRAP_UP",
            Self::Dropped => "DROPPED",
            Self::Accepted => "ACCEPTED",
        }
    }

    /// Whether the party is still in the call.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::WrapUp | Self::Dropped)
    }
}

/// Why a party is in the present state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StateCause {
    /// For no special reason.
    #[default]
    None,
    /// Who was called is busy.
    Busy,
    /// There is no such number.
    BadDestination,
    /// For another reason.
    Other,
}

impl StateCause {
    /// The name on the wire; empty for no special reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Busy => "BUSY",
            Self::BadDestination => "BAD_DESTINATION",
            Self::Other => "OTHER",
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::None
    }
}
