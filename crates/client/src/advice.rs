//! What to do about an error: one or two sentences for the person at the keyboard, and the identifier under which
//! the catalogue of findings keeps it.

use std::io;

use xmpp::{Condition, StreamCondition};

use crate::{error::Error, trust::CertificateProblem, upgrade::Exchange};

impl Error {
    /// The stable identifier of the finding, such as `TCP-REFUSED`; `None` where there is none.
    pub fn id(&self) -> Option<&'static str> {
        Some(match self {
            Error::Name { source, .. } if is_temporary(source) => "DNS-TIMEOUT",
            Error::Name { source, .. } if is_without_address(source) => "DNS-NODATA",
            Error::Name { .. } => "DNS-NXDOMAIN",
            Error::NameTimeout { .. } => "DNS-TIMEOUT",
            Error::NoAddress { .. } => "DNS-NODATA",
            Error::Connect { failed, .. } => match failed.first().map(|(_, error)| error.kind()) {
                Some(io::ErrorKind::ConnectionRefused) => "TCP-REFUSED",
                Some(io::ErrorKind::TimedOut) => "TCP-TIMEOUT",
                _ => "TCP-UNREACH",
            },
            Error::Untrusted { problem, .. } => problem.id(),
            Error::Tls { source } => return tls_id(source),
            Error::ClientCertificate { .. } => "TLS-MTLS",
            Error::NoAnswer { .. } => "UP-NOSTATUS",
            Error::AnswerTimeout { .. } => "UP-TIMEOUT",
            Error::TlsOnPlainPort => "TLS-TO-PLAIN",
            Error::AnswerMalformed { .. } => "UP-NOSTATUS",
            Error::UpgradeRefused { exchange } => upgrade_id(exchange),
            Error::UpgradeInvalid { faults, .. } => return faults.first().map(crate::UpgradeFault::id),
            Error::Lost { .. } => "CLOSE-1006",
            Error::WsBinary { .. } => "WS-BINARY",
            Error::NoMechanism { offered, .. } if offered.is_empty() => "ST-NO-MECHS",
            Error::NoMechanism { .. } => "SA-INVALID-MECH",
            Error::ServerProof { .. } => "SA-SCRAM-SERVER",
            Error::Sasl { condition, .. } => return sasl_id(condition),
            Error::StreamClosed { see_other: Some(_), .. } => "ST-SEE-OTHER",
            Error::Stream { error, .. } if error.condition == StreamCondition::SeeOtherHost => "ST-SEE-OTHER",
            Error::Stream { .. } => "CLOSE-STREAMERR",
            Error::Bind { error } => match error.condition {
                Condition::Conflict => "BI-CONFLICT",
                Condition::NotAllowed => "BI-NOTALLOWED",
                Condition::ResourceConstraint => "BI-CONSTRAINT",
                _ => "BI-BADREQ",
            },
            _ => return None,
        })
    }
}

impl CertificateProblem {
    /// The stable identifier of the finding, such as `TLS-EXPIRED`.
    pub fn id(&self) -> &'static str {
        match self {
            CertificateProblem::Expired { .. } => "TLS-EXPIRED",
            CertificateProblem::NotYetValid { .. } => "TLS-NOTYET",
            CertificateProblem::WrongName => "TLS-HOSTNAME",
            CertificateProblem::SelfSigned => "TLS-UNKNOWN-CA",
            CertificateProblem::UnknownIssuer { incomplete: true, .. } => "TLS-INCOMPLETE-CHAIN",
            CertificateProblem::UnknownIssuer { .. } => "TLS-UNKNOWN-CA",
            CertificateProblem::Revoked => "TLS-REVOKED",
            CertificateProblem::Other(_) => "TLS-WEAK",
        }
    }
}

fn tls_id(source: &io::Error) -> Option<&'static str> {
    use rustls::{AlertDescription as Alert, Error as Tls};
    match source.get_ref().and_then(|inner| inner.downcast_ref::<Tls>())? {
        Tls::InvalidMessage(_) => Some("TLS-PLAINTEXT"),
        Tls::AlertReceived(Alert::ProtocolVersion) => Some("TLS-VERSION"),
        Tls::PeerIncompatible(_) => Some("TLS-VERSION"),
        Tls::AlertReceived(Alert::HandshakeFailure) => Some("TLS-CIPHER"),
        Tls::AlertReceived(Alert::UnrecognisedName) => Some("TLS-SNI"),
        Tls::AlertReceived(Alert::BadCertificate | Alert::CertificateRequired) => Some("TLS-MTLS"),
        Tls::AlertReceived(Alert::NoApplicationProtocol) => Some("TLS-ALPN-H2"),
        _ => None,
    }
}

fn upgrade_id(exchange: &Exchange) -> &'static str {
    match exchange.status {
        200 => "UP-200",
        301 | 302 | 303 | 307 | 308 => "UP-301",
        400 if plain_to_tls(exchange) => "TLS-TO-PLAIN",
        400 | 403 if wants_client_certificate(exchange) => "TLS-MTLS",
        400 => "UP-400",
        401 => "UP-401",
        403 => "UP-403",
        404 => "UP-404",
        405 => "UP-405",
        407 => "UP-407",
        411 | 413 | 431 => "UP-411-413-431",
        412 => "UP-412",
        426 => "UP-426",
        429 => "UP-429",
        500 => "UP-500",
        501 => "UP-501",
        502 => "UP-502",
        503 => "UP-503",
        504 => "UP-504",
        _ => "UP-OTHER",
    }
}

/// nginx and Apache say in words that a plain request reached their TLS port.
fn plain_to_tls(exchange: &Exchange) -> bool {
    let body = String::from_utf8_lossy(&exchange.body).to_ascii_lowercase();
    exchange.status == 400 && body.contains("plain http") && body.contains("http")
}

/// nginx lets everybody through the handshake and says afterwards, in words, that a certificate was missing.
fn wants_client_certificate(exchange: &Exchange) -> bool {
    let body = String::from_utf8_lossy(&exchange.body).to_ascii_lowercase();
    body.contains("no required ssl certificate") || body.contains("client certificate required")
}

fn sasl_id(condition: &str) -> Option<&'static str> {
    Some(match condition {
        "not-authorized" => "SA-NOT-AUTHORIZED",
        "credentials-expired" => "SA-CREDS-EXPIRED",
        "account-disabled" => "SA-DISABLED",
        "temporary-auth-failure" => "SA-TEMP",
        "mechanism-too-weak" => "SA-MECH-WEAK",
        "invalid-mechanism" => "SA-INVALID-MECH",
        "encryption-required" => "SA-ENCRYPT",
        "invalid-authzid" => "SA-AUTHZID",
        "incorrect-encoding" => "SA-ENCODING",
        "malformed-request" => "SA-MALFORMED",
        "aborted" => "SA-ABORTED",
        _ => return None,
    })
}

fn is_temporary(source: &io::Error) -> bool {
    source.to_string().contains("Temporary failure")
}

/// The name is there, but has no address (`EAI_NODATA`); the system's resolver tells it in words alone.
fn is_without_address(source: &io::Error) -> bool {
    source.to_string().contains("No address associated")
}

pub(crate) fn advice(error: &Error) -> Option<String> {
    let text = match error {
        Error::Name { source, .. } if is_temporary(source) => {
            "The resolver itself cannot be reached. Check the network or VPN."
        }
        Error::Name { source, .. } if is_without_address(source) => "The name needs an A or AAAA record.",
        Error::Name { .. } => {
            "Check the spelling, and use the full name as it stands in the server's certificate. A name that only \
             works inside the company needs the VPN."
        }
        Error::NameTimeout { .. } => "Check the resolver and the VPN.",
        Error::NoAddress { .. } => "The name needs an A or AAAA record.",
        Error::Connect { failed, .. } => match failed.first().map(|(_, error)| error.kind()) {
            Some(io::ErrorKind::ConnectionRefused) => {
                "The host is there, but nothing listens on that port: check the port, and that the service runs."
            }
            Some(io::ErrorKind::TimedOut) => {
                "Usually a firewall that drops the packets, or a host that is down."
            }
            _ => "There is no route to it: check the network or VPN.",
        },
        Error::Untrusted { problem, chain, host } => return Some(untrusted(problem, chain, host)),
        Error::Tls { .. } | Error::ClientCertificate { .. } => return tls(error),
        Error::TlsTimeout { .. } => {
            "Something accepts the connection but does not speak TLS: check the port."
        }
        Error::NoAnswer { .. } => {
            "Often a TLS port that was spoken to in clear (use wss:), or a firewall that cuts the connection."
        }
        Error::TlsOnPlainPort => "Use wss: (or https:) instead of ws: (or http:).",
        Error::AnswerTimeout { .. } => {
            "The port may belong to another service, or a proxy holds the request back."
        }
        Error::AnswerMalformed { .. } => "This port does not speak HTTP: check the port.",
        Error::UpgradeRefused { exchange } => return Some(refused(exchange)),
        Error::UpgradeInvalid { faults, .. } => match faults.first().map(crate::UpgradeFault::id) {
            Some("UP-PROTO-MISSING" | "UP-PROTO-OTHER") => {
                "This WebSocket is not an XMPP endpoint, or a proxy dropped the header. Browsers refuse such an \
                 answer too. Check the path."
            }
            Some("UP-ACCEPT") => {
                "The answer belongs to another request: a proxy caches or mixes answers on this path."
            }
            _ => "A proxy or server on the way does not pass the WebSocket handshake on unchanged.",
        },
        Error::WsBinary { .. } => "This is not an XMPP endpoint.",
        Error::Lost { stage, .. } if *stage >= crate::Stage::Steady => {
            "No close frame came, so something between here and the server may have cut the line: an idle timeout, \
             Wi-Fi or VPN, or the server's process died."
        }
        Error::Silence { stage: crate::Stage::Stream, .. } => {
            "The WebSocket is there but nothing speaks XMPP behind it: check the notification service itself, and \
             that the domain (--domain) is one it serves."
        }
        Error::Stream { error, .. } => return stream(error.condition).map(ToOwned::to_owned),
        Error::StreamClosed { see_other: Some(_), .. } => "Connect to that address instead.",
        Error::NoMechanism { offered, .. } if offered.is_empty() => {
            "The server wants an encrypted line before it lets anybody in: use wss:."
        }
        Error::NoMechanism { .. } => "Leave --mechanism out, or name one of those offered.",
        Error::Sasl { condition, .. } => return sasl(condition).map(ToOwned::to_owned),
        Error::ServerProof { .. } => {
            "Do not go on: either the server keeps a wrong key for this user, or somebody is in between."
        }
        Error::Bind { error } => match error.condition {
            Condition::Conflict => {
                "The resource is in use: choose another with --resource, or let one be made."
            }
            Condition::ResourceConstraint | Condition::NotAllowed => {
                "The user has too many sessions: end one, or wait."
            }
            _ => "Choose another --resource.",
        },
        _ => return None,
    };
    Some(text.to_owned())
}

fn untrusted(problem: &CertificateProblem, chain: &[crate::Certificate], host: &str) -> String {
    let look = "To look on regardless, use --insecure.";
    match problem {
        CertificateProblem::Expired { .. } => format!("The certificate has to be renewed. {look}"),
        CertificateProblem::NotYetValid { .. } => {
            format!("Compare the clocks of both machines. {look}")
        }
        CertificateProblem::WrongName => {
            let names = chain.first().map(|leaf| leaf.names.join(", ")).unwrap_or_default();
            if names.is_empty() {
                format!("The certificate has to be made again with the name {host}. {look}")
            } else {
                format!("Use one of its names in the URL ({names}), or have it made again for {host}. {look}")
            }
        }
        CertificateProblem::SelfSigned => {
            format!("If you have the server's certificate as a file, trust it with --cacert FILE. {look}")
        }
        CertificateProblem::UnknownIssuer { issuer, incomplete } => {
            let chain =
                if *incomplete { "; the server should also send the certificates in between" } else { "" };
            format!(
                "If that is your own authority, give its certificate (\"{issuer}\") with --cacert FILE{chain}. {look}"
            )
        }
        CertificateProblem::Revoked | CertificateProblem::Other(_) => {
            format!("The certificate has to be replaced. {look}")
        }
    }
}

fn tls(error: &Error) -> Option<String> {
    let text = match error.id()? {
        "TLS-PLAINTEXT" => "This port is not encrypted: use ws: (or http:), or the server's TLS port.",
        "TLS-VERSION" => "One side is too old: TLS 1.2 or 1.3 is needed.",
        "TLS-CIPHER" => "The two sides share no cipher: the server's policy has to be widened.",
        "TLS-SNI" => "Use the name that the server or proxy is configured with, not an address or an alias.",
        "TLS-MTLS" => "The server wants a certificate from the client.",
        "TLS-ALPN-H2" => "The server only offers HTTP/2 on this port; a WebSocket needs HTTP/1.1.",
        _ => return None,
    };
    Some(text.to_owned())
}

fn refused(exchange: &Exchange) -> String {
    let text = match upgrade_id(exchange) {
        "UP-200" => {
            "An ordinary page came back. Either the path is not the WebSocket endpoint (try /ws/, \
             /xmpp-websocket, /websocket), or a proxy dropped the Upgrade header: it must speak HTTP/1.1 to the \
             server and pass on \"Upgrade\" and \"Connection: upgrade\"."
        }
        "UP-301" => {
            "Use the address it points to (with wss:). If that is a sign-in page, the path is protected."
        }
        "TLS-MTLS" => "The server wants a certificate from the client.",
        "TLS-TO-PLAIN" => "The port wants TLS: use wss: (or https:).",
        "UP-400" => "A proxy may speak HTTP/1.0 to the server, or drop the WebSocket headers.",
        "UP-401" => {
            "Something in front of the WebSocket asks for credentials of its own, usually a reverse proxy."
        }
        "UP-403" => {
            "The request is not allowed from here: an Origin or address list, or a wall in front of the server."
        }
        "UP-404" | "UP-405" => "Wrong path. Usual ones: /ws/, /ws, /xmpp-websocket, /websocket.",
        "UP-407" => "A forward proxy wants credentials.",
        "UP-412" => "Some hardened proxies refuse an unknown User-Agent this way.",
        "UP-426" => {
            "The Upgrade header got lost on the way, usually at a proxy: it must speak HTTP/1.1 to the server and \
             pass on \"Upgrade\" and \"Connection: upgrade\"."
        }
        "UP-429" => "Too many attempts: wait before the next.",
        "UP-500" => "Look in the server's log at this time.",
        "UP-501" => "The server does not know the subprotocol \"xmpp\" here: check the path.",
        "UP-502" | "UP-504" => "The proxy cannot reach the server behind it: see the proxy's error log.",
        "UP-503" => "The service is starting, overloaded or out of service: try again in a while.",
        _ => "Something else than the notification service answers here: see the headers with -v.",
    };
    text.to_owned()
}

fn stream(condition: StreamCondition) -> Option<&'static str> {
    Some(match condition {
        StreamCondition::Conflict => {
            "The same address (user and resource) was bound again elsewhere: use another --resource."
        }
        StreamCondition::HostUnknown | StreamCondition::HostGone => {
            "The server does not serve that domain: name the right one with --domain (on Finesse: xmppDomain in \
             /finesse/api/SystemInfo)."
        }
        StreamCondition::SystemShutdown => "The server is going down: try again in a while.",
        StreamCondition::ResourceConstraint => "The server is overloaded, or this line read too slowly.",
        StreamCondition::PolicyViolation => "A limit of the server was exceeded: see its text, or its log.",
        StreamCondition::ConnectionTimeout => "The server heard nothing for too long.",
        StreamCondition::Reset => "Credentials or certificate changed: connect again.",
        StreamCondition::InternalServerError => "Look in the server's log at this time.",
        StreamCondition::SeeOtherHost => "Connect to the host it names.",
        _ => return None,
    })
}

fn sasl(condition: &str) -> Option<&'static str> {
    Some(match condition {
        "not-authorized" => {
            "Wrong password, or a user unknown to this domain. On Finesse the user is the login ID (not the login \
             name), and with single sign-on the password is the access token."
        }
        "account-disabled" => "The account is disabled or locked for a while.",
        "credentials-expired" => "The password or token has expired.",
        "temporary-auth-failure" => {
            "The server cannot check credentials at the moment: try again in a while."
        }
        "mechanism-too-weak" => "Choose a SCRAM mechanism with --mechanism, or use wss:.",
        "encryption-required" => "Use wss: instead of ws:.",
        "invalid-mechanism" => "Leave --mechanism out, or name one that the server offers.",
        "invalid-authzid" => "The server does not accept the user's bare JID: check --domain.",
        _ => return None,
    })
}
