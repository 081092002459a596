//! What a stanza with an address meets before anything else is done with it (XEP-0191 §3.3).

use xmpp::{Condition, Element, IqType, Jid, Stanza, StanzaError, StanzaKind, ns};

use crate::input::SessionId;
use crate::notifier::Notifier;
use crate::roster::SubscriptionKind;

impl Notifier {
    /// Stops a stanza that goes to somebody whom its sender has blocked, or who has blocked its sender, and answers it. Says
    /// whether it was stopped.
    pub(crate) fn stop_blocked(&mut self, session: SessionId, stanza: &Stanza) -> bool {
        let Some(to) = stanza.to.as_ref().filter(|_| !self.durable.blocklists.is_empty()) else {
            return false;
        };
        let Some(known) = self.sessions.get(session) else { return false };
        if self.blocks(known.user, to) {
            let error = StanzaError::from(Condition::NotAcceptable)
                .with_type(xmpp::ErrorType::Cancel)
                .with_application(Element::new("blocked", ns::BLOCKING_ERRORS));
            self.refuse_unless_answer(session, stanza, error);
            return true;
        }
        let from = Jid::from(known.jid.clone());
        if !self.recipient_blocks(to, &from) {
            return false;
        }
        match stanza.kind {
            StanzaKind::Iq(_) => {
                self.refuse_unless_answer(session, stanza, Condition::ServiceUnavailable.into());
            }
            // Somebody who is away gets no headline either, and that is not said.
            StanzaKind::Message if stanza.element.attribute("type") == Some("headline") => {}
            StanzaKind::Message => {
                self.refuse_unless_answer(session, stanza, Condition::ServiceUnavailable.into());
            }
            StanzaKind::Presence => {
                // The sender's own roster follows a subscription stanza, as if nobody had answered.
                let kind = stanza.element.attribute("type").and_then(SubscriptionKind::from_name);
                return kind.is_none();
            }
        }
        true
    }

    /// Whether the user at an address has blocked another address.
    pub(crate) fn recipient_blocks(&self, to: &Jid, from: &Jid) -> bool {
        let ours = to.domain().as_str() == self.config.domain;
        let user = to.node().filter(|_| ours).and_then(|node| self.sessions.find_user(node.as_str()));
        user.is_some_and(|user| self.blocks(user, from))
    }

    /// Answers a stanza with an error, unless it is itself an answer.
    fn refuse_unless_answer(&mut self, session: SessionId, stanza: &Stanza, error: StanzaError) {
        let is_answer = match stanza.kind {
            StanzaKind::Iq(kind) => matches!(kind, IqType::Result | IqType::Error),
            StanzaKind::Message | StanzaKind::Presence => stanza.element.attribute("type") == Some("error"),
        };
        if !is_answer {
            let element = stanza.error(error).to_xml();
            self.send_text(session, element);
        }
    }
}
