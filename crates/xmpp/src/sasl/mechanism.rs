//! The mechanisms and how they compare.

use std::fmt;

use super::ScramHash;

/// A mechanism we speak. The order is by strength: a greater one is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mechanism {
    /// The password itself (RFC 4616). Only as good as the channel.
    Plain,
    /// A token of somebody who is trusted to know the user (RFC 7628). Only as good as the channel.
    OauthBearer,
    /// RFC 5802.
    ScramSha1,
    /// RFC 7677.
    ScramSha256,
    /// As RFC 7677, with SHA-512 in place of SHA-256.
    ScramSha512,
    /// [`Mechanism::ScramSha1`] bound to the TLS connection.
    ScramSha1Plus,
    /// [`Mechanism::ScramSha256`] bound to the TLS connection.
    ScramSha256Plus,
    /// [`Mechanism::ScramSha512`] bound to the TLS connection.
    ScramSha512Plus,
    /// The client's certificate, which TLS has checked (RFC 4422 appendix A, XEP-0178).
    External,
}

impl Mechanism {
    /// All of them, strongest first: the order to offer them in.
    pub const ALL: [Self; 9] = [
        Self::External,
        Self::ScramSha512Plus,
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha512,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::OauthBearer,
        Self::Plain,
    ];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::OauthBearer => "OAUTHBEARER",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha512Plus => "SCRAM-SHA-512-PLUS",
            Self::External => "EXTERNAL",
        }
    }

    /// The mechanism with this name; names are case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// The hash of a SCRAM mechanism.
    pub fn scram_hash(self) -> Option<ScramHash> {
        match self {
            Self::ScramSha1 | Self::ScramSha1Plus => Some(ScramHash::Sha1),
            Self::ScramSha256 | Self::ScramSha256Plus => Some(ScramHash::Sha256),
            Self::ScramSha512 | Self::ScramSha512Plus => Some(ScramHash::Sha512),
            Self::Plain | Self::OauthBearer | Self::External => None,
        }
    }

    /// Whether the exchange is bound to the TLS connection: the name ends in `-PLUS`.
    pub fn binds_channel(self) -> bool {
        matches!(self, Self::ScramSha1Plus | Self::ScramSha256Plus | Self::ScramSha512Plus)
    }

    /// Whether whoever reads along can log in with what was read.
    pub fn reveals_secret(self) -> bool {
        matches!(self, Self::Plain | Self::OauthBearer)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_mechanisms_compare_greater() {
        assert!(Mechanism::ALL.is_sorted_by(|a, b| a > b));
        for mechanism in Mechanism::ALL {
            assert_eq!(Mechanism::from_name(mechanism.name()), Some(mechanism));
            assert_eq!(mechanism.binds_channel(), mechanism.name().ends_with("-PLUS"));
        }
        assert_eq!(Mechanism::from_name("scram-sha-1"), None);
    }
}
