//! Presence subscriptions between two users, from the first request to the last goodbye (RFC 6121 §3, §4).

use notifier::SessionId;

use crate::world::World;

const ADA: &str = "1001001@localhost";
const BEA: &str = "1001002@localhost";

fn send(world: &mut World, session: SessionId, kind: &str, to: &str) {
    world.send(session, &format!("<presence xmlns='jabber:client' type='{kind}' to='{to}'/>"));
}

/// What a session got: presence as `type from -> to`, pushes as `push jid subscription ask`.
fn show(world: &mut World, session: SessionId) -> Vec<String> {
    let show = |e: &xmpp::Element| match e.name() {
        "presence" => {
            let kind = e.attribute("type").unwrap_or("available");
            format!("{kind} {} -> {}", e.attribute("from").unwrap(), e.attribute("to").unwrap())
        }
        _ => {
            let item = e.first_element().unwrap().first_element().unwrap();
            let of = |name| item.attribute(name).map(|value| format!(" {value}")).unwrap_or_default();
            format!("push {}{}{}", item.attribute("jid").unwrap(), of("subscription"), of("ask"))
        }
    };
    world.take(session).iter().map(show).collect()
}

/// A session that has sent presence and asked for the roster.
fn client(world: &mut World, address: &str) -> SessionId {
    let session = world.connect(address);
    world.ask(session, "get", "", "<query xmlns='jabber:iq:roster'/>");
    session
}

/// Ada sees Bea's presence and the other way round.
fn friends(world: &mut World) -> (SessionId, SessionId) {
    let (ada, bea) = (client(world, "1001001/a"), client(world, "1001002/b"));
    for (one, other, of_one, of_other) in [(ada, bea, ADA, BEA), (bea, ada, BEA, ADA)] {
        send(world, one, "subscribe", of_other);
        send(world, other, "subscribed", of_one);
    }
    world.take(ada);
    world.take(bea);
    (ada, bea)
}

#[test]
fn a_request_is_granted_and_brings_presence() {
    let mut world = World::new();
    let (ada, bea) = (client(&mut world, "1001001/a"), client(&mut world, "1001002/b"));
    // To a full JID: it means the account.
    send(&mut world, ada, "subscribe", "1001002@localhost/b");
    assert_eq!(show(&mut world, ada), [format!("push {BEA} none subscribe")]);
    assert_eq!(show(&mut world, bea), [format!("subscribe {ADA} -> {BEA}")]);
    // Asked again: nothing new for anybody.
    send(&mut world, ada, "subscribe", BEA);
    assert!(show(&mut world, ada).is_empty() && show(&mut world, bea).is_empty());
    send(&mut world, bea, "subscribed", ADA);
    assert_eq!(show(&mut world, bea), [format!("push {ADA} from")]);
    assert_eq!(
        show(&mut world, ada),
        [
            format!("push {BEA} to"),
            format!("subscribed {BEA} -> {ADA}"),
            format!("available {BEA}/b -> {ADA}")
        ]
    );
    // From now on Ada hears what Bea says, and not the other way round.
    world.send(bea, "<presence xmlns='jabber:client'><show>away</show></presence>");
    assert_eq!(show(&mut world, ada), [format!("available {BEA}/b -> {ADA}")]);
    world.take(bea);
    world.send(ada, "<presence xmlns='jabber:client'/>");
    assert!(show(&mut world, bea).is_empty());
    // Granted already: asking again is answered by the server.
    world.take(ada);
    send(&mut world, ada, "subscribe", BEA);
    assert!(show(&mut world, ada).is_empty() && show(&mut world, bea).is_empty());
}

/// RFC 6121 §4.2, §4.3: initial presence goes to the contacts that may see it, to the user's other sessions and back to
/// the session itself, and brings the presence of the contacts that the user may see.
#[test]
fn checklist_058_initial_presence_is_broadcast_echoed_and_probes() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    let stranger = world.connect("1001003/c");
    let second = world.bind("1001001/second");
    world.send(second, "<presence xmlns='jabber:client'><priority>3</priority></presence>");
    assert_eq!(show(&mut world, bea), [format!("available {ADA}/second -> {BEA}")]);
    assert_eq!(show(&mut world, ada), [format!("available {ADA}/second -> {ADA}/a")]);
    let mut got = show(&mut world, second);
    assert_eq!(got.remove(0), format!("available {ADA}/second -> {ADA}/second"), "the echo comes first");
    got.sort();
    assert_eq!(
        got,
        [
            format!("available {ADA}/a -> {ADA}/second"),
            format!("available {BEA}/b -> {ADA}/second"),
            format!("available finesse@localhost/webapp -> {ADA}/second"),
        ]
    );
    assert!(show(&mut world, stranger).is_empty());
}

/// RFC 6121 §4.5.2, §4.6.3: when a stream is lost, everybody who got presence hears that it is gone: contacts, the user's
/// other sessions and addresses of directed presence, each of them once.
#[test]
fn checklist_059_a_lost_stream_is_unavailable_to_all_who_got_presence() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    let (second, stranger) = (world.connect("1001001/second"), world.connect("1001003/c"));
    for to in ["1001003@localhost", "1001002@localhost/b"] {
        world.send(ada, &format!("<presence xmlns='jabber:client' to='{to}'/>"));
    }
    for session in [bea, second, stranger] {
        world.take(session);
    }
    world.end(ada);
    assert_eq!(show(&mut world, bea), [format!("unavailable {ADA}/a -> {BEA}")], "once");
    assert_eq!(show(&mut world, second), [format!("unavailable {ADA}/a -> {ADA}/second")]);
    assert_eq!(show(&mut world, stranger), [format!("unavailable {ADA}/a -> 1001003@localhost")]);
    world.end(bea);
    assert_eq!(show(&mut world, second), [format!("unavailable {BEA}/b -> {ADA}")]);
    assert!(show(&mut world, stranger).is_empty());
}

#[test]
fn a_request_waits_for_the_contact_to_come() {
    let mut world = World::new();
    let ada = client(&mut world, "1001001/a");
    world.send(
        ada,
        &format!(
            "<presence xmlns='jabber:client' type='subscribe' to='{BEA}'><status>It is me</status></presence>"
        ),
    );
    world.take(ada);
    for _ in 0..2 {
        let bea = world.bind("1001002/b");
        world.send(bea, "<presence xmlns='jabber:client'/>");
        let got = world.take_xml(bea);
        let request = format!(
            "<presence xmlns=\"jabber:client\" from=\"{ADA}\" to=\"{BEA}\" type=\"subscribe\"><status>It is me</status></presence>"
        );
        assert!(got.contains(&request), "{got:?}");
        let roster = world.ask(bea, "get", "", "<query xmlns='jabber:iq:roster'/>");
        assert!(!roster.contains(ADA), "nobody has put it there: {roster}");
        world.end(bea);
    }
    let bea = client(&mut world, "1001002/b");
    send(&mut world, bea, "unsubscribed", ADA);
    assert!(show(&mut world, bea).is_empty(), "it was never in the roster");
    assert_eq!(show(&mut world, ada), [format!("push {BEA} none"), format!("unsubscribed {BEA} -> {ADA}")]);
    let again = world.bind("1001002/again");
    world.send(again, "<presence xmlns='jabber:client'/>");
    assert!(!world.take_xml(again).iter().any(|xml| xml.contains("subscribe")), "it was answered");
}

#[test]
fn a_subscription_is_cancelled_by_either_end() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    send(&mut world, bea, "unsubscribed", ADA);
    assert_eq!(show(&mut world, bea), [format!("push {ADA} to")]);
    assert_eq!(
        show(&mut world, ada),
        [
            format!("push {BEA} from"),
            format!("unavailable {BEA}/b -> {ADA}"),
            format!("unsubscribed {BEA} -> {ADA}")
        ]
    );
    send(&mut world, bea, "unsubscribe", ADA);
    assert_eq!(show(&mut world, bea), [format!("push {ADA} none"), format!("unavailable {ADA}/a -> {BEA}")]);
    assert_eq!(show(&mut world, ada), [format!("push {BEA} none"), format!("unsubscribe {BEA} -> {ADA}")]);
    // There is nothing left to cancel.
    for kind in ["unsubscribed", "unsubscribe"] {
        send(&mut world, bea, kind, ADA);
        assert!(show(&mut world, bea).is_empty() && show(&mut world, ada).is_empty(), "{kind}");
    }
}

#[test]
fn removing_a_contact_ends_both_subscriptions() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    let remove = format!("<query xmlns='jabber:iq:roster'><item jid='{BEA}' subscription='remove'/></query>");
    world.request(ada, "set", "", &remove);
    let mut got = show(&mut world, bea);
    got.sort();
    assert_eq!(
        got,
        [
            format!("push {ADA} none"),
            format!("unavailable {ADA}/a -> {BEA}"),
            format!("unsubscribe {ADA} -> {BEA}"),
            format!("unsubscribed {ADA} -> {BEA}"),
        ]
    );
    let got = world.take_xml(ada);
    assert!(got.iter().any(|xml| xml.contains("subscription=\"remove\"")), "{got:?}");
    assert!(got.iter().any(|xml| xml.contains("type=\"unavailable\"")), "{got:?}");
    world.send(bea, "<presence xmlns='jabber:client'/>");
    assert!(world.take(ada).is_empty());
}

/// RFC 6121 §3.4: advertised in the stream features as `urn:xmpp:features:pre-approval`.
#[test]
fn presence_can_be_granted_before_it_is_asked_for() {
    let mut world = World::new();
    let (ada, bea) = (client(&mut world, "1001001/a"), client(&mut world, "1001002/b"));
    send(&mut world, bea, "subscribed", ADA);
    assert!(world.take_xml(bea)[0].contains("subscription=\"none\" approved=\"true\""));
    assert!(show(&mut world, ada).is_empty(), "it is nobody else's business");
    send(&mut world, ada, "subscribe", BEA);
    assert_eq!(show(&mut world, bea), [format!("push {ADA} from")], "and no question");
    assert_eq!(
        show(&mut world, ada),
        [
            format!("push {BEA} to"),
            format!("subscribed {BEA} -> {ADA}"),
            format!("available {BEA}/b -> {ADA}")
        ]
    );
    send(&mut world, bea, "unsubscribed", ADA);
    world.take(bea);
    world.take(ada);
    send(&mut world, ada, "subscribe", BEA);
    assert_eq!(show(&mut world, bea), [format!("subscribe {ADA} -> {BEA}")], "taken back");
}

#[test]
fn an_account_that_does_not_exist_looks_like_one_that_does_not_answer() {
    let mut world = World::new();
    let ada = client(&mut world, "1001001/a");
    for to in [BEA, "nobody@localhost"] {
        send(&mut world, ada, "subscribe", to);
        assert_eq!(show(&mut world, ada), [format!("push {to} none subscribe")]);
        send(&mut world, ada, "unsubscribe", to);
        assert_eq!(show(&mut world, ada), [format!("push {to} none")]);
        send(&mut world, ada, "probe", to);
        assert_eq!(show(&mut world, ada), [format!("unsubscribed {to} -> {ADA}/a")]);
    }
    send(&mut world, ada, "subscribe", "someone@example.org");
    assert!(world.take_xml(ada)[0].contains("<remote-server-not-found"));
    for kind in ["subscribe", "unsubscribed"] {
        send(&mut world, ada, kind, ADA);
        assert!(show(&mut world, ada).is_empty(), "with oneself");
    }
}

#[test]
fn probes_are_answered_for_whoever_may_see() {
    let mut world = World::new();
    let (ada, bea) = friends(&mut world);
    send(&mut world, ada, "probe", BEA);
    assert_eq!(show(&mut world, ada), [format!("available {BEA}/b -> {ADA}/a")]);
    send(&mut world, ada, "probe", "1001002@localhost/gone");
    assert_eq!(show(&mut world, ada), [format!("unavailable {BEA} -> {ADA}/a")]);
    world.send(bea, "<presence xmlns='jabber:client' type='unavailable'/>");
    assert_eq!(show(&mut world, ada), [format!("unavailable {BEA}/b -> {ADA}")]);
    send(&mut world, ada, "probe", BEA);
    assert_eq!(show(&mut world, ada), [format!("unavailable {BEA} -> {ADA}/a")]);
}

#[test]
fn a_full_roster_takes_no_more_requests() {
    let mut world = World::with(|config| config.limits.roster_items_max = 1);
    let (ada, bea) = (client(&mut world, "1001001/a"), client(&mut world, "1001002/b"));
    let carl = client(&mut world, "1001003/c");
    send(&mut world, ada, "subscribe", BEA);
    world.take(bea);
    send(&mut world, carl, "subscribe", BEA);
    assert!(show(&mut world, bea).is_empty(), "not noted");
    world.take(ada);
    send(&mut world, ada, "subscribe", "1001003@localhost");
    assert!(world.take_xml(ada)[0].contains("<policy-violation"));
}

#[test]
fn a_request_that_the_log_lost_is_told_to_be_lost() {
    let mut world = World::new();
    let (ada, bea) = (client(&mut world, "1001001/a"), client(&mut world, "1001002/b"));
    world.log_is_prompt = false;
    send(&mut world, ada, "subscribe", BEA);
    assert!(world.take(ada).is_empty() && world.take(bea).is_empty());
    world.lose_waiting();
    assert!(world.take_xml(ada)[0].contains("<internal-server-error"));
    assert!(world.take(bea).is_empty());
}
