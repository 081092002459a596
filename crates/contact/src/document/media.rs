//! `<Media>`, `<MediaList>`, and the `<Dialog>` of a task.

use super::reason_code::{Detail, write_reason_for};
use super::update::write_error_about;
use super::{Update, XmlWriter};
use crate::{
    ApiPath, ContactCentre, Failure, MediaDomain, MediaSession, MediaState, ObjectId, Reason, Task, TaskId,
    TaskState, Timestamp, UserId,
};

/// The document of `GET /User/{id}/Media/{id}`.
pub fn media_xml(centre: &ContactCentre, user: &UserId, domain: &MediaDomain) -> String {
    let mut xml = XmlWriter::new();
    write_own(&mut xml, centre, user, domain);
    xml.finish()
}

/// The document of `GET /User/{id}/Media`: all media domains, each with the user's sign-in if there is one.
pub fn user_media_xml(centre: &ContactCentre, user: &UserId) -> String {
    let mut xml = XmlWriter::new();
    xml.open("MediaList");
    for domain in centre.media_domains() {
        write_own(&mut xml, centre, user, domain);
    }
    xml.close("MediaList");
    xml.finish()
}

/// The document of `GET /Dialog/{id}` for a task.
pub fn task_xml(centre: &ContactCentre, task: &Task) -> String {
    let mut xml = XmlWriter::new();
    write_task(&mut xml, "Dialog", centre, task, centre.shown_state(task));
    xml.finish()
}

/// The document of `GET /User/{id}/Dialogs/Media`, or of one media domain: the tasks that the user has, by number.
pub fn user_tasks_xml(centre: &ContactCentre, user: &UserId, media: Option<ObjectId>) -> String {
    let mut xml = XmlWriter::new();
    let mut tasks =
        centre.tasks_of(user).filter(|task| media.is_none_or(|media| task.media == media)).peekable();
    if tasks.peek().is_none() {
        xml.empty("Dialogs");
        return xml.finish();
    }
    xml.open("Dialogs");
    for task in tasks {
        write_task(&mut xml, "Dialog", centre, task, centre.shown_state(task));
    }
    xml.close("Dialogs");
    xml.finish()
}

/// A task has changed: whoever has it no more hears `DELETE`, whoever has it for the first time `POST`, whoever still has it `PUT`.
///
/// - `before`: the task as it was, if there was one.
/// - `now`: the task as it is; none when it is done.
pub(crate) fn task_changed(
    centre: &ContactCentre,
    before: Option<&Task>,
    now: Option<&Task>,
    request_id: Option<&str>,
) -> Vec<Update> {
    let before = before.filter(|task| task.assigned.is_some());
    let now = now.filter(|task| task.assigned.is_some());
    let stays =
        before.zip(now).is_some_and(|(before, now)| before.agent() == now.agent() && before.id() == now.id());
    let mut updates = Vec::new();
    if let Some(task) = before.filter(|_| !stays) {
        updates.extend(listed(centre, task, "DELETE", TaskState::Closed, request_id));
    }
    if let Some(task) = now.filter(|_| !stays) {
        updates.extend(listed(centre, task, "POST", centre.shown_state(task), request_id));
    }
    if let Some((task, agent)) = now.filter(|_| stays).and_then(|task| Some((task, task.agent()?))) {
        let (node, source) = (ApiPath::UserTasks(agent.clone()), ApiPath::Task(task.id()));
        updates.push(Update::new(node, "PUT", request_id, &source, |xml| {
            write_task(xml, "dialog", centre, task, centre.shown_state(task));
        }));
    }
    updates
}

/// A task comes to somebody's list or goes from it.
fn listed(
    centre: &ContactCentre,
    task: &Task,
    event: &str,
    state: TaskState,
    request_id: Option<&str>,
) -> Option<Update> {
    let agent = task.agent()?;
    let source = ApiPath::UserMediumTasks(agent.clone(), task.media);
    Some(Update::new(ApiPath::UserTasks(agent.clone()), event, request_id, &source, |xml| {
        xml.open("dialogs");
        write_task(xml, "Dialog", centre, task, state);
        xml.close("dialogs");
    }))
}

/// A user's sign-in to a media domain has changed, or its state has.
///
/// - `ended`: why and when the user has signed out; the sign-in is gone then.
pub(crate) fn media_changed(
    centre: &ContactCentre,
    user: &UserId,
    domain: &MediaDomain,
    ended: Option<(&MediaSession, Reason, Timestamp)>,
    request_id: Option<&str>,
) -> Update {
    let source = ApiPath::UserMedium(user.clone(), domain.id);
    Update::new(ApiPath::UserMedia(user.clone()), "PUT", request_id, &source, |xml| {
        xml.open("media");
        match ended {
            Some((session, reason, at)) => {
                let state = MediaState::Logout;
                let session = MediaSession { state, reason, since: at, routable: false, ..session.clone() };
                write_session(xml, centre, user, domain, &session);
            }
            None => match centre.media_session(user, domain.id) {
                Some(session) => write_session(xml, centre, user, domain, session),
                None => write_domain(xml, user, domain),
            },
        }
        xml.close("media");
    })
}

/// A request about a media domain or a task was accepted and has failed.
pub(crate) fn media_failed(
    user: &UserId,
    media: ObjectId,
    task: Option<TaskId>,
    failure: Failure,
    request_id: Option<&str>,
) -> Update {
    let (node, source) = match task {
        Some(task) => (ApiPath::UserTasks(user.clone()), ApiPath::Task(task)),
        None => (ApiPath::UserMedia(user.clone()), ApiPath::UserMedium(user.clone(), media)),
    };
    Update::new(node, "PUT", request_id, &source, |xml| write_error_about(xml, failure, Some(media)))
}

fn write_own(xml: &mut XmlWriter, centre: &ContactCentre, user: &UserId, domain: &MediaDomain) {
    xml.open("Media");
    match centre.media_session(user, domain.id) {
        Some(session) => write_session(xml, centre, user, domain, session),
        None => write_domain(xml, user, domain),
    }
    xml.close("Media");
}

/// What is known of a domain that the user is not signed in to.
fn write_domain(xml: &mut XmlWriter, user: &UserId, domain: &MediaDomain) {
    xml.text("description", &domain.description);
    xml.show("id", domain.id);
    xml.show("interruptible", domain.interruptible);
    xml.text("name", &domain.name);
    xml.show("uri", ApiPath::UserMedium(user.clone(), domain.id));
}

fn write_session(
    xml: &mut XmlWriter,
    centre: &ContactCentre,
    user: &UserId,
    domain: &MediaDomain,
    session: &MediaSession,
) {
    xml.text("description", &domain.description);
    xml.text("dialogLogoutAction", session.terms.at_logout.as_str());
    xml.show("id", domain.id);
    xml.text("interruptAction", session.terms.interrupt.as_str());
    xml.show("interruptible", domain.interruptible);
    xml.show("maxDialogLimit", session.terms.dialogs_max);
    xml.show("mediaConnected", true);
    xml.text("name", &domain.name);
    write_reason_for(xml, centre, session.reason, session.state == MediaState::Logout, Detail::Full);
    match session.reason {
        Reason::None => {}
        Reason::Unspecified | Reason::System { .. } => xml.text("reasonCodeId", "-1"),
        Reason::Code { id } => xml.show("reasonCodeId", id),
    }
    xml.show("routable", session.routable);
    xml.text("state", session.state.as_str());
    xml.show("stateChangeTime", session.since);
    xml.show("uri", ApiPath::UserMedium(user.clone(), domain.id));
}

/// Writes a task as `root`. It has what the `Dialog` of a call has but for what only calls have; the agent is named by the login
/// id, as there is no extension.
fn write_task(xml: &mut XmlWriter, root: &str, centre: &ContactCentre, task: &Task, state: TaskState) {
    xml.open(root);
    xml.text("associatedDialogUri", "");
    xml.show("id", task.id());
    xml.open("mediaProperties");
    xml.show("mediaId", task.media);
    xml.open("callvariables");
    for (name, value) in task.data.variables() {
        xml.open("CallVariable");
        xml.text("name", name);
        xml.text("value", value);
        xml.close("CallVariable");
    }
    xml.close("callvariables");
    xml.close("mediaProperties");
    xml.text("mediaType", centre.media_domain(task.media).map_or("", |domain| &domain.name));
    xml.open("participants");
    if let Some(assigned) = &task.assigned {
        xml.open("Participant");
        xml.open("actions");
        for action in state.actions() {
            xml.text("action", action.as_str());
        }
        xml.close("actions");
        xml.text("mediaAddress", assigned.agent.as_str());
        xml.text("mediaAddressType", "");
        xml.show("startTime", assigned.since);
        xml.text("state", state.as_str());
        xml.text("stateCause", "");
        xml.show("stateChangeTime", assigned.changed_at);
        xml.close("Participant");
    }
    xml.close("participants");
    xml.text("secondaryId", "");
    xml.text("state", state.as_str());
    xml.show("uri", ApiPath::Task(task.id()));
    xml.close(root);
}
