//! What the JSON of `/offhook/v1` looks like.

use super::schemas::Shape::{Any, Array, Flag, Object, OneOf, Text, Texts, Whole};
use super::schemas::{Field, Schema, Shape, WRAP_UP_MODE, has, may};
use crate::faults::Kind;

const fn json(name: &'static str, fields: &'static [Field]) -> Schema {
    Schema { name, root: None, shape: Object(fields), is_closed: true }
}

/// All of them.
pub(super) static SCHEMAS: &[Schema] = &[
    json("Problem", PROBLEM),
    json("Call", CALL),
    json("NewCall", NEW_CALL),
    json("OutsideAct", OUTSIDE_ACT),
    json("NewCampaignCall", NEW_CAMPAIGN_CALL),
    json("ClientLogFile", CLIENT_LOG_FILE),
    json("ClientLogWish", CLIENT_LOG_WISH),
    json("Task", TASK),
    json("NewTask", NEW_TASK),
    json("WrapUpChange", WRAP_UP_CHANGE),
    json("NewFault", NEW_FAULT),
    // What was asked for, and what has become of it.
    Schema { is_closed: false, ..json("Fault", FAULT) },
    json("Service", SERVICE),
    json("ServiceChange", SERVICE_CHANGE),
    json("Session", SESSION),
    json("Publisher", PUBLISHER),
    json("AddedPublisher", ADDED_PUBLISHER),
    json("NewPublisher", NEW_PUBLISHER),
    json("Event", EVENT),
    json("PublishedEvent", PUBLISHED_EVENT),
    Schema { is_closed: false, ..json("EventOutcome", EVENT_OUTCOME) },
];

const COUNT: Shape = Whole(0, u32::MAX as i64);
const LENGTH: Shape = Whole(0, i64::MAX);
const STATUS: Shape = Whole(100, 599);

const PROBLEM: &[Field] = &[
    has("error", Text, "What kind of error."),
    has("data", Text, "What it is about."),
    has("message", Text, "What happened and what to do."),
];

const CALL: &[Field] = &[
    has("id", COUNT, ""),
    has("state", Text, ""),
    has("call_type", Text, ""),
    has("from", Text, ""),
    has("to", Text, ""),
    may("queue", COUNT, "The queue that it waits in or came from."),
    may("reserved", Text, "The agent who is reserved for the customer, until the customer is there."),
    has("parties", Array(&Object(PARTY)), ""),
];

const PARTY: &[Field] =
    &[has("number", Text, ""), may("user", Text, "The agent, if it is one."), has("state", Text, "")];

const NEW_CALL: &[Field] = &[
    has("from", Text, "The caller's number."),
    has("to", Text, "An agent's extension or a queue's number."),
    may("variables", Texts, "Call variables by name."),
];

const OUTSIDE_ACT: &[Field] = &[
    has("number", Text, "Whose number."),
    may("cause", OneOf(|| vec!["BUSY", "BAD_DESTINATION", "OTHER"]), "Why it cannot be reached."),
];

const NEW_CAMPAIGN_CALL: &[Field] = &[
    has("user", Text, "The agent's login id."),
    has("customer", Text, "The number to be called."),
    has("campaign", Text, "The campaign's name."),
    may("variables", Texts, "Call variables by name, the dialler's own among them."),
];

const CLIENT_LOG_FILE: &[Field] = &[
    has("name", Text, "The file's name."),
    has("user", Text, "Whose desktop has sent it."),
    has("received_at", Text, ""),
    has("bytes", LENGTH, ""),
];

const CLIENT_LOG_WISH: &[Field] = &[has("user", Text, "Whose desktop: a login id or login name.")];

const TASK: &[Field] = &[
    has("number", COUNT, ""),
    has("media", COUNT, "The media domain, by key."),
    has("created_at", Text, "Since when there is this task."),
    may("dialog", Text, "What the agent who has it knows it by."),
    may("user", Text, "The agent who has it."),
    has("state", Text, "WAITING, or how far the agent is."),
];

const NEW_TASK: &[Field] =
    &[has("media", COUNT, "The media domain, by key."), may("variables", Texts, "Call variables by name.")];

const WRAP_UP_CHANGE: &[Field] = &[
    may("incoming", WRAP_UP_MODE, "After calls that come in."),
    may("outgoing", WRAP_UP_MODE, "After calls that go out."),
    may("seconds", Whole(1, 86_400), "How long."),
];

const FAULT_KIND: Shape = OneOf(|| Kind::ALL.iter().map(|kind| kind.as_str()).collect());

const NEW_FAULT: &[Field] = &[
    has("fault", FAULT_KIND, "Which fields go with which kind, docs/faults.md says."),
    may("user", Text, "Whom it strikes: a login id."),
    may("jid", Text, "Which session it strikes: a full JID."),
    may("all", Flag, "It strikes everybody."),
    may("reset", Flag, "Connections are reset."),
    may("condition", Text, "The condition of the error."),
    may("host", Text, "Where clients are sent."),
    may("text", Text, "The explanation in the stream error."),
    may("status", STATUS, "The HTTP status."),
    may("user_agent", Text, "Only clients that say they are this."),
    may("address", Text, "Only clients with this address."),
    may("delay", Text, "How late, such as `500 ms`."),
    may("path", Text, "Only requests whose path begins like this."),
    may("method", Text, "Only requests with this method."),
    may("times", COUNT, "How often it strikes."),
    may("for", Text, "How long it lasts, such as `10 min`."),
];

const FAULT: &[Field] = &[
    has("id", LENGTH, "Its number."),
    has("fault", FAULT_KIND, ""),
    has("by", Text, "Who asked for it."),
    has("since", Text, ""),
    has("until", Text, ""),
];

const SERVICE_STATUS: Shape = OneOf(|| vec!["IN_SERVICE", "OUT_OF_SERVICE"]);
const OUTAGE_CAUSE: Shape = OneOf(|| vec!["CTI", "WEB_APPLICATION"]);
const AGENTS_AFTERWARDS: Shape = OneOf(|| vec!["AS_BEFORE", "NOT_READY"]);

const SERVICE: &[Field] = &[
    has("status", SERVICE_STATUS, ""),
    may("cause", OUTAGE_CAUSE, "What has failed."),
    may("reason", Text, "What desktops show."),
    may("agents", AGENTS_AFTERWARDS, "How agents are when it is over."),
    may("since", Text, "When it began."),
    may("maintenance_since", Text, "When maintenance was announced."),
    may("pair", Object(PAIR), "Of a server of a pair."),
];

const PAIR: &[Field] = &[
    has("side", OneOf(|| vec!["a", "b"]), "Which of the two answers."),
    has("role", OneOf(|| vec!["active", "standby"]), "What it does."),
    has("term", LENGTH, "How often one has taken over from the other, from 1."),
    has("epoch", Text, "Of the log."),
    has("position", LENGTH, "The newest entry on its disk."),
    has("yields", Flag, "It waits for the other one to become active."),
    may("before", Object(BRANCH), "Where the log parted from the one of an earlier term."),
    has("peer", Text, "Where the other one is."),
    has("connected", Flag, "The other one has answered or asked within 3 s."),
    has("lag_entries", LENGTH, "Entries that the copy does not have."),
    has("lag_seconds", LENGTH, "For how long it has not had everything."),
    has("takeovers", LENGTH, "Times when this process has taken over."),
    has("superseded", LENGTH, "Times when it has given way to a later log."),
    has("entries_set_apart", LENGTH, "Entries that were only here then."),
    has("changes_refused", LENGTH, "Requests that were refused because the other one did not keep up."),
];

const BRANCH: &[Field] =
    &[has("epoch", Text, "Of the other log."), has("position", LENGTH, "The last entry that both have.")];

const SERVICE_CHANGE: &[Field] = &[
    has("status", SERVICE_STATUS, "The other fields go with OUT_OF_SERVICE, but for maintenance."),
    may("cause", OUTAGE_CAUSE, "What has failed: CTI if it is left out."),
    may("reason", Text, "One line for desktops to show."),
    may("agents", AGENTS_AFTERWARDS, "How agents are when it is over: AS_BEFORE if it is left out."),
    may("maintenance", Flag, "Whether maintenance is announced."),
];

const SESSION: &[Field] = &[
    has("jid", Text, "Its address."),
    may("transport", OneOf(|| vec!["websocket", "bosh", "tcp"]), "None while it waits for its client."),
    may("since", Text, "When its connection was opened."),
    may("queued_bytes", LENGTH, "What waits to be sent."),
    has("last_active", Text, ""),
    has("available", Flag, "Whether it has sent presence."),
    has("waiting", Flag, "Whether it has no connection and waits to be resumed."),
];

const ACCESS_MODEL: Shape = OneOf(|| vec!["open", "authorize", "whitelist"]);

const PUBLISHER: &[Field] = &[
    has("name", Text, ""),
    has("nodes", Array(&Text), "Where it may publish."),
    may("access_model", ACCESS_MODEL, "Of nodes that it makes."),
    may("expires", Text, "When its token ends."),
    has("added", Text, ""),
];

const ADDED_PUBLISHER: &[Field] = &[
    has("name", Text, ""),
    has("nodes", Array(&Text), "Where it may publish."),
    may("access_model", ACCESS_MODEL, "Of nodes that it makes."),
    may("expires", Text, "When its token ends."),
    has("added", Text, ""),
    has("token", Text, "For `Authorization: Bearer`."),
];

const NEW_PUBLISHER: &[Field] = &[
    has("name", Text, ""),
    has("nodes", Array(&Text), "Where it may publish, a star at the end for whatever follows."),
    may("access_model", ACCESS_MODEL, "Of nodes that it makes."),
    may("expires", Text, "When its token ends, such as 2027-01-31T12:00:00.000Z."),
];

const EVENT: &[Field] = &[
    has("node", Text, "Where to."),
    has("id", Text, "The sender's id of it: it is published once for each."),
    may("item", Text, "The item's id."),
    may("payload", Any, "What it says."),
    may("type", OneOf(|| vec!["xml", "text", "json"]), "How the payload is meant."),
];

const PUBLISHED_EVENT: &[Field] = &[
    has("id", Text, ""),
    has("node", Text, ""),
    has("item", Text, ""),
    has("position", LENGTH, "Where it is in the log."),
    may("offset", LENGTH, "Where it is in its node."),
    may("repeated", Flag, "It was published before."),
];

const EVENT_OUTCOME: &[Field] = &[has("status", STATUS, "As if it had come alone."), has("id", Text, "")];
