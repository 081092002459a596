//! From the stream to everybody else.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;

use xmpp::stream::{Output, StreamEvent};

use super::Session;
use super::closing::Reason;
use crate::hub::{HubHandle, Request, Sender};
use crate::outbox::Outgoing;

/// Requests that the hub has had no room for, in order. One read's worth at most.
pub(super) struct Backlog {
    hub: HubHandle,
    /// The first one, on its way.
    sending: Pin<Box<dyn Future<Output = ()> + Send>>,
    waiting: VecDeque<Request>,
}

impl Backlog {
    fn new(hub: HubHandle, request: Request) -> Backlog {
        Backlog { sending: send(&hub, request), hub, waiting: VecDeque::new() }
    }

    /// True if everything has been sent.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        while self.sending.as_mut().poll(cx).is_ready() {
            match self.waiting.pop_front() {
                Some(request) => self.sending = send(&self.hub, request),
                None => return true,
            }
        }
        false
    }

    /// Sends the rest when the session itself is gone.
    pub(super) async fn finish(self: Box<Self>) {
        self.sending.await;
        for request in self.waiting {
            self.hub.send(request).await;
        }
    }
}

fn send(hub: &HubHandle, request: Request) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let hub = hub.clone();
    Box::pin(async move { hub.send(request).await })
}

impl Session {
    pub(super) fn poll_backlog(&mut self, cx: &mut Context<'_>) {
        if let Some(backlog) = &mut self.backlog
            && backlog.poll(cx)
        {
            self.backlog = None;
        }
    }

    /// Does what the stream wants; its frames go to the outbox, behind what waits there.
    pub(super) fn pump_to_outbox(&mut self, now: Instant) {
        self.pump(now, |session, frame| session.outbox.push(Outgoing::Frame(frame.into())));
    }

    /// Does what the stream wants; its frames go out next, in the place of what was taken from the outbox.
    pub(super) fn pump_to_writer(&mut self, now: Instant) {
        self.pump(now, |session, frame| session.writer.text(frame));
    }

    fn pump(&mut self, now: Instant, send: impl Fn(&mut Session, String)) {
        while let Some(output) = self.stream.poll_output() {
            match output {
                Output::Frame(frame) => send(self, frame),
                Output::Event(event) => self.event(event, now),
                Output::Close => self.stream_closed(),
            }
        }
        self.decoder.set_message_bytes_max(self.stream.message_bytes_max());
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
            StreamEvent::Stanza(stanza) => {
                if let Some(session) = self.session {
                    self.tell_hub(Request::Stanza { session, stanza: Box::new(stanza) });
                }
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
                self.shared.hub.metrics().acknowledgements_missed.add();
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
            // Not on a WebSocket.
            StreamEvent::Restart | StreamEvent::StartTls | StreamEvent::Opened { .. } => {}
        }
    }

    /// Tells the hub something that only counts while this is the session's connection.
    fn tell_hub_as_sender(&mut self, request: impl FnOnce(Sender) -> Request) {
        if let Some(session) = self.session {
            self.tell_hub(request(Sender { session, attachment: self.outbox.number() }));
        }
    }

    /// Tells the hub, now or when it has room. Never loses a request and never changes their order.
    fn tell_hub(&mut self, request: Request) {
        match &mut self.backlog {
            Some(backlog) => backlog.waiting.push_back(request),
            None => {
                if let Err(request) = self.shared.hub.offer(request) {
                    self.backlog = Some(Box::new(Backlog::new(self.shared.hub.clone(), request)));
                    self.is_to_be_polled_again = true;
                }
            }
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
