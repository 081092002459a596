//! The user in whose name events are published: visible to everybody, and there as long as the web service is.

use xmpp::{BareJid, Jid};

use super::presence_xml;
use crate::disco::Entity;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;

impl Notifier {
    /// The service user is there unless the web service is out of service.
    pub(crate) fn send_service_presence(&mut self, id: SessionId, to: &str) {
        let from = self.service_jid();
        let element = if self.is_web_application_up() {
            let caps = Entity::service_user(&self.config).capabilities(&self.config).to_element().to_xml();
            presence_xml(&from, to, None, &caps)
        } else {
            presence_xml(&from, to, Some("unavailable"), "")
        };
        self.outputs.push_back(Output::Send { session: id, element });
    }

    /// It grants its presence to whoever asks, as everybody has it already.
    pub(crate) fn subscribe_to_service_user(&mut self, id: SessionId, own: &BareJid, contact: &BareJid) {
        let Some(full) = self.sessions.get(id).map(|session| session.jid.to_string()) else { return };
        let element = presence_xml(contact.as_str(), own.as_str(), Some("subscribed"), "");
        self.outputs.push_back(Output::Send { session: id, element });
        self.send_service_presence(id, &full);
    }

    /// The service user's full JID.
    pub(crate) fn service_jid(&self) -> String {
        format!("{}/{}", self.service_bare_jid(), self.config.service_resource)
    }

    /// The service user's bare JID.
    pub(crate) fn service_bare_jid(&self) -> String {
        format!("{}@{}", self.config.service_user, self.config.domain)
    }

    /// Whether an address is the service user's.
    pub(crate) fn is_service_user(&self, jid: &Jid) -> bool {
        jid.domain().as_str() == self.config.domain
            && jid.node().is_some_and(|node| node.as_str() == self.config.service_user)
    }
}
