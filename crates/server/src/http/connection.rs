//! From an accepted connection to requests: TLS, then HTTP/1.1 or, where the peer asked for it in the TLS handshake,
//! HTTP/2. Every wait for a peer has a deadline.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Site;
use crate::listener::Listener;
use crate::transports::{Peer, Socket};

/// What is behind one listener.
pub(crate) struct Door {
    pub(crate) site: Arc<Site>,
    /// `None` for connections in the clear.
    pub(crate) tls: Option<TlsAcceptor>,
    /// The channel binding of the certificate that is shown.
    pub(crate) end_point: Option<Arc<[u8]>>,
    pub(crate) tls_timeout: Duration,
    pub(crate) header_timeout: Duration,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Accepts connections until the server stops.
pub(crate) async fn accept(listener: Listener, room: Arc<Semaphore>, door: Arc<Door>) {
    let mut stopped = pin!(stopped(&door.stopping));
    loop {
        tokio::select! {
            biased;
            () = stopped.as_mut() => return,
            (stream, peer, permit) = listener.accept(&room) => {
                tokio::spawn(Arc::clone(&door).enter(stream, peer, permit));
            }
        }
    }
}

impl Door {
    async fn enter(self: Arc<Self>, stream: TcpStream, address: SocketAddr, permit: OwnedSemaphorePermit) {
        let peer = Peer { address, is_encrypted: self.tls.is_some() };
        let Some(tls) = &self.tls else {
            // Telling the versions apart would mean to wait for bytes without HTTP's own deadline.
            return self.serve_http1(Socket::plain(stream, permit), peer).await;
        };
        let stream = match tokio::time::timeout(self.tls_timeout, shake_hands(tls, stream)).await {
            Ok(Ok(Some(stream))) => stream,
            Ok(Ok(None)) => return tracing::debug!(peer = %address, "HTTP without TLS on the https listener"),
            Ok(Err(error)) => return tracing::debug!(peer = %address, %error, "TLS handshake failed"),
            Err(_) => return tracing::debug!(peer = %address, "TLS handshake took too long"),
        };
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let socket = Socket::tls(stream, self.end_point.clone(), permit);
        match is_http2 {
            true => self.serve_http2(socket, peer).await,
            false => self.serve_http1(socket, peer).await,
        }
    }

    async fn serve_http1(self: Arc<Self>, socket: Socket, peer: Peer) {
        let site = Arc::clone(&self.site);
        let service = service_fn(move |request| answer(Arc::clone(&site), peer, request));
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
            () = stopped(&self.stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        log_outcome(peer, outcome);
    }

    async fn serve_http2(self: Arc<Self>, socket: Socket, peer: Peer) {
        let site = Arc::clone(&self.site);
        let service = service_fn(move |request| answer(Arc::clone(&site), peer, request));
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
            () = stopped(&self.stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        log_outcome(peer, outcome);
    }
}

/// None if the peer does not speak TLS but HTTP, which it is told.
async fn shake_hands(tls: &TlsAcceptor, mut stream: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // A method begins with a capital letter, a TLS record with a small number.
    if first[0].is_ascii_uppercase() {
        stream.write_all(NO_TLS.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with bytes unread would reset the connection before the answer is read.
        tokio::io::copy(&mut stream.take(HEADER_BYTES_MAX as u64), &mut tokio::io::sink()).await?;
        return Ok(None);
    }
    tls.accept(stream).await.map(Some)
}

async fn stopped(stopping: &watch::Receiver<bool>) {
    // An error says that the server is gone, which is the same.
    let _ = stopping.clone().wait_for(|stopping| *stopping).await;
}

async fn answer(
    site: Arc<Site>,
    peer: Peer,
    request: hyper::Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    Ok(site.answer(peer, request.map(Body::new)).await)
}

fn log_outcome(peer: Peer, outcome: hyper::Result<()>) {
    if let Err(error) = outcome {
        tracing::debug!(peer = %peer.address, %error, "HTTP connection ended");
    }
}

const NO_TLS: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 49\r\n\r\nThis port speaks HTTPS: write https:// or wss://\n";

/// Bytes of a request's header. More: 431.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Requests at a time on one HTTP/2 connection.
const HTTP2_STREAMS_MAX: u32 = 100;
/// How often an idle HTTP/2 connection is asked whether its peer is there.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
