//! The connection under every transport: TCP, with or without TLS, and the permit that counts it.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::ProtocolVersion;
use rustls_pki_types::UnixTime;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use xmpp::stream::StartTls;
use xmpp::{BareJid, Channel, ChannelBindings};

use super::Peer;
use crate::config;
use crate::gate::{Permit, Place};
use crate::tls::{Acceptor, Terms};

/// An accepted connection. Dropping it closes it and makes room for the next one.
#[derive(Debug)]
pub struct Socket {
    line: Line,
    permit: Permit,
}

#[derive(Debug)]
enum Line {
    Plain(TcpStream),
    /// On the way to TLS: nothing else can be read or written.
    ShakingHands(Box<Handshake>),
    /// Boxed: most of a kilobyte, and plain sockets should not pay for it.
    Tls(Box<Tls>),
    /// What a failed handshake leaves.
    Closed,
}

struct Handshake {
    accept: tokio_rustls::Accept<TcpStream>,
    terms: Arc<Terms>,
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Tls {
    stream: TlsStream<TcpStream>,
    /// What it was accepted under.
    terms: Arc<Terms>,
}

impl Socket {
    /// Wraps a connection without TLS.
    pub(crate) fn plain(stream: TcpStream, permit: Permit) -> Socket {
        Socket { line: Line::Plain(stream), permit }
    }

    /// Wraps a connection after its TLS handshake.
    ///
    /// - `terms`: what holds for all connections of this listener, in particular the certificate that was shown.
    pub(crate) fn tls(stream: TlsStream<TcpStream>, terms: Arc<Terms>, permit: Permit) -> Socket {
        Socket { line: Line::Tls(Box::new(Tls { stream, terms })), permit }
    }

    /// Counts the connection where it belongs, if that is not where it comes from.
    pub(super) fn count_at(&mut self, place: Place) {
        self.permit.count_at(place);
    }

    /// Begins the TLS handshake on a connection that has none; [`Socket::poll_handshake`] says when it is over.
    pub(super) fn start_tls(&mut self, acceptor: &Acceptor) {
        self.line = match mem::replace(&mut self.line, Line::Closed) {
            Line::Plain(stream) => {
                let accepting = acceptor.now();
                let accept = accepting.tls.accept(stream);
                Line::ShakingHands(Box::new(Handshake { accept, terms: accepting.terms }))
            }
            begun => begun,
        };
    }

    /// Goes on with the TLS handshake, if there is one.
    ///
    /// # Errors
    ///
    /// It failed, and the connection is closed.
    pub(super) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Line::ShakingHands(handshake) = &mut self.line {
            let terms = Arc::clone(&handshake.terms);
            let outcome = ready!(Pin::new(&mut handshake.accept).poll(cx));
            self.line = Line::Closed;
            self.line = Line::Tls(Box::new(Tls { stream: outcome?, terms }));
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the connection when bytes that were sent stay unacknowledged for this time: its peer is gone (RFC 5482). A
    /// system that can't do this finds out in its own time.
    pub(super) fn set_unacknowledged_timeout(&self, timeout: Duration) {
        let Some(stream) = self.stream() else { return };
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(
            stream,
            u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX),
        ) {
            tracing::debug!(%error, "TCP_USER_TIMEOUT not set");
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (stream, timeout);
    }

    /// Makes dropping it reset the connection: what has not been sent is lost, and the peer gets an error.
    pub(super) fn reset_when_dropped(&self) {
        let Some(stream) = self.stream() else { return };
        if let Err(error) = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)) {
            tracing::debug!(%error, "SO_LINGER not set: the connection is closed instead of reset");
        }
    }

    fn stream(&self) -> Option<&TcpStream> {
        match &self.line {
            Line::Plain(stream) => Some(stream),
            Line::Tls(tls) => Some(tls.stream.get_ref().0),
            Line::ShakingHands(_) | Line::Closed => None,
        }
    }

    /// What a stream on this connection may offer to authenticate with.
    pub fn channel(&self, peer: Peer, settings: &config::Auth) -> Channel {
        let (bindings, certificate_users) = match &self.line {
            // A proxy's TLS connection ends there, and its certificate is not the client's.
            Line::Tls(tls) if !peer.is_proxied => (tls.bindings(), tls.certificate_users()),
            _ => (ChannelBindings::default(), Vec::new()),
        };
        let hides_secrets = peer.is_encrypted || settings.plain_in_clear.allows(peer.address.ip());
        Channel { hides_secrets, bindings, certificate_users, starttls: StartTls::Off }
    }

    /// Says whether the bytes are encrypted on the way.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.line, Line::Tls(_))
    }

    /// What was agreed on in the TLS handshake (RFC 7301), if anything was.
    pub(crate) fn application_protocol(&self) -> Option<&[u8]> {
        match &self.line {
            Line::Tls(tls) => tls.stream.get_ref().1.alpn_protocol(),
            _ => None,
        }
    }
}

impl Tls {
    /// Of TLS 1.3 only. What older clients know for TLS 1.2 is `tls-unique`, which some of them use as soon as they see
    /// -PLUS, and which our TLS library does not give us.
    fn bindings(&self) -> ChannelBindings {
        let connection = self.stream.get_ref().1;
        if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
            return ChannelBindings::default();
        }
        let exported = connection.export_keying_material([0; 32], EXPORTER_LABEL, Some(b""));
        ChannelBindings { exporter: exported.ok(), server_end_point: self.terms.end_point.clone() }
    }

    fn certificate_users(&self) -> Vec<BareJid> {
        match (&self.terms.client_certificates, self.stream.get_ref().1.peer_certificates()) {
            (Some(judge), Some(chain)) => judge.users(chain, UnixTime::now()),
            _ => Vec::new(),
        }
    }
}

/// RFC 9266 §2.
const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

macro_rules! line {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().line {
            Line::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Line::Tls(tls) => {
                let $stream = Pin::new(&mut tls.stream);
                $call
            }
            Line::ShakingHands(_) | Line::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        line!(self, stream => stream.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        line!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        line!(self, stream => stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        line!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        line!(self, stream => stream.poll_shutdown(cx))
    }
}
