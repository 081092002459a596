//! The connection under HTTP and WebSocket: TCP, with or without TLS, and the permit that counts it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::server::TlsStream;

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
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Wraps a connection without TLS.
    pub fn plain(stream: TcpStream, permit: OwnedSemaphorePermit) -> Socket {
        Socket { line: Line::Plain(stream), _permit: permit }
    }

    /// Wraps a connection after its TLS handshake.
    pub fn tls(stream: TlsStream<TcpStream>, permit: OwnedSemaphorePermit) -> Socket {
        Socket { line: Line::Tls(Box::new(stream)), _permit: permit }
    }

    /// Says whether the bytes are encrypted on the way.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.line, Line::Tls(_))
    }
}

macro_rules! line {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().line {
            Line::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Line::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
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
