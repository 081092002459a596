//! What clients can do, as their presence says (XEP-0115), for the one thing that we want to know: of which nodes they want
//! to hear without subscribing (`+notify`, XEP-0163 §2.4).
//!
//! Presence shows a hash. Whoever comes with one that nobody knows is asked what it stands for (`verification.rs`), and
//! once that is verified, everybody with the same hash is believed to say the same (`cache.rs`).

mod cache;
mod verification;

use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{Element, Jid, Stanza, escape_attribute, ns};

use self::cache::Cache;
pub(crate) use self::cache::{Caps, Wishes};
pub(crate) use self::verification::ver;
use crate::effects::Effect;
use crate::input::{Output, SessionId};
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// What is known of the sessions that are available.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    cache: Cache,
    /// Sessions that have been asked what their hash stands for.
    asked: IndexMap<SessionId, Question, FixedState>,
    /// Sessions that want to hear of something. For most sessions there is no entry.
    sessions: IndexMap<SessionId, Interest, FixedState>,
}

#[derive(Debug)]
struct Question {
    id: String,
    caps: Caps,
    /// The session came online with this, and gets the newest items once its wishes are known.
    is_initial: bool,
}

#[derive(Debug)]
struct Interest {
    wishes: Arc<Wishes>,
    /// What they come from, if no one else can be believed to have the same.
    own: Option<Caps>,
    /// Users whom the session has told that it is not there for them.
    apart: Vec<UserIndex>,
    /// It is going to be shown the newest items of everybody, and hears nothing until then: it would hear some twice.
    is_due: bool,
}

impl Interests {
    /// Whether nobody wants to hear of anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Whether a session wants to hear of a node of this name, if `owner` has it.
    pub(crate) fn has(&self, session: SessionId, node: &str, owner: UserIndex) -> bool {
        self.sessions.get(&session).is_some_and(|interest| {
            !interest.is_due && interest.wishes.contains(node) && !interest.apart.contains(&owner)
        })
    }

    /// What a session wants to hear of.
    pub(crate) fn of(&self, session: SessionId) -> Option<Arc<Wishes>> {
        self.sessions.get(&session).map(|interest| Arc::clone(&interest.wishes))
    }

    /// Whether a session hears of somebody new: one that is going to be shown everything will be shown that as well.
    pub(crate) fn hears_of_new(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|interest| !interest.is_due)
    }

    /// A session is shown the newest items of everybody, or cannot be.
    pub(crate) fn shown(&mut self, session: SessionId) {
        if let Some(interest) = self.sessions.get_mut(&session) {
            interest.is_due = false;
        }
    }

    /// Makes a session wish this, as another process knew it.
    pub(crate) fn restore(&mut self, session: SessionId, wishes: Wishes) {
        if !wishes.is_empty() {
            self.set(session, Arc::new(wishes), None, false);
        }
    }

    /// A session is no longer available.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.asked.swap_remove(&session);
        self.sessions.swap_remove(&session);
    }

    fn set(&mut self, session: SessionId, wishes: Arc<Wishes>, own: Option<Caps>, is_due: bool) {
        let was_due = self.sessions.swap_remove(&session).is_some_and(|interest| interest.is_due);
        if !wishes.is_empty() || own.is_some() {
            let is_due = is_due || was_due;
            self.sessions.insert(session, Interest { wishes, own, apart: Vec::new(), is_due });
        }
    }
}

impl Notifier {
    /// A session has broadcast presence: what it says about the client counts from now on.
    ///
    /// - `is_initial`: the session was not available before.
    pub(crate) fn note_capabilities(&mut self, session: SessionId, presence: &Element, is_initial: bool) {
        if !self.config.personal_nodes {
            return;
        }
        let Some(caps) = Caps::read(presence) else { return self.interests.forget(session) };
        if let Some(question) = self.interests.asked.get(&session) {
            if question.caps == caps {
                return;
            }
        } else if let Some(known) = self.interests.sessions.get_mut(&session)
            && known.own.as_ref() == Some(&caps)
        {
            return known.apart.clear();
        }
        let owed = self.interests.asked.swap_remove(&session).is_some_and(|question| question.is_initial);
        let is_initial = is_initial || owed;
        if let Some(wishes) = self.interests.cache.get(&caps) {
            return self.begin_interest(session, wishes, None, is_initial);
        }
        self.interests.sessions.swap_remove(&session);
        self.ask_capabilities(session, caps, is_initial);
    }

    /// Asks a client what its hash stands for (XEP-0115 §5.4).
    fn ask_capabilities(&mut self, session: SessionId, caps: Caps, is_initial: bool) {
        let Some(known) = self.sessions.get(session) else { return };
        self.pushes = self.pushes.wrapping_add(1);
        let id = format!("caps-{}", self.pushes);
        let mut xml = format!("<iq xmlns=\"{}\" type=\"get\" id=\"{id}\" from=\"", ns::CLIENT);
        escape_attribute(&self.config.domain, &mut xml);
        xml.push_str("\" to=\"");
        escape_attribute(known.jid.as_str(), &mut xml);
        xml.push_str("\">");
        let query = Element::new("query", ns::DISCO_INFO).with_attribute("node", caps.disco_node());
        query.write_xml(&mut xml, ns::CLIENT);
        xml.push_str("</iq>");
        self.interests.asked.insert(session, Question { id, caps, is_initial });
        self.outputs.push_back(Output::Send { session, element: xml });
    }

    /// Takes an answer to our question; any other answer means nothing here. Who answers with an error, or with something
    /// that the hash does not stand for, wants to hear of nothing.
    pub(crate) fn take_capabilities(&mut self, session: SessionId, stanza: &Stanza) {
        let id = stanza.element.attribute("id");
        if self.interests.asked.get(&session).is_none_or(|asked| Some(&*asked.id) != id) {
            return;
        }
        let Some(question) = self.interests.asked.swap_remove(&session) else { return };
        let query = stanza.element.child("query", ns::DISCO_INFO);
        let Some(query) = query.filter(|_| stanza.element.attribute("type") == Some("result")) else {
            return;
        };
        let Question { caps, is_initial, .. } = question;
        let wishes = Arc::new(Wishes::read(query, self.config.limits.wishes_bytes_max));
        if !caps.is_verifiable() {
            // For this client alone (§5.4 step 2).
            return self.begin_interest(session, wishes, Some(caps), is_initial);
        }
        if ver(query).as_deref() != Some(caps.ver()) {
            return;
        }
        self.interests.cache.insert(caps.clone(), Arc::clone(&wishes), self.config.limits.capabilities_max);
        // Others were asked in the meantime; their answers are not needed any more.
        let same = self.interests.asked.iter().filter(|(_, asked)| asked.caps == caps);
        let same: Vec<(SessionId, bool)> = same.map(|(&other, asked)| (other, asked.is_initial)).collect();
        self.begin_interest(session, Arc::clone(&wishes), None, is_initial);
        for (other, is_initial) in same {
            self.interests.asked.swap_remove(&other);
            self.begin_interest(other, Arc::clone(&wishes), None, is_initial);
        }
    }

    /// A session's wishes are known. One that has just come online gets the newest items.
    fn begin_interest(
        &mut self,
        session: SessionId,
        wishes: Arc<Wishes>,
        own: Option<Caps>,
        is_initial: bool,
    ) {
        let is_any = !wishes.is_empty();
        self.interests.set(session, wishes, own, is_any && is_initial);
        if is_any && is_initial {
            self.run_when_logged(Effect::ShowWished { session });
        }
    }

    /// A session has told one user that it is, or is not, there for that user: as long as it is not, it hears nothing of
    /// that user's nodes without having subscribed.
    pub(crate) fn set_apart(&mut self, session: SessionId, from: &Jid, is_apart: bool) {
        let Some(user) = self.local_user(from.to_bare().as_str()) else { return };
        let localpart = self.sessions.localpart(user);
        let viewer = self.sessions.get(session).map(|known| known.jid.to_bare());
        // From others it hears nothing in any case.
        let concerns = viewer.is_some_and(|viewer| self.shows_presence_to(localpart, &viewer));
        if let Some(interest) = self.interests.sessions.get_mut(&session).filter(|_| concerns) {
            interest.apart.retain(|other| *other != user);
            if is_apart {
                interest.apart.push(user);
            }
        }
    }
}
