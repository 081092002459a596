//! Who hears an event: the way from a node to the sessions.
//!
//! Most nodes have plain subscribers only, and then this is one list and one encoded message. Where somebody has chosen
//! something, each subscriber is looked at.

use std::collections::HashSet;
use std::sync::Arc;

use xmpp::SharedStanza;

use super::Requester;
use super::event::{Event, Headers};
use super::node::{AccessModel, Node, NodeIndex, NodeType};
use super::options::{Reach, Show, SubscriptionOptions};
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
        let is_collection = node.node_type() == NodeType::Collection;
        let (mut recipients, mut marked) = match node.particular.is_empty() && !is_collection {
            true => (self.plain_recipients(node), Vec::new()),
            false => self.chosen_recipients(node, is_collection.then(|| event.reach(0))),
        };
        if node.may_be_withheld() {
            recipients.retain(|recipient| !self.is_withheld(index, node, recipient.session));
            marked.retain(|(recipient, _)| !self.is_withheld(index, node, recipient.session));
        }
        if node.owner().is_some() {
            self.add_interested(index, node, &mut recipients, &marked);
        }
        let through = self.recipients_above(node, event, &recipients, &marked);
        let is_remembered = self.config.recovery && node.owner().is_none();
        if recipients.is_empty() && marked.is_empty() && through.is_empty() && !is_remembered {
            return;
        }
        let stanza = event.encode(node, &self.config);
        let through: Vec<_> = through
            .into_iter()
            .map(|above| {
                let headers = Headers { collection: Some(&above.collection), subids: &above.subids };
                (above.recipients, event.encode_with(node, &self.config, headers))
            })
            .collect();
        let marked: Vec<_> = marked
            .into_iter()
            .map(|(recipient, subids)| match event.is_about_items() {
                true => (
                    recipient,
                    event.encode_with(node, &self.config, Headers { subids: &subids, ..Headers::default() }),
                ),
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
        for (recipients, stanza) in through {
            self.send_event(stanza, recipients);
        }
    }

    /// Who hears an event through the collections above its node (XEP-0248 §5.3.1), the nearest collection first. Only the
    /// access model of the collection counts (§10.1): whoever puts a node there opens it to these subscribers.
    fn recipients_above(
        &self,
        node: &Node,
        event: &Event,
        direct: &[Recipient],
        marked: &[(Recipient, Vec<String>)],
    ) -> Vec<Through> {
        let mut found = Vec::new();
        let mut served: Option<HashSet<SessionId>> = None;
        for ((index, collection), steps) in self.durable.nodes.ancestors(node).zip(1..) {
            let (mut plain, mut several) = self.chosen_recipients(collection, Some(event.reach(steps)));
            let is_withheld = |session: SessionId| {
                self.is_withheld(index, collection, session) || self.is_away(node, session)
            };
            plain.retain(|recipient| !is_withheld(recipient.session));
            several.retain(|(recipient, _)| !is_withheld(recipient.session));
            if plain.is_empty() && several.is_empty() {
                continue;
            }
            if self.config.one_copy_per_session {
                let served = served.get_or_insert_with(|| {
                    let several = marked.iter().map(|(recipient, _)| recipient.session);
                    direct.iter().map(|recipient| recipient.session).chain(several).collect()
                });
                plain.retain(|recipient| served.insert(recipient.session));
                several.retain(|(recipient, _)| served.insert(recipient.session));
            }
            let name: Arc<str> = Arc::clone(&collection.key);
            let through = |recipients, subids| Through { collection: Arc::clone(&name), subids, recipients };
            found.extend((!plain.is_empty()).then(|| through(plain, Vec::new())));
            found.extend(several.into_iter().map(|(recipient, subids)| through(vec![recipient], subids)));
        }
        found
    }

    /// Whether a subscriber does not hear the node for now.
    pub(super) fn is_withheld(&self, index: NodeIndex, node: &Node, session: SessionId) -> bool {
        self.is_away(node, session) || (node.asks_rosters() && !self.may_hear(index, node, session))
    }

    /// Whether the node tells only those who are online, and this session is not.
    fn is_away(&self, node: &Node, session: SessionId) -> bool {
        let tells_present = node.generic().is_some_and(|generic| generic.config.presence_based_delivery);
        tells_present && self.sessions.get(session).is_none_or(|session| session.presence.is_none())
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
    ///
    /// - `reach`: at a collection, how the event is heard there.
    fn chosen_recipients(
        &self,
        node: &Node,
        reach: Option<Reach>,
    ) -> (Vec<Recipient>, Vec<(Recipient, Vec<String>)>) {
        // Most of those who follow a collection's nodes have chosen nothing, and hear of no item.
        let chosen_only = reach.is_some_and(|reach| !SubscriptionOptions::default().covers(reach));
        if chosen_only && node.particular.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let (mut plain, mut marked) = (Vec::new(), Vec::new());
        let mut add = |recipient: Recipient, wanted: Wanted| match wanted {
            Wanted::No => {}
            Wanted::Plain => plain.push(recipient),
            Wanted::For(subids) => marked.push((recipient, subids)),
        };
        for session in node.sessions.iter() {
            let recipient = Recipient { session, to: Addressed::Full };
            add(recipient, self.wants(node, Subscriber::Session(session), recipient, reach));
        }
        for user in node.users.iter() {
            for &session in &self.sessions.user(user).reachable {
                let full = Recipient { session, to: Addressed::Full };
                let has_one = self.config.one_copy_per_session
                    && node.sessions.contains(session)
                    && self.wants(node, Subscriber::Session(session), full, reach) != Wanted::No;
                if !has_one {
                    let recipient = Recipient { session, to: Addressed::Bare };
                    add(recipient, self.wants(node, Subscriber::User(user), recipient, reach));
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
        self.wants(node, subscriber, recipient, None) != Wanted::No
    }

    /// Whether a subscriber wants events at this session.
    fn wants(
        &self,
        node: &Node,
        subscriber: Subscriber,
        recipient: Recipient,
        reach: Option<Reach>,
    ) -> Wanted {
        let covers = |options: &SubscriptionOptions| reach.is_none_or(|reach| options.covers(reach));
        let Some(subscriptions) = node.particular.get(subscriber) else {
            return if covers(&SubscriptionOptions::default()) { Wanted::Plain } else { Wanted::No };
        };
        let admits = |subscription: &&Subscription| {
            covers(&subscription.options) && subscription.options.admits(|| self.shown_by(recipient.session))
        };
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
    /// Whether not every subscriber may hear it.
    fn may_be_withheld(&self) -> bool {
        self.asks_rosters() || self.generic().is_some_and(|generic| generic.config.presence_based_delivery)
    }

    /// Whether somebody who could subscribe may have lost that right since, without anything having happened at the node.
    fn asks_rosters(&self) -> bool {
        let model = self.generic().map(|generic| generic.config.access_model);
        matches!(model, Some(AccessModel::Presence | AccessModel::Roster))
    }
}

/// Those who hear an event through a collection, and for which of several subscriptions.
struct Through {
    collection: Arc<str>,
    subids: Vec<String>,
    recipients: Vec<Recipient>,
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    No,
    Plain,
    /// For these of several subscriptions.
    For(Vec<String>),
}
