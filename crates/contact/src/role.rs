//! What a user is allowed to be, and who is asking.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::UserId;

/// One role of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Signs in and takes calls.
    Agent,
    /// Watches and changes the states of the agents in the supervised teams. Signs in as well.
    Supervisor,
    /// Configures the contact centre and may read everything. Not an agent.
    Administrator,
}

impl Role {
    /// Every role, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Agent, Self::Supervisor, Self::Administrator];

    /// The name in a user document: `Agent`, `Supervisor`, `Administrator`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "Agent",
            Self::Supervisor => "Supervisor",
            Self::Administrator => "Administrator",
        }
    }
}

/// Reads a role's name, in any case.
impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(name)).ok_or(UnknownRole)
    }
}

/// A name that is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of agent, supervisor, administrator")]
pub struct UnknownRole;

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The set of a user's roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    /// A set of exactly one role.
    pub const fn of(role: Role) -> Self {
        Self(1 << role as u8)
    }

    /// Adds `role`.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether `role` is among them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a user with these roles can sign in as an agent: agents and supervisors can.
    pub const fn can_sign_in(self) -> bool {
        self.has(Role::Agent) || self.has(Role::Supervisor)
    }

    /// The roles, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |&role| self.has(role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

/// Who asks: somebody whose credentials have been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The login id.
    pub id: UserId,
    /// The roles that the request is judged by.
    pub roles: Roles,
}

impl Actor {
    /// The server itself, with an administrator's rights: imports, the demo's data, command-line tools.
    ///
    /// Its id is `finesse`, the service user of the notification service.
    pub fn system() -> Self {
        let id = UserId::new("finesse").expect("a constant that is a login id");
        Self { id, roles: Roles::of(Role::Administrator) }
    }

    /// Whether the actor may configure, and read everything.
    pub fn is_administrator(&self) -> bool {
        self.roles.has(Role::Administrator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_roles_keeps_their_order() {
        let roles: Roles = [Role::Supervisor, Role::Agent, Role::Agent].into_iter().collect();
        assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Agent, Role::Supervisor]);
        assert_eq!(serde_json::to_string(&roles).unwrap(), r#"["agent","supervisor"]"#);
        assert_eq!(serde_json::from_str::<Roles>(r#"["supervisor","agent"]"#).unwrap(), roles);
    }

    #[test]
    fn an_administrator_is_no_agent() {
        assert!(!Roles::of(Role::Administrator).can_sign_in());
        assert!(Roles::of(Role::Supervisor).can_sign_in());
    }
}
