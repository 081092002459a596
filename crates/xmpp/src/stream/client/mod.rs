//! One stream, the client's end: for tracing, benchmarks and tests.
//!
//! Strict about what it sends and easy about what it gets: servers differ in what they put into features and
//! in how they end an authentication.

mod config;
mod handshake;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use config::{Authzid, ClientConfig, ClientError, MechanismChoice, SessionRequest};

use super::{Output, StreamError};
use crate::sasl::Mechanism;
use crate::{Element, FullJid, Limits, ns};
use handshake::{Handshake, Progress};

/// One stream to a server, from our `<open/>` to the end.
pub struct ClientStream {
    outputs: VecDeque<Output<ClientEvent>>,
    limits: Limits,
    step_timeout: Duration,
    state: State,
}

enum State {
    Handshake(Box<Handshake>),
    Established,
    /// Our `<close/>` is out.
    ExpectClose {
        deadline: Instant,
    },
    Ended,
}

/// What a client learns from its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The server opened its stream; twice in a login.
    Opened {
        /// The stream's id.
        id: String,
    },
    /// What the server offers, before and after authentication.
    Features(Element),
    /// Our credentials are on their way.
    Authenticating {
        /// How.
        mechanism: Mechanism,
    },
    /// The server accepted them and, with SCRAM, proved that it knows them.
    Authenticated,
    /// Logged in: stanzas may be sent.
    Bound(FullJid),
    /// Any other element the server sent.
    Element(Element),
    /// The stream is over, not as wished.
    Failed(ClientError),
    /// The server closed the stream.
    Closed {
        /// Where to go instead (RFC 7395 §3.6.1).
        see_other_uri: Option<String>,
    },
}

impl ClientStream {
    /// Starts a stream; the first output is our `<open/>`.
    ///
    /// - `entropy`: random; the SCRAM nonce derives from it.
    pub fn new(config: ClientConfig, entropy: [u8; 32], now: Instant) -> Self {
        let (limits, step_timeout) = (config.limits, config.step_timeout);
        let mut outputs = VecDeque::new();
        let handshake = Handshake::start(config, entropy, now, &mut outputs);
        Self { outputs, limits, step_timeout, state: State::Handshake(Box::new(handshake)) }
    }

    /// Takes one text message of the server.
    pub fn handle_message(&mut self, text: &str, now: Instant) {
        self.handle_timeout(now);
        if matches!(self.state, State::Ended) {
            return;
        }
        let element = match Element::parse(text, &self.limits) {
            Ok(element) => element,
            Err(error) => {
                let answer = StreamError::new(error.condition(), error.to_string());
                return self.fail(error.into(), Some(&answer));
            }
        };
        if element.is("close", ns::FRAMING) {
            let see_other_uri = element.attribute("see-other-uri").map(str::to_owned);
            return self.finish(ClientEvent::Closed { see_other_uri }, None);
        }
        if element.is("error", ns::STREAMS) {
            return self.fail(StreamError::from_element(&element).into(), None);
        }
        let State::Handshake(handshake) = &mut self.state else {
            self.outputs.push_back(Output::Event(ClientEvent::Element(element)));
            return;
        };
        match handshake.handle(element, now, &mut self.outputs) {
            Ok(Progress::Waiting) => {}
            Ok(Progress::Bound(jid)) => {
                self.state = State::Established;
                self.outputs.push_back(Output::Event(ClientEvent::Bound(jid)));
            }
            Err(error) => self.fail(error, None),
        }
    }

    /// Gives up on a server that is too slow.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.next_timeout().is_none_or(|deadline| deadline > now) {
            return;
        }
        let expected = match &self.state {
            State::Handshake(handshake) => handshake.expects(),
            _ => "<close/>",
        };
        self.fail(ClientError::Timeout { expected }, None);
    }

    /// When to call [`ClientStream::handle_timeout`].
    pub fn next_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Handshake(handshake) => Some(handshake.deadline()),
            State::ExpectClose { deadline } => Some(*deadline),
            State::Established | State::Ended => None,
        }
    }

    /// The next thing to do. Call until it returns none.
    pub fn poll_output(&mut self) -> Option<Output<ClientEvent>> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            self.outputs = VecDeque::new();
        }
        output
    }

    /// Sends a stanza. Ignored unless the stream is bound and not being closed.
    pub fn send(&mut self, stanza: &Element) {
        if matches!(self.state, State::Established) {
            self.outputs.push_back(Output::Frame(stanza.to_xml()));
        }
    }

    /// Closes the stream and waits for the server to do the same; until then its elements are still emitted.
    pub fn close(&mut self, now: Instant) {
        if matches!(self.state, State::Handshake(_) | State::Established) {
            self.push_close();
            self.state = State::ExpectClose { deadline: now + self.step_timeout };
        }
    }

    /// Whether a resource is bound and the stream is not being closed.
    pub fn is_bound(&self) -> bool {
        matches!(self.state, State::Established)
    }

    fn fail(&mut self, error: ClientError, answer: Option<&StreamError>) {
        self.finish(ClientEvent::Failed(error), answer);
    }

    fn finish(&mut self, event: ClientEvent, answer: Option<&StreamError>) {
        self.outputs.push_back(Output::Event(event));
        if !matches!(self.state, State::ExpectClose { .. }) {
            if let Some(answer) = answer {
                self.outputs.push_back(Output::Frame(answer.to_element().to_xml()));
            }
            self.push_close();
        }
        self.outputs.push_back(Output::Close);
        self.state = State::Ended;
    }

    fn push_close(&mut self) {
        self.outputs.push_back(Output::Frame(Element::new("close", ns::FRAMING).to_xml()));
    }
}
