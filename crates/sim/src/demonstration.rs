//! Callers and colleagues of the demonstration: so that whoever signs in there is not alone, and gets calls.
//!
//! Unlike the laboratory's world, this one shares its contact centre with people. It looks at it now and then, and wishes.

use std::collections::BTreeMap;

use contact::{
    Action, Address, AgentState, CallDataChange, Command, ContactCentre, Dialog, DialogId, NetworkEvent,
    Part, Participant, ParticipantState, QueueId, Timestamp, User, UserId,
};

use crate::random::Random;

use self::colleague::Colleague;

mod colleague;

/// The callers and colleagues. Time comes in from outside; all that is random follows from the seed.
///
/// A person's login id is nobody's business but that person's: a colleague is one who was signed out and whom we have signed
/// in, and is none any more, for good, once a person has come with that login id, or somebody has signed the colleague out.
#[derive(Debug)]
pub struct Demonstration {
    every_ms: i64,
    random: Random,
    colleagues: Vec<Colleague>,
    callers: BTreeMap<DialogId, Caller>,
    next_call: i64,
    called: u64,
    /// Whose queue was called last, so that it is another one's turn.
    last: Option<QueueId>,
}

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Who: a colleague, or nobody for what happens outside.
    pub actor: Option<UserId>,
    /// What. By the time it is decided it may not fit any more, and is refused then.
    pub command: Command,
}

/// A caller of ours, in a call.
#[derive(Debug)]
struct Caller {
    random: Random,
    /// Since when the caller talks.
    talks_since: Option<i64>,
    hangs_up_at: i64,
}

impl Demonstration {
    /// - `every_ms`: between two callers, on average, in milliseconds; at least 1.
    /// - `now`: the first call comes a little later.
    pub fn new(every_ms: i64, seed: u64, now: Timestamp) -> Self {
        let every_ms = every_ms.max(1);
        Self {
            every_ms,
            random: Random::of(seed, STREAM_ARRIVALS, 0),
            colleagues: Colleague::all(seed, now),
            callers: BTreeMap::new(),
            next_call: now.0 + every_ms,
            called: 0,
            last: None,
        }
    }

    /// Who may become a colleague: the last three of each team of the demonstration. The others are left to people.
    pub fn candidates() -> impl Iterator<Item = UserId> {
        colleague::PLACES.into_iter().map(crate::roster::agent_id)
    }

    /// What they want to do now. To be asked about every second, or as often as callers come.
    ///
    /// - `has_come`: whether a person has used this login id since the start.
    pub fn look(
        &mut self,
        centre: &ContactCentre,
        now: Timestamp,
        has_come: impl Fn(&UserId) -> bool,
    ) -> Vec<Wish> {
        let mut wishes: Vec<Wish> = self
            .colleagues
            .iter_mut()
            .filter_map(|colleague| colleague.look(centre, now.0, has_come(&colleague.id)))
            .collect();
        self.look_after_callers(centre, now.0, &mut wishes);
        if now.0 >= self.next_call
            && let Some(wish) = self.call(centre)
        {
            // From half the time to one and a half: neither a clock nor two at once.
            self.next_call = now.0 + self.every_ms / 2 + self.random.within(self.every_ms as f64 / 1000.0);
            wishes.push(wish);
        }
        wishes
    }

    /// What they do when the server stops: hang up, and sign out. To be asked again until there is nothing more.
    pub fn leave(&mut self, centre: &ContactCentre, has_come: impl Fn(&UserId) -> bool) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for dialog in centre.dialogs() {
            wishes.extend(caller_of(dialog).map(|address| hang_up(dialog.id, address)));
        }
        let leaving = self.colleagues.iter_mut();
        wishes.extend(leaving.filter_map(|colleague| colleague.leave(centre, has_come(&colleague.id))));
        wishes
    }

    /// Whether the robots have signed this user in, and no person has come since.
    pub fn is_colleague(&self, user: &UserId) -> bool {
        self.colleagues.iter().any(|colleague| colleague.is_ours() && colleague.id == *user)
    }

    fn look_after_callers(&mut self, centre: &ContactCentre, now: i64, wishes: &mut Vec<Wish>) {
        self.callers.retain(|id, _| centre.dialog(*id).is_some());
        for dialog in centre.dialogs() {
            let Some(address) = caller_of(dialog) else { continue };
            let number = u64::from(dialog.id.0);
            let caller = self.callers.entry(dialog.id).or_insert_with(|| {
                let mut random = Random::of(number, STREAM_CALLERS, self.called);
                let hangs_up_at = now + random.lasting(PATIENCE_SECONDS);
                Caller { random, talks_since: None, hangs_up_at }
            });
            let with: Vec<&UserId> =
                dialog.live().filter(|party| talks(party)).filter_map(|party| party.user.as_ref()).collect();
            let is_ours = |user: &UserId| self.colleagues.iter().any(|own| own.is_ours() && own.id == *user);
            if !with.is_empty() && caller.talks_since.is_none() {
                caller.talks_since = Some(now);
                caller.hangs_up_at = now + caller.random.lasting(TALK_SECONDS);
            }
            let is_with_a_person = with.iter().any(|user| !is_ours(user));
            if let (Some(since), true) = (caller.talks_since, is_with_a_person) {
                // People want to look around in a call.
                caller.hangs_up_at = caller.hangs_up_at.max(since + TALK_WITH_PEOPLE_MS);
            }
            if now >= caller.hangs_up_at {
                wishes.push(hang_up(dialog.id, address));
            }
        }
    }

    /// Calls a queue in which somebody is ready: where people are, if there are any, else where colleagues are.
    fn call(&mut self, centre: &ContactCentre) -> Option<Wish> {
        let is_free = |user: &User| {
            let mut parts = centre.dialogs_of(user.id()).flat_map(Dialog::live);
            user.state == AgentState::Ready
                && !parts.any(|party| party.user.as_ref() == Some(user.id()) && party.part == Part::Talker)
        };
        let mut waited_for: BTreeMap<QueueId, bool> = BTreeMap::new();
        for user in centre.users().filter(|user| is_free(user)) {
            let is_person = !self.is_colleague(user.id());
            for queue in centre.queues_of(user) {
                *waited_for.entry(queue.id).or_default() |= is_person;
            }
        }
        let people_wait = waited_for.values().any(|is_person| *is_person);
        let queues = || waited_for.iter().filter(|(_, person)| **person == people_wait).map(|(id, _)| *id);
        let next = queues().find(|id| Some(*id) > self.last).or_else(|| queues().next())?;
        self.last = Some(next);
        let to = centre.queue(next)?.numbers.first()?.clone();
        self.called += 1;
        let variable = |number: u32, text: String| (format!("callVariable{number}"), text);
        let data = CallDataChange {
            wrap_up_reason: None,
            variables: vec![
                variable(1, format!("Demo caller {}", self.called)),
                variable(2, CONCERNS[self.random.below(CONCERNS.len())].to_owned()),
            ],
        };
        let from = format!("{NUMBERS}{:06}", self.called % 1_000_000);
        let from = Address::new(&from).expect("digits are a number");
        Some(Wish { actor: None, command: Command::Network(NetworkEvent::Call { from, to, data }) })
    }
}

/// The telephone of a caller of ours who is still in the call.
fn caller_of(dialog: &Dialog) -> Option<&Address> {
    let mut outside = dialog.live().filter(|party| party.is_outside());
    let is_ours = |party: &&Participant| party.address.as_str().starts_with(NUMBERS);
    outside.find(is_ours).map(|party| &party.address).filter(|address| **address == dialog.from)
}

fn talks(party: &Participant) -> bool {
    matches!(party.state, ParticipantState::Active | ParticipantState::Held)
}

fn hang_up(dialog: DialogId, address: &Address) -> Wish {
    let command = Command::Network(NetworkEvent::HangUp { dialog, address: address.clone() });
    Wish { actor: None, command }
}

fn act(user: &UserId, dialog: DialogId, action: Action, target: &Address) -> Wish {
    let request = contact::DialogRequest::Plain { action, target: target.clone() };
    Wish { actor: Some(user.clone()), command: Command::ActOnCall { dialog, request } }
}

/// How the numbers of our callers begin: nobody else in the demonstration has such.
const NUMBERS: &str = "5557";
const CONCERNS: [&str; 5] = ["Order", "Invoice", "Delivery", "Complaint", "Question"];
const PATIENCE_SECONDS: f64 = 60.0;
const TALK_SECONDS: f64 = 30.0;
const TALK_WITH_PEOPLE_MS: i64 = 300_000;
const STREAM_ARRIVALS: u64 = 11;
const STREAM_CALLERS: u64 = 12;
