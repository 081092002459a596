//! Discovery: what is listed is what works.

use xmpp::{Element, Limits};

use crate::world::World;

const INFO: &str = "http://jabber.org/protocol/disco#info";

fn info(
    world: &mut World,
    session: notifier::SessionId,
    to: &str,
    node: Option<&str>,
) -> Result<Element, String> {
    let node = node.map(|node| format!(" node='{node}'")).unwrap_or_default();
    let answer = world.ask(session, "get", to, &format!("<query xmlns='{INFO}'{node}/>"));
    match answer.strip_prefix("result ") {
        Some(xml) => Ok(Element::parse(xml, &Limits::default()).unwrap()),
        None => Err(answer),
    }
}

fn features(query: &Element) -> Vec<String> {
    let features = query.elements().filter(|e| e.is("feature", INFO));
    features.map(|e| e.attribute("var").unwrap().to_owned()).collect()
}

fn identity(query: &Element) -> String {
    let identity = query.child("identity", INFO).unwrap();
    format!("{}/{}", identity.attribute("category").unwrap(), identity.attribute("type").unwrap())
}

#[test]
fn everybody_says_who_they_are() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (to, node, expected) in [
        ("localhost", None, "server/im"),
        ("pubsub.localhost", None, "pubsub/service"),
        ("pubsub.localhost", Some("/finesse/api/User/1001001"), "pubsub/leaf"),
        ("1001001@localhost", None, "account/registered"),
        ("", None, "account/registered"),
        ("finesse@localhost/webapp", None, "client/bot"),
    ] {
        let query = info(&mut world, session, to, node).unwrap();
        assert_eq!(identity(&query), expected, "{to} {node:?}");
        assert_eq!(query.attribute("node"), node);
        let features = features(&query);
        assert!(features.iter().any(|feature| feature == INFO));
        assert!(features.is_sorted_by(|a, b| a < b), "sorted, no duplicates: {features:?}");
    }
    for (to, node) in
        [("localhost", Some("x")), ("", Some("x")), ("pubsub.localhost", Some("/finesse/api/User/9"))]
    {
        assert_eq!(info(&mut world, session, to, node), Err("error cancel item-not-found".into()));
    }
    for to in ["1001002@localhost", "nobody@localhost", "finesse@localhost"] {
        assert_eq!(info(&mut world, session, to, None), Err("error cancel service-unavailable".into()));
    }
}

#[test]
fn the_digest_in_presence_and_stream_features_is_answered_for() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    world.send(session, "<presence xmlns='jabber:client'/>");
    let got = world.take(session);
    let caps = got[1].child("c", "http://jabber.org/protocol/caps").unwrap();
    let node = format!("{}#{}", caps.attribute("node").unwrap(), caps.attribute("ver").unwrap());
    let query = info(&mut world, session, "finesse@localhost/webapp", Some(&node)).unwrap();
    assert_eq!(query.attribute("node"), Some(node.as_str()));
    let own = world.notifier.capabilities();
    let node = format!("{}#{}", own.node, own.ver);
    assert_eq!(identity(&info(&mut world, session, "localhost", Some(&node)).unwrap()), "server/im");
    let stale = format!("{}#AAAA", own.node);
    assert_eq!(
        info(&mut world, session, "localhost", Some(&stale)),
        Err("error cancel item-not-found".into())
    );
}

#[test]
fn items_lead_to_the_service_and_its_nodes() {
    let mut world = World::new();
    let agent = world.connect("1001001/a");
    let items = |node: &str| format!("<query xmlns='http://jabber.org/protocol/disco#items'{node}/>");
    let answer = world.ask(agent, "get", "localhost", &items(""));
    assert!(answer.contains("<item jid=\"pubsub.localhost\" name="), "{answer}");
    let commands =
        world.ask(agent, "get", "localhost", &items(" node='http://jabber.org/protocol/commands'"));
    assert!(commands.starts_with("result <query") && !commands.contains("<item"), "{commands}");
    let answer = world.ask(agent, "get", "pubsub.localhost", &items(""));
    for node in ["User/1001001\"", "User/1001001/Dialogs", "User/1001001/Media", "SystemInfo", "Team/1/Users"]
    {
        assert!(answer.contains(&format!("node=\"/finesse/api/{node}")), "{node}: {answer}");
    }
    assert!(!answer.contains("1001002") && !answer.contains("Team/2"), "{answer}");
    let admin = world.connect("admin/a");
    world.pubsub(admin, "<create node='prices'/>");
    world.pubsub(admin, "<publish node='prices'><item id='i1'><x xmlns='y'/></item></publish>");
    assert!(world.ask(agent, "get", "pubsub.localhost", &items("")).contains("node=\"prices\""));
    assert_eq!(
        world.ask(agent, "get", "pubsub.localhost", &items(" node='prices'")),
        "result <query xmlns=\"http://jabber.org/protocol/disco#items\" node=\"prices\">\
         <item jid=\"pubsub.localhost\" name=\"i1\"/></query>"
    );
    for to in ["1001002@localhost", "nobody@localhost", ""] {
        let answer = world.ask(agent, "get", to, &items(""));
        assert!(answer.starts_with("result") && !answer.contains("<item"), "{to}: {answer}");
    }
}

/// Every advertised feature of publish-subscribe, with a request that needs it and the answer if it works.
#[test]
fn every_feature_of_publish_subscribe_works() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let query = info(&mut world, admin, "pubsub.localhost", None).unwrap();
    let prefix = "http://jabber.org/protocol/pubsub#";
    let listed = features(&query).into_iter().filter_map(|f| f.strip_prefix(prefix).map(String::from));
    world.pubsub(admin, "<create node='n'/>");
    for feature in listed {
        let form = |field: &str, value: &str| {
            format!(
                "<x xmlns='jabber:x:data' type='submit'><field var='{field}'><value>{value}</value></field></x>"
            )
        };
        let publish = "<publish node='n'><item id='1'><x xmlns='y'/></item><item id='2'><x xmlns='y'/></item></publish>";
        let answer = match feature.as_str() {
            "access-open" | "subscribe" => {
                world.pubsub(admin, "<subscribe node='n' jid='admin@localhost/a'/>")
            }
            "config-node" => world.owner(admin, "get", "<configure node='n'/>"),
            "config-node-max" => {
                let form = form("pubsub#max_items", "max");
                world.owner(admin, "set", &format!("<configure node='n'>{form}</configure>"))
            }
            "create-and-configure" => {
                let form = form("pubsub#title", "T");
                world.pubsub(admin, &format!("<create node='c'/><configure>{form}</configure>"))
            }
            "create-nodes" => world.pubsub(admin, "<create node='d'/>"),
            "delete-nodes" => world.owner(admin, "set", "<delete node='d'/>"),
            "instant-nodes" => world.pubsub(admin, "<create/>"),
            "multi-items" | "persistent-items" | "publish" | "item-ids" => world.pubsub(admin, publish),
            "delete-items" | "retract-items" => {
                world.pubsub(admin, publish);
                world.pubsub(admin, "<retract node='n'><item id='1'/></retract>")
            }
            "publish-options" => {
                let form = form("pubsub#persist_items", "true");
                world.pubsub(admin, &format!("{publish}<publish-options>{form}</publish-options>"))
            }
            "purge-nodes" => world.owner(admin, "set", "<purge node='n'/>"),
            "retrieve-affiliations" => world.pubsub_get(admin, "<affiliations/>"),
            "retrieve-default" => world.owner(admin, "get", "<default/>"),
            "retrieve-items" => world.pubsub_get(admin, "<items node='n'/>"),
            "retrieve-subscriptions" => world.pubsub_get(admin, "<subscriptions/>"),
            other => panic!("{other} is advertised and has no test"),
        };
        assert!(answer.starts_with("result"), "{feature}: {answer}");
        world.pubsub(admin, "<unsubscribe node='n' jid='admin@localhost/a'/>");
        world.take(admin);
    }
}
