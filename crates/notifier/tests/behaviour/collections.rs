//! Nodes that hold nodes (XEP-0248): who hears what through them, and how they are put together.

use notifier::{SessionId, Who};
use proptest::prelude::*;

use crate::features::Stage;
use crate::world::{World, show_event};

fn field(name: &str, values: &[&str]) -> String {
    let values: String = values.iter().map(|value| format!("<value>{value}</value>")).collect();
    format!("<field var='pubsub#{name}'>{values}</field>")
}

fn form(fields: &[(&str, &[&str])]) -> String {
    let fields: String = fields.iter().map(|(name, values)| field(name, values)).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

fn create(node: &str, fields: &[(&str, &[&str])]) -> String {
    format!("<create node='{node}'/><configure>{}</configure>", form(fields))
}

fn collection(node: &str, parent: &str) -> String {
    create(node, &[("node_type", &["collection"]), ("collection", &[parent])])
}

fn leaf(node: &str, parent: &str) -> String {
    create(node, &[("collection", &[parent])])
}

fn configure(node: &str, fields: &[(&str, &[&str])]) -> String {
    format!("<configure node='{node}'>{}</configure>", form(fields))
}

fn publish(node: &str) -> String {
    format!("<publish node='{node}'><item id='i'><x xmlns='y'/></item></publish>")
}

fn put(node: &str, verb: &str, child: &str) -> String {
    format!("<collection node='{node}'><{verb} node='{child}'/></collection>")
}

fn subscribe(jid: &str, node: &str, about: &str, depth: &str) -> String {
    let chosen = form(&[("subscription_type", &[about]), ("subscription_depth", &[depth])]);
    format!("<subscribe node='{node}' jid='{jid}'/><options>{chosen}</options>")
}

/// What a session has heard: the event, and through which collection.
fn heard(world: &mut World, session: SessionId) -> Vec<String> {
    let show = |message: &xmpp::Element| {
        let headers = message.child("headers", "http://jabber.org/protocol/shim");
        let named = |header: &&xmpp::Element| header.attribute("name") == Some("Collection");
        match headers.and_then(|headers| headers.elements().find(named)) {
            Some(header) => format!("{} through {}", show_event(message), header.text()),
            None => show_event(message),
        }
    };
    world.take(session).iter().map(show).collect()
}

/// A world with `top`, `top/mid` in it and the leaf `low` in that; its owner, and somebody else.
fn world() -> (World, SessionId, SessionId) {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    for verb in [collection("top", ""), collection("mid", "top"), leaf("low", "mid")] {
        assert_eq!(world.pubsub(admin, &verb), "result");
    }
    (world, admin, agent)
}

pub(crate) fn collections(stage: &mut Stage) {
    stage.admin_does(&collection("c", ""));
    stage.agent_does(&subscribe("1001001@localhost/a", "c", "items", "1"));
    stage.admin_does(&leaf("l", "c"));
    stage.admin_does(&publish("l"));
    assert_eq!(heard(&mut stage.world, stage.agent), ["item i in l through c"]);
}

pub(crate) fn one_collection_only(stage: &mut Stage) {
    stage.admin_does(&collection("c", ""));
    stage.admin_does(&collection("d", ""));
    let both = create("l", &[("collection", &["c", "d"])]);
    let answer = stage.world.pubsub(stage.admin, &both);
    assert_eq!(answer, "error cancel feature-not-implemented unsupported multi-collection");
}

/// §6.1: what a subscriber chose, how deep, and each event once.
#[test]
fn a_collection_is_heard_as_far_down_and_about_what_was_chosen() {
    let (mut world, admin, _) = world();
    let people: Vec<_> = ["1001001", "1001002", "1001003"]
        .into_iter()
        .flat_map(|user| ["a", "b", "c"].map(|resource| format!("{user}/{resource}")))
        .map(|address| (world.connect(&address), address))
        .collect();
    let choices = [
        ("items", "all"),
        ("items", "1"),
        ("items", "2"),
        ("nodes", "all"),
        ("nodes", "1"),
        ("all", "2"),
        ("all", "0"),
        ("nodes", "0"),
    ];
    people.iter().for_each(|(session, _)| drop(world.take(*session)));
    for ((session, address), (about, depth)) in people.iter().zip(choices) {
        let jid = address.replace('/', "@localhost/");
        let answer = world.pubsub(*session, &subscribe(&jid, "top", about, depth));
        assert!(answer.starts_with("result"), "{answer}");
        assert!(answer.contains(&format!("<value>{depth}</value>")), "{answer}");
    }
    // The last one chooses nothing: nodes, one step down.
    let plain = people[8].0;
    assert!(world.subscribe(plain, "top").starts_with("result"));
    let expect = |world: &mut World, what: &str, hearers: [bool; 9]| {
        for ((session, _), (hears, choice)) in
            people.iter().zip(hearers.into_iter().zip(choices.iter().chain([&("", "")])))
        {
            let expected: Vec<String> = if hears { vec![format!("{what} through top")] } else { Vec::new() };
            assert_eq!(heard(world, *session), expected, "{choice:?}");
        }
    };
    world.pubsub(admin, &publish("low"));
    expect(&mut world, "item i in low", [true, false, true, false, false, true, false, false, false]);
    world.pubsub(admin, &leaf("leaf", "top"));
    expect(&mut world, "create leaf", [false, false, false, true, true, true, false, false, true]);
    world.pubsub(admin, &publish("leaf"));
    expect(&mut world, "item i in leaf", [true, true, true, false, false, true, false, false, false]);
    world.owner(admin, "set", "<purge node='leaf'/>");
    expect(&mut world, "purge leaf", [true, true, true, false, false, true, false, false, false]);
    world.pubsub(admin, &leaf("lower", "mid"));
    expect(&mut world, "create lower", [false, false, false, true, false, true, false, false, false]);
    world.owner(admin, "set", "<delete node='leaf'/>");
    expect(&mut world, "delete leaf", [false, false, false, true, true, true, false, false, true]);
}

/// Whoever follows a leaf and collections above it gets one copy, unless copies are wanted.
#[test]
fn one_copy_however_many_ways_lead_to_it() {
    for one_copy in [true, false] {
        let mut world = World::with(|config| config.one_copy_per_session = one_copy);
        let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
        for verb in [collection("top", ""), collection("mid", "top"), leaf("low", "mid")] {
            world.pubsub(admin, &verb);
        }
        for node in ["top", "mid"] {
            world.pubsub(agent, &subscribe("1001001@localhost/a", node, "items", "all"));
            world.pubsub(agent, &subscribe("1001001@localhost", node, "items", "all"));
        }
        world.subscribe(agent, "low");
        world.pubsub(admin, &publish("low"));
        let heard = heard(&mut world, agent);
        if one_copy {
            assert_eq!(heard, ["item i in low"]);
            world.pubsub(agent, "<unsubscribe node='low' jid='1001001@localhost/a'/>");
            world.pubsub(admin, &publish("low"));
            assert_eq!(self::heard(&mut world, agent), ["item i in low through mid"]);
        } else {
            assert_eq!(heard[0], "item i in low");
            assert_eq!(heard.iter().filter(|one| one.ends_with("through mid")).count(), 2);
            assert_eq!(heard.iter().filter(|one| one.ends_with("through top")).count(), 2);
        }
    }
}

/// §5.1, §5.2: what it says about itself.
#[test]
fn a_collection_is_found_and_looked_into() {
    let (mut world, admin, agent) = world();
    world.pubsub(admin, &create("secret", &[("collection", &["mid"]), ("access_model", &["whitelist"])]));
    let ask = |world: &mut World, session, what: &str, node: &str| {
        let query = format!("<query xmlns='http://jabber.org/protocol/disco#{what}'{node}/>");
        world.ask(session, "get", "pubsub.localhost", &query)
    };
    let root = ask(&mut world, agent, "items", "");
    assert!(
        root.contains("node=\"top\"") && !root.contains("\"mid\"") && !root.contains("\"low\""),
        "{root}"
    );
    let mid = ask(&mut world, agent, "items", " node='mid'");
    assert!(mid.contains("<item jid=\"pubsub.localhost\" node=\"low\"/>"), "{mid}");
    assert!(!mid.contains("secret"), "{mid}");
    assert!(ask(&mut world, admin, "items", " node='mid'").contains("\"secret\""));
    assert!(
        ask(&mut world, agent, "info", " node='mid'").contains("category=\"pubsub\" type=\"collection\"")
    );
    assert!(ask(&mut world, agent, "info", " node='low'").contains("category=\"pubsub\" type=\"leaf\""));
    let headers = ask(&mut world, agent, "info", " node='http://jabber.org/protocol/shim'");
    assert!(headers.contains("shim#Collection"), "{headers}");
    let shown = world.owner(admin, "get", "<configure node='mid'/>");
    for expected in
        ["<value>collection</value>", "<value>top</value>", "<value>low</value><value>secret</value>"]
    {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
    assert!(!shown.contains("max_items"), "{shown}");
    let default = world.owner(admin, "get", "<default type='collection'/>");
    assert!(default.contains("pubsub#children_max") && !default.contains("max_items"), "{default}");
    let default = world.owner(admin, "get", "<default/>");
    assert!(default.contains("pubsub#collection") && default.contains("max_items"), "{default}");
    let options = world.pubsub_get(agent, "<default node='top'/>");
    assert!(options.contains("subscription_depth"), "{options}");
    assert!(!world.pubsub_get(agent, "<default node='low'/>").contains("subscription_depth"));
}

/// §4.1: a collection has no items.
#[test]
fn a_collection_takes_and_shows_no_items() {
    let (mut world, admin, agent) = world();
    let no = |feature: &str| format!("error cancel feature-not-implemented unsupported {feature}");
    assert_eq!(world.pubsub(admin, &publish("top")), no("publish"));
    let options = form(&[("node_type", &["collection"])]);
    let options = format!("{}<publish-options>{options}</publish-options>", publish("new"));
    assert_eq!(world.pubsub(admin, &options), no("publish"));
    assert_eq!(world.pubsub_get(agent, "<items node='top'/>"), no("persistent-items"));
    assert_eq!(world.owner(admin, "set", "<purge node='top'/>"), no("persistent-items"));
    world.pubsub(admin, &publish("low"));
    // §7.2.4: a leaf may become a collection, and loses its items; never the other way round.
    assert_eq!(world.owner(admin, "set", &configure("low", &[("node_type", &["collection"])])), "result");
    assert_eq!(world.pubsub_get(agent, "<items node='low'/>"), no("persistent-items"));
    let back = world.owner(admin, "set", &configure("low", &[("node_type", &["leaf"])]));
    assert_eq!(back, "error cancel not-allowed invalid-options");
    let again = world.restarted();
    assert_eq!(again.notifier.snapshot(), world.notifier.snapshot());
}

/// §7.2, §7.5, §7.6: every way to put a node somewhere, and what the collection tells of it.
#[test]
fn nodes_are_put_into_collections_and_taken_out() {
    let (mut world, admin, agent) = world();
    world.pubsub(admin, "<create node='n'/>");
    world.owner(admin, "set", &configure("top", &[("notify_config", &["1"])]));
    world.pubsub(agent, &subscribe("1001001@localhost/a", "top", "nodes", "1"));
    let moves = [
        (put("top", "associate", "n"), "associate"),
        (put("top", "dissociate", "n"), "dissociate"),
        (configure("n", &[("collection", &["top"])]), "associate"),
        (configure("n", &[("collection", &[""])]), "dissociate"),
    ];
    for (verb, told) in moves {
        assert_eq!(world.owner(admin, "set", &verb), "result", "{verb}");
        let messages = world.take_xml(agent);
        assert_eq!(messages.len(), 1, "{verb}: {messages:?}");
        let expected = format!("<collection node=\"top\"><{told} node=\"n\"></{told}></collection>");
        assert!(
            messages[0].contains(&expected) || messages[0].contains(&format!("<{told} node=\"n\"/>")),
            "{messages:?}"
        );
    }
    // All at once: `mid` goes, `n` comes.
    assert_eq!(world.owner(admin, "set", &configure("top", &[("children", &["n"])])), "result");
    assert_eq!(heard(&mut world, agent), ["configuration top", "collection top", "collection top"]);
    let shown = world.owner(admin, "get", "<configure node='n'/>");
    assert!(shown.contains("<value>top</value>"), "{shown}");
    let root = world.ask(
        agent,
        "get",
        "pubsub.localhost",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
    );
    assert!(root.contains("\"mid\"") && !root.contains("\"n\""), "{root}");
    // §8.2: what stood in a collection that goes stands at the root.
    assert_eq!(world.owner(admin, "set", "<delete node='top'/>"), "result");
    assert_eq!(heard(&mut world, agent), ["collection top", "delete top"]);
    let root = world.ask(
        agent,
        "get",
        "pubsub.localhost",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
    );
    assert!(root.contains("\"n\"") && !root.contains("\"top\""), "{root}");
    for again in [world.restarted(), world.restarted_from_snapshot()] {
        assert_eq!(again.notifier.snapshot(), world.notifier.snapshot());
    }
}

/// §7.2.3, §7.5.3, §7.6.3.
#[test]
fn what_cannot_stand_there_is_refused() {
    let mut world = World::with(|config| {
        config.access.create_nodes = Who::Anyone;
        config.limits.collection_depth_max = 4;
    });
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    for verb in [collection("top", ""), collection("mid", "top"), leaf("low", "mid"), leaf("alone", "")] {
        assert_eq!(world.pubsub(owner, &verb), "result");
    }
    world.pubsub(
        other,
        &create("open", &[("node_type", &["collection"]), ("children_association_policy", &["all"])]),
    );
    world.pubsub(
        other,
        &create(
            "full",
            &[
                ("node_type", &["collection"]),
                ("children_max", &["0"]),
                ("children_association_policy", &["all"]),
            ],
        ),
    );
    world.pubsub(other, &leaf("foreign", ""));
    let invalid = "error cancel not-allowed invalid-options";
    let full = "error cancel not-allowed max-nodes-exceeded";
    let forbidden = "error auth forbidden";
    let refused = [
        (put("alone", "associate", "low"), invalid),
        (put("low", "associate", "top"), invalid),
        (put("mid", "associate", "top"), invalid),
        (put("mid", "associate", "mid"), invalid),
        (configure("top", &[("collection", &["mid"])]), invalid),
        (configure("mid", &[("children", &["top"])]), invalid),
        (configure("low", &[("children", &["alone"])]), invalid),
        (configure("top", &[("collection", &["nowhere"])]), "error cancel item-not-found"),
        (put("top", "associate", "nothing"), "error cancel item-not-found"),
        (put("top", "dissociate", "low"), "error modify bad-request"),
        (put("top", "associate", "foreign"), forbidden),
        (configure("top", &[("children", &["mid", "foreign"])]), forbidden),
        (put("full", "associate", "alone"), full),
        (configure("top", &[("children_max", &["1"]), ("children", &["mid", "alone"])]), full),
        (put("open", "dissociate", "foreign"), forbidden),
        ("<collection node='top'/>".into(), "error modify bad-request"),
        (configure("low", &[("children_association_policy", &["friends"])]), "error modify not-acceptable"),
    ];
    let before = world.notifier.snapshot();
    for (verb, expected) in refused {
        assert_eq!(world.owner(owner, "set", &verb), expected, "{verb}");
    }
    assert_eq!(world.owner(other, "set", &put("top", "associate", "foreign")), forbidden);
    assert_eq!(world.owner(other, "set", &put("mid", "dissociate", "low")), forbidden);
    assert_eq!(world.notifier.snapshot(), before);
    // What is open to everybody takes it, and either owner takes it out.
    assert_eq!(world.owner(owner, "set", &put("open", "associate", "alone")), "result");
    assert_eq!(world.owner(other, "set", &put("open", "dissociate", "alone")), "result");
    // Depth: four levels, and no fifth.
    assert_eq!(world.owner(owner, "set", &configure("low", &[("node_type", &["collection"])])), "result");
    assert_eq!(world.pubsub(owner, &collection("fourth", "low")), "result");
    assert_eq!(world.pubsub(owner, &leaf("fifth", "fourth")), "error wait resource-constraint");
    assert_eq!(world.pubsub(owner, &collection("crown", "")), "result");
    assert_eq!(
        world.owner(owner, "set", &put("crown", "associate", "top")),
        "error wait resource-constraint"
    );
    let all = configure("crown", &[("children", &["top"])]);
    assert_eq!(world.owner(owner, "set", &all), "error wait resource-constraint");
}

/// Accounts have no collections (XEP-0163), and say so.
#[test]
fn an_account_has_no_collections() {
    let mut stage = Stage::personal(|_| {});
    let no = "error cancel feature-not-implemented unsupported collections";
    let mut ask = |kind: &str, suffix: &str, verb: &str| {
        let payload = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub{suffix}'>{verb}</pubsub>");
        stage.world.ask(stage.admin, kind, "admin@localhost", &payload)
    };
    assert_eq!(ask("set", "", &collection("c", "")), no);
    assert_eq!(ask("set", "", &leaf("l", "c")), no);
    assert_eq!(ask("set", "", "<create node='n'/>"), "result");
    assert_eq!(ask("set", "#owner", &put("n", "associate", "n")), no);
    assert_eq!(ask("set", "#owner", &put("n", "dissociate", "n")), no);
    assert!(!ask("get", "#owner", "<configure node='n'/>").contains("pubsub#collection"));
}

#[derive(Clone, Debug)]
enum Step {
    Put { node: usize, into: usize },
    TakeOut { node: usize },
    Delete { node: usize },
    Create { node: usize, is_collection: bool },
    Publish { node: usize },
    Restart,
}

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

fn step() -> impl Strategy<Value = Step> {
    let node = 0..NAMES.len();
    prop_oneof![
        4 => (node.clone(), node.clone()).prop_map(|(node, into)| Step::Put { node, into }),
        1 => node.clone().prop_map(|node| Step::TakeOut { node }),
        1 => node.clone().prop_map(|node| Step::Delete { node }),
        3 => (node.clone(), any::<bool>()).prop_map(|(node, is_collection)| Step::Create { node, is_collection }),
        4 => node.prop_map(|node| Step::Publish { node }),
        1 => Just(Step::Restart),
    ]
}

/// A forest, as somebody would draw it: what each node is, and where it stands.
#[derive(Default)]
struct Forest([Option<(bool, Option<usize>)>; NAMES.len()]);

impl Forest {
    fn above(&self, node: usize) -> Vec<usize> {
        let parent = |node: &usize| self.0[*node].and_then(|(_, parent)| parent);
        std::iter::successors(parent(&node), parent).collect()
    }

    fn may_put(&self, node: usize, into: usize) -> bool {
        let is_below = into == node || self.above(into).contains(&node);
        self.0[node].is_some() && matches!(self.0[into], Some((true, _))) && !is_below
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is put where: no circle, and everybody who follows a collection hears exactly what happens below it.
    #[test]
    fn the_collections_above_a_node_hear_it_and_no_others(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::with(|config| config.one_copy_per_session = false);
        let mut forest = Forest::default();
        let mut admin = world.connect("admin/a");
        let mut agent = world.connect("1001001/a");
        for step in steps {
            match step {
                Step::Put { node, into } => {
                    let answer = world.owner(admin, "set", &put(NAMES[into], "associate", NAMES[node]));
                    prop_assert_eq!(answer == "result", forest.may_put(node, into), "{}", answer);
                    if let (true, Some(known)) = (forest.may_put(node, into), &mut forest.0[node]) {
                        known.1 = Some(into);
                    }
                }
                Step::TakeOut { node } => {
                    let answer = world.owner(admin, "set", &configure(NAMES[node], &[("collection", &[""])]));
                    prop_assert_eq!(answer == "result", forest.0[node].is_some());
                    if let Some(known) = &mut forest.0[node] {
                        known.1 = None;
                    }
                }
                Step::Delete { node } => {
                    world.owner(admin, "set", &format!("<delete node='{}'/>", NAMES[node]));
                    forest.0[node] = None;
                    for known in forest.0.iter_mut().flatten() {
                        if known.1 == Some(node) {
                            known.1 = None;
                        }
                    }
                }
                Step::Create { node, is_collection } => {
                    if forest.0[node].is_none() {
                        let kind = if is_collection { "collection" } else { "leaf" };
                        let created = world.pubsub(admin, &create(NAMES[node], &[("node_type", &[kind])]));
                        prop_assert_eq!(created, "result");
                        forest.0[node] = Some((is_collection, None));
                        if is_collection {
                            world.pubsub(agent, &subscribe("1001001@localhost", NAMES[node], "items", "all"));
                        }
                    }
                }
                Step::Publish { node } => {
                    world.take(agent);
                    let answer = world.pubsub(admin, &publish(NAMES[node]));
                    let is_leaf = matches!(forest.0[node], Some((false, _)));
                    // An unknown node is created by publishing.
                    prop_assert_eq!(answer.starts_with("result"), is_leaf || forest.0[node].is_none());
                    forest.0[node].get_or_insert((false, None));
                    let name = NAMES[node];
                    let above = forest.above(node).into_iter().map(|at| NAMES[at]);
                    let expected: Vec<String> = above.map(|at| format!("item i in {name} through {at}")).collect();
                    if is_leaf {
                        prop_assert_eq!(heard(&mut world, agent), expected);
                    }
                }
                Step::Restart => {
                    world = world.restarted_from_snapshot();
                    (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
                }
            }
            world.take(agent);
        }
    }
}
