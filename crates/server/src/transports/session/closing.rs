//! How connections end: the closing handshake.

use std::time::Instant;

use xmpp::StreamCondition;

use super::{Over, Session};
use crate::outbox::Cut;
use crate::transports::reason::Reason;
use crate::transports::wire::Wire;

/// How far the closing handshake is (RFC 6455 §7.1; without a WebSocket the roots' end tags are all there is to it, RFC 6120
/// §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Not begun.
    Open,
    /// Our last bytes follow what is still in the outbox.
    Wanted {
        /// The close code; `None` echoes a close frame without one.
        code: Option<u16>,
        /// The peer's have come.
        is_answer: bool,
    },
    /// Our last bytes are among what is to be written, or written.
    Sent {
        /// The peer's have come as well.
        is_answered: bool,
    },
}

impl<W: Wire> Session<W> {
    /// Begins the closing handshake, after everything in the outbox. The first code counts.
    pub(super) fn close(&mut self, code: u16, reason: Reason, now: Instant) {
        self.driver.note(reason);
        self.want_close(Some(code), false, now);
    }

    /// The stream is over and all it had to say is in the outbox.
    pub(super) fn stream_closed(&mut self, now: Instant) {
        let code = match self.driver.reason() {
            Some(Reason::Ended(error)) => close_code(error.condition),
            _ => 1000,
        };
        self.want_close(Some(code), false, now);
    }

    pub(super) fn peer_closed(&mut self, code: Option<u16>, now: Instant) {
        match &mut self.closing {
            Closing::Sent { is_answered } => *is_answered = true,
            Closing::Wanted { is_answer, .. } => *is_answer = true,
            Closing::Open => {
                self.driver.note(Reason::ConnectionClosed);
                self.want_close(code, true, now);
            }
        }
    }

    fn want_close(&mut self, code: Option<u16>, is_answer: bool, now: Instant) {
        if self.closing == Closing::Open {
            self.closing = Closing::Wanted { code, is_answer };
            self.timers.start_closing(now, self.driver.backend.config.web.close_timeout);
            self.driver.leave();
        }
    }

    /// The connection goes with the task, and nothing is said before.
    pub(super) fn cut(&mut self, how: Cut) -> Over {
        if how == Cut::Reset {
            self.socket.reset_when_dropped();
        }
        self.over(Reason::Cut)
    }

    pub(super) fn over(&mut self, reason: Reason) -> Over {
        self.driver.note(reason);
        Over
    }
}

/// The close code that tells the peer what the stream error told it: 1000, unless we go away.
fn close_code(condition: StreamCondition) -> u16 {
    match condition {
        StreamCondition::SystemShutdown => 1001,
        _ => 1000,
    }
}
