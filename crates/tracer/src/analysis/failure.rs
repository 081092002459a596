//! What a browser's words for a failed request mean: Chrome's `net::ERR_…`, and sentences around them.

use client::Stage;

use crate::catalogue::{Confidence, FindingId};
use crate::finding_id;

/// What the words say.
pub(super) enum Failure {
    /// Something of the catalogue.
    Known(FindingId, Option<Confidence>),
    /// The server has answered with this status.
    Status(u16),
    /// The browser itself did not want to.
    Browser(&'static str),
    /// Nothing that is known here.
    Unknown,
}

/// Reads the words.
pub(super) fn read(words: &str) -> Failure {
    if let Some(status) = words.split("Unexpected response code: ").nth(1) {
        let digits: String = status.chars().take_while(char::is_ascii_digit).collect();
        return digits.parse().map_or(Failure::Unknown, Failure::Status);
    }
    if let Some((_, id, confidence)) = HANDSHAKE.iter().find(|(part, ..)| words.contains(part)) {
        return Failure::Known(*id, *confidence);
    }
    let Some(at) = words.find("ERR_") else { return Failure::Unknown };
    let name: String = words[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    if let Some((_, id, confidence)) = ERRORS.iter().find(|(error, ..)| *error == name) {
        return Failure::Known(*id, *confidence);
    }
    match BROWSERS.iter().find(|(error, _)| name.starts_with(error)) {
        Some((_, why)) => Failure::Browser(why),
        None => Failure::Unknown,
    }
}

/// The stage at which a failure of the catalogue stops a line.
pub(super) fn stage(id: FindingId) -> Stage {
    id.entry().stage
}

type Row = (&'static str, FindingId, Option<Confidence>);

const LIKELY: Option<Confidence> = Some(Confidence::Likely);
const POSSIBLE: Option<Confidence> = Some(Confidence::Possible);

/// Chrome's network errors (`net/base/net_error_list.h`).
static ERRORS: [Row; 30] = [
    ("ERR_NAME_NOT_RESOLVED", finding_id!("DNS-NXDOMAIN"), LIKELY),
    ("ERR_NAME_RESOLUTION_FAILED", finding_id!("DNS-NXDOMAIN"), POSSIBLE),
    ("ERR_DNS_TIMED_OUT", finding_id!("DNS-TIMEOUT"), None),
    ("ERR_CONNECTION_REFUSED", finding_id!("TCP-REFUSED"), None),
    ("ERR_CONNECTION_TIMED_OUT", finding_id!("TCP-TIMEOUT"), LIKELY),
    ("ERR_TIMED_OUT", finding_id!("TCP-TIMEOUT"), POSSIBLE),
    ("ERR_ADDRESS_UNREACHABLE", finding_id!("TCP-UNREACH"), None),
    ("ERR_INTERNET_DISCONNECTED", finding_id!("TCP-UNREACH"), LIKELY),
    ("ERR_NETWORK_CHANGED", finding_id!("TCP-RST-LATER"), POSSIBLE),
    ("ERR_CONNECTION_RESET", finding_id!("UP-NOSTATUS"), POSSIBLE),
    ("ERR_CONNECTION_CLOSED", finding_id!("UP-NOSTATUS"), POSSIBLE),
    ("ERR_EMPTY_RESPONSE", finding_id!("UP-NOSTATUS"), None),
    ("ERR_CERT_DATE_INVALID", finding_id!("TLS-EXPIRED"), LIKELY),
    ("ERR_CERT_VALIDITY_TOO_LONG", finding_id!("TLS-WEAK"), LIKELY),
    ("ERR_CERT_COMMON_NAME_INVALID", finding_id!("TLS-HOSTNAME"), None),
    ("ERR_CERT_AUTHORITY_INVALID", finding_id!("TLS-UNKNOWN-CA"), None),
    ("ERR_CERT_INVALID", finding_id!("TLS-WEAK"), POSSIBLE),
    ("ERR_CERT_WEAK_SIGNATURE_ALGORITHM", finding_id!("TLS-WEAK"), None),
    ("ERR_CERT_WEAK_KEY", finding_id!("TLS-WEAK"), None),
    ("ERR_CERT_REVOKED", finding_id!("TLS-REVOKED"), None),
    ("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", finding_id!("TLS-VERSION"), POSSIBLE),
    ("ERR_SSL_OBSOLETE_VERSION", finding_id!("TLS-VERSION"), None),
    ("ERR_SSL_PROTOCOL_ERROR", finding_id!("TLS-PLAINTEXT"), POSSIBLE),
    ("ERR_SSL_UNRECOGNIZED_NAME_ALERT", finding_id!("TLS-SNI"), None),
    ("ERR_SSL_CLIENT_AUTH_CERT_NEEDED", finding_id!("TLS-MTLS"), None),
    ("ERR_BAD_SSL_CLIENT_AUTH_CERT", finding_id!("TLS-MTLS"), None),
    ("ERR_PROXY_CONNECTION_FAILED", finding_id!("PROXY-CONNECT"), None),
    ("ERR_TUNNEL_CONNECTION_FAILED", finding_id!("PROXY-CONNECT"), None),
    ("ERR_PROXY_AUTH_REQUESTED", finding_id!("UP-407"), None),
    ("ERR_TOO_MANY_REDIRECTS", finding_id!("UP-301"), LIKELY),
];

/// Chrome's words for an answer of 101 that is not valid.
static HANDSHAKE: [Row; 6] = [
    ("'Upgrade' header is missing", finding_id!("UP-NOUPGRADE"), None),
    ("'Connection' header", finding_id!("UP-NOUPGRADE"), None),
    ("'Sec-WebSocket-Accept' header", finding_id!("UP-ACCEPT"), None),
    ("no response was received", finding_id!("UP-PROTO-MISSING"), None),
    ("'Sec-WebSocket-Protocol' header value", finding_id!("UP-PROTO-OTHER"), None),
    ("'Sec-WebSocket-Extensions' header", finding_id!("UP-EXT"), None),
];

/// What a browser refuses by itself, and who can change it.
static BROWSERS: [(&str, &str); 6] = [
    ("ERR_BLOCKED_BY_CLIENT", "an extension of the browser has blocked the request"),
    ("ERR_BLOCKED_BY_CSP", "the page's Content-Security-Policy does not allow the address"),
    (
        "ERR_BLOCKED_BY_LOCAL_NETWORK",
        "the browser does not let this page reach the local network; it can be allowed for the site",
    ),
    (
        "ERR_BLOCKED_BY_PRIVATE_NETWORK",
        "the browser does not let this page reach the local network; it can be allowed for the site",
    ),
    ("ERR_BLOCKED_BY_ADMINISTRATOR", "a rule of the computer's administrator blocks the address"),
    ("ERR_ABORTED", "the page has given up the request, as when it is closed or loaded again"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_words_are_understood() {
        let known = |words: &str| match read(words) {
            Failure::Known(id, _) => id.name().to_owned(),
            Failure::Status(status) => status.to_string(),
            Failure::Browser(why) => why.split(' ').next().unwrap_or_default().to_owned(),
            Failure::Unknown => "unknown".to_owned(),
        };
        for (words, meaning) in [
            ("Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID", "TLS-UNKNOWN-CA"),
            ("net::ERR_CONNECTION_REFUSED", "TCP-REFUSED"),
            ("Error during WebSocket handshake: Unexpected response code: 404", "404"),
            (
                "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
                "UP-PROTO-MISSING",
            ),
            ("Error during WebSocket handshake: 'Upgrade' header is missing", "UP-NOUPGRADE"),
            ("net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", "the"),
            ("something else", "unknown"),
            ("Unexpected response code: x", "unknown"),
        ] {
            assert_eq!(known(words), meaning, "{words}");
        }
    }
}
