//! The web origins whose pages may open a WebSocket.

use super::kind::Kind;
use super::value::Value;

/// An allow-list of origins (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    any: bool,
    same_host: bool,
    listed: Vec<String>,
}

impl Origins {
    /// Decides on a request.
    ///
    /// - `origin`: its `Origin` header. Without one the request does not come from a page: allowed, because a
    ///   program can send any header it likes.
    /// - `host`: its `Host` header or `:authority`, with or without a port.
    pub fn allows(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        if self.any || self.listed.iter().any(|listed| listed.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let Some((_, authority)) = origin.split_once("://") else { return false };
        self.same_host && host.is_some_and(|host| same_host(host_of(authority), host_of(host)))
    }
}

/// The host without its port.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or(authority),
    }
}

fn same_host(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (is_loopback(a) && is_loopback(b))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A list of origins, with the two words that stand for more than one.
pub(super) struct OriginsKind;
impl Kind for OriginsKind {
    type Out = Origins;
    fn expected(&self) -> String {
        "a list of origins such as \"https://desk.example.com\", \"same-host\", \"null\" or \"*\"".into()
    }
    fn read(&self, value: &Value) -> Option<Origins> {
        let mut origins = Origins { any: false, same_host: false, listed: Vec::new() };
        for text in value.texts()? {
            match text {
                "*" => origins.any = true,
                "same-host" => origins.same_host = true,
                "null" => origins.listed.push("null".into()),
                _ => {
                    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
                    if authority.is_empty() || authority.contains(['/', '?', '#', ' ', '*']) {
                        return None;
                    }
                    origins.listed.push(text.to_owned());
                }
            }
        }
        Some(origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(list: &str) -> Origins {
        OriginsKind.read(&Value::Word(list.into())).expect("a good list")
    }

    #[test]
    fn checklist_012_same_host_means_any_port_and_any_name_of_loopback() {
        let list = origins("same-host");
        for (origin, host) in [
            ("https://cc.example.com", "cc.example.com:8445"),
            ("http://localhost:3000", "127.0.0.1:8445"),
            ("http://[::1]:3000", "localhost:8445"),
        ] {
            assert!(list.allows(Some(origin), Some(host)), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://evil.example", "cc.example.com:8445"),
            ("https://cc.example.com.evil.example", "cc.example.com"),
            ("http://localhost:3000", "cc.example.com"),
            ("null", "cc.example.com"),
            ("cc.example.com", "cc.example.com"),
        ] {
            assert!(!list.allows(Some(origin), Some(host)), "{origin} {host}");
        }
        assert!(!list.allows(Some("https://cc.example.com"), None));
        assert!(list.allows(None, None), "not a page");
    }

    #[test]
    fn checklist_012_listed_origins_match_whole() {
        let list = origins("https://desk.example.com,null");
        assert!(list.allows(Some("https://desk.example.com"), Some("other")));
        assert!(list.allows(Some("null"), Some("other")));
        assert!(!list.allows(Some("https://desk.example.com:444"), Some("other")));
        assert!(!list.allows(Some("https://cc.example.com"), Some("cc.example.com")));
        assert!(origins("*").allows(Some("https://x"), None));
        for bad in ["desk.example.com", "https://", "https://a/b", "https://*.a", "ftp://a"] {
            assert_eq!(OriginsKind.read(&Value::Word(bad.into())), None, "{bad}");
        }
    }
}
