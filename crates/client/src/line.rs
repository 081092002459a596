//! A line: a logged-in stream over a WebSocket, driven for a caller that wants to talk and to watch.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, timeout};
use xmpp::{
    Condition, Element, FullJid, IqType, Stanza, StanzaError, StanzaKind, ns,
    stream::{ClientConfig, ClientEvent, ClientStream, Output, Suspended},
};

use crate::{
    connect::Connector,
    error::Error,
    event::{Clock, Detail, Direction, Event, Frame, Observer},
    stage::Stage,
    transport::Transport,
    url::LineUrl,
};

/// A bound stream.
///
/// Whatever the caller waits for, everything that arrives is seen by the observer at once, requests of the server
/// are answered, and other stanzas wait in a bounded inbox for [`Line::next`].
pub struct Line {
    transport: Transport,
    stream: ClientStream,
    clock: Clock,
    observer: Box<dyn Observer>,
    jid: Option<FullJid>,
    domain: String,
    stage: Stage,
    stage_started: Instant,
    mechanism: &'static str,
    inbox: VecDeque<Element>,
    /// How many of these arrived before the answer that was last waited for.
    earlier: usize,
    continuity: Continuity,
    /// The server has answered our wish for stream management.
    can_be_resumed: Option<bool>,
    request_count: u64,
    step_timeout: Duration,
    /// Why the line is over, until somebody has been told: a caller that stops waiting must not miss it.
    failure: Option<Error>,
}

/// What a line that asked to go on with a session has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// A new session: none was asked for, or the server knows nothing of stream management.
    New,
    /// The session goes on; nothing is lost.
    Resumed,
    /// A new session, because the other one is not there any more.
    Lost {
        /// Stanzas that the server has not handled, as far as that can be told, oldest first.
        unhandled: Vec<String>,
    },
}

/// A subscription that the service confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The node.
    pub node: String,
    /// The state, `subscribed` unless the service said otherwise (`pending`, `unconfigured`).
    pub state: String,
    /// The service's id for it, where it gives one.
    pub subid: Option<String>,
}

/// Why a request on a line has no result.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The answer is an error; the line goes on.
    #[error("{}{}", .0.condition.name(), .0.text.as_deref().map_or(String::new(), |t| format!(" \"{t}\"")))]
    Refused(StanzaError),
    /// No answer in time; the line goes on.
    #[error("no answer within {}", crate::error::seconds(*after))]
    Unanswered {
        /// How long it was given.
        after: Duration,
    },
    /// The line is gone.
    #[error(transparent)]
    Line(#[from] Error),
}

impl Line {
    /// Connects, upgrades, authenticates and binds. The observer hears of every step.
    ///
    /// - `config`: its `step_timeout` is replaced by the connector's, its `channel` by what the connection gives.
    ///
    /// # Errors
    ///
    /// The first thing that failed; see [`Error`].
    pub async fn open(
        connector: &Connector,
        url: &LineUrl,
        mut config: ClientConfig,
        mut observer: Box<dyn Observer>,
    ) -> Result<Line, Error> {
        let clock = Clock::start();
        let mut transport = Transport::connect(connector, url, None, clock, &mut *observer).await?;
        config.channel = std::mem::take(&mut transport.bindings);
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(|_| Error::NoRandomness)?;
        config.step_timeout = connector.step_timeout();
        let domain = config.domain.clone();
        let now = Instant::now();
        let mut line = Line {
            transport,
            stream: ClientStream::new(config, entropy, now.into_std()),
            clock,
            observer,
            jid: None,
            domain,
            stage: Stage::Stream,
            stage_started: now,
            mechanism: "",
            inbox: VecDeque::new(),
            earlier: 0,
            continuity: Continuity::New,
            can_be_resumed: None,
            request_count: 0,
            step_timeout: connector.step_timeout(),
            failure: None,
        };
        line.drain().await?;
        while line.jid.is_none() {
            line.advance().await?;
        }
        Ok(line)
    }

    /// The address the server gave this line.
    pub fn jid(&self) -> &FullJid {
        self.jid.as_ref().expect("a line is only handed out once it is bound")
    }

    /// What became of the session that was asked for with
    /// [`ManagementChoice::Resume`](xmpp::stream::ManagementChoice::Resume).
    pub fn continuity(&self) -> &Continuity {
        &self.continuity
    }

    /// Waits until the server has said whether the session can be resumed. Only for a line that asked for stream management
    /// from a server that offers it; any other waits for a line's end.
    ///
    /// # Errors
    ///
    /// The line is gone.
    pub async fn can_be_resumed(&mut self) -> Result<bool, Error> {
        loop {
            if let Some(can_be_resumed) = self.can_be_resumed {
                return Ok(can_be_resumed);
            }
            self.advance().await?;
        }
    }

    /// Gives up the connection without a goodbye and keeps what another line needs to go on with the session. None if it
    /// can't be resumed.
    pub fn suspend(mut self) -> Option<Suspended> {
        self.stream.suspend()
    }

    /// Time since the line was begun.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Names what the caller is at, for the errors of a line that breaks meanwhile.
    pub fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.stage_started = Instant::now();
    }

    /// Sends one stanza.
    ///
    /// # Errors
    ///
    /// The line is gone.
    pub async fn send(&mut self, stanza: &Element) -> Result<(), Error> {
        self.stream.send(stanza);
        self.drain().await
    }

    /// Sends available presence, after which messages to the bare JID arrive too (RFC 6121 §4.2.1).
    ///
    /// # Errors
    ///
    /// The line is gone.
    pub async fn present(&mut self, priority: i8) -> Result<(), Error> {
        let priority = Element::new("priority", ns::CLIENT).with_text(priority.to_string());
        self.send(&Element::new("presence", ns::CLIENT).with_child(priority)).await
    }

    /// Sends a request and waits for its answer.
    ///
    /// - `kind`: `get` or `set`.
    /// - `to`: who is asked; `None` is one's own account.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn request(
        &mut self,
        kind: IqType,
        to: Option<&str>,
        payload: Element,
    ) -> Result<Option<Element>, RequestError> {
        self.request_count += 1;
        let id = format!("r{}", self.request_count);
        let kind = if kind == IqType::Set { "set" } else { "get" };
        let mut iq = Element::new("iq", ns::CLIENT).with_attribute("type", kind).with_attribute("id", &id);
        if let Some(to) = to {
            iq.set_attribute("to", to);
        }
        self.send(&iq.with_child(payload)).await?;
        let after = self.step_timeout;
        let answer =
            timeout(after, self.answer(&id, to)).await.map_err(|_| RequestError::Unanswered { after })??;
        if answer.attribute("type") == Some("error") {
            let undefined = || StanzaError::new(Condition::UndefinedCondition);
            let error = answer.child("error", ns::CLIENT).map_or_else(undefined, StanzaError::from_element);
            return Err(RequestError::Refused(error));
        }
        Ok(answer.first_element().cloned())
    }

    /// Waits for the answer with this id from the one who was asked; everything else stays in the inbox.
    async fn answer(&mut self, id: &str, to: Option<&str>) -> Result<Element, Error> {
        let mut looked_at = 0;
        loop {
            while let Some(element) = self.inbox.get(looked_at) {
                if is_answer(element, id) && self.is_from(element, to) {
                    self.earlier = looked_at;
                    return Ok(self.inbox.remove(looked_at).expect("it was there a line ago"));
                }
                looked_at += 1;
            }
            self.advance().await?;
        }
    }

    /// Takes what arrived before the answer to the last request.
    pub(crate) fn take_earlier(&mut self) -> Vec<Element> {
        let earlier = std::mem::take(&mut self.earlier).min(self.inbox.len());
        self.inbox.drain(..earlier).collect()
    }

    /// Subscribes this line's full JID to a node of `service`, so that the subscription concerns nobody else's
    /// session.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn subscribe(&mut self, service: &str, node: &str) -> Result<Subscription, RequestError> {
        let subscribe = Element::new("subscribe", ns::PUBSUB)
            .with_attribute("node", node)
            .with_attribute("jid", self.jid().to_string());
        let pubsub = Element::new("pubsub", ns::PUBSUB).with_child(subscribe);
        let result = self.request(IqType::Set, Some(service), pubsub).await?;
        let confirmed = result.as_ref().and_then(|pubsub| pubsub.child("subscription", ns::PUBSUB));
        let attribute = |name| confirmed.and_then(|c| c.attribute(name)).map(ToOwned::to_owned);
        Ok(Subscription {
            node: node.to_owned(),
            state: attribute("subscription").unwrap_or_else(|| "subscribed".to_owned()),
            subid: attribute("subid"),
        })
    }

    /// Ends a subscription made by [`Line::subscribe`].
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn unsubscribe(
        &mut self,
        service: &str,
        subscription: &Subscription,
    ) -> Result<(), RequestError> {
        let mut unsubscribe = Element::new("unsubscribe", ns::PUBSUB)
            .with_attribute("node", &subscription.node)
            .with_attribute("jid", self.jid().to_string());
        if let Some(subid) = &subscription.subid {
            unsubscribe.set_attribute("subid", subid);
        }
        let pubsub = Element::new("pubsub", ns::PUBSUB).with_child(unsubscribe);
        self.request(IqType::Set, Some(service), pubsub).await.map(|_| ())
    }

    /// Asks the server for a sign of life (XEP-0199) and measures the round trip.
    ///
    /// # Errors
    ///
    /// See [`RequestError`]; a [`RequestError::Refused`] is a sign of life, too.
    pub async fn ping(&mut self) -> Result<Duration, RequestError> {
        let domain = self.domain.clone();
        let started = Instant::now();
        self.request(IqType::Get, Some(&domain), Element::new("ping", ns::PING)).await?;
        Ok(started.elapsed())
    }

    /// The next stanza that is not an answer somebody waited for. May be dropped while waiting.
    ///
    /// # Errors
    ///
    /// The line is gone.
    pub async fn next(&mut self) -> Result<Element, Error> {
        loop {
            if let Some(element) = self.inbox.pop_front() {
                return Ok(element);
            }
            self.advance().await?;
        }
    }

    /// Leaves in good order: unavailable presence, `<close/>` both ways, the WebSocket closing handshake.
    ///
    /// # Errors
    ///
    /// The server did not play its part; the line is gone all the same.
    pub async fn close(mut self) -> Result<(), Error> {
        self.enter(Stage::Close);
        self.send(&Element::new("presence", ns::CLIENT).with_attribute("type", "unavailable")).await?;
        self.stream.close(Instant::now().into_std());
        let outcome = async {
            self.drain().await?;
            loop {
                self.advance().await?;
                self.inbox.clear();
            }
        };
        let outcome: Result<(), Error> = outcome.await;
        match outcome {
            Err(Error::StreamClosed { .. }) => Ok(()),
            // The server skipped <close/> and closed the WebSocket, as several do.
            Err(Error::WsClosed { code: Some(1000), .. }) => Ok(()),
            other => other,
        }
    }

    /// Takes one message of the server, or one timeout.
    async fn advance(&mut self) -> Result<(), Error> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        let deadline = self.stream.next_timeout().map(Instant::from_std);
        let receive = self.transport.receive(self.stage, &mut *self.observer);
        let message = match deadline {
            None => Some(receive.await?),
            Some(deadline) => match tokio::time::timeout_at(deadline, receive).await {
                Ok(message) => Some(message?),
                Err(_) => None,
            },
        };
        match message {
            Some(text) => {
                let at = self.clock.elapsed();
                self.observer.observe(Event::Frame(Frame {
                    direction: Direction::Received,
                    at,
                    text: &text,
                }));
                self.stream.handle_message(&text, Instant::now().into_std());
            }
            None => self.stream.handle_timeout(Instant::now().into_std()),
        }
        self.drain().await
    }

    /// Does everything the stream wants done.
    async fn drain(&mut self) -> Result<(), Error> {
        while let Some(output) = self.stream.poll_output() {
            match output {
                Output::Frame(text) => {
                    let at = self.clock.elapsed();
                    self.observer.observe(Event::Frame(Frame {
                        direction: Direction::Sent,
                        at,
                        text: &text,
                    }));
                    if let Err(error) = self.transport.queue(self.stage, text) {
                        self.failure.get_or_insert(error);
                    }
                }
                Output::Event(event) => {
                    if let Err(error) = self.on_event(event) {
                        self.failure.get_or_insert(error);
                    }
                }
                Output::Close => {
                    self.transport.closed_already(&mut *self.observer);
                    self.transport.close(&mut *self.observer).await;
                }
            }
        }
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.transport.flush(self.stage).await,
        }
    }

    fn on_event(&mut self, event: ClientEvent) -> Result<(), Error> {
        match event {
            ClientEvent::Opened { .. } => {}
            ClientEvent::Features(features) => {
                if self.stage == Stage::Stream {
                    self.pass(Detail::Opened { features });
                    self.enter(Stage::Sasl);
                }
            }
            ClientEvent::Authenticating { mechanism } => self.mechanism = mechanism.name(),
            ClientEvent::Authenticated => {
                self.pass(Detail::Authenticated { mechanism: self.mechanism });
                self.enter(Stage::Bind);
            }
            ClientEvent::Bound(jid) => {
                self.pass(Detail::Bound { jid: jid.clone() });
                self.jid = Some(jid);
                self.enter(Stage::Steady);
            }
            ClientEvent::Managed { resumption } => self.can_be_resumed = Some(resumption.is_some()),
            ClientEvent::Resumed => {
                self.continuity = Continuity::Resumed;
                self.can_be_resumed = Some(true);
            }
            ClientEvent::ResumeFailed { unhandled, .. } => self.continuity = Continuity::Lost { unhandled },
            ClientEvent::Element(element) => self.take(element)?,
            ClientEvent::Closed { see_other_uri } => {
                return Err(Error::StreamClosed { stage: self.stage, see_other: see_other_uri });
            }
            ClientEvent::Failed(error) => {
                return Err(Error::from_stream(error, self.stage, self.step_timeout));
            }
        }
        Ok(())
    }

    /// Another entity must not be able to answer in the name of the one who was asked. One's own account and
    /// server may leave `from` out (RFC 6120 §8.1.2.1); the server stamps everybody else.
    fn is_from(&self, element: &Element, to: Option<&str>) -> bool {
        match (element.attribute("from"), to) {
            (None, _) => true,
            (Some(from), Some(to)) => from.eq_ignore_ascii_case(to),
            (Some(from), None) => {
                from.eq_ignore_ascii_case(&self.domain)
                    || self
                        .jid
                        .as_ref()
                        .is_some_and(|jid| from == jid.to_bare().as_str() || from == jid.as_str())
            }
        }
    }

    fn pass(&mut self, detail: Detail) {
        self.clock.step(&mut *self.observer, self.stage, self.stage_started, detail);
    }

    /// Every request of a peer gets exactly one answer (RFC 6120 §8.2.3); the rest waits for the caller.
    fn take(&mut self, element: Element) -> Result<(), Error> {
        if element.is("iq", ns::CLIENT) && matches!(element.attribute("type"), Some("get" | "set")) {
            if let Ok(stanza) = Stanza::from_element(element) {
                let answer = match (stanza.kind, stanza.payload()) {
                    (StanzaKind::Iq(IqType::Get), Some(payload)) if payload.is("ping", ns::PING) => {
                        stanza.result(None)
                    }
                    _ => stanza.error(StanzaError::new(Condition::ServiceUnavailable)),
                };
                self.stream.send(&answer);
            }
            return Ok(());
        }
        if self.inbox.len() >= INBOX_MAX {
            return Err(Error::InboxFull { max: INBOX_MAX });
        }
        self.inbox.push_back(element);
        Ok(())
    }
}

fn is_answer(element: &Element, id: &str) -> bool {
    element.is("iq", ns::CLIENT)
        && element.attribute("id") == Some(id)
        && matches!(element.attribute("type"), Some("result" | "error"))
}

/// Stanzas that may wait for the caller of [`Line::next`].
const INBOX_MAX: usize = 10_000;
