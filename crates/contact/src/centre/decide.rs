//! What follows from a command, if anything.

use super::ContactCentre;
use crate::{Actor, Command, Event, Refusal, Timestamp};

impl ContactCentre {
    /// Says what `command` leads to. Changes nothing.
    ///
    /// No events mean: accepted, and there is nothing to change. A request that is accepted and fails behind the scenes
    /// leads to [`Event::RequestFailed`], so that the caller has a 202 and then hears of it.
    ///
    /// - `actor`: who asks; the credentials have been checked.
    /// - `at`: the time now, which becomes that of the change.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] with the HTTP status and error of Finesse's error tables.
    pub fn decide(&self, actor: &Actor, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let mut events = self.follow(actor, command, at)?;
        self.offer_tasks(&mut events, at);
        Ok(events)
    }

    fn follow(&self, actor: &Actor, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::ChangeState { user, request } => return self.change_state(actor, user, request, at),
            Command::BeginCall { user, request } => return self.begin_call(actor, user, request, at),
            Command::ActOnCall { dialog, request } => return self.act_on_call(actor, *dialog, request, at),
            Command::ChangeMedia { user, media, request } => {
                return self.change_media(actor, user, *media, request, at);
            }
            Command::ActOnTask { task, request } => return self.act_on_task(actor, *task, *request, at),
            Command::CreateTeamMessage(new) => return Ok(vec![self.create_team_message(actor, new, at)?]),
            Command::DeleteTeamMessage { message } => {
                return Ok(vec![self.delete_team_message(actor, *message)?]);
            }
            _ => {}
        }
        if !actor.is_administrator() {
            return Err(Refusal::unauthorized(actor.id.as_str()));
        }
        let event = match command {
            Command::ChangeState { .. }
            | Command::BeginCall { .. }
            | Command::ActOnCall { .. }
            | Command::ChangeMedia { .. }
            | Command::ActOnTask { .. }
            | Command::CreateTeamMessage(_)
            | Command::DeleteTeamMessage { .. } => {
                return Ok(Vec::new());
            }
            Command::Network(event) => return self.network(event, at),
            Command::AskForClientLog { user } => {
                self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
                Event::ClientLogAskedFor { user: user.clone() }
            }
            Command::SubmitTask { media, data } => return self.submit_task(*media, data, at),
            Command::EndTask { number } => return self.end_task(*number, at),
            Command::DesktopLost { user } => return self.desktop_lost(user, at),
            Command::LinkRestored { user } => return self.link_restored(user, at),
            Command::Elapse => return Ok(self.elapse(at)),
            Command::AddUser(details) => self.add_user(details)?,
            Command::UpdateUser { user, changes } => match self.update_user(user, changes)? {
                Some(event) => event,
                None => return Ok(Vec::new()),
            },
            Command::RemoveUser { user } => return self.remove_user(user, at),
            Command::AddTeam { id, name } => self.add_team(*id, name)?,
            Command::Configure(change) => return Ok(self.configure(change)?.into_iter().collect()),
            Command::AddQueue(queue) => self.add_queue(queue)?,
            Command::AddExtensions { first, last } => self.add_extensions(first, last)?,
        };
        Ok(vec![event])
    }
}
