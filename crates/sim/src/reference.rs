//! The world with a contact centre in it: what happens, step by step, in virtual time.

use contact::{
    Actor, Breach, ContactCentre, Deployment, DialogId, Event, Refusal, Settings, Timestamp, Update, UserId,
    audit,
};

use crate::counts::Counts;
use crate::plan::Plan;
use crate::roster;
use crate::world::{Action, World};

/// A world and the contact centre in which it takes place.
///
/// Nothing here knows a clock: [`Reference::step`] says what happens next and at which time of the world. In virtual time
/// that is all there is to it; in real time it is what a server is held against.
#[derive(Debug)]
pub struct Reference {
    centre: ContactCentre,
    world: World,
    counts: Counts,
    last: Timestamp,
}

/// What happens at one moment.
#[derive(Debug)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What somebody does; none for what time brings by itself.
    pub action: Option<Action>,
    /// What the contact centre says to it: the facts that follow, or a refusal.
    pub outcome: Result<Vec<Event>, Refusal>,
    /// What everybody concerned is told, in order. How it stands with queues is left out, as that depends on the clock.
    pub updates: Vec<Update>,
}

impl Reference {
    /// Everybody is at home.
    ///
    /// - `deployment`: which product's rules apply. People know them.
    pub fn new(plan: Plan, deployment: Deployment, seed: u64) -> Self {
        let mut centre = ContactCentre::new(Settings { deployment, ..Settings::default() });
        for command in roster::furnish(plan.agents) {
            let events = centre.decide(&Actor::system(), &command, Timestamp(0));
            for event in events.expect("the roster fits an empty contact centre") {
                centre.replay(&event);
            }
        }
        Self { centre, world: World::new(plan, seed), counts: Counts::default(), last: Timestamp(0) }
    }

    /// The next call gets this number: for one who follows a server on which there have been calls before.
    pub fn set_next_dialog(&mut self, id: DialogId) {
        self.centre.replay(&Event::NextDialog { id });
    }

    /// How it stands.
    pub fn centre(&self) -> &ContactCentre {
        &self.centre
    }

    /// What has happened so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What was planned.
    pub fn plan(&self) -> &Plan {
        self.world.plan()
    }

    /// Holds the contact centre against its rules.
    ///
    /// # Errors
    ///
    /// The first rule that does not hold.
    pub fn audit(&self) -> Result<(), Breach> {
        audit(&self.centre)
    }

    /// Lets the next thing happen; none when all have gone home.
    pub fn step(&mut self) -> Option<Step> {
        loop {
            let planned = self.world.next_at()?;
            if let Some(step) = self.time_brings(planned) {
                return Some(step);
            }
            // What has just happened by itself may have moved it.
            let Some(action) = self.world.act(&self.centre) else { continue };
            let at = action.at;
            let actor = self.actor(action.actor.as_ref());
            let decided = self.centre.decide(&actor, &action.command, at);
            let updates = match &decided {
                Ok(events) => self.apply(at, events),
                Err(_) => Vec::new(),
            };
            self.counts.refused += u64::from(decided.is_err());
            self.counts.actions += 1;
            return Some(Step { at, action: Some(action), outcome: decided, updates });
        }
    }

    /// What happens by itself before `planned`, or so shortly after it that a slow machine could not tell the order: then it
    /// comes first.
    fn time_brings(&mut self, planned: Timestamp) -> Option<Step> {
        while let Some(due) = self.centre.next_timeout() {
            if due.0 > planned.0 + GUARD_MS {
                return None;
            }
            let at = due.max(self.last);
            let events = self
                .centre
                .decide(&Actor::system(), &contact::Command::Elapse, at)
                .expect("time is never refused");
            let only_looks = events.iter().all(|event| matches!(event, Event::QueueLookedAt { .. }));
            if only_looks {
                for event in &events {
                    self.centre.replay(event);
                }
                continue;
            }
            let updates = self.apply(at, &events);
            return Some(Step { at, action: None, outcome: Ok(events), updates });
        }
        None
    }

    fn apply(&mut self, at: Timestamp, events: &[Event]) -> Vec<Update> {
        self.last = self.last.max(at);
        let mut updates = Vec::new();
        for event in events {
            self.counts.count(at, event, &self.centre);
            updates.extend(self.centre.apply(event, None));
            self.world.observe(at, event, &self.centre);
        }
        updates.retain(|update| !matches!(update.node, contact::ApiPath::Queue(_)));
        updates
    }

    fn actor(&self, id: Option<&UserId>) -> Actor {
        id.and_then(|id| self.centre.actor(id)).unwrap_or_else(Actor::system)
    }
}

/// How late a machine may be without the order of things becoming another.
pub const GUARD_MS: i64 = 250;
