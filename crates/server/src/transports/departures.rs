//! When each of many clients is told to go, so that they do not come back in step.

use std::time::Duration;

/// Who is told when, in the order of time: the number of each of `count`, and the time after the beginning.
///
/// The load is even: the time is cut into as many parts as there are clients, and each part has one of them. Which one, and
/// when in it, chance decides.
///
/// - `spread`: the time.
/// - `seed`: what chance begins with. The same one decides the same.
pub(super) fn departures(count: usize, spread: Duration, seed: u64) -> Vec<(usize, Duration)> {
    let mut chance = Chance(seed);
    let mut numbers: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        numbers.swap(last, chance.below(last + 1));
    }
    let part = spread.div_f64(count.max(1) as f64);
    let in_time = |(place, number)| (number, part.mul_f64(place as f64 + chance.fraction()).min(spread));
    numbers.into_iter().enumerate().map(in_time).collect()
}

/// A sequence of numbers that look like chance: a counter with an odd step, well mixed (SplitMix64). Nobody has to be kept
/// from guessing them.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number from 0, less than `end`.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// At least 0, less than 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPREAD: Duration = Duration::from_secs(100);

    #[test]
    fn everybody_goes_once_and_the_load_is_even() {
        for seed in 0..100 {
            let all = departures(50, SPREAD, seed);
            let mut numbers: Vec<usize> = all.iter().map(|(number, _)| *number).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..50).collect::<Vec<_>>());
            for (place, (_, after)) in (0..).zip(&all) {
                let part = Duration::from_secs(2);
                assert!((part * place..=part * (place + 1)).contains(after), "{seed}: {place} {after:?}");
            }
        }
    }

    #[test]
    fn order_and_moments_are_left_to_chance() {
        let (one, other) = (departures(1000, SPREAD, 1), departures(1000, SPREAD, 2));
        assert_eq!(one, departures(1000, SPREAD, 1), "which a seed decides");
        let same_place = one.iter().zip(&other).filter(|(a, b)| a.0 == b.0).count();
        assert!(same_place < 20, "{same_place}");
        let distances: Vec<Duration> = one.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
        let even = Duration::from_millis(100);
        let is_uneven = |distance: &&Duration| distance.abs_diff(even) > even / 10;
        assert!(distances.iter().filter(is_uneven).count() > 500);
    }

    #[test]
    fn without_time_all_go_at_once() {
        assert!(departures(10, Duration::ZERO, 3).iter().all(|(_, after)| after.is_zero()));
        assert_eq!(departures(0, SPREAD, 3), []);
        assert_eq!(departures(1, SPREAD, 3).len(), 1);
    }
}
