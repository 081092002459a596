//! How it stands with the other server of a pair. All zero without one.

use super::Counter;

/// Counters of a pair. They outlive a change of roles, not the process.
#[derive(Debug, Default)]
pub struct PairCounters {
    /// 1 if this server is the active one; goes up and down.
    pub active: Counter,
    /// 1 if the other server has answered or asked within 3 s; goes up and down.
    pub connected: Counter,
    /// The term of the log; goes up.
    pub term: Counter,
    /// Entries of the active server's log that the copy does not have yet; goes up and down.
    pub lag_entries: Counter,
    /// For how many seconds the copy has not had everything; goes up and down.
    pub lag_seconds: Counter,
    /// Times when this server has become active because the other one was, and is not any more.
    pub takeovers: Counter,
    /// Times when this server has given way to the other one's later log.
    pub superseded: Counter,
    /// Entries that were only in the own log then, and that have been written to a file.
    pub entries_set_apart: Counter,
    /// Requests that were refused because `pair.require_peer` is set and the other server does not keep up.
    pub changes_refused: Counter,
}
