//! Wrong passwords in a row, by user and address, and who is locked out for it.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Who failed lately. At [`ATTEMPTS_MAX`] the pair that failed first is forgotten.
pub(super) struct Attempts {
    failures_max: u32,
    time: Duration,
    entries: HashMap<[u8; 32], Failures>,
    /// In the order of their first failure.
    order: VecDeque<([u8; 32], Instant)>,
}

struct Failures {
    count: u32,
    first: Instant,
    last: Instant,
}

impl Attempts {
    pub(super) fn new(failures_max: u32, time: Duration) -> Attempts {
        Attempts { failures_max, time, entries: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_locked_out(&self, key: &[u8; 32], now: Instant) -> bool {
        self.entries.get(key).is_some_and(|failures| {
            failures.count >= self.failures_max && now.duration_since(failures.last) < self.time
        })
    }

    pub(super) fn succeeded(&mut self, key: &[u8; 32]) {
        self.entries.remove(key);
    }

    pub(super) fn failed(&mut self, key: [u8; 32], now: Instant) {
        if self.failures_max == 0 {
            return;
        }
        self.forget_old(now);
        let entry = self.entries.entry(key).or_insert_with(|| {
            self.order.push_back((key, now));
            Failures { count: 0, first: now, last: now }
        });
        // After a pause as long as a lock-out the row begins anew.
        entry.count = if now.duration_since(entry.last) < self.time { entry.count + 1 } else { 1 };
        entry.last = now;
    }

    /// Drops what no longer matters, and the oldest if there are too many.
    fn forget_old(&mut self, now: Instant) {
        while let Some((key, first)) = self.order.front().copied() {
            let is_current = self.entries.get(&key).is_some_and(|failures| failures.first == first);
            if is_current {
                let is_over = self.entries.get(&key).is_none_or(|f| now.duration_since(f.last) >= self.time);
                if !is_over && self.order.len() < ATTEMPTS_MAX {
                    break;
                }
                self.entries.remove(&key);
            }
            self.order.pop_front();
        }
    }
}

const ATTEMPTS_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_failures_in_a_row_lock_out_for_a_while() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut attempts = Attempts::new(3, Duration::from_secs(60));
        let (a, b) = ([1; 32], [2; 32]);
        attempts.failed(a, at(0));
        attempts.failed(a, at(1));
        attempts.succeeded(&a);
        attempts.failed(a, at(2));
        attempts.failed(a, at(3));
        assert!(!attempts.is_locked_out(&a, at(3)), "not in a row");
        attempts.failed(a, at(4));
        assert!(attempts.is_locked_out(&a, at(4)) && attempts.is_locked_out(&a, at(63)));
        assert!(!attempts.is_locked_out(&b, at(4)), "somebody else");
        assert!(!attempts.is_locked_out(&a, at(64)), "over");
        attempts.failed(a, at(64));
        assert!(!attempts.is_locked_out(&a, at(64)), "the row begins anew");
    }

    #[test]
    fn the_memory_is_bounded_and_forgets() {
        let start = Instant::now();
        let mut attempts = Attempts::new(1, Duration::from_secs(60));
        for number in 0..ATTEMPTS_MAX as u64 + 50 {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_le_bytes());
            attempts.failed(key, start);
        }
        assert!(attempts.len() <= ATTEMPTS_MAX && attempts.order.len() <= ATTEMPTS_MAX);
        attempts.failed([9; 32], start + Duration::from_secs(60));
        assert_eq!(attempts.len(), 1);
    }

    #[test]
    fn zero_never_locks_out() {
        let mut attempts = Attempts::new(0, Duration::from_secs(60));
        attempts.failed([1; 32], Instant::now());
        assert_eq!(attempts.len(), 0);
        assert!(!attempts.is_locked_out(&[1; 32], Instant::now()));
    }
}
