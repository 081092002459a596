//! The steps of getting a line, in order. A report names the first one that failed; what comes after it was
//! not reached, which is not the same as failed.

use std::fmt;

/// One step between a name and a flow of events.
///
/// The order of the variants is the order on the line. The identifiers ([`Stage::id`]) are stable: scripts and
/// documentation may rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The host name is turned into addresses.
    Dns,
    /// A TCP connection to one of them.
    Tcp,
    /// The TLS handshake, and what the certificate says. Skipped for `ws:`.
    Tls,
    /// The HTTP request that turns the connection into a WebSocket (RFC 6455 §4).
    Upgrade,
    /// WebSocket frames flow.
    Ws,
    /// `<open/>` both ways and the stream features (RFC 7395 §3).
    Stream,
    /// Authentication (RFC 6120 §6).
    Sasl,
    /// The server binds a resource: the line has a full JID (RFC 6120 §7).
    Bind,
    /// Own presence was sent, so that messages may come (RFC 6121 §4.2).
    Presence,
    /// Subscriptions to nodes (XEP-0060 §6.1).
    Pubsub,
    /// Events and keep-alives flow.
    Steady,
    /// The end: who closed, how, and after how long.
    Close,
}

impl Stage {
    /// Every stage, in the order on the line.
    pub const ALL: [Stage; 12] = [
        Stage::Dns,
        Stage::Tcp,
        Stage::Tls,
        Stage::Upgrade,
        Stage::Ws,
        Stage::Stream,
        Stage::Sasl,
        Stage::Bind,
        Stage::Presence,
        Stage::Pubsub,
        Stage::Steady,
        Stage::Close,
    ];

    /// The stable identifier, lower case, at most 8 letters.
    pub fn id(self) -> &'static str {
        match self {
            Stage::Dns => "dns",
            Stage::Tcp => "tcp",
            Stage::Tls => "tls",
            Stage::Upgrade => "upgrade",
            Stage::Ws => "ws",
            Stage::Stream => "stream",
            Stage::Sasl => "sasl",
            Stage::Bind => "bind",
            Stage::Presence => "presence",
            Stage::Pubsub => "pubsub",
            Stage::Steady => "steady",
            Stage::Close => "close",
        }
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Stage::Dns => "the address of the name",
            Stage::Tcp => "reaching the host",
            Stage::Tls => "encryption and certificate",
            Stage::Upgrade => "from HTTP to WebSocket",
            Stage::Ws => "WebSocket frames",
            Stage::Stream => "opening the XMPP stream",
            Stage::Sasl => "logging in",
            Stage::Bind => "the address of the session",
            Stage::Presence => "being available",
            Stage::Pubsub => "subscriptions and their events",
            Stage::Steady => "events, keep-alives and the web service",
            Stage::Close => "the end",
        }
    }

    /// Its place on the line, from 1 to 12.
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}
