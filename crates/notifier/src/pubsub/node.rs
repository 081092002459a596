//! One node: what it is, what it keeps, and who hears it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::items::Items;
use crate::input::SessionId;
use crate::members::Members;
use crate::sessions::UserIndex;

/// A node's place in the [`Registry`](super::registry::Registry). Not reused before every effect that names it has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeIndex(pub(crate) u32);

/// A node. Its nature and items are the newest decided state; its subscribers are those who hear it now.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    pub(crate) nature: Nature,
    /// The number of the event published here last. Grows by one with each; no gaps. Starts above those of every node
    /// that ever had this name.
    pub(crate) offset: u64,
    /// Which of them was released last: subscribers know of it and of none after it.
    pub(crate) released: u64,
    /// Full-JID subscribers with a session.
    pub(crate) sessions: Members<SessionId>,
    /// Bare-JID subscribers.
    pub(crate) users: Members<UserIndex>,
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
    /// Bare JID of the owner.
    pub(crate) creator: Box<str>,
    pub(crate) config: NodeConfig,
    pub(crate) items: Items,
}

impl Node {
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
/// Source: XEP-0060 §16.4.4 (`pubsub#node_config`), the fields that work here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeConfig {
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
}

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            title: None,
            persist_items: true,
            max_items: Some(20),
            max_payload_size: None,
            notification_type: NotificationType::Headline,
            notify_retract: true,
            publish_model: PublishModel::Publishers,
        }
    }
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
    /// Its owner and administrators.
    Publishers,
    /// Every user.
    Open,
}
