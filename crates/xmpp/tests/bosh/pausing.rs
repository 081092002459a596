//! Being away for a while.

use xmpp::bosh::{BoshCondition, BoshEnd};

use crate::driver::*;

/// A pause answers everything that waits, itself without payloads, and lasts as long as asked (XEP-0124 §10).
#[test]
fn checklist_118_a_pause_answers_what_waits_and_prolongs_inactivity() {
    for seconds in [10, 120] {
        let mut client = client();
        let held = client.poll(1);
        let pause = client.send(2, &format!("pause='{seconds}'"), "");
        client.expect(held, &[]);
        client.expect(pause, &[]);
        client.push("x");
        client.expect_nothing();
        client.advance_ms(1000 * seconds - 1);
        assert_eq!(client.ended, None);
        let next = client.poll(3);
        client.expect(next, &["x"]);
        // And then it is as usual.
        client.advance_ms(29_999);
        assert_eq!(client.ended, None);
        client.advance_ms(1);
        assert_eq!(client.ended, Some(BoshEnd::Inactive));
    }
}

/// What waits to be sent goes to the requests before the pause, not to the pause.
#[test]
fn checklist_118_the_answer_to_a_pause_is_empty() {
    let mut client = client();
    client.session.push(stanza("x"));
    let pause = client.send(1, "pause='60'", "");
    client.expect(pause, &[]);
    // Asked for again, it is the same and the pause goes on.
    client.advance(50);
    let again = client.send(1, "pause='60'", "");
    client.expect(again, &[]);
    client.advance_ms(59_999);
    assert_eq!(client.ended, None);
    let next = client.poll(2);
    client.expect(next, &["x"]);
}

/// A pause that nobody comes back from ends with the session.
#[test]
fn checklist_118_a_pause_ends() {
    let mut client = client();
    client.send(1, "pause='120'", "");
    client.advance_ms(119_999);
    assert_eq!(client.ended, None);
    client.advance_ms(1);
    assert_eq!(client.ended, Some(BoshEnd::Inactive));
}

/// A longer pause than allowed is an error that the client is told (XEP-0124 §10; the condition is our decision).
#[test]
fn checklist_118_a_longer_pause_than_allowed_is_an_error() {
    let mut client = client();
    let held = client.poll(1);
    let pause = client.send(2, "pause='121'", "");
    client.expect_end(held, Some("other-request"));
    client.expect_end(pause, Some("policy-violation"));
    assert_eq!(client.ended, Some(BoshEnd::Broken(BoshCondition::PolicyViolation)));
}
