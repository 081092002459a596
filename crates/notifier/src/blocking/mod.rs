//! Whom a user does not want to hear (XEP-0191).
//!
//! To somebody who is blocked the user looks like one who is away: messages and requests come back as
//! `service-unavailable`, presence goes nowhere, and a request for presence stays unanswered. Subscriptions stay as they
//! are. What the server itself sends cannot be blocked.
//!
//! `requests.rs` answers clients that read and change the list; `filter.rs` is what every stanza with an address meets.

mod filter;
mod requests;

use std::collections::BTreeSet;

use contact::UserId;
use xmpp::{BareJid, Jid};

pub(crate) use requests::BlockPush;

use crate::change::Change;
use crate::durable::Durable;
use crate::effects::Effect;
use crate::notifier::Notifier;
use crate::sessions::{Sessions, UserIndex};

/// The addresses that one user has blocked.
#[derive(Debug, Default)]
pub(crate) struct Blocklist(BTreeSet<Box<str>>);

impl Blocklist {
    /// Whether `jid` is one of them, or covered by one (XEP-0191 §5).
    pub(crate) fn covers(&self, jid: &Jid) -> bool {
        self.0.contains(jid.as_str())
            || self.0.contains(jid.to_bare().as_str())
            || self.0.contains(jid.domain().as_str())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn contains(&self, jid: &str) -> bool {
        self.0.contains(jid)
    }

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|jid| &**jid)
    }
}

impl Durable {
    /// Blocks addresses, or unblocks them; no address at all means to unblock everybody.
    pub(crate) fn change_blocklist(
        &mut self,
        user: &UserId,
        jids: &[String],
        blocked: bool,
        sessions: &mut Sessions,
        effects: &mut Vec<Effect>,
    ) {
        let user = sessions.user_index(user.as_str());
        let list = self.blocklists.entry(user).or_default();
        if blocked {
            list.0.extend(jids.iter().map(|jid| Box::from(jid.as_str())));
        } else if jids.is_empty() {
            list.0.clear();
        } else {
            list.0.retain(|blocked| !jids.iter().any(|jid| **jid == **blocked));
        }
        if list.0.is_empty() {
            self.blocklists.swap_remove(&user);
        }
        if !self.in_snapshot {
            let push = Box::new(BlockPush { jids: jids.to_vec(), blocked });
            effects.push(Effect::BlockPush { user, push });
        }
    }

    /// The records that rebuild the lists.
    pub(crate) fn snapshot_blocklists(&self, sessions: &Sessions, changes: &mut Vec<Change>) {
        let with_name = |(&index, list)| Some((UserId::new(sessions.localpart(index)).ok()?, list));
        let mut lists: Vec<(UserId, &Blocklist)> = self.blocklists.iter().filter_map(with_name).collect();
        lists.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        changes.extend(
            lists
                .into_iter()
                .map(|(user, list)| Change::Blocked { user, jids: list.iter().map(String::from).collect() }),
        );
    }
}

impl Notifier {
    /// Whether a user has blocked an address. Never one of the user's own.
    pub(crate) fn blocks(&self, user: UserIndex, jid: &Jid) -> bool {
        if self.durable.blocklists.is_empty() {
            return false;
        }
        let Some(list) = self.durable.blocklists.get(&user) else { return false };
        let own = jid.domain().as_str() == self.config.domain
            && jid.node().is_some_and(|node| node.as_str() == self.sessions.localpart(user));
        !own && list.covers(jid)
    }

    /// Whether the user with this localpart has blocked another one.
    pub(crate) fn localpart_blocks(&self, localpart: &str, jid: &BareJid) -> bool {
        self.sessions.find_user(localpart).is_some_and(|user| self.blocks(user, &jid.clone().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_covers_what_is_under_it() {
        let list = |jid: &str| Blocklist(BTreeSet::from([jid.into()]));
        for (blocked, covered, not) in [
            ("a@b/c", vec!["a@b/c"], vec!["a@b", "a@b/d", "b"]),
            ("a@b", vec!["a@b", "a@b/c"], vec!["b", "x@b", "a@b.c"]),
            ("b/c", vec!["b/c"], vec!["b", "b/d", "a@b/c"]),
            ("b", vec!["b", "b/c", "a@b", "a@b/c"], vec!["x.b", "b@x"]),
        ] {
            let list = list(blocked);
            for jid in covered {
                assert!(list.covers(&Jid::new(jid).unwrap()), "{blocked} {jid}");
            }
            for jid in not {
                assert!(!list.covers(&Jid::new(jid).unwrap()), "{blocked} {jid}");
            }
        }
    }
}
