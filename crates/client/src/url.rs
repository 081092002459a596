//! Where the line goes: a URL as a person types it, reduced to scheme, host, port and path.

use std::{fmt, str::FromStr};

/// Address of a WebSocket endpoint.
///
/// `wss://host[:port]/path` and `ws://…` are taken as they stand. `https://host[:port]` and `http://…` are what
/// people have at hand (the desktop's address): they mean the same host and port, and the path `/ws/` where none
/// is given. User names and passwords in a URL are refused, because command lines are visible to everybody on a
/// machine.
#[derive(Clone, PartialEq, Eq)]
pub struct LineUrl {
    secure: bool,
    host: String,
    port: u16,
    target: String,
    web: bool,
}

impl LineUrl {
    /// Whether TLS is used (`wss`, `https`).
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Host name or address, lower case, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port, 443 or 80 where the URL names none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query as sent in the request line.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Path alone.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or("/")
    }

    /// Whether the person wrote `https:` or `http:`: a web server, so its REST side may be asked for the domain.
    pub fn is_web(&self) -> bool {
        self.web
    }

    /// The `Host` header: the port is left out where it is the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.secure) { host } else { format!("{host}:{}", self.port) }
    }

    /// The origin of the web service beside the line, `https://host:port`.
    pub fn web_origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }

    /// The same host and port with another path.
    pub fn with_target(&self, target: &str) -> LineUrl {
        LineUrl { target: target.to_owned(), ..self.clone() }
    }
}

impl FromStr for LineUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<LineUrl, UrlError> {
        let text = text.trim();
        if text.len() > URL_BYTES_MAX {
            return Err(UrlError::TooLong);
        }
        if let Some(bad) = text.chars().find(|c| c.is_control() || *c == ' ' || *c == '\\') {
            return Err(UrlError::Character(bad));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(UrlError::NoScheme { text: text.to_owned() });
        };
        let scheme = scheme.to_ascii_lowercase();
        let (secure, web) = match scheme.as_str() {
            "wss" => (true, false),
            "ws" => (false, false),
            "https" => (true, true),
            "http" => (false, true),
            _ => return Err(UrlError::Scheme { scheme }),
        };
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let split = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(split);
        if authority.contains('@') {
            return Err(UrlError::Credentials);
        }
        let (host, port) = split_authority(authority)?;
        let target = match target {
            "" | "/" if web => "/ws/".to_owned(),
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        if !target.is_ascii() {
            return Err(UrlError::Character(target.chars().find(|c| !c.is_ascii()).unwrap_or('?')));
        }
        Ok(LineUrl {
            secure,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(default_port(secure)),
            target,
            web,
        })
    }
}

/// The URL with the values of its query left out: they may hold a token.
impl fmt::Display for LineUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path())?;
        if self.target.contains('?') { f.write_str("?…") } else { Ok(()) }
    }
}

impl fmt::Debug for LineUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineUrl({self})")
    }
}

/// Why a text is not the address of a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// More than 2,048 bytes.
    #[error("the URL is longer than {URL_BYTES_MAX} bytes")]
    TooLong,
    /// A character that no URL holds.
    #[error("the URL contains the character {0:?}; write it percent-encoded")]
    Character(char),
    /// `host:8445` without a scheme.
    #[error("\"{text}\" has no scheme; try https://{text} or wss://{text}/ws/")]
    NoScheme {
        /// What was written.
        text: String,
    },
    /// A scheme that is not spoken.
    #[error("the scheme \"{scheme}:\" is not supported; use wss:, ws:, https: or http:")]
    Scheme {
        /// The scheme, lower case.
        scheme: String,
    },
    /// `#…` means nothing to a server.
    #[error("a \"#\" part is never sent to a server; leave it out")]
    Fragment,
    /// `user:password@host`.
    #[error(
        "a user name or password in a URL shows in process lists and logs; use --user and --password-stdin"
    )]
    Credentials,
    /// Nothing between `//` and the path.
    #[error("the URL names no host")]
    NoHost,
    /// Not a host name or address.
    #[error("\"{host}\" is not a host name or address")]
    Host {
        /// What stood there.
        host: String,
    },
    /// Not a number in 1..=65535.
    #[error("\"{port}\" is not a port: a number from 1 to 65535")]
    Port {
        /// What stood there.
        port: String,
    },
}

fn split_authority(authority: &str) -> Result<(&str, Option<u16>), UrlError> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) =
            rest.split_once(']').ok_or_else(|| UrlError::Host { host: authority.to_owned() })?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(UrlError::Host { host: authority.to_owned() });
        }
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(UrlError::Host { host: authority.to_owned() }),
        }
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if !authority.starts_with('[') && (!host.chars().all(plain) || host.len() > 253) {
        return Err(UrlError::Host { host: host.to_owned() });
    }
    let port = match port {
        None | Some("") => None,
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port > 0 => Some(port),
            _ => return Err(UrlError::Port { port: text.to_owned() }),
        },
    };
    Ok((host, port))
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Longest URL accepted, in bytes.
const URL_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (bool, String, u16, String, String) {
        let url: LineUrl = text.parse().expect(text);
        (url.is_secure(), url.host().into(), url.port(), url.target().into(), url.authority())
    }

    fn owned(
        secure: bool,
        host: &str,
        port: u16,
        target: &str,
        authority: &str,
    ) -> (bool, String, u16, String, String) {
        (secure, host.into(), port, target.into(), authority.into())
    }

    #[test]
    fn a_web_address_means_the_line_beside_it() {
        assert_eq!(parts("https://h:8445"), owned(true, "h", 8445, "/ws/", "h:8445"));
        assert_eq!(parts("https://h:8445/"), owned(true, "h", 8445, "/ws/", "h:8445"));
        assert_eq!(parts("http://h"), owned(false, "h", 80, "/ws/", "h"));
        assert_eq!(parts("https://h/xmpp"), owned(true, "h", 443, "/xmpp", "h"));
    }

    #[test]
    fn a_websocket_address_is_taken_as_it_stands() {
        assert_eq!(parts("wss://H.Example/ws/"), owned(true, "h.example", 443, "/ws/", "h.example"));
        assert_eq!(
            parts("ws://127.0.0.1:15280/xmpp-websocket?a=b"),
            owned(false, "127.0.0.1", 15280, "/xmpp-websocket?a=b", "127.0.0.1:15280")
        );
        assert_eq!(parts("wss://[::1]:8445/ws"), owned(true, "::1", 8445, "/ws", "[::1]:8445"));
        assert_eq!(parts("wss://h?x"), owned(true, "h", 443, "/?x", "h"));
        assert_eq!(parts("wss://h:443/"), owned(true, "h", 443, "/", "h"));
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| text.parse::<LineUrl>().expect_err(text).to_string();
        assert!(error("h:8445").contains("try https://h:8445"));
        assert!(error("xmpp://h").contains("not supported"));
        assert!(error("wss://u:p@h/ws/").contains("process lists"));
        assert!(error("wss://h:0/").contains("port"));
        assert!(error("wss://h:99999/").contains("port"));
        assert!(error("wss:///ws").contains("no host"));
        assert!(error("wss://[::zz]/").contains("host name"));
        assert!(error("wss://h#x").contains('#'));
        assert!(error("wss://h/a b").contains("' '"));
        assert!(error(&format!("wss://h/{}", "a".repeat(3000))).contains("longer"));
    }

    #[test]
    fn display_hides_what_a_query_may_hold() {
        let url: LineUrl = "wss://h/ws?token=s3cret".parse().unwrap();
        assert_eq!(url.to_string(), "wss://h/ws?…");
        assert!(!format!("{url:?}").contains("s3cret"));
    }
}
