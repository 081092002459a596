//! Events that do not come, come twice, late, or in another shape.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "PS-SILENT",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Possible,
        title: "The line is healthy, and no event came",
        seen: "Subscriptions are granted and pings answered, and no event came in the time that was waited.",
        causes: &[
            "Nothing happened to the user in that time",
            "The client has not sent presence",
            "The events go to another session of the user",
        ],
        actions: &[
            "Cause an event, for instance by changing the agent's state, and watch for it.",
            "If it still does not come, follow PS-MISSING.",
        ],
        actors: &[Agent, ClientDeveloper],
        references: &["XEP-0060 §7.1.2"],
        explanation: "Silence is no fault by itself: an agent who does nothing has no events. It becomes one when something \
            is known to have happened.",
        see_also: &["PS-MISSING", "PR-NONE"],
        signs: &[],
    },
    Entry {
        id: "PS-DUP",
        stage: Stage::Pubsub,
        severity: Warning,
        confidence: Likely,
        title: "Events come twice",
        seen: "The same item comes twice to one session within 2 s.",
        causes: &[
            "Both the bare and the full address are subscribed",
            "The client subscribed to a node that the server subscribes it to by itself",
            "Subscriptions of earlier sessions are left over",
        ],
        actions: &[
            "List the subscriptions and remove the superfluous ones.",
            "Unsubscribe before disconnecting.",
            "Let the client tolerate repeated events: they can also come after a reconnect.",
        ],
        actors: &[ClientDeveloper],
        references: &[
            "XEP-0060 §6.1",
            "XEP-0060 §5.6",
            "Finesse: the nodes of the own user are subscribed automatically",
        ],
        explanation: "Each subscription delivers, and the two forms of an address are different subscribers. Finesse \
            subscribes an agent to the own user, the own dialogs and SystemInfo; asking for these again doubles them.",
        see_also: &["PS-TOOMANY", "PS-NOTSUB", "LOAD"],
        signs: &[],
    },
    Entry {
        id: "PS-MISSING",
        stage: Stage::Pubsub,
        severity: Fault,
        confidence: Possible,
        title: "A request was accepted, and its event did not come",
        seen: "REST answered 202, and within 5 s no event with that request id came to this session.",
        causes: &[
            "The session has no presence or no subscription for that node",
            "The event went to another resource of the same user",
            "The contact centre refused the request, and the refusal came as an error event or not at all",
        ],
        actions: &[
            "Check in this order: presence, subscription, the right node, and `to` of events that did come.",
            "Look for an event with an error in its body at the same time.",
            "Look in the server's log for the request id.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["XEP-0060 §7.1.2", "Finesse: 202 means accepted; the outcome is an event"],
        explanation: "202 says that the request was understood and passed on, not that it succeeded. Requests that ask for \
            the state that is there already may cause no event at all.",
        see_also: &["PR-NONE", "PS-OTHER-RES", "REST-202", "PS-LATE", "FO-OOS"],
        signs: &[],
    },
    Entry {
        id: "PS-LATE",
        stage: Stage::Pubsub,
        severity: Warning,
        confidence: Possible,
        title: "Events come late",
        seen: "An event comes more than 1 s after the time of the change in it, or after the request that caused it.",
        causes: &[
            "The server or the contact centre behind it is slow",
            "The client's own thread is busy and reads late",
            "The clocks of server and client differ",
        ],
        actions: &[
            "Rule out the clocks first: compare the server's Date header with the local time.",
            "Compare with another client at the same time: late for both means the server.",
            "If it is one client only, see what its page does when the event arrives.",
        ],
        actors: &[ServerAdministrator, ClientDeveloper],
        references: &["XEP-0060 §7.1.2"],
        explanation: "A constant difference is a clock; one that grows is a queue that somebody does not empty; single \
            peaks are pauses of a program.",
        see_also: &["TIME-SKEW", "LOAD", "TIME-THROTTLE"],
        signs: &[],
    },
    Entry {
        id: "PS-ORDER",
        stage: Stage::Pubsub,
        severity: Warning,
        confidence: Possible,
        title: "Events come out of order",
        seen: "The times of change, or the ids of items, go backwards from one event to the next of the same node.",
        causes: &[
            "After subscribing the server sends the last item again",
            "A recording mixes the events of two connections",
            "Two nodes of the service publish the same things",
        ],
        actions: &[
            "Let the client compare times of change and ignore what is older than what it has.",
            "In a recording, look at each connection by itself.",
        ],
        actors: &[ClientDeveloper],
        references: &["XEP-0060 §6.1.7", "RFC 6120 §10.1"],
        explanation: "Between one sender and one receiver the order is kept. What looks like a disorder mostly begins \
            right after a reconnect or subscription and is a repetition.",
        see_also: &["PS-DUP", "FO-SWITCH"],
        signs: &[],
    },
    Entry {
        id: "PS-PAYLOAD",
        stage: Stage::Pubsub,
        severity: Fault,
        confidence: Likely,
        title: "An event's content cannot be read",
        seen: "The text in the notification is no XML after unescaping it once.",
        causes: &[
            "The content was escaped twice, or not at all",
            "It was cut off",
            "The client expects elements where the server sends escaped text, or the reverse",
        ],
        actions: &[
            "Unescape once and parse the result as a document of its own.",
            "If that fails, keep the raw frame and give it to whoever publishes.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &[
            "XEP-0060 §7.1.2",
            "Finesse: the update is escaped text inside <notification xmlns='http://jabber.org/protocol/pubsub'>",
        ],
        explanation: "The update is a document inside a text inside a stanza, so &lt; in the frame is as it should be and \
            &amp;lt; is one level too many, unless it is in a value that really contains a sign.",
        see_also: &["SE-XML", "SIZE"],
        signs: &[],
    },
    Entry {
        id: "PS-OTHER-RES",
        stage: Stage::Pubsub,
        severity: Warning,
        confidence: Likely,
        title: "Events are addressed to another session",
        seen: "`to` of an event names another resource than the one that this line has bound.",
        causes: &[
            "Several people or programs use one account",
            "The subscription was made by an earlier session with another resource",
        ],
        actions: &[
            "Give each program its own account or at least its own resource.",
            "Subscribe with the present full address.",
        ],
        actors: &[ClientDeveloper, ContactCentreAdministrator],
        references: &["RFC 6121 §8.5.3", "XEP-0060 §6.1"],
        explanation: "A server delivers a message for a full address to that session or not at all. In a recording \
            that holds several connections it only means that the frames are those of the other one.",
        see_also: &["BI-RENAMED", "SE-CONFLICT", "PS-MISSING"],
        signs: &[],
    },
];
