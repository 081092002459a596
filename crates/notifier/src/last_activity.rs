//! XEP-0012: since when is somebody away, and since when does the server run?

use contact::Timestamp;
use xmpp::{Condition, Element, IqType, Jid, StanzaError, ns};

use crate::input::SessionId;
use crate::notifier::{Notifier, Target};

impl Notifier {
    /// Tells the server's uptime, or how long a user has been away: 0 for one who is there. When a user left before this
    /// start of the server nobody noted.
    ///
    /// # Errors
    ///
    /// `forbidden` for users whose presence the asker may not see, whether they exist or not (XEP-0012 §3);
    /// `item-not-found` for one who has not been there since the server was started.
    pub(crate) fn last_activity(
        &self,
        session: SessionId,
        kind: IqType,
        target: &Target,
        to: Option<&Jid>,
        payload: &Element,
        at: Timestamp,
    ) -> Result<Option<Element>, StanzaError> {
        if kind != IqType::Get || payload.name() != "query" {
            return Err(Condition::BadRequest.into());
        }
        let since = match target {
            Target::Server => self.started,
            Target::Account => self.last_seen(self.sessions.get(session).map(|session| session.user), at)?,
            Target::Stranger => {
                let user = to.and_then(|to| self.sessions.find_user(to.node()?.as_str()));
                self.last_seen(user, at)?
            }
            _ => return Err(Condition::ServiceUnavailable.into()),
        };
        let seconds = at.0.saturating_sub(since.unwrap_or(at).0).max(0) / 1000;
        Ok(Some(Element::new("query", ns::LAST_ACTIVITY).with_attribute("seconds", seconds.to_string())))
    }

    /// Whether the asker may know when the user at this address was there; addresses that are nobody's concern may be asked.
    pub(crate) fn may_ask_activity(&self, session: SessionId, target: &Target, to: Option<&Jid>) -> bool {
        let own = self.sessions.get(session).map(|session| session.jid.to_bare());
        match (target, to.and_then(Jid::node), own) {
            (Target::Stranger | Target::Session(_) | Target::Absent, Some(localpart), Some(own)) => {
                self.shows_presence_to(localpart.as_str(), &own)
            }
            _ => true,
        }
    }

    fn last_seen(
        &self,
        user: Option<crate::sessions::UserIndex>,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StanzaError> {
        let user = user.map(|user| self.sessions.user(user));
        let is_there = user.is_some_and(|user| {
            user.sessions
                .iter()
                .any(|&session| self.sessions.get(session).is_some_and(|session| session.presence.is_some()))
        });
        if is_there {
            return Ok(Some(at));
        }
        match user.and_then(|user| user.left_at) {
            Some(left_at) => Ok(Some(left_at)),
            None => Err(StanzaError::from(Condition::ItemNotFound)
                .with_text("The user has not been here since the server was started.")),
        }
    }
}
