//! Events from outside: who may publish where, what becomes of the same event again, and what subscribers see.

use contact::Refusal;
use notifier::{
    AccessModel, AccountCommand, OutsideAnswer, OutsideEvent, OutsidePayload, Publisher, Rejection, TokenHash,
};
use xmpp::{Element, Limits};

use crate::world::{World, show_event};

pub(crate) fn publisher(name: &str, nodes: &[&str]) -> Publisher {
    Publisher {
        name: name.into(),
        token: TokenHash::new([7; 32]),
        nodes: nodes.iter().copied().map(String::from).collect(),
        access_model: None,
        expires: None,
        added: contact::Timestamp(0),
    }
}

pub(crate) fn event(node: &str, id: &str, text: &str) -> OutsideEvent {
    let payload = Some(OutsidePayload::Text(text.into()));
    let digest = format!("{node} {text}").into_bytes();
    OutsideEvent { id: id.into(), node: node.into(), item: None, payload, digest }
}

impl World {
    pub(crate) fn outside(&mut self, events: Vec<OutsideEvent>) -> Vec<Result<OutsideAnswer, Refusal>> {
        let now = self.now;
        let outcomes = self.notifier.publish_from_outside("pbx", &TokenHash::new([7; 32]), events, now);
        self.drain();
        outcomes.expect("the publisher is known")
    }

    fn outside_one(&mut self, event: OutsideEvent) -> Result<OutsideAnswer, Refusal> {
        self.outside(vec![event]).remove(0)
    }

    pub(crate) fn add_publisher(&mut self, nodes: &[&str]) {
        self.administer(AccountCommand::AddPublisher { publisher: publisher("pbx", nodes) }).unwrap();
    }
}

fn status<T>(outcome: Result<T, Refusal>) -> u16 {
    outcome.map_or_else(|refusal| refusal.status, |_| 200)
}

#[test]
fn the_same_event_again_gets_the_first_answer_again() {
    let mut world = World::new();
    world.add_publisher(&["/acme/"]);
    let first = world.outside_one(event("/acme/orders", "7", "new")).unwrap();
    assert_eq!((first.offset, &*first.item, first.is_repeated), (Some(1), "7", false));
    let agent = world.connect("1001001/a");
    world.subscribe(agent, "/acme/orders");
    let second = world.outside_one(event("/acme/orders", "8", "a < b")).unwrap();
    assert_eq!((second.offset, second.position.0), (Some(2), world.notifier.position().0));
    let got = world.take(agent);
    assert_eq!(got.len(), 1);
    assert_eq!(show_event(&got[0]), "item 8 in /acme/orders");
    let xml = got[0].to_xml();
    let wrapped = "<notification xmlns=\"http://jabber.org/protocol/pubsub\">a &lt; b</notification>";
    assert!(xml.contains(wrapped), "{xml}");

    let entries = world.log.len();
    for mut world in [world.restarted(), world.restarted_from_snapshot()] {
        let again = world.outside_one(event("/acme/orders", "7", "new")).unwrap();
        assert_eq!(again, OutsideAnswer { is_repeated: true, ..first.clone() });
        assert_eq!(status(world.outside_one(event("/acme/orders", "7", "other"))), 409);
        assert_eq!(status(world.outside_one(event("/acme/others", "7", "new"))), 409);
    }
    assert_eq!(world.outside_one(event("/acme/orders", "8", "a < b")).unwrap().position, second.position);
    assert_eq!((world.log.len(), world.take(agent).len()), (entries, 0), "nobody hears of it again");
}

#[test]
fn a_token_is_for_its_nodes() {
    let mut world = World::new();
    world.add_publisher(&["/acme/", "alone"]);
    for (node, expected) in [
        ("/acme/a", 200),
        ("/acme/", 200),
        ("/acme", 403),
        ("/acmes", 403),
        ("alone", 200),
        ("alone/x", 403),
        ("", 400),
        ("/acme/\u{1f}x", 400),
        ("/finesse/api/User/1001001", 403),
    ] {
        assert_eq!(
            status(world.outside_one(event(node, &format!("at {node:?}"), "x"))),
            expected,
            "{node:?}"
        );
    }
    let all = AccountCommand::AddPublisher { publisher: publisher("all", &["/"]) };
    world.administer(all).unwrap();
    let token = TokenHash::new([7; 32]);
    let mut say = |name: &str, token: &TokenHash, node: &str| {
        let outcomes =
            world.notifier.publish_from_outside(name, token, vec![event(node, node, "x")], world.now);
        world.drain();
        outcomes.map(|mut outcomes| status(outcomes.remove(0)))
    };
    assert_eq!(say("all", &token, "/any").unwrap(), 200);
    assert_eq!(say("all", &token, "/finesse/api/User/1001001").unwrap(), 403, "/ is not the centre's");
    assert_eq!(say("all", &TokenHash::new([8; 32]), "/any").unwrap_err().status, 401);
    assert_eq!(say("nobody", &token, "/any").unwrap_err().status, 401);

    let centre = publisher("centre", &["/finesse/api/User/"]);
    world.administer(AccountCommand::AddPublisher { publisher: centre }).unwrap();
    let agent = world.connect("1001001/a");
    world.subscribe(agent, "/finesse/api/User/1001001");
    let mut say = |node: &str| {
        let events = vec![event(node, node, "<Update/>")];
        let outcomes = world.notifier.publish_from_outside("centre", &token, events, world.now);
        world.drain();
        status(outcomes.unwrap().remove(0))
    };
    assert_eq!(say("/finesse/api/User/1001001"), 200);
    assert_eq!(say("/finesse/api/User/nobody"), 404, "what is not there is not made");
    let got = world.take_xml(agent);
    assert_eq!(got.len(), 1);
    assert!(got[0].contains(">&lt;Update/&gt;</notification>"), "{}", got[0]);
}

#[test]
fn what_a_publisher_may_be() {
    let mut world = World::with(|config| config.limits.publishers_max = 2);
    let mut add = |change: &dyn Fn(&mut Publisher)| {
        let mut new = publisher("pbx", &["/acme/"]);
        change(&mut new);
        match world.administer(AccountCommand::AddPublisher { publisher: new }) {
            Ok(()) => 200,
            Err(Rejection::Refused(refusal)) => refusal.status,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(add(&|new| new.name = String::new()), 400);
    assert_eq!(add(&|new| new.name = "p@b".into()), 400);
    assert_eq!(add(&|new| new.name = "x".repeat(65)), 400);
    assert_eq!(add(&|new| new.nodes.clear()), 400);
    assert_eq!(add(&|new| new.nodes.push(String::new())), 400);
    assert_eq!(add(&|new| new.access_model = Some(AccessModel::Roster)), 400);
    assert_eq!(add(&|_| ()), 200);
    assert_eq!(add(&|_| ()), 409);
    assert_eq!(add(&|new| new.name = "crm".into()), 200);
    assert_eq!(add(&|new| new.name = "third".into()), 400);
    assert!(world.administer(AccountCommand::RemovePublisher { name: "crm".into() }).is_ok());
    assert!(world.administer(AccountCommand::RemovePublisher { name: "crm".into() }).is_err());
    let changes: Vec<_> =
        world.publisher_changes.iter().map(|(name, is_there)| (name.as_str(), *is_there)).collect();
    assert_eq!(changes, [("pbx", true), ("crm", true), ("crm", false)]);
    let names = |world: &World| {
        world.notifier.publishers().map(|publisher| publisher.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!((names(&world), names(&world.restarted())), (vec!["pbx".into()], vec!["pbx".to_owned()]));
}

#[test]
fn a_token_ends_and_so_does_what_is_remembered() {
    let mut world = World::with(|config| {
        config.limits.outside_events_remembered_max = 2;
        config.limits.outside_events_age_max_ms = 1000;
    });
    let ends = contact::Timestamp(world.now.0 + 5000);
    let new = Publisher { expires: Some(ends), ..publisher("pbx", &["n"]) };
    world.administer(AccountCommand::AddPublisher { publisher: new }).unwrap();
    let repeated = |world: &mut World, id: &str| world.outside_one(event("n", id, id)).unwrap().is_repeated;
    assert!(!repeated(&mut world, "a") && !repeated(&mut world, "b") && repeated(&mut world, "a"));
    assert!(!repeated(&mut world, "c"));
    assert!(!repeated(&mut world, "a"), "two are remembered, and it was the third");
    world.now.0 += 999;
    assert!(repeated(&mut world, "a"));
    world.now.0 += 1;
    assert!(!repeated(&mut world, "a"), "too long ago");
    assert!(!repeated(&mut world.restarted(), "b"));
    world.now = ends;
    let token = TokenHash::new([7; 32]);
    let refused = world.notifier.publish_from_outside("pbx", &token, Vec::new(), world.now);
    assert_eq!(refused.unwrap_err().status, 401);
}

#[test]
fn one_that_is_refused_keeps_none_from_being_accepted() {
    let mut world = World::with(|config| {
        config.limits.payload_bytes_max = 1024;
        config.limits.outside_id_bytes_max = 10;
    });
    world.add_publisher(&["n", "new"]);
    let element = |xml: &str| OutsidePayload::Element(Element::parse(xml, &Limits::default()).unwrap());
    let outcomes = world.outside(vec![
        event("n", "1", "x"),
        event("other", "2", "x"),
        OutsideEvent { payload: Some(element("<order xmlns='urn:acme'/>")), ..event("n", "3", "") },
        event("n", "4", &"x".repeat(1025)),
        event("n", "12345678901", "x"),
        event("n", "5", "\u{1}"),
        OutsideEvent { payload: None, ..event("n", "6", "") },
        OutsideEvent { item: Some("current".into()), ..event("new", "7", "x") },
        event("n", "3", "another"),
    ]);
    let statuses: Vec<_> = outcomes.iter().cloned().map(status).collect();
    assert_eq!(statuses, [200, 403, 200, 413, 400, 400, 400, 200, 409]);
    let told: Vec<_> = outcomes.into_iter().flatten().map(|one| (one.node, one.item, one.offset)).collect();
    let expected = [("n", "1", 1), ("n", "3", 2), ("new", "current", 1)];
    let expected = expected.map(|(node, item, offset)| (node.to_owned(), item.to_owned(), Some(offset)));
    assert_eq!(told, expected);
    let admin = world.connect("admin/a");
    let items = world.pubsub_get(admin, "<items node='n'/>");
    assert!(items.contains("<order xmlns=\"urn:acme\"/>"), "{items}");
}

#[test]
fn an_element_in_no_namespace_stays_in_none() {
    let mut world = World::new();
    world.add_publisher(&["n"]);
    let agent = world.connect("1001001/a");
    world.outside_one(event("n", "1", "x")).unwrap();
    world.subscribe(agent, "n");
    let call = Element::parse("<call><from>5</from></call>", &Limits::default()).unwrap();
    let payload = Some(OutsidePayload::Element(call.clone()));
    world.outside_one(OutsideEvent { payload, ..event("n", "2", "") }).unwrap();
    let got = world.take(agent).remove(0);
    let item = got.first_element().and_then(Element::first_element).and_then(Element::first_element);
    assert_eq!(item.and_then(Element::first_element), Some(&call));
}

#[test]
fn new_nodes_have_the_access_model_of_the_token() {
    let mut world = World::new();
    let closed = Publisher { access_model: Some(AccessModel::Whitelist), ..publisher("pbx", &["n"]) };
    world.administer(AccountCommand::AddPublisher { publisher: closed }).unwrap();
    world.outside_one(event("n", "1", "x")).unwrap();
    let agent = world.connect("1001001/a");
    assert!(world.subscribe(agent, "n").contains("closed-node"));
    let admin = world.connect("admin/a");
    assert!(world.subscribe(admin, "n").starts_with("result"), "administrators own it");
}

#[test]
fn what_the_log_loses_was_never_accepted() {
    let mut world = World::new();
    world.add_publisher(&["n"]);
    let agent = world.connect("1001001/a");
    world.outside_one(event("n", "0", "x")).unwrap();
    world.subscribe(agent, "n");
    world.log_is_prompt = false;
    let lost = world.outside_one(event("n", "1", "x")).unwrap();
    assert!(world.take(agent).is_empty(), "nobody hears of it before the log has it");
    world.lose_waiting();
    world.log_is_prompt = true;
    let again = world.outside_one(event("n", "1", "x")).unwrap();
    assert_eq!((again.is_repeated, again.offset), (false, lost.offset));
    assert_eq!(world.take(agent).len(), 1);
}
