//! What somebody asks of the contact centre.

use crate::{
    Extension, ReasonCategory, ReasonCode, ReasonCodeId, Roles, TeamId, UserDetails, UserId, UserRequest,
};

/// A request to change something. Whether it may be done, and what follows, is
/// [`ContactCentre::decide`](crate::ContactCentre::decide)'s to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `PUT /User/{id}`: sign in or out, become ready or not ready.
    ChangeState {
        /// Whose state.
        user: UserId,
        /// Which, and with what.
        request: UserRequest,
    },
    /// Adds a user, signed out. Administrators only, as all that follow.
    AddUser(UserDetails),
    /// Changes what is configured about a user.
    UpdateUser {
        /// Who.
        user: UserId,
        /// What.
        changes: UserChanges,
    },
    /// Removes a user, whatever the state.
    RemoveUser {
        /// Who.
        user: UserId,
    },
    /// Adds an empty team.
    AddTeam {
        /// Its number.
        id: TeamId,
        /// Its name.
        name: String,
    },
    /// Adds a reason code.
    AddReasonCode(ReasonCode),
    /// Makes extensions known, so that agents can sign in on them: every number from `first` to `last`.
    AddExtensions {
        /// The first.
        first: Extension,
        /// The last: as many digits as the first, and not less.
        last: Extension,
    },
}

impl Command {
    /// A command for a reason code that every agent may use.
    pub fn add_reason_code(id: u32, category: ReasonCategory, code: u32, label: &str) -> Self {
        Self::AddReasonCode(ReasonCode {
            id: ReasonCodeId(id),
            category,
            code,
            label: label.to_owned(),
            for_all: true,
        })
    }
}

/// What to change about a user; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChanges {
    /// The login name.
    pub login_name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// All roles.
    pub roles: Option<Roles>,
    /// The team; `Some(None)` for no team.
    pub team: Option<Option<TeamId>>,
    /// All supervised teams.
    pub supervises: Option<Vec<TeamId>>,
    /// The own extension; `Some(None)` for none.
    pub extension: Option<Option<Extension>>,
}
