//! Presence for everybody who may see it: the user's own sessions and contacts with a subscription (RFC 6121 §4.2 to §4.5).

use xmpp::{Condition, Element, Jid, StanzaError};

use super::{content, presence_xml, priority};
use crate::effects::Shown;
use crate::input::{Output, SessionId};
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::roster::Roster;
use crate::sessions::{Presence, UserIndex};

impl Notifier {
    /// Broadcasts available presence. The first one also brings what others have to say: the presence of the user's
    /// other sessions, of contacts and of the service user, and requests that wait for an answer.
    pub(super) fn available(&mut self, id: SessionId, element: &Element) -> Result<(), StanzaError> {
        let priority = priority(element)?;
        let content = content(element);
        if content.len() > self.config.limits.presence_bytes_max {
            self.reached(Limit::PresenceBytes);
            return Err(StanzaError::from(Condition::NotAcceptable).with_text("The presence is too long."));
        }
        let Some(session) = self.sessions.get(id) else { return Ok(()) };
        let (user, jid) = (session.user, session.jid.to_string());
        let stanza = element;
        let before =
            self.sessions.set_presence(id, Some(Presence { priority, content: content.clone().into() }));
        let element = presence_xml(&jid, &jid, None, &content);
        self.outputs.push_back(Output::Send { session: id, element });
        self.broadcast(id, &jid, None, &content);
        if before.is_none() {
            self.watch_desktop(id, self.now);
            for (other, _) in self.available_sessions_beside(id) {
                if let Some(element) = self.presence_of(other, &jid) {
                    self.outputs.push_back(Output::Send { session: id, element });
                }
            }
            self.send_service_presence(id, &jid);
            self.introduce_contacts(id, user, &jid);
            self.repeat_requests(id, user);
            self.ask_owner(id);
            self.show_newest_on_presence(id);
        }
        self.note_capabilities(id, stanza);
        Ok(())
    }

    /// The session stays and is no longer there (§4.5): the same audience hears it, and so does the session itself.
    pub(super) fn unavailable(&mut self, id: SessionId, element: &Element) {
        let Some(session) = self.sessions.get(id).filter(|session| session.presence.is_some()) else {
            return;
        };
        let jid = session.jid.to_string();
        let content = content(element);
        let content =
            if content.len() > self.config.limits.presence_bytes_max { String::new() } else { content };
        let element = presence_xml(&jid, &jid, Some("unavailable"), &content);
        self.sessions.set_presence(id, None);
        self.interests.forget(id);
        self.note_leaving(id);
        self.watch_desktop(id, self.now);
        let told = self.broadcast(id, &jid, Some("unavailable"), &content);
        self.outputs.push_back(Output::Send { session: id, element });
        self.withdraw_directed(id, &jid, &told);
    }

    /// Tells everybody who got this session's presence that it is gone, when it ends without saying so.
    pub(crate) fn withdraw_presence(&mut self, id: SessionId) {
        let Some(jid) = self.sessions.get(id).map(|session| session.jid.to_string()) else { return };
        let was_available = self.sessions.set_presence(id, None).is_some();
        self.interests.forget(id);
        let mut told = Vec::new();
        if was_available {
            self.note_leaving(id);
            self.watch_desktop(id, self.now);
            told = self.broadcast(id, &jid, Some("unavailable"), "");
        }
        self.withdraw_directed(id, &jid, &told);
    }

    /// Whether presence may go from one session to another: neither user has blocked the other one.
    pub(crate) fn may_see(&self, owner: UserIndex, from: &str, viewer: UserIndex, to: &str) -> bool {
        if self.durable.blocklists.is_empty() {
            return true;
        }
        match (Jid::new(from), Jid::new(to)) {
            (Ok(from), Ok(to)) => !self.blocks(owner, &to) && !self.blocks(viewer, &from),
            _ => false,
        }
    }

    fn note_leaving(&mut self, id: SessionId) {
        if let Some(user) = self.sessions.get(id).map(|session| session.user) {
            self.sessions.left(user, self.now);
        }
    }

    /// A user begins to see another one's presence (§3.1.5). A session that has come since shows itself by its own presence.
    pub(crate) fn introduce(&mut self, shown: &Shown, viewer: UserIndex) {
        let to = self.bare_jid(viewer);
        let still_there = self.available_sessions(shown.owner).into_iter();
        let introduced = still_there.filter(|(_, from)| shown.sessions.iter().any(|known| **known == **from));
        for (own, from) in introduced.collect::<Vec<_>>() {
            let Some(element) = self.presence_of(own, &to) else { continue };
            for (session, full) in self.available_sessions(viewer) {
                if !self.may_see(shown.owner, &from, viewer, &full) {
                    continue;
                }
                self.outputs.push_back(Output::Send { session, element: element.clone() });
            }
        }
    }

    /// A user no longer sees another one's presence (§3.2.2, §3.3.3).
    pub(crate) fn withdraw_from(&mut self, shown: &Shown, viewer: UserIndex) {
        let to = self.bare_jid(viewer);
        for from in &shown.sessions {
            let element = presence_xml(from, &to, Some("unavailable"), "");
            for (session, full) in self.available_sessions(viewer) {
                if self.may_see(shown.owner, from, viewer, &full) {
                    self.outputs.push_back(Output::Send { session, element: element.clone() });
                }
            }
        }
    }

    pub(crate) fn bare_jid(&self, user: UserIndex) -> String {
        format!("{}@{}", self.sessions.localpart(user), self.config.domain)
    }

    /// Sends presence of session `id` to the user's other available sessions and to those of contacts. Returns who got it.
    fn broadcast(
        &mut self,
        id: SessionId,
        from: &str,
        kind: Option<&'static str>,
        content: &str,
    ) -> Vec<SessionId> {
        let mut told = Vec::new();
        for (session, to) in self.available_sessions_beside(id) {
            let element = presence_xml(from, &to, kind, content);
            self.outputs.push_back(Output::Send { session, element });
            told.push(session);
        }
        let owner = self.sessions.get(id).map(|session| session.user);
        for (contact, viewer) in self.viewers_of(id) {
            let mut sessions = self.available_sessions(viewer);
            sessions.retain(|(_, to)| owner.is_some_and(|owner| self.may_see(owner, from, viewer, to)));
            let element = if sessions.is_empty() {
                continue;
            } else {
                presence_xml(from, &contact, kind, content)
            };
            for (session, _) in sessions {
                self.outputs.push_back(Output::Send { session, element: element.clone() });
                told.push(session);
            }
        }
        told
    }

    /// Contacts who see this session's presence.
    fn viewers_of(&self, id: SessionId) -> Vec<(String, UserIndex)> {
        let roster = self.sessions.get(id).and_then(|session| self.durable.rosters.get(&session.user));
        let items = roster.into_iter().flat_map(Roster::items);
        let viewers = items.filter(|(_, item)| item.from);
        viewers.filter_map(|(contact, _)| Some((contact.to_owned(), self.local_user(contact)?))).collect()
    }

    /// Shows the presence of the contacts who have granted it (§4.3: the server asks on the client's behalf).
    fn introduce_contacts(&mut self, id: SessionId, user: UserIndex, jid: &str) {
        let own = self.bare_jid(user);
        let roster = self.durable.rosters.get(&user);
        let contacts = roster.into_iter().flat_map(Roster::items).filter(|(_, item)| item.to);
        let contacts: Vec<UserIndex> = contacts.filter_map(|(contact, _)| self.local_user(contact)).collect();
        for contact in contacts {
            let granted = self.durable.rosters.get(&contact).and_then(|roster| roster.get(&own));
            if !granted.is_some_and(|item| item.from) {
                continue;
            }
            for (other, from) in self.available_sessions(contact) {
                if !self.may_see(contact, &from, user, jid) {
                    continue;
                }
                if let Some(element) = self.presence_of(other, jid) {
                    self.outputs.push_back(Output::Send { session: id, element });
                }
            }
        }
    }

    /// Shows the requests for presence that nobody has answered yet (§3.1.3).
    fn repeat_requests(&mut self, id: SessionId, user: UserIndex) {
        let own = self.bare_jid(user);
        let roster = self.durable.rosters.get(&user);
        let items = roster.into_iter().flat_map(Roster::items);
        let requests = items.filter_map(|(contact, item)| {
            let blocked = Jid::new(contact).is_ok_and(|contact| self.blocks(user, &contact));
            if blocked {
                return None;
            }
            Some(presence_xml(contact, &own, Some("subscribe"), item.request.as_deref()?))
        });
        let requests: Vec<String> = requests.collect();
        for element in requests {
            self.outputs.push_back(Output::Send { session: id, element });
        }
    }
}
