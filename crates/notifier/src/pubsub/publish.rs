//! Publishing and retracting items (XEP-0060 §7).

use xmpp::{Element, ns};

use super::errors::PubSubError;
use super::event::item_id;
use super::form::{self, Submitted};
use super::requests::NewItem;
use super::subscribe::pubsub;
use super::{Outcome, Requester};
use crate::change::{Change, NodeConfig};
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
            self.check_options(config, options)?;
        }
        let (changes, published) = self.publications(requester, &node.name, config, items)?;
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
        let mut config = self.config.new_node();
        if let Some(options) = options
            && let Submitted::Values(values) = form::read(options, form::PUBLISH_OPTIONS)?
        {
            form::configure(&mut config, &values, self.config_limits())
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
        let (changes, published) = self.publications(requester, name, Some(&config), items)?;
        self.log_is_ready()?;
        let changes = [created].into_iter().chain(changes).collect();
        Ok(Outcome::Change(changes, Some(pubsub(published))))
    }

    /// The items as records, and as the publisher is told of them.
    fn publications(
        &self,
        requester: &Requester,
        name: &str,
        config: Option<&NodeConfig>,
        items: &[NewItem<'_>],
    ) -> Result<(Vec<Change>, Element), PubSubError> {
        let limits = &self.config.limits;
        if items.len() > limits.items_per_request_max {
            return Err(PubSubError::MaxItemsExceeded);
        }
        let own_max =
            config.and_then(|config| config.max_payload_size).map_or(usize::MAX, |max| max as usize);
        let payload_bytes_max = limits.payload_bytes_max.min(own_max);
        let mut changes = Vec::with_capacity(items.len());
        let mut published = Element::new("publish", ns::PUBSUB).with_attribute("node", name);
        for (number, item) in (self.durable.event_count + 1..).zip(items) {
            let id = match item.id {
                Some(id) if id.len() > limits.item_id_bytes_max => {
                    return Err(PubSubError::NodeNameUnfit("The item's id is too long."));
                }
                Some(id) => id.to_owned(),
                None => item_id(&self.config, number),
            };
            let payload = item.payload.to_xml();
            if payload.len() > payload_bytes_max {
                return Err(PubSubError::PayloadTooBig);
            }
            published.push(Element::new("item", ns::PUBSUB).with_attribute("id", id.as_str()));
            let publisher = requester.jid.to_string();
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
            changes.push(Change::ItemRetracted { node: node.name.to_string(), id: id.into(), notify });
        }
        self.log_is_ready()?;
        Ok(Outcome::Change(changes, None))
    }

    /// Checks `<publish-options/>` (§7.1.5). A contact node has no configuration, so nothing can be demanded of it.
    fn check_options(&self, config: Option<&NodeConfig>, options: &Element) -> Result<(), PubSubError> {
        match (form::read(options, form::PUBLISH_OPTIONS)?, config) {
            (Submitted::Nothing, _) => Ok(()),
            (Submitted::Values(values), Some(config)) => {
                form::check_preconditions(config, &values, self.config_limits())
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

fn not_yours() -> PubSubError {
    PubSubError::Forbidden("You may retract only what you published.")
}
