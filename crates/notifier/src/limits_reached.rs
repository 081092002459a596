//! How often each limit was reached: numbers for people who run the server, on which nothing here depends.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the list of limits and its length from one text.
macro_rules! limits {
    ($($(#[$doc:meta])* $limit:ident;)*) => {
        /// A limit of [`NotifierLimits`](crate::NotifierLimits).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Limit {
            $($(#[$doc])* $limit,)*
        }

        impl Limit {
            /// All of them.
            pub const ALL: &'static [Limit] = &[$(Limit::$limit),*];
        }
    };
}

limits! {
    /// [`pending_changes_max`](crate::NotifierLimits::pending_changes_max): requests that were refused.
    PendingChanges;
    /// [`sessions_per_user_max`](crate::NotifierLimits::sessions_per_user_max): sessions that were refused.
    SessionsPerUser;
    /// [`presence_bytes_max`](crate::NotifierLimits::presence_bytes_max): presence that was refused.
    PresenceBytes;
    /// [`directed_presences_max`](crate::NotifierLimits::directed_presences_max): presence that was refused.
    DirectedPresences;
    /// [`subscriptions_per_session_max`](crate::NotifierLimits::subscriptions_per_session_max): subscriptions that were refused.
    SubscriptionsPerSession;
    /// [`subscriptions_per_user_max`](crate::NotifierLimits::subscriptions_per_user_max): subscriptions that were refused.
    SubscriptionsPerUser;
    /// [`affiliations_per_node_max`](crate::NotifierLimits::affiliations_per_node_max): affiliations that were refused.
    AffiliationsPerNode;
    /// [`requests_per_node_max`](crate::NotifierLimits::requests_per_node_max): subscriptions that were refused.
    RequestsPerNode;
    /// [`collection_depth_max`](crate::NotifierLimits::collection_depth_max): nodes that were refused a place.
    CollectionDepth;
    /// [`bounces_max`](crate::NotifierLimits::bounces_max): subscriptions that ended.
    Bounces;
    /// [`nodes_max`](crate::NotifierLimits::nodes_max): nodes that were refused.
    Nodes;
    /// [`personal_nodes_max`](crate::NotifierLimits::personal_nodes_max): nodes that were refused.
    PersonalNodes;
    /// [`personal_bytes_max`](crate::NotifierLimits::personal_bytes_max): requests that were refused.
    PersonalBytes;
    /// [`node_name_bytes_max`](crate::NotifierLimits::node_name_bytes_max): nodes that were refused.
    NodeNameBytes;
    /// [`items_per_request_max`](crate::NotifierLimits::items_per_request_max): requests that were refused.
    ItemsPerRequest;
    /// [`item_id_bytes_max`](crate::NotifierLimits::item_id_bytes_max): requests that were refused.
    ItemIdBytes;
    /// [`payload_bytes_max`](crate::NotifierLimits::payload_bytes_max): requests that were refused.
    PayloadBytes;
    /// [`publishers_max`](crate::NotifierLimits::publishers_max): publishers that were refused.
    Publishers;
    /// [`outside_id_bytes_max`](crate::NotifierLimits::outside_id_bytes_max): events that were refused.
    OutsideIdBytes;
    /// [`roster_items_max`](crate::NotifierLimits::roster_items_max): contacts that were refused, or not noted.
    RosterContacts;
    /// [`roster_groups_max`](crate::NotifierLimits::roster_groups_max): changes that were refused.
    RosterGroups;
    /// [`roster_text_bytes_max`](crate::NotifierLimits::roster_text_bytes_max): changes that were refused.
    RosterTextBytes;
    /// [`blocked_max`](crate::NotifierLimits::blocked_max): requests that were refused.
    Blocked;
}

/// The counters. Whoever runs the notifier may keep a share of them and look at any time.
#[derive(Debug)]
pub struct LimitsReached([AtomicU64; Limit::ALL.len()]);

impl LimitsReached {
    pub(crate) fn add(&self, limit: Limit) {
        self.0[limit as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often a limit was reached since the start.
    pub fn times(&self, limit: Limit) -> u64 {
        self.0[limit as usize].load(Ordering::Relaxed)
    }
}

impl Default for LimitsReached {
    fn default() -> LimitsReached {
        LimitsReached(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}
