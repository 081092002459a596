//! How sessions end: the closing handshake, and what the log says about the reason.

use std::io;
use std::time::Instant;

use xmpp::websocket::WsError;
use xmpp::{StreamCondition, StreamError};

use super::{Over, Session};

/// How far the closing handshake is (RFC 6455 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Not begun.
    Open,
    /// Our close frame follows what is still in the outbox.
    Wanted {
        /// Its code; `None` echoes a close frame without one.
        code: Option<u16>,
        /// The peer's close frame has come.
        is_answer: bool,
    },
    /// Our close frame is among the frames to write, or written.
    Sent {
        /// The peer's close frame has come as well.
        is_answered: bool,
    },
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error("the client closed the stream")]
    Closed,
    #[error("the client closed the WebSocket without closing the stream")]
    WebSocketClosed,
    #[error("the client disconnected")]
    Disconnected,
    #[error("connection lost: {0}")]
    Lost(io::ErrorKind),
    #[error("bad frame: {0}")]
    Frame(WsError),
    #[error("binary message")]
    Binary,
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

impl Session {
    /// Begins the closing handshake, after everything in the outbox. The first code counts.
    pub(super) fn close(&mut self, code: u16, reason: Reason) {
        self.note(reason);
        self.want_close(Some(code), false);
    }

    /// The stream will ask for the closing handshake by itself: with this code rather than 1000.
    pub(super) fn close_after_stream(&mut self, code: u16) {
        self.close_code = code;
    }

    /// The stream is over and all it had to say is in the outbox.
    pub(super) fn stream_closed(&mut self) {
        self.want_close(Some(self.close_code), false);
    }

    pub(super) fn peer_closed(&mut self, code: Option<u16>) {
        match &mut self.closing {
            Closing::Sent { is_answered } => *is_answered = true,
            Closing::Wanted { is_answer, .. } => *is_answer = true,
            Closing::Open => {
                self.note(Reason::WebSocketClosed);
                self.want_close(code, true);
            }
        }
    }

    fn want_close(&mut self, code: Option<u16>, is_answer: bool) {
        if self.closing == Closing::Open {
            self.closing = Closing::Wanted { code, is_answer };
            self.outbox.close(self.is_over);
            self.timers.start_closing(Instant::now(), self.shared.config.web.close_timeout);
            self.leave_hub();
        }
    }

    /// Keeps the first reason; what happens afterwards only follows from it.
    pub(super) fn note(&mut self, reason: Reason) {
        if self.reason.is_none() {
            self.reason = Some(Box::new(reason));
        }
    }

    pub(super) fn over(&mut self, reason: Reason) -> Over {
        self.note(reason);
        Over
    }

    pub(super) fn log_end(&self) {
        let reason = self.reason.as_deref().unwrap_or(&Reason::Disconnected);
        let session = self.session.map(|session| session.index);
        let peer = self.peer.address;
        match reason {
            Reason::Lost(_)
            | Reason::NoPong
            | Reason::Unresponsive
            | Reason::WriteTimeout
            | Reason::Frame(_) => {
                tracing::info!(session, %peer, %reason, "session lost");
            }
            _ => tracing::info!(session, %peer, %reason, "session ended"),
        }
    }
}

/// The close code that tells the peer what the stream error told it: 1000, unless we go away.
pub(super) fn close_code(condition: StreamCondition) -> u16 {
    match condition {
        StreamCondition::SystemShutdown => 1001,
        _ => 1000,
    }
}
