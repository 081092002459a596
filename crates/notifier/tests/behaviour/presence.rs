//! Presence: the echo, the other sessions, the service user, addresses chosen by the client.

use crate::world::World;

const SERVICE: &str = "finesse@localhost/webapp";

fn show(world: &mut World, session: notifier::SessionId) -> Vec<String> {
    let all = world.take(session);
    let show = |e: &xmpp::Element| {
        assert_eq!(e.name(), "presence");
        let kind = e.attribute("type").unwrap_or("available");
        format!("{kind} {} -> {}", e.attribute("from").unwrap(), e.attribute("to").unwrap())
    };
    all.iter().map(show).collect()
}

/// RFC 6121 §4.2.2: the session itself hears its presence first; then it is introduced to the service user.
#[test]
fn checklist_058_initial_presence_is_echoed_and_brings_the_service_user() {
    let mut world = World::new();
    let session = world.bind("1001001/desktop");
    world.send(session, "<presence xmlns='jabber:client'><priority>0</priority></presence>");
    let got = world.take_xml(session);
    assert_eq!(
        got[0],
        "<presence xmlns=\"jabber:client\" from=\"1001001@localhost/desktop\" to=\"1001001@localhost/desktop\">\
         <priority>0</priority></presence>"
    );
    let caps = &got[1];
    assert!(caps.contains(&format!("from=\"{SERVICE}\"")), "{caps}");
    assert!(caps.contains("<c xmlns=\"http://jabber.org/protocol/caps\" hash=\"sha-1\""), "{caps}");
    assert_eq!(got.len(), 2);
    // Later presence is an update: nobody is introduced again.
    world.send(session, "<presence xmlns='jabber:client'><show>away</show></presence>");
    assert_eq!(world.take_xml(session).len(), 1);
}

#[test]
fn a_users_sessions_see_each_other() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.bind("1001001/b"));
    let stranger = world.connect("1001002/a");
    world.send(b, "<presence xmlns='jabber:client'><status>hi</status></presence>");
    assert_eq!(show(&mut world, a), ["available 1001001@localhost/b -> 1001001@localhost/a"]);
    assert_eq!(
        show(&mut world, b),
        [
            "available 1001001@localhost/b -> 1001001@localhost/b",
            "available 1001001@localhost/a -> 1001001@localhost/b",
            &format!("available {SERVICE} -> 1001001@localhost/b"),
        ]
    );
    world.send(b, "<presence xmlns='jabber:client' type='unavailable'/>");
    assert_eq!(show(&mut world, a), ["unavailable 1001001@localhost/b -> 1001001@localhost/a"]);
    assert_eq!(show(&mut world, b), ["unavailable 1001001@localhost/b -> 1001001@localhost/b"]);
    world.end(b);
    assert!(show(&mut world, a).is_empty(), "said once");
    assert!(show(&mut world, stranger).is_empty());
}

#[test]
fn a_lost_session_is_unavailable() {
    let mut world = World::new();
    let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    world.end(b);
    assert_eq!(show(&mut world, a), ["unavailable 1001001@localhost/b -> 1001001@localhost/a"]);
}

/// RFC 6121 §4.7.2.3.
#[test]
fn checklist_057_priorities_are_small_whole_numbers() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    for (priority, fine) in
        [("-128", true), ("127", true), ("128", false), ("-129", false), ("high", false), ("", false)]
    {
        world.send(
            session,
            &format!("<presence xmlns='jabber:client'><priority>{priority}</priority></presence>"),
        );
        let got = world.take_xml(session);
        assert_eq!(got[0].contains("<bad-request"), !fine, "{priority}: {got:?}");
    }
}

/// RFC 6121 §4.6.3: whoever got presence by address hears the end as well.
#[test]
fn checklist_059_directed_presence_is_taken_back_when_the_session_ends() {
    let mut world = World::new();
    let (from, to) = (world.bind("1001001/a"), world.connect("1001002/b"));
    world.send(from, "<presence xmlns='jabber:client' to='1001002@localhost'/>");
    assert_eq!(show(&mut world, to), ["available 1001001@localhost/a -> 1001002@localhost"]);
    world.send(from, "<presence xmlns='jabber:client' to='1001002@localhost/b'/>");
    assert_eq!(show(&mut world, to), ["available 1001001@localhost/a -> 1001002@localhost/b"]);
    world.send(from, "<presence xmlns='jabber:client' to='1001002@localhost/b' type='unavailable'/>");
    assert_eq!(show(&mut world, to), ["unavailable 1001001@localhost/a -> 1001002@localhost/b"]);
    world.end(from);
    assert_eq!(show(&mut world, to), ["unavailable 1001001@localhost/a -> 1001002@localhost"]);
    assert!(show(&mut world, from).is_empty());
}

#[test]
fn directed_presence_is_bounded() {
    let mut world = World::with(|config| config.limits.directed_presences_max = 1);
    let from = world.bind("1001001/a");
    world.connect("1001002/b");
    world.send(from, "<presence xmlns='jabber:client' to='1001002@localhost'/>");
    world.send(from, "<presence xmlns='jabber:client' to='nobody@localhost'/>");
    assert!(world.take(from).is_empty());
    world.send(from, "<presence xmlns='jabber:client' to='1001002@localhost/b'/>");
    assert!(world.take_xml(from)[0].contains("<resource-constraint"));
}

#[test]
fn presence_content_is_bounded() {
    let mut world = World::with(|config| config.limits.presence_bytes_max = 100);
    let session = world.bind("1001001/a");
    let status = "x".repeat(100);
    world.send(session, &format!("<presence xmlns='jabber:client'><status>{status}</status></presence>"));
    assert!(world.take_xml(session)[0].contains("<not-acceptable"));
}

#[test]
fn probes_show_the_service_user_and_the_own_sessions() {
    let mut world = World::new();
    let (a, _b) = (world.connect("1001001/a"), world.connect("1001001/b"));
    world.take(a);
    world.send(a, "<presence xmlns='jabber:client' type='probe' to='finesse@localhost'/>");
    assert_eq!(show(&mut world, a), [format!("available {SERVICE} -> 1001001@localhost/a")]);
    world.send(a, "<presence xmlns='jabber:client' type='probe' to='1001001@localhost'/>");
    assert_eq!(show(&mut world, a), ["available 1001001@localhost/b -> 1001001@localhost/a"]);
    world.send(a, "<presence xmlns='jabber:client' type='probe' to='1001002@localhost'/>");
    assert_eq!(show(&mut world, a), ["unsubscribed 1001002@localhost -> 1001001@localhost/a"]);
    world.send(a, "<presence xmlns='jabber:client' type='probe' to='nobody@localhost'/>");
    assert_eq!(show(&mut world, a), ["unsubscribed nobody@localhost -> 1001001@localhost/a"]);
    world.send(a, "<presence xmlns='jabber:client' type='subscribe' to='finesse@localhost'/>");
    assert_eq!(
        show(&mut world, a),
        [
            "subscribed finesse@localhost -> 1001001@localhost".to_owned(),
            format!("available {SERVICE} -> 1001001@localhost/a")
        ]
    );
    for kind in ["subscribed", "unsubscribe", "unsubscribed", "error"] {
        world.send(a, &format!("<presence xmlns='jabber:client' type='{kind}' to='1001002@localhost'/>"));
        assert!(world.take(a).is_empty(), "{kind}");
    }
    world.send(a, "<presence xmlns='jabber:client' type='sideways'/>");
    assert!(world.take_xml(a)[0].contains("<bad-request"));
}
