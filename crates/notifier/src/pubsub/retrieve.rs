//! Reading: items (XEP-0060 §6.5) and own affiliations (§5.7).

use xmpp::{Element, escape_attribute, ns};

use super::affiliations::Affiliation;
use super::errors::PubSubError;
use super::event::write_item;
use super::items::Item;
use super::subscribe::{pubsub, to_text};
use super::{Outcome, Requester};
use crate::notifier::Notifier;
use crate::rsm::PageRequest;

impl Notifier {
    /// Shows a node's items, newest first: the `max` newest, or those with these ids. Items that don't exist are left
    /// out; no item at all is an empty list and not an error (§6.5.9.12).
    ///
    /// # Errors
    ///
    /// `item-not-found`; `forbidden`; `subid-required` and `invalid-subid` for those who have several subscriptions;
    /// `persistent-items` for a node that keeps none, as no contact node does: the state
    /// of a contact object is read through the web service.
    pub(super) fn show_items(
        &self,
        requester: &Requester,
        name: &str,
        max: Option<usize>,
        subid: Option<&str>,
        ids: &[&str],
        page: Option<&PageRequest>,
    ) -> Result<Outcome, PubSubError> {
        let (index, node, rights) = self.rights(requester, name)?;
        rights.read?;
        self.check_subid(requester, index, subid)?;
        let generic = node.generic().filter(|generic| generic.config.persist_items);
        let generic = generic.ok_or(PubSubError::Unsupported("persistent-items"))?;
        let bytes_max = self.config.limits.items_reply_bytes_max;
        if ids.is_empty() {
            let newest: Vec<(&str, &Item)> =
                generic.items.iter().rev().take(max.unwrap_or(usize::MAX)).collect();
            return self.show_page(node.name(), &newest, page);
        }
        let items: Vec<(&str, &Item)> =
            ids.iter().filter_map(|id| Some((*id, generic.items.get(id)?))).collect();
        let count = fitting(&items, bytes_max);
        Ok(Outcome::Shown(list(node.name(), &items[..count], None, self.config.publishers_shown)))
    }

    /// Shows a page of items, smaller than was asked for if it would be too long; what is left out, and how to get it, is
    /// then said (§6.5.4).
    fn show_page(
        &self,
        name: &str,
        all: &[(&str, &Item)],
        page: Option<&PageRequest>,
    ) -> Result<Outcome, PubSubError> {
        let limits = &self.config.limits;
        let mut asked = page.cloned().unwrap_or_default();
        loop {
            let (items, set) = asked
                .cut(all, |(id, _)| id, limits.items_per_node_max)
                .map_err(|_| PubSubError::NoSuchItem)?;
            let count = fitting(items, limits.items_reply_bytes_max);
            if count == items.len() {
                let says_so = page.is_some() || count < all.len();
                return Ok(Outcome::Shown(list(
                    name,
                    items,
                    Some(&set).filter(|_| says_so),
                    self.config.publishers_shown,
                )));
            }
            asked = asked.at_most(count);
        }
    }

    /// Lists the requester's affiliations, or the one with one node.
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
                list.set_attribute("node", node.name());
                let named =
                    node.generic().and_then(|generic| generic.affiliations.of(requester.jid.as_str()));
                // Administrators own everything, and contact nodes have nothing to look up.
                let implied = match (rights.own, rights.publish && node.generic().is_none()) {
                    (true, _) => Some(Affiliation::Owner),
                    (false, true) => Some(Affiliation::Publisher),
                    (false, false) => None,
                };
                if let Some(affiliation) = named.or(implied) {
                    list.push(entry(node.name(), affiliation.name()));
                }
            }
            None => {
                let nodes: Vec<_> = match requester.service.owner() {
                    None => self.durable.nodes.iter_generic().collect(),
                    Some(owner) => self.personal_nodes(owner).collect(),
                };
                for (node, generic) in nodes {
                    if let Some(affiliation) = generic.affiliations.of(requester.jid.as_str()) {
                        list.push(entry(node.name(), affiliation.name()));
                    }
                }
            }
        }
        Ok(Outcome::Shown(to_text(Some(pubsub(list)))))
    }
}

/// How many of the first items one reply takes; at least one, because a single payload has its own limit.
fn fitting(items: &[(&str, &Item)], bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fits = items.iter().take_while(|(id, item)| {
        bytes += id.len() + item.payload.len();
        bytes <= bytes_max
    });
    fits.count().max(1).min(items.len())
}

/// `<pubsub><items>…</items></pubsub>`, written as text because payloads are text already.
fn list(node: &str, items: &[(&str, &Item)], set: Option<&Element>, shows_publisher: bool) -> String {
    let mut xml = String::from("<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><items node=\"");
    escape_attribute(node, &mut xml);
    xml.push_str("\">");
    for (id, item) in items {
        write_item(&mut xml, id, shows_publisher.then_some(&*item.publisher), &item.payload);
    }
    xml.push_str("</items>");
    if let Some(set) = set {
        set.write_xml(&mut xml, ns::PUBSUB);
    }
    xml.push_str("</pubsub>");
    xml
}
