//! What owners and administrators do: create, configure, purge and delete nodes (XEP-0060 §8).

use contact::ApiPath;
use xmpp::{Element, Jid, ns};

use super::collections;
use super::errors::PubSubError;
use super::form::{self, Submitted, Unknown};
use super::node::{Generic, Node, wire_name};
use super::personal::Service;
use super::subscribe::{pubsub, to_text};
use super::{Decision, Outcome, Requester};
use crate::access::is_one_of;
use crate::change::{Change, NodeConfig};
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

impl Notifier {
    /// Creates a node, with a name of the server's choice if none is given; the result then tells it.
    ///
    /// # Errors
    ///
    /// `forbidden`; `conflict`; `not-acceptable` for a name that is too long or belongs to contact objects, and for a
    /// configuration that does not work here; `resource-constraint` when there are too many nodes.
    pub(super) fn create_node(
        &self,
        requester: &Requester,
        name: Option<&str>,
        configure: Option<&Element>,
    ) -> Result<Outcome, PubSubError> {
        let chosen = name.map_or_else(|| self.free_key(requester), String::from);
        let mut config = requester.service.new_node(&self.config);
        let mut children = None;
        if let Some(configure) = configure {
            let mut submitted = form::read(configure, form::NODE_CONFIG)?;
            children = collections::take_children(&mut submitted);
            if let Submitted::Values(values) = submitted {
                form::configure(&mut config, &values, self.config_limits(requester), Unknown::Ignored)?;
            }
        }
        let moved = self.set_children(requester, &chosen, &config, &children.unwrap_or_default())?;
        let created = self.creation(requester, chosen.clone(), config)?;
        self.log_is_ready()?;
        let told = name
            .is_none()
            .then(|| pubsub(Element::new("create", ns::PUBSUB).with_attribute("node", wire_name(&chosen))));
        Ok(Outcome::Change([created].into_iter().chain(moved).collect(), told))
    }

    /// The record of a node that comes to be.
    ///
    /// # Errors
    ///
    /// As [`Notifier::create_node`].
    pub(super) fn creation(
        &self,
        requester: &Requester,
        chosen: String,
        config: NodeConfig,
    ) -> Result<Change, PubSubError> {
        let localpart = self.sessions.localpart(requester.user);
        let may_create = match &requester.service {
            Service::Common => is_one_of(&self.config.access.create_nodes, &self.durable.centre, localpart),
            Service::Personal(owner) => **owner == *localpart,
        };
        if !may_create {
            return Err(PubSubError::Forbidden("You may not create nodes."));
        }
        self.check_collection(requester, &chosen, None, &config)?;
        self.node_created(&requester.service, requester.jid.to_string(), chosen, config)
    }

    /// The same for somebody who may create it.
    ///
    /// - `creator`: a bare JID.
    pub(super) fn node_created(
        &self,
        service: &Service,
        creator: String,
        chosen: String,
        config: NodeConfig,
    ) -> Result<Change, PubSubError> {
        service.check(&config)?;
        let limits = &self.config.limits;
        if wire_name(&chosen).len() > limits.node_name_bytes_max {
            self.reached(Limit::NodeNameBytes);
            return Err(PubSubError::NodeNameUnfit("The node's name is too long."));
        }
        if chosen.starts_with(ApiPath::PREFIX) {
            return Err(PubSubError::NodeNameUnfit(
                "Names of this form belong to the contact centre's own objects.",
            ));
        }
        if self.durable.nodes.find(&chosen).is_some() {
            return Err(PubSubError::NodeExists);
        }
        match service {
            Service::Personal(owner) => self.personal_node_has_room(owner)?,
            Service::Common if self.durable.nodes.generic_count() >= limits.nodes_max => {
                self.reached(Limit::Nodes);
                return Err(PubSubError::ResourceConstraint("There are as many nodes as the server allows."));
            }
            Service::Common => {}
        }
        Ok(Change::NodeCreated { node: chosen, creator, config })
    }

    /// Deletes a node with its items and subscriptions; subscribers are told, and where to go instead.
    pub(super) fn delete_node(
        &self,
        requester: &Requester,
        name: &str,
        redirect: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        if redirect.is_some_and(|uri| uri.len() > self.config.limits.node_name_bytes_max) {
            return Err(PubSubError::NodeNameUnfit("The redirection is too long."));
        }
        self.log_is_ready()?;
        let redirect = redirect.map(String::from);
        let key = node.key.to_string();
        let mut decision = Decision::default();
        for jid in generic.pending.keys().filter_map(|jid| Jid::new(jid).ok()) {
            if let Some(subject) = self.requester_at(&jid.to_bare()) {
                let delete = Element::new("delete", ns::PUBSUB_EVENT).with_attribute("node", node.name());
                let event = Element::new("event", ns::PUBSUB_EVENT).with_child(delete);
                self.tell_about(&node.address(&self.config), subject.user, &jid, event, &mut decision);
            }
        }
        decision.changes.extend(self.orphans(name));
        decision.changes.push(Change::NodeDeleted { node: key, redirect });
        Ok(Outcome::Decision(Box::new(decision)))
    }

    /// Removes all items of a node; subscribers hear of it once.
    pub(super) fn purge_node(&self, requester: &Requester, name: &str) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        if !generic.config.persist_items {
            return Err(PubSubError::Unsupported("persistent-items"));
        }
        self.log_is_ready()?;
        Ok(Outcome::Change(vec![Change::NodePurged { node: node.key.to_string() }], None))
    }

    /// Shows the configuration form with a node's values.
    pub(super) fn show_config(&self, requester: &Requester, name: &str) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        let children = self.durable.nodes.children(name);
        let children: Vec<&str> = children.iter().map(|(child, _)| child.name()).collect();
        let form = form::write(&generic.config, self.config_limits(requester), &children);
        let configure =
            Element::new("configure", ns::PUBSUB_OWNER).with_attribute("node", node.name()).with_child(form);
        Ok(Outcome::Shown(to_text(Some(owner_pubsub(configure)))))
    }

    /// Configures a node; fields that the form leaves out keep their value.
    pub(super) fn configure_node(
        &self,
        requester: &Requester,
        name: &str,
        configure: &Element,
    ) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        let mut config = generic.config.clone();
        let mut submitted = form::read(configure, form::NODE_CONFIG)?;
        let children = collections::take_children(&mut submitted);
        match submitted {
            Submitted::Nothing => return Ok(Outcome::Now(None)),
            Submitted::Values(values) => {
                form::configure(&mut config, &values, self.config_limits(requester), Unknown::Ignored)?;
            }
        }
        requester.service.check(&config)?;
        self.check_collection(requester, name, Some(&generic.config), &config)?;
        let moved = match children {
            Some(children) => self.set_children(requester, name, &config, &children)?,
            None => Vec::new(),
        };
        self.log_is_ready()?;
        let mut decision = Decision::default();
        let before = generic.config.access_model;
        let after = config.access_model;
        decision.changes.push(Change::NodeConfigured { node: node.key.to_string(), config });
        decision.changes.extend(moved);
        if before != after {
            self.follow_access_model(name, after, &mut decision);
        }
        Ok(Outcome::Decision(Box::new(decision)))
    }

    /// Shows the configuration that a new node gets.
    ///
    /// - `node_type`: `collection` or nothing (XEP-0248 §7.3).
    pub(super) fn show_default_config(
        &self,
        requester: &Requester,
        node_type: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let mut config = requester.service.new_node(&self.config);
        let limits = self.config_limits(requester);
        if let Some(node_type) = node_type {
            let field = (String::from("pubsub#node_type"), vec![String::from(node_type)]);
            form::configure(&mut config, &[field], limits, Unknown::Ignored)?;
        }
        let form = form::write(&config, limits, &[]);
        Ok(Outcome::Now(Some(owner_pubsub(Element::new("default", ns::PUBSUB_OWNER).with_child(form)))))
    }

    /// The generic node of this name, for its owner and administrators only.
    pub(super) fn owned(&self, requester: &Requester, name: &str) -> Result<(&Node, &Generic), PubSubError> {
        let (_, node, rights) = self.rights(requester, name)?;
        match node.generic() {
            Some(generic) if rights.own => Ok((node, generic)),
            Some(_) => Err(PubSubError::Forbidden("Only the node's owner and administrators may do this.")),
            None => Err(PubSubError::Forbidden("This node belongs to an object of the contact centre.")),
        }
    }

    /// The key of a name that no node of the service has.
    fn free_key(&self, requester: &Requester) -> String {
        let count = self.durable.event_count;
        let names = (0..).map(|n: u64| format!("{}-{}-{n}", self.config.instance, count));
        let mut keys = names.map(|name| requester.service.key(&name).into_owned());
        keys.find(|key| self.durable.nodes.find(key).is_none()).expect("some name is free")
    }
}

pub(super) fn owner_pubsub(content: Element) -> Element {
    Element::new("pubsub", ns::PUBSUB_OWNER).with_child(content)
}
