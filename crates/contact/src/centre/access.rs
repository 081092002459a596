//! Who may see what. `state_change.rs` says who may change what.

use super::ContactCentre;
use crate::{Actor, ApiPath, Dialog, Refusal, Role, Task, TeamId, User, UserId};

impl ContactCentre {
    /// Whether `actor` may read the resources of `user`: the user, a supervisor of the user's team, administrators.
    ///
    /// # Errors
    ///
    /// - 401 `Invalid Supervisor` for a supervisor of other teams.
    /// - 401 `Invalid Authorization User Specified` for anybody else.
    pub fn may_read_user(&self, actor: &Actor, user: &User) -> Result<(), Refusal> {
        if actor.id == *user.id() || actor.is_administrator() {
            return Ok(());
        }
        self.may_supervise(actor, user)
    }

    /// Whether `actor` is a supervisor of `user`'s team.
    ///
    /// # Errors
    ///
    /// As [`ContactCentre::may_read_user`].
    pub(super) fn may_supervise(&self, actor: &Actor, user: &User) -> Result<(), Refusal> {
        if !actor.roles.has(Role::Supervisor) {
            return Err(Refusal::not_your_resource(user.id().as_str()));
        }
        match user.details.team {
            Some(team) if self.supervises(&actor.id, team) => Ok(()),
            _ => Err(Refusal::not_your_team_member(user.id().as_str())),
        }
    }

    /// Whether `actor` may read a team: its supervisors and administrators.
    ///
    /// # Errors
    ///
    /// 401 `Invalid Authorization`.
    pub fn may_read_team(&self, actor: &Actor, team: TeamId) -> Result<(), Refusal> {
        let supervises = actor.roles.has(Role::Supervisor) && self.supervises(&actor.id, team);
        if supervises || actor.is_administrator() {
            return Ok(());
        }
        Err(Refusal::not_your_team(&team.to_string()))
    }

    /// Whether `actor` may read a call: whoever has it in the list or takes part in it, their supervisors, administrators.
    ///
    /// # Errors
    ///
    /// 401 `Invalid Authorization User Specified`.
    pub fn may_read_dialog(&self, actor: &Actor, dialog: &Dialog) -> Result<(), Refusal> {
        let mut users = dialog.audience.iter().chain(dialog.users()).filter_map(|id| self.user(id));
        if actor.is_administrator() || users.any(|user| self.may_read_user(actor, user).is_ok()) {
            return Ok(());
        }
        Err(Refusal::not_your_resource(actor.id.as_str()))
    }

    /// Whether `actor` may read what only administrators read: the lists of all users and of all teams.
    ///
    /// # Errors
    ///
    /// 401 `Authorization Failure`.
    pub fn may_read_all(&self, actor: &Actor) -> Result<(), Refusal> {
        if actor.is_administrator() { Ok(()) } else { Err(Refusal::unauthorized(actor.id.as_str())) }
    }

    /// Whether `actor` may hear what is published on `node`.
    ///
    /// Everybody hears about the system. A user's nodes are for those who may read the user. A team's node is for those
    /// who may read the team, and for its members.
    pub fn may_follow(&self, actor: &Actor, node: &ApiPath) -> bool {
        match node {
            // Anybody may follow a queue.
            ApiPath::SystemInfo | ApiPath::Queue(_) => true,
            ApiPath::User(id)
            | ApiPath::UserDialogs(id)
            | ApiPath::UserMedia(id)
            | ApiPath::UserMedium(id, _)
            | ApiPath::UserMediumTasks(id, _)
            | ApiPath::UserTasks(id)
            | ApiPath::UserQueues(id)
            | ApiPath::UserLayoutConfig(id)
            | ApiPath::UserMediaPropertiesLayout(id)
            | ApiPath::UserObjects(id, _)
            | ApiPath::UserContacts(id, _)
            | ApiPath::UserObject(id, ..) => match self.user(id) {
                Some(user) => self.may_read_user(actor, user).is_ok(),
                None => actor.is_administrator(),
            },
            ApiPath::Team(team) | ApiPath::TeamUsers(team) | ApiPath::TeamMessages(team) => {
                let is_member = self.team(*team).is_some_and(|team| team.members.contains(&actor.id));
                is_member || self.may_read_team(actor, *team).is_ok()
            }
            ApiPath::Dialog(id) => {
                self.dialog(*id).is_some_and(|dialog| self.may_read_dialog(actor, dialog).is_ok())
            }
            // Who is asked for a log is asked alone.
            ApiPath::UserClientLog(id) | ApiPath::UserCompressedClientLog(id) => {
                actor.id == *id || actor.is_administrator()
            }
            ApiPath::Task(id) => {
                let agent = self.task_with(*id).and_then(Task::agent).and_then(|agent| self.user(agent));
                agent.is_some_and(|agent| self.may_read_user(actor, agent).is_ok())
            }
            ApiPath::TeamMessage(id) => self
                .team_message(*id)
                .is_some_and(|message| self.may_read_team_message(actor, message).is_ok()),
            ApiPath::NewTeamMessage | ApiPath::NewTeamMessages => actor.is_administrator(),
            ApiPath::Users
            | ApiPath::RuntimeConfigInfo
            | ApiPath::ConfigDocument(_)
            | ApiPath::DefaultMediaPropertiesLayout
            | ApiPath::Teams
            | ApiPath::TeamObjects(..)
            | ApiPath::TeamResource(..)
            | ApiPath::Objects(_)
            | ApiPath::NewObject(_)
            | ApiPath::Object(..)
            | ApiPath::Contacts(_)
            | ApiPath::ContactsFile(_)
            | ApiPath::NewContact(_)
            | ApiPath::Contact(..) => actor.is_administrator(),
        }
    }

    /// Whether `actor` may read what a team's members have: they, its supervisors, administrators.
    ///
    /// # Errors
    ///
    /// 401 `Invalid Authorization`.
    pub fn may_read_team_resources(&self, actor: &Actor, team: TeamId) -> Result<(), Refusal> {
        match self.user(&actor.id).is_some_and(|user| user.details.team == Some(team)) {
            true => Ok(()),
            false => self.may_read_team(actor, team),
        }
    }

    fn supervises(&self, supervisor: &UserId, team: TeamId) -> bool {
        self.user(supervisor).is_some_and(|user| user.supervises(team))
    }
}
