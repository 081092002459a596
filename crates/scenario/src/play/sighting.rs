//! One thing that was seen on a line, in the words of the notification that told it.

use std::fmt::{self, Display, Formatter, Write as _};

use xmpp::{Element, Limits, ns};

/// Something seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sighting {
    User(User),
    Dialog {
        event: String,
        dialog: Dialog,
        request: String,
    },
    Error {
        kind: String,
        message: String,
        data: String,
        request: String,
    },
    Queue {
        id: String,
        statistics: Vec<(String, String)>,
    },
    Service {
        status: String,
    },
    /// Another notification.
    Other {
        node: String,
        event: String,
    },
    /// The line is over, with the reason in words.
    LineEnd {
        why: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    /// The own node was it, and not that of a team.
    pub(crate) is_own: bool,
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) pending: String,
    /// The reason code: its key, its number and its label, as far as they are there.
    pub(crate) reason: Vec<String>,
}

/// A dialog as a document has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialog {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) kind: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) dialed: String,
    pub(crate) queue: String,
    /// Call variables and the wrap-up reason, with those that are empty.
    pub(crate) data: Vec<(String, String)>,
    pub(crate) parties: Vec<Party>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) number: String,
    pub(crate) state: String,
    pub(crate) cause: String,
    pub(crate) actions: Vec<String>,
}

impl Dialog {
    /// Reads a `<Dialog>` or `<dialog>`.
    pub(crate) fn read(element: &Element) -> Dialog {
        let empty = Element::new("none", ns::NONE);
        let properties = element.child("mediaProperties", ns::NONE).unwrap_or(&empty);
        let variables = properties.child("callvariables", ns::NONE).unwrap_or(&empty);
        let mut data: Vec<(String, String)> =
            variables.elements().map(|variable| (text(variable, "name"), text(variable, "value"))).collect();
        data.push(("wrapUpReason".to_owned(), text(properties, "wrapUpReason")));
        let parties =
            element.child("participants", ns::NONE).unwrap_or(&empty).elements().map(|party| Party {
                number: text(party, "mediaAddress"),
                state: text(party, "state"),
                cause: text(party, "stateCause"),
                actions: party
                    .child("actions", ns::NONE)
                    .map_or_else(Vec::new, |actions| actions.elements().map(Element::text).collect()),
            });
        Dialog {
            id: text(element, "id"),
            state: text(element, "state"),
            kind: text(properties, "callType"),
            from: text(element, "fromAddress"),
            to: text(element, "toAddress"),
            dialed: text(properties, "dialedNumber"),
            queue: text(properties, "queueName"),
            data,
            parties: parties.collect(),
        }
    }

    /// The party with this number: one who has not left before one who has.
    pub(crate) fn party(&self, number: &str) -> Option<&Party> {
        let with_it = || self.parties.iter().filter(|party| party.number == number);
        with_it().find(|party| party.is_live()).or_else(|| with_it().next_back())
    }

    /// Whether the party at `number` may ask for `action`.
    pub(crate) fn allows(&self, number: &str, action: &str) -> bool {
        self.party(number).is_some_and(|party| party.actions.iter().any(|other| other == action))
    }
}

impl Party {
    pub(crate) fn is_live(&self) -> bool {
        !matches!(self.state.as_str(), "DROPPED" | "WRAP_UP")
    }
}

impl Sighting {
    /// Reads a stanza, with the id of its item; None for what is no notification.
    ///
    /// - `user`: whose line it came on.
    pub(crate) fn read(message: &Element, user: &str) -> Option<(String, Sighting)> {
        if !message.is("message", ns::CLIENT) {
            return None;
        }
        let items = message.child("event", ns::PUBSUB_EVENT)?.child("items", ns::PUBSUB_EVENT)?;
        let node = items.attribute("node").unwrap_or_default().to_owned();
        let item = items.first_element()?;
        let id = item.attribute("id").unwrap_or_default().to_owned();
        let document = item.first_element()?.text();
        let limits = Limits { bytes_max: DOCUMENT_BYTES_MAX, elements_max: 200_000, ..Limits::default() };
        let update = Element::parse(document.trim(), &limits).ok()?;
        let event = text(&update, "event");
        let request = text(&update, "requestId");
        let sighting = update
            .child("data", ns::NONE)
            .and_then(Element::first_element)
            .and_then(|data| Sighting::of_data(data, &node, &event, request, user));
        Some((id, sighting.unwrap_or(Sighting::Other { node, event })))
    }

    fn of_data(data: &Element, node: &str, event: &str, request: String, user: &str) -> Option<Sighting> {
        match data.name() {
            "user" | "User" => {
                let reason = data.child("reasonCode", ns::NONE);
                let of_reason = |name| reason.map(|reason| text(reason, name));
                let reason = [Some(text(data, "reasonCodeId")), of_reason("code"), of_reason("label")];
                Some(Sighting::User(User {
                    is_own: node.rsplit_once('/').is_some_and(|(_, last)| last.eq_ignore_ascii_case(user)),
                    id: text(data, "loginId"),
                    state: text(data, "state"),
                    pending: text(data, "pendingState"),
                    reason: reason.into_iter().flatten().filter(|text| !text.is_empty()).collect(),
                }))
            }
            "dialog" | "Dialog" => {
                Some(Sighting::Dialog { event: event.to_owned(), dialog: Dialog::read(data), request })
            }
            "dialogs" | "Dialogs" => {
                let dialog = Dialog::read(data.first_element()?);
                Some(Sighting::Dialog { event: event.to_owned(), dialog, request })
            }
            "apiErrors" => {
                let error = data.first_element()?;
                Some(Sighting::Error {
                    kind: text(error, "errorType"),
                    message: text(error, "errorMessage"),
                    data: text(error, "errorData"),
                    request,
                })
            }
            "queues" => Sighting::queue(data.first_element()?, node),
            "queue" | "Queue" => Sighting::queue(data, node),
            name if name.eq_ignore_ascii_case("systemInfo") => {
                Some(Sighting::Service { status: text(data, "status") })
            }
            _ => None,
        }
    }

    fn queue(queue: &Element, node: &str) -> Option<Sighting> {
        let uri = text(queue, "uri");
        let path = if uri.is_empty() { node } else { &uri };
        let id = path.rsplit('/').next().unwrap_or_default().to_owned();
        Some(Sighting::Queue { id, statistics: statistics(queue) })
    }
}

/// The statistics of a `<Queue>`.
pub(crate) fn statistics(queue: &Element) -> Vec<(String, String)> {
    let all = queue.child("statistics", ns::NONE).into_iter().flat_map(Element::elements);
    all.map(|statistic| (statistic.name().to_owned(), statistic.text())).collect()
}

/// The text of a child; empty if it is not there.
pub(crate) fn text(element: &Element, name: &str) -> String {
    element.child(name, ns::NONE).map(Element::text).unwrap_or_default()
}

/// One line for a person.
impl Display for Sighting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Sighting::User(user) => user.fmt(f),
            Sighting::Dialog { event, dialog, .. } => {
                let what = match event.as_str() {
                    "POST" => "new dialog",
                    "DELETE" => "dialog gone",
                    _ => "dialog",
                };
                write!(f, "{what} {dialog}")
            }
            Sighting::Error { kind, message, data, .. } => write!(f, "error \"{kind}\", {message} ({data})"),
            Sighting::Queue { id, statistics } => {
                write!(f, "queue {id}:")?;
                for (index, (name, value)) in statistics.iter().enumerate() {
                    write!(f, "{} {name} = {value}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Sighting::Service { status } => write!(f, "service {status}"),
            Sighting::Other { node, event } => write!(f, "{event} on {node}"),
            Sighting::LineEnd { why } => write!(f, "the line end: {why}"),
        }
    }
}

impl Display for User {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_own {
            write!(f, "state {}", self.state)?;
        } else {
            write!(f, "{} {}", self.id, self.state)?;
        }
        if let Some(reason) = self.reason.last().filter(|reason| *reason != "-1") {
            write!(f, " with reason \"{reason}\"")?;
        }
        if self.pending.is_empty() { Ok(()) } else { write!(f, ", pending {}", self.pending) }
    }
}

/// `16777217 ALERTING, PREROUTE_ACD_IN from 5551001 to 8001 (5551001 INITIATED; 2001001 ALERTING, may ANSWER)`
impl Display for Dialog {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {} from {} to {} (", self.id, self.state, self.kind, self.from, self.to)?;
        for (index, party) in self.parties.iter().enumerate() {
            write!(f, "{}{} {}", if index == 0 { "" } else { "; " }, party.number, party.state)?;
            if !party.cause.is_empty() {
                write!(f, " {}", party.cause)?;
            }
            if !party.actions.is_empty() {
                write!(f, ", may {}", party.actions.join(" "))?;
            }
        }
        f.write_char(')')?;
        for (name, value) in self.data.iter().filter(|(_, value)| !value.is_empty()) {
            write!(f, " {name} = \"{value}\"")?;
        }
        Ok(())
    }
}

/// Bytes of a notification's document.
const DOCUMENT_BYTES_MAX: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// What user 1001001 sees when this document is told on this node.
    fn seen(node: &str, document: &str) -> Option<Sighting> {
        let item = Element::new("item", ns::PUBSUB_EVENT)
            .with_attribute("id", "one")
            .with_child(Element::new("notification", ns::PUBSUB).with_text(document));
        let items = Element::new("items", ns::PUBSUB_EVENT).with_attribute("node", node).with_child(item);
        let event = Element::new("event", ns::PUBSUB_EVENT).with_child(items);
        let (id, sighting) =
            Sighting::read(&Element::new("message", ns::CLIENT).with_child(event), "1001001")?;
        assert_eq!(id, "one");
        Some(sighting)
    }

    fn shown(node: &str, data: &str, event: &str) -> String {
        let document = format!(
            "<Update><data>{data}</data><event>{event}</event><requestId/><source>{node}</source></Update>"
        );
        seen(node, &document).expect("a notification").to_string()
    }

    /// Feeds of all kinds, in the spellings of documents of their own and of lists.
    #[test]
    fn notifications_become_lines_for_people() {
        let user = "<user><loginId>1001001</loginId><pendingState>LOGOUT</pendingState><reasonCode><code>12</code>\
                    <label>Lunch</label></reasonCode><state>NOT_READY</state></user>";
        let dialog = "<id>7</id><fromAddress>1</fromAddress><toAddress>2</toAddress><mediaProperties><callType>OUT</callType>\
                      <callvariables><CallVariable><name>callVariable1</name><value>gold</value></CallVariable></callvariables>\
                      </mediaProperties><participants><Participant><actions><action>DROP</action></actions>\
                      <mediaAddress>1</mediaAddress><state>FAILED</state><stateCause>BUSY</stateCause></Participant>\
                      </participants><state>FAILED</state>";
        let line = "7 FAILED, OUT from 1 to 2 (1 FAILED BUSY, may DROP) callVariable1 = \"gold\"";
        for (node, data, event, expected) in [
            (
                "/finesse/api/User/1001001",
                user,
                "PUT",
                "state NOT_READY with reason \"Lunch\", pending LOGOUT".to_owned(),
            ),
            (
                "/finesse/api/Team/1/Users",
                user,
                "PUT",
                "1001001 NOT_READY with reason \"Lunch\", pending LOGOUT".to_owned(),
            ),
            ("/d", &format!("<dialog>{dialog}</dialog>"), "PUT", format!("dialog {line}")),
            (
                "/d",
                &format!("<dialogs><Dialog>{dialog}</Dialog></dialogs>"),
                "POST",
                format!("new dialog {line}"),
            ),
            (
                "/d",
                &format!("<dialogs><Dialog>{dialog}</Dialog></dialogs>"),
                "DELETE",
                format!("dialog gone {line}"),
            ),
            (
                "/q",
                "<queues><Queue><statistics><callsInQueue>3</callsInQueue></statistics><uri>/finesse/api/Queue/4</uri></Queue></queues>",
                "POST",
                "queue 4: callsInQueue = 3".to_owned(),
            ),
            (
                "/d",
                "<apiErrors><apiError><errorData>33</errorData><errorMessage>CF_RESOURCE_BUSY</errorMessage>\
                 <errorType>Invalid State</errorType></apiError></apiErrors>",
                "PUT",
                "error \"Invalid State\", CF_RESOURCE_BUSY (33)".to_owned(),
            ),
            (
                "/finesse/api/SystemInfo",
                "<systemInfo><status>OUT_OF_SERVICE</status></systemInfo>",
                "PUT",
                "service OUT_OF_SERVICE".to_owned(),
            ),
            ("/n", "<news/>", "PUT", "PUT on /n".to_owned()),
        ] {
            assert_eq!(shown(node, data, event), expected);
        }
        assert_eq!(seen("/n", "no document"), None);
    }
}
