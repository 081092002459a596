//! Who may subscribe, read, publish and decide: access models, affiliations, and owners who are asked.

use notifier::{Config, Who};
use xmpp::Element;

use crate::world::{World, show_event};

pub(crate) fn world() -> World {
    World::with(|config: &mut Config| config.access.create_nodes = Who::Anyone)
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let field =
        |(name, value): &(&str, &str)| format!("<field var='pubsub#{name}'><value>{value}</value></field>");
    let fields: String = fields.iter().map(field).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

pub(crate) fn create(world: &mut World, owner: notifier::SessionId, node: &str, fields: &[(&str, &str)]) {
    let verb = format!("<create node='{node}'/><configure>{}</configure>", form(fields));
    assert_eq!(world.pubsub(owner, &verb), "result");
}

pub(crate) fn publish(node: &str, id: &str) -> String {
    format!("<publish node='{node}'><item id='{id}'><x xmlns='y'/></item></publish>")
}

fn affiliate(node: &str, entries: &[(&str, &str)]) -> String {
    let entry = |(jid, affiliation): &(&str, &str)| {
        format!("<affiliation jid='{jid}@localhost' affiliation='{affiliation}'/>")
    };
    format!("<affiliations node='{node}'>{}</affiliations>", entries.iter().map(entry).collect::<String>())
}

pub(crate) fn only(mut got: Vec<Element>) -> Element {
    assert_eq!(got.len(), 1, "{got:?}");
    got.remove(0)
}

/// Makes `viewer` see the presence of `owner`, and puts it into a group of the owner's roster.
fn befriend(
    world: &mut World,
    (owner, owner_name): (notifier::SessionId, &str),
    (viewer, viewer_name): (notifier::SessionId, &str),
    group: &str,
) {
    world.send(
        viewer,
        &format!("<presence xmlns='jabber:client' to='{owner_name}@localhost' type='subscribe'/>"),
    );
    world.send(
        owner,
        &format!("<presence xmlns='jabber:client' to='{viewer_name}@localhost' type='subscribed'/>"),
    );
    world.send(
        owner,
        &format!(
            "<iq xmlns='jabber:client' type='set' id='r'><query xmlns='jabber:iq:roster'>\
             <item jid='{viewer_name}@localhost'><group>{group}</group></item></query></iq>"
        ),
    );
    world.take(owner);
    world.take(viewer);
}

/// §6.1.3, §6.5.9: every access model refuses in its own words, to subscribe and to read.
#[test]
fn checklist_074_access_models_refuse_in_their_own_words() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    for (model, subscribing, reading) in [
        ("whitelist", "error cancel not-allowed closed-node", "error cancel not-allowed closed-node"),
        (
            "presence",
            "error auth not-authorized presence-subscription-required",
            "error auth not-authorized presence-subscription-required",
        ),
        (
            "roster",
            "error auth not-authorized not-in-roster-group",
            "error auth not-authorized not-in-roster-group",
        ),
    ] {
        create(&mut world, owner, model, &[("access_model", model), ("roster_groups_allowed", "Team")]);
        assert_eq!(world.subscribe(other, model), subscribing);
        assert_eq!(world.pubsub_get(other, &format!("<items node='{model}'/>")), reading);
        assert!(world.subscribe(owner, model).starts_with("result"), "owners always may");
        assert!(world.pubsub_get(owner, &format!("<items node='{model}'/>")).starts_with("result"));
    }
    assert_eq!(world.subscribe(other, "nowhere"), "error cancel item-not-found");
    create(&mut world, owner, "off", &[("subscribe", "0")]);
    assert!(
        world.subscribe(owner, "off").starts_with("error cancel feature-not-implemented unsupported"),
        "subscriptions are off"
    );
    assert_eq!(world.owner(owner, "set", &affiliate("off", &[("1001002", "outcast")])), "result");
    assert_eq!(world.pubsub_get(other, "<items node='off'/>"), "error auth forbidden");

    befriend(&mut world, (owner, "1001001"), (other, "1001002"), "Elsewhere");
    assert!(world.subscribe(other, "presence").starts_with("result"));
    assert_eq!(world.subscribe(other, "roster"), "error auth not-authorized not-in-roster-group");
    befriend(&mut world, (owner, "1001001"), (other, "1001002"), "Team");
    assert!(world.subscribe(other, "roster").starts_with("result"));
    assert!(world.pubsub_get(other, "<items node='roster'/>").starts_with("result"));
}

/// §4.5: who may subscribe because of a roster hears nothing while the roster says otherwise.
#[test]
fn checklist_074_who_lost_the_right_hears_nothing() {
    for (model, to_stranger, back) in [
        ("presence", "presence-subscription-required", "Elsewhere"),
        ("roster", "not-in-roster-group", "Team"),
    ] {
        let mut world = world();
        let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
        let fields = [
            ("access_model", model),
            ("roster_groups_allowed", "Team"),
            ("send_last_published_item", "on_sub_and_presence"),
        ];
        create(&mut world, owner, "n", &fields);
        befriend(&mut world, (owner, "1001001"), (other, "1001002"), "Team");
        assert!(world.subscribe(other, "n").starts_with("result"));
        world.pubsub(owner, &publish("n", "1"));
        assert_eq!(world.take(other).iter().map(show_event).collect::<Vec<_>>(), ["item 1 in n"]);
        world.send(owner, "<presence xmlns='jabber:client' type='unsubscribed' to='1001002@localhost'/>");
        world.take(owner);
        world.take(other);
        world.pubsub(owner, &publish("n", "2"));
        assert!(world.take(other).is_empty(), "no event");
        for kind in [" type='unavailable'", ""] {
            world.send(other, &format!("<presence xmlns='jabber:client'{kind}/>"));
        }
        let got = world.take_xml(other);
        assert!(!got.iter().any(|stanza| stanza.contains("<items ")), "no newest item: {got:?}");
        assert_eq!(
            world.pubsub_get(other, "<items node='n'/>"),
            format!("error auth not-authorized {to_stranger}")
        );
        befriend(&mut world, (owner, "1001001"), (other, "1001002"), back);
        world.pubsub(owner, &publish("n", "3"));
        assert_eq!(world.take(other).iter().map(show_event).collect::<Vec<_>>(), ["item 3 in n"]);
    }
}

/// §6.5: subscribers and members read what strangers may not; an empty node is an empty list.
#[test]
fn checklist_078_who_may_read_items() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("access_model", "authorize")]);
    let items = "<items node='n'/>";
    assert_eq!(world.pubsub_get(other, items), "error auth not-authorized not-subscribed");
    assert_eq!(world.owner(owner, "set", &affiliate("n", &[("1001002", "member")])), "result");
    assert_eq!(
        world.pubsub_get(other, items),
        "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><items node=\"n\"/></pubsub>"
    );
    assert!(world.subscribe(other, "n").starts_with("result"), "a member need not ask");
    assert_eq!(world.owner(owner, "set", &affiliate("n", &[("1001002", "publish-only")])), "result");
    // It no longer is subscribed, and hears that.
    let told = only(world.take(other));
    let subscription = told.child("event", "http://jabber.org/protocol/pubsub#event").unwrap();
    assert_eq!(subscription.first_element().unwrap().attribute("subscription"), Some("none"));
    assert_eq!(world.pubsub_get(other, items), "error auth forbidden");
    assert!(world.pubsub(other, &publish("n", "1")).starts_with("result"));
}

/// §7.1.3: what a publisher may not, and what cannot be published.
#[test]
fn checklist_081_errors_of_publishing() {
    let mut world = World::with(|config| config.limits.items_per_request_max = 2);
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    create(&mut world, admin, "n", &[("max_payload_size", "40")]);
    assert_eq!(world.pubsub(agent, &publish("n", "1")), "error auth forbidden");
    assert_eq!(world.pubsub(agent, &publish("nowhere", "1")), "error cancel item-not-found");
    let item = |content: &str| format!("<publish node='n'>{content}</publish>");
    for (content, expected) in [
        ("<item><x xmlns='y'/><x xmlns='y'/></item>", "error modify bad-request invalid-payload"),
        ("<item/>", "error modify bad-request payload-required"),
        ("", "error modify bad-request item-required"),
        (
            "<item><x xmlns='y'>forty bytes are soon too few</x></item>",
            "error modify not-acceptable payload-too-big",
        ),
        (
            "<item><x xmlns='y'/></item><item><x xmlns='y'/></item><item><x xmlns='y'/></item>",
            "error cancel not-allowed max-items-exceeded",
        ),
    ] {
        assert_eq!(world.pubsub(admin, &item(content)), expected, "{content}");
    }
    assert_eq!(
        world.pubsub(agent, "<publish node='n'/>"),
        "error auth forbidden",
        "who may not publish learns nothing else"
    );
    // A node that keeps its items until it is full.
    create(&mut world, admin, "full", &[("publish_node_full", "reject"), ("max_items", "2")]);
    for id in ["1", "2", "1"] {
        assert!(
            world.pubsub(admin, &publish("full", id)).starts_with("result"),
            "{id} fits, or replaces one"
        );
    }
    assert_eq!(world.pubsub(admin, &publish("full", "3")), "error cancel conflict node-full");
    // A node for one kind of payload.
    create(&mut world, admin, "typed", &[("type", "z")]);
    assert_eq!(world.pubsub(admin, &publish("typed", "1")), "error modify bad-request invalid-payload");
    // Nodes whose events carry nothing: one takes items without payloads, the other no items at all.
    create(&mut world, admin, "light", &[("deliver_payloads", "0")]);
    assert!(world.pubsub(admin, "<publish node='light'><item id='1'/></publish>").starts_with("result"));
    assert_eq!(world.pubsub(admin, "<publish node='light'/>"), "error modify bad-request item-required");
    create(&mut world, admin, "signal", &[("deliver_payloads", "0"), ("persist_items", "0")]);
    assert_eq!(world.pubsub(admin, &publish("signal", "1")), "error modify bad-request item-forbidden");
    world.subscribe(agent, "signal");
    assert!(world.pubsub(admin, "<publish node='signal'/>").starts_with("result"));
    assert!(only(world.take(agent)).to_xml().contains("<items node=\"signal\"><item id="));
    // Whoever may create nodes creates one by publishing (§7.1.4).
    assert!(world.pubsub(admin, &publish("new", "1")).starts_with("result"));
    assert!(world.pubsub_get(admin, "<items node='new'/>").contains("<item id=\"1\">"));
}

/// §7.1.5: options are preconditions at a node that exists, and the configuration of one that is created.
#[test]
fn checklist_082_publish_options() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    let with = |fields: &[(&str, &str)]| {
        format!("{}<publish-options>{}</publish-options>", publish("n", "1"), form(fields))
    };
    assert_eq!(
        world.pubsub(owner, &with(&[("colour", "red")])),
        "error cancel conflict precondition-not-met",
        "an unknown field"
    );
    assert_eq!(world.pubsub_get(owner, "<items node='n'/>"), "error cancel item-not-found");
    assert!(world.pubsub(owner, &with(&[("access_model", "whitelist")])).starts_with("result"));
    assert_eq!(world.subscribe(other, "n"), "error cancel not-allowed closed-node");
    assert!(world.pubsub(owner, &with(&[("access_model", "whitelist")])).starts_with("result"));
    assert_eq!(
        world.pubsub(owner, &with(&[("access_model", "open")])),
        "error cancel conflict precondition-not-met"
    );
}

/// §7.1.2.3: who published is the server's to say, and nobody's to claim.
#[test]
fn checklist_084_a_publisher_cannot_be_claimed() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("publish_model", "open")]);
    world.subscribe(owner, "n");
    world.pubsub(
        other,
        "<publish node='n'><item id='1' publisher='admin@localhost'><x xmlns='y'/></item></publish>",
    );
    assert!(!world.take_xml(owner)[0].contains("admin"));
    assert!(!world.pubsub_get(owner, "<items node='n'/>").contains("admin"));
}

/// §8.1: what can be created, by whom and how.
#[test]
fn checklist_088_creating() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    assert_eq!(world.pubsub(agent, "<create node='n'/>"), "error auth forbidden");
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "result");
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "error cancel conflict");
    assert!(world.pubsub(admin, "<create/>").starts_with("result <pubsub"), "an instant node");
    let configure = |form: &str| format!("<create node='m'/><configure>{form}</configure>");
    assert_eq!(
        world.pubsub(admin, &configure(&form(&[("access_model", "friends")]))),
        "error modify not-acceptable unsupported-access-model"
    );
    assert_eq!(
        world.pubsub(admin, &format!("<create node='m'/><configure node='m'>{}</configure>", form(&[]))),
        "error modify bad-request"
    );
    assert_eq!(world.pubsub(admin, &configure(&form(&[("title", "M")]))), "result");
}

/// §8.2: the form shows what is, takes what changes, and subscribers may hear of it.
#[test]
fn checklist_089_configuring() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("notify_config", "true"), ("title", "Before")]);
    world.subscribe(other, "n");
    let set = |form: &str| format!("<configure node='n'>{form}</configure>");
    let shown = world.owner(owner, "get", "<configure node='n'/>");
    for part in ["#node_config</value>", "<value>Before</value>", "var=\"pubsub#access_model\""] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(world.owner(owner, "set", &set("<x xmlns='jabber:x:data' type='cancel'/>")), "result");
    assert!(world.take(other).is_empty());
    let mut told = Vec::new();
    for (value, expected) in
        [("0", "<value>0</value>"), ("false", "<value>0</value>"), ("true", "<value>1</value>")]
    {
        assert_eq!(world.owner(owner, "set", &set(&form(&[("deliver_payloads", value)]))), "result");
        told.extend(world.take_xml(other));
        let shown = world.owner(owner, "get", "<configure node='n'/>");
        let field = shown.split("var=\"pubsub#deliver_payloads\"").nth(1).unwrap();
        assert!(field.split("</field>").next().unwrap().contains(expected), "{field}");
    }
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("<configuration node=\"n\"/>"), "no payloads: {}", told[0]);
    assert!(
        told[2].contains("<configuration node=\"n\"><x xmlns=\"jabber:x:data\" type=\"result\">"),
        "{}",
        told[2]
    );
    assert_eq!(
        world.owner(owner, "set", &set(&form(&[("deliver_payloads", "perhaps")]))),
        "error modify not-acceptable"
    );
    assert_eq!(world.owner(owner, "set", &set(&form(&[("max_items", "max")]))), "result");
    world.take(other);
    assert_eq!(world.owner(other, "get", "<configure node='n'/>"), "error auth forbidden");
    assert_eq!(world.owner(owner, "get", "<configure node='m'/>"), "error cancel item-not-found");
}

/// §8.3–§8.5: defaults, one event for a purge, and a deletion that everybody hears, those included who only asked.
#[test]
fn checklist_090_default_purge_and_delete() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    let third = world.connect("1001003/a");
    assert!(
        world
            .owner(other, "get", "<default/>")
            .contains("<default><x xmlns=\"jabber:x:data\" type=\"form\">")
    );
    create(&mut world, owner, "n", &[("access_model", "authorize")]);
    world.owner(owner, "set", &affiliate("n", &[("1001002", "member")]));
    world.subscribe(other, "n");
    assert!(world.subscribe(third, "n").contains("subscription=\"pending\""));
    world.take(owner);
    for id in ["1", "2"] {
        world.pubsub(owner, &publish("n", id));
    }
    world.take(other);
    for verb in ["<purge node='n'/>", "<delete node='n'/>"] {
        assert_eq!(world.owner(other, "set", verb), "error auth forbidden");
    }
    assert_eq!(world.owner(owner, "set", "<purge node='m'/>"), "error cancel item-not-found");
    assert_eq!(world.owner(owner, "set", "<purge node='n'/>"), "result");
    let told = world.take_xml(other);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("<purge node=\"n\"/>"), "{}", told[0]);
    assert_eq!(world.owner(owner, "set", "<delete node='n'><redirect uri='xmpp:m'/></delete>"), "result");
    assert!(world.take_xml(other)[0].contains("<delete node=\"n\"><redirect uri=\"xmpp:m\"/></delete>"));
    assert!(world.take_xml(third)[0].contains("<delete node=\"n\"/>"));
    assert_eq!(world.owner(owner, "set", "<delete node='n'/>"), "error cancel item-not-found");
}

/// §8.9: only what is named changes, somebody always owns the node, and what failed is told as it still is.
#[test]
fn checklist_091_owners_manage_affiliations() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[]);
    assert_eq!(world.owner(other, "get", "<affiliations node='n'/>"), "error auth forbidden");
    assert_eq!(world.owner(owner, "set", &affiliate("n", &[("1001002", "publisher")])), "result");
    assert!(world.pubsub(other, &publish("n", "1")).starts_with("result"));
    assert!(
        world
            .pubsub_get(other, "<affiliations/>")
            .contains("<affiliation node=\"n\" affiliation=\"publisher\"/>")
    );
    let listed = world.owner(owner, "get", "<affiliations node='n'/>");
    assert!(listed.contains("jid=\"1001001@localhost\" affiliation=\"owner\""), "{listed}");
    assert!(listed.contains("jid=\"1001002@localhost\" affiliation=\"publisher\""), "{listed}");

    // The last owner stays, the rest is done, and the answer says which is which.
    world.request(
        owner,
        "set",
        "pubsub.localhost",
        &format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{}</pubsub>",
            affiliate("n", &[("1001001", "none"), ("nobody", "member"), ("1001002", "none")])
        ),
    );
    let answer = only(world.take(owner)).to_xml();
    assert!(answer.contains("<not-acceptable "), "{answer}");
    assert!(answer.contains("jid=\"1001001@localhost\" affiliation=\"owner\""), "{answer}");
    assert!(answer.contains("jid=\"nobody@localhost\" affiliation=\"none\""), "{answer}");
    assert!(!answer.contains("1001002"), "{answer}");
    assert!(!world.owner(owner, "get", "<affiliations node='n'/>").contains("1001002"));
    assert_eq!(
        world.owner(owner, "set", &affiliate("n", &[("1001002", "member"), ("1001002", "owner")])),
        "error modify bad-request"
    );
    assert_eq!(
        world.owner(owner, "set", &affiliate("n", &[("1001002", "owner"), ("1001001", "none")])),
        "result",
        "the node changes hands"
    );
    assert_eq!(world.owner(owner, "get", "<affiliations node='n'/>"), "error auth forbidden");
}

/// §8.8: owners end and make subscriptions, and whoever is concerned hears it (§12.14).
#[test]
fn checklist_091_owners_manage_subscriptions() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[]);
    let set = |jid: &str, state: &str| {
        format!("<subscriptions node='n'><subscription jid='{jid}' subscription='{state}'/></subscriptions>")
    };
    assert_eq!(world.owner(owner, "set", &set("1001002@localhost", "subscribed")), "result");
    assert!(world.take_xml(other)[0].contains("jid=\"1001002@localhost\" subscription=\"subscribed\""));
    world.pubsub(owner, &publish("n", "1"));
    assert_eq!(world.take(other).len(), 1);
    let listed = world.owner(owner, "get", "<subscriptions node='n'/>");
    assert!(listed.contains("jid=\"1001002@localhost\" subscription=\"subscribed\""), "{listed}");
    assert_eq!(world.owner(owner, "set", &set("1001002@localhost", "none")), "result");
    assert!(world.take_xml(other)[0].contains("subscription=\"none\""));
    world.pubsub(owner, &publish("n", "2"));
    assert!(world.take(other).is_empty());
    for (jid, state) in
        [("1001002@localhost", "pending"), ("1001002@localhost/gone", "subscribed"), ("a@b", "none")]
    {
        let answer = world.owner(owner, "set", &set(jid, state));
        assert_eq!(answer, "error modify not-acceptable", "{jid} {state}");
    }
    assert_eq!(world.owner(other, "get", "<subscriptions node='n'/>"), "error auth forbidden");
}

/// §7.1.2.5: what gives way at a full node, and who hears of it.
#[test]
fn checklist_081_the_oldest_item_gives_way() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    for (node, policy) in [("loud", "retract-oldest"), ("quiet", "discard-oldest")] {
        create(&mut world, owner, node, &[("publish_node_full", policy), ("max_items", "1")]);
        world.subscribe(other, node);
        for id in ["1", "2"] {
            world.pubsub(owner, &publish(node, id));
        }
        let told: Vec<String> = world.take(other).iter().map(show_event).collect();
        let mut expected = vec![format!("item 1 in {node}")];
        expected.extend((policy == "retract-oldest").then(|| format!("retract 1 in {node}")));
        expected.push(format!("item 2 in {node}"));
        assert_eq!(told, expected);
        let items = world.pubsub_get(owner, &format!("<items node='{node}'/>"));
        assert!(items.contains("id=\"2\"") && !items.contains("id=\"1\""), "{items}");
    }
}

/// §16.4.4: `item_expire` ends items without a word, `deliver_notifications` keeps quiet about all of them.
#[test]
fn checklist_089_items_end_and_stay_untold_as_configured() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("item_expire", "60")]);
    create(&mut world, owner, "m", &[("deliver_notifications", "0")]);
    for node in ["n", "m"] {
        world.subscribe(other, node);
    }
    for node in ["n", "m"] {
        world.pubsub(owner, &publish(node, "1"));
    }
    assert_eq!(world.take(other).iter().map(show_event).collect::<Vec<_>>(), ["item 1 in n"]);
    assert!(world.pubsub_get(owner, "<items node='m'/>").contains("<item id=\"1\">"));
    world.wait_ms(30_000);
    world.pubsub(owner, &publish("n", "2"));
    world.take(other);
    world.wait_ms(30_000);
    let left = world.pubsub_get(owner, "<items node='n'/>");
    assert!(left.contains("id=\"2\"") && !left.contains("id=\"1\""), "{left}");
    world.wait_ms(30_000);
    assert!(!world.pubsub_get(owner, "<items node='n'/>").contains("<item "));
    assert!(world.take(other).is_empty(), "nobody is told");
    assert!(world.pubsub_get(owner, "<items node='m'/>").contains("<item id=\"1\">"), "another node's stay");
}

/// §5.4: what a node tells about itself is for those who may know of it.
#[test]
fn meta_data_is_not_for_strangers() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("access_model", "whitelist"), ("description", "Secret")]);
    let query = "<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>";
    let own = world.ask(owner, "get", "pubsub.localhost", query);
    assert!(own.contains("Secret") && own.contains("<value>1001001@localhost</value>"), "{own}");
    let foreign = world.ask(other, "get", "pubsub.localhost", query);
    assert!(foreign.starts_with("result") && !foreign.contains("Secret"), "{foreign}");
    assert!(!foreign.contains("1001001"), "{foreign}");
}

/// §6.1.7: the newest item follows the result, and says when it was published.
#[test]
fn checklist_075_the_newest_item_follows_the_result() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("send_last_published_item", "on_sub")]);
    assert!(world.subscribe(other, "n").starts_with("result"), "there is none yet");
    world.pubsub(owner, &publish("n", "1"));
    world.pubsub(owner, &publish("n", "2"));
    world.take(other);
    for _ in 0..2 {
        // Again for a repeated subscription.
        let jid = world.jid(other).to_owned();
        world.request(
            other,
            "set",
            "pubsub.localhost",
            &format!(
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='n' jid='{jid}'/></pubsub>"
            ),
        );
        let got = world.take_xml(other);
        assert_eq!(got.len(), 2, "{got:?}");
        assert!(got[0].contains("subscription=\"subscribed\""), "{}", got[0]);
        assert!(
            got[1].contains("<item id=\"2\">")
                && got[1].contains("<delay xmlns=\"urn:xmpp:delay\" stamp=\"2026-")
        );
        assert!(got[1].contains(&format!("to=\"{jid}\"")), "{}", got[1]);
    }
    create(&mut world, owner, "m", &[]);
    world.pubsub(owner, &publish("m", "1"));
    assert!(world.subscribe(other, "m").starts_with("result"), "and nothing else");
}

/// §6.5.4: a page at a time, newest first.
#[test]
fn checklist_078_items_in_pages() {
    let mut world = World::with(|config| config.limits.items_reply_bytes_max = 60);
    let admin = world.connect("admin/a");
    create(&mut world, admin, "n", &[]);
    for id in ["1", "2", "3", "4", "5"] {
        world.pubsub(admin, &publish("n", id));
    }
    let ids = |answer: &str| -> Vec<String> {
        answer.split("<item id=\"").skip(1).map(|rest| rest[..1].to_owned()).collect()
    };
    let page = |world: &mut World, set: &str| {
        let set = format!("<items node='n'/><set xmlns='http://jabber.org/protocol/rsm'>{set}</set>");
        world.pubsub_get(admin, &set)
    };
    let first = page(&mut world, "<max>2</max>");
    assert_eq!(ids(&first), ["5", "4"]);
    assert!(first.contains("<first index=\"0\">5</first><last>4</last><count>5</count>"), "{first}");
    assert_eq!(ids(&page(&mut world, "<max>2</max><after>4</after>")), ["3", "2"]);
    assert_eq!(ids(&page(&mut world, "<max>2</max><before/>")), ["2", "1"]);
    assert_eq!(page(&mut world, "<after>9</after>"), "error cancel item-not-found");
    // What does not fit into a reply is left out, and the reply says so.
    let all = world.pubsub_get(admin, "<items node='n'/>");
    assert_eq!(ids(&all), ["5", "4", "3", "2"]);
    assert!(all.contains("<last>2</last><count>5</count>"), "{all}");
    assert_eq!(ids(&world.pubsub_get(admin, "<items node='n' max_items='1'/>")), ["5"]);
    assert_eq!(ids(&world.pubsub_get(admin, "<items node='n'><item id='2'/><item id='9'/></items>")), ["2"]);
}

/// Everything that was decided is there after a restart, by the log and by a snapshot.
#[test]
fn affiliations_and_requests_outlive_the_server() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("access_model", "authorize")]);
    world.owner(owner, "set", &affiliate("n", &[("1001003", "outcast"), ("1001004", "owner")]));
    world.owner(owner, "set", &affiliate("n", &[("1001001", "none")]));
    world.pubsub(other, "<subscribe node='n' jid='1001002@localhost'/>");
    let snapshot = world.notifier.snapshot().expect("settled");
    let mut again = World::empty(|config| config.access.create_nodes = Who::Anyone);
    again.notifier.restore(&notifier::Entry {
        position: world.notifier.position(),
        at: world.now,
        changes: snapshot,
    });
    let mut owner = again.bind("1001004/a");
    again.send(owner, "<presence xmlns='jabber:client'/>");
    assert!(again.take_xml(owner).iter().any(|message| message.contains("1001002@localhost")));
    let listed = again.owner(owner, "get", "<affiliations node='n'/>");
    assert!(listed.contains("outcast") && !listed.contains("1001001"), "{listed}");

    let mut replayed = World::empty(|config| config.access.create_nodes = Who::Anyone);
    for entry in &world.log {
        replayed.notifier.restore(entry);
    }
    owner = replayed.bind("1001004/a");
    assert_eq!(replayed.owner(owner, "get", "<affiliations node='n'/>"), listed);
    assert!(replayed.owner(owner, "get", "<subscriptions node='n'/>").contains("subscription=\"pending\""));
}
