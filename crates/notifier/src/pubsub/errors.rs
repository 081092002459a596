//! The errors of publish-subscribe, each with its stanza error condition and its own condition beside it.
//!
//! Source: XEP-0060, the "Error Cases" sections; the schema of `http://jabber.org/protocol/pubsub#errors`.

use xmpp::{Condition, Element, ErrorType, StanzaError, ns};

/// Why a publish-subscribe request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PubSubError {
    /// The request's shape is wrong; the text says how.
    BadRequest(&'static str),
    /// The JID to subscribe is missing or is not the requester's own (§6.1.3.1).
    InvalidJid(&'static str),
    /// The request does not say whose subscription it is about (§6.3.4.3).
    JidRequired,
    /// There are several subscriptions, and the request does not say which (§6.2.3.1, §6.3.4.4, §6.5.9.1).
    SubIdRequired,
    /// Subscription options that we don't take; the text names the field (§6.3.6.2).
    InvalidOptions(String),
    /// The request needs a node (§7.2.3.3).
    NodeIdRequired,
    NoSuchNode,
    NoSuchItem,
    /// The node is for those on its list (§6.1.3.4).
    ClosedNode,
    /// An owner's presence has to be subscribed to first (§6.1.3.2).
    PresenceSubscriptionRequired,
    /// Only some groups of an owner's roster may subscribe (§6.1.3.3).
    NotInRosterGroup,
    /// An owner has not answered yet (§6.1.3.7).
    PendingSubscription,
    /// Only subscribers may read the items (§6.5.9.2).
    NotASubscriber,
    Forbidden(&'static str),
    /// Nothing to unsubscribe (§6.2.3.2).
    NotSubscribed,
    /// The subscription has another id (§6.2.3.5).
    InvalidSubId,
    /// The requester's subscriptions are at their limit (§6.1.3.9).
    TooManySubscriptions,
    ItemRequired,
    PayloadRequired,
    InvalidPayload,
    PayloadTooBig,
    MaxItemsExceeded,
    NodeExists,
    /// As many items as the node keeps, and it is configured to take no more (§7.1.3.4).
    NodeFull,
    /// The node tells that something happened, and takes no items (§7.1.3.7).
    ItemForbidden,
    /// The node's id cannot be used.
    NodeNameUnfit(&'static str),
    /// A configuration form that we don't take; the text names the field.
    InvalidConfiguration(String),
    UnsupportedAccessModel,
    /// What the node would have to be for that, it is not (XEP-0248 §7.2.3); the text says why.
    InvalidNodeType(&'static str),
    /// More nodes than the collection takes (XEP-0248 §7.2.3.3).
    MaxNodesExceeded,
    PreconditionNotMet(String),
    /// The feature of XEP-0060 that is missing here.
    Unsupported(&'static str),
    /// A named limit is reached; the text says which.
    ResourceConstraint(&'static str),
    /// The log is behind or failing: the same request may succeed later.
    TryLater,
}

impl PubSubError {
    /// What a person is told.
    pub(crate) fn to_text(&self) -> String {
        self.to_stanza_error().text.unwrap_or_default()
    }

    /// What goes onto the wire.
    pub(crate) fn to_stanza_error(&self) -> StanzaError {
        use PubSubError::*;
        let (condition, application, text): (Condition, Option<&str>, Option<String>) = match self {
            BadRequest(text) => (Condition::BadRequest, None, Some((*text).into())),
            InvalidJid(text) => (Condition::BadRequest, Some("invalid-jid"), Some((*text).into())),
            JidRequired => (Condition::BadRequest, Some("jid-required"), None),
            SubIdRequired => (Condition::BadRequest, Some("subid-required"), None),
            InvalidOptions(text) => (Condition::BadRequest, Some("invalid-options"), Some(text.clone())),
            NodeIdRequired => (Condition::BadRequest, Some("nodeid-required"), None),
            NoSuchNode => (Condition::ItemNotFound, None, Some("There is no such node.".into())),
            NoSuchItem => (Condition::ItemNotFound, None, Some("The node has no such item.".into())),
            ClosedNode => (Condition::NotAllowed, Some("closed-node"), None),
            PresenceSubscriptionRequired => {
                (Condition::NotAuthorized, Some("presence-subscription-required"), None)
            }
            NotInRosterGroup => (Condition::NotAuthorized, Some("not-in-roster-group"), None),
            PendingSubscription => (Condition::NotAuthorized, Some("pending-subscription"), None),
            NotASubscriber => (Condition::NotAuthorized, Some("not-subscribed"), None),
            Forbidden(text) => (Condition::Forbidden, None, Some((*text).into())),
            NotSubscribed => (Condition::UnexpectedRequest, Some("not-subscribed"), None),
            InvalidSubId => (Condition::NotAcceptable, Some("invalid-subid"), None),
            TooManySubscriptions => (Condition::PolicyViolation, Some("too-many-subscriptions"), None),
            ItemRequired => (Condition::BadRequest, Some("item-required"), None),
            PayloadRequired => (Condition::BadRequest, Some("payload-required"), None),
            InvalidPayload => (Condition::BadRequest, Some("invalid-payload"), None),
            PayloadTooBig => (Condition::NotAcceptable, Some("payload-too-big"), None),
            MaxItemsExceeded => (Condition::NotAllowed, Some("max-items-exceeded"), None),
            NodeFull => (Condition::Conflict, Some("node-full"), None),
            ItemForbidden => (Condition::BadRequest, Some("item-forbidden"), None),
            NodeExists => (Condition::Conflict, None, Some("A node of this name exists.".into())),
            NodeNameUnfit(text) => (Condition::NotAcceptable, None, Some((*text).into())),
            InvalidConfiguration(text) => (Condition::NotAcceptable, None, Some(text.clone())),
            UnsupportedAccessModel => (Condition::NotAcceptable, Some("unsupported-access-model"), None),
            InvalidNodeType(text) => (Condition::NotAllowed, Some("invalid-options"), Some((*text).into())),
            MaxNodesExceeded => (Condition::NotAllowed, Some("max-nodes-exceeded"), None),
            PreconditionNotMet(text) => {
                (Condition::Conflict, Some("precondition-not-met"), Some(text.clone()))
            }
            Unsupported(_) => (Condition::FeatureNotImplemented, Some("unsupported"), None),
            ResourceConstraint(text) => (Condition::ResourceConstraint, None, Some((*text).into())),
            TryLater => (
                Condition::ResourceConstraint,
                None,
                Some("The server cannot store changes at the moment. Try again later.".into()),
            ),
        };
        let application = application.map(|name| {
            let element = Element::new(name, ns::PUBSUB_ERRORS);
            match self {
                Unsupported(feature) => element.with_attribute("feature", *feature),
                _ => element,
            }
        });
        let kind = match self {
            // Where the examples of the specification (§6.2.3.2, §6.1.3.9) have another type than is usual.
            NotSubscribed => ErrorType::Cancel,
            TooManySubscriptions => ErrorType::Wait,
            _ => condition.default_type(),
        };
        StanzaError { kind, condition, application, text }
    }
}
