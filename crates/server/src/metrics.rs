//! Counters of what happens to sessions, for people who run the server. Only ever growing, but for those that say so.

use std::sync::atomic::{AtomicU64, Ordering};

/// One counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one more.
    pub fn add(&self) {
        self.add_many(1);
    }

    /// Counts several more.
    pub fn add_many(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Sets a counter that goes up and down.
    pub fn set(&self, count: u64) {
        self.0.store(count, Ordering::Relaxed);
    }

    /// The count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters of one server.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Times when no connection was accepted because there were too many (`limits.connections_max`).
    pub accepting_paused: Counter,
    /// Connections that were refused because their address had too many (`limits.connections_per_address_max`).
    pub connections_per_address_refused: Counter,
    /// Connections that were refused because their address was too fast (`limits.connections_per_minute_max`).
    pub connections_per_minute_refused: Counter,
    /// Sessions that lost their connection and began to wait for their client.
    pub sessions_detached: Counter,
    /// Sessions that wait for their client now; goes up and down.
    pub sessions_waiting: Counter,
    /// Sessions that were resumed.
    pub sessions_resumed: Counter,
    /// Attempts to resume a session that is not there.
    pub resumes_failed: Counter,
    /// Sessions that waited for their client in vain.
    pub sessions_expired: Counter,
    /// Sessions without a connection that ended because too much waited for them.
    pub sessions_overflowed: Counter,
    /// Sessions that can't be resumed any more because too much of what they got is not acknowledged.
    pub resumability_lost: Counter,
    /// Streams of slow readers that ended and whose sessions can be resumed.
    pub slow_readers_interrupted: Counter,
    /// Streams of slow readers that ended together with their sessions.
    pub slow_readers_ended: Counter,
    /// Times when only the last notification of each node was kept for a client that nobody looks at.
    pub outboxes_coalesced: Counter,
    /// Notifications that were dropped by that.
    pub notifications_coalesced: Counter,
    /// Notifications that were dropped with their session.
    pub notifications_dropped: Counter,
    /// Messages that went to other sessions because theirs was over.
    pub messages_rerouted: Counter,
    /// Messages and requests whose senders were told that nobody answers.
    pub stanzas_answered: Counter,
    /// Other stanzas that were dropped with their session.
    pub stanzas_dropped: Counter,
    /// Sessions that were left to the next process.
    pub sessions_saved: Counter,
    /// Sessions that the last process left and that can be resumed.
    pub sessions_restored: Counter,
    /// Events that are remembered for recovery now; goes up and down.
    pub history_events: Counter,
    /// What they count for, of `recovery.history_bytes_max`; goes up and down.
    pub history_bytes: Counter,
    /// Events that are not remembered any more because of a limit: number, bytes or age.
    pub history_events_forgotten: Counter,
    /// Nodes of which a client got everything that it had missed.
    pub recoveries_complete: Counter,
    /// Nodes of which a client got a part of what it had missed and was told to ask again.
    pub recoveries_continued: Counter,
    /// Nodes of which a client was told to read the current state.
    pub recoveries_impossible: Counter,
    /// Nodes that a client asked for and may not have, or that are not there.
    pub recoveries_refused: Counter,
    /// Events that were sent again.
    pub events_recovered: Counter,
    /// Connections that ended because what they got was not acknowledged in time.
    pub acknowledgements_missed: Counter,
    /// BOSH sessions that were begun.
    pub bosh_sessions_begun: Counter,
    /// BOSH sessions that there are now; goes up and down.
    pub bosh_sessions_open: Counter,
    /// BOSH sessions that were not begun because there were too many (`bosh.sessions_max`).
    pub bosh_sessions_refused: Counter,
    /// BOSH sessions that were not begun because their address had too many (`bosh.sessions_per_address_max`).
    pub bosh_sessions_per_address_refused: Counter,
    /// BOSH sessions that were not begun because their address was too fast (`bosh.sessions_per_minute_max`).
    pub bosh_sessions_per_minute_refused: Counter,
    /// BOSH sessions whose clients stayed away for too long.
    pub bosh_sessions_inactive: Counter,
    /// BOSH sessions whose clients broke the rules.
    pub bosh_sessions_broken: Counter,
    /// Requests in BOSH sessions.
    pub bosh_requests: Counter,
}
