//! What happens because time passes.

use super::ContactCentre;
use super::calls::Draft;
use crate::{AgentState, Event, StateChange, Timestamp, UserId};

impl ContactCentre {
    /// When something happens by itself, if nothing else happens before: then [`Command::Elapse`](crate::Command::Elapse) is due.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let times = [
            self.wrapping_up.first().map(|(at, _)| *at),
            self.outside_answers_at(),
            self.ring_no_answer_at(),
            self.dialling_ends_at(),
            self.task_timeout(),
            self.queues.next_look(),
            self.team_messages.next_end(),
        ];
        times.into_iter().flatten().min()
    }

    /// What was due until `at`.
    pub(super) fn elapse(&self, at: Timestamp) -> Vec<Event> {
        let mut draft = Draft::new(self, at);
        let due = self.wrapping_up.iter().take_while(|(until, _)| *until <= at);
        for (_, user) in due {
            draft.wrap_up_is_over(user);
        }
        draft.outside_answers();
        draft.ring_no_answer();
        draft.give_up_dialling();
        let mut events = draft.finish();
        events.extend(self.tasks_not_accepted(at));
        events.extend(self.team_messages.over(at).map(|id| Event::TeamMessageEnded { id }));
        // What happens now is looked at next time, so that a look is always of what is in force.
        if events.is_empty() {
            let queues = self.queues.due(at).filter_map(|id| self.queues.get(id));
            events.extend(queues.map(|queue| Event::QueueLookedAt {
                queue: queue.id,
                at,
                found: self.queue_statistics(queue),
            }));
        }
        events
    }

    /// When the call of a queue that rings longest goes back to the queue.
    fn ring_no_answer_at(&self) -> Option<Timestamp> {
        let since = self.calls.first_ringing_from_queue()?;
        Some(Timestamp(since.0.saturating_add(i64::from(self.settings.ring_no_answer_after_ms))))
    }
}

impl Draft<'_> {
    /// There was enough time to wrap up: what was to come after the call comes now.
    fn wrap_up_is_over(&mut self, id: &UserId) {
        let Some(user) = self.user(id) else { return };
        let change = match (user.state, user.after_call) {
            (AgentState::Work | AgentState::WorkReady, Some(after)) => StateChange {
                state: after.state,
                reason: after.reason,
                extension: user.extension.clone().filter(|_| after.state != AgentState::Logout),
                at: self.at(),
                after_call: None,
            },
            (state, _) => {
                let is_ready = state == AgentState::WorkReady;
                let state = if is_ready { AgentState::Ready } else { AgentState::NotReady };
                StateChange::of(user, state, self.at())
            }
        };
        self.end_wrap_up(id);
        self.become_state_after_call(id, change);
    }
}
