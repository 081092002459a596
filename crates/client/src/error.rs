//! What can go wrong on the way to a line and on it: one enum, one variant per thing that somebody mends
//! differently. `Display` says what happened and where; [`Error::advice`] says what to do next.

use std::{io, net::SocketAddr, time::Duration};

use xmpp::{
    Condition, StanzaError, StreamCondition, StreamError,
    sasl::{Mechanism, SaslCondition, ScramClientError},
    stream::ClientError,
};

use crate::{
    certificate::Certificate,
    stage::Stage,
    trust::CertificateProblem,
    upgrade::{Exchange, UpgradeFault},
};

/// Why there is no line, or no line any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The resolver knows no such name, or does not answer.
    #[error("cannot find the address of {host}: {source}")]
    Name {
        /// The name asked for.
        host: String,
        /// The resolver's words.
        source: io::Error,
    },
    /// The resolver did not answer in time.
    #[error("no answer to the question for the address of {host} within {}", seconds(*after))]
    NameTimeout {
        /// The name asked for.
        host: String,
        /// How long it was given.
        after: Duration,
    },
    /// The name exists and has no address.
    #[error("{host} exists but has no address")]
    NoAddress {
        /// The name asked for.
        host: String,
    },
    /// None of the addresses took the connection.
    #[error("{}", connect_text(failed, *after))]
    Connect {
        /// Every address tried, and why it failed.
        failed: Vec<(SocketAddr, io::Error)>,
        /// How long each was given.
        after: Duration,
    },
    /// The host is not something a certificate can be made for.
    #[error("\"{host}\" cannot be a name in a certificate")]
    TlsName {
        /// The host.
        host: String,
    },
    /// The handshake failed for a reason other than the certificate.
    #[error("{}", tls_text(source))]
    Tls {
        /// What TLS or the socket said.
        source: io::Error,
    },
    /// The server asked for a certificate of ours, got none, and broke off.
    #[error("the server asks for a client certificate, got none and broke off (TLS alert {alert})")]
    ClientCertificate {
        /// The alert with which it did.
        alert: String,
    },
    /// The handshake did not finish in time.
    #[error("the TLS handshake did not finish within {}", seconds(*after))]
    TlsTimeout {
        /// How long it was given.
        after: Duration,
    },
    /// The certificate is not trusted.
    #[error("the certificate of {host} is not trusted: {}", untrusted_text(host, problem, chain))]
    Untrusted {
        /// The name asked for.
        host: String,
        /// What is wrong.
        problem: CertificateProblem,
        /// The certificates the server sent.
        chain: Vec<Certificate>,
    },
    /// The system gave no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// Connected, asked, and the connection ended without a word.
    #[error("the server ended the connection without an answer{}", because(source.as_ref()))]
    NoAnswer {
        /// The socket's error, if it was not an orderly end.
        source: Option<io::Error>,
    },
    /// No complete answer in time.
    #[error("no answer to the WebSocket request within {}", seconds(*after))]
    AnswerTimeout {
        /// How long it was given.
        after: Duration,
    },
    /// A TLS record came in answer to a plain request.
    #[error("the server speaks TLS on this port, and the request was sent in clear")]
    TlsOnPlainPort,
    /// What came is not an HTTP answer.
    #[error("the answer is no use, {why}: {start:?}")]
    AnswerMalformed {
        /// Its first bytes.
        start: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An HTTP answer other than `101`.
    #[error("{}", refused_text(exchange))]
    UpgradeRefused {
        /// Request and answer.
        exchange: Box<Exchange>,
    },
    /// A `101` that does not fit the request.
    #[error("the server agreed (101), but not properly: {}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    UpgradeInvalid {
        /// Request and answer.
        exchange: Box<Exchange>,
        /// Everything that is wrong.
        faults: Vec<UpgradeFault>,
    },
    /// The connection broke without a closing handshake.
    #[error("the connection was lost without a goodbye{}", because(source.as_ref()))]
    Lost {
        /// What we were at.
        stage: Stage,
        /// The socket's error, if it was not an orderly end.
        source: Option<io::Error>,
    },
    /// The server closed the WebSocket.
    #[error("the server closed the WebSocket{}", close_text(*code, reason))]
    WsClosed {
        /// What we were at.
        stage: Stage,
        /// Close code, if the frame had one.
        code: Option<u16>,
        /// The server's words.
        reason: String,
    },
    /// The server sent something that is no WebSocket frame, or one too large.
    #[error("the server broke the WebSocket protocol: {what}")]
    WsProtocol {
        /// What we were at.
        stage: Stage,
        /// What is wrong, in the words of the WebSocket library.
        what: String,
    },
    /// A binary message on an XMPP line.
    #[error("the server sent a binary message; XMPP over WebSocket knows text only (RFC 7395)")]
    WsBinary {
        /// What we were at.
        stage: Stage,
    },
    /// The server said nothing in time.
    #[error("no {what} within {}", seconds(*after))]
    Silence {
        /// What we were at.
        stage: Stage,
        /// What was waited for.
        what: &'static str,
        /// How long.
        after: Duration,
    },
    /// What the server sent is not the XML that should be here.
    #[error("the server sent what has no place here: {what}")]
    Unexpected {
        /// What we were at.
        stage: Stage,
        /// What is wrong with it.
        what: String,
    },
    /// The server ended the stream with an error.
    #[error("the server ended the stream: {}{}", error.condition.name(), quoted(error.text.as_deref()))]
    Stream {
        /// What we were at.
        stage: Stage,
        /// The stream error.
        error: StreamError,
    },
    /// The server closed the stream in good order, unasked.
    #[error("the server closed the stream (<close/>){}", see_other.as_ref().map_or(String::new(), |uri| format!(" and points to {uri}")))]
    StreamClosed {
        /// What we were at.
        stage: Stage,
        /// Where the server would rather have us.
        see_other: Option<String>,
    },
    /// The server offers no mechanism we can use.
    #[error("no common authentication mechanism: the server offers {}, we want {wanted}", list(offered))]
    NoMechanism {
        /// Names, as offered.
        offered: Vec<String>,
        /// What this side can or was told to use.
        wanted: String,
    },
    /// The server refused the credentials.
    #[error("authentication refused: {condition}{}", quoted(text.as_deref()))]
    Sasl {
        /// The condition's name on the wire (RFC 6120 §6.5).
        condition: String,
        /// The server's words.
        text: Option<String>,
    },
    /// The server could not prove that it knows the password (SCRAM).
    #[error("the server did not prove that it knows the password: {what}")]
    ServerProof {
        /// What is wrong.
        what: String,
    },
    /// The server would not bind a resource.
    #[error("the server gave the line no address: {}{}", error.condition.name(), quoted(error.text.as_deref()))]
    Bind {
        /// The stanza error.
        error: StanzaError,
    },
    /// More came in than was read.
    #[error("more than {max} elements wait unread on this line")]
    InboxFull {
        /// The limit.
        max: usize,
    },
}

impl Error {
    /// The error of a stream that was at `stage`.
    pub(crate) fn from_stream(error: ClientError, stage: Stage, after: Duration) -> Error {
        match error {
            ClientError::Stream(error) => Error::Stream { stage, error },
            ClientError::NoCommonMechanism { offered } => {
                let known: Vec<_> = Mechanism::ALL.iter().map(|mechanism| mechanism.name()).collect();
                Error::NoMechanism { offered, wanted: known.join(", ") }
            }
            ClientError::NotAuthenticated { condition, text } => {
                let condition = condition.map_or("no known reason", SaslCondition::name).to_owned();
                Error::Sasl { condition, text }
            }
            ClientError::Scram(error @ ScramClientError::Signature) => {
                Error::ServerProof { what: error.to_string() }
            }
            ClientError::BindRefused(error) => Error::Bind { error },
            ClientError::Timeout { expected } => Error::Silence { stage, what: expected, after },
            other => Error::Unexpected { stage, what: other.to_string() },
        }
    }

    /// The stage at which it failed.
    pub fn stage(&self) -> Stage {
        match self {
            Error::Name { .. } | Error::NameTimeout { .. } | Error::NoAddress { .. } => Stage::Dns,
            Error::Connect { .. } => Stage::Tcp,
            Error::TlsName { .. }
            | Error::Tls { .. }
            | Error::ClientCertificate { .. }
            | Error::TlsTimeout { .. }
            | Error::Untrusted { .. } => Stage::Tls,
            Error::NoRandomness
            | Error::NoAnswer { .. }
            | Error::AnswerTimeout { .. }
            | Error::TlsOnPlainPort
            | Error::AnswerMalformed { .. }
            | Error::UpgradeRefused { .. }
            | Error::UpgradeInvalid { .. } => Stage::Upgrade,
            Error::Lost { stage, .. }
            | Error::WsClosed { stage, .. }
            | Error::WsProtocol { stage, .. }
            | Error::WsBinary { stage }
            | Error::Silence { stage, .. }
            | Error::Unexpected { stage, .. }
            | Error::Stream { stage, .. }
            | Error::StreamClosed { stage, .. } => *stage,
            Error::NoMechanism { .. } | Error::Sasl { .. } | Error::ServerProof { .. } => Stage::Sasl,
            Error::Bind { .. } => Stage::Bind,
            Error::InboxFull { .. } => Stage::Steady,
        }
    }

    /// What the person can do about it, a sentence or two. `None` where the message says it all.
    pub fn advice(&self) -> Option<String> {
        crate::advice::advice(self)
    }

    /// Whether the stream ended because the same full JID was bound again.
    pub fn is_conflict(&self) -> bool {
        match self {
            Error::Stream { error, .. } => error.condition == StreamCondition::Conflict,
            Error::Bind { error } => error.condition == Condition::Conflict,
            _ => false,
        }
    }
}

pub(crate) fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

fn because(source: Option<&io::Error>) -> String {
    source.map_or(String::new(), |source| format!(" ({})", source.kind()))
}

fn quoted(text: Option<&str>) -> String {
    text.filter(|t| !t.is_empty()).map_or(String::new(), |t| format!(" \"{}\"", t.trim()))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn connect_text(failed: &[(SocketAddr, io::Error)], after: Duration) -> String {
    let one = |(address, error): &(SocketAddr, io::Error)| match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("{address} refused the connection"),
        io::ErrorKind::TimedOut => format!("{address} did not answer within {}", seconds(after)),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("{address} cannot be reached")
        }
        _ => format!("{address}: {error}"),
    };
    failed.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The alert with which the other side broke TLS off, if that is what the error is.
pub(crate) fn alert(source: &io::Error) -> Option<rustls::AlertDescription> {
    match source.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

fn tls_text(source: &io::Error) -> String {
    use rustls::{AlertDescription, Error as Tls};
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref::<Tls>());
    match inner {
        Some(Tls::InvalidMessage(_)) => "what the server answered is not TLS".into(),
        Some(Tls::AlertReceived(AlertDescription::UnrecognisedName)) => {
            "the server knows no such name (TLS alert unrecognized_name)".into()
        }
        Some(Tls::AlertReceived(alert)) => {
            format!("the server broke off the TLS handshake (alert {alert:?})")
        }
        Some(other) => format!("the TLS handshake failed: {other}"),
        None if source.kind() == io::ErrorKind::UnexpectedEof => {
            "the server ended the connection during the TLS handshake".into()
        }
        None => format!("the TLS handshake failed: {source}"),
    }
}

fn untrusted_text(host: &str, problem: &CertificateProblem, chain: &[Certificate]) -> String {
    let Some(leaf) = chain.first() else { return problem.to_string() };
    match problem {
        CertificateProblem::WrongName if leaf.names.is_empty() => {
            format!("it is made for \"{}\" and lists no names at all", leaf.subject)
        }
        CertificateProblem::WrongName => format!("it is made for {}, not for {host}", leaf.names.join(", ")),
        other => other.to_string(),
    }
}

fn refused_text(exchange: &Exchange) -> String {
    let mut text = format!("the server answered {} {} instead of 101", exchange.status, exchange.reason);
    text = text.replace("  ", " ");
    if let Some(location) = exchange.header("location") {
        // A redirect to a sign-in page carries state in its query.
        text.push_str(&format!(", pointing to {}", location.split('?').next().unwrap_or_default()));
    }
    if let Some(summary) = exchange.summary() {
        text.push_str(&format!(": \"{summary}\""));
    }
    text
}

fn close_text(code: Option<u16>, reason: &str) -> String {
    match code {
        None => " without a code".into(),
        Some(code) => format!(" with code {code}{}", quoted(Some(reason))),
    }
}
