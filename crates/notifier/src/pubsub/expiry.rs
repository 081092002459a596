//! Subscriptions that end by themselves: leases at their time (XEP-0060 §12.19), temporary ones when the subscriber goes
//! offline (§12.5).

use std::collections::BTreeSet;

use contact::Timestamp;

use super::node::NodeIndex;
use super::options::Expire;
use super::subscriptions::Subscription;
use crate::change::Change;
use crate::input::SessionId;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// A durable subscription that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Holder {
    user: UserIndex,
    resource: Option<Box<str>>,
    node: NodeIndex,
    subid: Option<Box<str>>,
}

/// The durable subscriptions that end by themselves.
#[derive(Debug, Default)]
pub(crate) struct Expiries {
    leases: BTreeSet<(Timestamp, Holder)>,
    temporary: BTreeSet<Holder>,
}

impl Expiries {
    /// Notes that the subscriptions of one address with one node are no longer `old` but `new`.
    pub(crate) fn replace(
        &mut self,
        user: UserIndex,
        resource: Option<&str>,
        node: NodeIndex,
        old: &[Subscription],
        new: &[Subscription],
    ) {
        let holder = |subscription: &Subscription| Holder {
            user,
            resource: resource.map(Box::from),
            node,
            subid: subscription.subid.clone(),
        };
        for subscription in old {
            match subscription.options.expire {
                None => {}
                Some(Expire::At(at)) => {
                    self.leases.remove(&(at, holder(subscription)));
                }
                Some(Expire::Presence) => {
                    self.temporary.remove(&holder(subscription));
                }
            }
        }
        for subscription in new {
            match subscription.options.expire {
                None => {}
                Some(Expire::At(at)) => {
                    self.leases.insert((at, holder(subscription)));
                }
                Some(Expire::Presence) => {
                    self.temporary.insert(holder(subscription));
                }
            }
        }
    }
}

impl Expiries {
    fn forget(&mut self, holder: &Holder) {
        self.temporary.remove(holder);
        self.leases.retain(|(_, other)| other != holder);
    }
}

/// Leases of subscriptions that are kept with a session.
pub(crate) type SessionLeases = BTreeSet<(Timestamp, SessionId, NodeIndex, Option<Box<str>>)>;

impl Notifier {
    /// When the next lease ends. While the log takes nothing there is nothing to wait for: its answer comes first.
    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        let of_session = self.session_leases.first().map(|(at, ..)| *at);
        if !self.accepts_changes() {
            return of_session;
        }
        if !self.temporary_checked && !self.durable.expiries.temporary.is_empty() {
            return Some(self.now);
        }
        let durable = self.durable.expiries.leases.first().map(|(at, _)| *at);
        of_session.into_iter().chain(durable).chain(self.durable.ageing.next()).min()
    }

    /// Ends the leases that are over at `at`; and once, at the beginning, temporary subscriptions of users whom the last
    /// process saw and this one does not.
    pub(crate) fn end_leases(&mut self, at: Timestamp) {
        while let Some((until, session, index, subid)) = self.session_leases.first().cloned()
            && until <= at
        {
            self.session_leases.pop_first();
            self.end_session_subscription(index, session, subid);
        }
        if !self.accepts_changes() {
            return;
        }
        if !self.temporary_checked {
            self.temporary_checked = true;
            let users: BTreeSet<UserIndex> =
                self.durable.expiries.temporary.iter().map(|holder| holder.user).collect();
            for user in users {
                self.end_temporary_of(user, at);
            }
        }
        let over: Vec<Holder> = self
            .durable
            .expiries
            .leases
            .iter()
            .take_while(|(until, _)| *until <= at)
            .map(|(_, holder)| holder.clone())
            .collect();
        self.end_durable(&over, at);
    }

    /// A session is no longer available, or gone: ends what was to last as long as it is.
    pub(crate) fn end_temporary(&mut self, session: SessionId) {
        let Some(known) = self.sessions.get(session) else { return };
        let user = known.user;
        for index in known.subscriptions.clone() {
            if self.durable.nodes.get(index).is_none_or(|node| node.particular.is_empty()) {
                continue;
            }
            let before = self.session_subscriptions(index, session);
            let mut left = before.clone();
            left.retain(|subscription| subscription.options.expire != Some(Expire::Presence));
            if left.len() != before.len() && !self.config.keep_full_jid_subscriptions {
                self.set_session_subscriptions(index, session, left);
            }
        }
        self.end_temporary_of(user, self.now);
    }

    /// Ends the durable temporary subscriptions of a user's addresses that are not available.
    fn end_temporary_of(&mut self, user: UserIndex, at: Timestamp) {
        let first = Holder { user, resource: None, node: NodeIndex(0), subid: None };
        let own = self.durable.expiries.temporary.range(first..).take_while(|holder| holder.user == user);
        let sessions = &self.sessions.user(user).sessions;
        let is_available = |resource: Option<&str>| {
            sessions.iter().filter_map(|&session| self.sessions.get(session)).any(|session| {
                session.presence.is_some()
                    && resource.is_none_or(|resource| session.jid.resource().as_str() == resource)
            })
        };
        let over: Vec<Holder> =
            own.filter(|holder| !is_available(holder.resource.as_deref())).cloned().collect();
        if over.is_empty() {
            return;
        }
        if self.accepts_changes() {
            self.end_durable(&over, at);
        } else {
            // As soon as the log takes something again.
            self.temporary_checked = false;
        }
    }

    fn end_durable(&mut self, over: &[Holder], at: Timestamp) {
        let mut changes = Vec::new();
        for holder in over {
            match self.end_of(holder) {
                Some(change) => changes.push(change),
                // The node is being deleted, and takes its subscriptions along when the log has that.
                None => self.durable.expiries.forget(holder),
            }
        }
        if !changes.is_empty() {
            self.commit(changes, Vec::new(), at);
        }
    }

    fn end_of(&self, holder: &Holder) -> Option<Change> {
        let node = self.durable.nodes.get(holder.node).filter(|node| !node.withdrawn)?;
        let bare = format!("{}@{}", self.sessions.localpart(holder.user), self.config.domain);
        let jid = match &holder.resource {
            Some(resource) => format!("{bare}/{resource}"),
            None => bare,
        };
        Some(Change::SubscriptionEnded {
            node: node.key.to_string(),
            jid,
            subid: holder.subid.as_deref().map(String::from),
        })
    }
}
