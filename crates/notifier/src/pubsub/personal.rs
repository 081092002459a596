//! Every account a publish-subscribe service (XEP-0163, XEP-0060 §9): whose nodes a request is about, and what is
//! different where they are an account's.
//!
//! The engine is the same. A personal node has a key of its own (`node.rs`), one owner who is never another, defaults of
//! its own, and sends its events in the name of its owner. Nobody has to subscribe: see `interest.rs`.

use std::borrow::Cow;

use xmpp::{Condition, Element, IqType, Jid, Stanza};

use super::errors::PubSubError;
use super::items::Items;
use super::node::{Generic, Node, NodeIndex, owner_of, personal_key};
use super::requests::{NewItem, Request};
use super::{ConfigLimits, Requester};
use crate::change::{AccessModel, NodeConfig, SendLast};
use crate::config::Config;
use crate::durable::items_kept;
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::{Notifier, Target};

/// Whose nodes a request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Service {
    /// Those of the publish-subscribe service.
    #[default]
    Common,
    /// Those of the account with this localpart.
    Personal(Box<str>),
}

impl Service {
    /// What tells the node of this name from those of other services.
    pub(crate) fn key<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self {
            Service::Common => Cow::Borrowed(name),
            Service::Personal(owner) => Cow::Owned(personal_key(owner, name)),
        }
    }

    /// The localpart of the account, if it is one's.
    pub(crate) fn owner(&self) -> Option<&str> {
        match self {
            Service::Common => None,
            Service::Personal(owner) => Some(owner),
        }
    }

    /// Whether a node with this key is one of this service.
    pub(crate) fn has(&self, key: &str) -> bool {
        owner_of(key) == self.owner()
    }

    /// The configuration that a new node has.
    pub(crate) fn new_node(&self, config: &Config) -> NodeConfig {
        match self {
            Service::Common => config.new_node(),
            Service::Personal(_) => NodeConfig {
                // XEP-0163 §5; one item, because that is what a mood or an avatar has.
                access_model: AccessModel::Presence,
                send_last_published_item: SendLast::OnSubscribeAndPresence,
                max_items: Some(1),
                ..NodeConfig::default()
            },
        }
    }

    /// Refuses a configuration that does not work here: at an account nobody is asked about subscriptions.
    pub(super) fn check(&self, config: &NodeConfig) -> Result<(), PubSubError> {
        match (self, config.access_model) {
            (Service::Personal(_), AccessModel::Authorize) => Err(PubSubError::UnsupportedAccessModel),
            _ => Ok(()),
        }
    }

    pub(super) fn config_limits(&self, config: &Config) -> ConfigLimits {
        ConfigLimits {
            items_max: config.limits.items_per_node_max,
            payload_bytes_max: config.limits.payload_bytes_max,
            asks_owners: *self == Service::Common,
            collections: *self == Service::Common,
            nodes_max: config.limits.nodes_max,
        }
    }
}

impl Notifier {
    /// The account whose nodes a request to this address is about. None if there is no such account.
    pub(crate) fn personal_service(
        &self,
        session: SessionId,
        target: &Target,
        to: Option<&Jid>,
    ) -> Option<Service> {
        let localpart = match target {
            Target::Account => self.sessions.localpart(self.sessions.get(session)?.user),
            Target::Stranger => to?.node()?.as_str(),
            _ => return None,
        };
        let account = self.account(localpart)?;
        Some(Service::Personal(account.as_str().into()))
    }

    /// Answers a publish-subscribe request to an account. Whoever may not see the owner's presence gets the same answer as
    /// from an account that does not exist, but for nodes that are there for everybody, and those whose access model tells
    /// what is missing (XEP-0060 §6.1.3.2, §6.1.3.3).
    pub(crate) fn personal_pubsub(
        &mut self,
        session: SessionId,
        kind: IqType,
        target: &Target,
        stanza: &Stanza,
        payload: &Element,
        at: contact::Timestamp,
    ) {
        let requester = self.asks_account(session, target, stanza.to.as_ref());
        let Some(requester) = requester.filter(|_| self.config.personal_nodes) else {
            return self.reply(session, stanza, Err(Condition::ServiceUnavailable.into()));
        };
        let mut request = Request::read(kind, payload);
        let name = request.as_mut().ok().and_then(Request::node_mut).map(|node| *node);
        if !self.may_address(&requester, name) {
            return self.reply(session, stanza, Err(Condition::ServiceUnavailable.into()));
        }
        self.pubsub(session, &requester, kind, stanza, payload, at);
    }

    /// Whether somebody who asks for the node of this name, or for none, hears that there is somebody to be asked.
    pub(crate) fn may_address(&self, requester: &Requester, name: Option<&str>) -> bool {
        let Some(owner) = requester.service.owner() else { return true };
        if self.shows_presence_to(owner, &requester.jid) {
            return true;
        }
        let name = name.filter(|_| self.config.personal_nodes);
        let found = name.and_then(|name| self.durable.nodes.find(&requester.service.key(name)));
        found.is_some_and(|(index, node)| {
            let access = node.generic().map(|generic| generic.config.access_model);
            matches!(access, Some(AccessModel::Presence | AccessModel::Roster))
                || self.rights_at(requester, index, node).see
                || self.is_subscribed(requester, index)
        })
    }

    /// The nodes of the account with this localpart.
    pub(crate) fn personal_nodes<'a>(
        &'a self,
        owner: &str,
    ) -> impl Iterator<Item = (&'a Node, &'a Generic)> + use<'a> {
        let nodes = self.durable.nodes.personal(owner).filter_map(|index| self.durable.nodes.get(index));
        nodes.filter_map(|node| Some((node, node.generic()?)))
    }

    /// Refuses a node more than an account may have.
    pub(super) fn personal_node_has_room(&self, owner: &str) -> Result<(), PubSubError> {
        match self.durable.nodes.personal(owner).count() < self.config.limits.personal_nodes_max {
            true => Ok(()),
            false => {
                self.reached(Limit::PersonalNodes);
                Err(PubSubError::ResourceConstraint("The account has as many nodes as the server allows."))
            }
        }
    }

    /// Refuses items that would make an account keep more than it may.
    pub(super) fn personal_items_have_room(
        &self,
        owner: &str,
        key: &str,
        config: &NodeConfig,
        items: &[NewItem<'_>],
    ) -> Result<(), PubSubError> {
        let max = items_kept(config, self.config.limits.items_per_node_max);
        let known = self.durable.nodes.find(key);
        let of_node = |index: NodeIndex| {
            self.durable.nodes.get(index).and_then(|node| node.generic()).map_or(0, |one| one.items.bytes())
        };
        let others =
            self.durable.nodes.personal(owner).filter(|index| known.is_none_or(|(at, _)| at != *index));
        let others: usize = others.map(of_node).sum();
        let mut own: Vec<(Option<&str>, usize)> = known
            .and_then(|(_, node)| node.generic())
            .into_iter()
            .flat_map(|generic| generic.items.iter())
            .map(|(id, item)| (Some(id), Items::bytes_of(id, &item.payload)))
            .collect();
        for item in items {
            own.retain(|(id, _)| id.is_none() || *id != item.id);
            let payload = item.payload.map(Element::to_xml).unwrap_or_default();
            own.push((item.id, Items::bytes_of(item.id.unwrap_or_default(), &payload)));
        }
        let kept: usize = own.iter().rev().take(max).map(|(_, bytes)| bytes).sum();
        match others + kept <= self.config.limits.personal_bytes_max {
            true => Ok(()),
            false => {
                self.reached(Limit::PersonalBytes);
                Err(PubSubError::ResourceConstraint("The account keeps as much as the server allows."))
            }
        }
    }
}
