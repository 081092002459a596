//! The events that rebuild the present state.

use super::ContactCentre;
use crate::{DialogId, Event, StateChange, User};

impl ContactCentre {
    /// Returns events that, applied to an empty contact centre of the same settings, give one equal to this.
    pub fn snapshot(&self) -> Vec<Event> {
        let teams = self.teams.values().map(|team| Event::TeamAdded { id: team.id, name: team.name.clone() });
        let objects = self.configuration.snapshot();
        let ranges = self.extensions.ranges().cloned();
        let extensions = ranges.map(|(first, last)| Event::ExtensionsAdded { first, last });
        let users = self.users.values().map(|user| Event::UserAdded(user.details.clone()));
        let states = self.users.values().filter_map(state_event);
        let calls = self.calls.iter().cloned().map(|dialog| Event::DialogChanged(Box::new(dialog)));
        let next =
            (self.calls.next() != DialogId::FIRST).then(|| Event::NextDialog { id: self.calls.next() });
        let queues = self.queues.iter().cloned().map(Event::QueueAdded);
        let told = self.queues.told().map(|(queue, at, found)| Event::QueueLookedAt { queue, at, found });
        // Tasks come before sign-ins, whose states follow from them.
        let tasks = self
            .media
            .tasks()
            .cloned()
            .map(|task| Event::TaskChanged { at: task.created_at, task: Box::new(task) });
        let last_task = self.media.last_if_gone().map(|number| Event::LastTask { number });
        let sessions = self.media.sessions().map(|(user, media, session)| Event::MediaSessionChanged {
            user: user.clone(),
            media,
            session: session.clone(),
            at: session.since,
        });
        let media = tasks.chain(last_task).chain(sessions);
        let messages = self.team_messages.iter().cloned().map(Event::TeamMessageCreated);
        let last_message = self.team_messages.last_if_gone().map(|id| Event::LastTeamMessage { id });
        let messages = messages.chain(last_message);
        let configured = teams.chain(objects).chain(extensions).chain(users).chain(queues).chain(told);
        configured.chain(states).chain(calls).chain(next).chain(media).chain(messages).collect()
    }
}

/// The event that puts `user` into the present state; none if nothing has happened since the user was added.
fn state_event(user: &User) -> Option<Event> {
    Some(Event::UserStateChanged {
        user: user.id().clone(),
        change: StateChange {
            state: user.state,
            reason: user.reason,
            extension: user.extension.clone(),
            at: user.state_changed_at?,
            after_call: user.after_call,
        },
    })
}
