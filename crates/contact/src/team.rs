//! A team: who is in it, who supervises it.

use std::collections::BTreeSet;

use crate::{ApiPath, TeamId, UserId};

/// A team of agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its number.
    pub id: TeamId,
    /// What people call it, at most 64 characters.
    pub name: String,
    /// The users whose team this is, by login id.
    pub members: BTreeSet<UserId>,
}

impl Team {
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 64;

    /// Where the team is found.
    pub fn path(&self) -> ApiPath {
        ApiPath::Team(self.id)
    }
}
