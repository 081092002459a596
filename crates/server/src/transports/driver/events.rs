//! From the stream to everybody else.

use std::sync::Arc;
use std::time::Instant;

use xmpp::stream::{Output, StreamEvent, StreamLimit};

use super::{Driver, Reason, Sink};
use crate::hub::{Request, Sender};
use crate::metrics::Limit;
use crate::outbox::Outgoing;

impl Driver {
    /// Does what the stream wants; its frames go to the outbox, behind what waits there.
    pub(in crate::transports) fn pump(&mut self, now: Instant) {
        while let Some(output) = self.stream.poll_output() {
            match output {
                Output::Frame(frame) => self.outbox.push(Outgoing::Frame(frame.into())),
                Output::Event(event) => self.event(event, now),
                Output::Close => self.closed(),
            }
        }
    }

    /// Does what the stream wants; its frames go out next, in the place of what was taken from the outbox.
    pub(super) fn pump_to(&mut self, sink: &mut impl Sink, now: Instant) {
        while let Some(output) = self.stream.poll_output() {
            match output {
                Output::Frame(frame) => sink.element(frame),
                Output::Event(event) => self.event(event, now),
                Output::Close => self.closed(),
            }
        }
    }

    /// The stream is over and all it had to say is in the outbox.
    fn closed(&mut self) {
        self.signals.is_closed = true;
        self.leave();
    }

    fn event(&mut self, event: StreamEvent, now: Instant) {
        match event {
            StreamEvent::CheckPassword { username, password } => self.check_password(username, password, now),
            StreamEvent::CheckToken { username, token } => self.check_token(username, token),
            StreamEvent::CheckUser { username } => self.check_user(&username, now),
            StreamEvent::FindScramKeys { username, hash } => self.find_scram_keys(&username, hash, now),
            StreamEvent::Authenticated { user, mechanism } => self.was_authenticated(&user, mechanism, now),
            StreamEvent::AuthenticationFailed { username, condition } => {
                self.was_not_authenticated(username.as_deref(), condition, now);
            }
            StreamEvent::Bind { user, resource, generated } => {
                self.is_in_hub = true;
                let outbox = Arc::clone(self.outbox.outbox());
                self.tell_hub(Request::Bind { outbox, user, resource, generated });
            }
            StreamEvent::Stanza(stanza) if self.ignores(&stanza) => {}
            StreamEvent::Stanza(stanza) => {
                if let Some(session) = self.session {
                    self.tell_hub(Request::Stanza { session, stanza: Box::new(stanza) });
                }
            }
            // It has been handled, as far as stream management goes.
            StreamEvent::Counted { stanza, received } if self.ignores(&stanza) => {
                self.tell_hub_as_sender(|from| Request::Answered { from, reply: None, received });
            }
            StreamEvent::Counted { stanza, received } => {
                let stanza = Box::new(stanza);
                self.tell_hub_as_sender(|from| Request::Counted { from, stanza, received });
            }
            StreamEvent::Answered { reply, received } => {
                self.tell_hub_as_sender(|from| Request::Answered { from, reply, received });
            }
            StreamEvent::Enable { resume, max } => {
                self.tell_hub_as_sender(|from| Request::Enable { from, resume, max });
            }
            StreamEvent::AnswerRequested { received } => {
                self.tell_hub_as_sender(|from| Request::AnswerRequested { from, received });
            }
            StreamEvent::Acknowledged { h } => match self.outbox.acknowledge(h) {
                Ok(outstanding) => self.stream.acknowledged(outstanding, now),
                Err(wrong) => self.stream.handled_count_too_high(wrong),
            },
            StreamEvent::Resume { user, previd, h } => {
                self.is_in_hub = true;
                let outbox = Arc::clone(self.outbox.outbox());
                self.tell_hub(Request::Resume { outbox, user, previd, h });
            }
            StreamEvent::ClientState(state) => self.outbox.set_client_state(state),
            StreamEvent::Unresponsive => {
                self.backend.hub.metrics().acknowledgements_missed.add();
                self.note(Reason::Unresponsive);
            }
            // While a session is being asked for, it is not this stream's to end.
            StreamEvent::Closed => {
                self.is_over = self.session.is_some();
                self.note(Reason::Closed);
            }
            StreamEvent::Failed(error) => {
                self.is_over = self.session.is_some();
                self.note(Reason::Stream(error));
            }
            StreamEvent::LimitReached(limit) => self.limit_reached(limit),
            StreamEvent::Restart => self.signals.is_restarted = true,
            StreamEvent::StartTls => self.signals.starts_tls = true,
            StreamEvent::Opened { id } => self.signals.opened = Some(Box::new(id)),
        }
    }

    pub(in crate::transports) fn limit_reached(&self, limit: StreamLimit) {
        self.backend.hub.metrics().reached(match limit {
            StreamLimit::OpenTimeout => Limit::OpenTimeout,
            StreamLimit::AuthTimeout => Limit::AuthTimeout,
            StreamLimit::AuthenticationAttempts => Limit::AuthenticationAttempts,
            StreamLimit::MessageBytesBeforeAuth => Limit::MessageBytesBeforeAuth,
            StreamLimit::MessageBytes => Limit::MessageBytes,
        });
    }

    /// Tells the hub something that only counts while this is the session's connection.
    fn tell_hub_as_sender(&mut self, request: impl FnOnce(Sender) -> Request) {
        if let Some(session) = self.session {
            self.tell_hub(request(Sender { session, attachment: self.outbox.number() }));
        }
    }

    pub(super) fn leave_hub(&mut self) {
        if self.is_in_hub {
            self.is_in_hub = false;
            let outbox = Arc::clone(self.outbox.outbox());
            let (attachment, is_over) = (self.outbox.number(), self.is_over);
            self.tell_hub(Request::Ended { outbox, attachment, is_over });
        }
    }
}
