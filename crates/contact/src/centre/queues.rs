//! The queues: which there are, how it stands with them, and when that is told.

use std::collections::{BTreeMap, BTreeSet};

use super::ContactCentre;
use crate::{Address, AgentState, CallType, Queue, QueueId, QueueStatistics, TeamId, Timestamp, User};

/// All queues.
#[derive(Clone, Debug, Default, Eq)]
pub(super) struct Queues {
    queues: BTreeMap<QueueId, Queue>,
    numbers: BTreeMap<Address, QueueId>,
    /// What was told last, and when.
    told: BTreeMap<QueueId, (Timestamp, QueueStatistics)>,
    /// Where something has happened since, by the time when that is to be looked at.
    touched: BTreeSet<(Timestamp, QueueId)>,
}

/// When a queue is looked at next is no part of what is true: a snapshot does not say it, and after a start all are.
impl PartialEq for Queues {
    fn eq(&self, other: &Self) -> bool {
        (&self.queues, &self.numbers, &self.told) == (&other.queues, &other.numbers, &other.told)
    }
}

impl Queues {
    pub(super) fn get(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(&id)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Queue> {
        self.queues.values()
    }

    /// The queue that callers of this number come to.
    pub(super) fn at(&self, number: &Address) -> Option<QueueId> {
        self.numbers.get(number).copied()
    }

    pub(super) fn insert(&mut self, queue: Queue) {
        for number in &queue.numbers {
            self.numbers.insert(number.clone(), queue.id);
        }
        self.queues.insert(queue.id, queue);
    }

    /// Something has happened that may show in the statistics of the queues of `team`.
    pub(super) fn touch_team(&mut self, team: TeamId, at: Timestamp) {
        let ids: Vec<QueueId> =
            self.queues.values().filter(|queue| queue.teams.contains(&team)).map(|queue| queue.id).collect();
        for id in ids {
            self.touch(id, at);
        }
    }

    /// Something has happened that may show in the statistics.
    pub(super) fn touch(&mut self, id: QueueId, at: Timestamp) {
        if !self.queues.contains_key(&id) || self.touched.iter().any(|(_, other)| *other == id) {
            return;
        }
        let earliest = self.told.get(&id).map_or(at, |(told, _)| Timestamp(told.0 + TELL_EVERY_MS));
        self.touched.insert((earliest.max(at), id));
    }

    /// When the next queue is to be looked at.
    pub(super) fn next_look(&self) -> Option<Timestamp> {
        self.touched.first().map(|(at, _)| *at)
    }

    /// The queues that are to be looked at now.
    pub(super) fn due(&self, at: Timestamp) -> impl Iterator<Item = QueueId> {
        self.touched.iter().take_while(move |(due, _)| *due <= at).map(|(_, id)| *id)
    }

    /// Notes what was found; says whether that is news.
    pub(super) fn looked_at(&mut self, id: QueueId, at: Timestamp, found: QueueStatistics) -> bool {
        self.touched.retain(|(_, other)| *other != id);
        let is_news = self.told.get(&id).is_none_or(|(_, told)| *told != found);
        if is_news {
            self.told.insert(id, (at, found));
        }
        is_news
    }

    /// What was told last, and when.
    pub(super) fn told(&self) -> impl Iterator<Item = (QueueId, Timestamp, QueueStatistics)> {
        self.told.iter().map(|(id, (at, statistics))| (*id, *at, *statistics))
    }
}

/// A queue's statistics are told at most this often.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Queue notifications".
const TELL_EVERY_MS: i64 = 10_000;

impl ContactCentre {
    /// The queue with this number.
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id)
    }

    /// All queues, by number.
    pub fn queues(&self) -> impl ExactSizeIterator<Item = &Queue> {
        self.queues.iter()
    }

    /// The queues of a user: those of the own team, and of the teams that the user supervises.
    pub fn queues_of<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a Queue> {
        let concerns = |team: &TeamId| user.details.team == Some(*team) || user.supervises(*team);
        self.queues.iter().filter(move |queue| queue.teams.iter().any(concerns))
    }

    /// How it stands with a queue now.
    pub fn queue_statistics(&self, queue: &Queue) -> QueueStatistics {
        let mut statistics = QueueStatistics::default();
        for dialog in self.calls.waiting_in(queue.id) {
            statistics.calls_in_queue += 1;
            let since = dialog.waiting_since();
            let first = statistics.longest_waiting_since;
            statistics.longest_waiting_since = first.into_iter().chain(since).min();
        }
        let teams = queue.teams.iter().filter_map(|id| self.team(*id));
        for agent in teams.flat_map(|team| &team.members).filter_map(|id| self.user(id)) {
            let count = match agent.state {
                AgentState::Logout => continue,
                AgentState::Ready => &mut statistics.ready,
                AgentState::NotReady | AgentState::Unknown => &mut statistics.not_ready,
                AgentState::Reserved | AgentState::ReservedOutbound | AgentState::ReservedOutboundPreview => {
                    &mut statistics.busy_other
                }
                AgentState::Work => &mut statistics.wrap_up_not_ready,
                AgentState::WorkReady => &mut statistics.wrap_up_ready,
                AgentState::Talking | AgentState::Hold => match self.direction_of(agent) {
                    CallType::Out => &mut statistics.talking_outbound,
                    CallType::AgentInside | CallType::Consult => &mut statistics.talking_internal,
                    _ => &mut statistics.talking_inbound,
                },
            };
            *count += 1;
            statistics.logged_on += 1;
        }
        statistics
    }

    /// The kind of the newest call that the agent is in.
    fn direction_of(&self, agent: &User) -> CallType {
        let is_in_it =
            |dialog: &&crate::Dialog| dialog.live().any(|party| party.user.as_ref() == Some(agent.id()));
        self.calls.of(agent.id()).filter(is_in_it).last().map_or(CallType::OtherIn, |dialog| dialog.call_type)
    }
}
