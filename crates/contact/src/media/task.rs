//! A task: what is waited for, and who works on it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CallData, IdError, ObjectId, Timestamp, UserId};

/// A piece of work in a media domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its number, 1 or more. No other task has it, of whatever domain.
    pub number: u32,
    /// The domain that it is in.
    pub media: ObjectId,
    /// How often it has been given to somebody.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offers: u32,
    /// Since when there is this task.
    pub created_at: Timestamp,
    /// Who works on it; none while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Assignment>,
    /// What is written on it.
    #[serde(default, skip_serializing_if = "CallData::is_empty")]
    pub data: CallData,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Task {
    /// A task that waits.
    pub(crate) fn new(number: u32, media: ObjectId, data: CallData, at: Timestamp) -> Self {
        Self { number, media, offers: 0, created_at: at, assigned: None, data }
    }

    /// Its name for the agent who has it.
    pub fn id(&self) -> TaskId {
        TaskId { media: self.media, number: self.number, offer: self.offers.max(1) }
    }

    /// Who has it.
    pub fn agent(&self) -> Option<&UserId> {
        self.assigned.as_ref().map(|assigned| &assigned.agent)
    }

    /// How far the agent is who has it.
    pub fn state(&self) -> Option<TaskState> {
        self.assigned.as_ref().map(|assigned| assigned.state)
    }

    /// The same task, offered to somebody.
    pub(crate) fn offered_to(&self, agent: UserId, at: Timestamp) -> Self {
        let assigned = Assignment { agent, state: TaskState::Offered, since: at, changed_at: at };
        Self { offers: self.offers.saturating_add(1), assigned: Some(assigned), ..self.clone() }
    }

    /// The same task, with the agent in another state.
    pub(crate) fn in_state(&self, state: TaskState, at: Timestamp) -> Self {
        let assigned = self.assigned.clone();
        let assigned = assigned.map(|assigned| Assignment { state, changed_at: at, ..assigned });
        Self { assigned, ..self.clone() }
    }

    /// The same task, with nobody.
    pub(crate) fn given_back(&self) -> Self {
        Self { assigned: None, ..self.clone() }
    }
}

/// Who works on a task, and how far that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Who.
    pub agent: UserId,
    /// How far.
    pub state: TaskState,
    /// Since when it is with this agent.
    pub since: Timestamp,
    /// Since when in this state.
    pub changed_at: Timestamp,
}

/// The name of a task for one agent: `{media domain}_{number}_{offer}`, for instance `5001_17_1`.
///
/// Who is given a task that somebody else had before sees another `Dialog`, so the last number counts the agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId {
    /// The domain that it is in.
    pub media: ObjectId,
    /// Its number, 1 or more. No other task has it, of whatever domain.
    pub number: u32,
    /// How often it has been given to somebody, this time included.
    pub offer: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.media, self.number, self.offer)
    }
}

impl FromStr for TaskId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut parts = text.split('_').map(str::parse::<ObjectId>);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(media)), Some(Ok(number)), Some(Ok(offer)), None) => {
                Ok(Self { media, number: number.0, offer: offer.0 })
            }
            _ => Err(IdError::Task),
        }
    }
}

impl TryFrom<String> for TaskId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.to_string()
    }
}

/// How far an agent is with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskState {
    /// The agent is asked.
    Offered,
    /// The agent has taken it and not begun.
    Accepted,
    /// The agent works on it.
    Active,
    /// The agent will go on later.
    Paused,
    /// Work of another domain has come in between. It follows from the session and is not kept.
    Interrupted,
    /// The agent writes down what was done.
    WrappingUp,
    /// It is no longer with this agent.
    Closed,
}

impl TaskState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Offered,
        Self::Accepted,
        Self::Active,
        Self::Paused,
        Self::Interrupted,
        Self::WrappingUp,
        Self::Closed,
    ];

    /// The name on the wire, for instance `WRAPPING_UP`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "OFFERED",
            Self::Accepted => "ACCEPTED",
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Interrupted => "INTERRUPTED",
            Self::WrappingUp => "WRAPPING_UP",
            Self::Closed => "CLOSED",
        }
    }

    /// What the agent may do with a task in this state. Where the guide does not say, what its pictures of a task's life have.
    pub fn actions(self) -> &'static [TaskAction] {
        match self {
            Self::Offered => &[TaskAction::Accept],
            Self::Accepted => &[TaskAction::Start, TaskAction::Close, TaskAction::Transfer],
            Self::Active => &[TaskAction::Pause, TaskAction::WrapUp, TaskAction::Close, TaskAction::Transfer],
            Self::Paused => {
                &[TaskAction::Resume, TaskAction::WrapUp, TaskAction::Close, TaskAction::Transfer]
            }
            Self::WrappingUp => &[TaskAction::Close],
            Self::Interrupted | Self::Closed => &[],
        }
    }
}

/// What an agent does with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskAction {
    /// Take it.
    Accept,
    /// Begin.
    Start,
    /// Go on later.
    Pause,
    /// Go on now.
    Resume,
    /// Be done but for the paper.
    WrapUp,
    /// Be done.
    Close,
    /// Give it back, for another agent.
    Transfer,
}

impl TaskAction {
    /// Every action.
    pub const ALL: [Self; 7] =
        [Self::Accept, Self::Start, Self::Pause, Self::Resume, Self::WrapUp, Self::Close, Self::Transfer];

    /// The name on the wire, for instance `WRAP_UP`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Start => "START",
            Self::Pause => "PAUSE",
            Self::Resume => "RESUME",
            Self::WrapUp => "WRAP_UP",
            Self::Close => "CLOSE",
            Self::Transfer => "TRANSFER",
        }
    }

    /// The state that the action leads to while the task stays with the agent; none if it does not.
    pub(crate) fn leads_to(self) -> Option<TaskState> {
        match self {
            Self::Accept => Some(TaskState::Accepted),
            Self::Start | Self::Resume => Some(TaskState::Active),
            Self::Pause => Some(TaskState::Paused),
            Self::WrapUp => Some(TaskState::WrappingUp),
            Self::Close | Self::Transfer => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_reads_back() {
        let id = TaskId { media: ObjectId(5001), number: 17, offer: 2 };
        assert_eq!(id.to_string(), "5001_17_2");
        assert_eq!("5001_17_2".parse(), Ok(id));
        for text in ["", "5001", "5001_17", "5001_17_1_1", "5001_017_1", "5001_0_1", "a_1_1", "5001__1"] {
            assert_eq!(text.parse::<TaskId>(), Err(IdError::Task), "{text}");
        }
    }

    #[test]
    fn the_log_spells_a_state_as_the_wire_does() {
        for state in TaskState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
