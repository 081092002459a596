//! Agents whose desktops have gone: after a grace period the contact centre hears of it, and signs them out.
//!
//! A desktop is there while one of the user's sessions has sent presence and has a connection. A session that waits to be resumed
//! keeps its presence for everybody else, but nobody sits in front of it. Who has never sent presence is not watched: there are
//! clients that only use the web service.

use std::collections::BTreeSet;

use contact::{Command, Timestamp, User, UserId};
use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::accounts::contact_changes;
use crate::effects::Effect;
use crate::input::SessionId;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// Users whose desktops have gone, and when that is acted upon.
#[derive(Debug, Default)]
pub(crate) struct Absences {
    due: BTreeSet<(Timestamp, UserIndex)>,
    until: IndexMap<UserIndex, Timestamp, FixedState>,
}

impl Absences {
    fn begin(&mut self, user: UserIndex, until: Timestamp) {
        if self.until.get(&user).is_none() {
            self.until.insert(user, until);
            self.due.insert((until, user));
        }
    }

    fn end(&mut self, user: UserIndex) {
        if let Some(until) = self.until.swap_remove(&user) {
            self.due.remove(&(until, user));
        }
    }
}

impl Notifier {
    /// A session has lost its connection, or has one again. One without presence does not count.
    pub(crate) fn watch_connection(&mut self, session: SessionId, at: Timestamp) {
        if self.sessions.get(session).is_some_and(|known| known.presence.is_some()) {
            self.watch_desktop(session, at);
        }
    }

    /// The presence of one of a user's sessions has come or gone.
    pub(crate) fn watch_desktop(&mut self, session: SessionId, at: Timestamp) {
        let Some(user) = self.sessions.get(session).map(|known| known.user) else { return };
        if self.has_desktop(user) {
            self.absences.end(user);
            self.arrived(user, at);
        } else if let Some(grace) = self.config.presence_grace
            && self.is_signed_in(user)
        {
            let grace_ms = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
            self.absences.begin(user, Timestamp(at.0.saturating_add(grace_ms)));
        }
    }

    fn has_desktop(&self, user: UserIndex) -> bool {
        self.sessions.user(user).sessions.iter().any(|&session| {
            !self.is_waiting(session)
                && self.sessions.get(session).is_some_and(|known| known.presence.is_some())
        })
    }

    /// The log has lost that the user was signed out.
    pub(crate) fn absent_again(&mut self, user: UserIndex, due: Timestamp) {
        if !self.has_desktop(user) {
            self.absences.begin(user, due);
        }
    }

    /// Whoever signs in later, without a desktop, does not need one.
    fn is_signed_in(&self, user: UserIndex) -> bool {
        let id = UserId::new(self.sessions.localpart(user)).ok();
        let centre = &self.durable.centre;
        id.is_some_and(|id| centre.user(&id).is_some_and(User::is_signed_in) || centre.has_media_session(&id))
    }

    /// When the next absence has lasted too long.
    pub(crate) fn next_absence(&self) -> Option<Timestamp> {
        self.absences
            .due
            .first()
            .map(|(until, _)| *until)
            .filter(|_| self.is_in_service() && self.accepts_changes())
    }

    /// Tells the contact centre of the users whose desktops have been gone for too long.
    pub(crate) fn end_absences(&mut self, at: Timestamp) {
        while self.next_absence().is_some_and(|due| due <= at) {
            let Some((due, index)) = self.absences.due.first().copied() else { return };
            self.absences.end(index);
            let Ok(user) = UserId::new(self.sessions.localpart(index)) else { continue };
            let command = Command::DesktopLost { user };
            match self.durable.centre.decide(&contact::Actor::system(), &command, at) {
                Ok(events) if events.is_empty() => {}
                Ok(events) => {
                    let lost = Effect::DesktopLost { user: index, due };
                    self.commit(contact_changes(events, None), vec![lost], at);
                }
                // Not a user of the contact centre, or one who cannot be signed out now: looked at again.
                Err(refusal) if refusal.status == 404 => {}
                Err(_) => {
                    let grace = self.config.presence_grace.unwrap_or_default();
                    let grace_ms = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX).max(1);
                    self.absences.begin(index, Timestamp(at.0.saturating_add(grace_ms)));
                }
            }
        }
    }
}
