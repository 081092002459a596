//! What a frame means, in one line for a person who does not read XML.

mod pubsub;
mod sasl;
mod stanza;
mod stream;
mod update;

use std::collections::HashMap;

use client::{Direction, Stage};
use xmpp::{Element, Limits, StanzaError, ns};

use crate::{catalogue::FindingId, finding_id, text::short};

pub(crate) use pubsub::{finding as pubsub_finding, unfinished};
pub(crate) use sasl::user_of;
pub use stanza::{explain_stanza_error, explain_subscription_error};
pub use stream::explain_stream_error;

/// Turns the elements of one line, in their order, into sentences.
///
/// Remembers what it needs to say more than the element alone does: which request an answer belongs to, and the
/// last state of each agent. Both memories are bounded. Never shows a secret; free text from the line is cut and
/// freed of control characters.
#[derive(Default)]
pub struct Annotator {
    /// What each unanswered request wanted, by its id and who sent it.
    requests: HashMap<(bool, String), Request>,
    /// The last state heard of each user.
    states: HashMap<String, String>,
    /// The domain asked for in `<open/>`.
    asked_domain: Option<String>,
    /// The full JID, once bound.
    own: Option<String>,
    /// The mechanism in use.
    mechanism: Option<String>,
    /// Of the document that is being described: the request that it answers, and what it shows to be wrong.
    document: Document,
}

#[derive(Default)]
struct Document {
    request_id: Option<String>,
    finding: Option<FindingId>,
}

struct Request {
    what: String,
    subject: Subject,
}

/// What a request was about, so that its answer can be put in the right stage and words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Subscription,
    Binding,
    Session,
    Other,
}

/// What an element means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Where on the line it belongs.
    pub stage: Stage,
    /// What it is, for deciding whether to show it.
    pub kind: Kind,
    /// The sentence. One line, printable, no secret; no full stop.
    pub text: String,
    /// More about it: request id and source of a notification, the server's words. One line.
    pub detail: Option<String>,
    /// What this element alone shows to be wrong.
    pub finding: Option<FindingId>,
    /// The request of the web service that a notification answers.
    pub request_id: Option<String>,
}

/// What sort of element it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opening, authentication, binding.
    Handshake,
    /// A request, or its good answer.
    Request,
    /// Somebody's presence.
    Presence,
    /// A message for people.
    Message,
    /// A PubSub notification: what the line is for.
    Notification,
    /// A sign of life and its answer.
    KeepAlive,
    /// An error, whoever sent it.
    Problem,
    /// Not known here.
    Unknown,
}

impl Annotation {
    fn new(stage: Stage, kind: Kind, text: impl Into<String>) -> Annotation {
        Annotation { stage, kind, text: text.into(), detail: None, finding: None, request_id: None }
    }

    fn with_detail(mut self, detail: impl Into<String>) -> Annotation {
        let detail = detail.into();
        self.detail = (!detail.is_empty()).then_some(detail);
        self
    }

    fn named(mut self, finding: Option<FindingId>) -> Annotation {
        self.finding = finding;
        self
    }
}

impl Annotator {
    /// An annotator for a line of which nothing has been seen.
    pub fn new() -> Annotator {
        Annotator::default()
    }

    /// What one text message means; a message may be anything.
    pub fn annotate_text(&mut self, direction: Direction, text: &str) -> Annotation {
        if text.trim().is_empty() {
            // Not allowed as a keep-alive here (RFC 7395 §3.8), and sent all the same.
            return Annotation::new(Stage::Steady, Kind::KeepAlive, "white space");
        }
        let limits = Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(TEXT_BYTES_MAX) };
        match Element::parse(text, &limits) {
            Ok(element) => self.annotate(direction, &element),
            Err(error) => Annotation::new(
                Stage::Stream,
                Kind::Problem,
                format!(
                    "{} bytes that are not one XML element: {}",
                    text.len(),
                    short(&error.to_string(), 100)
                ),
            )
            .named(Some(finding_id!("WS-SPLIT-STANZA"))),
        }
    }

    /// What one element means.
    pub fn annotate(&mut self, direction: Direction, element: &Element) -> Annotation {
        match (element.ns(), element.name()) {
            (ns::FRAMING, _) => self.framing(direction, element),
            (ns::STREAMS, "features") => stream::features(element),
            (ns::STREAMS, "error") => stream::error(element),
            (ns::SASL, _) => self.sasl(element),
            (ns::CLIENT, "iq") => self.iq(direction, element),
            (ns::CLIENT, "presence") => self.presence(direction, element),
            (ns::CLIENT, "message") => self.message(element),
            ("", "iq" | "presence" | "message") => Annotation::new(
                Stage::Stream,
                Kind::Problem,
                format!("<{}> without xmlns=\"jabber:client\": each frame stands alone", element.name()),
            )
            .named(Some(finding_id!("ST-STANZA-NS"))),
            (_, "open" | "close") => Annotation::new(
                Stage::Stream,
                Kind::Problem,
                format!("<{}> that is not in the namespace for framing", element.name()),
            )
            .named(Some(finding_id!("ST-WRONG-NS"))),
            (ns::STREAMS, "stream") => Annotation::new(
                Stage::Stream,
                Kind::Problem,
                "<stream:stream>: framing from before RFC 7395, where <open/> is expected",
            )
            .named(Some(finding_id!("ST-OLD-FRAMING"))),
            _ => Annotation::new(Stage::Steady, Kind::Unknown, summary(element)),
        }
    }

    fn remember_request(&mut self, sent: bool, id: &str, request: Request) {
        if self.requests.len() >= REQUESTS_MAX {
            self.requests.clear();
        }
        self.requests.insert((sent, id.to_owned()), request);
    }

    fn remember_state(&mut self, user: &str, state: &str) -> Option<String> {
        if self.states.len() >= STATES_MAX && !self.states.contains_key(user) {
            self.states.clear();
        }
        self.states.insert(user.to_owned(), state.to_owned())
    }
}

/// An element in short: its name, namespace, and size.
fn summary(element: &Element) -> String {
    let children = element.elements().count();
    let inside = match children {
        0 => String::new(),
        1 => format!(" with <{}>", short(element.first_element().map_or("", Element::name), 40)),
        n => format!(" with {n} elements"),
    };
    format!("<{} xmlns=\"{}\">{inside}", short(element.name(), 40), short(element.ns(), 80))
}

/// The text of an error, for a detail.
fn words(error: &StanzaError) -> String {
    error.text.as_deref().map(|text| format!("\"{}\"", short(text, 200))).unwrap_or_default()
}

/// Longest message looked into, in bytes.
const TEXT_BYTES_MAX: usize = 4 << 20;

/// Unanswered requests remembered.
const REQUESTS_MAX: usize = 1_000;

/// Users whose state is remembered.
const STATES_MAX: usize = 50_000;

#[cfg(test)]
mod tests;
