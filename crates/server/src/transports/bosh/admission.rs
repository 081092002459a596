//! How many sessions there may be, and from where.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Counts sessions and how fast they begin, all together and for each address.
#[derive(Debug)]
pub(super) struct Admission {
    sessions_max: u32,
    sessions_per_address_max: u32,
    /// Time that one new session uses up of a minute.
    cost: Duration,
    sessions: u32,
    addresses: HashMap<IpAddr, Address>,
    /// Look for addresses to forget when there are so many.
    purge_at: usize,
}

#[derive(Debug)]
struct Address {
    sessions: u32,
    /// Until when its minute is used up: at most a minute from now (a leaky bucket).
    used_until: Instant,
}

impl Admission {
    pub(super) fn new(sessions_max: u32, sessions_per_address_max: u32, per_minute_max: u32) -> Admission {
        Admission {
            sessions_max,
            sessions_per_address_max,
            cost: MINUTE / per_minute_max.max(1),
            sessions: 0,
            addresses: HashMap::new(),
            purge_at: PURGE_AT_LEAST,
        }
    }

    /// Takes one more session of `address`, if it may be.
    pub(super) fn enter(&mut self, address: IpAddr, now: Instant) -> bool {
        if self.sessions >= self.sessions_max {
            return false;
        }
        self.purge(now);
        let entry =
            self.addresses.entry(network(address)).or_insert(Address { sessions: 0, used_until: now });
        let used_until = entry.used_until.max(now) + self.cost;
        if entry.sessions >= self.sessions_per_address_max || used_until > now + MINUTE {
            return false;
        }
        entry.used_until = used_until;
        entry.sessions += 1;
        self.sessions += 1;
        true
    }

    /// A session of `address` is over.
    pub(super) fn leave(&mut self, address: IpAddr) {
        if let Some(entry) = self.addresses.get_mut(&network(address)) {
            entry.sessions = entry.sessions.saturating_sub(1);
            self.sessions = self.sessions.saturating_sub(1);
        }
    }

    /// How many sessions there are.
    pub(super) fn sessions(&self) -> u32 {
        self.sessions
    }

    /// Forgets addresses of which nothing is to be known any more.
    fn purge(&mut self, now: Instant) {
        if self.addresses.len() >= self.purge_at {
            self.addresses.retain(|_, address| address.sessions > 0 || address.used_until > now);
            self.purge_at = PURGE_AT_LEAST.max(2 * self.addresses.len());
        }
    }
}

/// What one customer of a provider has: an IPv4 address, or the first half of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

const MINUTE: Duration = Duration::from_secs(60);

const PURGE_AT_LEAST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// Sessions are counted, for each address and all together (decision; the limits are settings).
    #[test]
    fn checklist_121_sessions_are_limited_all_together_and_for_each_address() {
        let mut admission = Admission::new(3, 2, 100);
        let now = Instant::now();
        assert!(admission.enter(v4(1), now) && admission.enter(v4(1), now));
        assert!(!admission.enter(v4(1), now), "a third one of the address");
        assert!(admission.enter(v4(2), now));
        assert!(!admission.enter(v4(3), now), "a fourth one of all");
        admission.leave(v4(1));
        assert!(admission.enter(v4(1), now));
        assert_eq!(admission.sessions(), 3);
    }

    /// An address may begin so many sessions in a minute, at once or not.
    #[test]
    fn checklist_121_sessions_begin_only_so_fast_from_one_address() {
        let mut admission = Admission::new(1000, 1000, 6);
        let mut now = Instant::now();
        let mut begin = |now| {
            let entered = admission.enter(v4(1), now);
            if entered {
                admission.leave(v4(1));
            }
            entered
        };
        assert_eq!((0..10).filter(|_| begin(now)).count(), 6);
        now += Duration::from_secs(10);
        assert_eq!((0..10).filter(|_| begin(now)).count(), 1);
        now += Duration::from_secs(60);
        assert_eq!((0..10).filter(|_| begin(now)).count(), 6);
        assert!(admission.enter(v4(2), now), "others are not affected");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let mut admission = Admission::new(1000, 1, 100);
        let now = Instant::now();
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(admission.enter(address("2001:db8:1:2::1"), now));
        assert!(!admission.enter(address("2001:db8:1:2:ffff::9"), now));
        assert!(admission.enter(address("2001:db8:1:3::1"), now));
        assert!(admission.enter(address("::ffff:192.0.2.1"), now));
        assert!(!admission.enter(v4(1), now));
    }

    #[test]
    fn addresses_are_forgotten() {
        let mut admission = Admission::new(1_000_000, 10, 6_000);
        let mut now = Instant::now();
        for n in 0..100_000_u32 {
            let address = IpAddr::from(n.to_be_bytes());
            assert!(admission.enter(address, now));
            admission.leave(address);
            now += Duration::from_millis(1);
            assert!(admission.addresses.len() <= PURGE_AT_LEAST);
        }
        assert_eq!(admission.sessions(), 0);
    }
}
