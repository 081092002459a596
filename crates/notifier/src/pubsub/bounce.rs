//! Notifications that come back (XEP-0060 §12.4): a subscriber that cannot be reached no longer is one.
//!
//! Nobody hears of a bounce, so that no two services can send each other errors about errors.

use std::collections::VecDeque;

use contact::Timestamp;
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{Condition, ErrorType, Stanza, StanzaError, ns};

use super::event::event_number;
use super::node::NodeIndex;
use super::personal::Service;
use crate::change::Change;
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

/// What is needed to understand a bounce.
#[derive(Debug, Default)]
pub(crate) struct Bounces {
    /// The newest events that were sent and their nodes, oldest first.
    sent: VecDeque<(u64, NodeIndex)>,
    /// How many notifications of a node a session has sent back as undeliverable for now.
    counted: IndexMap<SessionId, Vec<(NodeIndex, u32)>, FixedState>,
}

/// Events whose bounces find their node by the message's id alone. A bounce of an older one has to repeat the event, as it
/// should anyway (RFC 6120 §8.3.1).
const SENT_MAX: usize = 4096;

impl Bounces {
    /// Remembers which node an event came from.
    pub(crate) fn sent(&mut self, number: u64, node: NodeIndex) {
        if self.sent.len() >= SENT_MAX {
            self.sent.pop_front();
        }
        self.sent.push_back((number, node));
    }

    /// A node is gone; another one may get its place.
    pub(crate) fn forget_node(&mut self, node: NodeIndex) {
        self.sent.retain(|(_, at)| *at != node);
        for counts in self.counted.values_mut() {
            counts.retain(|(at, _)| *at != node);
        }
        self.counted.retain(|_, counts| !counts.is_empty());
    }

    /// A session is over.
    pub(crate) fn forget_session(&mut self, session: SessionId) {
        self.counted.swap_remove(&session);
    }

    fn find(&self, number: u64) -> Option<NodeIndex> {
        let at = self.sent.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.sent[at].1)
    }

    fn count(&mut self, session: SessionId, node: NodeIndex) -> u32 {
        let counts = self.counted.entry(session).or_default();
        let at = counts.iter().position(|(at, _)| *at == node).unwrap_or_else(|| {
            counts.push((node, 0));
            counts.len() - 1
        });
        counts[at].1 = counts[at].1.saturating_add(1);
        counts[at].1
    }
}

impl Notifier {
    /// Takes in an error message for the service. What is no bounce of a notification to the sender's own subscription means
    /// nothing.
    pub(crate) fn bounced(&mut self, session: SessionId, stanza: &Stanza, at: Timestamp) {
        let Some(error) = stanza.element.child("error", ns::CLIENT).map(StanzaError::from_element) else {
            return;
        };
        let Some(index) = self.bounced_node(stanza) else { return };
        let bounces_max = self.config.limits.bounces_max;
        let is_final = error.kind == ErrorType::Cancel || error.condition == Condition::Gone;
        if is_final || self.hears(session, index) && self.bounces.count(session, index) > bounces_max {
            if !is_final {
                self.reached(Limit::Bounces);
            }
            self.end_subscription_of(session, index, at);
        }
    }

    /// The node that a bounced notification was about: as its id says, or as the event says that came back with it.
    fn bounced_node(&self, stanza: &Stanza) -> Option<NodeIndex> {
        let by_id = stanza.element.attribute("id").and_then(event_number);
        by_id.and_then(|number| self.bounces.find(number)).or_else(|| {
            let event = stanza.element.child("event", ns::PUBSUB_EVENT)?;
            let name = event.first_element()?.attribute("node")?;
            let owner = stanza.to.as_ref().and_then(|to| to.node());
            let service = owner.map_or(Service::Common, |owner| Service::Personal(owner.as_str().into()));
            self.durable.nodes.find(&service.key(name)).map(|(index, _)| index)
        })
    }

    /// Whether a session hears a node by one of its addresses.
    fn hears(&self, session: SessionId, index: NodeIndex) -> bool {
        let (Some(known), Some(node)) = (self.sessions.get(session), self.durable.nodes.get(index)) else {
            return false;
        };
        node.sessions.contains(session) || node.users.contains(known.user)
    }

    /// Ends what a session hears a node by: the subscription of the full JID, or if there is none, that of the bare one.
    fn end_subscription_of(&mut self, session: SessionId, index: NodeIndex, at: Timestamp) {
        let Some(known) = self.sessions.get(session) else { return };
        let Some(node) = self.durable.nodes.get(index).filter(|node| !node.withdrawn) else { return };
        let by_full_jid = node.sessions.contains(session);
        if by_full_jid && !self.config.keep_full_jid_subscriptions {
            return self.stop_hearing(index, session);
        }
        let resource = by_full_jid.then(|| known.jid.resource().as_str());
        if !self.durable.subscriptions.of(known.user).has(resource, index) || !self.accepts_changes() {
            return;
        }
        let jid = if by_full_jid { known.jid.to_string() } else { known.jid.to_bare().to_string() };
        let ended = Change::Unsubscribed { node: node.key.to_string(), jid };
        self.commit(vec![ended], Vec::new(), at);
    }
}
