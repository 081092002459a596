//! Events: what subscribers are told, encoded once for all of them.

use std::fmt::Write as _;
use std::sync::Arc;

use xmpp::{SharedStanza, escape_attribute, escape_text, ns};

use super::node::{Nature, Node, NodeConfig, NotificationType};
use super::options::Reach;
use super::{form, recovery};
use crate::config::Config;

/// Something that happened at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Which event of this server: the message's id comes from it.
    pub(crate) number: u64,
    /// Which event of its node.
    pub(crate) offset: u64,
    pub(crate) content: Content,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// An object of the contact centre changed; the document is not escaped yet.
    Update {
        document: Box<str>,
    },
    /// Somebody published an item; the payload is a stand-alone element.
    Item {
        id: Box<str>,
        /// Bare JID.
        publisher: Box<str>,
        payload: Box<str>,
    },
    Retract {
        id: Box<str>,
    },
    Purge,
    /// The node has a new configuration.
    Configuration {
        config: Box<NodeConfig>,
    },
    Delete {
        redirect: Option<Box<str>>,
    },
    /// A node was created in this collection.
    ChildCreated {
        child: Box<str>,
    },
    /// A node was put into this collection, or taken out of it.
    ChildMoved {
        child: Box<str>,
        is_here: bool,
    },
}

/// What a message says beside its event (XEP-0131).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Headers<'a> {
    /// The collection through which it is heard.
    pub(crate) collection: Option<&'a str>,
    /// For which of several subscriptions.
    pub(crate) subids: &'a [String],
}

impl Event {
    /// Encodes the message that all subscribers of `node` get.
    ///
    /// Contact nodes send it as Finesse does: the update is one text node in `<notification/>`, and the message has no
    /// type. Source: XEP-0060 §7.1.2.1, §7.2.2.1, §8.4.2, §8.5.2.
    pub(crate) fn encode(&self, node: &Node, config: &Config) -> Arc<SharedStanza> {
        self.encode_with(node, config, Headers::default())
    }

    /// The same for somebody who has several subscriptions and gets it for some of these (§7.1.2.4, §12.16), or hears it
    /// through a collection (XEP-0248 §5.3.1).
    pub(crate) fn encode_with(
        &self,
        node: &Node,
        config: &Config,
        headers: Headers<'_>,
    ) -> Arc<SharedStanza> {
        let mut xml = String::with_capacity(self.content.size() + 256);
        xml.push_str("<event xmlns=\"");
        xml.push_str(ns::PUBSUB_EVENT);
        xml.push_str("\">");
        match &self.content {
            Content::Update { document } => {
                open(&mut xml, "items", node.name());
                xml.push_str("<item id=\"");
                xml.push_str(&item_id(config, self.number));
                xml.push_str("\"><notification xmlns=\"");
                escape_attribute(&config.notification_ns, &mut xml);
                xml.push_str("\">");
                escape_text(document, &mut xml);
                xml.push_str("</notification></item></items>");
            }
            Content::Item { id, publisher, payload } => {
                open(&mut xml, "items", node.name());
                let with_payload = node.generic().is_none_or(|generic| generic.config.deliver_payloads);
                let publisher = config.publishers_shown.then_some(&**publisher);
                write_item(&mut xml, id, publisher, if with_payload { payload } else { "" });
                xml.push_str("</items>");
            }
            Content::Configuration { config: new } => {
                open(&mut xml, "configuration", node.name());
                if node.generic().is_some_and(|generic| generic.config.deliver_payloads) {
                    form::write_result(new).write_xml(&mut xml, ns::PUBSUB_EVENT);
                }
                xml.push_str("</configuration>");
            }
            Content::Retract { id } => {
                open(&mut xml, "items", node.name());
                xml.push_str("<retract id=\"");
                escape_attribute(id, &mut xml);
                xml.push_str("\"/></items>");
            }
            Content::Purge => {
                open(&mut xml, "purge", node.name());
                xml.push_str("</purge>");
            }
            Content::Delete { redirect } => {
                open(&mut xml, "delete", node.name());
                if let Some(uri) = redirect {
                    xml.push_str("<redirect uri=\"");
                    escape_attribute(uri, &mut xml);
                    xml.push_str("\"/>");
                }
                xml.push_str("</delete>");
            }
            Content::ChildCreated { child } => {
                open(&mut xml, "create", child);
                xml.push_str("</create>");
            }
            Content::ChildMoved { child, is_here } => {
                let verb = if *is_here { "associate" } else { "dissociate" };
                open(&mut xml, "collection", node.name());
                open(&mut xml, verb, child);
                let _ = write!(xml, "</{verb}></collection>");
            }
        }
        xml.push_str("</event>");
        if config.recovery && node.owner().is_none() {
            recovery::write_stamp(&config.instance, self.offset, &mut xml);
        }
        // Of its own children a collection tells as if they did.
        let collection = match self.content {
            Content::ChildCreated { .. } => headers.collection.or(Some(node.name())),
            _ => headers.collection,
        };
        write_headers(Headers { collection, ..headers }, &mut xml);
        let id = message_id(self.number);
        let from = node.address(config);
        let mut attributes = vec![("from", &*from), ("id", id.as_str())];
        if let Nature::Generic(generic) = &node.nature
            && generic.config.notification_type == NotificationType::Headline
        {
            attributes.push(("type", "headline"));
        }
        Arc::new(SharedStanza::message(&attributes, &xml).with_topic(Arc::clone(&node.key)))
    }
}

impl Event {
    /// Whether it tells of items: only then it matters for which subscription it is (§12.16).
    pub(crate) fn is_about_items(&self) -> bool {
        matches!(self.content, Content::Update { .. } | Content::Item { .. } | Content::Retract { .. })
    }

    /// How it is heard so many steps above its node (XEP-0248 §6.1).
    pub(crate) fn reach(&self, steps: u32) -> Reach {
        let own = match self.content {
            Content::ChildCreated { .. } | Content::ChildMoved { .. } => 1,
            _ => 0,
        };
        let about_items = self.is_about_items() || matches!(self.content, Content::Purge);
        Reach { about_items, depth: own + steps }
    }
}

fn write_headers(headers: Headers<'_>, xml: &mut String) {
    let collection = headers.collection.map(|name| ("Collection", name));
    let subids = headers.subids.iter().map(|subid| ("SubID", subid.as_str()));
    let mut all = collection.into_iter().chain(subids).peekable();
    if all.peek().is_none() {
        return;
    }
    let _ = write!(xml, "<headers xmlns=\"{}\">", ns::SHIM);
    for (name, value) in all {
        let _ = write!(xml, "<header name=\"{name}\">");
        escape_text(value, xml);
        xml.push_str("</header>");
    }
    xml.push_str("</headers>");
}

impl Content {
    fn size(&self) -> usize {
        match self {
            // Every markup character of the document takes four bytes once it is escaped.
            Content::Update { document } => document.len() * 2,
            Content::Item { id, publisher, payload } => id.len() + publisher.len() + payload.len(),
            Content::Retract { id } => id.len(),
            Content::Configuration { .. } => 2_000,
            Content::ChildCreated { child } | Content::ChildMoved { child, .. } => child.len(),
            Content::Purge | Content::Delete { .. } => 0,
        }
    }
}

/// Writes `<item id="…" publisher="…">payload</item>`. Who published it, the service says and nobody else (§7.1.2.3).
pub(crate) fn write_item(xml: &mut String, id: &str, publisher: Option<&str>, payload: &str) {
    xml.push_str("<item id=\"");
    escape_attribute(id, xml);
    if let Some(publisher) = publisher {
        xml.push_str("\" publisher=\"");
        escape_attribute(publisher, xml);
    }
    xml.push_str("\">");
    xml.push_str(payload);
    xml.push_str("</item>");
}

/// The id of the item that event `number` publishes: a constant and a growing number, written together as Finesse does.
pub(crate) fn item_id(config: &Config, number: u64) -> String {
    format!("{}{number}", config.instance)
}

/// The id of an event's message: eight characters or more, never the same twice.
fn message_id(number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut digits = Vec::with_capacity(13);
    let mut rest = number;
    while rest > 0 || digits.len() < 7 {
        digits.push(DIGITS[(rest % 36) as usize]);
        rest /= 36;
    }
    // A letter first: some parsers want ids that are XML names.
    std::iter::once('N').chain(digits.iter().rev().map(|&digit| digit as char)).collect()
}

/// The event that a message with this id tells of; none for other ids.
pub(crate) fn event_number(id: &str) -> Option<u64> {
    let digits = id.strip_prefix('N').filter(|digits| digits.len() >= 7)?;
    let is_ours = digits.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if is_ours { u64::from_str_radix(digits, 36).ok() } else { None }
}

/// Writes the start tag of what happened at a node.
pub(crate) fn open(xml: &mut String, name: &str, node: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push_str(" node=\"");
    escape_attribute(node, xml);
    xml.push_str("\">");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::Members;
    use crate::pubsub::node::{Generic, NodeConfig};

    fn node(nature: Nature) -> Node {
        Node {
            key: "/finesse/api/User/1001001".into(),
            nature,
            offset: 0,
            released: 0,
            sessions: Members::new(),
            users: Members::new(),
            particular: Default::default(),
            withdrawn: false,
        }
    }

    fn generic() -> Nature {
        Nature::Generic(Box::new(Generic::new("admin@localhost", NodeConfig::default())))
    }

    fn encode(number: u64, content: Content, nature: Nature) -> String {
        let mut config = Config::new("localhost", "a6ca891f-8b34-443f-8c7d-dac020d41838");
        config.recovery = false;
        Event { number, offset: 0, content }.encode(&node(nature), &config).to_xml("x@localhost")
    }

    #[test]
    fn an_update_looks_as_finesse_sends_it() {
        let document = "<Update><data><user><firstName>A&amp;B</firstName></user></data></Update>".into();
        assert_eq!(
            encode(42, Content::Update { document }, Nature::Feed),
            "<message xmlns=\"jabber:client\" to=\"x@localhost\" from=\"pubsub.localhost\" id=\"N0000016\">\
             <event xmlns=\"http://jabber.org/protocol/pubsub#event\"><items node=\"/finesse/api/User/1001001\">\
             <item id=\"a6ca891f-8b34-443f-8c7d-dac020d4183842\">\
             <notification xmlns=\"http://jabber.org/protocol/pubsub\">\
             &lt;Update&gt;&lt;data&gt;&lt;user&gt;&lt;firstName&gt;A&amp;amp;B&lt;/firstName&gt;\
             &lt;/user&gt;&lt;/data&gt;&lt;/Update&gt;</notification></item></items></event></message>"
        );
    }

    #[test]
    fn events_of_a_generic_node_are_headlines_by_default() {
        let xml = encode(
            1,
            Content::Item { id: "<1>".into(), publisher: "a@b".into(), payload: "<x xmlns=\"y\"/>".into() },
            generic(),
        );
        assert!(xml.contains("type=\"headline\""), "{xml}");
        assert!(xml.contains("<item id=\"&lt;1&gt;\"><x xmlns=\"y\"/></item></items></event>"), "{xml}");
        let xml = encode(1, Content::Delete { redirect: Some("xmpp:a?;node=b".into()) }, generic());
        assert!(xml.contains(
            "<delete node=\"/finesse/api/User/1001001\"><redirect uri=\"xmpp:a?;node=b\"/></delete>"
        ));
        let xml = encode(1, Content::Retract { id: "i".into() }, generic());
        assert!(xml.contains("<items node=\"/finesse/api/User/1001001\"><retract id=\"i\"/></items>"));
    }

    #[test]
    fn message_ids_differ_and_never_run_out() {
        assert_eq!(message_id(0), "N0000000");
        assert_eq!(message_id(36), "N0000010");
        assert!(message_id(u64::MAX).len() <= 14);
        let mut ids: Vec<_> = (0..5_000).map(message_id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 5_000);
        for number in [0, 1, 36, 1_000_000, u64::MAX] {
            assert_eq!(event_number(&message_id(number)), Some(number));
        }
        for id in ["", "N", "N1", "Nabcdefg", "L0000001", "N-000001", "NZZZZZZZZZZZZZZZ"] {
            assert_eq!(event_number(id), None, "{id}");
        }
    }
}
