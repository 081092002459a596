//! What the log keeps: facts, in a form that later versions only add to.
//!
//! Every record names its kind in `type`. A field may be added with a default; none may change its meaning or go away.
//! A node is named by its name; one that belongs to an account, by the account's localpart, U+001F and its name.
//!
//! The tests below hold one record of each kind as text: whoever has to change such a text is about to break the logs
//! that exist.

use contact::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::input::Position;
use crate::publishers::Publisher;
pub use crate::pubsub::affiliations::Affiliation;
pub use crate::pubsub::node::{
    AccessModel, AssociationPolicy, NodeConfig, NodeFull, NodeType, NotificationType, PublishModel, SendLast,
};
pub use crate::pubsub::options::{About, Expire, Show, SubscriptionOptions};
use crate::roster::RosterItem;

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
    /// There is an account that is no user of the contact centre.
    AccountAdded {
        /// Its name.
        user: UserId,
    },
    /// Such an account is gone, with everything that belongs to it.
    AccountRemoved {
        /// Its name.
        user: UserId,
    },
    /// An account may not log in, or may again.
    AccountDisabled {
        /// Whose.
        user: UserId,
        /// Which of the two.
        disabled: bool,
    },
    /// Somebody outside may publish events from now on.
    PublisherAdded {
        /// Who, with the hash of the token.
        publisher: Publisher,
    },
    /// And may no longer.
    PublisherRemoved {
        /// Its name.
        name: String,
    },
    /// An event from outside was accepted: what its publisher was told, and is told again. Its item is in the same entry.
    EventAccepted {
        /// Whose.
        publisher: String,
        /// The publisher's name for it.
        id: String,
        /// A hash of what was asked for.
        #[serde(with = "base64_text")]
        digest: Vec<u8>,
        /// Where it was published.
        node: String,
        /// The item's id.
        item: String,
        /// Which event of the node it was, unless nobody is told of items there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<u64>,
        /// The entry that it first stood in, also in a snapshot.
        position: Position,
        /// When it was accepted.
        at: Timestamp,
    },
    /// What a user's roster says about a contact from now on.
    RosterItem {
        /// Whose roster.
        user: UserId,
        /// The contact's bare JID.
        contact: String,
        /// All of it.
        item: RosterItem,
    },
    /// A user's roster says nothing about a contact any more.
    RosterItemRemoved {
        /// Whose roster.
        user: UserId,
        /// The contact's bare JID.
        contact: String,
    },
    /// A user no longer wants to hear these addresses.
    Blocked {
        /// Who.
        user: UserId,
        /// The addresses.
        jids: Vec<String>,
    },
    /// A user wants to hear these addresses again.
    Unblocked {
        /// Who.
        user: UserId,
        /// The addresses; all that were blocked if there is none.
        jids: Vec<String>,
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
    /// How a user stands to a node from now on.
    Affiliated {
        /// Which node.
        node: String,
        /// Whose bare JID.
        jid: String,
        /// None takes away what there was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        affiliation: Option<Affiliation>,
    },
    /// Somebody has asked to subscribe, and an owner has to answer.
    SubscriptionRequested {
        /// To which node.
        node: String,
        /// Whose: a bare or a full JID.
        jid: String,
        /// What the subscription shall have once it is approved.
        #[serde(default, skip_serializing_if = "SubscriptionOptions::is_default")]
        options: SubscriptionOptions,
    },
    /// The request is no more: it was answered, or taken back.
    SubscriptionRequestEnded {
        /// To which node.
        node: String,
        /// Whose.
        jid: String,
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
    /// A durable subscription with options, or beside another one of the same address; or the new options of one.
    SubscriptionConfigured {
        /// To which node.
        node: String,
        /// Whose.
        jid: String,
        /// Which of the address's subscriptions; the one that node and address have by themselves if it is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subid: Option<String>,
        /// All of its options.
        #[serde(default)]
        options: SubscriptionOptions,
    },
    /// The end of one of an address's durable subscriptions.
    SubscriptionEnded {
        /// To which node.
        node: String,
        /// Whose.
        jid: String,
        /// Which one, as above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subid: Option<String>,
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
        /// When. Older records do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
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
    /// So many stanzas of a session have been handled, the one included that caused the changes of this entry. For a client
    /// that comes back after a crash (XEP-0198 §5).
    Handled {
        /// The id that its client knows.
        session: String,
        /// The localpart of the user whose session it is.
        user: String,
        /// How many, modulo 2^32.
        count: u32,
    },
    /// A document was published at a node of the web service although nothing here had changed: the service is or is not in
    /// service, or what is so was said again.
    Announced {
        /// Where.
        node: String,
        /// The `<Update>` document.
        document: String,
    },
    /// Snapshots only: so many events have been published to a node.
    NodeOffset {
        /// Which node.
        node: String,
        /// How many.
        offset: u64,
    },
    /// Snapshots only: one of the last events of a node, as its subscribers got it. A node's events follow each other
    /// without a gap up to its [`Change::NodeOffset`], which comes first.
    EventKept {
        /// Which node.
        node: String,
        /// Which event of all nodes together.
        number: u64,
        /// When it was released. Older records do not say, which stands for the time of the snapshot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        /// The message from after its `to` to its end: [`xmpp::SharedStanza::tail`].
        message: String,
    },
    /// Snapshots only: what follows is state, not news; nothing of it counts as published.
    SnapshotBegins,
    /// Snapshots only: the end of what [`Change::SnapshotBegins`] began.
    SnapshotEnds {
        /// How many events have been published to all nodes together.
        event_count: u64,
        /// The highest offset of any node that is gone.
        #[serde(default, skip_serializing_if = "is_zero")]
        offset_floor: u64,
    },
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What passwords are checked with; the password itself is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Keys for SCRAM-SHA-1.
    pub sha1: Keys,
    /// Keys for SCRAM-SHA-256.
    pub sha256: Keys,
    /// Keys for SCRAM-SHA-512, if that was wanted when the password was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha512: Option<Keys>,
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

pub(crate) mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use contact::TeamId;

    use super::*;
    use crate::publishers::TokenHash;

    /// One record of each kind, as logs that exist have it.
    #[test]
    fn records_are_written_as_they_always_were() {
        let node = || String::from("n");
        let jid = || String::from("1001001@localhost");
        let keys = |byte| Keys {
            salt: vec![byte; 2],
            iterations: 4096,
            stored_key: vec![byte; 3],
            server_key: vec![byte; 4],
        };
        let config = NodeConfig {
            title: Some("T".into()),
            max_items: None,
            max_payload_size: Some(9),
            notification_type: NotificationType::Normal,
            publish_model: PublishModel::Open,
            ..NodeConfig::default()
        };
        let default_config = r#"{"persist_items":true,"max_items":20,"notification_type":"headline","notify_retract":true,"publish_model":"publishers"}"#;
        let golden = [
            (
                Change::Contact {
                    event: contact::Event::TeamAdded { id: TeamId(1), name: "Sales".into() },
                    request_id: Some("r1".into()),
                },
                r#"{"type":"contact","event":{"event":"team_added","id":1,"name":"Sales"},"request_id":"r1"}"#.into(),
            ),
            (
                Change::Credentials {
                    user: UserId::new("1001001").unwrap(),
                    keys: Credentials { sha1: keys(0), sha256: keys(255), sha512: None },
                },
                concat!(
                    r#"{"type":"credentials","user":"1001001","keys":{"#,
                    r#""sha1":{"salt":"AAA=","iterations":4096,"stored_key":"AAAA","server_key":"AAAAAA=="},"#,
                    r#""sha256":{"salt":"//8=","iterations":4096,"stored_key":"////","server_key":"/////w=="}}}"#
                )
                .into(),
            ),
            (
                Change::Credentials {
                    user: UserId::new("1001001").unwrap(),
                    keys: Credentials { sha1: keys(0), sha256: keys(255), sha512: Some(keys(1)) },
                },
                concat!(
                    r#"{"type":"credentials","user":"1001001","keys":{"#,
                    r#""sha1":{"salt":"AAA=","iterations":4096,"stored_key":"AAAA","server_key":"AAAAAA=="},"#,
                    r#""sha256":{"salt":"//8=","iterations":4096,"stored_key":"////","server_key":"/////w=="},"#,
                    r#""sha512":{"salt":"AQE=","iterations":4096,"stored_key":"AQEB","server_key":"AQEBAQ=="}}}"#
                )
                .into(),
            ),
            (
                Change::AccountAdded { user: UserId::new("guest").unwrap() },
                r#"{"type":"account_added","user":"guest"}"#.into(),
            ),
            (
                Change::AccountRemoved { user: UserId::new("guest").unwrap() },
                r#"{"type":"account_removed","user":"guest"}"#.into(),
            ),
            (
                Change::AccountDisabled { user: UserId::new("guest").unwrap(), disabled: true },
                r#"{"type":"account_disabled","user":"guest","disabled":true}"#.into(),
            ),
            (
                Change::PublisherAdded {
                    publisher: Publisher {
                        name: "pbx".into(),
                        token: TokenHash::new([255; 32]),
                        nodes: vec!["/acme/".into()],
                        access_model: Some(AccessModel::Whitelist),
                        expires: Some(Timestamp(9)),
                        added: Timestamp(1),
                    },
                },
                concat!(
                    r#"{"type":"publisher_added","publisher":{"name":"pbx","#,
                    r#""token":"//////////////////////////////////////////8=","nodes":["/acme/"],"#,
                    r#""access_model":"whitelist","expires":9,"added":1}}"#
                )
                .into(),
            ),
            (
                Change::PublisherRemoved { name: "pbx".into() },
                r#"{"type":"publisher_removed","name":"pbx"}"#.into(),
            ),
            (
                Change::EventAccepted {
                    publisher: "pbx".into(),
                    id: "7".into(),
                    digest: vec![255; 3],
                    node: "/acme/orders".into(),
                    item: "i".into(),
                    offset: Some(3),
                    position: Position(8),
                    at: Timestamp(2),
                },
                concat!(
                    r#"{"type":"event_accepted","publisher":"pbx","id":"7","digest":"////","#,
                    r#""node":"/acme/orders","item":"i","offset":3,"position":8,"at":2}"#
                )
                .into(),
            ),
            (
                Change::RosterItem {
                    user: UserId::new("1001001").unwrap(),
                    contact: "guest@localhost".into(),
                    item: RosterItem {
                        name: Some("G".into()),
                        groups: vec!["Friends".into()],
                        to: true,
                        from: true,
                        ask: true,
                        approved: true,
                        listed: true,
                        request: Some("<status>hi</status>".into()),
                    },
                },
                r#"{"type":"roster_item","user":"1001001","contact":"guest@localhost","item":{"name":"G","groups":["Friends"],"to":true,"from":true,"ask":true,"approved":true,"listed":true,"request":"<status>hi</status>"}}"#.into(),
            ),
            (
                Change::RosterItem {
                    user: UserId::new("1001001").unwrap(),
                    contact: "guest@localhost".into(),
                    item: RosterItem::default(),
                },
                r#"{"type":"roster_item","user":"1001001","contact":"guest@localhost","item":{}}"#.into(),
            ),
            (
                Change::RosterItemRemoved {
                    user: UserId::new("1001001").unwrap(),
                    contact: "guest@localhost".into(),
                },
                r#"{"type":"roster_item_removed","user":"1001001","contact":"guest@localhost"}"#.into(),
            ),
            (
                Change::Blocked {
                    user: UserId::new("1001001").unwrap(),
                    jids: vec!["guest@localhost".into(), "example.org".into()],
                },
                r#"{"type":"blocked","user":"1001001","jids":["guest@localhost","example.org"]}"#.into(),
            ),
            (
                Change::Unblocked { user: UserId::new("1001001").unwrap(), jids: Vec::new() },
                r#"{"type":"unblocked","user":"1001001","jids":[]}"#.into(),
            ),
            (
                Change::NodeCreated { node: node(), creator: jid(), config: NodeConfig::default() },
                format!(r#"{{"type":"node_created","node":"n","creator":"1001001@localhost","config":{default_config}}}"#),
            ),
            // A node of an account: its owner stands before its name.
            (
                Change::NodeDeleted { node: "1001001\u{1f}n".into(), redirect: None },
                r#"{"type":"node_deleted","node":"1001001\u001fn"}"#.into(),
            ),
            (
                Change::NodeConfigured { node: node(), config },
                r#"{"type":"node_configured","node":"n","config":{"title":"T","persist_items":true,"max_items":null,"max_payload_size":9,"notification_type":"normal","notify_retract":true,"publish_model":"open"}}"#
                    .into(),
            ),
            (
                Change::NodeConfigured {
                    node: node(),
                    config: NodeConfig {
                        node_type: NodeType::Collection,
                        collection: Some("top".into()),
                        children_association_policy: AssociationPolicy::All,
                        children_max: Some(5),
                        ..NodeConfig::default()
                    },
                },
                format!(
                    r#"{{"type":"node_configured","node":"n","config":{{"node_type":"collection","collection":"top","children_association_policy":"all","children_max":5,{}"#,
                    default_config.trim_start_matches('{')
                ) + "}",
            ),
            (
                Change::NodeDeleted { node: node(), redirect: Some("xmpp:x".into()) },
                r#"{"type":"node_deleted","node":"n","redirect":"xmpp:x"}"#.into(),
            ),
            (Change::NodePurged { node: node() }, r#"{"type":"node_purged","node":"n"}"#.into()),
            (
                Change::Subscribed { node: node(), jid: jid() },
                r#"{"type":"subscribed","node":"n","jid":"1001001@localhost"}"#.into(),
            ),
            (
                Change::Unsubscribed { node: node(), jid: jid() },
                r#"{"type":"unsubscribed","node":"n","jid":"1001001@localhost"}"#.into(),
            ),
            (
                Change::SubscriptionConfigured {
                    node: node(),
                    jid: jid(),
                    subid: Some("s".into()),
                    options: SubscriptionOptions {
                        deliver: false,
                        expire: Some(Expire::At(Timestamp(5))),
                        show_values: Some(vec![Show::Away, Show::Online]),
                        ..SubscriptionOptions::default()
                    },
                },
                r#"{"type":"subscription_configured","node":"n","jid":"1001001@localhost","subid":"s","options":{"deliver":false,"expire":{"at":5},"show_values":["away","online"]}}"#.into(),
            ),
            (
                Change::SubscriptionConfigured {
                    node: node(),
                    jid: jid(),
                    subid: None,
                    options: SubscriptionOptions { expire: Some(Expire::Presence), ..SubscriptionOptions::default() },
                },
                r#"{"type":"subscription_configured","node":"n","jid":"1001001@localhost","options":{"expire":"presence"}}"#.into(),
            ),
            (
                Change::SubscriptionConfigured {
                    node: node(),
                    jid: jid(),
                    subid: None,
                    options: SubscriptionOptions {
                        about: About::Items,
                        depth: None,
                        ..SubscriptionOptions::default()
                    },
                },
                r#"{"type":"subscription_configured","node":"n","jid":"1001001@localhost","options":{"about":"items","depth":null}}"#.into(),
            ),
            (
                Change::SubscriptionEnded { node: node(), jid: jid(), subid: Some("s".into()) },
                r#"{"type":"subscription_ended","node":"n","jid":"1001001@localhost","subid":"s"}"#.into(),
            ),
            (
                Change::Affiliated { node: node(), jid: jid(), affiliation: Some(Affiliation::PublishOnly) },
                r#"{"type":"affiliated","node":"n","jid":"1001001@localhost","affiliation":"publish-only"}"#.into(),
            ),
            (
                Change::Affiliated { node: node(), jid: jid(), affiliation: None },
                r#"{"type":"affiliated","node":"n","jid":"1001001@localhost"}"#.into(),
            ),
            (
                Change::SubscriptionRequested {
                    node: node(),
                    jid: jid(),
                    options: SubscriptionOptions::default(),
                },
                r#"{"type":"subscription_requested","node":"n","jid":"1001001@localhost"}"#.into(),
            ),
            (
                Change::SubscriptionRequested {
                    node: node(),
                    jid: jid(),
                    options: SubscriptionOptions { deliver: false, ..SubscriptionOptions::default() },
                },
                r#"{"type":"subscription_requested","node":"n","jid":"1001001@localhost","options":{"deliver":false}}"#.into(),
            ),
            (
                Change::SubscriptionRequestEnded { node: node(), jid: jid() },
                r#"{"type":"subscription_request_ended","node":"n","jid":"1001001@localhost"}"#.into(),
            ),
            (
                Change::NodeConfigured {
                    node: node(),
                    config: NodeConfig {
                        access_model: AccessModel::Roster,
                        roster_groups_allowed: vec!["Team".into()],
                        subscribe: false,
                        deliver_payloads: false,
                        notify_delete: false,
                        notify_config: true,
                        send_last_published_item: SendLast::OnSubscribe,
                        description: Some("D".into()),
                        payload_type: Some("urn:x".into()),
                        ..NodeConfig::default()
                    },
                },
                format!(
                    r#"{{"type":"node_configured","node":"n","config":{},{}}}}}"#,
                    default_config.strip_suffix('}').unwrap(),
                    concat!(
                        r#""access_model":"roster","roster_groups_allowed":["Team"],"subscribe":false,"#,
                        r#""deliver_payloads":false,"notify_delete":false,"notify_config":true,"#,
                        r#""send_last_published_item":"on_subscribe","description":"D","payload_type":"urn:x""#
                    )
                ),
            ),
            (
                Change::NodeConfigured {
                    node: node(),
                    config: NodeConfig {
                        deliver_notifications: false,
                        publish_node_full: NodeFull::RetractOldest,
                        item_expire: Some(60),
                        ..NodeConfig::default()
                    },
                },
                format!(
                    r#"{{"type":"node_configured","node":"n","config":{},{}}}}}"#,
                    default_config.strip_suffix('}').unwrap(),
                    r#""deliver_notifications":false,"publish_node_full":"retract_oldest","item_expire":60"#
                ),
            ),
            (
                Change::ItemPublished {
                    node: node(),
                    id: "i".into(),
                    publisher: jid(),
                    payload: "<x/>".into(),
                    at: Some(Timestamp(1)),
                },
                r#"{"type":"item_published","node":"n","id":"i","publisher":"1001001@localhost","payload":"<x/>","at":1}"#.into(),
            ),
            (
                Change::ItemPublished { node: node(), id: "i".into(), publisher: jid(), payload: "<x/>".into(), at: None },
                r#"{"type":"item_published","node":"n","id":"i","publisher":"1001001@localhost","payload":"<x/>"}"#.into(),
            ),
            (
                Change::ItemRetracted { node: node(), id: "i".into(), notify: true },
                r#"{"type":"item_retracted","node":"n","id":"i","notify":true}"#.into(),
            ),
            (
                Change::Handled { session: "s".into(), user: "1001001".into(), count: 5 },
                r#"{"type":"handled","session":"s","user":"1001001","count":5}"#.into(),
            ),
            (
                Change::Announced { node: "/finesse/api/SystemInfo".into(), document: "<Update/>".into() },
                r#"{"type":"announced","node":"/finesse/api/SystemInfo","document":"<Update/>"}"#.into(),
            ),
            (
                Change::NodeOffset { node: node(), offset: 7 },
                r#"{"type":"node_offset","node":"n","offset":7}"#.into(),
            ),
            (Change::SnapshotBegins, r#"{"type":"snapshot_begins"}"#.into()),
            (
                Change::EventKept { node: node(), number: 9, at: None, message: " id=\"N\"></message>".into() },
                r#"{"type":"event_kept","node":"n","number":9,"message":" id=\"N\"></message>"}"#.into(),
            ),
            (
                Change::EventKept { node: node(), number: 9, at: Some(Timestamp(5)), message: " id=\"N\"></message>".into() },
                r#"{"type":"event_kept","node":"n","number":9,"at":5,"message":" id=\"N\"></message>"}"#.into(),
            ),
            (
                Change::SnapshotEnds { event_count: 8, offset_floor: 0 },
                r#"{"type":"snapshot_ends","event_count":8}"#.into(),
            ),
            (
                Change::SnapshotEnds { event_count: 8, offset_floor: 5 },
                r#"{"type":"snapshot_ends","event_count":8,"offset_floor":5}"#.into(),
            ),
        ];
        for (change, text) in golden {
            let text: String = text;
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
            assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
        }
        let entry = Entry { position: Position(3), at: Timestamp(4), changes: vec![Change::SnapshotBegins] };
        let text = r#"{"position":3,"at":4,"changes":[{"type":"snapshot_begins"}]}"#;
        assert_eq!(serde_json::to_string(&entry).unwrap(), text);
        assert_eq!(serde_json::from_str::<Entry>(text).unwrap(), entry);
    }

    #[test]
    fn records_with_fields_missing_or_added_are_read() {
        let text =
            r#"{"type":"node_created","node":"n","creator":"c","config":{"title":"T","new":1},"new":2}"#;
        let Change::NodeCreated { config, .. } = serde_json::from_str(text).unwrap() else {
            panic!("{text}")
        };
        assert_eq!(config, NodeConfig { title: Some("T".into()), ..NodeConfig::default() });
        let text = r#"{"type":"item_retracted","node":"n","id":"i"}"#;
        assert!(matches!(serde_json::from_str(text), Ok(Change::ItemRetracted { notify: false, .. })));
        // A kind that is not known means a newer log: that is for the reader to say, not to skip.
        assert!(serde_json::from_str::<Change>(r#"{"type":"invented_later"}"#).is_err());
    }
}
