//! Proxies whose word counts for where a request came from.

use std::net::{IpAddr, Ipv6Addr};

use super::kind::Kind;
use super::value::Value;

/// Addresses and networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// Which header the proxies write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, and `X-Forwarded-Proto` beside it.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The addresses whose first bits are the same. IPv4 counts as IPv6 (`::ffff:a.b.c.d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    bits: u128,
    mask: u128,
}

impl TrustedProxies {
    /// Whether this is the address of one.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0.iter().any(|network| bits & network.mask == network.bits)
    }
}

impl Network {
    fn read(text: &str) -> Option<Network> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
                (address, Some(length.parse::<u32>().ok().filter(|_| is_number)?))
            }
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(bits_max);
        // Whoever trusts everybody believes whatever a client says about itself.
        if !(1..=bits_max).contains(&length) {
            return None;
        }
        let mask = u128::MAX << (bits_max - length);
        Some(Network { bits: bits(address) & mask, mask })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => Ipv6Addr::to_bits(address),
    }
}

/// A list of addresses and networks.
pub(super) struct ProxiesKind;
impl Kind for ProxiesKind {
    type Out = TrustedProxies;
    fn expected(&self) -> String {
        "a list of addresses and networks such as \"10.0.0.7\", \"10.0.0.0/8\" or \"fd00::/8\" (none of length 0), or []"
            .into()
    }
    fn read(&self, value: &Value) -> Option<TrustedProxies> {
        value.texts()?.into_iter().map(Network::read).collect::<Option<_>>().map(TrustedProxies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(list: &str) -> TrustedProxies {
        ProxiesKind.read(&Value::Word(list.into())).expect("a good list")
    }

    #[test]
    fn networks_hold_what_begins_like_them() {
        let list = proxies("10.0.0.0/8, 192.0.2.7,2001:db8::/32,::1,172.16.9.9/12");
        let trusts = |text: &str| list.trusts(text.parse().expect("an address"));
        for text in [
            "10.0.0.1",
            "10.255.255.255",
            "::ffff:10.1.2.3",
            "192.0.2.7",
            "2001:db8:ffff::1",
            "::1",
            "172.31.0.1",
        ] {
            assert!(trusts(text), "{text}");
        }
        for text in [
            "11.0.0.0",
            "9.255.255.255",
            "192.0.2.8",
            "2001:db9::",
            "::2",
            "127.0.0.1",
            "172.32.0.1",
            "::10.0.0.1",
        ] {
            assert!(!trusts(text), "{text}");
        }
        assert!(!TrustedProxies::default().trusts(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0/8",
            "::/129",
            "0.0.0.0/0",
            "::/0",
            "*",
            "proxy",
        ] {
            assert_eq!(ProxiesKind.read(&Value::Word(bad.into())), None, "{bad}");
        }
        assert_eq!(proxies(""), TrustedProxies::default());
    }
}
