//! Every stream that is open, bound or not, so that all of them can be told to end.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;
use tokio::sync::Notify;
use tokio::time::Instant;
use xmpp::StreamError;
use xmpp::stream::Framing;

use super::departures::departures;
use crate::outbox::Outbox;

/// The open streams of this process.
#[derive(Debug, Default)]
pub struct OpenStreams {
    state: Mutex<State>,
    none_left: Notify,
    begun: Begun,
}

/// When the first stream could be opened.
#[derive(Debug)]
struct Begun(std::time::Instant);

impl Default for Begun {
    fn default() -> Begun {
        Begun(std::time::Instant::now())
    }
}

/// One stream. Small, because there is one for each session.
#[derive(Debug)]
struct Stream {
    outbox: Arc<Outbox>,
    /// Seconds after the beginning.
    opened_after: u32,
    framing: Framing,
}

/// What is known of an open stream.
#[derive(Debug)]
pub(crate) struct OpenStream {
    /// What waits to be sent.
    pub(crate) outbox: Arc<Outbox>,
    /// How long ago its connection was opened, in whole seconds.
    pub(crate) age: Duration,
    /// What carries it.
    pub(crate) framing: Framing,
}

#[derive(Debug, Default)]
struct State {
    streams: Slab<Stream>,
    ending: Option<StreamError>,
}

impl OpenStreams {
    /// Notes a stream; it is told to end at once if all are. Returns what to [`leave`](OpenStreams::leave) with.
    pub(super) fn enter(&self, outbox: &Arc<Outbox>, framing: Framing) -> usize {
        let opened_after = u32::try_from(self.begun.0.elapsed().as_secs()).unwrap_or(u32::MAX);
        let mut state = self.state.lock();
        if let Some(error) = &state.ending {
            outbox.interrupt(error.clone());
        }
        state.streams.insert(Stream { outbox: Arc::clone(outbox), opened_after, framing })
    }

    /// Notes that a stream's connection is gone.
    pub(super) fn leave(&self, key: usize) {
        let mut state = self.state.lock();
        state.streams.remove(key);
        if state.streams.is_empty() {
            self.none_left.notify_waiters();
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.state.lock().streams.len()
    }

    /// Ends all streams, now and from now on.
    pub fn end_all(&self, error: &StreamError) {
        let mut state = self.state.lock();
        state.ending = Some(error.clone());
        for (_, stream) in &state.streams {
            stream.outbox.interrupt(error.clone());
        }
    }

    /// All streams, bound or not.
    pub(crate) fn all(&self) -> Vec<OpenStream> {
        let now = self.begun.0.elapsed().as_secs();
        let age = |stream: &Stream| Duration::from_secs(now.saturating_sub(stream.opened_after.into()));
        let state = self.state.lock();
        let open = |stream: &Stream| OpenStream {
            outbox: Arc::clone(&stream.outbox),
            age: age(stream),
            framing: stream.framing,
        };
        state.streams.iter().map(|(_, stream)| open(stream)).collect()
    }

    /// Ends all streams, one after the other, and then as [`end_all`](OpenStreams::end_all).
    ///
    /// - `spread`: how long that takes; less if there are none any more.
    /// - `seed`: decides about their order and the moments.
    pub async fn end_all_within(&self, error: &StreamError, spread: Duration, seed: u64) {
        let keys: Vec<usize> = self.state.lock().streams.iter().map(|(key, _)| key).collect();
        let begin = Instant::now();
        for (number, after) in departures(keys.len(), spread, seed) {
            tokio::select! {
                () = tokio::time::sleep_until(begin + after) => {}
                () = self.none_left() => break,
            }
            if let Some(stream) = self.state.lock().streams.get(keys[number]) {
                stream.outbox.interrupt(error.clone());
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
                streams.enter(&outbox, Framing::WebSocket);
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
