//! Who hears an account's nodes without having subscribed (XEP-0163 §4.3, XEP-0060 §9): the account's own clients, and
//! those of contacts who see the owner's presence, as far as they want to hear of a node of that name.

use super::node::{Node, NodeIndex, SendLast};
use crate::input::{Addressed, Recipient, SessionId};
use crate::notifier::Notifier;
use crate::roster::Roster;
use crate::sessions::UserIndex;

impl Notifier {
    /// Adds those who hear a personal node without having subscribed. Whoever has subscribed a full JID hears it by that and
    /// as chosen there; a bare one is heard by the sessions that want to, each by its own address, and by all of the user's
    /// if none says so (XEP-0163 §4.3.3).
    pub(super) fn add_interested(
        &self,
        index: NodeIndex,
        node: &Node,
        recipients: &mut Vec<Recipient>,
        marked: &[(Recipient, Vec<String>)],
    ) {
        if self.interests.is_empty() {
            return;
        }
        for (session, user) in self.interested(index, node) {
            let named = marked.iter().any(|(recipient, _)| recipient.session == session);
            if named || node.sessions.contains(session) {
                continue;
            }
            let is_of_user =
                |other: &Recipient| self.sessions.get(other.session).is_some_and(|other| other.user == user);
            if node.users.contains(user) {
                if !self.wants_any(node, user, Recipient { session, to: Addressed::Bare }) {
                    continue;
                }
                recipients.retain(|other| other.to == Addressed::Full || !is_of_user(other));
            }
            recipients.push(Recipient { session, to: Addressed::Full });
        }
    }

    /// The sessions that want to hear of a personal node and may.
    fn interested(&self, index: NodeIndex, node: &Node) -> Vec<(SessionId, UserIndex)> {
        let Some(owner) = node.owner().and_then(|owner| self.sessions.find_user(owner)) else {
            return Vec::new();
        };
        let roster = self.durable.rosters.get(&owner);
        let contacts = roster.into_iter().flat_map(Roster::items).filter(|(_, item)| item.from);
        let contacts = contacts.filter_map(|(contact, _)| self.local_user(contact));
        let users = std::iter::once(owner).chain(contacts.filter(|user| *user != owner));
        let sessions = users.flat_map(|user| {
            let sessions = &self.sessions.user(user).sessions;
            sessions.iter().map(move |&session| (session, user))
        });
        sessions.filter(|(session, _)| self.hears_by_wish(*session, owner, index, node)).collect()
    }

    fn hears_by_wish(&self, session: SessionId, owner: UserIndex, index: NodeIndex, node: &Node) -> bool {
        self.interests.has(session, node.name(), owner)
            && self.may_hear(index, node, session)
            && self.sessions.get(session).is_some_and(|known| {
                known.user == owner
                    || self.may_see(owner, &self.bare_jid(owner), known.user, known.jid.as_str())
            })
    }

    /// Shows a session the newest items of the nodes that it newly wishes to hear of: of its own account and of all contacts
    /// whose presence it sees (XEP-0163 §4.3.4).
    pub(crate) fn show_wished(&mut self, session: SessionId) {
        let due = self.interests.take_due(session);
        let Some(known) = self.sessions.get(session) else { return };
        for owner in self.shown_to(known.user) {
            self.show_nodes_of(session, owner, |node| due.contains(node));
        }
    }

    /// A user begins to see another one's presence, and with it the nodes. What a session is going to be shown of everybody, it
    /// will be shown of this one as well.
    pub(crate) fn introduce_nodes(&mut self, owner: UserIndex, viewer: UserIndex) {
        for session in self.sessions.user(viewer).sessions.clone() {
            self.show_nodes_of(session, owner, |_| true);
        }
    }

    fn show_nodes_of(&mut self, session: SessionId, owner: UserIndex, wanted: impl Fn(&str) -> bool) {
        let Some(user) = self.sessions.get(session).map(|known| known.user) else { return };
        let nodes = self.durable.nodes.personal(self.sessions.localpart(owner));
        let shown: Vec<NodeIndex> = nodes
            .filter(|&index| {
                let Some(node) = self.durable.nodes.get(index) else { return false };
                let sends = node.generic().is_some_and(|generic| {
                    generic.config.send_last_published_item == SendLast::OnSubscribeAndPresence
                });
                // What the log still has to take is going to be heard as an event.
                let is_settled = node.released == node.offset;
                // Subscribers get it as such.
                let is_subscribed = node.sessions.contains(session)
                    || (node.users.contains(user) && self.sessions.user(user).reachable.contains(&session));
                sends
                    && is_settled
                    && !is_subscribed
                    && wanted(node.name())
                    && self.hears_by_wish(session, owner, index, node)
            })
            .collect();
        for index in shown {
            self.send_newest_item(index, Recipient { session, to: Addressed::Full });
        }
    }

    /// A user, and everybody whose presence that user sees.
    fn shown_to(&self, user: UserIndex) -> Vec<UserIndex> {
        let own = self.bare_jid(user);
        let roster = self.durable.rosters.get(&user);
        let contacts = roster.into_iter().flat_map(Roster::items).filter(|(_, item)| item.to);
        let contacts = contacts.filter_map(|(contact, _)| self.local_user(contact)).filter(|contact| {
            let granted = self.durable.rosters.get(contact).and_then(|roster| roster.get(&own));
            granted.is_some_and(|item| item.from)
        });
        std::iter::once(user).chain(contacts.filter(|contact| *contact != user)).collect()
    }
}
