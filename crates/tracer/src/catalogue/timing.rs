//! Keep-alives, timers, clocks, and requests that nobody answers.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "TIME-IDLE",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "Something on the way ends connections that are idle",
        seen: "Connections end without a close frame, each time the same number of seconds after the last frame, and that \
            number is a usual setting.",
        causes: &[
            "The read timeout of a proxy, 60 s with nginx and with some load balancers",
            "The idle timer of a firewall or address translator, often 240, 300, 350, 900 or 3,600 s",
            "The server's own limit for silent clients",
        ],
        actions: &[
            "Let the client send something more often than half of that time; an XMPP ping every 10 s is usual.",
            "Or raise the timer on the device whose default it is.",
        ],
        actors: &[ProxyAdministrator, Network, ClientDeveloper],
        references: &[
            "RFC 7395 §3.8",
            "RFC 5382 §5",
            "nginx: proxy_read_timeout is 60 s by default",
            "ejabberd: websocket_timeout is 300 s by default",
        ],
        explanation: "The device counts silence, not age: a busy agent keeps the line and a quiet one loses it, always \
            after the same time. One such end is a coincidence and is reported as possible; two with the same time are \
            a timer. Values of products are hints, as every site may have changed them.",
        see_also: &["KA-NONE", "TIME-AGE", "CLOSE-1006", "TCP-RST-LATER"],
        signs: &[],
    },
    Entry {
        id: "TIME-AGE",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "Connections end at a fixed age, busy or not",
        seen: "Connections end when they are the same time old, although frames were flowing.",
        causes: &[
            "A proxy or inspection product limits how long a connection may last",
            "A token that the connection depends on expires",
            "Something is restarted at a fixed time",
        ],
        actions: &[
            "Compare the age with the limits of each device on the way, and with the lifetime of tokens.",
            "If they end at the same time of day instead, look for the job that runs then.",
        ],
        actors: &[ProxyAdministrator, Network, IdentityProvider],
        references: &["RFC 6455 §7.2.3"],
        explanation: "Keep-alives do not help here, and raising their rate is a sign that the two were confused. \
            A client can hide it by reconnecting a little earlier, at a quiet moment.",
        see_also: &["TIME-IDLE", "TIME-TOKEN", "TLS-INTERCEPT"],
        signs: &[],
    },
    Entry {
        id: "TIME-TOKEN",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "The access token ran out",
        seen: "401, credentials-expired or a close comes when the lifetime of the access token is over, counted from the \
            sign-in.",
        causes: &[
            "The client does not fetch a new token in time",
            "The clocks differ, so that it expires early",
        ],
        actions: &[
            "Refresh the token some minutes before it expires, and use the new one from then on.",
            "Check the lifetime of access and refresh tokens at the identity service.",
        ],
        actors: &[ClientDeveloper, IdentityProvider],
        references: &["RFC 6749 §1.5", "RFC 7519 §4.1.4"],
        explanation: "A token carries its own end. The line that was opened with it often lives on, while requests fail \
            and the next reconnect does too, so the trouble shows later than its cause.",
        see_also: &["SA-CREDS-EXPIRED", "UP-401", "REST-401", "TIME-SKEW"],
        signs: &[],
    },
    Entry {
        id: "TIME-SKEW",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Certain,
        title: "The clocks of server and client differ",
        seen: "The Date header of an answer differs from the local time by more than 30 s.",
        causes: &["One of the two machines does not take its time from the network (NTP)"],
        actions: &[
            "Let both take their time from the same source; a third machine tells which of them is wrong.",
        ],
        actors: &[DesktopAdministrator, ServerAdministrator],
        references: &["RFC 9110 §6.6.1", "RFC 7519 §4.1.4"],
        explanation: "The line does not mind. Tokens, sign-in assertions and certificates do, and every comparison of \
            times in events and logs is off by the difference.",
        see_also: &["TLS-NOTYET", "TIME-TOKEN", "PS-LATE"],
        signs: &[],
    },
    Entry {
        id: "TIME-THROTTLE",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Likely,
        title: "The browser slows the page's timers down",
        seen: "Pings that came every 10 s come every 60 s, or in bunches, while the tab is hidden.",
        causes: &["The tab is in the background, and the browser saves power"],
        actions: &[
            "Send pings from a worker, whose timers are not slowed down so much.",
            "Exempt the site from the browser's power saving, by policy if need be.",
            "Let the server ping: an answer to a message needs no timer.",
        ],
        actors: &[ClientDeveloper, DesktopAdministrator],
        references: &["WHATWG HTML, Timers", "XEP-0199 §4.1"],
        explanation: "After some minutes in the background, browsers run a page's timers once a minute. Agents who have \
            the desktop behind another window lose their line, and those who look at it do not.",
        see_also: &["SE-CONNECTION-TIMEOUT", "KA-NONE", "MANY-DIFF"],
        signs: &[],
    },
    Entry {
        id: "TIME-SLEEP",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Likely,
        title: "The computer slept",
        seen: "A gap of more than five minutes in everything the client does, and at its end the connection is found dead.",
        causes: &["The computer was put to sleep, or its lid closed", "The virtual machine was paused"],
        actions: &[
            "Let the client notice the gap in its own clock and reconnect at once.",
            "During working hours, keep agents' computers from sleeping.",
        ],
        actors: &[ClientDeveloper, DesktopAdministrator, Agent],
        references: &["RFC 6120 §4.6.1"],
        explanation: "The server has ended the session long before; the agent was signed out if the sleep was \
            longer than its patience. The client notices only when it tries to send.",
        see_also: &["FO-255", "CLOSE-1006", "TCP-RST-LATER"],
        signs: &[],
    },
    Entry {
        id: "KA-NONE",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Likely,
        title: "Nobody sends keep-alives",
        seen: "The line is silent for more than 20 s and neither side pings.",
        causes: &[
            "The client has no keep-alive, or it is switched off",
            "The recording leaves control frames out",
        ],
        actions: &["Send an XMPP ping every 10 s and give up after two that are not answered."],
        actors: &[ClientDeveloper],
        references: &["RFC 7395 §3.8", "XEP-0199 §4.1", "Finesse: every 10 s with 2 retries"],
        explanation: "It works as long as something happens often enough. The first quiet hour brings the shortest idle \
            timer on the way into play, and a dead line is noticed only when somebody needs it. HAR files of browsers \
            have no ping frames, so there it says nothing about those.",
        see_also: &["TIME-IDLE", "SE-CONNECTION-TIMEOUT"],
        signs: &[],
    },
    Entry {
        id: "KA-UNANSWERED",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "A ping is not answered",
        seen: "An XMPP ping of the client got neither result nor error.",
        causes: &["The path or the server is dead", "The server does not know XEP-0199, and does not say so"],
        actions: &[
            "If two in a row stay without an answer, reconnect.",
            "If other things still arrive, it is the server that ignores pings; use WebSocket pings then.",
        ],
        actors: &[Network, ServerAdministrator],
        references: &["XEP-0199 §4.2", "RFC 6120 §8.2.3"],
        explanation: "An error in answer is as good a sign of life as a result. Silence on everything for as long as two \
            pings means that the connection is there in name only.",
        see_also: &["WS-PING-NOPONG", "CLOSE-1006", "IQ-UNANSWERED"],
        signs: &[],
    },
    Entry {
        id: "KA-SERVER-UNANSWERED",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "The client does not answer the server's ping",
        seen: "An iq get with a ping from the server stays without an answer.",
        causes: &[
            "The client has no handler for requests of the server",
            "The client's thread is blocked or asleep",
        ],
        actions: &[
            "Answer with an empty result, or with the error service-unavailable; either counts as life.",
        ],
        actors: &[ClientDeveloper],
        references: &["XEP-0199 §4.1", "RFC 6120 §8.2.3"],
        explanation: "The server will end the stream with connection-timeout and, in a contact centre, sign the agent out. \
            It looks like a bad network and is a missing line of code.",
        see_also: &["SE-CONNECTION-TIMEOUT", "PR-CAPS", "FO-255"],
        signs: &[],
    },
    Entry {
        id: "IQ-UNANSWERED",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Likely,
        title: "A request got no answer",
        seen: "An iq of type get or set got neither result nor error within 10 s.",
        causes: &[
            "Whoever was asked does not know the request and drops it",
            "The answer has another id, or went elsewhere",
        ],
        actions: &[
            "See who was asked for what, and let that side answer, at least with service-unavailable.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 6120 §8.2.3"],
        explanation: "Every request wants exactly one answer, and those who wait for it for ever appear to hang. If \
            nothing else arrives either, the line itself is the matter.",
        see_also: &["KA-UNANSWERED", "PS-TIMEOUT", "BI-SESSION"],
        signs: &[],
    },
    Entry {
        id: "IQ-ID-DUP",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Certain,
        title: "A request id is used again while it is pending",
        seen: "Two requests of one side have the same id, and the first has not been answered.",
        causes: &["The client counts ids anew, or two parts of it count separately"],
        actions: &["Make ids that are unique for the whole session."],
        actors: &[ClientDeveloper],
        references: &["RFC 6120 §8.1.3"],
        explanation: "An answer can then no longer be told from the other one. The effect is rare and strange: a \
            subscription that reports the result of a ping.",
        see_also: &["IQ-UNANSWERED"],
        signs: &[],
    },
    Entry {
        id: "PROTO-FROM",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Certain,
        title: "The client writes in another's name",
        seen: "`from` of a stanza of the client is not the address that the server bound.",
        causes: &["The client keeps an address of an earlier session, or makes it from the host's name"],
        actions: &["Leave `from` out; the server adds the right one."],
        actors: &[ClientDeveloper],
        references: &["RFC 6120 §8.1.2.1"],
        explanation: "The server has to refuse it or to put the right address in its place. Most accept the bare \
            address of the same user, so it may have worked elsewhere.",
        see_also: &["SE-ADDRESSING", "BI-RENAMED"],
        signs: &[],
    },
    Entry {
        id: "LOAD",
        stage: Stage::Steady,
        severity: Warning,
        confidence: Possible,
        title: "More events than this client can use",
        seen: "The rate of events, or the time they wait, is far above what the agent's own work explains.",
        causes: &[
            "Subscriptions with the bare address send everything to each session of the user",
            "The client listens to large teams or queues without need",
        ],
        actions: &[
            "Subscribe with the full address.",
            "Subscribe only to the teams and queues that are shown, and unsubscribe when they are not.",
        ],
        actors: &[ClientDeveloper],
        references: &["XEP-0060 §6.1", "Finesse: the full address is advised for subscriptions"],
        explanation: "The traffic of a team grows with the square of its size when all its members listen to all. It \
            costs the server, the network and the browser's thread, which then reacts late.",
        see_also: &["PS-DUP", "PS-LATE", "SE-RESOURCE-CONSTRAINT"],
        signs: &[],
    },
];
