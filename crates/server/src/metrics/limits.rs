//! How often each limit was reached, by the setting that says where it is.

use super::Counter;

/// Makes the list of limits and the names of their settings from one text. What is in brackets is the notifier's name for a
/// limit that it counts.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $limit:ident = $setting:literal $([$notifiers:ident])?;)*) => {
        /// A limit that a setting of the same name draws.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit {
            $($(#[doc = $doc])+ $limit,)*
        }

        impl Limit {
            /// All of them.
            pub const ALL: &'static [Limit] = &[$(Limit::$limit),*];

            /// The setting.
            pub fn setting(self) -> &'static str {
                match self {
                    $(Limit::$limit => $setting,)*
                }
            }

            /// What it is for the notifier, if that counts it.
            pub(super) fn of_notifier(self) -> Option<notifier::Limit> {
                match self {
                    $($(Limit::$limit => Some(notifier::Limit::$notifiers),)?)*
                    _ => None,
                }
            }
        }
    };
}

// What is counted each time.
limits! {
    /// Times when no connection was accepted.
    Connections = "limits.connections_max";
    /// Connections that were refused, those through proxies included.
    ConnectionsPerAddress = "limits.connections_per_address_max";
    /// Connections that were refused, those through proxies included.
    ConnectionsPerMinute = "limits.connections_per_minute_max";
    /// Times when addresses were forgotten.
    AddressesRemembered = "limits.addresses_remembered_max";
    /// Connections that were closed.
    TlsHandshakeTimeout = "limits.tls_handshake_timeout";
    /// Connections that were closed, those included on which no further request came.
    HttpHeaderTimeout = "limits.http_header_timeout";
    /// Requests that were refused.
    HttpBodyBytes = "limits.http_body_bytes_max";
    /// Requests that were refused.
    HttpListBytes = "limits.http_list_bytes_max";
    /// Messages that were refused.
    MessageBytesBeforeAuth = "limits.message_bytes_before_auth_max";
    /// Messages that were refused.
    MessageBytes = "limits.message_bytes_max";
    /// Streams that ended.
    OpenTimeout = "limits.open_timeout";
    /// Streams that ended.
    AuthTimeout = "limits.auth_timeout";
    /// Streams that ended.
    AuthenticationAttempts = "limits.authentication_attempts_max";
    /// Streams that ended, and times when only the last notification of each node was kept.
    OutboxBytes = "limits.outbox_bytes_max";
    /// Connections that were dropped.
    WriteTimeout = "limits.write_timeout";
    /// Requests that were refused, and times when a session was not read.
    CommandsWaiting = "limits.commands_waiting_max";
    /// Changes that were refused or put off.
    ChangesWaiting = "limits.changes_waiting_max" [PendingChanges];
    /// Stops that cut off what was left.
    DrainTimeout = "limits.drain_timeout";
    /// Sessions that were refused.
    BoshSessions = "bosh.sessions_max";
    /// Sessions that were refused.
    BoshSessionsPerAddress = "bosh.sessions_per_address_max";
    /// Sessions that were refused.
    BoshSessionsPerMinute = "bosh.sessions_per_minute_max";
    /// Sessions that were refused.
    SessionsPerUser = "sessions.per_user_max" [SessionsPerUser];
    /// Presence that was refused.
    PresenceBytes = "sessions.presence_bytes_max" [PresenceBytes];
    /// Presence that was refused.
    DirectedPresences = "sessions.directed_presences_max" [DirectedPresences];
    /// Subscriptions that were refused.
    SubscriptionsPerSession = "pubsub.subscriptions_per_session_max" [SubscriptionsPerSession];
    /// Subscriptions that were refused.
    SubscriptionsPerUser = "pubsub.subscriptions_per_user_max" [SubscriptionsPerUser];
    /// Affiliations that were refused.
    AffiliationsPerNode = "pubsub.affiliations_per_node_max" [AffiliationsPerNode];
    /// Subscriptions that were refused.
    RequestsPerNode = "pubsub.requests_per_node_max" [RequestsPerNode];
    /// Nodes that were refused a place.
    CollectionDepth = "pubsub.collection_depth_max" [CollectionDepth];
    /// Subscriptions that ended.
    Bounces = "pubsub.bounces_max" [Bounces];
    /// Nodes that were refused.
    Nodes = "pubsub.nodes_max" [Nodes];
    /// Nodes that were refused.
    PersonalNodes = "pubsub.personal_nodes_max" [PersonalNodes];
    /// Requests that were refused.
    PersonalBytes = "pubsub.personal_bytes_max" [PersonalBytes];
    /// Nodes that were refused.
    NodeNameBytes = "pubsub.node_name_bytes_max" [NodeNameBytes];
    /// Requests that were refused.
    ItemsPerRequest = "pubsub.items_per_request_max" [ItemsPerRequest];
    /// Requests that were refused.
    ItemIdBytes = "pubsub.item_id_bytes_max" [ItemIdBytes];
    /// Requests that were refused.
    PayloadBytes = "pubsub.payload_bytes_max" [PayloadBytes];
    /// Contacts that were refused, or not noted.
    RosterContacts = "roster.contacts_max" [RosterContacts];
    /// Changes that were refused.
    RosterGroups = "roster.groups_max" [RosterGroups];
    /// Changes that were refused.
    RosterTextBytes = "roster.text_bytes_max" [RosterTextBytes];
    /// Publishers that were refused.
    Publishers = "events.publishers_max" [Publishers];
    /// Requests that were refused.
    EventsPerMinute = "events.per_minute_max";
    /// Requests that were refused.
    EventsBodyBytes = "events.body_bytes_max";
    /// Requests that were refused.
    BatchEvents = "events.batch_events_max";
    /// Events that were refused.
    OutsideIdBytes = "events.id_bytes_max" [OutsideIdBytes];
    /// Logs that were refused.
    ClientLogBytes = "client_logs.bytes_max";
    /// Logs that were deleted.
    ClientLogsPerUser = "client_logs.per_user_max";
    /// Logs that were deleted.
    ClientLogs = "client_logs.logs_max";
    /// Logs that were refused.
    ClientLogsArriving = "client_logs.arriving_max";
    /// Requests that were refused.
    Blocked = "roster.blocked_max" [Blocked];
}

/// A counter for each limit.
#[derive(Debug)]
pub(super) struct LimitCounters([Counter; Limit::ALL.len()]);

impl LimitCounters {
    pub(super) fn of(&self, limit: Limit) -> &Counter {
        &self.0[limit as usize]
    }
}

impl Default for LimitCounters {
    fn default() -> LimitCounters {
        LimitCounters(std::array::from_fn(|_| Counter::default()))
    }
}
