//! Presence for one address, chosen by the client (RFC 6121 §4.6).

use xmpp::{Condition, Jid, Stanza, StanzaError};

use super::presence_xml;
use crate::input::{Output, SessionId};
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

impl Notifier {
    /// Passes presence on to one address. It is remembered, so that the address hears the end as well.
    pub(super) fn directed_available(
        &mut self,
        id: SessionId,
        stanza: &Stanza,
        to: &Jid,
    ) -> Result<(), StanzaError> {
        let reached = self.reached_by(to);
        self.set_apart(id, to, false);
        if reached.is_empty() {
            return Ok(());
        }
        let max = self.config.limits.directed_presences_max;
        let Some(session) = self.sessions.get_mut(id) else { return Ok(()) };
        if !session.directed.contains(to) {
            if session.directed.len() >= max {
                self.reached(Limit::DirectedPresences);
                let text = "The session has sent presence to as many addresses as the server allows.";
                return Err(StanzaError::from(Condition::ResourceConstraint).with_text(text));
            }
            session.directed.push(to.clone());
        }
        self.send_to_all(&reached, &stanza.element.to_xml());
        Ok(())
    }

    pub(super) fn directed_unavailable(&mut self, id: SessionId, stanza: &Stanza, to: &Jid) {
        let reached = self.reached_by(to);
        self.set_apart(id, to, true);
        if let Some(session) = self.sessions.get_mut(id) {
            session.directed.retain(|other| other != to);
        }
        self.send_to_all(&reached, &stanza.element.to_xml());
    }

    /// Tells the addresses that got presence of their own that the session is gone, but for those who were `told` already.
    pub(super) fn withdraw_directed(&mut self, id: SessionId, from: &str, told: &[SessionId]) {
        let directed = self
            .sessions
            .get_mut(id)
            .map(|session| std::mem::take(&mut session.directed))
            .unwrap_or_default();
        for to in directed {
            for session in self.reached_by(&to) {
                let heard =
                    self.sessions.get(session).zip(self.sessions.get(id)).is_some_and(|(other, own)| {
                        self.may_see(own.user, from, other.user, other.jid.as_str())
                    });
                if session != id && heard && !told.contains(&session) {
                    let element = presence_xml(from, to.as_str(), Some("unavailable"), "");
                    self.outputs.push_back(Output::Send { session, element });
                }
            }
        }
    }

    /// Sessions that presence for this address reaches.
    fn reached_by(&self, to: &Jid) -> Vec<SessionId> {
        if to.domain().as_str() != self.config.domain {
            return Vec::new();
        }
        let Some(user) = to.node().and_then(|node| self.sessions.find_user(node.as_str())) else {
            return Vec::new();
        };
        match to.resource() {
            Some(resource) => self.sessions.find_of(user, resource.as_str()).into_iter().collect(),
            None => self.available_sessions(user).into_iter().map(|(session, _)| session).collect(),
        }
    }

    fn send_to_all(&mut self, sessions: &[SessionId], element: &str) {
        for &session in sessions {
            self.outputs.push_back(Output::Send { session, element: element.to_owned() });
        }
    }
}
