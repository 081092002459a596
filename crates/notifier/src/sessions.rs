//! Sessions by their id, and users with their sessions.

use contact::Timestamp;
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{FullJid, Jid};

use crate::effects::Shown;
use crate::input::SessionId;
use crate::pubsub::node::NodeIndex;
use crate::resumption::Resumption;

/// Names a user for as long as the process lives; a user who is removed and added again has the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UserIndex(pub(crate) u32);

/// One bound session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) jid: FullJid,
    pub(crate) user: UserIndex,
    /// When it last sent something else than a ping.
    pub(crate) last_active: Timestamp,
    /// Whether it hears of changes of the roster.
    pub(crate) roster: RosterInterest,
    /// Whether it hears of changes of the list of blocked addresses.
    pub(crate) hears_of_blocks: bool,
    /// `None` until initial presence and after unavailable presence.
    pub(crate) presence: Option<Presence>,
    /// Nodes that this session hears by its full JID.
    pub(crate) subscriptions: Vec<NodeIndex>,
    /// Who got presence from this session by address and must hear that it has gone.
    pub(crate) directed: Vec<Jid>,
    /// None if the session ends with its connection.
    pub(crate) resumption: Option<Box<Resumption>>,
}

/// What a session wants to hear of its user's roster (RFC 6121 §2.2: "interested resource").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RosterInterest {
    /// It has not asked for the roster.
    #[default]
    None,
    /// It has, and knows nothing of versions.
    Plain,
    /// It has, and wants to know which version a change leads to.
    Versioned,
}

impl RosterInterest {
    pub(crate) fn is_interested(self) -> bool {
        self != RosterInterest::None
    }
}

/// What a session said last about its availability.
#[derive(Debug)]
pub(crate) struct Presence {
    pub(crate) priority: i8,
    /// The children of the presence element, serialized.
    pub(crate) content: Box<str>,
}

/// Somebody who has, or may have, sessions.
#[derive(Debug, Default)]
pub(crate) struct User {
    /// All sessions, oldest first.
    pub(crate) sessions: Vec<SessionId>,
    /// Those that get what is sent to the bare JID: present, with a priority of 0 or more.
    pub(crate) reachable: Vec<SessionId>,
    /// When the last session that had sent presence went.
    pub(crate) left_at: Option<Timestamp>,
}

/// All sessions and all users that have ever been mentioned.
#[derive(Debug)]
pub(crate) struct Sessions {
    by_id: IndexMap<SessionId, Session, FixedState>,
    /// By localpart. Only grows: the place of an entry is its [`UserIndex`].
    users: IndexMap<Box<str>, User, FixedState>,
}

impl Sessions {
    pub(crate) fn new(hash_seed: u64) -> Self {
        Sessions {
            by_id: IndexMap::default(),
            users: IndexMap::with_hasher(FixedState::with_seed(hash_seed)),
        }
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.by_id.iter().map(|(&id, session)| (id, session))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (SessionId, &mut Session)> {
        self.by_id.iter_mut().map(|(&id, session)| (id, session))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The index of the user with this localpart, which is given now if need be.
    pub(crate) fn user_index(&mut self, localpart: &str) -> UserIndex {
        let at = match self.users.get_index_of(localpart) {
            Some(at) => at,
            None => self.users.insert_full(localpart.into(), User::default()).0,
        };
        UserIndex(u32::try_from(at).expect("fewer than 2^32 users"))
    }

    /// The index of the user with this localpart, if it has ever been mentioned.
    pub(crate) fn find_user(&self, localpart: &str) -> Option<UserIndex> {
        Some(UserIndex(u32::try_from(self.users.get_index_of(localpart)?).ok()?))
    }

    pub(crate) fn user(&self, index: UserIndex) -> &User {
        &self.users[index.0 as usize]
    }

    /// Everybody who has ever been mentioned.
    pub(crate) fn user_indexes(&self) -> impl Iterator<Item = UserIndex> + use<> {
        (0..u32::try_from(self.users.len()).expect("fewer than 2^32 users")).map(UserIndex)
    }

    /// The localpart of a user.
    pub(crate) fn localpart(&self, index: UserIndex) -> &str {
        self.users.get_index(index.0 as usize).expect("users are never removed").0
    }

    /// The session with this full JID.
    pub(crate) fn find(&self, localpart: &str, resource: &str) -> Option<SessionId> {
        self.find_of(self.find_user(localpart)?, resource)
    }

    /// The user's session with this resource.
    pub(crate) fn find_of(&self, user: UserIndex, resource: &str) -> Option<SessionId> {
        let has_it = |id: &&SessionId| {
            self.get(**id).is_some_and(|session| session.jid.resource().as_str() == resource)
        };
        self.user(user).sessions.iter().find(has_it).copied()
    }

    pub(crate) fn insert(&mut self, id: SessionId, jid: FullJid, user: UserIndex, at: Timestamp) {
        let session = Session {
            jid,
            user,
            last_active: at,
            roster: RosterInterest::None,
            hears_of_blocks: false,
            presence: None,
            subscriptions: Vec::new(),
            directed: Vec::new(),
            resumption: None,
        };
        self.by_id.insert(id, session);
        let sessions = &mut self.users[user.0 as usize].sessions;
        if sessions.is_empty() {
            // One session per user is the rule.
            sessions.reserve_exact(1);
        }
        sessions.push(id);
    }

    pub(crate) fn remove(&mut self, id: SessionId) -> Option<Session> {
        let session = self.by_id.swap_remove(&id)?;
        let user = &mut self.users[session.user.0 as usize];
        user.sessions.retain(|&other| other != id);
        user.reachable.retain(|&other| other != id);
        Some(session)
    }

    /// A user's sessions that have sent presence, as others know them.
    pub(crate) fn shown(&self, owner: UserIndex) -> Shown {
        let sessions = self.user(owner).sessions.iter().filter_map(|&id| self.get(id));
        let available = sessions.filter(|session| session.presence.is_some());
        Shown { owner, sessions: available.map(|session| session.jid.as_str().into()).collect() }
    }

    /// Notes that a session of the user is no longer there.
    pub(crate) fn left(&mut self, user: UserIndex, at: Timestamp) {
        self.users[user.0 as usize].left_at = Some(at);
    }

    /// Records a session's presence, and with it whether it gets what is sent to the bare JID. Returns the one before.
    pub(crate) fn set_presence(&mut self, id: SessionId, presence: Option<Presence>) -> Option<Presence> {
        let session = self.by_id.get_mut(&id)?;
        let reachable = presence.as_ref().is_some_and(|presence| presence.priority >= 0);
        let before = std::mem::replace(&mut session.presence, presence);
        let user = &mut self.users[session.user.0 as usize];
        let listed = user.reachable.contains(&id);
        if reachable && !listed {
            if user.reachable.is_empty() {
                user.reachable.reserve_exact(1);
            }
            user.reachable.push(id);
        } else if !reachable && listed {
            user.reachable.retain(|&other| other != id);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> SessionId {
        SessionId { index, generation: 0 }
    }

    #[test]
    fn only_present_sessions_with_a_priority_of_zero_or_more_are_reachable() {
        let mut sessions = Sessions::new(0);
        let user = sessions.user_index("ada");
        sessions.insert(id(1), FullJid::new("ada@localhost/one").unwrap(), user, Timestamp(0));
        sessions.insert(id(2), FullJid::new("ada@localhost/two").unwrap(), user, Timestamp(0));
        assert!(sessions.user(user).reachable.is_empty());
        sessions.set_presence(id(1), Some(Presence { priority: 0, content: "".into() }));
        sessions.set_presence(id(2), Some(Presence { priority: -1, content: "".into() }));
        assert_eq!(sessions.user(user).reachable, [id(1)]);
        sessions.set_presence(id(2), Some(Presence { priority: 5, content: "".into() }));
        sessions.set_presence(id(1), None);
        assert_eq!(sessions.user(user).reachable, [id(2)]);
        assert_eq!(sessions.find("ada", "two"), Some(id(2)));
        sessions.remove(id(2));
        assert!(sessions.user(user).reachable.is_empty());
        assert_eq!(sessions.find("ada", "two"), None);
        assert_eq!(sessions.user_index("ada"), user);
        assert_eq!(sessions.localpart(user), "ada");
    }
}
