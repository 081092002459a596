//! WebSocket frames: how messages are cut, masked, compressed and kept alive.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "WS-BROKEN",
        stage: Stage::Ws,
        severity: Fault,
        confidence: Likely,
        title: "The bytes that came are no valid WebSocket frames",
        seen: "A frame has reserved bits set, an unknown opcode, a length that cannot be, or is too large.",
        causes: &[
            "A device on the way changed or inserted bytes after the upgrade",
            "The implementation of the peer is wrong",
            "The answer's body and the first frame were mixed up",
        ],
        actions: &[
            "Connect to the server directly; if the frames are good there, the device on the way is at fault.",
            "Use wss: where ws: is used now: what is encrypted is not changed on the way.",
        ],
        actors: &[Network, ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §5.2", "RFC 6455 §7.1.7"],
        explanation: "The receiver has to end the connection at the first such frame, with code 1002. Which \
            bytes are wrong tells where they come from: readable HTTP or HTML in the middle of frames is a proxy's.",
        see_also: &["CLOSE-1002", "WS-DEFLATE", "WS-UNMASKED"],
        signs: &[],
    },
    Entry {
        id: "WS-UNMASKED",
        stage: Stage::Ws,
        severity: Fault,
        confidence: Certain,
        title: "A frame is masked the wrong way round",
        seen: "A frame of the client has no mask, or one of the server has one.",
        causes: &[
            "The client is not a browser, and its WebSocket code is wrong",
            "Bytes were inserted on the way",
        ],
        actions: &["Use a maintained WebSocket library in the client: it masks by itself."],
        actors: &[ClientDeveloper, Network],
        references: &["RFC 6455 §5.1", "RFC 6455 §5.3"],
        explanation: "Clients mask every frame with a fresh random key and servers never do. The receiver has to \
            close with 1002. No browser makes this mistake.",
        see_also: &["WS-BROKEN", "CLOSE-1002"],
        signs: &[],
    },
    Entry {
        id: "WS-FRAG-STUCK",
        stage: Stage::Ws,
        severity: Fault,
        confidence: Likely,
        title: "A message was begun and not finished",
        seen: "A frame that is not the last of its message came, and its continuation does not follow.",
        causes: &[
            "A proxy on the way collects data before it hands them on",
            "The sender was cut off in the middle of a message",
        ],
        actions: &[
            "Switch off buffering of answers for this path in the proxy.",
            "See whether the rest arrives when more is sent: that is the sign of buffering.",
        ],
        actors: &[ProxyAdministrator],
        references: &["RFC 6455 §5.4"],
        explanation: "Control frames may come between the parts of a message, so pings that are answered do not \
            contradict it. The application sees nothing until the last part is there.",
        see_also: &["WS-SPLIT-STANZA", "TCP-PATH-MTU"],
        signs: &[],
    },
    Entry {
        id: "WS-DEFLATE",
        stage: Stage::Ws,
        severity: Fault,
        confidence: Likely,
        title: "A compressed message cannot be unpacked",
        seen: "A frame is marked as compressed though compression was not agreed on, or its data do not inflate.",
        causes: &[
            "A device on the way took part in the handshake and does not keep the state of the compression",
            "Peer and client disagree on whether the state is kept between messages",
        ],
        actions: &[
            "Switch off permessage-deflate on the server or proxy; stanzas are small and lose little.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 7692 §7.1", "RFC 7692 §7.2"],
        explanation: "Each message may refer to those before it, so one message lost or changed on the way spoils all \
            that follow. Typical is that the first messages are fine and a later one is not.",
        see_also: &["UP-EXT", "WS-BROKEN"],
        signs: &[],
    },
    Entry {
        id: "WS-BINARY",
        stage: Stage::Ws,
        severity: Fault,
        confidence: Certain,
        title: "A binary message came on a line for text",
        seen: "A data frame has opcode 2.",
        causes: &[
            "The client hands bytes instead of a string to its WebSocket library",
            "The endpoint is not one for XMPP",
        ],
        actions: &["Send each element as a text message.", "If the server sent it, check the path."],
        actors: &[ClientDeveloper],
        references: &["RFC 7395 §3.2", "RFC 6455 §5.6"],
        explanation: "XMPP over WebSocket knows text messages only. A peer may close with 1003. In several \
            languages the type of the argument decides between text and binary.",
        see_also: &["CLOSE-1003", "UP-PROTO-MISSING"],
        signs: &[],
    },
    Entry {
        id: "WS-SPLIT-STANZA",
        stage: Stage::Ws,
        severity: Fault,
        confidence: Likely,
        title: "A message does not hold exactly one element",
        seen: "A text message holds a part of a stanza, or more than one element at its top.",
        causes: &[
            "The client was written for XMPP over TCP and sends its bytes as they come",
            "The client is older than RFC 7395",
        ],
        actions: &["Send one complete element per message, with all its namespaces declared on it."],
        actors: &[ClientDeveloper],
        references: &["RFC 7395 §3.3.3"],
        explanation: "On TCP a stream is one long document and where packets end does not matter. On a WebSocket each \
            message is a document of its own. The fragments of one message are put together before this is judged, so \
            fragmentation is no excuse.",
        see_also: &["ST-OLD-FRAMING", "ST-STANZA-NS", "SE-XML"],
        signs: &[],
    },
    Entry {
        id: "WS-PING-NOPONG",
        stage: Stage::Ws,
        severity: Warning,
        confidence: Likely,
        title: "A WebSocket ping got no pong",
        seen: "A ping frame is not answered by a pong within 10 s. Browsers do not show these frames; a capture or a live \
            trace does.",
        causes: &[
            "The peer or the path to it is dead, and nobody has noticed yet",
            "The peer is so busy that it does not read",
        ],
        actions: &[
            "See whether anything else still arrives from the peer; if not, reconnect.",
            "Use XMPP pings as well: a proxy may answer WebSocket pings by itself.",
        ],
        actors: &[Network, ServerAdministrator],
        references: &["RFC 6455 §5.5.2", "RFC 6455 §5.5.3", "RFC 7395 §3.8"],
        explanation: "A pong is sent by the WebSocket library and proves that the next hop lives, no more. An answered \
            XMPP ping proves that the service behind it does.",
        see_also: &["KA-UNANSWERED", "TIME-IDLE"],
        signs: &[],
    },
    Entry {
        id: "SIZE",
        stage: Stage::Ws,
        severity: Warning,
        confidence: Likely,
        title: "A very large message",
        seen: "A single message is larger than 256 KiB.",
        causes: &[
            "A list of a large team or of many calls was sent in one piece",
            "A client puts long texts into call variables or payloads",
        ],
        actions: &[
            "Compare with the limits of the server, the proxy and the client, and raise the smallest if need be.",
            "Subscribe to smaller teams, or read lists over REST with ranges.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 6455 §10.4", "RFC 6120 §13.12"],
        explanation: "It worked, and is near to where it will not. Limits of servers and libraries are often 64 KiB, \
            256 KiB or 1 MiB, and going beyond them ends the line with code 1009 or a policy-violation.",
        see_also: &["CLOSE-1009", "SE-POLICY-VIOLATION", "TCP-PATH-MTU"],
        signs: &[],
    },
];
