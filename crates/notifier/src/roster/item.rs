//! One contact of one user, and how `subscribe` and its three relatives change it (RFC 6121 appendix A).
//!
//! The nine states of appendix A.1 are not named: they are what `to`, `from`, `ask` and `request` say together.

use serde::{Deserialize, Serialize};
use xmpp::{Element, ns};

use super::SubscriptionKind;

/// What one user's roster says about one contact. It is written to the log as it stands: add fields, never change one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterItem {
    /// What the user calls the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The groups that the user has put the contact into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The user sees the contact's presence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to: bool,
    /// The contact sees the user's presence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from: bool,
    /// The user has asked for the contact's presence and waits for an answer ("pending out").
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// The user has granted presence in advance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
    /// The contact stands in the roster that clients see. One that has only asked for presence does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
    /// The contact has asked for the user's presence and waits for an answer ("pending in"): the content of the request,
    /// serialized, to be shown again at every login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// What becomes of a subscription stanza at the contact's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inbound {
    /// The contact's clients get it.
    Deliver,
    /// It says nothing new.
    Ignore,
    /// It is a request that was granted before: the server answers it with `subscribed`.
    Approve,
}

impl RosterItem {
    /// The value of the `subscription` attribute.
    pub(crate) fn subscription(&self) -> &'static str {
        match (self.to, self.from) {
            (false, false) => "none",
            (true, false) => "to",
            (false, true) => "from",
            (true, true) => "both",
        }
    }

    /// The contact as clients see it.
    pub(crate) fn to_element(&self, contact: &str) -> Element {
        let mut item = Element::new("item", ns::ROSTER).with_attribute("jid", contact);
        if let Some(name) = &self.name {
            item.set_attribute("name", name.as_str());
        }
        item.set_attribute("subscription", self.subscription());
        if self.ask {
            item.set_attribute("ask", "subscribe");
        }
        if self.approved {
            item.set_attribute("approved", "true");
        }
        for group in &self.groups {
            item.push(Element::new("group", ns::ROSTER).with_text(group.as_str()));
        }
        item
    }

    /// Whether there is nothing left to remember.
    pub(crate) fn is_vain(&self) -> bool {
        *self == RosterItem::default()
    }

    /// The user sends a subscription stanza to the contact. Says whether it goes on to the contact (appendix A.2).
    pub(crate) fn outbound(&mut self, kind: SubscriptionKind) -> bool {
        match kind {
            SubscriptionKind::Subscribe => {
                self.ask |= !self.to;
                self.listed = true;
                true
            }
            SubscriptionKind::Unsubscribe => {
                (self.to, self.ask) = (false, false);
                true
            }
            SubscriptionKind::Subscribed => {
                let asked = self.request.take().is_some();
                if asked {
                    self.from = true;
                } else if !self.from {
                    // §3.4: in advance.
                    self.approved = true;
                }
                self.listed = true;
                asked
            }
            SubscriptionKind::Unsubscribed => {
                let asked = self.request.take().is_some();
                let shown = std::mem::take(&mut self.from);
                self.approved = false;
                asked || shown
            }
        }
    }

    /// The contact's stanza comes to the user (appendix A.3).
    ///
    /// - `content`: the content of a `subscribe`.
    pub(crate) fn inbound(&mut self, kind: SubscriptionKind, content: &str) -> Inbound {
        match kind {
            SubscriptionKind::Subscribe if self.from => Inbound::Approve,
            SubscriptionKind::Subscribe if self.approved => {
                self.from = true;
                Inbound::Approve
            }
            SubscriptionKind::Subscribe if self.request.is_some() => Inbound::Ignore,
            SubscriptionKind::Subscribe => {
                self.request = Some(content.into());
                Inbound::Deliver
            }
            SubscriptionKind::Unsubscribe => {
                let asked = self.request.take().is_some();
                let shown = std::mem::take(&mut self.from);
                if asked || shown { Inbound::Deliver } else { Inbound::Ignore }
            }
            SubscriptionKind::Subscribed if self.ask => {
                (self.to, self.ask) = (true, false);
                Inbound::Deliver
            }
            SubscriptionKind::Unsubscribed if self.ask || self.to => {
                (self.to, self.ask) = (false, false);
                Inbound::Deliver
            }
            SubscriptionKind::Subscribed | SubscriptionKind::Unsubscribed => Inbound::Ignore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SubscriptionKind::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};

    /// The nine states of appendix A.1 in its order.
    const NAMES: [&str; 9] = [
        "None",
        "None + Pending Out",
        "None + Pending In",
        "None + Pending Out+In",
        "To",
        "To + Pending In",
        "From",
        "From + Pending Out",
        "Both",
    ];

    fn state(name: &str) -> RosterItem {
        let (first, pending) = name.split_once(" + ").unwrap_or((name, ""));
        RosterItem {
            to: matches!(first, "To" | "Both"),
            from: matches!(first, "From" | "Both"),
            ask: pending.contains("Out"),
            request: pending.contains("In").then(String::new),
            listed: true,
            ..RosterItem::default()
        }
    }

    fn name(item: &RosterItem) -> &'static str {
        let same = |name: &&&str| {
            let state = state(name);
            (state.to, state.from, state.ask, state.request.is_some())
                == (item.to, item.from, item.ask, item.request.is_some())
        };
        NAMES.iter().find(same).unwrap()
    }

    /// Appendix A.2: per stanza, the state that follows each of the nine, and whether the contact gets the stanza.
    #[test]
    fn outbound_stanzas_change_states_as_appendix_a_says() {
        const N: &str = NAMES[0];
        let follow: [(SubscriptionKind, [&str; 9], [bool; 9]); 4] = [
            (
                Subscribe,
                [NAMES[1], NAMES[1], NAMES[3], NAMES[3], "To", NAMES[5], NAMES[7], NAMES[7], "Both"],
                [true; 9],
            ),
            (Unsubscribe, [N, N, NAMES[2], NAMES[2], N, NAMES[2], "From", "From", "From"], [true; 9]),
            (
                Subscribed,
                [N, NAMES[1], "From", NAMES[7], "To", "Both", "From", NAMES[7], "Both"],
                [false, false, true, true, false, true, false, false, false],
            ),
            (
                Unsubscribed,
                [N, NAMES[1], N, NAMES[1], "To", "To", N, NAMES[1], "To"],
                [false, false, true, true, false, true, true, true, true],
            ),
        ];
        for (kind, expected, routed) in follow {
            for ((from, expected), routed) in NAMES.into_iter().zip(expected).zip(routed) {
                let mut item = state(from);
                assert_eq!(item.outbound(kind), routed, "{kind:?} in {from}");
                assert_eq!(name(&item), expected, "{kind:?} in {from}");
            }
        }
    }

    /// Appendix A.3, in the same way.
    #[test]
    fn inbound_stanzas_change_states_as_appendix_a_says() {
        const N: &str = NAMES[0];
        use Inbound::{Approve as A, Deliver as D, Ignore as I};
        let follow: [(SubscriptionKind, [&str; 9], [Inbound; 9]); 4] = [
            (
                Subscribe,
                [NAMES[2], NAMES[3], NAMES[2], NAMES[3], NAMES[5], NAMES[5], "From", NAMES[7], "Both"],
                [D, D, I, I, D, I, A, A, A],
            ),
            (
                Unsubscribe,
                [N, NAMES[1], N, NAMES[1], "To", "To", N, NAMES[1], "To"],
                [I, I, D, D, I, D, D, D, D],
            ),
            (
                Subscribed,
                [N, "To", NAMES[2], NAMES[5], "To", NAMES[5], "From", "Both", "Both"],
                [I, D, I, D, I, I, I, D, I],
            ),
            (
                Unsubscribed,
                [N, N, NAMES[2], NAMES[2], N, NAMES[2], "From", "From", "From"],
                [I, D, I, D, D, D, I, D, D],
            ),
        ];
        for (kind, expected, outcome) in follow {
            for ((from, expected), outcome) in NAMES.into_iter().zip(expected).zip(outcome) {
                let mut item = state(from);
                assert_eq!(item.inbound(kind, ""), outcome, "{kind:?} in {from}");
                assert_eq!(name(&item), expected, "{kind:?} in {from}");
            }
        }
    }

    #[test]
    fn presence_can_be_granted_in_advance() {
        let mut item = RosterItem::default();
        assert!(!item.outbound(Subscribed), "nobody has asked");
        assert!(item.approved && item.listed && !item.from);
        assert_eq!(item.inbound(Subscribe, ""), Inbound::Approve);
        assert!(item.from && item.request.is_none());
        item.outbound(Unsubscribed);
        assert!(!item.approved && !item.from);
    }
}
