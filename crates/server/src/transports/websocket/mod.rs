//! XMPP over WebSocket (RFC 6455, RFC 7395): from the HTTP request to the session's task.

mod session;
mod upgrade;
mod write;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, SEC_WEBSOCKET_VERSION};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use xmpp::stream::StreamConfig;

use super::{OpenStreams, Peer, Socket};
use crate::accounts::Accounts;
use crate::config::{Config, ListenerKind};
use crate::hub::HubHandle;
use session::Session;
use upgrade::{Verdict, judge, upgrade_headers};

/// What all WebSocket sessions share.
pub struct WebSockets {
    config: Arc<Config>,
    hub: HubHandle,
    accounts: Arc<Accounts>,
    streams: Arc<OpenStreams>,
    /// For encrypted connections.
    stream: Arc<StreamConfig>,
    /// For connections in the clear.
    stream_in_clear: Arc<StreamConfig>,
}

impl WebSockets {
    /// Puts together what sessions need.
    ///
    /// - `caps`: the server's capabilities, told in the stream features.
    /// - `streams`: where open streams are counted, and told to end.
    pub fn new(
        config: Arc<Config>,
        hub: HubHandle,
        accounts: Arc<Accounts>,
        streams: Arc<OpenStreams>,
        caps: Option<xmpp::stream::Caps>,
    ) -> WebSockets {
        WebSockets {
            stream: Arc::new(stream_config(&config, &accounts, caps.clone(), ListenerKind::Https)),
            stream_in_clear: Arc::new(stream_config(&config, &accounts, caps, ListenerKind::Http)),
            config,
            hub,
            accounts,
            streams,
        }
    }

    /// Answers a request to the WebSocket's path; if it is a good opening handshake, a session follows.
    pub fn answer(self: &Arc<Self>, peer: Peer, request: Request) -> Response {
        let (mut parts, _) = request.into_parts();
        match judge(&parts, &self.config.web.allowed_origins) {
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
                let Some(on_upgrade) = parts.extensions.remove::<OnUpgrade>() else {
                    // Not over HTTP/1.1, or the connection is closing.
                    return StatusCode::NOT_IMPLEMENTED.into_response();
                };
                tokio::spawn(Arc::clone(self).begin(on_upgrade, peer));
                (StatusCode::SWITCHING_PROTOCOLS, upgrade_headers(accept), Body::empty()).into_response()
            }
        }
    }

    /// Takes the connection over from the HTTP server and gives it a task of its own, which is as small as a session
    /// that may be idle for a day should be.
    async fn begin(self: Arc<Self>, on_upgrade: OnUpgrade, peer: Peer) {
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
        tokio::spawn(Session::new(self, parts.io.into_inner(), &parts.read_buf, peer));
    }

    fn stream_config(&self, peer: Peer) -> &Arc<StreamConfig> {
        if peer.is_encrypted { &self.stream } else { &self.stream_in_clear }
    }
}

fn stream_config(
    config: &Config,
    accounts: &Accounts,
    caps: Option<xmpp::stream::Caps>,
    listener: ListenerKind,
) -> StreamConfig {
    let mut stream = StreamConfig::new(config.domain.clone());
    stream.limits_before_auth.bytes_max = config.limits.message_bytes_before_auth_max;
    stream.limits.bytes_max = config.limits.message_bytes_max;
    stream.open_timeout = config.limits.open_timeout;
    stream.auth_timeout = config.limits.auth_timeout;
    stream.authentication_attempts_max = config.limits.authentication_attempts_max;
    stream.management = config.stream_management();
    stream.client_state = config.client_state();
    stream.caps = caps;
    stream.features = notifier::stream_features();
    stream.idle_time = Some(config.web.ping_interval);
    stream.mechanisms = accounts.mechanisms_on(listener);
    stream
}

const PAGE: &str = include_str!("page.html");
