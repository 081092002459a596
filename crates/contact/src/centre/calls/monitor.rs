//! Supervisors in agents' calls: listening, joining, taking somebody out.

use super::draft::{Draft, Origin};
use crate::{
    Action, Actor, Address, AgentState, CallData, CallType, Dialog, DialogId, Failure, Part, Participant,
    ParticipantState, Refusal, Role, User, UserId,
};

impl Draft<'_> {
    /// The supervisor listens to the agent at `to`, who is in a call.
    pub(super) fn silent_monitor(
        &mut self,
        actor: &Actor,
        supervisor: &User,
        to: &Address,
    ) -> Result<(), Refusal> {
        let agent = self.supervised_agent(actor, to)?;
        let Some(extension) = &supervisor.extension else {
            self.fail(supervisor.id(), None, Failure::InvalidObjectState);
            return Ok(());
        };
        if self.is_busy(supervisor.id(), |_| true) {
            return Err(Refusal::invalid_state(supervisor.id().as_str(), "the supervisor is in a call"));
        }
        let Some(heard) = self.active_call(&agent).filter(|_| self.is_talking(&agent)) else {
            return Err(Refusal::invalid_state(agent.as_str(), "the agent is not in a call"));
        };
        if self.monitor_of(&agent).is_some() {
            return Err(Refusal::invalid_state(agent.as_str(), "somebody listens to this agent already"));
        }
        let from = Address::from(extension);
        if supervisor.state == AgentState::Ready {
            self.leave_ready(supervisor);
        }
        let listener = self.party(from.clone(), Some(supervisor.id().clone()), ParticipantState::Active);
        let listener = Participant { part: Part::Listener, ..listener };
        let heard_agent = self.party(to.clone(), Some(agent.clone()), ParticipantState::Active);
        let heard_agent = Participant { part: Part::Monitored, ..heard_agent };
        let monitor = self.begin(
            CallType::SupervisorMonitor,
            from,
            to.clone(),
            listener,
            CallData::default(),
            Origin::Call(heard),
        );
        self.step(monitor, |dialog| {
            dialog.audience.insert(agent);
            dialog.participants.push(heard_agent);
        });
        self.settle(supervisor.id());
        Ok(())
    }

    /// The supervisor who listens joins the call.
    pub(super) fn barge(
        &mut self,
        actor: &Actor,
        supervisor: &User,
        to: &Address,
        monitor: DialogId,
    ) -> Result<(), Refusal> {
        let agent = self.supervised_agent(actor, to)?;
        let listening = self.dialog(monitor).filter(|dialog| {
            dialog.call_type == CallType::SupervisorMonitor
                && dialog.participant_of(supervisor.id()).is_some_and(|own| own.part == Part::Listener)
                && dialog.participant_of(&agent).is_some()
        });
        let heard = listening.and_then(|dialog| dialog.associated).and_then(|id| self.dialog(id));
        let Some(heard) = heard else {
            let why = "the supervisor does not listen to this agent in that dialog";
            return Err(Refusal::invalid_state(monitor.to_string(), why));
        };
        let id = heard.id;
        match heard.participant_of(&agent).map(|party| party.state) {
            Some(ParticipantState::Held) => {
                return Err(Refusal::invalid_destination(to.as_str(), "the agent has put the call on hold"));
            }
            Some(ParticipantState::Active) => {}
            _ => return Err(Refusal::invalid_state(agent.as_str(), "the agent is not in the call")),
        }
        if heard.controller.as_ref().is_some_and(|controller| *controller != agent) {
            return Err(barge_refused("20999", to, "the agent is not the one who set up the conference"));
        }
        if heard.live().count() >= self.centre().settings().conference_parties_max {
            return Err(barge_refused("20700", to, "the conference has as many parties as it may have"));
        }
        let Some(own) = supervisor.extension.as_ref().map(Address::from) else {
            self.fail(supervisor.id(), None, Failure::InvalidObjectState);
            return Ok(());
        };
        self.merge(monitor);
        let joined = self.party(own, Some(supervisor.id().clone()), ParticipantState::Active);
        self.step(id, |dialog| {
            dialog.call_type = CallType::Conference;
            dialog.controller = Some(agent.clone());
            dialog.secondary = Some(monitor);
            dialog.audience.insert(supervisor.id().clone());
            dialog.participants.push(joined);
        });
        self.settle_all(id);
        Ok(())
    }

    /// A supervisor who is in a conference takes an agent out of it.
    pub(super) fn drop_participant(
        &mut self,
        actor: &Actor,
        dialog: &Dialog,
        target: &Address,
    ) -> Result<(), Refusal> {
        if !actor.roles.has(Role::Supervisor) {
            return Err(Refusal::unauthorized(actor.id.as_str()));
        }
        let is_in_it = dialog.participant_of(&actor.id).is_some_and(|own| own.state.is_live());
        if !is_in_it {
            return Err(Refusal::not_your_resource(actor.id.as_str()));
        }
        let Some(party) = dialog.live().find(|party| party.address == *target) else {
            return Err(Refusal::invalid_destination(
                target.as_str(),
                "nobody with this number is in the call",
            ));
        };
        let fits = matches!(
            party.state,
            ParticipantState::Active | ParticipantState::Held | ParticipantState::Accepted
        );
        if !party.is_agent_device() || !fits || dialog.live().count() < CONFERENCE_PARTIES_MIN {
            self.fail(&actor.id, Some(dialog.id), Failure::ActionNotAllowed);
            return Ok(());
        }
        self.leave(dialog.id, |party| party.address == *target);
        Ok(())
    }

    /// Whoever listens to the agents of a call that they have left listens no more.
    pub(super) fn stop_listening_to(&mut self, id: DialogId) {
        let users: Vec<UserId> = self.known_dialog(id).map_or_else(Vec::new, |dialog| {
            let gone = |user: &&UserId| dialog.participant_of(user).is_none_or(|own| !own.state.is_live());
            dialog.users().filter(gone).cloned().collect()
        });
        for user in users {
            self.stop_listening_to_agent_in(&user, Some(id));
        }
    }

    /// Whoever listens to this agent listens no more.
    pub(super) fn stop_listening_to_agent(&mut self, agent: &UserId) {
        self.stop_listening_to_agent_in(agent, None);
    }

    fn stop_listening_to_agent_in(&mut self, agent: &UserId, heard: Option<DialogId>) {
        let Some(monitor) = self.monitor_of(agent) else { return };
        let hears_this =
            heard.is_none() || self.dialog(monitor).is_some_and(|dialog| dialog.associated == heard);
        if hears_this {
            self.clear(monitor);
            self.settle_all(monitor);
        }
    }

    /// The call by which somebody listens to this agent.
    fn monitor_of(&self, agent: &UserId) -> Option<DialogId> {
        let is_heard = |dialog: &&Dialog| {
            dialog.live().any(|party| party.part == Part::Monitored && party.user.as_ref() == Some(agent))
        };
        self.dialogs_of(agent).into_iter().find(is_heard).map(|dialog| dialog.id)
    }

    /// The agent who is signed in at `to`, if the supervisor may listen to him or her.
    fn supervised_agent(&self, actor: &Actor, to: &Address) -> Result<UserId, Refusal> {
        if !actor.roles.has(Role::Supervisor) {
            return Err(Refusal::unauthorized(actor.id.as_str()));
        }
        let extension = to.extension();
        let user = extension.and_then(|extension| self.centre().extensions.user_of(&extension));
        let user = user.and_then(|id| self.user(id)).ok_or_else(|| {
            Refusal::invalid_destination(to.as_str(), "no agent is signed in at this extension")
        })?;
        self.centre().may_supervise(actor, user)?;
        Ok(user.id().clone())
    }

    fn is_talking(&self, agent: &UserId) -> bool {
        self.user(agent).is_some_and(|user| user.state == AgentState::Talking)
            || self.deployment() == crate::centre::Deployment::Uccx
    }

    /// The call in which the agent talks.
    fn active_call(&self, agent: &UserId) -> Option<DialogId> {
        let talks = |dialog: &&Dialog| {
            dialog
                .participant_of(agent)
                .is_some_and(|own| own.part == Part::Talker && own.state == ParticipantState::Active)
        };
        self.dialogs_of(agent).into_iter().find(talks).map(|dialog| dialog.id)
    }
}

/// The guide gives these refusals numbers for types.
fn barge_refused(number: &'static str, to: &Address, why: &str) -> Refusal {
    let error_type = if number == "20700" {
        crate::ErrorType::BargeConferenceLimit
    } else {
        crate::ErrorType::BargeNotController
    };
    Refusal::new(400, error_type, to.as_str(), format!("{}: {why}", Action::BargeCall))
}

/// A conference has at least three parties.
const CONFERENCE_PARTIES_MIN: usize = 3;
