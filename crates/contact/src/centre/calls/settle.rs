//! What calls make of an agent's state.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), the transition tables of "Agent states" and the differences between CCE and CCX.

use super::draft::Draft;
use crate::centre::Deployment;
use crate::{AfterCall, AgentState, Part, ParticipantState, Reason, StateChange, User, UserId};

/// What a user's calls amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occupation {
    /// In a call.
    Talking,
    /// In calls that are all on hold.
    Holding,
    /// A call is offered.
    Offered,
    /// Calls are over and are being wrapped up.
    WrappingUp,
    /// No call that counts.
    Free,
}

impl Draft<'_> {
    /// Puts a user into the state that the calls call for.
    pub(in crate::centre) fn settle(&mut self, id: &UserId) {
        let Some(user) = self.user(id).filter(|user| user.is_signed_in()) else { return };
        if let Some(change) = self.settled(user) {
            self.become_state_after_call(id, change);
        }
    }

    /// A user's state when calls or the time after them are over. Who is signed out then takes no call that rings.
    pub(in crate::centre) fn become_state_after_call(&mut self, id: &UserId, change: StateChange) {
        let is_signed_out = change.state == AgentState::Logout;
        self.become_state(id, change);
        if is_signed_out {
            self.leave_all(id);
        }
    }

    /// Ends the time to wrap up: the calls that were being wrapped up leave the user's list.
    pub(in crate::centre) fn end_wrap_up(&mut self, id: &UserId) {
        let wrapped: Vec<_> =
            self.dialogs_of(id).into_iter().filter(|dialog| is_wrapping(dialog, id)).collect();
        let ids: Vec<_> = wrapped.into_iter().map(|dialog| dialog.id).collect();
        let at = self.at();
        for dialog in ids {
            self.step(dialog, |dialog| {
                if let Some(own) = dialog.participant_of_mut(id) {
                    own.become_state(ParticipantState::Dropped, at);
                }
                dialog.audience.remove(id);
            });
        }
    }

    /// The change that is due, if any.
    fn settled(&self, user: &User) -> Option<StateChange> {
        let change = |state, reason, after_call| StateChange {
            state,
            reason,
            extension: user.extension.clone(),
            at: self.at(),
            after_call,
        };
        let in_call = |state| {
            let is_new = user.state != state;
            is_new.then(|| change(state, Reason::None, Some(after_call(user))))
        };
        match self.occupation(user.id()) {
            Occupation::Talking => in_call(AgentState::Talking),
            Occupation::Holding => in_call(AgentState::Hold),
            // Who is not ready stays so until the call is answered.
            Occupation::Offered if matches!(user.state, AgentState::Ready) => in_call(AgentState::Reserved),
            Occupation::Offered => match user.state {
                AgentState::Talking | AgentState::Hold => Some(self.afterwards(user)),
                _ => None,
            },
            Occupation::WrappingUp => match user.state {
                AgentState::Talking | AgentState::Hold => {
                    let after = after_call(user);
                    let ready = after.state == AgentState::Ready && self.deployment() == Deployment::Ucce;
                    let state = if ready { AgentState::WorkReady } else { AgentState::Work };
                    Some(change(state, Reason::None, Some(after)))
                }
                AgentState::Reserved | AgentState::ReservedOutboundPreview => Some(self.afterwards(user)),
                _ => None,
            },
            Occupation::Free => match user.state {
                AgentState::Talking
                | AgentState::Hold
                | AgentState::Reserved
                | AgentState::ReservedOutboundPreview => Some(self.afterwards(user)),
                AgentState::ReservedOutbound if self.reservation_of(user.id()).is_none() => {
                    Some(self.afterwards(user))
                }
                _ => None,
            },
        }
    }

    /// The state that comes when there is no call any more.
    fn afterwards(&self, user: &User) -> StateChange {
        let AfterCall { state, reason, .. } = after_call(user);
        let is_signed_in = state != AgentState::Logout;
        StateChange {
            state,
            reason,
            extension: user.extension.clone().filter(|_| is_signed_in),
            at: self.at(),
            after_call: None,
        }
    }

    fn occupation(&self, id: &UserId) -> Occupation {
        let is_ccx = self.deployment() == Deployment::Uccx;
        let mut occupation = Occupation::Free;
        for dialog in self.dialogs_of(id) {
            let Some(own) = dialog.participant_of(id).filter(|own| own.part != Part::Monitored) else {
                continue;
            };
            // CCX looks at the calls of its queues only, and a call on hold is a call.
            if is_ccx && !dialog.came_through_queue() && dialog.campaign.is_none() {
                continue;
            }
            let this = match own.state {
                ParticipantState::Initiating
                | ParticipantState::Initiated
                | ParticipantState::Active
                | ParticipantState::Failed => Occupation::Talking,
                ParticipantState::Held if is_ccx => Occupation::Talking,
                ParticipantState::Held => Occupation::Holding,
                // An outbound call that was accepted counts when the customer is there.
                ParticipantState::Alerting | ParticipantState::Accepted => Occupation::Offered,
                ParticipantState::WrapUp => Occupation::WrappingUp,
                ParticipantState::Dropped => Occupation::Free,
            };
            if this.weight() > occupation.weight() {
                occupation = this;
            }
        }
        occupation
    }
}

impl Occupation {
    fn weight(self) -> u8 {
        match self {
            Self::Free => 0,
            Self::WrappingUp => 1,
            Self::Offered => 2,
            Self::Holding => 3,
            Self::Talking => 4,
        }
    }
}

fn is_wrapping(dialog: &crate::Dialog, id: &UserId) -> bool {
    dialog.participant_of(id).is_some_and(|own| own.state == ParticipantState::WrapUp)
}

/// What comes after the call: what is known already, else the state that the call interrupts.
fn after_call(user: &User) -> AfterCall {
    user.after_call.unwrap_or(match user.state {
        AgentState::Ready | AgentState::WorkReady => {
            AfterCall { state: AgentState::Ready, reason: Reason::None, is_asked_for: false }
        }
        AgentState::NotReady => {
            AfterCall { state: AgentState::NotReady, reason: user.reason, is_asked_for: false }
        }
        _ => AfterCall { state: AgentState::NotReady, reason: Reason::Unspecified, is_asked_for: false },
    })
}
