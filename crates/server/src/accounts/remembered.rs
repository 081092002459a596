//! Passwords that were found right, under a keyed hash, for a while.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// What is remembered. At the limit the entry that has been there longest is forgotten.
pub(super) struct Remembered {
    time: Duration,
    entries_max: usize,
    entries: HashMap<[u8; 32], Entry>,
    /// In the order in which they were made. An entry that was made again is in here twice; the older one is ignored.
    order: VecDeque<([u8; 32], Instant)>,
}

struct Entry {
    generation: u64,
    until: Instant,
}

impl Remembered {
    pub(super) fn new(time: Duration, entries_max: usize) -> Remembered {
        Remembered { time, entries_max, entries: HashMap::new(), order: VecDeque::new() }
    }

    /// True if this hash was remembered for these credentials and it is not too long ago.
    pub(super) fn knows(&self, key: &[u8; 32], generation: u64, now: Instant) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.generation == generation && now < entry.until)
    }

    pub(super) fn remember(&mut self, key: [u8; 32], generation: u64, now: Instant) {
        if self.time.is_zero() {
            return;
        }
        let until = now + self.time;
        self.entries.insert(key, Entry { generation, until });
        self.order.push_back((key, until));
        while let Some((oldest, until)) = self.order.front().copied() {
            if self.order.len() <= self.entries_max && now < until {
                break;
            }
            self.order.pop_front();
            if self.entries.get(&oldest).is_some_and(|entry| entry.until == until) {
                self.entries.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_end_with_time_with_credentials_and_at_the_limit() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut memory = Remembered::new(Duration::from_secs(10), 2);
        memory.remember([1; 32], 7, at(0));
        assert!(memory.knows(&[1; 32], 7, at(9)));
        assert!(!memory.knows(&[1; 32], 7, at(10)), "too long ago");
        assert!(!memory.knows(&[1; 32], 8, at(1)), "other credentials");
        assert!(!memory.knows(&[2; 32], 7, at(1)));
        memory.remember([2; 32], 7, at(5));
        memory.remember([3; 32], 7, at(6));
        assert!(!memory.knows(&[1; 32], 7, at(6)), "the oldest went");
        assert!(memory.knows(&[2; 32], 7, at(6)) && memory.knows(&[3; 32], 7, at(6)));
        memory.remember([2; 32], 7, at(14));
        assert!(memory.knows(&[2; 32], 7, at(23)), "remembered again");
        memory.remember([4; 32], 7, at(40));
        assert_eq!((memory.entries.len(), memory.order.len()), (1, 1), "what is over is dropped");
    }
}
