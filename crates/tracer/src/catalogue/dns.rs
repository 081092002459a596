//! Finding the address of a name.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "DNS-NXDOMAIN",
        stage: Stage::Dns,
        severity: Fault,
        confidence: Likely,
        title: "The host name does not exist for this resolver",
        seen: "The resolver answers that there is no such name (NXDOMAIN). Nothing was sent to any server.",
        causes: &[
            "The name is misspelt, or only its first part was given",
            "The name exists inside the company only, and this computer asks a resolver outside (split DNS, no VPN)",
            "The record was never made, or was removed in a migration",
        ],
        actions: &[
            "Use the full name of the server exactly as its certificate has it.",
            "On the agent's computer, look the name up with `nslookup NAME` and compare with a computer on which it works.",
            "If the name is internal, connect the VPN first and check the DNS suffixes that it sets.",
        ],
        actors: &[DesktopAdministrator, Network],
        references: &["RFC 8020 §2", "RFC 1035 §4.1.1"],
        explanation: "The resolver has spoken with authority, so waiting or trying again does not help. Different \
            resolvers may well give different answers: the one of the VPN knows internal names, the one of the \
            home router does not. That is why a name can fail for one agent and work for the next. If the name \
            works with the domain added, the DNS suffix of the computer is missing.",
        see_also: &["DNS-TIMEOUT", "DNS-NODATA"],
        signs: &[],
    },
    Entry {
        id: "DNS-TIMEOUT",
        stage: Stage::Dns,
        severity: Fault,
        confidence: Possible,
        title: "The resolver does not answer",
        seen: "The question for the host's address was sent and no answer came, or the resolver reported a \
            temporary failure.",
        causes: &[
            "The network or VPN of this computer is down or half up",
            "The configured resolver is unreachable or overloaded",
            "A firewall blocks port 53",
        ],
        actions: &[
            "Check that other names resolve; if none does, repair the network or VPN first.",
            "Ask the resolver directly, for instance `nslookup NAME RESOLVER`, and then another resolver.",
            "Connecting by address tells whether only names are the trouble; the certificate will not fit then.",
        ],
        actors: &[DesktopAdministrator, Network],
        references: &["RFC 1035 §4.2.1"],
        explanation: "No answer is not the same as a negative answer: nothing is known about the name yet. After a \
            VPN has reconnected, computers sometimes keep asking a resolver that was only reachable before. If it \
            comes and goes, look at the resolver's load and at lost packets on the way to it.",
        see_also: &["DNS-NXDOMAIN"],
        signs: &[],
    },
    Entry {
        id: "DNS-NODATA",
        stage: Stage::Dns,
        severity: Fault,
        confidence: Likely,
        title: "The name exists but has no usable address",
        seen: "The resolver knows the name and returns no A or AAAA record for it.",
        causes: &[
            "Only an IPv6 address is published and this computer has IPv4 only, or the other way round",
            "The name is that of a domain and not of a host",
        ],
        actions: &[
            "Publish the missing A or AAAA record.",
            "If the name is the XMPP domain, use the name of the host that serves it in the address instead.",
        ],
        actors: &[Network],
        references: &["RFC 2308 §2.2", "RFC 3596 §2"],
        explanation: "A domain may have mail and service records without being a host. People meet this when they \
            take the part behind the @ of an address for the server's name. An alias (CNAME) that points to a \
            name without addresses looks the same.",
        see_also: &["DNS-NXDOMAIN", "SE-HOST-UNKNOWN"],
        signs: &[],
    },
    Entry {
        id: "DNS-MISMATCH",
        stage: Stage::Dns,
        severity: Warning,
        confidence: Likely,
        title: "The name's addresses do not all lead to the same service",
        seen: "The name has several addresses of which some do not take a connection, or it leads elsewhere than \
            the node that SystemInfo names.",
        causes: &[
            "A record of a server that has been moved or switched off is still published",
            "The name of the proxy and the name of the server behind it are used side by side",
        ],
        actions: &[
            "Connect to each address in turn and remove the record of the one that is gone.",
            "If there is a proxy, let every address that agents and gadgets use, for the line and for REST, have its name.",
        ],
        actors: &[Network, ProxyAdministrator],
        references: &["RFC 8305 §5"],
        explanation: "Clients try addresses in different order and give up at different times. One dead address of \
            two makes every second login slow, or fail, while a test from another computer is fine. After changing \
            records, wait out their lifetime (TTL) before judging the result.",
        see_also: &["TCP-TIMEOUT", "FO-SWITCH"],
        signs: &[],
    },
];
