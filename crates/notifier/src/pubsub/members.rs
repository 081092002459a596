//! What owners decide about others: affiliations and subscriptions (XEP-0060 §8.8, §8.9). Only what is named changes.

use xmpp::{BareJid, Element, Jid, ns};

use super::affiliations::Affiliation;
use super::errors::PubSubError;
use super::node::{AccessModel, NodeIndex};
use super::options::SubscriptionOptions;
use super::owner::owner_pubsub;
use super::requests::NewState;
use super::subscribe::{Place, configured, to_text};
use super::subscriptions::Subscription;
use super::{Decision, Outcome, Requester};
use crate::change::Change;
use crate::effects::{Audience, Effect};
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

impl Notifier {
    /// Lists everybody's affiliation with a node; who has none is not listed.
    pub(super) fn show_members(&self, requester: &Requester, name: &str) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        let mut list = Element::new("affiliations", ns::PUBSUB_OWNER).with_attribute("node", node.name());
        for (jid, affiliation) in generic.affiliations.iter() {
            list.push(affiliation_element(jid, Some(affiliation)));
        }
        Ok(Outcome::Shown(to_text(Some(owner_pubsub(list)))))
    }

    /// Changes affiliations. Whoever may no longer subscribe as a consequence no longer is subscribed.
    ///
    /// # Errors
    ///
    /// `not-acceptable` with the entries that could not be changed, as they still are: JIDs that are no account's, words
    /// that are no affiliation, and the last owner's own. All others have been changed.
    pub(super) fn set_members(
        &self,
        requester: &Requester,
        name: &str,
        members: &[(&str, &str)],
    ) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        self.log_is_ready()?;
        let (index, key) =
            (self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?.0, node.key.to_string());
        let mut after = generic.affiliations.clone();
        let mut refused = Element::new("affiliations", ns::PUBSUB_OWNER).with_attribute("node", node.name());
        let mut decision = Decision::default();
        let mut changed = Vec::new();
        for &(jid, wanted) in members {
            let known = Jid::new(jid).ok().map(|jid| jid.to_bare());
            let known = known.filter(|jid| self.requester_at(jid).is_some());
            let (Some(bare), Some(wanted)) = (known, Affiliation::read(wanted)) else {
                refused.push(affiliation_element(jid, after.of(jid)));
                continue;
            };
            let before = after.of(bare.as_str());
            after.set(bare.as_str(), wanted);
            // An account's node is that account's, and nobody else's (XEP-0163 §2.2).
            let is_fixed = node.owner().is_some()
                && before != wanted
                && [before, wanted].contains(&Some(Affiliation::Owner));
            if is_fixed || after.owners().next().is_none() {
                after.set(bare.as_str(), before);
                refused.push(affiliation_element(jid, before));
                continue;
            }
            if after.len() > self.config.limits.affiliations_per_node_max {
                self.reached(Limit::AffiliationsPerNode);
                after.set(bare.as_str(), before);
                refused.push(affiliation_element(jid, before));
                continue;
            }
            if before != wanted {
                let jid = bare.to_string();
                decision.changes.push(Change::Affiliated { node: key.clone(), jid, affiliation: wanted });
                changed.push((bare, wanted));
            }
        }
        for (jid, affiliation) in &changed {
            self.follow_affiliation(index, jid, *affiliation, &mut decision);
        }
        decision.refused = refused.first_element().is_some().then(|| owner_pubsub(refused));
        Ok(Outcome::Decision(Box::new(decision)))
    }

    /// What a new affiliation means for requests that wait and for subscriptions (§8.7, §8.9.2).
    fn follow_affiliation(
        &self,
        index: NodeIndex,
        jid: &BareJid,
        affiliation: Option<Affiliation>,
        decision: &mut Decision,
    ) {
        let Some(generic) = self.durable.nodes.get(index).and_then(|node| node.generic()) else {
            return;
        };
        let is_of = |pending: &str| Jid::new(pending).is_ok_and(|pending| pending.to_bare() == *jid);
        let waiting: Vec<Jid> = generic
            .pending
            .keys()
            .filter(|pending| is_of(pending))
            .filter_map(|pending| Jid::new(pending).ok())
            .collect();
        match affiliation {
            Some(Affiliation::Owner | Affiliation::Publisher | Affiliation::Member) => {
                for jid in waiting {
                    self.settle(index, &jid, true, decision);
                }
            }
            Some(Affiliation::Outcast | Affiliation::PublishOnly) => {
                for jid in waiting {
                    self.settle(index, &jid, false, decision);
                }
                for jid in self.addresses_at(index, jid) {
                    self.expel(index, &jid, decision);
                }
            }
            None => {
                let closed = generic.config.access_model == AccessModel::Whitelist;
                for jid in self.addresses_at(index, jid).into_iter().filter(|_| closed) {
                    self.expel(index, &jid, decision);
                }
            }
        }
    }

    /// What another access model means for requests that wait and for subscriptions: the question to the owner has answered
    /// itself, and strangers no longer hear a node that is closed to them. Presence and roster groups come and go, so
    /// those models withhold events instead of ending subscriptions.
    pub(super) fn follow_access_model(&self, name: &str, model: AccessModel, decision: &mut Decision) {
        let Some((index, node)) = self.durable.nodes.find(name) else { return };
        let Some(generic) = node.generic() else { return };
        let is_open = match model {
            AccessModel::Open => true,
            AccessModel::Whitelist => false,
            AccessModel::Authorize | AccessModel::Presence | AccessModel::Roster => return,
        };
        for jid in generic.pending.keys().filter_map(|jid| Jid::new(jid).ok()) {
            self.settle(index, &jid, is_open, decision);
        }
        if is_open {
            return;
        }
        for user in self.sessions.user_indexes() {
            let Ok(bare) = BareJid::new(&self.bare_jid(user)) else { continue };
            let owns = self.rights_at(&Requester::new(user, bare.clone()), index, node).own;
            if owns || generic.affiliations.of(bare.as_str()).is_some() {
                continue;
            }
            for jid in self.addresses_at(index, &bare) {
                self.expel(index, &jid, decision);
            }
        }
    }

    /// Lists everybody's subscription to a node, those included that wait for an answer.
    pub(super) fn show_subscribers(&self, requester: &Requester, name: &str) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        let index = self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?.0;
        let mut list = Element::new("subscriptions", ns::PUBSUB_OWNER).with_attribute("node", node.name());
        let entry = |jid: &str, state: &'static str| {
            Element::new("subscription", ns::PUBSUB_OWNER)
                .with_attribute("jid", jid)
                .with_attribute("subscription", state)
        };
        for user in self.sessions.user_indexes() {
            let Ok(bare) = BareJid::new(&self.bare_jid(user)) else { continue };
            for jid in self.addresses_at(index, &bare) {
                match self.subscriptions_of_address(index, &jid).as_slice() {
                    // Several of one address differ in their ids.
                    own @ [_, _, ..] => own.iter().for_each(|one| {
                        let subid = one.subid_at(&node.key, &jid);
                        list.push(entry(jid.as_str(), "subscribed").with_attribute("subid", subid));
                    }),
                    _ => list.push(entry(jid.as_str(), "subscribed")),
                }
            }
        }
        for jid in generic.pending.keys() {
            list.push(entry(jid, "pending"));
        }
        Ok(Outcome::Shown(to_text(Some(owner_pubsub(list)))))
    }

    /// Changes subscriptions: the one that an entry names by its id, or all that the JID has.
    ///
    /// # Errors
    ///
    /// `not-acceptable` with the entries that could not be changed, as they still are: JIDs that are no account's or have
    /// no session, ids that no subscription has, and states that an owner cannot give. All others have been changed.
    pub(super) fn set_subscribers(
        &self,
        requester: &Requester,
        name: &str,
        subscribers: &[NewState<'_>],
    ) -> Result<Outcome, PubSubError> {
        let (node, generic) = self.owned(requester, name)?;
        self.log_is_ready()?;
        let index = self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?.0;
        let mut refused = Element::new("subscriptions", ns::PUBSUB_OWNER).with_attribute("node", node.name());
        let mut decision = Decision::default();
        for &NewState { jid: text, subid, state: wanted } in subscribers {
            let jid = Jid::new(text).ok().filter(|jid| self.requester_at(&jid.to_bare()).is_some());
            let is_subscribed =
                jid.as_ref().is_some_and(|jid| self.addresses_at(index, &jid.to_bare()).contains(jid));
            let is_pending = jid.as_ref().is_some_and(|jid| generic.pending.contains_key(jid.as_str()));
            let own = jid.as_ref().map(|jid| self.subscriptions_of_address(index, jid)).unwrap_or_default();
            // Without ids there is nothing that could be wrong with one.
            let named = subid.filter(|_| own.len() > 1 || self.shows_subids());
            let which = jid.as_ref().zip(named).map(|(jid, subid)| {
                own.iter().position(|subscription| subscription.subid_at(&node.key, jid) == subid)
            });
            let done = match (&jid, wanted, which) {
                (_, _, Some(None)) => false,
                (Some(jid), "none", Some(Some(at))) if own.len() > 1 => {
                    self.end_one(index, jid, &own[at], &mut decision);
                    true
                }
                (Some(jid), "subscribed", _) if is_pending => self.settle(index, jid, true, &mut decision),
                (Some(jid), "none", _) if is_pending => self.settle(index, jid, false, &mut decision),
                (Some(_), "subscribed", _) if is_subscribed => true,
                (Some(jid), "subscribed", _) => {
                    self.enlist(index, jid, &SubscriptionOptions::default(), &mut decision)
                }
                (Some(jid), "none", _) if is_subscribed => {
                    self.expel(index, jid, &mut decision);
                    true
                }
                (Some(_), "none", _) => true,
                _ => false,
            };
            if !done {
                let state = match (is_subscribed, is_pending) {
                    _ if which == Some(None) => "none",
                    (true, _) => "subscribed",
                    (false, true) => "pending",
                    (false, false) => "none",
                };
                let mut entry = Element::new("subscription", ns::PUBSUB_OWNER)
                    .with_attribute("jid", text)
                    .with_attribute("subscription", state);
                if let Some(subid) = subid {
                    entry.set_attribute("subid", subid);
                }
                refused.push(entry);
            }
        }
        decision.refused = refused.first_element().is_some().then(|| owner_pubsub(refused));
        Ok(Outcome::Decision(Box::new(decision)))
    }

    /// Subscribes an address with these options, which hears of it. False if it cannot be: its session is not there, or it has too many.
    pub(super) fn enlist(
        &self,
        index: NodeIndex,
        jid: &Jid,
        options: &SubscriptionOptions,
        decision: &mut Decision,
    ) -> bool {
        let (Some(subject), Some(node)) = (self.requester_at(&jid.to_bare()), self.durable.nodes.get(index))
        else {
            return false;
        };
        // Admitted some other way since it asked: what it has chosen there is newer.
        if !self.subscriptions_of_address(index, jid).is_empty() {
            self.tell_subscriber(index, jid, "subscribed", None, decision);
            return true;
        }
        let limits = &self.config.limits;
        let first = Subscription { subid: None, options: options.clone() };
        match self.place(&subject, jid) {
            Some(Place::Session(session)) => {
                let known = self.sessions.get(session).map_or(0, |session| session.subscriptions.len());
                if known >= limits.subscriptions_per_session_max {
                    self.reached(Limit::SubscriptionsPerSession);
                    return false;
                }
                let resource = jid.resource().map(|resource| resource.as_str().into());
                decision.then.push(Effect::Choose {
                    node: index,
                    user: subject.user,
                    resource,
                    subscriptions: vec![first],
                });
            }
            Some(Place::Durable { .. }) => {
                if self.durable.subscriptions.of(subject.user).len() >= limits.subscriptions_per_user_max {
                    self.reached(Limit::SubscriptionsPerUser);
                    return false;
                }
                let (node, jid) = (node.key.to_string(), jid.to_string());
                decision.changes.push(match options.is_default() {
                    true => Change::Subscribed { node, jid },
                    false => configured(node, jid, first),
                });
            }
            None => return false,
        }
        self.tell_subscriber(index, jid, "subscribed", None, decision);
        true
    }

    /// Ends somebody's subscription, who hears of it.
    pub(super) fn expel(&self, index: NodeIndex, jid: &Jid, decision: &mut Decision) {
        let (Some(subject), Some(node)) = (self.requester_at(&jid.to_bare()), self.durable.nodes.get(index))
        else {
            return;
        };
        match self.place(&subject, jid) {
            Some(Place::Session(_)) => {
                let resource = jid.resource().map(|resource| resource.as_str().into());
                decision.then.push(Effect::Unroute { node: index, user: subject.user, resource });
            }
            Some(Place::Durable { .. }) => {
                let node = node.key.to_string();
                decision.changes.push(Change::Unsubscribed { node, jid: jid.to_string() });
            }
            None => return,
        }
        self.tell_subscriber(index, jid, "none", None, decision);
    }

    /// Ends one of several subscriptions of an address, which hears which one.
    fn end_one(&self, index: NodeIndex, jid: &Jid, ended: &Subscription, decision: &mut Decision) {
        let (Some(subject), Some(node)) = (self.requester_at(&jid.to_bare()), self.durable.nodes.get(index))
        else {
            return;
        };
        match self.place(&subject, jid) {
            Some(Place::Session(session)) => {
                let subid = ended.subid.clone();
                decision.then.push(Effect::EndOne { node: index, session, subid });
            }
            Some(Place::Durable { .. }) => decision.changes.push(Change::SubscriptionEnded {
                node: node.key.to_string(),
                jid: jid.to_string(),
                subid: ended.subid.as_deref().map(String::from),
            }),
            None => return,
        }
        let subid = ended.subid_at(&node.key, jid);
        self.tell_subscriber(index, jid, "none", Some(&subid), decision);
    }

    /// Tells an address what has become of its subscription (§12.14).
    ///
    /// - `subid`: which one, if there are others.
    pub(super) fn tell_subscriber(
        &self,
        index: NodeIndex,
        jid: &Jid,
        state: &'static str,
        subid: Option<&str>,
        decision: &mut Decision,
    ) {
        let (Some(subject), Some(node)) = (self.requester_at(&jid.to_bare()), self.durable.nodes.get(index))
        else {
            return;
        };
        let mut subscription = Element::new("subscription", ns::PUBSUB_EVENT)
            .with_attribute("node", node.name())
            .with_attribute("jid", jid.as_str())
            .with_attribute("subscription", state);
        if let Some(subid) = subid {
            subscription.set_attribute("subid", subid);
        }
        let event = Element::new("event", ns::PUBSUB_EVENT).with_child(subscription);
        self.tell_about(&node.address(&self.config), subject.user, jid, event, decision);
    }

    /// Sends a message to an address once a decision is in the log.
    pub(super) fn tell_about(
        &self,
        from: &str,
        user: UserIndex,
        to: &Jid,
        payload: Element,
        decision: &mut Decision,
    ) {
        self.tell_with_id(from, user, to, None, payload, decision);
    }

    /// The same in a message with this id.
    pub(super) fn tell_with_id(
        &self,
        from: &str,
        user: UserIndex,
        to: &Jid,
        id: Option<&str>,
        payload: Element,
        decision: &mut Decision,
    ) {
        let mut message = Element::new("message", ns::CLIENT)
            .with_attribute("from", from)
            .with_attribute("to", to.as_str());
        if let Some(id) = id {
            message.set_attribute("id", id);
        }
        let message = message.with_child(payload);
        let audience = match to.resource() {
            None => Audience::Available,
            Some(resource) => match self.sessions.find_of(user, resource.as_str()) {
                Some(session) => Audience::Only(session),
                None => return,
            },
        };
        decision.then.push(Effect::Tell { user, audience, xml: message.to_xml().into() });
    }

    /// Somebody's addresses that are subscribed to a node.
    fn addresses_at(&self, index: NodeIndex, jid: &BareJid) -> Vec<Jid> {
        let Some(subject) = self.requester_at(jid) else { return Vec::new() };
        let all = self.subscriptions_of(&subject).into_iter();
        all.filter(|(node, _)| *node == index).map(|(_, jid)| jid).collect()
    }

    /// The subscriptions that one address has with a node, oldest first.
    fn subscriptions_of_address(&self, index: NodeIndex, jid: &Jid) -> Vec<Subscription> {
        let Some(subject) = self.requester_at(&jid.to_bare()) else { return Vec::new() };
        let place = self.place(&subject, jid);
        place.map(|place| self.subscriptions_at(&subject, index, &place)).unwrap_or_default()
    }

    /// The account with this address as somebody who asks.
    pub(super) fn requester_at(&self, jid: &BareJid) -> Option<Requester> {
        let localpart = self.durable.local_part(jid.as_str())?;
        self.account(localpart)?;
        Some(Requester::new(self.sessions.find_user(localpart)?, jid.clone()))
    }
}

fn affiliation_element(jid: &str, affiliation: Option<Affiliation>) -> Element {
    Element::new("affiliation", ns::PUBSUB_OWNER)
        .with_attribute("jid", jid)
        .with_attribute("affiliation", affiliation.map_or("none", Affiliation::name))
}
