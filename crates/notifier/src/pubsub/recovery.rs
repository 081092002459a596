//! Recovery by position, a protocol of our own (`docs/recovery.md`): what a client has missed at nodes, complete and in
//! order, or the plain word that it cannot be had.
//!
//! Every event carries its position: the log's epoch and an offset that grows by one with each event of its node. A
//! request names the position up to which the client knows each node. The answer is given in one moment of the released
//! events: everything released before is sent ahead of the answer, and everything released after comes as it always does.
//! A full-JID subscription that the request asks for begins in the same moment.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt::Write as _;
use std::sync::Arc;

use contact::Timestamp;
use xmpp::{
    Condition, Element, IqType, Jid, Limits, SharedStanza, Stanza, StanzaError, escape_attribute, ns,
};

use super::errors::PubSubError;
use super::event::Event;
use super::node::NodeIndex;
use super::{Outcome, Requester, log_failed};
use crate::change::Change;
use crate::effects::Effect;
use crate::history::Kept;
use crate::input::{Addressed, Output, Recipient, SessionId};
use crate::notifier::Notifier;

/// What recovery has done, and what it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryCounts {
    /// Events that are remembered now.
    pub history_events: usize,
    /// What they count for, of [`history_bytes_max`](crate::NotifierLimits::history_bytes_max).
    pub history_bytes: usize,
    /// Events that were forgotten because of a limit: number, bytes or age. Replay counts as well.
    pub history_events_forgotten: u64,
    /// Nodes of which somebody got everything that was missed.
    pub nodes_complete: u64,
    /// Nodes of which somebody got a part and has to ask for more.
    pub nodes_more: u64,
    /// Nodes of which somebody was told to read the current state.
    pub nodes_not_recovered: u64,
    /// Nodes that are not there or not for who asked.
    pub nodes_refused: u64,
    /// Events that were sent again.
    pub events_sent: u64,
}

/// A request that is understood and waits for its moment.
#[derive(Debug)]
pub(crate) struct Recovery {
    requester: Requester,
    /// The result, without its payload.
    result: Element,
    events_max: usize,
    nodes: Vec<Wanted>,
}

/// What is asked of one node.
#[derive(Debug)]
struct Wanted {
    name: Box<str>,
    node: Result<NodeIndex, PubSubError>,
    /// Epoch and offset of the last event that the client has.
    position: Option<(Box<str>, u64)>,
    joining: Joining,
}

/// What becomes of the subscription.
#[derive(Debug)]
enum Joining {
    /// None was asked for.
    No,
    /// It begins with the answer, if the answer leaves nothing out: one of a session.
    WithAnswer(Box<str>),
    /// It is decided and in the log before the answer goes out; what a subscribe request would have been answered with.
    Decided(Option<Element>),
}

/// What one node's part of the answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Everything up to the offset was sent.
    Complete,
    /// So was this, and there is more.
    More,
    /// Not recovered: the reason.
    Not(&'static str),
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Complete => "complete",
            Status::More => "more",
            Status::Not(_) => "not-recovered",
        }
    }
}

/// Writes the stamp that goes after the content of an event.
pub(crate) fn write_stamp(epoch: &str, offset: u64, xml: &mut String) {
    xml.push_str("<position xmlns=\"");
    xml.push_str(ns::RECOVERY);
    xml.push_str("\" epoch=\"");
    escape_attribute(epoch, xml);
    // Writing to a string cannot fail.
    let _ = write!(xml, "\" offset=\"{offset}\"/>");
}

impl Notifier {
    /// Answers a `<recover/>` request.
    ///
    /// # Errors
    ///
    /// `bad-request` for a request that is not well put; `not-acceptable` for more nodes than
    /// [`recovery_nodes_max`](crate::NotifierLimits::recovery_nodes_max). What is wrong with one node alone stands in its
    /// part of the answer.
    pub(crate) fn recover(
        &mut self,
        session: SessionId,
        kind: IqType,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        let Some(known) = self.sessions.get(session) else { return };
        let requester = Requester::new(known.user, known.jid.to_bare());
        let read = match read(kind, payload, self.config.limits.recovery_nodes_max) {
            Ok(read) => read,
            Err(error) => return self.reply(session, stanza, Err(error)),
        };
        let events_max = self.config.limits.recovery_events_max;
        let mut recovery = Recovery {
            requester,
            result: stanza.result(None),
            events_max: read.max.unwrap_or(usize::MAX).min(events_max),
            nodes: Vec::with_capacity(read.nodes.len()),
        };
        let mut changes = Vec::new();
        for asked in &read.nodes {
            let mut wanted = Wanted {
                name: asked.node.into(),
                node: self.readable(&recovery.requester, asked.node),
                position: asked.position.map(|(epoch, offset)| (epoch.into(), offset)),
                joining: Joining::No,
            };
            if let (Ok(_), Some(jid)) = (&wanted.node, asked.subscribe) {
                let of_session = Jid::new(jid).is_ok_and(|jid| jid.resource().is_some());
                if of_session && !self.config.keep_full_jid_subscriptions {
                    wanted.joining = Joining::WithAnswer(jid.into());
                } else {
                    match self.join(&recovery.requester, asked.node, jid, changes.len()) {
                        Ok(Outcome::Now(confirmed)) => wanted.joining = Joining::Decided(confirmed),
                        Ok(Outcome::Shown(confirmed)) => {
                            wanted.joining =
                                Joining::Decided(Element::parse(&confirmed, &Limits::default()).ok());
                        }
                        Ok(Outcome::Decision(decision)) if decision.changes.is_empty() => {
                            wanted.joining = Joining::Decided(decision.payload);
                        }
                        // An owner has to be asked, and nobody waits for that here.
                        Ok(Outcome::Decision(_)) => wanted.node = Err(PubSubError::NotASubscriber),
                        Ok(Outcome::Change(more, confirmed)) => {
                            changes.extend(more);
                            wanted.joining = Joining::Decided(confirmed);
                        }
                        Err(error) => wanted.node = Err(error),
                    }
                }
            }
            recovery.nodes.push(wanted);
        }
        let failed = stanza.error(log_failed()).to_xml();
        let effect = Effect::Recover { session, recovery: Box::new(recovery), failed };
        if changes.is_empty() {
            // That the nodes exist and may be followed was judged by what is decided.
            self.run_when_logged(effect);
        } else {
            self.commit(changes, vec![effect], at);
        }
    }

    /// A node whose events the requester may have: the rule for subscribing and for retrieving items.
    fn readable(&self, requester: &Requester, name: &str) -> Result<NodeIndex, PubSubError> {
        let (index, _, rights) = self.rights(requester, name)?;
        rights.read.map(|()| index)
    }

    /// Subscribes, as one of several changes that are decided together.
    fn join(
        &mut self,
        requester: &Requester,
        node: &str,
        jid: &str,
        changes: usize,
    ) -> Result<Outcome, PubSubError> {
        let outcome = self.ensure_subscribed(requester, node, jid)?;
        let own = self.durable.subscriptions.of(requester.user).len();
        let room = self.config.limits.subscriptions_per_user_max.saturating_sub(own);
        match outcome {
            Outcome::Change(more, _) if changes + more.len() > room => Err(PubSubError::TooManySubscriptions),
            outcome => Ok(outcome),
        }
    }

    /// Sends what was missed, then the answer.
    pub(crate) fn answer_recovery(&mut self, session: SessionId, recovery: Recovery) {
        if self.sessions.get(session).is_none() {
            return;
        }
        self.history.expire(self.now, &self.config.limits);
        let Recovery { requester, result, events_max, mut nodes } = recovery;
        let mut parts: Vec<Option<(Status, u64)>> = nodes.iter().map(|wanted| self.part(wanted)).collect();
        let mut events = self.missed(&nodes, &mut parts, events_max);
        for (at, wanted) in nodes.iter_mut().enumerate() {
            // Until everything is sent, what is new would come ahead of what is old.
            let begins = parts[at].is_some_and(|(status, _)| status != Status::More);
            let Joining::WithAnswer(jid) = &wanted.joining else { continue };
            if !begins {
                continue;
            }
            // A node that has been deleted meanwhile may have a successor, to which nothing of this applies.
            let found = self.durable.nodes.find(&wanted.name).map(|(index, _)| index);
            let outcome = match wanted.node == found.ok_or(PubSubError::NoSuchNode) {
                true => self.ensure_subscribed(&requester, &wanted.name, jid),
                false => Err(PubSubError::NoSuchNode),
            };
            match outcome {
                Ok(Outcome::Now(confirmed)) => wanted.joining = Joining::Decided(confirmed),
                Ok(_) => wanted.node = Err(PubSubError::TryLater),
                Err(error) => wanted.node = Err(error),
            }
        }
        events.retain(|(at, _)| nodes[*at].node.is_ok());
        for (wanted, part) in nodes.iter().zip(&parts) {
            let counts = &mut self.recoveries;
            let count = match (&wanted.node, part) {
                (Ok(_), Some((Status::Complete, _))) => &mut counts.nodes_complete,
                (Ok(_), Some((Status::More, _))) => &mut counts.nodes_more,
                (Ok(_), Some((Status::Not(_), _))) => &mut counts.nodes_not_recovered,
                _ => &mut counts.nodes_refused,
            };
            *count += 1;
        }
        self.recoveries.events_sent += events.len() as u64;
        for (_, stanza) in events {
            let recipients = vec![Recipient { session, to: Addressed::Full }];
            self.outputs.push_back(Output::Deliver { stanza, recipients });
        }
        let mut recovered = Element::new("recovered", ns::RECOVERY);
        for (wanted, part) in nodes.into_iter().zip(parts) {
            recovered.push(self.part_element(wanted, part));
        }
        self.send_text(session, result.with_child(recovered).to_xml());
    }

    /// Where one node's part begins: what is known of it without having sent anything. None if it is refused.
    fn part(&self, wanted: &Wanted) -> Option<(Status, u64)> {
        let index = *wanted.node.as_ref().ok()?;
        let node = self.durable.nodes.get(index)?;
        let kept = self.history.of(index).len() as u64;
        let reason = match &wanted.position {
            None => "no-position",
            Some((epoch, _)) if **epoch != *self.config.instance => "other-epoch",
            Some((_, offset)) if *offset > node.released => "ahead",
            Some((_, offset)) if node.released - offset > kept => "too-old",
            Some((_, offset)) => return Some((Status::Complete, *offset)),
        };
        Some((Status::Not(reason), node.released))
    }

    /// The events after the positions in `parts`, in the order in which they happened, until the answer is full. Moves the
    /// positions.
    fn missed(
        &self,
        nodes: &[Wanted],
        parts: &mut [Option<(Status, u64)>],
        events_max: usize,
    ) -> Vec<(usize, Arc<SharedStanza>)> {
        let event_after = |at: usize, offset: u64| -> Option<&Kept> {
            let index = *nodes[at].node.as_ref().ok()?;
            let behind = self.durable.nodes.get(index)?.released.checked_sub(offset)?;
            let kept = self.history.of(index);
            kept.get(kept.len().checked_sub(usize::try_from(behind).ok()?)?)
        };
        let mut next = BinaryHeap::new();
        for (at, part) in parts.iter().enumerate() {
            if let Some((Status::Complete, offset)) = part
                && let Some(event) = event_after(at, *offset)
            {
                next.push(Reverse((event.number, at)));
            }
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        while let Some(Reverse((_, at))) = next.peek() {
            let at = *at;
            let Some((status, offset)) = &mut parts[at] else { break };
            let Some(event) = event_after(at, *offset) else { break };
            bytes += event.stanza.tail().len();
            if events.len() >= events_max
                || (bytes > self.config.limits.recovery_bytes_max && !events.is_empty())
            {
                break;
            }
            debug_assert_eq!(*status, Status::Complete);
            events.push((at, Arc::clone(&event.stanza)));
            *offset += 1;
            next.pop();
            if let Some(event) = event_after(at, *offset) {
                next.push(Reverse((event.number, at)));
            }
        }
        for Reverse((_, at)) in next {
            if let Some((status, _)) = &mut parts[at] {
                *status = Status::More;
            }
        }
        events
    }

    fn part_element(&self, wanted: Wanted, part: Option<(Status, u64)>) -> Element {
        let named = |name| Element::new(name, ns::RECOVERY).with_attribute("node", &*wanted.name);
        let (status, offset) = match (wanted.node, part) {
            (Ok(_), Some(part)) => part,
            (refused, _) => {
                let error = refused.err().unwrap_or(PubSubError::NoSuchNode).to_stanza_error();
                return named("refused").with_child(error.to_element());
            }
        };
        let mut element = named(status.name())
            .with_attribute("epoch", self.config.instance.as_str())
            .with_attribute("offset", offset.to_string());
        if let Status::Not(reason) = status {
            element.set_attribute("reason", reason);
        }
        if let Joining::Decided(Some(confirmed)) = wanted.joining {
            element.push(confirmed);
        }
        element
    }

    /// Remembers an event that is being released.
    pub(crate) fn remember(
        &mut self,
        index: NodeIndex,
        event: &Event,
        at: Timestamp,
        stanza: &Arc<SharedStanza>,
    ) {
        let Some(node) = self.durable.nodes.get_mut(index) else { return };
        node.released = event.offset;
        let kept = Kept { number: event.number, at, stanza: Arc::clone(stanza) };
        self.history.push(index, kept, &self.config.limits);
    }

    /// What recovery has done so far and what it takes now.
    pub fn recovery_counts(&self) -> RecoveryCounts {
        RecoveryCounts {
            history_events: self.history.event_count(),
            history_bytes: self.history.bytes_used(),
            history_events_forgotten: self.history.forgotten(),
            ..self.recoveries
        }
    }

    /// The newest remembered events, as a snapshot keeps them.
    pub(crate) fn kept_events(&self) -> Vec<Change> {
        let newest = self.history.newest(self.config.limits.history_snapshot_bytes_max);
        let kept = newest.into_iter().filter_map(|(index, event)| {
            let node = self.durable.nodes.get(index)?.key.to_string();
            let message = String::from_utf8_lossy(event.stanza.tail()).into_owned();
            Some(Change::EventKept { node, number: event.number, at: Some(event.at), message })
        });
        kept.collect()
    }

    /// Remembers an event of an entry that is replayed.
    pub(crate) fn remember_replayed(&mut self, index: NodeIndex, event: &Event, at: Timestamp) {
        if let Some(node) = self.durable.nodes.get_mut(index).filter(|node| node.owner().is_some()) {
            node.released = event.offset;
        } else if self.config.recovery
            && let Some(node) = self.durable.nodes.get(index)
        {
            let stanza = event.encode(node, &self.config);
            self.remember(index, event, at, &stanza);
        }
    }

    /// Remembers an event that a snapshot has kept.
    pub(crate) fn remember_kept(&mut self, node: &str, number: u64, at: Timestamp, message: &str) {
        let Some((index, _)) =
            self.durable.nodes.find(node).filter(|_| self.durable.in_snapshot && self.config.recovery)
        else {
            return;
        };
        let from = SharedStanza::message(&[("from", &self.config.pubsub_domain)], "");
        let from = from.tail().strip_suffix(b"></message>").unwrap_or_default();
        if !message.as_bytes().starts_with(from) {
            // From before the service had another address: nobody may get it in today's name, nor what is older.
            return self.history.forget(index);
        }
        let kept = Kept { number, at, stanza: Arc::new(SharedStanza::from_tail(message.into())) };
        self.history.push(index, kept, &self.config.limits);
    }
}

/// A request as it was read.
#[derive(Debug)]
struct Request<'a> {
    max: Option<usize>,
    nodes: Vec<Asked<'a>>,
}

#[derive(Debug)]
struct Asked<'a> {
    node: &'a str,
    position: Option<(&'a str, u64)>,
    subscribe: Option<&'a str>,
}

fn read(kind: IqType, payload: &Element, nodes_max: usize) -> Result<Request<'_>, StanzaError> {
    let bad = |text: &str| StanzaError::new(Condition::BadRequest).with_text(text);
    if payload.name() != "recover" {
        return Err(bad("Expected a <recover/> element."));
    }
    let max = match payload.attribute("max").map(|text| text.trim().parse::<usize>()) {
        None => None,
        Some(Ok(max)) if max > 0 => Some(max),
        Some(_) => return Err(bad("max must be a number above 0.")),
    };
    let mut nodes = Vec::new();
    let mut names = BTreeSet::new();
    for after in payload.elements() {
        if !after.is("after", ns::RECOVERY) {
            return Err(bad("<recover/> holds <after/> elements and nothing else."));
        }
        if nodes.len() >= nodes_max {
            let text = format!("One request may ask for {nodes_max} nodes at most.");
            return Err(StanzaError::new(Condition::NotAcceptable).with_text(text));
        }
        let node = after.attribute("node").filter(|node| !node.is_empty());
        let node = node.ok_or_else(|| bad("Each <after/> names a node."))?;
        if !names.insert(node) {
            return Err(bad("Each node can be asked for once."));
        }
        let position = match (after.attribute("epoch"), after.attribute("offset")) {
            (None, None) => None,
            (Some(epoch), Some(offset)) => {
                let offset = offset.trim().parse().map_err(|_| bad("offset must be a number."))?;
                Some((epoch, offset))
            }
            _ => return Err(bad("A position is an epoch and an offset.")),
        };
        let subscribe = after.attribute("subscribe");
        if subscribe.is_some() && kind != IqType::Set {
            return Err(bad("What subscribes is a set."));
        }
        nodes.push(Asked { node, position, subscribe });
    }
    if nodes.is_empty() { Err(bad("<recover/> names no node.")) } else { Ok(Request { max, nodes }) }
}
