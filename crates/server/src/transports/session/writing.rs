//! From the driver to the socket.

use std::pin::Pin;
use std::task::Context;
use std::time::Instant;

use tokio::io::AsyncWrite;

use super::closing::Closing;
use super::{Over, Session};
use crate::transports::wire::Wire;

impl<W: Wire> Session<W> {
    /// Writes until there is nothing to write or the socket is full; either way the task is woken when that changes.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        // An outbox that has been emptied wakes the task; there is no need to look into it again.
        let mut is_emptied = false;
        loop {
            if self.writer.is_empty() {
                self.refill(cx, &mut is_emptied, now);
                if let Some(how) = self.driver.signals.cut {
                    return Err(self.cut(how));
                }
            }
            if self.writer.is_empty() {
                self.poll_starttls(cx)?;
                return self.finish_closing(cx);
            }
            let progress = match self.writer.poll_write(&mut self.socket, cx) {
                Ok(progress) => progress,
                Err(error) => return Err(self.over(error.into())),
            };
            if !progress.done {
                let config = &self.driver.backend.config;
                self.timers.write_blocked(now, progress.bytes > 0, config.limits.write_timeout);
                if self.driver.wait_for_end(cx.waker()) {
                    if let Some(how) = self.driver.take_cut() {
                        return Err(self.cut(how));
                    }
                    self.timers.start_closing(now, config.web.close_timeout);
                }
                return Ok(());
            }
            self.timers.write_done();
        }
    }

    /// Takes what is next.
    fn refill(&mut self, cx: &mut Context<'_>, is_emptied: &mut bool, now: Instant) {
        if let Some(bytes) = self.wire.urgent()
            && !matches!(self.closing, Closing::Sent { .. })
        {
            self.writer.raw(bytes);
        }
        if !*is_emptied {
            *is_emptied = self.driver.take(&mut self.writer, cx.waker(), now);
            self.heed(now);
        }
        if self.writer.is_empty()
            && let Closing::Wanted { code, is_answer } = self.closing
        {
            if let Some(bytes) = W::last_bytes(code) {
                self.writer.raw(bytes);
            }
            self.closing = Closing::Sent { is_answered: is_answer };
        }
    }

    /// Ends the connection if both ends have said their last; half of it if only this one has and the peer's would not be
    /// understood any more.
    fn finish_closing(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        match self.closing {
            Closing::Open | Closing::Wanted { .. } => Ok(()),
            Closing::Sent { is_answered } => {
                if is_answered || self.wire.has_ended() {
                    // Tells the peer that nothing follows. A TLS connection says so twice; if it can't, never mind.
                    let _ = Pin::new(&mut self.socket).poll_shutdown(cx);
                }
                if is_answered { Err(Over) } else { Ok(()) }
            }
        }
    }
}
