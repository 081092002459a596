//! A colleague: who it is, whether it is one, and what it does next.

use contact::{
    Action, AgentState, Command, ContactCentre, DialogId, Extension, Part, Participant, ParticipantState,
    ReasonCategory, RequestedState, Timestamp, User, UserId, UserRequest,
};

use super::{Wish, act};
use crate::random::Random;
use crate::roster;

/// Which of the demonstration's agents, counted from 0.
pub(super) const PLACES: [usize; 6] = [3, 4, 5, 9, 10, 11];

/// A candidate, and whether we have signed it in.
#[derive(Debug)]
pub(super) struct Colleague {
    pub(super) id: UserId,
    extension: Extension,
    random: Random,
    standing: Standing,
    /// How it was when `next_at` was drawn.
    seen: Option<Situation>,
    next_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Not one of ours, as long as somebody else has signed it in.
    Candidate,
    /// We have asked for it to be signed in.
    Asked,
    /// We have signed it in.
    Ours,
    /// A person's from now on.
    Gone,
}

/// What decides about what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Situation {
    state: AgentState,
    call: Option<(DialogId, ParticipantState)>,
}

impl Colleague {
    pub(super) fn all(seed: u64, now: Timestamp) -> Vec<Self> {
        let colleague = |(index, place): (u64, usize)| {
            let mut random = Random::of(seed, STREAM_COLLEAGUES, index);
            let next_at = now.0 + random.within(SIGN_IN_WITHIN_SECONDS);
            let (id, extension) = (roster::agent_id(place), roster::agent_extension(place));
            Self { id, extension, random, standing: Standing::Candidate, seen: None, next_at }
        };
        (0..).zip(PLACES).map(colleague).collect()
    }

    pub(super) fn is_ours(&self) -> bool {
        self.standing == Standing::Ours
    }

    /// What it does now.
    pub(super) fn look(&mut self, centre: &ContactCentre, now: i64, has_come: bool) -> Option<Wish> {
        if !self.is_free_to_act(has_come) {
            return None;
        }
        let user = centre.user(&self.id)?;
        match (self.standing, user.is_signed_in()) {
            (Standing::Candidate | Standing::Asked, false) => {
                let is_time = now >= self.next_at;
                is_time.then(|| {
                    self.standing = Standing::Asked;
                    self.next_at = now + ASK_AGAIN_MS;
                    self.change(UserRequest::login(self.extension.clone()))
                })
            }
            // Somebody has signed it out, and wants it to be so.
            (Standing::Ours, false) => {
                self.standing = Standing::Gone;
                None
            }
            (Standing::Candidate | Standing::Gone, true) | (Standing::Gone, false) => None,
            (Standing::Asked | Standing::Ours, true) => {
                self.standing = Standing::Ours;
                self.work(centre, user, now)
            }
        }
    }

    /// What brings it nearer to the door.
    pub(super) fn leave(&mut self, centre: &ContactCentre, has_come: bool) -> Option<Wish> {
        if !self.is_free_to_act(has_come) || !matches!(self.standing, Standing::Asked | Standing::Ours) {
            return None;
        }
        let user = centre.user(&self.id).filter(|user| user.is_signed_in())?;
        if let Some((dialog, own)) = own_part(centre, user) {
            return Some(act(&self.id, dialog, Action::Drop, &own.address));
        }
        match user.state {
            AgentState::NotReady => Some(self.change(UserRequest::new(RequestedState::Logout))),
            _ => Some(self.change(UserRequest::new(RequestedState::NotReady))),
        }
    }

    fn is_free_to_act(&mut self, has_come: bool) -> bool {
        if has_come {
            self.standing = Standing::Gone;
        }
        self.standing != Standing::Gone
    }

    fn work(&mut self, centre: &ContactCentre, user: &User, now: i64) -> Option<Wish> {
        let own = own_part(centre, user);
        let call = own.map(|(dialog, own)| (dialog, own.state));
        let situation = Situation { state: user.state, call };
        let before = self.seen.replace(situation);
        if before != Some(situation) {
            self.next_at = now + self.until_next(situation, before);
        }
        if now < self.next_at {
            return None;
        }
        // If it is refused, the same again a little later.
        self.next_at = now + AGAIN_MS;
        if let Some((dialog, own)) = own {
            let action = match own.state {
                ParticipantState::Alerting => Action::Answer,
                ParticipantState::Active if self.random.chance(HOLD_SHARE) => Action::Hold,
                ParticipantState::Held => Action::Retrieve,
                // Callers hang up; this is for whom a person calls and forgets.
                ParticipantState::Active => {
                    self.next_at = now + self.random.lasting(HOLD_EVERY_SECONDS);
                    let is_over = now - own.changed_at.0 > TALK_MS_MAX;
                    return is_over.then(|| act(&self.id, dialog, Action::Drop, &own.address));
                }
                _ => return None,
            };
            return Some(act(&self.id, dialog, action, &own.address));
        }
        match user.state {
            AgentState::NotReady | AgentState::Work | AgentState::WorkReady => {
                Some(self.change(UserRequest::new(RequestedState::Ready)))
            }
            AgentState::Ready => {
                let reasons: Vec<_> = centre.reason_codes_of(user, ReasonCategory::NotReady).collect();
                let mut request = UserRequest::new(RequestedState::NotReady);
                if !reasons.is_empty() {
                    request = request.with_reason(reasons[self.random.below(reasons.len())].id);
                }
                Some(self.change(request))
            }
            _ => None,
        }
    }

    /// For how long it stays like this.
    fn until_next(&mut self, situation: Situation, before: Option<Situation>) -> i64 {
        let seconds = match (situation.call, situation.state) {
            (Some((_, ParticipantState::Alerting)), _) => {
                return self.random.lasting(ANSWER_SECONDS).min(ANSWER_MS_MAX);
            }
            (Some((_, ParticipantState::Held)), _) => HOLD_SECONDS,
            (Some(_), _) => HOLD_EVERY_SECONDS,
            // Just come.
            (None, AgentState::NotReady) if before.is_none() => ANSWER_SECONDS,
            (None, AgentState::Ready) => return self.random.until_next(BREAK_EVERY_SECONDS),
            (None, AgentState::Work | AgentState::WorkReady) => WRAP_UP_SECONDS,
            (None, _) => BREAK_SECONDS,
        };
        self.random.lasting(seconds)
    }

    fn change(&self, request: UserRequest) -> Wish {
        let command = Command::ChangeState { user: self.id.clone(), request };
        Wish { actor: Some(self.id.clone()), command }
    }
}

/// The call that wants something of the user: one that rings, else the newest.
fn own_part<'a>(centre: &'a ContactCentre, user: &'a User) -> Option<(DialogId, &'a Participant)> {
    let parts = || {
        centre.dialogs_of(user.id()).flat_map(move |dialog| {
            let own = dialog.live().filter(|party| party.user.as_ref() == Some(user.id()));
            own.filter(|party| party.part == Part::Talker).map(|party| (dialog.id, party))
        })
    };
    parts().find(|(_, own)| own.state == ParticipantState::Alerting).or_else(|| parts().last())
}

const STREAM_COLLEAGUES: u64 = 10;
const SIGN_IN_WITHIN_SECONDS: f64 = 5.0;
const ASK_AGAIN_MS: i64 = 60_000;
const AGAIN_MS: i64 = 5_000;
const ANSWER_SECONDS: f64 = 3.0;
/// Before the call goes back to the queue.
const ANSWER_MS_MAX: i64 = 10_000;
const HOLD_EVERY_SECONDS: f64 = 20.0;
const HOLD_SHARE: f64 = 0.2;
const HOLD_SECONDS: f64 = 8.0;
const TALK_MS_MAX: i64 = 300_000;
const WRAP_UP_SECONDS: f64 = 8.0;
const BREAK_EVERY_SECONDS: f64 = 120.0;
const BREAK_SECONDS: f64 = 30.0;
