//! How many of something one address may have, and how fast it may begin more: connections, and sessions over BOSH.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use crate::config;

/// Counts by address what there is, and how fast it begins.
#[derive(Debug)]
pub(crate) struct Admission {
    terms: Terms,
    addresses: HashMap<Network, Address>,
    /// Look for addresses to forget when there are so many.
    purge_at: usize,
    /// It was not enough to forget the addresses of which nothing is to be known any more.
    has_forgotten: bool,
}

/// What one address may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// At a time.
    pub(crate) per_address_max: u32,
    /// Begun in a minute, and at once after a minute without any (a token bucket of this size).
    pub(crate) per_minute_max: u32,
    /// Addresses that have nothing any more and are remembered because of what they did. Never more: all of these are
    /// forgotten before.
    pub(crate) remembered_max: usize,
    /// Addresses of this machine may do what they like.
    pub(crate) is_loopback_exempt: bool,
}

/// What one customer of a provider has: an IPv4 address, or a /64 of IPv6 addresses.
///
/// In eight bytes, because every connection has one. The networks that IPv4 addresses look like are reserved in IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(NonZeroU64);

/// Why an address may not have one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) excess: Excess,
    /// When it may be worth to try again.
    pub(crate) retry_after: Duration,
    /// None was refused in the last minute: worth a line in the log.
    pub(crate) is_first: bool,
    /// Few were refused lately, so that it costs little to say why.
    pub(crate) is_worth_words: bool,
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// [`Terms::per_address_max`]
    AtATime,
    /// [`Terms::per_minute_max`]
    PerMinute,
}

#[derive(Debug)]
struct Address {
    /// How many it has.
    count: u32,
    /// Until when its minute is used up: at most a minute from now.
    used_until: Instant,
    /// As long as it is being refused, and a minute longer.
    refused_until: Instant,
    /// Until when the minute of refusals with words is used up.
    words_until: Instant,
}

impl Terms {
    /// What the settings say about connections.
    pub(crate) fn of_connections(limits: &config::Limits) -> Terms {
        Terms {
            per_address_max: limits.connections_per_address_max,
            per_minute_max: limits.connections_per_minute_max,
            remembered_max: limits.addresses_remembered_max as usize,
            is_loopback_exempt: limits.loopback_exempt,
        }
    }

    /// What the settings say about sessions over BOSH.
    pub(crate) fn of_bosh_sessions(bosh: &config::Bosh, limits: &config::Limits) -> Terms {
        Terms {
            per_address_max: bosh.sessions_per_address_max,
            per_minute_max: bosh.sessions_per_minute_max,
            ..Terms::of_connections(limits)
        }
    }
}

impl Admission {
    pub(crate) fn new(terms: Terms) -> Admission {
        Admission { terms, addresses: HashMap::new(), purge_at: terms.remembered_max, has_forgotten: false }
    }

    /// Takes one more of `address`, if it may be. Returns what to [`leave`](Admission::leave) with; nothing if it is not
    /// counted.
    pub(crate) fn enter(&mut self, address: IpAddr, now: Instant) -> Result<Option<Network>, Refusal> {
        if self.terms.is_loopback_exempt && address.to_canonical().is_loopback() {
            return Ok(None);
        }
        self.purge(now);
        let network = Network::of(address);
        let entry = self.addresses.entry(network).or_insert(Address {
            count: 0,
            used_until: now,
            refused_until: now,
            words_until: now,
        });
        let cost = MINUTE / self.terms.per_minute_max.max(1);
        let used_until = entry.used_until.max(now) + cost;
        let (excess, retry_after) = if entry.count >= self.terms.per_address_max {
            // Nobody knows when one of them ends.
            (Excess::AtATime, MINUTE / 2)
        } else if used_until > now + MINUTE {
            (Excess::PerMinute, used_until - (now + MINUTE))
        } else {
            entry.used_until = used_until;
            entry.count += 1;
            return Ok(Some(network));
        };
        let is_first = entry.refused_until <= now;
        entry.refused_until = now + MINUTE;
        let words_until = entry.words_until.max(now) + MINUTE / WORDS_PER_MINUTE;
        let is_worth_words = words_until <= now + MINUTE;
        if is_worth_words {
            entry.words_until = words_until;
        }
        Err(Refusal { excess, retry_after, is_first, is_worth_words })
    }

    /// One of this network's is over.
    pub(crate) fn leave(&mut self, network: Network) {
        if let Some(entry) = self.addresses.get_mut(&network) {
            entry.count = entry.count.saturating_sub(1);
        }
    }

    /// Whether addresses were forgotten because of [`Terms::remembered_max`]. Asking resets it.
    pub(crate) fn take_has_forgotten(&mut self) -> bool {
        std::mem::take(&mut self.has_forgotten)
    }

    /// Forgets addresses of which nothing is to be known any more, and if most are others, those too that have nothing now.
    fn purge(&mut self, now: Instant) {
        if self.addresses.len() < self.purge_at {
            return;
        }
        self.addresses.retain(|_, address| address.is_worth_remembering(now));
        let having = self.addresses.values().filter(|address| address.count > 0).count();
        if self.addresses.len() - having > self.terms.remembered_max / 2 {
            self.addresses.retain(|_, address| address.count > 0);
            self.has_forgotten = true;
        }
        self.purge_at = having + self.terms.remembered_max;
    }
}

impl Address {
    fn is_worth_remembering(&self, now: Instant) -> bool {
        self.count > 0
            || [self.used_until, self.refused_until, self.words_until].iter().any(|until| *until > now)
    }
}

impl Network {
    pub(crate) fn of(address: IpAddr) -> Network {
        let bits = match address.to_canonical() {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
        };
        // Nobody comes from the address of nobody; what looks like it is ::1.
        Network(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MIN))
    }
}

impl Refusal {
    /// The name of the setting that says so.
    ///
    /// - `at_a_time`, `per_minute`: the names of the two.
    pub(crate) fn limit(self, at_a_time: &'static str, per_minute: &'static str) -> &'static str {
        match self.excess {
            Excess::AtATime => at_a_time,
            Excess::PerMinute => per_minute,
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Refusals of one address in a minute that may cost more than to close the connection.
const WORDS_PER_MINUTE: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        per_address_max: 1000,
        per_minute_max: 100,
        remembered_max: 10_000,
        is_loopback_exempt: true,
    };

    fn v4(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// Sessions and connections are counted for each address (decision; the limits are settings).
    #[test]
    fn checklist_121_each_address_may_have_only_so_many() {
        let mut admission = Admission::new(Terms { per_address_max: 2, ..TERMS });
        let now = Instant::now();
        let first = admission.enter(v4(1), now).expect("one").expect("is counted");
        admission.enter(v4(1), now).expect("two");
        let refusal = admission.enter(v4(1), now).expect_err("a third one");
        assert_eq!((refusal.excess, refusal.is_first), (Excess::AtATime, true));
        admission.enter(v4(2), now).expect("others are not affected");
        admission.leave(first);
        admission.enter(v4(1), now).expect("there is room again");
    }

    /// An address may begin so many sessions in a minute, at once or not.
    #[test]
    fn checklist_121_each_address_may_begin_only_so_fast() {
        let mut admission = Admission::new(Terms { per_minute_max: 6, ..TERMS });
        let mut now = Instant::now();
        let mut begin = |now| {
            let entered = admission.enter(v4(1), now);
            entered.map(|network| admission.leave(network.expect("is counted")))
        };
        assert_eq!((0..10).filter(|_| begin(now).is_ok()).count(), 6);
        let refusal = begin(now).expect_err("too fast");
        assert_eq!((refusal.excess, refusal.retry_after), (Excess::PerMinute, Duration::from_secs(10)));
        now += Duration::from_secs(4);
        assert_eq!(begin(now).expect_err("too fast").retry_after, Duration::from_secs(6));
        now += Duration::from_secs(6);
        assert_eq!((0..10).filter(|_| begin(now).is_ok()).count(), 1);
        now += Duration::from_secs(60);
        assert_eq!((0..10).filter(|_| begin(now).is_ok()).count(), 6);
        admission.enter(v4(2), now).expect("others are not affected");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let mut admission = Admission::new(Terms { per_address_max: 1, ..TERMS });
        let now = Instant::now();
        let mut enters = |text: &str| admission.enter(address(text), now).is_ok();
        assert!(enters("2001:db8:1:2::1") && !enters("2001:db8:1:2:ffff::9"));
        assert!(enters("2001:db8:1:3::1"));
        assert!(enters("::ffff:192.0.2.1") && !enters("192.0.2.1"));
    }

    #[test]
    fn this_machine_is_counted_only_if_it_is_wanted() {
        let now = Instant::now();
        for (is_loopback_exempt, expected) in [(true, None), (false, Some(false))] {
            let mut admission = Admission::new(Terms { per_address_max: 1, is_loopback_exempt, ..TERMS });
            for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.2"] {
                let entered = admission.enter(address(text), now).expect("the first one");
                assert_eq!(entered.is_none(), expected.is_none(), "{text}");
                assert_eq!(admission.enter(address(text), now).is_ok(), is_loopback_exempt, "{text}");
            }
        }
    }

    /// One line in the log for each burst, and words for the first of many.
    #[test]
    fn few_refusals_are_explained_and_fewer_logged() {
        let mut admission = Admission::new(Terms { per_address_max: 0, ..TERMS });
        let mut now = Instant::now();
        let mut refusals = |count, now| -> (usize, usize) {
            let all: Vec<Refusal> =
                (0..count).map(|_| admission.enter(v4(1), now).expect_err("refused")).collect();
            let first = all.iter().filter(|refusal| refusal.is_first).count();
            (first, all.iter().filter(|refusal| refusal.is_worth_words).count())
        };
        assert_eq!(refusals(1000, now), (1, 60));
        now += Duration::from_secs(30);
        assert_eq!(refusals(1000, now), (0, 30));
        now += Duration::from_secs(59);
        assert_eq!(refusals(1, now), (0, 1));
        now += Duration::from_secs(60);
        assert_eq!(refusals(1000, now), (1, 60));
    }

    #[test]
    fn addresses_are_forgotten() {
        let mut admission = Admission::new(Terms { per_minute_max: 6_000, ..TERMS });
        let mut now = Instant::now();
        for n in 0..100_000_u32 {
            let network = admission.enter(IpAddr::from((n | 1 << 31).to_be_bytes()), now).expect("one");
            admission.leave(network.expect("is counted"));
            now += Duration::from_millis(1);
            assert!(admission.addresses.len() <= TERMS.remembered_max);
        }
    }

    /// However many addresses come in a minute, those that have nothing are forgotten at a limit.
    #[test]
    fn the_memory_is_bounded() {
        let mut admission = Admission::new(Terms { per_minute_max: 1, per_address_max: 1, ..TERMS });
        let now = Instant::now();
        let address = |n: u32| IpAddr::from((n | 1 << 31).to_be_bytes());
        let staying: Vec<_> =
            (0..500).filter_map(|n| admission.enter(address(n), now).ok().flatten()).collect();
        assert_eq!(staying.len(), 500);
        for n in 500..100_000 {
            let network = admission.enter(address(n), now).expect("one").expect("is counted");
            admission.leave(network);
            assert!(admission.addresses.len() <= 500 + TERMS.remembered_max, "{}", admission.addresses.len());
        }
        assert!(
            (0..500).all(|n| admission.enter(address(n), now).is_err()),
            "who has something is not forgotten"
        );
    }
}
