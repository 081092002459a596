//! Subscribing and unsubscribing (XEP-0060 §6.1, §6.2), and the list of own subscriptions (§5.6).

use xmpp::{Element, Jid, ns};

use super::errors::PubSubError;
use super::node::{Node, NodeIndex, SendLast};
use super::{Decision, Outcome, Requester, event};
use crate::access::Admission;
use crate::change::Change;
use crate::effects::{Audience, Effect};
use crate::input::SessionId;
use crate::notifier::Notifier;

/// Where a subscription is kept.
pub(super) enum Place {
    /// In the log, for the bare JID or for a full JID that outlives its session.
    Durable { resource: Option<String> },
    /// With a session: gone when it ends.
    Session(SessionId),
}

impl Notifier {
    /// Subscribes the requester's bare or full JID. A subscription that exists is confirmed as it is.
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
    ) -> Result<Outcome, PubSubError> {
        let outcome = self.subscribe_only(requester, name, jid)?;
        let Some(newest) = self.newest_item(requester, name, jid) else { return Ok(outcome) };
        let mut decision = match outcome {
            // It is heard at once, and so is the result.
            Outcome::Now(payload) => Decision { payload, at_once: true, ..Decision::default() },
            Outcome::Change(changes, payload) => Decision { changes, payload, ..Decision::default() },
            Outcome::Decision(decision) if decision.changes.is_empty() => *decision,
            asked @ (Outcome::Shown(_) | Outcome::Decision(_)) => return Ok(asked),
        };
        decision.then.push(newest);
        Ok(Outcome::Decision(Box::new(decision)))
    }

    /// The newest item, if the node is configured to send it to new subscribers (§6.1.7).
    fn newest_item(&self, requester: &Requester, name: &str, jid: &str) -> Option<Effect> {
        let (_, node) = self.durable.nodes.find(name)?;
        let generic = node.generic()?;
        if generic.config.send_last_published_item != SendLast::OnSubscribe {
            return None;
        }
        let (id, item) = generic.items.iter().next_back()?;
        let to = Jid::new(jid).ok()?;
        let xml = event::last_item(node, id, item, &to, &self.config).into();
        let resource = to.resource().and_then(|r| self.sessions.find_of(requester.user, r.as_str()));
        let audience = resource.map_or(Audience::Available, Audience::Only);
        Some(Effect::Tell { user: requester.user, audience, xml })
    }

    /// The same without the newest item.
    pub(super) fn subscribe_only(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
    ) -> Result<Outcome, PubSubError> {
        let jid = own_jid(requester, jid)
            .ok_or(PubSubError::InvalidJid("Only your own address, bare or full, can be subscribed."))?;
        let (index, node, rights) = self.rights(requester, name)?;
        let name = node.name.to_string();
        match rights.subscribe {
            Admission::Granted => {}
            Admission::OnRequest if self.has_subscribed(requester, index, &jid) => {}
            Admission::OnRequest => return self.request_subscription(requester, index, &jid),
            Admission::Refused(error) => return Err(error),
        }
        let confirmed = Some(pubsub(self.subscription_element(&name, &jid)));
        match self.place(requester, &jid) {
            Some(Place::Session(session)) => {
                let max = self.config.limits.subscriptions_per_session_max;
                let known = self.sessions.get(session).map(|session| session.subscriptions.len());
                if !node.sessions.contains(session) && known.is_some_and(|known| known >= max) {
                    return Err(PubSubError::TooManySubscriptions);
                }
                self.hear(index, session);
                Ok(Outcome::Now(confirmed))
            }
            Some(Place::Durable { resource }) => {
                let own = self.durable.subscriptions.of(requester.user);
                if own.has(resource.as_deref(), index) {
                    // It may have been decided a moment ago and not be in the log yet.
                    return Ok(Outcome::Decision(Box::new(Decision {
                        payload: confirmed,
                        ..Decision::default()
                    })));
                }
                if own.len() >= self.config.limits.subscriptions_per_user_max {
                    return Err(PubSubError::TooManySubscriptions);
                }
                self.log_is_ready()?;
                Ok(Outcome::Change(vec![Change::Subscribed { node: name, jid: jid.to_string() }], confirmed))
            }
            None => Err(PubSubError::InvalidJid("No session has this full JID.")),
        }
    }

    /// Ends a subscription.
    ///
    /// # Errors
    ///
    /// §6.2.3: `item-not-found`; `forbidden` for somebody else's address; `not-subscribed`; `invalid-subid` for an id that
    /// the subscription does not have. An id is never needed.
    pub(super) fn unsubscribe(
        &mut self,
        requester: &Requester,
        name: &str,
        jid: &str,
        subid: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let (index, node) = self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?;
        let name = node.name.to_string();
        let jid = own_jid(requester, jid)
            .ok_or(PubSubError::Forbidden("Only your own subscriptions can be ended by you."))?;
        let place = self.place(requester, &jid);
        if node.generic().is_some_and(|generic| generic.pending.contains(jid.as_str())) {
            self.log_is_ready()?;
            let ended = Change::SubscriptionRequestEnded { node: name, jid: jid.to_string() };
            return Ok(Outcome::Change(vec![ended], None));
        }
        if !self.has_subscribed(requester, index, &jid) {
            return Err(PubSubError::NotSubscribed);
        }
        if self.config.subscription_ids && subid.is_some_and(|subid| subid != subscription_id(&name, &jid)) {
            return Err(PubSubError::InvalidSubId);
        }
        match place {
            Some(Place::Session(session)) => {
                self.stop_hearing(index, session);
                Ok(Outcome::Now(None))
            }
            _ => {
                self.log_is_ready()?;
                Ok(Outcome::Change(vec![Change::Unsubscribed { node: name, jid: jid.to_string() }], None))
            }
        }
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
            list.set_attribute("node", &*node.name);
        }
        for (index, jid) in self.subscriptions_of(requester) {
            let node = self.durable.nodes.get(index).filter(|node| !node.withdrawn);
            if let Some(node) = node.filter(|_| at.is_none_or(|wanted| wanted == index)) {
                list.push(self.subscription_element(&node.name, &jid));
            }
        }
        for (node, generic) in self.durable.nodes.iter_generic() {
            let is_wanted =
                at.is_none_or(|at| self.durable.nodes.get(at).is_some_and(|at| at.name == node.name));
            for jid in generic.pending.iter().filter(|jid| is_wanted && own_jid(requester, jid).is_some()) {
                list.push(
                    Element::new("subscription", ns::PUBSUB)
                        .with_attribute("node", &*node.name)
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

    fn subscription_element(&self, node: &str, jid: &Jid) -> Element {
        let mut element = Element::new("subscription", ns::PUBSUB)
            .with_attribute("node", node)
            .with_attribute("jid", jid.as_str())
            .with_attribute("subscription", "subscribed");
        if self.config.subscription_ids {
            element.set_attribute("subid", subscription_id(node, jid));
        }
        element
    }

    /// Makes a session a subscriber by its full JID.
    pub(crate) fn hear(&mut self, index: NodeIndex, session: SessionId) {
        if let (Some(node), Some(known)) = (self.durable.nodes.get_mut(index), self.sessions.get_mut(session))
            && node.sessions.insert(session)
        {
            if known.subscriptions.len() == known.subscriptions.capacity() {
                known.subscriptions.reserve_exact(known.subscriptions.len().max(2));
            }
            known.subscriptions.push(index);
        }
    }

    /// Makes a session hear what its full JID was subscribed to before.
    pub(crate) fn hear_kept(&mut self, session: SessionId) {
        let Some(known) = self.sessions.get(session) else { return };
        let kept = &self.durable.subscriptions.of(known.user).kept;
        let own = kept.iter().filter(|(resource, _)| **resource == *known.jid.resource().as_str());
        for index in own.map(|&(_, index)| index).collect::<Vec<_>>() {
            self.hear(index, session);
        }
    }

    /// The opposite of [`Notifier::hear`].
    pub(crate) fn stop_hearing(&mut self, index: NodeIndex, session: SessionId) {
        if let Some(known) = self.sessions.get_mut(session) {
            known.subscriptions.retain(|&other| other != index);
        }
        if let Some(node) = self.durable.nodes.get_mut(index) {
            node.sessions.remove(session);
        }
    }

    /// Ends the subscriptions that end with their session.
    pub(crate) fn forget_subscriptions(&mut self, session: SessionId, subscriptions: &[NodeIndex]) {
        for &index in subscriptions {
            if let Some(node) = self.durable.nodes.get_mut(index) {
                node.sessions.remove(session);
            }
        }
    }
}

/// The address in a request, if it is one of the requester's own (§6.1.3.1 compares the bare parts).
pub(super) fn own_jid(requester: &Requester, jid: &str) -> Option<Jid> {
    Jid::new(jid).ok().filter(|jid| jid.to_bare() == requester.jid)
}

/// An id that is always the same for a subscription, as Openfire shows one. Nobody needs to send it back.
fn subscription_id(node: &str, jid: &Jid) -> String {
    // FNV-1a: the id need not be secret, only stable over restarts and versions.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in node.bytes().chain([0]).chain(jid.as_str().bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// Wraps a result's content in `<pubsub/>`.
pub(super) fn pubsub(content: Element) -> Element {
    Element::new("pubsub", ns::PUBSUB).with_child(content)
}

/// Writes a payload as it stands inside a result.
pub(super) fn to_text(payload: Option<Element>) -> String {
    payload.map(|payload| payload.to_xml()).unwrap_or_default()
}

impl Node {
    /// How many addresses hear this node.
    pub(crate) fn subscriber_count(&self) -> usize {
        self.sessions.len() + self.users.len()
    }
}
