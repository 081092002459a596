//! What a client wants, and why it may not get it.

use std::time::Duration;

use super::super::StreamError;
use super::ManagementChoice;
use crate::sasl::{ChannelBindings, Mechanism, Password, SaslCondition, ScramClientError};
use crate::{Limits, StanzaError, XmlError};

/// How a client logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// The domain to open the stream to.
    pub domain: String,
    /// The localpart of one's JID.
    pub username: String,
    /// The password, or the token for [`Mechanism::OauthBearer`].
    pub password: Password,
    /// What to send as the identity to act as.
    pub authzid: Authzid,
    /// Which mechanism to use.
    pub mechanism: MechanismChoice,
    /// What the TLS connection below gives to bind to; none leaves out the `-PLUS` mechanisms.
    pub channel: ChannelBindings,
    /// The resource to ask for; none lets the server choose.
    pub resource: Option<String>,
    /// Whether to send the session request of RFC 3921.
    pub session: SessionRequest,
    /// Whether to use stream management, and which session to go on with.
    pub management: ManagementChoice,
    /// What one message of the server may cost.
    pub limits: Limits,
    /// How long the server may take for each step of the handshake, and for its `<close/>`.
    pub step_timeout: Duration,
}

/// The authorization identity a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authzid {
    /// None, as most libraries do.
    Empty,
    /// The bare JID, as Strophe and the Finesse desktop do.
    BareJid,
}

/// Which mechanism a client uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MechanismChoice {
    /// The strongest that both sides know and that takes a password.
    Strongest,
    /// This one, even when it is not offered: to see what the server answers.
    Only(Mechanism),
}

/// Whether a client sends `<session/>` after binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRequest {
    /// When the server offers it and does not say that it is optional.
    IfRequired,
    /// When the server offers it at all, as older libraries do.
    IfOffered,
    /// Not at all.
    Never,
}

impl ClientConfig {
    /// The defaults: strongest mechanism, no authorization identity, the server's choice of resource.
    pub fn new(
        domain: impl Into<String>,
        username: impl Into<String>,
        password: impl Into<Password>,
    ) -> Self {
        Self {
            domain: domain.into(),
            username: username.into(),
            password: password.into(),
            authzid: Authzid::Empty,
            mechanism: MechanismChoice::Strongest,
            channel: ChannelBindings::default(),
            resource: None,
            session: SessionRequest::IfRequired,
            management: ManagementChoice::Off,
            limits: Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(4 << 20) },
            step_timeout: Duration::from_secs(30),
        }
    }
}

/// Why a client's stream failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server's XML is not acceptable.
    #[error("the server sent XML that is {0}")]
    Xml(#[from] XmlError),
    /// The server ended the stream.
    #[error("the server ended the stream: {0}")]
    Stream(#[from] StreamError),
    /// The server sent something else than the protocol says.
    #[error("expected {expected}, the server sent <{got}>")]
    Unexpected {
        /// What was waited for.
        expected: &'static str,
        /// The name of the element that came.
        got: String,
    },
    /// None of the server's mechanisms is one of ours.
    #[error("no common authentication mechanism; the server offers: {}", offered.join(", "))]
    NoCommonMechanism {
        /// What the server offers.
        offered: Vec<String>,
    },
    /// The server refused the credentials.
    #[error("authentication failed: {}", .condition.map_or("unknown condition", SaslCondition::name))]
    NotAuthenticated {
        /// The server's reason; none when it is not one of the RFC's.
        condition: Option<SaslCondition>,
        /// The server's explanation.
        text: Option<String>,
    },
    /// SCRAM failed on our side: the server is not what it should be.
    #[error(transparent)]
    Scram(#[from] ScramClientError),
    /// The server does not offer to bind a resource.
    #[error("the server's features do not offer resource binding")]
    NoBind,
    /// The server refused the resource.
    #[error("the server refused to bind the resource: {0}")]
    BindRefused(StanzaError),
    /// The server says it bound a resource, but not a full JID.
    #[error("the server's answer to binding a resource has no full JID")]
    NoJid,
    /// The server refused the session.
    #[error("the server refused the session request: {0}")]
    SessionRefused(StanzaError),
    /// The server was too slow.
    #[error("the server did not send {expected} in time")]
    Timeout {
        /// What was waited for.
        expected: &'static str,
    },
}
