//! Presence: who is there, and who is told.
//!
//! `blocked.rs` conceals it, `broadcast.rs` tells a user's own sessions and those contacts who have a subscription, `directed.rs` the addresses that
//! a session chose itself, `probe.rs` whoever asks, and `service_user.rs` has the one user who is always there.
//! Subscriptions are decided in `roster/subscription.rs`.

mod blocked;
mod broadcast;
mod directed;
mod probe;
mod service_user;

use contact::Timestamp;
use xmpp::{Condition, Element, Node, Stanza, StanzaError, escape_attribute, ns};

use crate::effects::Audience;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;
use crate::roster::SubscriptionKind;
use crate::sessions::UserIndex;

impl Notifier {
    /// Takes in a presence stanza.
    pub(crate) fn presence(&mut self, id: SessionId, stanza: &Stanza, at: Timestamp) {
        let result =
            match (stanza.element.attribute("type"), &stanza.to) {
                (None, None) => self.available(id, &stanza.element),
                (None, Some(to)) => self.directed_available(id, stanza, to),
                (Some("unavailable"), None) => {
                    self.unavailable(id, &stanza.element);
                    self.end_temporary(id);
                    Ok(())
                }
                (Some("unavailable"), Some(to)) => {
                    self.directed_unavailable(id, stanza, to);
                    Ok(())
                }
                (Some("probe"), to) => {
                    self.probe(id, to.as_ref());
                    Ok(())
                }
                // Errors are never answered.
                (Some("error"), _) => Ok(()),
                (Some(kind), to) => match (SubscriptionKind::from_name(kind), to) {
                    (Some(kind), Some(to)) => self.subscription(id, stanza, kind, to, at),
                    // With oneself there is nothing to agree on.
                    (Some(_), None) => Ok(()),
                    (None, _) => Err(StanzaError::from(Condition::BadRequest)
                        .with_text("There is no presence of this type.")),
                },
            };
        if let Err(error) = result {
            let element = stanza.error(error).to_xml();
            self.send_text(id, element);
        }
    }

    /// Sends a stanza to some of a user's sessions.
    pub(crate) fn tell(&mut self, user: UserIndex, audience: Audience, xml: &str) {
        for id in self.sessions.user(user).sessions.clone() {
            let is_one = self.sessions.get(id).is_some_and(|session| match audience {
                Audience::Available => session.presence.is_some(),
                Audience::Interested => session.roster.is_interested(),
                Audience::Only(one) => one == id,
            });
            if is_one {
                self.outputs.push_back(Output::Send { session: id, element: xml.to_owned() });
            }
        }
    }

    /// A user's sessions that have sent presence, with their full JIDs.
    fn available_sessions(&self, user: UserIndex) -> Vec<(SessionId, String)> {
        let available = self.sessions.user(user).sessions.iter().filter_map(|&id| {
            let session = self.sessions.get(id)?;
            session.presence.is_some().then(|| (id, session.jid.to_string()))
        });
        available.collect()
    }

    /// The user's other sessions that have sent presence.
    fn available_sessions_beside(&self, id: SessionId) -> Vec<(SessionId, String)> {
        let Some(session) = self.sessions.get(id) else { return Vec::new() };
        let mut others = self.available_sessions(session.user);
        others.retain(|(other, _)| *other != id);
        others
    }

    /// The presence of a session that has sent some, as `to` gets it.
    fn presence_of(&self, id: SessionId, to: &str) -> Option<String> {
        let session = self.sessions.get(id)?;
        let presence = session.presence.as_ref()?;
        Some(presence_xml(session.jid.as_str(), to, None, &presence.content))
    }
}

/// A presence stanza around serialized children.
pub(crate) fn presence_xml(from: &str, to: &str, kind: Option<&str>, content: &str) -> String {
    let mut xml = String::with_capacity(content.len() + from.len() + to.len() + 80);
    xml.push_str("<presence xmlns=\"jabber:client\" from=\"");
    escape_attribute(from, &mut xml);
    xml.push_str("\" to=\"");
    escape_attribute(to, &mut xml);
    if let Some(kind) = kind {
        xml.push_str("\" type=\"");
        xml.push_str(kind);
    }
    if content.is_empty() {
        xml.push_str("\"/>");
    } else {
        xml.push_str("\">");
        xml.push_str(content);
        xml.push_str("</presence>");
    }
    xml
}

/// The child elements of a presence, serialized as they stand in a stanza of ours.
pub(crate) fn content(element: &Element) -> String {
    let mut xml = String::new();
    for node in element.nodes() {
        if let Node::Element(child) = node {
            child.write_xml(&mut xml, ns::CLIENT);
        }
    }
    xml
}

/// The priority of a presence, 0 if it has none (RFC 6121 §4.7.2.3).
fn priority(element: &Element) -> Result<i8, StanzaError> {
    match element.child("priority", ns::CLIENT) {
        None => Ok(0),
        Some(priority) => priority.text().trim().parse().map_err(|_| {
            StanzaError::from(Condition::BadRequest)
                .with_text("A priority is a whole number from -128 to 127.")
        }),
    }
}
