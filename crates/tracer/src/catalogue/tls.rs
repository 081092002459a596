//! The TLS handshake itself: versions, names, keys of the client, and what is no TLS at all.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "TLS-VERSION",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "The two sides share no version of TLS",
        seen: "The handshake ends with the alert protocol_version (70), or the server chooses TLS 1.1 or older.",
        causes: &[
            "The client, its library or its operating system is too old for TLS 1.2",
            "The server or a proxy in front of it offers old versions only",
        ],
        actions: &[
            "Find the older side and switch on TLS 1.2 or later there; do not go back to older versions.",
            "Old Java and .NET programs often know TLS 1.2 and need a setting to use it.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 8446 §6.2", "RFC 8996", "Finesse 12.5: TLS 1.2 only by default"],
        explanation: "Versions below 1.2 are no longer to be used. After an upgrade of the server it is usually an \
            old gadget back end, a wallboard or a test tool that fails, while browsers are fine. The alert is sent \
            by the side that refuses, which is the newer one.",
        see_also: &["TLS-CIPHER"],
        signs: &[],
    },
    Entry {
        id: "TLS-CIPHER",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The two sides share no cipher, curve or signature",
        seen: "The alert handshake_failure (40) comes directly after the client's first message.",
        causes: &[
            "The policy for ciphers was tightened on one side only",
            "The server's certificate has a key type that the client does not support",
        ],
        actions: &[
            "Compare what the client offers in its first message with what the server permits.",
            "Permit at least one suite with ECDHE and AES-GCM on both sides.",
        ],
        actors: &[ServerAdministrator, ProxyAdministrator, ClientDeveloper],
        references: &["RFC 8446 §6.2", "RFC 9325 §4.2"],
        explanation: "The alert does not say what was missing: a cipher, a group for the key exchange or a signature \
            algorithm. The client's offer is readable in a capture without keys. Some servers send the same alert \
            when they insist on a certificate of the client or on a known name.",
        see_also: &["TLS-VERSION", "TLS-MTLS", "TLS-SNI"],
        signs: &[],
    },
    Entry {
        id: "TLS-SNI",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The server has nothing configured for the name asked for",
        seen: "The alert unrecognized_name (112) comes, or a certificate for something else, depending on whether a \
            name is sent with the first message.",
        causes: &[
            "The proxy has no virtual host for this name",
            "The address in the URL is an IP address, and the client library sends it as a name",
        ],
        actions: &[
            "Give the proxy or server a configuration for this name.",
            "Use the name that it is configured with, not an IP address or an alias.",
            "Let the server fall back to its usual certificate instead of sending an alert.",
        ],
        actors: &[ProxyAdministrator, ClientDeveloper],
        references: &["RFC 6066 §3", "RFC 8446 §6.2"],
        explanation: "The name in the first message (SNI) lets one address serve many certificates. IP addresses \
            are not allowed in it; some libraries send them all the same and meet a strict server. Connecting once \
            with and once without the name tells whether it is the cause.",
        see_also: &["TLS-HOSTNAME"],
        signs: &[],
    },
    Entry {
        id: "TLS-ALPN-H2",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "Only HTTP/2 was agreed on, and this WebSocket needs HTTP/1.1",
        seen: "In the handshake h2 is chosen (ALPN), or the alert no_application_protocol (120) comes; then the \
            upgrade request is refused or not understood.",
        causes: &[
            "The port of the proxy is set to HTTP/2 only",
            "The client offers h2 for a connection that it wants to upgrade",
        ],
        actions: &[
            "Let the client offer http/1.1 for the WebSocket connection.",
            "Let the proxy accept http/1.1 on this port, or support WebSocket over HTTP/2 (extended CONNECT).",
        ],
        actors: &[ProxyAdministrator, ClientDeveloper],
        references: &["RFC 7301 §3.2", "RFC 8441 §4", "RFC 9113 §8.6"],
        explanation: "HTTP/2 has no Upgrade header. Browsers open a second connection with HTTP/1.1 for a \
            WebSocket, unless the server announces extended CONNECT, so this is mostly met with other programs and \
            with proxies that were tuned for web pages.",
        see_also: &["UP-426", "UP-400"],
        signs: &[],
    },
    Entry {
        id: "TLS-MTLS",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Likely,
        title: "The server wants a certificate from the client",
        seen: "The server asks for a certificate (CertificateRequest) and then sends the alert bad_certificate (42) or \
            certificate_required (116), or answers 400 or 403 saying that no certificate was sent.",
        causes: &[
            "The server or proxy is set to authenticate its clients (mutual TLS)",
            "A proxy in front of the server does not present the certificate that the server trusts",
        ],
        actions: &[
            "Install a client certificate that the server trusts, or switch the requirement off for this port.",
            "If there is a reverse proxy, let it present its certificate and let the server trust that one.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator, DesktopAdministrator],
        references: &[
            "RFC 8446 §4.3.2",
            "RFC 8446 §6.2",
            "Finesse 12.6: a reverse proxy and the server trust each other",
        ],
        explanation: "With TLS 1.3 the refusal arrives after the client believes the handshake to be done, so it may \
            show as a connection that breaks on the first request. If every request through a proxy gets 403 and \
            direct ones do not, the trust between proxy and server is the place to look.",
        see_also: &["UP-403", "UP-400"],
        signs: &[],
    },
    Entry {
        id: "TLS-INTERCEPT",
        stage: Stage::Tls,
        severity: Warning,
        confidence: Likely,
        title: "A security product decrypts this connection on the way",
        seen: "The certificate is issued by an inspection product or company gateway, and differs from the one seen \
            from another place.",
        causes: &["A web gateway or virus scanner replaces the certificate with one of its own"],
        actions: &[
            "Exempt the server's name and port from TLS inspection.",
            "Compare the fingerprint of the certificate from inside and from outside the agents' network.",
        ],
        actors: &[Network, DesktopAdministrator],
        references: &["RFC 8446 §9.3", "RFC 6455 §10"],
        explanation: "Inspection is not a fault in itself where the computers trust it. It matters because such \
            products understand web pages better than WebSockets: they drop the Upgrade header, hold frames back, or \
            end connections that last long. If upgrades fail only on some sites, compare who issued the certificate.",
        see_also: &["UP-200", "TLS-UNKNOWN-CA", "TIME-AGE"],
        signs: &[],
    },
    Entry {
        id: "TLS-PLAINTEXT",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "The port answers in clear text; TLS was expected",
        seen: "The first bytes of the server's answer are no TLS record; often they are \"HTTP/1.1 400\".",
        causes: &[
            "The address says wss: or https: and the port serves plain connections",
            "The proxy forwards the encrypted connection to a plain port",
        ],
        actions: &[
            "Use the server's TLS port; on Finesse that is 8445.",
            "Use ws: or http: only on a laboratory network: passwords travel readable then.",
        ],
        actors: &[ClientDeveloper, ProxyAdministrator],
        references: &["RFC 8446 §5.1", "RFC 6455 §3"],
        explanation: "Every TLS record begins with one of a few bytes; what came begins otherwise. It is a mistake of \
            configuration and not a matter of certificates, and it fails in the same way for everybody.",
        see_also: &["TLS-TO-PLAIN", "UP-MIXED"],
        signs: &[],
    },
    Entry {
        id: "TLS-TO-PLAIN",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Certain,
        title: "The port wants TLS; the request was sent in clear text",
        seen: "The answer to a plain request is a TLS alert, or status 400 with words such as \"plain HTTP request was \
            sent to HTTPS port\".",
        causes: &[
            "The address says ws: or http: and the port serves TLS",
            "A proxy forwards in clear text to a TLS port",
        ],
        actions: &[
            "Write wss: (or https:) in the address.",
            "In the proxy, give the address of the server behind it with https.",
        ],
        actors: &[ClientDeveloper, ProxyAdministrator],
        references: &["RFC 8446 §5.1", "RFC 6455 §3"],
        explanation: "Nothing confidential has been sent before the login, but the request itself, with cookies and \
            query, was readable on the network. If a cookie or token was in it, consider it known.",
        see_also: &["TLS-PLAINTEXT", "UP-400", "UP-502"],
        signs: &[],
    },
    Entry {
        id: "TLS-TIMEOUT",
        stage: Stage::Tls,
        severity: Fault,
        confidence: Possible,
        title: "The TLS handshake was begun and never finished",
        seen: "The connection was made and the client's first message sent; the server's answer did not come in time.",
        causes: &[
            "What listens on this port does not speak TLS and waits for something else",
            "Large packets are lost on the way, and the certificate chain is the first large thing",
            "The server or proxy is overloaded",
        ],
        actions: &[
            "Check that the port is the one for TLS.",
            "Try from another network: if it works there, suspect the packet size on this one.",
            "Look at the load of the server or proxy at this time.",
        ],
        actors: &[ClientDeveloper, Network, ServerAdministrator],
        references: &["RFC 8446 §4.1"],
        explanation: "A port for plain XMPP (5222) behaves so: both sides wait for the other. A handshake that \
            hangs after the first small packets have passed is the classical sign of a packet size problem.",
        see_also: &["TCP-PATH-MTU", "TLS-PLAINTEXT"],
        signs: &[],
    },
];
