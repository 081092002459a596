//! From the socket to the stream.

use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, ReadBuf};

use super::{Over, Session};
use crate::transports::reason::Reason;
use crate::transports::wire::{Received, Wire};

/// Read at once at most.
const READ_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    /// What every session of this thread reads into.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES_MAX].into());
}

impl<W: Wire> Session<W> {
    /// Reads once and handles what was read. False if there is nothing more to read for now.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Over> {
        if self.has_to_wait() {
            return Ok(false);
        }
        if !self.carried.is_empty() {
            let mut carried = mem::take(&mut self.carried);
            self.handle_bytes(&mut carried, now);
            return Ok(true);
        }
        // Whoever else reads on this thread does so after this call.
        let mut buffer = BUFFER.take();
        if buffer.is_empty() {
            buffer = vec![0; READ_BYTES_MAX].into();
        }
        let mut read = ReadBuf::new(&mut buffer);
        let poll = Pin::new(&mut self.socket).poll_read(cx, &mut read);
        let filled = read.filled().len();
        let outcome = match poll {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) if filled > 0 => {
                self.timers.heard(now);
                self.handle_bytes(&mut buffer[..filled], now);
                Ok(true)
            }
            Poll::Ready(Ok(())) => Err(self.over(Reason::Disconnected)),
            Poll::Ready(Err(error)) => Err(self.over(error.into())),
        };
        BUFFER.set(buffer);
        outcome
    }

    fn handle_bytes(&mut self, mut bytes: &mut [u8], now: Instant) {
        while let Some(received) = self.wire.read(&mut bytes, &mut self.driver, now) {
            self.received(received, now);
            if self.driver.signals.starts_tls {
                // Whoever put these bytes behind the request, the client means what it says in TLS (RFC 6120 §5.4.3.3).
                return;
            }
            if self.has_to_wait() {
                self.carried = bytes.to_vec().into();
                return;
            }
        }
    }

    fn received(&mut self, received: Received, now: Instant) {
        match received {
            Received::Element => {
                self.driver.pump(now);
                self.heed(now);
            }
            Received::Nothing => {}
            Received::Closed { code } => self.peer_closed(code, now),
            Received::Forbidden { code, reason } => self.close(code, reason, now),
        }
    }

    /// Whether what was read, or could be, is none of anybody's business yet.
    fn has_to_wait(&self) -> bool {
        self.driver.is_blocked() || self.driver.signals.starts_tls || self.wire.waits_for(&self.driver)
    }
}
