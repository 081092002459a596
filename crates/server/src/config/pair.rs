//! The section about the other server of a pair, and what follows from it.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

use super::kind::{OptionalPath, OptionalText, Span, Switch};
use super::layers::Layers;
use super::sections::{General, Side};
use super::table::settings;

settings! {
    /// Two servers of which one stands by for the other (docs/pair.md).
    pub(super) Pair in "pair." {
        /// What the two servers show each other; the same on both, at least 16 characters of visible ASCII. Whoever has it can
        /// read the whole log. Needed with peer.
        password: Option<String> = "\"\"", OptionalText;
        /// A PEM file of authorities to trust for the https address of the peer, besides the public ones. Read for each
        /// connection.
        authorities: Option<PathBuf> = "\"\"", OptionalPath;
        /// How long the active server may give no answer. Over it: the other one takes over.
        grace: Duration = "\"10 s\"", Span::seconds(1, 3600);
        /// How long an answer to a client waits for the other server's copy of what it is about. Over it: the other one is not
        /// waited for any more until it has caught up. "0 s": never.
        acknowledge_timeout: Duration = "\"3 s\"", Span::seconds(0, 60);
        /// Whether the active server refuses changes (503) while the other one does not keep up, in place of going on alone. Then nothing
        /// that was answered can be lost with one server, and one server alone is of no use for changes.
        require_peer: bool = "false", Switch;
    }
}

/// The other server of a pair.
#[derive(Clone, PartialEq)]
pub struct PairSettings {
    /// Where it is.
    pub peer: PeerAddress,
    /// Which of the two this is.
    pub side: Side,
    /// What the two show each other.
    pub password: String,
    /// A PEM file of authorities to trust besides the public ones.
    pub authorities: Option<PathBuf>,
    /// How long the active server may give no answer.
    pub grace: Duration,
    /// How long an answer waits for the other server's copy.
    pub acknowledge_timeout: Duration,
    /// Whether changes are refused while the other server does not keep up.
    pub require_peer: bool,
}

/// Shows no password.
impl std::fmt::Debug for PairSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairSettings")
            .field("peer", &self.peer)
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

/// Where the other server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// With TLS or, on this machine, without.
    pub is_https: bool,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl PeerAddress {
    /// Reads `https://host[:port]`, or `http://` for the loopback interface.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<PeerAddress, String> {
        let uri: Uri = text.parse().map_err(|error| format!("{text:?} is not a web address: {error}"))?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("{text:?} does not begin with https://")),
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
            || !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
        {
            return Err(format!("expected https://host:port and nothing else, not {text:?}"));
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_loopback = host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if !is_https && !is_loopback {
            return Err("everything goes over this connection: use https://".into());
        }
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        Ok(PeerAddress { is_https, host, port })
    }
}

impl std::fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        let Self { host, port, .. } = self;
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]:{port}"),
            false => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

/// Characters of a password that nobody tries out.
const PASSWORD_CHARS_MIN: usize = 16;

impl Pair {
    /// Checks what belongs together; `None` if there is no other server, or if something is wrong, which `layers` has noted.
    pub(super) fn resolve(
        self,
        general: &General,
        layers: &mut Layers,
        warnings: &mut Vec<String>,
    ) -> Option<PairSettings> {
        let Some(peer) = &general.peer else {
            if self.password.is_some() || general.side == Side::B {
                warnings.push("side and the section [pair] have no effect without peer".into());
            }
            return None;
        };
        let peer =
            PeerAddress::parse(peer).map_err(|sentence| layers.refuse("peer", format!("peer: {sentence}")));
        let is_good = |password: &String| {
            password.len() >= PASSWORD_CHARS_MIN && password.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let password = self.password.filter(is_good);
        if password.is_none() {
            let sentence = format!(
                "peer needs pair.password beside it: at least {PASSWORD_CHARS_MIN} characters of visible ASCII, the same on \
                 both servers; best in the variable OFFHOOK_PAIR_PASSWORD"
            );
            layers.refuse("pair.password", sentence);
        }
        if self.require_peer && self.acknowledge_timeout.is_zero() {
            let sentence = "pair.require_peer has every answer wait for the other server: it needs a pair.acknowledge_timeout of at \
                            least 1 s";
            layers.refuse("pair.require_peer", sentence.to_owned());
        }
        Some(PairSettings {
            peer: peer.ok()?,
            side: general.side,
            password: password?,
            authorities: self.authorities,
            grace: self.grace,
            acknowledge_timeout: self.acknowledge_timeout,
            require_peer: self.require_peer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_server_and_nothing_else() {
        for (text, shown) in [
            ("https://fin2.example.test:8445", "https://fin2.example.test:8445"),
            ("https://fin2.example.test/", "https://fin2.example.test:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(PeerAddress::parse(text).map(|address| address.to_string()), Ok(shown.into()));
        }
        for bad in [
            "",
            "fin2.example.test:8445",
            "http://fin2.example.test:8080",
            "https://u:p@fin2.example.test",
            "https://fin2.example.test/ws",
            "wss://fin2.example.test",
        ] {
            assert!(PeerAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_peer_needs_a_good_password() {
        let parse = |text: &str| super::super::Config::parse(&format!("data = \"x\"\n{text}"));
        let config =
            parse("peer = \"https://b.example\"\n[pair]\npassword = \"0123456789abcdef\"").expect("good");
        assert_eq!(config.pair.map(|pair| pair.side), Some(Side::A));
        for bad in [
            "peer = \"https://b.example\"",
            "peer = \"https://b.example\"\n[pair]\npassword = \"short\"",
            "peer = \"b.example\"\n[pair]\npassword = \"0123456789abcdef\"",
            "peer = \"https://b.example\"\n[pair]\npassword = \"0123456789abcdef\"\nrequire_peer = true\nacknowledge_timeout = \"0 s\"",
        ] {
            let error = parse(bad).expect_err(bad).to_string();
            assert!(!error.contains("short"), "{error}");
        }
        let alone = parse("side = \"b\"").expect("good");
        assert_eq!((alone.pair, alone.warnings.len()), (None, 1));
    }
}
