//! Durable subscriptions seen from the user: what the log will say once everything that is pending is written.
//!
//! The other direction, from a node to those who hear it *now*, is in [`Node`](super::node::Node). The two differ while
//! a change waits for the log: a subscription is decided here at once, so that the next request sees it, and heard only
//! after its result has gone out.
//!
//! Almost everybody has one plain subscription per node: no options, and the id that node and address have by themselves.
//! Only the others take a place of their own, here and there.

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::node::NodeIndex;
use super::options::SubscriptionOptions;
use crate::input::SessionId;
use crate::sessions::UserIndex;

/// One of the subscriptions that an address has with a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// `None`: the id that node and address have by themselves.
    pub(crate) subid: Option<Box<str>>,
    pub(crate) options: SubscriptionOptions,
}

impl Subscription {
    fn is_plain(&self) -> bool {
        *self == Subscription::default()
    }
}

/// Whether this is what an address has that has chosen nothing.
fn are_plain(subscriptions: &[Subscription]) -> bool {
    matches!(subscriptions, [one] if one.is_plain())
}

/// Who hears a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subscriber {
    /// A session, by its full JID.
    Session(SessionId),
    /// A user, by the bare JID.
    User(UserIndex),
}

/// Those subscribers of a node whose subscriptions are not one plain one. For most nodes: nobody.
#[derive(Debug, Default)]
pub(crate) struct Particulars(Option<Box<IndexMap<Subscriber, Vec<Subscription>, FixedState>>>);

impl Particulars {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The subscriptions of a subscriber who has not just a plain one.
    pub(crate) fn get(&self, subscriber: Subscriber) -> Option<&[Subscription]> {
        self.0.as_ref()?.get(&subscriber).map(Vec::as_slice)
    }

    /// Sets all subscriptions of one subscriber.
    pub(crate) fn set(&mut self, subscriber: Subscriber, subscriptions: Vec<Subscription>) {
        if subscriptions.is_empty() || are_plain(&subscriptions) {
            return self.forget(subscriber);
        }
        self.0.get_or_insert_default().insert(subscriber, subscriptions);
    }

    pub(crate) fn forget(&mut self, subscriber: Subscriber) {
        if let Some(all) = &mut self.0 {
            all.swap_remove(&subscriber);
            if all.is_empty() {
                self.0 = None;
            }
        }
    }
}

/// What one user is subscribed to and owns.
#[derive(Debug, Default)]
pub(crate) struct UserSubscriptions {
    /// Nodes subscribed with the bare JID.
    pub(crate) bare: Vec<NodeIndex>,
    /// Nodes subscribed with a full JID that is kept after its session: resource and node.
    pub(crate) kept: Vec<(Box<str>, NodeIndex)>,
    /// Where these are not one plain subscription each.
    particular: Vec<Particular>,
}

#[derive(Debug)]
struct Particular {
    resource: Option<Box<str>>,
    node: NodeIndex,
    subscriptions: Vec<Subscription>,
}

/// The subscriptions of all users.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(Vec<UserSubscriptions>);

const NOBODY: &UserSubscriptions =
    &UserSubscriptions { bare: Vec::new(), kept: Vec::new(), particular: Vec::new() };

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
        let further = self.particular.iter().map(|particular| particular.subscriptions.len() - 1);
        self.bare.len() + self.kept.len() + further.sum::<usize>()
    }

    pub(crate) fn has(&self, resource: Option<&str>, node: NodeIndex) -> bool {
        match resource {
            None => self.bare.contains(&node),
            Some(resource) => self.kept.iter().any(|(kept, at)| **kept == *resource && *at == node),
        }
    }

    /// The subscriptions of one address with one node, oldest first.
    pub(crate) fn at(&self, resource: Option<&str>, node: NodeIndex) -> Vec<Subscription> {
        if !self.has(resource, node) {
            return Vec::new();
        }
        let particular = self.particular.iter().find(|particular| particular.is_of(resource, node));
        particular
            .map_or_else(|| vec![Subscription::default()], |particular| particular.subscriptions.clone())
    }

    /// Sets them: none at all ends the subscription.
    pub(crate) fn set(&mut self, resource: Option<&str>, node: NodeIndex, subscriptions: Vec<Subscription>) {
        self.particular.retain(|particular| !particular.is_of(resource, node));
        if subscriptions.is_empty() {
            return self.remove(resource, node);
        }
        self.insert(resource, node);
        if !are_plain(&subscriptions) {
            let resource = resource.map(Box::from);
            self.particular.push(Particular { resource, node, subscriptions });
        }
    }

    /// The addresses and nodes where this user has not just a plain subscription.
    pub(crate) fn particular(&self) -> impl Iterator<Item = (Option<&str>, NodeIndex, &[Subscription])> {
        let all = self.particular.iter();
        all.map(|particular| (particular.resource.as_deref(), particular.node, &*particular.subscriptions))
    }

    fn insert(&mut self, resource: Option<&str>, node: NodeIndex) {
        if self.has(resource, node) {
            return;
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
    }

    fn remove(&mut self, resource: Option<&str>, node: NodeIndex) {
        match resource {
            None => self.bare.retain(|&at| at != node),
            Some(resource) => self.kept.retain(|(kept, at)| **kept != *resource || *at != node),
        }
    }

    /// Forgets `node` altogether.
    pub(crate) fn forget(&mut self, node: NodeIndex) {
        self.bare.retain(|&at| at != node);
        self.kept.retain(|(_, at)| *at != node);
        self.particular.retain(|particular| particular.node != node);
    }
}

impl Particular {
    fn is_of(&self, resource: Option<&str>, node: NodeIndex) -> bool {
        self.node == node && self.resource.as_deref() == resource
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
        let plain = || vec![Subscription::default()];
        own.set(None, NodeIndex(1), plain());
        own.set(None, NodeIndex(1), plain());
        own.set(Some("desktop"), NodeIndex(1), plain());
        assert_eq!(own.len(), 2);
        assert!(own.has(Some("desktop"), NodeIndex(1)));
        assert!(!own.has(Some("phone"), NodeIndex(1)));
        own.set(None, NodeIndex(1), Vec::new());
        own.set(None, NodeIndex(1), Vec::new());
        assert_eq!(all.of(user).len(), 1);
        all.of_mut(user).forget(NodeIndex(1));
        assert_eq!(all.of(user).len(), 0);
    }

    #[test]
    fn only_what_is_not_plain_takes_a_place() {
        let mut own = UserSubscriptions::default();
        let quiet = SubscriptionOptions { deliver: false, ..SubscriptionOptions::default() };
        let second = Subscription { subid: Some("2".into()), options: quiet };
        own.set(None, NodeIndex(1), vec![Subscription::default(), second.clone()]);
        assert_eq!((own.len(), own.at(None, NodeIndex(1)).len()), (2, 2));
        assert!(own.at(Some("desktop"), NodeIndex(1)).is_empty());
        own.set(None, NodeIndex(1), vec![Subscription::default()]);
        assert_eq!((own.len(), own.particular().count()), (1, 0));
        let mut particulars = Particulars::default();
        let subscriber = Subscriber::User(UserIndex(1));
        particulars.set(subscriber, vec![second]);
        assert!(particulars.get(subscriber).is_some() && !particulars.is_empty());
        particulars.set(subscriber, vec![Subscription::default()]);
        assert!(particulars.is_empty());
    }
}
