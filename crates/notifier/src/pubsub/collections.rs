//! Collections (XEP-0248): nodes that hold nodes, and through which these are heard.
//!
//! A node stands in one collection or at the root, which has no name; its configuration says where, and nothing else does. So
//! the children of a collection are found by looking, which only owners cause, and the way up, which every event goes, is
//! as long as the node is deep.

use super::errors::PubSubError;
use super::form::Submitted;
use super::node::{AssociationPolicy, Generic, Node, NodeIndex, NodeType};
use super::personal::Service;
use super::registry::Registry;
use super::{Outcome, Requester};
use crate::change::{Change, NodeConfig};
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

/// Takes the field `pubsub#children` out of a submitted form.
pub(super) fn take_children(submitted: &mut Submitted) -> Option<Vec<String>> {
    let Submitted::Values(fields) = submitted else { return None };
    let at = fields.iter().position(|(name, _)| name == "pubsub#children")?;
    let mut names = fields.remove(at).1;
    names.retain(|name| !name.is_empty());
    names.dedup();
    Some(names)
}

impl Registry {
    /// The collection that a node stands in; none at the root.
    pub(crate) fn parent(&self, node: &Node) -> Option<(NodeIndex, &Node)> {
        self.find(node.generic()?.config.collection.as_deref()?)
    }

    /// The collections that a node stands in, the nearest first.
    pub(crate) fn ancestors<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = (NodeIndex, &'a Node)> {
        std::iter::successors(self.parent(node), |(_, parent)| self.parent(parent))
    }

    /// The nodes in a collection, by name; a leaf has none.
    pub(crate) fn children(&self, name: &str) -> Vec<(&Node, &Generic)> {
        if self.find(name).is_none_or(|(_, node)| node.node_type() == NodeType::Leaf) {
            return Vec::new();
        }
        let stands_here = |generic: &Generic| generic.config.collection.as_deref() == Some(name);
        let mut children: Vec<_> = self.iter_generic().filter(|(_, generic)| stands_here(generic)).collect();
        children.sort_unstable_by(|(a, _), (b, _)| a.key.cmp(&b.key));
        children
    }

    /// How many steps it is from a node to the deepest one below it.
    fn height(&self, name: &str) -> usize {
        let children = self.children(name);
        children.iter().map(|(child, _)| 1 + self.height(&child.key)).max().unwrap_or_default()
    }
}

impl Notifier {
    /// Checks that a node may stand where its new configuration says.
    ///
    /// - `before`: where it stands, if it exists.
    ///
    /// # Errors
    ///
    /// XEP-0248 §7.2.3: `item-not-found` for a collection that does not exist; `forbidden`; `not-allowed` with
    /// `invalid-options` for a leaf and for a node below this one, or with `max-nodes-exceeded`.
    pub(super) fn check_collection(
        &self,
        requester: &Requester,
        name: &str,
        before: Option<&NodeConfig>,
        config: &NodeConfig,
    ) -> Result<(), PubSubError> {
        let Some(wanted) = &config.collection else { return Ok(()) };
        if before.is_some_and(|before| before.collection.as_ref() == Some(wanted)) {
            return Ok(());
        }
        let (_, parent, rights) = self.rights(requester, wanted)?;
        let collection = parent.generic().filter(|generic| generic.config.is_collection());
        let collection = collection.ok_or(NOT_A_COLLECTION)?;
        let is_welcome = collection.config.children_association_policy == AssociationPolicy::All;
        if !(is_welcome || rights.own) {
            return Err(PubSubError::Forbidden("Only the collection's owners may put a node into it."));
        }
        check_room(&collection.config, self.durable.nodes.children(wanted).len() + 1)?;
        let above: Vec<&str> = self.durable.nodes.ancestors(parent).map(|(_, node)| &*node.key).collect();
        if **wanted == *name || above.contains(&name) {
            return Err(CYCLE);
        }
        self.check_depth(above.len() + 2 + self.durable.nodes.height(name))
    }

    /// The changes by which a collection holds these nodes and no others.
    ///
    /// # Errors
    ///
    /// As [`Notifier::check_collection`]; whoever puts a node into a collection, or takes it out, owns the node or the
    /// collection respectively.
    pub(super) fn set_children(
        &self,
        requester: &Requester,
        name: &str,
        config: &NodeConfig,
        children: &[String],
    ) -> Result<Vec<Change>, PubSubError> {
        if !config.is_collection() {
            return if children.is_empty() { Ok(Vec::new()) } else { Err(NOT_A_COLLECTION) };
        }
        check_room(config, children.len())?;
        let parent = config.collection.as_deref().and_then(|parent| self.durable.nodes.find(parent));
        let mut above: Vec<&str> = vec![name];
        if let Some((_, parent)) = parent {
            above.push(&parent.key);
            above.extend(self.durable.nodes.ancestors(parent).map(|(_, node)| &*node.key));
        }
        let now = self.durable.nodes.children(name);
        let mut changes = Vec::new();
        for child in children {
            if above.contains(&child.as_str()) {
                return Err(CYCLE);
            }
            self.check_depth(above.len() + 1 + self.durable.nodes.height(child))?;
            let (node, generic) = self.owned(requester, child)?;
            if now.iter().all(|(known, _)| known.key != node.key) {
                changes.push(moved(node, generic, Some(name)));
            }
        }
        let gone = now.into_iter().filter(|(node, _)| children.iter().all(|child| **child != *node.key));
        changes.extend(gone.map(|(node, generic)| moved(node, generic, None)));
        Ok(changes)
    }

    /// Puts a node into a collection (XEP-0248 §7.5).
    ///
    /// # Errors
    ///
    /// As [`Notifier::check_collection`].
    pub(super) fn associate(
        &self,
        requester: &Requester,
        name: &str,
        child: &str,
    ) -> Result<Outcome, PubSubError> {
        here(requester)?;
        let (node, generic) = self.owned(requester, child)?;
        let config = NodeConfig { collection: Some(name.into()), ..generic.config.clone() };
        self.check_collection(requester, child, Some(&generic.config), &config)?;
        self.log_is_ready()?;
        Ok(Outcome::Change(vec![moved(node, generic, Some(name))], None))
    }

    /// Takes a node out of a collection: its owner may, and the collection's (XEP-0248 §7.6).
    ///
    /// # Errors
    ///
    /// `item-not-found`; `bad-request` for a node that does not stand there; `forbidden`.
    pub(super) fn dissociate(
        &self,
        requester: &Requester,
        name: &str,
        child: &str,
    ) -> Result<Outcome, PubSubError> {
        here(requester)?;
        let (_, _, at_collection) = self.rights(requester, name)?;
        let (_, node, at_child) = self.rights(requester, child)?;
        if !(at_collection.own || at_child.own) {
            return Err(PubSubError::Forbidden("Only owners of the node or of the collection may do this."));
        }
        let generic = node.generic().filter(|generic| generic.config.collection.as_deref() == Some(name));
        let generic = generic.ok_or(PubSubError::BadRequest("The node is not in this collection."))?;
        self.log_is_ready()?;
        Ok(Outcome::Change(vec![moved(node, generic, None)], None))
    }

    /// The changes by which the nodes in a collection that is about to go stand at the root.
    pub(super) fn orphans(&self, name: &str) -> Vec<Change> {
        let children = self.durable.nodes.children(name);
        children.into_iter().map(|(node, generic)| moved(node, generic, None)).collect()
    }

    /// - `depth`: of the deepest node, 1 at the root.
    fn check_depth(&self, depth: usize) -> Result<(), PubSubError> {
        if depth <= self.config.limits.collection_depth_max {
            return Ok(());
        }
        self.reached(Limit::CollectionDepth);
        Err(PubSubError::ResourceConstraint("Collections stand in each other as deep as the server allows."))
    }
}

const NOT_A_COLLECTION: PubSubError = PubSubError::InvalidNodeType("Only a collection holds nodes.");
const CYCLE: PubSubError = PubSubError::InvalidNodeType("A collection cannot stand below itself.");

fn check_room(collection: &NodeConfig, count: usize) -> Result<(), PubSubError> {
    let max = collection.children_max.map_or(usize::MAX, |max| max as usize);
    if count <= max { Ok(()) } else { Err(PubSubError::MaxNodesExceeded) }
}

fn here(requester: &Requester) -> Result<(), PubSubError> {
    match requester.service {
        Service::Common => Ok(()),
        Service::Personal(_) => Err(PubSubError::Unsupported("collections")),
    }
}

fn moved(node: &Node, generic: &Generic, collection: Option<&str>) -> Change {
    let config = NodeConfig { collection: collection.map(String::from), ..generic.config.clone() };
    Change::NodeConfigured { node: node.key.to_string(), config }
}

impl Node {
    /// What kind of node it is for its subscribers.
    pub(crate) fn node_type(&self) -> NodeType {
        self.generic().map_or(NodeType::Leaf, |generic| generic.config.node_type)
    }
}
