//! What follows from a request about media, step by step, before any of it has happened.

use std::collections::{BTreeMap, BTreeSet};

use super::is_on_call;
use super::table::is_bound;
use crate::centre::ContactCentre;
use crate::{
    Event, LogoutAction, MediaDomain, MediaSession, ObjectId, Reason, Task, TaskState, Timestamp, UserId,
};

/// Tasks and sign-ins as they will be after the steps so far, and those steps.
pub(in crate::centre) struct MediaDraft<'a> {
    centre: &'a ContactCentre,
    at: Timestamp,
    /// None for a session that has ended.
    sessions: BTreeMap<(UserId, ObjectId), Option<MediaSession>>,
    /// None for a task that is done.
    tasks: BTreeMap<u32, Option<Task>>,
    /// Who is busy with a call after steps that are not of this draft.
    on_call: BTreeMap<UserId, bool>,
    events: Vec<Event>,
}

impl<'a> MediaDraft<'a> {
    /// No step yet. All steps happen at the same time, `at`.
    pub(in crate::centre) fn new(centre: &'a ContactCentre, at: Timestamp) -> Self {
        Self {
            centre,
            at,
            sessions: BTreeMap::new(),
            tasks: BTreeMap::new(),
            on_call: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Takes what will have happened before these steps into account.
    pub(super) fn look_at(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::UserStateChanged { user, change } => {
                    self.on_call.insert(user.clone(), is_on_call(change.state));
                }
                Event::TaskChanged { task, .. } => {
                    self.tasks.insert(task.number, Some((**task).clone()));
                }
                Event::TaskClosed { number, .. } => {
                    self.tasks.insert(*number, None);
                }
                Event::MediaSessionChanged { user, media, session, .. } => {
                    self.sessions.insert((user.clone(), *media), Some(session.clone()));
                }
                Event::MediaSessionEnded { user, media, .. } => {
                    self.sessions.insert((user.clone(), *media), None);
                }
                _ => {}
            }
        }
    }

    /// Gives tasks that wait to whoever has become free.
    pub(super) fn distributed(mut self) -> Self {
        self.distribute();
        self
    }

    /// The steps, in order.
    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }

    pub(super) fn task(&self, number: u32) -> Option<&Task> {
        match self.tasks.get(&number) {
            Some(changed) => changed.as_ref(),
            None => self.centre.media.task(number),
        }
    }

    pub(super) fn session(&self, user: &UserId, media: ObjectId) -> Option<&MediaSession> {
        match self.sessions.get(&(user.clone(), media)) {
            Some(changed) => changed.as_ref(),
            None => self.centre.media.session(user, media),
        }
    }

    /// The tasks that an agent has, by number.
    pub(super) fn tasks_of(&self, agent: &UserId) -> Vec<&Task> {
        let before = self.centre.media.tasks_of(agent).map(|task| task.number);
        let numbers: BTreeSet<u32> = before.chain(self.tasks.keys().copied()).collect();
        let tasks = numbers.into_iter().filter_map(|number| self.task(number));
        tasks.filter(|task| task.agent() == Some(agent)).collect()
    }

    pub(super) fn set_session(&mut self, user: &UserId, media: ObjectId, session: MediaSession) {
        self.sessions.insert((user.clone(), media), Some(session.clone()));
        self.events.push(Event::MediaSessionChanged { user: user.clone(), media, session, at: self.at });
    }

    /// Ends a user's sign-in; what becomes of the tasks was said at its beginning. One that is only offered goes on to
    /// another agent.
    pub(in crate::centre) fn sign_out(&mut self, user: &UserId, media: ObjectId, reason: Reason) {
        let Some(session) = self.session(user, media) else { return };
        let at_logout = session.terms.at_logout;
        let own = self.tasks_of(user).into_iter().filter(|task| task.media == media);
        let own: Vec<(u32, Option<TaskState>)> = own.map(|task| (task.number, task.state())).collect();
        for (number, state) in own {
            if state == Some(TaskState::Offered) || at_logout == LogoutAction::Transfer {
                self.give_back(number);
            } else {
                self.close(number);
            }
        }
        self.sessions.insert((user.clone(), media), None);
        self.events.push(Event::MediaSessionEnded { user: user.clone(), media, reason, at: self.at });
    }

    /// As [`MediaDraft::sign_out`], for all domains.
    pub(in crate::centre) fn sign_out_of_all(&mut self, user: &UserId, reason: Reason) {
        let domains: Vec<ObjectId> = self.centre.media.sessions_of(user).map(|(media, _)| media).collect();
        for media in domains {
            self.sign_out(user, media, reason);
        }
    }

    pub(super) fn change_task(&mut self, task: Task) {
        self.tasks.insert(task.number, Some(task.clone()));
        self.events.push(Event::TaskChanged { task: Box::new(task), at: self.at });
    }

    /// A task is done.
    pub(super) fn close(&mut self, number: u32) {
        self.tasks.insert(number, None);
        self.events.push(Event::TaskClosed { number, at: self.at });
    }

    /// A task waits for another agent.
    pub(super) fn give_back(&mut self, number: u32) {
        if let Some(task) = self.task(number).map(Task::given_back) {
            self.change_task(task);
        }
    }

    /// Takes the tasks that agents have let lie away from them; they want no other then.
    pub(in crate::centre) fn not_accepted(&mut self) {
        let after = i64::from(self.centre.settings.ring_no_answer_after_ms);
        let due = Timestamp(self.at.0.saturating_sub(after));
        let due: Vec<u32> = self.centre.media.offered_since(due).collect();
        for number in due {
            let agent = self.task(number).and_then(|task| Some((task.agent()?.clone(), task.media)));
            self.give_back(number);
            let Some((agent, media)) = agent else { continue };
            let session = self.session(&agent, media).filter(|session| session.ready).cloned();
            if let Some(session) = session {
                let reason = Reason::NOT_ANSWERED_UCCE;
                self.set_session(&agent, media, MediaSession { ready: false, reason, ..session });
            }
        }
    }

    /// Gives the tasks that wait to agents, in each domain the oldest first.
    fn distribute(&mut self) {
        for domain in self.centre.media_domains() {
            while let Some(task) = self.first_waiting(domain.id) {
                let Some(agent) = self.free_agent(domain.id) else { break };
                self.change_task(task.offered_to(agent, self.at));
            }
        }
    }

    /// Gives a task that its agent has given back to anybody else who is free.
    pub(super) fn distribute_except(&mut self, task: &Task) {
        let Some(from) = task.agent() else { return };
        let Some(given_back) = self.task(task.number).cloned() else { return };
        let others = self.free_agents(task.media).into_iter().filter(|(_, _, agent)| agent != from);
        if let Some((_, _, agent)) = others.min() {
            self.change_task(given_back.offered_to(agent, self.at));
        }
    }

    /// The oldest task of a domain that nobody has.
    fn first_waiting(&self, media: ObjectId) -> Option<Task> {
        let mut before =
            self.centre.media.waiting_in(media).filter(|number| !self.tasks.contains_key(number));
        let now = self.tasks.values().flatten().filter(|task| task.media == media && task.assigned.is_none());
        let number = before.next().into_iter().chain(now.map(|task| task.number)).min()?;
        self.task(number).cloned()
    }

    /// The agent of a domain who is given the next task: one with the fewest, of these the one who has been in the present
    /// state longest.
    fn free_agent(&self, media: ObjectId) -> Option<UserId> {
        self.free_agents(media).into_iter().min().map(|(_, _, user)| user)
    }

    /// Whether some agent of a domain could be given a task.
    pub(super) fn has_free_agent(&self, media: ObjectId) -> bool {
        !self.free_agents(media).is_empty()
    }

    /// The agents of a domain who could be given a task, each with the number of those that the agent has, and since when
    /// the agent is in the present state.
    fn free_agents(&self, media: ObjectId) -> Vec<(usize, Timestamp, UserId)> {
        let before = self.centre.media.sessions().filter(|(_, of, _)| *of == media);
        let before = before.map(|(user, _, _)| user);
        let now = self.sessions.keys().filter(|(_, of)| *of == media).map(|(user, _)| user);
        let users: BTreeSet<&UserId> = before.chain(now).collect();
        let free = users.into_iter().filter_map(|user| {
            let session = self.session(user, media)?;
            Some((self.load(user, media, session)?, session.since, user.clone()))
        });
        free.collect()
    }

    /// How many tasks of the domain an agent has who could be given another; none for one who could not.
    fn load(&self, user: &UserId, media: ObjectId, session: &MediaSession) -> Option<usize> {
        if !(session.ready && session.routable) || self.is_on_call(user) {
            return None;
        }
        let tasks = self.tasks_of(user);
        if is_bound(tasks.iter().copied(), media, &self.centre.configuration) {
            return None;
        }
        let load = tasks.iter().filter(|task| task.media == media).count();
        (load < usize::from(session.terms.dialogs_max)).then_some(load)
    }

    fn is_on_call(&self, user: &UserId) -> bool {
        let known = self.on_call.get(user).copied();
        known.unwrap_or_else(|| self.centre.user(user).is_some_and(|user| is_on_call(user.state)))
    }

    /// The agents whom a task has kept calls away from before these steps, and none does after them.
    pub(super) fn freed(&self) -> BTreeSet<UserId> {
        let before = self.tasks.keys().filter_map(|number| self.centre.media.task(*number)?.agent());
        let domains = &self.centre.configuration;
        let is_free =
            |user: &&UserId| !is_bound(self.tasks_of(user).into_iter(), MediaDomain::VOICE, domains);
        let was_bound = |user: &&UserId| self.centre.keeps_calls_away(user);
        before.filter(was_bound).filter(is_free).cloned().collect()
    }
}
