//! Publish-subscribe (XEP-0060): nodes, subscriptions, items, and who may do what with them.
//!
//! `requests.rs` reads what is asked, `subscribe.rs`, `items.rs`, `publish.rs` and `owner.rs` decide, `event.rs` writes
//! what subscribers are told. A decision is an [`Outcome`]; the notifier carries it out.
//!
//! Requests name nodes; from `Notifier::pubsub` on, a node is known by its key, which is the name unless the node belongs to
//! an account (`personal.rs`).
//!
//! A node can hold nodes and tell of them (`collections.rs`).
//! Items end by themselves where a node is configured so (`ageing.rs`); what a node tells about itself is in `meta_data.rs`.
//! What belongs to a node: its subscriptions and items, and how users stand to it (`affiliations.rs`, `members.rs`). An owner
//! is asked about subscriptions where the access model says so (`approval.rs`).
//! There is one subscription per node and address, and subscribing again changes nothing, unless a setting says otherwise (§6.1.6);
//! what a subscriber chose about it is in `options.rs`, when it ends by itself in `expiry.rs`. Who hears a node now is in
//! `hearing.rs`, and `fan_out.rs` goes from there to the sessions.

pub(crate) mod affiliations;
pub(crate) mod ageing;
pub(crate) mod approval;
pub(crate) mod bounce;
pub(crate) mod collections;
pub(crate) mod errors;
pub(crate) mod event;
pub(crate) mod expiry;
mod fan_out;
pub(crate) mod form;
mod hearing;
mod interest;
pub(crate) mod items;
mod last_item;
mod lost_access;
mod members;
mod meta_data;
pub(crate) mod node;
pub(crate) mod options;
pub(crate) mod outside;
mod owner;
pub(crate) mod personal;
mod publish;
pub(crate) mod recovery;
pub(crate) mod registry;
mod requests;
mod retrieve;
mod subscribe;
pub(crate) mod subscriptions;

use contact::Timestamp;
use xmpp::{BareJid, Condition, Element, IqType, Stanza, StanzaError};

use self::errors::PubSubError;
use self::form::ConfigLimits;
use self::personal::Service;
use self::requests::Request;
use crate::access::Rights;
use crate::change::{Change, SendLast};
use crate::config::Config;
use crate::effects::Effect;
use crate::input::SessionId;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// The features of XEP-0060 that always work here.
const FEATURES: &[&str] = &[
    "access-open",
    "auto-create",
    "collections",
    "config-node",
    "config-node-max",
    "create-and-configure",
    "create-nodes",
    "delete-items",
    "delete-nodes",
    "get-pending",
    "instant-nodes",
    "item-ids",
    "leased-subscription",
    "manage-subscriptions",
    "member-affiliation",
    "meta-data",
    "modify-affiliations",
    "multi-items",
    "outcast-affiliation",
    "persistent-items",
    "presence-notifications",
    "publish",
    "publish-node-full",
    "publish-only-affiliation",
    "publish-options",
    "publisher-affiliation",
    "purge-nodes",
    "retract-items",
    "retrieve-affiliations",
    "retrieve-default",
    "retrieve-default-sub",
    "retrieve-items",
    "retrieve-subscriptions",
    "rsm",
    "subscribe",
    "subscription-notifications",
    "subscription-options",
];

/// The features of XEP-0060 that work with these settings, and none else.
pub(crate) fn features(config: &Config) -> impl Iterator<Item = &'static str> {
    let sends_newest = config.send_last_published_item == SendLast::OnSubscribeAndPresence;
    FEATURES
        .iter()
        .copied()
        .chain(config.multiple_subscriptions.then_some("multi-subscribe"))
        .chain(sends_newest.then_some("last-published"))
}

/// The features of XEP-0060 that work at every account.
pub(crate) fn personal_features(config: &Config) -> impl Iterator<Item = &'static str> {
    let not_here = ["access-open", "collections", "get-pending"];
    let common = FEATURES.iter().copied().filter(move |feature| !not_here.contains(feature));
    let common = common.chain(config.multiple_subscriptions.then_some("multi-subscribe"));
    common.chain([
        "access-presence",
        "auto-subscribe",
        "filtered-notifications",
        "last-published",
        "presence-subscribe",
        "pubsub-on-a-jid",
    ])
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) user: UserIndex,
    pub(crate) jid: BareJid,
    /// Whom.
    pub(crate) service: Service,
}

impl Requester {
    /// Somebody who asks the publish-subscribe service.
    pub(crate) fn new(user: UserIndex, jid: BareJid) -> Self {
        Requester { user, jid, service: Service::Common }
    }
}

/// What was decided.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing durable changes and nothing undecided shows: the payload of the result.
    Now(Option<Element>),
    /// The payload shows decided state: the result waits until that is in the log.
    Shown(String),
    /// These changes, and the payload of the result that goes out once they are in the log.
    Change(Vec<Change>, Option<Element>),
    /// The same, with more that follows from it.
    Decision(Box<Decision>),
}

/// A decision that others hear of besides the requester.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) changes: Vec<Change>,
    pub(crate) payload: Option<Element>,
    /// What could not be done, although the rest was: stands in a `not-acceptable` in place of the result.
    pub(crate) refused: Option<Element>,
    /// The result need not wait for the log.
    pub(crate) at_once: bool,
    /// Once the result is out.
    pub(crate) then: Vec<Effect>,
    /// Once what follows from the changes has happened as well.
    pub(crate) last: Vec<Effect>,
}

impl Notifier {
    /// Answers a request to the publish-subscribe service.
    pub(crate) fn common_pubsub(
        &mut self,
        session: SessionId,
        kind: IqType,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        let Some(known) = self.sessions.get(session) else { return };
        let requester = Requester::new(known.user, known.jid.to_bare());
        self.pubsub(session, &requester, kind, stanza, payload, at);
    }

    fn pubsub(
        &mut self,
        session: SessionId,
        requester: &Requester,
        kind: IqType,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        let key;
        let mut request = Request::read(kind, payload);
        if let Some(node) = request.as_mut().ok().and_then(Request::node_mut) {
            key = requester.service.key(node);
            *node = &*key;
        }
        let newest = match &request {
            Ok(Request::Subscribe { node, jid, .. }) => self.newest_item(requester, node, jid),
            _ => None,
        };
        let decided = request.and_then(|request| self.decide_pubsub(requester, &request));
        let newest = newest.filter(|_| decided.is_ok());
        match decided {
            Ok(Outcome::Now(payload)) => self.reply(session, stanza, Ok(payload)),
            Ok(Outcome::Shown(payload)) => {
                let done = result_around(stanza, &payload);
                self.reply_when_logged(session, stanza, done);
            }
            Ok(Outcome::Change(changes, payload)) => {
                let done = stanza.result(payload).to_xml();
                let failed = stanza.error(log_failed()).to_xml();
                self.commit(changes, vec![Effect::Reply { session, done, failed }], at);
            }
            Ok(Outcome::Decision(decision)) => self.answer_decision(session, stanza, *decision, at),
            Err(error) => self.reply(session, stanza, Err(error.to_stanza_error())),
        }
        // After the result, and after the subscription has begun.
        if let Some(newest) = newest {
            self.run_when_logged(newest);
        }
    }

    fn answer_decision(&mut self, session: SessionId, stanza: &Stanza, decision: Decision, at: Timestamp) {
        let Decision { changes, payload, refused, at_once, then, last } = decision;
        if at_once {
            self.reply(session, stanza, Ok(payload));
            return then.into_iter().chain(last).for_each(|effect| self.run_when_logged(effect));
        }
        let done = match refused {
            Some(refused) => stanza.error(Condition::NotAcceptable.into()).with_child(refused),
            None => stanza.result(payload),
        };
        let failed = stanza.error(log_failed()).to_xml();
        let effects = [Effect::Reply { session, done: done.to_xml(), failed }].into_iter().chain(then);
        if changes.is_empty() {
            effects.for_each(|effect| self.run_when_logged(effect));
        } else {
            self.commit(changes, effects.collect(), at);
        }
        last.into_iter().for_each(|effect| self.run_when_logged(effect));
    }

    fn decide_pubsub(
        &mut self,
        requester: &Requester,
        request: &Request<'_>,
    ) -> Result<Outcome, PubSubError> {
        match request {
            Request::Subscribe { node, jid, options } => self.subscribe(requester, node, jid, *options),
            Request::Unsubscribe { node, jid, subid } => self.unsubscribe(requester, node, jid, *subid),
            Request::ShowOptions { node, jid, subid } => self.show_options(requester, node, jid, *subid),
            Request::SetOptions { node, jid, subid, options } => {
                self.set_options(requester, node, jid, *subid, options)
            }
            Request::ShowDefaultOptions { node } => self.show_default_options(requester, *node),
            Request::Subscriptions { node } => self.show_subscriptions(requester, *node),
            Request::Affiliations { node } => self.show_affiliations(requester, *node),
            Request::Items { node, max, subid, ids, page } => {
                self.show_items(requester, node, *max, *subid, ids, page.as_ref())
            }
            Request::Publish { node, items, options } => self.publish(requester, node, items, *options),
            Request::Retract { node, ids, notify } => self.retract(requester, node, ids, *notify),
            Request::Create { node, configure } => self.create_node(requester, *node, *configure),
            Request::Delete { node, redirect } => self.delete_node(requester, node, *redirect),
            Request::Purge { node } => self.purge_node(requester, node),
            Request::ShowConfig { node } => self.show_config(requester, node),
            Request::Configure { node, configure } => self.configure_node(requester, node, configure),
            Request::ShowDefault { node_type } => self.show_default_config(requester, *node_type),
            Request::Associate { node, child } => self.associate(requester, node, child),
            Request::Dissociate { node, child } => self.dissociate(requester, node, child),
            Request::ShowMembers { node } => self.show_members(requester, node),
            Request::SetMembers { node, members } => self.set_members(requester, node, members),
            Request::ShowSubscribers { node } => self.show_subscribers(requester, node),
            Request::SetSubscribers { node, subscribers } => {
                self.set_subscribers(requester, node, subscribers)
            }
        }
    }

    /// What `requester` may do with the node that has this key, and the node.
    pub(crate) fn rights(
        &self,
        requester: &Requester,
        key: &str,
    ) -> Result<(node::NodeIndex, &node::Node, Rights), PubSubError> {
        let (index, node) = self.durable.nodes.find(key).ok_or(PubSubError::NoSuchNode)?;
        Ok((index, node, self.rights_at(requester, index, node)))
    }

    /// Refuses while the log is behind.
    fn log_is_ready(&self) -> Result<(), PubSubError> {
        if self.accepts_changes() { Ok(()) } else { Err(PubSubError::TryLater) }
    }

    fn config_limits(&self, requester: &Requester) -> ConfigLimits {
        requester.service.config_limits(&self.config)
    }
}

/// What a request is answered with whose change the log could not take.
pub(crate) fn log_failed() -> StanzaError {
    StanzaError::new(Condition::InternalServerError)
        .with_type(xmpp::ErrorType::Wait)
        .with_text("The server could not store this. Nothing has changed; try again later.")
}

/// A result with a payload that is text already.
fn result_around(stanza: &Stanza, payload: &str) -> String {
    let empty = stanza.result(None).to_xml();
    let start = empty.strip_suffix("/>").expect("an element without children is written as an empty tag");
    format!("{start}>{payload}</iq>")
}
