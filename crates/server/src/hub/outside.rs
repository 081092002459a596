//! Events from outside: decided like everything else in the hub's task, and answered when the log has them.

use contact::{Refusal, Timestamp};
use notifier::{OutsideEvent, TokenHash};

use super::HubTask;
use super::handle::{Held, OutsideAnswers};

/// A publisher that has shown its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherToken {
    /// The publisher's name.
    pub name: String,
    /// Which of the tokens that a publisher of this name may have had.
    pub token: TokenHash,
}

impl HubTask {
    pub(super) fn publish_outside(
        &mut self,
        publisher: PublisherToken,
        events: Vec<OutsideEvent>,
        answer: OutsideAnswers,
        at: Timestamp,
    ) {
        if self.rebuild_at.is_some() {
            // Nothing is decided on what the log has lost.
            let _ = answer.send(Err(Refusal::service_unavailable()));
            return;
        }
        let PublisherToken { name, token } = publisher;
        let outcomes = self.notifier.publish_from_outside(&name, &token, events, at);
        self.execute();
        // Whoever asked may have gone; the events are there all the same.
        let held: Held = Box::new(move || drop(answer.send(outcomes)));
        match self.decided == self.logged {
            true => held(),
            false => self.held.push_back((self.decided, held)),
        }
    }
}
