//! The HTTP half of a WebSocket: is this request a good opening handshake (RFC 6455 §4.2.1) for XMPP (RFC 7395 §3.1),
//! and what to answer if not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, request};

use crate::config::Origins;

/// The subprotocol of RFC 7395.
const SUBPROTOCOL: &str = "xmpp";

const LOST_UPGRADE: &str = "the headers \"Upgrade: websocket\" and \"Connection: Upgrade\" did not both arrive; \
    if there is a proxy in between, it has to pass them on\n";

/// What to do about a request to the WebSocket's path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Complete the handshake with this `Sec-WebSocket-Accept`.
    Upgrade(HeaderValue),
    /// Somebody opened the address in a browser: show a page.
    Page,
    /// Refuse.
    Refuse(Refusal),
}

/// Why there is no WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// For the person who reads the answer.
    pub(super) text: &'static str,
}

/// Judges a request.
pub(super) fn judge(request: &request::Parts, origins: &Origins) -> Verdict {
    let headers = &request.headers;
    let refuse = |status, text| Verdict::Refuse(Refusal { status, text });
    if !has_token(headers, &UPGRADE, "websocket") {
        if headers.contains_key(SEC_WEBSOCKET_KEY) || headers.contains_key(SEC_WEBSOCKET_VERSION) {
            return refuse(StatusCode::UPGRADE_REQUIRED, LOST_UPGRADE);
        }
        return Verdict::Page;
    }
    if request.method != Method::GET || request.version != Version::HTTP_11 {
        return refuse(
            StatusCode::BAD_REQUEST,
            "a WebSocket is opened by GET over HTTP/1.1 (RFC 6455 4.1)\n",
        );
    }
    if !has_token(headers, &CONNECTION, "upgrade") {
        return refuse(StatusCode::BAD_REQUEST, LOST_UPGRADE);
    }
    if single(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
        return refuse(StatusCode::UPGRADE_REQUIRED, "only WebSocket version 13 is supported (RFC 6455)\n");
    }
    let Some(key) = single(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key)) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Sec-WebSocket-Key has to be 16 bytes in Base64, once (RFC 6455 4.1)\n",
        );
    };
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or(""));
    let host = request.uri.authority().map(http::uri::Authority::as_str).or(single(headers, &HOST));
    if !origins.allows(origin, host) {
        return refuse(
            StatusCode::FORBIDDEN,
            "pages of this origin may not connect; add the origin to web.allowed_origins\n",
        );
    }
    if !has_subprotocol(headers) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "this WebSocket speaks XMPP: offer the subprotocol \"xmpp\" in Sec-WebSocket-Protocol (RFC 7395 3.1)\n",
        );
    }
    Verdict::Upgrade(accept(key))
}

/// The headers of the answer that completes the handshake.
pub(super) fn upgrade_headers(accept: HeaderValue) -> [(HeaderName, HeaderValue); 4] {
    [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
        (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL)),
    ]
}

/// Looks for a token in a comma-separated list that may go over several lines.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|found| found.eq_ignore_ascii_case(token))
}

/// Subprotocols, unlike the tokens above, are compared exactly.
fn has_subprotocol(headers: &HeaderMap) -> bool {
    tokens(headers, &SEC_WEBSOCKET_PROTOCOL).any(|found| found == SUBPROTOCOL)
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// The value of a header that stands there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).into_iter();
    let first = lines.next()?.to_str().ok()?.trim();
    lines.next().is_none().then_some(first)
}

fn is_key(key: &str) -> bool {
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

fn accept(key: &str) -> HeaderValue {
    use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    HeaderValue::try_from(STANDARD.encode(hash.finish())).expect("Base64 is printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const GOOD: &[(&str, &str)] = &[
        ("host", "cc.example.com:8445"),
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "xmpp"),
    ];

    fn judge_headers(headers: &[(&str, &str)]) -> Verdict {
        let mut request = http::Request::builder().uri("/ws");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a good request").into_parts();
        judge(&parts, &Config::default().web.allowed_origins)
    }

    /// The good request, with these headers in place of those of the same name.
    fn with(changes: &[(&str, &str)]) -> Verdict {
        let kept = GOOD.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let headers = kept.chain(changes.iter().filter(|(_, value)| !value.is_empty())).copied();
        judge_headers(&headers.collect::<Vec<_>>())
    }

    fn status(verdict: Verdict) -> u16 {
        match verdict {
            Verdict::Upgrade(_) => 101,
            Verdict::Page => 200,
            Verdict::Refuse(refusal) => refusal.status.as_u16(),
        }
    }

    #[test]
    fn checklist_001_the_sample_of_rfc_6455_is_accepted() {
        let accept = HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(with(&[]), Verdict::Upgrade(accept));
    }

    #[test]
    fn checklist_001_each_header_counts() {
        for (name, value, expected) in [
            ("upgrade", "", 426),
            ("upgrade", "h2c", 426),
            ("upgrade", "h2c, websocket", 101),
            ("connection", "", 400),
            ("connection", "close", 400),
            ("connection", "UPGRADE", 101),
            ("sec-websocket-version", "", 426),
            ("sec-websocket-version", "8", 426),
            ("sec-websocket-version", "13, 8", 426),
            ("sec-websocket-key", "", 400),
            ("sec-websocket-key", "dGhlIHNhbXBsZQ==", 400),
            ("sec-websocket-key", "not base64 at all", 400),
            ("sec-websocket-protocol", "", 400),
            ("sec-websocket-protocol", "xmpp-framing", 400),
            ("sec-websocket-protocol", "XMPP", 400),
            ("sec-websocket-protocol", "v1.soap,xmpp ,other", 101),
            ("origin", "https://cc.example.com", 101),
            ("origin", "https://evil.example", 403),
            ("origin", "null", 403),
        ] {
            assert_eq!(status(with(&[(name, value)])), expected, "{name}: {value}");
        }
    }

    #[test]
    fn checklist_013_a_browser_gets_a_page() {
        assert_eq!(judge_headers(&GOOD[..1]), Verdict::Page);
    }

    #[test]
    fn checklist_002_the_subprotocol_may_be_on_any_line() {
        let protocol = "sec-websocket-protocol";
        assert_eq!(status(with(&[(protocol, "soap"), (protocol, "xmpp")])), 101);
    }
}
