//! How we learn what a client wishes to hear of (XEP-0115 §5.4): who is asked, who is believed, and what is forgotten.

use notifier::SessionId;

use crate::pep::{ask, publish};
use crate::pep_notify::{Client, heard, questions};
use crate::world::World;

/// Whether a session hears its own account's node `n`.
#[track_caller]
fn hears(world: &mut World, session: SessionId) -> bool {
    world.take(session);
    let answer = ask(world, session, "set", "", &publish("n", "1"));
    assert!(answer.starts_with("result"), "{answer}");
    // `ask` has taken the answer and what came with it; what comes with the next one is looked at.
    world.request(
        session,
        "set",
        "",
        &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("n", "2")),
    );
    !heard(world, session).is_empty()
}

/// Sends presence; the questions that come back.
fn asked(world: &mut World, session: SessionId, client: &Client) -> usize {
    world.send(session, &client.presence());
    questions(&world.take(session)).len()
}

/// §5.4: the server asks the full JID for what the hash stands for, and nobody else with the same hash after that.
#[test]
fn each_hash_is_asked_for_once() {
    let mut world = World::new();
    let client = Client::new(&["n+notify"]);
    let first = world.bind("1001001/a");
    world.send(first, &client.presence());
    let got = world.take(first);
    let question = questions(&got)[0].clone();
    assert_eq!(question.attribute("type"), Some("get"));
    assert_eq!(question.attribute("from"), Some("localhost"));
    assert_eq!(question.attribute("to"), Some("1001001@localhost/a"));
    let node = format!("urn:test#{}", client.ver);
    assert_eq!(question.first_element().unwrap().attribute("node"), Some(node.as_str()));
    assert!(!hears(&mut world, first), "it has not answered");
    // Presence again, with the same: the question stands.
    assert_eq!(asked(&mut world, first, &client), 0);
    client.answers(&mut world, first, &question);
    assert!(hears(&mut world, first));
    let second = world.bind("1001002/b");
    assert_eq!(asked(&mut world, second, &client), 0);
    assert!(hears(&mut world, second));
    // A restart forgets it.
    let mut world = world.restarted();
    let third = world.bind("1001003/c");
    assert_eq!(asked(&mut world, third, &client), 1);
}

/// Those who were asked before the first answer came need not answer any more.
#[test]
fn one_answer_serves_all_who_were_asked() {
    let mut world = World::new();
    let client = Client::new(&["n+notify"]);
    let (first, second) = (world.bind("1001001/a"), world.bind("1001002/b"));
    for session in [first, second] {
        world.send(session, &client.presence());
    }
    let late = questions(&world.take(second))[0].clone();
    let question = questions(&world.take(first))[0].clone();
    client.answers(&mut world, first, &question);
    assert!(hears(&mut world, second));
    // What comes too late changes nothing.
    Client::new(&["other+notify"]).answers(&mut world, second, &late);
    assert!(hears(&mut world, second));
}

/// §5.4 step 3, §9.2: an answer that the hash does not stand for is believed of nobody, and another client with the same
/// hash is asked.
#[test]
fn a_lie_is_believed_of_nobody() {
    let mut world = World::new();
    let (honest, liar) = (Client::new(&["n+notify"]), Client::new(&["other+notify"]));
    let (first, second) = (world.bind("1001001/a"), world.bind("1001002/b"));
    world.send(first, &honest.presence());
    let question = questions(&world.take(first))[0].clone();
    // Somebody else's answer is nobody's.
    honest.answers(&mut world, second, &question);
    assert!(!hears(&mut world, second) && !hears(&mut world, first));
    liar.answers(&mut world, first, &question);
    assert!(!hears(&mut world, first));
    assert_eq!(asked(&mut world, second, &honest), 1);
    world.send(second, "<presence xmlns='jabber:client' type='unavailable'/>");
    honest.comes(&mut world, second);
    assert!(hears(&mut world, second));
    // The liar's hash is known now, and so is what stands behind it.
    assert_eq!(asked(&mut world, first, &honest), 0);
    assert!(hears(&mut world, first));
}

#[test]
fn errors_and_other_answers_are_no_wishes() {
    let mut world = World::new();
    let client = Client::new(&["n+notify"]);
    let session = world.bind("1001001/a");
    for answer in [
        "<iq xmlns='jabber:client' type='error' id='ID' to='localhost'><error type='cancel'>\
         <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        "<iq xmlns='jabber:client' type='result' id='ID' to='localhost'/>",
        "<iq xmlns='jabber:client' type='result' id='ID' to='localhost'>\
         <query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    ] {
        world.send(session, &client.presence());
        let question = questions(&world.take(session))[0].clone();
        world.send(session, &answer.replace("ID", question.attribute("id").unwrap()));
        assert!(!hears(&mut world, session), "{answer}");
        // The next presence asks again.
        client.answers(&mut world, session, &question);
        assert!(!hears(&mut world, session), "the question is over");
    }
}

/// §5.4 step 1: without a hash there is nothing to verify. Step 2: with a hash function that we don't know, the answer
/// counts for that client alone.
#[test]
fn other_hashes_count_for_the_client_that_shows_them() {
    let mut world = World::new();
    let (first, second) = (world.bind("1001001/a"), world.bind("1001002/b"));
    let mut client = Client::new(&["n+notify"]);
    let old = client.presence().replace("hash='sha-1'", "");
    world.send(first, &old);
    assert!(questions(&world.take(first)).is_empty());
    client.hash = "sha-512";
    client.comes(&mut world, first);
    assert!(hears(&mut world, first));
    assert_eq!(asked(&mut world, first, &client), 0, "it need not say it twice");
    assert_eq!(asked(&mut world, second, &client), 1);
    assert!(!hears(&mut world, second));
    // Of two hashes the one is asked for that can be verified.
    let both = Client::new(&["n+notify", "both"]);
    let presence = client.presence().replace("</presence>", &format!("{}</presence>", both.caps()));
    world.send(first, &presence);
    let question = questions(&world.take(first))[0].clone();
    both.answers(&mut world, first, &question);
    assert_eq!(asked(&mut world, second, &both), 0);
    assert!(hears(&mut world, first) && hears(&mut world, second));
}

/// Presence that says something else counts as soon as that is known.
#[test]
fn a_client_may_change_its_wishes() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    let (some, none) = (Client::new(&["n+notify"]), Client::new(&["muc"]));
    some.comes(&mut world, session);
    assert!(hears(&mut world, session));
    none.comes(&mut world, session);
    assert!(!hears(&mut world, session));
    assert_eq!(asked(&mut world, session, &some), 0);
    assert!(hears(&mut world, session));
    // Until it is known what a new hash stands for, the old wishes hold; if it stands for nothing, none do.
    let third = Client::new(&["muc", "x"]);
    world.send(session, &third.presence());
    let question = questions(&world.take(session))[0].clone();
    assert!(hears(&mut world, session));
    third.answers(&mut world, session, &question);
    assert!(!hears(&mut world, session));
    some.comes(&mut world, session);
    assert!(hears(&mut world, session));
    let fourth = Client::new(&["muc", "y"]);
    world.send(session, &fourth.presence());
    let question = questions(&world.take(session))[0].clone();
    some.answers(&mut world, session, &question);
    assert!(!hears(&mut world, session), "a lie");
}

/// What one client may make us remember is bounded, and so is what all of them may.
#[test]
fn wishes_and_hashes_are_bounded() {
    let mut world = World::with(|config| {
        config.limits.capabilities_max = 1;
        config.limits.wishes_bytes_max = 64;
    });
    let session = world.bind("1001001/a");
    let long = format!("{}+notify", "a".repeat(64));
    Client::new(&[&long, "n+notify"]).comes(&mut world, session);
    assert!(!hears(&mut world, session), "the first name takes all the room");
    let (one, other) = (Client::new(&["n+notify"]), Client::new(&["n+notify", "x"]));
    one.comes(&mut world, session);
    assert!(hears(&mut world, session));
    let second = world.bind("1001002/b");
    other.comes(&mut world, second);
    assert!(hears(&mut world, session) && hears(&mut world, second), "who is here keeps it");
    let third = world.bind("1001003/c");
    assert_eq!(asked(&mut world, third, &one), 1, "forgotten");
}

/// A session that is resumed in another process wishes what it wished.
#[test]
fn wishes_outlive_a_planned_stop() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    world.notifier.make_resumable(session, "s", None).expect("it can be resumed");
    Client::new(&["n+notify"]).comes(&mut world, session);
    assert!(world.notifier.detached(session, world.now));
    let suspended = world.notifier.suspend(session).expect("a session that waits");
    assert_eq!(suspended.wishes, ["n"]);
    let text = serde_json::to_string(&suspended).unwrap();
    let suspended: notifier::SuspendedSession = serde_json::from_str(&text).unwrap();
    let mut next = world.restarted();
    let other = next.bind("1001002/b");
    let resumed = SessionId { index: 77, generation: 1 };
    assert!(next.notifier.unsuspend(resumed, &suspended, next.now));
    assert_eq!(next.notifier.suspend(resumed).unwrap().wishes, ["n"]);
    assert!(!hears(&mut next, other));
    // The end of a session ends its wishes.
    next.end(resumed);
    assert!(next.notifier.suspend(resumed).is_none());
}
