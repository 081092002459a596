//! Messages and requests from one user to another.

use crate::world::{World, show_answer};

fn message(to: &str, kind: &str) -> String {
    format!("<message xmlns='jabber:client' to='{to}' type='{kind}' id='q1'><body>hi</body></message>")
}

/// RFC 6121 §8.5.2.1.1: to a bare JID means to sessions that have sent presence with a priority of 0 or more.
#[test]
fn checklist_056_a_message_to_a_bare_jid_reaches_sessions_that_want_it() {
    let mut world = World::new();
    let from = world.bind("1001001/a");
    let (zero, negative) = (world.connect("1001002/zero"), world.bind("1001002/negative"));
    world.send(negative, "<presence xmlns='jabber:client'><priority>-1</priority></presence>");
    let silent = world.bind("1001002/silent");
    world.take(zero);
    world.take(negative);
    for kind in ["chat", "normal", "headline"] {
        world.send(from, &message("1001002@localhost", kind));
        let got = world.take(zero);
        assert_eq!(got.len(), 1, "{kind}");
        assert_eq!(got[0].attribute("from"), Some("1001001@localhost/a"));
        assert_eq!(got[0].attribute("to"), Some("1001002@localhost"));
        assert!(world.take(negative).is_empty() && world.take(silent).is_empty());
    }
    assert!(world.take(from).is_empty());
    // With nobody else there, there is nobody to take it; nothing is stored.
    world.end(zero);
    world.take(negative);
    for kind in ["chat", "normal"] {
        world.send(from, &message("1001002@localhost", kind));
        assert_eq!(show_answer(&world.take(from)[0]), "error cancel service-unavailable", "{kind}");
    }
    world.send(from, &message("1001002@localhost", "headline"));
    assert!(world.take(from).is_empty() && world.take(negative).is_empty() && world.take(silent).is_empty());
}

/// RFC 6121 §8.5.2.1.1: a group chat to a bare JID is refused even when somebody is there; an error is dropped.
#[test]
fn groupchat_to_a_user_is_refused_and_an_error_is_dropped() {
    let mut world = World::new();
    let (from, there) = (world.bind("1001001/a"), world.connect("1001002/there"));
    world.send(from, &message("1001002@localhost", "groupchat"));
    assert_eq!(show_answer(&world.take(from)[0]), "error cancel service-unavailable");
    world.send(from, &message("1001002@localhost", "error"));
    assert!(world.take(from).is_empty() && world.take(there).is_empty());
    // A type that nobody knows is an ordinary message (§5.2.2).
    world.send(from, &message("1001002@localhost", "dance"));
    assert_eq!(world.take(there).len(), 1);
}

/// RFC 6121 §8.5.3: a full JID means that session, whatever its priority; without it a chat goes on as if to the bare JID.
#[test]
fn checklist_055_a_message_to_a_full_jid_reaches_that_session_or_is_refused() {
    let mut world = World::new();
    let from = world.bind("1001001/a");
    let (there, silent) = (world.connect("1001002/there"), world.bind("1001002/silent"));
    world.send(from, &message("1001002@localhost/silent", "chat"));
    assert_eq!(world.take(silent).len(), 1);
    world.send(from, &message("1001002@localhost/gone", "chat"));
    assert_eq!(world.take(there).len(), 1, "a chat goes on to another session");
    world.send(from, &message("1001002@localhost/gone", "normal"));
    assert!(world.take(there).is_empty());
    assert_eq!(show_answer(&world.take(from)[0]), "error cancel service-unavailable");
    for kind in ["headline", "error"] {
        world.send(from, &message("1001002@localhost/gone", kind));
        assert!(world.take(there).is_empty() && world.take(from).is_empty(), "{kind}");
    }
}

/// RFC 6121 §8.5.1, §8.5.3.2: the same answers for accounts that exist and that do not.
#[test]
fn checklist_055_nobody_can_find_out_who_exists() {
    let mut world = World::new();
    let from = world.bind("1001001/a");
    for to in ["1001002@localhost", "nobody@localhost", "1001002@localhost/x", "nobody@localhost/x"] {
        for kind in ["chat", "normal", "groupchat"] {
            world.send(from, &message(to, kind));
            assert_eq!(show_answer(&world.take(from)[0]), "error cancel service-unavailable", "{to} {kind}");
        }
        for kind in ["headline", "error"] {
            world.send(from, &message(to, kind));
            assert!(world.take(from).is_empty(), "{to} {kind}");
        }
        world.send(from, &format!("<presence xmlns='jabber:client' to='{to}'/>"));
        assert!(world.take(from).is_empty(), "presence is dropped: {to}");
        for payload in ["<query xmlns='http://jabber.org/protocol/disco#info'/>", "<x xmlns='y'/>"] {
            assert_eq!(world.ask(from, "get", to, payload), "error cancel service-unavailable", "{to}");
        }
    }
}

#[test]
fn requests_go_between_sessions_and_their_answers_back() {
    let mut world = World::new();
    let (a, b) = (world.bind("1001001/a"), world.bind("1001002/b"));
    world.request(a, "get", "1001002@localhost/b", "<x xmlns='y'/>");
    let got = world.take(b);
    assert_eq!(got[0].attribute("from"), Some("1001001@localhost/a"));
    assert!(world.take(a).is_empty());
    world.send(b, "<iq xmlns='jabber:client' type='result' id='q1' to='1001001@localhost/a'/>");
    let got = world.take(a);
    assert_eq!(got[0].attribute("from"), Some("1001002@localhost/b"));
    assert_eq!(show_answer(&got[0]), "result");
    // A session that asks itself answers itself.
    world.request(a, "get", "1001001@localhost/a", "<ping xmlns='urn:xmpp:ping'/>");
    assert_eq!(world.take(a)[0].attribute("type"), Some("get"));
}

#[test]
fn a_message_to_oneself_reaches_all_own_sessions() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    world.send(a, "<message xmlns='jabber:client'><body>note</body></message>");
    assert_eq!((world.take(a).len(), world.take(b).len()), (1, 1));
    world.send(a, &message("pubsub.localhost", "normal"));
    assert_eq!(show_answer(&world.take(a)[0]), "error cancel service-unavailable");
}
