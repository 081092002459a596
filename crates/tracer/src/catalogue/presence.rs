//! Presence: whether the server may send anything at all, and what it concludes when it goes.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "PR-NONE",
        stage: Stage::Presence,
        severity: Fault,
        confidence: Likely,
        title: "The client never said that it is there",
        seen: "The client is logged in and subscribed, and has not sent a <presence/> without a type. No events come.",
        causes: &["The client leaves out presence, or sends it to somebody instead of to all"],
        actions: &[
            "As soon as the address is bound, send <presence><priority>0</priority></presence>, without `to`.",
        ],
        actors: &[ClientDeveloper],
        references: &[
            "RFC 6121 §4.2",
            "XEP-0060 §16.4.4",
            "Finesse: presence is wanted, with a priority that is not negative",
        ],
        explanation: "A session without presence is connected but not available: messages to the bare address pass it \
            by, and publish-subscribe services may deliver to available sessions only. Everything before looks right, \
            which makes this a favourite among puzzles.",
        see_also: &["PR-NEGATIVE", "PS-MISSING", "PS-SILENT"],
        signs: &[],
    },
    Entry {
        id: "PR-NEGATIVE",
        stage: Stage::Presence,
        severity: Warning,
        confidence: Likely,
        title: "The presence has a negative priority",
        seen: "The client's presence has a <priority> below 0. Events to the bare address go to other sessions or to none.",
        causes: &["The client's default for background programs, or a setting"],
        actions: &["Use priority 0."],
        actors: &[ClientDeveloper],
        references: &["RFC 6121 §4.7.2.3", "RFC 6121 §8.5.2.1", "Finesse: priority 0 is advised"],
        explanation: "A negative priority says: nothing to me unless it is addressed to this very session. Subscriptions \
            that the server made by itself are for the bare address and so do not reach it.",
        see_also: &["PR-NONE", "PS-OTHER-RES"],
        signs: &[],
    },
    Entry {
        id: "PR-UNAVAIL",
        stage: Stage::Presence,
        severity: Fault,
        confidence: Certain,
        title: "The client said that it is leaving, and stayed connected",
        seen: "Events stop after the client's <presence type=\"unavailable\"/>; the stream goes on.",
        causes: &[
            "The page was being left or the computer went to sleep, and the connection outlived it",
            "The client uses presence to show a pause",
        ],
        actions: &[
            "Send unavailable presence only before closing the stream.",
            "To come back, send presence without a type.",
        ],
        actors: &[ClientDeveloper],
        references: &["RFC 6121 §4.5", "Finesse: an agent without presence is signed out after 60 s"],
        explanation: "For the server the agent's desktop is gone from this moment. On Finesse the clock for the forced \
            sign-out starts: 60 s later the agent is signed out with reason 255, although the line is still open.",
        see_also: &["FO-255", "PR-FLAP"],
        signs: &[],
    },
    Entry {
        id: "PR-SERVICE-DOWN",
        stage: Stage::Presence,
        severity: Fault,
        confidence: Likely,
        title: "The web application has lost its own line",
        seen: "An unavailable presence comes from the service's user, finesse@domain.",
        causes: &[
            "The web application (Tomcat) is restarting or has failed",
            "Its connection to the notification service broke",
        ],
        actions: &[
            "Keep the line. Wait for available presence of that user and for SystemInfo IN_SERVICE, then read the state \
             afresh over REST.",
            "If it lasts, look at the web application on the server, or move to the other node.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 6121 §4.5.2", "Finesse: clients watch the presence of the user finesse"],
        explanation: "The events are published by that user. While it is away the line is healthy and silent, and pings \
            are answered, so clients that look at pings only do not notice.",
        see_also: &["FO-OOS", "PS-MISSING"],
        signs: &[],
    },
    Entry {
        id: "PR-FLAP",
        stage: Stage::Presence,
        severity: Warning,
        confidence: Possible,
        title: "A user comes and goes many times a minute",
        seen: "The presence of one user changes between available and unavailable more than three times in a minute.",
        causes: &[
            "The user's network is unsteady",
            "Two clients push each other out, or one reconnects in a loop",
        ],
        actions: &[
            "Look at the resources in the presences: one that alternates with another means two clients.",
            "If it is one and the same, look at the reasons for which its connections end.",
        ],
        actors: &[Agent, Network, ClientDeveloper],
        references: &["RFC 6121 §4.4"],
        explanation: "Each return within 60 s saves the agent from the forced sign-out, so the agent may notice nothing \
            but missing events.",
        see_also: &["BI-PINGPONG", "RECON-LOOP", "FO-255"],
        signs: &[],
    },
    Entry {
        id: "PR-CAPS",
        stage: Stage::Presence,
        severity: Warning,
        confidence: Likely,
        title: "A question about the client's abilities is not answered",
        seen: "An iq get with disco#info, from the server or from a contact, gets neither result nor error.",
        causes: &["The client has no handler for requests that it does not expect"],
        actions: &["Answer with the client's features, or with the error service-unavailable."],
        actors: &[ClientDeveloper],
        references: &["XEP-0115 §6.2", "XEP-0030 §3", "RFC 6120 §8.2.3"],
        explanation: "Every iq get or set wants an answer, even if it is no. Servers that filter events by what a \
            client announces may send it less while they do not know.",
        see_also: &["IQ-UNANSWERED", "KA-SERVER-UNANSWERED"],
        signs: &[],
    },
];
