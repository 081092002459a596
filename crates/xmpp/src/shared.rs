//! One message for many recipients, encoded once.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Element, escape_attribute, ns};

/// A `<message/>` whose recipient is left open.
///
/// A delivery is [`SharedStanza::head`], which is the recipient's own, followed by [`SharedStanza::tail`],
/// which all of them share: `<message xmlns="jabber:client" to="…"` and
/// ` from="…" id="…">…</message>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedStanza {
    tail: Bytes,
    topic: Option<Arc<str>>,
}

impl SharedStanza {
    /// Encodes a message with these attributes and this content.
    ///
    /// - `attributes`: names and unescaped values; neither `to` nor `xmlns`.
    /// - `content`: well-formed XML, written as it is, in the default namespace `jabber:client`.
    pub fn message(attributes: &[(&str, &str)], content: &str) -> Self {
        let mut tail = String::with_capacity(content.len() + 128);
        for (name, value) in attributes {
            debug_assert!(*name != "to" && *name != "xmlns", "{name} belongs to the head");
            tail.push(' ');
            tail.push_str(name);
            tail.push_str("=\"");
            escape_attribute(value, &mut tail);
            tail.push('"');
        }
        tail.push('>');
        tail.push_str(content);
        tail.push_str("</message>");
        Self { tail: tail.into(), topic: None }
    }

    /// Encodes a message element; its `to`, if any, is left out.
    pub fn from_element(message: &Element) -> Self {
        debug_assert!(message.is("message", ns::CLIENT));
        let mut message = message.clone();
        message.remove_attribute("to");
        let mut xml = String::with_capacity(512);
        message.write_xml(&mut xml, ns::CLIENT);
        Self { tail: Bytes::from(xml).slice(NAME.len()..), topic: None }
    }

    /// Says what the message is about: of two with one topic the newer makes the older superfluous.
    pub fn with_topic(self, topic: Arc<str>) -> Self {
        Self { topic: Some(topic), ..self }
    }

    /// What the message is about, if that was said.
    pub fn topic(&self) -> Option<&Arc<str>> {
        self.topic.as_ref()
    }

    /// The message whose [`SharedStanza::tail`] this was.
    pub fn from_tail(tail: String) -> Self {
        Self { tail: tail.into(), topic: None }
    }

    /// The part before the shared one: `<message xmlns="jabber:client" to="…"`.
    pub fn head(to: &str) -> String {
        let mut head = String::with_capacity(NAME.len() + 32 + to.len());
        head.push_str("<message xmlns=\"jabber:client\" to=\"");
        escape_attribute(to, &mut head);
        head.push('"');
        head
    }

    /// The shared part, from the first byte after the head to the end of the message.
    pub fn tail(&self) -> &Bytes {
        &self.tail
    }

    /// The whole message for one recipient.
    pub fn to_xml(&self, to: &str) -> String {
        let mut xml = Self::head(to);
        xml.push_str(std::str::from_utf8(&self.tail).expect("built from a String"));
        xml
    }
}

const NAME: &str = "<message";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn head_and_tail_make_one_message() {
        let shared = SharedStanza::message(&[("from", "pubsub.localhost"), ("id", "a\"1")], "<body>x</body>");
        let xml = shared.to_xml("a&b@localhost/d");
        assert_eq!(
            xml,
            "<message xmlns=\"jabber:client\" to=\"a&amp;b@localhost/d\" from=\"pubsub.localhost\" \
             id=\"a&quot;1\"><body>x</body></message>"
        );
        let element = Element::parse(&xml, &Limits::default()).unwrap();
        assert_eq!(SharedStanza::from_element(&element).tail(), shared.tail());
    }

    #[test]
    fn an_empty_message_works_too() {
        let shared = SharedStanza::from_element(&Element::new("message", ns::CLIENT));
        assert_eq!(shared.to_xml("a@b"), "<message xmlns=\"jabber:client\" to=\"a@b\"/>");
    }
}
