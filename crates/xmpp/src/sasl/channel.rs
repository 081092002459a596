//! What ties an exchange to the TLS connection it runs over (RFC 5056): nobody in the middle has the same.

use std::fmt;
use std::sync::Arc;

use crate::{Element, ns};

/// A kind of channel binding.
///
/// `tls-unique` is missing on purpose: TLS 1.3 has none, and on TLS 1.2 nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelBinding {
    /// Key material of the connection itself (RFC 9266).
    TlsExporter,
    /// A hash of the server's certificate (RFC 5929 §4).
    TlsServerEndPoint,
}

impl ChannelBinding {
    /// All of them, the one to prefer first.
    pub const ALL: [Self; 2] = [Self::TlsExporter, Self::TlsServerEndPoint];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }

    /// The binding with this name; names are case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|binding| binding.name() == name)
    }
}

impl fmt::Display for ChannelBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The binding data of one connection. Without any, no `-PLUS` mechanism is offered.
///
/// Its `Debug` form tells which there are and not what they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ChannelBindings {
    /// 32 bytes exported under the label `EXPORTER-Channel-Binding` with an empty context. Of TLS 1.3 only: on TLS 1.2
    /// it is unique only under conditions that RFC 9266 §3 names.
    pub exporter: Option<[u8; 32]>,
    /// The hash of the certificate that the server has shown on this connection, with the hash of its signature, and
    /// SHA-256 in place of MD5 and SHA-1.
    pub server_end_point: Option<Arc<[u8]>>,
}

impl ChannelBindings {
    /// The data of one kind.
    pub fn get(&self, binding: ChannelBinding) -> Option<&[u8]> {
        match binding {
            ChannelBinding::TlsExporter => self.exporter.as_ref().map(<[u8; 32]>::as_slice),
            ChannelBinding::TlsServerEndPoint => self.server_end_point.as_deref(),
        }
    }

    /// The kinds there are, the one to prefer first.
    pub fn kinds(&self) -> impl Iterator<Item = ChannelBinding> {
        ChannelBinding::ALL.into_iter().filter(|binding| self.get(*binding).is_some())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds().next().is_none()
    }

    /// What a server tells in its features about the kinds there are (XEP-0440).
    pub(crate) fn to_element(&self) -> Element {
        let mut element = Element::new("sasl-channel-binding", ns::SASL_CHANNEL_BINDING);
        for binding in self.kinds() {
            element.push(
                Element::new("channel-binding", ns::SASL_CHANNEL_BINDING)
                    .with_attribute("type", binding.name()),
            );
        }
        element
    }

    /// The kind a client should use with a server of these features: the best that both have. A server that does not
    /// tell is taken to have all. None if there is nothing in common.
    pub(crate) fn choose(&self, features: &Element) -> Option<ChannelBinding> {
        let offered = features.child("sasl-channel-binding", ns::SASL_CHANNEL_BINDING);
        let is_offered = |binding: ChannelBinding| {
            offered
                .is_none_or(|offered| offered.elements().any(|e| e.attribute("type") == Some(binding.name())))
        };
        self.kinds().find(|binding| is_offered(*binding))
    }
}

impl fmt::Debug for ChannelBindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kinds()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_takes_the_best_that_both_have() {
        let both = ChannelBindings { exporter: Some([1; 32]), server_end_point: Some([2, 3].into()) };
        let end_point = ChannelBindings { exporter: None, ..both.clone() };
        let silent = Element::new("features", ns::STREAMS);
        let telling = |bindings: &ChannelBindings| silent.clone().with_child(bindings.to_element());
        assert_eq!(both.choose(&silent), Some(ChannelBinding::TlsExporter));
        assert_eq!(both.choose(&telling(&both)), Some(ChannelBinding::TlsExporter));
        assert_eq!(both.choose(&telling(&end_point)), Some(ChannelBinding::TlsServerEndPoint));
        assert_eq!(end_point.choose(&telling(&both)), Some(ChannelBinding::TlsServerEndPoint));
        assert_eq!(both.choose(&telling(&ChannelBindings::default())), None);
        assert_eq!(ChannelBindings::default().choose(&telling(&both)), None);
        assert!(ChannelBindings::default().is_empty() && !end_point.is_empty());
        assert_eq!(format!("{both:?}"), "[TlsExporter, TlsServerEndPoint]");
    }

    #[test]
    fn names_are_the_registered_ones() {
        for binding in ChannelBinding::ALL {
            assert_eq!(ChannelBinding::from_name(binding.name()), Some(binding));
        }
        assert_eq!(ChannelBinding::from_name("tls-unique"), None);
        assert_eq!(ChannelBinding::from_name("TLS-EXPORTER"), None);
    }
}
