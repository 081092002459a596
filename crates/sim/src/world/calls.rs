//! Calls: what those in them plan when something changes.

use std::collections::BTreeMap;

use contact::{Address, CallType, ContactCentre, Dialog, Part, Participant, ParticipantState, UserId};

use super::{Deed, STREAM_CALLERS, STREAM_OTHER_CALLS, World};
use crate::random::Random;

/// What the world knows of a call that is not over.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) random: Random,
    /// Drawn when the call came into being.
    pub(super) course: Course,
    /// How many agents have taken it, one after the other.
    takers: u32,
    /// Which end counts.
    pub(super) end: u32,
    /// The consultation has been answered.
    is_consulting: bool,
    /// Each agent's state, as it was last.
    states: BTreeMap<UserId, ParticipantState>,
}

/// What becomes of a call, as far as it is its own affair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    patience_ms: i64,
    talk_ms: i64,
    rings_on: bool,
    hold: bool,
    pub(super) hold_ms: i64,
    consult: bool,
    blind: bool,
    pub(super) caller_hangs_up: bool,
}

impl World {
    fn new_call(&mut self) -> Call {
        let caller = self.calling.take();
        let mut random = match caller {
            Some(number) => Random::of(self.seed, STREAM_CALLERS, number),
            // By the order in which they come: what numbers a server gives calls is its own affair.
            None => {
                self.others += 1;
                Random::of(self.seed, STREAM_OTHER_CALLS, self.others)
            }
        };
        let (callers, colleagues) = (&self.plan.callers, &self.plan.colleagues);
        let course = Course {
            patience_ms: random.until_next(callers.patience_s),
            talk_ms: random.lasting(callers.talk_s),
            rings_on: random.chance(colleagues.let_ring_share),
            hold: random.chance(colleagues.hold_share),
            hold_ms: random.lasting(colleagues.hold_s),
            consult: random.chance(colleagues.consult_share),
            blind: random.chance(colleagues.blind_transfer_share),
            caller_hangs_up: random.chance(callers.hang_up_share),
        };
        let states = BTreeMap::new();
        Call { random, course, takers: 0, end: 0, is_consulting: false, states }
    }

    /// A call has become this.
    pub(super) fn call_changed(&mut self, dialog: &Dialog, centre: &ContactCentre) {
        if dialog.is_over() {
            self.calls.remove(&dialog.id);
            return;
        }
        if !self.calls.contains_key(&dialog.id) {
            let call = self.new_call();
            self.calls.insert(dialog.id, call);
            self.plan_end_of_new(dialog);
        }
        let talkers = dialog.participants.iter().filter(|party| party.part == Part::Talker);
        let now: Vec<(UserId, ParticipantState)> =
            talkers.filter_map(|party| Some((party.user.clone()?, party.state))).collect();
        for (user, state) in now {
            let Some(&place) = self.places.get(&user) else { continue };
            let call = self.calls.get_mut(&dialog.id).expect("it was put in above");
            let before = call.states.insert(user, state);
            if before == Some(state) {
                continue;
            }
            match state {
                ParticipantState::Alerting => self.plan_answer(place, dialog),
                ParticipantState::Held => {
                    let after = call.course.hold_ms;
                    self.plan_in(after, Deed::Retrieve(place, dialog.id));
                }
                ParticipantState::Active => {
                    let takes = matches!(before, None | Some(ParticipantState::Alerting));
                    if takes && dialog.call_type != CallType::Consult {
                        self.takes(place, dialog, centre);
                    }
                }
                _ => {}
            }
        }
        self.consultation_begins(dialog);
    }

    /// No call goes on for ever, whatever happens in it.
    fn plan_end_of_new(&mut self, dialog: &Dialog) {
        let call = &self.calls[&dialog.id];
        let consult_ms = (self.plan.colleagues.consult_s * 3000.0) as i64 + CONSULT_GIVEN_UP_MS;
        let (after, deed) = match dialog.call_type {
            CallType::SupervisorMonitor => {
                let after = self
                    .calls
                    .get_mut(&dialog.id)
                    .map(|call| call.random.lasting(self.plan.supervisors.monitor_s));
                (after.unwrap_or_default(), Deed::End(dialog.id, 0))
            }
            CallType::Consult => (consult_ms, Deed::End(dialog.id, 0)),
            _ if dialog.participants.first().is_some_and(Participant::is_agent_device) => {
                (call.course.talk_ms + CONSULT_GIVEN_UP_MS, Deed::End(dialog.id, 0))
            }
            _ => (call.course.patience_ms, Deed::LosePatience(dialog.id)),
        };
        self.plan_in(after, deed);
    }

    fn plan_answer(&mut self, place: usize, dialog: &Dialog) {
        let Some(call) = self.calls.get_mut(&dialog.id) else { return };
        // Once only: whoever gets it next answers.
        let rings_on = std::mem::take(&mut call.course.rings_on);
        if rings_on && dialog.queue.is_some() && dialog.call_type != CallType::Consult {
            return;
        }
        let after = self.people[place].random.lasting(self.plan.colleagues.answer_s);
        self.plan_in(after.min(ANSWER_MS_MAX), Deed::Answer(place, dialog.id));
    }

    /// An agent has taken the call, or has come into it.
    fn takes(&mut self, place: usize, dialog: &Dialog, centre: &ContactCentre) {
        let Some(call) = self.calls.get_mut(&dialog.id) else { return };
        call.takers += 1;
        call.end += 1;
        let (course, end) = (call.course, call.end);
        let is_first = call.takers == 1 && dialog.live().any(Participant::is_outside);
        let talk_ms = match (self.closing, is_first) {
            (true, _) => course.talk_ms.min(CLOSING_TALK_MS),
            (false, true) => course.talk_ms,
            (false, false) => course.talk_ms / 2,
        };
        self.plan_in(talk_ms + 1, Deed::End(dialog.id, end));
        let listener = self.people[place].supervises || centre.dialog(dialog.id).is_none();
        if !is_first || listener {
            return;
        }
        if course.blind {
            self.plan_in(talk_ms / 2, Deed::BlindTransfer(place, dialog.id));
        } else if course.consult {
            self.plan_in(talk_ms / 2, Deed::Consult(place, dialog.id));
        }
        if course.hold {
            self.plan_in(talk_ms / 4, Deed::Hold(place, dialog.id));
        }
    }

    /// Once everybody who is asked talks, the consultation takes its time.
    fn consultation_begins(&mut self, dialog: &Dialog) {
        let talk = |party: &Participant| party.state == ParticipantState::Active;
        if dialog.call_type != CallType::Consult || dialog.live().count() < 2 || !dialog.live().all(talk) {
            return;
        }
        let asking = dialog.participants.first().and_then(|first| first.user.as_ref());
        let Some(&place) = asking.and_then(|asking| self.places.get(asking)) else { return };
        let Some(call) = self.calls.get_mut(&dialog.id) else { return };
        if !std::mem::replace(&mut call.is_consulting, true) {
            let after = call.random.lasting(self.plan.colleagues.consult_s);
            self.plan_in(after, Deed::Conclude(place, dialog.id));
        }
    }

    /// Whom somebody calls: a colleague, another queue, or somebody outside.
    pub(super) fn somebody(&mut self, place: usize, own_queue: Option<usize>, number: u64) -> Address {
        let outside_share = self.plan.colleagues.outside_share;
        let colleagues = self.plan.agents;
        let random = &mut self.people[place].random;
        let text = if random.chance(outside_share) {
            format!("5559{:06}", number % 1_000_000)
        } else if let (Some(own), true) = (own_queue, random.chance(QUEUE_SHARE)) {
            crate::roster::QUEUES[1 - own.min(1)].to_owned()
        } else {
            let other = random.below(colleagues);
            let other = if other == place { (other + 1) % colleagues } else { other };
            if other == place {
                format!("5559{:06}", number % 1_000_000)
            } else {
                crate::roster::agent_extension(other).to_string()
            }
        };
        Address::new(&text).expect("digits are a number")
    }
}

/// Agents answer before the call goes back to the queue.
const ANSWER_MS_MAX: i64 = 15_000;
/// After this, whoever does not reach anybody gives up.
const CONSULT_GIVEN_UP_MS: i64 = 20_000;
/// Who answers when it is late is short.
const CLOSING_TALK_MS: i64 = 2_000;
/// How many consultations inside are with another queue.
const QUEUE_SHARE: f64 = 0.2;
