//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// Growing, jittered waiting times: thousands of clients that lost their line in one moment do not come back in one.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    /// - `first`: the longest wait before the first attempt; it doubles with each attempt, up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest, attempts: 0 }
    }

    /// The next wait: between half of its longest and all of it, as `random` has it.
    ///
    /// - `random`: any number, each as likely as the others.
    pub fn next_wait(&mut self, random: u32) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.attempts).unwrap_or(u32::MAX));
        let most = doubled.min(self.longest);
        self.attempts = (self.attempts + 1).min(31);
        most.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
    }

    /// An attempt was successful, and what it brought lasted for a while.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_between_their_bounds() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::new(seconds(1), seconds(30));
        let most: Vec<_> = (0..7).map(|_| backoff.next_wait(u32::MAX).as_secs()).collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 30, 30]);
        (0..100).for_each(|_| assert_eq!(backoff.next_wait(0), seconds(15)));
        backoff.reset();
        assert_eq!(backoff.next_wait(0), Duration::from_millis(500));
    }
}
