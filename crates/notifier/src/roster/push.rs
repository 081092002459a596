//! What a user's clients are told when the roster changes (RFC 6121 §2.1.6).

use xmpp::{Element, escape_attribute, ns};

use super::RosterItem;
use crate::input::Output;
use crate::notifier::Notifier;
use crate::sessions::{RosterInterest, UserIndex};

/// A change of one contact, as it was when it was decided.
#[derive(Debug)]
pub(crate) struct RosterPush {
    pub(crate) contact: Box<str>,
    /// `None`: the contact is gone.
    pub(crate) item: Option<RosterItem>,
    /// Of the whole roster after the change.
    pub(crate) fingerprint: u64,
}

impl Notifier {
    /// Sends a push to those of the user's sessions that have asked for the roster.
    pub(crate) fn push_roster(&mut self, user: UserIndex, push: &RosterPush) {
        let item = match &push.item {
            Some(item) if item.listed => item.to_element(&push.contact),
            _ => Element::new("item", ns::ROSTER)
                .with_attribute("jid", &*push.contact)
                .with_attribute("subscription", "remove"),
        };
        let version = self.roster_version(push.fingerprint);
        for session in self.sessions.user(user).sessions.clone() {
            let Some(known) = self.sessions.get(session) else { continue };
            let mut query = Element::new("query", ns::ROSTER);
            match known.roster {
                RosterInterest::None => continue,
                RosterInterest::Plain => {}
                RosterInterest::Versioned => query.set_attribute("ver", version.as_str()),
            }
            let query = query.with_child(item.clone());
            let jid = known.jid.to_string();
            self.push(session, &jid, &query);
        }
    }

    /// Sends an iq of ours to a session, in the name of its own account.
    pub(crate) fn push(&mut self, session: crate::input::SessionId, to: &str, payload: &Element) {
        self.pushes = self.pushes.wrapping_add(1);
        let mut xml = format!("<iq xmlns=\"{}\" type=\"set\" id=\"push-{}\" to=\"", ns::CLIENT, self.pushes);
        escape_attribute(to, &mut xml);
        xml.push_str("\">");
        payload.write_xml(&mut xml, ns::CLIENT);
        xml.push_str("</iq>");
        self.outputs.push_back(Output::Send { session, element: xml });
    }
}
