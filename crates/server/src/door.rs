//! From a listening socket to whoever serves its connections: accepting, and TLS where it begins with the first byte.
//! Every wait for a peer has a deadline.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::admission::Refusal;
use crate::gate::{Gate, Permit};
use crate::http::HttpServer;
use crate::listener::Listener;
use crate::metrics::{Limit, Metrics};
use crate::tls::Acceptor;
use crate::transports::tcp::TcpStreams;
use crate::transports::{Peer, Socket};

/// What is behind one listener.
pub(crate) struct Door {
    /// `None` for connections that begin in the clear.
    pub(crate) tls: Option<Acceptor>,
    pub(crate) tls_timeout: Duration,
    pub(crate) behind: Behind,
    pub(crate) metrics: Arc<Metrics>,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Who serves the connections.
pub(crate) enum Behind {
    Http(Arc<HttpServer>),
    Xmpp(Arc<TcpStreams>),
}

/// Accepts connections until the server stops.
pub(crate) async fn accept(listener: Listener, gate: Arc<Gate>, door: Arc<Door>) {
    let mut stopped = pin!(stopped(&door.stopping));
    loop {
        tokio::select! {
            biased;
            () = stopped.as_mut() => return,
            (stream, address, mut permit) = listener.accept(&gate) => {
                match permit.admit(address.ip(), Instant::now()) {
                    Ok(()) => drop(tokio::spawn(Arc::clone(&door).enter(stream, address, permit))),
                    Err(refusal) if refusal.is_worth_words => {
                        tokio::spawn(Arc::clone(&door).refuse(stream, address, permit, refusal));
                    }
                    // Closed without a word, which costs least.
                    Err(_) => {}
                }
            }
        }
    }
}

impl Door {
    async fn enter(self: Arc<Self>, stream: TcpStream, address: SocketAddr, permit: Permit) {
        let Some(socket) = self.secure(stream, address, permit).await else { return };
        let peer = self.peer(address);
        match &self.behind {
            Behind::Http(http) => http.serve(socket, peer, stopped(&self.stopping)).await,
            Behind::Xmpp(streams) => streams.begin(socket, peer),
        }
    }

    /// Tells a peer why it is not let in.
    async fn refuse(
        self: Arc<Self>,
        stream: TcpStream,
        address: SocketAddr,
        permit: Permit,
        refusal: Refusal,
    ) {
        let Some(socket) = self.secure(stream, address, permit).await else { return };
        match &self.behind {
            Behind::Http(http) => http.refuse(socket, self.peer(address), refusal).await,
            Behind::Xmpp(streams) => streams.refuse(socket, refusal).await,
        }
    }

    fn peer(&self, address: SocketAddr) -> Peer {
        Peer { address, is_encrypted: self.tls.is_some(), is_proxied: false }
    }

    /// Goes over to TLS, where it begins with the first byte. None if that fails.
    async fn secure(&self, stream: TcpStream, address: SocketAddr, permit: Permit) -> Option<Socket> {
        let Some(acceptor) = &self.tls else { return Some(Socket::plain(stream, permit)) };
        let accepting = acceptor.now();
        let handshake = self.behind.shake_hands(&accepting.tls, stream);
        match tokio::time::timeout(self.tls_timeout, handshake).await {
            Ok(Ok(Some(stream))) => return Some(Socket::tls(stream, accepting.terms, permit)),
            Ok(Ok(None)) => tracing::debug!(peer = %address, "no TLS on a listener with TLS"),
            Ok(Err(error)) => tracing::debug!(peer = %address, %error, "TLS handshake failed"),
            Err(_) => {
                self.metrics.reached(Limit::TlsHandshakeTimeout);
                tracing::debug!(peer = %address, "TLS handshake took too long");
            }
        }
        None
    }
}

impl Behind {
    /// None if the peer does not speak TLS, which it is told.
    async fn shake_hands(
        &self,
        tls: &TlsAcceptor,
        mut stream: TcpStream,
    ) -> io::Result<Option<TlsStream<TcpStream>>> {
        let mut first = [0];
        stream.peek(&mut first).await?;
        let explanation = match self {
            // A method begins with a capital letter, a TLS record with a small number.
            Behind::Http(_) if first[0].is_ascii_uppercase() => NO_TLS_BUT_HTTP,
            Behind::Xmpp(_) if first[0] == b'<' => NO_TLS_BUT_XML,
            _ => return tls.accept(stream).await.map(Some),
        };
        stream.write_all(explanation.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with bytes unread would reset the connection before the answer is read.
        tokio::io::copy(&mut stream.take(UNREAD_BYTES_MAX), &mut tokio::io::sink()).await?;
        Ok(None)
    }
}

async fn stopped(stopping: &watch::Receiver<bool>) {
    // An error says that the server is gone, which is the same.
    let _ = stopping.clone().wait_for(|stopping| *stopping).await;
}

const NO_TLS_BUT_HTTP: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 49\r\n\r\n\
    This port speaks HTTPS: write https:// or wss://\n";

/// The stream error that says it best (RFC 6120 §4.9.3.14).
const NO_TLS_BUT_XML: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:error>\
    <policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
    <text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>This port expects TLS from the first byte; \
    STARTTLS is on the other one</text></stream:error></stream:stream>";

/// What is read of a peer that has been told why it is not listened to.
const UNREAD_BYTES_MAX: u64 = 32 * 1024;
