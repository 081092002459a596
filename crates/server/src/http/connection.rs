//! From a connection to requests: HTTP/1.1 or, where the peer asked for it in the TLS handshake, HTTP/2. Every wait for a
//! peer has a deadline.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::Notify;

use super::{Site, too_many_requests};
use crate::admission::Refusal;
use crate::gate::{self, WORDS_TIMEOUT};
use crate::metrics::{Limit, Metrics};
use crate::pair::StandbySite;
use crate::transports::{Peer, Socket};

/// Who answers requests.
#[derive(Clone)]
pub(crate) enum Answers {
    /// A server that serves.
    Site(Arc<Site>),
    /// A server that stands by for another one.
    Standby(Arc<StandbySite>),
}

impl Answers {
    async fn answer(&self, peer: Peer, request: axum::extract::Request) -> Response {
        match self {
            Answers::Site(site) => site.answer(peer, request).await,
            Answers::Standby(site) => site.answer(peer, request).await,
        }
    }
}

/// Serves answers on connections.
pub(crate) struct HttpServer {
    pub(crate) site: Answers,
    pub(crate) header_timeout: Duration,
    pub(crate) metrics: Arc<Metrics>,
}

/// What an https listener speaks, best first.
pub(crate) const APPLICATION_PROTOCOLS: [&str; 2] = [HTTP2, "http/1.1"];
const HTTP2: &str = "h2";

impl HttpServer {
    /// Answers requests until the peer has no more, or `stopped`.
    pub(crate) async fn serve(&self, socket: Socket, peer: Peer, stopped: impl Future<Output = ()>) {
        let site = self.site.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let site = site.clone();
            async move { Ok(site.answer(peer, request.map(Body::new)).await) }
        });
        self.serve_with(service, socket, peer, stopped).await;
    }

    /// Tells a client, in the answer to its first request, that it has too many connections or is too fast.
    pub(crate) async fn refuse(&self, socket: Socket, peer: Peer, refusal: Refusal) {
        let told = Notify::new();
        let service = service_fn(|request: hyper::Request<Incoming>| {
            told.notify_one();
            let mut response = too_many_requests(gate::sentence(refusal), refusal.retry_after);
            if request.version() <= Version::HTTP_11 {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            ready(Ok(response))
        });
        // Whoever does not ask is not told.
        let telling = self.serve_with(service, socket, peer, told.notified());
        let _ = tokio::time::timeout(WORDS_TIMEOUT, telling).await;
    }

    async fn serve_with<S>(&self, service: S, socket: Socket, peer: Peer, stopped: impl Future<Output = ()>)
    where
        S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
        S::Future: Send + 'static,
    {
        // In the clear, telling the versions apart would mean to wait for bytes without HTTP's own deadline.
        match socket.application_protocol() == Some(HTTP2.as_bytes()) {
            true => self.serve_http2(service, socket, peer, stopped).await,
            false => self.serve_http1(service, socket, peer, stopped).await,
        }
    }

    async fn serve_http1<S>(&self, service: S, socket: Socket, peer: Peer, stopped: impl Future<Output = ()>)
    where
        S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
    {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(HEADER_BYTES_MAX)
            .serve_connection(TokioIo::new(socket), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let outcome = tokio::select! {
            biased;
            outcome = connection.as_mut() => outcome,
            () = stopped => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        self.note(peer, outcome);
    }

    async fn serve_http2<S>(&self, service: S, socket: Socket, peer: Peer, stopped: impl Future<Output = ()>)
    where
        S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
        S::Future: Send + 'static,
    {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(HTTP2_PING_INTERVAL)
            .keep_alive_timeout(self.header_timeout)
            .max_concurrent_streams(HTTP2_STREAMS_MAX)
            .max_header_list_size(HEADER_BYTES_MAX as u32)
            .serve_connection(TokioIo::new(socket), service);
        let mut connection = pin!(connection);
        let outcome = tokio::select! {
            biased;
            outcome = connection.as_mut() => outcome,
            () = stopped => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        self.note(peer, outcome);
    }

    fn note(&self, peer: Peer, outcome: hyper::Result<()>) {
        let Err(error) = outcome else { return };
        if error.is_timeout() {
            self.metrics.reached(Limit::HttpHeaderTimeout);
        }
        tracing::debug!(peer = %peer.address, %error, "HTTP connection ended");
    }
}

/// Bytes of a request's header. More: 431.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Requests at a time on one HTTP/2 connection.
const HTTP2_STREAMS_MAX: u32 = 100;
/// How often an idle HTTP/2 connection is asked whether its peer is there.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
