//! The items a node keeps, in the order in which they were last published.

use contact::Timestamp;
use foldhash::fast::FixedState;
use indexmap::IndexMap;

/// One kept item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The bare JID of the publisher.
    pub(crate) publisher: Box<str>,
    /// The payload as one stand-alone element.
    pub(crate) payload: Box<str>,
    /// When it was published, if the log says so.
    pub(crate) at: Option<Timestamp>,
}

/// Items by id, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Items(IndexMap<Box<str>, Item, FixedState>);

impl Items {
    /// Adds or replaces an item, which becomes the newest, and drops the oldest ones above `max`.
    ///
    /// Source: XEP-0060 §7.1.3 (same id overwrites).
    pub(crate) fn publish(&mut self, id: &str, item: Item, max: usize) {
        self.0.shift_remove(id);
        self.0.insert(id.into(), item);
        self.truncate(max);
    }

    /// Drops the oldest items until `max` are left.
    pub(crate) fn truncate(&mut self, max: usize) {
        let surplus = self.0.len().saturating_sub(max);
        self.0.drain(..surplus);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Item> {
        self.0.get(id)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Item> {
        self.0.shift_remove(id)
    }

    pub(crate) fn clear(&mut self) {
        self.0 = IndexMap::default();
    }

    /// What they take: ids, payloads, and something for each.
    pub(crate) fn bytes(&self) -> usize {
        self.iter().map(|(id, item)| Items::bytes_of(id, &item.payload)).sum()
    }

    /// What one item takes.
    pub(crate) fn bytes_of(id: &str, payload: &str) -> usize {
        id.len() + payload.len() + ITEM_OVERHEAD_BYTES
    }

    /// Items, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Item)> + ExactSizeIterator {
        self.0.iter().map(|(id, item)| (&**id, item))
    }
}

/// What an item takes beside its texts: a place in the table, the publisher, allocations.
const ITEM_OVERHEAD_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn item(payload: &str) -> Item {
        Item { publisher: "admin@localhost".into(), payload: payload.into(), at: None }
    }

    fn ids(items: &Items) -> Vec<&str> {
        items.iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn publishing_again_moves_an_item_to_the_end() {
        let mut items = Items::default();
        items.publish("a", item("<a/>"), 3);
        items.publish("b", item("<b/>"), 3);
        items.publish("a", item("<c/>"), 3);
        assert_eq!(ids(&items), ["b", "a"]);
        assert_eq!(&*items.get("a").unwrap().payload, "<c/>");
    }

    #[test]
    fn the_oldest_goes_when_the_node_is_full() {
        let mut items = Items::default();
        for id in ["a", "b", "c", "d"] {
            items.publish(id, item("<x/>"), 2);
        }
        assert_eq!(ids(&items), ["c", "d"]);
        assert!(items.remove("a").is_none());
        assert!(items.remove("c").is_some());
        items.truncate(0);
        assert_eq!(ids(&items), [""; 0]);
    }
}
