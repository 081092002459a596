//! iq, presence and message, and what their errors mean.

use client::{Direction, Stage};
use xmpp::{Condition, Element, StanzaError, ns};

use super::{Annotation, Annotator, Kind, Request, Subject, pubsub, summary, words};
use crate::{catalogue::FindingId, finding_id, text::short};

impl Annotator {
    pub(super) fn iq(&mut self, direction: Direction, iq: &Element) -> Annotation {
        let id = iq.attribute("id").unwrap_or_default();
        let sent = direction == Direction::Sent;
        match iq.attribute("type") {
            Some("get" | "set") => {
                let (stage, kind, subject, what) = request(iq);
                self.remember_request(sent, id, Request { what: what.clone(), subject });
                let to = iq.attribute(if sent { "to" } else { "from" });
                let to = to.map(|to| format!("{} {}", if sent { "to" } else { "from" }, short(to, 100)));
                Annotation::new(stage, kind, what).with_detail(to.unwrap_or_default())
            }
            Some("result") => {
                let request = self.requests.remove(&(!sent, id.to_owned()));
                self.result(iq, request)
            }
            Some("error") => {
                let request = self.requests.remove(&(!sent, id.to_owned()));
                let (what, subject) =
                    request.map_or(("a request".to_owned(), Subject::Other), |r| (r.what, r.subject));
                let error = error_of(iq);
                if what == PING && error.condition != Condition::RemoteServerNotFound {
                    return Annotation::new(
                        Stage::Steady,
                        Kind::KeepAlive,
                        "pong (as an error, which proves life too)",
                    );
                }
                let condition = error.condition.name();
                let general = explain_stanza_error(error.condition).to_owned();
                let (stage, meaning, finding) = match subject {
                    Subject::Subscription => {
                        (Stage::Pubsub, explain_subscription_error(&error), pubsub::finding(&error))
                    }
                    Subject::Binding => (Stage::Bind, general, FindingId::for_bind_error(condition)),
                    Subject::Session => (Stage::Bind, general, Some(finding_id!("BI-SESSION"))),
                    Subject::Other => (Stage::Steady, general, None),
                };
                let text = format!("{what} refused: {condition}, {meaning}");
                Annotation::new(stage, Kind::Problem, text).with_detail(words(&error)).named(finding)
            }
            _ => Annotation::new(Stage::Steady, Kind::Problem, "an iq without a type, which nobody may send"),
        }
    }

    fn result(&mut self, iq: &Element, request: Option<Request>) -> Annotation {
        if let Some(jid) = iq.child("bind", ns::BIND).and_then(|bind| bind.child("jid", ns::BIND)) {
            let jid = jid.text();
            let text = format!("bound {}", short(&jid, 200));
            self.own = Some(jid);
            return Annotation::new(Stage::Bind, Kind::Handshake, text);
        }
        if let Some(subscription) =
            iq.child("pubsub", ns::PUBSUB).and_then(|pubsub| pubsub.child("subscription", ns::PUBSUB))
        {
            return pubsub::subscription(subscription);
        }
        match request {
            Some(request) if request.what == PING => Annotation::new(Stage::Steady, Kind::KeepAlive, "pong"),
            Some(request) => {
                let stage = match request.subject {
                    Subject::Subscription => Stage::Pubsub,
                    Subject::Binding | Subject::Session => Stage::Bind,
                    Subject::Other => Stage::Steady,
                };
                let inside = iq.first_element().map(contents).unwrap_or_default();
                Annotation::new(stage, Kind::Request, format!("{}: done", request.what)).with_detail(inside)
            }
            None => {
                let inside = iq.first_element().map(contents).unwrap_or_default();
                Annotation::new(Stage::Steady, Kind::Request, "an answer to nothing we saw asked")
                    .with_detail(inside)
            }
        }
    }

    pub(super) fn presence(&mut self, direction: Direction, presence: &Element) -> Annotation {
        let from = presence.attribute("from");
        let own = direction == Direction::Sent || (from.is_some() && from == self.own.as_deref());
        let stage = if own { Stage::Presence } else { Stage::Steady };
        let who = match (direction, from) {
            (Direction::Sent, _) => "we are".to_owned(),
            (Direction::Received, _) if own => "the server shows us as".to_owned(),
            (Direction::Received, Some(from)) => format!("{} is", short(from, 200)),
            (Direction::Received, None) => "somebody unnamed is".to_owned(),
        };
        let field =
            |name: &str| presence.child(name, ns::CLIENT).map(Element::text).filter(|t| !t.is_empty());
        match presence.attribute("type") {
            None => {
                let show = field("show").map(|show| format!(" ({})", short(&show, 20))).unwrap_or_default();
                let priority = field("priority").unwrap_or_else(|| "0".to_owned());
                let mut detail = format!("priority {}", short(&priority, 10));
                if let Some(status) = field("status") {
                    detail.push_str(&format!(", \"{}\"", short(&status, 80)));
                }
                let negative = own && priority.trim().starts_with('-');
                if negative {
                    detail.push_str(": negative, so messages to the bare JID go elsewhere");
                }
                Annotation::new(stage, Kind::Presence, format!("{who} available{show}"))
                    .with_detail(detail)
                    .named(negative.then_some(finding_id!("PR-NEGATIVE")))
            }
            Some("unavailable") => {
                let status = field("status").map(|status| format!("\"{}\"", short(&status, 80)));
                Annotation::new(stage, Kind::Presence, format!("{who} gone"))
                    .with_detail(status.unwrap_or_default())
            }
            Some("error") => {
                let error = error_of(presence);
                let whom = short(from.unwrap_or("somebody unnamed"), 200);
                Annotation::new(
                    stage,
                    Kind::Problem,
                    format!("presence of {whom}: {}", error.condition.name()),
                )
                .with_detail(words(&error))
            }
            Some(other) => {
                let whom = short(from.or(presence.attribute("to")).unwrap_or("somebody unnamed"), 200);
                Annotation::new(stage, Kind::Presence, format!("presence {} {whom}", short(other, 20)))
            }
        }
    }

    pub(super) fn message(&mut self, message: &Element) -> Annotation {
        let from = short(message.attribute("from").unwrap_or("somebody unnamed"), 200);
        if message.attribute("type") == Some("error") {
            let error = error_of(message);
            return Annotation::new(
                Stage::Steady,
                Kind::Problem,
                format!("a message came back from {from}: {}", error.condition.name()),
            )
            .with_detail(words(&error));
        }
        if let Some(event) = message.child("event", ns::PUBSUB_EVENT) {
            return self.event(message, event);
        }
        match message.child("body", ns::CLIENT) {
            Some(body) => Annotation::new(
                Stage::Steady,
                Kind::Message,
                format!("message from {from}: \"{}\"", short(&body.text(), 120)),
            ),
            None => {
                let inside = message.first_element().map(summary).unwrap_or_default();
                Annotation::new(Stage::Steady, Kind::Message, format!("message from {from}"))
                    .with_detail(inside)
            }
        }
    }
}

/// What a request asks for.
fn request(iq: &Element) -> (Stage, Kind, Subject, String) {
    let Some(payload) = iq.first_element() else {
        return (Stage::Steady, Kind::Problem, Subject::Other, "a request for nothing".to_owned());
    };
    let node = payload.attribute("node").map(|node| format!(" {}", short(node, 200))).unwrap_or_default();
    let other = |stage, kind, what: String| (stage, kind, Subject::Other, what);
    match (payload.name(), payload.ns()) {
        ("ping", ns::PING) => other(Stage::Steady, Kind::KeepAlive, PING.to_owned()),
        ("bind", ns::BIND) => {
            let resource = payload.child("resource", ns::BIND).map(Element::text);
            let what = match resource {
                Some(resource) => format!("bind the resource {}", short(&resource, 100)),
                None => "bind a resource of the server's choice".to_owned(),
            };
            (Stage::Bind, Kind::Handshake, Subject::Binding, what)
        }
        ("session", ns::SESSION) => {
            (Stage::Bind, Kind::Handshake, Subject::Session, "start a session".to_owned())
        }
        ("pubsub", ns::PUBSUB | ns::PUBSUB_OWNER) => pubsub::request(payload),
        ("query", ns::DISCO_INFO) => other(Stage::Steady, Kind::Request, format!("ask what is there{node}")),
        ("query", ns::DISCO_ITEMS) => {
            other(Stage::Steady, Kind::Request, format!("ask for the list of items{node}"))
        }
        ("query", ns::ROSTER) => other(Stage::Steady, Kind::Request, "ask for the contact list".to_owned()),
        ("query", ns::VERSION) => {
            other(Stage::Steady, Kind::Request, "ask for the software version".to_owned())
        }
        _ => other(
            Stage::Steady,
            Kind::Request,
            format!("{} {}", iq.attribute("type").unwrap_or("iq"), summary(payload)),
        ),
    }
}

/// What is in a result, briefly.
fn contents(payload: &Element) -> String {
    let count = payload.elements().count();
    let listed = |what: &str, attribute: &str| {
        let names: Vec<_> = payload
            .elements()
            .filter_map(|item| item.attribute(attribute))
            .take(5)
            .map(|name| short(name, 80))
            .collect();
        let more = if count > names.len() { ", …" } else { "" };
        format!("{count} {what}: {}{more}", names.join(", "))
    };
    match payload.ns() {
        ns::DISCO_ITEMS if count > 0 => listed(
            "items",
            if payload.elements().any(|i| i.attribute("node").is_some()) { "node" } else { "jid" },
        ),
        ns::ROSTER if count > 0 => listed("contacts", "jid"),
        ns::DISCO_ITEMS | ns::ROSTER => "empty".to_owned(),
        ns::DISCO_INFO => {
            let identity = payload.child("identity", ns::DISCO_INFO);
            let part = |name| identity.and_then(|i| i.attribute(name)).unwrap_or("?");
            format!(
                "{}/{}, {} features",
                short(part("category"), 40),
                short(part("type"), 40),
                payload.elements().filter(|e| e.name() == "feature").count()
            )
        }
        ns::VERSION => payload.elements().take(3).map(|e| short(&e.text(), 60)).collect::<Vec<_>>().join(" "),
        _ => summary(payload),
    }
}

fn error_of(stanza: &Element) -> StanzaError {
    let undefined = || StanzaError::new(Condition::UndefinedCondition);
    stanza.child("error", ns::CLIENT).map_or_else(undefined, StanzaError::from_element)
}

/// What a stanza error means in general, in a few words.
pub fn explain_stanza_error(condition: Condition) -> &'static str {
    match condition {
        Condition::BadRequest => "the request is malformed",
        Condition::Conflict => "something of that name exists",
        Condition::FeatureNotImplemented => "understood, but not done here",
        Condition::Forbidden => "this user may not do that",
        Condition::Gone => "it has moved",
        Condition::InternalServerError => "a fault inside the server",
        Condition::ItemNotFound => "there is no such thing",
        Condition::JidMalformed => "not an address",
        Condition::NotAcceptable => "refused because of what is in it",
        Condition::NotAllowed => "nobody may do that here",
        Condition::NotAuthorized => "not allowed without more rights",
        Condition::PolicyViolation => "a local rule forbids it",
        Condition::RecipientUnavailable => "the recipient is away",
        Condition::RemoteServerNotFound => "no such server or service: check the address",
        Condition::RemoteServerTimeout => "the service behind the server did not answer",
        Condition::ResourceConstraint => "the server is too busy",
        Condition::ServiceUnavailable => "nothing at that address offers this",
        _ => "no further reason given",
    }
}

/// What an error in answer to a subscription means (XEP-0060 §6.1.3, §6.2.3).
pub fn explain_subscription_error(error: &StanzaError) -> String {
    let application = error.application.as_ref().filter(|a| a.ns() == ns::PUBSUB_ERRORS);
    let text = match (error.condition, application.map(Element::name)) {
        (_, Some("presence-subscription-required")) => {
            "the node is for those who are in a contact list with its owner"
        }
        (_, Some("not-in-roster-group")) => "the node is for a group of contacts this user is not in",
        (_, Some("closed-node")) => "the node is for listed users only",
        (_, Some("invalid-jid")) => "the address to subscribe is not the one of this line",
        (_, Some("pending-subscription")) => "an earlier subscription still waits for approval",
        (_, Some("too-many-subscriptions")) => {
            "this user has too many subscriptions: earlier ones may be left over"
        }
        (_, Some("nodeid-required")) => "the request names no node",
        (_, Some("subid-required")) => "there are several subscriptions, and the request must say which",
        (_, Some("invalid-subid")) => "there is no subscription with that id",
        (_, Some("not-subscribed")) => "there is no such subscription (bare and full JID count separately)",
        (_, Some("configuration-required")) => "the node wants options with the subscription",
        (_, Some("unsupported")) => {
            let feature = application.and_then(|a| a.attribute("feature")).unwrap_or("this");
            return format!("the service does not support {}", short(feature, 60));
        }
        (Condition::ItemNotFound, _) => {
            "the service has no such node: check the id (login ID, not name) and the service"
        }
        (Condition::Forbidden, _) => {
            "this user may not: not the own node, not an own team, or a role is missing"
        }
        (Condition::NotAllowed, _) => "nobody may subscribe to this node",
        (Condition::RemoteServerNotFound | Condition::ServiceUnavailable, _) => {
            "there is no PubSub service at that address"
        }
        (other, _) => explain_stanza_error(other),
    };
    text.to_owned()
}

/// What an XEP-0199 request is called here.
const PING: &str = "ping";
