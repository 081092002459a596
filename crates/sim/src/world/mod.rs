//! The world: callers, colleagues and supervisors, what each of them does next, and when.
//!
//! A discrete event simulation without a clock. It looks at a contact centre and wishes; it never changes one. The same seed,
//! the same plan and the same observed events lead to the same wishes at the same times.

mod calls;
mod deeds;
mod people;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use contact::{Command, ContactCentre, DialogId, Event, Timestamp, UserId};

use crate::plan::Plan;
use crate::random::Random;
use crate::roster;

use calls::Call;
use people::Person;

/// All actors of a laboratory.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    seed: u64,
    /// When the last thing happened.
    now: i64,
    due: BinaryHeap<Reverse<Due>>,
    planned: u64,
    /// The colleagues, then the supervisors.
    people: Vec<Person>,
    places: HashMap<UserId, usize>,
    calls: BTreeMap<DialogId, Call>,
    arrivals: Random,
    arrived: u64,
    /// Calls that no caller from outside has made.
    others: u64,
    /// The caller whose call comes into being next.
    calling: Option<u64>,
    closing: bool,
}

/// Something that somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// When: later than everything before.
    pub at: Timestamp,
    /// Who; nobody for what happens outside.
    pub actor: Option<UserId>,
    /// What.
    pub command: Command,
}

/// What is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Arrive,
    SignIn(usize),
    /// The pause of this number is over.
    GoReady(usize, u32),
    WrapUpOver(usize, u32),
    TakeBreak(usize),
    MakeCall(usize),
    Monitor(usize),
    Barge(usize, DialogId),
    Answer(usize, DialogId),
    Hold(usize, DialogId),
    Retrieve(usize, DialogId),
    Consult(usize, DialogId),
    /// The consultation has taken long enough.
    Conclude(usize, DialogId),
    BlindTransfer(usize, DialogId),
    /// The caller has waited long enough.
    LosePatience(DialogId),
    /// Somebody leaves the call, if it has not been planned otherwise since.
    End(DialogId, u32),
    Close,
    SignOut(usize),
}

/// In order of time, then in order of planning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: i64,
    number: u64,
    deed: Deed,
}

impl World {
    /// Everybody is at home; the first colleague signs in soon.
    ///
    /// - `plan`: has been checked.
    pub fn new(plan: Plan, seed: u64) -> Self {
        let people: Vec<Person> = (0..plan.agents)
            .map(|index| {
                let (id, extension) = (roster::agent_id(index), roster::agent_extension(index));
                Person::new(id, extension, false, Random::of(seed, STREAM_PEOPLE, index as u64))
            })
            .chain((0_u64..).zip(roster::SUPERVISORS).map(|(index, (id, extension))| {
                let id = UserId::new(id).expect("a login id");
                let extension = contact::Extension::new(extension).expect("an extension");
                Person::new(id, extension, true, Random::of(seed, STREAM_SUPERVISORS, index))
            }))
            .collect();
        let places = people.iter().enumerate().map(|(place, person)| (person.id.clone(), place)).collect();
        let mut world = Self {
            seed,
            now: 0,
            due: BinaryHeap::new(),
            planned: 0,
            people,
            places,
            calls: BTreeMap::new(),
            arrivals: Random::of(seed, STREAM_ARRIVALS, 0),
            arrived: 0,
            others: 0,
            calling: None,
            closing: false,
            plan,
        };
        world.begin();
        world
    }

    /// What was planned.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When something is to happen next; none when all have gone home.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.due.peek().map(|Reverse(due)| Timestamp(due.at.max(self.now + APART_MS)))
    }

    /// Takes the next thing that was planned, and says what becomes of it: nothing, if it does not fit any more.
    pub fn act(&mut self, centre: &ContactCentre) -> Option<Action> {
        let at = self.next_at()?;
        let Reverse(due) = self.due.pop()?;
        let (actor, command) = self.deed(due.deed, at.0, centre)?;
        self.now = at.0;
        Some(Action { at, actor, command })
    }

    /// Something has happened, because of an action or by itself.
    pub fn observe(&mut self, at: Timestamp, event: &Event, centre: &ContactCentre) {
        self.now = self.now.max(at.0);
        match event {
            Event::UserStateChanged { user, change } => self.state_changed(user, change),
            Event::DialogChanged(dialog) => self.call_changed(dialog, centre),
            _ => {}
        }
    }

    /// Plans `deed` for `after` milliseconds from now.
    fn plan_in(&mut self, after: i64, deed: Deed) {
        self.planned += 1;
        let at = self.now.saturating_add(after.max(1));
        self.due.push(Reverse(Due { at, number: self.planned, deed }));
    }

    fn begin(&mut self) {
        for place in 0..self.people.len() {
            let after = self.people[place].random.within(self.plan.colleagues.sign_in_within_s);
            self.plan_in(after, Deed::SignIn(place));
        }
        if self.plan.calls_per_hour > 0.0 {
            let after = self.until_next_caller();
            self.plan_in(after, Deed::Arrive);
        }
        self.plan_in((self.plan.duration_s * 1000.0) as i64, Deed::Close);
    }

    fn until_next_caller(&mut self) -> i64 {
        self.arrivals.until_next(3600.0 / self.plan.calls_per_hour)
    }
}

/// Between two actions, so that no two things happen at the same time anywhere.
const APART_MS: i64 = 2;

const STREAM_PEOPLE: u64 = 1;
const STREAM_SUPERVISORS: u64 = 2;
const STREAM_ARRIVALS: u64 = 3;
const STREAM_CALLERS: u64 = 4;
const STREAM_OTHER_CALLS: u64 = 5;
