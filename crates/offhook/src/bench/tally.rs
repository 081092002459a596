//! Counts deliveries and holds each against what must come: every event of a node, in order, once.
use std::time::Instant;

use anyhow::bail;
use hdrhistogram::Histogram;
use memchr::memmem::Finder;
use xmpp::{Element, Limits, ns};

use super::marker::Marker;

/// What has come in, over all subscribers.
pub(crate) struct Tally {
    /// Per subscriber: how many events of its node it has got, which is the number of the next one.
    next: Vec<u64>,
    started: Instant,
    finder: Finder<'static>,
    /// Deliveries that were right.
    pub(super) delivered: u64,
    /// Events that a subscriber did not get although it got a later one.
    pub(super) skipped: u64,
    /// Deliveries of an event that the subscriber had got before, or of a node that is not its own.
    pub(super) unwanted: u64,
    /// Microseconds from publishing to delivery, while measuring.
    pub(super) latency: Histogram<u64>,
    pub(super) measuring: bool,
}

impl Tally {
    /// - `started`: zero of the clock in the markers.
    pub(super) fn new(subscribers: usize, started: Instant) -> Tally {
        Tally {
            next: vec![0; subscribers],
            started,
            finder: Marker::finder(),
            delivered: 0,
            skipped: 0,
            unwanted: 0,
            latency: Histogram::new_with_bounds(1, 600_000_000, 3).expect("constant bounds are right"),
            measuring: false,
        }
    }

    /// Judges a message that `subscriber` got.
    ///
    /// - `node`: the index of the node it is subscribed to; `node_name`: how the server knows it.
    ///
    /// # Errors
    ///
    /// A message that is no event at all, and a first one that is not shaped as XEP-0060 §7.1 says.
    pub(super) fn deliver(
        &mut self,
        subscriber: usize,
        node: usize,
        node_name: &str,
        message: &str,
        now: Instant,
    ) -> anyhow::Result<()> {
        let Some(marker) = Marker::find(message.as_bytes(), &self.finder) else {
            bail!("not an event of this benchmark: {message}");
        };
        let next = &mut self.next[subscriber];
        if marker.node != node || marker.sequence < *next {
            self.unwanted += 1;
            return Ok(());
        }
        if *next == 0 {
            check_shape(message, node_name)?;
        }
        self.skipped += marker.sequence - *next;
        *next = marker.sequence + 1;
        self.delivered += 1;
        if self.measuring {
            let now_ns = now.duration_since(self.started).as_nanos() as u64;
            self.latency.saturating_record(now_ns.saturating_sub(marker.published_ns) / 1_000);
        }
        Ok(())
    }

    /// Returns how many deliveries never came, when every subscriber should have had `published[node]` events.
    pub(super) fn missing(&self, expected: impl Fn(usize) -> u64) -> u64 {
        let tail: u64 = self.next.iter().enumerate().map(|(i, next)| expected(i).saturating_sub(*next)).sum();
        tail + self.skipped
    }
}

/// The whole of a first delivery is read as XML; of the others only the marker.
fn check_shape(message: &str, node_name: &str) -> anyhow::Result<()> {
    let element = Element::parse(message, &Limits { bytes_max: 16 << 20, ..Limits::default() })?;
    let items =
        element.child("event", ns::PUBSUB_EVENT).and_then(|event| event.child("items", ns::PUBSUB_EVENT));
    let payload = items
        .and_then(|items| items.child("item", ns::PUBSUB_EVENT))
        .and_then(|item| item.child("payload", "urn:offhook:bench"));
    let node = items.and_then(|items| items.attribute("node"));
    if !element.is("message", ns::CLIENT) || payload.is_none() || node != Some(node_name) {
        bail!("not an event notification for {node_name}: {message}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(node: usize, sequence: u64) -> String {
        let mut payload = String::new();
        Marker { node, sequence, published_ns: 0 }.write_payload(200, &mut payload);
        format!(
            r##"<message xmlns="jabber:client"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="n"><item id="1">{payload}</item></items></event></message>"##
        )
    }

    #[test]
    fn tells_right_from_skipped_repeated_and_foreign() {
        let now = Instant::now();
        let mut tally = Tally::new(2, now);
        let mut deliver = |subscriber, sequence| {
            tally.deliver(subscriber, 7, "n", &message(7, sequence), now).expect("well shaped");
        };
        deliver(0, 0);
        deliver(0, 1);
        deliver(0, 4); // 2 and 3 are skipped
        deliver(0, 4); // twice
        deliver(0, 2); // late
        deliver(1, 0);
        tally.deliver(1, 8, "n", &message(7, 1), now).expect("well shaped");
        assert_eq!((tally.delivered, tally.skipped, tally.unwanted), (4, 2, 3));
        assert_eq!(tally.missing(|_| 5), 4 + 2);
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        let now = Instant::now();
        let mut tally = Tally::new(1, now);
        assert!(tally.deliver(0, 0, "n", "<message/>", now).is_err());
        assert!(tally.deliver(0, 0, "other", &message(0, 0), now).is_err());
    }
}
