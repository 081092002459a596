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
    /// Whether what is not on the other disk is told to nobody.
    is_required: bool,
}

#[derive(Debug, Default)]
struct Copy {
    /// Everything up to here is on the other disk.
    confirmed: Position,
    /// Whether it is waited for.
    keeps_up: bool,
    /// Whether the other server is active, and nothing that is not on its disk counts any more.
    is_superseded: bool,
    /// When the other server last said how far it is.
    asked: Option<Instant>,
    /// Whether it has had everything since this server is active. What a server does by itself when it starts is not waited for:
    /// the other one could not even ask for it.
    was_whole: bool,
    /// Whether this server is about to end: then nobody is waited for without an end.
    is_ending: bool,
}

impl Confirmations {
    /// - `timeout`: how long the copy is waited for; zero: never.
    /// - `is_required`: whether it is waited for after that, too, and changes are refused meanwhile.
    pub(super) fn new(timeout: Duration, is_required: bool) -> Confirmations {
        Confirmations { copy: Mutex::default(), news: Condvar::new(), timeout, is_required }
    }

    /// Whether clients may change anything now.
    pub(super) fn may_change(&self) -> bool {
        let copy = self.copy.lock();
        let is_there = || copy.asked.is_some_and(|asked| asked.elapsed() < self.timeout);
        !self.is_required || copy.keeps_up && is_there()
    }

    /// This server is about to end: whoever waits does so for `timeout` at most.
    pub(super) fn end(&self) {
        self.copy.lock().is_ending = true;
        self.news.notify_all();
    }

    /// The other server has everything up to `position`.
    ///
    /// - `logged`: what there is.
    pub(super) fn confirm(&self, position: Position, logged: Position) {
        let mut copy = self.copy.lock();
        copy.confirmed = position;
        copy.asked = Some(Instant::now());
        if position >= logged && !copy.keeps_up {
            tracing::info!(position = position.0, "the other server has everything");
            copy.keeps_up = true;
            copy.was_whole = true;
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
        let mut deadline = Instant::now() + self.timeout;
        let mut copy = self.copy.lock();
        let is_required = self.is_required && copy.was_whole;
        while !copy.is_superseded && copy.confirmed < position && (copy.keeps_up || is_required) {
            if self.timeout.is_zero() {
                return true;
            }
            if !self.news.wait_until(&mut copy, deadline).timed_out() {
                continue;
            }
            if copy.keeps_up {
                let (position, confirmed) = (position.0, copy.confirmed.0);
                let then =
                    if is_required { "changes are refused until it does" } else { "going on without it" };
                tracing::warn!(position, confirmed, "the other server does not keep up; {then}");
            }
            copy.keeps_up = false;
            if copy.is_ending {
                break;
            }
            deadline = Instant::now() + self.timeout;
        }
        copy.confirmed >= position || !copy.is_superseded && !is_required
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_copy_that_keeps_up_is_waited_for_and_one_that_does_not_is_not() {
        let confirmations = Arc::new(Confirmations::new(Duration::from_secs(60), false));
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
        let confirmations = Confirmations::new(Duration::from_millis(1), false);
        confirmations.confirm(Position(0), Position(0));
        assert!(confirmations.wait(Position(1)));
        assert!(!confirmations.keeps_up());
        let never = Confirmations::new(Duration::ZERO, false);
        never.confirm(Position(0), Position(0));
        assert!(never.wait(Position(1)));
        assert!(never.keeps_up());
    }

    #[test]
    fn what_only_a_superseded_server_has_is_told_to_nobody() {
        let confirmations = Confirmations::new(Duration::from_secs(60), false);
        confirmations.confirm(Position(3), Position(3));
        confirmations.supersede();
        assert!(confirmations.wait(Position(3)));
        assert!(!confirmations.wait(Position(4)));
        confirmations.give_up();
        assert!(!confirmations.wait(Position(4)));
    }

    #[test]
    fn where_the_copy_is_required_nothing_is_told_without_it() {
        let confirmations = Arc::new(Confirmations::new(Duration::from_millis(1), true));
        // What the server does when it starts is before anybody could copy it; clients have to wait.
        assert!(confirmations.wait(Position(5)));
        assert!(!confirmations.may_change());
        confirmations.confirm(Position(5), Position(5));
        let (told, is_told) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn({
            let confirmations = Arc::clone(&confirmations);
            move || told.send(confirmations.wait(Position(6)))
        });
        while confirmations.keeps_up() {
            std::thread::yield_now();
        }
        // Whoever waits is not told, and goes on waiting; nobody else may change anything.
        assert!(is_told.try_recv().is_err());
        assert!(!confirmations.may_change());
        confirmations.confirm(Position(6), Position(6));
        assert_eq!(is_told.recv(), Ok(true));
        waiting.join().expect("no panic").expect("it is heard");
        // At the end nobody waits for ever, and nobody is told.
        confirmations.end();
        assert!(!confirmations.wait(Position(7)));
    }
}
