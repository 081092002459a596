//! A laboratory: callers, colleagues and supervisors who do what a seed says.
//!
//! [`World`] is a discrete event simulation: pure, without a clock. [`Reference`] puts it into a contact centre of its own, and
//! [`virtual_run`] lets a whole day pass there, holding every step against the rules. [`Demonstration`] is a smaller one, for people to
//! be in.
#![forbid(unsafe_code)]

mod counts;
mod demonstration;
mod plan;
mod random;
mod reference;
pub mod roster;
mod saying;
mod virtual_run;
mod world;

pub use counts::{Counts, Staffing};
pub use demonstration::{Demonstration, Wish};
pub use plan::{Callers, Colleagues, Plan, PlanError, Supervisors};
pub use reference::{GUARD_MS, Reference, Step};
pub use saying::{NotUnderstood, Sayings};
pub use virtual_run::{Telling, Violation, virtual_run};
pub use world::{Action, World};
