//! The contact list: the service user, and nobody else.
//!
//! Clients look there for the user whose presence tells whether the web application is up. The list is the server's;
//! a client that wants to change it is told that it can't.

use xmpp::{Condition, Element, IqType, StanzaError, ns};

use crate::notifier::Notifier;

impl Notifier {
    /// Shows the list; refuses changes (RFC 6121 §2.1.4, §2.1.6).
    pub(crate) fn roster(&self, kind: IqType, payload: &Element) -> Result<Option<Element>, StanzaError> {
        if payload.name() != "query" {
            return Err(Condition::BadRequest.into());
        }
        if kind == IqType::Set {
            let items = payload.elements().filter(|item| item.is("item", ns::ROSTER)).count();
            return Err(if items == 1 {
                StanzaError::from(Condition::NotAllowed).with_text("The contact list is kept by the server.")
            } else {
                StanzaError::from(Condition::BadRequest)
                    .with_text("A change to the contact list names one contact.")
            });
        }
        let item = Element::new("item", ns::ROSTER)
            .with_attribute("jid", format!("{}@{}", self.config.service_user, self.config.domain))
            .with_attribute("name", "Finesse")
            .with_attribute("subscription", "both");
        Ok(Some(Element::new("query", ns::ROSTER).with_child(item)))
    }
}
