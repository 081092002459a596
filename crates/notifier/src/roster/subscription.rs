//! Who may see whose presence: `subscribe`, `subscribed`, `unsubscribe`, `unsubscribed` (RFC 6121 §3).
//!
//! A request for an account that does not exist looks like one that nobody has answered yet.

use contact::{Timestamp, UserId};
use xmpp::{BareJid, Condition, Jid, Stanza, StanzaError};

use super::RosterItem;
use super::item::Inbound;
use crate::change::Change;
use crate::effects::{Audience, Effect};
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::presence::{content, presence_xml};
use crate::sessions::UserIndex;

/// One of the four stanzas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubscriptionKind {
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
}

impl SubscriptionKind {
    /// The kind with this `type` attribute.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Subscribe, Self::Subscribed, Self::Unsubscribe, Self::Unsubscribed];
        all.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Subscribed => "subscribed",
            Self::Unsubscribe => "unsubscribe",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    /// Which of the recipient's sessions get it: a request is for people, the rest for whoever shows a roster.
    fn audience(self) -> Audience {
        match self {
            Self::Subscribe => Audience::Available,
            _ => Audience::Interested,
        }
    }
}

/// One end of a relation between two users while it is being decided.
#[derive(Debug)]
struct Side {
    user: UserId,
    index: UserIndex,
    jid: BareJid,
    before: Option<RosterItem>,
    item: RosterItem,
}

/// What stanzas of one user to one contact change at both ends, and who is told.
#[derive(Debug)]
pub(super) struct Decision {
    user: Side,
    contact: BareJid,
    /// The contact's end, if the contact has an account here.
    other: Option<Side>,
    /// The contact has blocked the user: states change, and the contact's clients get nothing from the user.
    unheard: bool,
    /// Told after the changes are pushed.
    then: Vec<Then>,
}

/// What follows from a decision.
#[derive(Debug)]
enum Then {
    Effect(Effect),
    /// `viewer` begins to see `owner`.
    Introduce {
        owner: UserIndex,
        viewer: UserIndex,
    },
    /// `viewer` no longer sees `owner`.
    Withdraw {
        owner: UserIndex,
        viewer: UserIndex,
    },
}

impl Side {
    fn change(self, about: &BareJid) -> Option<Change> {
        let after = Some(self.item).filter(|item| !item.is_vain());
        if self.before == after {
            return None;
        }
        let (user, contact) = (self.user, about.to_string());
        Some(match after {
            Some(item) => Change::RosterItem { user, contact, item },
            None => Change::RosterItemRemoved { user, contact },
        })
    }
}

impl Decision {
    /// The user sends a stanza to the contact.
    pub(super) fn send(&mut self, kind: SubscriptionKind, content: &str) {
        let routed = self.user.item.outbound(kind);
        let Some(other) = self.other.as_mut().filter(|_| routed) else { return };
        let (seen, saw) = (other.item.from, other.item.to);
        match other.item.inbound(kind, content) {
            Inbound::Ignore => {}
            Inbound::Approve => {
                if self.user.item.inbound(SubscriptionKind::Subscribed, "") == Inbound::Deliver {
                    let approved = stanza(&self.contact, &self.user.jid, SubscriptionKind::Subscribed, "");
                    let (owner, viewer) = (other.index, self.user.index);
                    self.then.push(Then::Effect(deliver(viewer, SubscriptionKind::Subscribed, approved)));
                    self.then.push(Then::Introduce { owner, viewer });
                }
            }
            Inbound::Deliver => {
                let (user, contact) = (self.user.index, other.index);
                if kind == SubscriptionKind::Unsubscribed && saw {
                    self.then.push(Then::Withdraw { owner: user, viewer: contact });
                }
                if !self.unheard {
                    let xml = stanza(&self.user.jid, &self.contact, kind, content);
                    self.then.push(Then::Effect(deliver(contact, kind, xml)));
                }
                match kind {
                    SubscriptionKind::Subscribed => {
                        self.then.push(Then::Introduce { owner: user, viewer: contact });
                    }
                    SubscriptionKind::Unsubscribe if seen => {
                        self.then.push(Then::Withdraw { owner: contact, viewer: user });
                    }
                    _ => {}
                }
            }
        }
    }

    /// The user no longer knows the contact.
    pub(super) fn forget(&mut self) {
        self.user.item = RosterItem::default();
    }
}

fn stanza(from: &BareJid, to: &BareJid, kind: SubscriptionKind, content: &str) -> Box<str> {
    presence_xml(from.as_str(), to.as_str(), Some(kind.name()), content).into()
}

fn deliver(user: UserIndex, kind: SubscriptionKind, xml: Box<str>) -> Effect {
    Effect::Tell { user, audience: kind.audience(), xml }
}

impl Notifier {
    /// Takes in one of the four stanzas of a session.
    pub(crate) fn subscription(
        &mut self,
        id: SessionId,
        stanza: &Stanza,
        kind: SubscriptionKind,
        to: &Jid,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        let Some(session) = self.sessions.get(id) else { return Ok(()) };
        let (user, own) = (session.user, session.jid.to_bare());
        let contact = to.to_bare();
        if self.is_service_user(to) {
            if kind == SubscriptionKind::Subscribe {
                self.subscribe_to_service_user(id, &own, &contact);
            }
            return Ok(());
        }
        if contact == own {
            return Ok(());
        }
        if kind == SubscriptionKind::Subscribe && to.domain().as_str() != self.config.domain {
            return Err(self.nobody_there(to));
        }
        self.check_log()?;
        let content = content(&stanza.element);
        if content.len() > self.config.limits.presence_bytes_max {
            self.reached(Limit::PresenceBytes);
            return Err(StanzaError::from(Condition::NotAcceptable).with_text("The presence is too long."));
        }
        let Some(owner) = self.account(self.sessions.localpart(user)) else { return Ok(()) };
        let grows = matches!(kind, SubscriptionKind::Subscribe | SubscriptionKind::Subscribed);
        if grows
            && self.durable.rosters.get(&user).is_none_or(|roster| roster.get(contact.as_str()).is_none())
        {
            self.check_room(user)?;
        }
        let mut decision = self.begin_decision(&owner, &own, &contact);
        let unheard = decision.unheard || self.is_full_for(decision.other.as_ref());
        if kind == SubscriptionKind::Subscribe && unheard {
            // As for an account that does not exist: it stays unanswered.
            decision.other = None;
        }
        decision.send(kind, &content);
        if self.carry_out(decision, at) {
            let failed = stanza.error(crate::pubsub::log_failed()).to_xml();
            self.run_when_logged(Effect::Failure { session: id, failed });
        }
        Ok(())
    }

    /// Whether a request cannot be noted because the contact's roster has no room.
    fn is_full_for(&self, other: Option<&Side>) -> bool {
        other.is_some_and(|other| other.before.is_none() && self.check_room(other.index).is_err())
    }

    fn nobody_there(&self, to: &Jid) -> StanzaError {
        let ours = to.domain().as_str().ends_with(&format!(".{}", self.config.domain));
        if ours { Condition::ServiceUnavailable.into() } else { Condition::RemoteServerNotFound.into() }
    }

    /// The two ends as they are.
    pub(super) fn begin_decision(&mut self, owner: &UserId, own: &BareJid, contact: &BareJid) -> Decision {
        let other = self.durable.local_part(contact.as_str()).and_then(|local| self.account(local));
        let other = other.map(|user| self.side(user, contact.clone(), own));
        let user = self.side(owner.clone(), own.clone(), contact);
        let unheard = self.recipient_blocks(&contact.clone().into(), &own.clone().into());
        Decision { user, contact: contact.clone(), other, unheard, then: Vec::new() }
    }

    fn side(&mut self, user: UserId, jid: BareJid, about: &BareJid) -> Side {
        let index = self.sessions.user_index(user.as_str());
        let before = self.durable.rosters.get(&index).and_then(|roster| roster.get(about.as_str())).cloned();
        let item = before.clone().unwrap_or_default();
        Side { user, index, jid, before, item }
    }

    /// Commits what was decided and holds what follows from it. Says whether anything durable changes.
    pub(super) fn carry_out(&mut self, decision: Decision, at: Timestamp) -> bool {
        let Decision { user, contact, other, then, .. } = decision;
        let own = user.jid.clone();
        let changes: Vec<Change> =
            user.change(&contact).into_iter().chain(other.and_then(|other| other.change(&own))).collect();
        let changed = !changes.is_empty();
        if changed {
            self.commit(changes, Vec::new(), at);
        }
        for then in then {
            let effect = match then {
                Then::Effect(effect) => effect,
                Then::Introduce { owner, viewer } => {
                    Effect::Introduce { viewer, shown: self.sessions.shown(owner) }
                }
                Then::Withdraw { owner, viewer } => {
                    Effect::Withdraw { viewer, shown: self.sessions.shown(owner) }
                }
            };
            self.run_when_logged(effect);
        }
        changed
    }
}
