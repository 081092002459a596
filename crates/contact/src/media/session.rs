//! An agent's sign-in to a media domain, and the state that follows from it.

use serde::{Deserialize, Serialize};

use super::TaskState;
use crate::{Reason, Timestamp};

/// An agent is signed in to a media domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaSession {
    /// What was agreed when the agent signed in.
    #[serde(flatten)]
    pub terms: MediaTerms,
    /// Whether the agent wants tasks; while there are some, that shows when they are done.
    pub ready: bool,
    /// Why not.
    #[serde(default)]
    pub reason: Reason,
    /// Whether tasks may be given to the agent, ready or not.
    pub routable: bool,
    /// The state, which follows from the rest and from the agent's tasks.
    pub state: MediaState,
    /// Since when.
    pub since: Timestamp,
}

/// What an agent signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaTerms {
    /// The most tasks at a time, 1 to 10.
    pub dialogs_max: u8,
    /// What becomes of a task when work of another domain comes in between.
    pub interrupt: InterruptAction,
    /// What becomes of the tasks when the agent signs out.
    pub at_logout: LogoutAction,
}

impl MediaTerms {
    /// The most that `dialogs_max` can be.
    pub const DIALOGS_MAX: u8 = 10;
}

/// One task at a time, which waits when a call comes and is closed at sign-out.
impl Default for MediaTerms {
    fn default() -> Self {
        Self { dialogs_max: 1, interrupt: InterruptAction::Accept, at_logout: LogoutAction::Close }
    }
}

/// What becomes of a task when work of another domain comes in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InterruptAction {
    /// It waits.
    Accept,
    /// The agent goes on with both.
    Ignore,
}

impl InterruptAction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Accept, Self::Ignore];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Ignore => "IGNORE",
        }
    }
}

/// What becomes of the tasks of an agent who signs out, or whose desktop is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogoutAction {
    /// They are done.
    Close,
    /// They wait for another agent.
    Transfer,
}

impl LogoutAction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Close, Self::Transfer];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Close => "CLOSE",
            Self::Transfer => "TRANSFER",
        }
    }
}

/// The state of an agent in a media domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaState {
    /// Signed out.
    Logout,
    /// No task, and wants none.
    NotReady,
    /// Waits for a task.
    Ready,
    /// A task is offered or not begun yet.
    Reserved,
    /// Works on a task.
    Active,
    /// Will go on with a task later.
    Paused,
    /// Work of another domain has come in between.
    Interrupted,
    /// Writes down what was done, and wants the next task.
    WorkReady,
    /// Writes down what was done, and wants no other.
    WorkNotReady,
}

impl MediaState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Logout,
        Self::NotReady,
        Self::Ready,
        Self::Reserved,
        Self::Active,
        Self::Paused,
        Self::Interrupted,
        Self::WorkReady,
        Self::WorkNotReady,
    ];

    /// The name on the wire, for instance `WORK_NOT_READY`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::NotReady => "NOT_READY",
            Self::Ready => "READY",
            Self::Reserved => "RESERVED",
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Interrupted => "INTERRUPTED",
            Self::WorkReady => "WORK_READY",
            Self::WorkNotReady => "WORK_NOT_READY",
        }
    }
}

impl MediaSession {
    /// A session that begins: not ready.
    pub(crate) fn new(terms: MediaTerms, at: Timestamp) -> Self {
        let reason = Reason::Unspecified;
        Self { terms, ready: false, reason, routable: true, state: MediaState::NotReady, since: at }
    }

    /// The state that follows. With several tasks it is the first that fits of: ready or not ready, interrupted, active,
    /// wrapping up, paused, reserved.
    ///
    /// - `tasks`: how far the agent is with each task of the domain.
    /// - `is_interrupted`: whether the agent does work of another domain that comes in between.
    pub(crate) fn state_with(&self, tasks: &[TaskState], is_interrupted: bool) -> MediaState {
        let has = |state| tasks.contains(&state);
        if tasks.is_empty() {
            return if self.ready { MediaState::Ready } else { MediaState::NotReady };
        }
        if has(TaskState::Active) {
            let waits = is_interrupted && self.terms.interrupt == InterruptAction::Accept;
            return if waits { MediaState::Interrupted } else { MediaState::Active };
        }
        if has(TaskState::WrappingUp) {
            return if self.ready { MediaState::WorkReady } else { MediaState::WorkNotReady };
        }
        if has(TaskState::Paused) { MediaState::Paused } else { MediaState::Reserved }
    }

    /// Takes over the state that follows; says whether it is another.
    pub(crate) fn become_state(&mut self, state: MediaState, at: Timestamp) -> bool {
        let is_other = self.state != state;
        if is_other {
            self.state = state;
            self.since = at;
        }
        is_other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskState::{Accepted, Active, Offered, Paused, WrappingUp};

    #[test]
    fn of_several_tasks_the_first_that_fits_shows() {
        let session =
            |ready| MediaSession { ready, ..MediaSession::new(MediaTerms::default(), Timestamp(0)) };
        for (tasks, interrupted, ready, state) in [
            (&[][..], false, true, MediaState::Ready),
            (&[], true, false, MediaState::NotReady),
            (&[Offered], false, true, MediaState::Reserved),
            (&[Accepted, Offered], false, true, MediaState::Reserved),
            (&[Paused, Offered], false, true, MediaState::Paused),
            (&[Paused, WrappingUp, Offered], false, true, MediaState::WorkReady),
            (&[Paused, WrappingUp], false, false, MediaState::WorkNotReady),
            (&[Paused, WrappingUp, Active, Offered], false, true, MediaState::Active),
            (&[Paused, Active], true, true, MediaState::Interrupted),
            (&[Paused], true, true, MediaState::Paused),
        ] {
            assert_eq!(session(ready).state_with(tasks, interrupted), state, "{tasks:?}");
        }
        let mut ignores = session(true);
        ignores.terms.interrupt = InterruptAction::Ignore;
        assert_eq!(ignores.state_with(&[Active], true), MediaState::Active);
    }

    #[test]
    fn the_log_spells_a_state_as_the_wire_does() {
        for state in MediaState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for action in InterruptAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
        for action in LogoutAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
    }
}
