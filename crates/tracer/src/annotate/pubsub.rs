//! PubSub requests, subscriptions and notifications (XEP-0060).

use client::Stage;
use xmpp::{Element, Node, StanzaError, ns};

use super::{Annotation, Annotator, Kind, Subject, summary, update};
use crate::{catalogue::FindingId, finding_id, text::short};

/// What a PubSub request asks for.
pub(super) fn request(pubsub: &Element) -> (Stage, Kind, Subject, String) {
    let Some(action) = pubsub.first_element() else {
        return (Stage::Pubsub, Kind::Problem, Subject::Other, "an empty pubsub request".to_owned());
    };
    let node = action.attribute("node").map_or("no node".to_owned(), |node| short(node, 200));
    let (subject, what) = match action.name() {
        "subscribe" => (Subject::Subscription, format!("subscribe to {node}")),
        "unsubscribe" => (Subject::Subscription, format!("unsubscribe from {node}")),
        "subscriptions" => (Subject::Other, "list subscriptions".to_owned()),
        "affiliations" => (Subject::Other, "list affiliations".to_owned()),
        "items" => (Subject::Other, format!("get the items of {node}")),
        "publish" => (Subject::Other, format!("publish to {node}")),
        "retract" => (Subject::Other, format!("retract from {node}")),
        "create" => (Subject::Other, format!("create {node}")),
        "configure" => (Subject::Other, format!("configure {node}")),
        "delete" => (Subject::Other, format!("delete {node}")),
        "purge" => (Subject::Other, format!("empty {node}")),
        other => (Subject::Other, format!("pubsub {} {node}", short(other, 40))),
    };
    (Stage::Pubsub, Kind::Request, subject, what)
}

/// A subscription as a result or an event tells it.
pub(super) fn subscription(subscription: &Element) -> Annotation {
    let attribute = |name| subscription.attribute(name).map(|value| short(value, 200));
    let node = attribute("node").unwrap_or_else(|| "the node".to_owned());
    let state = attribute("subscription").unwrap_or_else(|| "subscribed".to_owned());
    let jid = attribute("jid").unwrap_or_else(|| "an address unnamed".to_owned());
    let (kind, text) = match state.as_str() {
        "subscribed" => (Kind::Request, format!("subscribed to {node}")),
        "none" => (Kind::Request, format!("no longer subscribed to {node}")),
        "pending" => (Kind::Problem, format!("the subscription to {node} waits for approval")),
        "unconfigured" => (Kind::Problem, format!("the subscription to {node} wants options first")),
        other => (Kind::Problem, format!("the subscription to {node} is \"{other}\"")),
    };
    let finding = unfinished(&state);
    let subid = attribute("subid").map(|id| format!(", subid {id}")).unwrap_or_default();
    Annotation::new(Stage::Pubsub, kind, text).with_detail(format!("for {jid}{subid}")).named(finding)
}

/// What a subscription lacks that is made and gives nothing yet.
pub(crate) fn unfinished(state: &str) -> Option<FindingId> {
    match state {
        "pending" => Some(finding_id!("PS-PENDING")),
        "unconfigured" => Some(finding_id!("PS-UNCONFIGURED")),
        _ => None,
    }
}

/// The finding that a refusal of the service is, by its own condition where it gives one.
pub(crate) fn finding(error: &StanzaError) -> Option<FindingId> {
    let own = error.application.as_ref().filter(|own| own.ns() == ns::PUBSUB_ERRORS).map(Element::name);
    FindingId::for_pubsub_error(error.condition.name(), own)
}

impl Annotator {
    /// A notification.
    pub(super) fn event(&mut self, message: &Element, event: &Element) -> Annotation {
        let from = short(message.attribute("from").unwrap_or("somebody unnamed"), 200);
        let Some(about) = event.first_element() else {
            return Annotation::new(
                Stage::Steady,
                Kind::Notification,
                format!("an empty notification from {from}"),
            );
        };
        let node = short(about.attribute("node").unwrap_or("no node"), 200);
        let notification = |text: String| Annotation::new(Stage::Steady, Kind::Notification, text);
        match about.name() {
            "items" => self.items(message, about, &node),
            "subscription" => subscription(about),
            "delete" => notification(format!("node {node} was deleted")),
            "purge" => notification(format!("node {node} was emptied")),
            "configuration" => notification(format!("node {node} was configured")),
            "collection" => notification(format!("collection {node} changed")),
            _ => Annotation::new(Stage::Steady, Kind::Unknown, summary(about)),
        }
    }

    fn items(&mut self, message: &Element, items: &Element, node: &str) -> Annotation {
        let mut texts = Vec::new();
        let mut details = Vec::new();
        let mut count = 0;
        let mut finding = None;
        self.document = super::Document::default();
        for item in items.elements() {
            count += 1;
            if count > ITEMS_SHOWN {
                continue;
            }
            let id = item.attribute("id").map(|id| short(id, 100));
            match (item.name(), item.first_element()) {
                ("retract", _) => {
                    texts.push(format!("item {} retracted", id.unwrap_or_else(|| "unnamed".to_owned())));
                }
                ("item", Some(payload)) => {
                    let (text, detail, found) = self.payload(payload);
                    finding = finding.or(found);
                    texts.push(text);
                    details.extend(detail);
                    details.extend(id.map(|id| format!("item {id}")));
                }
                ("item", None) => {
                    texts
                        .push(format!("item {} without payload", id.unwrap_or_else(|| "unnamed".to_owned())));
                }
                _ => texts.push(summary(item)),
            }
        }
        if count > ITEMS_SHOWN {
            texts.push(format!("and {} more items", count - ITEMS_SHOWN));
        }
        if texts.is_empty() {
            texts.push("no item".to_owned());
        }
        let mut detail = vec![format!("node {node}")];
        detail.append(&mut details);
        if let Some(to) = message.attribute("to").filter(|to| Some(*to) != self.own.as_deref()) {
            detail.push(format!("to {}", short(to, 200)));
            // The bare address is everybody's; another session's full one is not.
            let other = self.own.is_some() && to.contains('/');
            finding = finding.or(other.then_some(finding_id!("PS-OTHER-RES")));
        }
        if let Some(delay) = message.child("delay", ns::DELAY).and_then(|delay| delay.attribute("stamp")) {
            detail.push(format!("delayed, from {}", short(delay, 40)));
        }
        let document = std::mem::take(&mut self.document);
        let annotation = Annotation::new(Stage::Steady, Kind::Notification, texts.join("; "))
            .with_detail(detail.join(" · "))
            .named(finding.or(document.finding));
        Annotation { request_id: document.request_id, ..annotation }
    }

    /// The meaning of an item's payload, where it comes from, and what is wrong with it.
    fn payload(&mut self, payload: &Element) -> (String, Vec<String>, Option<FindingId>) {
        let understood = |(text, details)| (text, details, None);
        // The contact centre's document is text inside <notification>; some servers send it as elements.
        let text = payload.text();
        let text = text.trim();
        if payload.name() == "notification" || payload.is("Update", ns::NONE) {
            if payload.name() == "Update" {
                return understood(self.update(payload));
            }
            if let Some(update) = payload.first_element().filter(|e| e.name() == "Update") {
                return understood(self.update(update));
            }
            if text.starts_with('{') {
                return (format!("a JSON document of {} bytes", text.len()), Vec::new(), None);
            }
            return match update::parse(text) {
                Some(document) if document.name() == "Update" => understood(self.update(&document)),
                Some(document) => (summary(&document), Vec::new(), None),
                None if text.is_empty() => ("an empty notification".to_owned(), Vec::new(), None),
                None => (
                    format!("a payload of {} bytes that is not an XML document once unescaped", text.len()),
                    Vec::new(),
                    Some(finding_id!("PS-PAYLOAD")),
                ),
            };
        }
        let only_text = payload.nodes().iter().all(|node| matches!(node, Node::Text(_)));
        if only_text && !text.is_empty() {
            return (format!("<{}> \"{}\"", short(payload.name(), 40), short(text, 80)), Vec::new(), None);
        }
        (summary(payload), Vec::new(), None)
    }
}

/// Items of one notification that are described one by one.
const ITEMS_SHOWN: usize = 5;
