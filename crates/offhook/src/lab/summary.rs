//! What a person sees of a laboratory: a line now and then, and the sums.

use contact::Timestamp;
use sim::{Counts, Reference, Staffing};

/// Prints a line every so often.
pub(super) struct Progress {
    next_ms: i64,
    every_ms: i64,
}

impl Progress {
    pub(super) fn every(seconds: i64) -> Self {
        Self { next_ms: seconds * 1000, every_ms: seconds * 1000 }
    }

    /// Prints a line if it is time for one.
    ///
    /// - `at`: in the world.
    pub(super) fn look(&mut self, at: Timestamp, reference: &Reference, violations: usize) {
        if at.0 < self.next_ms {
            return;
        }
        self.next_ms = at.0 - at.0 % self.every_ms + self.every_ms;
        let counts = reference.counts();
        eprintln!(
            "{:>6} s  calls: {} offered, {} answered, {} abandoned, {} transferred, {} now  agents: {}{}",
            at.0 / 1000,
            counts.offered,
            counts.answered,
            counts.abandoned,
            counts.transferred,
            counts.open(),
            Staffing::of(reference.centre()),
            if violations == 0 { String::new() } else { format!("  VIOLATIONS: {violations}") },
        );
    }
}

/// The sums, for the end.
pub(super) fn print(counts: &Counts, seen: u64) {
    let level = counts.service_level().map_or("-".to_owned(), |share| format!("{share:.1} %"));
    let speed = counts.mean_speed_of_answer().map_or("-".to_owned(), |seconds| format!("{seconds:.1} s"));
    println!("calls offered         {}", counts.offered);
    println!("calls answered        {}", counts.answered);
    println!("calls abandoned       {}", counts.abandoned);
    println!("transfers             {}", counts.transferred);
    println!("conferences           {}", counts.conferences);
    println!("monitored             {}", counts.monitored);
    println!("service level (20 s)  {level}");
    println!("mean speed of answer  {speed}");
    println!("actions               {}, of which refused {}", counts.actions, counts.refused);
    println!("events seen           {seen}");
}
