//! What becomes of stanzas that a session was sent and did not acknowledge before it was over (XEP-0198 §5, §8).

use contact::Timestamp;
use xmpp::{Condition, Element, IqType, Limits, Stanza, StanzaKind, ns};

use crate::input::Output;
use crate::notifier::Notifier;

/// What was done with one stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// A message for a person: other sessions of the user got it, stamped with the time of the failure.
    Rerouted,
    /// A request: whoever asked has been told that nobody answers.
    Answered,
    /// Nothing: it is of no use later, or to anybody else.
    Dropped,
}

impl Notifier {
    /// Deals with a stanza that a session which is over has not acknowledged.
    ///
    /// Messages of the types `chat` and `normal` go to the user's sessions that are left (RFC 6121 §8.5.2.1), with a
    /// `<delay/>` (XEP-0203), or back to the sender if there is none; requests are answered with `service-unavailable`;
    /// headlines, presence, results and errors are dropped. Notifications of publish-subscribe are not meant for this:
    /// they are dropped by whoever kept them.
    ///
    /// - `element`: the stanza as it was sent.
    pub fn undelivered(&mut self, element: &str, at: Timestamp) -> Undelivered {
        let limits = Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(element.len()) };
        let Some(stanza) =
            Element::parse(element, &limits).ok().and_then(|element| Stanza::from_element(element).ok())
        else {
            return Undelivered::Dropped;
        };
        match stanza.kind {
            StanzaKind::Iq(IqType::Get | IqType::Set) => self.unanswerable(&stanza),
            StanzaKind::Message
                if matches!(stanza.element.attribute("type"), None | Some("chat" | "normal")) =>
            {
                self.reroute(stanza, at)
            }
            _ => Undelivered::Dropped,
        }
    }

    fn reroute(&mut self, mut stanza: Stanza, at: Timestamp) -> Undelivered {
        let user = stanza.to.as_ref().and_then(|to| to.node()).map(|node| node.as_str().to_owned());
        let Some(user) = user.and_then(|node| self.sessions.find_user(&node)) else {
            return Undelivered::Dropped;
        };
        let reached = self.sessions.user(user).reachable.clone();
        if reached.is_empty() {
            return self.unanswerable(&stanza);
        }
        if stanza.element.child("delay", ns::DELAY).is_none() {
            let delay = Element::new("delay", ns::DELAY)
                .with_attribute("from", self.config.domain.as_str())
                .with_attribute("stamp", at.to_string());
            stanza.element.push(delay);
        }
        let element = stanza.element.to_xml();
        for session in reached {
            self.outputs.push_back(Output::Send { session, element: element.clone() });
        }
        Undelivered::Rerouted
    }

    /// Tells the sender, if it is one of our sessions.
    fn unanswerable(&mut self, stanza: &Stanza) -> Undelivered {
        let sender = stanza
            .from
            .as_ref()
            .and_then(|from| self.sessions.find(from.node()?.as_str(), from.resource()?.as_str()));
        let Some(sender) = sender else { return Undelivered::Dropped };
        let element = stanza.error(Condition::ServiceUnavailable.into()).to_xml();
        self.outputs.push_back(Output::Send { session: sender, element });
        Undelivered::Answered
    }
}
