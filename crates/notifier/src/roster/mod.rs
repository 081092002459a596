//! Rosters: whom a user knows, and who may see whose presence (RFC 6121 §2, §3).
//!
//! `item.rs` is one contact, with the states of appendix A; `requests.rs` answers clients that read and write their
//! roster; `subscription.rs` decides on `subscribe` and its three relatives; `push.rs` tells a user's clients.
//!
//! The user in whose name events are published stands in everybody's roster, although no record of the log says so:
//! clients look there for the user whose presence tells whether the web application is up.

mod apply;
mod item;
mod push;
mod requests;
mod subscription;

use std::collections::BTreeMap;

use contact::UserId;
use sha1::{Digest as _, Sha1};
use xmpp::{BareJid, Element, ns};

pub use item::RosterItem;
pub(crate) use push::RosterPush;
pub(crate) use subscription::SubscriptionKind;

use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// What the stream features say about rosters and presence: versions (RFC 6121 §2.6.1) and granting in advance (§3.4.1).
pub fn stream_features() -> Vec<Element> {
    vec![Element::new("ver", ns::ROSTER_VERSION), Element::new("sub", ns::PRE_APPROVAL)]
}

/// One user's contacts.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// By bare JID.
    items: BTreeMap<Box<str>, RosterItem>,
    /// Changes with everything that the user's clients can see: the sum of a hash of each listed item. It comes from the
    /// content alone, so it stays right over restarts and snapshots without being kept.
    fingerprint: u64,
}

impl Roster {
    /// All contacts, also those that only wait for an answer.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, &RosterItem)> {
        self.items.iter().map(|(contact, item)| (&**contact, item))
    }

    pub(crate) fn get(&self, contact: &str) -> Option<&RosterItem> {
        self.items.get(contact)
    }

    /// How many contacts there are, in every state.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Takes over what is true from now on; `None` if the contact is gone. Says whether the user's clients can see a
    /// difference.
    pub(crate) fn set(&mut self, contact: &str, item: Option<RosterItem>) -> bool {
        let hash = |item: Option<&RosterItem>| {
            item.filter(|item| item.listed).map_or(0, |item| fingerprint(&item.to_element(contact)))
        };
        let after = hash(item.as_ref());
        let before = match item {
            Some(item) => self.items.insert(contact.into(), item),
            None => self.items.remove(contact),
        };
        let before = hash(before.as_ref());
        self.fingerprint = self.fingerprint.wrapping_sub(before).wrapping_add(after);
        before != after
    }
}

fn fingerprint(item: &Element) -> u64 {
    let digest = Sha1::digest(item.to_xml().as_bytes());
    let (first, _) = digest.split_first_chunk::<8>().expect("SHA-1 has 20 bytes");
    // Zero stands for "nothing to see".
    u64::from_be_bytes(*first) | 1
}

impl Notifier {
    /// What the roster of the user with this localpart says about `contact`.
    pub(crate) fn roster_item(&self, localpart: &str, contact: &BareJid) -> Option<&RosterItem> {
        let user = self.sessions.find_user(localpart)?;
        self.durable.rosters.get(&user)?.get(contact.as_str())
    }

    /// Whether `viewer` may see the presence of the user with this localpart: it is the same user, or has a subscription.
    pub(crate) fn shows_presence_to(&self, localpart: &str, viewer: &BareJid) -> bool {
        let own = viewer.domain().as_str() == self.config.domain
            && viewer.node().is_some_and(|node| node.as_str() == localpart);
        own || (self.roster_item(localpart, viewer).is_some_and(|item| item.from)
            && !self.localpart_blocks(localpart, viewer))
    }

    /// The user behind an address, if the address is one of our domain and has ever been mentioned.
    pub(crate) fn local_user(&self, address: &str) -> Option<UserIndex> {
        self.sessions.find_user(self.durable.local_part(address)?)
    }

    /// The service user's entry, which is the same in all rosters.
    fn service_item(&self) -> Element {
        Element::new("item", ns::ROSTER)
            .with_attribute("jid", self.service_bare_jid())
            .with_attribute("name", "Finesse")
            .with_attribute("subscription", "both")
    }

    /// The version that clients know a roster by (RFC 6121 §2.6).
    fn roster_version(&self, fingerprint: u64) -> String {
        format!("{:016x}", fingerprint ^ self::fingerprint(&self.service_item()))
    }

    /// The id of the account with this localpart, if there is such an account.
    pub(crate) fn account(&self, localpart: &str) -> Option<UserId> {
        let user = UserId::new(localpart).ok()?;
        self.durable.is_account(&user).then_some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str) -> RosterItem {
        RosterItem { name: Some(name.into()), listed: true, ..RosterItem::default() }
    }

    #[test]
    fn the_fingerprint_is_that_of_what_is_listed() {
        let mut roster = Roster::default();
        assert!(roster.set("a@x", Some(item("A"))));
        let one = roster.fingerprint;
        assert!(!roster.set("a@x", Some(item("A"))), "the same again");
        let hidden = RosterItem { listed: false, request: Some("".into()), ..item("B") };
        assert!(!roster.set("b@x", Some(hidden)), "nobody sees it");
        assert_eq!(roster.fingerprint, one);
        assert!(roster.set("b@x", Some(item("B"))));
        assert_ne!(roster.fingerprint, one);
        // The way there does not matter.
        let mut other = Roster::default();
        other.set("b@x", Some(item("B")));
        other.set("a@x", Some(item("C")));
        other.set("a@x", Some(item("A")));
        assert_eq!(other.fingerprint, roster.fingerprint);
        assert!(roster.set("b@x", None));
        assert_eq!((roster.fingerprint, roster.len()), (one, 1));
    }
}
