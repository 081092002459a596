//! What a server's streams have in common.

use std::time::Duration;

use super::Framing;
use super::ManagementConfig;
use crate::sasl::Mechanism;
use crate::{Element, Limits, ns};

/// The settings of a server's streams, shared by all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// What carries the streams.
    pub framing: Framing,
    /// The domain served; a valid, prepared domain name.
    pub domain: String,
    /// What one message may cost before the client has authenticated. RFC 6120 §13.12 forbids less than
    /// 10,000 bytes.
    pub limits_before_auth: Limits,
    /// What one message may cost afterwards.
    pub limits: Limits,
    /// The mechanisms offered, in the order they are offered in, as far as the [`Channel`](super::Channel) permits.
    pub mechanisms: Vec<Mechanism>,
    /// The server's capabilities, told in the stream features.
    pub caps: Option<Caps>,
    /// Further features, told to clients that have authenticated.
    pub features: Vec<Element>,
    /// After how long without traffic the transport looks whether the client is still there; told in whole seconds.
    pub idle_time: Option<Duration>,
    /// How long a client may take to its first `<open/>`.
    pub open_timeout: Duration,
    /// How long a client may take to the end of its handshake, a bound resource.
    pub auth_timeout: Duration,
    /// Failed authentications after which the stream ends in a `policy-violation`.
    pub authentication_attempts_max: u32,
    /// How much a client may send ahead while it waits for an answer; more is a `policy-violation`.
    pub queue_bytes_max: usize,
    /// Whether an `<open/>` without `to` means [`StreamConfig::domain`]. If not, it is `host-unknown`.
    pub default_to: bool,
    /// Whether messages of nothing but white space are ignored. RFC 7395 §3.8 forbids them, and without
    /// this they are `not-well-formed`; some clients that grew up on TCP send them as keep-alive.
    pub lenient_whitespace: bool,
    /// Stream management (XEP-0198): none neither offers nor accepts it.
    pub management: Option<ManagementConfig>,
    /// Whether the client may say that nobody looks (XEP-0352).
    pub client_state: bool,
}

/// Entity capabilities (XEP-0115) with the hash `sha-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Whose software: a URI.
    pub node: String,
    /// The verification string.
    pub ver: String,
}

impl StreamConfig {
    /// The defaults for a domain: all mechanisms that the channel permits, strongest first; 10 s to open and 30 s to be bound; five
    /// attempts; 10,000 bytes before authentication and 262,144 after it.
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            framing: Framing::default(),
            domain: domain.into(),
            limits_before_auth: Limits::with_bytes_max(10_000),
            limits: Limits::default(),
            mechanisms: Mechanism::ALL.to_vec(),
            caps: None,
            features: Vec::new(),
            idle_time: None,
            open_timeout: Duration::from_secs(10),
            auth_timeout: Duration::from_secs(30),
            authentication_attempts_max: 5,
            queue_bytes_max: 65_536,
            default_to: false,
            lenient_whitespace: false,
            management: None,
            client_state: false,
        }
    }
}

impl Caps {
    /// The `<c/>` element.
    pub fn to_element(&self) -> Element {
        Element::new("c", ns::CAPS)
            .with_attribute("hash", "sha-1")
            .with_attribute("node", self.node.as_str())
            .with_attribute("ver", self.ver.as_str())
    }
}
