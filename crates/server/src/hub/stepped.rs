//! The hub without a task and a clock: a test says when it works and what time it is.

use contact::Timestamp;

use super::{Assembled, HubHandle, HubParts, Left, assemble};

pub(crate) struct SteppedHub(Assembled);

impl SteppedHub {
    pub(crate) fn new(parts: HubParts, at: Timestamp) -> SteppedHub {
        SteppedHub(assemble(parts, at))
    }

    pub(crate) fn handle(&self) -> &HubHandle {
        &self.0.handle
    }

    /// Does everything that waits.
    pub(crate) fn work(&mut self, at: Timestamp) {
        let Assembled { task, inbox, log_events, .. } = &mut self.0;
        loop {
            if let Ok(event) = log_events.try_recv() {
                task.log_event(event);
            } else if let Ok(request) = inbox.try_recv() {
                task.request(request, at);
            } else {
                return task.timeout(at);
            }
        }
    }

    /// Sessions without a connection.
    pub(crate) fn waiting(&self) -> usize {
        self.0.task.notifier.waiting_session_count()
    }

    /// What it would leave to the next process.
    pub(crate) fn left(&self) -> Left {
        self.0.task.save_sessions()
    }
}
