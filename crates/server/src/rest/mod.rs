//! The Finesse-compatible web service on `/finesse/api`.
//!
//! What can be asked for stands in one table ([`operations`]); a request's path is an [`ApiPath`], and [`Rest::answer`] is the one
//! `match` over resource and method. Reads and commands go to the hub; nothing is decided here.

mod authenticate;
mod body;
mod client_logs;
mod configured;
mod dialogs;
mod faults;
mod media;
mod multipart;
mod operations;
mod own;
mod phone_books;
mod read;
mod reply;
mod settings;
mod standby;
mod state_change;
mod team_messages;
#[cfg(test)]
mod tests;

pub(crate) use operations::description;
pub(crate) use own::ROOT as OWN_ROOT;
pub use settings::RestSettings;
pub(crate) use standby::answer as answer_standing_by;

use std::sync::Arc;

use axum::body::Body;
use contact::{Actor, ApiPath, ContactCentre, Kind, MediaPropertiesLayout, Refusal, UserId};
use http::{Method, Request, Response, request};

use crate::accounts::Accounts;
use crate::client_logs::ClientLogs;
use crate::faults::FaultDesk;
use crate::hub::HubHandle;
use crate::pair::PeerDesk;
use crate::transports::Peer;

use self::authenticate::bearer_token;
use self::reply::{BEARER_CHALLENGE, BEARER_REFUSAL, Extras, Reply};

/// The web service. Cheap to clone.
#[derive(Clone)]
pub struct Rest {
    hub: HubHandle,
    accounts: Arc<Accounts>,
    settings: Arc<RestSettings>,
    /// Where faults on demand are asked for, and found.
    desk: FaultDesk,
    /// Where the other server of a pair asks, if there is one.
    peer: Option<Arc<PeerDesk>>,
    /// Where desktops' logs are kept, if there is a place for them.
    logs: Option<ClientLogs>,
}

impl Rest {
    /// Creates the service.
    pub fn new(hub: HubHandle, accounts: Arc<Accounts>, settings: RestSettings) -> Rest {
        let desk = FaultDesk::new(hub.clone(), Arc::clone(&accounts), Arc::default());
        Rest { hub, accounts, settings: Arc::new(settings), desk, peer: None, logs: None }
    }

    /// Knows of connections, for those who look at sessions and those who want them to fail.
    pub fn with_desk(self, desk: FaultDesk) -> Rest {
        Rest { desk, ..self }
    }

    /// Answers the other server of a pair.
    pub(crate) fn with_peer(self, peer: Option<Arc<PeerDesk>>) -> Rest {
        Rest { peer, ..self }
    }

    /// Keeps the logs of desktops.
    pub fn with_client_logs(self, logs: ClientLogs) -> Rest {
        Rest { logs: Some(logs), ..self }
    }

    /// Answers one request under `/finesse/api`.
    ///
    /// Every answer but success carries an `<ApiErrors>` document. The `requestId` header of anything but a GET comes
    /// back as a header.
    ///
    /// - `peer`: where the request came from; wrong passwords are counted per user and address.
    pub async fn respond(&self, peer: Peer, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        if let Some(location) = self.settings.redirect(peer, &head) {
            return Reply::Moved { location }.into_response(Extras::default());
        }
        let mut extras = Extras::of(&head, peer.is_encrypted);
        if self.accounts.takes_tokens() {
            let has_token = bearer_token(&head.headers).is_some();
            extras.bearer_challenge = Some(if has_token { BEARER_REFUSAL } else { BEARER_CHALLENGE });
        }
        if let Some(status) = self.meet_fault(&head).await {
            return faults::answer(status, extras);
        }
        let request_id = extras.request_id.clone();
        let reply = match self.answer(peer, &head, body, request_id).await {
            Ok(reply) => reply,
            Err(refusal) => Reply::Refused(refusal),
        };
        reply.into_response(extras)
    }

    /// Refuses what would change something while the other server of a pair has to keep up and does not.
    fn admit(&self, method: &Method) -> Result<(), Refusal> {
        match &self.peer {
            Some(desk) if !matches!(*method, Method::GET | Method::HEAD) => desk.admit_change(),
            _ => Ok(()),
        }
    }

    async fn answer(
        &self,
        peer: Peer,
        head: &request::Parts,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let path = ApiPath::parse_lenient(head.uri.path());
        if let (Ok(ApiPath::SystemInfo), &Method::GET | &Method::HEAD) = (&path, &head.method) {
            // Clients ask before they have credentials, and while they wait for the service to come back.
            return Ok(self.system_info().await);
        }
        if !self.hub.is_in_service() {
            return Err(Refusal::service_unavailable());
        }
        self.admit(&head.method)?;
        let user = self.authenticate(peer, &head.headers).await?;
        let path = path.map_err(|_| Refusal::not_found(head.uri.path()))?;
        let allow = operations::allowed(&path.to_string());
        let allow = allow.ok_or_else(|| Refusal::not_found(head.uri.path()))?;
        if !operations::has(&allow, &head.method) {
            return Ok(Reply::MethodNotAllowed { allow });
        }
        match (&head.method, path) {
            (&Method::GET | &Method::HEAD, ApiPath::RuntimeConfigInfo) => self.runtime_config(user).await,
            (&Method::GET | &Method::HEAD, ApiPath::Users) => self.users(user).await,
            (&Method::GET | &Method::HEAD, path) => self.read(user, path, &head.uri).await,
            (&Method::PUT, ApiPath::User(target)) => self.change_state(user, target, body, request_id).await,
            (&Method::POST, ApiPath::UserDialogs(owner)) => {
                self.begin_call(user, owner, body, request_id).await
            }
            (&Method::PUT, ApiPath::Dialog(dialog)) => self.act_on_call(user, dialog, body, request_id).await,
            (&Method::PUT, ApiPath::UserMedium(target, media)) => {
                self.change_media(user, target, media, body, request_id).await
            }
            (&Method::POST, ApiPath::UserClientLog(target)) => self.take_log(user, target, body).await,
            (&Method::POST, ApiPath::UserCompressedClientLog(target)) => {
                self.take_archive(user, target, &head.headers, body).await
            }
            (&Method::PUT, ApiPath::Task(task)) => self.act_on_task(user, task, body, request_id).await,
            (&Method::POST, ApiPath::NewTeamMessage | ApiPath::NewTeamMessages) => {
                self.create_team_message(user, peer, head, body, request_id).await
            }
            (&Method::DELETE, ApiPath::TeamMessage(message)) => {
                self.delete_team_message(user, message, request_id).await
            }
            (&Method::POST, ApiPath::NewObject(kind)) => {
                let address = |path: ApiPath| reply::location(peer, head, &path);
                self.add_object(user, kind, address, body).await
            }
            (&Method::POST, ApiPath::NewContact(book)) => {
                let address = |path: ApiPath| reply::location(peer, head, &path);
                self.add_contact(user, book, address, body).await
            }
            (&Method::PUT, ApiPath::Contact(book, id)) => self.change_contact(user, book, id, body).await,
            (&Method::DELETE, ApiPath::Contact(book, id)) => self.remove_contact(user, book, id).await,
            (&Method::PUT, ApiPath::Contacts(book)) => self.replace_contacts(user, book, body).await,
            (&Method::PUT | &Method::POST, ApiPath::ContactsFile(book)) => {
                self.import_contacts(user, book, &head.headers, body).await
            }
            (&Method::PUT, ApiPath::Object(kind, id)) => self.change_object(user, kind, id, body).await,
            (&Method::PUT, ApiPath::ConfigDocument(document)) => {
                self.change_document(user, document, body).await
            }
            (&Method::PUT, ApiPath::DefaultMediaPropertiesLayout) => {
                let (kind, id) = (Kind::MediaPropertiesLayout, MediaPropertiesLayout::DEFAULT);
                self.change_object(user, kind, id, body).await
            }
            (&Method::DELETE, ApiPath::Object(kind, id)) => self.remove_object(user, kind, id).await,
            (&Method::PUT, ApiPath::TeamObjects(team, kind)) => {
                self.assign_objects(user, team, kind, &head.uri, body).await
            }
            (_, path) => Err(Refusal::not_found(&path.to_string())),
        }
    }
}

/// Somebody who has shown a password, with the roles that the contact centre knows.
///
/// # Errors
///
/// 401 if the user is not there any more.
fn actor(centre: &ContactCentre, user: &UserId) -> Result<Actor, Refusal> {
    centre.actor(user).ok_or_else(|| Refusal::unauthorized(user.as_str()))
}
