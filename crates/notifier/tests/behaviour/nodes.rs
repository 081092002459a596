//! Nodes that somebody creates: publishing, reading, retracting, configuring, deleting.

use notifier::Who;

use crate::world::{INSTANCE, World, show_event};

fn item(id: &str, payload: &str) -> String {
    format!("<item id='{id}'><price xmlns='urn:prices'>{payload}</price></item>")
}

fn publish(node: &str, items: &str) -> String {
    format!("<publish node='{node}'>{items}</publish>")
}

fn form(fields: &[(&str, &str)]) -> String {
    let field =
        |(name, value): &(&str, &str)| format!("<field var='pubsub#{name}'><value>{value}</value></field>");
    let fields: String = fields.iter().map(field).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

#[test]
fn an_administrator_creates_publishes_and_deletes_and_others_hear_it() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    assert_eq!(world.pubsub(admin, "<create node='prices'/>"), "result");
    assert!(world.subscribe(agent, "prices").starts_with("result"));
    assert_eq!(
        world.pubsub(admin, &publish("prices", &item("p1", "10"))),
        "result <pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><publish node=\"prices\"><item id=\"p1\"/></publish></pubsub>"
    );
    let got = world.take_xml(agent);
    assert_eq!(got.len(), 1);
    assert!(got[0].contains("type=\"headline\""), "{}", got[0]);
    assert!(got[0].contains(
        "<items node=\"prices\"><item id=\"p1\"><price xmlns=\"urn:prices\">10</price></item></items>"
    ));
    assert_eq!(world.pubsub(admin, "<retract node='prices'><item id='p1'/></retract>"), "result");
    assert_eq!(world.take(agent).iter().map(show_event).collect::<Vec<_>>(), ["retract p1 in prices"]);
    world.pubsub(admin, &publish("prices", &item("p2", "11")));
    assert_eq!(world.owner(admin, "set", "<purge node='prices'/>"), "result");
    assert_eq!(
        world.owner(admin, "set", "<delete node='prices'><redirect uri='xmpp:x'/></delete>"),
        "result"
    );
    let events: Vec<_> = world.take(agent).iter().map(show_event).collect();
    assert_eq!(events, ["item p2 in prices", "purge prices", "delete prices"]);
    assert_eq!(world.subscribe(agent, "prices"), "error cancel item-not-found");
    assert!(!world.pubsub_get(agent, "<subscriptions/>").contains("prices"));
}

#[test]
fn a_publisher_learns_the_id_and_cannot_pose_as_another() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    world.pubsub(admin, "<create node='n'/>");
    world.subscribe(agent, "n");
    let answer =
        world.pubsub(admin, &publish("n", "<item publisher='finesse@localhost'><x xmlns='y'/></item>"));
    assert!(answer.contains(&format!("<item id=\"{INSTANCE}")), "{answer}");
    let got = world.take_xml(agent);
    assert!(!got[0].contains("publisher"), "{}", got[0]);
    let id = answer.split("item id=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(got[0].contains(&format!("<item id=\"{id}\">")), "{}", got[0]);
}

#[test]
fn others_may_neither_create_nor_publish_nor_manage() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    assert_eq!(world.pubsub(agent, "<create node='mine'/>"), "error auth forbidden");
    world.pubsub(admin, "<create node='n'/>");
    world.pubsub(admin, &publish("n", &item("1", "x")));
    assert_eq!(world.pubsub(agent, &publish("n", &item("1", "x"))), "error auth forbidden");
    assert_eq!(world.pubsub(agent, "<retract node='n'><item id='1'/></retract>"), "error auth forbidden");
    assert_eq!(world.pubsub(agent, "<retract node='n'><item id='2'/></retract>"), "error auth forbidden");
    for verb in ["<delete node='n'/>", "<purge node='n'/>", "<configure node='n'/>"] {
        assert_eq!(world.owner(agent, "set", verb), "error auth forbidden", "{verb}");
    }
    assert_eq!(world.owner(agent, "get", "<configure node='n'/>"), "error auth forbidden");
}

#[test]
fn anyone_may_create_if_the_operator_says_so_and_owns_what_is_created() {
    let mut world = World::with(|config| config.access.create_nodes = Who::Anyone);
    let (one, two) = (world.connect("1001001/a"), world.connect("1001002/a"));
    assert_eq!(world.pubsub(one, "<create node='mine'/>"), "result");
    assert!(world.pubsub(one, &publish("mine", &item("1", "x"))).starts_with("result"));
    assert_eq!(world.owner(two, "set", "<delete node='mine'/>"), "error auth forbidden");
    let own = "<affiliation node=\"mine\" affiliation=\"owner\"/>";
    assert!(world.pubsub_get(one, "<affiliations/>").contains(own));
    assert!(!world.pubsub_get(two, "<affiliations/>").contains("mine"));
    assert!(world.pubsub_get(one, "<affiliations node='mine'/>").contains(own));
    let open = form(&[("publish_model", "open")]);
    assert_eq!(world.owner(one, "set", &format!("<configure node='mine'>{open}</configure>")), "result");
    assert!(world.pubsub(two, &publish("mine", &item("2", "y"))).starts_with("result"));
    // Who published may retract, and nothing else.
    assert_eq!(world.pubsub(two, "<retract node='mine'><item id='1'/></retract>"), "error auth forbidden");
    assert_eq!(world.pubsub(two, "<retract node='mine'><item id='2'/></retract>"), "result");
    let admin = world.connect("admin/a");
    assert_eq!(world.owner(admin, "set", "<delete node='mine'/>"), "result");
}

#[test]
fn errors_of_creating() {
    let mut world = World::with(|config| config.limits.nodes_max = 3);
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    assert_eq!(world.pubsub(admin, "<create node='n'/>"), "error cancel conflict");
    let long = "x".repeat(3_072);
    assert_eq!(world.pubsub(admin, &format!("<create node='{long}'/>")), "error modify not-acceptable");
    assert_eq!(
        world.pubsub(admin, "<create node='/finesse/api/Team/9/Users'/>"),
        "error modify not-acceptable"
    );
    let unheard_of = form(&[("access_model", "friends")]);
    assert_eq!(
        world.pubsub(admin, &format!("<create node='w'/><configure>{unheard_of}</configure>")),
        "error modify not-acceptable unsupported-access-model"
    );
    let not_here = form(&[("node_type", "branch")]);
    assert_eq!(
        world.pubsub(admin, &format!("<create node='w'/><configure>{not_here}</configure>")),
        "error modify not-acceptable"
    );
    let unknown = form(&[("colour", "red")]);
    assert_eq!(
        world.pubsub(admin, &format!("<create node='w'/><configure>{unknown}</configure>")),
        "result",
        "what is not understood is left out (XEP-0004 §3.1)"
    );
    assert_eq!(world.owner(admin, "set", "<delete node='w'/>"), "result");
    let (first, second) = (world.pubsub(admin, "<create/>"), world.pubsub(admin, "<create/>"));
    assert!(first.contains("<create node=\"") && second.contains("<create node=\""), "{first}");
    assert_ne!(first, second);
    assert_eq!(world.pubsub(admin, "<create node='one-too-many'/>"), "error wait resource-constraint");
}

#[test]
fn errors_of_publishing_and_retracting() {
    let mut world = World::with(|config| {
        config.limits.payload_bytes_max = 100;
        config.limits.items_per_request_max = 2;
    });
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    let big = "x".repeat(100);
    for (verb, expected) in [
        (publish("n", ""), "error modify bad-request item-required"),
        (publish("n", "<item/>"), "error modify bad-request payload-required"),
        (
            publish("n", "<item><a xmlns='y'/><b xmlns='y'/></item>"),
            "error modify bad-request invalid-payload",
        ),
        (publish("n", &item("1", &big)), "error modify not-acceptable payload-too-big"),
        (publish("n", &item(&"i".repeat(1_024), "x")), "error modify not-acceptable"),
        (publish("n", &item("1", "x").repeat(3)), "error cancel not-allowed max-items-exceeded"),
        (format!("<publish>{}</publish>", item("1", "x")), "error modify bad-request nodeid-required"),
        ("<retract node='n'><item id='1'/></retract>".into(), "error cancel item-not-found"),
        ("<retract node='n'><item/></retract>".into(), "error modify bad-request item-required"),
        ("<retract node='none'><item id='1'/></retract>".into(), "error cancel item-not-found"),
    ] {
        assert_eq!(world.pubsub(admin, &verb), expected, "{verb}");
    }
    // One bad item: none is published.
    let batch = publish("n", &format!("{}{}", item("1", "x"), item("2", &big)));
    assert_eq!(world.pubsub(admin, &batch), "error modify not-acceptable payload-too-big");
    assert!(!world.pubsub_get(admin, "<items node='n'/>").contains("<item "));
}

#[test]
fn preconditions_hold_or_nothing_is_published() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    for (field, value, fine) in [
        ("persist_items", "1", true),
        ("persist_items", "false", false),
        ("access_model", "open", true),
        ("x", "y", false),
    ] {
        let options = form(&[(field, value)]);
        let verb = format!("{}<publish-options>{options}</publish-options>", publish("n", &item("1", "x")));
        let answer = world.pubsub(admin, &verb);
        let expected = if fine { "result" } else { "error cancel conflict precondition-not-met" };
        assert!(answer.starts_with(expected), "{field}={value}: {answer}");
    }
}

#[test]
fn items_are_kept_as_configured_and_read_newest_first() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    let three = form(&[("max_items", "3")]);
    assert_eq!(world.pubsub(admin, &format!("<create node='n'/><configure>{three}</configure>")), "result");
    let ids = |answer: &str| -> Vec<String> {
        answer.split("<item id=\"").skip(1).map(|part| part.split('"').next().unwrap().into()).collect()
    };
    assert!(ids(&world.pubsub_get(agent, "<items node='n'/>")).is_empty());
    for id in ["1", "2", "3", "4", "3"] {
        world.pubsub(admin, &publish("n", &item(id, "x")));
    }
    assert_eq!(ids(&world.pubsub_get(agent, "<items node='n'/>")), ["3", "4", "2"]);
    assert_eq!(ids(&world.pubsub_get(agent, "<items node='n' max_items='2'/>")), ["3", "4"]);
    let some = "<items node='n'><item id='2'/><item id='gone'/></items>";
    assert_eq!(ids(&world.pubsub_get(agent, some)), ["2"]);
    assert!(ids(&world.pubsub_get(agent, "<items node='n'><item id='gone'/></items>")).is_empty());
    let one = form(&[("max_items", "1")]);
    world.owner(admin, "set", &format!("<configure node='n'>{one}</configure>"));
    assert_eq!(ids(&world.pubsub_get(agent, "<items node='n'/>")), ["3"]);
    assert_eq!(
        world.pubsub_get(agent, "<items node='/finesse/api/User/1001001'/>"),
        "error cancel feature-not-implemented unsupported persistent-items"
    );
}

#[test]
fn a_transient_node_sends_and_keeps_nothing() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    let transient = form(&[("persist_items", "0"), ("notification_type", "normal")]);
    world.pubsub(admin, &format!("<create node='n'/><configure>{transient}</configure>"));
    world.subscribe(agent, "n");
    world.pubsub(admin, &publish("n", &item("1", "x")));
    let got = world.take(agent);
    assert_eq!((got.len(), got[0].attribute("type")), (1, None));
    let unsupported = "error cancel feature-not-implemented unsupported persistent-items";
    assert_eq!(world.pubsub_get(agent, "<items node='n'/>"), unsupported);
    assert_eq!(world.owner(admin, "set", "<purge node='n'/>"), unsupported);
    assert_eq!(world.pubsub(admin, "<retract node='n'><item id='1'/></retract>"), unsupported);
}

#[test]
fn the_configuration_form_shows_and_takes_what_works() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='n'/>");
    let shown = world.owner(admin, "get", "<configure node='n'/>");
    assert!(shown.contains("<value>http://jabber.org/protocol/pubsub#node_config</value>"), "{shown}");
    assert!(shown.contains("<configure node=\"n\"><x xmlns=\"jabber:x:data\" type=\"form\">"), "{shown}");
    let default = world.owner(admin, "get", "<default/>");
    assert!(default.contains("<default><x xmlns=\"jabber:x:data\" type=\"form\">"), "{default}");
    let set = |form: &str| format!("<configure node='n'>{form}</configure>");
    assert_eq!(world.owner(admin, "set", &set(&form(&[("title", "Prices")]))), "result");
    assert_eq!(world.owner(admin, "set", &set("<x xmlns='jabber:x:data' type='cancel'/>")), "result");
    assert!(world.owner(admin, "get", "<configure node='n'/>").contains("<value>Prices</value>"));
    assert_eq!(
        world.owner(admin, "set", &set(&form(&[("max_items", "many")]))),
        "error modify not-acceptable"
    );
}
