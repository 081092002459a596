//! Calls that wait in a queue, and the agents to whom they are offered.

use super::draft::Draft;
use crate::centre::Deployment;
use crate::{
    Address, AgentState, CallType, Dialog, DialogId, ParticipantState, QueueId, Reason, StateChange,
    Timestamp, UserId,
};

impl Draft<'_> {
    /// The call waits in a queue from now on.
    pub(super) fn enter_queue(&mut self, id: DialogId, queue: QueueId) {
        let call_type = match self.deployment() {
            Deployment::Ucce => CallType::PrerouteAcdIn,
            Deployment::Uccx => CallType::AcdIn,
        };
        self.step(id, |dialog| {
            dialog.queue = Some(queue);
            if dialog.call_type != CallType::Consult {
                dialog.call_type = call_type;
            }
        });
    }

    /// Offers the calls that wait to the agents who are ready: the call that has waited longest first, to the agent who has.
    pub(super) fn distribute(&mut self) {
        for id in self.waiting() {
            let queue = self.dialog(id).and_then(|dialog| dialog.queue);
            let Some(queue) = queue.and_then(|queue| self.centre().queues.get(queue)) else { continue };
            let Some(agent) = self.longest_ready(queue) else { continue };
            let Some(extension) =
                self.user(&agent).and_then(|user| user.extension.as_ref()).map(Address::from)
            else {
                continue;
            };
            self.offer(id, &extension, agent);
        }
    }

    /// The telephone of an agent rings for a call that has waited.
    fn offer(&mut self, id: DialogId, extension: &Address, agent: UserId) {
        self.reserve(&agent, id);
        let party = self.party(extension.clone(), Some(agent.clone()), ParticipantState::Alerting);
        self.step(id, |dialog| {
            // Agents who have not taken it before do not belong to it any more; one who wraps it up still does.
            dialog.participants.retain(|party| party.state != ParticipantState::Dropped);
            dialog.audience.insert(agent);
            dialog.participants.push(party);
        });
    }

    /// Gives a call that an agent has not taken back to the queue. The agent is not ready, so that it is not offered again. A call of
    /// the dialler has no queue to go back to.
    pub(super) fn back_to_queue(&mut self, id: DialogId, agent: &UserId) {
        if self.dialog(id).is_some_and(|dialog| dialog.queue.is_none()) {
            return self.not_taken(id, agent);
        }
        let at = self.at();
        self.step(id, |dialog| {
            if let Some(own) = dialog.participant_of_mut(agent) {
                own.become_state(ParticipantState::Dropped, at);
            }
            dialog.audience.remove(agent);
        });
        let Some(user) = self.user(agent).filter(|user| user.state == AgentState::Reserved) else { return };
        let reason = match self.deployment() {
            Deployment::Ucce => Reason::NOT_ANSWERED_UCCE,
            Deployment::Uccx => Reason::NOT_ANSWERED_UCCX,
        };
        let signs_out = user.pending_state() == Some(AgentState::Logout);
        if signs_out {
            return self.settle(agent);
        }
        let change = StateChange {
            state: AgentState::NotReady,
            reason,
            extension: user.extension.clone(),
            at,
            after_call: None,
        };
        self.become_state(agent, change);
    }

    /// The agents who have let a call of a queue ring too long.
    pub(in crate::centre) fn ring_no_answer(&mut self) {
        let after = i64::from(self.centre().settings.ring_no_answer_after_ms);
        let due = Timestamp(self.at().0.saturating_sub(after));
        let ringing: Vec<DialogId> = self.centre().calls.ringing_from_queue_since(due).collect();
        for id in ringing {
            let agent = self.dialog(id).and_then(Dialog::offered_to).cloned();
            if let Some(agent) = agent {
                self.back_to_queue(id, &agent);
            }
        }
    }

    /// The calls that wait, longest first.
    fn waiting(&self) -> Vec<DialogId> {
        let mut waiting: Vec<(Timestamp, DialogId)> = self
            .possibly_waiting()
            .into_iter()
            .filter_map(|id| Some((self.dialog(id)?.waiting_since()?, id)))
            .collect();
        waiting.sort_unstable();
        waiting.into_iter().map(|(_, id)| id).collect()
    }

    /// The agent of a queue who has been ready longest.
    fn longest_ready(&self, queue: &crate::Queue) -> Option<UserId> {
        let teams = queue.teams.iter().filter_map(|id| self.centre().team(*id));
        let agents = teams.flat_map(|team| &team.members).filter_map(|id| self.user(id));
        let ready = agents.filter(|agent| {
            agent.state == AgentState::Ready
                && !self.is_busy(agent.id(), |_| true)
                && !self.is_bound_by_task(agent.id())
        });
        let longest = ready.min_by_key(|agent| (agent.state_changed_at, agent.id().clone()));
        longest.map(|agent| agent.id().clone())
    }
}
