//! All nodes, by name and by index.
//!
//! A node that is being deleted leaves the names at once, so that the next request does not find it, but stays in its
//! place until the deletion is in the log: events published before still reach its subscribers.

use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::{IndexMap, IndexSet};

use super::node::{Generic, Nature, Node, NodeIndex, owner_of};
use super::subscriptions::Particulars;
use crate::members::Members;

/// The nodes. Finding one by name or index takes constant time.
#[derive(Debug)]
pub(crate) struct Registry {
    names: IndexMap<Arc<str>, NodeIndex, FixedState>,
    nodes: Vec<Option<Node>>,
    free: Vec<NodeIndex>,
    /// Nodes of the service that were created by request, few among many that belong to contact objects.
    generic: IndexSet<NodeIndex, FixedState>,
    /// Nodes of accounts, by the localpart, in the order in which they were created.
    personal: IndexMap<Box<str>, Vec<NodeIndex>, FixedState>,
}

impl Registry {
    pub(crate) fn new(hash_seed: u64) -> Self {
        Registry {
            names: IndexMap::with_hasher(FixedState::with_seed(hash_seed)),
            nodes: Vec::new(),
            free: Vec::new(),
            generic: IndexSet::default(),
            personal: IndexMap::with_hasher(FixedState::with_seed(hash_seed)),
        }
    }

    /// The node that has this name now.
    pub(crate) fn find(&self, name: &str) -> Option<(NodeIndex, &Node)> {
        let &index = self.names.get(name)?;
        Some((index, self.get(index)?))
    }

    pub(crate) fn get(&self, index: NodeIndex) -> Option<&Node> {
        self.nodes.get(index.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, index: NodeIndex) -> Option<&mut Node> {
        self.nodes.get_mut(index.0 as usize)?.as_mut()
    }

    /// Nodes that can be found, in no particular but always the same order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (NodeIndex, &Node)> {
        self.names.values().filter_map(|&index| Some((index, self.get(index)?)))
    }

    /// How many nodes of the service were created by request.
    pub(crate) fn generic_count(&self) -> usize {
        self.generic.len()
    }

    /// The nodes of an account, oldest first.
    pub(crate) fn personal(&self, owner: &str) -> impl Iterator<Item = NodeIndex> + use<'_> {
        self.personal.get(owner).into_iter().flatten().copied()
    }

    /// Their keys.
    pub(crate) fn personal_keys(&self, owner: &str) -> Vec<Arc<str>> {
        self.personal(owner).filter_map(|index| Some(Arc::clone(&self.get(index)?.key))).collect()
    }

    /// Nodes of the service that were created by request.
    pub(crate) fn iter_generic(&self) -> impl Iterator<Item = (&Node, &Generic)> {
        self.generic
            .iter()
            .filter_map(|&index| self.get(index))
            .filter_map(|node| Some((node, node.generic()?)))
    }

    /// All nodes that were created by request, those of accounts included.
    pub(crate) fn iter_generic_mut(&mut self) -> impl Iterator<Item = &mut Generic> {
        self.nodes.iter_mut().flatten().filter_map(Node::generic_mut)
    }

    /// Adds a node whose events are counted from `first_offset`; `None` if the key is taken.
    pub(crate) fn create(&mut self, key: &str, nature: Nature, first_offset: u64) -> Option<NodeIndex> {
        if self.names.contains_key(key) {
            return None;
        }
        let key: Arc<str> = key.into();
        let is_generic = matches!(nature, Nature::Generic(_));
        let node = Node {
            key: key.clone(),
            nature,
            offset: first_offset,
            released: first_offset,
            sessions: Members::new(),
            users: Members::new(),
            particular: Particulars::default(),
            withdrawn: false,
        };
        let index = match self.free.pop() {
            Some(index) => {
                self.nodes[index.0 as usize] = Some(node);
                index
            }
            None => {
                let index = NodeIndex(u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes"));
                self.nodes.push(Some(node));
                index
            }
        };
        match owner_of(&key) {
            Some(owner) => self.personal.entry(owner.into()).or_default().push(index),
            None if is_generic => {
                self.generic.insert(index);
            }
            None => {}
        }
        self.names.insert(key, index);
        Some(index)
    }

    /// Takes the node's name away. It keeps its place and its subscribers until [`Registry::drop_node`].
    pub(crate) fn withdraw(&mut self, name: &str) -> Option<NodeIndex> {
        let index = self.names.swap_remove(name)?;
        self.get_mut(index)?.withdrawn = true;
        self.generic.swap_remove(&index);
        if let Some(owner) = owner_of(name)
            && let Some(own) = self.personal.get_mut(owner)
        {
            own.retain(|&other| other != index);
            if own.is_empty() {
                self.personal.swap_remove(owner);
            }
        }
        Some(index)
    }

    /// Gives up a withdrawn node and its index.
    pub(crate) fn drop_node(&mut self, index: NodeIndex) -> Option<Node> {
        let node = self.nodes.get_mut(index.0 as usize)?.take()?;
        debug_assert!(node.withdrawn, "only a node without a name may be dropped");
        self.free.push(index);
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_node_keeps_its_place_until_it_is_dropped() {
        let mut registry = Registry::new(1);
        let first = registry.create("a", Nature::Feed, 0).unwrap();
        assert!(registry.create("a", Nature::Feed, 0).is_none());
        assert_eq!(registry.withdraw("a"), Some(first));
        assert!(registry.find("a").is_none());
        assert!(registry.get(first).is_some());
        let second = registry.create("a", Nature::Feed, 0).unwrap();
        assert_ne!(first, second);
        assert!(registry.drop_node(first).is_some());
        assert_eq!(registry.create("b", Nature::Feed, 0), Some(first));
        assert_eq!(registry.find("a").map(|(index, _)| index), Some(second));
        assert_eq!(registry.iter().count(), 2);
    }
}
