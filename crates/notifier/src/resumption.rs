//! Sessions that outlive their connection (XEP-0198 §5): which can be resumed, until when, and what remains known of
//! those that can't be any more.
//!
//! While a session waits to be resumed nothing about it changes: it keeps its address, its presence and its
//! subscriptions, and what is sent to it waits in its mailbox, which belongs to whoever owns the transports.

use std::collections::BTreeSet;
use std::time::Duration;

use contact::Timestamp;
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{BareJid, FullJid};

use crate::capabilities::Wishes;
use crate::change::Change;
use crate::effects::Effect;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;
use crate::pubsub::subscriptions::Subscription;
use crate::sessions::{RosterInterest, Sessions};

/// What a session needs to be resumed.
#[derive(Debug)]
pub(crate) struct Resumption {
    pub(crate) id: Box<str>,
    /// How long it waits without a connection, in milliseconds.
    pub(crate) wait_ms: i64,
    /// Until when it waits; none while it has a connection.
    pub(crate) until: Option<Timestamp>,
    /// Stanzas of the client that have been handled, modulo 2^32.
    pub(crate) handled: u32,
}

/// The sessions that can be resumed, by their ids and by their ends.
#[derive(Debug, Default)]
pub(crate) struct Resumptions {
    by_id: IndexMap<Box<str>, SessionId, FixedState>,
    waiting: BTreeSet<(Timestamp, SessionId)>,
    /// What is remembered of sessions that are over, oldest first.
    over: IndexMap<Box<str>, Handled, FixedState>,
}

/// How many stanzas of a session have been handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handled {
    pub(crate) user: Box<str>,
    pub(crate) count: u32,
}

/// A session that can be resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumable {
    /// Which one.
    pub session: SessionId,
    /// Its address.
    pub jid: FullJid,
    /// How many stanzas of the client have been handled, modulo 2^32.
    pub handled: u32,
}

/// There is no such session to be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotResumable {
    /// How many of its stanzas had been handled, if that is known: all of them after a session that ended, those up to the
    /// last one that changed something durable after a crash.
    pub handled: Option<u32>,
}

impl Notifier {
    /// Makes a session one that can be resumed. Returns how long it will wait for that without a connection; none if it
    /// can't be.
    ///
    /// - `id`: unguessable, never used before.
    /// - `max`: how long the client would like it to wait at most.
    pub fn make_resumable(
        &mut self,
        session: SessionId,
        id: &str,
        max: Option<Duration>,
    ) -> Option<Duration> {
        let most = self.config.resume_timeout;
        let wait = max.map_or(most, |max| max.min(most));
        if wait.is_zero() || self.config.limits.waiting_sessions_per_user_max == 0 {
            return None;
        }
        let known = self.sessions.get_mut(session)?;
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        known.resumption = Some(Box::new(Resumption { id: id.into(), wait_ms, until: None, handled: 0 }));
        self.resumptions.by_id.insert(id.into(), session);
        Some(wait)
    }

    /// The session can't be resumed any more, because too much of what it was sent is not acknowledged. It goes on.
    pub fn make_unresumable(&mut self, session: SessionId) {
        if let Some(resumption) = self.sessions.get_mut(session).and_then(|known| known.resumption.take()) {
            self.forget_resumption(session, *resumption);
        }
    }

    /// Notes how many stanzas of a managed stream have been received, the one that comes next included. Changes that it
    /// causes are logged with this count.
    pub fn count_handled(&mut self, session: SessionId, received: u32) {
        if let Some(resumption) =
            self.sessions.get_mut(session).and_then(|known| known.resumption.as_deref_mut())
        {
            resumption.handled = received;
        }
    }

    /// Says [`Output::Handled`] as soon as everything that was decided before is in the log.
    ///
    /// - `stream`: carried back by the output.
    pub fn answer_handled(&mut self, session: SessionId, stream: u32, received: u32) {
        self.run_when_logged(Effect::Handled { session, stream, received });
    }

    /// Finds a session by what its client knows. Somebody else's is none.
    ///
    /// # Errors
    ///
    /// [`NotResumable`], with what is still known of it.
    pub fn find_resumable(&self, user: &BareJid, id: &str) -> Result<Resumable, NotResumable> {
        let found =
            self.resumptions.by_id.get(id).and_then(|&session| Some((session, self.sessions.get(session)?)));
        if let Some((session, known)) = found
            && known.jid.to_bare() == *user
            && let Some(resumption) = &known.resumption
        {
            return Ok(Resumable { session, jid: known.jid.clone(), handled: resumption.handled });
        }
        let local = user.node().map(xmpp::jid::NodeRef::as_str).unwrap_or_default();
        let known = self.resumptions.over.get(id).or_else(|| self.durable.handled.get(id));
        Err(NotResumable { handled: known.filter(|known| *known.user == *local).map(|known| known.count) })
    }

    /// The session has a connection again.
    pub fn resumed(&mut self, session: SessionId) {
        let resumption = self.sessions.get_mut(session).and_then(|known| known.resumption.as_deref_mut());
        if let Some(until) = resumption.and_then(|resumption| resumption.until.take()) {
            self.resumptions.waiting.remove(&(until, session));
            self.watch_connection(session, self.now);
        }
    }

    /// The session has lost its connection and waits. False if it can't be resumed: then it is over.
    ///
    /// If more sessions of the user wait than the settings allow, the one that has waited longest is over.
    pub fn detached(&mut self, session: SessionId, at: Timestamp) -> bool {
        let Some(known) = self.sessions.get_mut(session) else { return false };
        let user = known.user;
        let Some(resumption) = known.resumption.as_deref_mut() else { return false };
        if resumption.until.is_none() {
            let until = Timestamp(at.0.saturating_add(resumption.wait_ms));
            resumption.until = Some(until);
            self.resumptions.waiting.insert((until, session));
            self.watch_connection(session, at);
        }
        let waiting = self.waiting_sessions_of(user);
        let max = self.config.limits.waiting_sessions_per_user_max;
        for &(_, oldest) in waiting.iter().take(waiting.len().saturating_sub(max)) {
            self.expire(oldest);
        }
        true
    }

    /// Ends a session that waits to be resumed: [`Output::Expired`].
    pub fn expire(&mut self, session: SessionId) {
        if self.sessions.get(session).is_some() {
            // First, so that what it leaves behind finds the user without it.
            self.ended(session);
            self.outputs.push_back(Output::Expired { session });
        }
    }

    /// When [`Notifier::handle_timeout`] has something to do.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let waiting = self.resumptions.waiting.first().map(|(until, _)| *until);
        waiting
            .into_iter()
            .chain(self.next_expiry())
            .chain(self.next_elapse())
            .chain(self.next_absence())
            .chain(self.next_repetition())
            .min()
    }

    /// Ends what is due at `at`.
    pub fn handle_timeout(&mut self, at: Timestamp) {
        self.now = at;
        while let Some(&(until, session)) = self.resumptions.waiting.first()
            && until <= at
        {
            self.resumptions.waiting.remove(&(until, session));
            self.expire(session);
        }
        self.end_leases(at);
        self.end_items(at);
        self.repeat(at);
        self.end_absences(at);
        self.elapse(at);
    }

    /// How many sessions wait to be resumed.
    pub fn waiting_session_count(&self) -> usize {
        self.resumptions.waiting.len()
    }

    /// Whether a session has no connection and waits to be resumed.
    pub(crate) fn is_waiting(&self, session: SessionId) -> bool {
        let resumption = self.sessions.get(session).and_then(|known| known.resumption.as_deref());
        resumption.is_some_and(|resumption| resumption.until.is_some())
    }

    /// Makes room for a session of a user who has as many as allowed. True if one that waited is over now.
    pub(crate) fn expire_oldest_of(&mut self, localpart: &str) -> bool {
        let Some(user) = self.sessions.find_user(localpart) else { return false };
        let oldest = self.waiting_sessions_of(user).first().map(|&(_, session)| session);
        oldest.map(|session| self.expire(session)).is_some()
    }

    fn waiting_sessions_of(&self, user: crate::sessions::UserIndex) -> Vec<(Timestamp, SessionId)> {
        let sessions = self.sessions.user(user).sessions.iter();
        let mut waiting: Vec<_> = sessions
            .filter_map(|&id| Some((self.sessions.get(id)?.resumption.as_ref()?.until?, id)))
            .collect();
        waiting.sort_unstable();
        waiting
    }

    /// Remembers what a session's client may still ask for.
    pub(crate) fn forget_resumption(&mut self, session: SessionId, resumption: Resumption) {
        if let Some(until) = resumption.until {
            self.resumptions.waiting.remove(&(until, session));
        }
        // Keeps the order of nothing that matters.
        self.resumptions.by_id.swap_remove(&resumption.id);
    }

    /// As [`Notifier::forget_resumption`], for a session of `user` that is over.
    pub(crate) fn remember_handled(&mut self, id: Box<str>, user: &str, count: u32) {
        let max = self.config.limits.remembered_sessions_max;
        let handled = Handled { user: user.into(), count };
        insert_bounded(&mut self.resumptions.over, id, handled, max);
    }

    /// What a change that this session causes is logged with.
    pub(crate) fn handled_change(&self, session: SessionId) -> Option<Change> {
        let known = self.sessions.get(session)?;
        let resumption = known.resumption.as_deref()?;
        Some(Change::Handled {
            session: resumption.id.to_string(),
            user: self.sessions.localpart(known.user).to_owned(),
            count: resumption.handled,
        })
    }
}

/// Adds the newest entry and drops the oldest ones.
pub(crate) fn insert_bounded<V>(
    map: &mut IndexMap<Box<str>, V, FixedState>,
    id: Box<str>,
    value: V,
    max: usize,
) {
    map.insert(id, value);
    if map.len() > max {
        // In one go, because each removal from the front moves everything behind it.
        let superfluous = map.len() - max + max / 16;
        map.drain(..superfluous.min(map.len()));
    }
}

/// A session that can be resumed, for another process.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SuspendedSession {
    /// The id its client asks with.
    pub id: String,
    /// Its full JID.
    pub jid: String,
    /// How long it waits without a connection, in milliseconds.
    pub wait_ms: i64,
    /// Stanzas of the client that have been handled.
    pub handled: u32,
    /// Its presence, if it is available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<SuspendedPresence>,
    /// Whether it hears of changes of the roster, and if so, whether with versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roster_versions: Option<bool>,
    /// Whether it hears of changes of the list of blocked addresses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hears_of_blocks: bool,
    /// Addresses that got presence directly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directed: Vec<String>,
    /// Nodes of which it wants to hear without having subscribed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<String>,
    /// Nodes that the full JID is subscribed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<String>,
    /// Where these are not one plain subscription each: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<SuspendedSubscription>,
}

/// One subscription of a full JID.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SuspendedSubscription {
    /// With which node.
    pub node: String,
    /// Its id, if it is not the one that node and address have by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subid: Option<String>,
    /// What was chosen for it.
    #[serde(default)]
    pub options: crate::change::SubscriptionOptions,
}

/// What a session said last about its availability.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SuspendedPresence {
    /// From -128 to 127.
    pub priority: i8,
    /// The children of the presence element, serialized.
    pub content: String,
}

impl Notifier {
    /// What another process needs to know of a session; none if it can't be resumed.
    pub fn suspend(&self, session: SessionId) -> Option<SuspendedSession> {
        let known = self.sessions.get(session)?;
        let resumption = known.resumption.as_deref()?;
        let name = |index| Some(self.durable.nodes.get(index)?.key.to_string());
        let presence = known.presence.as_ref().map(|presence| SuspendedPresence {
            priority: presence.priority,
            content: presence.content.to_string(),
        });
        let chosen = known.subscriptions.iter().filter_map(|&index| {
            let node = self.durable.nodes.get(index).filter(|node| !node.particular.is_empty())?;
            let subscriptions = node.subscriptions_of(session).into_iter();
            Some(subscriptions.map(|subscription| SuspendedSubscription {
                node: node.key.to_string(),
                subid: subscription.subid.map(String::from),
                options: subscription.options,
            }))
        });
        Some(SuspendedSession {
            id: resumption.id.to_string(),
            jid: known.jid.to_string(),
            wait_ms: resumption.wait_ms,
            handled: resumption.handled,
            presence,
            roster_versions: match known.roster {
                RosterInterest::None => None,
                RosterInterest::Plain => Some(false),
                RosterInterest::Versioned => Some(true),
            },
            hears_of_blocks: known.hears_of_blocks,
            directed: known.directed.iter().map(ToString::to_string).collect(),
            wishes: self
                .interests
                .of(session)
                .iter()
                .flat_map(|wishes| wishes.iter())
                .map(String::from)
                .collect(),
            subscriptions: known.subscriptions.iter().filter_map(|&index| name(index)).collect(),
            chosen: chosen.flatten().collect(),
        })
    }

    /// Goes on with a session of another process at the point where that process stopped. Nobody hears of it: it has never
    /// been away. False if there is no place for it.
    pub fn unsuspend(&mut self, session: SessionId, suspended: &SuspendedSession, at: Timestamp) -> bool {
        let Ok(jid) = FullJid::new(&suspended.jid) else { return false };
        let local = jid.node().map(|node| node.as_str().to_owned()).unwrap_or_default();
        let is_known = self.account(&local).is_some_and(|account| !self.durable.disabled.contains(&account));
        let domain = jid.domain().as_str() == self.config.domain;
        let is_free = self.sessions.find(&local, jid.resource().as_str()).is_none();
        if !(is_known && domain && is_free) || self.resumptions.by_id.contains_key(&*suspended.id) {
            return false;
        }
        let user = self.sessions.user_index(&local);
        self.sessions.insert(session, jid, user, at);
        if let Some(known) = self.sessions.get_mut(session) {
            known.resumption = Some(Box::new(Resumption {
                id: suspended.id.as_str().into(),
                wait_ms: suspended.wait_ms,
                until: None,
                handled: suspended.handled,
            }));
            known.roster = match suspended.roster_versions {
                None => RosterInterest::None,
                Some(false) => RosterInterest::Plain,
                Some(true) => RosterInterest::Versioned,
            };
            known.hears_of_blocks = suspended.hears_of_blocks;
            known.directed = suspended.directed.iter().filter_map(|to| xmpp::Jid::new(to).ok()).collect();
        }
        self.resumptions.by_id.insert(suspended.id.as_str().into(), session);
        if let Some(SuspendedPresence { priority, content }) = &suspended.presence {
            let presence =
                crate::sessions::Presence { priority: *priority, content: content.as_str().into() };
            self.sessions.set_presence(session, Some(presence));
            let wishes = suspended.wishes.iter().map(String::as_str);
            self.interests.restore(session, Wishes::new(wishes, self.config.limits.wishes_bytes_max));
        }
        self.hear_kept(session);
        for name in &suspended.subscriptions {
            if let Some((index, _)) = self.durable.nodes.find(name) {
                let chosen = suspended.chosen.iter().filter(|chosen| chosen.node == *name);
                let chosen: Vec<Subscription> = chosen
                    .map(|chosen| Subscription {
                        subid: chosen.subid.as_deref().map(Box::from),
                        options: chosen.options.clone(),
                    })
                    .collect();
                let is_plain = chosen.is_empty();
                let subscriptions = if is_plain { vec![Subscription::default()] } else { chosen };
                self.set_session_subscriptions(index, session, subscriptions);
            }
        }
        self.detached(session, at)
    }

    /// Remembers of a session of another process, which can't be resumed, what its client may ask for.
    pub fn remember_suspended(&mut self, suspended: &SuspendedSession) {
        if let Ok(jid) = FullJid::new(&suspended.jid)
            && let Some(node) = jid.node()
        {
            self.remember_handled(suspended.id.as_str().into(), node.as_str(), suspended.handled);
        }
    }
}

impl Sessions {
    /// Whether the session can be resumed.
    pub(crate) fn is_resumable(&self, session: SessionId) -> bool {
        self.get(session).is_some_and(|known| known.resumption.is_some())
    }
}
