//! Publish-subscribe (XEP-0060): nodes, subscriptions, items, and who may do what with them.
//!
//! `requests.rs` reads what is asked, `subscribe.rs`, `items.rs`, `publish.rs` and `owner.rs` decide, `event.rs` writes
//! what subscribers are told. A decision is an [`Outcome`]; the notifier carries it out.
//!
//! What belongs to a node: its subscriptions and items, an owner (whoever created it), and no further affiliations.
//! There is one subscription per node and address; subscribing again changes nothing (§6.1.6).

pub(crate) mod errors;
pub(crate) mod event;
pub(crate) mod form;
pub(crate) mod items;
pub(crate) mod node;
mod owner;
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
use self::requests::Request;
use crate::access::Rights;
use crate::change::Change;
use crate::input::SessionId;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// The features of XEP-0060 that work here, and none else.
pub(crate) const FEATURES: [&str; 20] = [
    "access-open",
    "config-node",
    "config-node-max",
    "create-and-configure",
    "create-nodes",
    "delete-items",
    "delete-nodes",
    "instant-nodes",
    "item-ids",
    "multi-items",
    "persistent-items",
    "publish",
    "publish-options",
    "purge-nodes",
    "retract-items",
    "retrieve-affiliations",
    "retrieve-default",
    "retrieve-items",
    "retrieve-subscriptions",
    "subscribe",
];

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) user: UserIndex,
    pub(crate) jid: BareJid,
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
}

impl Notifier {
    /// Answers a request to the publish-subscribe service.
    pub(crate) fn pubsub(
        &mut self,
        session: SessionId,
        kind: IqType,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        let Some(known) = self.sessions.get(session) else { return };
        let requester = Requester { user: known.user, jid: known.jid.to_bare() };
        let decided =
            Request::read(kind, payload).and_then(|request| self.decide_pubsub(&requester, &request));
        match decided {
            Ok(Outcome::Now(payload)) => self.reply(session, stanza, Ok(payload)),
            Ok(Outcome::Shown(payload)) => {
                let done = result_around(stanza, &payload);
                self.reply_when_logged(session, stanza, done);
            }
            Ok(Outcome::Change(changes, payload)) => {
                let done = stanza.result(payload).to_xml();
                let failed = stanza.error(log_failed()).to_xml();
                self.commit(changes, vec![crate::effects::Effect::Reply { session, done, failed }], at);
            }
            Err(error) => self.reply(session, stanza, Err(error.to_stanza_error())),
        }
    }

    fn decide_pubsub(
        &mut self,
        requester: &Requester,
        request: &Request<'_>,
    ) -> Result<Outcome, PubSubError> {
        match request {
            Request::Subscribe { node, jid } => self.subscribe(requester, node, jid),
            Request::Unsubscribe { node, jid, subid } => self.unsubscribe(requester, node, jid, *subid),
            Request::Subscriptions { node } => self.show_subscriptions(requester, *node),
            Request::Affiliations { node } => self.show_affiliations(requester, *node),
            Request::Items { node, max, ids } => self.show_items(requester, node, *max, ids),
            Request::Publish { node, items, options } => self.publish(requester, node, items, *options),
            Request::Retract { node, ids, notify } => self.retract(requester, node, ids, *notify),
            Request::Create { node, configure } => self.create_node(requester, *node, *configure),
            Request::Delete { node, redirect } => self.delete_node(requester, node, *redirect),
            Request::Purge { node } => self.purge_node(requester, node),
            Request::ShowConfig { node } => self.show_config(requester, node),
            Request::Configure { node, configure } => self.configure_node(requester, node, configure),
            Request::ShowDefault => self.show_default_config(),
        }
    }

    /// What `requester` may do with the node of this name, and the node.
    fn rights(
        &self,
        requester: &Requester,
        name: &str,
    ) -> Result<(node::NodeIndex, &node::Node, Rights), PubSubError> {
        let (index, node) = self.durable.nodes.find(name).ok_or(PubSubError::NoSuchNode)?;
        let localpart = self.sessions.localpart(requester.user);
        let rights = Rights::of(&self.durable.centre, &self.config, localpart, &requester.jid, node);
        Ok((index, node, rights))
    }

    /// Refuses while the log is behind.
    fn log_is_ready(&self) -> Result<(), PubSubError> {
        if self.accepts_changes() { Ok(()) } else { Err(PubSubError::TryLater) }
    }

    fn config_limits(&self) -> ConfigLimits {
        ConfigLimits {
            items_max: self.config.limits.items_per_node_max,
            payload_bytes_max: self.config.limits.payload_bytes_max,
        }
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
