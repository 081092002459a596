//! Stanzas from one user to another.
//!
//! Source: RFC 6121 §8.5. Nothing is stored for users who are away, and whether an account exists can't be told from
//! any reply.

use contact::Timestamp;
use xmpp::{Condition, Jid, Stanza};

use crate::input::{Output, SessionId};
use crate::notifier::{Notifier, Target};

/// The `type` of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MessageType {
    Chat,
    Normal,
    Groupchat,
    Headline,
    Error,
}

impl MessageType {
    /// Unknown types count as `normal` (RFC 6121 §5.2.2).
    fn of(stanza: &Stanza) -> Self {
        match stanza.element.attribute("type") {
            Some("chat") => MessageType::Chat,
            Some("groupchat") => MessageType::Groupchat,
            Some("headline") => MessageType::Headline,
            Some("error") => MessageType::Error,
            _ => MessageType::Normal,
        }
    }
}

impl Notifier {
    /// Hands a request on to the session that it is addressed to; the answer comes from there.
    pub(crate) fn forward(&mut self, other: SessionId, stanza: &Stanza) {
        self.outputs.push_back(Output::Send { session: other, element: stanza.element.to_xml() });
    }

    /// Hands an answer on to whoever asked, also if that was us. Answers to nobody's question go nowhere.
    pub(crate) fn forward_answer(&mut self, session: SessionId, stanza: &Stanza) {
        let Some(to) = &stanza.to else { return };
        match self.target(session, Some(to)) {
            Target::Session(other) => self.forward(other, stanza),
            Target::Server => self.take_capabilities(session, stanza),
            _ => {}
        }
    }

    /// Delivers a message.
    pub(crate) fn message(&mut self, session: SessionId, stanza: &Stanza, at: Timestamp) {
        let kind = MessageType::of(stanza);
        if kind == MessageType::Normal
            && self.target(session, stanza.to.as_ref()) == Target::PubSub
            && self.takes_as_approval(session, stanza, at)
        {
            return;
        }
        // Notifications come from the service and from accounts.
        let sends_events = |target| matches!(target, Target::PubSub | Target::Account | Target::Stranger);
        if kind == MessageType::Error && sends_events(self.target(session, stanza.to.as_ref())) {
            return self.bounced(session, stanza, at);
        }
        let reached = match (self.target(session, stanza.to.as_ref()), &stanza.to) {
            (Target::Session(other), _) => vec![other],
            (Target::Account, to) => self.reachable(session, to.as_ref(), kind),
            (Target::Stranger, to) => self.reachable(session, to.as_ref(), kind),
            // A chat goes on to another session when the one it was meant for has gone (§8.5.3.2.1).
            (Target::Absent, to) if kind == MessageType::Chat => self.reachable(session, to.as_ref(), kind),
            _ => Vec::new(),
        };
        if reached.is_empty()
            && matches!(kind, MessageType::Chat | MessageType::Normal | MessageType::Groupchat)
        {
            let element = stanza.error(Condition::ServiceUnavailable.into()).to_xml();
            return self.send_text(session, element);
        }
        for other in reached {
            self.forward(other, stanza);
        }
    }

    /// The sessions that hear what is sent to a bare JID.
    fn reachable(&self, session: SessionId, to: Option<&Jid>, kind: MessageType) -> Vec<SessionId> {
        if matches!(kind, MessageType::Groupchat | MessageType::Error) {
            return Vec::new();
        }
        let user = match to {
            Some(to) => to.node().and_then(|node| self.sessions.find_user(node.as_str())),
            None => self.sessions.get(session).map(|session| session.user),
        };
        user.map(|user| self.sessions.user(user).reachable.clone()).unwrap_or_default()
    }
}
