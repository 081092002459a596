//! From the outbox to whatever carries the stream.

use std::cell::RefCell;
use std::mem;
use std::task::Waker;
use std::time::Instant;

use xmpp::stream::Framing;
use xmpp::{StreamCondition, StreamError};

use super::{Driver, Reason, Sink};
use crate::outbox::{Outgoing, Resumed, Taken};

thread_local! {
    /// What is taken from an outbox at a time.
    static BATCH: RefCell<Vec<Outgoing>> = const { RefCell::new(Vec::new()) };
}

impl Driver {
    /// Hands over what is next. True if the outbox is empty now; then `waker` is woken when it is not.
    pub(in crate::transports) fn take(&mut self, sink: &mut impl Sink, waker: &Waker, now: Instant) -> bool {
        let mut batch = BATCH.take();
        let Taken { is_emptied, stanzas } = self.outbox.take(&mut batch, waker);
        for entry in batch.drain(..) {
            if !self.has_closed {
                self.send(entry, sink, now);
            }
        }
        BATCH.set(batch);
        if stanzas > 0 {
            self.stream.sent(stanzas, now);
            self.pump_to(sink, now);
        }
        is_emptied
    }

    /// The stream's own frames go straight to the sink here, because what it is told comes from the outbox. If `<close/>`
    /// is among them, nothing may follow.
    fn speak(&mut self, sink: &mut impl Sink, now: Instant) {
        self.pump_to(sink, now);
        if self.stream.is_ended() {
            self.has_closed = true;
            self.outbox.discard(self.is_over);
        }
    }

    fn send(&mut self, entry: Outgoing, sink: &mut impl Sink, now: Instant) {
        match entry {
            Outgoing::Frame(element) => sink.element(element.into()),
            Outgoing::Stanza(element) => sink.element(element),
            Outgoing::Shared { stanza, to } => {
                if let Some(jid) = self.stream.jid() {
                    sink.shared(stanza, to, jid);
                }
            }
            Outgoing::Bound { session, jid } => {
                self.session = Some(session);
                tracing::info!(session = session.index, %jid, peer = %self.peer.address, "session opened");
                self.stream.bound(*jid, now);
                self.meet_faults();
                self.speak(sink, now);
            }
            Outgoing::BindRefused(error) => {
                tracing::info!(%error, peer = %self.peer.address, "bind refused");
                self.stream.bind_refused(*error, now);
                self.speak(sink, now);
            }
            Outgoing::Enabled(resumption) => {
                self.stream.enabled(resumption.map(|resumption| *resumption));
                self.speak(sink, now);
            }
            Outgoing::Resumed(resumed) => self.resumed(*resumed, sink, now),
            Outgoing::ResumeFailed { handled } => {
                self.stream.resume_failed(handled, now);
                self.speak(sink, now);
            }
            Outgoing::CountTooHigh(wrong) => {
                self.stream.handled_count_too_high(wrong);
                self.speak(sink, now);
            }
            Outgoing::Cut(how) => {
                self.note(Reason::Cut);
                self.has_closed = true;
                self.signals.cut = Some(how);
            }
            Outgoing::Interrupt(error) => self.end(*error, sink, now),
            Outgoing::End(error) => {
                self.is_over = true;
                self.end(*error, sink, now);
            }
        }
    }

    fn end(&mut self, error: StreamError, sink: &mut impl Sink, now: Instant) {
        if !self.stream.is_ended() {
            self.note(Reason::Ended(error.clone()));
            let config = &self.backend.config;
            let is_stop = error.condition == StreamCondition::SystemShutdown;
            match (self.stream.framing(), &config.web.see_other_uri, &config.tcp.see_other_host) {
                // RFC 7395 §3.6.1 has a place for it, where a host alone would not do.
                (Framing::WebSocket, ..) if web_socket_of(&error).is_some() => {
                    self.stream.end_with_redirect(web_socket_of(&error));
                }
                (Framing::WebSocket, Some(uri), _) if is_stop => self.stream.end_with_redirect(Some(uri)),
                (Framing::Tcp, _, Some(host)) if is_stop => {
                    self.stream.end(StreamError::see_other_host(host));
                }
                _ => self.stream.end(error),
            }
            self.speak(sink, now);
        }
    }

    /// Goes on with a session that another connection had, and with its mailbox.
    fn resumed(&mut self, resumed: Resumed, sink: &mut impl Sink, now: Instant) {
        if self.stream.is_ended() {
            // The hub has been told, and knows from the outbox that asked which session waits again.
            return;
        }
        let Resumed { attachment, session, jid, previd, handled } = resumed;
        tracing::info!(session = session.index, %jid, peer = %self.peer.address, "session resumed");
        let asking = mem::replace(&mut self.outbox, attachment);
        // From here on the end of this connection is the end of that attachment.
        let _ = asking.outbox().take_resuming();
        self.backend.streams.leave(self.key);
        self.key = self.backend.streams.enter(self.outbox.outbox(), self.stream.framing());
        self.stream.resumed(jid, previd, handled, now);
        if self.stream.jid().is_some() {
            self.session = Some(session);
        }
        self.meet_faults();
        self.speak(sink, now);
        // The mailbox has not been looked into yet.
        self.is_to_be_polled_again = true;
    }
}

/// Where the error sends its client, if that is a WebSocket.
fn web_socket_of(error: &StreamError) -> Option<&str> {
    let is_one = |host: &&str| host.starts_with("wss://") || host.starts_with("ws://");
    error.other_host.as_deref().filter(is_one)
}
