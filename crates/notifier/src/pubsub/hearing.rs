//! Who hears a node now: from the moment when the result of a subscription goes out until its end does.
//!
//! A subscription of a full JID that is kept with its session is here and nowhere else. What the log keeps is in
//! `subscriptions.rs`, and follows here when it has been written.

use contact::Timestamp;

use super::node::{Node, NodeIndex};
use super::options::Expire;
use super::subscriptions::{Subscriber, Subscription};
use crate::input::SessionId;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

impl Notifier {
    /// Makes a session a subscriber by its full JID.
    pub(crate) fn hear(&mut self, index: NodeIndex, session: SessionId) {
        if let (Some(node), Some(known)) = (self.durable.nodes.get_mut(index), self.sessions.get_mut(session))
            && node.sessions.insert(session)
        {
            if known.subscriptions.len() == known.subscriptions.capacity() {
                known.subscriptions.reserve_exact(known.subscriptions.len().max(2));
            }
            known.subscriptions.push(index);
        }
    }

    /// Makes a session hear what its full JID was subscribed to before.
    pub(crate) fn hear_kept(&mut self, session: SessionId) {
        let Some(known) = self.sessions.get(session) else { return };
        let kept = &self.durable.subscriptions.of(known.user).kept;
        let own = kept.iter().filter(|(resource, _)| **resource == *known.jid.resource().as_str());
        let user = known.user;
        for (resource, index) in own.cloned().collect::<Vec<_>>() {
            self.hear(index, session);
            let subscriptions = self.durable.subscriptions.of(user).at(Some(&resource), index);
            self.choose(index, user, Some(&resource), subscriptions);
        }
    }

    /// The opposite of [`Notifier::hear`].
    pub(crate) fn stop_hearing(&mut self, index: NodeIndex, session: SessionId) {
        if let Some(known) = self.sessions.get_mut(session) {
            known.subscriptions.retain(|&other| other != index);
        }
        self.leave(index, session);
    }

    /// The subscriptions of a full JID that are kept with its session.
    pub(crate) fn session_subscriptions(&self, index: NodeIndex, session: SessionId) -> Vec<Subscription> {
        self.durable.nodes.get(index).map(|node| node.subscriptions_of(session)).unwrap_or_default()
    }

    /// Sets them: none at all ends the subscription.
    pub(crate) fn set_session_subscriptions(
        &mut self,
        index: NodeIndex,
        session: SessionId,
        subscriptions: Vec<Subscription>,
    ) {
        if subscriptions.is_empty() {
            return self.stop_hearing(index, session);
        }
        self.hear(index, session);
        if let Some(node) = self.durable.nodes.get_mut(index) {
            let leases = node.session_leases(index, session);
            leases.for_each(|lease| {
                self.session_leases.remove(&lease);
            });
            node.particular.set(Subscriber::Session(session), subscriptions);
            self.session_leases.extend(node.session_leases(index, session));
        }
    }

    /// Ends the one with this id.
    pub(crate) fn end_session_subscription(
        &mut self,
        index: NodeIndex,
        session: SessionId,
        subid: Option<Box<str>>,
    ) {
        let mut left = self.session_subscriptions(index, session);
        left.retain(|subscription| subscription.subid != subid);
        self.set_session_subscriptions(index, session, left);
    }

    /// What an address has chosen holds from now on. An address whose subscriptions are kept with its session has
    /// subscribed by it.
    pub(crate) fn choose(
        &mut self,
        index: NodeIndex,
        user: UserIndex,
        resource: Option<&str>,
        subscriptions: Vec<Subscription>,
    ) {
        let subscriber = match resource {
            None => Some(Subscriber::User(user)),
            Some(resource) => self.sessions.find_of(user, resource).map(Subscriber::Session),
        };
        if let Some(Subscriber::Session(session)) = subscriber
            && !self.config.keep_full_jid_subscriptions
        {
            return self.set_session_subscriptions(index, session, subscriptions);
        }
        if let (Some(subscriber), Some(node)) = (subscriber, self.durable.nodes.get_mut(index)) {
            node.particular.set(subscriber, subscriptions);
        }
    }

    fn leave(&mut self, index: NodeIndex, session: SessionId) {
        if let Some(node) = self.durable.nodes.get_mut(index) {
            node.sessions.remove(session);
            if !node.particular.is_empty() {
                node.session_leases(index, session).for_each(|lease| {
                    self.session_leases.remove(&lease);
                });
                node.particular.forget(Subscriber::Session(session));
            }
        }
    }

    /// A node is gone, and with it the leases of a session that heard it.
    pub(crate) fn forget_session_leases(&mut self, node: &Node, index: NodeIndex, session: SessionId) {
        node.session_leases(index, session).for_each(|lease| {
            self.session_leases.remove(&lease);
        });
    }

    /// Ends the subscriptions that end with their session.
    pub(crate) fn forget_subscriptions(&mut self, session: SessionId, subscriptions: &[NodeIndex]) {
        for &index in subscriptions {
            self.leave(index, session);
        }
    }
}

impl Node {
    /// How many addresses hear this node.
    pub(crate) fn subscriber_count(&self) -> usize {
        self.sessions.len() + self.users.len()
    }

    /// The subscriptions of a session's full JID, oldest first.
    pub(crate) fn subscriptions_of(&self, session: SessionId) -> Vec<Subscription> {
        match self.particular.get(Subscriber::Session(session)) {
            Some(subscriptions) => subscriptions.to_vec(),
            None if self.sessions.contains(session) => vec![Subscription::default()],
            None => Vec::new(),
        }
    }

    /// Which of them are leased, and until when.
    fn session_leases(
        &self,
        index: NodeIndex,
        session: SessionId,
    ) -> impl Iterator<Item = (Timestamp, SessionId, NodeIndex, Option<Box<str>>)> + use<> {
        let subscriptions = self.particular.get(Subscriber::Session(session)).unwrap_or_default();
        let leases = subscriptions.iter().filter_map(|subscription| match subscription.options.expire {
            Some(Expire::At(until)) => Some((until, session, index, subscription.subid.clone())),
            _ => None,
        });
        leases.collect::<Vec<_>>().into_iter()
    }
}
