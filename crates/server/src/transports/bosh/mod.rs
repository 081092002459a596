//! XMPP over BOSH (XEP-0124, XEP-0206): HTTP requests on one side, a task for each session on the other.
//!
//! A request is read, parsed and handed to its session's task, which sooner or later gives it its answer.

mod answer;
mod cross_origin;
mod receiving;
mod session;
mod sessions;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use http::header::ALLOW;
use http::{Method, StatusCode};
use tokio::sync::oneshot;
use xmpp::Channel;
use xmpp::bosh::{self, BoshCondition, BoshConfig, BoshSession, Sid};
use xmpp::stream::{Framing, StreamConfig};

use super::driver::Driver;
use super::{Backend, Peer};
use crate::config::ListenerKind;
use crate::metrics::Limit;
use answer::Answer;
use cross_origin::CrossOrigin;
use receiving::{Refusal, receive};
use session::Session;
use sessions::{Sessions, Visit};

/// What all BOSH sessions share.
pub struct Bosh {
    backend: Arc<Backend>,
    config: Arc<BoshConfig>,
    /// For encrypted connections.
    stream: Arc<StreamConfig>,
    /// For connections in the clear.
    stream_in_clear: Arc<StreamConfig>,
    sessions: Arc<Sessions>,
}

impl Bosh {
    /// BOSH in front of `backend`; none if it is switched off.
    pub fn new(backend: Arc<Backend>) -> Option<Bosh> {
        let settings = &backend.config.bosh;
        if !settings.enabled {
            return None;
        }
        let outbox_bytes_max = backend.config.limits.outbox_bytes_max;
        let config = BoshConfig {
            wait_max: settings.wait_max,
            hold_max: u8::try_from(settings.hold_max).unwrap_or(u8::MAX),
            inactivity: settings.inactivity,
            polling: settings.polling,
            pause_max: settings.pause_max,
            repeats_max: settings.repeats_max,
            early_bytes_max: settings.early_bytes_max,
            // What is in the outbox when its stream ends goes there at once; everything else only if somebody waits for it.
            pending_bytes_max: 2 * outbox_bytes_max,
            answer_bytes_max: settings.answer_bytes_max,
            replay_bytes_max: settings.replay_bytes_max,
            ..BoshConfig::new(backend.config.domain.clone())
        };
        let stream = |listener| {
            let mut stream = backend.stream_config(listener);
            stream.framing = Framing::Bosh;
            // The requests have numbers, and their answers are kept: there is nothing left to acknowledge.
            stream.management = None;
            stream.idle_time = Some(settings.inactivity);
            Arc::new(stream)
        };
        Some(Bosh {
            config: Arc::new(config),
            stream: stream(ListenerKind::Https),
            stream_in_clear: stream(ListenerKind::Http),
            sessions: Sessions::new(settings, &backend.config.limits, Arc::clone(backend.hub.metrics())),
            backend,
        })
    }

    /// Answers one HTTP request to BOSH's path.
    pub async fn answer(&self, peer: Peer, request: Request) -> Response {
        let origins = &self.backend.config.web.allowed_origins;
        let mut response = match CrossOrigin::of(&request, origins) {
            Some(origin) => origin.allow(self.respond(peer, request).await),
            None => cross_origin::refusal(),
        };
        // Answers are for one client and one moment, and whatever type the client wants them to have, they are no page.
        answer::protect(response.headers_mut());
        response
    }

    async fn respond(&self, peer: Peer, request: Request) -> Response {
        match *request.method() {
            Method::POST => self.post(peer, request).await,
            Method::OPTIONS => cross_origin::preflight(&request),
            Method::GET | Method::HEAD => Html(PAGE).into_response(),
            _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, ALLOWED)]).into_response(),
        }
    }

    async fn post(&self, peer: Peer, request: Request) -> Response {
        let limits = &self.backend.config.limits;
        let request = match receive(request.into_body(), limits).await {
            Ok(request) => request,
            Err(Refusal::Http(status, text)) => {
                if status == StatusCode::PAYLOAD_TOO_LARGE {
                    self.backend.hub.metrics().reached(Limit::MessageBytes);
                }
                return (status, text).into_response();
            }
            Err(Refusal::Body(invalid)) => {
                tracing::debug!(peer = %peer.address, reason = %invalid, "bad BOSH request");
                return match &invalid.sid {
                    Some(sid) => self.visit(peer, sid, Err(invalid.condition())).await,
                    None => Answer::terminal(invalid.condition(), invalid.legacy).into_response(),
                };
            }
        };
        match request.sid.clone() {
            Some(sid) => self.visit(peer, &sid, Ok(request)).await,
            None => self.create(peer, request).await,
        }
    }

    async fn create(&self, peer: Peer, request: bosh::Request) -> Response {
        let legacy = request.opening.ver.is_none();
        let refuse = |condition: BoshCondition| {
            tracing::info!(peer = %peer.address, condition = condition.name(), "BOSH session refused");
            Answer::terminal(condition, legacy).into_response()
        };
        let now = Instant::now();
        let stream = if peer.is_encrypted { &self.stream } else { &self.stream_in_clear };
        if request.bytes > stream.limits_before_auth.bytes_max {
            self.backend.hub.metrics().reached(Limit::MessageBytesBeforeAuth);
            return refuse(BoshCondition::PolicyViolation);
        }
        let Some(permit) = self.sessions.admit(peer.address.ip(), now) else {
            // Logged already, as far as it should be.
            return Answer::terminal(BoshCondition::PolicyViolation, legacy).into_response();
        };
        let sid = Sid::new(&token(), &request.opening);
        let channel = Channel {
            hides_secrets: peer.is_encrypted
                || self.backend.config.auth.plain_in_clear.allows(peer.address.ip()),
            // There is no one connection to bind to.
            ..Channel::default()
        };
        let begun = BoshSession::create(Arc::clone(&self.config), request, sid, now);
        let (session, first) = match begun {
            Ok(begun) => begun,
            Err(condition) => return refuse(condition),
        };
        let driver = Driver::new(Arc::clone(&self.backend), Arc::clone(stream), peer, channel, now);
        let (visit, entry) = Sessions::entry(permit, &session, peer.is_encrypted);
        let (task, answer) = Session::new(driver, session, first, entry, now);
        tokio::spawn(task);
        visit.finish(answer, legacy).await
    }

    /// Hands a request to its session and waits for the answer.
    ///
    /// - `request`: or the condition with which its session ends.
    async fn visit(&self, peer: Peer, sid: &str, request: Result<bosh::Request, BoshCondition>) -> Response {
        let legacy = Sid::is_legacy(sid);
        let unknown = || Answer::terminal(BoshCondition::ItemNotFound, legacy).into_response();
        let Some(visit) = self.sessions.find(sid) else { return unknown() };
        if visit.is_encrypted() && !peer.is_encrypted {
            // Whoever reads along on that line could end the session (XEP-0124 §19.1), so it hears nothing of this.
            return (StatusCode::FORBIDDEN, ENCRYPTED).into_response();
        }
        match visit.hand_over(request).await {
            Some(answer) => visit.finish(answer, legacy).await,
            None => unknown(),
        }
    }
}

impl Visit {
    /// Waits for the answer of the session.
    ///
    /// - `legacy`: the client did not tell its version.
    async fn finish(self, answer: oneshot::Receiver<bosh::Response>, legacy: bool) -> Response {
        match answer.await {
            Ok(response) => Answer { response, content_type: self.into_content_type() }.into_response(),
            // The session ended before it came to this request.
            Err(_) => Answer::terminal(BoshCondition::ItemNotFound, legacy).into_response(),
        }
    }
}

/// 128 bits as hexadecimal digits.
fn token() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const PAGE: &str = include_str!("page.html");

const ALLOWED: &str = "GET, HEAD, OPTIONS, POST";

const ENCRYPTED: &str = "this session was begun over https and is served over https only\n";
