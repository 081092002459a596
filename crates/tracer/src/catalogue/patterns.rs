//! Patterns over several connections: reconnecting, failing over, and many users at once.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "RECON-STORM",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "Clients reconnect faster than the server can take them",
        seen: "The number of WebSocket requests in a minute, from one user or one address, is far above that of a normal \
            start.",
        causes: &[
            "Clients try again without a pause, or all with the same pause",
            "The server refuses them for a reason that waiting does not change",
        ],
        actions: &[
            "Let clients wait longer after each failure, up to a minute, and by a random amount.",
            "Respect Retry-After, and the close codes 1012 and 1013.",
            "Find out why the first connection ended; that is the real fault.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 6455 §7.2.3", "RFC 6585 §4", "RFC 6120 §3.3"],
        explanation: "After a restart every client comes back, and logging in costs much more than being logged in. \
            Without randomness they come in waves, each of which is refused like the one before.",
        see_also: &["UP-429", "CLOSE-1012", "CLOSE-1013", "RECON-LOOP"],
        signs: &[],
    },
    Entry {
        id: "RECON-LOOP",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "A client logs in, loses the line, and begins again",
        seen: "Logging in, few or no events, and an end follow each other at least three times.",
        causes: &[
            "Two clients of one user push each other out",
            "An idle timer ends each connection after the same time",
            "The login or a subscription fails, and the client does not stop",
        ],
        actions: &[
            "Look at the end of each connection: conflict, silence and refusal have different remedies.",
            "Compare the lengths of the connections; equal ones mean a timer.",
        ],
        actors: &[ClientDeveloper, Network],
        references: &["RFC 6120 §3.3"],
        explanation: "Seen from the agent it is a desktop that says \"reconnecting\" all day. The loop is the \
            consequence; the finding at the end of the single connections is the cause.",
        see_also: &["BI-PINGPONG", "TIME-IDLE", "SA-RETRY-LOCK", "RECON-STORM"],
        signs: &[],
    },
    Entry {
        id: "FO-OOS",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "The service is out of service",
        seen: "An event or an answer of SystemInfo says OUT_OF_SERVICE, or REST answers 503.",
        causes: &[
            "The link between the service and the contact centre (CTI) is lost",
            "This node stands by, and the other one is active",
            "The service has just been started",
        ],
        actions: &[
            "Wait for IN_SERVICE, then read the agent's state afresh over REST.",
            "If the other node is in service, connect there.",
            "If neither is, look at the contact centre behind them.",
        ],
        actors: &[ServerAdministrator],
        references: &["Finesse: OUT_OF_SERVICE means neither requests nor events", "RFC 9110 §15.6.4"],
        explanation: "The line stays open and pings are answered while the state lasts, so only SystemInfo tells. What \
            happens to agents and calls in the meantime is not sent later; a client has to ask for it.",
        see_also: &["UP-503", "REST-503", "PR-SERVICE-DOWN", "FO-SWITCH"],
        signs: &[],
    },
    Entry {
        id: "FO-SWITCH",
        stage: Stage::Steady,
        severity: Note,
        confidence: Likely,
        title: "The client moved to the other node",
        seen: "After the end of one connection the next one goes to the peer host.",
        causes: &["The first node was lost or went out of service, and the client failed over as it should"],
        actions: &[
            "Check that agents' computers trust the certificates of both nodes, on each port used.",
            "Expect agents to sign in again, and calls to go on.",
        ],
        actors: &[ServerAdministrator, DesktopAdministrator],
        references: &["Finesse: a failover asks the agent to sign in on the other node"],
        explanation: "This is the normal course of things. It fails where only the first node's certificate was ever \
            accepted, which nobody notices before the day it is needed.",
        see_also: &["TLS-UNKNOWN-CA", "FO-OOS", "FO-DUAL"],
        signs: &[],
    },
    Entry {
        id: "FO-DUAL",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "One user is connected to both nodes",
        seen: "Connections of the same user to two hosts overlap in time.",
        causes: &[
            "The client failed over while the first node still believed in the old connection",
            "Two clients of the user are configured with different nodes",
        ],
        actions: &[
            "Let the client close its first connection, with presence, before it opens the second.",
            "Use the same node for all clients of a user.",
        ],
        actors: &[ClientDeveloper, Agent],
        references: &["Finesse: being signed in on both nodes is not supported"],
        explanation: "When the first node notices that its connection is gone it signs the agent out, with reason 255, \
            while the agent works on the other node. It appears as a sign-out without cause one to three minutes after \
            a failover.",
        see_also: &["FO-255", "FO-SWITCH", "SE-CONFLICT"],
        signs: &[],
    },
    Entry {
        id: "FO-255",
        stage: Stage::Steady,
        severity: Fault,
        confidence: Likely,
        title: "The agent was signed out because the desktop was gone",
        seen: "The agent's state becomes LOGOUT with reason code 255, on CCX 32765.",
        causes: &[
            "The desktop's line was lost, and did not come back within the time allowed",
            "The client sent unavailable presence and stayed away",
        ],
        actions: &[
            "Find the end of the agent's connection up to 180 s before, and read that finding.",
            "Make the client reconnect sooner than 60 s after a loss.",
        ],
        actors: &[Network, ClientDeveloper, DesktopAdministrator],
        references: &["RFC 6121 §4.5", "Finesse: up to 120 s to notice a crash, then 60 s of grace"],
        explanation: "The sign-out is the last link of a chain: a connection that ends, a server that notices, and 60 s \
            in which the agent may come back. After an orderly end the 60 s count alone. What ended the connection is the \
            fault to look for.",
        see_also: &["PR-UNAVAIL", "CLOSE-1006", "TIME-SLEEP", "FO-DUAL", "SE-CONNECTION-TIMEOUT"],
        signs: &[],
    },
    Entry {
        id: "MANY-SAME",
        stage: Stage::Close,
        severity: Fault,
        confidence: Likely,
        title: "Many users lost their lines at the same moment",
        seen: "The connections of many users end within 5 s.",
        causes: &[
            "The server was restarted or failed",
            "A proxy or load balancer was reloaded",
            "A link or firewall that all of them share failed",
        ],
        actions: &[
            "Look at the logs of server and proxy at that second.",
            "See what the users have in common: all of them, one site, or one proxy.",
        ],
        actors: &[ServerAdministrator, ProxyAdministrator, Network],
        references: &["RFC 6455 §7.4.1"],
        explanation: "What hits many at once lies where their ways meet. The agents' computers need not be looked at. A \
            close code of 1001 or 1012, or system-shutdown, says that it was on purpose.",
        see_also: &["MANY-DIFF", "SE-SYSTEM-SHUTDOWN", "CLOSE-1012", "RECON-STORM"],
        signs: &[],
    },
    Entry {
        id: "MANY-DIFF",
        stage: Stage::Close,
        severity: Warning,
        confidence: Likely,
        title: "Several users lose their lines, each at another time",
        seen: "The connections of several users end without a close frame at times that have nothing to do with each other.",
        causes: &[
            "Wi-Fi, VPN or home connections of the single users",
            "Browsers that slow down tabs in the background, or computers that sleep",
            "An idle timer that hits whoever is quiet",
        ],
        actions: &[
            "Compare users with and without it: home or office, cable or Wi-Fi, browser, VPN.",
            "Look at the time since the last frame of each; equal times mean a timer after all.",
        ],
        actors: &[DesktopAdministrator, Network],
        references: &["RFC 6455 §7.4.1"],
        explanation: "The server is the same for all and so is seldom the cause. Twenty tickets of this kind are \
            often twenty small causes with one remedy: a client that reconnects quickly and quietly.",
        see_also: &["MANY-SAME", "TIME-IDLE", "TIME-THROTTLE", "TIME-SLEEP"],
        signs: &[],
    },
];
