//! Reading: items (XEP-0060 §6.5) and own affiliations (§5.7).

use xmpp::{Element, escape_attribute, ns};

use super::errors::PubSubError;
use super::event::write_item;
use super::items::Item;
use super::subscribe::{pubsub, to_text};
use super::{Outcome, Requester};
use crate::notifier::Notifier;

impl Notifier {
    /// Shows a node's items, newest first: the `max` newest, or those with these ids. Items that don't exist are left
    /// out; no item at all is an empty list and not an error (§6.5.9.12).
    ///
    /// # Errors
    ///
    /// `item-not-found`; `forbidden`; `persistent-items` for a node that keeps none, as no contact node does: the state
    /// of a contact object is read through the web service.
    pub(super) fn show_items(
        &self,
        requester: &Requester,
        name: &str,
        max: Option<usize>,
        ids: &[&str],
    ) -> Result<Outcome, PubSubError> {
        let (_, node, rights) = self.rights(requester, name)?;
        if !rights.follow {
            return Err(PubSubError::Forbidden("Your role may not read this node."));
        }
        let generic = node.generic().filter(|generic| generic.config.persist_items);
        let generic = generic.ok_or(PubSubError::Unsupported("persistent-items"))?;
        let mut list = ItemList::new(&node.name, self.config.limits.items_reply_bytes_max);
        if ids.is_empty() {
            let newest = generic.items.iter().rev().take(max.unwrap_or(usize::MAX));
            for (id, item) in newest {
                list.push(id, item);
            }
        } else {
            for id in ids {
                if let Some(item) = generic.items.get(id) {
                    list.push(id, item);
                }
            }
        }
        Ok(Outcome::Shown(list.finish()))
    }

    /// Lists the nodes that the requester owns, or its affiliation with one node.
    pub(super) fn show_affiliations(
        &self,
        requester: &Requester,
        at: Option<&str>,
    ) -> Result<Outcome, PubSubError> {
        let mut list = Element::new("affiliations", ns::PUBSUB);
        let entry = |node: &str, affiliation: &'static str| {
            Element::new("affiliation", ns::PUBSUB)
                .with_attribute("node", node)
                .with_attribute("affiliation", affiliation)
        };
        match at {
            Some(name) => {
                let (_, node, rights) = self.rights(requester, name)?;
                list.set_attribute("node", &*node.name);
                if rights.own {
                    list.push(entry(&node.name, "owner"));
                } else if rights.publish {
                    list.push(entry(&node.name, "publisher"));
                }
            }
            None => {
                let own = self
                    .durable
                    .nodes
                    .iter_generic()
                    .filter(|(_, generic)| *generic.creator == *requester.jid.as_str());
                for (node, _) in own {
                    list.push(entry(&node.name, "owner"));
                }
            }
        }
        Ok(Outcome::Shown(to_text(Some(pubsub(list)))))
    }
}

/// `<pubsub><items>…</items></pubsub>`, written as text because payloads are text already.
struct ItemList {
    xml: String,
    bytes_max: usize,
    full: bool,
}

impl ItemList {
    fn new(node: &str, bytes_max: usize) -> Self {
        let mut xml = String::from("<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><items node=\"");
        escape_attribute(node, &mut xml);
        xml.push_str("\">");
        ItemList { xml, bytes_max, full: false }
    }

    fn push(&mut self, id: &str, item: &Item) {
        // The first one always goes: a single payload has its own limit.
        let fits = self.xml.len() + item.payload.len() <= self.bytes_max || self.xml.ends_with("\">");
        self.full |= !fits;
        if !self.full {
            write_item(&mut self.xml, id, &item.payload);
        }
    }

    fn finish(mut self) -> String {
        self.xml.push_str("</items></pubsub>");
        self.xml
    }
}
