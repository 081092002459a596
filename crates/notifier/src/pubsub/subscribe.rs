//! Subscribing and unsubscribing (XEP-0060 §6.1, §6.2), options (§6.3, §6.4), and the list of own subscriptions (§5.6).

use xmpp::{Element, Jid, ns};

use super::errors::PubSubError;
use super::node::{Node, NodeIndex, NodeType, wire_name};
use super::options::{Expire, OptionLimits, Purpose, SubscriptionOptions};
use super::subscriptions::Subscription;
use super::{Decision, Outcome, Requester};
use crate::access::Admission;
use crate::change::Change;
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

/// Where a subscription is kept.
pub(super) enum Place {
    /// In the log, for the bare JID or for a full JID that outlives its session.
    Durable { resource: Option<String> },
    /// With a session: gone when it ends.
    Session(SessionId),
}

/// What subscribing does to an address that is subscribed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    Adds,
    Confirms,
}

/// A subscription of the requester's that a request names.
struct Found {
    index: NodeIndex,
    key: String,
    jid: Jid,
    place: Place,
    /// All of the address's subscriptions with the node.
    own: Vec<Subscription>,
    /// Which of them.
    at: usize,
}

impl Notifier {
    /// Subscribes the requester's bare or full JID. A subscription that exists is confirmed as it is, unless the service lets
    /// an address have several (§6.1.6).
    ///
    /// - `options`: the `<options/>` that go with it (§6.3.7); an existing subscription gets them.
    ///
    /// # Errors
    ///
    /// §6.1.3: `invalid-jid` for somebody else's address and for a full JID without a session (such a subscription would
    /// end with the session, which is not there); `item-not-found`; `forbidden`; `too-many-subscriptions`.
    pub(super) fn subscribe(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
        options: Option<&Element>,
    ) -> Result<Outcome, PubSubError> {
        let repeated = if self.config.multiple_subscriptions { Repeated::Adds } else { Repeated::Confirms };
        self.subscribe_as(requester, name, jid, options, repeated)
    }

    /// The same for one who wants to be subscribed and no more than that: what there is, is confirmed.
    pub(super) fn ensure_subscribed(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
    ) -> Result<Outcome, PubSubError> {
        self.subscribe_as(requester, name, jid, None, Repeated::Confirms)
    }

    fn subscribe_as(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
        options: Option<&Element>,
        repeated: Repeated,
    ) -> Result<Outcome, PubSubError> {
        let jid = own_jid(requester, jid)
            .ok_or(PubSubError::InvalidJid("Only your own address, bare or full, can be subscribed."))?;
        let (index, node, rights) = self.rights(requester, name)?;
        let key = node.key.to_string();
        match rights.subscribe {
            Admission::Granted => {}
            Admission::OnRequest if self.has_subscribed(requester, index, &jid) => {}
            Admission::OnRequest => return self.request_subscription(requester, index, &jid, options),
            Admission::Refused(error) => return Err(error),
        }
        let place =
            self.place(requester, &jid).ok_or(PubSubError::InvalidJid("No session has this full JID."))?;
        let mut own = self.subscriptions_at(requester, index, &place);
        let is_new = own.is_empty() || repeated == Repeated::Adds;
        if is_new {
            self.has_room(requester, &place)?;
            let subid = (!own.is_empty()).then(|| self.new_subid(&key, &jid));
            own.push(Subscription { subid, options: SubscriptionOptions::default() });
        }
        let Some(subscription) = own.last_mut() else { return Err(PubSubError::NotSubscribed) };
        let mut confirmed = pubsub(self.subscription_element(&key, &jid, subscription));
        if let Some(options) = options {
            self.read_options(requester, index, &jid, &mut subscription.options, options)?;
            let form = subscription.options.write(Purpose::Result, self.node_type(index));
            confirmed.push(Element::new("options", ns::PUBSUB).with_child(form));
        }
        let subscription = subscription.clone();
        match place {
            Place::Session(session) => {
                self.set_session_subscriptions(index, session, own);
                Ok(Outcome::Now(Some(confirmed)))
            }
            // It may have been decided a moment ago and not be in the log yet.
            Place::Durable { .. } if !is_new && options.is_none() => {
                Ok(Outcome::Decision(Box::new(Decision { payload: Some(confirmed), ..Decision::default() })))
            }
            Place::Durable { .. } => {
                self.log_is_ready()?;
                let jid = jid.to_string();
                let change = match subscription == Subscription::default() && own.len() == 1 && is_new {
                    true => Change::Subscribed { node: key, jid },
                    false => configured(key, jid, subscription),
                };
                Ok(Outcome::Change(vec![change], Some(confirmed)))
            }
        }
    }

    /// Ends a subscription.
    ///
    /// # Errors
    ///
    /// §6.2.3: `item-not-found`; `forbidden` for somebody else's address; `not-subscribed`; `invalid-subid` for an id that
    /// the subscription does not have; `subid-required` if there are several.
    pub(super) fn unsubscribe(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
        subid: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        if let Some(withdrawn) = self.withdraw_request(requester, name, jid)? {
            return Ok(withdrawn);
        }
        let found = self.find_own(requester, name, jid, subid)?;
        let Found { index, key, jid, place, mut own, at } = found;
        let ended = own.remove(at);
        match place {
            Place::Session(session) => {
                self.set_session_subscriptions(index, session, own);
                Ok(Outcome::Now(None))
            }
            Place::Durable { .. } => {
                self.log_is_ready()?;
                let jid = jid.to_string();
                let change = match own.is_empty() {
                    true => Change::Unsubscribed { node: key, jid },
                    false => {
                        Change::SubscriptionEnded { node: key, jid, subid: ended.subid.map(String::from) }
                    }
                };
                Ok(Outcome::Change(vec![change], None))
            }
        }
    }

    /// Takes back a subscription that waits for an owner's answer; none if there is none.
    fn withdraw_request(
        &self,
        requester: &Requester,
        name: &str,
        jid: &str,
    ) -> Result<Option<Outcome>, PubSubError> {
        let (_, node) = self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?;
        let jid = own_jid(requester, jid)
            .filter(|jid| node.generic().is_some_and(|generic| generic.pending.contains_key(jid.as_str())));
        let Some(jid) = jid else { return Ok(None) };
        self.log_is_ready()?;
        let ended = Change::SubscriptionRequestEnded { node: node.key.to_string(), jid: jid.to_string() };
        Ok(Some(Outcome::Change(vec![ended], None)))
    }

    /// Shows the options of a subscription (§6.3.2).
    ///
    /// # Errors
    ///
    /// Those of [`Notifier::unsubscribe`].
    pub(super) fn show_options(
        &self,
        requester: &Requester,
        name: &str,
        jid: &str,
        subid: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let found = self.find_own(requester, name, jid, subid)?;
        let mut shown = Element::new("options", ns::PUBSUB)
            .with_attribute("node", wire_name(&found.key))
            .with_attribute("jid", found.jid.as_str());
        let subscription = &found.own[found.at];
        if self.config.subscription_ids || found.own.len() > 1 {
            shown.set_attribute("subid", subscription.subid_at(&found.key, &found.jid));
        }
        shown.push(subscription.options.write(Purpose::ToFillIn, self.node_type(found.index)));
        Ok(Outcome::Shown(to_text(Some(pubsub(shown)))))
    }

    /// Changes the options of a subscription; fields that the form leaves out keep their value (§6.3.5).
    ///
    /// # Errors
    ///
    /// Those of [`Notifier::unsubscribe`], and `invalid-options`.
    pub(super) fn set_options(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
        subid: Option<&str>,
        options: &Element,
    ) -> Result<Outcome, PubSubError> {
        let Found { index, key, jid, place, mut own, at } = self.find_own(requester, name, jid, subid)?;
        self.read_options(requester, index, &jid, &mut own[at].options, options)?;
        match place {
            Place::Session(session) => {
                self.set_session_subscriptions(index, session, own);
                Ok(Outcome::Now(None))
            }
            Place::Durable { .. } => {
                self.log_is_ready()?;
                let change = configured(key, jid.to_string(), own.swap_remove(at));
                Ok(Outcome::Change(vec![change], None))
            }
        }
    }

    /// Shows the options that a new subscription has, with one node or all (§6.4).
    pub(super) fn show_default_options(
        &self,
        requester: &Requester,
        name: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let mut shown = Element::new("default", ns::PUBSUB);
        let mut node_type = NodeType::Leaf;
        if let Some(name) = name {
            let (_, node, _) = self.rights(requester, name)?;
            shown.set_attribute("node", node.name());
            node_type = node.node_type();
        }
        shown.push(SubscriptionOptions::default().write(Purpose::Result, node_type));
        Ok(Outcome::Now(Some(pubsub(shown))))
    }

    pub(super) fn read_options(
        &self,
        requester: &Requester,
        index: NodeIndex,
        jid: &Jid,
        options: &mut SubscriptionOptions,
        form: &Element,
    ) -> Result<(), PubSubError> {
        let lease_ms_max = self.config.limits.lease_ms_max;
        let node_type = self.node_type(index);
        options.read(form, OptionLimits { now: self.now, lease_ms_max, node_type })?;
        if options.expire == Some(Expire::Presence) && !self.is_available(requester, jid) {
            let text = "pubsub#expire can be \"presence\" only while this address is available";
            return Err(PubSubError::InvalidOptions(text.into()));
        }
        Ok(())
    }

    pub(super) fn node_type(&self, index: NodeIndex) -> NodeType {
        self.durable.nodes.get(index).map_or(NodeType::Leaf, Node::node_type)
    }

    /// Whether a session with this address, or any of a bare one, has sent presence.
    pub(super) fn is_available(&self, owner: &Requester, jid: &Jid) -> bool {
        let sessions = self.sessions.user(owner.user).sessions.iter();
        sessions.filter_map(|&session| self.sessions.get(session)).any(|session| {
            session.presence.is_some() && jid.resource().is_none_or(|own| session.jid.resource() == own)
        })
    }

    /// One of the requester's own subscriptions.
    fn find_own(
        &self,
        requester: &Requester,
        name: &str,
        jid: &str,
        subid: Option<&str>,
    ) -> Result<Found, PubSubError> {
        let (index, node) = self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?;
        let key = node.key.to_string();
        let jid =
            own_jid(requester, jid).ok_or(PubSubError::Forbidden("This is not a subscription of yours."))?;
        let place = self.place(requester, &jid).ok_or(PubSubError::NotSubscribed)?;
        let own = self.subscriptions_at(requester, index, &place);
        let at = match (own.len(), subid) {
            (0, _) => return Err(PubSubError::NotSubscribed),
            (1, None) => 0,
            // Without ids there is nothing that could be wrong with one (§6.2.3.5).
            (1, Some(_)) if !self.shows_subids() => 0,
            (_, None) => return Err(PubSubError::SubIdRequired),
            (_, Some(subid)) => own
                .iter()
                .position(|subscription| subscription.subid_at(&key, &jid) == subid)
                .ok_or(PubSubError::InvalidSubId)?,
        };
        Ok(Found { index, key, jid, place, own, at })
    }

    /// Checks which subscription a request for items names (§6.5.9.1, §6.5.9.2). Whoever has none needs none, and no answer
    /// depends on it.
    pub(super) fn check_subid(
        &self,
        requester: &Requester,
        index: NodeIndex,
        subid: Option<&str>,
    ) -> Result<(), PubSubError> {
        let is_needed = subid.is_some() && self.shows_subids();
        if !is_needed && !self.config.multiple_subscriptions {
            return Ok(());
        }
        let Some(node) = self.durable.nodes.get(index) else { return Ok(()) };
        let (mut most, mut known) = (0, false);
        for (_, jid) in self.subscriptions_of(requester).into_iter().filter(|(at, _)| *at == index) {
            let Some(place) = self.place(requester, &jid) else { continue };
            let own = self.subscriptions_at(requester, index, &place);
            most = most.max(own.len());
            known |= own.iter().any(|one| subid == Some(one.subid_at(&node.key, &jid).as_str()));
        }
        match subid {
            None if most > 1 => Err(PubSubError::SubIdRequired),
            Some(_) if most > 0 && !known => Err(PubSubError::InvalidSubId),
            _ => Ok(()),
        }
    }

    /// All subscriptions of one address with one node, oldest first.
    pub(super) fn subscriptions_at(
        &self,
        requester: &Requester,
        index: NodeIndex,
        place: &Place,
    ) -> Vec<Subscription> {
        match place {
            Place::Session(session) => self.session_subscriptions(index, *session),
            Place::Durable { resource } => {
                self.durable.subscriptions.of(requester.user).at(resource.as_deref(), index)
            }
        }
    }

    fn has_room(&self, requester: &Requester, place: &Place) -> Result<(), PubSubError> {
        let limits = &self.config.limits;
        let (count, max, limit) = match place {
            Place::Session(session) => {
                let nodes = self.sessions.get(*session).map(|session| session.subscriptions.as_slice());
                let nodes = nodes.unwrap_or_default();
                let count = match self.config.multiple_subscriptions {
                    false => nodes.len(),
                    true => {
                        nodes.iter().map(|&index| self.session_subscriptions(index, *session).len()).sum()
                    }
                };
                (count, limits.subscriptions_per_session_max, Limit::SubscriptionsPerSession)
            }
            Place::Durable { .. } => {
                let count = self.durable.subscriptions.of(requester.user).len();
                (count, limits.subscriptions_per_user_max, Limit::SubscriptionsPerUser)
            }
        };
        if count < max {
            return Ok(());
        }
        self.reached(limit);
        Err(PubSubError::TooManySubscriptions)
    }

    /// An id that no other subscription has ever had.
    fn new_subid(&mut self, node: &str, jid: &Jid) -> Box<str> {
        self.subids += 1;
        let unique = [self.now.0.to_be_bytes(), self.subids.to_be_bytes()].concat();
        hash(node.bytes().chain([0]).chain(jid.as_str().bytes()).chain([0]).chain(unique)).into()
    }

    pub(super) fn shows_subids(&self) -> bool {
        self.config.subscription_ids || self.config.multiple_subscriptions
    }

    /// Lists what the requester's bare JID and all its full JIDs are subscribed to, at one node or at all.
    pub(super) fn show_subscriptions(
        &self,
        requester: &Requester,
        at: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let at = match at {
            Some(name) => Some(self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?.0),
            None => None,
        };
        let mut list = Element::new("subscriptions", ns::PUBSUB);
        if let Some((_, node)) = at.and_then(|index| Some((index, self.durable.nodes.get(index)?))) {
            list.set_attribute("node", node.name());
        }
        for (index, jid) in self.subscriptions_of(requester) {
            let node = self.durable.nodes.get(index).filter(|node| !node.withdrawn);
            let node = node.filter(|node| requester.service.has(&node.key));
            if let Some(node) = node.filter(|_| at.is_none_or(|wanted| wanted == index))
                && let Some(place) = self.place(requester, &jid)
            {
                for subscription in self.subscriptions_at(requester, index, &place) {
                    list.push(self.subscription_element(&node.key, &jid, &subscription));
                }
            }
        }
        // At an account nobody waits for an answer.
        let generic = self.durable.nodes.iter_generic().filter(|(node, _)| requester.service.has(&node.key));
        for (node, generic) in generic {
            let is_wanted =
                at.is_none_or(|at| self.durable.nodes.get(at).is_some_and(|at| at.key == node.key));
            for jid in generic.pending.keys().filter(|jid| is_wanted && own_jid(requester, jid).is_some()) {
                list.push(
                    Element::new("subscription", ns::PUBSUB)
                        .with_attribute("node", node.name())
                        .with_attribute("jid", &**jid)
                        .with_attribute("subscription", "pending"),
                );
            }
        }
        Ok(Outcome::Shown(to_text(Some(pubsub(list)))))
    }

    /// Whether this very address is subscribed.
    fn has_subscribed(&self, requester: &Requester, index: NodeIndex, jid: &Jid) -> bool {
        match self.place(requester, jid) {
            Some(Place::Session(session)) => {
                self.durable.nodes.get(index).is_some_and(|node| node.sessions.contains(session))
            }
            Some(Place::Durable { resource }) => {
                self.durable.subscriptions.of(requester.user).has(resource.as_deref(), index)
            }
            None => false,
        }
    }

    pub(super) fn subscriptions_of(&self, requester: &Requester) -> Vec<(NodeIndex, Jid)> {
        let mut all = Vec::new();
        let own = self.durable.subscriptions.of(requester.user);
        all.extend(own.bare.iter().map(|&node| (node, Jid::from(requester.jid.clone()))));
        for (resource, node) in &own.kept {
            if let Ok(jid) = requester.jid.with_resource_str(resource) {
                all.push((*node, jid.into()));
            }
        }
        if !self.config.keep_full_jid_subscriptions {
            let sessions = self.sessions.user(requester.user).sessions.iter();
            for session in sessions.filter_map(|&session| self.sessions.get(session)) {
                all.extend(session.subscriptions.iter().map(|&node| (node, Jid::from(session.jid.clone()))));
            }
        }
        all
    }

    /// Where a subscription of `jid` is kept; none for a full JID that has no session to keep it with.
    pub(super) fn place(&self, requester: &Requester, jid: &Jid) -> Option<Place> {
        match jid.resource() {
            None => Some(Place::Durable { resource: None }),
            Some(resource) if self.config.keep_full_jid_subscriptions => {
                Some(Place::Durable { resource: Some(resource.as_str().into()) })
            }
            Some(resource) => self.sessions.find_of(requester.user, resource.as_str()).map(Place::Session),
        }
    }

    fn subscription_element(&self, key: &str, jid: &Jid, subscription: &Subscription) -> Element {
        let mut element = Element::new("subscription", ns::PUBSUB)
            .with_attribute("node", wire_name(key))
            .with_attribute("jid", jid.as_str())
            .with_attribute("subscription", "subscribed");
        if self.shows_subids() {
            element.set_attribute("subid", subscription.subid_at(key, jid));
        }
        element
    }
}

/// The address in a request, if it is one of the requester's own (§6.1.3.1 compares the bare parts).
pub(super) fn own_jid(requester: &Requester, jid: &str) -> Option<Jid> {
    Jid::new(jid).ok().filter(|jid| jid.to_bare() == requester.jid)
}

/// What names an address's own subscription with a node, or its request for one.
pub(super) fn subscription_id(node: &str, jid: &Jid) -> String {
    hash(node.bytes().chain([0]).chain(jid.as_str().bytes()))
}

impl Subscription {
    /// The id that clients see: always the same for the only subscription of an address, as Openfire shows one.
    pub(super) fn subid_at(&self, node: &str, jid: &Jid) -> String {
        match &self.subid {
            Some(subid) => subid.to_string(),
            None => subscription_id(node, jid),
        }
    }
}

/// FNV-1a: an id need not be secret, only stable over restarts and versions.
fn hash(bytes: impl Iterator<Item = u8>) -> String {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", bytes.fold(0xcbf2_9ce4_8422_2325_u64, fold))
}

/// The record of a subscription that is not the plain one of its address.
pub(super) fn configured(node: String, jid: String, subscription: Subscription) -> Change {
    let Subscription { subid, options } = subscription;
    Change::SubscriptionConfigured { node, jid, subid: subid.map(String::from), options }
}

/// Wraps a result's content in `<pubsub/>`.
pub(super) fn pubsub(content: Element) -> Element {
    Element::new("pubsub", ns::PUBSUB).with_child(content)
}

/// Writes a payload as it stands inside a result.
pub(super) fn to_text(payload: Option<Element>) -> String {
    payload.map(|payload| payload.to_xml()).unwrap_or_default()
}
