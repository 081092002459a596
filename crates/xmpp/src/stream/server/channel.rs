//! What is below a stream, as far as the mechanisms depend on it.

use crate::BareJid;
use crate::sasl::{ChannelBindings, Mechanism};

/// The facts about one connection that decide which mechanisms are offered on it. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Whether a password or a token may be sent as it is: the connection is encrypted, or whoever runs the server
    /// allows it without.
    pub hides_secrets: bool,
    /// What a `-PLUS` mechanism can bind to.
    pub bindings: ChannelBindings,
    /// The users for whom the client has shown a certificate, which has been verified: bare JIDs of our domain.
    pub certificate_users: Vec<BareJid>,
    /// Whether the client may, or has to, go over to TLS on this connection (RFC 6120 §5).
    pub starttls: StartTls,
}

/// What a connection without TLS offers a client that could go over to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartTls {
    /// Nothing: there is TLS already, or no certificate, or a transport that forbids it (RFC 7395 §3.9).
    #[default]
    Off,
    /// The client may.
    Optional,
    /// The client has to, before anything else.
    Required,
}

impl Channel {
    /// A connection on which passwords may be sent, and nothing more is known.
    pub fn hiding_secrets() -> Self {
        Self { hides_secrets: true, ..Self::default() }
    }

    /// Whether `mechanism` can be offered here (RFC 6120 §6.3.3, §13.8).
    pub fn permits(&self, mechanism: Mechanism) -> bool {
        if self.starttls == StartTls::Required {
            return false;
        }
        match mechanism {
            Mechanism::External => !self.certificate_users.is_empty(),
            mechanism if mechanism.binds_channel() => !self.bindings.is_empty(),
            mechanism => self.hides_secrets || !mechanism.reveals_secret(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::ScramHash;

    #[test]
    fn each_fact_permits_its_mechanisms() {
        let permitted =
            |channel: &Channel| Mechanism::ALL.into_iter().filter(|m| channel.permits(*m)).count();
        let nothing = Channel::default();
        assert_eq!(permitted(&nothing), ScramHash::ALL.len());
        assert_eq!(permitted(&Channel::hiding_secrets()), ScramHash::ALL.len() + 2);
        let bindings = ChannelBindings { exporter: None, server_end_point: Some([1].into()) };
        assert_eq!(permitted(&Channel { bindings, ..nothing.clone() }), 2 * ScramHash::ALL.len());
        let certificate_users = vec![BareJid::new("a@b").unwrap()];
        assert!(Channel { certificate_users, ..nothing }.permits(Mechanism::External));
        let starttls = StartTls::Required;
        assert_eq!(permitted(&Channel { starttls, ..Channel::hiding_secrets() }), 0);
    }
}
