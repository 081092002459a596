//! What faults on demand have done, by their kind.

use super::Counter;
use crate::faults::Kind;

/// Counters of faults.
#[derive(Debug, Default)]
pub struct FaultCounters {
    /// Faults that are active now; goes up and down.
    pub active: Counter,
    begun: [Counter; Kind::ALL.len()],
    struck: [Counter; Kind::ALL.len()],
}

impl FaultCounters {
    /// Faults of this kind that were asked for.
    pub fn begun(&self, kind: Kind) -> &Counter {
        &self.begun[kind.index()]
    }

    /// Connections, sessions, requests or events that a fault of this kind has struck.
    pub fn struck(&self, kind: Kind) -> &Counter {
        &self.struck[kind.index()]
    }
}
