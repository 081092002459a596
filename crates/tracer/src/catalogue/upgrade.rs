//! The WebSocket request gets no answer, or a 101 that does not hold.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "UP-NOSTATUS",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Possible,
        title: "The connection ended before any answer",
        seen: "The request was sent, and the connection was closed or reset, or brought something that is not HTTP, before \
            a status line.",
        causes: &[
            "The port speaks TLS and the request came in clear text",
            "A firewall or inspection product cuts connections that ask for an upgrade",
            "The process that took the connection died",
        ],
        actions: &[
            "Try wss: instead of ws:, and make sure that the port is that of a web server.",
            "Send the same request without its Upgrade header: if that is answered, something objects to WebSockets.",
            "Look in the logs of proxy and server at this time.",
        ],
        actors: &[ClientDeveloper, Network, ProxyAdministrator],
        references: &["RFC 6455 §4.1", "RFC 9112 §3"],
        explanation: "An orderly web server answers even a bad request. Silence followed by an end is the work of \
            something that does not speak HTTP or does not want to be seen.",
        see_also: &["TLS-TO-PLAIN", "UP-TIMEOUT", "TCP-RST-LATER"],
        signs: &[],
    },
    Entry {
        id: "UP-TIMEOUT",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Possible,
        title: "The WebSocket request is not answered",
        seen: "The request was sent, the connection stays open, and no status line comes in time (10 s).",
        causes: &[
            "A proxy holds the request back while it waits for the server",
            "The server has no thread or connection left to answer with",
            "The port belongs to a service that waits for something else",
        ],
        actions: &[
            "Send the request to the server directly and compare.",
            "Look at the load and the number of connections of server and proxy at this time.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §4.1"],
        explanation: "If one waits longer, a proxy would answer 504 after its own timeout. Servers with one thread for \
            each connection show this when all of them are taken: logins then work again whenever somebody leaves.",
        see_also: &["UP-504", "UP-NOSTATUS"],
        signs: &[],
    },
    Entry {
        id: "UP-NOUPGRADE",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "The server agreed (101) without saying to what",
        seen: "The answer has status 101, and its Upgrade header is not \"websocket\" or its Connection header lacks \
            \"upgrade\".",
        causes: &[
            "A proxy removed these headers from the answer",
            "The server's implementation is incomplete",
        ],
        actions: &[
            "Let the responder, proxy or server, send `Upgrade: websocket` and `Connection: Upgrade` with the 101.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §4.1", "RFC 6455 §4.2.2", "RFC 9110 §7.8"],
        explanation: "Clients have to end the connection here, and browsers do. Upper and lower case do not matter, and \
            Connection may list more than one word.",
        see_also: &["UP-200", "UP-ACCEPT"],
        signs: &[],
    },
    Entry {
        id: "UP-ACCEPT",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "The server's answer belongs to another request",
        seen: "The answer is 101 and its Sec-WebSocket-Accept is not the value that follows from the request's key.",
        causes: &[
            "A cache on the way answered with an older answer",
            "A proxy mixed up the answers of two connections",
            "The server computes the value wrongly",
        ],
        actions: &[
            "Switch off caching for this path.",
            "Send two requests with different keys to the server directly: each must get a value of its own.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §4.1", "RFC 6455 §4.2.2"],
        explanation: "The value proves that the responder has read this very request and knows the protocol. It is \
            the Base64 form of the SHA-1 of the key and a fixed text. A wrong one means that no WebSocket was opened \
            for us, whatever the status says.",
        see_also: &["UP-NOUPGRADE"],
        signs: &[],
    },
    Entry {
        id: "UP-PROTO-MISSING",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The server did not agree to speak XMPP",
        seen: "The request offers the subprotocol xmpp; the 101 has no Sec-WebSocket-Protocol header.",
        causes: &[
            "The path is that of another WebSocket, such as a chat or an event feed of the same server",
            "A proxy dropped the header",
        ],
        actions: &[
            "Check the path.",
            "Compare with a request that goes to the server directly; if the header is there, correct the proxy.",
        ],
        actors: &[ClientDeveloper, ProxyAdministrator],
        references: &["RFC 7395 §3.1", "RFC 6455 §4.2.2"],
        explanation: "Some browsers fail the connection when they offered a protocol and none was chosen, and others go \
            on, so this can look like a browser's bug. A server that speaks XMPP must name it.",
        see_also: &["UP-PROTO-OTHER", "UP-501"],
        signs: &[],
    },
    Entry {
        id: "UP-PROTO-OTHER",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "The server chose a subprotocol that was not offered",
        seen: "The 101 has a Sec-WebSocket-Protocol header with a value that is not in the request's list.",
        causes: &["The path is that of another WebSocket service", "The server ignores what is offered"],
        actions: &["Check the path; the endpoint has to answer `Sec-WebSocket-Protocol: xmpp`."],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 6455 §4.1", "RFC 7395 §3.1"],
        explanation: "Clients have to fail the connection. The value that was chosen usually names the service that \
            answered.",
        see_also: &["UP-PROTO-MISSING"],
        signs: &[],
    },
    Entry {
        id: "UP-EXT",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "The server uses an extension that was not offered",
        seen: "The 101 has a Sec-WebSocket-Extensions header with something that the request did not offer.",
        causes: &[
            "A proxy removed the offer from the request or kept the answer of another one",
            "The server's implementation is wrong",
        ],
        actions: &[
            "Switch off compression (permessage-deflate) on the server to see whether it is the cause.",
            "Compare the request as sent with the request as the server received it.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §9.1", "RFC 7692 §5"],
        explanation: "An extension changes what the bytes of a frame mean, so both sides must want it. Clients have to \
            fail the connection rather than guess.",
        see_also: &["WS-DEFLATE", "UP-ACCEPT"],
        signs: &[],
    },
    Entry {
        id: "UP-BOSH-ONLY",
        stage: Stage::Upgrade,
        severity: Warning,
        confidence: Likely,
        title: "Only BOSH gets through; the WebSocket does not",
        seen: "The WebSocket request fails, and a POST to /http-bind on the same host is answered as BOSH.",
        causes: &[
            "A proxy or firewall on the way does not pass WebSockets",
            "The server is old and has no WebSocket endpoint",
        ],
        actions: &[
            "Permit WebSockets on the way: the finding of the failed upgrade tells where to look.",
            "Until then the client can use BOSH, at the price of a delay and of more load.",
        ],
        actors: &[ProxyAdministrator, Network, ServerAdministrator],
        references: &["XEP-0124", "XEP-0206", "Finesse 12.6: BOSH is deprecated"],
        explanation: "BOSH carries the same stanzas in long requests and so passes everything that passes web pages. \
            It shows that name, certificate, login and the XMPP service are fine and the upgrade alone is not.",
        see_also: &["UP-200", "UP-404"],
        signs: &[],
    },
    Entry {
        id: "UP-MIXED",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "The browser does not open ws: from an https page",
        seen: "The page was loaded with https and the script wants a ws: address. No request leaves the browser; the \
            console speaks of mixed content.",
        causes: &["The address of the line is configured without encryption"],
        actions: &["Use a wss: address, and a certificate that the browser trusts for it."],
        actors: &[ClientDeveloper],
        references: &["W3C Mixed Content §4", "RFC 6455 §10.2"],
        explanation: "The rule is the browser's and cannot be lifted by the server. Only localhost is exempt, so it may \
            have worked on the developer's machine.",
        see_also: &["UP-CSP", "TLS-PLAINTEXT"],
        signs: &[],
    },
    Entry {
        id: "UP-CSP",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "The page's own policy forbids the connection",
        seen: "No request leaves the browser; the console says that connecting was refused because of connect-src.",
        causes: &["The Content-Security-Policy of the page does not list the line's origin"],
        actions: &["Add the origin, such as wss://cc.example.org:8445, to connect-src of the page's policy."],
        actors: &[ClientDeveloper, ProxyAdministrator],
        references: &["W3C Content Security Policy Level 3 §6.1"],
        explanation: "The policy comes as a header or a meta element of the page, sometimes from a proxy that hardens \
            all pages. Scheme and port count: an entry for https does not cover wss in every browser, nor one port \
            another.",
        see_also: &["UP-MIXED", "UP-403"],
        signs: &[],
    },
];
