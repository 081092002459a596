//! What the log's records about rosters change, and what follows when an account goes.

use contact::UserId;

use super::{Roster, RosterItem, RosterPush, SubscriptionKind};
use crate::change::Change;
use crate::durable::Durable;
use crate::effects::{Audience, Effect};
use crate::presence::presence_xml;
use crate::sessions::{Sessions, UserIndex};

impl Durable {
    /// The localpart of a bare JID of our domain.
    pub(crate) fn local_part<'a>(&self, address: &'a str) -> Option<&'a str> {
        let localpart = address.strip_suffix(&*self.domain)?.strip_suffix('@')?;
        (!localpart.is_empty()).then_some(localpart)
    }

    /// Sets what a user's roster says about a contact; `None` if that is nothing.
    pub(crate) fn set_roster_item(
        &mut self,
        user: UserIndex,
        contact: &str,
        item: Option<RosterItem>,
        effects: &mut Vec<Effect>,
    ) {
        let roster = self.rosters.entry(user).or_default();
        let visible = roster.set(contact, item.clone());
        let fingerprint = roster.fingerprint;
        if roster.is_empty() {
            self.rosters.swap_remove(&user);
        }
        if visible && !self.in_snapshot {
            let push = Box::new(RosterPush { contact: contact.into(), item, fingerprint });
            effects.push(Effect::RosterPush { user, push });
        }
    }

    /// Forgets the roster of an account that is gone, and every subscription with it: its contacts hear that it is
    /// unavailable and that the subscriptions are over.
    pub(crate) fn forget_roster(
        &mut self,
        user: &UserId,
        index: UserIndex,
        sessions: &mut Sessions,
        effects: &mut Vec<Effect>,
    ) {
        let Some(roster) = self.rosters.swap_remove(&index) else { return };
        let own = format!("{user}@{}", self.domain);
        for (contact, _) in roster.items() {
            let Some(localpart) = self.local_part(contact) else { continue };
            let Some(other) = sessions.find_user(localpart) else { continue };
            let Some(before) = self.rosters.get(&other).and_then(|roster| roster.get(&own)) else { continue };
            let (saw, shown) = (before.to || before.ask, before.from || before.request.is_some());
            let item = RosterItem {
                to: false,
                from: false,
                ask: false,
                request: None,
                approved: false,
                ..before.clone()
            };
            if saw {
                effects.push(Effect::Withdraw { viewer: other, shown: sessions.shown(index) });
            }
            self.set_roster_item(other, &own, Some(item).filter(|item| !item.is_vain()), effects);
            let gone = [(saw, SubscriptionKind::Unsubscribed), (shown, SubscriptionKind::Unsubscribe)];
            for (_, kind) in gone.into_iter().filter(|(is, _)| *is) {
                let xml = presence_xml(&own, contact, Some(kind.name()), "").into();
                effects.push(Effect::Tell { user: other, audience: Audience::Interested, xml });
            }
        }
    }

    /// The records that rebuild the rosters.
    pub(crate) fn snapshot_rosters(&self, sessions: &Sessions, changes: &mut Vec<Change>) {
        let with_name = |(&index, roster)| Some((UserId::new(sessions.localpart(index)).ok()?, roster));
        let mut rosters: Vec<(UserId, &Roster)> = self.rosters.iter().filter_map(with_name).collect();
        // Places in the table depend on the order of the past, which a snapshot forgets.
        rosters.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (user, roster) in rosters {
            changes.extend(roster.items().map(|(contact, item)| Change::RosterItem {
                user: user.clone(),
                contact: contact.to_owned(),
                item: item.clone(),
            }));
        }
    }
}

impl Roster {
    /// Whether anybody is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
