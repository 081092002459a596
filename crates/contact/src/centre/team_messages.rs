//! Who writes and deletes team messages, and which are there now.

use std::collections::{BTreeMap, BTreeSet};

use super::ContactCentre;
use crate::{
    Actor, ApiPath, Event, NewTeamMessage, Refusal, Role, TeamId, TeamMessage, TeamMessageId, Timestamp,
};

/// The messages whose time is not over, and the number of the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TeamMessages {
    active: BTreeMap<TeamMessageId, TeamMessage>,
    /// By the time when theirs is over.
    ends: BTreeSet<(Timestamp, TeamMessageId)>,
    /// The greatest number so far; 0 for none.
    last: u32,
}

impl TeamMessages {
    pub(super) fn insert(&mut self, message: TeamMessage) {
        self.remove(message.id);
        self.set_last(message.id);
        self.ends.insert((message.ends_at(), message.id));
        self.active.insert(message.id, message);
    }

    pub(super) fn remove(&mut self, id: TeamMessageId) -> Option<TeamMessage> {
        let gone = self.active.remove(&id)?;
        self.ends.remove(&(gone.ends_at(), id));
        Some(gone)
    }

    pub(super) fn set_last(&mut self, id: TeamMessageId) {
        self.last = self.last.max(id.0);
    }

    /// The greatest number, if its message is gone, so that nothing but a fact of its own tells of it.
    pub(super) fn last_if_gone(&self) -> Option<TeamMessageId> {
        let last = TeamMessageId(self.last);
        (self.last != 0 && !self.active.contains_key(&last)).then_some(last)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TeamMessage> {
        self.active.values()
    }

    /// When the next one's time is over.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// Those whose time was over at `at`.
    pub(super) fn over(&self, at: Timestamp) -> impl Iterator<Item = TeamMessageId> {
        self.ends.iter().take_while(move |(end, _)| *end <= at).map(|(_, id)| *id)
    }
}

impl ContactCentre {
    /// The team message with this number, unless it is gone.
    pub fn team_message(&self, id: TeamMessageId) -> Option<&TeamMessage> {
        self.team_messages.active.get(&id)
    }

    /// The messages to a team, by number.
    pub fn team_messages(&self, team: TeamId) -> impl Iterator<Item = &TeamMessage> {
        self.team_messages.iter().filter(move |message| message.teams.contains(&team))
    }

    /// The number that the next team message gets.
    pub fn next_team_message(&self) -> TeamMessageId {
        TeamMessageId(self.team_messages.last.checked_add(1).unwrap_or(1))
    }

    /// Whether `actor` may read a message: as who may follow the messages of one of its teams, and the writer.
    ///
    /// # Errors
    ///
    /// 401 `Authorization Failure`.
    pub fn may_read_team_message(&self, actor: &Actor, message: &TeamMessage) -> Result<(), Refusal> {
        let mut teams = message.teams.iter();
        if message.created_by == actor.id
            || actor.is_administrator()
            || teams.any(|team| self.may_follow(actor, &ApiPath::TeamMessages(*team)))
        {
            return Ok(());
        }
        Err(Refusal::unauthorized(actor.id.as_str()))
    }

    /// `POST /TeamMessage`: for administrators, and supervisors of all the teams.
    pub(super) fn create_team_message(
        &self,
        actor: &Actor,
        new: &NewTeamMessage,
        at: Timestamp,
    ) -> Result<Event, Refusal> {
        if !actor.is_administrator() && !actor.roles.has(Role::Supervisor) {
            return Err(Refusal::unauthorized(actor.id.as_str()));
        }
        for team in &new.teams {
            if self.team(*team).is_none() {
                return Err(Refusal::team_not_found(&team.to_string()));
            }
            self.may_read_team(actor, *team)?;
        }
        let id = self.next_team_message();
        if self.team_messages.active.len() >= self.settings.team_messages_max
            || self.team_messages.active.contains_key(&id)
        {
            return Err(Refusal::too_many_team_messages());
        }
        let details = self.user(&actor.id).map(|user| &user.details);
        Ok(Event::TeamMessageCreated(TeamMessage {
            id,
            created_by: actor.id.clone(),
            first_name: details.map(|user| user.first_name.clone()).unwrap_or_default(),
            last_name: details.map(|user| user.last_name.clone()).unwrap_or_default(),
            created_at: at,
            seconds: new.seconds,
            content: new.content.clone(),
            teams: new.teams.clone(),
        }))
    }

    /// `DELETE /TeamMessage/{id}`: for administrators and the writer.
    pub(super) fn delete_team_message(&self, actor: &Actor, id: TeamMessageId) -> Result<Event, Refusal> {
        let message = self.team_message(id);
        let message = message.ok_or_else(|| Refusal::not_found(&ApiPath::TeamMessage(id).to_string()))?;
        if actor.id != message.created_by && !actor.is_administrator() {
            return Err(Refusal::unauthorized(actor.id.as_str()));
        }
        Ok(Event::TeamMessageEnded { id })
    }
}
