//! The states an agent can be in, and those that a person may ask for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The state of a voice agent.
///
/// `LOGIN` is missing on purpose: it is a request, never a state that stays; see [`RequestedState`].
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "User API parameters".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgentState {
    /// Not signed in.
    #[default]
    Logout,
    /// Signed in, takes no calls.
    NotReady,
    /// Waits for a call.
    Ready,
    /// A call is being offered.
    Reserved,
    /// Reserved for a progressive or predictive outbound call.
    ReservedOutbound,
    /// Reserved for an outbound call that the agent looks at first.
    ReservedOutboundPreview,
    /// In a call.
    Talking,
    /// In a call that is on hold.
    Hold,
    /// Wraps up after a call, then not ready.
    Work,
    /// Wraps up after a call, then ready.
    WorkReady,
    /// Nobody knows.
    Unknown,
}

impl AgentState {
    /// Every state, in the order above.
    pub const ALL: [Self; 11] = [
        Self::Logout,
        Self::NotReady,
        Self::Ready,
        Self::Reserved,
        Self::ReservedOutbound,
        Self::ReservedOutboundPreview,
        Self::Talking,
        Self::Hold,
        Self::Work,
        Self::WorkReady,
        Self::Unknown,
    ];

    /// The name on the wire, for instance `NOT_READY`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::NotReady => "NOT_READY",
            Self::Ready => "READY",
            Self::Reserved => "RESERVED",
            Self::ReservedOutbound => "RESERVED_OUTBOUND",
            Self::ReservedOutboundPreview => "RESERVED_OUTBOUND_PREVIEW",
            Self::Talking => "TALKING",
            Self::Hold => "HOLD",
            Self::Work => "WORK",
            Self::WorkReady => "WORK_READY",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// A state that a person may ask for. All others are set by what happens to calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestedState {
    /// Sign in. Leads to [`AgentState::NotReady`].
    Login,
    /// Take calls.
    Ready,
    /// Take no calls.
    NotReady,
    /// Sign out.
    Logout,
}

impl RequestedState {
    /// Every state that may be asked for.
    pub const ALL: [Self; 4] = [Self::Login, Self::Ready, Self::NotReady, Self::Logout];

    /// The name on the wire, for instance `LOGIN`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "LOGIN",
            Self::Ready => "READY",
            Self::NotReady => "NOT_READY",
            Self::Logout => "LOGOUT",
        }
    }
}

/// A name that is not a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an agent state")]
pub struct UnknownState;

impl FromStr for AgentState {
    type Err = UnknownState;
    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or(UnknownState)
    }
}

impl FromStr for RequestedState {
    type Err = UnknownState;
    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or(UnknownState)
    }
}

impl fmt::Display for AgentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RequestedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_spells_a_state_as_the_wire_does() {
        for state in AgentState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }

    #[test]
    fn login_is_asked_for_and_never_stays() {
        assert_eq!("LOGIN".parse(), Ok(RequestedState::Login));
        assert_eq!("LOGIN".parse::<AgentState>(), Err(UnknownState));
    }
}
