//! What the other server has on its disk, and how long the log's reports wait for that.

use std::time::{Duration, Instant};

use notifier::Position;
use parking_lot::{Condvar, Mutex};

/// What is known of the copy.
#[derive(Debug)]
pub(super) struct Confirmations {
    copy: Mutex<Copy>,
    news: Condvar,
    timeout: Duration,
}

#[derive(Debug, Default)]
struct Copy {
    /// Everything up to here is on the other disk.
    confirmed: Position,
    /// Whether it is waited for.
    keeps_up: bool,
    /// Whether the other server is active, and nothing that is not on its disk counts any more.
    is_superseded: bool,
}

impl Confirmations {
    /// - `timeout`: how long the copy is waited for; zero: never.
    pub(super) fn new(timeout: Duration) -> Confirmations {
        Confirmations { copy: Mutex::default(), news: Condvar::new(), timeout }
    }

    /// The other server has everything up to `position`.
    ///
    /// - `logged`: what there is.
    pub(super) fn confirm(&self, position: Position, logged: Position) {
        let mut copy = self.copy.lock();
        copy.confirmed = position;
        if position >= logged && !copy.keeps_up {
            tracing::info!(position = position.0, "the other server has everything");
            copy.keeps_up = true;
        }
        self.news.notify_all();
    }

    /// Up to where the other server has everything.
    pub(super) fn confirmed(&self) -> Position {
        self.copy.lock().confirmed
    }

    /// Whether the other server has, or is about to have, everything.
    pub(super) fn keeps_up(&self) -> bool {
        self.copy.lock().keeps_up
    }

    /// Nobody is waited for any more, until the other server has everything again.
    pub(super) fn give_up(&self) {
        self.copy.lock().keeps_up = false;
        self.news.notify_all();
    }

    /// The other server is active with a later log: nobody must be told any more of what it does not have.
    pub(super) fn supersede(&self) {
        self.copy.lock().is_superseded = true;
        self.news.notify_all();
    }

    /// Blocks until the other server has everything up to `position`, or is not waited for any more.
    ///
    /// Returns whether that may be told.
    #[must_use]
    pub(super) fn wait(&self, position: Position) -> bool {
        let deadline = Instant::now() + self.timeout;
        let mut copy = self.copy.lock();
        while !copy.is_superseded && copy.keeps_up && copy.confirmed < position {
            if self.timeout.is_zero() {
                return true;
            }
            if self.news.wait_until(&mut copy, deadline).timed_out() {
                copy.keeps_up = false;
                tracing::warn!(
                    position = position.0,
                    confirmed = copy.confirmed.0,
                    "the other server does not keep up; going on without it"
                );
            }
        }
        !copy.is_superseded || copy.confirmed >= position
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_copy_that_keeps_up_is_waited_for_and_one_that_does_not_is_not() {
        let confirmations = Arc::new(Confirmations::new(Duration::from_secs(60)));
        // Nobody copies.
        assert!(confirmations.wait(Position(5)));
        confirmations.confirm(Position(3), Position(5));
        assert!(!confirmations.keeps_up());
        assert!(confirmations.wait(Position(5)));
        confirmations.confirm(Position(5), Position(5));
        assert!(confirmations.keeps_up());
        let waiting = std::thread::spawn({
            let confirmations = Arc::clone(&confirmations);
            move || confirmations.wait(Position(6))
        });
        confirmations.confirm(Position(6), Position(6));
        assert!(waiting.join().expect("it has waited long enough"));
        let waiting = std::thread::spawn({
            let confirmations = Arc::clone(&confirmations);
            move || confirmations.wait(Position(7))
        });
        confirmations.give_up();
        assert!(waiting.join().expect("it has waited long enough"));
    }

    #[test]
    fn a_copy_that_says_nothing_is_waited_for_once() {
        let confirmations = Confirmations::new(Duration::from_millis(1));
        confirmations.confirm(Position(0), Position(0));
        assert!(confirmations.wait(Position(1)));
        assert!(!confirmations.keeps_up());
        let never = Confirmations::new(Duration::ZERO);
        never.confirm(Position(0), Position(0));
        assert!(never.wait(Position(1)));
        assert!(never.keeps_up());
    }

    #[test]
    fn what_only_a_superseded_server_has_is_told_to_nobody() {
        let confirmations = Confirmations::new(Duration::from_secs(60));
        confirmations.confirm(Position(3), Position(3));
        confirmations.supersede();
        assert!(confirmations.wait(Position(3)));
        assert!(!confirmations.wait(Position(4)));
        confirmations.give_up();
        assert!(!confirmations.wait(Position(4)));
    }
}
