//! Passwords on their way to become keys. That takes time and random numbers, so whoever owns this crate does it: a request
//! waits here between [`Output::Derive`] and [`Input::Derived`](crate::Input::Derived).

use contact::{Timestamp, UserId};
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{Condition, Password, Stanza, StanzaError};

use super::sessions::SessionName;
use super::{AdHocCommand, Stage};
use crate::change::{Change, Credentials};
use crate::input::{Derivation, Output, SessionId};
use crate::notifier::Notifier;

/// What a password is for.
#[derive(Clone, Debug)]
pub(crate) struct PasswordUse {
    pub(crate) user: UserId,
    pub(crate) password: Password,
    /// The account is to be made; otherwise it exists.
    pub(crate) is_new: bool,
}

#[derive(Debug)]
struct Waiting {
    session: SessionId,
    stanza: Stanza,
    command: AdHocCommand,
    name: SessionName,
    user: UserId,
    is_new: bool,
}

/// Requests that wait for keys; at most one per command that waits for a form.
#[derive(Debug, Default)]
pub(crate) struct Derivations {
    waiting: IndexMap<Derivation, Waiting, FixedState>,
    begun: u64,
}

impl Derivations {
    pub(super) fn is_waiting(&self, name: SessionName) -> bool {
        self.waiting.values().any(|waiting| waiting.name == name)
    }

    pub(super) fn forget(&mut self, name: SessionName) {
        self.waiting.retain(|_, waiting| waiting.name != name);
    }

    pub(super) fn forget_session(&mut self, session: SessionId) {
        self.waiting.retain(|_, waiting| waiting.session != session);
    }
}

impl Notifier {
    /// Asks for the keys of a password; the command goes on with [`Notifier::derived`].
    pub(super) fn derive(
        &mut self,
        session: SessionId,
        stanza: &Stanza,
        command: AdHocCommand,
        name: SessionName,
        purpose: PasswordUse,
    ) {
        self.derivations.begun += 1;
        let derivation = Derivation(self.derivations.begun);
        let PasswordUse { user, password, is_new } = purpose;
        // The answer needs the addresses and the id, and nobody needs the password twice.
        let mut stanza = stanza.clone();
        stanza.element = stanza.element.without_children();
        let waiting = Waiting { session, stanza, command, name, user, is_new };
        self.derivations.waiting.insert(derivation, waiting);
        self.outputs.push_back(Output::Derive { derivation, password });
    }

    /// A password has become keys, or has not because too many wait.
    pub(crate) fn derived(
        &mut self,
        derivation: Derivation,
        credentials: Option<Credentials>,
        at: Timestamp,
    ) {
        // Whoever asked may have gone, or cancelled; then nothing happens.
        let Some(waiting) = self.derivations.waiting.swap_remove(&derivation) else { return };
        let Waiting { session, stanza, command, name, user, is_new } = waiting;
        let decided = match credentials {
            None => Err(StanzaError::from(Condition::ResourceConstraint)
                .with_text("Too many passwords are being worked on; try again later.")),
            Some(keys) => self.decide_password(user, is_new, keys),
        };
        let done = decided
            .and_then(|changes| self.go_on(session, &stanza, command, name, Stage::Change(changes), at));
        if let Err(error) = done {
            self.reply(session, &stanza, Err(error));
        }
    }

    /// The world may have changed since the password was sent.
    fn decide_password(
        &self,
        user: UserId,
        is_new: bool,
        keys: Credentials,
    ) -> Result<Vec<Change>, StanzaError> {
        if is_new {
            self.check_new_account(&user)?;
            return Ok(vec![Change::AccountAdded { user: user.clone() }, Change::Credentials { user, keys }]);
        }
        if !self.durable.is_account(&user) {
            return Err(Condition::ItemNotFound.into());
        }
        Ok(vec![Change::Credentials { user, keys }])
    }
}
