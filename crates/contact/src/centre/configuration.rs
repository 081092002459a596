//! The rules for administrators' commands: what may be configured.

use super::ContactCentre;
use super::calls::Draft;
use super::extensions::Extensions;
use crate::{
    Address, Event, Extension, Queue, Reason, Refusal, Role, Team, TeamId, Timestamp, UserChanges,
    UserDetails, UserId,
};

impl ContactCentre {
    pub(super) fn add_user(&self, details: &UserDetails) -> Result<Event, Refusal> {
        let id = &details.id;
        if self.users.contains_key(id) || self.login_names.contains_key(id.as_str()) {
            return Err(Refusal::configuration(
                id.as_str(),
                "a user with this login id or login name exists",
            ));
        }
        if self.users.len() >= self.settings.users_max {
            return Err(Refusal::maximum_exceeded("users", self.settings.users_max));
        }
        self.check_details(details)?;
        Ok(Event::UserAdded(details.clone()))
    }

    pub(super) fn update_user(&self, id: &UserId, changes: &UserChanges) -> Result<Option<Event>, Refusal> {
        let user = self.user(id).ok_or_else(|| Refusal::user_not_found(id.as_str()))?;
        let changes = changes.clone();
        let old = &user.details;
        let details = UserDetails {
            id: id.clone(),
            login_name: changes.login_name.unwrap_or_else(|| old.login_name.clone()),
            first_name: changes.first_name.unwrap_or_else(|| old.first_name.clone()),
            last_name: changes.last_name.unwrap_or_else(|| old.last_name.clone()),
            roles: changes.roles.unwrap_or(old.roles),
            team: changes.team.unwrap_or(old.team),
            supervises: changes.supervises.unwrap_or_else(|| old.supervises.clone()),
            extension: changes.extension.unwrap_or_else(|| old.extension.clone()),
            wrap_up: changes.wrap_up.unwrap_or(old.wrap_up),
        };
        if details == *old {
            return Ok(None);
        }
        self.check_details(&details)?;
        if user.is_signed_in() && !details.roles.can_sign_in() {
            let why = "the user is signed in; sign the user out before taking the agent role away";
            return Err(Refusal::configuration(id.as_str(), why));
        }
        Ok(Some(Event::UserUpdated(details)))
    }

    /// Whoever is removed leaves all calls first.
    pub(super) fn remove_user(&self, id: &UserId, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        self.user(id).ok_or_else(|| Refusal::user_not_found(id.as_str()))?;
        let mut draft = Draft::new(self, at);
        draft.leave_all(id);
        let mut events = draft.finish();
        events.extend(self.leave_media(id, Reason::Unspecified, at));
        events.push(Event::UserRemoved { user: id.clone() });
        Ok(events)
    }

    pub(super) fn add_team(&self, id: TeamId, name: &str) -> Result<Event, Refusal> {
        if id.0 == 0 {
            return Err(Refusal::invalid_input("0", "a team id is 1 or more"));
        }
        if self.teams.contains_key(&id) {
            return Err(Refusal::configuration(id.to_string(), "a team with this id exists"));
        }
        if self.teams.len() >= self.settings.teams_max {
            return Err(Refusal::maximum_exceeded("teams", self.settings.teams_max));
        }
        check_text("team name", name, 1, Team::NAME_LENGTH_MAX)?;
        if self.teams.values().any(|team| team.name == name) {
            return Err(Refusal::configuration(name, "a team with this name exists"));
        }
        Ok(Event::TeamAdded { id, name: name.to_owned() })
    }

    pub(super) fn add_queue(&self, queue: &Queue) -> Result<Event, Refusal> {
        let id = queue.id;
        if id.0 == 0 || self.queues.get(id).is_some() {
            let why = "the id is 0 or that of another queue";
            return Err(Refusal::configuration(id.to_string(), why));
        }
        if self.queues.iter().len() >= self.settings.queues_max {
            return Err(Refusal::maximum_exceeded("queues", self.settings.queues_max));
        }
        if queue.numbers.len() > Queue::NUMBERS_MAX {
            return Err(Refusal::maximum_exceeded("numbers of a queue", Queue::NUMBERS_MAX));
        }
        check_text("queue name", &queue.name, 1, Queue::NAME_LENGTH_MAX)?;
        let taken = |number: &&Address| {
            let is_extension = number.extension().is_some_and(|extension| self.extensions.exists(&extension));
            is_extension || self.queues.at(number).is_some()
        };
        if let Some(number) = queue.numbers.iter().find(taken) {
            return Err(Refusal::configuration(
                number.as_str(),
                "the number is an extension, or another queue's",
            ));
        }
        match queue.teams.iter().find(|team| !self.teams.contains_key(team)) {
            Some(team) => Err(Refusal::team_not_found(&team.to_string())),
            None => Ok(Event::QueueAdded(queue.clone())),
        }
    }

    pub(super) fn add_extensions(&self, first: &Extension, last: &Extension) -> Result<Event, Refusal> {
        if !Extensions::is_range(first, last) {
            let why = "the last extension has as many digits as the first, and is not less";
            return Err(Refusal::invalid_input(last.as_str(), why));
        }
        if self.extensions.ranges().len() >= self.settings.extension_ranges_max {
            return Err(Refusal::maximum_exceeded("extension ranges", self.settings.extension_ranges_max));
        }
        Ok(Event::ExtensionsAdded { first: first.clone(), last: last.clone() })
    }

    /// Checks what is the same for a new user and a changed one.
    fn check_details(&self, details: &UserDetails) -> Result<(), Refusal> {
        let name = &details.login_name;
        let prepared = UserId::new(name).map_err(|error| Refusal::invalid_input(name, error.to_string()))?;
        let taken_as_id = prepared != details.id && self.users.contains_key(&prepared);
        let taken_as_name = self.login_names.get(prepared.as_str()).is_some_and(|owner| *owner != details.id);
        if taken_as_id || taken_as_name {
            return Err(Refusal::configuration(name, "another user has this login id or login name"));
        }
        check_text("first name", &details.first_name, 0, UserDetails::NAME_LENGTH_MAX)?;
        check_text("last name", &details.last_name, 0, UserDetails::NAME_LENGTH_MAX)?;
        if details.roles.is_empty() {
            return Err(Refusal::parameter_missing("roles"));
        }
        if !details.supervises.is_empty() && !details.roles.has(Role::Supervisor) {
            return Err(Refusal::configuration(details.id.as_str(), "only a supervisor supervises teams"));
        }
        if details.supervises.len() > UserDetails::SUPERVISES_MAX {
            return Err(Refusal::maximum_exceeded("supervised teams of a user", UserDetails::SUPERVISES_MAX));
        }
        match details.team.iter().chain(&details.supervises).find(|team| !self.teams.contains_key(team)) {
            Some(team) => Err(Refusal::team_not_found(&team.to_string())),
            None => Ok(()),
        }
    }
}

/// Checks a text that people read: its length in characters, and no control characters.
pub(crate) fn check_text(
    what: &str,
    text: &str,
    length_min: usize,
    length_max: usize,
) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length < length_min || length > length_max || text.chars().any(char::is_control) {
        let why = format!("a {what} has {length_min} to {length_max} characters, and no control characters");
        return Err(Refusal::invalid_input(text.chars().take(length_max).collect::<String>(), why));
    }
    Ok(())
}
