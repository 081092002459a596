//! `POST /offhook/v1/events`: events of systems outside, each published once (`docs/events-from-outside.md`).
//!
//! Not for administrators but for publishers: `Authorization: Bearer` with a token of `/offhook/v1/publishers`. One event is
//! answered with its own status, a list with 200 if all of it was accepted, and with 207 if each answer has to be looked
//! at.

use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::Refusal;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode, request};
use notifier::OutsideAnswer;
use serde::Serialize;

use super::{Problem, Rest, refused};
use crate::events::{self, Events, Form};
use crate::hub::{PublisherToken, now};
use crate::metrics::Limit;
use crate::rest::authenticate::bearer_token;
use crate::transports::Peer;

/// Where an event is.
#[derive(Serialize)]
struct Accepted<'a> {
    id: &'a str,
    node: &'a str,
    item: &'a str,
    position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

/// What became of one event of a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Accepted {
        status: u16,
        #[serde(flatten)]
        accepted: Accepted<'a>,
    },
    Refused {
        status: u16,
        id: &'a str,
        #[serde(flatten)]
        problem: Problem<'a>,
    },
}

impl Rest {
    /// Answers one request to `/offhook/v1/events`.
    pub(super) async fn events(&self, peer: Peer, head: &request::Parts, body: Body) -> Response {
        let mut response = match self.publish(peer, &head.headers, body).await {
            Ok(response) => response,
            Err(refusal) => refused(&refusal),
        };
        match response.status() {
            StatusCode::UNAUTHORIZED => {
                let challenge = match head.headers.contains_key(AUTHORIZATION) {
                    true => "Bearer realm=\"Offhook events\", error=\"invalid_token\"",
                    false => "Bearer realm=\"Offhook events\"",
                };
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }

    async fn publish(&self, peer: Peer, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
        let publisher = self.authenticate_publisher(peer, headers)?;
        let settings = &self.settings.events;
        let body = self.read_body_of(body, settings.body_bytes_max, Limit::EventsBodyBytes).await?;
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let form = Form::of(content_type);
        let Events { ids, events, is_single } = events::read(&body, form, &self.settings.event_body)
            .inspect_err(|refusal| {
                if refusal.status == 413 {
                    self.hub.metrics().reached(Limit::BatchEvents);
                }
            })?;
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let admitted =
            self.accounts.publishers().admit(&publisher.name, count, settings.per_minute_max, Instant::now());
        if let Err(retry_after) = admitted {
            self.hub.metrics().reached(Limit::EventsPerMinute);
            return Ok(too_many(&publisher.name, retry_after));
        }
        let readable: Vec<_> = events.iter().filter_map(|event| event.as_ref().ok().cloned()).collect();
        let mut published = self.hub.publish_outside(publisher, readable).await?.into_iter();
        let unanswered = || Err(Refusal::service_unavailable());
        let outcomes = events
            .into_iter()
            .map(|event| event.and_then(|_| published.next().unwrap_or_else(unanswered)))
            .collect::<Vec<_>>();
        Ok(answer(&ids, &outcomes, form, is_single))
    }

    /// The publisher whose token is in the headers.
    fn authenticate_publisher(&self, peer: Peer, headers: &HeaderMap) -> Result<PublisherToken, Refusal> {
        let token = bearer_token(headers).ok_or_else(|| Refusal::unauthorized(""))?;
        let address = peer.address.ip();
        if !peer.is_encrypted && !self.settings.plain_in_clear.allows(address) {
            return Err(Refusal::forbidden("a token may not come without encryption; use https"));
        }
        self.accounts.publishers().find(&token, now()).ok_or_else(|| {
            tracing::info!(%address, "events with a token that is nobody's, or over");
            Refusal::unauthorized("")
        })
    }
}

fn answer(
    ids: &[String],
    outcomes: &[Result<OutsideAnswer, Refusal>],
    form: Form,
    is_single: bool,
) -> Response {
    let with_ids = || ids.iter().zip(outcomes);
    if let (true, Some((id, outcome))) = (is_single, with_ids().next()) {
        return match outcome {
            Ok(answer) => Json(Accepted::of(id, answer)).into_response(),
            Err(refusal) => refused(refusal),
        };
    }
    let is_busy = |outcome: &Result<_, Refusal>| matches!(outcome, Err(refusal) if refusal.status == 503);
    if !outcomes.is_empty() && outcomes.iter().all(is_busy) {
        return refused(&Refusal::service_unavailable());
    }
    let status = match outcomes.iter().all(Result::is_ok) {
        true => StatusCode::OK,
        false => StatusCode::MULTI_STATUS,
    };
    let list = with_ids().map(|(id, outcome)| Outcome::of(id, outcome));
    match form {
        Form::Json => (status, Json(list.collect::<Vec<_>>())).into_response(),
        Form::Lines => {
            let lines = list.filter_map(|outcome| serde_json::to_string(&outcome).ok());
            let text: String = lines.map(|line| line + "\n").collect();
            (status, [(CONTENT_TYPE, "application/x-ndjson")], text).into_response()
        }
    }
}

impl<'a> Accepted<'a> {
    fn of(id: &'a str, answer: &'a OutsideAnswer) -> Accepted<'a> {
        Accepted {
            id,
            node: &answer.node,
            item: &answer.item,
            position: answer.position.0,
            offset: answer.offset,
            repeated: answer.is_repeated,
        }
    }
}

impl<'a> Outcome<'a> {
    fn of(id: &'a str, outcome: &'a Result<OutsideAnswer, Refusal>) -> Outcome<'a> {
        match outcome {
            Ok(answer) => Outcome::Accepted { status: 200, accepted: Accepted::of(id, answer) },
            Err(refusal) => Outcome::Refused { status: refusal.status, id, problem: Problem::of(refusal) },
        }
    }
}

/// Source: RFC 6585 §4.
fn too_many(publisher: &str, retry_after: Duration) -> Response {
    let message = "This publisher has sent as many events as it may in a minute; nothing was published";
    let problem = Problem { error: "Too Many Requests", data: publisher, message };
    // In whole seconds, and never none: that would be no reason to wait.
    let seconds = retry_after.as_millis().div_ceil(1000).max(1).to_string();
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)], Json(problem)).into_response()
}
