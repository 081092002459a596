//! How a transport cuts the bytes of its socket.

use std::time::{Duration, Instant};

use xmpp::stream::Framing;

use super::driver::Driver;
use super::reason::Reason;
use crate::config::Config;
use crate::tls::Acceptor;

/// What differs between the transports that have a socket to themselves.
pub(super) trait Wire: Unpin {
    /// What is around an element.
    const FRAMING: Framing;

    /// Takes bytes off the front up to the end of one message and tells the driver. None if more bytes are needed; then all
    /// of them have been taken.
    fn read(&mut self, bytes: &mut &mut [u8], driver: &mut Driver, now: Instant) -> Option<Received>;

    /// Whether bytes that were read have to wait for the driver, which may change how they are to be understood.
    fn waits_for(&self, _: &Driver) -> bool {
        false
    }

    /// What to write before everything else.
    fn urgent(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// The client's next bytes are a new root.
    fn restart(&mut self) {}

    /// Whether nothing that comes will be understood any more.
    fn has_ended(&self) -> bool;

    /// What a STARTTLS leads to, where it is on offer.
    fn acceptor(&self) -> Option<&Acceptor> {
        None
    }

    /// How to keep an idle connection open.
    fn keep_alive(config: &Config, driver: &Driver) -> KeepAlive;

    /// The last bytes, after everything in the outbox; none if the stream has said it all.
    fn last_bytes(code: Option<u16>) -> Option<Vec<u8>>;
}

/// What one message was.
pub(super) enum Received {
    /// The driver was told something.
    Element,
    /// Nothing that concerns the stream.
    Nothing,
    /// The last one: the client sends nothing more.
    Closed {
        /// A WebSocket's close code.
        code: Option<u16>,
    },
    /// Something that the transport forbids. The driver may have been told.
    Forbidden {
        /// The close code for it.
        code: u16,
        /// For the log.
        reason: Reason,
    },
}

/// How an idle connection is kept open, and a dead one found.
pub(super) struct KeepAlive {
    /// After this time in which nothing came…
    pub(super) interval: Duration,
    /// … this is sent, if it is anything.
    pub(super) bytes: Vec<u8>,
    /// How long the answer may take, if there is to be one.
    pub(super) answer_timeout: Option<Duration>,
}
