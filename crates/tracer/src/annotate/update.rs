//! The contact centre's `<Update>` document: what happened to whom.

use xmpp::{Element, Limits, ns};

use super::Annotator;
use crate::{finding_id, text::short};

/// Reads a document that was text inside a notification.
pub(super) fn parse(text: &str) -> Option<Element> {
    let mut text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with("<?xml") {
        text = text.split_once("?>")?.1.trim_start();
    }
    let limits = Limits { elements_max: 65_536, ..Limits::with_bytes_max(1 << 20) };
    Element::parse(text, &limits).ok()
}

impl Annotator {
    /// The sentence, and the request id and source it is told with.
    pub(super) fn update(&mut self, update: &Element) -> (String, Vec<String>) {
        let event = field(update, "event").unwrap_or_default().to_ascii_uppercase();
        let id = field(update, "requestId");
        self.document.request_id = id.clone().or(self.document.request_id.take());
        let request = id.map(|id| format!("request {}", short(&id, 80)));
        let source = field(update, "source");
        let object = child(update, "data").and_then(Element::first_element);
        let text = match object {
            Some(object) => self.object(object, &event),
            None => format!(
                "{} {}",
                source.as_deref().map_or("something".to_owned(), |source| short(source, 200)),
                happened(&event)
            ),
        };
        let source = source.map(|source| format!("source {}", short(&source, 200)));
        (text, request.into_iter().chain(source).collect())
    }

    fn object(&mut self, object: &Element, event: &str) -> String {
        // Documents differ in the case of the first letter, between events and from version to version.
        match object.name().to_ascii_lowercase().as_str() {
            "user" => self.user(object, event),
            "users" => self.list(object, "user", event),
            "team" => match child(object, "users") {
                Some(users) => format!("team {}: {}", name_or_id(object), self.list(users, "user", event)),
                None => format!("team {} {}", name_or_id(object), happened(event)),
            },
            "dialog" => dialog(object, event),
            "dialogs" => {
                let all: Vec<_> = object.elements().take(LIST_SHOWN).map(|d| dialog(d, event)).collect();
                if all.is_empty() { "no dialog".to_owned() } else { all.join("; ") }
            }
            "apierrors" => {
                let all: Vec<_> = object.elements().take(LIST_SHOWN).map(api_error).collect();
                format!("the contact centre refused: {}", all.join("; "))
            }
            "systeminfo" => {
                if field(object, "status").as_deref() == Some("OUT_OF_SERVICE") {
                    self.document.finding = Some(finding_id!("FO-OOS"));
                }
                format!("the system is {}", shown(object, "status").unwrap_or_else(|| "changed".into()))
            }
            "queue" => {
                let waiting = child(object, "statistics").and_then(|s| shown(s, "callsInQueue"));
                let waiting = waiting.map(|n| format!(", {n} calls wait")).unwrap_or_default();
                format!("queue {}{waiting}", name_or_id(object))
            }
            "media" => {
                let state = shown(object, "state").map(|s| format!(" is {s}")).unwrap_or_default();
                format!("media {}{state}", name_or_id(object))
            }
            "teammessage" => format!(
                "team message \"{}\" {}",
                shown(object, "content").unwrap_or_default(),
                happened(event)
            ),
            other => format!("{} {} {}", short(other, 40), name_or_id(object), happened(event)),
        }
    }

    fn list(&mut self, users: &Element, what: &str, event: &str) -> String {
        let count = users.elements().count();
        let mut all: Vec<_> = users.elements().take(LIST_SHOWN).map(|user| self.user(user, event)).collect();
        if count > LIST_SHOWN {
            all.push(format!("and {} more", count - LIST_SHOWN));
        }
        if all.is_empty() { format!("no {what}") } else { all.join("; ") }
    }

    /// `1001001 READY → NOT_READY, Lunch (12)`.
    fn user(&mut self, user: &Element, event: &str) -> String {
        let id =
            field(user, "loginId").or_else(|| field(user, "uri").map(|uri| last_segment(&uri).to_owned()));
        let id = id.unwrap_or_else(|| "a user".to_owned());
        let shown_id = short(&id, 80);
        if event == "DELETE" {
            self.states.remove(&id);
            return format!("{shown_id} was removed");
        }
        let Some(state) = field(user, "state") else { return format!("{shown_id} {}", happened(event)) };
        let before = self.remember_state(&id, &state);
        let mut text = match before.filter(|before| *before != state) {
            Some(before) => format!("{shown_id} {} → {}", short(&before, 40), short(&state, 40)),
            None => format!("{shown_id} is {}", short(&state, 40)),
        };
        let reason = child(user, "reasonCode").or_else(|| child(user, "ReasonCode"));
        if let Some(reason) = reason {
            let code = field(reason, "code");
            if state == "LOGOUT" && code.is_some_and(|code| FORCED.contains(&code.as_str())) {
                self.document.finding = Some(finding_id!("FO-255"));
            }
            let code = shown(reason, "code").map(|code| format!(" ({code})")).unwrap_or_default();
            let label = shown(reason, "label").unwrap_or_else(|| "reason".to_owned());
            text.push_str(&format!(", {label}{code}"));
        }
        if let Some(pending) = shown(user, "pendingState") {
            text.push_str(&format!(", then {pending}"));
        }
        text
    }
}

/// `dialog 53149720 ALERTING, 5551001 → 2101 (added)`.
fn dialog(dialog: &Element, event: &str) -> String {
    let id = shown(dialog, "id").unwrap_or_default();
    let state = shown(dialog, "state").map(|state| format!(" {state}")).unwrap_or_default();
    let parties = match (shown(dialog, "fromAddress"), shown(dialog, "toAddress")) {
        (Some(from), Some(to)) => format!(", {from} → {to}"),
        (Some(one), None) | (None, Some(one)) => format!(", {one}"),
        (None, None) => String::new(),
    };
    let change = match event {
        "POST" => " (added)",
        "DELETE" => " (ended for this user)",
        _ => "",
    };
    format!("dialog {id}{state}{parties}{change}")
}

fn api_error(error: &Element) -> String {
    let part = |name: &str| {
        error
            .elements()
            .find(|e| e.name().eq_ignore_ascii_case(name))
            .map(|e| short(&e.text(), 120))
            .filter(|t| !t.is_empty())
    };
    let mut text = part("errorType").unwrap_or_else(|| "an error".to_owned());
    if let Some(message) = part("errorMessage") {
        text.push_str(&format!(": {message}"));
    }
    if let Some(data) = part("errorData") {
        text.push_str(&format!(" ({data})"));
    }
    text
}

fn name_or_id(object: &Element) -> String {
    let named = shown(object, "name").or_else(|| shown(object, "id"));
    named.or_else(|| field(object, "uri").map(|uri| short(last_segment(&uri), 80))).unwrap_or_default()
}

fn happened(event: &str) -> &'static str {
    match event {
        "POST" => "was added",
        "DELETE" => "was removed",
        _ => "changed",
    }
}

fn last_segment(uri: &str) -> &str {
    uri.trim_end_matches('/').rsplit('/').next().unwrap_or(uri)
}

fn child<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.child(name, ns::NONE).or_else(|| element.elements().find(|child| child.name() == name))
}

/// The text of a child, `None` if it is missing or empty.
fn field(element: &Element, name: &str) -> Option<String> {
    child(element, name).map(Element::text).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn shown(element: &Element, name: &str) -> Option<String> {
    field(element, name).map(|text| short(&text, 80))
}

/// The reason codes of agents who were signed out because their desktop was gone, on CCE and on CCX.
const FORCED: [&str; 2] = ["255", "32765"];

/// Users, dialogs or errors of one document that are described one by one.
const LIST_SHOWN: usize = 5;
