//! `/offhook/v1`: the interface of our own, beside Finesse's. JSON; administrators only, but for events from outside, which have tokens.
//!
//! An error has a status of the web service's error tables and `{"error", "data", "message"}`. What is read is read
//! strictly: a field that nobody knows is refused, so that a misspelt one is not taken for a default.

mod calls;
mod client_logs;
mod events;
mod faults;
mod previews;
mod progressive_calls;
mod publishers;
mod service;
mod sessions;
mod tasks;
mod wrap_up;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Refusal, UserId};
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, request};
use serde::{Deserialize, Serialize};

use super::{Rest, actor, operations};
use crate::transports::Peer;

/// What every path begins with.
pub(crate) const ROOT: &str = "/offhook/v1";

/// Where publishers from outside are heard, who are no administrators.
const EVENTS: &str = "/offhook/v1/events";

#[derive(Serialize)]
struct Problem<'a> {
    error: &'a str,
    data: &'a str,
    message: &'a str,
}

impl<'a> Problem<'a> {
    fn of(refusal: &'a Refusal) -> Problem<'a> {
        Problem { error: refusal.error_type.as_str(), data: &refusal.data, message: &refusal.message }
    }
}

impl Rest {
    /// Answers one request under `/offhook/v1`.
    pub async fn respond_own(&self, peer: Peer, request: Request<Body>) -> Response {
        let (head, body) = request.into_parts();
        self.answer_own(peer, &head, body).await.unwrap_or_else(|refusal| refused(&refusal))
    }

    async fn answer_own(&self, peer: Peer, head: &request::Parts, body: Body) -> Result<Response, Refusal> {
        let path = head.uri.path();
        let allow = operations::allowed(path.trim_end_matches('/'));
        let is_allowed = allow.as_ref().is_some_and(|allow| operations::has(allow, &head.method));
        let segments = segments(path);
        // What is between the two servers is no change, and faults are in memory only.
        if !matches!(segments.first(), Some(&("peer" | "log" | "faults"))) {
            self.admit(&head.method)?;
        }
        if path.trim_end_matches('/') == EVENTS {
            return match allow {
                Some(allow) if !is_allowed => Ok(method_not_allowed(allow)),
                _ => Ok(self.events(peer, head, body).await),
            };
        }
        if let (Some(desk), Some(&("peer" | "log"))) = (&self.peer, segments.first()) {
            return desk.answer(head, &segments).await;
        }
        let administrator = self.authenticate_administrator(peer, &head.headers).await?;
        let allow = allow.ok_or_else(|| Refusal::not_found(path))?;
        if !is_allowed {
            return Ok(method_not_allowed(allow));
        }
        match segments.as_slice() {
            ["calls", segments @ ..] => self.calls(administrator, &head.method, segments, body).await,
            ["client-logs", segments @ ..] => {
                self.kept_logs(administrator, &head.method, segments, body).await
            }
            ["tasks", segments @ ..] => self.tasks(administrator, &head.method, segments, body).await,
            ["progressive-calls", segments @ ..] => {
                self.progressive_calls(administrator, segments, body).await
            }
            ["previews", segments @ ..] => self.previews(administrator, segments, body).await,
            ["users", id, "wrap-up"] => self.wrap_up(administrator, id, body).await,
            ["faults", segments @ ..] => self.faults(administrator, &head.method, segments, body).await,
            ["publishers", segments @ ..] => {
                self.publishers(administrator, &head.method, segments, body).await
            }
            ["service"] => self.service(administrator, &head.method, body).await,
            ["sessions", ..] => {
                let jid = path[ROOT.len()..].trim_start_matches('/').strip_prefix("sessions").unwrap_or("");
                self.sessions(administrator, &head.method, jid.trim_start_matches('/')).await
            }
            _ => Err(Refusal::not_found(path)),
        }
    }

    /// The administrator whose credentials are in the headers.
    ///
    /// # Errors
    ///
    /// 401 without credentials, with wrong ones, and for everybody else.
    async fn authenticate_administrator(&self, peer: Peer, headers: &HeaderMap) -> Result<UserId, Refusal> {
        let user = self.authenticate(peer, headers).await?;
        let administrator = user.clone();
        self.hub.read(move |centre| centre.may_read_all(&actor(centre, &user)?)).await??;
        Ok(administrator)
    }
}

/// The segments of a path under [`ROOT`].
pub(super) fn segments(path: &str) -> Vec<&str> {
    path[ROOT.len()..].split('/').filter(|segment| !segment.is_empty()).collect()
}

pub(super) fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("the body is not as expected: {error}")))
}

pub(super) fn method_not_allowed(allow: String) -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, allow)]).into_response()
}

pub(super) fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = Problem::of(refusal);
    let mut response = (status, Json(problem)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Offhook\""));
    }
    response
}
