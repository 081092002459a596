//! Which request is answered when.

use xmpp::bosh::{BoshCondition, BoshConfig, BoshEnd};

use crate::driver::*;

/// Requests that overtake one another are processed in the order of their numbers (XEP-0124 §14.2).
#[test]
fn checklist_111_requests_are_processed_in_order() {
    let mut client = client();
    let second = client.say(2, "b");
    assert_eq!(client.delivered_ids(), <[&str; 0]>::default());
    client.expect_nothing();
    let first = client.say(1, "a");
    assert_eq!(client.delivered_ids(), ["a", "b"]);
    client.expect(first, &[]);
    client.expect_nothing();
    client.push("x");
    client.expect(second, &["x"]);
}

/// A request beyond the window ends the session (XEP-0124 §14.2).
#[test]
fn checklist_111_a_rid_beyond_the_window_is_item_not_found() {
    // `requests` is 2: the next two numbers are inside.
    for (n, inside) in [(1, true), (2, true), (3, false), (100, false)] {
        let mut client = client();
        let request = client.say(n, "a");
        if inside {
            client.expect_nothing();
        } else {
            client.expect_end(request, Some("item-not-found"));
            assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::ItemNotFound)));
            assert_eq!(client.delivered, <[String; 0]>::default());
        }
    }
}

/// One more request is allowed if it pauses or ends the session (XEP-0124 §11).
#[test]
fn checklist_111_the_window_has_room_for_one_more_that_ends_the_session() {
    let mut client = client();
    let held = client.say(1, "a");
    let last = client.send(4, "type='terminate'", "");
    client.expect_nothing();
    let second = client.say(2, "b");
    client.expect(held, &[]);
    let third = client.say(3, "c");
    client.expect_end(second, None);
    client.expect(third, &[]);
    client.expect(last, &[]);
    assert_eq!(client.delivered_ids(), ["a", "b", "c"]);
    assert_eq!(client.ended, Some(BoshEnd::Terminated));
}

/// A repeated request gets the answer it had, and has no other effect (XEP-0124 §14.3).
#[test]
fn checklist_112_a_repeated_request_gets_the_same_answer() {
    let mut client = client();
    let request = client.say(1, "a");
    client.push("x");
    let first = client.response(request);
    let again = client.say(1, "a");
    assert_eq!(client.response(again), first);
    let again = client.say(1, "something else");
    assert_eq!(client.response(again), first);
    assert_eq!(client.delivered_ids(), ["a"]);
    // Also the first of all.
    let again = client.send(0, "", "");
    assert_eq!(client.answer(again).attribute("requests"), Some("2"));
}

/// An answer that is not kept any more cannot be repeated (XEP-0124 §14.3).
#[test]
fn checklist_112_an_answer_that_is_forgotten_is_item_not_found() {
    let mut client = client();
    for n in 1..=5 {
        let request = client.say(n, "a");
        client.push("x");
        client.expect(request, &["x"]);
    }
    // As many as may be under way are kept, and one more.
    for n in [5, 4, 3] {
        let again = client.poll(n);
        client.expect(again, &["x"]);
    }
    let again = client.poll(2);
    client.expect_end(again, Some("item-not-found"));
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::ItemNotFound)));
}

/// A request that waits and is repeated is answered with an error that is none; the repeated one waits instead
/// (XEP-0124 §14.3, §17.3).
#[test]
fn checklist_112_a_repeated_request_takes_the_place_of_the_one_that_waits() {
    let mut client = client();
    let old = client.say(1, "a");
    let new = client.say(1, "a");
    let error = client.answer(old);
    assert_eq!((error.attribute("type"), error.attribute("condition")), (Some("error"), None));
    client.expect_nothing();
    client.push("x");
    client.expect(new, &["x"]);
    assert_eq!(client.delivered_ids(), ["a"]);
    // The same before its turn.
    let old = client.say(3, "c");
    let new = client.say(3, "c");
    assert_eq!(client.answer(old).attribute("type"), Some("error"));
    let second = client.say(2, "b");
    client.expect(second, &[]);
    client.push("y");
    client.expect(new, &["y"]);
    assert_eq!(client.delivered_ids(), ["a", "b", "c"]);
}

/// Answers go out in the order of the requests, and no more than `hold` wait (XEP-0124 §8).
#[test]
fn checklist_113_answers_are_in_order_and_at_most_hold_requests_wait() {
    let mut client = client_with(BoshConfig { hold_max: 2, ..config() }, "wait='60' hold='2' ver='1.11'");
    let first = client.say(1, "a");
    let second = client.say(2, "b");
    client.expect_nothing();
    let third = client.say(3, "c");
    client.expect(first, &[]);
    client.push("x");
    client.expect(second, &["x"]);
    client.push("y");
    client.expect(third, &["y"]);
}

/// When the time is over, the answer is an empty body (XEP-0124 §8).
#[test]
fn checklist_113_a_request_waits_no_longer_than_agreed() {
    let mut client = client_with(config(), "wait='20' hold='1' ver='1.11'");
    let request = client.poll(1);
    client.advance_ms(19_999);
    client.expect_nothing();
    client.advance_ms(1);
    client.expect(request, &[]);
    assert_eq!(client.ended, None);
}

/// What comes while nobody waits is sent with the next answer.
#[test]
fn checklist_113_what_nobody_waited_for_comes_with_the_next_answer() {
    let mut client = client();
    assert!(!client.session.is_waiting());
    client.push("x");
    client.push("y");
    client.expect_nothing();
    let request = client.poll(1);
    client.expect(request, &["x", "y"]);
}

/// A missing request is asked for by giving back those that overtook it (XEP-0124 §17.3).
#[test]
fn a_request_whose_turn_never_comes_is_given_back() {
    let mut client = client();
    let request = client.say(2, "b");
    client.advance(60);
    assert_eq!(client.answer(request).attribute("type"), Some("error"));
    // Both come again: neither is new, so that they come at once is no offence.
    client.poll(1);
    client.poll(2);
    assert_eq!((client.delivered_ids(), client.ended), (vec![], None));
}

/// What a lost connection would have carried goes to the next one.
#[test]
fn a_lost_connection_takes_nothing_with_it() {
    let mut client = client();
    let lost = client.say(1, "a");
    client.session.handle_lost(lost, client.now);
    assert!(!client.session.is_waiting());
    client.push("x");
    client.expect_nothing();
    let again = client.say(1, "a");
    client.expect(again, &["x"]);

    let lost = client.poll(2);
    client.session.handle_lost(lost, client.now);
    client.push("y");
    let next = client.say(3, "c");
    // The lost one has its answer, an empty one, and what waited went to the one who hears it.
    client.expect(next, &["y"]);
    let again = client.poll(2);
    client.expect(again, &[]);
    assert_eq!(client.delivered_ids(), ["a", "c"]);
}

/// An answer has a size; what is over goes into the next one.
#[test]
fn an_answer_has_at_least_one_payload_and_no_more_than_its_size() {
    let size = stanza("x").len();
    let mut client = client_with(BoshConfig { answer_bytes_max: 2 * size, ..config() }, USUAL);
    for id in ["1", "2", "3"] {
        client.session.push(stanza(id));
    }
    client.session.push(stanza(&"x".repeat(5 * size)));
    client.session.push(stanza("5"));
    for (n, count) in [(1, 2), (2, 1), (3, 1), (4, 1)] {
        let request = client.poll(n);
        assert_eq!(client.answer(request).elements().count(), count);
    }
    client.poll(5);
    client.expect_nothing();
}

/// A client with acknowledgements learns that a later request has come, and which answer it seems to miss (XEP-0124 §9).
#[test]
fn acknowledgements_tell_what_came_and_what_may_be_lost() {
    let mut client = client_with(config(), "wait='60' hold='1' ver='1.11' ack='1'");
    let first = client.say(1, "a");
    let second = client.say(2, "b");
    assert_eq!(client.answer(first).attribute("ack"), Some((RID + 2).to_string().as_str()));
    client.push("x");
    // It would be the number of the request itself: not told.
    client.expect(second, &["x"]);
    client.advance_ms(2_500);
    let third = client.send(3, &format!("ack='{}'", RID + 1), "");
    let report = client.answer(third);
    assert_eq!(report.attribute("report"), Some((RID + 2).to_string().as_str()));
    assert_eq!(report.attribute("time"), Some("2500"));
    // One that may still be under way is not worth a report.
    let fourth = client.send(4, &format!("ack='{}'", RID + 2), "");
    client.expect_nothing();
    client.push("y");
    client.expect(fourth, &["y"]);
}
