//! Binding a resource, and the old session request.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*, Sign};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "BI-CONFLICT",
        stage: Stage::Bind,
        severity: Fault,
        confidence: Certain,
        title: "The resource is in use, and the server keeps the older session",
        seen: "The answer to the bind request is an error with conflict.",
        causes: &[
            "The same user is connected with this resource from elsewhere",
            "An earlier connection of this client was lost, and the server has not noticed yet",
        ],
        actions: &[
            "Ask for another resource, or for none: then the server makes one.",
            "End the other session.",
        ],
        actors: &[ClientDeveloper, Agent],
        references: &["RFC 6120 §7.7.2.2"],
        explanation: "A server may refuse the newcomer, as here, or end the older session with the stream error conflict. \
            After a lost connection the name is free again when the server's own timeout has passed.",
        see_also: &["SE-CONFLICT", "BI-PINGPONG"],
        signs: &[Sign::BindError("conflict")],
    },
    Entry {
        id: "BI-BADREQ",
        stage: Stage::Bind,
        severity: Fault,
        confidence: Likely,
        title: "The server does not accept this resource",
        seen: "The answer to the bind request is an error with bad-request.",
        causes: &["The resource is empty, too long, or has characters that are not allowed"],
        actions: &["Use a short resource of letters and digits, or leave it to the server."],
        actors: &[ClientDeveloper],
        references: &["RFC 6120 §7.7.2.1", "RFC 7622 §3.4"],
        explanation: "A resource may be long and may contain spaces, but no control characters, and not more than 1,023 \
            bytes of UTF-8. Some servers permit less.",
        see_also: &["BI-RENAMED"],
        signs: &[Sign::BindError("bad-request"), Sign::BindError("jid-malformed")],
    },
    Entry {
        id: "BI-NOTALLOWED",
        stage: Stage::Bind,
        severity: Fault,
        confidence: Likely,
        title: "The user may not open another session",
        seen: "The answer to the bind request is an error with not-allowed.",
        causes: &[
            "The user has as many sessions as the server permits",
            "The user may log in and not use this service",
        ],
        actions: &[
            "End sessions that are not needed.",
            "Check the limit and the rights of this user on the server.",
        ],
        actors: &[ServerAdministrator, Agent],
        references: &["RFC 6120 §7.6.2.2"],
        explanation: "Sessions of clients that died without a goodbye count until the server notices. A client that \
            reconnects with a new random resource each time can fill the limit by itself.",
        see_also: &["BI-CONSTRAINT", "RECON-LOOP"],
        signs: &[Sign::BindError("not-allowed")],
    },
    Entry {
        id: "BI-CONSTRAINT",
        stage: Stage::Bind,
        severity: Fault,
        confidence: Likely,
        title: "The server has no room for another session",
        seen: "The answer to the bind request is an error with resource-constraint.",
        causes: &[
            "A limit on sessions, of the user or of the whole server, is reached",
            "The server is overloaded",
        ],
        actions: &[
            "Try again after a pause that grows and varies.",
            "Compare the number of sessions with the limits.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 6120 §7.6.2.1"],
        explanation: "If it concerns one user, look at that user's sessions; if it concerns all, at the server's load.",
        see_also: &["BI-NOTALLOWED", "SE-RESOURCE-CONSTRAINT"],
        signs: &[Sign::BindError("resource-constraint")],
    },
    Entry {
        id: "BI-RENAMED",
        stage: Stage::Bind,
        severity: Note,
        confidence: Certain,
        title: "The server gave another resource than asked for",
        seen: "The full address in the answer to the bind request has another resource than the request.",
        causes: &["The server makes resources itself, or makes them unique"],
        actions: &["Use the address from the answer everywhere, for instance in subscriptions."],
        actors: &[ClientDeveloper],
        references: &["RFC 6120 §7.7.1"],
        explanation: "This is allowed. It becomes a fault in a client that goes on using the resource it asked for: \
            its subscriptions are then refused, or events go to an address where nobody listens.",
        see_also: &["PS-JID", "PS-OTHER-RES"],
        signs: &[],
    },
    Entry {
        id: "BI-SKIPPED",
        stage: Stage::Bind,
        severity: Fault,
        confidence: Certain,
        title: "The client sent stanzas before it had an address",
        seen: "After the login the client sends a stanza other than the bind request; the server answers not-authorized \
            or ends the stream.",
        causes: &["The client's code leaves out binding, or does not wait for its answer"],
        actions: &["Bind first, and send presence, subscriptions and everything else after the answer."],
        actors: &[ClientDeveloper],
        references: &["RFC 6120 §7.1", "RFC 6120 §7.3.1"],
        explanation: "Before binding the server does not know in whose name a stanza is sent. A client that sends things \
            in one go may work on a quick server and fail on a slow one.",
        see_also: &["ST-RESTART", "SE-NOT-AUTHORIZED"],
        signs: &[],
    },
    Entry {
        id: "BI-SESSION",
        stage: Stage::Bind,
        severity: Warning,
        confidence: Likely,
        title: "The old request to start a session fails",
        seen: "The iq with <session/> is answered with an error, or not at all.",
        causes: &[
            "The server no longer knows this step, and the client insists on it",
            "The server offers it and does not answer",
        ],
        actions: &[
            "In the client, leave it out unless it is offered without <optional/>.",
            "In the server, answer it with an empty result.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 3921 §3", "RFC 6121"],
        explanation: "Standards before 2011 had this step after binding, and many libraries still send it. It has no \
            effect. A client that waits for an answer for ever is stuck here.",
        see_also: &["IQ-UNANSWERED"],
        signs: &[],
    },
    Entry {
        id: "BI-PINGPONG",
        stage: Stage::Bind,
        severity: Fault,
        confidence: Likely,
        title: "Two clients of one user push each other out in turn",
        seen: "The same full address is bound again and again, every few seconds, and each time the other session ends \
            with conflict.",
        causes: &[
            "Two tabs, or two computers, with the same fixed resource, and both reconnect by themselves",
            "A custom client uses the resource of the desktop",
        ],
        actions: &[
            "Close one of the two.",
            "Give each tab or client a resource of its own.",
            "Let clients stop reconnecting after a conflict and tell the person.",
        ],
        actors: &[Agent, ClientDeveloper],
        references: &["RFC 6120 §7.7.2.2", "RFC 6120 §4.9.3.3"],
        explanation: "Each side sees only that it is disconnected every few seconds and believes the network to be bad. \
            The rhythm is that of the reconnect pause, and it stops at once when one of the two is closed. Events may \
            arrive in either, so the agent's view is wrong in both.",
        see_also: &["SE-CONFLICT", "RECON-LOOP", "FO-DUAL"],
        signs: &[],
    },
];
