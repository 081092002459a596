//! Work that is no call: tasks of media domains, and the agents who are signed in to these.
//!
//! A *task* is a chat, an e-mail or whatever else a customer waits for; agents see it as a `Dialog` with another state
//! than a call has. A *session* is an agent's sign-in to a media domain: terms, readiness, and the state that follows from
//! both and from the agent's tasks.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), "Media APIs", "Dialog APIs for nonvoice tasks" and "Agent states for nonvoice media".

mod request;
mod session;
mod task;

pub use request::{MediaRequest, SessionChange, TaskRequest};
pub use session::{InterruptAction, LogoutAction, MediaSession, MediaState, MediaTerms};
pub use task::{Assignment, Task, TaskAction, TaskId, TaskState};
