//! What is wrong with a certificate.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "TLS-EXPIRED",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "The server's certificate has expired",
        seen: "The certificate's last day of validity lies before today.",
        causes: &[
            "The certificate was not renewed",
            "It was renewed, and the service has not been restarted or a proxy still has the old one",
            "The clock of this computer is far ahead",
        ],
        actions: &[
            "Renew the certificate and install it on every node, and on the proxy in front of them.",
            "Restart the service and look at the date again with this tool.",
        ],
        actors: &[ServerAdministrator, ProxyAdministrator],
        references: &["RFC 5280 §4.1.2.5", "RFC 8446 §6.2"],
        explanation: "Every client refuses from the same minute on, so this is felt as a sudden failure of everybody. \
            Agents who are logged in stay connected until their next reconnect. The date of each certificate in the \
            chain counts: an expired intermediate one has the same effect.",
        see_also: &["TLS-EXPIRING", "TLS-NOTYET", "TIME-SKEW"],
        signs: &[],
    },
    Entry {
        id: "TLS-EXPIRING",
        stage: Stage::Tls,
        severity: Warning,
        confidence: Certain,
        title: "The server's certificate expires within 30 days",
        seen: "The certificate is valid today and its last day is near.",
        causes: &["It is due for renewal"],
        actions: &[
            "Renew it now, and plan the restart of the service that goes with it.",
            "Do the same for the other node and for the proxy.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 5280 §4.1.2.5"],
        explanation: "Nothing is wrong yet. Certificates that are issued by a private authority, and self-signed ones, \
            are renewed by nobody but you; it is worth looking at both nodes, because the one that stands by is \
            seldom looked at until it is needed.",
        see_also: &["TLS-EXPIRED"],
        signs: &[],
    },
    Entry {
        id: "TLS-NOTYET",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The server's certificate is not valid yet",
        seen: "The certificate's first day of validity lies after today, by the clock of this computer.",
        causes: &[
            "The clock of this computer is behind",
            "The certificate is new, and was made on a machine whose clock is ahead",
        ],
        actions: &[
            "Compare the Date header of the server's answers with the clock of this computer.",
            "Let both take their time from the same source (NTP).",
            "If the clocks are right, wait until the certificate becomes valid, or have it made again.",
        ],
        actors: &[DesktopAdministrator, ServerAdministrator],
        references: &["RFC 5280 §4.1.2.5"],
        explanation: "A clock that has lost its battery, or a virtual machine that was resumed from an old state, is \
            the usual reason. If the time is wrong, more than this fails: tokens and single sign-on do too.",
        see_also: &["TIME-SKEW", "TLS-EXPIRED"],
        signs: &[],
    },
    Entry {
        id: "TLS-HOSTNAME",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "The certificate is for another name",
        seen: "None of the alternative names in the certificate is the name that was asked for. The common name does \
            not count.",
        causes: &[
            "The address contains an IP address, a short name or an alias",
            "The connection goes through a proxy, and the certificate is that of the server behind it (or the other way round)",
            "The certificate lists no alternative names at all",
        ],
        actions: &[
            "Use one of the names that the certificate lists.",
            "Or have it issued again with all names that people and programs use.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator, ProxyAdministrator],
        references: &["RFC 9525 §6", "RFC 5280 §4.2.1.6"],
        explanation: "Clients compare the name in the address, and nothing else, with the list in the certificate. A \
            wildcard stands for one label only: *.example.org is good for cc.example.org and neither for example.org \
            nor for a.cc.example.org. Do not teach clients to skip this check; it is what keeps others from \
            answering in the server's place.",
        see_also: &["TLS-SNI", "DNS-MISMATCH"],
        signs: &[],
    },
    Entry {
        id: "TLS-UNKNOWN-CA",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The certificate's issuer is not trusted here",
        seen: "The chain ends at a certificate that is not among the trusted ones; a self-signed certificate has \
            itself as issuer.",
        causes: &[
            "The server still has the self-signed certificate that it was installed with",
            "The company's own authority is not installed on this computer",
            "A security product on the way presents its own certificate",
        ],
        actions: &[
            "Install a certificate of an authority that the agents' computers trust, or that authority on the computers.",
            "In a browser, accept each host and port separately and on both nodes: 8445 does not cover 7443.",
            "To look on with this tool, give the authority with --cacert FILE.",
        ],
        actors: &[ServerAdministrator, DesktopAdministrator],
        references: &[
            "RFC 5280 §6.1",
            "Finesse: failover works for an agent only if the certificates of both nodes have been accepted",
        ],
        explanation: "A browser shows its warning for pages only. For a WebSocket and for requests of a script it fails \
            silently, with no more than an error in the console, so a page that opens is no proof that the line \
            does. An exception that somebody has clicked holds for one origin, which is scheme, host and port.",
        see_also: &["TLS-INCOMPLETE-CHAIN", "TLS-INTERCEPT", "FO-SWITCH"],
        signs: &[],
    },
    Entry {
        id: "TLS-INCOMPLETE-CHAIN",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The server does not send the intermediate certificates",
        seen: "Only the server's own certificate is sent, its issuer is no trusted root, and nothing is sent that leads \
            there. Browsers may be content all the same.",
        causes: &[
            "Only the certificate was installed, without the authority's intermediate ones",
            "The intermediate one was replaced by the authority, and the old one is still installed",
        ],
        actions: &[
            "Install the full chain: the server's certificate first, then each issuer, without the root.",
            "Check with this tool rather than with a browser, which may have the missing part in its cache.",
        ],
        actors: &[ServerAdministrator, ProxyAdministrator],
        references: &["RFC 8446 §4.4.2", "RFC 5280 §4.2.2.1"],
        explanation: "\"It works in my browser and not in the gadget's back end\" is typical. Browsers remember \
            intermediate certificates from other sites or fetch them; libraries and Java programs do not.",
        see_also: &["TLS-UNKNOWN-CA"],
        signs: &[],
    },
    Entry {
        id: "TLS-REVOKED",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "The certificate has been revoked",
        seen: "A status response of the authority (OCSP, also stapled by the server) or its list says revoked.",
        causes: &["The key became known, or the certificate was replaced, and the old one is still in use"],
        actions: &[
            "Find out why it was revoked; if because of the key, make a new one.",
            "Install the new certificate on every node and on the proxy.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 6960 §2.2", "RFC 6066 §8", "RFC 5280 §5"],
        explanation: "A revocation is final. That some clients still connect means only that they do not ask: many \
            libraries and some browsers do not check, or let it pass when the authority cannot be reached.",
        see_also: &["TLS-EXPIRED"],
        signs: &[],
    },
    Entry {
        id: "TLS-WEAK",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The certificate does not meet today's rules",
        seen: "The certificate is signed with SHA-1, has an RSA key below 2,048 bits, is not meant for servers, or breaks \
            another rule.",
        causes: &[
            "The certificate is old, or was made from an old template",
            "It was issued for another purpose",
        ],
        actions: &[
            "Have it issued again with SHA-256, with RSA of 2,048 bits or more or ECDSA, for server authentication.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 9325 §4.5", "RFC 5280 §4.2.1.12", "RFC 9155"],
        explanation: "Rules become stricter with each version of a browser or library, so a certificate that was good \
            last year may be refused after an update of the clients. The exact rule is in the words of the library.",
        see_also: &["TLS-CIPHER", "TLS-HOSTNAME"],
        signs: &[],
    },
];
