//! The newest item for those who did not hear it: new subscribers, and subscribers who come online (XEP-0060 §6.1.7,
//! `pubsub#send_last_published_item`).

use xmpp::{Element, escape_attribute, ns};

use super::Requester;
use super::event::{open, write_item};
use super::items::Item;
use super::node::{Node, NodeIndex, NotificationType, SendLast};
use super::subscribe::own_jid;
use crate::config::Config;
use crate::effects::Effect;
use crate::input::{Addressed, Output, Recipient, SessionId};
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

impl Notifier {
    /// What follows the result of a subscription, if the node is configured so.
    pub(super) fn newest_item(&self, requester: &Requester, name: &str, jid: &str) -> Option<Effect> {
        let jid = own_jid(requester, jid)?;
        let (index, node) = self.durable.nodes.find(name)?;
        let sends = node.generic()?.config.send_last_published_item != SendLast::Never;
        let resource = jid.resource().map(|resource| resource.as_str().into());
        sends.then_some(Effect::ShowNewest { node: index, user: requester.user, resource })
    }

    /// Sends the newest item to a subscriber: to one session by its full JID, or to all that hear the bare one. Nobody gets it
    /// who is not subscribed, as one who waits for an owner's answer.
    pub(crate) fn show_newest(&mut self, index: NodeIndex, user: UserIndex, resource: Option<&str>) {
        let recipients = match resource {
            Some(resource) => {
                let session = self.sessions.find_of(user, resource);
                session.into_iter().map(|session| Recipient { session, to: Addressed::Full }).collect()
            }
            None => {
                let reachable = self.sessions.user(user).reachable.iter();
                let to = Addressed::Bare;
                reachable.map(|&session| Recipient { session, to }).collect::<Vec<_>>()
            }
        };
        for recipient in recipients {
            self.send_newest(index, recipient);
        }
    }

    /// A session has sent its initial presence: it gets the newest items of the nodes that it hears and that are configured so.
    pub(crate) fn show_newest_on_presence(&mut self, session: SessionId) {
        let Some(known) = self.sessions.get(session) else { return };
        let hears_bare = self.sessions.user(known.user).reachable.contains(&session);
        let own = &self.durable.subscriptions.of(known.user).bare;
        let full = known.subscriptions.iter().map(|&index| (index, Addressed::Full));
        let bare = own.iter().filter(|_| hears_bare).map(|&index| (index, Addressed::Bare));
        let wanted: Vec<_> = full
            .chain(bare)
            .filter(|(index, _)| {
                let generic = self.durable.nodes.get(*index).and_then(Node::generic);
                generic.is_some_and(|generic| {
                    generic.config.send_last_published_item == SendLast::OnSubscribeAndPresence
                })
            })
            .collect();
        for (index, to) in wanted {
            let is_second = to == Addressed::Bare
                && self.config.one_copy_per_session
                && self.durable.nodes.get(index).is_some_and(|node| node.sessions.contains(session));
            if !is_second {
                self.send_newest(index, Recipient { session, to });
            }
        }
    }

    fn send_newest(&mut self, index: NodeIndex, recipient: Recipient) {
        let Some(node) = self.durable.nodes.get(index) else { return };
        let Some(session) = self.sessions.get(recipient.session) else { return };
        if node.owner().is_some() && !self.config.personal_nodes {
            return;
        }
        let is_subscribed = match recipient.to {
            Addressed::Full => node.sessions.contains(recipient.session),
            Addressed::Bare => node.users.contains(session.user),
        };
        let is_withheld = self.is_withheld(index, node, recipient.session);
        if is_subscribed && !is_withheld && self.wants_any(node, session.user, recipient) {
            self.send_newest_item(index, recipient);
        }
    }

    /// Sends the newest item, if there is one, to somebody who hears the node.
    pub(super) fn send_newest_item(&mut self, index: NodeIndex, recipient: Recipient) {
        let Some(node) = self.durable.nodes.get(index) else { return };
        let Some(session) = self.sessions.get(recipient.session) else { return };
        let Some((id, item)) = node.generic().and_then(|generic| generic.items.iter().next_back()) else {
            return;
        };
        let to = match recipient.to {
            Addressed::Full => session.jid.to_string(),
            Addressed::Bare => session.jid.to_bare().to_string(),
        };
        // Beside the ids of events, which begin with another letter.
        let message_id = format!("L{}-{}", self.now.0, self.pushes);
        let element = encode(node, id, item, &to, &message_id, &self.config);
        self.pushes += 1;
        self.outputs.push_back(Output::Send { session: recipient.session, element });
    }
}

/// The newest item, as a new subscriber gets it: stamped with the time of its publication (XEP-0203), if that is known.
fn encode(node: &Node, id: &str, item: &Item, to: &str, message_id: &str, config: &Config) -> String {
    let mut xml = String::from("<message xmlns=\"jabber:client\" from=\"");
    escape_attribute(&node.address(config), &mut xml);
    xml.push_str("\" to=\"");
    escape_attribute(to, &mut xml);
    xml.push_str("\" id=\"");
    escape_attribute(message_id, &mut xml);
    let generic = node.generic();
    if generic.is_some_and(|generic| generic.config.notification_type == NotificationType::Headline) {
        xml.push_str("\" type=\"headline");
    }
    xml.push_str("\"><event xmlns=\"");
    xml.push_str(ns::PUBSUB_EVENT);
    xml.push_str("\">");
    open(&mut xml, "items", node.name());
    let with_payload = generic.is_none_or(|generic| generic.config.deliver_payloads);
    let publisher = config.publishers_shown.then_some(&*item.publisher);
    write_item(&mut xml, id, publisher, if with_payload { &item.payload } else { "" });
    xml.push_str("</items></event>");
    if let Some(at) = item.at {
        let delay = Element::new("delay", ns::DELAY).with_attribute("stamp", at.to_string());
        delay.write_xml(&mut xml, ns::CLIENT);
    }
    xml.push_str("</message>");
    xml
}
