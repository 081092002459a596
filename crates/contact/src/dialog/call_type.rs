//! What kind of call a dialog is: what the desktop's own state machines go by.

use serde::{Deserialize, Serialize};

/// The kind of a call, `mediaProperties/callType`.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Dialog API parameter values". That list goes on; these are the kinds that arise here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallType {
    /// From a queue (CCX).
    AcdIn,
    /// From a queue (CCE).
    PrerouteAcdIn,
    /// From outside to an agent's own number.
    OtherIn,
    /// From an agent to a number outside.
    Out,
    /// From an agent to an agent.
    AgentInside,
    /// From an agent to somebody who is asked about another call.
    Consult,
    /// A call that an agent has given to another.
    Transfer,
    /// A call with more than two parties.
    Conference,
    /// A supervisor listens to an agent.
    SupervisorMonitor,
    /// A supervisor has joined the call of an agent.
    BargeInConsult,
    /// An outbound call that the agent looks at first.
    OutboundPreview,
    /// An outbound call that is made while an agent is reserved for it.
    AutoOut,
}

impl CallType {
    /// Every kind that arises here.
    pub const ALL: [Self; 12] = [
        Self::AcdIn,
        Self::PrerouteAcdIn,
        Self::OtherIn,
        Self::Out,
        Self::AgentInside,
        Self::Consult,
        Self::Transfer,
        Self::Conference,
        Self::SupervisorMonitor,
        Self::BargeInConsult,
        Self::OutboundPreview,
        Self::AutoOut,
    ];

    /// The name on the wire, for instance `ACD_IN`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AcdIn => "ACD_IN",
            Self::PrerouteAcdIn => "PREROUTE_ACD_IN",
            Self::OtherIn => "OTHER_IN",
            Self::Out => "OUT",
            Self::AgentInside => "AGENT_INSIDE",
            Self::Consult => "CONSULT",
            Self::Transfer => "TRANSFER",
            Self::Conference => "CONFERENCE",
            Self::SupervisorMonitor => "SUPERVISOR_MONITOR",
            Self::BargeInConsult => "BARGE_IN_CONSULT",
            Self::OutboundPreview => "OUTBOUND_PREVIEW",
            Self::AutoOut => "AUTO_OUT",
        }
    }
}
