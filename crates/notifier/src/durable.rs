//! The state that the log rebuilds: the contact centre, credentials, nodes, subscriptions, items.
//!
//! It is always the newest *decided* state. [`Durable::apply`] is the only way to change it, live and in replay alike,
//! and cannot fail: a record that makes no sense (any more) changes nothing.

mod snapshot;

use std::collections::BTreeSet;

use contact::{ApiPath, ContactCentre, UserId};
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::Jid;

use crate::blocking::Blocklist;
use crate::change::{Change, Credentials, NodeConfig};
use crate::effects::{Effect, EndReason};
use crate::feeds;
use crate::publishers::{AcceptedEvent, Publishers, Window};
use crate::pubsub::ageing::Ageing;
use crate::pubsub::event::{Content, Event};
use crate::pubsub::expiry::Expiries;
use crate::pubsub::items::Item;
use crate::pubsub::node::{Generic, Nature, Node, NodeIndex};
use crate::pubsub::registry::Registry;
use crate::pubsub::subscriptions::{Subscription, Subscriptions};
use crate::resumption::{Handled, insert_bounded};
use crate::roster::Roster;
use crate::sessions::{Sessions, UserIndex};

/// Everything that must survive a restart.
#[derive(Debug)]
pub(crate) struct Durable {
    pub(crate) centre: ContactCentre,
    /// The domain that local addresses have.
    pub(crate) domain: Box<str>,
    pub(crate) credentials: IndexMap<UserId, Credentials, FixedState>,
    /// Accounts of people and programs that are no users of the contact centre.
    pub(crate) guests: BTreeSet<UserId>,
    /// Accounts that may not log in for now.
    pub(crate) disabled: BTreeSet<UserId>,
    /// Those who publish from outside.
    pub(crate) publishers: Publishers,
    pub(crate) rosters: IndexMap<UserIndex, Roster, FixedState>,
    pub(crate) blocklists: IndexMap<UserIndex, Blocklist, FixedState>,
    pub(crate) nodes: Registry,
    pub(crate) subscriptions: Subscriptions,
    /// Those of them that end by themselves.
    pub(crate) expiries: Expiries,
    /// The nodes whose items end by themselves.
    pub(crate) ageing: Ageing,
    /// How many stanzas of a session had been handled when it last changed something, newest last.
    pub(crate) handled: IndexMap<Box<str>, Handled, FixedState>,
    /// Events published so far, all nodes together.
    pub(crate) event_count: u64,
    /// The highest offset of any node that is gone. New nodes count from here, so that a position at a node of the past
    /// is never one at its successor of the same name.
    pub(crate) offset_floor: u64,
    /// A snapshot is being replayed: what it repeats was published, and counted, long ago.
    pub(crate) in_snapshot: bool,
}

impl Durable {
    /// The state before the first entry of the log: nobody, and the node that exists by itself.
    pub(crate) fn new(settings: contact::Settings, domain: &str, hash_seed: u64, window: Window) -> Self {
        let mut nodes = Registry::new(hash_seed);
        nodes.create(&ApiPath::SystemInfo.to_string(), Nature::Feed, 0);
        Durable {
            centre: ContactCentre::new(settings),
            domain: domain.into(),
            credentials: IndexMap::with_hasher(FixedState::with_seed(hash_seed)),
            guests: BTreeSet::new(),
            disabled: BTreeSet::new(),
            publishers: Publishers::new(window),
            rosters: IndexMap::default(),
            blocklists: IndexMap::default(),
            nodes,
            subscriptions: Subscriptions::default(),
            expiries: Expiries::default(),
            ageing: Ageing::default(),
            handled: IndexMap::default(),
            event_count: 0,
            offset_floor: 0,
            in_snapshot: false,
        }
    }

    /// Applies one change and adds what the world must hear about it, once it is in the log, to `effects`.
    ///
    /// - `items_max`: the most items any node keeps.
    pub(crate) fn apply(
        &mut self,
        change: &Change,
        sessions: &mut Sessions,
        items_max: usize,
        effects: &mut Vec<Effect>,
    ) {
        match change {
            Change::Contact { event, request_id } => {
                self.apply_contact(event, request_id.as_deref(), sessions, effects);
            }
            Change::Credentials { user, keys } => {
                self.credentials.insert(user.clone(), keys.clone());
                effects.push(self.account_effect(user));
            }
            Change::AccountAdded { user } => {
                if self.centre.user(user).is_none() {
                    self.guests.insert(user.clone());
                }
            }
            Change::AccountRemoved { user } => {
                if self.guests.remove(user) {
                    self.forget_account(user, sessions, effects);
                }
            }
            Change::AccountDisabled { user, disabled } => {
                self.disable(user, *disabled, sessions, effects);
            }
            Change::PublisherAdded { publisher } => {
                self.publishers.add(publisher);
                effects.push(self.publisher_effect(&publisher.name));
            }
            Change::PublisherRemoved { name } => {
                if self.publishers.remove(name) {
                    effects.push(self.publisher_effect(name));
                }
            }
            Change::EventAccepted { publisher, id, digest, node, item, offset, position, at } => {
                let (digest, node, item) = (digest.clone(), node.clone(), item.clone());
                let event =
                    AcceptedEvent { digest, node, item, offset: *offset, position: *position, at: *at };
                self.publishers.accept(publisher, id, event, self.in_snapshot);
            }
            Change::Blocked { user, jids } => self.change_blocklist(user, jids, true, sessions, effects),
            Change::Unblocked { user, jids } => {
                self.change_blocklist(user, jids, false, sessions, effects);
            }
            Change::RosterItem { user, contact, item } => {
                let user = sessions.user_index(user.as_str());
                self.set_roster_item(user, contact, Some(item.clone()), effects);
                self.end_lost_subscriptions(user, contact, sessions, effects);
            }
            Change::RosterItemRemoved { user, contact } => {
                let user = sessions.user_index(user.as_str());
                self.set_roster_item(user, contact, None, effects);
                self.end_lost_subscriptions(user, contact, sessions, effects);
            }
            Change::NodeCreated { node, creator, config } => {
                let generic = Generic::new(creator, config.clone());
                self.nodes.create(node, Nature::Generic(Box::new(generic)), self.offset_floor);
                if let Some(collection) = &config.collection {
                    let child = node.as_str().into();
                    self.publish(collection, Content::ChildCreated { child }, effects);
                }
            }
            Change::NodeConfigured { node, config } => {
                if let Some(generic) = self.generic_mut(node) {
                    let before = std::mem::replace(&mut generic.config, config.clone());
                    let max = items_kept(config, items_max);
                    generic.items.truncate(max);
                    self.note_oldest(node);
                    if before.collection != config.collection {
                        self.publish_move(before.collection.as_deref(), node, false, effects);
                        self.publish_move(config.collection.as_deref(), node, true, effects);
                    }
                    if config.notify_config {
                        self.publish(
                            node,
                            Content::Configuration { config: Box::new(config.clone()) },
                            effects,
                        );
                    }
                }
            }
            Change::NodeDeleted { node, redirect } => {
                let redirect = redirect.as_deref().map(Box::from);
                self.delete_node(node, redirect, effects);
            }
            Change::NodePurged { node } => {
                if let Some(generic) = self.generic_mut(node) {
                    generic.items.clear();
                    self.note_oldest(node);
                    self.publish(node, Content::Purge, effects);
                }
            }
            Change::Affiliated { node, jid, affiliation } => {
                if let Some(generic) = self.generic_mut(node) {
                    generic.affiliations.set(jid, *affiliation);
                }
            }
            Change::SubscriptionRequested { node, jid, options } => {
                if let Some(generic) = self.generic_mut(node) {
                    generic.pending.insert(jid.as_str().into(), options.clone());
                }
            }
            Change::SubscriptionRequestEnded { node, jid } => {
                if let Some(generic) = self.generic_mut(node) {
                    generic.pending.shift_remove(jid.as_str());
                }
            }
            Change::Subscribed { node, jid } => {
                if let (Some((index, _)), Some((user, resource))) =
                    (self.nodes.find(node), subscriber(jid, sessions))
                {
                    self.subscribe(index, user, resource, effects);
                }
            }
            Change::Unsubscribed { node, jid } => {
                if let (Some((index, _)), Some((user, resource))) =
                    (self.nodes.find(node), subscriber(jid, sessions))
                {
                    self.set_subscriptions(index, user, resource, Vec::new(), effects);
                }
            }
            Change::SubscriptionConfigured { node, jid, subid, options } => {
                if let (Some((index, _)), Some((user, resource))) =
                    (self.nodes.find(node), subscriber(jid, sessions))
                {
                    let mut own = self.subscriptions.of(user).at(resource.as_deref(), index);
                    let subid = subid.as_deref();
                    match own.iter_mut().find(|subscription| subscription.subid.as_deref() == subid) {
                        Some(known) => known.options = options.clone(),
                        None => {
                            own.push(Subscription { subid: subid.map(Box::from), options: options.clone() });
                        }
                    }
                    self.set_subscriptions(index, user, resource, own, effects);
                }
            }
            Change::SubscriptionEnded { node, jid, subid } => {
                if let (Some((index, _)), Some((user, resource))) =
                    (self.nodes.find(node), subscriber(jid, sessions))
                {
                    let mut own = self.subscriptions.of(user).at(resource.as_deref(), index);
                    own.retain(|subscription| subscription.subid.as_deref() != subid.as_deref());
                    self.set_subscriptions(index, user, resource, own, effects);
                }
            }
            Change::Announced { node, document } => {
                self.publish(node, Content::Update { document: document.as_str().into() }, effects);
            }
            Change::ItemPublished { node, id, publisher, payload, at } => {
                if let Some(generic) = self.generic_mut(node) {
                    let max = items_kept(&generic.config, items_max);
                    let (publisher, payload) = (publisher.as_str().into(), payload.as_str().into());
                    let item = Item { publisher, payload, at: *at };
                    generic.items.publish(id, item, max);
                    self.note_oldest(node);
                }
                let content = Content::Item {
                    id: id.as_str().into(),
                    publisher: publisher.as_str().into(),
                    payload: payload.as_str().into(),
                };
                self.publish_item(node, content, effects);
            }
            Change::ItemRetracted { node, id, notify } => {
                let was_there =
                    self.generic_mut(node).is_some_and(|generic| generic.items.remove(id).is_some());
                if was_there {
                    self.note_oldest(node);
                }
                if was_there && *notify {
                    self.publish_item(node, Content::Retract { id: id.as_str().into() }, effects);
                }
            }
            Change::NodeOffset { node, offset } => {
                let index = self.nodes.find(node).map(|(index, _)| index);
                if let Some(node) = index.and_then(|index| self.nodes.get_mut(index)) {
                    (node.offset, node.released) = (*offset, *offset);
                }
            }
            Change::Handled { session, user, count } => {
                let handled = Handled { user: user.as_str().into(), count: *count };
                // Again at the end, because the oldest ones are forgotten.
                self.handled.shift_remove(session.as_str());
                insert_bounded(&mut self.handled, session.as_str().into(), handled, HANDLED_MAX);
            }
            Change::SnapshotBegins => self.in_snapshot = true,
            // What subscribers were told is the notifier's affair.
            Change::EventKept { .. } => {}
            Change::SnapshotEnds { event_count, offset_floor } => {
                self.in_snapshot = false;
                self.event_count = *event_count;
                self.offset_floor = *offset_floor;
            }
        }
    }

    fn apply_contact(
        &mut self,
        event: &contact::Event,
        request_id: Option<&str>,
        sessions: &mut Sessions,
        effects: &mut Vec<Effect>,
    ) {
        // Nodes that come are there before the updates, nodes that go are there until after them.
        for node in feeds::added_by(event) {
            self.nodes.create(&node.to_string(), Nature::Feed, self.offset_floor);
        }
        if let contact::Event::UserAdded(details) = event {
            self.guests.remove(&details.id);
            let index = sessions.user_index(details.id.as_str());
            let nodes: Vec<NodeIndex> = self.automatic_nodes(&details.id).collect();
            for node in nodes {
                self.subscribe(node, index, None, effects);
            }
        }
        let updates = if self.in_snapshot {
            self.centre.replay(event);
            Vec::new()
        } else {
            self.centre.apply(event, request_id)
        };
        for update in updates {
            self.publish(
                &update.node.to_string(),
                Content::Update { document: update.document.into() },
                effects,
            );
        }
        if let contact::Event::UserRemoved { user } = event {
            self.forget_account(user, sessions, effects);
        }
        for node in feeds::removed_by(event) {
            self.delete_node(&node.to_string(), None, effects);
        }
    }

    /// Forgets everything that belongs to an account, and ends its sessions.
    fn forget_account(&mut self, user: &UserId, sessions: &mut Sessions, effects: &mut Vec<Effect>) {
        let index = sessions.user_index(user.as_str());
        let own = std::mem::take(self.subscriptions.of_mut(index));
        for (resource, node, subscriptions) in own.particular() {
            self.expiries.replace(index, resource, node, subscriptions, &[]);
        }
        effects.extend(own.bare.into_iter().map(|node| Effect::Unroute {
            node,
            user: index,
            resource: None,
        }));
        effects.extend(own.kept.into_iter().map(|(resource, node)| Effect::Unroute {
            node,
            user: index,
            resource: Some(resource),
        }));
        if self.credentials.swap_remove(user).is_some() {
            effects.push(Effect::Account { user: user.clone(), credentials: None });
        }
        self.disabled.remove(user);
        for key in self.nodes.personal_keys(user.as_str()) {
            self.delete_node(&key, None, effects);
        }
        self.forget_roster(user, index, sessions, effects);
        self.forget_affiliations(user);
        self.blocklists.swap_remove(&index);
        effects.push(Effect::EndSessions { user: index, why: EndReason::Removed });
    }

    /// Somebody who gets the same name later is somebody else.
    fn forget_affiliations(&mut self, user: &UserId) {
        let bare = format!("{user}@{}", self.domain);
        for generic in self.nodes.iter_generic_mut() {
            generic.affiliations.set(&bare, None);
            generic.pending.retain(|jid, _| jid.split('/').next() != Some(bare.as_str()));
        }
    }

    fn automatic_nodes(&self, user: &UserId) -> impl Iterator<Item = NodeIndex> + '_ {
        feeds::automatic(user).into_iter().filter_map(|path| Some(self.nodes.find(&path.to_string())?.0))
    }

    fn subscribe(
        &mut self,
        node: NodeIndex,
        user: UserIndex,
        resource: Option<Box<str>>,
        effects: &mut Vec<Effect>,
    ) {
        if !self.subscriptions.of(user).has(resource.as_deref(), node) {
            self.set_subscriptions(node, user, resource, vec![Subscription::default()], effects);
        }
    }

    /// Replaces the subscriptions of one address with one node.
    pub(crate) fn set_subscriptions(
        &mut self,
        node: NodeIndex,
        user: UserIndex,
        resource: Option<Box<str>>,
        new: Vec<Subscription>,
        effects: &mut Vec<Effect>,
    ) {
        let old = self.subscriptions.of(user).at(resource.as_deref(), node);
        if old == new {
            return;
        }
        self.expiries.replace(user, resource.as_deref(), node, &old, &new);
        self.subscriptions.of_mut(user).set(resource.as_deref(), node, new.clone());
        if new.is_empty() {
            effects.push(Effect::Unroute { node, user, resource });
            return;
        }
        if old.is_empty() {
            effects.push(Effect::Route { node, user, resource: resource.clone() });
        }
        if !(old.is_empty() && new == [Subscription::default()]) {
            effects.push(Effect::Choose { node, user, resource, subscriptions: new });
        }
    }

    /// A node is gone, and with it whatever this user had subscribed there.
    pub(crate) fn forget_subscriptions_at(&mut self, node: NodeIndex, user: UserIndex) {
        let own = self.subscriptions.of_mut(user);
        for (resource, at, subscriptions) in own.particular() {
            if at == node {
                self.expiries.replace(user, resource, node, subscriptions, &[]);
            }
        }
        own.forget(node);
    }

    /// Gives an event its number and its place at the node.
    fn publish(&mut self, node: &str, content: Content, effects: &mut Vec<Effect>) {
        let Some((index, _)) = self.nodes.find(node) else { return };
        self.publish_to(index, content, effects);
    }

    /// A collection tells that a node has come or gone, if it tells of its configuration, of which that is a part.
    fn publish_move(
        &mut self,
        collection: Option<&str>,
        child: &str,
        is_here: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(collection) = collection else { return };
        if self.generic_mut(collection).is_some_and(|generic| generic.config.notify_config) {
            self.publish(collection, Content::ChildMoved { child: child.into(), is_here }, effects);
        }
    }

    /// What happens to items is told where that is wanted. It is counted in any case: ids of items come from that.
    fn publish_item(&mut self, node: &str, content: Content, effects: &mut Vec<Effect>) {
        let Some((index, known)) = self.nodes.find(node) else { return };
        if known.generic().is_none_or(|generic| generic.config.deliver_notifications) {
            self.publish_to(index, content, effects);
        } else if !self.in_snapshot {
            self.event_count += 1;
        }
    }

    /// Notes when the oldest item of a node is over.
    fn note_oldest(&mut self, name: &str) {
        let Some((index, node)) = self.nodes.find(name) else { return };
        let over = node.generic().and_then(Generic::next_over);
        self.ageing.set(index, over);
    }

    fn publish_to(&mut self, index: NodeIndex, content: Content, effects: &mut Vec<Effect>) {
        if self.in_snapshot {
            return;
        }
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.offset += 1;
        self.event_count += 1;
        let event = Event { number: self.event_count, offset: node.offset, content };
        effects.push(Effect::Publish { node: index, event });
    }

    fn delete_node(&mut self, name: &str, redirect: Option<Box<str>>, effects: &mut Vec<Effect>) {
        if let Some(index) = self.nodes.withdraw(name) {
            let is_told = |generic: &Generic| generic.config.notify_delete;
            if self.nodes.get(index).and_then(Node::generic).is_none_or(is_told) {
                self.publish_to(index, Content::Delete { redirect }, effects);
            }
            self.ageing.set(index, None);
            let last = self.nodes.get(index).map_or(0, |node| node.offset);
            self.offset_floor = self.offset_floor.max(last);
            effects.push(Effect::DropNode { node: index });
        }
    }

    fn generic_mut(&mut self, name: &str) -> Option<&mut Generic> {
        let (index, _) = self.nodes.find(name)?;
        self.nodes.get_mut(index)?.generic_mut()
    }
}

/// Sessions of which the log says how much was handled. Older ones are forgotten.
const HANDLED_MAX: usize = 10_000;

/// How many items a node with this configuration keeps.
pub(crate) fn items_kept(config: &NodeConfig, items_max: usize) -> usize {
    match (config.persist_items, config.max_items) {
        (false, _) => 0,
        (true, None) => items_max,
        (true, Some(max)) => items_max.min(max as usize),
    }
}

/// Whose subscription a record is about. The domain is not looked at: a log survives a change of domain.
fn subscriber(jid: &str, sessions: &mut Sessions) -> Option<(UserIndex, Option<Box<str>>)> {
    let jid = Jid::new(jid).ok()?;
    let user = sessions.user_index(jid.node()?.as_str());
    Some((user, jid.resource().map(|resource| resource.as_str().into())))
}
