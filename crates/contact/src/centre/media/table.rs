//! The tasks that there are and the sign-ins to media domains, with what is looked up by something else.

use std::collections::{BTreeMap, BTreeSet};

use crate::configured::Configuration;
use crate::{MediaSession, MediaState, ObjectId, Task, TaskState, Timestamp, UserId};

/// All tasks and sign-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::centre) struct MediaWork {
    sessions: BTreeMap<(UserId, ObjectId), MediaSession>,
    tasks: BTreeMap<u32, Task>,
    of_agent: BTreeMap<UserId, BTreeSet<u32>>,
    /// Those that nobody has.
    waiting: BTreeSet<(ObjectId, u32)>,
    /// Those that somebody is asked to take, by the time since when.
    offered: BTreeSet<(Timestamp, u32)>,
    /// The greatest number so far; 0 for none.
    last: u32,
}

impl MediaWork {
    pub(super) fn session(&self, user: &UserId, media: ObjectId) -> Option<&MediaSession> {
        self.sessions.get(&(user.clone(), media))
    }

    pub(in crate::centre) fn sessions(&self) -> impl Iterator<Item = (&UserId, ObjectId, &MediaSession)> {
        self.sessions.iter().map(|((user, media), session)| (user, *media, session))
    }

    /// The sign-ins of a user, by domain.
    pub(in crate::centre) fn sessions_of(
        &self,
        user: &UserId,
    ) -> impl Iterator<Item = (ObjectId, &MediaSession)> {
        let keys = (user.clone(), ObjectId(0))..=(user.clone(), ObjectId(u32::MAX));
        self.sessions.range(keys).map(|((_, media), session)| (*media, session))
    }

    pub(in crate::centre) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    pub(super) fn count(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn task(&self, number: u32) -> Option<&Task> {
        self.tasks.get(&number)
    }

    pub(super) fn tasks_of<'a>(&'a self, agent: &UserId) -> impl Iterator<Item = &'a Task> + use<'a> {
        self.of_agent.get(agent).into_iter().flatten().filter_map(|number| self.tasks.get(number))
    }

    pub(super) fn next_number(&self) -> u32 {
        self.last.checked_add(1).unwrap_or(1)
    }

    /// The greatest number, if its task is gone, so that nothing but a fact of its own tells of it.
    pub(in crate::centre) fn last_if_gone(&self) -> Option<u32> {
        (self.last != 0 && !self.tasks.contains_key(&self.last)).then_some(self.last)
    }

    pub(in crate::centre) fn set_last(&mut self, number: u32) {
        self.last = self.last.max(number);
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The tasks of a domain that nobody has, oldest first.
    pub(super) fn waiting_in(&self, media: ObjectId) -> impl Iterator<Item = u32> {
        self.waiting.range((media, 0)..=(media, u32::MAX)).map(|(_, number)| *number)
    }

    /// Since when the task that has been offered longest has been.
    pub(super) fn first_offered(&self) -> Option<Timestamp> {
        self.offered.first().map(|(since, _)| *since)
    }

    /// The tasks that have been offered since `at` or longer.
    pub(super) fn offered_since(&self, at: Timestamp) -> impl Iterator<Item = u32> {
        self.offered.iter().take_while(move |(since, _)| *since <= at).map(|(_, number)| *number)
    }

    /// Whether somebody is signed in to a domain or a task is in it.
    pub(in crate::centre) fn is_used(&self, media: ObjectId) -> bool {
        self.sessions.keys().any(|(_, used)| *used == media)
            || self.tasks.values().any(|task| task.media == media)
    }

    pub(in crate::centre) fn put_session(&mut self, user: &UserId, media: ObjectId, session: MediaSession) {
        self.sessions.insert((user.clone(), media), session);
    }

    pub(in crate::centre) fn end_session(&mut self, user: &UserId, media: ObjectId) -> Option<MediaSession> {
        self.sessions.remove(&(user.clone(), media))
    }

    /// Takes over the new form of a task and returns the old one.
    pub(in crate::centre) fn replace(&mut self, task: Task) -> Option<Task> {
        let old = self.remove(task.number);
        let number = task.number;
        self.set_last(number);
        match &task.assigned {
            None => {
                self.waiting.insert((task.media, number));
            }
            Some(assigned) => {
                self.of_agent.entry(assigned.agent.clone()).or_default().insert(number);
                if assigned.state == TaskState::Offered {
                    self.offered.insert((assigned.since, number));
                }
            }
        }
        self.tasks.insert(number, task);
        old
    }

    /// A task is done.
    pub(in crate::centre) fn remove(&mut self, number: u32) -> Option<Task> {
        let old = self.tasks.remove(&number)?;
        self.waiting.remove(&(old.media, number));
        if let Some(assigned) = &old.assigned {
            self.offered.remove(&(assigned.since, number));
            if let Some(own) = self.of_agent.get_mut(&assigned.agent) {
                own.remove(&number);
                if own.is_empty() {
                    self.of_agent.remove(&assigned.agent);
                }
            }
        }
        Some(old)
    }

    pub(super) fn expected_state(
        &self,
        user: &UserId,
        media: ObjectId,
        session: &MediaSession,
        on_call: bool,
        configuration: &Configuration,
    ) -> MediaState {
        let own = self.tasks_of(user).filter(|task| task.media == media);
        let own: Vec<TaskState> = own.filter_map(Task::state).collect();
        let is_interruptible = configuration.media_domains().get(media).is_some_and(|it| it.interruptible);
        let is_interrupted =
            is_interruptible && (on_call || is_bound(self.tasks_of(user), media, configuration));
        session.state_with(&own, is_interrupted)
    }

    /// Has the states of a user's sessions follow from the rest again; returns the domains in which it is another.
    pub(in crate::centre) fn refresh(
        &mut self,
        user: &UserId,
        on_call: bool,
        at: Timestamp,
        configuration: &Configuration,
    ) -> Vec<ObjectId> {
        let expected: Vec<_> = self
            .sessions_of(user)
            .map(|(media, session)| {
                (media, self.expected_state(user, media, session, on_call, configuration))
            })
            .collect();
        let mut changed = Vec::new();
        for (media, state) in expected {
            let session = self.sessions.get_mut(&(user.clone(), media));
            if session.is_some_and(|session| session.become_state(state, at)) {
                changed.push(media);
            }
        }
        changed
    }
}

/// Whether one of an agent's tasks is in a domain that is not interruptible, other than `except`.
pub(super) fn is_bound<'a>(
    mut tasks: impl Iterator<Item = &'a Task>,
    except: ObjectId,
    configuration: &Configuration,
) -> bool {
    let domains = configuration.media_domains();
    tasks.any(|task| {
        task.media != except && domains.get(task.media).is_some_and(|domain| !domain.interruptible)
    })
}
