//! Who are we, what can we do, what else is there (XEP-0030), and the digest of that (XEP-0115).
//!
//! A feature stands in these lists if and only if it works; tests hold both directions.

use contact::UserId;
use xmpp::{Condition, Element, IqType, Jid, StanzaError, ns};

use crate::capabilities;
use crate::commands::AdHocCommand;
use crate::config::Config;
use crate::feeds;
use crate::input::SessionId;
use crate::notifier::{Notifier, Target};
use crate::pubsub;
use crate::pubsub::Requester;
use crate::pubsub::node::{Generic, Node, NodeType};
use crate::rsm::PageRequest;

/// The entity capabilities that go into stream features and presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Identifies the software.
    pub node: String,
    /// Identifies what it can do: a hash of identities and features.
    pub ver: String,
}

impl Capabilities {
    /// `<c/>`.
    pub fn to_element(&self) -> Element {
        Element::new("c", ns::CAPS)
            .with_attribute("hash", "sha-1")
            .with_attribute("node", self.node.as_str())
            .with_attribute("ver", self.ver.as_str())
    }
}

/// What an address says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entity {
    identities: Vec<Identity>,
    features: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    category: &'static str,
    kind: &'static str,
    name: String,
}

impl Entity {
    /// The server.
    pub(crate) fn server(config: &Config) -> Self {
        let mut features =
            vec![ns::BLOCKING, ns::CAPS, ns::COMMANDS, ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING, ns::TIME];
        features.extend(config.last_activity.then_some(ns::LAST_ACTIVITY));
        features.extend(config.software.version.is_some().then_some(ns::VERSION));
        Entity::new("server", "im", &config.software.name, features)
    }

    /// The publish-subscribe service.
    fn pubsub(config: &Config) -> Self {
        let mut entity = Entity::server(config);
        entity.identities =
            vec![Identity { category: "pubsub", kind: "service", name: "Finesse notifications".into() }];
        let not_here = [ns::BLOCKING, ns::CAPS, ns::LAST_ACTIVITY];
        entity.features.retain(|feature| !not_here.contains(&feature.as_str()));
        entity.features.push(ns::RSM.into());
        entity.features.extend(config.recovery.then(|| ns::RECOVERY.into()));
        entity.features.push(ns::PUBSUB.into());
        entity.features.extend(pubsub::features(config).map(|feature| format!("{}#{feature}", ns::PUBSUB)));
        entity.features.push(ns::SHIM.into());
        entity.features.sort_unstable();
        entity
    }

    /// The user in whose name events are published.
    pub(crate) fn service_user(config: &Config) -> Self {
        Entity::new(
            "client",
            "bot",
            &config.software.name,
            vec![ns::CAPS, ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING],
        )
    }

    /// The user's own account.
    fn account(config: &Config) -> Self {
        let mut entity = Entity::contact(config);
        entity.features.push(ns::PING.into());
        entity.features.sort_unstable();
        entity
    }

    /// Another account, which shows itself to those who may see its presence.
    fn contact(config: &Config) -> Self {
        let mut features = vec![ns::DISCO_INFO, ns::DISCO_ITEMS];
        features.extend(config.last_activity.then_some(ns::LAST_ACTIVITY));
        let mut entity = Entity::new("account", "registered", "", features);
        if config.personal_nodes {
            entity.identities.push(Identity { category: "pubsub", kind: "pep", name: String::new() });
            entity.features.extend([ns::PUBSUB.into(), ns::RSM.into()]);
            entity.features.extend(config.multiple_subscriptions.then(|| ns::SHIM.into()));
            let features = pubsub::personal_features(config);
            entity.features.extend(features.map(|feature| format!("{}#{feature}", ns::PUBSUB)));
        }
        entity.features.sort_unstable();
        entity
    }

    /// The list of ad-hoc commands.
    fn command_list() -> Self {
        Entity::new("automation", "command-list", "", vec![ns::DISCO_INFO, ns::DISCO_ITEMS])
    }

    /// One ad-hoc command (XEP-0050 §2.2).
    fn command(command: AdHocCommand) -> Self {
        let features = vec![ns::COMMANDS, ns::DATA_FORMS, ns::DISCO_INFO];
        Entity::new("automation", "command-node", command.name(), features)
    }

    fn node(node_type: NodeType, title: &str) -> Self {
        let kind = match node_type {
            NodeType::Leaf => "leaf",
            NodeType::Collection => "collection",
        };
        Entity::new("pubsub", kind, title, vec![ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PUBSUB])
    }

    /// The stanza headers that a publish-subscribe service sends (XEP-0131 §2.2).
    fn headers(config: &Config, collections: bool) -> Self {
        let mut features = vec![ns::DISCO_INFO];
        features.extend(collections.then_some("http://jabber.org/protocol/shim#Collection"));
        features.extend(config.multiple_subscriptions.then_some("http://jabber.org/protocol/shim#SubID"));
        Entity::new("pubsub", "service", "", features)
    }

    fn new(category: &'static str, kind: &'static str, name: &str, features: Vec<&str>) -> Self {
        let mut features: Vec<String> = features.into_iter().map(String::from).collect();
        features.sort_unstable();
        Entity { identities: vec![Identity { category, kind, name: name.into() }], features }
    }

    /// The hash of what this entity says (XEP-0115 §5.1).
    pub(crate) fn ver(&self) -> String {
        // What is configured in such a way that nothing stands for it, has no hash to show.
        capabilities::ver(&self.info(None)).unwrap_or_default()
    }

    /// What goes into presence or stream features.
    pub(crate) fn capabilities(&self, config: &Config) -> Capabilities {
        Capabilities { node: config.software.caps_node.clone(), ver: self.ver() }
    }

    /// `<query/>` of disco#info.
    fn info(&self, node: Option<&str>) -> Element {
        let mut query = query(ns::DISCO_INFO, node);
        for Identity { category, kind, name } in &self.identities {
            let mut identity = Element::new("identity", ns::DISCO_INFO)
                .with_attribute("category", *category)
                .with_attribute("type", *kind);
            if !name.is_empty() {
                identity.set_attribute("name", name.as_str());
            }
            query.push(identity);
        }
        for feature in &self.features {
            query.push(Element::new("feature", ns::DISCO_INFO).with_attribute("var", feature.as_str()));
        }
        query
    }

    /// Whether `node` asks for exactly what we told about ourselves.
    fn is_asked_for(&self, node: Option<&str>, config: &Config) -> bool {
        let Some(node) = node else { return true };
        node.strip_prefix(&*config.software.caps_node).and_then(|rest| rest.strip_prefix('#'))
            == Some(&*self.ver())
    }
}

impl Notifier {
    /// The server's own capabilities, for stream features.
    pub fn capabilities(&self) -> Capabilities {
        Entity::server(&self.config).capabilities(&self.config)
    }

    /// Answers "who are you and what can you do".
    pub(crate) fn disco_info(
        &self,
        session: SessionId,
        kind: IqType,
        target: &Target,
        to: Option<&Jid>,
        payload: &Element,
    ) -> Result<Option<Element>, StanzaError> {
        let node = asked_node(kind, payload)?;
        let own = |entity: Entity| {
            let known = entity.is_asked_for(node, &self.config);
            if known { Ok(Some(entity.info(node))) } else { Err(Condition::ItemNotFound.into()) }
        };
        if let (Target::Server | Target::PubSub, Some(name)) = (target, node) {
            if name == ns::COMMANDS {
                return Ok(Some(Entity::command_list().info(node)));
            }
            if let Some(command) = AdHocCommand::find(target, name) {
                let info = Entity::command(command).info(node);
                let allowed = self.may_execute(session, command);
                return if allowed { Ok(Some(info)) } else { Err(Condition::Forbidden.into()) };
            }
        }
        match target {
            Target::Server => own(Entity::server(&self.config)),
            Target::ServiceUser => own(Entity::service_user(&self.config)),
            Target::PubSub => match node {
                None => Ok(Some(Entity::pubsub(&self.config).info(None))),
                Some(ns::SHIM) => Ok(Some(Entity::headers(&self.config, true).info(node))),
                Some(name) => {
                    let known = self.sessions.get(session).ok_or(Condition::InternalServerError)?;
                    let requester = Requester::new(known.user, known.jid.to_bare());
                    Ok(Some(self.node_info(&requester, name)?))
                }
            },
            Target::Account | Target::Stranger
                if node == Some(ns::SHIM)
                    && self.config.multiple_subscriptions
                    && self.config.personal_nodes =>
            {
                self.account_info(session, target, to, None)?;
                Ok(Some(Entity::headers(&self.config, false).info(node)))
            }
            Target::Account | Target::Stranger => Ok(Some(self.account_info(session, target, to, node)?)),
            _ => Err(Condition::ServiceUnavailable.into()),
        }
    }

    /// Tells of an account or one of its nodes. XEP-0030 §8: to strangers an account looks like one that does not exist.
    fn account_info(
        &self,
        session: SessionId,
        target: &Target,
        to: Option<&Jid>,
        node: Option<&str>,
    ) -> Result<Element, StanzaError> {
        let requester = self.asks_account(session, target, to).ok_or(Condition::ServiceUnavailable)?;
        if !self.may_address(&requester, node) {
            return Err(Condition::ServiceUnavailable.into());
        }
        match (node, target) {
            (Some(_), _) if !self.config.personal_nodes => Err(Condition::ItemNotFound.into()),
            (Some(name), _) => self.node_info(&requester, name),
            (None, Target::Account) => Ok(Entity::account(&self.config).info(None)),
            (None, _) => Ok(Entity::contact(&self.config).info(None)),
        }
    }

    /// Tells of a node: what it is, and to those who may know of it, how it is configured (XEP-0060 §5.4).
    fn node_info(&self, requester: &Requester, name: &str) -> Result<Element, StanzaError> {
        let found = self.durable.nodes.find(&requester.service.key(name));
        let (index, node) = found.ok_or(Condition::ItemNotFound)?;
        let title = node.generic().and_then(|generic| generic.config.title.as_deref());
        let mut info = Entity::node(node.node_type(), title.unwrap_or_default()).info(Some(name));
        if self.rights_at(requester, index, node).see
            && let Some(generic) = node.generic()
        {
            info.push(generic.meta_data(node.subscriber_count()));
        }
        Ok(info)
    }

    /// Answers "what else is there".
    pub(crate) fn disco_items(
        &self,
        session: SessionId,
        kind: IqType,
        target: &Target,
        to: Option<&Jid>,
        payload: &Element,
    ) -> Result<Option<Element>, StanzaError> {
        let node = asked_node(kind, payload)?;
        let mut query = query(ns::DISCO_ITEMS, node);
        match (target, node) {
            (Target::Server, None) => query.push(self.item().with_attribute("name", "Finesse notifications")),
            (Target::Server | Target::PubSub, Some(ns::COMMANDS)) => {
                let address = match target {
                    Target::PubSub => &self.config.pubsub_domain,
                    _ => &self.config.domain,
                };
                for command in AdHocCommand::offered_at(target) {
                    if self.may_execute(session, command) {
                        let item = Element::new("item", ns::DISCO_ITEMS)
                            .with_attribute("jid", address.as_str())
                            .with_attribute("node", command.node())
                            .with_attribute("name", command.name());
                        query.push(item);
                    }
                }
            }
            (Target::ServiceUser, None) => {}
            (Target::Account | Target::Stranger, _) => {
                self.account_items(session, target, to, payload, &mut query)?;
            }
            (Target::PubSub, None) => {
                let nodes = self.visible_nodes(session);
                self.list_page(payload, &nodes, |(name, _)| name, |node| self.node_item(node), &mut query)?;
            }
            (Target::PubSub, Some(name)) => {
                let known = self.sessions.get(session).ok_or(Condition::InternalServerError)?;
                let requester = Requester::new(known.user, known.jid.to_bare());
                let ids = self.visible_items(&requester, name)?;
                let nodes = self.visible_among(&requester, self.durable.nodes.children(name).into_iter());
                if !nodes.is_empty() {
                    let item = |node: &_| self.node_item(node);
                    self.list_page(payload, &nodes, |(name, _)| name, item, &mut query)?;
                    return Ok(Some(query));
                }
                let item = |id: &&str| self.item().with_attribute("name", *id);
                self.list_page(payload, &ids, |id| id, item, &mut query)?;
            }
            (Target::Server | Target::ServiceUser, Some(_)) => {
                return Err(Condition::ItemNotFound.into());
            }
            _ => return Err(Condition::ServiceUnavailable.into()),
        }
        Ok(Some(query))
    }

    /// Lists the nodes of an account that the asker may see (XEP-0163 §6.2), or the items of one of them. An account that
    /// does not exist looks like one without nodes.
    fn account_items(
        &self,
        session: SessionId,
        target: &Target,
        to: Option<&Jid>,
        payload: &Element,
        query: &mut Element,
    ) -> Result<(), StanzaError> {
        let node = payload.attribute("node");
        let requester = self.asks_account(session, target, to);
        let Some((requester, owner)) = requester.as_ref().and_then(|one| Some((one, one.service.owner()?)))
        else {
            return if node.is_none() { Ok(()) } else { Err(Condition::ServiceUnavailable.into()) };
        };
        let address = format!("{owner}@{}", self.config.domain);
        let entry = || Element::new("item", ns::DISCO_ITEMS).with_attribute("jid", address.as_str());
        if let Some(name) = node {
            if !self.may_address(requester, node) {
                return Err(Condition::ServiceUnavailable.into());
            }
            if !self.config.personal_nodes {
                return Err(Condition::ItemNotFound.into());
            }
            let ids = self.visible_items(requester, name)?;
            return self.list_page(payload, &ids, |id| id, |id| entry().with_attribute("name", *id), query);
        }
        let nodes = self.personal_nodes(owner).filter(|_| self.config.personal_nodes);
        let nodes = nodes
            .filter(|(node, _)| self.rights(requester, &node.key).is_ok_and(|(_, _, rights)| rights.see));
        let mut nodes: Vec<_> =
            nodes.map(|(node, generic)| (node.name(), generic.config.title.as_deref())).collect();
        nodes.sort_unstable();
        let item = |(name, title): &(&str, Option<&str>)| {
            let item = entry().with_attribute("node", *name);
            title.map_or(item.clone(), |title| item.with_attribute("name", title))
        };
        self.list_page(payload, &nodes, |(name, _)| name, item, query)
    }

    /// Somebody who asks an account; none if there is no such account.
    pub(crate) fn asks_account(
        &self,
        session: SessionId,
        target: &Target,
        to: Option<&Jid>,
    ) -> Option<Requester> {
        let known = self.sessions.get(session)?;
        let service = self.personal_service(session, target, to)?;
        Some(Requester { service, ..Requester::new(known.user, known.jid.to_bare()) })
    }

    /// Writes the part of a list that was asked for, or as much of it as one reply takes. What is left out, and how to get
    /// it, is said in a `<set/>`.
    fn list_page<T>(
        &self,
        payload: &Element,
        all: &[T],
        id: impl Fn(&T) -> &str,
        item: impl Fn(&T) -> Element,
        query: &mut Element,
    ) -> Result<(), StanzaError> {
        let max = self.config.limits.disco_items_max;
        let asked = PageRequest::read(payload)?;
        let says_so = asked.is_some() || all.len() > max;
        let (page, set) = asked.unwrap_or_default().cut(all, id, max)?;
        page.iter().for_each(|entry| query.push(item(entry)));
        if says_so {
            query.push(set);
        }
        Ok(())
    }

    /// The items of a node, newest first; they are listed by name and without a node attribute (XEP-0060 §5.5).
    fn visible_items(&self, requester: &Requester, name: &str) -> Result<Vec<&str>, StanzaError> {
        let found = self.durable.nodes.find(&requester.service.key(name));
        let (index, node) = found.ok_or(Condition::ItemNotFound)?;
        self.rights_at(requester, index, node).read.map_err(|error| error.to_stanza_error())?;
        let items = node.generic().map(|generic| generic.items.iter());
        Ok(items.into_iter().flatten().rev().map(|(id, _)| id).collect())
    }

    /// The nodes that mean something to this session's user: those it has by itself, those of teams that it may follow, and
    /// those that somebody created, by name.
    fn visible_nodes(&self, session: SessionId) -> Vec<(String, Option<String>)> {
        let Some(session) = self.sessions.get(session) else { return Vec::new() };
        let localpart = self.sessions.localpart(session.user);
        let requester = Requester::new(session.user, session.jid.to_bare());
        let own = UserId::new(localpart).into_iter().flat_map(|user| feeds::automatic(&user));
        let teams =
            self.durable.centre.teams().flat_map(|team| {
                [contact::ApiPath::TeamUsers(team.id), contact::ApiPath::TeamMessages(team.id)]
            });
        let feeds = own.chain(teams).filter_map(|path| {
            let (index, node) = self.durable.nodes.find(&path.to_string())?;
            self.rights_at(&requester, index, node).see.then(|| (node.name().to_owned(), None))
        });
        // Those in a collection are listed there (XEP-0248 §5.2).
        let generic = self.durable.nodes.iter_generic();
        let at_root = generic.filter(|(_, generic)| generic.config.collection.is_none());
        feeds.chain(self.visible_among(&requester, at_root)).collect()
    }

    /// Names and titles of those nodes that the requester may see, by name: pages need the same order each time.
    fn visible_among<'a>(
        &self,
        requester: &Requester,
        nodes: impl Iterator<Item = (&'a Node, &'a Generic)>,
    ) -> Vec<(String, Option<String>)> {
        let may_see = |node: &Node| self.rights(requester, &node.key).is_ok_and(|(_, _, rights)| rights.see);
        let visible = nodes.filter(|(node, _)| may_see(node));
        let mut visible: Vec<_> =
            visible.map(|(node, generic)| (node.name().to_owned(), generic.config.title.clone())).collect();
        visible.sort_unstable();
        visible
    }

    fn node_item(&self, (name, title): &(String, Option<String>)) -> Element {
        let item = self.item().with_attribute("node", name.as_str());
        match title {
            Some(title) => item.with_attribute("name", title.as_str()),
            None => item,
        }
    }

    fn item(&self) -> Element {
        Element::new("item", ns::DISCO_ITEMS).with_attribute("jid", self.config.pubsub_domain.as_str())
    }
}

fn query(ns: &'static str, node: Option<&str>) -> Element {
    let query = Element::new("query", ns);
    match node {
        Some(node) => query.with_attribute("node", node),
        None => query,
    }
}

fn asked_node(kind: IqType, payload: &Element) -> Result<Option<&str>, StanzaError> {
    if kind != IqType::Get || payload.name() != "query" {
        return Err(Condition::BadRequest.into());
    }
    Ok(payload.attribute("node"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of XEP-0115 §5.2.
    #[test]
    fn the_digest_is_that_of_the_specification() {
        let entity = Entity::new(
            "client",
            "pc",
            "Exodus 0.9.1",
            vec![
                "http://jabber.org/protocol/muc",
                "http://jabber.org/protocol/disco#info",
                "http://jabber.org/protocol/disco#items",
                "http://jabber.org/protocol/caps",
            ],
        );
        assert_eq!(entity.ver(), "QgayPKawpkPSDYmwT/WM94uAlu0=");
    }

    #[test]
    fn the_digest_changes_when_a_feature_goes() {
        let mut config = Config::new("localhost", "id");
        let with = Entity::server(&config).ver();
        config.software.version = None;
        assert_ne!(Entity::server(&config).ver(), with);
    }
}
