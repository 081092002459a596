//! Calls: who may ask for what, and what becomes of the call, of its parties and of the agents' states.
//!
//! What somebody asks for becomes a list of steps, each an event of its own: the telephone is off the hook, the number is
//! dialled, it rings. `draft.rs` holds the steps so far; the other files each know one thing that can be done.

mod answer;
mod conference;
mod consult;
mod data;
mod draft;
mod hang_up;
mod hold;
mod make;
mod monitor;
mod network;
mod outbound;
mod progressive;
mod queue;
mod requests;
mod settle;
mod table;

pub(super) use draft::Draft;
pub(super) use table::Calls;
