//! XMPP over WebSocket (RFC 6455, RFC 7395): from the HTTP request to the session's task.

mod upgrade;
mod wire;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_TYPE, SEC_WEBSOCKET_VERSION, USER_AGENT};
use http::{HeaderMap, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use xmpp::stream::StreamConfig;

use super::driver::Driver;
use super::session::Session;
use super::{Backend, Peer, Socket};
use crate::config::ListenerKind;
use crate::faults::{Fault, Kind};
use crate::gate::{self, Gate, Place};
use crate::http::too_many_requests;
use upgrade::{Verdict, judge, upgrade_headers};
use wire::WebSocketWire;

/// What all WebSocket sessions share.
pub struct WebSockets {
    backend: Arc<Backend>,
    /// Where those are counted that come through trusted proxies.
    gate: Arc<Gate>,
    /// For encrypted connections.
    stream: Arc<StreamConfig>,
    /// For connections in the clear.
    stream_in_clear: Arc<StreamConfig>,
}

impl WebSockets {
    /// WebSockets in front of `backend`.
    pub(crate) fn new(backend: Arc<Backend>, gate: Arc<Gate>) -> WebSockets {
        let stream = |listener| {
            let mut stream = backend.stream_config(listener);
            stream.idle_time = Some(backend.config.web.ping_interval);
            Arc::new(stream)
        };
        WebSockets {
            stream: stream(ListenerKind::Https),
            stream_in_clear: stream(ListenerKind::Http),
            backend,
            gate,
        }
    }

    /// Answers a request to the WebSocket's path; if it is a good opening handshake, a session follows.
    pub fn answer(self: &Arc<Self>, peer: Peer, request: Request) -> Response {
        let (mut parts, _) = request.into_parts();
        match judge(&parts, &self.backend.config.web.allowed_origins) {
            Verdict::Page => Html(PAGE).into_response(),
            Verdict::Refuse(refusal) => {
                tracing::info!(
                    peer = %peer.address,
                    status = refusal.status.as_u16(),
                    reason = refusal.text.trim_end(),
                    "websocket refused"
                );
                let version = (refusal.status == StatusCode::UPGRADE_REQUIRED)
                    .then_some([(SEC_WEBSOCKET_VERSION, "13"), (http::header::UPGRADE, "websocket")]);
                let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
                match version {
                    Some(version) => (refusal.status, kind, version, refusal.text).into_response(),
                    None => (refusal.status, kind, refusal.text).into_response(),
                }
            }
            Verdict::Upgrade(accept) => {
                if let Some(status) = self.fault(peer, &parts.headers) {
                    tracing::info!(peer = %peer.address, status = status.as_u16(), "websocket refused on purpose");
                    return status.into_response();
                }
                let Some(on_upgrade) = parts.extensions.remove::<OnUpgrade>() else {
                    // Not over HTTP/1.1, or the connection is closing.
                    return StatusCode::NOT_IMPLEMENTED.into_response();
                };
                // The connection itself is the proxy's, which is not limited.
                let place = match peer.is_proxied.then(|| self.gate.admit(peer.address.ip(), Instant::now()))
                {
                    Some(Err(refusal)) => {
                        return too_many_requests(gate::sentence(refusal), refusal.retry_after);
                    }
                    Some(Ok(place)) => Some(place),
                    None => None,
                };
                tokio::spawn(Arc::clone(self).begin(on_upgrade, peer, place));
                (StatusCode::SWITCHING_PROTOCOLS, upgrade_headers(accept), Body::empty()).into_response()
            }
        }
    }

    /// The status that a fault wants this handshake to be refused with.
    fn fault(&self, peer: Peer, headers: &HeaderMap) -> Option<StatusCode> {
        let faults = &self.backend.faults;
        if !faults.has(Kind::RefuseUpgrade) {
            return None;
        }
        let software = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let software = software.to_ascii_lowercase();
        let from = peer.address.ip().to_canonical();
        faults.strike(Kind::RefuseUpgrade, |fault| match fault {
            Fault::RefuseUpgrade { status, user_agent, address } => {
                let is_meant = user_agent.as_ref().is_none_or(|part| software.contains(part.as_str()))
                    && address.is_none_or(|address| address == from);
                is_meant.then_some(*status)
            }
            _ => None,
        })
    }

    /// Takes the connection over from the HTTP server and gives it a task of its own, which is as small as a session
    /// that may be idle for a day should be.
    ///
    /// - `place`: where it counts, if not where it comes from.
    async fn begin(self: Arc<Self>, on_upgrade: OnUpgrade, peer: Peer, place: Option<Place>) {
        let upgraded = match on_upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                tracing::debug!(peer = %peer.address, %error, "connection lost while upgrading");
                return;
            }
        };
        let parts = match upgraded.downcast::<TokioIo<Socket>>() {
            Ok(parts) => parts,
            Err(_) => unreachable!("our listeners serve no other kind of connection"),
        };
        let mut socket = parts.io.into_inner();
        if let Some(place) = place {
            socket.count_at(place);
        }
        tokio::spawn(self.session(socket, &parts.read_buf, peer));
    }

    /// - `read`: what the HTTP server has read already.
    fn session(&self, socket: Socket, read: &[u8], peer: Peer) -> Session<WebSocketWire> {
        let now = Instant::now();
        let stream = if peer.is_encrypted { &self.stream } else { &self.stream_in_clear };
        let channel = socket.channel(peer, &self.backend.config.auth);
        let driver = Driver::new(Arc::clone(&self.backend), Arc::clone(stream), peer, channel, now);
        Session::new(driver, WebSocketWire::new(), socket, read, now)
    }
}

const PAGE: &str = include_str!("page.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_session_is_small() {
        // The task around it, the outbox, the timer and the socket's registration come on top: about 800 bytes.
        assert!(size_of::<Session<WebSocketWire>>() <= 544, "{}", size_of::<Session<WebSocketWire>>());
    }
}
