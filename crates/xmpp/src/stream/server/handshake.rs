//! The states from the first message to the bound resource. A state's name says what it waits for.

use std::collections::VecDeque;
use std::time::Instant;

use super::super::entropy::Entropy;
use super::{Channel, Context, Stop, StreamConfig, StreamLimit, management, stop, unexpected};
use crate::sasl::{Mechanism, SaslCondition, ScramClientFirst, ScramServer};
use crate::{BareJid, Element, Limits, StreamCondition, ns};

/// All that is forgotten once a resource is bound.
pub(super) struct Handshake {
    pub(super) entropy: Entropy,
    pub(super) step: Step,
    pub(super) channel: Channel,
    /// Whether our `<open/>` of the present stream is out.
    pub(super) opened: bool,
    /// Failed authentications so far.
    pub(super) failures: u32,
    /// Until the first `<open/>` is here.
    open_deadline: Option<Instant>,
    deadline: Instant,
    queue: VecDeque<(Element, usize)>,
    queue_bytes: usize,
}

#[allow(clippy::enum_variant_names)] // The prefix is the point: what is waited for.
pub(super) enum Step {
    /// The client's `<open/>`. `opening.rs`
    ExpectOpen,
    /// `<auth/>`. `authentication.rs`, as all up to [`Step::ExpectRestart`]
    ExpectAuth,
    /// The initial response that did not come with `<auth/>`.
    ExpectInitialResponse(Mechanism),
    /// The driver's word on a password, a token or a certificate; of whom, if the client has said so.
    ExpectVerdict { mechanism: Mechanism, claimed: Option<BareJid> },
    /// That the client has taken note of a token's refusal.
    ExpectAcknowledgement { claimed: Option<BareJid>, condition: SaslCondition },
    /// The driver's SCRAM keys.
    ExpectScramKeys { mechanism: Mechanism, first: Box<ScramClientFirst>, user: BareJid },
    /// The client's proof.
    ExpectScramFinal { mechanism: Mechanism, server: Box<ScramServer>, user: BareJid },
    /// The `<open/>` of the authenticated stream. `opening.rs`
    ExpectRestart { user: BareJid },
    /// The bind request. `binding.rs`
    ExpectBind { user: BareJid },
    /// The driver's word on the resource.
    ExpectResource { user: BareJid, id: String },
    /// The driver's word on the session to resume. `management.rs`
    ExpectResumption { user: BareJid },
}

impl Handshake {
    pub(super) fn new(config: &StreamConfig, channel: Channel, entropy: [u8; 32], now: Instant) -> Self {
        Self {
            entropy: Entropy::new(entropy),
            step: Step::ExpectOpen,
            channel,
            opened: false,
            failures: 0,
            open_deadline: Some(now + config.open_timeout),
            deadline: now + config.auth_timeout,
            queue: VecDeque::new(),
            queue_bytes: 0,
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.open_deadline.map_or(self.deadline, |open| open.min(self.deadline))
    }

    /// Which limit the deadline comes from.
    pub(super) fn timeout(&self) -> StreamLimit {
        match self.open_deadline {
            Some(open) if open <= self.deadline => StreamLimit::OpenTimeout,
            _ => StreamLimit::AuthTimeout,
        }
    }

    pub(super) fn is_authenticated(&self) -> bool {
        matches!(
            self.step,
            Step::ExpectRestart { .. }
                | Step::ExpectBind { .. }
                | Step::ExpectResource { .. }
                | Step::ExpectResumption { .. }
        )
    }

    pub(super) fn limits<'a>(&self, config: &'a StreamConfig) -> &'a Limits {
        if self.is_authenticated() { &config.limits } else { &config.limits_before_auth }
    }

    pub(super) fn waits_for_driver(&self) -> bool {
        matches!(
            self.step,
            Step::ExpectVerdict { .. }
                | Step::ExpectScramKeys { .. }
                | Step::ExpectResource { .. }
                | Step::ExpectResumption { .. }
        )
    }

    /// Keeps an element until the driver has answered.
    pub(super) fn queue(&mut self, cx: &Context<'_>, element: Element, bytes: usize) -> Result<(), Stop> {
        self.queue_bytes += bytes;
        if self.queue_bytes > cx.config.queue_bytes_max || self.queue.len() >= QUEUE_MESSAGES_MAX {
            return Err(stop(StreamCondition::PolicyViolation, "too much was sent ahead"));
        }
        self.queue.push_back((element, bytes));
        Ok(())
    }

    /// The next kept element, unless the driver must answer first.
    pub(super) fn dequeue(&mut self) -> Option<Element> {
        if self.waits_for_driver() {
            return None;
        }
        let (element, bytes) = self.queue.pop_front()?;
        self.queue_bytes -= bytes;
        Some(element)
    }

    pub(super) fn take_queue(&mut self) -> VecDeque<(Element, usize)> {
        std::mem::take(&mut self.queue)
    }

    pub(super) fn handle_element(&mut self, cx: &mut Context<'_>, element: Element) -> Result<(), Stop> {
        match &self.step {
            Step::ExpectOpen | Step::ExpectRestart { .. } => {
                self.open(cx, &element)?;
                self.open_deadline = None;
                Ok(())
            }
            Step::ExpectAuth
            | Step::ExpectInitialResponse(_)
            | Step::ExpectAcknowledgement { .. }
            | Step::ExpectScramFinal { .. }
                if element.ns() == ns::STREAM_MANAGEMENT =>
            {
                management::too_early(cx);
                Ok(())
            }
            Step::ExpectAuth if element.is("starttls", ns::TLS) => self.start_tls(cx),
            Step::ExpectAuth
            | Step::ExpectInitialResponse(_)
            | Step::ExpectAcknowledgement { .. }
            | Step::ExpectScramFinal { .. } => self.authenticate(cx, &element),
            Step::ExpectBind { .. } if element.ns() == ns::STREAM_MANAGEMENT => self.resume(cx, &element),
            Step::ExpectBind { .. } => self.bind(cx, &element),
            Step::ExpectVerdict { .. }
            | Step::ExpectScramKeys { .. }
            | Step::ExpectResource { .. }
            | Step::ExpectResumption { .. } => Err(unexpected(
                cx.config.framing,
                &element,
                StreamCondition::NotAuthorized,
                "an answer is still awaited",
            )),
        }
    }
}

/// Many tiny messages cost more than their bytes.
const QUEUE_MESSAGES_MAX: usize = 64;
