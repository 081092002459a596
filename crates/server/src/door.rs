//! From a listening socket to whoever serves its connections: accepting, and TLS where it begins with the first byte.
//! Every wait for a peer has a deadline.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::server::TlsStream;

use crate::http::HttpServer;
use crate::listener::Listener;
use crate::tls::Acceptor;
use crate::transports::tcp::TcpStreams;
use crate::transports::{Peer, Socket};

/// What is behind one listener.
pub(crate) struct Door {
    /// `None` for connections that begin in the clear.
    pub(crate) tls: Option<Acceptor>,
    pub(crate) tls_timeout: Duration,
    pub(crate) behind: Behind,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Who serves the connections.
pub(crate) enum Behind {
    Http(Arc<HttpServer>),
    Xmpp(Arc<TcpStreams>),
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
        let socket = match &self.tls {
            None => Socket::plain(stream, permit),
            Some(acceptor) => {
                let handshake = self.behind.shake_hands(acceptor, stream);
                let stream = match tokio::time::timeout(self.tls_timeout, handshake).await {
                    Ok(Ok(Some(stream))) => stream,
                    Ok(Ok(None)) => return tracing::debug!(peer = %address, "no TLS on a listener with TLS"),
                    Ok(Err(error)) => {
                        return tracing::debug!(peer = %address, %error, "TLS handshake failed");
                    }
                    Err(_) => return tracing::debug!(peer = %address, "TLS handshake took too long"),
                };
                Socket::tls(stream, Arc::clone(&acceptor.terms), permit)
            }
        };
        match &self.behind {
            Behind::Http(http) => http.serve(socket, peer, stopped(&self.stopping)).await,
            Behind::Xmpp(streams) => streams.begin(socket, peer),
        }
    }
}

impl Behind {
    /// None if the peer does not speak TLS, which it is told.
    async fn shake_hands(
        &self,
        acceptor: &Acceptor,
        mut stream: TcpStream,
    ) -> io::Result<Option<TlsStream<TcpStream>>> {
        let mut first = [0];
        stream.peek(&mut first).await?;
        let explanation = match self {
            // A method begins with a capital letter, a TLS record with a small number.
            Behind::Http(_) if first[0].is_ascii_uppercase() => NO_TLS_BUT_HTTP,
            Behind::Xmpp(_) if first[0] == b'<' => NO_TLS_BUT_XML,
            _ => return acceptor.tls.accept(stream).await.map(Some),
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
