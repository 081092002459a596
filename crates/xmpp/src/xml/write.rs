//! [`Element`] to text: compact, double quotes, every namespace declared where it starts.

use super::element::{Element, Namespace, Node};
use crate::ns;

impl Element {
    /// Writes the element so that it stands alone: its namespace is declared on it.
    ///
    /// Elements of [`ns::STREAMS`] get the prefix `stream:`, declared where it is first used, because
    /// clients look for `stream:features` by tag name (RFC 7395 §3.3.3 allows either form).
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(256);
        self.write_xml(&mut out, ns::NONE);
        out
    }

    /// Appends the element to `out`, where `inherited_ns` is the default namespace at that place.
    pub fn write_xml(&self, out: &mut String, inherited_ns: &str) {
        self.write(out, inherited_ns, false);
    }

    fn write(&self, out: &mut String, inherited_ns: &str, stream_declared: bool) {
        let prefixed = *self.ns == *ns::STREAMS;
        out.push('<');
        self.write_name(out, prefixed);
        let mut default_ns = inherited_ns;
        if prefixed {
            if !stream_declared {
                write_attribute(out, "xmlns:stream", ns::STREAMS);
            }
        } else if *self.ns != *inherited_ns {
            write_attribute(out, "xmlns", &self.ns);
            default_ns = &self.ns;
        }
        self.write_attributes(out);
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(element) => element.write(out, default_ns, stream_declared || prefixed),
                Node::Text(text) => escape_text(text, out),
            }
        }
        out.push_str("</");
        self.write_name(out, prefixed);
        out.push('>');
    }

    fn write_name(&self, out: &mut String, prefixed: bool) {
        if prefixed {
            out.push_str("stream:");
        }
        out.push_str(&self.name);
    }

    fn write_attributes(&self, out: &mut String) {
        let mut foreign: Vec<&Namespace> = Vec::new();
        for attribute in &self.attributes {
            if attribute.ns.is_empty() {
                write_attribute(out, &attribute.name, &attribute.value);
            } else if *attribute.ns == *ns::XML {
                write_attribute(out, &format!("xml:{}", attribute.name), &attribute.value);
            } else {
                let index = foreign.iter().position(|known| **known == attribute.ns).unwrap_or_else(|| {
                    write_attribute(out, &format!("xmlns:a{}", foreign.len()), &attribute.ns);
                    foreign.push(&attribute.ns);
                    foreign.len() - 1
                });
                write_attribute(out, &format!("a{index}:{}", attribute.name), &attribute.value);
            }
        }
    }
}

fn write_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_attribute(value, out);
    out.push('"');
}

/// Appends `text` to `out` as character data.
///
/// Characters that XML 1.0 does not allow at all become U+FFFD, so that the result is always well-formed.
pub fn escape_text(text: &str, out: &mut String) {
    escape(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        // A bare one would be read back as a line feed.
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends `value` to `out` as the inside of a double-quoted attribute value.
///
/// Tabs and line ends are written as references because XML turns bare ones into spaces; characters that
/// XML 1.0 does not allow become U+FFFD.
pub fn escape_attribute(value: &str, out: &mut String) {
    escape(value, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn escape(text: &str, out: &mut String, replacement: impl Fn(u8) -> Option<&'static str>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len());
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        // All that is replaced is below '@', except U+FFFE and U+FFFF, which start with EF in UTF-8.
        if byte >= b'@' && byte != 0xEF {
            continue;
        }
        let (replaced, length) = match byte {
            0xEF if matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])) => ("\u{FFFD}", 3),
            0xEF => continue,
            _ => match replacement(byte) {
                Some(reference) => (reference, 1),
                None if byte < b' ' && !matches!(byte, b'\t' | b'\n') => ("\u{FFFD}", 1),
                None => continue,
            },
        };
        out.push_str(&text[copied..at]);
        out.push_str(replaced);
        copied = at + length;
    }
    out.push_str(&text[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn a_stanza_declares_its_namespace_and_children_only_a_different_one() {
        let iq = Element::new("iq", ns::CLIENT)
            .with_attribute("id", "a\"<&>\n")
            .with_child(Element::new("ping", ns::PING))
            .with_child(Element::new("x", ns::CLIENT).with_text("1 < 2 & \u{1}\u{FFFE}\r"));
        assert_eq!(
            iq.to_xml(),
            "<iq xmlns=\"jabber:client\" id=\"a&quot;&lt;&amp;&gt;&#xA;\"><ping xmlns=\"urn:xmpp:ping\"/>\
             <x>1 &lt; 2 &amp; \u{FFFD}\u{FFFD}&#xD;</x></iq>"
        );
    }

    #[test]
    fn stream_elements_are_prefixed_and_their_children_are_not() {
        let features = Element::new("features", ns::STREAMS)
            .with_child(Element::new("bind", ns::BIND))
            .with_child(Element::new("inner", ns::STREAMS));
        assert_eq!(
            features.to_xml(),
            "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
             <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/><stream:inner/></stream:features>"
        );
    }

    #[test]
    fn attributes_of_other_namespaces_get_a_prefix_each() {
        let mut element = Element::new("a", ns::NONE);
        element.set_attribute_ns("lang", ns::XML, "en");
        element.set_attribute_ns("x", "urn:one", "1");
        element.set_attribute_ns("y", "urn:one", "2");
        element.set_attribute_ns("x", "urn:two", "3");
        let xml = element.to_xml();
        assert_eq!(
            xml,
            "<a xml:lang=\"en\" xmlns:a0=\"urn:one\" a0:x=\"1\" a0:y=\"2\" xmlns:a1=\"urn:two\" a1:x=\"3\"/>"
        );
        assert_eq!(Element::parse(&xml, &Limits::default()), Ok(element));
    }
}
