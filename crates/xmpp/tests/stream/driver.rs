//! The least driver a server stream needs: a user list, and ids instead of sockets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use xmpp::sasl::derive;
use xmpp::{
    BareJid, Caps, Channel, ChannelBindings, Mechanism, Output, SaslCondition, ServerStream, StartTls,
    StreamConfig, StreamEvent,
};

pub(crate) const DOMAIN: &str = "localhost";
pub(crate) const USER: &str = "1001001";
pub(crate) const PASSWORD: &str = "off,hook=é";
/// A token that is good for [`USER`].
pub(crate) const TOKEN: &str = "a.good.token";

/// A server stream whose events are answered from a list of one user.
pub(crate) struct Server {
    pub(crate) stream: ServerStream,
    pub(crate) now: Instant,
    /// Events are answered at once; if not, they wait in `unanswered`.
    pub(crate) answers: bool,
    pub(crate) unanswered: Vec<StreamEvent>,
    /// Everything that happened, frames as they are.
    pub(crate) events: Vec<StreamEvent>,
    pub(crate) closed: bool,
}

pub(crate) fn config() -> StreamConfig {
    StreamConfig { caps: Some(Caps { node: "urn:n".into(), ver: "v=".into() }), ..StreamConfig::new(DOMAIN) }
}

/// A TLS 1.3 connection on which the user has shown a certificate.
pub(crate) fn tls_channel() -> Channel {
    Channel {
        hides_secrets: true,
        bindings: ChannelBindings { exporter: Some([5; 32]), server_end_point: Some([6; 32][..].into()) },
        certificate_users: vec![user(USER)],
        starttls: StartTls::Off,
    }
}

pub(crate) fn user(name: &str) -> BareJid {
    BareJid::new(&format!("{name}@{DOMAIN}")).unwrap()
}

impl Server {
    /// A stream on a connection that hides passwords and nothing more.
    pub(crate) fn new(config: StreamConfig) -> Self {
        Self::on(Channel::hiding_secrets(), config)
    }

    pub(crate) fn on(channel: Channel, config: StreamConfig) -> Self {
        Self::with_entropy(channel, config, [7; 32])
    }

    fn with_entropy(channel: Channel, config: StreamConfig, entropy: [u8; 32]) -> Self {
        let now = Instant::now();
        let stream = ServerStream::new(Arc::new(config), channel, entropy, now);
        Self { stream, now, answers: true, unanswered: vec![], events: vec![], closed: false }
    }

    /// A stream that is bound as `1001001@localhost/desktop`.
    pub(crate) fn bound() -> Self {
        let mut server = Self::authenticated();
        server.say(&bind("desktop"));
        assert_eq!(server.stream.jid().map(|jid| jid.as_str()), Some("1001001@localhost/desktop"));
        server.events.clear();
        server
    }

    /// A stream whose client may bind now.
    pub(crate) fn authenticated() -> Self {
        Self::authenticated_with([7; 32])
    }

    /// As [`Server::authenticated`], with other random numbers.
    pub(crate) fn authenticated_with(entropy: [u8; 32]) -> Self {
        let mut server = Self::with_entropy(Channel::hiding_secrets(), config(), entropy);
        server.say(OPEN);
        server.say(&plain("", USER, PASSWORD));
        server.say(OPEN);
        server.events.clear();
        server
    }

    /// Hands in one message; the frames it leads to.
    pub(crate) fn say(&mut self, text: &str) -> Vec<String> {
        self.stream.handle_message(text, self.now);
        self.drain()
    }

    pub(crate) fn advance(&mut self, seconds: u64) -> Vec<String> {
        self.now += Duration::from_secs(seconds);
        self.stream.handle_timeout(self.now);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<String> {
        let mut frames = vec![];
        while let Some(output) = self.stream.poll_output() {
            assert!(!self.closed, "after Close came {output:?}");
            match output {
                Output::Frame(frame) => frames.push(frame),
                Output::Event(event) => {
                    self.events.push(event.clone());
                    if self.answers {
                        self.answer(event);
                    } else {
                        self.unanswered.push(event);
                    }
                }
                Output::Close => self.closed = true,
            }
        }
        frames
    }

    pub(crate) fn answer(&mut self, event: StreamEvent) {
        let (stream, now) = (&mut self.stream, self.now);
        match event {
            StreamEvent::CheckPassword { username, password } => {
                if username == USER && password.as_str() == PASSWORD {
                    stream.authenticated(user(USER), now);
                } else {
                    stream.authentication_failed(SaslCondition::NotAuthorized, now);
                }
            }
            StreamEvent::CheckToken { token, .. } => match token.as_str() {
                TOKEN => stream.authenticated(user(USER), now),
                _ => stream.authentication_failed(SaslCondition::NotAuthorized, now),
            },
            StreamEvent::CheckUser { username } => {
                assert_eq!(username, USER);
                stream.authenticated(user(USER), now);
            }
            StreamEvent::FindScramKeys { username, hash } => {
                let password = if username == USER { PASSWORD } else { "nobody knows" };
                stream.scram_keys(derive(hash, password, b"0123456789abcdef", 8), now);
            }
            StreamEvent::Bind { user, resource, generated } => {
                stream.bound(user.with_resource_str(&resource.unwrap_or(generated)).unwrap(), now);
            }
            StreamEvent::StartTls => stream.set_channel(Channel::hiding_secrets()),
            _ => {}
        }
    }
}

pub(crate) const OPEN: &str =
    r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>"#;
pub(crate) const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#;

pub(crate) fn auth(mechanism: &str, text: &str) -> String {
    format!(r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="{mechanism}">{text}</auth>"#)
}

pub(crate) fn sasl(name: &str, text: &str) -> String {
    format!(r#"<{name} xmlns="urn:ietf:params:xml:ns:xmpp-sasl">{text}</{name}>"#)
}

pub(crate) fn failure(condition: SaslCondition) -> String {
    sasl("failure", &format!("<{}/>", condition.name()))
}

pub(crate) fn plain_payload(authzid: &str, user: &str, password: &str) -> String {
    let plain =
        xmpp::sasl::Plain { authzid: authzid.into(), username: user.into(), password: password.into() };
    xmpp::sasl::encode_payload(&plain.to_bytes())
}

pub(crate) fn plain(authzid: &str, user: &str, password: &str) -> String {
    auth(Mechanism::Plain.name(), &plain_payload(authzid, user, password))
}

pub(crate) fn bind(resource: &str) -> String {
    format!(
        "<iq xmlns='jabber:client' type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
         <resource>{resource}</resource></bind></iq>"
    )
}
