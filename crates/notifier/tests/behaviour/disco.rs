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

/// Category and type of each identity.
fn identity(query: &Element) -> String {
    let attribute = |e: &Element, name| e.attribute(name).unwrap().to_owned();
    let identities = query.elements().filter(|e| e.is("identity", INFO));
    let identities: Vec<_> =
        identities.map(|e| format!("{}/{}", attribute(e, "category"), attribute(e, "type"))).collect();
    identities.join(" ")
}

/// XEP-0030 §3.1: whoever answers has an identity, the disco#info feature itself, and every feature once.
#[test]
fn checklist_063_everybody_says_who_they_are() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    for (to, node, expected) in [
        ("localhost", None, "server/im"),
        ("pubsub.localhost", None, "pubsub/service"),
        ("pubsub.localhost", Some("/finesse/api/User/1001001"), "pubsub/leaf"),
        ("1001001@localhost", None, "account/registered pubsub/pep"),
        ("", None, "account/registered pubsub/pep"),
        ("finesse@localhost/webapp", None, "client/bot"),
    ] {
        let query = info(&mut world, session, to, node).unwrap();
        assert_eq!(identity(&query), expected, "{to} {node:?}");
        assert_eq!(query.attribute("node"), node);
        let features = features(&query);
        assert!(features.iter().any(|feature| feature == INFO));
        assert!(features.is_sorted_by(|a, b| a < b), "sorted, no duplicates: {features:?}");
    }
}

/// XEP-0030 §3.2: the node that was asked for stands in the reply; a node that is not there is `item-not-found`.
#[test]
fn checklist_064_a_node_is_repeated_or_not_found() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    let commands = "http://jabber.org/protocol/commands";
    for (to, node) in [
        ("localhost", commands),
        ("pubsub.localhost", commands),
        ("pubsub.localhost", "/finesse/api/User/1001001"),
        ("pubsub.localhost", "/finesse/api/SystemInfo"),
    ] {
        assert_eq!(info(&mut world, session, to, Some(node)).unwrap().attribute("node"), Some(node));
        let items = format!("<query xmlns='http://jabber.org/protocol/disco#items' node='{node}'/>");
        assert!(world.ask(session, "get", to, &items).contains(&format!("node=\"{node}\"")), "{node}");
    }
    for (to, node) in [
        ("localhost", Some("x")),
        ("", Some("x")),
        ("pubsub.localhost", Some("/finesse/api/User/9")),
        ("finesse@localhost/webapp", Some("x")),
    ] {
        assert_eq!(info(&mut world, session, to, node), Err("error cancel item-not-found".into()));
    }
}

/// XEP-0030 §8: an account shows itself to its own user and to those who may see its presence; to everybody else it looks
/// like an account that does not exist.
#[test]
fn checklist_065_an_account_shows_itself_to_whoever_may_see_it() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let unavailable = Err("error cancel service-unavailable".into());
    for to in ["1001002@localhost", "nobody@localhost", "finesse@localhost"] {
        assert_eq!(info(&mut world, ada, to, None), unavailable, "{to}");
        let items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
        assert!(!world.ask(ada, "get", to, items).contains("<item"), "{to}");
    }
    world.send(bea, "<presence xmlns='jabber:client' type='subscribed' to='1001001@localhost'/>");
    world.send(ada, "<presence xmlns='jabber:client' type='subscribe' to='1001002@localhost'/>");
    world.take(ada);
    world.take(bea);
    let account = info(&mut world, ada, "1001002@localhost", None).unwrap();
    assert_eq!(identity(&account), "account/registered pubsub/pep");
    // What it lists works for whoever sees it.
    for feature in features(&account) {
        let answer = match feature.as_str() {
            "jabber:iq:last" => world.ask(ada, "get", "1001002@localhost", "<query xmlns='jabber:iq:last'/>"),
            // In `pep_features.rs`.
            pubsub if pubsub.contains("/pubsub") || pubsub.contains("/rsm") => continue,
            ns => world.ask(ada, "get", "1001002@localhost", &format!("<query xmlns='{ns}'/>")),
        };
        assert!(answer.starts_with("result"), "{feature}: {answer}");
    }
    assert_eq!(info(&mut world, bea, "1001001@localhost", None), unavailable, "not the other way round");
}

/// The hash of a reply, from the reply alone: XEP-0115 §5.1, with identities, features and forms each in order.
fn hash(query: &Element) -> String {
    use base64::Engine as _;
    use sha1::Digest as _;
    let attribute = |e: &Element, name| e.attribute(name).unwrap_or_default().to_owned();
    let mut identities: Vec<String> = query
        .elements()
        .filter(|e| e.is("identity", INFO))
        .map(|e| {
            let lang = e.attribute_ns("lang", "http://www.w3.org/XML/1998/namespace").unwrap_or_default();
            format!("{}/{}/{lang}/{}<", attribute(e, "category"), attribute(e, "type"), attribute(e, "name"))
        })
        .collect();
    identities.sort_unstable();
    let mut features: Vec<String> = features(query).iter().map(|feature| format!("{feature}<")).collect();
    features.sort_unstable();
    assert!(query.child("x", "jabber:x:data").is_none(), "forms are part of the hash as well");
    let text = identities.concat() + &features.concat();
    base64::engine::general_purpose::STANDARD.encode(sha1::Sha1::digest(text.as_bytes()))
}

/// XEP-0115 §5.1, §6.2: what stream features and presence promise is what the reply to `node#ver` hashes to, and it is
/// another promise when a feature is switched off.
#[test]
fn checklist_066_capabilities_are_the_hash_of_what_is_answered() {
    let mut seen = Vec::new();
    for version in [Some("1.0"), None] {
        let mut world = World::with(|config| config.software.version = version.map(String::from));
        let session = world.bind("1001001/a");
        world.send(session, "<presence xmlns='jabber:client'/>");
        let got = world.take(session);
        let caps = got[1].child("c", "http://jabber.org/protocol/caps").unwrap();
        let own = world.notifier.capabilities();
        for (to, promise) in [("finesse@localhost/webapp", caps.clone()), ("localhost", own.to_element())] {
            assert_eq!(promise.attribute("hash"), Some("sha-1"));
            let ver = promise.attribute("ver").unwrap();
            let node = format!("{}#{ver}", promise.attribute("node").unwrap());
            let query = info(&mut world, session, to, Some(&node)).unwrap();
            assert_eq!(hash(&query), ver, "{to}");
            assert_eq!(hash(&info(&mut world, session, to, None).unwrap()), ver, "{to} without a node");
        }
        seen.push(own.ver);
    }
    assert_ne!(seen[0], seen[1]);
}

#[test]
fn a_digest_of_another_time_is_not_answered_for() {
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

/// XEP-0060 §5.1, §5.2, §5.5: the domain lists the service, the service its nodes, and a node its items by name and without
/// a node attribute.
#[test]
fn checklist_068_items_lead_to_the_service_and_its_nodes() {
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

/// XEP-0059 §2: a long list of nodes or items is capped, says so, and can be had in pages; what one may not see is on none.
#[test]
fn checklist_069_long_lists_come_in_pages() {
    let mut world = World::with(|config| config.limits.disco_items_max = 4);
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    for n in 0..9 {
        world.pubsub(admin, &format!("<create node='n{n}'/>"));
        world.pubsub(admin, &format!("<publish node='n0'><item id='i{n}'><x xmlns='y'/></item></publish>"));
    }
    let mut page = |to: &str, node: &str, set: &str| {
        let rsm = "http://jabber.org/protocol/rsm";
        let set = if set.is_empty() { String::new() } else { format!("<set xmlns='{rsm}'>{set}</set>") };
        let node = if node.is_empty() { String::new() } else { format!(" node='{node}'") };
        let query = format!("<query xmlns='http://jabber.org/protocol/disco#items'{node}>{set}</query>");
        let answer = world.ask(agent, "get", to, &query);
        let Some(xml) = answer.strip_prefix("result ") else { return (vec![answer], None, None) };
        let query = Element::parse(xml, &Limits::default()).unwrap();
        let set = query.child("set", rsm);
        let of = |name| set.and_then(|set| set.child(name, rsm)).map(Element::text);
        let items = query.elements().filter(|e| e.name() == "item");
        let name = |e: &Element| e.attribute("node").or(e.attribute("name")).unwrap().to_owned();
        (items.map(name).collect::<Vec<_>>(), of("last"), of("count"))
    };
    let (first, last, count) = page("pubsub.localhost", "", "");
    assert_eq!((first.len(), count.as_deref()), (4, Some("16")), "capped, and it says so");
    let (mut all, mut after) = (first, last.unwrap());
    loop {
        let (more, last, _) = page("pubsub.localhost", "", &format!("<max>3</max><after>{after}</after>"));
        all.extend(more);
        let Some(last) = last else { break };
        after = last;
    }
    assert_eq!(all.len(), 16, "{all:?}");
    assert!(all.contains(&"n8".to_owned()) && !all.iter().any(|node| node.contains("1001002")), "{all:?}");
    let (items, _, count) = page("pubsub.localhost", "n0", "<max>2</max><before/>");
    assert_eq!(
        (items, count.as_deref()),
        (vec!["i1".to_owned(), "i0".to_owned()], Some("9")),
        "newest first"
    );
    let (all, last, count) = page("pubsub.localhost", "n1", "");
    assert_eq!((all.len(), last, count), (0, None, None), "a short list says nothing");
    let (missing, ..) = page("pubsub.localhost", "", "<after>nothing</after>");
    assert_eq!(missing, ["error cancel item-not-found"]);
}
