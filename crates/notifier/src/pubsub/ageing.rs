//! Items that end by themselves (`pubsub#item_expire`): each node is known by the time at which its oldest item is over.

use std::collections::BTreeSet;

use contact::Timestamp;
use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::node::{Generic, NodeIndex};
use crate::change::Change;
use crate::notifier::Notifier;

/// The nodes whose items end by themselves, by the time of the first. Noting and finding one takes logarithmic time.
#[derive(Debug, Default)]
pub(crate) struct Ageing {
    queue: BTreeSet<(Timestamp, NodeIndex)>,
    at: IndexMap<NodeIndex, Timestamp, FixedState>,
}

impl Ageing {
    /// Notes when the oldest item of a node is over; `None` if none ever is.
    pub(crate) fn set(&mut self, node: NodeIndex, over: Option<Timestamp>) {
        let before = match over {
            Some(over) => self.at.insert(node, over),
            None => self.at.swap_remove(&node),
        };
        if let Some(before) = before {
            self.queue.remove(&(before, node));
        }
        if let Some(over) = over {
            self.queue.insert((over, node));
        }
    }

    /// When the next item is over.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.queue.first().map(|(at, _)| *at)
    }
}

impl Generic {
    /// When the oldest item is over. Items are in the order of their publication, so it is the first; one of a record that
    /// does not say when it was published stays, and holds up none.
    pub(crate) fn next_over(&self) -> Option<Timestamp> {
        let expire_ms = i64::from(self.config.item_expire?) * 1_000;
        let oldest = self.items.iter().find_map(|(_, item)| item.at)?;
        Some(Timestamp(oldest.0.saturating_add(expire_ms)))
    }
}

impl Notifier {
    /// Retracts the items that are over at `at`, without a word: whoever subscribed knows the configuration. Not before the
    /// log takes something.
    pub(crate) fn end_items(&mut self, at: Timestamp) {
        if !self.accepts_changes() {
            return;
        }
        let queue = &self.durable.ageing.queue;
        let nodes = queue.iter().take_while(|(over, _)| *over <= at).map(|(_, node)| *node);
        let mut changes = Vec::new();
        for node in nodes.filter_map(|index| self.durable.nodes.get(index)) {
            let Some(generic) = node.generic() else { continue };
            let Some(expire) = generic.config.item_expire else { continue };
            let until = Timestamp(at.0.saturating_sub(i64::from(expire) * 1_000));
            let over = generic.items.iter().filter(|(_, item)| item.at.is_some_and(|at| at <= until));
            changes.extend(over.map(|(id, _)| Change::ItemRetracted {
                node: node.key.to_string(),
                id: id.into(),
                notify: false,
            }));
        }
        if !changes.is_empty() {
            self.commit(changes, Vec::new(), at);
        }
    }
}
