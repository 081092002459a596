//! Colleagues and supervisors: when they come, pause and go.

use contact::{AgentState, Extension, StateChange, UserId};

use super::{Deed, World};
use crate::random::Random;

/// A colleague or a supervisor.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) extension: Extension,
    pub(super) supervises: bool,
    pub(super) random: Random,
    /// Counts changes of the state, so that what was planned for another one is found out.
    pub(super) epoch: u32,
    pub(super) state: AgentState,
    /// Makes calls and has breaks since the first time of being ready.
    pub(super) has_begun: bool,
}

impl Person {
    pub(super) fn new(id: UserId, extension: Extension, supervises: bool, random: Random) -> Self {
        let state = AgentState::Logout;
        Self { id, extension, supervises, random, epoch: 0, state, has_begun: false }
    }
}

impl World {
    pub(super) fn state_changed(&mut self, user: &UserId, change: &StateChange) {
        let Some(&place) = self.places.get(user) else { return };
        let colleagues = &self.plan.colleagues;
        let person = &mut self.people[place];
        if person.state == change.state {
            return;
        }
        let came_from = std::mem::replace(&mut person.state, change.state);
        person.epoch += 1;
        let epoch = person.epoch;
        if person.supervises {
            if change.state == AgentState::NotReady && !std::mem::replace(&mut person.has_begun, true) {
                self.plan_monitoring(place);
            }
            return;
        }
        match change.state {
            AgentState::NotReady => {
                let pause =
                    if came_from == AgentState::Logout { colleagues.answer_s } else { colleagues.break_s };
                let after = person.random.lasting(pause);
                self.plan_in(after, Deed::GoReady(place, epoch));
            }
            AgentState::Work | AgentState::WorkReady => {
                let after = person.random.lasting(colleagues.wrap_up_s);
                self.plan_in(after, Deed::WrapUpOver(place, epoch));
            }
            AgentState::Ready if !person.has_begun => {
                person.has_begun = true;
                self.plan_break(place);
                self.plan_call(place);
            }
            AgentState::Logout if !self.closing => {
                let after = person.random.lasting(colleagues.break_s);
                self.plan_in(after, Deed::SignIn(place));
            }
            _ => {}
        }
    }

    pub(super) fn plan_break(&mut self, place: usize) {
        let every = self.plan.colleagues.break_every_s;
        if every > 0.0 && !self.closing {
            let after = self.people[place].random.until_next(every);
            self.plan_in(after, Deed::TakeBreak(place));
        }
    }

    pub(super) fn plan_call(&mut self, place: usize) {
        let every = self.plan.colleagues.make_call_every_s;
        if every > 0.0 && !self.closing {
            let after = self.people[place].random.until_next(every);
            self.plan_in(after, Deed::MakeCall(place));
        }
    }

    pub(super) fn plan_monitoring(&mut self, place: usize) {
        let every = self.plan.supervisors.monitor_every_s;
        if every > 0.0 && !self.closing {
            let after = self.people[place].random.until_next(every);
            self.plan_in(after, Deed::Monitor(place));
        }
    }
}
