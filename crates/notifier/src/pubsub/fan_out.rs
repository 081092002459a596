//! Who hears an event: the way from a node to the sessions.
//!
//! Most nodes have plain subscribers only, and then this is one list and one encoded message. Where somebody has chosen
//! something, each subscriber is looked at.

use std::sync::Arc;

use xmpp::SharedStanza;

use super::Requester;
use super::event::Event;
use super::node::{AccessModel, Node, NodeIndex};
use super::options::Show;
use super::subscriptions::{Subscriber, Subscription};
use crate::input::{Addressed, Output, Recipient, SessionId};
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

impl Notifier {
    /// Sends an event to whoever hears the node now.
    pub(crate) fn deliver(&mut self, index: NodeIndex, event: &Event) {
        let Some(node) = self.durable.nodes.get_mut(index) else { return };
        if node.owner().is_some() {
            node.released = event.offset;
        }
        let Some(node) = self.durable.nodes.get(index) else { return };
        let (mut recipients, mut marked) = match node.particular.is_empty() {
            true => (self.plain_recipients(node), Vec::new()),
            false => self.chosen_recipients(node),
        };
        if node.may_be_withheld() {
            recipients.retain(|recipient| self.may_hear(index, node, recipient.session));
            marked.retain(|(recipient, _)| self.may_hear(index, node, recipient.session));
        }
        if node.owner().is_some() {
            self.add_interested(index, node, &mut recipients, &marked);
        }
        let is_remembered = self.config.recovery && node.owner().is_none();
        if recipients.is_empty() && marked.is_empty() && !is_remembered {
            return;
        }
        let stanza = event.encode(node, &self.config);
        let marked: Vec<_> = marked
            .into_iter()
            .map(|(recipient, subids)| match event.is_about_items() {
                true => (recipient, event.encode_for(node, &self.config, &subids)),
                false => (recipient, Arc::clone(&stanza)),
            })
            .collect();
        if is_remembered {
            self.remember(index, event, self.now, &stanza);
        }
        if !(recipients.is_empty() && marked.is_empty()) {
            self.bounces.sent(event.number, index);
        }
        self.send_event(stanza, recipients);
        for (recipient, stanza) in marked {
            self.send_event(stanza, vec![recipient]);
        }
    }

    /// Whether a subscriber may still hear the node: who may subscribe because of a roster is subscribed in vain while it says
    /// otherwise (§4.5).
    pub(super) fn may_hear(&self, index: NodeIndex, node: &Node, session: SessionId) -> bool {
        self.sessions.get(session).is_some_and(|session| {
            let requester = Requester::new(session.user, session.jid.to_bare());
            self.rights_at(&requester, index, node).read.is_ok()
        })
    }

    fn send_event(&mut self, stanza: Arc<SharedStanza>, recipients: Vec<Recipient>) {
        if !recipients.is_empty() {
            self.outputs.push_back(Output::Deliver { stanza, recipients });
        }
    }

    fn plain_recipients(&self, node: &Node) -> Vec<Recipient> {
        let mut recipients = Vec::with_capacity(node.subscriber_count());
        recipients.extend(node.sessions.iter().map(|session| Recipient { session, to: Addressed::Full }));
        for user in node.users.iter() {
            for &session in &self.sessions.user(user).reachable {
                if !(self.config.one_copy_per_session && node.sessions.contains(session)) {
                    recipients.push(Recipient { session, to: Addressed::Bare });
                }
            }
        }
        recipients
    }

    /// As [`Notifier::plain_recipients`], for a node where somebody has chosen something. Those who get an event for one or
    /// more of several subscriptions of theirs are named apart, with the ids of these (§7.1.2.4).
    fn chosen_recipients(&self, node: &Node) -> (Vec<Recipient>, Vec<(Recipient, Vec<String>)>) {
        let (mut plain, mut marked) = (Vec::new(), Vec::new());
        let mut add = |recipient: Recipient, wanted: Wanted| match wanted {
            Wanted::No => {}
            Wanted::Plain => plain.push(recipient),
            Wanted::For(subids) => marked.push((recipient, subids)),
        };
        for session in node.sessions.iter() {
            let recipient = Recipient { session, to: Addressed::Full };
            add(recipient, self.wants(node, Subscriber::Session(session), recipient));
        }
        for user in node.users.iter() {
            for &session in &self.sessions.user(user).reachable {
                let full = Recipient { session, to: Addressed::Full };
                let has_one = self.config.one_copy_per_session
                    && node.sessions.contains(session)
                    && self.wants(node, Subscriber::Session(session), full) != Wanted::No;
                if !has_one {
                    let recipient = Recipient { session, to: Addressed::Bare };
                    add(recipient, self.wants(node, Subscriber::User(user), recipient));
                }
            }
        }
        (plain, marked)
    }

    /// Whether the subscriptions of one address want anything at this session.
    pub(super) fn wants_any(&self, node: &Node, user: UserIndex, recipient: Recipient) -> bool {
        let subscriber = match recipient.to {
            Addressed::Full => Subscriber::Session(recipient.session),
            Addressed::Bare => Subscriber::User(user),
        };
        self.wants(node, subscriber, recipient) != Wanted::No
    }

    /// Whether a subscriber wants events at this session.
    fn wants(&self, node: &Node, subscriber: Subscriber, recipient: Recipient) -> Wanted {
        let Some(subscriptions) = node.particular.get(subscriber) else { return Wanted::Plain };
        let admits =
            |subscription: &&Subscription| subscription.options.admits(|| self.shown_by(recipient.session));
        let wanted: Vec<&Subscription> = subscriptions.iter().filter(admits).collect();
        match (wanted.len(), subscriptions.len()) {
            (0, _) => Wanted::No,
            (_, 1) => Wanted::Plain,
            _ => Wanted::For(
                wanted
                    .into_iter()
                    .map(|subscription| self.subid_for(node, recipient, subscription))
                    .collect(),
            ),
        }
    }

    fn subid_for(&self, node: &Node, recipient: Recipient, subscription: &Subscription) -> String {
        let jid = self.sessions.get(recipient.session).map(|session| match recipient.to {
            Addressed::Full => xmpp::Jid::from(session.jid.clone()),
            Addressed::Bare => session.jid.to_bare().into(),
        });
        jid.map(|jid| subscription.subid_at(&node.key, &jid)).unwrap_or_default()
    }

    /// What the presence of a session shows, if it has sent one.
    fn shown_by(&self, session: SessionId) -> Option<Show> {
        Some(Show::of(&self.sessions.get(session)?.presence.as_ref()?.content))
    }
}

impl Node {
    /// Whether somebody who could subscribe may have lost that right since, without anything having happened at the node.
    pub(super) fn may_be_withheld(&self) -> bool {
        let model = self.generic().map(|generic| generic.config.access_model);
        matches!(model, Some(AccessModel::Presence | AccessModel::Roster))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    No,
    Plain,
    /// For these of several subscriptions.
    For(Vec<String>),
}
