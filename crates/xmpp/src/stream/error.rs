//! Stream errors: fatal, the last thing said before `<close/>` (RFC 6120 §4.9).

use std::fmt;

use super::management::HandledCountTooHigh;
use crate::{Element, ns};

macro_rules! conditions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// Why a stream ends in an error (RFC 6120 §4.9.3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StreamCondition {
            $($(#[$doc])* $variant,)*
        }

        impl StreamCondition {
            /// The element name on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The condition with this element name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

conditions! {
    /// XML that cannot be processed here.
    BadFormat = "bad-format";
    /// A namespace prefix that is not declared.
    BadNamespacePrefix = "bad-namespace-prefix";
    /// A newer stream took this one's place.
    Conflict = "conflict";
    /// The peer was silent for too long.
    ConnectionTimeout = "connection-timeout";
    /// The domain is no longer served.
    HostGone = "host-gone";
    /// The domain is not served.
    HostUnknown = "host-unknown";
    /// `to` or `from` missing or wrong between servers.
    ImproperAddressing = "improper-addressing";
    /// Our fault.
    InternalServerError = "internal-server-error";
    /// A `from` that is not the sender's.
    InvalidFrom = "invalid-from";
    /// The stream or its content is in a wrong namespace.
    InvalidNamespace = "invalid-namespace";
    /// Invalid according to a schema.
    InvalidXml = "invalid-xml";
    /// Stanzas before authentication, or before a resource is bound.
    NotAuthorized = "not-authorized";
    /// Broken XML.
    NotWellFormed = "not-well-formed";
    /// A limit was exceeded.
    PolicyViolation = "policy-violation";
    /// A remote party could not be reached.
    RemoteConnectionFailed = "remote-connection-failed";
    /// Reconnect, please: something about the stream changed.
    Reset = "reset";
    /// Not enough resources to go on.
    ResourceConstraint = "resource-constraint";
    /// Comments, processing instructions, DTDs or entities.
    RestrictedXml = "restricted-xml";
    /// Go to another host.
    SeeOtherHost = "see-other-host";
    /// The server is shutting down.
    SystemShutdown = "system-shutdown";
    /// None of the others.
    UndefinedCondition = "undefined-condition";
    /// Not UTF-8.
    UnsupportedEncoding = "unsupported-encoding";
    /// A mandatory feature is not supported.
    UnsupportedFeature = "unsupported-feature";
    /// A top-level element that is not a stanza we know.
    UnsupportedStanzaType = "unsupported-stanza-type";
    /// Not XMPP 1.0.
    UnsupportedVersion = "unsupported-version";
}

/// A stream error: `<stream:error/>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamError {
    /// The defined condition.
    pub condition: StreamCondition,
    /// An explanation for a person.
    pub text: Option<String>,
    /// With `undefined-condition`: the counters of stream management contradict each other (XEP-0198 §6).
    pub handled_count_too_high: Option<HandledCountTooHigh>,
    /// With `see-other-host`: where the client should go, a host or `host:port` (RFC 6120 §4.9.3.19).
    pub other_host: Option<String>,
}

impl StreamError {
    /// An error with an explanation.
    pub fn new(condition: StreamCondition, text: impl Into<String>) -> Self {
        Self { condition, text: Some(text.into()), handled_count_too_high: None, other_host: None }
    }

    /// Sends the client to another host of the same service.
    ///
    /// - `host`: a domain, an IPv4 address or an IPv6 address in brackets; with or without `:port`.
    pub fn see_other_host(host: impl Into<String>) -> Self {
        Self { other_host: Some(host.into()), ..Self::from(StreamCondition::SeeOtherHost) }
    }

    /// The `<stream:error/>` element.
    pub fn to_element(&self) -> Element {
        let mut condition = Element::new(self.condition.name(), ns::STREAM_ERRORS);
        if let Some(host) = &self.other_host {
            condition = condition.with_text(host.as_str());
        }
        let mut error = Element::new("error", ns::STREAMS).with_child(condition);
        if let Some(text) = &self.text {
            let mut element = Element::new("text", ns::STREAM_ERRORS).with_text(text.as_str());
            element.set_attribute_ns("lang", ns::XML, "en");
            error.push(element);
        }
        if let Some(HandledCountTooHigh { h, sent }) = self.handled_count_too_high {
            let counts = Element::new("handled-count-too-high", ns::STREAM_MANAGEMENT)
                .with_attribute("h", h.to_string())
                .with_attribute("send-count", sent.to_string());
            error.push(counts);
        }
        error
    }

    /// Reads a `<stream:error/>` element. An unknown or missing condition is `undefined-condition`, as
    /// RFC 6120 §4.9.3.21 asks for.
    pub fn from_element(element: &Element) -> Self {
        let condition = element
            .elements()
            .filter(|e| e.ns() == ns::STREAM_ERRORS)
            .find_map(|e| StreamCondition::from_name(e.name()))
            .unwrap_or(StreamCondition::UndefinedCondition);
        let counts = element.child("handled-count-too-high", ns::STREAM_MANAGEMENT).and_then(|counts| {
            let count = |name| counts.attribute(name)?.parse().ok();
            Some(HandledCountTooHigh { h: count("h")?, sent: count("send-count")? })
        });
        let named = element.child(StreamCondition::SeeOtherHost.name(), ns::STREAM_ERRORS).map(Element::text);
        let other_host = named.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty());
        Self {
            condition,
            text: element.child("text", ns::STREAM_ERRORS).map(Element::text),
            handled_count_too_high: counts,
            other_host: other_host.filter(|_| condition == StreamCondition::SeeOtherHost),
        }
    }
}

impl From<StreamCondition> for StreamError {
    fn from(condition: StreamCondition) -> Self {
        Self { condition, text: None, handled_count_too_high: None, other_host: None }
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.condition.name())?;
        if let Some(host) = &self.other_host {
            write!(f, " {host}")?;
        }
        match &self.text {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StreamError {}
