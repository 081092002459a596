//! The end: who closed, and how.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*, Sign};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "CLOSE-1006",
        stage: Stage::Close,
        severity: Fault,
        confidence: Possible,
        title: "The connection ended without a goodbye",
        seen: "The connection ended (FIN or RST) without a close frame and without <close/>. Browsers report this as code \
            1006, which is never sent by anybody.",
        causes: &[
            "An idle timer on the way cut the connection",
            "Wi-Fi, VPN or the computer's sleep interrupted it",
            "The server's process or a proxy was stopped",
        ],
        actions: &[
            "Look how long the line had been silent: if it is the same each time, follow TIME-IDLE.",
            "See whether others lost their lines in the same second: then it is the server's side, otherwise the client's.",
            "Look in the logs of server and proxy at that second.",
        ],
        actors: &[Network, ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §7.1.5", "RFC 6455 §7.4.1"],
        explanation: "1006 is the browser's way of saying that nobody said anything, and hides the reason on purpose. \
            What helps are circumstances: the silence before, the age of the connection, the time of day, whether the \
            computer had just woken up, and who else was hit.",
        see_also: &["TIME-IDLE", "MANY-SAME", "MANY-DIFF", "TIME-SLEEP", "TCP-RST-LATER", "FO-255"],
        signs: &[Sign::CloseCodes(1006, 1006)],
    },
    Entry {
        id: "CLOSE-HALF",
        stage: Stage::Close,
        severity: Note,
        confidence: Likely,
        title: "A close frame was not answered",
        seen: "One side sent a close frame, and the other's did not come within 5 s.",
        causes: &["The other side was gone already, or ended the connection at once"],
        actions: &[
            "Nothing, when logging out. If it is the rule, see whether a proxy swallows close frames.",
        ],
        actors: &[],
        references: &["RFC 6455 §7.1.2", "RFC 6455 §5.5.1"],
        explanation: "The end is not clean and nothing is lost by it: both sides knew that it was over.",
        see_also: &["CLOSE-1006"],
        signs: &[],
    },
    Entry {
        id: "CLOSE-XMPP-ONLY",
        stage: Stage::Close,
        severity: Note,
        confidence: Certain,
        title: "The stream was closed, the WebSocket was not",
        seen: "<close/> was sent, and the connection ended without a WebSocket close frame.",
        causes: &["The server or client leaves out the second half of the goodbye"],
        actions: &["Nothing has to be done; a browser will report code 1006 for it."],
        actors: &[],
        references: &["RFC 7395 §3.6"],
        explanation: "Two layers are closed one after the other, and some implementations are content with the first. \
            Statistics that count 1006 as losses should leave these out.",
        see_also: &["CLOSE-1006", "CLOSE-WS-ONLY"],
        signs: &[],
    },
    Entry {
        id: "CLOSE-WS-ONLY",
        stage: Stage::Close,
        severity: Note,
        confidence: Likely,
        title: "The WebSocket was closed, the stream was not",
        seen: "A WebSocket close frame without <close/> before it.",
        causes: &["The browser's tab was closed or reloaded", "A proxy was reloaded", "An old server"],
        actions: &["Nothing, unless it happens in the middle of the work; then find out who sent the frame."],
        actors: &[],
        references: &["RFC 7395 §3.6"],
        explanation: "Browsers close WebSockets when a page goes, and the page has no time to say more. The server takes \
            the session for ended and the presence for gone.",
        see_also: &["CLOSE-1001", "FO-255"],
        signs: &[],
    },
    Entry {
        id: "CLOSE-STREAMERR",
        stage: Stage::Close,
        severity: Fault,
        confidence: Certain,
        title: "The stream was ended with an error",
        seen: "<stream:error> came, then <close/>.",
        causes: &["What the condition of the error says"],
        actions: &["Read the condition; each has a finding of its own, whose name begins with SE."],
        actors: &[ServerAdministrator, ClientDeveloper],
        references: &["RFC 6120 §4.9", "RFC 7395 §3.5"],
        explanation: "A stream error is always the last word on a stream. The WebSocket's own close code, which follows, \
            is 1000 in most products and says nothing more.",
        see_also: &["SE-CONFLICT", "SE-CONNECTION-TIMEOUT", "SE-POLICY-VIOLATION", "SE-UNDEFINED"],
        signs: &[],
    },
    Entry {
        id: "CLOSE-UNASKED",
        stage: Stage::Close,
        severity: Fault,
        confidence: Possible,
        title: "The server said goodbye without being asked",
        seen: "The server sent <close/>, without a stream error and without an address to go to, while the client wanted \
            to stay.",
        causes: &[
            "The service is being stopped",
            "An administrator or a rule of the server ended this session",
        ],
        actions: &["Look in the server's log for this session.", "Reconnect after a short, random pause."],
        actors: &[ServerAdministrator],
        references: &["RFC 7395 §3.6", "RFC 6120 §4.4"],
        explanation: "An orderly end without a reason. If many sessions ended in the same second, the service was \
            stopped; if it is one user, somebody ended that session.",
        see_also: &["SE-SYSTEM-SHUTDOWN", "MANY-SAME", "ST-SEE-OTHER"],
        signs: &[],
    },
];
