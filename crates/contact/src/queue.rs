//! A queue: callers who dial one of its numbers wait there for an agent.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Address, ApiPath, QueueId, TeamId, Timestamp};

/// What is configured about a queue. It is written to the log as it stands: add fields, never change one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Its number.
    pub id: QueueId,
    /// What people call it, at most 64 characters.
    pub name: String,
    /// What callers dial. No number belongs to two queues.
    pub numbers: BTreeSet<Address>,
    /// The teams whose agents take its calls.
    pub teams: BTreeSet<TeamId>,
}

impl Queue {
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 64;
    /// The most numbers of one queue.
    pub const NUMBERS_MAX: usize = 100;

    /// Where the queue is found.
    pub fn path(&self) -> ApiPath {
        ApiPath::Queue(self.id)
    }
}

/// How it stands with a queue.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Queue API parameters".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueStatistics {
    /// Callers who wait.
    pub calls_in_queue: u32,
    /// Since when the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_waiting_since: Option<Timestamp>,
    /// Agents who wait for a call.
    pub ready: u32,
    /// Agents who take none.
    pub not_ready: u32,
    /// Agents to whom a call is being offered.
    pub busy_other: u32,
    /// Agents who are signed in.
    pub logged_on: u32,
    /// Agents in a call that came from outside.
    pub talking_inbound: u32,
    /// Agents in a call that they made to somebody outside.
    pub talking_outbound: u32,
    /// Agents in a call among themselves.
    pub talking_internal: u32,
    /// Agents who wrap up and will not be ready.
    pub wrap_up_not_ready: u32,
    /// Agents who wrap up and will be ready.
    pub wrap_up_ready: u32,
}
