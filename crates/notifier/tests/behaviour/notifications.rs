//! What a subscriber is told, what it may be sent without asking, and what happens when it comes back.

use xmpp::Element;

use crate::world::{INSTANCE, World, show_event};

const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";
const READY: &str = "<state>READY</state>";
const OWN: &str = "/finesse/api/User/1001001";

fn publish(node: &str, ids: &[&str]) -> String {
    let items: String = ids.iter().map(|id| format!("<item id='{id}'><x xmlns='y'/></item>")).collect();
    format!("<publish node='{node}'>{items}</publish>")
}

fn create(node: &str, fields: &[(&str, &str)]) -> String {
    let field =
        |(name, value): &(&str, &str)| format!("<field var='pubsub#{name}'><value>{value}</value></field>");
    let fields: String = fields.iter().map(field).collect();
    format!(
        "<create node='{node}'/><configure><x xmlns='jabber:x:data' type='submit'>{fields}</x></configure>"
    )
}

/// What a client sends back for a notification that it can't take.
fn bounce(notification: &Element, kind: &str, condition: &str, with_event: bool) -> String {
    let id = notification.attribute("id").expect("every notification has an id");
    let event = notification.child("event", "http://jabber.org/protocol/pubsub#event").expect("an event");
    let event = if with_event { event.to_xml() } else { String::new() };
    format!(
        "<message xmlns='jabber:client' to='pubsub.localhost' type='error' id='{id}'>{event}<error type='{kind}'>\
         <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
    )
}

/// Asks the service for something, and takes the answer with whatever comes after it.
fn exchange(world: &mut World, session: notifier::SessionId, verb: &str) -> Vec<Element> {
    assert!(world.take(session).is_empty());
    let payload = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>");
    world.request(session, "set", "pubsub.localhost", &payload);
    let got = world.take(session);
    assert_eq!((got[0].name(), got[0].attribute("type")), ("iq", Some("result")), "{verb}: {got:?}");
    got
}

fn subscribed(world: &mut World, session: notifier::SessionId, node: &str) -> Vec<String> {
    let list = world.pubsub_get(session, &format!("<subscriptions node='{node}'/>"));
    list.split(" jid=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Point 83 (XEP-0060 §7.1.2, §12.3, §12.4): a notification comes from the service, goes to exactly the address that is
/// subscribed, has an id that no other has, and the type that the node is configured to send.
#[test]
fn checklist_083_notifications_are_addressed_and_numbered() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, &create("loud", &[("notification_type", "normal")]));
    world.pubsub(admin, &create("quiet", &[]));
    let mut ids = std::collections::BTreeSet::new();
    for (node, kind) in [("loud", None), ("quiet", Some("headline"))] {
        for jid in ["1001001@localhost/a", "1001001@localhost"] {
            let of = |verb: &str| format!("<{verb} node='{node}' jid='{jid}'/>");
            assert!(world.pubsub(agent, &of("subscribe")).starts_with("result"));
            assert!(world.pubsub(admin, &publish(node, &["i", "j"])).starts_with("result"));
            let got = world.take(agent);
            assert_eq!(got.len(), 2, "{got:?}");
            for message in &got {
                assert_eq!(message.attribute("from"), Some("pubsub.localhost"));
                assert_eq!(message.attribute("to"), Some(jid));
                assert_eq!(message.attribute("type"), kind);
                assert!(ids.insert(message.attribute("id").expect("an id").to_owned()), "{message:?}");
            }
            assert_eq!(
                got.iter().map(show_event).collect::<Vec<_>>(),
                [format!("item i in {node}"), format!("item j in {node}")]
            );
            assert_eq!(world.pubsub(agent, &of("unsubscribe")), "result");
        }
    }
}

/// The publisher of an item, where the service says it, is the one that it knows of: in events, in the newest item and when items
/// are read (XEP-0060 §7.1.2.3).
#[test]
fn checklist_084_the_publisher_is_named_by_the_service() {
    let mut world = World::with(|config| config.publishers_shown = true);
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, &create("n", &[("send_last_published_item", "on_sub")]));
    world.subscribe(agent, "n");
    let forged =
        "<publish node='n'><item id='1' publisher='finesse@localhost'><x xmlns='y'/></item></publish>";
    assert!(world.pubsub(admin, forged).starts_with("result"));
    let event = world.take_xml(agent).remove(0);
    let got = exchange(&mut world, agent, "<subscribe node='n' jid='1001001@localhost/a'/>");
    let newest = got[1].to_xml();
    let read = world.pubsub_get(agent, "<items node='n'/>");
    for told in [event, newest, read] {
        assert!(told.contains("<item id=\"1\" publisher=\"admin@localhost\">"), "{told}");
    }
}

/// Point 75 (XEP-0060 §6.1.7): on a node that is configured so, the newest item comes with initial presence, not with the bind and
/// not with later presence, for every subscription of the session, stamped with the time of its publication.
#[test]
fn checklist_075_the_newest_item_comes_with_initial_presence() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    for (node, when) in [("always", "on_sub_and_presence"), ("once", "on_sub"), ("never", "never")] {
        world.pubsub(admin, &create(node, &[("send_last_published_item", when)]));
        let verb = format!("<subscribe node='{node}' jid='1001001@localhost'/>");
        assert!(world.pubsub(agent, &verb).starts_with("result"), "{node} has no item yet");
        world.pubsub(admin, &publish(node, &["1", "2"]));
        world.take(agent);
    }
    let stamp = world.now.to_string();
    world.end(agent);
    world.now.0 += 60_000;
    let agent = world.bind("1001001/b");
    assert!(world.take(agent).is_empty(), "not with the bind");
    let events = |world: &mut World| -> Vec<Element> {
        let got = world.take(agent);
        got.into_iter().filter(|element| element.name() == "message").collect()
    };
    world.send(agent, "<presence xmlns='jabber:client'/>");
    let got = events(&mut world);
    assert_eq!(got.iter().map(show_event).collect::<Vec<_>>(), ["item 2 in always"]);
    assert_eq!(got[0].attribute("to"), Some("1001001@localhost"));
    assert!(got[0].attribute("id").is_some());
    let delay = got[0].child("delay", "urn:xmpp:delay").expect("a delay");
    assert_eq!(delay.attribute("stamp"), Some(stamp.as_str()));
    world.send(agent, "<presence xmlns='jabber:client'><show>away</show></presence>");
    assert!(events(&mut world).is_empty(), "not with later presence");
    world.send(agent, "<presence xmlns='jabber:client' type='unavailable'/>");
    world.send(agent, "<presence xmlns='jabber:client'><priority>-1</priority></presence>");
    assert!(events(&mut world).is_empty(), "the bare JID is not heard here");
    // A session that is subscribed by its full JID gets one copy.
    world.send(agent, "<presence xmlns='jabber:client' type='unavailable'/>");
    world.take(agent);
    let got = exchange(&mut world, agent, "<subscribe node='always' jid='1001001@localhost/b'/>");
    assert_eq!((got.len(), got[1].attribute("to")), (2, Some("1001001@localhost/b")));
    world.send(agent, "<presence xmlns='jabber:client'/>");
    let got = events(&mut world);
    assert_eq!((got.len(), got[0].attribute("to")), (1, Some("1001001@localhost/b")));
}

/// Point 75: who has switched delivery off, or waits for an owner's answer, gets no newest item; who is approved gets it then.
#[test]
fn checklist_075_the_newest_item_is_for_those_who_hear_the_node() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    let fields = [("send_last_published_item", "on_sub"), ("access_model", "authorize")];
    world.pubsub(admin, &create("n", &fields));
    world.pubsub(admin, &publish("n", &["1"]));
    let pending = world.pubsub(agent, "<subscribe node='n' jid='1001001@localhost/a'/>");
    assert!(pending.contains("subscription=\"pending\""), "{pending}");
    let asked = world.take(admin).pop().expect("the owner is asked");
    let form = asked.child("x", "jabber:x:data").expect("a form").to_xml();
    let form =
        form.replace("type=\"form\"", "type=\"submit\"").replace("<value>false</value>", "<value>1</value>");
    let id = asked.attribute("id").unwrap_or("1");
    world.send(
        admin,
        &format!("<message xmlns='jabber:client' to='pubsub.localhost' id='{id}'>{form}</message>"),
    );
    let got = world.take_xml(agent);
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(got[0].contains("subscription=\"subscribed\"") && got[1].contains("<delay "), "{got:?}");
    world.pubsub(admin, &create("m", &[("send_last_published_item", "on_sub")]));
    world.pubsub(admin, &publish("m", &["1"]));
    for jid in ["1001001@localhost/a", "1001001@localhost"] {
        let answer = world.pubsub(
            agent,
            &format!(
                "<subscribe node='m' jid='{jid}'/><options><x xmlns='jabber:x:data' type='submit'>\
                 <field var='pubsub#deliver'><value>0</value></field></x></options>"
            ),
        );
        assert!(answer.starts_with("result"), "and nothing else: {answer}");
    }
}

/// Point 85 (XEP-0060 §12.7): what a full JID would have heard while it has no session is dropped: nobody else of the user's gets
/// it, and it does not come later. What the bare JID hears goes to sessions that are there and to nobody later.
#[test]
fn checklist_085_nothing_is_rerouted_or_stored() {
    for keep in [false, true] {
        let mut world = World::with(|config| config.keep_full_jid_subscriptions = keep);
        let (a, b) = (world.connect("1001001/a"), world.connect("1001001/b"));
        world.take(a);
        world.subscribe(a, OWN);
        assert_eq!(
            world.pubsub(b, &format!("<unsubscribe node='{OWN}' jid='1001001@localhost'/>")),
            "result"
        );
        world.end(a);
        world.take(b);
        world.change_state("1001001", LOGIN).unwrap();
        assert!(world.take(b).is_empty(), "not for this address");
        let a = world.connect("1001001/a");
        assert!(world.take(a).iter().all(|element| element.name() != "message"), "not later");
    }
    let mut world = World::new();
    world.change_state("1001001", LOGIN).unwrap();
    let session = world.bind("1001001/a");
    world.send(session, "<presence xmlns='jabber:client'/>");
    assert!(world.take(session).iter().all(|element| element.name() != "message"), "nothing was stored");
    world.change_state("1001001", READY).unwrap();
    assert_eq!(world.take(session).len(), 1);
}

/// Point 86 (XEP-0060 §12.4): a notification that comes back for good ends the subscription that it was for, and nobody hears of the
/// bounce. The message's id is enough; an event that comes back is as good.
#[test]
fn checklist_086_a_bounce_for_good_ends_the_subscription() {
    for (kind, condition) in
        [("cancel", "service-unavailable"), ("cancel", "item-not-found"), ("modify", "gone")]
    {
        for (jid, keep) in
            [("1001001@localhost/a", false), ("1001001@localhost/a", true), ("1001001@localhost", false)]
        {
            for with_event in [false, true] {
                let mut world = World::with(|config| config.keep_full_jid_subscriptions = keep);
                let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
                for node in ["n", "m"] {
                    world.pubsub(admin, &create(node, &[]));
                    world.pubsub(agent, &format!("<subscribe node='{node}' jid='{jid}'/>"));
                }
                world.pubsub(admin, &publish("n", &["1"]));
                let mut notification = world.take(agent).remove(0);
                if with_event {
                    notification.set_attribute("id", "forgotten");
                }
                world.send(agent, &bounce(&notification, kind, condition, with_event));
                assert!(world.take(agent).is_empty() && world.take(admin).is_empty(), "nobody hears of it");
                assert_eq!(subscribed(&mut world, agent, "n"), [""; 0], "{kind} {condition} {jid}");
                assert_eq!(subscribed(&mut world, agent, "m"), [jid], "the other one stays");
                world.pubsub(admin, &publish("n", &["2"]));
                assert!(world.take(agent).is_empty());
                let again = world.restarted().notifier.snapshot();
                assert_eq!(again, world.restarted_from_snapshot().notifier.snapshot());
            }
        }
    }
}

/// Point 86: an error that passes is counted, and too many of them end the subscription; what is no bounce of one's own
/// notification ends nothing.
#[test]
fn checklist_086_bounces_that_pass_are_counted() {
    for (kind, condition) in
        [("wait", "recipient-unavailable"), ("auth", "registration-required"), ("modify", "bad-request")]
    {
        let mut world = World::with(|config| config.limits.bounces_max = 2);
        let (admin, agent, other) =
            (world.connect("admin/a"), world.connect("1001001/a"), world.connect("1001002/a"));
        world.pubsub(admin, &create("n", &[]));
        world.subscribe(agent, "n");
        for n in 0..3 {
            assert_eq!(subscribed(&mut world, agent, "n").len(), 1, "after {n}");
            world.pubsub(admin, &publish("n", &["1"]));
            let notification = world.take(agent).remove(0);
            // Somebody who is not subscribed can bounce what it likes.
            world.send(other, &bounce(&notification, "cancel", "gone", true));
            world.send(agent, &bounce(&notification, kind, condition, true));
            assert!(world.take(agent).is_empty() && world.take(other).is_empty());
        }
        assert_eq!(subscribed(&mut world, agent, "n").len(), 0);
    }
    let mut world = World::new();
    let agent = world.connect("1001001/a");
    for content in [
        "",
        "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        "<event xmlns='http://jabber.org/protocol/pubsub#event'/><error type='cancel'/>",
        "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='nothing'/></event><error type='cancel'/>",
    ] {
        world.send(agent, &format!("<message xmlns='jabber:client' to='pubsub.localhost' type='error' id='N0000001'>{content}</message>"));
        assert!(world.take(agent).is_empty());
    }
    assert_eq!(subscribed(&mut world, agent, OWN), ["1001001@localhost"]);
}

/// Points 79 and 80 (XEP-0060 §7.1.2, §7.1.3): the result names the item, also an id that the service chose; the same id again
/// replaces the item, is told again, and is the newest then.
#[test]
fn checklist_079_the_result_of_publishing_names_the_item() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    let answer = world.pubsub(admin, "<publish node='n'><item><x xmlns='y'/></item></publish>");
    let start = "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><publish node=\"n\"><item id=\"";
    let id = answer.strip_prefix(start).and_then(|rest| rest.strip_suffix("\"/></publish></pubsub>"));
    let id = id.unwrap_or_else(|| panic!("{answer}"));
    assert!(id.starts_with(INSTANCE));
    assert!(world.pubsub_get(admin, &format!("<items node='n'><item id='{id}'/></items>")).contains("<x "));
    assert_eq!(world.pubsub(admin, &publish("n", &["own"])), format!("{start}own\"/></publish></pubsub>"));
    assert_eq!(
        world.pubsub(admin, "<publish><item><x xmlns='y'/></item></publish>"),
        "error modify bad-request nodeid-required"
    );
}

/// Point 80 (XEP-0060 §7.1.3, §12.9).
#[test]
fn checklist_080_the_same_id_overwrites_and_is_told_again() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    world.pubsub(admin, &publish("n", &["1", "2"]));
    world.subscribe(admin, "n");
    exchange(&mut world, admin, "<publish node='n'><item id='1'><z xmlns='y'/></item></publish>");
    let got = exchange(&mut world, admin, &publish("n", &["1"]));
    assert_eq!(show_event(&got[1]), "item 1 in n", "told again");
    let newest = world.pubsub_get(admin, "<items node='n' max_items='1'/>");
    assert!(newest.contains("<item id=\"1\"><x xmlns=\"y\"/></item></items>"), "{newest}");
    let all = world.pubsub_get(admin, "<items node='n'/>");
    assert_eq!(all.matches("<item id=").count(), 2, "{all}");
}

/// Point 87 (XEP-0060 §7.2): retracting needs a node and an id; the result comes before the event; what is not there is
/// `item-not-found`; publishers retract only what they published; `notify` may be written as any boolean.
#[test]
fn checklist_087_retracting() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, &create("n", &[("publish_model", "open"), ("notify_retract", "0")]));
    let retract = |attributes: &str, id: &str| format!("<retract {attributes}><item {id}/></retract>");
    for (verb, expected) in [
        (retract("", "id='1'"), "error modify bad-request nodeid-required"),
        (retract("node='n'", ""), "error modify bad-request item-required"),
        (retract("node='n'", "id=''"), "error modify bad-request item-required"),
        ("<retract node='n'/>".into(), "error modify bad-request item-required"),
        (retract("node='n'", "id='1'"), "error cancel item-not-found"),
        (retract("node='nothing'", "id='1'"), "error cancel item-not-found"),
        (retract("node='n' notify='perhaps'", "id='1'"), "error modify bad-request"),
    ] {
        assert_eq!(world.pubsub(admin, &verb), expected, "{verb}");
    }
    world.pubsub(admin, &publish("n", &["theirs"]));
    world.pubsub(agent, &publish("n", &["mine"]));
    assert_eq!(world.pubsub(agent, &retract("node='n'", "id='theirs'")), "error auth forbidden");
    assert_eq!(world.pubsub(agent, &retract("node='n'", "id='mine'")), "result");
    world.subscribe(agent, "n");
    for (notify, told) in [("1", true), ("true", true), ("0", false), ("false", false)] {
        world.pubsub(admin, &publish("n", &["i"]));
        world.take(agent);
        assert_eq!(world.pubsub(admin, &retract(&format!("node='n' notify='{notify}'"), "id='i'")), "result");
        let events: Vec<_> = world.take(agent).iter().map(show_event).collect();
        assert_eq!(events, if told { vec!["retract i in n"] } else { vec![] }, "{notify}");
    }
    exchange(&mut world, agent, &publish("n", &["i"]));
    let verb = retract("node='n' notify='1'", "id='i'");
    let got = exchange(&mut world, agent, &verb);
    assert_eq!((got[0].name(), show_event(&got[1]).as_str()), ("iq", "retract i in n"), "the result first");
}

/// Point 95 (XEP-0060 §12.11, §12.15): many items are published together or not at all; a node's name is a name and no path,
/// and may be long and in any script.
#[test]
fn checklist_095_batches_are_atomic_and_names_are_opaque() {
    let mut world = World::with(|config| config.limits.items_per_request_max = 3);
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, &create("n", &[("max_payload_size", "60")]));
    world.subscribe(agent, "n");
    let long = format!("<item id='2'><x xmlns='y'>{}</x></item>", "x".repeat(60));
    for (bad, expected) in [
        ("<item id='2'/>", "error modify bad-request payload-required"),
        ("<item id='2'><x xmlns='y'/><x xmlns='y'/></item>", "error modify bad-request invalid-payload"),
        (long.as_str(), "error modify not-acceptable payload-too-big"),
        ("<thing/>", "error modify bad-request"),
        (
            "<item id='2'><x xmlns='y'/></item><item id='3'><x xmlns='y'/></item><item id='4'><x xmlns='y'/></item>",
            "error cancel not-allowed max-items-exceeded",
        ),
    ] {
        let verb = format!("<publish node='n'><item id='1'><x xmlns='y'/></item>{bad}</publish>");
        assert_eq!(world.pubsub(admin, &verb), expected, "{bad}");
        assert!(world.take(agent).is_empty(), "nothing is told of {bad}");
        assert!(!world.pubsub_get(admin, "<items node='n'/>").contains("<item "), "nothing is kept of {bad}");
    }
    let entries = world.log.len();
    assert!(world.pubsub(admin, &publish("n", &["1", "2", "3"])).starts_with("result"));
    assert_eq!(world.log.len(), entries + 1, "one entry of the log: all or none survives");
    assert_eq!(world.take(agent).len(), 3);
    let names = ["a/b/c".to_owned(), "a".into(), "/x/../y".into(), "\u{1f4de}".repeat(767) + "abc"];
    for name in &names {
        assert_eq!(world.pubsub(admin, &create(name, &[])), "result", "{} bytes", name.len());
        assert!(world.subscribe(agent, name).starts_with("result"));
    }
    world.pubsub(admin, &publish("a", &["1"]));
    assert_eq!(world.take(agent).len(), 1, "a/b/c is not below a");
    let too_long = "n".repeat(3_072);
    assert_eq!(world.pubsub(admin, &create(&too_long, &[])), "error modify not-acceptable");
}
