//! Tasks and the agents who work on them: who may ask for what, what follows, and who is given which task.
//!
//! A task goes to an agent who is signed in to its domain, ready and routable, has room for it, and does nothing that it
//! may not come between: a call, or a task of a domain that is not interruptible.

mod draft;
mod requests;
mod table;

pub(super) use draft::MediaDraft;
pub(super) use table::MediaWork;

use super::calls::Draft;
use super::{ContactCentre, Deployment};
use crate::{
    AgentState, Event, MediaDomain, MediaSession, MediaState, ObjectId, Refusal, Task, TaskId, TaskState,
    Timestamp, UserId,
};

impl ContactCentre {
    /// The media domains, by key. That of calls is none of them.
    pub fn media_domains(&self) -> impl Iterator<Item = &MediaDomain> {
        self.configuration.media_domains().list(None)
    }

    /// The media domain with this key.
    pub fn media_domain(&self, id: ObjectId) -> Option<&MediaDomain> {
        self.configuration.media_domains().get(id)
    }

    /// A user's sign-in to a media domain.
    pub fn media_session(&self, user: &UserId, media: ObjectId) -> Option<&MediaSession> {
        self.media.session(user, media)
    }

    /// All sign-ins, by user and domain.
    pub fn media_sessions(&self) -> impl Iterator<Item = (&UserId, ObjectId, &MediaSession)> {
        self.media.sessions()
    }

    /// Whether the user is signed in to any media domain.
    pub fn has_media_session(&self, user: &UserId) -> bool {
        self.media.sessions_of(user).next().is_some()
    }

    /// All tasks, by number, whether somebody has them or not.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.media.tasks()
    }

    /// The task with this number.
    pub fn task(&self, number: u32) -> Option<&Task> {
        self.media.task(number)
    }

    /// The task that an agent knows by this name, if it is still with that agent.
    pub fn task_with(&self, id: TaskId) -> Option<&Task> {
        self.media.task(id.number).filter(|task| task.assigned.is_some() && task.id() == id)
    }

    /// The tasks that an agent has, by number.
    pub fn tasks_of<'a>(&'a self, agent: &UserId) -> impl Iterator<Item = &'a Task> + use<'a> {
        self.media.tasks_of(agent)
    }

    /// The number that the next task gets.
    pub fn next_task(&self) -> u32 {
        self.media.next_number()
    }

    /// How far the agent is with a task, as it shows: interrupted while other work comes in between.
    pub fn shown_state(&self, task: &Task) -> TaskState {
        let Some(assigned) = &task.assigned else { return TaskState::Closed };
        let session = self.media.session(&assigned.agent, task.media);
        let is_interrupted = session.is_some_and(|session| session.state == MediaState::Interrupted);
        match assigned.state {
            TaskState::Active if is_interrupted => TaskState::Interrupted,
            state => state,
        }
    }

    /// The state that follows from a session and the agent's tasks; equal to the one that the session has.
    pub fn expected_media_state(&self, user: &UserId, media: ObjectId, session: &MediaSession) -> MediaState {
        let on_call = self.user(user).is_some_and(|user| is_on_call(user.state));
        self.media.expected_state(user, media, session, on_call, &self.configuration)
    }

    /// Whether somebody is signed in to a media domain, or a task is in it.
    pub(crate) fn is_in_use(&self, media: ObjectId) -> bool {
        self.media.is_used(media)
    }

    /// Whether some agent could be given a task of this domain.
    pub fn has_free_agent(&self, media: ObjectId) -> bool {
        MediaDraft::new(self, Timestamp::default()).has_free_agent(media)
    }

    /// Media domains are there on CCE only.
    ///
    /// # Errors
    ///
    /// 501 `Not Implemented` on CCX.
    pub fn media_exist(&self, path: &str) -> Result<(), Refusal> {
        match self.settings.deployment {
            Deployment::Ucce => Ok(()),
            Deployment::Uccx => Err(Refusal::not_implemented(path, "CCX has no Media API")),
        }
    }

    /// Gives the tasks that wait to agents who have become free by `events`, and adds that to them.
    pub(super) fn offer_tasks(&self, events: &mut Vec<Event>, at: Timestamp) {
        let changes_states = |event: &Event| matches!(event, Event::UserStateChanged { .. });
        if self.media.has_waiting() && events.iter().any(changes_states) {
            let mut draft = MediaDraft::new(self, at);
            draft.look_at(events);
            events.extend(draft.distributed().into_events());
        }
    }

    /// The steps of a draft, and the calls that are offered to agents whom a task has kept them away from until now.
    pub(super) fn finish_media(&self, draft: MediaDraft<'_>, at: Timestamp) -> Vec<Event> {
        let draft = draft.distributed();
        let freed = draft.freed();
        let mut events = draft.into_events();
        if !freed.is_empty() {
            events.extend(Draft::new(self, at).with_freed(freed).finish());
        }
        events
    }

    /// Whether calls of queues have to wait because of a task that the user has.
    pub(super) fn keeps_calls_away(&self, user: &UserId) -> bool {
        table::is_bound(self.media.tasks_of(user), MediaDomain::VOICE, &self.configuration)
    }

    /// When the task that has been offered longest goes on to another agent.
    pub(super) fn task_timeout(&self) -> Option<Timestamp> {
        let since = self.media.first_offered()?;
        Some(Timestamp(since.0.saturating_add(i64::from(self.settings.ring_no_answer_after_ms))))
    }
}

/// Whether an agent in this state does something for a call.
pub(super) fn is_on_call(state: AgentState) -> bool {
    !matches!(state, AgentState::Logout | AgentState::NotReady | AgentState::Ready | AgentState::Unknown)
}
