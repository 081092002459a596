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
}

#[derive(Debug)]
struct Interest {
    wishes: Arc<Wishes>,
    /// What they come from, if no one else can be believed to have the same.
    own: Option<Caps>,
    /// Users whom the session has told that it is not there for them.
    apart: Vec<UserIndex>,
    /// Those of the wishes that are new. It is going to be shown the newest items of these nodes, and hears nothing of them
    /// until then: it would hear some twice.
    due: Arc<Wishes>,
}

impl Interests {
    /// Whether nobody wants to hear of anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Whether a session wants to hear of a node of this name, if `owner` has it.
    pub(crate) fn has(&self, session: SessionId, node: &str, owner: UserIndex) -> bool {
        self.sessions.get(&session).is_some_and(|interest| {
            interest.wishes.contains(node) && !interest.due.contains(node) && !interest.apart.contains(&owner)
        })
    }

    /// What a session wants to hear of.
    pub(crate) fn of(&self, session: SessionId) -> Option<Arc<Wishes>> {
        self.sessions.get(&session).map(|interest| Arc::clone(&interest.wishes))
    }

    /// The new wishes of a session, which are not new any more.
    pub(crate) fn take_due(&mut self, session: SessionId) -> Arc<Wishes> {
        let interest = self.sessions.get_mut(&session);
        interest.map(|interest| std::mem::take(&mut interest.due)).unwrap_or_default()
    }

    /// Makes a session wish this, as another process knew it.
    pub(crate) fn restore(&mut self, session: SessionId, wishes: Wishes) {
        if !wishes.is_empty() {
            self.set(session, Arc::new(wishes), None);
            self.take_due(session);
        }
    }

    /// A session is no longer available.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.asked.swap_remove(&session);
        self.sessions.swap_remove(&session);
    }

    /// Sets what a session wishes from now on. True if some of that is new.
    fn set(&mut self, session: SessionId, wishes: Arc<Wishes>, own: Option<Caps>) -> bool {
        let before = self.sessions.swap_remove(&session);
        if wishes.is_empty() && own.is_none() {
            return false;
        }
        let due = match &before {
            None => Arc::clone(&wishes),
            Some(before) => {
                let heard = |node: &str| before.wishes.contains(node) && !before.due.contains(node);
                Arc::new(wishes.without(heard))
            }
        };
        let is_any_new = !due.is_empty();
        // Said before it was known what it wishes: presence to all has taken back what was said before that.
        let apart = before.map(|before| before.apart).unwrap_or_default();
        self.sessions.insert(session, Interest { wishes, own, apart, due });
        is_any_new
    }
}

impl Notifier {
    /// A session has broadcast presence: what it says about the client counts from now on, or as soon as it is known what
    /// that stands for. Until then the client wishes what it wished.
    pub(crate) fn note_capabilities(&mut self, session: SessionId, presence: &Element) {
        if !self.config.personal_nodes {
            return;
        }
        let Some(caps) = Caps::read(presence) else { return self.interests.forget(session) };
        let known = self.interests.sessions.get_mut(&session);
        let is_same = known.is_some_and(|known| {
            // It is there for everybody again.
            known.apart.clear();
            known.own.as_ref() == Some(&caps)
        });
        if self.interests.asked.get(&session).is_some_and(|question| question.caps == caps) {
            return;
        }
        self.interests.asked.swap_remove(&session);
        if let Some(wishes) = self.interests.cache.get(&caps) {
            self.begin_interest(session, wishes, None);
        } else if !is_same {
            self.ask_capabilities(session, caps);
        }
    }

    /// Asks a client what its hash stands for (XEP-0115 §5.4).
    fn ask_capabilities(&mut self, session: SessionId, caps: Caps) {
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
        self.interests.asked.insert(session, Question { id, caps });
        self.outputs.push_back(Output::Send { session, element: xml });
    }

    /// Takes an answer to our question; any other answer means nothing here. Who answers with an error, or with something
    /// that the hash does not stand for, wants to hear of nothing.
    pub(crate) fn take_capabilities(&mut self, session: SessionId, stanza: &Stanza) {
        let id = stanza.element.attribute("id");
        if self.interests.asked.get(&session).is_none_or(|asked| Some(&*asked.id) != id) {
            return;
        }
        let Some(Question { caps, .. }) = self.interests.asked.swap_remove(&session) else { return };
        let query = stanza.element.child("query", ns::DISCO_INFO);
        let query = query.filter(|_| stanza.element.attribute("type") == Some("result"));
        let is_believed =
            |query: &&Element| !caps.is_verifiable() || ver(query).as_deref() == Some(caps.ver());
        let Some(query) = query.filter(is_believed) else { return self.interests.forget(session) };
        let wishes = Arc::new(Wishes::read(query, self.config.limits.wishes_bytes_max));
        if !caps.is_verifiable() {
            // For this client alone (§5.4 step 2).
            return self.begin_interest(session, wishes, Some(caps));
        }
        self.interests.cache.insert(caps.clone(), Arc::clone(&wishes), self.config.limits.capabilities_max);
        // Others were asked in the meantime; their answers are not needed any more.
        let same = self.interests.asked.iter().filter(|(_, asked)| asked.caps == caps);
        let same: Vec<SessionId> = same.map(|(&other, _)| other).collect();
        self.begin_interest(session, Arc::clone(&wishes), None);
        for other in same {
            self.interests.asked.swap_remove(&other);
            self.begin_interest(other, Arc::clone(&wishes), None);
        }
    }

    /// A session's wishes are known. It gets the newest items of the nodes that it has not wished for before: all of them if it
    /// has just come online, and otherwise those that it is a new subscriber of (XEP-0163 §4.3.4).
    fn begin_interest(&mut self, session: SessionId, wishes: Arc<Wishes>, own: Option<Caps>) {
        if self.interests.set(session, wishes, own) {
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
