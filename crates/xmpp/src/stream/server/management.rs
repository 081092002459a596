//! Stream management and client state, the server's end (XEP-0198 v1.6.3, XEP-0352 v1.0.0).
//!
//! The stream counts what it receives and knows when to ask for an acknowledgement. What was sent is counted and kept
//! where it is handed to the writer, by the driver, because it outlives the stream.

use std::time::{Duration, Instant};

use super::super::management::{HandledCountTooHigh, InvalidNonza, Nonza, Resumption};
use super::handshake::{Handshake, Step};
use super::{Context, Stop, StreamEvent, stop};
use crate::{Condition, Element, StreamCondition, StreamError, ns};

/// When a managed stream asks for acknowledgements, and how long it waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementConfig {
    /// Ask when so many stanzas have been sent since the last time.
    pub request_stanzas: u32,
    /// Ask when a stanza has been on its way for so long and nobody has asked since.
    pub request_interval: Duration,
    /// How long the answer may take. Then the stream ends with `connection-timeout`; the session can be resumed.
    pub answer_timeout: Duration,
}

impl Default for ManagementConfig {
    fn default() -> Self {
        Self {
            request_stanzas: 64,
            request_interval: Duration::from_secs(15),
            answer_timeout: Duration::from_secs(60),
        }
    }
}

/// What the client says about the person in front of it (XEP-0352 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientState {
    /// Somebody looks.
    Active,
    /// Nobody does: what is not urgent may wait.
    Inactive,
}

/// What a managed stream remembers.
#[derive(Debug)]
pub(super) struct Management {
    /// Stanzas received so far.
    received: u32,
    /// Stanzas sent since the last `<r/>`.
    unrequested: u32,
    /// When to ask.
    request_at: Option<Instant>,
    /// Until when the answer has to be here.
    answer_until: Option<Instant>,
}

/// What is to be done when a time has come.
pub(super) enum Due {
    Nothing,
    Request,
    Unresponsive,
}

impl Management {
    /// - `received`: 0, or more for a stream that is resumed.
    pub(super) fn new(received: u32) -> Box<Self> {
        Box::new(Self { received, unrequested: 0, request_at: None, answer_until: None })
    }

    /// Counts a stanza of the client (§4). Returns how many there are with it.
    pub(super) fn count(&mut self) -> u32 {
        self.received = self.received.wrapping_add(1);
        self.received
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        [self.request_at, self.answer_until].into_iter().flatten().min()
    }

    pub(super) fn due(&mut self, config: &ManagementConfig, now: Instant) -> Due {
        if self.answer_until.is_some_and(|until| until <= now) {
            return Due::Unresponsive;
        }
        if self.request_at.is_some_and(|at| at <= now) {
            self.requested(config, now);
            return Due::Request;
        }
        Due::Nothing
    }

    /// The driver has sent `count` stanzas. True if it is time to ask whether they arrived.
    pub(super) fn sent(&mut self, config: &ManagementConfig, count: u32, now: Instant) -> bool {
        self.unrequested = self.unrequested.saturating_add(count);
        if self.answer_until.is_some() {
            return false;
        }
        if self.unrequested >= config.request_stanzas {
            self.requested(config, now);
            return true;
        }
        self.request_at.get_or_insert(now + config.request_interval);
        false
    }

    /// The client has answered; `outstanding` stanzas are still on their way.
    pub(super) fn acknowledged(&mut self, config: &ManagementConfig, outstanding: u32, now: Instant) {
        self.answer_until = None;
        self.request_at = (outstanding > 0).then(|| now + config.request_interval);
    }

    fn requested(&mut self, config: &ManagementConfig, now: Instant) {
        self.unrequested = 0;
        self.request_at = None;
        self.answer_until = Some(now + config.answer_timeout);
    }
}

/// Takes an element of the namespace of stream management on a bound stream.
pub(super) fn handle(
    cx: &mut Context<'_>,
    management: &mut Option<Box<Management>>,
    element: &Element,
) -> Result<(), Stop> {
    if cx.config.management.is_none() {
        refuse(cx, Condition::FeatureNotImplemented);
        return Ok(());
    }
    let nonza = match Nonza::from_element(element) {
        Ok(nonza) => nonza,
        Err(InvalidNonza::Unknown) => {
            return Err(stop(StreamCondition::UnsupportedStanzaType, "this element is not known here"));
        }
        Err(invalid) => return Err(stop(StreamCondition::BadFormat, &invalid.to_string())),
    };
    match (nonza, management) {
        (Nonza::Enable { resume, max }, management @ None) => {
            // Counting starts with the first stanza after this element (§4).
            *management = Some(Management::new(0));
            cx.event(StreamEvent::Enable { resume, max });
        }
        (Nonza::Enable { .. }, Some(_)) => {
            return Err(stop(StreamCondition::PolicyViolation, "stream management is enabled already"));
        }
        (Nonza::Request, Some(management)) => {
            cx.event(StreamEvent::AnswerRequested { received: management.received });
        }
        (Nonza::Answer { h }, Some(_)) => cx.event(StreamEvent::Acknowledged { h }),
        // <resume/> is for streams without a resource (§5); the others are ours to say.
        _ => refuse(cx, Condition::UnexpectedRequest),
    }
    Ok(())
}

/// Answers stream management that comes too early (§3, §6). The stream goes on.
pub(super) fn too_early(cx: &mut Context<'_>) {
    refuse(
        cx,
        match cx.config.management {
            Some(_) => Condition::UnexpectedRequest,
            None => Condition::FeatureNotImplemented,
        },
    );
}

fn refuse(cx: &mut Context<'_>, condition: Condition) {
    cx.frame(&Nonza::Failed { h: None, condition }.to_element());
}

/// Reads `<active/>` or `<inactive/>`.
pub(super) fn client_state(element: &Element) -> Option<ClientState> {
    match (element.ns(), element.name()) {
        (ns::CLIENT_STATE, "active") => Some(ClientState::Active),
        (ns::CLIENT_STATE, "inactive") => Some(ClientState::Inactive),
        _ => None,
    }
}

impl Handshake {
    /// Takes stream management from an authenticated client without a resource: it may resume a session (§5).
    pub(super) fn resume(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Stop> {
        let Step::ExpectBind { user } = &self.step else { return Ok(()) };
        if cx.config.management.is_none() {
            too_early(cx);
            return Ok(());
        }
        match Nonza::from_element(element) {
            Ok(Nonza::Resume { previd, h }) => {
                let user = user.clone();
                cx.event(StreamEvent::Resume { user: user.clone(), previd, h });
                self.step = Step::ExpectResumption { user };
            }
            Ok(_) => too_early(cx),
            Err(InvalidNonza::Unknown) => {
                return Err(stop(StreamCondition::UnsupportedStanzaType, "this element is not known here"));
            }
            Err(invalid) => return Err(stop(StreamCondition::BadFormat, &invalid.to_string())),
        }
        Ok(())
    }

    /// The driver found no session to resume; the client may bind a resource (§5).
    pub(super) fn resume_failed(&mut self, cx: &mut Context<'_>, h: Option<u32>) {
        self.step = match std::mem::replace(&mut self.step, Step::ExpectAuth) {
            Step::ExpectResumption { user } => {
                cx.frame(&Nonza::Failed { h, condition: Condition::ItemNotFound }.to_element());
                Step::ExpectBind { user }
            }
            other => other,
        };
    }

    pub(super) fn expects_resumption(&self) -> bool {
        matches!(self.step, Step::ExpectResumption { .. })
    }
}

/// `<enabled/>`.
pub(super) fn enabled(resumption: Option<Resumption>) -> Element {
    Nonza::Enabled { resumption }.to_element()
}

/// `<resumed/>`.
pub(super) fn resumed(previd: String, h: u32) -> Element {
    Nonza::Resumed { previd, h }.to_element()
}

/// `<r/>`.
pub(super) fn request() -> Element {
    Nonza::Request.to_element()
}

impl From<HandledCountTooHigh> for StreamError {
    fn from(count: HandledCountTooHigh) -> StreamError {
        StreamError {
            condition: StreamCondition::UndefinedCondition,
            text: Some(count.to_string()),
            handled_count_too_high: Some(count),
            other_host: None,
        }
    }
}
