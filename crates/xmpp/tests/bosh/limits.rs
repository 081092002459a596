//! Too often, too many, too much.

use xmpp::bosh::{BoshCondition, BoshConfig, BoshEnd};

use crate::driver::*;

/// Two empty requests that wait together must be `polling` apart (XEP-0124 §11).
#[test]
fn checklist_116_empty_requests_come_no_closer_than_polling() {
    for (ms, allowed) in [(0, false), (4_999, false), (5_000, true)] {
        let mut client = client();
        let first = client.poll(1);
        client.advance_ms(ms);
        let second = client.poll(2);
        if allowed {
            client.expect(first, &[]);
            client.expect_nothing();
        } else {
            client.expect_end(first, Some("other-request"));
            client.expect_end(second, Some("policy-violation"));
            assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::PolicyViolation)));
        }
    }
}

/// Requests that carry something, restart, pause or end are not polls.
#[test]
fn checklist_116_requests_with_content_may_come_at_any_time() {
    let mut client = client();
    for n in 1..40 {
        client.say(n, "a");
    }
    client.send(40, "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'", "");
    client.send(41, "pause='10'", "");
    client.send(42, "type='terminate'", "");
    assert_eq!(client.ended, Some(BoshEnd::Terminated));
}

/// An answered request is no longer under way, so the next empty one may follow at once.
#[test]
fn checklist_116_after_each_answer_the_next_poll_may_follow() {
    let mut client = client();
    for n in 1..40 {
        let request = client.poll(n);
        client.push("x");
        client.expect(request, &["x"]);
    }
    assert_eq!(client.ended, None);
}

/// Repeated requests are not new ones and do not count (XEP-0124 §11).
#[test]
fn checklist_116_repeated_requests_do_not_count() {
    let mut client = client();
    for _ in 0..10 {
        client.poll(1);
    }
    let request = client.poll(1);
    for _ in 0..10 {
        assert_eq!(client.answers.remove(0).1.status, 200);
    }
    client.push("x");
    client.expect(request, &["x"]);
    for _ in 0..10 {
        client.poll(1);
    }
    assert_eq!(client.ended, None);
}

/// That one request is repeated again and again has its own limit (XEP-0124 §14.3).
#[test]
fn checklist_116_one_request_is_not_repeated_for_ever() {
    let mut client = client_with(BoshConfig { repeats_max: 3, ..config() }, USUAL);
    client.poll(1);
    for _ in 0..3 {
        client.poll(1);
    }
    assert_eq!(client.ended, None);
    client.poll(1);
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::PolicyViolation)));
}

/// No more than `requests` may be under way at once (XEP-0124 §11).
#[test]
fn checklist_116_too_many_at_once() {
    let with_three = || client_with(BoshConfig { hold_max: 2, ..config() }, "wait='60' hold='2' ver='1.11'");
    let mut client = with_three();
    client.say(1, "a");
    client.say(2, "b");
    client.say(4, "d");
    assert_eq!(client.ended, None);
    // The fourth, while none of three is answered.
    let fourth = client.say(5, "e");
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::PolicyViolation)));
    let (answered, response) = client.answers.pop().unwrap();
    assert_eq!((answered, body(&response).attribute("condition")), (fourth, Some("policy-violation")));
    assert!(
        client
            .answers
            .iter()
            .all(|(_, response)| body(response).attribute("condition") == Some("other-request"))
    );

    let mut client = with_three();
    client.say(1, "a");
    client.say(2, "b");
    client.say(4, "d");
    client.send(5, "type='terminate'", "");
    assert_eq!(client.ended, None);
    client.say(3, "c");
    assert_eq!(client.ended, Some(BoshEnd::Terminated));
}

/// Clients that poll: an empty request soon after one that brought nothing (XEP-0124 §12).
#[test]
fn checklist_116_sessions_that_poll_have_the_same_interval() {
    for (ms, allowed) in [(4_999, false), (5_000, true)] {
        let mut client = client_with(config(), "wait='60' hold='0' ver='1.11'");
        let first = client.poll(1);
        client.expect(first, &[]);
        client.advance_ms(ms);
        let second = client.poll(2);
        if allowed {
            client.expect(second, &[]);
        } else {
            client.expect_end(second, Some("policy-violation"));
        }
        assert_eq!(client.ended.is_none(), allowed);
    }
}

/// Where the last answer brought something, there may be more.
#[test]
fn checklist_116_after_an_answer_with_payloads_a_poll_may_follow_at_once() {
    let mut client = client_with(config(), "wait='0' hold='1' ver='1.11'");
    for n in 1..20 {
        client.push("x");
        let request = client.poll(n);
        client.expect(request, &["x"]);
    }
    let request = client.poll(20);
    client.expect(request, &[]);
    let request = client.say(21, "a");
    client.expect(request, &[]);
    let request = client.poll(22);
    client.expect(request, &[]);
    assert_eq!(client.ended, None);
    client.poll(23);
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::PolicyViolation)));
}

/// A connection that is gone is not under way.
#[test]
fn checklist_116_lost_requests_do_not_count() {
    let mut client = client();
    for n in 1..20 {
        let request = client.poll(n);
        client.session.handle_lost(request, client.now);
    }
    assert_eq!(client.ended, None);
}

/// Clients without `ver` get the HTTP status that stands for the condition (XEP-0124 §17.1).
#[test]
fn checklist_114_legacy_clients_get_http_errors() {
    let mut client = client_with(config(), "wait='60' hold='1'");
    client.poll(1);
    client.poll(2);
    let codes: Vec<u16> = client.answers.iter().map(|(_, response)| response.status).collect();
    assert_eq!(codes, [200, 403]);

    let mut client = client_with(config(), "wait='60' hold='1'");
    let request = client.say(9, "a");
    assert_eq!(client.response(request).status, 404);

    let mut client = client_with(config(), "wait='60' hold='1'");
    let request = client.session.handle_unacceptable(BoshCondition::BadRequest, client.now);
    client.drain();
    let response = client.response(request);
    assert_eq!((response.status, response.body.len()), (400, 0));
}

/// A request without the next key of the client's sequence is not the client's, and ends the session (XEP-0124 §15.4).
#[test]
fn checklist_121_keys_are_optional_and_checked_if_they_are_used() {
    // SHA-1 of "abc" (RFC 3174 §7.3).
    let with_keys = "wait='60' hold='1' ver='1.11' newkey='A9993E364706816ABA3E25717850C26C9CD0D89D'";
    let mut client = client_with(config(), with_keys);
    let held = client.send(1, "key='abc'", &stanza("a"));
    assert_eq!((client.delivered_ids(), client.ended), (vec!["a".to_owned()], None));
    let injected = client.send(2, "key='abc'", &stanza("b"));
    client.expect_end(held, Some("other-request"));
    client.expect_end(injected, Some("item-not-found"));
    assert_eq!(client.delivered_ids(), ["a"]);
}

/// A session keeps a bounded number of bytes, whatever it is (decision; the limits are settings).
#[test]
fn checklist_121_what_a_session_keeps_is_bounded() {
    let bounded = || {
        client_with(
            BoshConfig {
                pending_bytes_max: 1_000,
                early_bytes_max: 1_000,
                replay_bytes_max: 1_000,
                ..config()
            },
            USUAL,
        )
    };
    // What waits to be sent.
    let mut client = bounded();
    client.session.push("<a/>".repeat(250));
    assert!(client.session.bytes() >= 1_000);
    client.session.push("<a/>".to_owned());
    client.flush();
    let request = client.poll(1);
    client.expect_end(request, Some("policy-violation"));

    // Requests before their turn.
    let mut client = bounded();
    client.send(2, "", &stanza(&"x".repeat(700)));
    assert_eq!(client.ended, None);
    let mut client = bounded();
    client.send(2, "", &stanza(&"x".repeat(1_000)));
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::PolicyViolation)));

    // Answers that may be asked for again: the oldest are forgotten first, the last never.
    let mut client = bounded();
    for n in 1..=3 {
        client.push(&"x".repeat(800));
        client.poll(n);
        assert!(client.session.bytes() < 1_000);
    }
    client.answers.clear();
    let again = client.poll(3);
    assert_eq!(client.answer(again).elements().count(), 1);
    let again = client.poll(2);
    client.expect_end(again, Some("item-not-found"));
    assert_eq!(client.session.bytes(), 0);
}

/// A client that is gone is forgotten after `inactivity` (XEP-0124 §10).
#[test]
fn checklist_121_a_session_ends_after_inactivity() {
    let mut client = client();
    client.advance_ms(29_999);
    assert_eq!(client.ended, None);
    let request = client.poll(1);
    // While a request waits nobody is inactive; the time begins with the answer.
    client.advance(60);
    client.expect(request, &[]);
    client.advance_ms(29_999);
    assert_eq!(client.ended, None);
    client.advance_ms(1);
    assert_eq!(client.ended, Some(BoshEnd::Inactive));
    assert_eq!(client.session.next_timeout(), None);
    let late = client.poll(2);
    client.expect_end(late, Some("item-not-found"));
}

/// A client whose connection is lost is gone from then on.
#[test]
fn checklist_121_a_lost_connection_begins_inactivity() {
    let mut client = client();
    let request = client.poll(1);
    client.advance(10);
    client.session.handle_lost(request, client.now);
    client.advance_ms(29_999);
    assert_eq!(client.ended, None);
    client.advance_ms(1);
    assert_eq!(client.ended, Some(BoshEnd::Inactive));
}
