//! What an operator may choose about notification, as plain values. Reading them from a file is the server's work.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::change::{NodeConfig, SendLast};
use crate::publishers::Window;

/// The notifier's settings. Built once; valid from then on.
#[derive(Clone, Debug)]
pub struct Config {
    /// The XMPP domain, prepared, for example `localhost`.
    pub domain: String,
    /// The address of the publish-subscribe service, usually `pubsub.` and the domain.
    pub pubsub_domain: String,
    /// The localpart of the user in whose name events are published. Clients watch its presence to learn
    /// whether the web application is up, so it is always available here.
    pub service_user: String,
    /// The resource of [`Config::service_user`].
    pub service_resource: String,
    /// Constant first part of every item id, a UUID. Two servers that share a log share it.
    pub instance: String,
    /// Mixed into the hash of names that peers choose, so that nobody can prepare names that collide.
    pub hash_seed: u64,
    /// The contact centre's own settings.
    pub contact: contact::Settings,
    /// What version requests and capabilities say about us.
    pub software: Software,
    /// Tell how long users have been away and how long the server has been running (XEP-0012).
    pub last_activity: bool,
    /// What to do when a resource is asked for that is in use.
    pub resource_conflict: ResourceConflict,
    /// How long a session without a connection waits to be resumed. Zero: sessions can't be resumed.
    pub resume_timeout: Duration,
    /// Who may follow, create and publish.
    pub access: Access,
    /// Keep a subscription with a full JID after its session has ended, as Finesse does. The default is to
    /// end it, because what a client leaves behind otherwise adds up.
    pub keep_full_jid_subscriptions: bool,
    /// Let one address subscribe to a node several times, each time with options of its own and a `subid` of its own. The
    /// default is that subscribing again confirms what there is, because clients that reconnect otherwise add up.
    pub multiple_subscriptions: bool,
    /// Put a `subid` into subscriptions, derived from node and JID, as Openfire shows one. There is still only one
    /// subscription per node and JID, so clients may leave it out everywhere.
    pub subscription_ids: bool,
    /// Send one copy of an event to a session that is subscribed both by its full and its bare JID: the one addressed
    /// to the full JID. `false` sends both, as XEP-0060 read to the letter asks.
    pub one_copy_per_session: bool,
    /// Name the publisher of an item, by the bare JID, in events and when items are read.
    pub publishers_shown: bool,
    /// When the newest item of a node is sent to subscribers without being asked for, unless the node is configured otherwise.
    pub send_last_published_item: SendLast,
    /// Every account is a publish-subscribe service (XEP-0163). `false`: none is, and no client is asked what it wants to hear of.
    /// Nodes that there are stay in the log.
    pub personal_nodes: bool,
    /// How long the desktop of an agent may be gone until the agent is signed out. None: for ever.
    pub presence_grace: Option<Duration>,
    /// The namespace of the `<notification/>` element around an update. Releases of Finesse differ in it; clients
    /// that check it at all want the default.
    pub notification_ns: String,
    /// Stamp every event with its position and keep the last ones, so that a client can have what it missed
    /// (`docs/recovery.md`). `false`: events look as if this did not exist, and nothing is kept or advertised.
    pub recovery: bool,
    /// After this many milliseconds without anything but pings, a user who is online counts as idle.
    pub idle_after_ms: i64,
    /// What is bounded, and where the bounds are.
    pub limits: NotifierLimits,
}

impl Config {
    /// The defaults for `domain`, whose publish-subscribe service is `pubsub.` and the domain.
    ///
    /// `instance` is the constant part of item ids; see [`Config::instance`].
    pub fn new(domain: impl Into<String>, instance: impl Into<String>) -> Self {
        let domain = domain.into();
        Config {
            pubsub_domain: format!("pubsub.{domain}"),
            domain,
            service_user: "finesse".into(),
            service_resource: "webapp".into(),
            instance: instance.into(),
            hash_seed: 0,
            contact: contact::Settings::default(),
            software: Software::default(),
            last_activity: true,
            resource_conflict: ResourceConflict::NewWins,
            resume_timeout: Duration::from_secs(300),
            access: Access::default(),
            keep_full_jid_subscriptions: false,
            multiple_subscriptions: false,
            subscription_ids: true,
            one_copy_per_session: true,
            publishers_shown: false,
            send_last_published_item: SendLast::Never,
            personal_nodes: true,
            presence_grace: Some(Duration::from_secs(60)),
            notification_ns: xmpp::ns::PUBSUB.into(),
            recovery: true,
            idle_after_ms: 600_000,
            limits: NotifierLimits::default(),
        }
    }
}

impl Config {
    /// How much of the past of publishers is remembered.
    pub(crate) fn window(&self) -> Window {
        Window {
            events_max: self.limits.outside_events_remembered_max,
            age_max_ms: self.limits.outside_events_age_max_ms,
        }
    }

    /// The configuration that a new node has.
    pub(crate) fn new_node(&self) -> NodeConfig {
        NodeConfig { send_last_published_item: self.send_last_published_item, ..NodeConfig::default() }
    }
}

/// Name and version that XEP-0092 and XEP-0115 replies show.
#[derive(Clone, Debug)]
pub struct Software {
    /// The product's name.
    pub name: String,
    /// Its version; `None` hides it, and version requests are then refused and not advertised.
    pub version: Option<String>,
    /// The `node` of our entity capabilities: a URI that identifies the software.
    pub caps_node: String,
}

impl Default for Software {
    fn default() -> Self {
        Software {
            name: "Offhook".into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
            caps_node: "https://example.org/offhook".into(),
        }
    }
}

/// What happens when a session asks for a resource that another session of the user holds (RFC 6120 §7.7.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceConflict {
    /// The older stream is ended with `conflict`. Finesse clients depend on this: they tell the agent that a newer
    /// session signed in.
    NewWins,
    /// The newer bind is refused with `conflict`.
    Refuse,
}

/// Who may do what with nodes. Administrators may always do everything except removing a contact node.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who may subscribe to and read contact nodes. Generic nodes have an access model of their own.
    pub follow: Follow,
    /// Who may create generic nodes.
    pub create_nodes: Who,
    /// Who may publish to contact nodes besides the server itself.
    pub publish_to_contact_nodes: Who,
}

impl Default for Access {
    fn default() -> Self {
        Access {
            follow: Follow::ByRole { agents_follow_own_team: true },
            create_nodes: Who::Administrators,
            publish_to_contact_nodes: Who::Administrators,
        }
    }
}

/// Who may subscribe to a contact node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// A user's nodes: that user, supervisors of the user's team, administrators. A team's nodes: its supervisors,
    /// administrators and, with the switch, its members. System information: everybody.
    ByRole {
        /// Members may follow the nodes of the team they are in, as the Finesse desktop does.
        agents_follow_own_team: bool,
    },
    /// Every authenticated user, every node.
    Anyone,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Users with the administrator role.
    Administrators,
    /// Administrators and the listed localparts.
    Listed(BTreeSet<String>),
    /// Every authenticated user.
    Anyone,
}

/// Bounds on everything that peers can make grow. Each names what happens at the limit.
#[derive(Clone, Debug)]
pub struct NotifierLimits {
    /// Sessions of one user. One more: one that waits to be resumed is over; if there is none, bind is refused with
    /// `resource-constraint`.
    pub sessions_per_user_max: usize,
    /// Sessions of one user that wait to be resumed. One more: the one that has waited longest is over.
    pub waiting_sessions_per_user_max: usize,
    /// Sessions that are over and whose clients may still ask how many stanzas were handled. One more: the oldest ones
    /// are forgotten.
    pub remembered_sessions_max: usize,
    /// Full-JID subscriptions of one session. One more: `policy-violation` with `too-many-subscriptions`.
    pub subscriptions_per_session_max: usize,
    /// Durable subscriptions of one user. One more: as above.
    pub subscriptions_per_user_max: usize,
    /// Affiliations with one node. One more: `not-acceptable`.
    pub affiliations_per_node_max: usize,
    /// Subscriptions to one node that wait for its owner's answer. One more: `resource-constraint`.
    pub requests_per_node_max: usize,
    /// Levels of nodes, one in another.
    pub collection_depth_max: usize,
    /// Milliseconds that a leased subscription lasts without being renewed. Who asks for more gets this much.
    pub lease_ms_max: i64,
    /// Notifications of one node that a session may send back as undeliverable for now. One more, and the subscription ends;
    /// one that is undeliverable for good ends it at once.
    pub bounces_max: u32,
    /// Nodes that were created by request; contact nodes don't count. One more: `resource-constraint`.
    pub nodes_max: usize,
    /// Nodes of one account (XEP-0163). One more: `resource-constraint`.
    pub personal_nodes_max: usize,
    /// Bytes of the items that one account keeps at its nodes. More: `resource-constraint`.
    pub personal_bytes_max: usize,
    /// Kinds of client software of which we remember what they want to hear of (XEP-0115). One more: the oldest is forgotten,
    /// and the next client of that kind is asked again.
    pub capabilities_max: usize,
    /// Bytes of the names of nodes that one client wants to hear of by `+notify`. It hears of no further ones.
    pub wishes_bytes_max: usize,
    /// Bytes of a node's name. Longer: `not-acceptable`.
    pub node_name_bytes_max: usize,
    /// Items a node can be configured to keep. What gives way then, the node's owner chooses.
    pub items_per_node_max: usize,
    /// Bytes of the items in one reply. The oldest ones that don't fit are left out.
    pub items_reply_bytes_max: usize,
    /// Items in one publish request. More: `not-allowed` with `max-items-exceeded`.
    pub items_per_request_max: usize,
    /// Bytes of an item's id. Longer: `not-acceptable`.
    pub item_id_bytes_max: usize,
    /// Bytes of a payload, serialized. More: `not-acceptable` with `payload-too-big`.
    pub payload_bytes_max: usize,
    /// Changes that wait for the log. At the limit commands and durable requests are refused with
    /// `resource-constraint` (type `wait`) until the log has caught up.
    pub pending_changes_max: usize,
    /// Bytes of the content of a presence, which is kept for the user's other sessions and contacts. More: `not-acceptable`.
    pub presence_bytes_max: usize,
    /// Contacts in one user's roster, those included that only wait for an answer. One more: `policy-violation`; a request
    /// from somebody else is not noted.
    pub roster_items_max: usize,
    /// Groups that one contact is in. More: `not-acceptable`.
    pub roster_groups_max: usize,
    /// Bytes of a contact's name and of a group's. More: `not-acceptable`.
    pub roster_text_bytes_max: usize,
    /// Addresses that one user has blocked. One more: `policy-violation`.
    pub blocked_max: usize,
    /// Addresses one session may send directed presence to. More: `resource-constraint`.
    pub directed_presences_max: usize,
    /// Ad-hoc commands of one session that wait for a form. One more: `resource-constraint`.
    pub commands_per_session_max: usize,
    /// Milliseconds that an ad-hoc command waits for its form. Later: `session-expired`.
    pub command_timeout_ms: i64,
    /// Entries of a disco#items reply, and of a list of users. Further ones are left out; a disco#items reply says so and can
    /// be asked for in pages.
    pub disco_items_max: usize,
    /// Publishers outside. One more is refused.
    pub publishers_max: usize,
    /// Bytes of the id that a publisher outside gives an event. Longer: refused.
    pub outside_id_bytes_max: usize,
    /// Events of each publisher outside that are remembered. The oldest is forgotten; sent again, it would be a new one.
    pub outside_events_remembered_max: usize,
    /// Milliseconds for which they are. As above.
    pub outside_events_age_max_ms: i64,
    /// Events that a node remembers for recovery. The oldest goes, and whoever has missed it is told so.
    pub history_events_per_node_max: usize,
    /// Bytes of the events that all nodes together remember. The oldest of all goes, as above.
    pub history_bytes_max: usize,
    /// Milliseconds for which an event is remembered. Whoever has missed an older one is told so.
    pub history_age_max_ms: i64,
    /// Bytes of the remembered events that a snapshot keeps, the newest ones. Older ones are forgotten at the next start,
    /// unless they came after the snapshot.
    pub history_snapshot_bytes_max: usize,
    /// Nodes in one request for recovery. More: `not-acceptable`.
    pub recovery_nodes_max: usize,
    /// Events sent for one request for recovery. The rest has to be asked for again, from there.
    pub recovery_events_max: usize,
    /// Bytes of these events. As above; a single event is always sent.
    pub recovery_bytes_max: usize,
}

impl Default for NotifierLimits {
    fn default() -> Self {
        NotifierLimits {
            sessions_per_user_max: 16,
            waiting_sessions_per_user_max: 4,
            remembered_sessions_max: 10_000,
            subscriptions_per_session_max: 1_000,
            subscriptions_per_user_max: 1_000,
            affiliations_per_node_max: 10_000,
            requests_per_node_max: 1_000,
            collection_depth_max: 8,
            lease_ms_max: 2_592_000_000,
            bounces_max: 10,
            nodes_max: 10_000,
            personal_nodes_max: 100,
            personal_bytes_max: 1_048_576,
            capabilities_max: 1_000,
            wishes_bytes_max: 8_192,
            node_name_bytes_max: 3_071,
            items_per_node_max: 1_000,
            items_reply_bytes_max: 1_048_576,
            items_per_request_max: 100,
            item_id_bytes_max: 1_023,
            payload_bytes_max: 65_536,
            pending_changes_max: 100_000,
            presence_bytes_max: 4_096,
            roster_items_max: 1_000,
            roster_groups_max: 16,
            roster_text_bytes_max: 1_023,
            blocked_max: 1_000,
            directed_presences_max: 32,
            commands_per_session_max: 16,
            command_timeout_ms: 600_000,
            disco_items_max: 1_000,
            publishers_max: 100,
            outside_id_bytes_max: 255,
            outside_events_remembered_max: 10_000,
            outside_events_age_max_ms: 86_400_000,
            history_events_per_node_max: 256,
            history_bytes_max: 134_217_728,
            history_age_max_ms: 86_400_000,
            history_snapshot_bytes_max: 16_777_216,
            recovery_nodes_max: 1_000,
            recovery_events_max: 500,
            recovery_bytes_max: 262_144,
        }
    }
}
