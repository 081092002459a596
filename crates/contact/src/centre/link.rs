//! What becomes of an agent whose state could not be followed for a while, because the link to the telephones was lost.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), "User API parameters": `pendingState` after a failover on CCX. That an agent who was ready
//! is not ready afterwards is what clients of CCE are written for: they ask for `READY` again.

use super::{ContactCentre, Deployment};
use crate::{AgentState, Event, Reason, Refusal, Timestamp, UserId};

impl ContactCentre {
    /// The user is not ready and has to say when to be ready again; whoever is in a call is left in it, and is not ready when it is
    /// over, or on CCX signed out.
    ///
    /// # Errors
    ///
    /// 404 if there is no such user.
    pub(super) fn link_restored(&self, user: &UserId, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let user = self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
        let (reason, after_a_call) = match self.settings.deployment {
            Deployment::Ucce => (Reason::LINK_LOST_UCCE, AgentState::NotReady),
            Deployment::Uccx => (Reason::LINK_LOST_UCCX, AgentState::Logout),
        };
        match user.state {
            AgentState::Logout | AgentState::NotReady => Ok(Vec::new()),
            AgentState::Reserved
            | AgentState::ReservedOutboundPreview
            | AgentState::Talking
            | AgentState::Hold => Ok(self.after_call(user, after_a_call, reason, at)),
            AgentState::Ready
            | AgentState::Work
            | AgentState::WorkReady
            | AgentState::ReservedOutbound
            | AgentState::Unknown => {
                Ok(self.become_state(user, AgentState::NotReady, reason, user.extension.clone(), at))
            }
        }
    }
}
