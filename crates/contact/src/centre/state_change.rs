//! Signing in and out, ready and not ready: who may ask for what, and when.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), the transition tables of "Agent states", for the agent and for supervisors.

use super::{ContactCentre, Deployment};
use crate::{
    Actor, AgentState, Event, Extension, Failure, Reason, ReasonCategory, Refusal, RequestedState, Timestamp,
    User, UserId, UserRequest,
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
        Ok(match outcome {
            Outcome::Keep => Vec::new(),
            Outcome::Fail(failure) => vec![Event::RequestFailed { user: user.id().clone(), failure }],
            Outcome::Become { state, reason, extension } => {
                vec![Event::UserStateChanged { user: user.id().clone(), state, reason, extension, at }]
            }
        })
    }

    /// What follows when a user asks for a state of his or her own.
    fn own_change(&self, user: &User, request: &UserRequest) -> Result<Outcome, Refusal> {
        if !user.details.roles.can_sign_in() {
            return Err(Refusal::unauthorized(user.id().as_str()));
        }
        match request.state {
            RequestedState::Login => self.login(user, request),
            RequestedState::Ready => Ok(match user.state {
                AgentState::Ready => Outcome::Keep,
                AgentState::NotReady
                | AgentState::Work
                | AgentState::WorkReady
                | AgentState::ReservedOutbound
                | AgentState::Unknown => Outcome::stay_on(user, AgentState::Ready, Reason::None),
                AgentState::Logout => Outcome::Fail(Failure::InvalidObjectState),
                AgentState::Reserved
                | AgentState::ReservedOutboundPreview
                | AgentState::Talking
                | AgentState::Hold => Outcome::Fail(Failure::ResourceBusy),
            }),
            RequestedState::NotReady => {
                let reason = self.own_reason(user, request, ReasonCategory::NotReady)?;
                Ok(match user.state {
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
                    | AgentState::Hold => Outcome::Fail(Failure::ResourceBusy),
                })
            }
            RequestedState::Logout => {
                let from_ready =
                    self.settings.deployment == Deployment::Uccx && user.state == AgentState::Ready;
                if !matches!(user.state, AgentState::NotReady | AgentState::Unknown) && !from_ready {
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
