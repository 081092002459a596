//! The only place where the contact centre changes.

use std::collections::BTreeSet;

use super::ContactCentre;
use super::media::is_on_call;
use crate::document::{removed, summary_changed, user_changed};
use crate::{
    ApiPath, Dialog, DialogId, Event, Failure, MediaSession, ObjectId, QueueId, QueueStatistics, Reason,
    StateChange, Task, TaskId, Team, TeamId, TeamMessage, Timestamp, Update, User, UserDetails, UserId,
    document,
};

impl ContactCentre {
    /// Takes over what has happened, and returns what is to be published, in order.
    ///
    /// Cannot fail: an event about something that is not there changes nothing and is published nowhere.
    ///
    /// - `request_id`: of the request that led to the event; it is written into the documents.
    pub fn apply(&mut self, event: &Event, request_id: Option<&str>) -> Vec<Update> {
        match self.record(event) {
            Effect::None => Vec::new(),
            Effect::UserChanged { user, left, media } => {
                let mut updates = self.user_updates(&user, left, request_id);
                updates.extend(self.media_updates(&user, &media, request_id));
                updates
            }
            Effect::UserRemoved { user, team } => {
                let nodes = [Some(ApiPath::User(user.clone())), team.map(ApiPath::TeamUsers)];
                nodes.into_iter().flatten().map(|node| removed(node, &user, request_id)).collect()
            }
            Effect::RequestFailed { user, failure } => vec![document::failed(&user, failure, request_id)],
            Effect::QueueAdded(queue) => self.queue_updates(queue),
            Effect::QueueChanged { queue, statistics } => {
                let queue = self.queue(queue);
                queue.map(|queue| document::queue_changed(queue, &statistics)).into_iter().collect()
            }
            Effect::DialogChanged { dialog, heard, busy } => {
                let mut updates = document::dialog_changed(self, &dialog, &heard, request_id);
                updates.extend(self.busy_updates(&busy, request_id));
                updates
            }
            Effect::MediaSignedOut { user, media, session, reason, at } => {
                let domain = self.media_domain(media);
                let ended = Some((&session, reason, at));
                let updates =
                    domain.map(|domain| document::media_changed(self, &user, domain, ended, request_id));
                updates.into_iter().collect()
            }
            Effect::MediaChanged { user, media } => self.media_updates(&user, &media, request_id),
            Effect::TaskChanged { before, now, states } => {
                let mut updates = document::task_changed(self, before.as_ref(), now.as_ref(), request_id);
                for (user, media) in states {
                    updates.extend(self.media_updates(&user, &media, request_id));
                }
                updates
            }
            Effect::MediaRequestFailed { user, media, task, failure } => {
                vec![document::media_failed(&user, media, task, failure, request_id)]
            }
            Effect::ClientLogAskedFor(user) => vec![document::client_log_asked_for(&user, request_id)],
            Effect::TeamMessage { message, event } => {
                document::team_message_updates(&message, event, request_id)
            }
            Effect::DialogRequestFailed { user, dialog, failure } => {
                vec![document::call_failed(&user, dialog, failure, request_id)]
            }
        }
    }

    /// Takes over what has happened without building any document: for replaying a log.
    pub fn replay(&mut self, event: &Event) {
        self.record(event);
    }

    /// The documents for a user who has changed: on the user's node, on that of the team, and on that of the team
    /// the user has left.
    pub(super) fn user_updates(
        &self,
        user: &UserId,
        left: Option<TeamId>,
        request_id: Option<&str>,
    ) -> Vec<Update> {
        let Some(user) = self.user(user) else { return Vec::new() };
        let mut updates = vec![user_changed(self, user, request_id)];
        if let Some(team) = left {
            updates.push(removed(ApiPath::TeamUsers(team), user.id(), request_id));
        }
        if let Some(team) = user.details.team {
            updates.push(summary_changed(self, team, user, request_id));
        }
        updates
    }

    fn record(&mut self, event: &Event) -> Effect {
        match event {
            Event::TeamAdded { id, name } => {
                self.teams.entry(*id).and_modify(|team| team.name.clone_from(name)).or_insert_with(|| Team {
                    id: *id,
                    name: name.clone(),
                    members: Default::default(),
                });
                Effect::None
            }
            Event::ReasonCodeAdded(code) => {
                self.configuration.put(&code.clone().into());
                Effect::None
            }
            Event::Configured(object) => {
                self.configuration.put(object);
                Effect::None
            }
            Event::ConfigurationRemoved { kind, id } => {
                self.configuration.remove(*kind, *id);
                Effect::None
            }
            Event::ContactsReplaced { phone_book, contacts } => {
                self.configuration.replace_contacts(*phone_book, contacts);
                Effect::None
            }
            Event::TeamAssigned { team, kind, ids } => {
                self.configuration.assign(*team, *kind, ids);
                Effect::None
            }
            Event::ConfigDocumentChanged { document, content } => {
                self.configuration.set_document(*document, content);
                Effect::None
            }
            Event::NextConfigured { kind, id } => {
                self.configuration.set_next(*kind, *id);
                Effect::None
            }
            Event::ExtensionsAdded { first, last } => {
                self.extensions.add_range(first.clone(), last.clone());
                Effect::None
            }
            Event::UserAdded(details) => {
                if self.users.contains_key(&details.id) {
                    return Effect::None;
                }
                self.link(details);
                self.users.insert(details.id.clone(), User::new(details.clone()));
                Effect::UserChanged { user: details.id.clone(), left: None, media: Vec::new() }
            }
            Event::UserUpdated(details) => self.record_user_updated(details),
            Event::UserRemoved { user } => {
                let Some(gone) = self.users.remove(user) else { return Effect::None };
                self.unlink(&gone.details);
                if let Some(end) = gone.wrap_up_ends_at() {
                    self.wrapping_up.remove(&(end, user.clone()));
                }
                if let Some(extension) = &gone.extension {
                    self.extensions.release(extension, user);
                }
                Effect::UserRemoved { user: user.clone(), team: gone.details.team }
            }
            Event::UserStateChanged { user, change } => self.record_state(user, change),
            Event::QueueAdded(queue) => {
                self.queues.insert(queue.clone());
                Effect::QueueAdded(queue.id)
            }
            Event::QueueLookedAt { queue, at, found } => match self.queues.looked_at(*queue, *at, *found) {
                true => Effect::QueueChanged { queue: *queue, statistics: *found },
                false => Effect::None,
            },
            Event::DialogChanged(dialog) => {
                self.touch_queues_of(dialog);
                // Nobody leaves the list of a call's parties: who has left is in it as dropped.
                let before = self.busy_on_ccx(dialog);
                let heard =
                    self.calls.replace((**dialog).clone()).map(|old| old.audience).unwrap_or_default();
                let busy = before.symmetric_difference(&self.busy_on_ccx(dialog)).cloned().collect();
                Effect::DialogChanged { dialog: dialog.clone(), heard, busy }
            }
            Event::NextDialog { id } => {
                self.calls.set_next(*id);
                Effect::None
            }
            Event::MediaSessionChanged { user, media, session, at } => {
                self.media.put_session(user, *media, session.clone());
                let mut changed = self.refresh_media(user, *at);
                if !changed.contains(media) {
                    changed.insert(0, *media);
                }
                Effect::MediaChanged { user: user.clone(), media: changed }
            }
            Event::MediaSessionEnded { user, media, reason, at } => {
                match self.media.end_session(user, *media) {
                    Some(session) => Effect::MediaSignedOut {
                        user: user.clone(),
                        media: *media,
                        session,
                        reason: *reason,
                        at: *at,
                    },
                    None => Effect::None,
                }
            }
            Event::TaskChanged { task, at } => {
                let before = self.media.replace((**task).clone());
                self.task_effect(before, Some((**task).clone()), *at)
            }
            Event::TaskClosed { number, at } => {
                let before = self.media.remove(*number);
                self.task_effect(before, None, *at)
            }
            Event::LastTask { number } => {
                self.media.set_last(*number);
                Effect::None
            }
            Event::MediaRequestFailed { user, media, task, failure } => Effect::MediaRequestFailed {
                user: user.clone(),
                media: *media,
                task: *task,
                failure: *failure,
            },
            Event::ClientLogAskedFor { user } => Effect::ClientLogAskedFor(user.clone()),
            Event::TeamMessageCreated(message) => {
                self.team_messages.insert(message.clone());
                Effect::TeamMessage { message: Box::new(message.clone()), event: "POST" }
            }
            Event::TeamMessageEnded { id } => match self.team_messages.remove(*id) {
                Some(message) => Effect::TeamMessage { message: Box::new(message), event: "DELETE" },
                None => Effect::None,
            },
            Event::LastTeamMessage { id } => {
                self.team_messages.set_last(*id);
                Effect::None
            }
            Event::DialogRequestFailed { user, dialog, failure } => {
                Effect::DialogRequestFailed { user: user.clone(), dialog: *dialog, failure: *failure }
            }
            Event::RequestFailed { user, failure } => {
                Effect::RequestFailed { user: user.clone(), failure: *failure }
            }
        }
    }

    /// What follows from a task that was `before` and is `now`.
    fn task_effect(&mut self, before: Option<Task>, now: Option<Task>, at: Timestamp) -> Effect {
        let agents = [&before, &now].into_iter().flatten().filter_map(Task::agent);
        let agents: BTreeSet<UserId> = agents.cloned().collect();
        let states = agents.into_iter().filter_map(|agent| {
            let changed = self.refresh_media(&agent, at);
            (!changed.is_empty()).then_some((agent, changed))
        });
        let states = states.collect();
        Effect::TaskChanged { before, now, states }
    }

    /// Has a user's states in media domains follow from the rest; returns the domains in which it is another.
    fn refresh_media(&mut self, user: &UserId, at: Timestamp) -> Vec<ObjectId> {
        let on_call = self.users.get(user).is_some_and(|user| is_on_call(user.state));
        self.media.refresh(user, on_call, at, &self.configuration)
    }

    /// What a user hears of the own states in media domains.
    pub(super) fn media_updates(
        &self,
        user: &UserId,
        media: &[ObjectId],
        request_id: Option<&str>,
    ) -> Vec<Update> {
        let domains = media.iter().filter_map(|id| self.media_domain(*id));
        domains.map(|domain| document::media_changed(self, user, domain, None, request_id)).collect()
    }

    /// A call shows in the statistics of its queue when it comes, is taken, or goes.
    fn touch_queues_of(&mut self, dialog: &Dialog) {
        let newest = dialog.participants.iter().map(|party| party.changed_at).max();
        if let (Some(queue), Some(at)) = (dialog.queue, newest) {
            self.queues.touch(queue, at);
        }
    }

    /// What supervisors hear of those who have gone on the telephone or off it, on CCX.
    fn busy_updates(&self, users: &[UserId], request_id: Option<&str>) -> Vec<Update> {
        let users = users.iter().filter_map(|id| self.user(id));
        let in_teams = users.filter_map(|user| Some((user.details.team?, user)));
        in_teams.map(|(team, user)| summary_changed(self, team, user, request_id)).collect()
    }

    /// What each user of a new queue hears.
    fn queue_updates(&self, id: QueueId) -> Vec<Update> {
        let Some(queue) = self.queue(id) else { return Vec::new() };
        let statistics = self.queue_statistics(queue);
        let concerned = self.users().filter(|user| self.queues_of(user).any(|own| own.id == id));
        concerned.map(|user| document::queue_added(user.id(), queue, &statistics)).collect()
    }

    fn record_state(&mut self, id: &UserId, change: &StateChange) -> Effect {
        let Some(user) = self.users.get_mut(id) else { return Effect::None };
        if let Some(end) = user.wrap_up_ends_at() {
            self.wrapping_up.remove(&(end, id.clone()));
        }
        if user.extension != change.extension {
            if let Some(old) = &user.extension {
                self.extensions.release(old, id);
            }
            if let Some(new) = &change.extension {
                self.extensions.occupy(new.clone(), id.clone());
            }
        }
        user.take_over(change);
        if let Some(team) = user.details.team {
            self.queues.touch_team(team, change.at);
        }
        if let Some(end) = user.wrap_up_ends_at() {
            self.wrapping_up.insert((end, id.clone()));
        }
        let media = self.refresh_media(id, change.at);
        Effect::UserChanged { user: id.clone(), left: None, media }
    }

    fn record_user_updated(&mut self, details: &UserDetails) -> Effect {
        let Some(user) = self.users.get_mut(&details.id) else { return Effect::None };
        if let Some(end) = user.wrap_up_ends_at() {
            self.wrapping_up.remove(&(end, details.id.clone()));
        }
        let old = std::mem::replace(&mut user.details, details.clone());
        if let Some(end) = user.wrap_up_ends_at() {
            self.wrapping_up.insert((end, details.id.clone()));
        }
        self.unlink(&old);
        self.link(details);
        let left = old.team.filter(|_| old.team != details.team);
        Effect::UserChanged { user: details.id.clone(), left, media: Vec::new() }
    }

    /// Enters a user into what is looked up by something else than the login id.
    fn link(&mut self, details: &UserDetails) {
        self.login_names.insert(details.login_name.to_ascii_lowercase(), details.id.clone());
        if let Some(team) = details.team.and_then(|id| self.teams.get_mut(&id)) {
            team.members.insert(details.id.clone());
        }
        if let Some(extension) = &details.extension {
            self.extensions.own(extension);
        }
    }

    fn unlink(&mut self, details: &UserDetails) {
        self.login_names.remove(&details.login_name.to_ascii_lowercase());
        if let Some(team) = details.team.and_then(|id| self.teams.get_mut(&id)) {
            team.members.remove(&details.id);
        }
        if let Some(extension) = &details.extension {
            self.extensions.disown(extension);
        }
    }
}

/// What an event has changed, before it is put into words.
enum Effect {
    None,
    UserChanged {
        user: UserId,
        left: Option<TeamId>,
        media: Vec<ObjectId>,
    },
    UserRemoved {
        user: UserId,
        team: Option<TeamId>,
    },
    RequestFailed {
        user: UserId,
        failure: Failure,
    },
    QueueAdded(QueueId),
    QueueChanged {
        queue: QueueId,
        statistics: QueueStatistics,
    },
    /// `busy`: those who have gone on the telephone or off it, on CCX.
    DialogChanged {
        dialog: Box<Dialog>,
        heard: BTreeSet<UserId>,
        busy: Vec<UserId>,
    },
    /// The user's states in these media domains.
    MediaChanged {
        user: UserId,
        media: Vec<ObjectId>,
    },
    MediaSignedOut {
        user: UserId,
        media: ObjectId,
        session: MediaSession,
        reason: Reason,
        at: Timestamp,
    },
    /// `states`: whose states in which media domains have followed.
    TaskChanged {
        before: Option<Task>,
        now: Option<Task>,
        states: Vec<(UserId, Vec<ObjectId>)>,
    },
    MediaRequestFailed {
        user: UserId,
        media: ObjectId,
        task: Option<TaskId>,
        failure: Failure,
    },
    ClientLogAskedFor(UserId),
    TeamMessage {
        message: Box<TeamMessage>,
        event: &'static str,
    },
    DialogRequestFailed {
        user: UserId,
        dialog: Option<DialogId>,
        failure: Failure,
    },
}
