//! Durable subscriptions seen from the user: what the log will say once everything that is pending is written.
//!
//! The other direction, from a node to those who hear it *now*, is in [`Node`](super::node::Node). The two differ while
//! a change waits for the log: a subscription is decided here at once, so that the next request sees it, and heard only
//! after its result has gone out.

use super::node::NodeIndex;
use crate::sessions::UserIndex;

/// What one user is subscribed to and owns.
#[derive(Debug, Default)]
pub(crate) struct UserSubscriptions {
    /// Nodes subscribed with the bare JID.
    pub(crate) bare: Vec<NodeIndex>,
    /// Nodes subscribed with a full JID that is kept after its session: resource and node.
    pub(crate) kept: Vec<(Box<str>, NodeIndex)>,
}

/// The subscriptions of all users.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(Vec<UserSubscriptions>);

const NOBODY: &UserSubscriptions = &UserSubscriptions { bare: Vec::new(), kept: Vec::new() };

impl Subscriptions {
    pub(crate) fn of(&self, user: UserIndex) -> &UserSubscriptions {
        self.0.get(user.0 as usize).unwrap_or(NOBODY)
    }

    pub(crate) fn of_mut(&mut self, user: UserIndex) -> &mut UserSubscriptions {
        let at = user.0 as usize;
        if at >= self.0.len() {
            self.0.resize_with(at + 1, UserSubscriptions::default);
        }
        &mut self.0[at]
    }
}

impl UserSubscriptions {
    /// Durable subscriptions of this user: what the limit counts.
    pub(crate) fn len(&self) -> usize {
        self.bare.len() + self.kept.len()
    }

    pub(crate) fn has(&self, resource: Option<&str>, node: NodeIndex) -> bool {
        match resource {
            None => self.bare.contains(&node),
            Some(resource) => self.kept.iter().any(|(kept, at)| **kept == *resource && *at == node),
        }
    }

    /// Adds a subscription; says whether it is new.
    pub(crate) fn insert(&mut self, resource: Option<&str>, node: NodeIndex) -> bool {
        if self.has(resource, node) {
            return false;
        }
        match resource {
            // Exactly sized: there are as many of these lists as users, and they rarely change.
            None => {
                if self.bare.len() == self.bare.capacity() && self.bare.len() < 8 {
                    self.bare.reserve_exact(4);
                }
                self.bare.push(node);
            }
            Some(resource) => self.kept.push((resource.into(), node)),
        }
        true
    }

    /// Removes a subscription; says whether it was there.
    pub(crate) fn remove(&mut self, resource: Option<&str>, node: NodeIndex) -> bool {
        let before = self.len();
        match resource {
            None => self.bare.retain(|&at| at != node),
            Some(resource) => self.kept.retain(|(kept, at)| **kept != *resource || *at != node),
        }
        self.len() != before
    }

    /// Forgets `node` altogether.
    pub(crate) fn forget(&mut self, node: NodeIndex) {
        self.bare.retain(|&at| at != node);
        self.kept.retain(|(_, at)| *at != node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_and_bare_subscriptions_are_different_ones() {
        let mut all = Subscriptions::default();
        let user = UserIndex(3);
        assert_eq!(all.of(user).len(), 0);
        let own = all.of_mut(user);
        assert!(own.insert(None, NodeIndex(1)));
        assert!(!own.insert(None, NodeIndex(1)));
        assert!(own.insert(Some("desktop"), NodeIndex(1)));
        assert!(own.has(Some("desktop"), NodeIndex(1)));
        assert!(!own.has(Some("phone"), NodeIndex(1)));
        assert!(own.remove(None, NodeIndex(1)));
        assert!(!own.remove(None, NodeIndex(1)));
        assert_eq!(all.of(user).len(), 1);
        all.of_mut(user).forget(NodeIndex(1));
        assert_eq!(all.of(user).len(), 0);
    }
}
