//! Scenarios: what agents, callers and supervisors do and must see, written as sentences.
//!
//! [`Scenario::parse`] reads one; how it is written stands in `docs/scenarios.md`.
//!
//! ```
//! let scenario = scenario::Scenario::parse(
//!     "agent ada is 1001001 at 2001001
//!      ada signs in
//!      ada sees state NOT_READY within 2s",
//! )?;
//! assert_eq!(scenario.steps.len(), 3);
//! let error = scenario::Scenario::parse("agent ada is 1001001\nada sings in").unwrap_err();
//! assert_eq!(error.place.to_string(), "2:5");
//! # Ok::<(), scenario::ParseError>(())
//! ```
#![forbid(unsafe_code)]

mod error;
mod lex;
mod model;
mod parse;
mod play;
mod print;
mod report;
mod suggest;
mod text;

pub use error::{ParseError, Place};
pub use model::{
    Action, Agent, Assignment, Change, ColleagueState, Condition, Deed, Expectation, Extent, Fact, Fault,
    Name, OutageCause, Outcome, Party, PlainAction, Request, Scenario, Sight, Step, Subject, Time,
};
pub use parse::{DEPTH_MAX, STEPS_MAX, TEXT_BYTES_MAX};
pub use play::{DEFAULT_TIMEOUT, Failure, Played, Progress, QUIET_TIMEOUT, Settings, play};
pub use report::{Detail, Format, Report};
pub use text::{Piece, Text, Variables};
