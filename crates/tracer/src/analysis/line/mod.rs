//! One line, message by message: how far it came, what happened on it, and what is wrong.

mod judge;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use client::{Direction, Stage};
use xmpp::{Element, Limits, ns};

pub(crate) use judge::silence_in_words;

use super::sightings::{Sighting, Sightings, in_words};
use crate::finding_id;
use crate::recording::{Message, Moment};
use crate::text::short;
use crate::{Annotation, Annotator, Kind};

/// A line of which messages are heard one after the other.
pub struct TracedLine {
    annotator: Annotator,
    sightings: Sightings,
    pub(crate) messages: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) first: Option<Moment>,
    last: Option<(Moment, Direction)>,
    last_received: Option<Moment>,
    /// The first time each stage was passed, with what shows it.
    pub(crate) steps: Vec<Step>,
    told: Vec<Told>,
    told_last: VecDeque<Told>,
    told_left_off: u64,
    /// Requests without an answer, by who sent them and their ids.
    pending: HashMap<(bool, String), Pending>,
    pub(crate) answers: Times,
    pub(crate) pings: Times,
    items: VecDeque<(String, Moment)>,
    pub(crate) events: u64,
    /// When the event of a request came, by the request's id.
    pub(crate) event_of_request: HashMap<String, Moment>,
    state: State,
    pub(crate) longest_silence: Option<(Duration, Moment)>,
    longest_without_ping: Duration,
    is_xmpp: bool,
}

/// What has happened so far.
#[derive(Default)]
struct State {
    open_sent: Option<Moment>,
    open_received: bool,
    features: bool,
    auth_sent: Option<Moment>,
    authenticated: bool,
    refused: bool,
    reopened: bool,
    bound: Option<(Moment, String)>,
    own_presence: bool,
    unavailable_at: Option<Moment>,
    subscriptions: u64,
    close_sent: Option<Moment>,
    close_received: Option<Moment>,
    stream_error: Option<String>,
    asked_domain: Option<String>,
    mechanism: Option<String>,
    user: Option<String>,
    last_ping: Option<Moment>,
}

struct Pending {
    at: Option<Moment>,
    frame: u64,
    what: String,
    is_ping: bool,
}

/// A stage that was passed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// Which.
    #[serde(serialize_with = "stage_id")]
    pub stage: Stage,
    /// When.
    #[serde(skip)]
    pub at: Option<Moment>,
    /// What shows it.
    pub text: String,
}

fn stage_id<S: serde::Serializer>(stage: &Stage, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(stage.id())
}

/// Something that happened, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Option<Moment>,
    /// In which message, from 1.
    pub frame: u64,
    /// Who sent it.
    pub direction: Direction,
    /// What it means.
    pub annotation: Annotation,
}

/// How long something took, over and over.
#[derive(Clone, Debug, Default)]
pub struct Times {
    count: u64,
    total: Duration,
    max: Duration,
}

impl Times {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.total += took;
        self.max = self.max.max(took);
    }

    /// How often, how long on average, and how long at most; none if never.
    pub fn summary(&self) -> Option<(u64, Duration, Duration)> {
        let count = u32::try_from(self.count).ok().filter(|count| *count > 0)?;
        Some((self.count, self.total / count, self.max))
    }
}

impl Default for TracedLine {
    fn default() -> TracedLine {
        TracedLine {
            annotator: Annotator::new(),
            sightings: Sightings::default(),
            messages: 0,
            bytes_sent: 0,
            bytes_received: 0,
            first: None,
            last: None,
            last_received: None,
            steps: Vec::new(),
            told: Vec::new(),
            told_last: VecDeque::new(),
            told_left_off: 0,
            pending: HashMap::new(),
            answers: Times::default(),
            pings: Times::default(),
            items: VecDeque::new(),
            events: 0,
            event_of_request: HashMap::new(),
            state: State::default(),
            longest_silence: None,
            longest_without_ping: Duration::ZERO,
            is_xmpp: true,
        }
    }
}

impl TracedLine {
    /// Hears a message.
    pub(crate) fn hear(&mut self, message: &Message<'_>) {
        let Message { at, direction, opcode, data } = *message;
        if opcode > 2 {
            return;
        }
        self.count(at, direction, data.len());
        if opcode == 2 {
            // A line that begins so was never meant for XMPP.
            self.is_xmpp &= self.messages > 1;
            let sighting =
                Sighting::new(finding_id!("WS-BINARY"), "a binary message, where text is expected");
            return self.see(sighting, at, direction);
        }
        if data.trim().is_empty() {
            self.keep_alive(at);
        }
        let limits = Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(TEXT_BYTES_MAX) };
        match Element::parse(data, &limits) {
            Ok(element) => {
                self.look_at(at, direction, &element);
                self.tell(at, direction, |annotator| annotator.annotate(direction, &element));
            }
            Err(_) => {
                if self.messages == 1 && !data.trim_start().starts_with('<') {
                    self.is_xmpp = false;
                }
                if self.is_xmpp {
                    self.tell(at, direction, |annotator| annotator.annotate_text(direction, data));
                }
            }
        }
    }

    /// Hears an element that came in a BOSH body.
    pub(crate) fn hear_element(&mut self, at: Option<Moment>, direction: Direction, element: &Element) {
        self.count(at, direction, 0);
        self.look_at(at, direction, element);
        self.tell(at, direction, |annotator| annotator.annotate(direction, element));
    }

    /// Whether anything but XMPP is spoken here.
    pub(crate) fn is_xmpp(&self) -> bool {
        self.is_xmpp
    }

    /// What happened: the beginning, how much is left out, and the end.
    pub fn told(&self) -> (&[Told], u64, impl Iterator<Item = &Told>) {
        (&self.told, self.told_left_off, self.told_last.iter())
    }

    /// The last message, and who sent it.
    pub(crate) fn last(&self) -> Option<(Moment, Direction)> {
        self.last
    }

    /// The full JID, once there is one.
    pub(crate) fn jid(&self) -> Option<&str> {
        self.state.bound.as_ref().map(|(_, jid)| jid.as_str())
    }

    /// Whether somebody is logged in on it, also where the recording begins later.
    pub(crate) fn has_session(&self) -> bool {
        self.state.bound.is_some() || self.events > 0 || self.state.last_ping.is_some()
    }

    /// Who wanted to log in.
    pub(crate) fn user(&self) -> Option<&str> {
        self.state.user.as_deref()
    }

    /// The stream error that ended it.
    pub(crate) fn stream_error(&self) -> Option<&str> {
        self.state.stream_error.as_deref()
    }

    /// Whether either side said goodbye.
    pub(crate) fn has_goodbye(&self) -> bool {
        self.state.close_sent.is_some() || self.state.close_received.is_some()
    }

    /// The furthest stage that was passed.
    pub(crate) fn reached(&self) -> Stage {
        self.steps.iter().map(|step| step.stage).max().unwrap_or(Stage::Ws)
    }

    fn count(&mut self, at: Option<Moment>, direction: Direction, bytes: usize) {
        self.messages += 1;
        match direction {
            Direction::Sent => self.bytes_sent += bytes as u64,
            Direction::Received => self.bytes_received += bytes as u64,
        }
        if bytes > LARGE_BYTES {
            let text = format!("a message of {bytes} bytes");
            self.see(Sighting::new(finding_id!("SIZE"), text), at, direction);
        }
        let Some(at) = at else { return };
        self.first.get_or_insert(at);
        if let Some((last, _)) = self.last {
            let silence = at.since(last);
            if self.longest_silence.is_none_or(|(longest, _)| silence > longest) {
                self.longest_silence = Some((silence, last));
            }
        }
        if direction == Direction::Received {
            self.last_received = Some(at);
        }
        self.last = Some((at, direction));
    }

    fn see(&mut self, sighting: Sighting, at: Option<Moment>, direction: Direction) {
        self.sightings.add(sighting.at(at).in_frame(self.messages, direction));
    }

    fn pass(&mut self, stage: Stage, at: Option<Moment>, text: impl Into<String>) {
        if self.steps.iter().all(|step| step.stage != stage) {
            self.steps.push(Step { stage, at, text: text.into() });
        }
    }

    fn tell(
        &mut self,
        at: Option<Moment>,
        direction: Direction,
        annotate: impl FnOnce(&mut Annotator) -> Annotation,
    ) {
        let annotation = annotate(&mut self.annotator);
        if let Some(id) = annotation.finding {
            let mut text = annotation.text.clone();
            if let Some(detail) = &annotation.detail {
                text.push_str(&format!(" · {detail}"));
            }
            self.see(Sighting::new(id, text).at_stage(annotation.stage), at, direction);
        }
        if annotation.kind == Kind::Notification {
            self.events += 1;
            self.pass(Stage::Steady, at, "the first event came");
        }
        if let Some((id, at)) = annotation.request_id.clone().zip(at)
            && self.event_of_request.len() < REQUESTS_MAX
        {
            self.event_of_request.entry(id).or_insert(at);
        }
        // Keep-alives are counted, and told by their times.
        if annotation.kind == Kind::KeepAlive {
            return;
        }
        let told = Told { at, frame: self.messages, direction, annotation };
        if self.told.len() < TOLD_FIRST_MAX {
            self.told.push(told);
            return;
        }
        self.told_last.push_back(told);
        if self.told_last.len() > TOLD_LAST_MAX {
            self.told_last.pop_front();
            self.told_left_off += 1;
        }
    }

    fn keep_alive(&mut self, at: Option<Moment>) {
        let since = self.state.last_ping.or(self.state.bound.as_ref().map(|(at, _)| *at));
        if let Some((at, since)) = at.zip(since) {
            self.longest_without_ping = self.longest_without_ping.max(at.since(since));
        }
        self.state.last_ping = at.or(self.state.last_ping);
    }

    /// What an element changes.
    fn look_at(&mut self, at: Option<Moment>, direction: Direction, element: &Element) {
        let sent = direction == Direction::Sent;
        match (element.ns(), element.name()) {
            (ns::FRAMING, "open") if sent => {
                if self.state.authenticated {
                    self.state.reopened = true;
                }
                self.state.open_sent = self.state.open_sent.or(at);
                self.state.asked_domain = element.attribute("to").map(str::to_owned);
            }
            (ns::FRAMING, "open") => {
                self.state.open_received = true;
                let from = short(element.attribute("from").unwrap_or("somebody unnamed"), 100);
                self.pass(Stage::Ws, at, "messages flow both ways");
                self.pass(Stage::Stream, at, format!("the stream is open, from {from}"));
            }
            (ns::FRAMING, "close") if sent => self.state.close_sent = self.state.close_sent.or(at),
            (ns::FRAMING, "close") => self.state.close_received = self.state.close_received.or(at),
            (ns::STREAMS, "features") => self.features(at, element),
            (ns::STREAMS, "error") => {
                let condition = element.elements().find(|child| child.name() != "text");
                self.state.stream_error =
                    Some(condition.map_or("undefined-condition", Element::name).to_owned());
            }
            (ns::SASL, "auth") => {
                self.state.auth_sent = at;
                self.state.mechanism = element.attribute("mechanism").map(|name| short(name, 40));
                self.state.user = crate::annotate::user_of(element).or(self.state.user.take());
            }
            (ns::SASL, "success") => {
                self.state.authenticated = true;
                let mechanism = self.state.mechanism.clone().unwrap_or_else(|| "a mechanism".to_owned());
                let who = self.state.user.as_ref().map(|user| format!("{user} ",)).unwrap_or_default();
                self.pass(Stage::Sasl, at, format!("{who}authenticated with {mechanism}"));
            }
            (ns::SASL, "failure") => self.state.refused = true,
            (ns::CLIENT, name) => self.stanza(at, direction, name, element),
            _ => {}
        }
    }

    fn features(&mut self, at: Option<Moment>, element: &Element) {
        self.state.features = true;
        if !self.state.open_received {
            // In BOSH there is no <open/>.
            self.pass(Stage::Stream, at, "the stream is open");
        }
        let offers =
            element.child("mechanisms", ns::SASL).is_some_and(|list| list.elements().next().is_some());
        if !self.state.authenticated && !offers {
            let sighting =
                Sighting::new(finding_id!("ST-NO-MECHS"), "the features have no mechanism to log in with");
            self.see(sighting, at, Direction::Received);
        }
    }

    fn stanza(&mut self, at: Option<Moment>, direction: Direction, name: &str, element: &Element) {
        let sent = direction == Direction::Sent;
        if sent && self.state.authenticated && !self.state.reopened && self.state.open_sent.is_some() {
            let text = format!("<{name}> after <success/>, without a new <open/> between");
            self.see(Sighting::new(finding_id!("ST-RESTART"), text), at, direction);
            self.state.reopened = true;
        }
        if sent && self.state.bound.is_none() && name != "iq" && self.state.authenticated {
            let text = format!("<{name}> before a resource is bound");
            self.see(Sighting::new(finding_id!("BI-SKIPPED"), text), at, direction);
        }
        if let (true, Some(from), Some((_, jid))) = (sent, element.attribute("from"), &self.state.bound) {
            let bare = jid.split('/').next().unwrap_or_default();
            if from != jid && from != bare {
                let text = format!("<{name}> from {}, on the line of {jid}", short(from, 200));
                self.see(Sighting::new(finding_id!("PROTO-FROM"), text), at, direction);
            }
        }
        match name {
            "iq" => self.iq(at, direction, element),
            "presence" if sent && element.attribute("to").is_none() => match element.attribute("type") {
                None => {
                    self.state.own_presence = true;
                    self.state.unavailable_at = None;
                    self.pass(Stage::Presence, at, "own presence sent");
                }
                Some("unavailable") => self.state.unavailable_at = at,
                Some(_) => {}
            },
            "message" if !sent => self.items(at, element),
            _ => {}
        }
    }

    fn iq(&mut self, at: Option<Moment>, direction: Direction, element: &Element) {
        let sent = direction == Direction::Sent;
        let id = element.attribute("id").unwrap_or_default().to_owned();
        match element.attribute("type") {
            Some("get" | "set") => {
                let payload = element.first_element();
                let is_ping = payload.is_some_and(|payload| payload.ns() == ns::PING);
                if is_ping {
                    self.keep_alive(at);
                }
                let what = payload.map_or_else(
                    || "a request for nothing".to_owned(),
                    |payload| {
                        format!("<{} xmlns=\"{}\">", short(payload.name(), 40), short(payload.ns(), 80))
                    },
                );
                let pending = Pending { at, frame: self.messages, what, is_ping };
                if self.pending.len() < PENDING_MAX {
                    let old = self.pending.insert((sent, id.clone()), pending);
                    if let Some(old) = old {
                        let text =
                            format!("the id \"{}\" of message {} is used again", short(&id, 80), old.frame);
                        self.see(Sighting::new(finding_id!("IQ-ID-DUP"), text), at, direction);
                    }
                }
            }
            Some("result" | "error") => {
                let Some(request) = self.pending.remove(&(!sent, id)) else { return };
                if let Some((asked, answered)) = request.at.zip(at) {
                    let times = if request.is_ping { &mut self.pings } else { &mut self.answers };
                    times.add(answered.since(asked));
                }
                let jid = element.child("bind", ns::BIND).and_then(|bind| bind.child("jid", ns::BIND));
                if let (Some(jid), false) = (jid, sent) {
                    let jid = short(&jid.text(), 200);
                    self.pass(Stage::Bind, at, format!("the session is {jid}"));
                    self.state.bound = at.or(self.first).map(|at| (at, jid));
                }
                let pubsub = element.child("pubsub", ns::PUBSUB);
                if pubsub.is_some_and(|pubsub| pubsub.child("subscription", ns::PUBSUB).is_some()) {
                    self.state.subscriptions += 1;
                    self.pass(Stage::Pubsub, at, "the first subscription was confirmed");
                }
            }
            _ => {}
        }
    }

    /// The same item twice in a short time is one event that came twice.
    fn items(&mut self, at: Option<Moment>, message: &Element) {
        let Some(at) = at else { return };
        let Some(items) =
            message.child("event", ns::PUBSUB_EVENT).and_then(|event| event.child("items", ns::PUBSUB_EVENT))
        else {
            return;
        };
        let node = items.attribute("node").unwrap_or_default();
        for id in items.elements().filter_map(|item| item.attribute("id")) {
            let key = format!("{node} {id}");
            let before = self.items.iter().rev().find(|(known, _)| *known == key).map(|(_, before)| *before);
            if let Some(before) = before.filter(|before| at.since(*before) < DUPLICATE_WITHIN) {
                let to = message.attribute("to").unwrap_or("nobody named");
                let text = format!(
                    "item {} of {} came again after {}, to {}",
                    short(id, 80),
                    short(node, 120),
                    in_words(at.since(before)),
                    short(to, 120)
                );
                self.see(Sighting::new(finding_id!("PS-DUP"), text), Some(at), Direction::Received);
            }
            self.items.push_back((key, at));
            if self.items.len() > ITEMS_MAX {
                self.items.pop_front();
            }
        }
    }
}

/// The same item again within this is the same event.
const DUPLICATE_WITHIN: Duration = Duration::from_secs(2);
/// Messages of more bytes are worth a word.
const LARGE_BYTES: usize = 256 * 1024;
/// Longest message looked into, in bytes.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// What happened first is told in full, then only the last of it.
const TOLD_FIRST_MAX: usize = 400;
const TOLD_LAST_MAX: usize = 100;
/// Requests without an answer that are remembered.
const PENDING_MAX: usize = 1_000;
/// Items that are remembered, to know one that comes twice.
const ITEMS_MAX: usize = 200;
/// Requests of the web service whose events are remembered.
const REQUESTS_MAX: usize = 10_000;
