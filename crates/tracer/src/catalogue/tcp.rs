//! Reaching the host: connections, routes, and the proxy in between.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "TCP-REFUSED",
        stage: Stage::Tcp,
        severity: Fault,
        confidence: Likely,
        title: "The host is there, but nothing listens on this port",
        seen: "The attempt to connect is answered at once with a reset (ECONNREFUSED).",
        causes: &[
            "The service is stopped or still starting",
            "The port is wrong: which one serves the line has changed between releases",
            "A firewall answers with resets instead of dropping silently",
        ],
        actions: &[
            "See on the server whether the service runs, and on which port it listens.",
            "On Finesse use port 8445 (12.6 and later); 7443 is for older releases, and 7071 and 5222 are closed \
             unless somebody has opened them.",
            "Try from the server itself: refused there as well means the service, otherwise the network.",
        ],
        actors: &[ServerAdministrator, ClientDeveloper],
        references: &[
            "RFC 9293 §3.5.2",
            "Finesse 12.5: ports 7071 and 5222 are off by default",
            "Finesse 12.6: REST and WebSocket share port 8445; 7443 is deprecated",
        ],
        explanation: "A refusal is good news in one respect: the address is right and the network carries packets \
            both ways. It comes within one round trip. If it appears for a minute and then goes away, the service \
            was being restarted.",
        see_also: &["TCP-TIMEOUT", "UP-503"],
        signs: &[],
    },
    Entry {
        id: "TCP-TIMEOUT",
        stage: Stage::Tcp,
        severity: Fault,
        confidence: Likely,
        title: "The host does not answer on this port",
        seen: "Packets to open the connection (SYN) are sent again and again, and nothing comes back.",
        causes: &[
            "A firewall on the way drops packets to this port",
            "The host is switched off, or the address belongs to a machine that is gone",
            "Packets come back by a way that is not allowed (asymmetric routing)",
        ],
        actions: &[
            "Open this port from the agents' network to the server on every firewall on the way.",
            "Find out how far packets come with a traceroute that uses the same port over TCP.",
            "Try another port of the same host: if one answers and this does not, it is a rule and not the host.",
        ],
        actors: &[Network],
        references: &["RFC 9293 §3.8.3"],
        explanation: "Silence means that packets are lost on purpose or by misfortune, and the client cannot know \
            which. A firewall that rejects politely would show as TCP-REFUSED or TCP-UNREACH instead. REST may work \
            while the line does not, when they are on different ports and only one was opened.",
        see_also: &["TCP-REFUSED", "TCP-UNREACH", "DNS-MISMATCH"],
        signs: &[],
    },
    Entry {
        id: "TCP-UNREACH",
        stage: Stage::Tcp,
        severity: Fault,
        confidence: Likely,
        title: "There is no way to the host from here",
        seen: "The attempt to connect fails with \"no route to host\" or \"network unreachable\", reported by the \
            own system or by a router (ICMP).",
        causes: &[
            "The VPN or network link through which the server is reached is down",
            "The name has an IPv6 address, and this network carries no IPv6",
            "A router or firewall refuses with an ICMP message",
        ],
        actions: &[
            "Bring up the network or VPN and look at the route to this address.",
            "If only the IPv6 address fails, repair IPv6 or withdraw the AAAA record.",
        ],
        actors: &[DesktopAdministrator, Network],
        references: &["RFC 792", "RFC 4443 §3.1"],
        explanation: "Somebody on the way has said that the host cannot be reached, which is quicker and more exact \
            than silence. If the message comes from the own computer there is no route at all; if it comes from a \
            router, its address tells where the path ends.",
        see_also: &["TCP-TIMEOUT", "DNS-MISMATCH"],
        signs: &[],
    },
    Entry {
        id: "TCP-RST-LATER",
        stage: Stage::Tcp,
        severity: Fault,
        confidence: Possible,
        title: "An established connection was reset",
        seen: "After data has flowed, a reset (RST) ends the connection. Its direction, and in a capture its time to \
            live, tell who sent it.",
        causes: &[
            "A firewall or address translator had forgotten the connection and refused the next packet",
            "The process on the server ended without closing its connections",
            "An inspecting device cut the connection on purpose",
        ],
        actions: &[
            "Look how long the line had been silent: a round number of minutes points to an idle timer.",
            "Capture at both ends and compare: a reset that the other end never sent came from a box in between.",
            "Send keep-alives more often than the shortest idle timer on the way.",
        ],
        actors: &[Network, ServerAdministrator],
        references: &["RFC 9293 §3.5.2", "RFC 5382 §5"],
        explanation: "An orderly end is a FIN; a reset means that one side knows nothing of this connection or \
            wants nothing to do with it any more. A time to live that differs from that of the data packets betrays a \
            device in the middle. In a browser both show as code 1006.",
        see_also: &["CLOSE-1006", "TIME-IDLE"],
        signs: &[],
    },
    Entry {
        id: "TCP-PATH-MTU",
        stage: Stage::Tcp,
        severity: Fault,
        confidence: Likely,
        title: "Large packets do not get through",
        seen: "Small packets pass and full-sized ones are sent again and again without an acknowledgement. It often \
            stops in the TLS handshake, or at the first long frame.",
        causes: &[
            "A tunnel (VPN) has a smaller packet size, and the messages that say so are filtered",
            "Fragments are dropped on the way",
        ],
        actions: &[
            "Let ICMP \"fragmentation needed\" and ICMPv6 \"packet too big\" pass the firewalls.",
            "Lower the MTU of the tunnel, or limit the segment size (MSS clamping) at its ends.",
            "To prove it, send a ping that may not be fragmented with 1,400 and then with 1,200 bytes.",
        ],
        actors: &[Network],
        references: &["RFC 1191", "RFC 8201", "RFC 4821 §3"],
        explanation: "The sender learns the largest packet of a path from messages of the routers. Where these are \
            filtered it goes on sending packets that are too large. Typical is that logging in from the office works \
            and from home does not, that the login works and the first list of a large team hangs, or that the \
            certificate chain never arrives.",
        see_also: &["TLS-TIMEOUT", "SIZE"],
        signs: &[],
    },
    Entry {
        id: "PROXY-CONNECT",
        stage: Stage::Tcp,
        severity: Fault,
        confidence: Certain,
        title: "The forward proxy does not open a tunnel to the server",
        seen: "The answer of the company's proxy to CONNECT is not 200: 403 for forbidden, 407 for credentials \
            wanted, 502 or 504 if it cannot reach the server.",
        causes: &[
            "The proxy allows tunnels to port 443 only, and the line uses another port",
            "The proxy wants credentials that the client did not give",
            "The proxy itself cannot resolve or reach the server",
        ],
        actions: &[
            "Allow this host and port in the proxy's rules for CONNECT.",
            "Or let the client go around the proxy for this host (proxy exceptions, PAC file).",
            "For 407 sign in to the proxy, or exempt the host from authentication.",
        ],
        actors: &[ProxyAdministrator, DesktopAdministrator],
        references: &["RFC 9110 §9.3.6", "RFC 6455 §4.1"],
        explanation: "Browsers send WebSocket connections through the proxy that is set for HTTPS. It sees only a \
            host and a port, so its decision has nothing to do with XMPP or with the path. A proxy that agrees and \
            later ends long tunnels is another finding: then look at TIME-IDLE and TIME-AGE.",
        see_also: &["UP-407", "TIME-IDLE", "TIME-AGE"],
        signs: &[],
    },
];
