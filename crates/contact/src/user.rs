//! A user: what is configured, and the present state.

use serde::{Deserialize, Serialize};

use crate::{AgentState, ApiPath, Extension, Reason, Roles, TeamId, Timestamp, UserId};

/// What is configured about a user. It is written to the log as it stands: add fields, never change one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDetails {
    /// The login id.
    pub id: UserId,
    /// The other name that the user is addressed by; often the same as the id. Same characters as a login id, case kept,
    /// compared without it.
    pub login_name: String,
    /// First name, at most 128 characters.
    pub first_name: String,
    /// Last name, at most 128 characters.
    pub last_name: String,
    /// At least one.
    pub roles: Roles,
    /// The team that the user is a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The teams that the user supervises.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supervises: Vec<TeamId>,
    /// The user's own extension: it makes that extension one that anybody can sign in on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// Whether there is time to wrap up after calls.
    #[serde(default, skip_serializing_if = "WrapUp::is_default")]
    pub wrap_up: WrapUp,
}

impl UserDetails {
    /// The most characters of a first or last name.
    pub const NAME_LENGTH_MAX: usize = 128;
    /// The most teams that one user supervises.
    pub const SUPERVISES_MAX: usize = 100;
}

/// Whether there is time to wrap up after calls, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapUp {
    /// After calls that came in.
    pub incoming: WrapUpMode,
    /// After calls that the user made.
    pub outgoing: WrapUpMode,
    /// How long, in seconds.
    pub seconds: u32,
}

impl WrapUp {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for WrapUp {
    fn default() -> Self {
        Self { incoming: WrapUpMode::Optional, outgoing: WrapUpMode::Optional, seconds: 7200 }
    }
}

/// Whether calls are wrapped up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WrapUpMode {
    /// Each call.
    Required,
    /// None, as nobody can ask for it by this API.
    Optional,
    /// None.
    NotAllowed,
    /// Each call, and a wrap-up reason is expected.
    RequiredWithWrapUpData,
}

impl WrapUpMode {
    /// Every mode.
    pub const ALL: [Self; 4] =
        [Self::Required, Self::Optional, Self::NotAllowed, Self::RequiredWithWrapUpData];

    /// The name on the wire, for instance `NOT_ALLOWED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::Optional => "OPTIONAL",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::RequiredWithWrapUpData => "REQUIRED_WITH_WRAP_UP_DATA",
        }
    }

    /// Whether a call leads to wrap-up by itself.
    pub fn is_required(self) -> bool {
        matches!(self, Self::Required | Self::RequiredWithWrapUpData)
    }
}

/// What becomes of a user when the call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterCall {
    /// The state: that before the call, or the one asked for meanwhile.
    pub state: AgentState,
    /// Its reason.
    #[serde(default)]
    pub reason: Reason,
    /// Whether somebody has asked for it during the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_asked_for: bool,
}

/// Another state of a user, with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// The new state.
    pub state: AgentState,
    /// Why.
    #[serde(default)]
    pub reason: Reason,
    /// The extension that the user is signed in on; none after `LOGOUT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// Since when.
    pub at: Timestamp,
    /// What comes when the call is over, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_call: Option<AfterCall>,
}

impl StateChange {
    /// A change to `state` on the same device, without a reason and with nothing to come after.
    pub(crate) fn of(user: &User, state: AgentState, at: Timestamp) -> Self {
        let reason = if state == AgentState::NotReady { Reason::Unspecified } else { Reason::None };
        Self { state, reason, extension: user.extension.clone(), at, after_call: None }
    }
}

/// A user of the contact centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// What is configured.
    pub details: UserDetails,
    /// The present state.
    pub state: AgentState,
    /// Why.
    pub reason: Reason,
    /// The extension that the user is signed in on.
    pub extension: Option<Extension>,
    /// Since when; unknown before the first change.
    pub state_changed_at: Option<Timestamp>,
    /// What comes when the call is over, while there is one.
    pub after_call: Option<AfterCall>,
}

impl User {
    /// A user as added: signed out, since an unknown time.
    pub(crate) fn new(details: UserDetails) -> Self {
        let (state, reason) = (AgentState::Logout, Reason::Unspecified);
        Self { details, state, reason, extension: None, state_changed_at: None, after_call: None }
    }

    /// Takes over another state.
    pub(crate) fn take_over(&mut self, change: &StateChange) {
        self.state = change.state;
        self.reason = change.reason;
        self.extension.clone_from(&change.extension);
        self.state_changed_at = Some(change.at);
        self.after_call = change.after_call;
    }

    /// The state that has been asked for and has to wait for the end of the call.
    pub fn pending_state(&self) -> Option<AgentState> {
        self.after_call.filter(|after| after.is_asked_for).map(|after| after.state)
    }

    /// When the time to wrap up is over, if the user is wrapping up.
    pub fn wrap_up_ends_at(&self) -> Option<Timestamp> {
        let is_wrapping_up = matches!(self.state, AgentState::Work | AgentState::WorkReady);
        let since = self.state_changed_at.filter(|_| is_wrapping_up)?;
        Some(Timestamp(since.0.saturating_add(i64::from(self.details.wrap_up.seconds) * 1000)))
    }

    /// The login id.
    pub fn id(&self) -> &UserId {
        &self.details.id
    }

    /// Where the user is found.
    pub fn path(&self) -> ApiPath {
        ApiPath::User(self.details.id.clone())
    }

    /// Whether the user is in any state but `LOGOUT`.
    pub fn is_signed_in(&self) -> bool {
        self.state != AgentState::Logout
    }

    /// Whether the user supervises `team`.
    pub fn supervises(&self, team: TeamId) -> bool {
        self.details.supervises.contains(&team)
    }
}
