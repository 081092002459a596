//! The HTTP request that turns a connection into a WebSocket, with everything the server answered kept for the
//! report (RFC 6455 §4, RFC 7395 §3.1).
//!
//! This is written out here and not left to a library, because the wrong answers are what a person needs to see:
//! every header as it came, the status, the first bytes of a refusal, even bytes that are no HTTP at all.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use sha1::{Digest, Sha1};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use crate::{
    connect::Socket,
    error::{Error, alert},
    event::Observer,
    prefixed::Prefixed,
    url::LineUrl,
};

/// A request and its answer.
#[derive(Clone)]
pub struct Exchange {
    /// Path and query asked for.
    pub target: String,
    /// The request's headers, in the order sent.
    pub request: Vec<(String, String)>,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub version: &'static str,
    /// The answer's status.
    pub status: u16,
    /// The words after the status.
    pub reason: String,
    /// The answer's headers, in the order received, their case kept.
    pub headers: Vec<(String, String)>,
    /// The first bytes of the body of a refusal, at most [`BODY_BYTES_MAX`].
    pub body: Vec<u8>,
}

impl Exchange {
    /// Reads the head of an answer: the exchange, without request and body, and the length of the head. `None` if
    /// it is not complete yet.
    ///
    /// # Errors
    ///
    /// [`Error::TlsOnPlainPort`] and [`Error::AnswerMalformed`].
    pub fn read_head(received: &[u8]) -> Result<Option<(Exchange, usize)>, Error> {
        if looks_like_tls(received) {
            return Err(Error::TlsOnPlainPort);
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let malformed = |why| Error::AnswerMalformed { start: start_of(received), why };
        let consumed = match response.parse(received) {
            Ok(httparse::Status::Complete(consumed)) => consumed,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(malformed("it has too many headers")),
            Err(_) => return Err(malformed("it is not HTTP")),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let exchange = Exchange {
            target: String::new(),
            request: Vec::new(),
            version: if response.version == Some(0) { "HTTP/1.0" } else { "HTTP/1.1" },
            status: response.code.unwrap_or(0),
            reason: response.reason.unwrap_or("").to_owned(),
            headers: response.headers.iter().map(|h| (h.name.to_owned(), text(h.value))).collect(),
            body: Vec::new(),
        };
        Ok(Some((exchange, consumed)))
    }

    /// The first value of a header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The page's title, if the body is HTML that has one; else the start of the body's text, one line of at most
    /// 200 characters. `None` for an empty body.
    pub fn summary(&self) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body);
        let lower = body.to_ascii_lowercase();
        let title = lower.find("<title>").map(|at| at + "<title>".len()).and_then(|start| {
            let end = start + lower[start..].find("</title>")?;
            body.get(start..end)
        });
        let text = title.unwrap_or(&body);
        let line: Vec<&str> = text.split_whitespace().collect();
        let line: String = line.join(" ").chars().take(200).collect();
        (!line.is_empty()).then_some(line)
    }
}

/// Headers may hold cookies and tokens, so they are left out.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What is wrong with a `101` answer. All faults of one answer are reported together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpgradeFault {
    /// No `Upgrade: websocket`.
    NoUpgrade {
        /// What stood there instead.
        got: Option<String>,
    },
    /// No `Connection: upgrade`.
    NoConnection {
        /// What stood there instead.
        got: Option<String>,
    },
    /// `Sec-WebSocket-Accept` does not answer our key: another answer, a cached one, or a broken server.
    Accept {
        /// What it should have been.
        expected: String,
        /// What came.
        got: Option<String>,
    },
    /// No `Sec-WebSocket-Protocol`: not an XMPP endpoint, or a proxy dropped the header.
    ProtocolMissing,
    /// Another protocol than `xmpp`.
    ProtocolOther {
        /// Which.
        got: String,
    },
    /// An extension nobody offered.
    Extension {
        /// Which.
        got: String,
    },
}

impl UpgradeFault {
    /// The identifier in the catalogue of findings.
    pub fn id(&self) -> &'static str {
        match self {
            UpgradeFault::NoUpgrade { .. } | UpgradeFault::NoConnection { .. } => "UP-NOUPGRADE",
            UpgradeFault::Accept { .. } => "UP-ACCEPT",
            UpgradeFault::ProtocolMissing => "UP-PROTO-MISSING",
            UpgradeFault::ProtocolOther { .. } => "UP-PROTO-OTHER",
            UpgradeFault::Extension { .. } => "UP-EXT",
        }
    }
}

impl fmt::Display for UpgradeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            |got: &Option<String>| got.as_ref().map_or("it is missing".into(), |g| format!("it is \"{g}\""));
        match self {
            UpgradeFault::NoUpgrade { got } => {
                write!(f, "the header Upgrade should be \"websocket\", but {}", shown(got))
            }
            UpgradeFault::NoConnection { got } => {
                write!(f, "the header Connection should contain \"upgrade\", but {}", shown(got))
            }
            UpgradeFault::Accept { expected, got } => {
                write!(f, "Sec-WebSocket-Accept should be \"{expected}\" for our key, but {}", shown(got))
            }
            UpgradeFault::ProtocolMissing => {
                f.write_str("Sec-WebSocket-Protocol is missing, although \"xmpp\" was asked for")
            }
            UpgradeFault::ProtocolOther { got } => {
                write!(f, "Sec-WebSocket-Protocol is \"{got}\", although only \"xmpp\" was asked for")
            }
            UpgradeFault::Extension { got } => {
                write!(f, "Sec-WebSocket-Extensions is \"{got}\", although none was offered")
            }
        }
    }
}

/// Checks the headers of a `101` answer to a request that carried `key`, asked for the subprotocol `xmpp` and
/// offered no extension. Empty if all is well.
///
/// # Source
///
/// RFC 6455 §4.1, the client's checks 2 to 6; RFC 7395 §3.1 for the subprotocol.
pub fn faults(key: &str, headers: &[(String, String)]) -> Vec<UpgradeFault> {
    let values = |name: &str| {
        let all: Vec<&str> =
            headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    let has_token = |value: &Option<String>, token: &str| {
        value.as_ref().is_some_and(|v| v.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
    };
    let mut faults = Vec::new();
    let upgrade = values("upgrade");
    if !has_token(&upgrade, "websocket") {
        faults.push(UpgradeFault::NoUpgrade { got: upgrade });
    }
    let connection = values("connection");
    if !has_token(&connection, "upgrade") {
        faults.push(UpgradeFault::NoConnection { got: connection });
    }
    let (expected, accept) = (accept_for(key), values("sec-websocket-accept"));
    if accept.as_deref() != Some(&expected) {
        faults.push(UpgradeFault::Accept { expected, got: accept });
    }
    match values("sec-websocket-protocol") {
        None => faults.push(UpgradeFault::ProtocolMissing),
        Some(got) if got != "xmpp" => faults.push(UpgradeFault::ProtocolOther { got }),
        Some(_) => {}
    }
    if let Some(got) = values("sec-websocket-extensions").filter(|got| !got.is_empty()) {
        faults.push(UpgradeFault::Extension { got });
    }
    faults
}

/// The value of `Sec-WebSocket-Accept` that answers `key` (RFC 6455 §4.2.2 item 5.4).
pub fn accept_for(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64_STANDARD.encode(hash.finalize())
}

/// Sends the upgrade request and reads the answer. Gives the stream back, with any bytes that came after the
/// headers in front of it, and the exchange.
pub(crate) async fn upgrade(
    mut socket: Socket,
    url: &LineUrl,
    origin: Option<&str>,
    after: Duration,
    observer: &mut dyn Observer,
) -> Result<(Prefixed<Socket>, Exchange), Error> {
    let deadline = Instant::now() + after;
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
    let key = BASE64_STANDARD.encode(nonce);
    let request = request_headers(url, origin, &key);
    let mut head = format!("GET {} HTTP/1.1\r\n", url.target());
    for (name, value) in &request {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");

    let mut received = Vec::with_capacity(1024);
    let answer = async {
        // A server that refuses early may close before it has read everything: its answer counts, not that.
        let sent = socket.write_all(head.as_bytes()).await.and(socket.flush().await);
        loop {
            if let Some(answer) = Exchange::read_head(&received)? {
                return Ok(answer);
            }
            if received.len() >= HEAD_BYTES_MAX {
                return Err(Error::AnswerMalformed {
                    start: start_of(&received),
                    why: "its headers are too long",
                });
            }
            match socket.read_buf(&mut received).await {
                Ok(0) => return Err(no_status(&received, None)),
                Ok(_) => {}
                // In TLS 1.3 the client has finished before the server judges the client's certificate, and nothing
                // else is left to be judged (RFC 8446 §4.4.2.4).
                Err(source) if received.is_empty() && alert(&source).is_some() => {
                    let alert = alert(&source).map_or_else(String::new, |alert| format!("{alert:?}"));
                    return Err(Error::ClientCertificate { alert });
                }
                Err(source) => return Err(no_status(&received, sent.err().or(Some(source)))),
            }
        }
    };
    let (mut exchange, consumed) =
        timeout_at(deadline, answer).await.map_err(|_| Error::AnswerTimeout { after })??;
    exchange.target = url.target().to_owned();
    exchange.request = request;

    if exchange.status != 101 {
        exchange.body = received.split_off(consumed);
        let wanted = body_length(&exchange);
        // What can be had of the page in a moment; a refusal without its body is still a refusal.
        let body_deadline = deadline.min(Instant::now() + BODY_PATIENCE);
        while exchange.body.len() < wanted {
            match timeout_at(body_deadline, socket.read_buf(&mut exchange.body)).await {
                Ok(Ok(read)) if read > 0 => {}
                _ => break,
            }
        }
        exchange.body.truncate(wanted);
        observer.observe(crate::Event::Exchange(&exchange));
        return Err(Error::UpgradeRefused { exchange: Box::new(exchange) });
    }
    observer.observe(crate::Event::Exchange(&exchange));
    let faults = faults(&key, &exchange.headers);
    if faults.is_empty() {
        Ok((Prefixed::new(received.split_off(consumed), socket), exchange))
    } else {
        Err(Error::UpgradeInvalid { exchange: Box::new(exchange), faults })
    }
}

fn request_headers(url: &LineUrl, origin: Option<&str>, key: &str) -> Vec<(String, String)> {
    let mut headers = vec![
        ("Host", url.authority()),
        ("Connection", "Upgrade".into()),
        ("Upgrade", "websocket".into()),
        ("Sec-WebSocket-Version", "13".into()),
        ("Sec-WebSocket-Key", key.into()),
        ("Sec-WebSocket-Protocol", "xmpp".into()),
        ("User-Agent", USER_AGENT.into()),
    ];
    if let Some(origin) = origin {
        headers.push(("Origin", origin.into()));
    }
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A TLS alert in answer to a plain request: content type 21, version 3.x (RFC 8446 §5.1).
fn looks_like_tls(received: &[u8]) -> bool {
    matches!(received, [0x15 | 0x16, 0x03, 0x00..=0x04, ..])
}

fn no_status(received: &[u8], source: Option<std::io::Error>) -> Error {
    if received.is_empty() {
        Error::NoAnswer { source }
    } else {
        Error::AnswerMalformed { start: start_of(received), why: "it ends before its headers do" }
    }
}

fn start_of(received: &[u8]) -> String {
    String::from_utf8_lossy(&received[..received.len().min(80)]).into_owned()
}

fn body_length(exchange: &Exchange) -> usize {
    if matches!(exchange.status, 100..=199 | 204 | 304) {
        return 0;
    }
    let declared = exchange.header("content-length").and_then(|length| length.parse().ok());
    declared.unwrap_or(BODY_BYTES_MAX).min(BODY_BYTES_MAX)
}

/// How this client names itself. Some hardened proxies refuse unknown names.
pub(crate) const USER_AGENT: &str = concat!("offhook/", env!("CARGO_PKG_VERSION"));

/// Bytes kept of the body of a refusal.
pub const BODY_BYTES_MAX: usize = 4096;

/// Longest head of an answer.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Most headers of an answer.
const HEADERS_MAX: usize = 100;

/// How long to wait for the body of a refusal.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn good() -> Vec<(String, String)> {
        [
            ("upgrade", "WebSocket"),
            ("Connection", "keep-alive, Upgrade"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("Sec-WebSocket-Protocol", "xmpp"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec()
    }

    fn ids(headers: &[(String, String)]) -> Vec<&'static str> {
        faults(KEY, headers).iter().map(UpgradeFault::id).collect()
    }

    /// The example of RFC 6455 §1.3.
    #[test]
    fn the_sample_key_has_the_sample_answer() {
        assert_eq!(accept_for(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(ids(&good()), [""; 0]);
    }

    #[test]
    fn each_fault_is_found_alone_and_with_others() {
        let without = |name: &str| -> Vec<_> { good().into_iter().filter(|(n, _)| n != name).collect() };
        let with = |name: &str, value: &str| {
            let mut headers = without(name);
            headers.push((name.into(), value.into()));
            headers
        };
        assert_eq!(ids(&without("upgrade")), ["UP-NOUPGRADE"]);
        assert_eq!(ids(&with("Connection", "close")), ["UP-NOUPGRADE"]);
        assert_eq!(ids(&with("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")), ["UP-ACCEPT"]);
        assert_eq!(ids(&without("Sec-WebSocket-Protocol")), ["UP-PROTO-MISSING"]);
        assert_eq!(ids(&with("Sec-WebSocket-Protocol", "mqtt")), ["UP-PROTO-OTHER"]);
        assert_eq!(ids(&with("Sec-WebSocket-Extensions", "permessage-deflate")), ["UP-EXT"]);
        assert_eq!(ids(&[]), ["UP-NOUPGRADE", "UP-NOUPGRADE", "UP-ACCEPT", "UP-PROTO-MISSING"]);
    }

    #[test]
    fn a_page_is_summed_up_by_its_title() {
        let page = |body: &str| {
            let (mut exchange, _) =
                Exchange::read_head(b"HTTP/1.1 200 OK\r\n\r\n").ok().flatten().expect("complete");
            exchange.body = body.as_bytes().to_vec();
            exchange.summary()
        };
        assert_eq!(page("<html><TITLE>Sign\n in</TITLE>").as_deref(), Some("Sign in"));
        assert_eq!(page("  not  here ").as_deref(), Some("not here"));
        assert_eq!(page(""), None);
    }
}
