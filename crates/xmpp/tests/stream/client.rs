//! The client's end against what servers are known to send, and against what they must not.

use std::time::{Duration, Instant};

use xmpp::{
    ClientConfig, ClientError, ClientEvent, ClientStream, Condition, Element, Mechanism, MechanismChoice,
    Output, SaslCondition, SessionRequest, StreamCondition,
};

struct Client {
    stream: ClientStream,
    now: Instant,
    events: Vec<ClientEvent>,
    closed: bool,
}

fn config() -> ClientConfig {
    ClientConfig { resource: Some("desktop".into()), ..ClientConfig::new("fin.test", "7001", "pw") }
}

impl Client {
    fn new(config: ClientConfig) -> (Self, Vec<String>) {
        let now = Instant::now();
        let mut client =
            Self { stream: ClientStream::new(config, [1; 32], now), now, events: vec![], closed: false };
        let frames = client.drain();
        (client, frames)
    }

    fn hear(&mut self, text: &str) -> Vec<String> {
        self.stream.handle_message(text, self.now);
        self.drain()
    }

    fn drain(&mut self) -> Vec<String> {
        let mut frames = vec![];
        while let Some(output) = self.stream.poll_output() {
            assert!(!self.closed);
            match output {
                Output::Frame(frame) => frames.push(frame),
                Output::Event(event) => self.events.push(event),
                Output::Close => self.closed = true,
            }
        }
        frames
    }

    fn error(&self) -> &ClientError {
        assert!(self.closed);
        match self.events.last() {
            Some(ClientEvent::Failed(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

const OPEN: &str = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='fin.test' id='i' version='1.0'/>";
const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#;
const SUCCESS: &str = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
/// As Prosody and ejabberd do it: much that we do not know.
const MECHANISMS: &str = "<stream:features xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\
    <register xmlns='http://jabber.org/features/iq-register'/>\
    <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>X-OAUTH2</mechanism>\
    <mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism><mechanism>SCRAM-SHA-512</mechanism></mechanisms>\
    <sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>\
    </stream:features>";
const BIND: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
    <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind><sm xmlns='urn:xmpp:sm:3'/>\
    <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>";
const BOUND: &str = "<iq xmlns='jabber:client' type='result' id='bind' to='fin.test/i'>\
    <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>7001@fin.test/desktop</jid></bind></iq>";

fn plain() -> ClientConfig {
    ClientConfig { mechanism: MechanismChoice::Only(Mechanism::Plain), ..config() }
}

#[test]
fn a_login_with_plain() {
    let (mut client, frames) = Client::new(ClientConfig { authzid: xmpp::Authzid::BareJid, ..plain() });
    assert_eq!(
        frames,
        [r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="fin.test" version="1.0"/>"#]
    );
    assert!(client.hear(OPEN).is_empty());
    assert_eq!(
        client.hear(MECHANISMS),
        [
            "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">NzAwMUBmaW4udGVzdAA3MDAxAHB3</auth>"
        ]
    );
    assert_eq!(client.hear(SUCCESS), frames);
    client.hear(OPEN);
    assert_eq!(
        client.hear(BIND),
        [
            "<iq xmlns=\"jabber:client\" type=\"set\" id=\"bind\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\
          <resource>desktop</resource></bind></iq>"
        ]
    );
    // A server may deliver before it answers.
    client.hear("<presence xmlns='jabber:client'/>");
    client.hear(BOUND);
    assert!(client.stream.is_bound());
    assert_eq!(client.events.last(), Some(&ClientEvent::Bound("7001@fin.test/desktop".parse().unwrap())));
    client.stream.send(&Element::new("presence", xmpp::ns::CLIENT));
    assert_eq!(client.drain(), [r#"<presence xmlns="jabber:client"/>"#]);
    client.stream.close(client.now);
    assert_eq!(client.drain(), [CLOSE]);
    client.hear("<message xmlns='jabber:client'/>");
    assert!(matches!(client.events.last(), Some(ClientEvent::Element(_))));
    assert!(client.hear(CLOSE).is_empty());
    assert!(client.closed);
}

#[test]
fn the_strongest_common_mechanism_is_taken() {
    let (mut client, _) = Client::new(config());
    client.hear(OPEN);
    assert!(client.hear(MECHANISMS)[0].contains("mechanism=\"SCRAM-SHA-512\""));
}

#[test]
fn the_session_request_of_old_is_sent_when_asked_for() {
    let required = BIND.replace("<optional/>", "");
    for (session, features, sent) in [
        (SessionRequest::IfRequired, BIND, false),
        (SessionRequest::IfRequired, required.as_str(), true),
        (SessionRequest::IfOffered, BIND, true),
        (SessionRequest::Never, required.as_str(), false),
    ] {
        let (mut client, _) = Client::new(ClientConfig { session, ..plain() });
        for text in [OPEN, MECHANISMS, SUCCESS, OPEN, features] {
            client.hear(text);
        }
        assert_eq!(client.hear(BOUND).len(), usize::from(sent));
        assert_eq!(client.stream.is_bound(), !sent);
        client.hear("<iq xmlns='jabber:client' type='result' id='session'/>");
        assert!(client.stream.is_bound());
    }
}

#[test]
fn failures_say_what_went_wrong() {
    let reach = |texts: &[&str], config: ClientConfig| {
        let (mut client, _) = Client::new(config);
        for text in texts {
            client.hear(text);
        }
        client
    };
    let failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text xml:lang='en'>no</text></failure>";
    let client = reach(&[OPEN, MECHANISMS, failure], plain());
    assert_eq!(
        *client.error(),
        ClientError::NotAuthenticated {
            condition: Some(SaslCondition::NotAuthorized),
            text: Some("no".into())
        }
    );
    let external = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
        <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>";
    let client = reach(&[OPEN, external], config());
    assert_eq!(*client.error(), ClientError::NoCommonMechanism { offered: vec!["EXTERNAL".into()] });
    let client = reach(&[OPEN, MECHANISMS, SUCCESS], config());
    assert!(
        matches!(client.error(), ClientError::Unexpected { expected: "<challenge/>", .. }),
        "success without proof"
    );
    let client = reach(&[OPEN, MECHANISMS, SUCCESS, OPEN, MECHANISMS], plain());
    assert_eq!(*client.error(), ClientError::NoBind);
    let conflict = "<iq xmlns='jabber:client' type='error' id='bind'><error type='cancel'>\
        <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
    let client = reach(&[OPEN, MECHANISMS, SUCCESS, OPEN, BIND, conflict], plain());
    assert_eq!(*client.error(), ClientError::BindRefused(Condition::Conflict.into()));
    let client = reach(&[OPEN, MECHANISMS, SUCCESS, OPEN, BIND, &BOUND.replace("/desktop", "")], plain());
    assert_eq!(*client.error(), ClientError::NoJid);
    let client = reach(&[OPEN, OPEN], plain());
    assert!(matches!(client.error(), ClientError::Unexpected { expected: "<stream:features/>", .. }));
    let conflict = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
        <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
    for texts in [&[OPEN, conflict][..], &[OPEN, MECHANISMS, SUCCESS, OPEN, BIND, BOUND, conflict]] {
        let client = reach(texts, plain());
        assert_eq!(*client.error(), ClientError::Stream(StreamCondition::Conflict.into()));
    }
    let (mut client, _) = Client::new(config());
    let frames = client.hear("<a/><b/>");
    assert!(frames[0].contains("<not-well-formed "), "{frames:?}");
    assert!(matches!(client.error(), ClientError::Xml(_)));
}

#[test]
fn a_redirect_and_a_silent_server() {
    let (mut client, _) = Client::new(config());
    client.hear("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='wss://b/ws'/>");
    assert_eq!(client.events, [ClientEvent::Closed { see_other_uri: Some("wss://b/ws".into()) }]);

    let (mut client, _) = Client::new(config());
    client.now += Duration::from_secs(29);
    client.hear(OPEN);
    client.now += Duration::from_secs(30);
    client.stream.handle_timeout(client.now);
    assert_eq!(client.drain(), [CLOSE]);
    assert_eq!(*client.error(), ClientError::Timeout { expected: "<stream:features/>" });
}
