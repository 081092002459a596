//! All sessions by their names.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderValue;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use xmpp::bosh::{BoshCondition, BoshSession, Request, Response};

use crate::admission::{Admission, Excess, Network, Terms};
use crate::config;
use crate::metrics::{Limit, Metrics};

/// Where requests find their sessions.
pub(super) struct Sessions {
    state: Mutex<State>,
    metrics: Arc<Metrics>,
}

struct State {
    by_sid: HashMap<String, Visit>,
    /// How many there are; some may not be known by their names yet.
    count: u32,
    count_max: u32,
    admission: Admission,
}

/// One request on its way to its session.
pub(super) struct Arrival {
    /// Or the condition with which the session ends. In a box, because each session's channel has room for many of these.
    pub(super) request: Result<Box<Request>, BoshCondition>,
    pub(super) answer: oneshot::Sender<Response>,
}

/// What a request needs to know of its session.
#[derive(Clone)]
pub(super) struct Visit {
    arrivals: mpsc::Sender<Arrival>,
    content_type: HeaderValue,
    is_encrypted: bool,
}

/// The right to one session. It is over when this is dropped.
pub(super) struct Permit {
    sessions: Arc<Sessions>,
    /// Where it counts.
    network: Option<Network>,
    sid: String,
}

/// A session's own end: what comes in, and its place among the others.
pub(super) struct Entry {
    pub(super) arrivals: mpsc::Receiver<Arrival>,
    _permit: Permit,
}

impl Sessions {
    pub(super) fn new(
        settings: &config::Bosh,
        limits: &config::Limits,
        metrics: Arc<Metrics>,
    ) -> Arc<Sessions> {
        let state = State {
            by_sid: HashMap::new(),
            count: 0,
            count_max: settings.sessions_max,
            admission: Admission::new(Terms::of_bosh_sessions(settings, limits)),
        };
        Arc::new(Sessions { state: Mutex::new(state), metrics })
    }

    /// Gives `address` the right to one more session, if it may have one.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Option<Permit> {
        let mut state = self.state.lock();
        if state.count >= state.count_max {
            self.metrics.bosh_sessions_refused.add();
            self.metrics.reached(Limit::BoshSessions);
            tracing::info!(%address, "BOSH session refused: bosh.sessions_max reached");
            return None;
        }
        let network = match state.admission.enter(address, now) {
            Ok(network) => network,
            Err(refusal) => {
                self.metrics.bosh_sessions_refused.add();
                self.metrics.reached(match refusal.excess {
                    Excess::AtATime => Limit::BoshSessionsPerAddress,
                    Excess::PerMinute => Limit::BoshSessionsPerMinute,
                });
                if refusal.is_first {
                    let limit =
                        refusal.limit("bosh.sessions_per_address_max", "bosh.sessions_per_minute_max");
                    tracing::warn!(%address, limit, "BOSH sessions refused");
                }
                return None;
            }
        };
        state.count += 1;
        self.metrics.bosh_sessions_open.set(state.count.into());
        Some(Permit { sessions: Arc::clone(self), network, sid: String::new() })
    }

    /// Makes a session known by its name.
    pub(super) fn entry(mut permit: Permit, session: &BoshSession, is_encrypted: bool) -> (Visit, Entry) {
        // More than a client may have under way at once waits outside.
        let (sender, arrivals) = mpsc::channel(session.terms().requests + 1);
        let content_type = HeaderValue::try_from(session.terms().content_type.as_str());
        let content_type = content_type.expect("checked when the terms were agreed on");
        let visit = Visit { arrivals: sender, content_type, is_encrypted };
        permit.sid = session.sid().as_str().to_owned();
        let sessions = &permit.sessions;
        sessions.state.lock().by_sid.insert(permit.sid.clone(), visit.clone());
        sessions.metrics.bosh_sessions_begun.add();
        (visit, Entry { arrivals, _permit: permit })
    }

    pub(super) fn find(&self, sid: &str) -> Option<Visit> {
        self.state.lock().by_sid.get(sid).cloned()
    }
}

impl Visit {
    /// Whether the session was begun on an encrypted connection.
    pub(super) fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The content type of all answers of the session.
    pub(super) fn into_content_type(self) -> HeaderValue {
        self.content_type
    }

    /// Hands a request to the session; waits if that is busy. None if the session is over.
    pub(super) async fn hand_over(
        &self,
        request: Result<Request, BoshCondition>,
    ) -> Option<oneshot::Receiver<Response>> {
        let (answer, answered) = oneshot::channel();
        self.arrivals.send(Arrival { request: request.map(Box::new), answer }).await.ok()?;
        Some(answered)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.sessions.state.lock();
        state.by_sid.remove(&self.sid);
        if let Some(network) = self.network {
            state.admission.leave(network);
        }
        state.count = state.count.saturating_sub(1);
        self.sessions.metrics.bosh_sessions_open.set(state.count.into());
    }
}
