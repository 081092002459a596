//! What agents ask of media domains and tasks, and what administrators bring and take away.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), "Media APIs": what the web service checks itself is refused at once, what the routing
//! behind it refuses fails after the 202. The numbers of those failures are in "Errors for agent state and mode changes".

use super::MediaDraft;
use crate::centre::ContactCentre;
use crate::{
    Actor, ApiPath, CallData, CallDataChange, Event, Failure, MediaDomain, MediaRequest, MediaSession,
    ObjectId, Reason, ReasonCategory, ReasonCodeId, Refusal, SessionChange, Task, TaskAction, TaskId,
    TaskRequest, TaskState, Timestamp, User, UserId,
};

impl ContactCentre {
    /// `PUT /User/{id}/Media/{id}`, for agents themselves.
    pub(in crate::centre) fn change_media(
        &self,
        actor: &Actor,
        user: &UserId,
        media: ObjectId,
        request: &MediaRequest,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let user = self.user(user).ok_or_else(|| Refusal::user_not_found(user.as_str()))?;
        if actor.id != *user.id() {
            return Err(Refusal::not_your_resource(user.id().as_str()));
        }
        if !user.details.roles.can_sign_in() {
            return Err(Refusal::unauthorized(user.id().as_str()));
        }
        self.media_exist(&ApiPath::UserMedium(user.id().clone(), media).to_string())?;
        let mut draft = MediaDraft::new(self, at);
        if let Some(change) = request.change
            && let Err(failure) = self.change_session(&mut draft, user, media, change, at)?
        {
            return Ok(vec![failed(user.id(), media, None, failure)]);
        }
        if let Some(routable) = request.routable {
            match draft.session(user.id(), media).cloned() {
                Some(session) if session.routable != routable => {
                    draft.set_session(user.id(), media, MediaSession { routable, ..session });
                }
                Some(_) => {}
                None => {
                    return Ok(vec![failed(user.id(), media, None, self.why_not_signed_in(media))]);
                }
            }
        }
        Ok(self.finish_media(draft, at))
    }

    /// Does what is asked for in the draft; otherwise says why it fails.
    fn change_session(
        &self,
        draft: &mut MediaDraft<'_>,
        user: &User,
        media: ObjectId,
        change: SessionChange,
        at: Timestamp,
    ) -> Result<Result<(), Failure>, Refusal> {
        let session = draft.session(user.id(), media).cloned();
        let session = match (change, session) {
            (SessionChange::SignIn(_), Some(_)) => return Ok(Err(Failure::MediaAlreadySignedIn)),
            (SessionChange::SignIn(_), None) if media == MediaDomain::VOICE => {
                return Ok(Err(Failure::MediaIsVoice));
            }
            (SessionChange::SignIn(_), None) if self.media_domain(media).is_none() => {
                return Ok(Err(Failure::NoSuchMedia));
            }
            (SessionChange::SignIn(terms), None) => {
                draft.set_session(user.id(), media, MediaSession::new(terms, at));
                return Ok(Ok(()));
            }
            (_, None) => return Ok(Err(self.why_not_signed_in(media))),
            (_, Some(session)) => session,
        };
        match change {
            SessionChange::SignIn(_) => {}
            SessionChange::Ready if session.ready => {}
            SessionChange::Ready => {
                let ready = MediaSession { ready: true, reason: Reason::None, ..session };
                draft.set_session(user.id(), media, ready);
            }
            SessionChange::NotReady { reason } => {
                let reason = self.reason_for(user, reason, ReasonCategory::NotReady)?;
                let own = draft.tasks_of(user.id()).into_iter().filter(|task| task.media == media);
                let own: Vec<TaskState> = own.filter_map(Task::state).collect();
                if own.contains(&TaskState::Offered) {
                    return Ok(Err(Failure::TaskIsOffered));
                }
                if !session.ready && !own.is_empty() {
                    return Ok(Err(Failure::NotReadyIsPending));
                }
                if session.ready || session.reason != reason {
                    draft.set_session(user.id(), media, MediaSession { ready: false, reason, ..session });
                }
            }
            SessionChange::SignOut { reason } => {
                let reason = self.reason_for(user, reason, ReasonCategory::Logout)?;
                draft.sign_out(user.id(), media, reason);
            }
        }
        Ok(Ok(()))
    }

    /// The failure of a request that needs a sign-in, where there is none.
    fn why_not_signed_in(&self, media: ObjectId) -> Failure {
        match self.media_domain(media) {
            None if media == MediaDomain::VOICE => Failure::MediaIsVoice,
            None => Failure::NoSuchMedia,
            Some(_) => Failure::MediaNotSignedIn,
        }
    }

    /// The reason that a user gives.
    fn reason_for(
        &self,
        user: &User,
        id: Option<ReasonCodeId>,
        category: ReasonCategory,
    ) -> Result<Reason, Refusal> {
        // Unlike with calls none is asked for, as the guide has none in its list of errors.
        id.map_or(Ok(Reason::Unspecified), |id| self.reason_of(user, id, category))
    }

    /// `PUT /Dialog/{id}` for a task, for the agent who has it.
    pub(in crate::centre) fn act_on_task(
        &self,
        actor: &Actor,
        id: TaskId,
        request: TaskRequest,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let task = self.task_with(id).ok_or_else(|| Refusal::dialog_not_found(&id.to_string()))?;
        if task.agent() != Some(&actor.id) {
            return Err(Refusal::not_your_resource(actor.id.as_str()));
        }
        let TaskRequest { action } = request;
        if !self.shown_state(task).actions().contains(&action) {
            return Ok(vec![failed(&actor.id, task.media, Some(id), Failure::ActionNotAllowed)]);
        }
        let mut draft = MediaDraft::new(self, at);
        match (action.leads_to(), action) {
            (Some(state), _) => draft.change_task(task.in_state(state, at)),
            (None, TaskAction::Transfer) => {
                draft.give_back(task.number);
                return Ok(self.finish_transfer(draft, task, at));
            }
            (None, _) => draft.close(task.number),
        }
        Ok(self.finish_media(draft, at))
    }

    /// As [`ContactCentre::finish_media`], but the task is not given to whom it comes from while anybody else is free.
    fn finish_transfer(&self, mut draft: MediaDraft<'_>, task: &Task, at: Timestamp) -> Vec<Event> {
        draft.distribute_except(task);
        self.finish_media(draft, at)
    }

    /// A customer waits.
    pub(in crate::centre) fn submit_task(
        &self,
        media: ObjectId,
        data: &CallDataChange,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        self.media_exist(&format!("{}media", ApiPath::PREFIX))?;
        if self.media_domain(media).is_none() {
            return Err(Refusal::not_found(&ApiPath::Object(crate::Kind::MediaDomain, media).to_string()));
        }
        if self.media.count() >= self.settings.tasks_max {
            return Err(Refusal::too_many_tasks(self.settings.tasks_max));
        }
        let mut written = CallData::default();
        written.change(data);
        let mut draft = MediaDraft::new(self, at);
        draft.change_task(Task::new(self.next_task(), media, written, at));
        Ok(self.finish_media(draft, at))
    }

    /// A customer waits no longer, or has what was wanted.
    pub(in crate::centre) fn end_task(&self, number: u32, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        self.task(number).ok_or_else(|| Refusal::not_found(&number.to_string()))?;
        let mut draft = MediaDraft::new(self, at);
        draft.close(number);
        Ok(self.finish_media(draft, at))
    }

    /// The agents who have let a task lie too long.
    pub(in crate::centre) fn tasks_not_accepted(&self, at: Timestamp) -> Vec<Event> {
        let mut draft = MediaDraft::new(self, at);
        draft.not_accepted();
        self.finish_media(draft, at)
    }

    /// The user is signed out of all media domains.
    pub(in crate::centre) fn leave_media(&self, user: &UserId, reason: Reason, at: Timestamp) -> Vec<Event> {
        if !self.has_media_session(user) {
            return Vec::new();
        }
        let mut draft = MediaDraft::new(self, at);
        draft.sign_out_of_all(user, reason);
        self.finish_media(draft, at)
    }
}

fn failed(user: &UserId, media: ObjectId, task: Option<TaskId>, failure: Failure) -> Event {
    Event::MediaRequestFailed { user: user.clone(), media, task, failure }
}
