//! What the log keeps: facts, in a form that later versions only add to.
//!
//! Every record names its kind in `type`. A field may be added with a default; none may change its meaning or go away.
//! The tests below hold one record of each kind as text: whoever has to change such a text is about to break the logs
//! that exist.

use contact::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::input::Position;
pub use crate::pubsub::node::{NodeConfig, NotificationType, PublishModel};

/// One place in the log: changes that were decided together and exist together or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Where in the log. Entries follow each other without a gap; only a snapshot may stand for many.
    pub position: Position,
    /// When it was decided.
    pub at: Timestamp,
    /// What changed, in order.
    pub changes: Vec<Change>,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// Something happened in the contact centre.
    Contact {
        /// What happened.
        event: contact::Event,
        /// The id of the request that asked for it; repeated in the updates it causes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    /// A user has these credentials from now on. They go when the user is removed.
    Credentials {
        /// Whose.
        user: UserId,
        /// What a password is checked with.
        keys: Credentials,
    },
    /// Somebody created a node.
    NodeCreated {
        /// Its name.
        node: String,
        /// The owner's bare JID.
        creator: String,
        /// Its configuration.
        #[serde(default)]
        config: NodeConfig,
    },
    /// A node has this configuration from now on.
    NodeConfigured {
        /// Which node.
        node: String,
        /// All of the new configuration.
        config: NodeConfig,
    },
    /// A node is gone, with its items and subscriptions.
    NodeDeleted {
        /// Which node.
        node: String,
        /// Where subscribers should go instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        redirect: Option<String>,
    },
    /// A node has no items any more.
    NodePurged {
        /// Which node.
        node: String,
    },
    /// A durable subscription.
    Subscribed {
        /// To which node.
        node: String,
        /// Whose: a bare JID, or a full one where those are kept.
        jid: String,
    },
    /// The end of a durable subscription.
    Unsubscribed {
        /// To which node.
        node: String,
        /// Whose.
        jid: String,
    },
    /// Somebody published an item. (What happens in the contact centre is published without a record of its own.)
    ItemPublished {
        /// To which node.
        node: String,
        /// The item's id.
        id: String,
        /// The publisher's bare JID.
        publisher: String,
        /// The payload, one stand-alone element.
        payload: String,
    },
    /// An item is gone.
    ItemRetracted {
        /// From which node.
        node: String,
        /// Which item.
        id: String,
        /// Whether subscribers are told.
        #[serde(default)]
        notify: bool,
    },
    /// Snapshots only: so many events have been published to a node.
    NodeOffset {
        /// Which node.
        node: String,
        /// How many.
        offset: u64,
    },
    /// Snapshots only: what follows is state, not news; nothing of it counts as published.
    SnapshotBegins,
    /// Snapshots only: the end of what [`Change::SnapshotBegins`] began.
    SnapshotEnds {
        /// How many events have been published to all nodes together.
        event_count: u64,
    },
}

/// What passwords are checked with; the password itself is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Keys for SCRAM-SHA-1.
    pub sha1: Keys,
    /// Keys for SCRAM-SHA-256.
    pub sha256: Keys,
}

/// The SCRAM keys of one hash function (RFC 5802 §3). Opaque here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The salt.
    #[serde(with = "base64_text")]
    pub salt: Vec<u8>,
    /// How often the hash was iterated.
    pub iterations: u32,
    /// `StoredKey`.
    #[serde(with = "base64_text")]
    pub stored_key: Vec<u8>,
    /// `ServerKey`.
    #[serde(with = "base64_text")]
    pub server_key: Vec<u8>,
}

/// Shows no key: whoever has the server key can pose as the server.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(de::Error::custom)
    }
}
