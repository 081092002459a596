//! What becomes of presence when its viewer is blocked, and when not any more (XEP-0191 §3.3, §3.4).

use xmpp::{FullJid, Jid};

use super::presence_xml;
use crate::effects::Shown;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

impl Notifier {
    /// A user has blocked an address, which then hears that the user is gone if it has heard anything before; or has
    /// unblocked it, and both see again what they may see.
    ///
    /// - `shown`: the user's sessions that were available when it was decided.
    pub(crate) fn conceal(&mut self, user: UserIndex, jid: &Jid, blocked: bool, shown: &Shown) {
        let Some(other) = self.local_user(jid.to_bare().as_str()).filter(|other| *other != user) else {
            return;
        };
        let sessions = self.available_sessions(other).into_iter();
        let matching: Vec<(SessionId, String)> =
            sessions.filter(|(_, full)| jid.resource().is_none() || full.as_str() == jid.as_str()).collect();
        let (shows, sees) = self.relation(user, other);
        if blocked {
            for from in &shown.sessions {
                let directed = self.forget_directed(from, jid);
                for (session, to) in matching.iter().filter(|_| shows || directed) {
                    let element = presence_xml(from, to, Some("unavailable"), "");
                    self.outputs.push_back(Output::Send { session: *session, element });
                }
            }
            return;
        }
        for (own, from) in self.available_sessions(user) {
            for (session, to) in &matching {
                let there = if shows { self.presence_of(own, to) } else { None };
                self.outputs.extend(there.map(|element| Output::Send { session: *session, element }));
                let back = if sees { self.presence_of(*session, &from) } else { None };
                self.outputs.extend(back.map(|element| Output::Send { session: own, element }));
            }
        }
    }

    /// Whether a user shows presence to another one, and sees that one's.
    fn relation(&self, user: UserIndex, other: UserIndex) -> (bool, bool) {
        let other = self.bare_jid(other);
        let item = self.durable.rosters.get(&user).and_then(|roster| roster.get(&other));
        item.map_or((false, false), |item| (item.from, item.to))
    }

    /// Forgets that a session has sent presence to an address; says whether it had.
    fn forget_directed(&mut self, session: &str, to: &Jid) -> bool {
        let found = FullJid::new(session)
            .ok()
            .and_then(|full| self.sessions.find(full.node()?.as_str(), full.resource().as_str()));
        let Some(session) = found.and_then(|session| self.sessions.get_mut(session)) else { return false };
        let before = session.directed.len();
        let covered =
            |other: &Jid| other == to || (to.resource().is_none() && other.to_bare() == to.to_bare());
        session.directed.retain(|other| !covered(other));
        session.directed.len() < before
    }
}
