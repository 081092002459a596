//! What faults on demand do to a stream: its pings stay unanswered, its events are held up.

use contact::UserId;
use xmpp::{IqType, Stanza, StanzaKind, ns};

use super::Driver;
use crate::faults::{Fault, Kind};
use crate::outbox::Cut;

impl Driver {
    /// Holds up the session's events, if there are faults that want it. To be called as soon as it is known whose it is.
    pub(super) fn meet_faults(&self) {
        let faults = &self.backend.faults;
        if (faults.has(Kind::DelayEvents) || faults.has(Kind::DuplicateEvents))
            && let Some(user) = self.user()
        {
            self.outbox.outbox().open_gate(faults, &user);
        }
    }

    /// Whether the connection is to be lost, where nothing can be written that would come before.
    pub(in crate::transports) fn take_cut(&self) -> Option<Cut> {
        self.outbox.take_cut()
    }

    /// Whether a ping that has come is to stay unanswered.
    pub(in crate::transports) fn ignores_ping(&self) -> bool {
        let faults = &self.backend.faults;
        if !faults.has(Kind::IgnorePings) {
            return false;
        }
        let Some(of) = self.user() else { return false };
        let strikes = faults.strike(Kind::IgnorePings, |fault| match fault {
            Fault::IgnorePings { user } if *user == of => Some(()),
            _ => None,
        });
        strikes.is_some()
    }

    /// Whether a stanza is a ping for the server itself that is to stay unanswered.
    pub(super) fn ignores(&self, stanza: &Stanza) -> bool {
        self.backend.faults.has(Kind::IgnorePings) && self.is_ping_for_us(stanza) && self.ignores_ping()
    }

    /// A ping of other people's clients is theirs to answer.
    fn is_ping_for_us(&self, stanza: &Stanza) -> bool {
        let is_ours = match (&stanza.to, self.stream.jid()) {
            (None, _) => true,
            (Some(to), _) if to.node().is_none() => true,
            (Some(to), Some(own)) => to.resource().is_none() && to.to_bare() == own.to_bare(),
            (Some(_), None) => false,
        };
        let is_ping = || stanza.payload().is_some_and(|payload| payload.is("ping", ns::PING));
        is_ours && stanza.kind == StanzaKind::Iq(IqType::Get) && is_ping()
    }

    fn user(&self) -> Option<UserId> {
        UserId::new(self.stream.jid()?.node()?.as_str()).ok()
    }
}
