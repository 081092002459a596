//! The last events of every node, as their subscribers got them, so that one who was away can have what it missed.
//!
//! An event is remembered when it is released, never before the log has it. What a node remembers is always a run
//! without a gap that ends with its newest event; where the run begins is up to the limits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use contact::Timestamp;
use xmpp::SharedStanza;

use crate::config::NotifierLimits;
use crate::pubsub::node::NodeIndex;

/// Remembered events by node.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// By [`NodeIndex`]; oldest event first.
    nodes: Vec<VecDeque<Kept>>,
    /// Which node each event belongs to, by number: the oldest of all is the first.
    order: BTreeMap<u64, NodeIndex>,
    bytes_used: usize,
    /// Events that went because of a limit.
    forgotten: u64,
}

/// One remembered event.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Which event of this server.
    pub(crate) number: u64,
    /// When it was released, or decided if it was replayed.
    pub(crate) at: Timestamp,
    pub(crate) stanza: Arc<SharedStanza>,
}

impl Kept {
    /// What one event counts for.
    fn bytes(&self) -> usize {
        self.stanza.tail().len() + EVENT_OVERHEAD_BYTES
    }
}

/// What an event takes beside its text: two places in tables, a shared pointer, an allocation or two.
const EVENT_OVERHEAD_BYTES: usize = 160;

impl History {
    /// Remembers a node's newest event. The oldest ones go, of this node and then of all, until the limits hold.
    pub(crate) fn push(&mut self, node: NodeIndex, event: Kept, limits: &NotifierLimits) {
        let at = node.0 as usize;
        if at >= self.nodes.len() {
            self.nodes.resize_with(at + 1, VecDeque::new);
        }
        if self.order.last_key_value().is_some_and(|(&newest, _)| newest >= event.number) {
            // Numbers only grow; such an event comes from a record that makes no sense. Without it the run has a gap.
            return self.forget(node);
        }
        let now = event.at;
        self.bytes_used += event.bytes();
        self.order.insert(event.number, node);
        self.nodes[at].push_back(event);
        if self.nodes[at].len() > limits.history_events_per_node_max {
            self.drop_oldest_of(node);
        }
        while self.bytes_used > limits.history_bytes_max
            && let Some((_, &oldest)) = self.order.first_key_value()
        {
            self.drop_oldest_of(oldest);
        }
        self.expire(now, limits);
    }

    /// Forgets what is older than it may be at `now`. Without this, old events stay until the next one comes.
    pub(crate) fn expire(&mut self, now: Timestamp, limits: &NotifierLimits) {
        while let Some((_, &oldest)) = self.order.first_key_value()
            && let Some(event) = self.nodes[oldest.0 as usize].front()
            && now.0.saturating_sub(event.at.0) > limits.history_age_max_ms
        {
            self.drop_oldest_of(oldest);
        }
    }

    /// Forgets everything, but not how much there was.
    pub(crate) fn clear(&mut self) {
        *self = History { forgotten: self.forgotten, ..History::default() };
    }

    /// How many events there are.
    pub(crate) fn event_count(&self) -> usize {
        self.order.len()
    }

    /// What they count for.
    pub(crate) fn bytes_used(&self) -> usize {
        self.bytes_used
    }

    /// How many went because of a limit.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Forgets all of a node.
    pub(crate) fn forget(&mut self, node: NodeIndex) {
        let Some(events) = self.nodes.get_mut(node.0 as usize) else { return };
        for event in std::mem::take(events) {
            self.bytes_used -= event.bytes();
            self.order.remove(&event.number);
        }
    }

    /// A node's events, oldest first.
    pub(crate) fn of(&self, node: NodeIndex) -> &VecDeque<Kept> {
        const NOTHING: &VecDeque<Kept> = &VecDeque::new();
        self.nodes.get(node.0 as usize).unwrap_or(NOTHING)
    }

    /// The newest events of all nodes together, oldest first: as many as have room in `bytes_max`.
    pub(crate) fn newest(&self, bytes_max: usize) -> Vec<(NodeIndex, &Kept)> {
        let mut bytes = 0;
        let mut found = Vec::new();
        for (number, &node) in self.order.iter().rev() {
            let events = &self.nodes[node.0 as usize];
            let at = events.binary_search_by_key(number, |event| event.number);
            let event = &events[at.expect("both tables hold the same events")];
            bytes += event.bytes();
            if bytes > bytes_max {
                break;
            }
            found.push((node, event));
        }
        found.reverse();
        found
    }

    fn drop_oldest_of(&mut self, node: NodeIndex) {
        let events = &mut self.nodes[node.0 as usize];
        if let Some(event) = events.pop_front() {
            self.forgotten += 1;
            self.bytes_used -= event.bytes();
            self.order.remove(&event.number);
        }
        if events.is_empty() {
            // What a busy hour needed is not needed by every node for ever.
            *events = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64) -> Kept {
        Kept { number, at: Timestamp(number as i64), stanza: Arc::new(SharedStanza::message(&[], "x")) }
    }

    fn limits(events: usize, bytes: usize) -> NotifierLimits {
        NotifierLimits {
            history_events_per_node_max: events,
            history_bytes_max: bytes,
            ..NotifierLimits::default()
        }
    }

    fn numbers(history: &History, node: u32) -> Vec<u64> {
        history.of(NodeIndex(node)).iter().map(|event| event.number).collect()
    }

    #[test]
    fn a_node_forgets_its_oldest_event_first() {
        let mut history = History::default();
        for number in 1..=5 {
            history.push(NodeIndex(0), event(number), &limits(3, usize::MAX));
        }
        assert_eq!(numbers(&history, 0), [3, 4, 5]);
        assert_eq!(numbers(&history, 7), [0; 0]);
    }

    #[test]
    fn over_all_nodes_the_oldest_event_goes_first_and_nothing_else() {
        let mut history = History::default();
        let limits = limits(100, 4 * event(0).bytes());
        for (number, node) in [(1, 2), (2, 0), (3, 2), (4, 0), (5, 1), (6, 1)] {
            history.push(NodeIndex(node), event(number), &limits);
        }
        assert_eq!(
            (numbers(&history, 0), numbers(&history, 1), numbers(&history, 2)),
            (vec![4], vec![5, 6], vec![3])
        );
        assert_eq!(history.bytes_used, limits.history_bytes_max);
        history.forget(NodeIndex(1));
        history.forget(NodeIndex(1));
        assert_eq!((history.order.len(), history.bytes_used), (2, 2 * event(0).bytes()));
    }

    #[test]
    fn an_event_too_large_for_the_history_is_not_kept_and_nothing_before_it_either() {
        let mut history = History::default();
        for number in 1..=2 {
            history.push(NodeIndex(0), event(number), &limits(100, event(0).bytes() - number as usize % 2));
        }
        assert_eq!(numbers(&history, 0), [2]);
        history.push(NodeIndex(0), event(3), &limits(100, 1));
        assert_eq!(numbers(&history, 0), [0; 0]);
        assert_eq!(history.bytes_used, 0);
    }

    #[test]
    fn what_is_too_old_goes_with_the_next_event_or_when_somebody_looks() {
        let mut history = History::default();
        let limits = NotifierLimits { history_age_max_ms: 5, ..NotifierLimits::default() };
        for (number, node) in [(1, 0), (2, 1), (6, 0), (7, 1)] {
            history.push(NodeIndex(node), event(number), &limits);
        }
        assert_eq!((numbers(&history, 0), numbers(&history, 1)), (vec![6], vec![2, 7]));
        history.expire(Timestamp(7), &limits);
        assert_eq!(history.event_count(), 3);
        history.expire(Timestamp(12), &limits);
        assert_eq!((numbers(&history, 0), numbers(&history, 1)), (vec![], vec![7]));
        // A clock that goes back makes nothing old.
        history.expire(Timestamp(i64::MIN), &limits);
        assert_eq!((history.event_count(), history.forgotten()), (1, 3));
        history.clear();
        assert_eq!((history.event_count(), history.bytes_used(), history.forgotten()), (0, 0, 3));
    }

    #[test]
    fn the_newest_of_all_come_in_order() {
        let mut history = History::default();
        for (number, node) in [(1, 2), (4, 0), (5, 2), (9, 1)] {
            history.push(NodeIndex(node), event(number), &limits(100, usize::MAX));
        }
        let newest = |count: usize| {
            let newest = history.newest(count * event(0).bytes());
            newest.iter().map(|(node, event)| (event.number, node.0)).collect::<Vec<_>>()
        };
        assert_eq!(newest(3), [(4, 0), (5, 2), (9, 1)]);
        assert_eq!(newest(9), [(1, 2), (4, 0), (5, 2), (9, 1)]);
        assert_eq!(newest(0), []);
    }
}
