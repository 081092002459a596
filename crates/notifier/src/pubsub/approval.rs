//! Subscriptions that an owner has to approve (XEP-0060 §8.6, §8.7): a form goes to the owners, and the first answer counts.

use contact::Timestamp;
use xmpp::{Condition, Element, Jid, Stanza, StanzaError, ns};

use super::affiliations::Affiliation;
use super::errors::PubSubError;
use super::form::boolean;
use super::node::{Generic, Node, NodeIndex};
use super::options::{Expire, Purpose, SubscriptionOptions};
use super::subscribe::{pubsub, subscription_id};
use super::{Decision, Outcome, Requester};
use crate::change::Change;
use crate::commands::{CommandError, Stage};
use crate::data_form::{Form, Submission};
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// `FORM_TYPE` of the question to an owner.
const SUBSCRIBE_AUTHORIZATION: &str = "http://jabber.org/protocol/pubsub#subscribe_authorization";
/// The ad-hoc command that asks for the requests that wait.
pub(crate) const GET_PENDING: &str = "http://jabber.org/protocol/pubsub#get-pending";

impl Notifier {
    /// Asks the owners whether this address may subscribe.
    ///
    /// - `chosen`: the `<options/>` that go with it (§6.3.7), for the time when it may.
    ///
    /// # Errors
    ///
    /// `pending-subscription` if they have been asked already; `resource-constraint` if too many wait; `invalid-options`.
    pub(super) fn request_subscription(
        &self,
        requester: &Requester,
        index: NodeIndex,
        jid: &Jid,
        chosen: Option<&Element>,
    ) -> Result<Outcome, PubSubError> {
        let node = self.durable.nodes.get(index).ok_or(PubSubError::NoSuchNode)?;
        let generic = node.generic().ok_or(PubSubError::NoSuchNode)?;
        if self.place(requester, jid).is_none() {
            return Err(PubSubError::InvalidJid("No session has this full JID."));
        }
        if generic.pending.contains_key(jid.as_str()) {
            return Err(PubSubError::PendingSubscription);
        }
        if generic.pending.len() >= self.config.limits.requests_per_node_max {
            self.reached(Limit::RequestsPerNode);
            return Err(PubSubError::ResourceConstraint("Too many subscriptions wait for the node's owner."));
        }
        let mut asked = pubsub(
            Element::new("subscription", ns::PUBSUB)
                .with_attribute("node", node.name())
                .with_attribute("jid", jid.as_str())
                .with_attribute("subscription", "pending"),
        );
        let mut options = SubscriptionOptions::default();
        if let Some(chosen) = chosen {
            self.read_options(requester, index, jid, &mut options, chosen)?;
            asked.push(
                Element::new("options", ns::PUBSUB)
                    .with_child(options.write(Purpose::Result, self.node_type(index))),
            );
        }
        self.log_is_ready()?;
        let (key, address) = (node.key.to_string(), jid.to_string());
        let mut decision = Decision {
            changes: vec![Change::SubscriptionRequested { node: key, jid: address, options }],
            payload: Some(asked),
            ..Decision::default()
        };
        let owners: Vec<Jid> =
            generic.affiliations.owners().filter_map(|owner| Jid::new(owner).ok()).collect();
        for owner in owners {
            if let Some(subject) = self.requester_at(&owner.to_bare()) {
                self.ask_about(subject.user, &owner, node.name(), jid.as_str(), &mut decision);
            }
        }
        Ok(Outcome::Decision(Box::new(decision)))
    }

    /// Takes an owner's answer; false if it is none. One that comes too late, or from somebody else, means nothing; a form
    /// that is cancelled leaves the request waiting.
    pub(crate) fn takes_as_approval(&mut self, session: SessionId, stanza: &Stanza, at: Timestamp) -> bool {
        let Some(form) = stanza.element.child("x", ns::DATA_FORMS) else { return false };
        let Some(answer) = Submission::read(&stanza.element) else { return false };
        if !answer.is_of(SUBSCRIBE_AUTHORIZATION) {
            return false;
        }
        if form.attribute("type") == Some("submit")
            && let Some(known) = self.sessions.get(session)
        {
            let requester = Requester::new(known.user, known.jid.to_bare());
            self.approve(&requester, &answer, at);
        }
        true
    }

    fn approve(&mut self, requester: &Requester, answer: &Submission, at: Timestamp) {
        let (Some(name), Some(jid), Some(allow)) = (
            answer.value("pubsub#node"),
            answer.value("pubsub#subscriber_jid").and_then(|jid| Jid::new(jid).ok()),
            answer.value("pubsub#allow").and_then(boolean),
        ) else {
            return;
        };
        let Ok((index, _, rights)) = self.rights(requester, name) else { return };
        if !rights.own || !self.accepts_changes() {
            return;
        }
        let mut decision = Decision::default();
        if self.settle(index, &jid, allow, &mut decision) {
            self.commit(decision.changes, decision.then, at);
            decision.last.into_iter().for_each(|effect| self.run_when_logged(effect));
        }
    }

    /// Ends a request that waits. False if there is none.
    pub(super) fn settle(&self, index: NodeIndex, jid: &Jid, allow: bool, decision: &mut Decision) -> bool {
        let node = self.durable.nodes.get(index);
        let Some((node, generic)) = node.and_then(|node| Some((node, node.generic()?))) else { return false };
        let Some(options) = generic.pending.get(jid.as_str()) else { return false };
        let key = node.key.to_string();
        decision.changes.push(Change::SubscriptionRequestEnded { node: key, jid: jid.to_string() });
        // A session that has gone meanwhile has nothing to hear it with, and what would have ended by now does not begin.
        if !allow || self.is_over(jid, options) || !self.enlist(index, jid, options, decision) {
            self.tell_subscriber(index, jid, "none", None, decision);
        } else if let Some(subject) = self.requester_at(&jid.to_bare()) {
            decision.last.extend(self.newest_item(&subject, &node.key, jid.as_str()));
        }
        true
    }

    /// Whether a subscription with these options would have ended by itself.
    fn is_over(&self, jid: &Jid, options: &SubscriptionOptions) -> bool {
        match options.expire {
            None => false,
            Some(Expire::At(until)) => until <= self.now,
            Some(Expire::Presence) => {
                self.requester_at(&jid.to_bare()).is_none_or(|subject| !self.is_available(&subject, jid))
            }
        }
    }

    /// Whether somebody decides about any node's subscriptions.
    pub(crate) fn may_get_pending(&self, session: SessionId) -> bool {
        let Some(known) = self.sessions.get(session) else { return false };
        let owner = known.jid.to_bare();
        self.is_administrator(session)
            || self
                .durable
                .nodes
                .iter_generic()
                .any(|(_, generic)| generic.affiliations.of(owner.as_str()) == Some(Affiliation::Owner))
    }

    /// The first step of `get-pending`: for which of the nodes where somebody waits? As many as one list takes.
    pub(crate) fn begin_get_pending(&self, session: SessionId) -> Stage {
        let mut names: Vec<&str> =
            self.pending_nodes(session).into_iter().map(|(node, _)| node.name()).collect();
        names.sort_unstable();
        names.truncate(self.config.limits.disco_items_max);
        let form = Form::to_fill_in(
            SUBSCRIBE_AUTHORIZATION,
            "Pending subscriptions",
            "Choose a node to be asked again about those who wait for an answer.",
        );
        Stage::Ask(form.choose("pubsub#node", "Node", &names).into_element())
    }

    /// The second step: the requests at one node are sent once more.
    ///
    /// # Errors
    ///
    /// `bad-request` without a node, `item-not-found` and `forbidden` as elsewhere.
    pub(crate) fn get_pending(&self, session: SessionId, form: &Submission) -> Result<Stage, StanzaError> {
        let name = form
            .value("pubsub#node")
            .ok_or_else(|| CommandError::BadPayload.with_text("Say for which node."))?;
        let known = self.sessions.get(session).ok_or(Condition::InternalServerError)?;
        let requester = Requester::new(known.user, known.jid.to_bare());
        let (_, generic) = self.owned(&requester, name).map_err(|error| error.to_stanza_error())?;
        let mut decision = Decision::default();
        let to = Jid::from(known.jid.clone());
        for jid in generic.pending.keys() {
            self.ask_about(known.user, &to, name, jid, &mut decision);
        }
        Ok(Stage::Then(decision.then))
    }

    /// The nodes of a session's user at which somebody waits.
    fn pending_nodes(&self, session: SessionId) -> Vec<(&Node, &Generic)> {
        let Some(known) = self.sessions.get(session) else { return Vec::new() };
        let owner = known.jid.to_bare();
        let decides_all = self.is_administrator(session);
        let nodes = self.durable.nodes.iter_generic();
        let of_owner = |generic: &Generic| {
            decides_all || generic.affiliations.of(owner.as_str()) == Some(Affiliation::Owner)
        };
        nodes.filter(|(_, generic)| !generic.pending.is_empty() && of_owner(generic)).collect()
    }

    /// Sends an owner the form about one request.
    fn ask_about(&self, owner: UserIndex, to: &Jid, node: &str, jid: &str, decision: &mut Decision) {
        // Always the same for one request, so that an owner who is asked twice can see that.
        let id = Jid::new(jid).map(|jid| subscription_id(node, &jid)).unwrap_or_default();
        self.tell_with_id(&self.config.pubsub_domain, owner, to, Some(&id), question(node, jid), decision);
    }

    /// An owner who comes online hears of the requests that wait.
    pub(crate) fn ask_owner(&mut self, session: SessionId) {
        let Some(known) = self.sessions.get(session) else { return };
        let owner = Jid::from(known.jid.to_bare());
        let user = known.user;
        let mut decision = Decision::default();
        for (node, generic) in
            self.durable.nodes.iter_generic().filter(|(_, generic)| !generic.pending.is_empty())
        {
            if generic.affiliations.owners().any(|known| known == owner.as_str()) {
                for jid in generic.pending.keys() {
                    self.ask_about(user, &Jid::from(known.jid.clone()), node.name(), jid, &mut decision);
                }
            }
        }
        for effect in decision.then {
            self.run_when_logged(effect);
        }
    }
}

/// The form that an owner fills in.
fn question(node: &str, jid: &str) -> Element {
    Form::to_fill_in(
        SUBSCRIBE_AUTHORIZATION,
        "Subscription request",
        "Say whether this address may subscribe to the node.",
    )
    .show("pubsub#node", "text-single", "Node", [node.to_owned()])
    .show("pubsub#subscriber_jid", "jid-single", "Address", [jid.to_owned()])
    .show("pubsub#allow", "boolean", "May it subscribe?", ["false".to_owned()])
    .into_element()
}
