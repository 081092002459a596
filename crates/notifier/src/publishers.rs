//! Publishers outside: systems that publish events with a token of their own, and what each has published lately.
//!
//! A publisher is no account: it cannot log in, hear or ask. What it may do stands in its [`Publisher`], and of its token
//! there is only the hash. The window of its last events is what makes them idempotent: who sends one again gets the first
//! answer again.

use std::collections::{HashMap, VecDeque};

use contact::{ApiPath, ErrorType, Refusal, Timestamp};
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::change::{AccessModel, Change};
use crate::durable::Durable;
use crate::effects::Effect;
use crate::input::Position;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

/// A system that may publish events from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publisher {
    /// Its name: 1 to [`Publisher::NAME_LENGTH_MAX`] of `a`-`z`, `0`-`9`, `.`, `_` and `-`.
    pub name: String,
    /// What its token is checked with.
    pub token: TokenHash,
    /// Where it may publish: a name that ends in `/` stands for all nodes under it, another one for that node. 1 to
    /// [`Publisher::NODES_MAX`]. The contact centre's own nodes are only in those that begin with `/finesse/api/`.
    pub nodes: Vec<String>,
    /// The access model of nodes that come to be because it publishes; `None` is what every new node has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_model: Option<AccessModel>,
    /// From when on its token is not taken any more; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was added.
    pub added: Timestamp,
}

/// The SHA-256 of a token, which is random and long enough for that: nobody finds it by trying.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHash(#[serde(with = "crate::change::base64_text")] Vec<u8>);

impl TokenHash {
    /// What an implementation of SHA-256 made of a token.
    pub fn new(hash: [u8; 32]) -> TokenHash {
        TokenHash(hash.to_vec())
    }

    /// The bytes, to be compared in constant time.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl Publisher {
    /// Characters of a name.
    pub const NAME_LENGTH_MAX: usize = 64;
    /// Names in [`Publisher::nodes`].
    pub const NODES_MAX: usize = 100;

    /// Whether its token lets it publish to the node of this name.
    pub fn may_publish_to(&self, node: &str) -> bool {
        let is_centres = node.starts_with(ApiPath::PREFIX);
        self.nodes.iter().any(|granted| {
            (!is_centres || granted.starts_with(ApiPath::PREFIX))
                && if granted.ends_with('/') { node.starts_with(granted.as_str()) } else { node == granted }
        })
    }

    /// Whether its token is not taken any more at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Refuses what cannot be a publisher.
    fn check(&self) -> Result<(), Refusal> {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        if self.name.is_empty() || self.name.len() > Self::NAME_LENGTH_MAX || !self.name.chars().all(is_good)
        {
            let why = format!(
                "a publisher's name has 1 to {} characters: a-z, 0-9, '.', '_' and '-'",
                Self::NAME_LENGTH_MAX
            );
            return Err(Refusal::invalid_input(self.name.chars().take(80).collect::<String>(), why));
        }
        if self.nodes.is_empty() || self.nodes.len() > Self::NODES_MAX {
            let why = format!("name 1 to {} nodes, or beginnings of nodes that end in /", Self::NODES_MAX);
            return Err(Refusal::invalid_input("nodes", why));
        }
        if let Some(node) = self.nodes.iter().find(|node| !is_xml(node) || node.is_empty()) {
            return Err(Refusal::invalid_input(node.as_str(), "this can be no part of a node's name"));
        }
        match self.access_model {
            Some(AccessModel::Presence | AccessModel::Roster) => Err(Refusal::invalid_input(
                "access_model",
                "presence and roster need an owner with a roster; choose open, authorize or whitelist",
            )),
            _ => Ok(()),
        }
    }
}

/// Whether XML can write a text at all. What it cannot write no client could read.
pub(crate) fn is_xml(text: &str) -> bool {
    let may_be = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    text.chars().all(may_be)
}

/// An event that was accepted, as its publisher was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AcceptedEvent {
    /// The hash of everything that was asked for.
    pub(crate) digest: Vec<u8>,
    pub(crate) node: String,
    pub(crate) item: String,
    /// None where nobody is told of items.
    pub(crate) offset: Option<u64>,
    pub(crate) position: Position,
    pub(crate) at: Timestamp,
}

/// How much of each publisher's past is remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) events_max: usize,
    pub(crate) age_max_ms: i64,
}

/// All publishers.
#[derive(Debug)]
pub(crate) struct Publishers {
    window: Window,
    known: IndexMap<Box<str>, Known, FixedState>,
}

#[derive(Debug)]
struct Known {
    publisher: Publisher,
    accepted: HashMap<Box<str>, AcceptedEvent, FixedState>,
    /// The ids in the order in which they were accepted, and where. One that was used again after its time is in here
    /// twice, and the older one is ignored.
    order: VecDeque<(Box<str>, Position)>,
}

impl Publishers {
    pub(crate) fn new(window: Window) -> Self {
        Publishers { window, known: IndexMap::default() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Publisher> {
        self.known.get(name).map(|known| &known.publisher)
    }

    /// What a publisher was told about the event that it gave this id, if that is not too long ago.
    pub(crate) fn accepted(&self, name: &str, id: &str, now: Timestamp) -> Option<&AcceptedEvent> {
        let event = self.known.get(name)?.accepted.get(id)?;
        (now.0.saturating_sub(event.at.0) < self.window.age_max_ms).then_some(event)
    }

    /// Remembers an event, and forgets what is too old or too much.
    ///
    /// - `in_snapshot`: it is remembered already, and so is what comes after it.
    pub(crate) fn accept(&mut self, name: &str, id: &str, event: AcceptedEvent, in_snapshot: bool) {
        let Some(known) = self.known.get_mut(name) else { return };
        let now = event.at;
        known.order.push_back((id.into(), event.position));
        known.accepted.insert(id.into(), event);
        if in_snapshot {
            return;
        }
        while let Some((oldest, position)) = known.order.front() {
            let current = known.accepted.get(oldest).filter(|event| event.position == *position);
            let is_over =
                current.is_none_or(|event| now.0.saturating_sub(event.at.0) >= self.window.age_max_ms);
            if known.order.len() <= self.window.events_max && !is_over {
                break;
            }
            let is_current = current.is_some();
            if let Some((oldest, _)) = known.order.pop_front()
                && is_current
            {
                known.accepted.remove(&oldest);
            }
        }
    }

    pub(crate) fn add(&mut self, publisher: &Publisher) {
        let known = Known {
            publisher: publisher.clone(),
            accepted: HashMap::with_hasher(FixedState::default()),
            order: VecDeque::new(),
        };
        self.known.insert(publisher.name.as_str().into(), known);
    }

    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.known.shift_remove(name).is_some()
    }

    pub(crate) fn snapshot(&self, changes: &mut Vec<Change>) {
        for (name, known) in &self.known {
            changes.push(Change::PublisherAdded { publisher: known.publisher.clone() });
            let current = known.order.iter().filter_map(|(id, position)| {
                Some((id, known.accepted.get(id).filter(|event| event.position == *position)?))
            });
            changes.extend(current.map(|(id, event)| Change::EventAccepted {
                publisher: name.to_string(),
                id: id.to_string(),
                digest: event.digest.clone(),
                node: event.node.clone(),
                item: event.item.clone(),
                offset: event.offset,
                position: event.position,
                at: event.at,
            }));
        }
    }
}

impl Durable {
    /// What the server's table is to say about a publisher from now on.
    pub(crate) fn publisher_effect(&self, name: &str) -> Effect {
        let publisher = self.publishers.get(name).cloned().map(Box::new);
        Effect::Publisher { name: name.into(), publisher }
    }
}

impl Notifier {
    /// The publishers, in the order in which they were added. Later changes come out as
    /// [`Output::PublisherChanged`](crate::Output::PublisherChanged).
    pub fn publishers(&self) -> impl Iterator<Item = &Publisher> {
        self.durable.publishers.known.values().map(|known| &known.publisher)
    }

    pub(crate) fn add_publisher(&self, publisher: &Publisher) -> Result<Change, Refusal> {
        publisher.check()?;
        if self.durable.publishers.get(&publisher.name).is_some() {
            let message = "There is a publisher of this name; remove it first, or choose another name";
            return Err(Refusal::new(409, ErrorType::FinesseApiError, publisher.name.as_str(), message));
        }
        let max = self.config.limits.publishers_max;
        if self.durable.publishers.known.len() >= max {
            self.reached(Limit::Publishers);
            return Err(Refusal::maximum_exceeded("publishers", max));
        }
        Ok(Change::PublisherAdded { publisher: publisher.clone() })
    }
    pub(crate) fn remove_publisher(&self, name: &str) -> Result<Change, Refusal> {
        match self.durable.publishers.get(name) {
            Some(_) => Ok(Change::PublisherRemoved { name: name.to_owned() }),
            None => Err(Refusal::new(404, ErrorType::NotFound, name, "There is no publisher of this name")),
        }
    }
}
