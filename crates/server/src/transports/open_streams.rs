//! Every stream that is open, bound or not, so that all of them can be told to end.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;
use tokio::sync::Notify;
use tokio::time::Instant;
use xmpp::StreamError;

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

    /// Ends all streams, one after the other at the same distance, and then as [`end_all`](OpenStreams::end_all).
    ///
    /// - `spread`: how long that takes; less if there are none any more.
    pub async fn end_all_within(&self, error: &StreamError, spread: Duration) {
        let keys: Vec<usize> = self.state.lock().outboxes.iter().map(|(key, _)| key).collect();
        let begin = Instant::now();
        for (number, key) in (0..).zip(&keys) {
            let at = begin + spread.mul_f64(f64::from(number) / keys.len() as f64);
            tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = self.none_left() => break,
            }
            if let Some(outbox) = self.state.lock().outboxes.get(*key) {
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
