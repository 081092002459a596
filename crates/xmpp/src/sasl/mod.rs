//! SASL: the SCRAM family with and without channel binding, EXTERNAL, OAUTHBEARER and PLAIN, both ends, without the
//! XMPP around them.
//!
//! Ours rather than a crate's, because the rules that matter here are about what an outsider can learn:
//! unknown and known users look alike, comparisons take constant time, names are unescaped before use.

mod channel;
mod gs2;
mod keys;
mod mechanism;
mod oauth_bearer;
mod plain;
mod scram_client;
mod scram_server;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use channel::{ChannelBinding, ChannelBindings};
pub(crate) use gs2::BindingFlag;
pub use keys::{ScramHash, ScramKeys, derive, verify_password};
pub use mechanism::Mechanism;
pub use oauth_bearer::{OauthBearer, bearer};
pub use plain::Plain;
pub use scram_client::{ScramBinding, ScramClient, ScramClientError, ScramClientFinal};
pub use scram_server::{ScramClientFirst, ScramServer};

macro_rules! conditions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// Why an authentication failed (RFC 6120 §6.5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SaslCondition {
            $($(#[$doc])* $variant,)*
        }

        impl SaslCondition {
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
    /// The client asked for it.
    Aborted = "aborted";
    /// The account exists and may not be used now.
    AccountDisabled = "account-disabled";
    /// The password must be changed first.
    CredentialsExpired = "credentials-expired";
    /// Not on this channel.
    EncryptionRequired = "encryption-required";
    /// Not base64.
    IncorrectEncoding = "incorrect-encoding";
    /// The user may not act as that identity.
    InvalidAuthzid = "invalid-authzid";
    /// The mechanism is not offered.
    InvalidMechanism = "invalid-mechanism";
    /// Base64, but not what the mechanism says.
    MalformedRequest = "malformed-request";
    /// A stronger one is needed.
    MechanismTooWeak = "mechanism-too-weak";
    /// Wrong password or unknown user: the same for both.
    NotAuthorized = "not-authorized";
    /// Our side cannot check now; try again.
    TemporaryAuthFailure = "temporary-auth-failure";
}

impl fmt::Display for SaslCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A password or token on its way to be checked. Its `Debug` form says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The secret itself. Not for logs, traces or error messages.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl From<&str> for Password {
    fn from(password: &str) -> Self {
        Self(password.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Decodes the text of an `<auth/>`, `<challenge/>`, `<response/>` or `<success/>`.
///
/// No text at all is `None`, which an `<auth/>` uses to say "no initial response"; `=` is the empty one.
/// White space is skipped: some old libraries break the line after 76 characters.
///
/// # Errors
///
/// [`SaslCondition::IncorrectEncoding`] when it is not base64.
///
/// # Source
///
/// RFC 6120 §6.4.2.
pub fn decode_payload(text: &str) -> Result<Option<Vec<u8>>, SaslCondition> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    match text.as_str() {
        "" => Ok(None),
        "=" => Ok(Some(Vec::new())),
        text => STANDARD.decode(text).map(Some).map_err(|_| SaslCondition::IncorrectEncoding),
    }
}

/// Encodes what [`decode_payload`] decodes; an empty payload becomes `=`.
pub fn encode_payload(payload: &[u8]) -> String {
    if payload.is_empty() { "=".to_owned() } else { STANDARD.encode(payload) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_empty_payloads_differ() {
        assert_eq!(decode_payload(""), Ok(None));
        assert_eq!(decode_payload("="), Ok(Some(vec![])));
        assert_eq!(decode_payload("AGE\r\nA"), Ok(Some(b"\0a\0".to_vec())));
        for text in ["==", "a", "AGEA=", "AG*A", "AGEAYg"] {
            assert_eq!(decode_payload(text), Err(SaslCondition::IncorrectEncoding), "{text}");
        }
        assert_eq!(encode_payload(b""), "=");
    }

    #[test]
    fn a_password_does_not_show() {
        assert!(!format!("{:?}", Password::from("offhook")).contains("offhook"));
    }
}
