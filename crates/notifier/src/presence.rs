//! Presence: who is there, and who is told.
//!
//! A user's contacts are fixed: the service user, in whose name events are published, and nobody else. So presence goes
//! to the user's own sessions, and to addresses that a session chose itself (directed presence).

use xmpp::{Condition, Element, Jid, Node, Stanza, StanzaError, escape_attribute, ns};

use crate::disco::Entity;
use crate::input::{Output, SessionId};
use crate::notifier::{Notifier, Target};
use crate::sessions::Presence;

impl Notifier {
    /// Takes in a presence stanza.
    pub(crate) fn presence(&mut self, id: SessionId, stanza: &Stanza) {
        let result = match (stanza.element.attribute("type"), &stanza.to) {
            (None, None) => self.available(id, &stanza.element),
            (None, Some(to)) => self.directed_available(id, stanza, to),
            (Some("unavailable"), None) => {
                self.unavailable(id, &stanza.element);
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
            (Some("subscribe"), Some(to)) => {
                self.subscription_request(id, to);
                Ok(())
            }
            // Contacts are fixed, so these change nothing; errors are never answered.
            (Some("subscribed" | "unsubscribe" | "unsubscribed" | "error"), _)
            | (Some("subscribe"), None) => Ok(()),
            (Some(_), _) => {
                Err(StanzaError::from(Condition::BadRequest).with_text("There is no presence of this type."))
            }
        };
        if let Err(error) = result {
            let element = stanza.error(error).to_xml();
            self.send_text(id, element);
        }
    }

    /// Tells everybody who got this session's presence that it is gone.
    pub(crate) fn withdraw_presence(&mut self, id: SessionId) {
        let Some(jid) = self.sessions.get(id).map(|session| session.jid.to_string()) else { return };
        let was_available = self.sessions.set_presence(id, None).is_some();
        let gone = |to: &str| presence_xml(&jid, to, Some("unavailable"), "");
        if was_available {
            for (other, to) in self.available_sessions_of(id) {
                self.outputs.push_back(Output::Send { session: other, element: gone(&to) });
            }
        }
        let directed = self
            .sessions
            .get_mut(id)
            .map(|session| std::mem::take(&mut session.directed))
            .unwrap_or_default();
        for to in directed {
            for (other, _) in self.reached_by(&to) {
                if other != id {
                    self.outputs.push_back(Output::Send { session: other, element: gone(to.as_str()) });
                }
            }
        }
    }

    /// Broadcasts available presence (RFC 6121 §4.2, §4.4): to the user's available sessions, this one included. The first
    /// one also brings back the presence of the user's other sessions and of the service user.
    fn available(&mut self, id: SessionId, element: &Element) -> Result<(), StanzaError> {
        let priority = priority(element)?;
        let content = content(element);
        if content.len() > self.config.limits.presence_bytes_max {
            return Err(StanzaError::from(Condition::NotAcceptable).with_text("The presence is too long."));
        }
        let Some(session) = self.sessions.get(id) else { return Ok(()) };
        let jid = session.jid.to_string();
        let before =
            self.sessions.set_presence(id, Some(Presence { priority, content: content.clone().into() }));
        self.outputs
            .push_back(Output::Send { session: id, element: presence_xml(&jid, &jid, None, &content) });
        let others = self.available_sessions_of(id);
        for (other, to) in &others {
            self.outputs
                .push_back(Output::Send { session: *other, element: presence_xml(&jid, to, None, &content) });
        }
        if before.is_none() {
            for (other, from) in others {
                let presence = self.sessions.get(other).and_then(|other| other.presence.as_ref());
                if let Some(element) =
                    presence.map(|presence| presence_xml(&from, &jid, None, &presence.content))
                {
                    self.outputs.push_back(Output::Send { session: id, element });
                }
            }
            self.send_service_presence(id, &jid);
        }
        Ok(())
    }

    /// The session stays and is no longer there (RFC 6121 §4.5): the same audience hears it, and so does the session itself.
    fn unavailable(&mut self, id: SessionId, element: &Element) {
        let Some(session) = self.sessions.get(id).filter(|session| session.presence.is_some()) else {
            return;
        };
        let jid = session.jid.to_string();
        let content = content(element);
        let content =
            if content.len() > self.config.limits.presence_bytes_max { String::new() } else { content };
        let mut told = self.available_sessions_of(id);
        told.push((id, jid.clone()));
        for (other, to) in told {
            let element = presence_xml(&jid, &to, Some("unavailable"), &content);
            self.outputs.push_back(Output::Send { session: other, element });
        }
        // What is left is directed presence.
        self.sessions.set_presence(id, None);
        self.withdraw_presence(id);
    }

    /// Presence for one address (RFC 6121 §4.6). It is remembered, so that the address hears the end as well.
    fn directed_available(&mut self, id: SessionId, stanza: &Stanza, to: &Jid) -> Result<(), StanzaError> {
        let reached = self.reached_by(to);
        if reached.is_empty() {
            return Ok(());
        }
        let max = self.config.limits.directed_presences_max;
        let Some(session) = self.sessions.get_mut(id) else { return Ok(()) };
        if !session.directed.contains(to) {
            if session.directed.len() >= max {
                let text = "The session has sent presence to as many addresses as the server allows.";
                return Err(StanzaError::from(Condition::ResourceConstraint).with_text(text));
            }
            session.directed.push(to.clone());
        }
        self.send_to_all(&reached, &stanza.element.to_xml());
        Ok(())
    }

    fn directed_unavailable(&mut self, id: SessionId, stanza: &Stanza, to: &Jid) {
        let reached = self.reached_by(to);
        if let Some(session) = self.sessions.get_mut(id) {
            session.directed.retain(|other| other != to);
        }
        self.send_to_all(&reached, &stanza.element.to_xml());
    }

    /// Answers a question for presence: the service user's and the own sessions' are shown, of others nothing is said
    /// but that they are not contacts (RFC 6121 §4.3.2).
    fn probe(&mut self, id: SessionId, to: Option<&Jid>) {
        let Some(jid) = self.sessions.get(id).map(|session| session.jid.to_string()) else { return };
        if to.is_some_and(|to| self.is_service_user(to)) {
            return self.send_service_presence(id, &jid);
        }
        match self.target(id, to) {
            Target::Account => {
                for (other, from) in self.available_sessions_of(id) {
                    let presence = self.sessions.get(other).and_then(|other| other.presence.as_ref());
                    if let Some(element) =
                        presence.map(|presence| presence_xml(&from, &jid, None, &presence.content))
                    {
                        self.outputs.push_back(Output::Send { session: id, element });
                    }
                }
            }
            Target::Stranger | Target::Absent => self.refuse_contact(id, &jid, to),
            _ => {}
        }
    }

    /// Answers a wish for somebody's presence: the service user grants it, as everybody has it already; others don't.
    fn subscription_request(&mut self, id: SessionId, to: &Jid) {
        let Some(session) = self.sessions.get(id) else { return };
        let (full, bare) = (session.jid.to_string(), session.jid.to_bare().to_string());
        if self.is_service_user(to) {
            let element = presence_xml(to.to_bare().as_str(), &bare, Some("subscribed"), "");
            self.outputs.push_back(Output::Send { session: id, element });
            self.send_service_presence(id, &full);
        } else if !matches!(self.target(id, Some(to)), Target::Account) {
            self.refuse_contact(id, &bare, Some(to));
        }
    }

    fn refuse_contact(&mut self, id: SessionId, to: &str, contact: Option<&Jid>) {
        if let Some(contact) = contact {
            let element = presence_xml(contact.to_bare().as_str(), to, Some("unsubscribed"), "");
            self.outputs.push_back(Output::Send { session: id, element });
        }
    }

    /// The service user is always there: whoever can ask us can ask it.
    fn send_service_presence(&mut self, id: SessionId, to: &str) {
        let from = self.service_jid();
        let caps = Entity::service_user(&self.config).capabilities(&self.config).to_element().to_xml();
        let element = presence_xml(&from, to, None, &caps);
        self.outputs.push_back(Output::Send { session: id, element });
    }

    /// The service user's full JID.
    pub(crate) fn service_jid(&self) -> String {
        format!("{}@{}/{}", self.config.service_user, self.config.domain, self.config.service_resource)
    }

    fn is_service_user(&self, jid: &Jid) -> bool {
        jid.domain().as_str() == self.config.domain
            && jid.node().is_some_and(|node| node.as_str() == self.config.service_user)
    }

    /// The user's other sessions that have sent presence, with their full JIDs.
    fn available_sessions_of(&self, id: SessionId) -> Vec<(SessionId, String)> {
        let Some(session) = self.sessions.get(id) else { return Vec::new() };
        let others = self.sessions.user(session.user).sessions.iter().copied().filter(|&other| other != id);
        let available = others.filter_map(|other| {
            let session = self.sessions.get(other)?;
            session.presence.is_some().then(|| (other, session.jid.to_string()))
        });
        available.collect()
    }

    /// Sessions that presence for this address reaches.
    fn reached_by(&self, to: &Jid) -> Vec<(SessionId, String)> {
        if to.domain().as_str() != self.config.domain {
            return Vec::new();
        }
        let Some(user) = to.node().and_then(|node| self.sessions.find_user(node.as_str())) else {
            return Vec::new();
        };
        let sessions = match to.resource() {
            Some(resource) => self.sessions.find_of(user, resource.as_str()).into_iter().collect(),
            None => self.sessions.user(user).sessions.clone(),
        };
        let known = sessions.into_iter().filter_map(|id| Some((id, self.sessions.get(id)?)));
        let there = known.filter(|(_, session)| to.resource().is_some() || session.presence.is_some());
        there.map(|(id, session)| (id, session.jid.to_string())).collect()
    }

    fn send_to_all(&mut self, sessions: &[(SessionId, String)], element: &str) {
        for &(session, _) in sessions {
            self.outputs.push_back(Output::Send { session, element: element.to_owned() });
        }
    }
}

/// A presence stanza around serialized children.
fn presence_xml(from: &str, to: &str, kind: Option<&str>, content: &str) -> String {
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
fn content(element: &Element) -> String {
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
