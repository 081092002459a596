//! What the log says about why a session ended.

use std::io;

use xmpp::StreamError;
use xmpp::bosh::BoshCondition;
use xmpp::websocket::WsError;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error("the client closed the stream")]
    Closed,
    #[error("the client closed the connection without closing the stream")]
    ConnectionClosed,
    #[error("the client disconnected")]
    Disconnected,
    #[error("a fault that was asked for has cut the connection")]
    Cut,
    #[error("connection lost: {0}")]
    Lost(io::ErrorKind),
    #[error("bad frame: {0}")]
    Frame(WsError),
    #[error("binary message")]
    Binary,
    #[error("the client broke the rules of BOSH: {}", .0.name())]
    Bosh(BoshCondition),
    #[error("no request came for too long")]
    Inactive,
    #[error("no pong")]
    NoPong,
    #[error("the client acknowledges nothing")]
    Unresponsive,
    #[error("the client reads nothing")]
    WriteTimeout,
    #[error("the client does not finish the closing handshake")]
    CloseTimeout,
    #[error("the client broke the rules: {0}")]
    Stream(StreamError),
    #[error("ended by the server: {0}")]
    Ended(StreamError),
}

impl Reason {
    /// Whether the client is gone rather than has left.
    pub(super) fn is_loss(&self) -> bool {
        match self {
            Reason::Lost(_)
            | Reason::Cut
            | Reason::NoPong
            | Reason::Inactive
            | Reason::Unresponsive
            | Reason::WriteTimeout
            | Reason::Frame(_) => true,
            Reason::Closed
            | Reason::ConnectionClosed
            | Reason::Disconnected
            | Reason::Binary
            | Reason::Bosh(_)
            | Reason::CloseTimeout
            | Reason::Stream(_)
            | Reason::Ended(_) => false,
        }
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Reason {
        Reason::Lost(error.kind())
    }
}
