//! What becomes of presence when its viewer is blocked, and when not any more (XEP-0191 §3.3, §3.4).

use xmpp::Jid;

use super::presence_xml;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

impl Notifier {
    /// A user has blocked an address, which then hears that the user is gone if it has heard anything before; or has
    /// unblocked it, and both see again what they may see.
    pub(crate) fn conceal(&mut self, user: UserIndex, jid: &Jid, blocked: bool) {
        let Some(other) = self.local_user(jid.to_bare().as_str()).filter(|other| *other != user) else {
            return;
        };
        let matching = |notifier: &Notifier| -> Vec<(SessionId, Jid)> {
            let sessions = notifier.available_sessions(other).into_iter();
            let with_jid = sessions.filter_map(|(session, full)| Some((session, Jid::new(&full).ok()?)));
            with_jid.filter(|(_, full)| jid.resource().is_none() || full == jid).collect()
        };
        let (shown, sees) = self.relation(user, other);
        for (own, from) in self.available_sessions(user) {
            let directed = blocked && self.forget_directed(own, jid);
            for (session, to) in matching(self) {
                let element = match blocked {
                    true if shown || directed => {
                        Some(presence_xml(&from, to.as_str(), Some("unavailable"), ""))
                    }
                    false if shown => self.presence_of(own, to.as_str()),
                    _ => None,
                };
                self.outputs.extend(element.map(|element| Output::Send { session, element }));
                let back = if !blocked && sees { self.presence_of(session, &from) } else { None };
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
    fn forget_directed(&mut self, session: SessionId, to: &Jid) -> bool {
        let Some(session) = self.sessions.get_mut(session) else { return false };
        let before = session.directed.len();
        let covered =
            |other: &Jid| other == to || (to.resource().is_none() && other.to_bare() == to.to_bare());
        session.directed.retain(|other| !covered(other));
        session.directed.len() < before
    }
}
