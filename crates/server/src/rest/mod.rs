//! The Finesse-compatible web service on `/finesse/api`.
//!
//! A request's path is an [`ApiPath`], so there is no route table beside it: [`Rest::answer`] is the one `match`
//! over resource and method. Reads and commands go to the hub; nothing is decided here.

mod authenticate;
mod read;
mod reply;
mod state_change;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use contact::{Actor, ApiPath, Deployment, Refusal};
use http::{Method, Request, Response};

use crate::accounts::Accounts;
use crate::hub::HubHandle;

use self::reply::Reply;

/// What the web service needs of the rest of the server.
#[derive(Clone)]
pub struct Rest {
    hub: HubHandle,
    accounts: Arc<Accounts>,
    system: Arc<SystemFacts>,
    body_bytes_max: usize,
}

/// What `SystemInfo` says about this server beyond what the contact centre knows.
#[derive(Clone, Debug)]
pub struct SystemFacts {
    /// The XMPP domain; users are `id@domain`.
    pub xmpp_domain: String,
    /// The address of the publish-subscribe service.
    pub pubsub_domain: String,
    /// The port of the https listener, if there is one.
    pub https_port: Option<u16>,
    /// Which product's rules apply.
    pub deployment: Deployment,
}

impl Rest {
    /// Creates the service.
    ///
    /// - `body_bytes_max`: a longer request body is answered with 413.
    pub fn new(hub: HubHandle, accounts: Arc<Accounts>, system: SystemFacts, body_bytes_max: usize) -> Rest {
        Rest { hub, accounts, system: Arc::new(system), body_bytes_max }
    }

    /// Answers one request under `/finesse/api`.
    ///
    /// - `peer`: the address that the request came from; wrong passwords are counted per user and address.
    ///
    /// Every answer but success carries an `<ApiErrors>` document. The `requestId` header of anything but a GET comes
    /// back as a header.
    pub async fn respond(&self, peer: IpAddr, request: Request<Body>) -> Response<Body> {
        let request_id = match request.method() {
            &Method::GET | &Method::HEAD => None,
            _ => reply::request_id(request.headers()),
        };
        let reply = match self.answer(peer, request, request_id.as_deref()).await {
            Ok(reply) => reply,
            Err(refusal) => Reply::Refused(refusal),
        };
        reply.into_response(request_id.as_deref())
    }

    async fn answer(
        &self,
        peer: IpAddr,
        request: Request<Body>,
        request_id: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let path = ApiPath::parse_lenient(request.uri().path());
        if let (Ok(ApiPath::SystemInfo), &Method::GET | &Method::HEAD) = (&path, request.method()) {
            // Clients ask before they have credentials, and while they wait for the service to come back.
            return Ok(self.system_info().await);
        }
        let actor = self.authenticate(peer, request.headers()).await?;
        let path = path.map_err(|_| Refusal::not_found(request.uri().path()))?;
        match (request.method(), path) {
            (&Method::GET | &Method::HEAD, path) => self.read(actor, path, request.uri().clone()).await,
            (&Method::PUT, ApiPath::User(user)) => self.change_state(actor, user, request, request_id).await,
            (_, path) => Ok(Reply::MethodNotAllowed { allow: allowed(&path) }),
        }
    }

    async fn authenticate(&self, peer: IpAddr, headers: &http::HeaderMap) -> Result<Actor, Refusal> {
        let credentials = authenticate::basic_credentials(headers)?;
        let user = self.accounts.check(&credentials, peer).await?;
        self.hub.read(move |centre| centre.actor(&user)).await?.ok_or_else(|| Refusal::unauthorized(""))
    }
}

/// The methods that a resource answers to, for the `Allow` header.
fn allowed(path: &ApiPath) -> &'static str {
    match path {
        ApiPath::User(_) => "GET, HEAD, PUT",
        _ => "GET, HEAD",
    }
}
