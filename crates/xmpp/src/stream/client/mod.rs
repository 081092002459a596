//! One stream, the client's end: for tracing, benchmarks and tests.
//!
//! Strict about what it sends and easy about what it gets: servers differ in what they put into features and
//! in how they end an authentication.

mod config;
mod handshake;
mod management;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use config::{Authzid, ClientConfig, ClientError, MechanismChoice, SessionRequest};
pub use management::{ManagementChoice, Suspended};

use super::management::{Nonza, Resumption};
use super::{Output, StreamError};
use crate::sasl::Mechanism;
use crate::{Element, FullJid, Limits, ns};
use handshake::{Handshake, Progress};
use management::{Managed, Reaction};

/// One stream to a server, from our `<open/>` to the end.
pub struct ClientStream {
    outputs: VecDeque<Output<ClientEvent>>,
    limits: Limits,
    step_timeout: Duration,
    state: State,
    jid: Option<FullJid>,
    /// From our `<enable/>` on.
    managed: Option<Box<Managed>>,
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
    /// The stream is managed from now on.
    Managed {
        /// How the session can be resumed, if it can.
        resumption: Option<Resumption>,
    },
    /// The session goes on: [`ClientEvent::Bound`] follows with the address it has had, and what the server had not
    /// handled has been sent again.
    Resumed,
    /// The session is gone; a new one is being bound.
    ResumeFailed {
        /// How many stanzas the server says it handled.
        h: Option<u32>,
        /// Those it has not, as far as that can be told, oldest first. Sending them again is up to the caller.
        unhandled: Vec<String>,
    },
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
        let state = State::Handshake(Box::new(handshake));
        Self { outputs, limits, step_timeout, state, jid: None, managed: None }
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
        let State::Handshake(handshake) = &mut self.state else { return self.established(element) };
        match handshake.handle(element, now, &mut self.outputs) {
            Ok(Progress::Waiting) => {}
            Ok(Progress::Bound(jid)) => {
                let wants_management = handshake.wants_management();
                self.bound(jid);
                if wants_management {
                    self.managed = Some(Box::default());
                    self.say(&Nonza::Enable { resume: true, max: None }.to_element());
                }
            }
            Ok(Progress::Resumed { jid, mut managed, h }) => match managed.resumed(h) {
                Ok(again) => {
                    self.managed = Some(managed);
                    self.outputs.push_back(Output::Event(ClientEvent::Resumed));
                    self.bound(jid);
                    self.outputs.extend(again.into_iter().map(Output::Frame));
                }
                Err(wrong) => self.fail(StreamError::from(wrong).into(), Some(&wrong.into())),
            },
            Err(error) => self.fail(error, None),
        }
    }

    fn bound(&mut self, jid: FullJid) {
        self.state = State::Established;
        self.jid = Some(jid.clone());
        self.outputs.push_back(Output::Event(ClientEvent::Bound(jid)));
    }

    fn established(&mut self, element: Element) {
        if let Some(managed) = &mut self.managed {
            if element.ns() == ns::STREAM_MANAGEMENT
                && let Some(reaction) = managed.handle(&element)
            {
                return self.react(reaction);
            }
            if matches!((element.ns(), element.name()), (ns::CLIENT, "message" | "presence" | "iq")) {
                managed.received();
            }
        }
        self.outputs.push_back(Output::Event(ClientEvent::Element(element)));
    }

    fn react(&mut self, reaction: Reaction) {
        match reaction {
            Reaction::Nothing => {}
            Reaction::Send(nonza) => self.say(&nonza.to_element()),
            Reaction::Enabled(resumption) => {
                self.outputs.push_back(Output::Event(ClientEvent::Managed { resumption }));
            }
            // It goes on as it would without.
            Reaction::Refused => self.managed = None,
            Reaction::Wrong(wrong) => self.fail(StreamError::from(wrong).into(), Some(&wrong.into())),
        }
    }

    /// Takes the session away from a stream whose connection is lost, so that another stream can go on with it
    /// ([`ManagementChoice::Resume`]). None if the server can't resume it.
    pub fn suspend(&mut self) -> Option<Suspended> {
        let managed = *self.managed.take()?;
        self.state = State::Ended;
        let id = managed.resumption.as_ref()?.id.clone();
        Some(Suspended { jid: self.jid.clone()?, id, managed })
    }

    /// Asks the server how many stanzas it has handled.
    pub fn request_answer(&mut self) {
        if self.managed.is_some() && self.is_bound() {
            self.say(&Nonza::Request.to_element());
        }
    }

    /// How many stanzas were sent and are not acknowledged.
    pub fn outstanding(&self) -> u32 {
        self.managed.as_ref().map_or(0, |managed| managed.outstanding())
    }

    /// Sends something that is not a stanza.
    fn say(&mut self, nonza: &Element) {
        self.outputs.push_back(Output::Frame(nonza.to_xml()));
    }

    /// Says whether anybody looks (XEP-0352). Ignored unless the stream is bound.
    pub fn set_client_state(&mut self, state: super::ClientState) {
        if self.is_bound() {
            let name = match state {
                super::ClientState::Active => "active",
                super::ClientState::Inactive => "inactive",
            };
            self.say(&Element::new(name, ns::CLIENT_STATE));
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
        let error = ClientEvent::Failed(ClientError::Timeout { expected });
        match &self.state {
            // The session may go on at the other end, where `<close/>` would end it (XEP-0198 §5).
            State::Handshake(handshake) if handshake.is_resuming() => {
                self.outputs.extend([Output::Event(error), Output::Close]);
                self.state = State::Ended;
            }
            _ => self.finish(error, None),
        }
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
            let xml = stanza.to_xml();
            let asks = self.managed.as_mut().is_some_and(|managed| managed.sent(&xml));
            self.outputs.push_back(Output::Frame(xml));
            if asks {
                self.request_answer();
            }
        }
    }

    /// Closes the stream and waits for the server to do the same; until then its elements are still emitted.
    pub fn close(&mut self, now: Instant) {
        if matches!(self.state, State::Handshake(_) | State::Established) {
            // A session that is left in good order is over (§5).
            self.managed = None;
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
