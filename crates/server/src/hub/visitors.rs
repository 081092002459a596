//! Who has come in person: by the web service, or with a line.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use contact::UserId;

/// Users whose credentials somebody has used since the start.
///
/// The demonstration's robots use none: they act in this process. So whoever is in here is no robot's any more. As long as
/// nobody watches, nothing is kept; otherwise at most as many names as there are accounts.
#[derive(Debug, Default)]
pub struct Visitors {
    is_watching: AtomicBool,
    seen: Mutex<HashSet<UserId>>,
}

impl Visitors {
    /// From now on everybody is kept.
    pub(crate) fn watch(&self) {
        self.is_watching.store(true, Ordering::Release);
    }

    /// Somebody has used this user's credentials.
    ///
    /// - `user`: whose credentials were right.
    pub(crate) fn note(&self, user: &UserId) {
        if !self.is_watching.load(Ordering::Acquire) {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains(user) {
            seen.insert(user.clone());
        }
    }

    /// Whether somebody has.
    pub fn has_come(&self, user: &UserId) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains(user)
    }
}
