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
}

impl UserDetails {
    /// The most characters of a first or last name.
    pub const NAME_LENGTH_MAX: usize = 128;
    /// The most teams that one user supervises.
    pub const SUPERVISES_MAX: usize = 100;
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
}

impl User {
    /// A user as added: signed out, since an unknown time.
    pub(crate) fn new(details: UserDetails) -> Self {
        let (state, reason) = (AgentState::Logout, Reason::Unspecified);
        Self { details, state, reason, extension: None, state_changed_at: None }
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
