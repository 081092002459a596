//! Events from outside: what a [`Publisher`] with a token publishes, once for each id.
//!
//! Each event is an entry of the log of its own, and they are decided in the order in which they came: one that is refused
//! does not keep those after it from being accepted. What was accepted is in the same entry as the item, so there is never
//! one without the other.

use contact::{ApiPath, ErrorType, Refusal, Timestamp};
use xmpp::Element;

use super::errors::PubSubError;
use super::personal::Service;
use super::requests::NewItem;
use crate::change::{Change, NodeConfig};
use crate::input::Position;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::publishers::{Publisher, TokenHash, is_xml};

/// An event that somebody outside wants published.
#[derive(Clone, Debug)]
pub struct OutsideEvent {
    /// The publisher's own name for it: the same one again is the same event again.
    pub id: String,
    /// Where.
    pub node: String,
    /// The item's id; the event's if there is none.
    pub item: Option<String>,
    /// What is told; `None` where events carry nothing.
    pub payload: Option<OutsidePayload>,
    /// A hash of all of the above: with another one the same id is a mistake.
    pub digest: Vec<u8>,
}

/// What an event tells.
#[derive(Clone, Debug)]
pub enum OutsidePayload {
    /// An element: the item's content as it is.
    Element(Element),
    /// Text, which is put escaped into `<notification/>`, as the contact centre's own documents are.
    Text(String),
}

/// What becomes of each event, in their order.
pub type OutsideOutcomes = Vec<Result<OutsideAnswer, Refusal>>;

/// Where an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideAnswer {
    /// The entry of the log.
    pub position: Position,
    /// Where.
    pub node: String,
    /// The item's id.
    pub item: String,
    /// Which event of its node; `None` where nobody is told of items.
    pub offset: Option<u64>,
    /// It was accepted before: this is the first answer again.
    pub is_repeated: bool,
}

impl Notifier {
    /// Publishes events from outside. The outcomes may be told when the log has everything up to
    /// [`Notifier::position`], and not if it loses that.
    ///
    /// - `name`, `token`: of the publisher, which has shown its token.
    ///
    /// # Errors
    ///
    /// As a whole, 401 if there is no such publisher (any more), or not with this token. For each event:
    ///
    /// - 400 for a name or content that cannot be; 413 for too large a payload.
    /// - 403 for a node that the token is not for.
    /// - 404 for a node of the contact centre that is not there.
    /// - 409 for an id that was another event's, and for a full node that takes no more.
    /// - 503 if too much waits for the log. Then all that follow are refused as well.
    pub fn publish_from_outside(
        &mut self,
        name: &str,
        token: &TokenHash,
        events: Vec<OutsideEvent>,
        at: Timestamp,
    ) -> Result<OutsideOutcomes, Refusal> {
        self.now = at;
        let known = self.durable.publishers.get(name);
        let known = known.filter(|known| known.token == *token && !known.is_expired(at));
        let publisher = known.ok_or_else(|| Refusal::unauthorized(name))?.clone();
        Ok(events.into_iter().map(|event| self.publish_one(&publisher, event, at)).collect())
    }

    fn publish_one(
        &mut self,
        publisher: &Publisher,
        event: OutsideEvent,
        at: Timestamp,
    ) -> Result<OutsideAnswer, Refusal> {
        if let Some(first) = self.durable.publishers.accepted(&publisher.name, &event.id, at) {
            if first.digest != event.digest {
                let message = "This id was another event's; a repetition has to be the same in every part";
                return Err(Refusal::new(409, ErrorType::InvalidInput, event.id, message));
            }
            return Ok(OutsideAnswer {
                position: first.position,
                node: first.node.clone(),
                item: first.item.clone(),
                offset: first.offset,
                is_repeated: true,
            });
        }
        self.check_outside(publisher, &event)?;
        if !self.accepts_changes() {
            return Err(Refusal::service_unavailable());
        }
        let OutsideEvent { id, node, item, payload, digest } = event;
        let item = item.unwrap_or_else(|| id.clone());
        let payload = payload.map(|payload| match payload {
            OutsidePayload::Element(element) => element,
            OutsidePayload::Text(text) => {
                Element::new("notification", self.config.notification_ns.clone()).with_text(text)
            }
        });
        let (mut changes, offset) = self
            .outside_changes(publisher, &node, &item, payload.as_ref())
            .map_err(|error| refusal(&error, &node))?;
        let position = self.position().next();
        changes.push(Change::EventAccepted {
            publisher: publisher.name.clone(),
            id,
            digest,
            node: node.clone(),
            item: item.clone(),
            offset,
            position,
            at,
        });
        self.commit(changes, Vec::new(), at);
        Ok(OutsideAnswer { position, node, item, offset, is_repeated: false })
    }

    /// What can be said without looking at the node.
    fn check_outside(&self, publisher: &Publisher, event: &OutsideEvent) -> Result<(), Refusal> {
        let id_bytes_max = self.config.limits.outside_id_bytes_max;
        if event.id.is_empty() || event.id.len() > id_bytes_max {
            self.reached(Limit::OutsideIdBytes);
            let why = format!("an event's id has 1 to {id_bytes_max} bytes");
            return Err(Refusal::invalid_input(event.id.chars().take(80).collect::<String>(), why));
        }
        let text = match &event.payload {
            Some(OutsidePayload::Text(text)) => text,
            _ => "",
        };
        let fields = [("id", &*event.id), ("node", &*event.node), ("payload", text)];
        let fields = fields.into_iter().chain(event.item.as_deref().map(|item| ("item", item)));
        for (field, value) in fields {
            if !is_xml(value) || (value.is_empty() && field != "payload") {
                let why = format!("{field} is empty or has a character that XML cannot write");
                return Err(Refusal::invalid_input(field, why));
            }
        }
        if !publisher.may_publish_to(&event.node) {
            let message = "The token is not for this node";
            return Err(Refusal::new(403, ErrorType::Forbidden, event.node.as_str(), message));
        }
        Ok(())
    }

    /// The changes, and which event of its node it will be.
    fn outside_changes(
        &self,
        publisher: &Publisher,
        node: &str,
        item: &str,
        payload: Option<&Element>,
    ) -> Result<(Vec<Change>, Option<u64>), PubSubError> {
        let jid = format!("{}@{}", publisher.name, self.config.pubsub_domain);
        let items = [NewItem { id: Some(item), payload }];
        let Some((_, known)) = self.durable.nodes.find(node) else {
            if node.starts_with(ApiPath::PREFIX) {
                return Err(PubSubError::NoSuchNode);
            }
            let mut config = self.config.new_node();
            config.access_model = publisher.access_model.unwrap_or(config.access_model);
            let created =
                self.node_created(&Service::Common, jid.clone(), node.to_owned(), config.clone())?;
            let (published, _) = self.publications(None, &jid, node, Some(&config), &items)?;
            let offset = offset_after(self.durable.offset_floor, Some(&config), &published);
            return Ok(([created].into_iter().chain(published).collect(), offset));
        };
        let config = known.generic().map(|generic| &generic.config);
        let (changes, _) = self.publications(None, &jid, node, config, &items)?;
        let offset = offset_after(known.offset, config, &changes);
        Ok((changes, offset))
    }
}

/// Which event of its node the last of these changes will be.
fn offset_after(offset: u64, config: Option<&NodeConfig>, changes: &[Change]) -> Option<u64> {
    let tells = |change: &&Change| {
        matches!(change, Change::ItemPublished { .. } | Change::ItemRetracted { notify: true, .. })
    };
    let is_told = config.is_none_or(|config| config.deliver_notifications);
    is_told.then(|| offset + changes.iter().filter(tells).count() as u64)
}

/// What a publisher outside is told.
fn refusal(error: &PubSubError, node: &str) -> Refusal {
    let (status, error_type) = match error {
        PubSubError::NoSuchNode => (404, ErrorType::NotFound),
        PubSubError::Forbidden(_) => (403, ErrorType::Forbidden),
        PubSubError::NodeFull => (409, ErrorType::MaximumExceeded),
        PubSubError::ResourceConstraint(_) => (400, ErrorType::MaximumExceeded),
        PubSubError::PayloadTooBig => (413, ErrorType::BadRequest),
        PubSubError::TryLater => return Refusal::service_unavailable(),
        _ => (400, ErrorType::InvalidInput),
    };
    let message = match error {
        PubSubError::PayloadRequired => "The node's events carry a payload, and there is none".into(),
        PubSubError::InvalidPayload => "The node takes payloads of another namespace".into(),
        PubSubError::PayloadTooBig => "The payload is larger than the node takes".into(),
        PubSubError::ItemForbidden => "The node only tells that something happened and takes no items".into(),
        PubSubError::NodeFull => "The node is full, and configured to take no more".into(),
        other => other.to_text(),
    };
    Refusal::new(status, error_type, node, message)
}
