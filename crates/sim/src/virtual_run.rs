//! A whole day in a moment: the world in virtual time.

use std::fmt;

use contact::{Deployment, DialogId, Timestamp};

use crate::counts::Counts;
use crate::plan::Plan;
use crate::reference::{Reference, Step};
use crate::saying::Sayings;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When, in milliseconds of the world.
    pub at: Timestamp,
    /// What, for people.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:.3} s: {}", self.at.0 as f64 / 1000.0, self.what)
    }
}

/// Who hears what happens in a run.
pub trait Telling {
    /// Somebody has been told something.
    fn event(&mut self, at: Timestamp, line: &str);
    /// A step is over.
    fn step(&mut self, at: Timestamp, reference: &Reference);
}

/// Runs a world to its end. The contact centre is held against its rules after every step.
///
/// Two runs with the same plan, deployment and seed tell the same.
///
/// # Errors
///
/// The first [`Violation`].
pub fn virtual_run(
    plan: Plan,
    deployment: Deployment,
    seed: u64,
    telling: &mut dyn Telling,
) -> Result<Counts, Violation> {
    let mut reference = Reference::new(plan, deployment, seed);
    let sayings = Sayings::new(DialogId::FIRST);
    while let Some(step) = reference.step() {
        check(&reference, &step)?;
        for update in &step.updates {
            let line = sayings.say(&update.node, &update.document);
            let line = line.map_err(|error| Violation { at: step.at, what: error.to_string() })?;
            telling.event(step.at, &line);
        }
        telling.step(step.at, &reference);
    }
    let left = reference.centre().dialogs().len();
    if left > 0 {
        let at = Timestamp((reference.plan().duration_s * 1000.0) as i64);
        return Err(Violation { at, what: format!("{left} calls are left when everybody has gone") });
    }
    Ok(reference.counts().clone())
}

fn check(reference: &Reference, step: &Step) -> Result<(), Violation> {
    reference.audit().map_err(|breach| Violation {
        at: step.at,
        what: match &step.action {
            Some(action) => format!("{breach}; after {:?}", action.command),
            None => format!("{breach}; after a while"),
        },
    })
}
