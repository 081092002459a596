//! What the documents of media domains look like.

use contact::{InterruptAction, LogoutAction, MediaState, MediaTerms, RequestedState};

use super::schemas::Shape::{Flag, List, Object, OneOf, Same, Text, Whole};
use super::schemas::{Field, REASON, Schema, Shape, document, has, may};

/// All of them.
pub(super) static SCHEMAS: &[Schema] = &[
    document("Media", "Media", Object(MEDIA)),
    document("MediaList", "MediaList", List("Media", &Same("Media"))),
    document("MediaDomain", "MediaDomain", Object(DOMAIN)),
    document("MediaDomains", "MediaDomains", List("MediaDomain", &Same("MediaDomain"))),
    Schema { is_closed: false, ..document("MediaRequest", "Media", Object(MEDIA_REQUEST)) },
    Schema { is_closed: false, ..document("MediaDomainRequest", "MediaDomain", Object(DOMAIN_REQUEST)) },
];

const KEY: Shape = Whole(1, u32::MAX as i64);
const LIMIT: Shape = Whole(1, MediaTerms::DIALOGS_MAX as i64);
const INTERRUPT: Shape = OneOf(|| InterruptAction::ALL.iter().map(|action| action.as_str()).collect());
const AT_LOGOUT: Shape = OneOf(|| LogoutAction::ALL.iter().map(|action| action.as_str()).collect());
const STATE: Shape = OneOf(|| MediaState::ALL.iter().map(|state| state.as_str()).collect());
const WISH: Shape = OneOf(|| RequestedState::ALL.iter().map(|state| state.as_str()).collect());

const MEDIA: &[Field] = &[
    has("description", Text, ""),
    may("dialogLogoutAction", AT_LOGOUT, "What becomes of the tasks when the agent signs out."),
    has("id", KEY, ""),
    may("interruptAction", INTERRUPT, "What becomes of a task when other work comes in between."),
    has("interruptible", Flag, "Whether other work may come in between."),
    may("maxDialogLimit", LIMIT, "The most tasks at a time."),
    may("mediaConnected", Flag, ""),
    has("name", Text, ""),
    may("reasonCode", Object(REASON), "Why the agent is not ready."),
    may("reasonCodeId", Whole(-1, u32::MAX as i64), "-1: one that is not configured, or none was given."),
    may("routable", Flag, "Whether tasks may be given to the agent."),
    may("state", STATE, "Only for who is signed in, as all that is not always there."),
    may("stateChangeTime", Text, ""),
    has("uri", Text, ""),
];

const MEDIA_REQUEST: &[Field] = &[
    may("state", WISH, "Needed without `routable`."),
    may("maxDialogLimit", LIMIT, "The most tasks at a time, for LOGIN. Without it: 1."),
    may("interruptAction", INTERRUPT, "For LOGIN. Without it: ACCEPT."),
    may("dialogLogoutAction", AT_LOGOUT, "For LOGIN. Without it: CLOSE."),
    may("reasonCodeId", Whole(-1, u32::MAX as i64), "Why; for NOT_READY and LOGOUT."),
    may("routable", Flag, "Whether tasks may be given to the agent."),
];

const DOMAIN: &[Field] = &[
    has("description", Text, ""),
    has("id", KEY, ""),
    has("interruptible", Flag, "Whether other work may come in between."),
    has("name", Text, ""),
    has("uri", Text, ""),
];

const DOMAIN_REQUEST: &[Field] = &[
    may("name", Text, "1 to 64 characters."),
    may("description", Text, ""),
    may("interruptible", Flag, "Without it: false."),
];
