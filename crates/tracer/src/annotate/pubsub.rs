//! PubSub requests, subscriptions and notifications (XEP-0060).

use client::Stage;
use xmpp::{Element, Node, ns};

use super::{Annotation, Annotator, Kind, Subject, summary, update};
use crate::text::short;

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
    let subid = attribute("subid").map(|id| format!(", subid {id}")).unwrap_or_default();
    Annotation::new(Stage::Pubsub, kind, text).with_detail(format!("for {jid}{subid}"))
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
                    let (text, detail) = self.payload(payload);
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
        }
        if let Some(delay) = message.child("delay", ns::DELAY).and_then(|delay| delay.attribute("stamp")) {
            detail.push(format!("delayed, from {}", short(delay, 40)));
        }
        Annotation::new(Stage::Steady, Kind::Notification, texts.join("; ")).with_detail(detail.join(" · "))
    }

    /// The meaning of an item's payload, and where it comes from.
    fn payload(&mut self, payload: &Element) -> (String, Vec<String>) {
        // The contact centre's document is text inside <notification>; some servers send it as elements.
        let text = payload.text();
        let text = text.trim();
        if payload.name() == "notification" || payload.is("Update", ns::NONE) {
            if payload.name() == "Update" {
                return self.update(payload);
            }
            if let Some(update) = payload.first_element().filter(|e| e.name() == "Update") {
                return self.update(update);
            }
            if text.starts_with('{') {
                return (format!("a JSON document of {} bytes", text.len()), Vec::new());
            }
            return match update::parse(text) {
                Some(document) if document.name() == "Update" => self.update(&document),
                Some(document) => (summary(&document), Vec::new()),
                None if text.is_empty() => ("an empty notification".to_owned(), Vec::new()),
                None => (
                    format!("a payload of {} bytes that is not an XML document once unescaped", text.len()),
                    Vec::new(),
                ),
            };
        }
        let only_text = payload.nodes().iter().all(|node| matches!(node, Node::Text(_)));
        if only_text && !text.is_empty() {
            return (format!("<{}> \"{}\"", short(payload.name(), 40), short(text, 80)), Vec::new());
        }
        (summary(payload), Vec::new())
    }
}

/// Items of one notification that are described one by one.
const ITEMS_SHOWN: usize = 5;
