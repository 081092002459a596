//! Stream management and client state (XEP-0198 v1.6.3, XEP-0352 v1.0.0), at both ends.

use std::time::Duration;

use xmpp::stream::{
    ClientState, HandledCountTooHigh, ManagementChoice, ManagementConfig, Nonza, Resumption, Suspended,
};
use xmpp::{
    ClientConfig, ClientEvent, ClientStream, Condition, Element, FullJid, Limits, Output, StreamCondition,
    StreamConfig, StreamError, StreamEvent, ns,
};

use crate::driver::*;

const ENABLE: &str = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
const REQUEST: &str = "<r xmlns='urn:xmpp:sm:3'/>";
const UNEXPECTED: &str = "<failed xmlns=\"urn:xmpp:sm:3\">\
    <unexpected-request xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></failed>";

fn managed_config() -> StreamConfig {
    StreamConfig { management: Some(ManagementConfig::default()), client_state: true, ..config() }
}

fn authenticated(config: StreamConfig) -> (Server, String) {
    let mut server = Server::new(config);
    server.say(OPEN);
    server.say(&plain("", USER, PASSWORD));
    let features = server.say(OPEN).pop().expect("features");
    server.events.clear();
    (server, features)
}

fn bound() -> Server {
    let (mut server, _) = authenticated(managed_config());
    server.say(&bind("desktop"));
    server.events.clear();
    server
}

fn managed() -> Server {
    let mut server = bound();
    server.say(ENABLE);
    server.stream.enabled(Some(Resumption { id: "abc".into(), max: Some(300) }));
    server.drain();
    server.events.clear();
    server
}

fn stream_error(frames: &[String]) -> StreamError {
    let error = frames.iter().find(|frame| frame.starts_with("<stream:error"));
    let error = error.unwrap_or_else(|| panic!("no stream error in {frames:?}"));
    StreamError::from_element(&Element::parse(error, &Limits::default()).unwrap())
}

/// `<enable/>` has its place after the bound resource (§3); too early it is refused and the stream goes on (§6).
#[test]
fn checklist_098_enable_waits_for_the_bound_resource() {
    let mut server = Server::new(managed_config());
    server.say(OPEN);
    assert_eq!(server.say(ENABLE), [UNEXPECTED]);
    assert_eq!(server.say(&plain("", USER, PASSWORD)), [sasl("success", "").replace("></success>", "/>")]);
    server.say(OPEN);
    assert_eq!(server.say(ENABLE), [UNEXPECTED]);
    server.say(&bind("desktop"));
    server.events.clear();
    assert!(server.say(ENABLE).is_empty(), "the driver answers");
    assert_eq!(server.events, [StreamEvent::Enable { resume: true, max: None }]);
}

/// A second `<enable/>` ends the stream (§3).
#[test]
fn checklist_098_a_second_enable_is_a_stream_error() {
    let mut server = managed();
    let frames = server.say(ENABLE);
    assert_eq!(stream_error(&frames).condition, StreamCondition::PolicyViolation);
    assert!(server.closed);
}

/// `<enabled/>` says how to come back (§3); without resumption it says nothing about it.
#[test]
fn checklist_099_enabled_names_the_session() {
    let mut server = bound();
    server.say("<enable xmlns='urn:xmpp:sm:3' resume='1' max='60'/>");
    assert_eq!(server.events, [StreamEvent::Enable { resume: true, max: Some(60) }]);
    server.stream.enabled(Some(Resumption { id: "a\"b".into(), max: Some(60) }));
    assert_eq!(
        server.drain(),
        ["<enabled xmlns=\"urn:xmpp:sm:3\" resume=\"true\" id=\"a&quot;b\" max=\"60\"/>"]
    );
    let mut server = bound();
    server.say("<enable xmlns='urn:xmpp:sm:3'/>");
    server.stream.enabled(None);
    assert_eq!(server.drain(), ["<enabled xmlns=\"urn:xmpp:sm:3\"/>"]);
}

/// The count of received stanzas begins with the first one after `<enable/>` and has stanzas only, those that the stream
/// answers itself included (§4).
#[test]
fn checklist_100_stanzas_count_from_enable_on_and_nothing_else_does() {
    let mut server = bound();
    server.say("<message xmlns='jabber:client'/>");
    server.say(ENABLE);
    server.events.clear();
    server.say("<message xmlns='jabber:client'/>");
    server.say(REQUEST);
    server.say("<inactive xmlns='urn:xmpp:csi:0'/>");
    server.say("<a xmlns='urn:xmpp:sm:3' h='0'/>");
    // Not a proper iq, an answer to nobody, and one for the stream itself.
    server.say("<iq xmlns='jabber:client' type='get'/>");
    server.say("<iq xmlns='jabber:client' type='result'/>");
    server.say(&bind("again"));
    server.say("<presence xmlns='jabber:client'/>");
    let counts: Vec<_> = server
        .events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Counted { stanza, received } => Some((stanza.element.name().to_owned(), *received)),
            StreamEvent::Answered { reply, received } => {
                Some((reply.as_ref().map_or("nothing", |_| "reply").into(), *received))
            }
            _ => None,
        })
        .collect();
    let expected = [("message", 1), ("reply", 2), ("nothing", 3), ("reply", 4), ("presence", 5)];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)));
}

/// `<r/>` is passed on with the count at its place, also when nothing is new; `<a/>` without a number is an error (§4).
#[test]
fn checklist_101_a_request_for_an_answer_tells_how_many_came_before_it() {
    let mut server = managed();
    server.say(REQUEST);
    server.say("<message xmlns='jabber:client'/>");
    server.say(REQUEST);
    server.say(REQUEST);
    let asked: Vec<_> = server
        .events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::AnswerRequested { received } => Some(*received),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [0, 1, 1]);
    let frames = server.say("<a xmlns='urn:xmpp:sm:3'/>");
    assert_eq!(stream_error(&frames).condition, StreamCondition::BadFormat);
}

/// A client that has handled more than it was sent hears both numbers (§6).
#[test]
fn checklist_102_a_count_that_is_too_high_ends_the_stream_with_both_numbers() {
    let mut server = managed();
    server.say("<a xmlns='urn:xmpp:sm:3' h='5'/>");
    assert_eq!(server.events, [StreamEvent::Acknowledged { h: 5 }]);
    let wrong = HandledCountTooHigh { h: 5, sent: 2 };
    server.stream.handled_count_too_high(wrong);
    let frames = server.drain();
    assert!(
        frames[0].contains("<handled-count-too-high xmlns=\"urn:xmpp:sm:3\" h=\"5\" send-count=\"2\"/>"),
        "{frames:?}"
    );
    let error = stream_error(&frames);
    assert_eq!(error.condition, StreamCondition::UndefinedCondition);
    assert_eq!(error.handled_count_too_high, Some(wrong));
    assert!(server.closed);
}

/// `<resume/>` belongs between authentication and binding; the stream then has the address the session had, and its count
/// goes on (§5).
#[test]
fn checklist_103_resuming_takes_the_place_of_binding() {
    let mut server = Server::new(managed_config());
    let resume = "<resume xmlns='urn:xmpp:sm:3' previd='abc' h='4'/>";
    server.say(OPEN);
    assert_eq!(server.say(resume), [UNEXPECTED], "before authentication");
    server.say(&plain("", USER, PASSWORD));
    server.say(OPEN);
    server.events.clear();
    assert!(server.say(resume).is_empty());
    // What a client sends ahead waits until it is clear what it means.
    assert!(server.say("<message xmlns='jabber:client'/>").is_empty());
    let [StreamEvent::Resume { user, previd, h: 4 }] = &server.events[..] else {
        panic!("{:?}", server.events)
    };
    assert_eq!((user.to_string(), &previd[..]), (format!("{USER}@{DOMAIN}"), "abc"));
    server.events.clear();
    let jid = FullJid::new("1001001@localhost/old").unwrap();
    server.stream.resumed(jid.clone(), "abc".into(), 7, server.now);
    assert_eq!(server.drain(), ["<resumed xmlns=\"urn:xmpp:sm:3\" previd=\"abc\" h=\"7\"/>"]);
    assert_eq!(server.stream.jid(), Some(&jid));
    assert!(matches!(&server.events[..], [StreamEvent::Counted { received: 8, .. }]), "{:?}", server.events);
    assert_eq!(server.say(resume), [UNEXPECTED], "once is enough");
}

/// After `<failed/>` the client may bind on the same stream, or try another session (§5).
#[test]
fn checklist_104_whoever_cannot_resume_may_bind() {
    let (mut server, _) = authenticated(managed_config());
    server.say("<resume xmlns='urn:xmpp:sm:3' previd='gone' h='4'/>");
    server.stream.resume_failed(Some(9), server.now);
    assert_eq!(
        server.drain(),
        ["<failed xmlns=\"urn:xmpp:sm:3\" h=\"9\"><item-not-found \
          xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></failed>"]
    );
    server.say("<resume xmlns='urn:xmpp:sm:3' previd='gone too' h='4'/>");
    server.stream.resume_failed(None, server.now);
    assert!(server.drain()[0].starts_with("<failed xmlns=\"urn:xmpp:sm:3\"><item-not-found"));
    server.say(&bind("desktop"));
    assert!(server.stream.jid().is_some());
    server.events.clear();
    server.say(ENABLE);
    assert_eq!(server.events, [StreamEvent::Enable { resume: true, max: None }]);
}

/// The server asks by count and by time, once until it has an answer; without one the stream ends in a way that leaves the
/// session.
#[test]
fn checklist_107_acknowledgements_are_asked_for_and_waited_for() {
    let asks = |frames: Vec<String>| frames == ["<r xmlns=\"urn:xmpp:sm:3\"/>"];
    let mut server = managed();
    server.stream.sent(1, server.now);
    assert!(server.drain().is_empty());
    assert!(asks(server.advance(15)), "by time");
    server.stream.sent(100, server.now);
    assert!(server.drain().is_empty(), "one question at a time");
    server.stream.acknowledged(100, server.now);
    assert!(asks(server.advance(15)), "for the rest");
    server.stream.acknowledged(0, server.now);
    assert_eq!(server.stream.next_timeout(), None);
    server.stream.sent(63, server.now);
    assert!(server.drain().is_empty());
    server.stream.sent(1, server.now);
    assert!(asks(server.drain()), "by count");
    assert!(server.advance(59).is_empty());
    let frames = server.advance(1);
    assert_eq!(stream_error(&frames).condition, StreamCondition::ConnectionTimeout);
    assert_eq!(server.events.last(), Some(&StreamEvent::Unresponsive));
    assert!(server.closed);
}

/// One version of the protocol is offered, after authentication only; switched off it is neither offered nor accepted.
#[test]
fn checklist_108_offered_after_authentication_and_only_if_switched_on() {
    let mut server = Server::new(managed_config());
    assert!(!server.say(OPEN).concat().contains("urn:xmpp:sm"));
    let (_, features) = authenticated(managed_config());
    assert!(features.contains("<sm xmlns=\"urn:xmpp:sm:3\"/>") && !features.contains("urn:xmpp:sm:2"));
    let (mut server, features) = authenticated(config());
    assert!(!features.contains("urn:xmpp:sm") && !features.contains("urn:xmpp:csi"));
    for early in [ENABLE, "<resume xmlns='urn:xmpp:sm:3' previd='abc' h='4'/>"] {
        assert!(server.say(early)[0].contains("<feature-not-implemented "));
    }
    server.say(&bind("desktop"));
    server.events.clear();
    assert!(server.say(ENABLE)[0].contains("<feature-not-implemented "));
    assert!(server.events.is_empty() && !server.stream.is_managed());
}

#[test]
fn a_client_says_whether_anybody_looks() {
    let (_, features) = authenticated(managed_config());
    assert!(features.contains("<csi xmlns=\"urn:xmpp:csi:0\"/>"));
    let mut server = bound();
    server.say("<inactive xmlns='urn:xmpp:csi:0'/>");
    server.say("<active xmlns='urn:xmpp:csi:0'/>");
    let states = [ClientState::Inactive, ClientState::Active].map(StreamEvent::ClientState);
    assert_eq!(server.events, states);
}

/// Our client, with frames of a server typed by hand.
struct Client {
    stream: ClientStream,
    events: Vec<ClientEvent>,
}

impl Client {
    fn new(management: ManagementChoice) -> Self {
        let config = ClientConfig { management, ..ClientConfig::new(DOMAIN, USER, PASSWORD) };
        let stream = ClientStream::new(config, [9; 32], std::time::Instant::now());
        let mut client = Self { stream, events: vec![] };
        client.drain();
        client
    }

    /// Logs in as far as the features after authentication; what the client says to those.
    fn authenticated(management: ManagementChoice, features: &str) -> (Self, Vec<String>) {
        let mut client = Self::new(management);
        client.hear("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1' version='1.0'/>");
        client.hear(
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
             <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>\
             </stream:features>",
        );
        client.hear("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        client.hear("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='2' version='1.0'/>");
        client.events.clear();
        let said = client.hear(&format!(
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
             <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>{features}</stream:features>"
        ));
        client.events.clear();
        (client, said)
    }

    fn hear(&mut self, text: &str) -> Vec<String> {
        self.stream.handle_message(text, std::time::Instant::now());
        self.drain()
    }

    fn drain(&mut self) -> Vec<String> {
        let mut frames = vec![];
        while let Some(output) = self.stream.poll_output() {
            match output {
                Output::Frame(frame) => frames.push(frame),
                Output::Event(event) => self.events.push(event),
                Output::Close => {}
            }
        }
        frames
    }

    fn bound(&mut self) -> Vec<String> {
        self.hear(
            "<iq xmlns='jabber:client' type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <jid>1001001@localhost/d</jid></bind></iq>",
        )
    }

    fn message(&mut self, id: &str) -> Vec<String> {
        self.stream.send(&Element::new("message", ns::CLIENT).with_attribute("id", id));
        self.drain()
    }
}

const OFFER: &str = "<sm xmlns='urn:xmpp:sm:3'/>";

/// A session with the messages a, b, c on their way, of which `a` is acknowledged, after two stanzas from the server.
fn suspended() -> Suspended {
    let (mut client, _) = Client::authenticated(ManagementChoice::Enable, OFFER);
    assert_eq!(client.bound(), ["<enable xmlns=\"urn:xmpp:sm:3\" resume=\"true\"/>"]);
    client.message("a");
    client.hear("<enabled xmlns='urn:xmpp:sm:3' resume='true' id='abc' max='300'/>");
    client.message("b");
    client.hear("<message xmlns='jabber:client'/>");
    client.hear("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    assert_eq!(client.hear(REQUEST), ["<a xmlns=\"urn:xmpp:sm:3\" h=\"1\"/>"]);
    client.hear("<iq xmlns='jabber:client' type='result' id='x'/>");
    client.message("c");
    assert_eq!(client.stream.outstanding(), 2);
    client.stream.suspend().expect("resumable")
}

#[test]
fn our_client_sends_again_what_was_not_handled() {
    let session = suspended();
    assert_eq!((session.id(), session.received(), session.jid().as_str()), ("abc", 2, "1001001@localhost/d"));
    let (mut client, said) = Client::authenticated(ManagementChoice::Resume(Box::new(session)), OFFER);
    assert_eq!(said, ["<resume xmlns=\"urn:xmpp:sm:3\" previd=\"abc\" h=\"2\"/>"]);
    let again = client.hear("<resumed xmlns='urn:xmpp:sm:3' previd='abc' h='2'/>");
    assert_eq!(again, ["<message xmlns=\"jabber:client\" id=\"c\"/>"]);
    let jid = FullJid::new("1001001@localhost/d").unwrap();
    assert_eq!(client.events, [ClientEvent::Resumed, ClientEvent::Bound(jid)]);
    client.hear("<message xmlns='jabber:client'/>");
    assert_eq!(client.hear(REQUEST), ["<a xmlns=\"urn:xmpp:sm:3\" h=\"3\"/>"]);
    assert_eq!(client.stream.outstanding(), 1);
    // And once more, from the new stream.
    let again = client.stream.suspend().expect("still resumable");
    assert_eq!(again.unacknowledged().collect::<Vec<_>>(), ["<message xmlns=\"jabber:client\" id=\"c\"/>"]);
}

#[test]
fn our_client_binds_anew_and_hands_back_what_was_not_handled() {
    for (h, unhandled) in [(" h='2'", vec!["c"]), ("", vec!["b", "c"])] {
        let (mut client, _) = Client::authenticated(ManagementChoice::Resume(Box::new(suspended())), OFFER);
        let said = client.hear(&format!(
            "<failed xmlns='urn:xmpp:sm:3'{h}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
        ));
        assert!(said[0].contains("<bind "), "{said:?}");
        let expected: Vec<String> =
            unhandled.iter().map(|id| format!("<message xmlns=\"jabber:client\" id=\"{id}\"/>")).collect();
        let [ClientEvent::ResumeFailed { unhandled, .. }] = &client.events[..] else {
            panic!("{:?}", client.events)
        };
        assert_eq!(*unhandled, expected);
        assert_eq!(client.bound(), ["<enable xmlns=\"urn:xmpp:sm:3\" resume=\"true\"/>"]);
    }
}

#[test]
fn our_client_does_without() {
    let (mut client, _) = Client::authenticated(ManagementChoice::Enable, "");
    assert!(client.bound().is_empty(), "not offered");
    assert_eq!(client.stream.suspend(), None);
    let (mut client, _) = Client::authenticated(ManagementChoice::Enable, OFFER);
    client.bound();
    let refusal = Nonza::Failed { h: None, condition: Condition::InternalServerError };
    client.hear(&refusal.to_element().to_xml());
    assert!(client.stream.is_bound());
    assert_eq!(client.stream.suspend(), None);
    // A session that is left in good order can't be resumed.
    let (mut client, _) = Client::authenticated(ManagementChoice::Enable, OFFER);
    client.bound();
    client.hear("<enabled xmlns='urn:xmpp:sm:3' resume='true' id='abc'/>");
    client.stream.close(std::time::Instant::now() + Duration::ZERO);
    assert_eq!(client.stream.suspend(), None);
}

#[test]
fn our_client_does_not_believe_counts_that_are_too_high() {
    let (mut client, _) = Client::authenticated(ManagementChoice::Enable, OFFER);
    client.bound();
    client.hear("<enabled xmlns='urn:xmpp:sm:3' resume='true' id='abc'/>");
    client.message("a");
    let said = client.hear("<a xmlns='urn:xmpp:sm:3' h='2'/>");
    assert_eq!(stream_error(&said).handled_count_too_high, Some(HandledCountTooHigh { h: 2, sent: 1 }));
}

/// A client that is tired of waiting for `<resumed/>` must not close what may go on at the other end (§5).
#[test]
fn our_client_leaves_without_a_word_while_it_resumes() {
    let (mut client, _) = Client::authenticated(ManagementChoice::Resume(Box::new(suspended())), OFFER);
    let deadline = client.stream.next_timeout().expect("it does not wait for ever");
    client.stream.handle_timeout(deadline);
    assert!(client.drain().is_empty(), "nothing is said");
    assert!(matches!(client.events[..], [ClientEvent::Failed(_)]), "{:?}", client.events);
}
