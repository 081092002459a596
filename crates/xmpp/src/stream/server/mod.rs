//! One stream, the server's end.
//!
//! The states of the handshake are in `handshake.rs` and the files it names; what comes after is in
//! `established.rs`. Once bound, a stream keeps nothing of its handshake: it is its JID and a pointer.

mod authentication;
mod binding;
mod channel;
mod config;
mod established;
mod framing;
mod handshake;
mod management;
mod opening;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

pub use channel::{Channel, StartTls};
pub use config::{Caps, StreamConfig};
pub use framing::Framing;
pub use management::{ClientState, ManagementConfig};

use super::management::{HandledCountTooHigh, Resumption};
use super::{Output, StreamCondition, StreamError};
use crate::sasl::{Mechanism, Password, SaslCondition, ScramHash, ScramKeys};
use crate::{BareJid, Element, FullJid, Limits, Stanza, StanzaError, XmlError, ns};
use established::Established;
use handshake::Handshake;
use management::{Due, Management};

/// One client's stream, from the first message to the last.
///
/// The driver hands in text messages, timeouts and the answers to events, and drains
/// [`ServerStream::poll_output`] after each. While an event waits for its answer, further messages are queued
/// (clients may send `<auth/>`, `<open/>` and the bind request in one go) up to
/// [`StreamConfig::queue_bytes_max`].
///
/// An answer that comes too late, after the stream has ended or moved on, is ignored.
pub struct ServerStream {
    config: Arc<StreamConfig>,
    outputs: VecDeque<Output>,
    state: State,
}

enum State {
    Handshake(Box<Handshake>),
    Established(Established),
    Ended,
}

/// What the driver must know or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Is this the user's password? Answer with [`ServerStream::authenticated`] or
    /// [`ServerStream::authentication_failed`].
    CheckPassword {
        /// The localpart of the user's JID, prepared.
        username: String,
        /// The password or token as sent.
        password: Password,
    },
    /// Is this token good, and whose is it? Answer with [`ServerStream::authenticated`] or
    /// [`ServerStream::authentication_failed`].
    CheckToken {
        /// The localpart of the user whom the client wants to be, prepared; none if it leaves that to the token.
        username: Option<String>,
        /// The token as sent.
        token: Password,
    },
    /// May this user log in? The certificate of [`Channel::certificate_users`] has told who it is. Answer with
    /// [`ServerStream::authenticated`] or [`ServerStream::authentication_failed`].
    CheckUser {
        /// The localpart of the user's JID, prepared.
        username: String,
    },
    /// Answer with [`ServerStream::scram_keys`]; for an unknown user with made-up keys that are the same
    /// each time, so that nobody can tell.
    FindScramKeys {
        /// The localpart of the user's JID, prepared.
        username: String,
        /// Keys for which hash.
        hash: ScramHash,
    },
    /// The client is who it says; nothing to answer.
    Authenticated {
        /// Who.
        user: BareJid,
        /// How.
        mechanism: Mechanism,
    },
    /// An attempt failed and the client was told; nothing to answer. Of use for logs and lock-out.
    AuthenticationFailed {
        /// The localpart, if the attempt got so far as to name one.
        username: Option<String>,
        /// What the client was told.
        condition: SaslCondition,
    },
    /// A resource is asked for. Answer with [`ServerStream::bound`] or [`ServerStream::bind_refused`].
    Bind {
        /// Whose.
        user: BareJid,
        /// The one the client wants, prepared.
        resource: Option<String>,
        /// An unguessable one to use when the client wants none.
        generated: String,
    },
    /// A stanza of the bound client: `from` stamped, shape checked.
    Stanza(Stanza),
    /// As [`StreamEvent::Stanza`], on a managed stream.
    Counted {
        /// The stanza.
        stanza: Stanza,
        /// How many stanzas were received with it, modulo 2^32.
        received: u32,
    },
    /// A stanza on a managed stream that needed nobody else. The reply is a stanza: it belongs where all others wait to be
    /// sent.
    Answered {
        /// One stand-alone element; none if there is nothing to say.
        reply: Option<String>,
        /// How many stanzas were received with it, modulo 2^32.
        received: u32,
    },
    /// The client wants its stream managed. Answer with [`ServerStream::enabled`].
    Enable {
        /// Whether it wants to be able to resume.
        resume: bool,
        /// For how many seconds at most.
        max: Option<u32>,
    },
    /// The client asks how many stanzas have been handled. Answer with [`Nonza::Answer`](super::Nonza::Answer) as soon as
    /// the stanzas up to this one are.
    AnswerRequested {
        /// How many were received.
        received: u32,
    },
    /// The client has handled so many stanzas. Answer with [`ServerStream::acknowledged`], or
    /// [`ServerStream::handled_count_too_high`].
    Acknowledged {
        /// The client's counter.
        h: u32,
    },
    /// An authenticated client wants to go on with a session. Answer with [`ServerStream::resumed`],
    /// [`ServerStream::resume_failed`] or [`ServerStream::handled_count_too_high`].
    Resume {
        /// Who asks. Somebody else's session is none.
        user: BareJid,
        /// Which session.
        previd: String,
        /// The client's counter.
        h: u32,
    },
    /// The client says whether anybody looks; nothing to answer.
    ClientState(ClientState),
    /// The stream ended because the client did not acknowledge what it was sent. The session may be resumed.
    Unresponsive,
    /// TCP only: the client's next bytes are a new root, because it has authenticated; nothing to answer.
    Restart,
    /// TCP only: send what is waiting, then go over to TLS and forget everything that has been read but not handled
    /// (RFC 6120 §5.4.3.3). Answer with [`ServerStream::set_channel`]; the client's new root follows.
    StartTls,
    /// BOSH only: this end's stream is open; nothing to answer.
    Opened {
        /// Its id.
        id: String,
    },
    /// The peer closed the stream, properly.
    Closed,
    /// The stream ended in an error that this end found, and the peer was told.
    Failed(StreamError),
    /// A limit was reached; [`StreamEvent::Failed`] follows. Of use for counters.
    LimitReached(StreamLimit),
}

/// A limit of [`StreamConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamLimit {
    /// [`StreamConfig::open_timeout`]
    OpenTimeout,
    /// [`StreamConfig::auth_timeout`]
    AuthTimeout,
    /// [`StreamConfig::authentication_attempts_max`]
    AuthenticationAttempts,
    /// The length of a message in [`StreamConfig::limits_before_auth`].
    MessageBytesBeforeAuth,
    /// The length of a message in [`StreamConfig::limits`].
    MessageBytes,
}

/// How a handler ends the stream.
enum Stop {
    /// The peer asked for it.
    Closed,
    /// STARTTLS where it is not on offer (RFC 6120 §5.4.2.2, RFC 7395 §3.9).
    Starttls,
    /// The client does not acknowledge what it is sent.
    Unresponsive,
    Error(StreamError),
}

/// What every handler may use: the configuration and the outputs.
struct Context<'a> {
    config: &'a StreamConfig,
    outputs: &'a mut VecDeque<Output>,
}

impl ServerStream {
    /// Starts a stream whose peer has not said anything yet.
    ///
    /// - `channel`: what is known about the connection; forgotten when a resource is bound.
    /// - `entropy`: random; stream ids, nonces and generated resources all derive from it.
    pub fn new(config: Arc<StreamConfig>, channel: Channel, entropy: [u8; 32], now: Instant) -> Self {
        let handshake = Handshake::new(&config, channel, entropy, now);
        Self { config, outputs: VecDeque::new(), state: State::Handshake(Box::new(handshake)) }
    }

    /// Says what the connection has become, before the client opens the stream anew: after STARTTLS.
    pub fn set_channel(&mut self, channel: Channel) {
        if let State::Handshake(handshake) = &mut self.state {
            handshake.channel = channel;
        }
    }

    /// Takes one text message of a WebSocket. Whatever is wrong with it is answered on the stream.
    pub fn handle_message(&mut self, text: &str, now: Instant) {
        if self.config.lenient_whitespace && text.trim_ascii().is_empty() {
            return self.handle_timeout(now);
        }
        match Element::parse(text, self.limits()) {
            Ok(element) => self.handle_element(element, text.len(), now),
            Err(error) => self.handle_parse_error(&error, now),
        }
    }

    /// Takes one element. On TCP and BOSH the first one is the root's start tag, `<stream:stream/>` without content.
    ///
    /// - `bytes`: how long it was on the line.
    pub fn handle_element(&mut self, element: Element, bytes: usize, now: Instant) {
        self.handle_timeout(now);
        let mut cx = Context { config: &self.config, outputs: &mut self.outputs };
        let outcome = match &mut self.state {
            State::Handshake(handshake) if handshake.waits_for_driver() => {
                handshake.queue(&cx, element, bytes)
            }
            State::Handshake(handshake) => handshake.handle_element(&mut cx, element),
            State::Established(established) => established::handle_element(&mut cx, established, element),
            State::Ended => Ok(()),
        };
        self.conclude(outcome);
    }

    /// The client has sent something that is no element that can be accepted.
    pub fn handle_parse_error(&mut self, error: &XmlError, now: Instant) {
        self.handle_timeout(now);
        if !self.is_ended() {
            if let XmlError::TooLong { .. } = error {
                let limit = StreamEvent::LimitReached(self.message_bytes_limit());
                self.outputs.push_back(Output::Event(limit));
            }
            self.conclude(Err(Stop::Error(StreamError::new(error.condition(), error.to_string()))));
        }
    }

    /// The client has closed its stream, where that is no element: on TCP and BOSH.
    pub fn handle_close(&mut self, now: Instant) {
        self.handle_timeout(now);
        if !self.is_ended() {
            self.conclude(Err(Stop::Closed));
        }
    }

    /// Ends the stream if the peer was too slow, and asks for acknowledgements that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.next_timeout().is_none_or(|deadline| deadline > now) {
            return;
        }
        let due = match (&mut self.state, &self.config.management) {
            (State::Established(Established { management: Some(management), .. }), Some(config)) => {
                management.due(config, now)
            }
            (State::Handshake(handshake), _) => {
                self.outputs.push_back(Output::Event(StreamEvent::LimitReached(handshake.timeout())));
                let error =
                    StreamError::new(StreamCondition::ConnectionTimeout, "the handshake took too long");
                return self.conclude(Err(Stop::Error(error)));
            }
            _ => Due::Nothing,
        };
        match due {
            Due::Nothing => {}
            Due::Request => self.request_answer(),
            Due::Unresponsive => self.conclude(Err(Stop::Unresponsive)),
        }
    }

    /// When to call [`ServerStream::handle_timeout`]; once a resource is bound, only on managed streams.
    pub fn next_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Handshake(handshake) => Some(handshake.deadline()),
            State::Established(established) => established.management.as_ref()?.next_timeout(),
            State::Ended => None,
        }
    }

    /// The next thing to do. Call until it returns none.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            // An idle stream holds no buffer.
            self.outputs = VecDeque::new();
        }
        output
    }

    /// What the next element may cost; grows when the client has authenticated.
    pub fn limits(&self) -> &Limits {
        match &self.state {
            State::Handshake(handshake) => handshake.limits(&self.config),
            State::Established(_) | State::Ended => &self.config.limits,
        }
    }

    /// How long the next message may be. For the WebSocket decoder, which refuses longer ones by their declared length.
    pub fn message_bytes_max(&self) -> usize {
        self.limits().bytes_max
    }

    /// Which limit that is.
    pub fn message_bytes_limit(&self) -> StreamLimit {
        match &self.state {
            State::Handshake(handshake) if !handshake.is_authenticated() => {
                StreamLimit::MessageBytesBeforeAuth
            }
            _ => StreamLimit::MessageBytes,
        }
    }

    /// What carries the stream.
    pub fn framing(&self) -> Framing {
        self.config.framing
    }

    /// The bound JID.
    pub fn jid(&self) -> Option<&FullJid> {
        match &self.state {
            State::Established(established) => Some(&established.jid),
            State::Handshake(_) | State::Ended => None,
        }
    }

    /// Whether [`Output::Close`] has been queued; nothing the peer sends matters any more.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Answers [`StreamEvent::CheckPassword`], [`StreamEvent::CheckToken`] or [`StreamEvent::CheckUser`]: yes, it is
    /// `user`. If the client has claimed to be somebody else, it is refused with `invalid-authzid`.
    pub fn authenticated(&mut self, user: BareJid, now: Instant) {
        self.answer(now, |handshake, cx| handshake.driver_agreed(cx, user));
    }

    /// Answers the same events and [`StreamEvent::FindScramKeys`]: no.
    pub fn authentication_failed(&mut self, why: SaslCondition, now: Instant) {
        self.answer(now, |handshake, cx| handshake.driver_refused(cx, why));
    }

    /// Answers [`StreamEvent::FindScramKeys`].
    pub fn scram_keys(&mut self, keys: ScramKeys, now: Instant) {
        self.answer(now, |handshake, cx| {
            handshake.scram_keys_found(cx, keys);
            Ok(())
        });
    }

    /// Answers [`StreamEvent::Bind`]: this is the client's JID from now on.
    pub fn bound(&mut self, jid: FullJid, now: Instant) {
        self.handle_timeout(now);
        let State::Handshake(handshake) = &mut self.state else { return };
        let mut cx = Context { config: &self.config, outputs: &mut self.outputs };
        if handshake.bound(&mut cx, &jid) {
            self.establish(Established { jid, management: None }, now);
        }
    }

    /// Answers [`StreamEvent::Resume`]: the session goes on here. What the client has not acknowledged follows, then what
    /// is new.
    ///
    /// - `jid`: what the session was bound as.
    /// - `received`: how many of the client's stanzas have been handled.
    pub fn resumed(&mut self, jid: FullJid, previd: String, received: u32, now: Instant) {
        self.handle_timeout(now);
        let State::Handshake(handshake) = &mut self.state else { return };
        if handshake.expects_resumption() {
            let mut cx = Context { config: &self.config, outputs: &mut self.outputs };
            cx.frame(&management::resumed(previd, received));
            self.establish(Established { jid, management: Some(Management::new(received)) }, now);
        }
    }

    /// Answers [`StreamEvent::Resume`]: there is no such session; the client may bind a resource.
    ///
    /// - `h`: how many of the client's stanzas had been handled, if that is known.
    pub fn resume_failed(&mut self, h: Option<u32>, now: Instant) {
        self.answer(now, |handshake, cx| {
            handshake.resume_failed(cx, h);
            Ok(())
        });
    }

    /// Answers [`StreamEvent::Enable`]. What is sent from now on counts.
    ///
    /// - `resumption`: how to resume; none if the session can't be.
    pub fn enabled(&mut self, resumption: Option<Resumption>) {
        if let State::Established(Established { management: Some(_), .. }) = &self.state {
            let enabled = management::enabled(resumption);
            Context { config: &self.config, outputs: &mut self.outputs }.frame(&enabled);
        }
    }

    /// Says that `count` stanzas have been handed to the writer of a managed stream.
    pub fn sent(&mut self, count: u32, now: Instant) {
        if let (State::Established(Established { management: Some(management), .. }), Some(config)) =
            (&mut self.state, &self.config.management)
            && management.sent(config, count, now)
        {
            self.request_answer();
        }
    }

    /// Answers [`StreamEvent::Acknowledged`].
    ///
    /// - `outstanding`: how many stanzas have been sent and are not acknowledged.
    pub fn acknowledged(&mut self, outstanding: u32, now: Instant) {
        if let (State::Established(Established { management: Some(management), .. }), Some(config)) =
            (&mut self.state, &self.config.management)
        {
            management.acknowledged(config, outstanding, now);
        }
    }

    /// Answers [`StreamEvent::Acknowledged`] or [`StreamEvent::Resume`]: the counter is wrong, which ends the stream
    /// (XEP-0198 §6).
    pub fn handled_count_too_high(&mut self, count: HandledCountTooHigh) {
        if !self.is_ended() {
            self.conclude(Err(Stop::Error(count.into())));
        }
    }

    /// Whether the client has enabled stream management.
    pub fn is_managed(&self) -> bool {
        matches!(&self.state, State::Established(Established { management: Some(_), .. }))
    }

    /// The handshake is over. Runs what was queued meanwhile.
    fn establish(&mut self, established: Established, now: Instant) {
        let State::Handshake(handshake) = &mut self.state else { return };
        let queued = handshake.take_queue();
        self.state = State::Established(established);
        for (element, bytes) in queued {
            self.handle_element(element, bytes, now);
        }
    }

    fn request_answer(&mut self) {
        Context { config: &self.config, outputs: &mut self.outputs }.frame(&management::request());
    }

    /// Answers [`StreamEvent::Bind`]: the client may try another resource.
    pub fn bind_refused(&mut self, error: StanzaError, now: Instant) {
        self.answer(now, |handshake, cx| {
            handshake.bind_refused(cx, &error);
            Ok(())
        });
    }

    /// Ends the stream with an error, for the driver's own reasons; emits no [`StreamEvent`].
    pub fn end(&mut self, error: StreamError) {
        self.say_open();
        self.say_end(Some(&error), None);
    }

    /// Closes the stream and, when given, sends the client elsewhere (RFC 7395 §3.6.1). The address must be
    /// no less secure than this connection; emits no [`StreamEvent`].
    pub fn end_with_redirect(&mut self, see_other_uri: Option<&str>) {
        self.say_open();
        self.say_end(None, see_other_uri);
    }

    /// Runs a handler for the driver's answer, then what was queued meanwhile.
    fn answer(
        &mut self,
        now: Instant,
        handler: impl FnOnce(&mut Handshake, &mut Context<'_>) -> Result<(), Stop>,
    ) {
        self.handle_timeout(now);
        let State::Handshake(handshake) = &mut self.state else { return };
        let mut cx = Context { config: &self.config, outputs: &mut self.outputs };
        let outcome = handler(handshake, &mut cx);
        self.conclude(outcome);
        while let State::Handshake(handshake) = &mut self.state {
            let Some(element) = handshake.dequeue() else { return };
            let mut cx = Context { config: &self.config, outputs: &mut self.outputs };
            let outcome = handshake.handle_element(&mut cx, element);
            self.conclude(outcome);
        }
    }

    fn conclude(&mut self, outcome: Result<(), Stop>) {
        let Err(stop) = outcome else { return };
        match stop {
            Stop::Closed => {
                self.say_end(None, None);
                self.before_close(StreamEvent::Closed);
            }
            Stop::Starttls => {
                self.say_open();
                self.outputs.push_back(Output::Frame(Element::new("failure", ns::TLS).to_xml()));
                self.say_end(None, None);
                self.before_close(StreamEvent::Closed);
            }
            Stop::Unresponsive => {
                let text = "what was sent has not been acknowledged in time";
                self.say_end(Some(&StreamError::new(StreamCondition::ConnectionTimeout, text)), None);
                self.before_close(StreamEvent::Unresponsive);
            }
            Stop::Error(error) => {
                self.say_open();
                self.say_end(Some(&error), None);
                self.before_close(StreamEvent::Failed(error));
            }
        }
    }

    /// Sends `<open/>` if this stream has none yet: an error must not come before it (RFC 7395 §3.5).
    fn say_open(&mut self) {
        if let State::Handshake(handshake) = &mut self.state {
            handshake.say_open(&mut Context { config: &self.config, outputs: &mut self.outputs });
        }
    }

    fn say_end(&mut self, error: Option<&StreamError>, see_other_uri: Option<&str>) {
        if self.is_ended() {
            return;
        }
        if let Some(error) = error {
            self.outputs.push_back(Output::Frame(error.to_element().to_xml()));
        }
        self.outputs.extend(self.config.framing.closing(see_other_uri).map(Output::Frame));
        self.outputs.push_back(Output::Close);
        self.state = State::Ended;
    }

    fn before_close(&mut self, event: StreamEvent) {
        let close = self.outputs.pop_back();
        self.outputs.push_back(Output::Event(event));
        self.outputs.extend(close);
    }
}

impl Context<'_> {
    fn frame(&mut self, element: &Element) {
        self.outputs.push_back(Output::Frame(element.to_xml()));
    }

    fn event(&mut self, event: StreamEvent) {
        self.outputs.push_back(Output::Event(event));
    }
}

/// Ends the stream with an error and an explanation.
fn stop(condition: StreamCondition, text: &str) -> Stop {
    Stop::Error(StreamError::new(condition, text))
}

/// What an open stream does about an element that the present state has no use for.
fn unexpected(framing: Framing, element: &Element, stanza: StreamCondition, why: &str) -> Stop {
    match (element.ns(), element.name()) {
        _ if framing.is_closer(element) => Stop::Closed,
        (ns::STREAMS, "error") => Stop::Closed,
        (ns, name) if framing.opener() == (name, ns) => {
            stop(StreamCondition::BadFormat, "the stream is already open")
        }
        (ns::TLS, "starttls") => Stop::Starttls,
        (ns::SASL, _) => stop(StreamCondition::PolicyViolation, "the stream is already authenticated"),
        (ns::CLIENT, "iq" | "message" | "presence") => stop(stanza, why),
        (_, "iq" | "message" | "presence") => {
            stop(StreamCondition::InvalidNamespace, "stanzas belong to the namespace jabber:client")
        }
        _ => stop(StreamCondition::UnsupportedStanzaType, "this element is not known here"),
    }
}
