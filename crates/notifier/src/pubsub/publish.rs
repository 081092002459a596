//! Publishing and retracting items (XEP-0060 §7).

use std::collections::VecDeque;

use xmpp::{Element, ns};

use super::errors::PubSubError;
use super::event::item_id;
use super::form::{self, Submitted, Unknown};
use super::items::Items;
use super::node::wire_name;
use super::requests::NewItem;
use super::subscribe::pubsub;
use super::{Outcome, Requester};
use crate::change::{Change, NodeConfig, NodeFull};
use crate::durable::items_kept;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

impl Notifier {
    /// Publishes items, all of them or none (§12.11). The result names each item, so that a publisher learns the ids
    /// that were chosen for it.
    ///
    /// # Errors
    ///
    /// `item-not-found`, unless the requester may create the node, which is then done; `forbidden`; `payload-too-big`; `precondition-not-met`;
    /// `max-items-exceeded` for too many at once.
    pub(super) fn publish(
        &self,
        requester: &Requester,
        name: &str,
        items: &[NewItem<'_>],
        options: Option<&Element>,
    ) -> Result<Outcome, PubSubError> {
        if self.durable.nodes.find(name).is_none() {
            return self.create_by_publishing(requester, name, items, options);
        }
        let (_, node, rights) = self.rights(requester, name)?;
        if !rights.publish {
            return Err(PubSubError::Forbidden("You may not publish to this node."));
        }
        let config = node.generic().map(|generic| &generic.config);
        if let Some(options) = options {
            self.check_options(requester, config, options)?;
        }
        let (changes, published) = self.publications_of(requester, &node.key, config, items)?;
        self.log_is_ready()?;
        Ok(Outcome::Change(changes, Some(pubsub(published))))
    }

    /// Creates the node first, for whoever could have created it (§7.1.4). What would be preconditions is its
    /// configuration (§7.1.5).
    fn create_by_publishing(
        &self,
        requester: &Requester,
        name: &str,
        items: &[NewItem<'_>],
        options: Option<&Element>,
    ) -> Result<Outcome, PubSubError> {
        let mut config = requester.service.new_node(&self.config);
        if let Some(options) = options
            && let Submitted::Values(values) = form::read(options, form::PUBLISH_OPTIONS)?
        {
            form::configure(&mut config, &values, self.config_limits(requester), Unknown::Refused)
                .map_err(|error| PubSubError::PreconditionNotMet(error.to_text()))?;
        }
        let created = match self.creation(requester, name.to_owned(), config.clone()) {
            Ok(created) => created,
            // To those who may not create nodes there is no node.
            Err(PubSubError::Forbidden(_) | PubSubError::NodeNameUnfit(_)) => {
                return Err(PubSubError::NoSuchNode);
            }
            Err(error) => return Err(error),
        };
        let (changes, published) = self.publications_of(requester, name, Some(&config), items)?;
        self.log_is_ready()?;
        let changes = [created].into_iter().chain(changes).collect();
        Ok(Outcome::Change(changes, Some(pubsub(published))))
    }

    fn publications_of(
        &self,
        requester: &Requester,
        name: &str,
        config: Option<&NodeConfig>,
        items: &[NewItem<'_>],
    ) -> Result<(Vec<Change>, Element), PubSubError> {
        self.publications(requester.service.owner(), requester.jid.as_str(), name, config, items)
    }

    /// The items as records, and as the publisher is told of them.
    ///
    /// - `owner`: whose node it is, if it is an account's.
    /// - `publisher`: a bare JID.
    pub(super) fn publications(
        &self,
        owner: Option<&str>,
        publisher: &str,
        name: &str,
        config: Option<&NodeConfig>,
        items: &[NewItem<'_>],
    ) -> Result<(Vec<Change>, Element), PubSubError> {
        if config.is_some_and(NodeConfig::is_collection) {
            return Err(PubSubError::Unsupported("publish"));
        }
        let limits = &self.config.limits;
        if items.len() > limits.items_per_request_max {
            self.reached(Limit::ItemsPerRequest);
            return Err(PubSubError::MaxItemsExceeded);
        }
        let own_max =
            config.and_then(|config| config.max_payload_size).map_or(usize::MAX, |max| max as usize);
        let payload_bytes_max = limits.payload_bytes_max.min(own_max);
        let only_signals = config.is_some_and(|config| !config.persist_items && !config.deliver_payloads);
        let signal = [NewItem { id: None, payload: None }];
        let items = match (items, only_signals) {
            ([], true) => &signal,
            ([], false) => return Err(PubSubError::ItemRequired),
            (_, true) => return Err(PubSubError::ItemForbidden),
            (items, false) => items,
        };
        if config.is_some_and(|config| config.publish_node_full == NodeFull::Reject) {
            self.leaves_room(name, config, items)?;
        }
        if let (Some(owner), Some(config)) = (owner, config) {
            self.personal_items_have_room(owner, name, config, items)?;
        }
        let mut kept = self.kept_items(name, config, items.len());
        let mut changes = Vec::with_capacity(items.len());
        let mut published = Element::new("publish", ns::PUBSUB).with_attribute("node", wire_name(name));
        for (number, item) in (self.durable.event_count + 1..).zip(items) {
            let id = match item.id {
                Some(id) if id.len() > limits.item_id_bytes_max => {
                    self.reached(Limit::ItemIdBytes);
                    return Err(PubSubError::NodeNameUnfit("The item's id is too long."));
                }
                Some(id) => id.to_owned(),
                None => item_id(&self.config, number),
            };
            let payload = payload_text(config, item.payload)?;
            if payload.len() > payload_bytes_max {
                if payload.len() > limits.payload_bytes_max {
                    self.reached(Limit::PayloadBytes);
                }
                return Err(PubSubError::PayloadTooBig);
            }
            published.push(Element::new("item", ns::PUBSUB).with_attribute("id", id.as_str()));
            changes.extend(kept.as_mut().into_iter().flat_map(|kept| kept.make_room(&id)));
            let publisher = publisher.to_owned();
            changes.push(Change::ItemPublished {
                node: name.to_owned(),
                id,
                publisher,
                payload,
                at: Some(self.now),
            });
        }
        Ok((changes, published))
    }

    /// What a node keeps, if so many items more are too many for it and subscribers are told what gives way (§7.1.2.5).
    fn kept_items(&self, name: &str, config: Option<&NodeConfig>, more: usize) -> Option<Kept> {
        let config = config.filter(|config| {
            let is_told = config.notify_retract && config.deliver_notifications;
            is_told && config.publish_node_full == NodeFull::RetractOldest
        })?;
        let max = items_kept(config, self.config.limits.items_per_node_max);
        let known = self.durable.nodes.find(name).and_then(|(_, node)| Some(&node.generic()?.items));
        let count = known.map_or(0, |known| known.iter().len());
        (max > 0 && count + more > max).then(|| Kept {
            node: name.to_owned(),
            ids: known.into_iter().flat_map(Items::iter).map(|(id, _)| id.into()).collect(),
            max,
        })
    }

    /// Refuses what would be more than a node keeps. Items that replace others take no room (§7.1.3).
    fn leaves_room(
        &self,
        name: &str,
        config: Option<&NodeConfig>,
        items: &[NewItem<'_>],
    ) -> Result<(), PubSubError> {
        let Some(config) = config.filter(|config| config.persist_items) else { return Ok(()) };
        let known = self.durable.nodes.find(name).and_then(|(_, node)| Some(&node.generic()?.items));
        let is_new = |at: usize, id: Option<&str>| match id {
            None => true,
            Some(id) => {
                let is_repeated = items[..at].iter().any(|item| item.id == Some(id));
                !is_repeated && known.is_none_or(|known| known.get(id).is_none())
            }
        };
        let more = items.iter().enumerate().filter(|(at, item)| is_new(*at, item.id)).count();
        let kept = known.map_or(0, |known| known.iter().len());
        let fits = more == 0 || kept + more <= items_kept(config, self.config.limits.items_per_node_max);
        if fits { Ok(()) } else { Err(PubSubError::NodeFull) }
    }

    /// Retracts items, all of them or none. Publishers may retract what they published, owners everything.
    ///
    /// # Errors
    ///
    /// `item-not-found` for a node or an item that is not there; `forbidden`; `persistent-items` for a node that keeps
    /// no items.
    pub(super) fn retract(
        &self,
        requester: &Requester,
        name: &str,
        ids: &[&str],
        notify: bool,
    ) -> Result<Outcome, PubSubError> {
        let (_, node, rights) = self.rights(requester, name)?;
        let generic = node.generic().filter(|generic| generic.config.persist_items);
        let generic = generic.ok_or(PubSubError::Unsupported("persistent-items"))?;
        let mut changes = Vec::with_capacity(ids.len());
        for (at, &id) in ids.iter().enumerate() {
            let item = generic.items.get(id).filter(|_| !ids[..at].contains(&id));
            let Some(item) = item else {
                return Err(if rights.publish { PubSubError::NoSuchItem } else { not_yours() });
            };
            if !rights.own && *item.publisher != *requester.jid.as_str() {
                return Err(not_yours());
            }
            let notify = notify || generic.config.notify_retract;
            changes.push(Change::ItemRetracted { node: node.key.to_string(), id: id.into(), notify });
        }
        self.log_is_ready()?;
        Ok(Outcome::Change(changes, None))
    }

    /// Checks `<publish-options/>` (§7.1.5). A contact node has no configuration, so nothing can be demanded of it.
    fn check_options(
        &self,
        requester: &Requester,
        config: Option<&NodeConfig>,
        options: &Element,
    ) -> Result<(), PubSubError> {
        match (form::read(options, form::PUBLISH_OPTIONS)?, config) {
            (Submitted::Nothing, _) => Ok(()),
            (Submitted::Values(values), Some(config)) => {
                form::check_preconditions(config, &values, self.config_limits(requester))
            }
            (Submitted::Values(values), None) => match values.first() {
                Some((field, _)) => {
                    Err(PubSubError::PreconditionNotMet(format!("{field} is not as demanded")))
                }
                None => Ok(()),
            },
        }
    }
}

/// The ids of a node's items, oldest first, while more are published.
struct Kept {
    node: String,
    ids: VecDeque<Box<str>>,
    max: usize,
}

impl Kept {
    /// Adds an item, and retracts those that give way to it. That is decided once and stands in the log: another limit at
    /// the next start makes no other events of it.
    fn make_room(&mut self, id: &str) -> Vec<Change> {
        self.ids.retain(|known| **known != *id);
        let surplus = (self.ids.len() + 1).saturating_sub(self.max);
        let gone: Vec<Change> = self
            .ids
            .drain(..surplus)
            .map(|id| Change::ItemRetracted { node: self.node.clone(), id: id.into(), notify: true })
            .collect();
        self.ids.push_back(id.into());
        gone
    }
}

/// A payload as it is kept, if the node takes it: one of its own namespace, if it has one, and none only where events carry
/// none (§7.1.3.6, §7.1.3.7).
fn payload_text(config: Option<&NodeConfig>, payload: Option<&Element>) -> Result<String, PubSubError> {
    let Some(payload) = payload else {
        let needed = config.is_none_or(|config| config.deliver_payloads);
        return if needed { Err(PubSubError::PayloadRequired) } else { Ok(String::new()) };
    };
    let wanted = config.and_then(|config| config.payload_type.as_deref());
    match wanted.is_none_or(|wanted| wanted == payload.ns()) {
        // In no namespace, also where it stands in an element that has one.
        true if payload.ns().is_empty() => {
            let mut xml = String::new();
            payload.write_xml(&mut xml, ns::PUBSUB_EVENT);
            Ok(xml)
        }
        true => Ok(payload.to_xml()),
        false => Err(PubSubError::InvalidPayload),
    }
}

fn not_yours() -> PubSubError {
    PubSubError::Forbidden("You may retract only what you published.")
}
