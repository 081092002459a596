//! From the outbox to the socket.

use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::task::Context;
use std::time::Instant;

use tokio::io::AsyncWrite;
use xmpp::StreamError;
use xmpp::websocket::{Opcode, encode, encode_close};

use super::closing::{Closing, Reason, close_code};
use super::{Over, Session};
use crate::outbox::{Outgoing, Resumed, Taken};

thread_local! {
    /// What is taken from an outbox at a time.
    static BATCH: RefCell<Vec<Outgoing>> = const { RefCell::new(Vec::new()) };
}

impl Session {
    /// Writes until there is nothing to write or the socket is full; either way the task is woken when that changes.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        // An outbox that has been emptied wakes the task; there is no need to look into it again.
        let mut is_emptied = false;
        loop {
            let has_more = self.ping.is_some() || matches!(self.closing, Closing::Wanted { .. });
            if self.writer.is_empty() && (has_more || !is_emptied) {
                is_emptied = self.refill(cx, now);
            }
            if self.writer.is_empty() {
                return self.finish_closing(cx);
            }
            let progress = match self.writer.poll_write(&mut self.socket, cx) {
                Ok(progress) => progress,
                Err(error) => return Err(self.over(error.into())),
            };
            if !progress.done {
                self.timers.write_blocked(now, progress.bytes > 0, self.shared.config.limits.write_timeout);
                if self.outbox.wait_for_end(cx.waker()) {
                    self.timers.start_closing(now, self.shared.config.web.close_timeout);
                }
                return Ok(());
            }
            self.timers.write_done();
        }
    }

    /// Takes what is next. True if the outbox is empty now.
    fn refill(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if let Some(payload) = self.ping.take()
            && !matches!(self.closing, Closing::Sent { .. })
        {
            let mut pong = Vec::with_capacity(payload.len() + 2);
            encode(Opcode::Pong, &payload, &mut pong);
            self.writer.control(pong);
        }
        let mut batch = BATCH.take();
        let Taken { is_emptied, stanzas } = self.outbox.take(&mut batch, cx.waker());
        for entry in batch.drain(..) {
            if !self.has_closed {
                self.send(entry, now);
            }
        }
        BATCH.set(batch);
        if stanzas > 0 {
            self.stream.sent(stanzas, now);
            self.pump_to_writer(now);
        }
        if self.writer.is_empty()
            && let Closing::Wanted { code, is_answer } = self.closing
        {
            let mut close = Vec::new();
            encode_close(code, "", None, &mut close);
            self.writer.control(close);
            self.closing = Closing::Sent { is_answered: is_answer };
        }
        is_emptied
    }

    /// The stream's own frames go straight to the writer here, because what it is told comes from the outbox. If `<close/>`
    /// is among them, nothing may follow.
    fn speak(&mut self, now: Instant) {
        self.pump_to_writer(now);
        if self.stream.is_ended() {
            self.has_closed = true;
            self.outbox.discard(self.is_over);
        }
    }

    fn send(&mut self, entry: Outgoing, now: Instant) {
        match entry {
            Outgoing::Frame(element) => self.writer.text(element.into()),
            Outgoing::Stanza(element) => self.writer.text(element),
            Outgoing::Shared { stanza, to } => {
                if let Some(jid) = self.stream.jid() {
                    self.writer.shared(stanza, to, jid);
                }
            }
            Outgoing::Bound { session, jid } => {
                self.session = Some(session);
                tracing::info!(session = session.index, %jid, peer = %self.peer.address, "session opened");
                self.stream.bound(*jid, now);
                self.speak(now);
            }
            Outgoing::BindRefused(error) => {
                tracing::info!(%error, peer = %self.peer.address, "bind refused");
                self.stream.bind_refused(*error, now);
                self.speak(now);
            }
            Outgoing::Enabled(resumption) => {
                self.stream.enabled(resumption.map(|resumption| *resumption));
                self.speak(now);
            }
            Outgoing::Resumed(resumed) => self.resumed(*resumed, now),
            Outgoing::ResumeFailed { handled } => {
                self.stream.resume_failed(handled, now);
                self.speak(now);
            }
            Outgoing::CountTooHigh(wrong) => {
                self.stream.handled_count_too_high(wrong);
                self.speak(now);
            }
            Outgoing::Interrupt(error) => self.end(*error, now),
            Outgoing::End(error) => {
                self.is_over = true;
                self.end(*error, now);
            }
        }
    }

    fn end(&mut self, error: StreamError, now: Instant) {
        if !self.stream.is_ended() {
            self.close_after_stream(close_code(error.condition));
            self.note(Reason::Ended(error.clone()));
            self.stream.end(error);
            self.speak(now);
        }
    }

    /// Goes on with a session that another connection had, and with its mailbox.
    fn resumed(&mut self, resumed: Resumed, now: Instant) {
        let Resumed { attachment, session, jid, previd, handled } = resumed;
        tracing::info!(session = session.index, %jid, peer = %self.peer.address, "session resumed");
        let asking = mem::replace(&mut self.outbox, attachment);
        // From here on the end of this connection is the end of that attachment.
        let _ = asking.outbox().take_resuming();
        self.shared.streams.leave(self.key);
        self.key = self.shared.streams.enter(self.outbox.outbox());
        self.stream.resumed(jid, previd, handled, now);
        if self.stream.jid().is_some() {
            self.session = Some(session);
        }
        self.speak(now);
        // The mailbox has not been looked into yet.
        self.is_to_be_polled_again = true;
    }

    /// Ends the connection if both close frames have passed; half of it if only ours has and the peer's would not be
    /// understood any more.
    fn finish_closing(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        match self.closing {
            Closing::Open | Closing::Wanted { .. } => Ok(()),
            Closing::Sent { is_answered } => {
                if is_answered || self.decoder.has_ended() {
                    // Tells the peer that nothing follows. A TLS connection says so twice; if it can't, never mind.
                    let _ = Pin::new(&mut self.socket).poll_shutdown(cx);
                }
                if is_answered { Err(Over) } else { Ok(()) }
            }
        }
    }
}
