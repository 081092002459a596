//! Where a request behind proxies really came from: what those proxies say about it that are trusted.
//!
//! Each proxy appends to a header from where it was asked. Whatever stands before what the first trusted one has appended
//! comes from the client, who may write anything; so the list is read from its end, as far as it is about trusted proxies
//! and one step further.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::FORWARDED;

use crate::config::{ForwardedHeader, TrustedProxies, Web};
use crate::transports::Peer;

/// Whose word counts.
pub(super) struct Forwarding {
    proxies: TrustedProxies,
    header: ForwardedHeader,
}

/// What one proxy says about the connection on which it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hop {
    /// Who asked; none if the proxy does not tell, or not so that we understand it.
    address: Option<SocketAddr>,
    /// Whether the connection was encrypted, if it tells.
    is_encrypted: Option<bool>,
}

impl Forwarding {
    pub(super) fn new(web: &Web) -> Forwarding {
        Forwarding { proxies: web.trusted_proxies.clone(), header: web.forwarded_header }
    }

    /// The client that a request comes from. If a trusted proxy does not say so that we understand it, that is the proxy.
    ///
    /// - `peer`: who has sent the request to us.
    pub(super) fn client(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        if !self.proxies.trusts(peer.address.ip()) {
            return peer;
        }
        match self.header {
            ForwardedHeader::XForwardedFor => {
                let proto = values(headers, X_FORWARDED_PROTO).next_back();
                if proto.is_none() && !headers.contains_key(X_FORWARDED_FOR) {
                    return peer;
                }
                let addresses = values(headers, X_FORWARDED_FOR);
                let hops = addresses.map(|text| Hop { address: node(text), is_encrypted: None });
                let client = self.first_untrusted(peer, hops);
                let is_encrypted = proto.map_or(peer.is_encrypted, is_secure);
                Peer { is_encrypted, ..client }
            }
            ForwardedHeader::Forwarded => {
                if !headers.contains_key(FORWARDED) {
                    return peer;
                }
                let mut hops = Vec::new();
                for line in headers.get_all(FORWARDED) {
                    // Nothing that a client has written may change how what the proxies have written is read. Where it
                    // could, nothing is believed.
                    if line.to_str().ok().and_then(|line| elements(line, &mut hops)).is_none() {
                        return Peer { is_encrypted: false, is_proxied: true, ..peer };
                    }
                }
                self.first_untrusted(peer, hops.into_iter())
            }
        }
    }

    fn first_untrusted(&self, peer: Peer, hops: impl DoubleEndedIterator<Item = Hop>) -> Peer {
        let mut client = Peer { is_proxied: true, ..peer };
        for hop in hops.rev() {
            client.is_encrypted = hop.is_encrypted.unwrap_or(peer.is_encrypted);
            let Some(address) = hop.address else { break };
            client.address = address;
            if !self.proxies.trusts(address.ip()) {
                break;
            }
        }
        client
    }
}

/// The members of a list that may go over several lines; empty where they are no text, which concerns no others.
fn values<'a>(headers: &'a HeaderMap, name: &'static str) -> impl DoubleEndedIterator<Item = &'a str> {
    let members =
        headers.get_all(name).into_iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    members.map(|member| std::str::from_utf8(member).unwrap_or("").trim_matches(BLANK))
}

/// Reads the elements of one line of `Forwarded`. None if it does not have its form.
///
/// # Source
///
/// RFC 7239 §4.
fn elements(line: &str, hops: &mut Vec<Hop>) -> Option<()> {
    let mut rest = line.trim_matches(BLANK);
    if rest.is_empty() {
        return Some(());
    }
    loop {
        let mut hop = Hop::default();
        let mut seen = Vec::new();
        loop {
            let (name, after) = rest.split_once('=')?;
            let name = name.to_ascii_lowercase();
            // Each parameter at most once in an element.
            if !is_token(&name) || seen.contains(&name) {
                return None;
            }
            let (value, after) = value(after)?;
            match name.as_str() {
                "for" => hop.address = node(&value),
                "proto" => hop.is_encrypted = Some(is_secure(&value)),
                _ => {}
            }
            seen.push(name);
            rest = after;
            match rest.strip_prefix(';') {
                Some(more) => rest = more,
                None => break,
            }
        }
        hops.push(hop);
        rest = rest.trim_start_matches(BLANK);
        if rest.is_empty() {
            return Some(());
        }
        rest = rest.strip_prefix(',')?.trim_start_matches(BLANK);
    }
}

/// Takes a token or a quoted string off the front.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !is_token_character(c)).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        return (!token.is_empty()).then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_character)
}

/// RFC 9110 §5.6.2. A colon is none of them, but proxies are seen that forget the quotes around a port.
fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:".contains(character)
}

/// Reads an address with or without a port, an IPv6 address with or without brackets. Names that hide one ("unknown",
/// "_x7") are none.
fn node(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 0));
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(|address| SocketAddr::new(address.into(), 0))
}

fn is_secure(proto: &str) -> bool {
    proto.eq_ignore_ascii_case("https") || proto.eq_ignore_ascii_case("wss")
}

const BLANK: [char; 2] = [' ', '\t'];

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    /// Trusts 10.0.0.0/8.
    fn forwarding(header: &str) -> Forwarding {
        let settings = format!("trusted_proxies = [\"10.0.0.0/8\"]\nforwarded_header = \"{header}\"");
        Forwarding::new(&Config::parse(&format!("data = \"x\"\n[web]\n{settings}")).expect("valid").web)
    }

    fn peer(address: &str) -> Peer {
        Peer {
            address: format!("{address}:40000").parse().expect("an address"),
            is_encrypted: false,
            is_proxied: false,
        }
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        headers
    }

    /// Address and encryption of the client whose request comes from 10.0.0.1.
    fn client(header: &str, lines: &[(&str, &str)]) -> (String, bool) {
        let client = forwarding(header).client(peer("10.0.0.1"), &headers(lines));
        (client.address.to_string(), client.is_encrypted)
    }

    #[test]
    fn x_forwarded_for_is_read_from_its_end() {
        for (list, expected) in [
            ("192.0.2.1", "192.0.2.1:0"),
            ("6.6.6.6, 192.0.2.1", "192.0.2.1:0"),
            ("6.6.6.6,192.0.2.1 , 10.0.0.3,10.9.9.9", "192.0.2.1:0"),
            ("10.0.0.3, 10.9.9.9", "10.0.0.3:0"),
            ("192.0.2.1:4711", "192.0.2.1:4711"),
            ("2001:db8::1", "[2001:db8::1]:0"),
            ("[2001:db8::1]", "[2001:db8::1]:0"),
            ("[2001:db8::1]:4711", "[2001:db8::1]:4711"),
            ("6.6.6.6, unknown, 10.0.0.3", "10.0.0.3:0"),
            ("6.6.6.6, unknown", "10.0.0.1:40000"),
            ("6.6.6.6,", "10.0.0.1:40000"),
            ("", "10.0.0.1:40000"),
        ] {
            assert_eq!(client("x-forwarded-for", &[("x-forwarded-for", list)]).0, expected, "{list}");
        }
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1, 10.0.0.3")];
        assert_eq!(client("x-forwarded-for", &lines).0, "192.0.2.1:0", "several lines are one list");
    }

    /// The last proxy's word about encryption counts.
    #[test]
    fn checklist_030_x_forwarded_proto_is_the_last_proxys() {
        for (proto, expected) in [
            ("https", true),
            ("HTTPS", true),
            ("wss", true),
            ("http", false),
            ("https, http", false),
            ("http,https", true),
            ("", false),
        ] {
            let lines = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", proto)];
            assert_eq!(client("x-forwarded-for", &lines), ("192.0.2.1:0".into(), expected), "{proto}");
        }
        assert!(client("x-forwarded-for", &[("x-forwarded-proto", "https")]).1);
    }

    #[test]
    fn checklist_030_forwarded_tells_of_each_connection() {
        for (list, expected) in [
            ("for=192.0.2.1", ("192.0.2.1:0", false)),
            ("For=192.0.2.1;Proto=https;by=10.0.0.9", ("192.0.2.1:0", true)),
            (
                "for=6.6.6.6;proto=https, for=192.0.2.1;proto=http,for=10.0.0.3;proto=https",
                ("192.0.2.1:0", false),
            ),
            ("for=\"[2001:db8::1]:4711\";proto=https", ("[2001:db8::1]:4711", true)),
            ("for=\"192.0.2.1:4711\"", ("192.0.2.1:4711", false)),
            ("for=192.0.2.1:4711", ("192.0.2.1:4711", false)),
            ("for=6.6.6.6, for=unknown;proto=https", ("10.0.0.1:40000", true)),
            ("for=6.6.6.6, for=_hidden, for=10.0.0.3;proto=https", ("10.0.0.3:0", false)),
            ("for=\"192\\.0.2.1\"", ("192.0.2.1:0", false)),
            ("proto=https", ("10.0.0.1:40000", true)),
            ("", ("10.0.0.1:40000", false)),
        ] {
            let (address, is_encrypted) = client("forwarded", &[("forwarded", list)]);
            assert_eq!((address.as_str(), is_encrypted), expected, "{list}");
        }
        for broken in [
            "for",
            "for=",
            "for=192.0.2.1;",
            "for=\"192.0.2.1",
            "for=a b=c",
            "=x",
            "for=1.1.1.1 for=2.2.2.2",
            "for=6.6.6.6;for=192.0.2.1",
            ",for=192.0.2.1",
        ] {
            let found = client("forwarded", &[("forwarded", broken)]);
            assert_eq!(found, ("10.0.0.1:40000".into(), false), "{broken}");
        }
    }

    /// Only the header that the proxies write counts: what a client has put into the other one, they pass on.
    #[test]
    fn the_other_header_is_ignored() {
        let both = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=6.6.6.6;proto=https")];
        assert_eq!(client("x-forwarded-for", &both), ("192.0.2.1:0".into(), false));
        let both =
            [("x-forwarded-for", "6.6.6.6"), ("forwarded", "for=192.0.2.1"), ("x-forwarded-proto", "https")];
        assert_eq!(client("forwarded", &both), ("192.0.2.1:0".into(), false));
        let found = forwarding("forwarded").client(peer("10.0.0.1"), &headers(&both[..1]));
        assert!(!found.is_proxied, "no proxy has said anything");
    }

    /// Anything that fits on one line of a header.
    fn junk() -> impl Strategy<Value = String> {
        prop_oneof!["[ -~\té\u{1F4DE}]{0,60}", "[for=;,\" 0-9.:\\\\\\[\\]protohs]{0,40}"]
    }

    fn outsider() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
            any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
        ]
        .prop_filter("not a proxy", |address| !forwarding("forwarded").proxies.trusts(*address))
    }

    /// What a proxy writes into `Forwarded` for an address.
    fn element(address: IpAddr, proto: &str) -> String {
        match address {
            IpAddr::V4(address) => format!("for={address};proto={proto}"),
            IpAddr::V6(address) => format!("proto={proto};for=\"[{address}]:1\";by=\"[::1]\""),
        }
    }

    proptest! {
        /// Whatever a client writes, and however many proxies are in between: it is where the first of them saw it.
        #[test]
        fn nobody_can_pretend_by_x_forwarded_for(
            said in proptest::collection::vec(junk(), 0..3),
            from in outsider(),
            proxies in proptest::collection::vec(any::<[u8; 3]>(), 0..4),
            apart in any::<bool>(),
        ) {
            let mut lines: Vec<(&str, String)> = said.into_iter().map(|said| ("x-forwarded-for", said)).collect();
            let appended = proxies.iter().map(|[b, c, d]| format!(", 10.{b}.{c}.{d}"));
            let appended = appended.fold(from.to_string(), |list, proxy| list + &proxy);
            match lines.last_mut() {
                Some((_, last)) if !apart => *last = format!("{last}, {appended}"),
                _ => lines.push(("x-forwarded-for", appended)),
            }
            let lines: Vec<(&str, &str)> = lines.iter().map(|(name, line)| (*name, line.as_str())).collect();
            let found = forwarding("x-forwarded-for").client(peer("10.0.0.1"), &headers(&lines));
            prop_assert_eq!(found.address.ip(), from);
            prop_assert!(found.is_proxied && !found.is_encrypted);
        }

        /// The same, but for one thing: a client that breaks the form is not believed to be anybody, and is in the clear.
        #[test]
        fn nobody_can_pretend_by_forwarded(
            said in proptest::collection::vec(junk(), 0..3),
            from in outsider(),
            proto in prop_oneof![Just("http"), Just("https")],
            proxies in proptest::collection::vec(any::<[u8; 3]>(), 0..4),
            apart in any::<bool>(),
        ) {
            let mut lines: Vec<(&str, String)> = said.into_iter().map(|said| ("forwarded", said)).collect();
            let is_silent = lines.is_empty();
            let appended = proxies.iter().map(|[b, c, d]| format!(", for=10.{b}.{c}.{d};proto=http"));
            let appended = appended.fold(element(from, proto), |list, proxy| list + &proxy);
            match lines.last_mut() {
                Some((_, last)) if !apart => *last = format!("{last}, {appended}"),
                _ => lines.push(("forwarded", appended)),
            }
            let lines: Vec<(&str, &str)> = lines.iter().map(|(name, line)| (*name, line.as_str())).collect();
            let found = forwarding("forwarded").client(peer("10.0.0.1"), &headers(&lines));
            let is_seen = found.address.ip() == from && found.is_encrypted == (proto == "https");
            let is_nobody = found.address.ip() == IpAddr::from([10, 0, 0, 1]) && !found.is_encrypted;
            prop_assert!(is_seen || is_nobody && !is_silent, "{:?}", found);
            prop_assert!(found.is_proxied);
        }

        /// Whoever is not trusted is taken for what it is, whatever it says.
        #[test]
        fn others_are_not_believed(from in outsider(), said in junk(), header in prop_oneof![Just("forwarded"), Just("x-forwarded-for")]) {
            let peer = Peer { address: SocketAddr::new(from, 1), is_encrypted: false, is_proxied: false };
            let lines = [("forwarded", said.as_str()), ("x-forwarded-for", &said), ("x-forwarded-proto", "https")];
            let found = forwarding(header).client(peer, &headers(&lines));
            prop_assert_eq!((found.address, found.is_encrypted, found.is_proxied), (peer.address, false, false));
        }
    }
}
