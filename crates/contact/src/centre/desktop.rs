//! What becomes of an agent whose desktop has gone.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), "Desktop presence and forced logout".

use super::{ContactCentre, Deployment};
use crate::{AgentState, Event, Reason, Refusal, Timestamp, User, UserId};

impl ContactCentre {
    /// The user is signed out, or on CCE not ready if so configured; in a call, when the call is over. Of media domains the user is
    /// signed out in any case.
    ///
    /// The guide has CCE sign out at once even in a call, whose voice goes on at the telephone; here the
    /// desktop is the telephone, and nobody is cut off.
    ///
    /// # Errors
    ///
    /// 404 if there is no such user; 400 for one in a call that the product does not count, who has to be asked again.
    pub(super) fn desktop_lost(&self, user: &UserId, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let user = self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
        let signs_out = self.settings.deployment == Deployment::Uccx || self.settings.logout_on_disconnect;
        let state = if signs_out { AgentState::Logout } else { AgentState::NotReady };
        let mut events = self.voice_lost(user, state, signs_out, at)?;
        events.extend(self.leave_media(user.id(), Reason::CONNECTION_LOST, at));
        Ok(events)
    }

    fn voice_lost(
        &self,
        user: &User,
        state: AgentState,
        signs_out: bool,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let reason = Reason::CONNECTION_LOST;
        match user.state {
            AgentState::Logout => Ok(Vec::new()),
            AgentState::NotReady if !signs_out => Ok(Vec::new()),
            AgentState::Reserved
            | AgentState::ReservedOutboundPreview
            | AgentState::Talking
            | AgentState::Hold => Ok(self.after_call(user, state, reason, at)),
            _ if self.is_in_call(user) => {
                Err(Refusal::invalid_state(user.id().as_str(), "the user is in a call"))
            }
            _ => {
                let extension = user.extension.clone().filter(|_| !signs_out);
                Ok(self.become_state(user, state, reason, extension, at))
            }
        }
    }
}
