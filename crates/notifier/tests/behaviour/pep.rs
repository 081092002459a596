//! Personal nodes (XEP-0163): every account a publish-subscribe service, whose owner alone decides about it.

use notifier::{AccountCommand, Change, SessionId};
use xmpp::{Element, Limits};

use crate::pep_notify::Client;
use crate::world::{World, show_answer, show_event, sorted};

/// Asks an account; an empty address is the own one.
pub(crate) fn ask(world: &mut World, session: SessionId, kind: &str, to: &str, verb: &str) -> String {
    world.take(session);
    world.request(
        session,
        kind,
        to,
        &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>"),
    );
    show_answer(&world.take(session)[0])
}

/// An owner's request.
pub(crate) fn own(world: &mut World, session: SessionId, kind: &str, verb: &str) -> String {
    world.take(session);
    let ns = "http://jabber.org/protocol/pubsub#owner";
    world.request(session, kind, "", &format!("<pubsub xmlns='{ns}'>{verb}</pubsub>"));
    show_answer(&world.take(session)[0])
}

/// Lets `viewer` see the presence of `owner`.
pub(crate) fn befriend(world: &mut World, owner: SessionId, viewer: SessionId) {
    for (from, to, kind) in [(viewer, owner, "subscribe"), (owner, viewer, "subscribed")] {
        let to = world.jid(to).split('/').next().unwrap().to_owned();
        world.send(from, &format!("<presence xmlns='jabber:client' to='{to}' type='{kind}'/>"));
    }
    world.take(owner);
    world.take(viewer);
}

pub(crate) fn publish(node: &str, id: &str) -> String {
    format!("<publish node='{node}'><item id='{id}'><x xmlns='y'>{id}</x></item></publish>")
}

pub(crate) fn with_options(node: &str, id: &str, fields: &[(&str, &str)]) -> String {
    format!("{}<publish-options>{}</publish-options>", publish(node, id), form(fields))
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let field =
        |(name, value): &(&str, &str)| format!("<field var='pubsub#{name}'><value>{value}</value></field>");
    let fields: String = fields.iter().map(field).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

fn ids(answer: &str) -> Vec<String> {
    let Some(xml) = answer.strip_prefix("result ") else { panic!("{answer}") };
    let payload = Element::parse(xml, &Limits::default()).unwrap();
    let items = payload.first_element().unwrap();
    items.elements().map(|item| item.attribute("id").unwrap().to_owned()).collect()
}

const PRIVATE: &[(&str, &str)] =
    &[("access_model", "whitelist"), ("persist_items", "true"), ("max_items", "max")];

/// XEP-0163 §3, §5: a node comes to be by publishing, keeps one item, and is for those who may see the owner's presence.
#[test]
fn a_personal_node_comes_to_be_with_the_defaults_of_accounts() {
    let mut world = World::new();
    let (ada, second) = (world.connect("1001001/a"), world.connect("1001001/b"));
    let answer = ask(&mut world, ada, "set", "", &publish("urn:tune", "1"));
    assert_eq!(
        answer,
        "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><publish node=\"urn:tune\"><item id=\"1\"/></publish></pubsub>"
    );
    ask(&mut world, ada, "set", "1001001@localhost", &publish("urn:tune", "2"));
    for to in ["", "1001001@localhost"] {
        assert_eq!(ids(&ask(&mut world, second, "get", to, "<items node='urn:tune'/>")), ["2"], "{to}");
    }
    let config = own(&mut world, ada, "get", "<configure node='urn:tune'/>");
    for (field, value) in [
        ("access_model", "presence"),
        ("send_last_published_item", "on_sub_and_presence"),
        ("max_items", "1"),
        ("persist_items", "1"),
        ("notification_type", "headline"),
        ("publish_model", "publishers"),
    ] {
        let shown = config.split(&format!("var=\"pubsub#{field}\"")).nth(1).unwrap();
        assert!(
            shown.split("<value>").nth(1).unwrap().starts_with(&format!("{value}<")),
            "{field}: {config}"
        );
    }
}

/// XEP-0223 §3: private data under publish options; nobody else reads it, administrators of the contact centre included.
#[test]
fn private_storage_is_private() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let admin = world.connect("admin/a");
    befriend(&mut world, ada, bea);
    for id in ["room1", "room2"] {
        let verb = with_options("urn:bookmarks", id, PRIVATE);
        assert!(ask(&mut world, ada, "set", "", &verb).starts_with("result"), "{id}");
    }
    let items = "<items node='urn:bookmarks'/>";
    assert_eq!(ids(&ask(&mut world, ada, "get", "", items)), ["room2", "room1"]);
    // A precondition that is not met is refused, and nothing is published.
    let other = with_options("urn:bookmarks", "room3", &[("access_model", "open")]);
    assert_eq!(ask(&mut world, ada, "set", "", &other), "error cancel conflict precondition-not-met");
    assert_eq!(ids(&ask(&mut world, ada, "get", "", items)).len(), 2);
    let to = "1001001@localhost";
    assert_eq!(ask(&mut world, bea, "get", to, items), "error cancel not-allowed closed-node");
    assert_eq!(ask(&mut world, admin, "get", to, items), "error cancel service-unavailable");
    for verb in [publish("urn:bookmarks", "x"), publish("urn:other", "x"), "<create node='urn:new'/>".into()]
    {
        let answer = ask(&mut world, bea, "set", to, &verb);
        assert!(answer.starts_with("error"), "{verb}: {answer}");
    }
    assert_eq!(ids(&ask(&mut world, ada, "get", "", items)).len(), 2);
    assert_eq!(ask(&mut world, ada, "get", "", "<items node='urn:new'/>"), "error cancel item-not-found");
}

/// Nodes of two accounts and of the service may have one name, and have nothing in common.
#[test]
fn one_name_at_three_services_is_three_nodes() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let admin = world.connect("admin/a");
    for (session, to, id) in [(ada, "", "ada"), (bea, "", "bea"), (admin, "pubsub.localhost", "all")] {
        assert!(ask(&mut world, session, "set", to, &publish("n", id)).starts_with("result"));
    }
    assert_eq!(ids(&ask(&mut world, ada, "get", "", "<items node='n'/>")), ["ada"]);
    assert_eq!(ids(&ask(&mut world, bea, "get", "", "<items node='n'/>")), ["bea"]);
    assert_eq!(ids(&ask(&mut world, ada, "get", "pubsub.localhost", "<items node='n'/>")), ["all"]);
    let listed = ask(&mut world, ada, "get", "pubsub.localhost", "<affiliations/>");
    assert!(!listed.contains("owner"), "{listed}");
    assert!(
        ask(&mut world, ada, "get", "", "<affiliations/>")
            .contains("<affiliation node=\"n\" affiliation=\"owner\"/>")
    );
    for session in [ada, bea] {
        let jid = world.jid(session).to_owned();
        ask(&mut world, session, "set", "", &format!("<subscribe node='n' jid='{jid}'/>"));
    }
    let own_list = ask(&mut world, ada, "get", "", "<subscriptions/>");
    assert_eq!(own_list.matches("<subscription ").count(), 1, "{own_list}");
    let common = ask(&mut world, ada, "get", "pubsub.localhost", "<subscriptions/>");
    assert!(!common.contains("node=\"n\""), "{common}");
    own(&mut world, ada, "set", "<delete node='n'/>");
    assert_eq!(ids(&ask(&mut world, bea, "get", "", "<items node='n'/>")), ["bea"]);
    // The character between owner and name cannot be written in XML, so nobody can ask the service for it.
    assert!(Element::parse("<a node='1001002&#x1f;n'/>", &Limits::default()).is_err());
    assert!(Element::parse("<a node='1001002\u{1f}n'/>", &Limits::default()).is_err());
}

/// XEP-0163 §4.3.2: events come in the name of the account, and carry no position of the service's own recovery.
#[test]
fn events_come_from_the_account() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", "<create node='n'/>");
    let subscribe = "<subscribe node='n' jid='1001002@localhost/b'/>";
    assert!(ask(&mut world, bea, "set", "1001001@localhost", subscribe).starts_with("result"));
    ask(&mut world, ada, "set", "", &publish("n", "1"));
    let events = world.take(bea);
    assert_eq!(events.iter().map(show_event).collect::<Vec<_>>(), ["item 1 in n"]);
    assert_eq!(events[0].attribute("from"), Some("1001001@localhost"));
    assert_eq!(events[0].attribute("type"), Some("headline"));
    assert_eq!(events[0].elements().count(), 1, "{events:?}");
    let jid = "1001002@localhost";
    let none =
        format!("<subscriptions node='n'><subscription jid='{jid}/b' subscription='none'/></subscriptions>");
    own(&mut world, ada, "set", &none);
    let told = world.take(bea);
    assert_eq!(told[0].attribute("from"), Some("1001001@localhost"), "{told:?}");
}

/// Who may no longer see the owner's presence hears nothing more (XEP-0163 §7.1).
#[test]
fn a_subscription_is_in_vain_without_the_owners_presence() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let subscribe = "<subscribe node='n' jid='1001002@localhost'/>";
    let to = "1001001@localhost";
    ask(&mut world, ada, "set", "", "<create node='n'/>");
    let required = "error auth not-authorized presence-subscription-required";
    assert_eq!(ask(&mut world, bea, "set", to, subscribe), required);
    assert_eq!(ask(&mut world, bea, "get", to, "<items node='n'/>"), required);
    befriend(&mut world, ada, bea);
    assert!(ask(&mut world, bea, "set", to, subscribe).starts_with("result"));
    ask(&mut world, ada, "set", "", &publish("n", "1"));
    assert_eq!(world.take(bea).iter().map(show_event).collect::<Vec<_>>(), ["item 1 in n"]);
    world.send(ada, "<presence xmlns='jabber:client' to='1001002@localhost' type='unsubscribed'/>");
    world.take(bea);
    ask(&mut world, ada, "set", "", &publish("n", "2"));
    assert!(world.take(bea).is_empty());
    // It has ended: what begins again is the presence alone.
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", &publish("n", "3"));
    assert!(world.take(bea).is_empty());
    assert!(!ask(&mut world, bea, "get", to, "<subscriptions/>").contains("subscribed"));
}

/// XEP-0163 §7.1: whoever leaves the group that may subscribe loses the subscription, of either address; members and
/// subscribers of open nodes keep theirs.
#[test]
fn a_change_of_the_roster_ends_what_it_no_longer_admits() {
    for keeps in [false, true] {
        let mut world = World::with(|config| config.keep_full_jid_subscriptions = keeps);
        let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
        befriend(&mut world, ada, bea);
        let groups = |world: &mut World, group: &str| {
            let item = format!("<item jid='1001002@localhost'><group>{group}</group></item>");
            world.request(ada, "set", "", &format!("<query xmlns='jabber:iq:roster'>{item}</query>"));
        };
        groups(&mut world, "Friends");
        let roster = form(&[("access_model", "roster"), ("roster_groups_allowed", "Friends")]);
        for (node, config) in [("r", &roster), ("m", &roster), ("o", &form(&[("access_model", "open")]))] {
            ask(
                &mut world,
                ada,
                "set",
                "",
                &format!("<create node='{node}'/><configure>{config}</configure>"),
            );
            for jid in ["1001002@localhost", "1001002@localhost/b"] {
                let subscribe = format!("<subscribe node='{node}' jid='{jid}'/>");
                assert!(ask(&mut world, bea, "set", "1001001@localhost", &subscribe).starts_with("result"));
            }
        }
        let member = "<affiliation jid='1001002@localhost' affiliation='member'/>";
        own(&mut world, ada, "set", &format!("<affiliations node='m'>{member}</affiliations>"));
        groups(&mut world, "Foes");
        let left = ask(&mut world, bea, "get", "1001001@localhost", "<subscriptions/>");
        for (node, count) in [("r", 0), ("m", 2), ("o", 2)] {
            let named = format!("node=\"{node}\"");
            assert_eq!(left.matches(&named).count(), count, "{node}: {left}");
        }
        groups(&mut world, "Friends");
        ask(&mut world, ada, "set", "", &publish("r", "1"));
        assert!(world.take(bea).is_empty());
        let restarted = world.restarted_from_snapshot();
        assert_eq!(
            sorted(restarted.notifier.snapshot().unwrap()),
            sorted(world.notifier.snapshot().unwrap())
        );
    }
}

/// XEP-0060 §12.4: a notification that comes back to the account that sent it ends the subscription.
#[test]
fn a_notification_that_comes_back_ends_the_subscription() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    for by_id in [true, false] {
        ask(&mut world, ada, "set", "", "<create node='n'/>");
        let subscribe = "<subscribe node='n' jid='1001002@localhost'/>";
        ask(&mut world, bea, "set", "1001001@localhost", subscribe);
        ask(&mut world, ada, "set", "", &publish("n", "1"));
        let event = world.take(bea).pop().expect("an event");
        let id = if by_id { event.attribute("id").unwrap() } else { "unknown" };
        let content = if by_id { String::new() } else { event.first_element().unwrap().to_xml() };
        let error =
            "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
        world.send(
            bea,
            &format!("<message xmlns='jabber:client' type='error' id='{id}' to='1001001@localhost'>{content}{error}</message>"),
        );
        ask(&mut world, ada, "set", "", &publish("n", "2"));
        assert!(world.take(bea).is_empty(), "{by_id}");
        own(&mut world, ada, "set", "<delete node='n'/>");
    }
}

/// RFC 6121 §8.5: whether an account exists, nobody learns who may not see its presence.
#[test]
fn strangers_cannot_tell_accounts_from_nobody() {
    let mut world = World::new();
    let (ada, stranger) = (world.connect("1001001/a"), world.connect("1001002/b"));
    ask(&mut world, ada, "set", "", &with_options("private", "1", PRIVATE));
    ask(&mut world, ada, "set", "", &with_options("public", "1", &[("access_model", "open")]));
    let disco =
        |what: &str, node: &str| format!("<query xmlns='http://jabber.org/protocol/disco#{what}'{node}/>");
    for (kind, payload) in [
        ("get", disco("info", "")),
        ("get", disco("info", " node='private'")),
        ("get", disco("info", " node='nothing'")),
        ("get", disco("items", " node='private'")),
        ("get", in_pubsub("<items node='private'/>")),
        ("get", in_pubsub("<items node='nothing'/>")),
        ("get", in_pubsub("<subscriptions/>")),
        ("get", in_pubsub("<affiliations/>")),
        ("get", in_pubsub("<default/>")),
        ("get", in_pubsub("")),
        ("set", in_pubsub("<create node='mine'/>")),
        ("set", in_pubsub("<publish node='mine'/>")),
        ("set", in_pubsub("<subscribe node='private' jid='1001002@localhost'/>")),
        ("get", "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><default/></pubsub>".into()),
    ] {
        for to in ["1001001@localhost", "nobody@localhost", "finesse@localhost"] {
            let answer = world.ask(stranger, kind, to, &payload);
            assert_eq!(answer, "error cancel service-unavailable", "{to}: {payload}");
        }
    }
    // What is there for everybody is there for strangers.
    assert_eq!(ids(&ask(&mut world, stranger, "get", "1001001@localhost", "<items node='public'/>")), ["1"]);
    let items = world.ask(stranger, "get", "1001001@localhost", &disco("items", ""));
    assert!(items.contains("node=\"public\"") && !items.contains("private"), "{items}");
    let empty = "result <query xmlns=\"http://jabber.org/protocol/disco#items\"/>";
    assert_eq!(world.ask(stranger, "get", "nobody@localhost", &disco("items", "")), empty);
}

fn in_pubsub(verb: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>")
}

/// XEP-0163 §6: an account lists the nodes that the asker may see, and their items to those who may read them.
#[test]
fn an_account_lists_its_nodes() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", &with_options("private", "1", PRIVATE));
    ask(&mut world, ada, "set", "", &with_options("tune", "1", &[("title", "My tune")]));
    let items = |node: &str| format!("<query xmlns='http://jabber.org/protocol/disco#items'{node}/>");
    let tune = "<item jid=\"1001001@localhost\" node=\"tune\" name=\"My tune\"/>";
    let private = "<item jid=\"1001001@localhost\" node=\"private\"/>";
    for to in ["", "1001001@localhost"] {
        let all = world.ask(ada, "get", to, &items(""));
        assert!(all.contains(tune) && all.contains(private), "{all}");
    }
    let all = world.ask(bea, "get", "1001001@localhost", &items(""));
    assert!(all.contains(tune) && !all.contains("private"), "{all}");
    let of_node = world.ask(bea, "get", "1001001@localhost", &items(" node='tune'"));
    assert!(of_node.contains("<item jid=\"1001001@localhost\" name=\"1\"/>"), "{of_node}");
    let page = "<query xmlns='http://jabber.org/protocol/disco#items'>\
                <set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set></query>";
    let page = world.ask(ada, "get", "", page);
    assert!(page.contains("<count>2</count>") && page.matches("<item ").count() == 1, "{page}");
    let info = world.ask(
        bea,
        "get",
        "1001001@localhost",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='tune'/>",
    );
    assert!(info.contains("type=\"leaf\"") && info.contains("<value>1001001@localhost</value>"), "{info}");
    let nothing = "<query xmlns='http://jabber.org/protocol/disco#info' node='nothing'/>";
    assert_eq!(world.ask(bea, "get", "1001001@localhost", nothing), "error cancel item-not-found");
}

/// XEP-0163 §2.2: the node is the account's, whatever its owner says.
#[test]
fn ownership_is_neither_given_away_nor_shared() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", "<create node='n'/>");
    for (jid, affiliation) in [("1001002", "owner"), ("1001001", "none"), ("1001001", "member")] {
        let verb = format!(
            "<affiliations node='n'><affiliation jid='{jid}@localhost' affiliation='{affiliation}'/></affiliations>"
        );
        assert_eq!(own(&mut world, ada, "set", &verb), "error modify not-acceptable", "{jid}");
    }
    let listed = own(&mut world, ada, "get", "<affiliations node='n'/>");
    assert_eq!(listed.matches("<affiliation ").count(), 1, "{listed}");
    // Whoever may publish is one who may read, unless the owner has named somebody.
    let open = form(&[("publish_model", "open")]);
    own(&mut world, ada, "set", &format!("<configure node='n'>{open}</configure>"));
    let stranger = world.connect("1001003/a");
    let to = "1001001@localhost";
    assert_eq!(ask(&mut world, stranger, "set", to, &publish("n", "1")), "error auth forbidden");
    assert!(ask(&mut world, bea, "set", to, &publish("n", "1")).starts_with("result"));
}

/// An account's nodes are bounded in number and in what they keep, and do not count for the service's.
#[test]
fn limits_of_an_account() {
    let mut world = World::with(|config| {
        config.limits.personal_nodes_max = 2;
        config.limits.personal_bytes_max = 2_000;
        config.limits.nodes_max = 1;
    });
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let refused = "error wait resource-constraint";
    for node in ["a", "b"] {
        assert!(ask(&mut world, ada, "set", "", &publish(node, "1")).starts_with("result"));
    }
    for verb in [publish("c", "1"), "<create node='c'/>".into(), "<create/>".into()] {
        assert_eq!(ask(&mut world, ada, "set", "", &verb), refused, "{verb}");
    }
    assert!(ask(&mut world, bea, "set", "", &publish("c", "1")).starts_with("result"), "another account");
    let large = |node: &str, id: &str, bytes: usize| {
        let text = "x".repeat(bytes);
        format!("<publish node='{node}'><item id='{id}'><x xmlns='y'>{text}</x></item></publish>")
    };
    assert!(ask(&mut world, ada, "set", "", &large("a", "1", 1_500)).starts_with("result"));
    assert_eq!(ask(&mut world, ada, "set", "", &large("b", "1", 500)), refused);
    // What gives way makes room.
    assert!(ask(&mut world, ada, "set", "", &large("a", "2", 1_500)).starts_with("result"));
    assert!(ask(&mut world, ada, "set", "", &large("a", "3", 10)).starts_with("result"));
    assert!(ask(&mut world, ada, "set", "", &large("b", "1", 500)).starts_with("result"));
    own(&mut world, ada, "set", "<delete node='a'/>");
    assert!(ask(&mut world, ada, "set", "", &publish("c", "1")).starts_with("result"));
    let long = "n".repeat(3_072);
    let answer = ask(&mut world, bea, "set", "", &format!("<create node='{long}'/>"));
    assert_eq!(answer, "error modify not-acceptable");
}

/// Switched off, accounts are what they were: nothing is advertised, asked or answered.
#[test]
fn without_personal_nodes_accounts_are_no_services() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", &with_options("tune", "1", &[("access_model", "open")]));
    let subscribe = "<subscribe node='tune' jid='1001002@localhost'/>";
    assert!(ask(&mut world, bea, "set", "1001001@localhost", subscribe).starts_with("result"));
    // With nodes from before.
    let mut off = World::with(|config| config.personal_nodes = false);
    off.notifier = notifier::Notifier::new(off.notifier.config().clone());
    world.log.iter().for_each(|entry| off.notifier.restore(entry));
    off.log.clone_from(&world.log);
    let (ada, bea) = (off.connect("1001001/a"), off.bind("1001002/b"));
    Client::new(&["tune+notify"]).comes(&mut off, bea);
    off.send(bea, &Client::new(&["mood+notify"]).presence());
    let got = off.take(bea);
    assert!(got.iter().all(|element| element.name() == "presence"), "{got:?}");
    off.take(ada);
    let unavailable = "error cancel service-unavailable";
    for to in ["", "1001001@localhost", "1001002@localhost", "nobody@localhost"] {
        assert_eq!(ask(&mut off, ada, "get", to, "<items node='tune'/>"), unavailable, "{to}");
        assert_eq!(ask(&mut off, ada, "set", to, &publish("tune", "2")), unavailable, "{to}");
    }
    let disco =
        |what: &str, node: &str| format!("<query xmlns='http://jabber.org/protocol/disco#{what}'{node}/>");
    let info = off.ask(ada, "get", "", &disco("info", ""));
    assert!(info.contains("type=\"registered\"") && !info.contains("pubsub"), "{info}");
    let empty = "result <query xmlns=\"http://jabber.org/protocol/disco#items\"/>";
    off.take(bea);
    for (session, to) in [(ada, ""), (bea, "1001001@localhost")] {
        assert_eq!(off.ask(session, "get", to, &disco("items", "")), empty);
        for what in ["info", "items"] {
            let answer = off.ask(session, "get", to, &disco(what, " node='tune'"));
            assert_eq!(answer, "error cancel item-not-found", "{to}");
        }
    }
    assert!(off.notifier.snapshot().unwrap().len() > 10, "the nodes stay in the log");
}

/// What the log has is there after a restart, from the log and from a snapshot alike.
#[test]
fn personal_nodes_survive_a_restart() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", &with_options("private", "1", PRIVATE));
    ask(&mut world, ada, "set", "", &publish("tune", "1"));
    ask(&mut world, ada, "set", "", &publish("tune", "2"));
    let subscribe = "<subscribe node='tune' jid='1001002@localhost'/>";
    ask(&mut world, bea, "set", "1001001@localhost", subscribe);
    for mut next in [world.restarted(), world.restarted_from_snapshot()] {
        let (ada, bea) = (next.connect("1001001/a"), next.connect("1001002/b"));
        assert_eq!(ids(&ask(&mut next, ada, "get", "", "<items node='private'/>")), ["1"]);
        assert_eq!(ids(&ask(&mut next, bea, "get", "1001001@localhost", "<items node='tune'/>")), ["2"]);
        let closed = "error cancel not-allowed closed-node";
        assert_eq!(ask(&mut next, bea, "get", "1001001@localhost", "<items node='private'/>"), closed);
        ask(&mut next, ada, "set", "", &publish("tune", "3"));
        assert_eq!(next.take(bea).iter().map(show_event).collect::<Vec<_>>(), ["item 3 in tune"]);
        assert_eq!(
            next.notifier.snapshot().unwrap().len(),
            next.restarted().notifier.snapshot().unwrap().len()
        );
    }
}

/// An account that goes takes its nodes along; whoever gets the name later finds nothing.
#[test]
fn the_nodes_of_an_account_end_with_it() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    ask(&mut world, ada, "set", "", &with_options("open", "1", &[("access_model", "open")]));
    ask(&mut world, ada, "set", "", &publish("tune", "1"));
    let subscribe = "<subscribe node='open' jid='1001002@localhost'/>";
    assert!(ask(&mut world, bea, "set", "1001001@localhost", subscribe).starts_with("result"));
    world.take(bea);
    world.administer(AccountCommand::Remove { user: contact::UserId::new("1001001").unwrap() }).unwrap();
    let told: Vec<_> = world.take(bea).iter().filter(|one| one.name() == "message").map(show_event).collect();
    assert_eq!(told, ["delete open"]);
    let answer = ask(&mut world, bea, "get", "1001001@localhost", "<items node='open'/>");
    assert_eq!(answer, "error cancel service-unavailable");
    let kept = world.notifier.snapshot().unwrap();
    let is_personal =
        |change: &Change| matches!(change, Change::NodeCreated { node, .. } if node.contains('\u{1f}'));
    assert!(!kept.iter().any(is_personal), "{kept:?}");
    assert!(!ask(&mut world, bea, "get", "", "<subscriptions/>").contains("open"));
}
