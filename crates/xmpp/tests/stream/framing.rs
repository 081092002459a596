//! The same stream on TCP and BOSH: what differs is how it begins and ends.

use xmpp::{
    Channel, Element, Framing, Limits, StartTls, StreamCondition, StreamConfig, StreamEvent, StreamItem,
    StreamReader, ns,
};

use super::driver::{self, DOMAIN, PASSWORD, Server, USER, bind, plain};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>";

/// A stream, and the bytes of its client.
struct Tcp {
    server: Server,
    reader: StreamReader,
}

impl Tcp {
    fn new(starttls: StartTls) -> Self {
        let config = StreamConfig { framing: Framing::Tcp, ..driver::config() };
        let channel = Channel { starttls, ..Channel::hiding_secrets() };
        Self { server: Server::on(channel, config), reader: StreamReader::new() }
    }

    /// Hands in bytes as a driver does; everything that goes out, in one string.
    fn say(&mut self, text: &str) -> String {
        let (mut input, mut said) = (text.as_bytes(), String::new());
        loop {
            let limits = *self.server.stream.limits();
            let now = self.server.now;
            match self.reader.read(&mut input, &limits) {
                Ok(Some(StreamItem::Header(header))) => self.server.stream.handle_element(header, 0, now),
                Ok(Some(StreamItem::Element { element, bytes })) => {
                    self.server.stream.handle_element(element, bytes, now);
                }
                Ok(Some(StreamItem::End)) => self.server.stream.handle_close(now),
                Ok(None) => return said,
                Err(error) => {
                    self.server.stream.handle_parse_error(&error, now);
                    said.extend(self.server.drain());
                    return said;
                }
            }
            let events = self.server.events.len();
            said.extend(self.server.drain());
            for event in &self.server.events[events..] {
                if matches!(event, StreamEvent::Restart | StreamEvent::StartTls) {
                    self.reader.reset();
                }
                if *event == StreamEvent::StartTls {
                    input = &[];
                }
            }
        }
    }
}

/// The id in a header.
fn id(said: &str) -> &str {
    said.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a header has an id")
}

#[test]
fn a_stream_over_tcp_opens_restarts_and_closes() {
    let mut tcp = Tcp::new(StartTls::Off);
    let first = tcp.say(HEADER);
    assert!(first.starts_with("<?xml version=\"1.0\"?><stream:stream xmlns=\"jabber:client\""), "{first}");
    assert!(
        first.contains("from=\"localhost\"") && first.contains("<mechanism>PLAIN</mechanism>"),
        "{first}"
    );
    assert!(!first.contains("starttls"), "{first}");
    assert!(tcp.say(&plain("", USER, PASSWORD)).contains("<success"));
    let second = tcp.say(HEADER);
    assert!(second.contains("<bind") && id(&first) != id(&second), "{second}");
    assert!(tcp.say(&bind("desktop")).contains("<jid>1001001@localhost/desktop</jid>"));
    assert_eq!(tcp.say("\n \n"), "", "white space is no stanza");
    let ping = "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    tcp.say(ping);
    assert!(
        matches!(tcp.server.events.last(), Some(StreamEvent::Stanza(stanza)) if stanza.id.as_deref() == Some("p"))
    );
    assert_eq!(tcp.say("</stream:stream>"), "</stream:stream>");
    assert!(tcp.server.closed && tcp.server.events.last() == Some(&StreamEvent::Closed));
}

/// STARTTLS, where it is required, is all there is; then the stream begins anew with another id, and nothing that
/// came with the request counts (RFC 6120 §5.3.1, §5.4.3.3).
#[test]
fn checklist_122_starttls_begins_a_new_stream() {
    let mut tcp = Tcp::new(StartTls::Required);
    let first = tcp.say(HEADER);
    assert!(
        first.ends_with(
            "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
             <starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"><required/></starttls></stream:features>"
        ),
        "{first}"
    );
    assert!(tcp.say(&plain("", USER, PASSWORD)).contains("<encryption-required/>"));
    let injected = format!("<starttls xmlns='{}'/>{}", ns::TLS, plain("", USER, PASSWORD));
    assert_eq!(tcp.say(&injected), "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>");
    let second = tcp.say(HEADER);
    assert!(second.contains("<mechanism>PLAIN</mechanism>") && id(&first) != id(&second), "{second}");
    assert!(!second.contains("starttls"), "{second}");
}

#[test]
fn starttls_that_is_not_on_offer_fails_and_ends_the_stream() {
    let mut tcp = Tcp::new(StartTls::Off);
    tcp.say(HEADER);
    let said = tcp.say(&format!("<starttls xmlns='{}'/>", ns::TLS));
    assert_eq!(said, "<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/></stream:stream>");
    assert!(tcp.server.closed);
    let mut tcp = Tcp::new(StartTls::Optional);
    assert!(tcp.say(HEADER).contains("<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/><mechanisms"));
}

#[test]
fn what_is_no_stream_gets_a_header_and_an_error() {
    for (text, condition) in [
        (
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'>",
            StreamCondition::BadFormat,
        ),
        (
            "<stream:stream xmlns:stream='urn:other' to='localhost' version='1.0'>",
            StreamCondition::InvalidNamespace,
        ),
        ("GET / HTTP/1.1\r\n\r\n<", StreamCondition::NotWellFormed),
        (&HEADER.replace("localhost", "elsewhere"), StreamCondition::HostUnknown),
        (&HEADER.replace("1.0'>", "0.9'>"), StreamCondition::UnsupportedVersion),
        (&format!("{HEADER}</stream:other>"), StreamCondition::NotWellFormed),
        (
            &format!("{HEADER}<iq xmlns='jabber:server' type='get' id='1'/>"),
            StreamCondition::InvalidNamespace,
        ),
    ] {
        let mut tcp = Tcp::new(StartTls::Off);
        let said = tcp.say(text);
        assert!(said.starts_with("<?xml version=\"1.0\"?><stream:stream "), "{text}: {said}");
        assert!(said.contains(&format!("<{} xmlns", condition.name())), "{text}: {said}");
        assert!(said.ends_with("</stream:error></stream:stream>"), "{text}: {said}");
    }
}

/// The end of a stream is answered before the connection closes, in every state (RFC 6120 §4.4).
#[test]
fn checklist_124_the_end_of_a_stream_is_answered() {
    let mut tcp = Tcp::new(StartTls::Off);
    tcp.say(HEADER);
    assert_eq!(tcp.say("</stream:stream>"), "</stream:stream>");
    assert!(tcp.server.closed);
    assert_eq!(tcp.say("<iq/>"), "", "nothing follows");
}

#[test]
fn over_bosh_the_bodies_open_and_close() {
    let config = StreamConfig { framing: Framing::Bosh, ..driver::config() };
    let mut server = Server::new(config);
    let open =
        Element::new("stream", ns::STREAMS).with_attribute("to", DOMAIN).with_attribute("version", "1.0");
    let now = server.now;
    server.stream.handle_element(open.clone(), 0, now);
    let frames = server.drain();
    assert!(frames.len() == 1 && frames[0].starts_with("<stream:features"), "{frames:?}");
    let Some(StreamEvent::Opened { id }) = server.events.pop() else { panic!("it has an id") };
    assert!(id.len() >= 16);
    let auth = Element::parse(&plain("", USER, PASSWORD), &Limits::default()).unwrap();
    server.stream.handle_element(auth, 0, now);
    assert!(server.drain()[0].starts_with("<success"));
    server.stream.handle_element(open, 0, now);
    assert!(server.drain()[0].contains("<bind"));
    server.stream.handle_close(now);
    assert_eq!(server.drain(), Vec::<String>::new());
    assert!(server.closed && server.events.last() == Some(&StreamEvent::Closed));
}
