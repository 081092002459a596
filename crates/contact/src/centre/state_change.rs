//! Signing in and out, ready and not ready: who may ask for what, and when.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), the transition tables of "Agent states", for the agent and for supervisors.

use super::calls::Draft;
use super::{ContactCentre, Deployment};
use crate::{
    Actor, AfterCall, AgentState, Event, Extension, Failure, Part, Participant, Reason, ReasonCategory,
    ReasonCodeId, Refusal, RequestedState, StateChange, Timestamp, User, UserId, UserRequest,
};

impl ContactCentre {
    pub(super) fn change_state(
        &self,
        actor: &Actor,
        user: &UserId,
        request: &UserRequest,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let user = self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
        let outcome = if actor.id == *user.id() {
            self.own_change(user, request)?
        } else {
            self.may_supervise(actor, user)?;
            self.supervisors_change(user, request)?
        };
        let leaves_media = request.state == RequestedState::Logout && request.logout_all_media;
        let mut events = match outcome {
            Outcome::Keep => Vec::new(),
            Outcome::Fail(failure) => vec![Event::RequestFailed { user: user.id().clone(), failure }],
            Outcome::Become { state, reason, extension } => {
                self.become_state(user, state, reason, extension, at)
            }
            Outcome::AfterCall { state, reason } => self.after_call(user, state, reason, at),
        };
        if leaves_media {
            events.extend(self.leave_media(user.id(), Reason::Unspecified, at));
        }
        Ok(events)
    }

    /// The user is in another state now. Time to wrap up is over with it.
    pub(super) fn become_state(
        &self,
        user: &User,
        state: AgentState,
        reason: Reason,
        extension: Option<Extension>,
        at: Timestamp,
    ) -> Vec<Event> {
        let mut draft = Draft::new(self, at);
        draft.end_wrap_up(user.id());
        draft.end_reservation(user.id());
        draft.become_state(user.id(), StateChange { state, reason, extension, at, after_call: None });
        draft.finish()
    }

    /// The user will be in another state when the call is over.
    pub(super) fn after_call(
        &self,
        user: &User,
        state: AgentState,
        reason: Reason,
        at: Timestamp,
    ) -> Vec<Event> {
        let after = AfterCall { state, reason, is_asked_for: true };
        if user.after_call == Some(after) {
            return Vec::new();
        }
        let change = StateChange {
            state: user.state,
            reason: user.reason,
            extension: user.extension.clone(),
            at: user.state_changed_at.unwrap_or(at),
            after_call: Some(after),
        };
        vec![Event::UserStateChanged { user: user.id().clone(), change }]
    }

    /// What follows when a user asks for a state of his or her own.
    fn own_change(&self, user: &User, request: &UserRequest) -> Result<Outcome, Refusal> {
        if !user.details.roles.can_sign_in() {
            return Err(Refusal::unauthorized(user.id().as_str()));
        }
        let is_ccx = self.settings.deployment == Deployment::Uccx;
        match request.state {
            RequestedState::Login => self.login(user, request),
            RequestedState::Ready => Ok(match user.state {
                AgentState::Ready => Outcome::Keep,
                AgentState::NotReady if is_ccx && self.is_in_call(user) => {
                    Outcome::Fail(Failure::ResourceBusy)
                }
                AgentState::ReservedOutbound if is_ccx => Outcome::Fail(Failure::ReservedOutbound),
                AgentState::NotReady
                | AgentState::Work
                | AgentState::WorkReady
                | AgentState::ReservedOutbound
                | AgentState::Unknown => Outcome::stay_on(user, AgentState::Ready, Reason::None),
                AgentState::Logout => Outcome::Fail(Failure::InvalidObjectState),
                AgentState::Reserved
                | AgentState::ReservedOutboundPreview
                | AgentState::Talking
                | AgentState::Hold => {
                    if is_ccx {
                        return Ok(Outcome::Fail(Failure::InvalidWorkMode));
                    }
                    Outcome::AfterCall { state: AgentState::Ready, reason: Reason::None }
                }
            }),
            RequestedState::NotReady => {
                let reason = self.own_reason(user, request, ReasonCategory::NotReady)?;
                Ok(match user.state {
                    AgentState::ReservedOutbound if is_ccx => Outcome::Fail(Failure::ReservedOutbound),
                    AgentState::NotReady
                    | AgentState::Ready
                    | AgentState::Work
                    | AgentState::WorkReady
                    | AgentState::ReservedOutbound
                    | AgentState::Unknown => Outcome::stay_on(user, AgentState::NotReady, reason),
                    AgentState::Logout => Outcome::Fail(Failure::InvalidObjectState),
                    AgentState::Reserved
                    | AgentState::ReservedOutboundPreview
                    | AgentState::Talking
                    | AgentState::Hold => {
                        // CCX takes the first wish only, CCE the last.
                        let again = user.after_call.is_some_and(|after| {
                            after.is_asked_for
                                && (after.state, after.reason) != (AgentState::NotReady, reason)
                        });
                        if is_ccx && again {
                            return Ok(Outcome::Fail(Failure::InvalidWorkMode));
                        }
                        Outcome::AfterCall { state: AgentState::NotReady, reason }
                    }
                })
            }
            RequestedState::Logout => {
                let from_ready = is_ccx && user.state == AgentState::Ready;
                let is_free = matches!(user.state, AgentState::NotReady | AgentState::Unknown);
                if !(is_free || from_ready) || self.is_in_call(user) {
                    return Err(wrong_state(user, request.state));
                }
                let reason = self.own_reason(user, request, ReasonCategory::Logout)?;
                Ok(Outcome::Become { state: AgentState::Logout, reason, extension: None })
            }
        }
    }

    /// Signs in. What is asked of the devices is answered behind the scenes, so it fails after the 202.
    fn login(&self, user: &User, request: &UserRequest) -> Result<Outcome, Refusal> {
        let extension = request.extension.as_ref().ok_or_else(|| Refusal::parameter_missing("extension"))?;
        if request.mobile_agent.is_some() {
            return Ok(Outcome::Fail(Failure::ModeNotAllowed));
        }
        if self.settings.extensions_must_exist && !self.extensions.exists(extension) {
            return Ok(Outcome::Fail(Failure::InvalidLogonDevice));
        }
        match self.extensions.user_of(extension) {
            Some(other) if other != user.id() => return Ok(Outcome::Fail(Failure::DeviceBusy)),
            _ => {}
        }
        if user.is_signed_in() {
            // Signing in again keeps the state. Taking another device with it is something else.
            let same = user.extension.as_ref() == Some(extension);
            return Ok(if same { Outcome::Keep } else { Outcome::Fail(Failure::InvalidLogonDevice) });
        }
        Ok(Outcome::Become {
            state: AgentState::NotReady,
            reason: Reason::Unspecified,
            extension: Some(extension.clone()),
        })
    }

    /// Whether the user takes part in a call, or is called.
    pub(super) fn is_in_call(&self, user: &User) -> bool {
        let is_own =
            |party: &Participant| party.user.as_ref() == Some(user.id()) && party.part != Part::Monitored;
        self.calls.of(user.id()).any(|dialog| dialog.live().any(is_own))
    }

    /// The reason that a user gives for an own change.
    fn own_reason(
        &self,
        user: &User,
        request: &UserRequest,
        category: ReasonCategory,
    ) -> Result<Reason, Refusal> {
        let Some(id) = request.reason_code_id else {
            let required = self.settings.reason_codes_required;
            return if required && self.reason_codes_of(user, category).next().is_some() {
                Err(Refusal::parameter_missing("reasonCodeId"))
            } else {
                Ok(Reason::Unspecified)
            };
        };
        self.reason_of(user, id, category)
    }

    /// The reason with this key, if the user may give it.
    pub(super) fn reason_of(
        &self,
        user: &User,
        id: ReasonCodeId,
        category: ReasonCategory,
    ) -> Result<Reason, Refusal> {
        if self.reason_codes_of(user, category).any(|code| code.id == id) {
            return Ok(Reason::Code { id });
        }
        let why = format!("there is no {category} reason code with this id for this user");
        Err(Refusal::invalid_input(id.to_string(), why))
    }

    /// What follows when a supervisor of the user's team asks.
    fn supervisors_change(&self, user: &User, request: &UserRequest) -> Result<Outcome, Refusal> {
        if let Some(id) = request.reason_code_id {
            let why = "only users themselves give a reason; leave reasonCodeId out";
            return Err(Refusal::invalid_input(id.to_string(), why));
        }
        let reason = match self.settings.deployment {
            Deployment::Ucce => Reason::SUPERVISOR_UCCE,
            Deployment::Uccx => Reason::SUPERVISOR_UCCX,
        };
        match (request.state, user.state) {
            (RequestedState::Ready, AgentState::Ready) => Ok(Outcome::Keep),
            (RequestedState::Ready, AgentState::NotReady | AgentState::Work | AgentState::WorkReady) => {
                Ok(Outcome::stay_on(user, AgentState::Ready, Reason::None))
            }
            (RequestedState::NotReady, AgentState::Ready | AgentState::Work | AgentState::WorkReady) => {
                Ok(Outcome::stay_on(user, AgentState::NotReady, reason))
            }
            (RequestedState::Ready | RequestedState::NotReady, AgentState::Logout) => {
                Ok(Outcome::Fail(Failure::InvalidObjectState))
            }
            // Nobody is cut off: the user is signed out when the call is over.
            (
                RequestedState::Logout,
                AgentState::Reserved
                | AgentState::ReservedOutboundPreview
                | AgentState::Talking
                | AgentState::Hold,
            ) => Ok(Outcome::AfterCall { state: AgentState::Logout, reason }),
            (RequestedState::Logout, _) if self.is_in_call(user) => Err(wrong_state(user, request.state)),
            (RequestedState::Logout, from) if from != AgentState::Logout => {
                Ok(Outcome::Become { state: AgentState::Logout, reason, extension: None })
            }
            _ => Err(wrong_state(user, request.state)),
        }
    }
}

/// What a request leads to.
enum Outcome {
    /// Accepted, nothing to change.
    Keep,
    /// Accepted, and it fails behind the scenes.
    Fail(Failure),
    /// Accepted, for when the call is over.
    AfterCall { state: AgentState, reason: Reason },
    /// Accepted.
    Become { state: AgentState, reason: Reason, extension: Option<Extension> },
}

impl Outcome {
    /// A change that keeps the device.
    fn stay_on(user: &User, state: AgentState, reason: Reason) -> Self {
        Self::Become { state, reason, extension: user.extension.clone() }
    }
}

fn wrong_state(user: &User, requested: RequestedState) -> Refusal {
    let why = format!("{requested} cannot be asked for in the state {}", user.state);
    Refusal::invalid_state(user.id().as_str(), why)
}
