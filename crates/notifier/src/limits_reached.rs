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
