//! The web service of a server that stands by for another one: it says that it is out of service, and nothing else.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use contact::{ApiPath, Refusal, ServiceStatus};
use http::{Method, Request, StatusCode, request};
use serde::Deserialize;

use super::RestSettings;
use super::own::{self, ROOT};
use super::reply::{Extras, Reply};
use crate::pair::PeerDesk;
use crate::transports::Peer;

/// `PUT /offhook/v1/service` on a server that stands by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    status: String,
}

/// Answers a request under `/finesse/api` or `/offhook/v1`.
///
/// The operator of the pair, who knows its password, may have this server take over: `PUT /offhook/v1/service` with
/// `{"status": "IN_SERVICE"}`; 202.
pub(crate) async fn answer(
    settings: &RestSettings,
    desk: &PeerDesk,
    reason: &str,
    peer: Peer,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    if path.starts_with(ROOT) {
        return own(desk, reason, &head, body).await.unwrap_or_else(|refusal| own::refused(&refusal));
    }
    let is_read = matches!(head.method, Method::GET | Method::HEAD);
    let reply = match ApiPath::parse_lenient(path) {
        Ok(ApiPath::SystemInfo) if is_read => {
            let (now, status) = (crate::hub::now(), ServiceStatus::OutOfService);
            Reply::Document(contact::system_info_xml(&settings.system_info(now, status, reason.into())))
        }
        _ => Reply::Refused(Refusal::service_unavailable()),
    };
    reply.into_response(Extras::of(&head, peer.is_encrypted))
}

async fn own(desk: &PeerDesk, reason: &str, head: &request::Parts, body: Body) -> Result<Response, Refusal> {
    let segments = own::segments(head.uri.path());
    match segments.as_slice() {
        ["peer" | "log", ..] => desk.answer(head, &segments).await,
        ["service"] if !desk.knows(&head.headers) => Err(Refusal::unauthorized("peer")),
        ["service"] => match head.method {
            Method::GET => {
                let shown = serde_json::json!({ "status": "OUT_OF_SERVICE", "cause": "STANDBY", "reason": reason, "pair": desk.view() });
                Ok(Json(shown).into_response())
            }
            Method::PUT => {
                let body = to_bytes(body, WISH_BYTES_MAX).await;
                let body = body.map_err(|error| Refusal::bad_request(error.to_string()))?;
                let wish: Wish = own::read_json(&body)?;
                if wish.status != "IN_SERVICE" {
                    let why = "a server that stands by is out of service; it can be put IN_SERVICE";
                    return Err(Refusal::invalid_input("status", why));
                }
                tracing::warn!("the operator wants this server to take over");
                desk.wish_to_take_over();
                Ok(StatusCode::ACCEPTED.into_response())
            }
            _ => Ok(own::method_not_allowed("GET, PUT".to_owned())),
        },
        _ => Err(Refusal::service_unavailable()),
    }
}

const WISH_BYTES_MAX: usize = 4096;
