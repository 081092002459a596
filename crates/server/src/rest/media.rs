//! `/User/{id}/Media` and the tasks in it.

use axum::body::Body;
use contact::{
    Actor, ApiPath, Command, ContactCentre, MediaDomain, MediaRequest, ObjectId, Refusal, TaskId,
    TaskRequest, UserId,
};

use super::read::readable_user;
use super::reply::Reply;
use super::{Rest, actor};

impl Rest {
    /// `PUT /User/{id}/Media/{id}`: puts the request to the contact centre and answers 202 when the change is in the log.
    ///
    /// - `user`: who asks.
    /// - `target`: who signs in, by login id or login name.
    pub(super) async fn change_media(
        &self,
        user: UserId,
        target: UserId,
        media: ObjectId,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let request = MediaRequest::from_xml(&self.read_body(body).await?)?;
        let command = move |centre: &ContactCentre| {
            let target = centre.find_user(target.as_str()).map_or(target, |found| found.id().clone());
            Ok((actor(centre, &user)?, Command::ChangeMedia { user: target, media, request }))
        };
        self.hub.command_with(request_id, command).await?;
        Ok(Reply::Accepted)
    }

    /// `PUT /Dialog/{id}` for a task.
    pub(super) async fn act_on_task(
        &self,
        user: UserId,
        task: TaskId,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let request = TaskRequest::from_xml(&self.read_body(body).await?)?;
        let command =
            move |centre: &ContactCentre| Ok((actor(centre, &user)?, Command::ActOnTask { task, request }));
        self.hub.command_with(request_id, command).await?;
        Ok(Reply::Accepted)
    }
}

/// The document at `path`, one of a user's media or tasks.
pub(super) fn document(centre: &ContactCentre, actor: &Actor, path: &ApiPath) -> Result<String, Refusal> {
    let readable = |id: &UserId| {
        let user = readable_user(centre, actor, id.as_str())?;
        centre.media_exist(&path.to_string()).map(|()| user)
    };
    match path {
        ApiPath::UserMedia(id) => Ok(contact::user_media_xml(centre, readable(id)?.id())),
        ApiPath::UserMedium(id, media) => {
            let user = readable(id)?;
            Ok(contact::media_xml(centre, user.id(), domain(centre, *media, path)?))
        }
        ApiPath::UserMediumTasks(id, media) => {
            let user = readable(id)?;
            domain(centre, *media, path)?;
            Ok(contact::user_tasks_xml(centre, user.id(), Some(*media)))
        }
        ApiPath::UserTasks(id) => Ok(contact::user_tasks_xml(centre, readable(id)?.id(), None)),
        ApiPath::Task(id) => {
            let no_task = || Refusal::dialog_not_found(&id.to_string());
            let task = centre.task_with(*id).ok_or_else(no_task)?;
            let agent = task.agent().and_then(|agent| centre.user(agent)).ok_or_else(no_task)?;
            centre.may_read_user(actor, agent)?;
            Ok(contact::task_xml(centre, task))
        }
        _ => Err(Refusal::not_found(&path.to_string())),
    }
}

fn domain<'a>(centre: &'a ContactCentre, id: ObjectId, path: &ApiPath) -> Result<&'a MediaDomain, Refusal> {
    centre.media_domain(id).ok_or_else(|| Refusal::not_found(&path.to_string()))
}
