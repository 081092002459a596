//! One node: what it is, what it keeps, and who hears it.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::affiliations::Affiliations;
use super::items::Items;
use super::options::SubscriptionOptions;
use super::subscriptions::Particulars;
use crate::config::Config;
use crate::input::SessionId;
use crate::members::Members;
use crate::sessions::UserIndex;

/// A node's place in the [`Registry`](super::registry::Registry). Not reused before every effect that names it has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeIndex(pub(crate) u32);

/// A node. Its nature and items are the newest decided state; its subscribers are those who hear it now.
#[derive(Debug)]
pub(crate) struct Node {
    /// What tells it from all others: its name, or for a personal node what [`personal_key`] makes of owner and name.
    pub(crate) key: Arc<str>,
    pub(crate) nature: Nature,
    /// The number of the event published here last. Grows by one with each; no gaps. Starts above those of every node
    /// that ever had this name.
    pub(crate) offset: u64,
    /// Which of them was released last: subscribers know of it and of none after it. Kept where somebody asks: at nodes of
    /// accounts, and with recovery.
    pub(crate) released: u64,
    /// Full-JID subscribers with a session.
    pub(crate) sessions: Members<SessionId>,
    /// Bare-JID subscribers.
    pub(crate) users: Members<UserIndex>,
    /// Those of both who have chosen something, or have several subscriptions.
    pub(crate) particular: Particulars,
    /// Deleted, but the deletion is not in the log yet: found by nobody, heard by its subscribers.
    pub(crate) withdrawn: bool,
}

/// Where a node comes from.
#[derive(Debug)]
pub(crate) enum Nature {
    /// It belongs to an object of the contact centre, which comes and goes by itself. Keeps no items.
    Feed,
    /// Somebody created it.
    Generic(Box<Generic>),
}

/// What a generic node adds.
#[derive(Debug)]
pub(crate) struct Generic {
    /// Bare JID of whoever created it: its first owner.
    pub(crate) creator: Box<str>,
    pub(crate) affiliations: Affiliations,
    /// Addresses that have asked to subscribe and wait for an owner's answer, in the order in which they asked, and what
    /// they have chosen for the time when they are subscribed.
    pub(crate) pending: IndexMap<Box<str>, SubscriptionOptions, FixedState>,
    pub(crate) config: NodeConfig,
    pub(crate) items: Items,
}

impl Generic {
    /// One that `creator` has just created.
    pub(crate) fn new(creator: &str, config: NodeConfig) -> Self {
        Generic {
            creator: creator.into(),
            affiliations: Affiliations::created_by(creator),
            pending: IndexMap::default(),
            config,
            items: Items::default(),
        }
    }
}

/// Stands between the owner and the name of a personal node. It can stand in neither: XML has no such character.
const SEPARATOR: char = '\u{1f}';

/// The key of a node that belongs to an account (XEP-0163): no node of the service can have it.
pub(crate) fn personal_key(owner: &str, name: &str) -> String {
    format!("{owner}{SEPARATOR}{name}")
}

/// The localpart of the account that a node with this key belongs to; none for nodes of the service.
pub(crate) fn owner_of(key: &str) -> Option<&str> {
    key.split_once(SEPARATOR).map(|(owner, _)| owner)
}

/// The name by which clients know the node with this key.
pub(crate) fn wire_name(key: &str) -> &str {
    key.split_once(SEPARATOR).map_or(key, |(_, name)| name)
}

impl Node {
    /// The name by which clients know it.
    pub(crate) fn name(&self) -> &str {
        wire_name(&self.key)
    }

    /// The localpart of the account that it belongs to, if it is a personal one.
    pub(crate) fn owner(&self) -> Option<&str> {
        owner_of(&self.key)
    }

    /// In whose name it speaks.
    pub(crate) fn address<'a>(&self, config: &'a Config) -> Cow<'a, str> {
        match self.owner() {
            None => Cow::Borrowed(&config.pubsub_domain),
            Some(owner) => Cow::Owned(format!("{owner}@{}", config.domain)),
        }
    }

    pub(crate) fn generic(&self) -> Option<&Generic> {
        match &self.nature {
            Nature::Feed => None,
            Nature::Generic(generic) => Some(generic),
        }
    }

    pub(crate) fn generic_mut(&mut self) -> Option<&mut Generic> {
        match &mut self.nature {
            Nature::Feed => None,
            Nature::Generic(generic) => Some(generic),
        }
    }
}

/// The configuration of a generic node, as the log keeps it. Fields that a record lacks have their default.
///
/// Source: XEP-0060 §16.4.4 and XEP-0248 §12.2.2 (`pubsub#node_config`), the fields that work here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeConfig {
    /// `pubsub#node_type`.
    #[serde(skip_serializing_if = "is_default")]
    pub node_type: NodeType,
    /// `pubsub#collection`: the name of the collection that the node stands in; `None` is the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// `pubsub#children_association_policy`, of a collection.
    #[serde(skip_serializing_if = "is_default")]
    pub children_association_policy: AssociationPolicy,
    /// `pubsub#children_max`, of a collection; `None` is `max`: as many as there are nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children_max: Option<u32>,
    /// `pubsub#title`: a name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `pubsub#persist_items`: keep items for retrieval.
    pub persist_items: bool,
    /// `pubsub#max_items`: how many to keep; `None` is `max`, the server's limit. Always written: a missing field has
    /// the default, which is another.
    pub max_items: Option<u32>,
    /// `pubsub#max_payload_size`: bytes of a payload; `None` is the server's limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payload_size: Option<u32>,
    /// `pubsub#notification_type`: the `type` of event messages.
    pub notification_type: NotificationType,
    /// `pubsub#notify_retract`: tell subscribers about each retraction, also when the request does not ask for it.
    pub notify_retract: bool,
    /// `pubsub#publish_model`.
    pub publish_model: PublishModel,
    /// `pubsub#access_model`.
    #[serde(skip_serializing_if = "is_default")]
    pub access_model: AccessModel,
    /// `pubsub#roster_groups_allowed`: which of the owners' groups may subscribe, with [`AccessModel::Roster`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roster_groups_allowed: Vec<String>,
    /// `pubsub#subscribe`: anybody can subscribe at all.
    #[serde(skip_serializing_if = "is_true")]
    pub subscribe: bool,
    /// `pubsub#deliver_payloads`: events carry the payload, not only the item's id.
    #[serde(skip_serializing_if = "is_true")]
    pub deliver_payloads: bool,
    /// `pubsub#notify_delete`: tell subscribers when the node is deleted.
    #[serde(skip_serializing_if = "is_true")]
    pub notify_delete: bool,
    /// `pubsub#notify_config`: tell subscribers when the node is configured.
    #[serde(skip_serializing_if = "is_default")]
    pub notify_config: bool,
    /// `pubsub#send_last_published_item`.
    #[serde(skip_serializing_if = "is_default")]
    pub send_last_published_item: SendLast,
    /// `pubsub#description`: a sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `pubsub#type`: the namespace of the payloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_type: Option<String>,
    /// `pubsub#deliver_notifications`: tell subscribers of items at all.
    #[serde(skip_serializing_if = "is_true")]
    pub deliver_notifications: bool,
    /// `pubsub#presence_based_delivery`: only to sessions that have sent presence.
    #[serde(skip_serializing_if = "is_default")]
    pub presence_based_delivery: bool,
    /// `pubsub#publish_node_full`: what gives way when an item more is published than the node keeps.
    #[serde(skip_serializing_if = "is_default")]
    pub publish_node_full: NodeFull,
    /// `pubsub#item_expire`: seconds after which an item is gone; `None` is `max`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_expire: Option<u32>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            node_type: NodeType::Leaf,
            collection: None,
            children_association_policy: AssociationPolicy::Owners,
            children_max: None,
            title: None,
            persist_items: true,
            max_items: Some(20),
            max_payload_size: None,
            notification_type: NotificationType::Headline,
            notify_retract: true,
            publish_model: PublishModel::Publishers,
            access_model: AccessModel::Open,
            roster_groups_allowed: Vec::new(),
            subscribe: true,
            deliver_payloads: true,
            notify_delete: true,
            notify_config: false,
            send_last_published_item: SendLast::Never,
            description: None,
            payload_type: None,
            deliver_notifications: true,
            presence_based_delivery: false,
            publish_node_full: NodeFull::DiscardOldest,
            item_expire: None,
        }
    }
}

impl NodeConfig {
    /// Whether the node holds nodes, and no items.
    pub(crate) fn is_collection(&self) -> bool {
        self.node_type == NodeType::Collection
    }
}

/// What a generic node holds (XEP-0248).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeType {
    /// Items.
    #[default]
    Leaf,
    /// Other nodes.
    Collection,
}

/// Who may put a node of theirs into a collection (XEP-0248 §7.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssociationPolicy {
    /// The collection's owners, and administrators.
    #[default]
    Owners,
    /// Every user.
    All,
}

/// The `type` attribute of a node's event messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationType {
    /// No `type` attribute, as on contact nodes.
    Normal,
    /// `type="headline"`: never stored, never answered.
    Headline,
}

/// Who may publish to a generic node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishModel {
    /// Its owners, its publishers and administrators.
    Publishers,
    /// And whoever is subscribed.
    Subscribers,
    /// Every user.
    Open,
}

/// Who may subscribe to a generic node and read its items, besides those who have an affiliation (XEP-0060 §4.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessModel {
    /// Every user.
    #[default]
    Open,
    /// Whom an owner has approved.
    Authorize,
    /// Nobody.
    Whitelist,
    /// Who may see an owner's presence.
    Presence,
    /// Who is in one of certain groups of an owner's roster, and may see the owner's presence.
    Roster,
}

/// What gives way at a full node (XEP-0060 §7.1.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeFull {
    /// The oldest item, and nobody is told: a second event with each publication would be as dear as the first.
    #[default]
    DiscardOldest,
    /// The oldest item; subscribers are told, if they are told of retractions.
    RetractOldest,
    /// The new one: `conflict` with `node-full`.
    Reject,
}

/// When a subscriber gets the newest item without asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendLast {
    /// Never.
    #[default]
    Never,
    /// After subscribing.
    OnSubscribe,
    /// After subscribing, and after each initial presence.
    OnSubscribeAndPresence,
}
