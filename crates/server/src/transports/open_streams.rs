//! Every stream that is open, bound or not, so that all of them can be told to end.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;
use tokio::sync::Notify;
use tokio::time::Instant;
use xmpp::StreamError;

use super::departures::departures;
use crate::outbox::Outbox;

/// The open streams of this process.
#[derive(Debug, Default)]
pub struct OpenStreams {
    state: Mutex<State>,
    none_left: Notify,
}

#[derive(Debug, Default)]
struct State {
    outboxes: Slab<Arc<Outbox>>,
    ending: Option<StreamError>,
}

impl OpenStreams {
    /// Notes a stream; it is told to end at once if all are. Returns what to [`leave`](OpenStreams::leave) with.
    pub(super) fn enter(&self, outbox: &Arc<Outbox>) -> usize {
        let mut state = self.state.lock();
        if let Some(error) = &state.ending {
            outbox.interrupt(error.clone());
        }
        state.outboxes.insert(Arc::clone(outbox))
    }

    /// Notes that a stream's connection is gone.
    pub(super) fn leave(&self, key: usize) {
        let mut state = self.state.lock();
        state.outboxes.remove(key);
        if state.outboxes.is_empty() {
            self.none_left.notify_waiters();
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.state.lock().outboxes.len()
    }

    /// Ends all streams, now and from now on.
    pub fn end_all(&self, error: &StreamError) {
        let mut state = self.state.lock();
        state.ending = Some(error.clone());
        for (_, outbox) in &state.outboxes {
            outbox.interrupt(error.clone());
        }
    }

    /// Ends all streams, one after the other, and then as [`end_all`](OpenStreams::end_all).
    ///
    /// - `spread`: how long that takes; less if there are none any more.
    /// - `seed`: decides about their order and the moments.
    pub async fn end_all_within(&self, error: &StreamError, spread: Duration, seed: u64) {
        let keys: Vec<usize> = self.state.lock().outboxes.iter().map(|(key, _)| key).collect();
        let begin = Instant::now();
        for (number, after) in departures(keys.len(), spread, seed) {
            tokio::select! {
                () = tokio::time::sleep_until(begin + after) => {}
                () = self.none_left() => break,
            }
            if let Some(outbox) = self.state.lock().outboxes.get(keys[number]) {
                outbox.interrupt(error.clone());
            }
        }
        self.end_all(error);
    }

    /// Waits until there is none.
    pub async fn none_left(&self) {
        loop {
            let none_left = self.none_left.notified();
            if self.count() == 0 {
                return;
            }
            none_left.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Attachment, Outgoing};
    use std::task::Waker;
    use xmpp::StreamCondition;

    /// The seconds after which each of a hundred streams is told to end.
    async fn told_after(seed: u64) -> Vec<u64> {
        let streams = Arc::new(OpenStreams::default());
        let ends: Vec<Attachment> = (0..100)
            .map(|_| {
                let outbox = Arc::new(Outbox::new(1 << 20));
                streams.enter(&outbox);
                Attachment::first(outbox)
            })
            .collect();
        let ending = {
            let streams = Arc::clone(&streams);
            let error = StreamError::from(StreamCondition::SystemShutdown);
            tokio::spawn(async move { streams.end_all_within(&error, Duration::from_secs(200), seed).await })
        };
        let begin = Instant::now();
        let mut told = vec![None; ends.len()];
        while told.contains(&None) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            for (told, end) in told.iter_mut().zip(&ends) {
                let mut batch = Vec::new();
                let _ = end.take(&mut batch, Waker::noop());
                if batch.iter().any(|entry| matches!(entry, Outgoing::End(_))) {
                    told.get_or_insert(begin.elapsed().as_secs());
                }
            }
        }
        ending.await.expect("ends");
        told.into_iter().flatten().collect()
    }

    /// Over the time that is set, as many in each part of it, in no order that a client could share with others.
    #[tokio::test(start_paused = true)]
    async fn checklist_026_streams_end_when_chance_says() {
        let told = told_after(1).await;
        for part in 0..10 {
            let in_part = told.iter().filter(|after| (part * 20..(part + 1) * 20).contains(*after)).count();
            assert!((9..=11).contains(&in_part), "{part}: {told:?}");
        }
        assert!(!told.is_sorted());
        assert_eq!(told, told_after(1).await);
        assert_ne!(told, told_after(2).await);
    }
}
