//! XML, SASL and both ends of a stream, fed by a peer that says anything.
//!
//! The stream targets read their input as lines: a line is one message, except that one starting with `@` is
//! for the driver, such as `@yes` (the answer to what was asked) or `@wait 31` (seconds).
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use xmpp::sasl::{self, OauthBearer, Plain, ScramBinding, ScramClient, ScramClientFirst, ScramServer};
use xmpp::{
    Authzid, Channel, ChannelBinding, ChannelBindings, ClientConfig, ClientStream, Element, Limits,
    Mechanism, MechanismChoice, Output, SaslCondition, ScramHash, ServerStream, SessionRequest,
    StreamCondition, StreamConfig, StreamEvent, StreamItem, StreamReader,
};

/// Fuzz entry: a message is refused, or is the same element when written and read again.
pub fn xml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(element) = Element::parse(text, &Limits::default()) else { return };
    assert!(depth(&element) <= Limits::default().depth_max);
    let written = element.to_xml();
    // A tree may take more bytes and declarations when every element declares what it needs.
    let limits = Limits { bytes_max: usize::MAX, namespaces_max: usize::MAX, ..Limits::default() };
    assert_eq!(Element::parse(&written, &limits).as_ref(), Ok(&element), "{written}");
}

/// Fuzz entry: a stream over TCP is the same however it is cut into reads. The first byte says how.
pub fn tcp(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let whole = read_stream([bytes]);
    let size = usize::from(*cut).max(1);
    assert_eq!(read_stream(bytes.chunks(size)), whole);
    if bytes.len() < 2_000 {
        assert_eq!(read_stream(bytes.chunks(1)), whole);
    }
}

/// The items of a stream that comes in these pieces, and the error that ends it.
fn read_stream<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<StreamItem>, Option<xmpp::XmlError>) {
    let (mut reader, limits) = (StreamReader::new(), Limits::with_bytes_max(10_000));
    let mut items = Vec::new();
    for mut piece in pieces {
        loop {
            match reader.read(&mut piece, &limits) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(error) => return (items, Some(error)),
            }
        }
        assert!(piece.is_empty(), "what is not read is lost");
    }
    (items, None)
}

/// Fuzz entry: a client that says anything to a server stream, whose driver answers anything.
pub fn server(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut now = Instant::now();
    let config =
        StreamConfig { lenient_whitespace: data.len().is_multiple_of(2), ..StreamConfig::new("localhost") };
    let mut stream = ServerStream::new(Arc::new(config), channel(), [0; 32], now);
    let mut asked = VecDeque::new();
    let mut closed = false;
    for line in text.split('\n') {
        match line.strip_prefix('@') {
            None => stream.handle_message(line, now),
            Some("yes") => answer(&mut stream, asked.pop_front(), now),
            Some("no") => stream.authentication_failed(SaslCondition::NotAuthorized, now),
            Some("refuse") => stream.bind_refused(xmpp::Condition::Conflict.into(), now),
            Some("end") => stream.end(StreamCondition::SystemShutdown.into()),
            Some("redirect") => stream.end_with_redirect(Some("wss://elsewhere/ws")),
            Some(command) => {
                now += wait(command);
                stream.handle_timeout(now);
            }
        }
        while let Some(output) = stream.poll_output() {
            assert!(!closed, "after Close: {output:?}");
            match output {
                Output::Frame(frame) => well_formed(&frame),
                Output::Event(event) => asked.push_back(event),
                Output::Close => closed = true,
            }
        }
        assert_eq!(closed, stream.is_ended());
        assert!(!closed || (stream.next_timeout().is_none() && stream.jid().is_none()));
        assert!(stream.next_timeout().is_none_or(|deadline| deadline > now));
    }
}

/// Fuzz entry: a server that says anything to a client stream. The first byte chooses how the client logs in.
pub fn client(data: &[u8]) {
    let [choice, text @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut now = Instant::now();
    let mut config = ClientConfig::new("localhost", "7001", "pw");
    config.mechanism = match choice & 3 {
        0 => MechanismChoice::Strongest,
        1 => MechanismChoice::Only(Mechanism::Plain),
        2 => MechanismChoice::Only(Mechanism::ScramSha1),
        _ => MechanismChoice::Only(Mechanism::ScramSha256),
    };
    config.session = if choice & 4 == 0 { SessionRequest::IfRequired } else { SessionRequest::IfOffered };
    if choice & 64 != 0 {
        config.channel = channel().bindings;
    }
    if choice & 128 != 0 {
        config.mechanism = MechanismChoice::Only(Mechanism::OauthBearer);
    }
    config.authzid = if choice & 8 == 0 { Authzid::Empty } else { Authzid::BareJid };
    let mut stream = ClientStream::new(config, [0; 32], now);
    let mut closed = false;
    for line in text.split('\n') {
        match line.strip_prefix('@') {
            None if is_costly(line) => {}
            None => stream.handle_message(line, now),
            Some("close") => stream.close(now),
            Some("send") => stream.send(&Element::new("presence", xmpp::ns::CLIENT)),
            Some(command) => {
                now += wait(command);
                stream.handle_timeout(now);
            }
        }
        while let Some(output) = stream.poll_output() {
            assert!(!closed, "after Close: {output:?}");
            match output {
                Output::Frame(frame) => well_formed(&frame),
                Output::Event(_) => {}
                Output::Close => closed = true,
            }
        }
        assert!(!closed || (stream.next_timeout().is_none() && !stream.is_bound()));
    }
}

/// Fuzz entry: the mechanisms' messages. The first byte chooses which.
pub fn sasl(data: &[u8]) {
    let [which, message @ ..] = data else { return };
    match which {
        b'2' => scram_server(ScramHash::Sha1, message),
        b'3' => scram_server(ScramHash::Sha256, message),
        b's' => scram_server(ScramHash::Sha512, message),
        b'4' => scram_client(ScramHash::Sha1, ScramBinding::Unsupported, message),
        b'5' => scram_client(ScramHash::Sha256, ScramBinding::NotOffered, message),
        b'c' => {
            scram_client(ScramHash::Sha512, ScramBinding::Used(ChannelBinding::TlsExporter, b"x"), message);
        }
        b'o' => {
            if let Ok(bearer) = OauthBearer::parse(message) {
                assert_eq!(OauthBearer::parse(&bearer.to_bytes()), Ok(bearer));
            }
        }
        b'6' => {
            let Ok(text) = std::str::from_utf8(message) else { return };
            if let Ok(Some(payload)) = sasl::decode_payload(text) {
                let encoded = sasl::encode_payload(&payload);
                assert_eq!(sasl::decode_payload(&encoded), Ok(Some(payload)));
            }
        }
        _ => {
            if let Ok(plain) = Plain::parse(message) {
                assert_eq!(plain.to_bytes(), message);
            }
        }
    }
}

fn scram_server(hash: ScramHash, message: &[u8]) {
    let mut messages = message.splitn(2, |&b| b == b'\n');
    let (first, last) = (messages.next().unwrap_or_default(), messages.next().unwrap_or_default());
    let Ok(first) = ScramClientFirst::parse(first) else { return };
    let keys = sasl::derive(hash, "pw", b"salt", 1);
    let (server, _) = ScramServer::challenge(hash, first, keys, b"x", "s");
    let _ = server.finish(last);
}

fn scram_client(hash: ScramHash, binding: ScramBinding<'_>, message: &[u8]) {
    if iterations(message) > ITERATIONS_AFFORDABLE {
        return;
    }
    let mut messages = message.splitn(2, |&b| b == b'\n');
    let (client, _) = ScramClient::start(hash, "", "7001", "pw".into(), binding, "c");
    if let Ok((last, _)) = client.respond(messages.next().unwrap_or_default()) {
        let _ = last.verify(messages.next().unwrap_or_default());
    }
}

/// A TLS connection with everything.
fn channel() -> Channel {
    Channel {
        hides_secrets: true,
        bindings: ChannelBindings { exporter: Some([1; 32]), server_end_point: Some([2; 32][..].into()) },
        certificate_users: vec!["7001@localhost".parse().expect("a good JID")],
        starttls: xmpp::StartTls::Off,
    }
}

fn answer(stream: &mut ServerStream, event: Option<StreamEvent>, now: Instant) {
    match event {
        Some(StreamEvent::CheckPassword { username, .. }) => {
            stream.authenticated(format!("{username}@localhost").parse().expect("prepared"), now);
        }
        Some(StreamEvent::CheckToken { .. } | StreamEvent::CheckUser { .. }) => {
            stream.authenticated("7001@localhost".parse().expect("a good JID"), now);
        }
        Some(StreamEvent::FindScramKeys { hash, .. }) => {
            stream.scram_keys(sasl::derive(hash, "pw", b"salt", 1), now);
        }
        Some(StreamEvent::Bind { user, resource, generated }) => {
            let jid = user.with_resource_str(&resource.unwrap_or(generated)).expect("prepared");
            stream.bound(jid, now);
        }
        Some(StreamEvent::Stanza(stanza)) => {
            assert!(stanza.from.is_some_and(|from| from.is_full()), "not stamped");
        }
        _ => {}
    }
}

fn well_formed(frame: &str) {
    let limits = Limits { depth_max: 64, namespaces_max: 64, ..Limits::with_bytes_max(usize::MAX) };
    assert!(Element::parse(frame, &limits).is_ok(), "{frame}");
}

fn depth(element: &Element) -> usize {
    1 + element.elements().map(depth).max().unwrap_or(0)
}

fn wait(command: &str) -> Duration {
    let seconds: u8 = command.strip_prefix("wait ").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    Duration::from_secs(seconds.into())
}

/// Whether a message asks for a key derivation too long for fuzzing; the code's own limit is higher.
fn is_costly(line: &str) -> bool {
    Element::parse(line, &Limits::default())
        .ok()
        .and_then(|element| sasl::decode_payload(&element.text()).ok().flatten())
        .is_some_and(|payload| iterations(&payload) > ITERATIONS_AFFORDABLE)
}

fn iterations(challenge: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(challenge);
    text.split([',', '\n']).filter_map(|part| part.strip_prefix("i=")?.parse().ok()).max().unwrap_or(0)
}

const ITERATIONS_AFFORDABLE: u64 = 100;
