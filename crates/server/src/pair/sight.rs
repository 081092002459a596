//! What is seen of the other server: for the people who run the two, and for nothing else.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;

use super::rank::{PeerStatus, Role};
use crate::metrics::PairCounters;

/// When the other one was heard last, and how far the copy is behind.
#[derive(Debug, Default)]
pub(super) struct Sight {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    heard: Option<Instant>,
    lag: u64,
    behind_since: Option<Instant>,
}

/// The state of a pair as one of the two sees it.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    #[serde(flatten)]
    own: PeerStatus,
    /// Where the other one is.
    peer: String,
    /// Whether it has answered or asked lately.
    connected: bool,
    /// Entries that the copy does not have.
    lag_entries: u64,
    /// For how long it has not had everything.
    lag_seconds: u64,
    takeovers: u64,
    superseded: u64,
    entries_set_apart: u64,
    changes_refused: u64,
}

impl Sight {
    /// The other server has answered, or asked.
    pub(super) fn heard(&self) {
        self.seen.lock().heard = Some(Instant::now());
    }

    /// The copy is up to `copy`, the log that it is of up to `log`.
    pub(super) fn positions(&self, log: u64, copy: u64) {
        let mut seen = self.seen.lock();
        seen.lag = log.saturating_sub(copy);
        seen.behind_since = (seen.lag > 0).then(|| seen.behind_since.unwrap_or_else(Instant::now));
    }

    /// What is seen now; sets the counters that go up and down.
    pub(super) fn view(&self, own: PeerStatus, peer: String, counters: &PairCounters) -> View {
        let seen = self.seen.lock();
        let connected = seen.heard.is_some_and(|heard| heard.elapsed() < CONNECTED_TIME);
        let lag_seconds = seen.behind_since.map_or(0, |since| since.elapsed().as_secs());
        counters.active.set(u64::from(own.role == Role::Active));
        counters.connected.set(connected.into());
        counters.term.set(own.term);
        counters.lag_entries.set(seen.lag);
        counters.lag_seconds.set(lag_seconds);
        View {
            own,
            peer,
            connected,
            lag_entries: seen.lag,
            lag_seconds,
            takeovers: counters.takeovers.get(),
            superseded: counters.superseded.get(),
            entries_set_apart: counters.entries_set_apart.get(),
            changes_refused: counters.changes_refused.get(),
        }
    }
}

/// Both ask each other at least every second.
const CONNECTED_TIME: Duration = Duration::from_secs(3);
