//! Questions for somebody's presence (RFC 6121 §4.3).

use xmpp::Jid;

use super::presence_xml;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;

impl Notifier {
    /// Answers a question for presence: whoever has a subscription is shown what there is, everybody else that there is
    /// none, whether or not such an account exists.
    pub(super) fn probe(&mut self, id: SessionId, to: Option<&Jid>) {
        let Some(session) = self.sessions.get(id) else { return };
        let (jid, own) = (session.jid.to_string(), session.jid.to_bare());
        let contact = to.map_or_else(|| own.clone(), Jid::to_bare);
        if to.is_some_and(|to| self.is_service_user(to)) {
            return self.send_service_presence(id, &jid);
        }
        if contact.domain().as_str() != self.config.domain {
            return;
        }
        let Some(localpart) = contact.node().map(|node| node.as_str().to_owned()) else { return };
        if !self.shows_presence_to(&localpart, &own) {
            let element = presence_xml(contact.as_str(), &jid, Some("unsubscribed"), "");
            self.outputs.push_back(Output::Send { session: id, element });
            return;
        }
        let user = self.sessions.find_user(&localpart);
        let mut shown = user.map(|user| self.available_sessions(user)).unwrap_or_default();
        let resource = to.and_then(Jid::resource);
        shown.retain(|(other, full)| {
            *other != id && (resource.is_none() || to.is_some_and(|to| to.as_str() == full))
        });
        if shown.is_empty() && contact != own {
            let element = presence_xml(contact.as_str(), &jid, Some("unavailable"), "");
            self.outputs.push_back(Output::Send { session: id, element });
        }
        for (other, _) in shown {
            if let Some(element) = self.presence_of(other, &jid) {
                self.outputs.push_back(Output::Send { session: id, element });
            }
        }
    }
}
