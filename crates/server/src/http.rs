//! HTTP: which part of the server answers which path.

mod api_page;
mod connection;
mod forwarded;
mod host_meta;
mod landing;

pub(crate) use connection::{APPLICATION_PROTOCOLS, Answers, HttpServer};

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{Method, StatusCode};

use crate::config::Config;
use crate::rest::{OWN_ROOT, Rest};
use crate::transports::Peer;
use crate::transports::bosh::Bosh;
use crate::transports::websocket::WebSockets;
use forwarded::Forwarding;
use host_meta::{Format, HostMeta};

/// Everything that is served over HTTP. The same on all listeners.
pub struct Site {
    web_sockets: Arc<WebSockets>,
    web_socket_paths: Vec<String>,
    bosh: Option<Bosh>,
    rest: Rest,
    host_meta: HostMeta,
    forwarding: Forwarding,
    landing_page: String,
}

impl Site {
    /// Puts the parts together.
    ///
    /// - `https_port`: the port of the https listener, if there is one.
    pub fn new(
        config: &Config,
        https_port: Option<u16>,
        web_sockets: Arc<WebSockets>,
        bosh: Option<Bosh>,
        rest: Rest,
    ) -> Site {
        let host_meta = HostMeta::new(config, https_port);
        let forwarding = Forwarding::new(&config.web);
        let web_socket_paths = config.web.websocket_paths.clone();
        Site {
            web_sockets,
            web_socket_paths,
            bosh,
            rest,
            host_meta,
            forwarding,
            landing_page: landing::page(config),
        }
    }

    /// Answers one request.
    ///
    /// - `peer`: who has sent it to us, which may be a proxy.
    pub async fn answer(&self, peer: Peer, request: Request) -> Response {
        let peer = self.forwarding.client(peer, request.headers());
        match request.uri().path() {
            path if self.web_socket_paths.iter().any(|known| known == path) => {
                only_get(request, |request| self.web_sockets.answer(peer, request))
            }
            "/http-bind" | "/http-bind/" => match &self.bosh {
                Some(bosh) => bosh.answer(peer, request).await,
                None => self.not_found(),
            },
            "/.well-known/host-meta" => {
                only_get(request, |request| self.host_meta.answer(peer, &request, Format::Xrd))
            }
            "/.well-known/host-meta.json" => {
                only_get(request, |request| self.host_meta.answer(peer, &request, Format::Jrd))
            }
            "/" => only_get(request, |_| page(self.landing_page.clone())),
            "/desktop" | "/desktop/" => {
                // Where people who know Finesse look first.
                (StatusCode::FOUND, [(LOCATION, "/")]).into_response()
            }
            "/offhook/openapi.json" => {
                only_get(request, |_| Json(crate::rest::description()).into_response())
            }
            "/offhook/api" | "/offhook/api/" => only_get(request, |_| api_page::page()),
            "/offhook/api.js" => only_get(request, |_| api_page::script()),
            path if is_under(path, OWN_ROOT) => self.rest.respond_own(peer, request).await,
            path if is_under(path, "/finesse/api") => self.rest.respond(peer, request).await,
            path => {
                tracing::debug!(peer = %peer.address, path, "not found");
                self.not_found()
            }
        }
    }

    fn not_found(&self) -> Response {
        let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        let line = &self.web_socket_paths[0];
        let text = format!(
            "There is nothing here. The WebSocket is at {line}, BOSH at /http-bind/, the web service at /finesse/api/, and / \
             says more.\n"
        );
        (StatusCode::NOT_FOUND, kind, text).into_response()
    }
}

/// Answers GET, and HEAD by leaving the body out.
fn only_get(request: Request, answer: impl FnOnce(Request) -> Response) -> Response {
    let method = request.method().clone();
    match method {
        Method::GET => answer(request),
        Method::HEAD => {
            let (parts, _) = answer(request).into_parts();
            Response::from_parts(parts, Body::empty())
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response(),
    }
}

fn is_under(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn page(html: String) -> Response {
    let headers = [
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    (headers, Html(html)).into_response()
}

/// Refuses a request because there are too many, with a sentence and when to try again.
///
/// # Source
///
/// RFC 6585 §4, RFC 9110 §10.2.3.
pub(crate) fn too_many_requests(sentence: &str, retry_after: Duration) -> Response {
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    // In whole seconds, and never none: that would be no reason to wait.
    let seconds = retry_after.as_millis().div_ceil(1000).max(1).to_string();
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)], kind, format!("{sentence}\n")).into_response()
}
