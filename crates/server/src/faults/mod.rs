//! Faults on demand: what goes wrong in the field, made to happen here when an administrator or a scenario asks for it.
//!
//! [`Faults`] is the list of those that are active. It is empty unless somebody asks, and then costs whoever looks one
//! load of a number. A fault ends by itself, after a count or a time, or when it is deleted, and no restart keeps one.
//! What each does is done where it happens (the upgrade, the accounts, the outbox, the web service), which asks here by
//! [`Faults::strike`] whether it is to happen now.

mod desk;
mod fault;
mod list;
mod over_socket;

pub use desk::{FaultDesk, ListedSession};
pub use fault::{Fault, Kind, NewFault};
pub use list::{Faults, Listed, State};
pub use over_socket::{FaultsAnswer, FaultsRequest, handle};
