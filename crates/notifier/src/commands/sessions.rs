//! Commands that wait for a form: each belongs to one XMPP session, for a limited time.

use std::fmt;

use contact::Timestamp;
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{Condition, StanzaError};

use super::{AdHocCommand, CommandError};
use crate::input::SessionId;

/// Names one execution of a command: its `sessionid`. Never given twice: it has the time of its beginning and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionName {
    at: Timestamp,
    number: u64,
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.at.0, self.number)
    }
}

impl SessionName {
    fn read(text: &str) -> Option<Self> {
        let (at, number) = text.split_once('-')?;
        let name = SessionName {
            at: Timestamp(i64::from_str_radix(at, 16).ok()?),
            number: u64::from_str_radix(number, 16).ok()?,
        };
        // One spelling only.
        (name.to_string() == text).then_some(name)
    }
}

#[derive(Debug)]
struct CommandSession {
    owner: SessionId,
    command: AdHocCommand,
    expires: Timestamp,
}

/// All commands that wait for a form.
#[derive(Debug, Default)]
pub(crate) struct CommandSessions {
    sessions: IndexMap<SessionName, CommandSession, FixedState>,
    begun: u64,
}

impl CommandSessions {
    /// Begins a command.
    ///
    /// # Errors
    ///
    /// `resource-constraint` if the session has as many as it may.
    pub(super) fn begin(
        &mut self,
        owner: SessionId,
        command: AdHocCommand,
        at: Timestamp,
        max: usize,
        timeout_ms: i64,
    ) -> Result<SessionName, StanzaError> {
        self.sessions.retain(|_, session| session.expires > at);
        if self.sessions.values().filter(|session| session.owner == owner).count() >= max {
            return Err(StanzaError::from(Condition::ResourceConstraint)
                .with_text("As many commands as the server allows wait for a form; cancel some."));
        }
        let name = self.name(at);
        let expires = Timestamp(at.0.saturating_add(timeout_ms));
        self.sessions.insert(name, CommandSession { owner, command, expires });
        Ok(name)
    }

    /// A name for a command that is done at once.
    pub(super) fn name(&mut self, at: Timestamp) -> SessionName {
        self.begun += 1;
        SessionName { at, number: self.begun }
    }

    /// Finds a command that `owner` has begun.
    ///
    /// # Errors
    ///
    /// `bad-sessionid`, also for somebody else's; `session-expired`.
    pub(super) fn find(
        &mut self,
        id: &str,
        owner: SessionId,
        command: AdHocCommand,
        at: Timestamp,
    ) -> Result<SessionName, StanzaError> {
        let unknown = || CommandError::BadSessionId.with_text("No command of yours has this sessionid.");
        let name = SessionName::read(id).ok_or_else(unknown)?;
        let session = self.sessions.get(&name).ok_or_else(unknown)?;
        if session.owner != owner || session.command != command {
            return Err(unknown());
        }
        if session.expires <= at {
            self.sessions.swap_remove(&name);
            return Err(CommandError::SessionExpired.with_text("The form came too late; begin again."));
        }
        Ok(name)
    }

    /// The command is over.
    pub(super) fn end(&mut self, name: SessionName) {
        self.sessions.swap_remove(&name);
    }

    /// Forgets the commands of a session.
    pub(super) fn forget(&mut self, owner: SessionId) {
        self.sessions.retain(|_, session| session.owner != owner);
    }
}
