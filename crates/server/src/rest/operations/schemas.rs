//! What documents and bodies look like. A test holds the documents that are really written against these.

use contact::{
    Action, AgentState, CallType, DialogState, ParticipantState, RequestedState, Role, TaskAction, TaskState,
    WrapUpMode,
};
use serde_json::{Map, Value, json};

use super::{schemas_desktop, schemas_media, schemas_own};

/// What a value is.
#[derive(Clone, Copy)]
pub(in crate::rest) enum Shape {
    /// Text.
    Text,
    /// A number without a fraction, within these bounds.
    Whole(i64, i64),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// Things with a name, in XML elements, in no order that counts.
    Object(&'static [Field]),
    /// An element with elements of one name in it.
    List(&'static str, &'static Shape),
    /// A JSON array.
    Array(&'static Shape),
    /// Names with texts.
    Texts,
    /// Anything.
    Any,
    /// What another schema says.
    Same(&'static str),
}

/// One element of an XML document, or one field of a JSON object.
#[derive(Clone, Copy)]
pub(in crate::rest) struct Field {
    pub(in crate::rest) name: &'static str,
    pub(in crate::rest) shape: Shape,
    /// Whether it is always there.
    pub(in crate::rest) is_required: bool,
    pub(in crate::rest) is_attribute: bool,
    pub(in crate::rest) says: &'static str,
}

/// A document or a body, by name.
pub(in crate::rest) struct Schema {
    pub(in crate::rest) name: &'static str,
    /// The root element, for XML.
    pub(in crate::rest) root: Option<&'static str>,
    pub(in crate::rest) shape: Shape,
    /// Whether there is nothing else in it than what stands here.
    pub(in crate::rest) is_closed: bool,
}

/// Always there.
pub(super) const fn has(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, is_required: true, is_attribute: false, says }
}

/// Not always there.
pub(super) const fn may(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, is_required: false, is_attribute: false, says }
}

pub(super) const fn document(name: &'static str, root: &'static str, shape: Shape) -> Schema {
    Schema { name, root: Some(root), shape, is_closed: true }
}

/// All schemas of XML.
pub(super) static SCHEMAS: &[Schema] = &[
    document("SystemInfo", "SystemInfo", Object(SYSTEM_INFO)),
    document("User", "User", Object(USER)),
    document("Users", "Users", List("User", &Same("User"))),
    document("UserSummary", "User", Object(USER_SUMMARY)),
    document("Team", "Team", Object(TEAM)),
    document("Teams", "Teams", List("Team", &Object(TEAM_NAMED))),
    document("Dialog", "Dialog", Object(DIALOG)),
    document("Dialogs", "Dialogs", List("Dialog", &Same("Dialog"))),
    document("Queue", "Queue", Object(QUEUE)),
    document("Queues", "Queues", List("Queue", &Same("Queue"))),
    document("ReasonCode", "ReasonCode", Object(REASON_CODE)),
    document("ReasonCodes", "ReasonCodes", Object(REASON_CODES)),
    document("WrapUpReason", "WrapUpReason", Object(WRAP_UP_REASON)),
    document("WrapUpReasons", "WrapUpReasons", List("WrapUpReason", &Same("WrapUpReason"))),
    document("PhoneBook", "PhoneBook", Object(PHONE_BOOK)),
    document("PhoneBooks", "PhoneBooks", List("PhoneBook", &Same("PhoneBook"))),
    document("Contact", "Contact", Object(CONTACT)),
    document("Contacts", "Contacts", List("Contact", &Same("Contact"))),
    document("TeamMessage", "TeamMessage", Object(TEAM_MESSAGE)),
    document("TeamMessages", "TeamMessages", List("TeamMessage", &Same("TeamMessage"))),
    document("RuntimeConfigInfo", "RuntimeConfigInfo", Object(RUNTIME_CONFIG)),
    Schema { is_closed: false, ..document("ClientLog", "ClientLog", Object(CLIENT_LOG)) },
    document("ApiErrors", "ApiErrors", Object(API_ERRORS)),
    // Requests: elements that nobody knows are passed over.
    Schema { is_closed: false, ..document("UserRequest", "User", Object(USER_REQUEST)) },
    Schema {
        is_closed: false,
        ..document("TeamMessageRequest", "TeamMessage", Object(TEAM_MESSAGE_REQUEST))
    },
    Schema { is_closed: false, ..document("ReasonCodeRequest", "ReasonCode", Object(REASON_CODE_REQUEST)) },
    Schema {
        is_closed: false,
        ..document("WrapUpReasonRequest", "WrapUpReason", Object(WRAP_UP_REASON_REQUEST))
    },
    Schema { is_closed: false, ..document("PhoneBookRequest", "PhoneBook", Object(PHONE_BOOK_REQUEST)) },
    Schema { is_closed: false, ..document("ContactRequest", "Contact", Object(CONTACT_REQUEST)) },
    Schema {
        is_closed: false,
        ..document("ContactsRequest", "Contacts", List("Contact", &Object(CONTACT_REQUEST)))
    },
    Schema {
        is_closed: false,
        ..document("ReasonCodeAssignment", "ReasonCodes", List("ReasonCode", &Object(BY_URI)))
    },
    Schema {
        is_closed: false,
        ..document("WrapUpReasonAssignment", "WrapUpReasons", List("WrapUpReason", &Object(BY_URI)))
    },
    Schema {
        is_closed: false,
        ..document("PhoneBookAssignment", "PhoneBooks", List("PhoneBook", &Object(BY_URI)))
    },
    Schema { is_closed: false, ..document("DialogRequest", "Dialog", Object(DIALOG_REQUEST)) },
];

use Shape::{Flag, List, Object, OneOf, Same, Text, Whole};

const ANY_NUMBER: Shape = Whole(-1, i64::MAX);
const COUNT: Shape = Whole(0, u32::MAX as i64);
const NUMBER: Shape = Whole(1, u32::MAX as i64);
const CATEGORY: Shape = OneOf(|| vec!["NOT_READY", "LOGOUT"]);

const SYSTEM_INFO: &[Field] = &[
    has("currentTimestamp", Text, "The time here."),
    has("deploymentType", OneOf(|| vec!["UCCE", "UCCX"]), "Which product's rules apply."),
    has("lastCTIHeartbeatStatus", Text, "Whether the contact centre answers."),
    has("lastSuccessCTIHeartbeatTime", ANY_NUMBER, "When it did, in milliseconds since 1970."),
    has("ctiVersion", Text, ""),
    has("ctiHeartbeatInterval", Text, ""),
    may("ctiMMode", Text, "Maintenance of the telephones' servers, on CCE."),
    may("ctiTimeInMMode", ANY_NUMBER, "How long, in seconds; -1 if there is none."),
    has("finesseMMode", Text, "Whether maintenance of this server is announced."),
    has("finesseTimeInMMode", ANY_NUMBER, "How long, in seconds; -1 if there is none."),
    has("license", Text, ""),
    has("peripheralId", Text, ""),
    has("primaryNode", Object(NODE), "This server."),
    may("secondaryNode", Object(NODE), "The other one of the pair."),
    has("status", OneOf(|| vec!["IN_SERVICE", "OUT_OF_SERVICE"]), "Whether the service can be used."),
    has("statusReason", Text, "Why not."),
    has("systemAuthMode", Text, ""),
    has("timezoneOffset", Whole(-1440, 1440), "In minutes."),
    has("uri", Text, ""),
    has("xmppDomain", Text, "The domain of addresses."),
    has("xmppPubSubDomain", Text, "Where the nodes are."),
];

const RUNTIME_CONFIG: &[Field] = &[
    has("deploymentType", OneOf(|| vec!["UCCE", "UCCX"]), "Which product's rules apply."),
    has("host", Text, "The name of this server."),
    has("version", Text, "Of this software."),
    has("xmppDomain", Text, "The domain of addresses."),
    has("xmppPubSubDomain", Text, "Where the nodes are."),
];

const CLIENT_LOG: &[Field] = &[has("logData", Text, "Lines of text.")];

const NODE: &[Field] = &[
    has("host", Text, "The name."),
    may("httpsPort", NUMBER, ""),
    may("xmppPort", NUMBER, ""),
    may("xmppSecurePort", NUMBER, ""),
];

const USER: &[Field] = &[
    has("dialogs", Text, "Where the user's calls are."),
    has("extension", Text, "Empty for users who are signed out."),
    has("firstName", Text, ""),
    has("lastName", Text, ""),
    has("loginId", Text, ""),
    has("loginName", Text, ""),
    has("mediaType", Text, "1: voice."),
    has("pendingState", Text, "The state after the call, if it is known."),
    may("reasonCodeId", ANY_NUMBER, "-1: one that is not configured, or none was given."),
    may("reasonCode", Object(REASON), "Why the user is not ready or signed out."),
    has("roles", List("role", &OneOf(|| vec![Role::Agent.as_str(), Role::Supervisor.as_str()])), ""),
    has("settings", Object(SETTINGS), ""),
    has("state", OneOf(|| AgentState::ALL.iter().map(|state| state.as_str()).collect()), ""),
    has("stateChangeTime", Text, "Empty if it is not known."),
    has("teamId", Text, ""),
    has("teamName", Text, ""),
    may("teams", List("Team", &Object(TEAM_NAMED)), "Which teams a supervisor looks after."),
    has("uri", Text, ""),
    has("wrapUpTimer", COUNT, "In seconds."),
];

const SETTINGS: &[Field] = &[
    has("wrapUpOnIncoming", WRAP_UP_MODE, "Time to wrap up after calls that come in."),
    has("wrapUpOnOutgoing", WRAP_UP_MODE, "After calls that go out."),
];

pub(super) const WRAP_UP_MODE: Shape = OneOf(|| WrapUpMode::ALL.iter().map(|mode| mode.as_str()).collect());

const USER_SUMMARY: &[Field] = &[
    has("dialogs", Text, ""),
    has("extension", Text, ""),
    has("firstName", Text, ""),
    has("lastName", Text, ""),
    has("loginId", Text, ""),
    may("mediaState", OneOf(|| vec!["BUSY", "IDLE"]), "Whether the user is on the telephone, on CCX."),
    has("mediaType", Text, ""),
    has("pendingState", Text, ""),
    may("reasonCode", Object(REASON), ""),
    has("state", OneOf(|| AgentState::ALL.iter().map(|state| state.as_str()).collect()), ""),
    has("stateChangeTime", Text, ""),
    has("uri", Text, ""),
];

pub(super) const REASON: &[Field] = &[
    has("category", CATEGORY, ""),
    has("code", COUNT, "The number that people know."),
    may("forAll", Flag, "Not in summaries."),
    has("id", ANY_NUMBER, "-1: one of the system's own."),
    has("label", Text, ""),
    may("systemCode", Flag, ""),
    has("uri", Text, ""),
];

const REASON_CODE: &[Field] = &[
    has("category", CATEGORY, ""),
    has("code", COUNT, "The number that people know."),
    has("forAll", Flag, "Whether all teams can give it."),
    has("id", NUMBER, "The number that requests have."),
    has("label", Text, ""),
    has("systemCode", Flag, ""),
    has("uri", Text, ""),
];

const REASON_CODES: &[Field] = &[
    Field { is_attribute: true, ..has("category", CATEGORY, "") },
    may("ReasonCode", Shape::Array(&Same("ReasonCode")), "One for each code."),
];

const TEAM_NAMED: &[Field] = &[has("id", NUMBER, ""), has("name", Text, ""), has("uri", Text, "")];

const TEAM: &[Field] = &[
    has("id", NUMBER, ""),
    has("name", Text, ""),
    has("uri", Text, ""),
    has("users", List("User", &Same("UserSummary")), "The members, by login id."),
];

const QUEUE: &[Field] =
    &[has("name", Text, ""), has("statistics", Object(STATISTICS), ""), has("uri", Text, "")];

const STATISTICS: &[Field] = &[
    has("agentsBusyOther", COUNT, ""),
    has("agentsLoggedOn", COUNT, ""),
    has("agentsNotReady", COUNT, ""),
    has("agentsReady", COUNT, ""),
    has("agentsTalkingInbound", COUNT, ""),
    has("agentsTalkingInternal", COUNT, ""),
    has("agentsTalkingOutbound", COUNT, ""),
    has("agentsWrapUpNotReady", COUNT, ""),
    has("agentsWrapUpReady", COUNT, ""),
    has("callsInQueue", COUNT, ""),
    has("startTimeOfLongestCallInQueue", Text, "Empty if no call waits."),
];

const DIALOG: &[Field] = &[
    has("associatedDialogUri", Text, "The call that this one was made for."),
    may("fromAddress", Text, "Of calls only."),
    has("id", Text, "A number; of tasks, three joined by underscores."),
    has("mediaProperties", Object(MEDIA_PROPERTIES), ""),
    has("mediaType", Text, "Voice, or the name of the media domain."),
    has("participants", List("Participant", &Object(PARTICIPANT)), ""),
    may("scheduledCallbackInfo", Object(CALLBACK), "When and where the customer is to be called again."),
    has("secondaryId", Text, "The consultation."),
    has("state", DIALOG_STATE, ""),
    may("toAddress", Text, "Of calls only."),
    has("uri", Text, ""),
];

const MEDIA_PROPERTIES: &[Field] = &[
    may("DNIS", Text, ""),
    may("callType", OneOf(|| CallType::ALL.iter().map(|call_type| call_type.as_str()).collect()), ""),
    may("dialedNumber", Text, ""),
    has(
        "mediaId",
        Text,
        "1: voice. Else the key of the media domain; then there are call variables besides, and nothing more.",
    ),
    may("outboundClassification", Text, "What has answered an outbound call."),
    may("queueName", Text, ""),
    may("queueNumber", Text, ""),
    may("wrapUpReason", Text, ""),
    has("callvariables", List("CallVariable", &Object(CALL_VARIABLE)), ""),
];

const CALL_VARIABLE: &[Field] = &[has("name", Text, ""), has("value", Text, "")];

const PARTICIPANT: &[Field] = &[
    has("actions", List("action", &ACTION), "What the participant can do now."),
    has("mediaAddress", Text, "The number; of tasks, the agent's login id."),
    has("mediaAddressType", OneOf(|| vec!["AGENT_DEVICE", ""]), "Empty for somebody outside."),
    has("startTime", Text, ""),
    has("state", PARTICIPANT_STATE, ""),
    has("stateCause", Text, "Why it failed."),
    has("stateChangeTime", Text, ""),
];

const ACTION: Shape = OneOf(|| {
    let of_calls = Action::ALL.iter().map(|action| action.as_str());
    distinct(of_calls.chain(TaskAction::ALL.iter().map(|action| action.as_str())))
});

const DIALOG_STATE: Shape = OneOf(|| {
    let of_calls = DialogState::ALL.iter().map(|state| state.as_str());
    distinct(of_calls.chain(task_states()))
});

const PARTICIPANT_STATE: Shape = OneOf(|| {
    let of_calls = ParticipantState::ALL.iter().map(|state| state.as_str());
    distinct(of_calls.chain(task_states()))
});

/// The states of tasks.
fn task_states() -> impl Iterator<Item = &'static str> {
    TaskState::ALL.iter().map(|state| state.as_str())
}

/// Calls and tasks share some words; each is named once.
fn distinct(words: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut known = Vec::new();
    for word in words {
        if !known.contains(&word) {
            known.push(word);
        }
    }
    known
}

const CALLBACK: &[Field] = &[has("callbackNumber", Text, ""), has("callbackTime", Text, "")];

const BY_URI: &[Field] = &[has("uri", Text, "Which one.")];

const REASON_CODE_REQUEST: &[Field] = &[
    may("category", CATEGORY, ""),
    may("code", NUMBER, "The number that people know."),
    may("label", Text, ""),
    may("forAll", Flag, "Whether all teams can give it."),
];

const WRAP_UP_REASON: &[Field] = &[has("forAll", Flag, ""), has("label", Text, ""), has("uri", Text, "")];

const WRAP_UP_REASON_REQUEST: &[Field] = &[may("label", Text, ""), may("forAll", Flag, "")];

const REACH: Shape = OneOf(|| vec!["GLOBAL", "TEAM"]);

const PHONE_BOOK: &[Field] = &[
    may("contacts", List("Contact", &Same("Contact")), "In the list of those that a user has."),
    has("name", Text, ""),
    has("type", REACH, "For everybody, or for the teams that it is assigned to."),
    has("uri", Text, ""),
];

const PHONE_BOOK_REQUEST: &[Field] = &[may("name", Text, ""), may("type", REACH, "")];

const CONTACT: &[Field] = &[
    has("description", Text, ""),
    has("firstName", Text, ""),
    has("lastName", Text, ""),
    has("phoneNumber", Text, ""),
    has("uri", Text, ""),
];

const CONTACT_REQUEST: &[Field] = &[
    may("description", Text, ""),
    may("firstName", Text, ""),
    may("lastName", Text, ""),
    may("phoneNumber", Text, ""),
];

const TEAM_MESSAGE: &[Field] = &[
    has("content", Text, ""),
    has("createdAt", Text, ""),
    has("createdBy", Object(AUTHOR), ""),
    has("duration", COUNT, "How long it is to be seen, in seconds."),
    has("id", NUMBER, ""),
    has("teams", List("team", &NUMBER), "To whom."),
    has("uri", Text, ""),
];

const AUTHOR: &[Field] = &[has("firstName", Text, ""), has("id", Text, ""), has("lastName", Text, "")];

const TEAM_MESSAGE_REQUEST: &[Field] = &[
    has("duration", COUNT, "How long it is to be seen, in seconds."),
    has("content", Text, ""),
    has("teams", List("team", &NUMBER), "To whom."),
];

const API_ERRORS: &[Field] = &[has("ApiError", Object(API_ERROR), "")];

const API_ERROR: &[Field] = &[
    has("ErrorType", Text, "What kind of error."),
    has("ErrorData", Text, "What it is about."),
    has("ErrorMessage", Text, "What happened and what to do."),
];

const USER_REQUEST: &[Field] = &[
    has("state", OneOf(|| RequestedState::ALL.iter().map(|state| state.as_str()).collect()), ""),
    may("extension", Text, "Needed to sign in."),
    may("reasonCodeId", ANY_NUMBER, "Why; -1 for no reason."),
    may("mobileAgent", Object(MOBILE_AGENT), ""),
    may("logoutAllMedia", Flag, "Whether LOGOUT is for all media domains too."),
];

const MOBILE_AGENT: &[Field] = &[has("mode", Text, ""), has("dialNumber", Text, "")];

const DIALOG_REQUEST: &[Field] = &[
    has("requestedAction", ACTION, ""),
    may("targetMediaAddress", Text, "Whose extension does it, or who is to leave."),
    may("fromAddress", Text, "The own extension, for a new call."),
    may("toAddress", Text, "Whom to call."),
    may("associatedDialogUri", Text, "The call by which one listens, to join."),
    may("mediaProperties", Object(CHANGED_PROPERTIES), "What is to be written on the call."),
    may("actionParams", List("ActionParam", &Object(CALL_VARIABLE)), "What else the action needs."),
];

const CHANGED_PROPERTIES: &[Field] =
    &[may("wrapUpReason", Text, ""), may("callvariables", List("CallVariable", &Object(CALL_VARIABLE)), "")];

/// `components/schemas` of the description.
pub(super) fn components() -> Value {
    let schemas = tables();
    Value::Object(schemas.map(|schema| (schema.name.to_owned(), schema.described())).collect())
}

/// The schema of this name.
#[cfg(test)]
pub(in crate::rest) fn find(name: &str) -> &'static Schema {
    let mut schemas = tables();
    schemas.find(|schema| schema.name == name).unwrap_or_else(|| panic!("no schema is called {name}"))
}

/// What stands in a path, by its name: a sentence, its schema, and one that is in the demonstration.
pub(super) fn path_parameter(name: &str) -> (&'static str, Value, Value) {
    let text = json!({ "type": "string", "minLength": 1 });
    let number = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    match name {
        "user" => ("A login id or login name.", text, json!("1001001")),
        "jid" => ("A full JID. Its slash may be written as it is.", text, json!("1001001@localhost/desktop")),
        "publisher" => ("The publisher's name.", text, json!("pbx")),
        "dialog" => ("The number of a call, or the name of a task: `5001_17_1`.", text, json!("16777217")),
        "call" => ("The number.", number, json!(16_777_217)),
        "log" => ("The file's name.", text, json!("1001001.1767605411402.0.txt")),
        "media" => ("The key of a media domain.", number, json!(5001)),
        _ => ("The number.", number, json!(1)),
    }
}

impl Schema {
    fn described(&self) -> Value {
        let mut value = self.shape.described(self.root.is_some(), self.is_closed);
        if let Some(root) = self.root {
            value["xml"]["name"] = json!(root);
        }
        value
    }
}

impl Shape {
    fn described(&self, is_xml: bool, is_closed: bool) -> Value {
        match self {
            Shape::Text => json!({ "type": "string" }),
            Shape::Whole(minimum, i64::MAX) => json!({ "type": "integer", "minimum": minimum }),
            Shape::Whole(minimum, maximum) => {
                json!({ "type": "integer", "minimum": minimum, "maximum": maximum })
            }
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::OneOf(words) => json!({ "type": "string", "enum": words() }),
            Shape::List(item, shape) => {
                let mut items = shape.described(is_xml, is_closed);
                // A reference has the name of its own schema.
                if !matches!(shape, Shape::Same(_)) {
                    items["xml"] = json!({ "name": item });
                }
                json!({ "type": "array", "items": items, "xml": { "wrapped": true } })
            }
            Shape::Array(shape) => json!({ "type": "array", "items": shape.described(is_xml, is_closed) }),
            Shape::Texts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            Shape::Any => json!({}),
            Shape::Same(name) => json!({ "$ref": format!("#/components/schemas/{name}") }),
            Shape::Object(fields) => {
                let mut properties = Map::new();
                for field in *fields {
                    properties.insert(field.name.to_owned(), field.described(is_xml, is_closed));
                }
                let required = fields.iter().filter(|field| field.is_required);
                let required: Vec<_> = required.map(|field| field.name).collect();
                let mut value = json!({ "type": "object", "properties": properties, "required": required });
                if is_closed {
                    value["additionalProperties"] = json!(false);
                }
                value
            }
        }
    }
}

impl Field {
    fn described(&self, is_xml: bool, is_closed: bool) -> Value {
        let mut value = self.shape.described(is_xml, is_closed);
        if self.is_attribute {
            value["xml"] = json!({ "attribute": true });
        }
        if !self.says.is_empty() {
            value["description"] = json!(self.says);
        }
        value
    }
}

fn tables() -> impl Iterator<Item = &'static Schema> {
    let others = schemas_own::SCHEMAS.iter().chain(schemas_desktop::SCHEMAS).chain(schemas_media::SCHEMAS);
    SCHEMAS.iter().chain(others)
}
