//! The end of a session, from either side.

use xmpp::bosh::{BoshCondition, BoshEnd};
use xmpp::ns;

use crate::driver::*;

const ERROR: &str = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
    <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";

/// The client's last payloads count; the oldest request hears of the end, the others get empty bodies (XEP-0124 §13).
#[test]
fn checklist_117_terminate_is_processed_and_told_to_the_oldest_request() {
    let mut client = client();
    let held = client.poll(1);
    let last =
        client.send(2, "type='terminate'", "<presence xmlns='jabber:client' id='gone' type='unavailable'/>");
    assert_eq!(client.delivered_ids(), ["gone"]);
    client.expect_end(held, None);
    client.expect(last, &[]);
    assert_eq!(client.ended, Some(BoshEnd::Terminated));
}

/// Alone, the request that ends the session is the oldest.
#[test]
fn checklist_117_terminate_alone_is_answered_itself() {
    let mut client = client();
    client.session.push(stanza("x"));
    let last = client.send(1, "type='terminate'", "");
    assert_eq!(stanzas(&client.expect_end(last, None)), ["x"]);
    assert_eq!(client.ended, Some(BoshEnd::Terminated));
    let late = client.poll(2);
    client.expect_end(late, Some("item-not-found"));
}

/// Before its turn, the end waits for what the client said before it.
#[test]
fn checklist_117_terminate_waits_for_its_turn() {
    let mut client = client();
    let last = client.send(2, "type='terminate'", &stanza("b"));
    assert_eq!(client.ended, None);
    let first = client.say(1, "a");
    assert_eq!(client.delivered_ids(), ["a", "b"]);
    client.expect_end(first, None);
    client.expect(last, &[]);
}

/// A stream error travels in the body, after what was still to be sent, with the prefix declared on the body (XEP-0206 §6).
#[test]
fn checklist_119_a_stream_error_is_a_remote_stream_error() {
    let mut client = client();
    let held = client.poll(1);
    client.session.push(stanza("x"));
    client.session.push(ERROR.to_owned());
    client.close(Some(BoshCondition::RemoteStreamError));
    let response = client.response(held);
    let text = std::str::from_utf8(&response.body).unwrap();
    let head = text.split('>').next().unwrap();
    assert!(head.contains(" xmlns:stream=\"http://etherx.jabber.org/streams\""), "{text}");
    assert!(head.contains(" type=\"terminate\" condition=\"remote-stream-error\""), "{text}");
    let body = body(&response);
    let names: Vec<_> = body.elements().map(|e| (e.name().to_owned(), e.ns().to_owned())).collect();
    let name = |name: &str, ns: &str| (name.to_owned(), ns.to_owned());
    assert_eq!(names, [name("message", ns::CLIENT), name("error", ns::STREAMS)]);
    assert_eq!(client.ended, Some(BoshEnd::Closed));
}

/// Without a request that waits, the next one hears of it.
#[test]
fn checklist_119_the_next_request_hears_of_the_end() {
    let mut client = client();
    client.session.push(ERROR.to_owned());
    client.close(Some(BoshCondition::RemoteStreamError));
    assert_eq!(client.ended, None);
    // What was answered before can still be had again.
    let again = client.poll(0);
    assert!(client.answer(again).attribute("sid").is_some());
    let next = client.say(1, "too late");
    let body = client.expect_end(next, Some("remote-stream-error"));
    assert!(body.child("error", ns::STREAMS).is_some());
    assert_eq!((client.ended, client.delivered_ids()), (Some(BoshEnd::Closed), vec![]));
}

/// A client that does not come to hear it is forgotten.
#[test]
fn the_end_is_not_kept_for_ever() {
    let mut client = client();
    client.close(None);
    client.advance_ms(29_999);
    assert_eq!(client.ended, None);
    client.advance_ms(1);
    assert_eq!(client.ended, Some(BoshEnd::Closed));
}

/// A request that is not one ends its session.
#[test]
fn checklist_109_a_bad_request_ends_its_session() {
    let mut client = client();
    let held = client.poll(1);
    let bad = client.session.handle_unacceptable(BoshCondition::BadRequest, client.now);
    client.drain();
    client.expect_end(held, Some("other-request"));
    client.expect_end(bad, Some("bad-request"));
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::BadRequest)));
}
