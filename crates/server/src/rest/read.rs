//! GET: documents about what is true now.

use std::collections::HashMap;

use axum::extract::Query;
use contact::{
    Actor, ApiPath, ContactCentre, Deployment, Kind, Progress, ReasonCategory, Refusal, ServiceStatus,
    Timestamp, User, UserId, UsersDocument,
};
use http::Uri;

use super::reply::Reply;
use super::{Rest, actor, configured, media, phone_books};

impl Rest {
    /// `GET /SystemInfo`, which never fails: out of service is an answer too.
    pub(super) async fn system_info(&self) -> Reply {
        let now = Timestamp(jiff::Timestamp::now().as_millisecond());
        let in_service = self.settings.system_info(now, ServiceStatus::InService, String::new());
        if self.peer.as_ref().is_some_and(|desk| !desk.may_change()) {
            let reason = "waits for the other server (pair.require_peer)".to_owned();
            let info = self.settings.system_info(now, ServiceStatus::OutOfService, reason);
            return Reply::Document(contact::system_info_xml(&info));
        }
        let info = match self.hub.query(move |notifier| notifier.system_info(in_service)).await {
            Ok(info) => info,
            Err(reason) => self.settings.system_info(now, ServiceStatus::OutOfService, reason.to_string()),
        };
        Reply::Document(contact::system_info_xml(&info))
    }

    /// `GET /RuntimeConfigInfo`: what this server runs with, for administrators.
    pub(super) async fn runtime_config(&self, user: UserId) -> Result<Reply, Refusal> {
        self.hub.read(move |centre| centre.may_read_all(&actor(centre, &user)?)).await??;
        Ok(Reply::Document(self.settings.runtime_config_xml()))
    }

    /// `GET /Users`, in parts: the hub has other things to do than to write down 20,000 users in one go.
    pub(super) async fn users(&self, user: UserId) -> Result<Reply, Refusal> {
        self.hub.read(move |centre| centre.may_read_all(&actor(centre, &user)?)).await??;
        let mut document = UsersDocument::new();
        let mut progress = Progress::More;
        while progress == Progress::More {
            let part = self.hub.read(move |centre| {
                let progress = document.add(centre, USERS_AT_ONCE);
                (document, progress)
            });
            (document, progress) = part.await?;
        }
        Ok(Reply::Document(document.finish()))
    }

    /// Any other GET.
    pub(super) async fn read(&self, user: UserId, path: ApiPath, uri: &Uri) -> Result<Reply, Refusal> {
        let parameters = Parameters::of(uri);
        let read = move |centre: &ContactCentre| document(centre, &actor(centre, &user)?, &path, &parameters);
        self.hub.read(read).await?.map(Reply::Document)
    }
}

/// Users that the hub writes down before it looks at what else there is.
const USERS_AT_ONCE: usize = 256;

/// The document at `path`, if there is one and `actor` may read it.
fn document(
    centre: &ContactCentre,
    actor: &Actor,
    path: &ApiPath,
    parameters: &Parameters,
) -> Result<String, Refusal> {
    match path {
        ApiPath::User(id) => {
            let user = readable_user(centre, actor, id.as_str())?;
            Ok(contact::user_xml(centre, user))
        }
        ApiPath::UserDialogs(id) => {
            let user = readable_user(centre, actor, id.as_str())?;
            Ok(contact::user_dialogs_xml(centre, user.id()))
        }
        ApiPath::Dialog(id) => {
            let dialog = centre.dialog(*id).ok_or_else(|| Refusal::dialog_not_found(&id.to_string()))?;
            centre.may_read_dialog(actor, dialog)?;
            Ok(contact::dialog_xml(centre, dialog))
        }
        ApiPath::UserQueues(id) => {
            let user = readable_user(centre, actor, id.as_str())?;
            queues_exist(centre, path)?;
            Ok(contact::user_queues_xml(centre, user))
        }
        ApiPath::Queue(id) => {
            queues_exist(centre, path)?;
            let queue = centre.queue(*id).ok_or_else(|| Refusal::not_found(&path.to_string()))?;
            Ok(contact::queue_xml(centre, queue))
        }
        ApiPath::Teams => {
            centre.may_read_all(actor)?;
            Ok(contact::teams_xml(centre))
        }
        ApiPath::Team(id) => {
            centre.may_read_team(actor, *id)?;
            let team = centre.team(*id).ok_or_else(|| Refusal::team_not_found(&id.to_string()))?;
            Ok(contact::team_xml(centre, team, parameters.is_true("includeLoggedOutAgents")))
        }
        ApiPath::TeamMessages(id) => {
            if !centre.may_follow(actor, path) {
                return Err(Refusal::not_your_team(&id.to_string()));
            }
            centre.team(*id).ok_or_else(|| Refusal::team_not_found(&id.to_string()))?;
            Ok(contact::team_messages_xml(centre, *id))
        }
        ApiPath::TeamMessage(id) => {
            let message = centre.team_message(*id);
            let message = message.ok_or_else(|| Refusal::not_found(&path.to_string()))?;
            centre.may_read_team_message(actor, message)?;
            Ok(contact::team_message_xml(message))
        }
        ApiPath::UserObjects(..)
        | ApiPath::UserObject(..)
        | ApiPath::UserMediaPropertiesLayout(_)
        | ApiPath::DefaultMediaPropertiesLayout
        | ApiPath::ConfigDocument(_)
        | ApiPath::UserLayoutConfig(_)
        | ApiPath::TeamObjects(..)
        | ApiPath::TeamResource(..)
        | ApiPath::Objects(_)
        | ApiPath::Object(..) => configured::document(centre, actor, path, parameters),
        ApiPath::UserMedia(_)
        | ApiPath::UserMedium(..)
        | ApiPath::UserMediumTasks(..)
        | ApiPath::UserTasks(_)
        | ApiPath::Task(_) => media::document(centre, actor, path),
        ApiPath::Contacts(_) | ApiPath::Contact(..) | ApiPath::UserContacts(..) => {
            phone_books::document(centre, actor, path)
        }
        // Answered elsewhere, or nodes that have no document of their own.
        ApiPath::SystemInfo
        | ApiPath::Users
        | ApiPath::RuntimeConfigInfo
        | ApiPath::UserClientLog(_)
        | ApiPath::UserCompressedClientLog(_)
        | ApiPath::TeamUsers(_)
        | ApiPath::NewTeamMessage
        | ApiPath::NewTeamMessages
        | ApiPath::NewObject(_)
        | ApiPath::NewContact(_)
        | ApiPath::ContactsFile(_) => Err(Refusal::not_found(&path.to_string())),
    }
}

/// Queues are read on CCE only.
fn queues_exist(centre: &ContactCentre, path: &ApiPath) -> Result<(), Refusal> {
    match centre.settings().deployment {
        Deployment::Ucce => Ok(()),
        Deployment::Uccx => Err(Refusal::not_implemented(&path.to_string(), "CCX has no Queue API")),
    }
}

/// The user by login id or login name.
pub(super) fn readable_user<'a>(
    centre: &'a ContactCentre,
    actor: &Actor,
    id_or_name: &str,
) -> Result<&'a User, Refusal> {
    let user = centre.find_user(id_or_name).ok_or_else(|| Refusal::user_not_found(id_or_name))?;
    centre.may_read_user(actor, user)?;
    Ok(user)
}

/// The query's parameters. Those that nobody knows are ignored, as clients add some against caches.
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    pub(super) fn of(uri: &Uri) -> Parameters {
        Parameters(Query::try_from_uri(uri).map_or_else(|_| HashMap::new(), |Query(map)| map))
    }

    fn is_true(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The category that must be given with reason codes, and with nothing else.
    pub(super) fn category_of(&self, kind: Kind) -> Result<Option<ReasonCategory>, Refusal> {
        if kind == Kind::ReasonCode { self.category().map(Some) } else { Ok(None) }
    }

    fn category(&self) -> Result<ReasonCategory, Refusal> {
        let name = self.0.get("category").ok_or_else(|| Refusal::parameter_missing("category"))?;
        name.parse().map_err(|_| Refusal::invalid_input(name.clone(), "category must be NOT_READY or LOGOUT"))
    }
}
