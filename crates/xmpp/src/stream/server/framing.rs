//! How a stream begins and ends on each transport. In between, all of them carry the same elements.

use crate::{Element, escape_attribute, ns};

/// What carries a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Each message is one element; `<open/>` and `<close/>` stand for the root (RFC 7395 §3.3).
    #[default]
    WebSocket,
    /// One endless document (RFC 6120 §4.2).
    Tcp,
    /// Elements in the bodies of HTTP requests, whose attributes stand for the root (XEP-0206).
    Bosh,
}

/// The attributes of this end's root.
pub(super) struct Root<'a> {
    pub(super) from: &'a str,
    pub(super) id: &'a str,
}

impl Framing {
    /// What opens this end's stream; none where the transport says it.
    pub(super) fn opening(self, root: &Root<'_>) -> Option<String> {
        match self {
            Framing::WebSocket => {
                let mut open = Element::new("open", ns::FRAMING)
                    .with_attribute("from", root.from)
                    .with_attribute("id", root.id)
                    .with_attribute("version", "1.0");
                open.set_attribute_ns("lang", ns::XML, "en");
                Some(open.to_xml())
            }
            Framing::Tcp => {
                let mut header = format!(
                    "<?xml version=\"1.0\"?><stream:stream xmlns=\"{}\" xmlns:stream=\"{}\" from=\"",
                    ns::CLIENT,
                    ns::STREAMS
                );
                escape_attribute(root.from, &mut header);
                header.push_str("\" id=\"");
                escape_attribute(root.id, &mut header);
                header.push_str("\" version=\"1.0\" xml:lang=\"en\">");
                Some(header)
            }
            Framing::Bosh => None,
        }
    }

    /// What closes this end's stream; none where the transport says it.
    ///
    /// - `see_other_uri`: where the client should go; only WebSockets can say it (RFC 7395 §3.6.1).
    pub(super) fn closing(self, see_other_uri: Option<&str>) -> Option<String> {
        match self {
            Framing::WebSocket => {
                let mut close = Element::new("close", ns::FRAMING);
                if let Some(uri) = see_other_uri {
                    close.set_attribute("see-other-uri", uri);
                }
                Some(close.to_xml())
            }
            Framing::Tcp => Some("</stream:stream>".to_owned()),
            Framing::Bosh => None,
        }
    }

    /// The name and namespace of the element with which a client opens. On TCP and BOSH it stands for the root's start
    /// tag.
    pub(super) fn opener(self) -> (&'static str, &'static str) {
        match self {
            Framing::WebSocket => ("open", ns::FRAMING),
            Framing::Tcp | Framing::Bosh => ("stream", ns::STREAMS),
        }
    }

    /// Whether this element closes the client's stream.
    pub(super) fn is_closer(self, element: &Element) -> bool {
        self == Framing::WebSocket && element.is("close", ns::FRAMING)
    }
}
