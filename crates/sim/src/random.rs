//! Random numbers from a seed: each actor and each call has a stream of its own, so that what one of them draws changes
//! nothing about the others.

/// A stream of random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream of one actor: `kind` and `index` say whose.
    pub(crate) fn of(seed: u64, kind: u64, index: u64) -> Self {
        let mut random = Self { state: seed };
        for part in [kind, index] {
            random.state = random.next() ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of the places below `count`, which is not 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// Evenly between 0 and `seconds`, in milliseconds.
    pub(crate) fn within(&mut self, seconds: f64) -> i64 {
        (self.unit() * seconds * 1000.0) as i64
    }

    /// Exponentially distributed: how long until something that happens every `seconds` on average. In milliseconds, at
    /// least one, at most ten times the mean.
    pub(crate) fn until_next(&mut self, seconds: f64) -> i64 {
        let drawn = -(1.0 - self.unit()).ln();
        ((drawn.min(10.0) * seconds * 1000.0) as i64).max(1)
    }

    /// How long something takes that takes `seconds` on average: the mean of three exponential draws (an Erlang
    /// distribution), so that neither very short nor very long is common. In milliseconds, at least one.
    pub(crate) fn lasting(&mut self, seconds: f64) -> i64 {
        let drawn: f64 = (0..3).map(|_| -(1.0 - self.unit()).ln()).sum();
        ((drawn.min(12.0) / 3.0 * seconds * 1000.0) as i64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_about_what_was_asked_for() {
        let mut random = Random::of(7, 1, 2);
        let mut mean = |draw: fn(&mut Random) -> i64| {
            let sum: i64 = (0..20_000).map(|_| draw(&mut random)).sum();
            sum as f64 / 20_000.0
        };
        assert!((9_700.0..10_300.0).contains(&mean(|random| random.until_next(10.0))));
        assert!((9_700.0..10_300.0).contains(&mean(|random| random.lasting(10.0))));
        assert!((4_800.0..5_200.0).contains(&mean(|random| random.within(10.0))));
    }

    #[test]
    fn streams_are_different_and_repeatable() {
        let first = |seed, kind, index| Random::of(seed, kind, index).next();
        assert_eq!(first(7, 1, 2), first(7, 1, 2));
        assert_ne!(first(7, 1, 2), first(7, 2, 1));
        assert_ne!(first(7, 1, 2), first(8, 1, 2));
    }
}
