//! Kinds of setting: how a written value becomes one the program can use, and what to say when it does not.

use super::value::Value;
use contact::UserId;
use notifier::Who;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// One kind of setting.
pub(super) trait Kind {
    /// What the program gets.
    type Out;
    /// What is expected, as the end of the sentence "expected …".
    fn expected(&self) -> String;
    /// Reads a written value; `None` if it is not what was expected.
    fn read(&self, value: &Value) -> Option<Self::Out>;
}

/// The part of a [`Kind`] which does not depend on its type, for the table.
pub(super) trait Describe: Sync {
    fn expected(&self) -> String;
}

impl<K: Kind + Sync> Describe for K {
    fn expected(&self) -> String {
        Kind::expected(self)
    }
}

/// `true` or `false`.
pub(super) struct Switch;
impl Kind for Switch {
    type Out = bool;
    fn expected(&self) -> String {
        "true or false".into()
    }
    fn read(&self, value: &Value) -> Option<bool> {
        value.boolean()
    }
}

/// `true`, `false`, or `"demo"`, which is true with the demonstration: `None`.
pub(super) struct SwitchOrDemo;
impl Kind for SwitchOrDemo {
    type Out = Option<bool>;
    fn expected(&self) -> String {
        "true, false or \"demo\"".into()
    }
    fn read(&self, value: &Value) -> Option<Option<bool>> {
        match value.text() {
            Some("demo") => Some(None),
            _ => value.boolean().map(Some),
        }
    }
}

/// A whole number between two bounds, both allowed.
pub(super) struct Count(pub(super) u32, pub(super) u32);
impl Kind for Count {
    type Out = u32;
    fn expected(&self) -> String {
        format!("a whole number from {} to {}", self.0, self.1)
    }
    fn read(&self, value: &Value) -> Option<u32> {
        let number = u32::try_from(value.integer()?).ok()?;
        (self.0..=self.1).contains(&number).then_some(number)
    }
}

/// A difference to UTC in minutes, west of Greenwich negative.
pub(super) struct Minutes;
impl Kind for Minutes {
    type Out = i32;
    fn expected(&self) -> String {
        "a whole number of minutes from -840 to 840".into()
    }
    fn read(&self, value: &Value) -> Option<i32> {
        let minutes = i32::try_from(value.integer()?).ok()?;
        (-840..=840).contains(&minutes).then_some(minutes)
    }
}

/// A number of bytes: `65536`, `"64 KiB"` or `"1 MiB"`, at least `.0` and at most 1 GiB.
pub(super) struct Size(pub(super) usize);
impl Kind for Size {
    type Out = usize;
    fn expected(&self) -> String {
        format!("a number of bytes such as 65536 or \"64 KiB\", from {} to 1 GiB", self.0)
    }
    fn read(&self, value: &Value) -> Option<usize> {
        let bytes = match (value.integer(), value.text()) {
            (Some(number), _) => usize::try_from(number).ok()?,
            (None, Some(text)) => {
                let (number, unit) = number_and_unit(text)?;
                let factor = match unit {
                    "B" | "bytes" => 1,
                    "KiB" => 1 << 10,
                    "MiB" => 1 << 20,
                    "GiB" => 1 << 30,
                    _ => return None,
                };
                usize::try_from(number).ok()?.checked_mul(factor)?
            }
            (None, None) => return None,
        };
        (self.0..=1 << 30).contains(&bytes).then_some(bytes)
    }
}

/// A length of time: `"500 ms"`, `"25 s"`, `"10 min"`, `"1 h"`; between two bounds, both allowed.
pub(super) struct Span(pub(super) Duration, pub(super) Duration);
impl Span {
    pub(super) const fn seconds(least: u64, most: u64) -> Span {
        Span(Duration::from_secs(least), Duration::from_secs(most))
    }
}
impl Kind for Span {
    type Out = Duration;
    fn expected(&self) -> String {
        format!("a time such as \"500 ms\", \"25 s\" or \"10 min\", from {:?} to {:?}", self.0, self.1)
    }
    fn read(&self, value: &Value) -> Option<Duration> {
        let span = duration(value.text()?)?;
        (self.0..=self.1).contains(&span).then_some(span)
    }
}

/// A length of time, or `"off"`.
pub(super) struct SpanOrOff(pub(super) Span);
impl Kind for SpanOrOff {
    type Out = Option<Duration>;
    fn expected(&self) -> String {
        format!("{}, or \"off\"", Kind::expected(&self.0))
    }
    fn read(&self, value: &Value) -> Option<Option<Duration>> {
        match value.text() {
            Some("off") => Some(None),
            _ => Kind::read(&self.0, value).map(Some),
        }
    }
}

/// Reads a length of time as it stands in settings: `"500 ms"`, `"25 s"`, `"10 min"`, `"1 h"`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    Some(match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "min" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3600)?),
        _ => return None,
    })
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

/// One of some words. The program gets the value beside it.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);
impl<T: Copy> Kind for Choice<T> {
    type Out = T;
    fn expected(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        format!("one of {}", words.join(", "))
    }
    fn read(&self, value: &Value) -> Option<T> {
        let text = value.text()?;
        self.0.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }
}

/// A list of such words, at least one, none twice.
pub(super) struct Choices<T: 'static>(pub(super) &'static [(&'static str, T)]);
impl<T: Copy + PartialEq> Kind for Choices<T> {
    type Out = Vec<T>;
    fn expected(&self) -> String {
        format!("a list with at least {}", Choice(self.0).expected())
    }
    fn read(&self, value: &Value) -> Option<Vec<T>> {
        SomeChoices(self.0).read(value).filter(|chosen| !chosen.is_empty())
    }
}

/// A list of such words, none twice; `[]` is none at all.
pub(super) struct SomeChoices<T: 'static>(pub(super) &'static [(&'static str, T)]);
impl<T: Copy + PartialEq> Kind for SomeChoices<T> {
    type Out = Vec<T>;
    fn expected(&self) -> String {
        format!("a list of any of {}, or []", Choice(self.0).expected().trim_start_matches("one of "))
    }
    fn read(&self, value: &Value) -> Option<Vec<T>> {
        let mut chosen = Vec::new();
        for text in value.texts()? {
            let choice = Choice(self.0).read(&Value::Word(text.to_owned()))?;
            if chosen.contains(&choice) {
                return None;
            }
            chosen.push(choice);
        }
        Some(chosen)
    }
}

/// A group of users: everybody, administrators only, or administrators and some more.
pub(super) struct WhoKind;
impl Kind for WhoKind {
    type Out = Who;
    fn expected(&self) -> String {
        "\"administrators\", \"anyone\", or a list of users such as [\"1001\", \"1002\"]".into()
    }
    fn read(&self, value: &Value) -> Option<Who> {
        match value.text() {
            Some("administrators") => Some(Who::Administrators),
            Some("anyone") => Some(Who::Anyone),
            _ => {
                let user = |text: &str| UserId::new(text).ok().map(String::from);
                value.texts()?.into_iter().map(user).collect::<Option<_>>().map(Who::Listed)
            }
        }
    }
}

/// A path; `""` is none.
pub(super) struct OptionalPath;
impl Kind for OptionalPath {
    type Out = Option<PathBuf>;
    fn expected(&self) -> String {
        "a path, or \"\"".into()
    }
    fn read(&self, value: &Value) -> Option<Option<PathBuf>> {
        let text = value.text()?;
        Some((!text.is_empty()).then(|| PathBuf::from(text)))
    }
}

/// A text without control characters; `""` is none.
pub(super) struct OptionalText;
impl Kind for OptionalText {
    type Out = Option<String>;
    fn expected(&self) -> String {
        "a text, or \"\"".into()
    }
    fn read(&self, value: &Value) -> Option<Option<String>> {
        let text = value.text()?;
        if text.chars().any(char::is_control) || text.len() > 1024 {
            return None;
        }
        Some((!text.is_empty()).then(|| text.to_owned()))
    }
}

/// The address of a WebSocket with TLS, or `"off"`.
pub(super) struct SecureWebSocket;
impl Kind for SecureWebSocket {
    type Out = Option<String>;
    fn expected(&self) -> String {
        "\"wss://host/path\" or \"wss://host:port/path\", or \"off\"".into()
    }
    fn read(&self, value: &Value) -> Option<Option<String>> {
        let text = value.text()?;
        if text == "off" {
            return Some(None);
        }
        let uri: http::Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let is_good = uri.scheme_str() == Some("wss") && !authority.host().is_empty() && !text.contains('@');
        is_good.then(|| Some(text.to_owned()))
    }
}

/// A host with or without a port, or `"off"`.
pub(super) struct OtherHost;
impl Kind for OtherHost {
    type Out = Option<String>;
    fn expected(&self) -> String {
        "\"host\" or \"host:port\" such as \"xmpp2.example.com:5222\", or \"off\"".into()
    }
    fn read(&self, value: &Value) -> Option<Option<String>> {
        let text = value.text()?;
        if text == "off" {
            return Some(None);
        }
        let with_port = Listener.read(value).flatten().filter(|address| address.port != 0);
        // Read as if there were a port, a host is what can stand before one.
        let alone = || Listener.read(&Value::Word(format!("{text}:1"))).flatten();
        (with_port.is_some() || alone().is_some()).then(|| Some(text.to_owned()))
    }
}

/// A text without control characters that is not empty.
pub(super) struct Text;
impl Kind for Text {
    type Out = String;
    fn expected(&self) -> String {
        "a text".into()
    }
    fn read(&self, value: &Value) -> Option<String> {
        OptionalText.read(value)?
    }
}

/// A list of such texts; `[]` is none.
pub(super) struct Texts;
impl Kind for Texts {
    type Out = Vec<String>;
    fn expected(&self) -> String {
        "a list of texts, or []".into()
    }
    fn read(&self, value: &Value) -> Option<Vec<String>> {
        value.texts()?.into_iter().map(|text| Text.read(&Value::Word(text.to_owned()))).collect()
    }
}

/// A domain name as XMPP addresses carry it.
pub(super) struct Domain;
impl Kind for Domain {
    type Out = String;
    fn expected(&self) -> String {
        "a domain name such as \"cc.example.com\" (letters, digits, dots and hyphens)".into()
    }
    fn read(&self, value: &Value) -> Option<String> {
        let text = value.text()?.trim_end_matches('.').to_ascii_lowercase();
        let label_is_good = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        (text.len() <= 253 && text.split('.').all(label_is_good)).then_some(text)
    }
}

/// Where a listener listens: a host and a port.
///
/// The host is an address or a name; port 0 lets the system choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port; 0 lets the system choose one.
    pub port: u16,
}

impl ListenAddress {
    /// True if nobody but this machine can reach it: a loopback address, or the name `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// `host:port`, or `off`.
pub(super) struct Listener;
impl Kind for Listener {
    type Out = Option<ListenAddress>;
    fn expected(&self) -> String {
        "\"host:port\" such as \"127.0.0.1:8445\", or \"off\"".into()
    }
    fn read(&self, value: &Value) -> Option<Option<ListenAddress>> {
        let text = value.text()?;
        if text == "off" {
            return Some(None);
        }
        let (host, port) = text.rsplit_once(':')?;
        let port = port.bytes().all(|b| b.is_ascii_digit()).then(|| port.parse().ok())??;
        let host = match host.strip_prefix('[') {
            Some(rest) => {
                let inner = rest.strip_suffix(']')?;
                inner.parse::<std::net::Ipv6Addr>().ok()?;
                inner.to_owned()
            }
            None if host.parse::<std::net::Ipv4Addr>().is_ok() => host.to_owned(),
            None => Domain.read(&Value::Word(host.to_owned()))?,
        };
        Some(Some(ListenAddress { host, port }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Value {
        Value::Word(text.into())
    }

    /// RFC 7395 §3.6.1: nobody is sent to a place that is less secure than this one.
    #[test]
    fn checklist_026_clients_are_sent_to_secure_places_only() {
        assert_eq!(SecureWebSocket.read(&word("off")), Some(None));
        for good in ["wss://b.example/ws/", "wss://b.example:8445/ws", "wss://[::1]:1/"] {
            assert_eq!(SecureWebSocket.read(&word(good)), Some(Some(good.to_owned())));
        }
        for bad in [
            "ws://b.example/ws/",
            "https://b.example/ws/",
            "wss://",
            "wss:///ws",
            "b.example",
            "wss://a@b/",
            "",
        ] {
            assert_eq!(SecureWebSocket.read(&word(bad)), None, "{bad}");
        }
    }

    #[test]
    fn another_host_may_have_a_port() {
        assert_eq!(OtherHost.read(&word("off")), Some(None));
        for good in [
            "b.example",
            "b.example:5222",
            "192.0.2.1",
            "192.0.2.1:5223",
            "[2001:db8::1]",
            "[2001:db8::1]:5222",
        ] {
            assert_eq!(OtherHost.read(&word(good)), Some(Some(good.to_owned())));
        }
        for bad in [
            "",
            ":5222",
            "b.example:",
            "b.example:0",
            "b.example:70000",
            "2001:db8::1",
            "a b",
            "xmpp://b.example",
            "[x]",
        ] {
            assert_eq!(OtherHost.read(&word(bad)), None, "{bad}");
        }
    }

    #[test]
    fn listeners_are_host_and_port_or_off() {
        assert_eq!(Listener.read(&word("off")), Some(None));
        for good in ["127.0.0.1:8445", "[::1]:0", "desk.example.com:443", "0.0.0.0:1"] {
            let address = Listener.read(&word(good)).flatten().unwrap_or_else(|| panic!("{good}"));
            assert_eq!(address.to_string(), good);
        }
        for bad in
            ["", "8445", ":8445", "host", "host:", "host:70000", "host:+1", "::1:5", "[x]:1", "a b:1", "on"]
        {
            assert_eq!(Listener.read(&word(bad)), None, "{bad}");
        }
        let loopback = |text: &str| Listener.read(&word(text)).flatten().is_some_and(|a| a.is_loopback());
        assert!(loopback("localhost:1") && loopback("[::1]:1") && loopback("127.9.9.9:1"));
        assert!(!loopback("0.0.0.0:1") && !loopback("[::]:1") && !loopback("example.com:1"));
    }

    #[test]
    fn sizes_and_spans_have_units() {
        let size = Size(1);
        assert_eq!(size.read(&word("64 KiB")), Some(65536));
        assert_eq!(size.read(&word("64KiB")), Some(65536));
        assert_eq!(size.read(&Value::Integer(7)), Some(7));
        for bad in ["64 kB", "KiB", "-1", "0", "2 GiB", "99999999999999999999 GiB", ""] {
            assert_eq!(size.read(&word(bad)), None, "{bad}");
        }
        let span = Span::seconds(1, 3600);
        assert_eq!(span.read(&word("10 min")), Some(Duration::from_secs(600)));
        assert_eq!(span.read(&word("1500 ms")), Some(Duration::from_millis(1500)));
        for bad in ["10", "2 h", "0 s", "s", "1 day", "99999999999999999 h"] {
            assert_eq!(span.read(&word(bad)), None, "{bad}");
        }
        assert_eq!(span.read(&Value::Integer(10)), None, "a time needs a unit");
    }

    #[test]
    fn domains_are_prepared() {
        assert_eq!(Domain.read(&word("CC.Example.com.")), Some("cc.example.com".into()));
        for bad in ["", ".", "a..b", "-a", "a_b", "a b", "ü.de"] {
            assert_eq!(Domain.read(&word(bad)), None, "{bad}");
        }
    }
}
