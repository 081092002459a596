//! The connection under HTTP and WebSocket: TCP, with or without TLS, and the permit that counts it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ProtocolVersion;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::server::TlsStream;
use xmpp::stream::StartTls;
use xmpp::{Channel, ChannelBindings};

use super::Peer;
use crate::config;

/// An accepted connection. Dropping it closes it and makes room for the next one.
#[derive(Debug)]
pub struct Socket {
    line: Line,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Line {
    Plain(TcpStream),
    /// Boxed: most of a kilobyte, and plain sockets should not pay for it.
    Tls(Box<Tls>),
}

#[derive(Debug)]
struct Tls {
    stream: TlsStream<TcpStream>,
    /// The channel binding of the certificate that was shown on this connection.
    end_point: Option<Arc<[u8]>>,
}

impl Socket {
    /// Wraps a connection without TLS.
    pub fn plain(stream: TcpStream, permit: OwnedSemaphorePermit) -> Socket {
        Socket { line: Line::Plain(stream), _permit: permit }
    }

    /// Wraps a connection after its TLS handshake.
    ///
    /// - `end_point`: the channel binding `tls-server-end-point` of the certificate that was shown, if it has one.
    pub fn tls(
        stream: TlsStream<TcpStream>,
        end_point: Option<Arc<[u8]>>,
        permit: OwnedSemaphorePermit,
    ) -> Socket {
        Socket { line: Line::Tls(Box::new(Tls { stream, end_point })), _permit: permit }
    }

    /// What a stream on this connection may offer to authenticate with.
    pub fn channel(&self, peer: Peer, settings: &config::Auth) -> Channel {
        let bindings = match &self.line {
            Line::Plain(_) => ChannelBindings::default(),
            Line::Tls(tls) => tls.bindings(),
        };
        let hides_secrets = peer.is_encrypted || settings.plain_in_clear.allows(peer.address.ip());
        Channel { hides_secrets, bindings, certificate_users: Vec::new(), starttls: StartTls::Off }
    }

    /// Says whether the bytes are encrypted on the way.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.line, Line::Tls(_))
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
        ChannelBindings { exporter: exported.ok(), server_end_point: self.end_point.clone() }
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
