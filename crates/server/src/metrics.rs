//! Counters of what happens to sessions, for people who run the server. Only ever growing, but for those that say so.

mod faults;
mod limits;
mod pair;

pub use faults::FaultCounters;
pub use limits::Limit;
pub use pair::PairCounters;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use notifier::LimitsReached;

use limits::LimitCounters;

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
    /// How often each limit was reached.
    limits: LimitCounters,
    /// The same of those that the notifier counts.
    limits_of_notifier: Arc<LimitsReached>,
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
    /// BOSH sessions that were not begun because there were too many, or too many too fast from one address.
    pub bosh_sessions_refused: Counter,
    /// BOSH sessions whose clients stayed away for too long.
    pub bosh_sessions_inactive: Counter,
    /// BOSH sessions whose clients broke the rules.
    pub bosh_sessions_broken: Counter,
    /// Requests in BOSH sessions.
    pub bosh_requests: Counter,
    /// Faults on demand.
    pub faults: FaultCounters,
    /// The other server of a pair.
    pub pair: Arc<PairCounters>,
}

impl Metrics {
    /// Counters of which some are the notifier's.
    pub fn new(limits_of_notifier: Arc<LimitsReached>) -> Metrics {
        Metrics { limits_of_notifier, ..Metrics::default() }
    }

    /// The same, with what is counted of a pair, which outlives a server.
    pub(crate) fn with_pair(self, pair: Arc<PairCounters>) -> Metrics {
        Metrics { pair, ..self }
    }

    /// Counts that a limit was reached; those that the notifier counts, it counts itself.
    pub(crate) fn reached(&self, limit: Limit) {
        self.limits.of(limit).add();
    }

    /// How often it was.
    pub fn times_reached(&self, limit: Limit) -> u64 {
        match limit.of_notifier() {
            Some(limit) => self.limits_of_notifier.times(limit),
            None => self.limits.of(limit).get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    /// Sections whose limits are all counted.
    const SECTIONS: &[&str] = &["limits", "roster", "client_logs"];

    /// Whoever adds a limit is reminded here that nobody would see when it is reached.
    #[test]
    fn every_limit_has_a_counter() {
        let counted: BTreeSet<&str> = Limit::ALL.iter().map(|limit| limit.setting()).collect();
        let settings: BTreeSet<&str> = config::settings().map(|setting| setting.key).collect();
        assert_eq!(counted.len(), Limit::ALL.len(), "no setting twice");
        assert!(counted.is_subset(&settings), "{:?}", counted.difference(&settings));
        let is_limit = |about: &str| ["Over it", "At the limit"].iter().any(|sign| about.contains(sign));
        let limits = config::settings().filter(|setting| is_limit(&setting.about.concat()));
        let of_sections =
            limits.filter(|limit| SECTIONS.contains(&limit.key.split('.').next().unwrap_or("")));
        let without: Vec<&str> =
            of_sections.map(|limit| limit.key).filter(|key| !counted.contains(key)).collect();
        assert!(without.is_empty(), "{without:?} need a line in metrics/limits.rs, and to be counted");
    }

    /// And whoever counts one does it where it is reached: the name stands somewhere outside of the list.
    #[test]
    fn every_counter_is_used() {
        let mut sources = String::new();
        let crates = [
            concat!(env!("CARGO_MANIFEST_DIR"), "/src"),
            concat!(env!("CARGO_MANIFEST_DIR"), "/../notifier/src"),
        ];
        let mut folders: Vec<PathBuf> = crates.map(PathBuf::from).into();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("our own sources") {
                let path = entry.expect("our own sources").path();
                if path.is_dir() && !path.ends_with("metrics") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    sources += &std::fs::read_to_string(path).expect("our own sources");
                }
            }
        }
        let ours = Limit::ALL.iter().filter(|limit| limit.of_notifier().is_none());
        let ours = ours.map(|limit| format!("Limit::{limit:?}"));
        let names = ours.chain(notifier::Limit::ALL.iter().map(|limit| format!("Limit::{limit:?}")));
        let unused: Vec<_> = names.filter(|name| !sources.contains(name.as_str())).collect();
        assert!(unused.is_empty(), "{unused:?}");
        let of_notifier: Vec<_> = Limit::ALL.iter().filter_map(|limit| limit.of_notifier()).collect();
        assert!(notifier::Limit::ALL.iter().all(|limit| of_notifier.contains(limit)));
    }

    #[test]
    fn limits_are_counted_one_by_one() {
        let metrics = Metrics::default();
        let ours = || Limit::ALL.iter().filter(|limit| limit.of_notifier().is_none());
        for (number, limit) in ours().enumerate() {
            (0..number).for_each(|_| metrics.reached(*limit));
        }
        for (number, limit) in (0..).zip(ours()) {
            assert_eq!(metrics.times_reached(*limit), number);
        }
    }
}
