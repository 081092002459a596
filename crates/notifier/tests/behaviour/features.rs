//! XEP-0060 §10 as a matrix: each feature of the specification, what shows that it works where it is advertised, and what
//! happens where it is not.

use std::collections::BTreeSet;

use notifier::{Config, SendLast, SessionId, Who};
use xmpp::{Element, Limits};

use crate::collections;
use crate::world::{World, show_answer, show_event};

const PREFIX: &str = "http://jabber.org/protocol/pubsub#";
const HEADERS: &str =
    "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/shim'/>";
const AGENT: &str = "1001001@localhost/a";

/// An administrator and an agent who are online, and the service in question.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) admin: SessionId,
    pub(crate) agent: SessionId,
    service: &'static str,
}

impl Stage {
    pub(crate) fn new(configure: fn(&mut Config)) -> Self {
        let mut world = World::with(configure);
        let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
        world.take(admin);
        Stage { world, admin, agent, service: "pubsub.localhost" }
    }

    /// The same with the administrator's own account as the service (XEP-0163), whose presence the agent may see.
    pub(crate) fn personal(configure: fn(&mut Config)) -> Self {
        let mut stage = Stage::new(configure);
        for (session, kind, to) in
            [(stage.agent, "subscribe", "admin@localhost"), (stage.admin, "subscribed", "1001001@localhost")]
        {
            stage.world.send(session, &format!("<presence xmlns='jabber:client' type='{kind}' to='{to}'/>"));
        }
        stage.world.take(stage.admin);
        stage.world.take(stage.agent);
        Stage { service: "admin@localhost", ..stage }
    }

    fn info(&mut self, node: &str) -> Element {
        let node = if node.is_empty() { String::new() } else { format!(" node='{node}'") };
        let query = format!("<query xmlns='http://jabber.org/protocol/disco#info'{node}/>");
        let answer = self.world.ask(self.admin, "get", self.service, &query);
        Element::parse(answer.strip_prefix("result ").unwrap(), &Limits::default()).unwrap()
    }

    pub(crate) fn advertised(&mut self) -> BTreeSet<String> {
        let info = self.info("");
        let features = info.elements().filter_map(|feature| feature.attribute("var"));
        features.filter_map(|feature| feature.strip_prefix(PREFIX).map(String::from)).collect()
    }

    /// A request that must succeed. Returns the answer; what else came with it is left to be read.
    #[track_caller]
    pub(crate) fn admin_does(&mut self, verb: &str) -> String {
        self.does(self.admin, "set", "", verb)
    }

    #[track_caller]
    pub(crate) fn agent_does(&mut self, verb: &str) -> String {
        self.does(self.agent, "set", "", verb)
    }

    #[track_caller]
    fn agent_reads(&mut self, verb: &str) -> String {
        self.does(self.agent, "get", "", verb)
    }

    #[track_caller]
    fn owner_does(&mut self, verb: &str) -> String {
        self.does(self.admin, "set", "#owner", verb)
    }

    #[track_caller]
    pub(crate) fn owner_reads(&mut self, verb: &str) -> String {
        self.does(self.admin, "get", "#owner", verb)
    }

    #[track_caller]
    fn does(&mut self, session: SessionId, kind: &str, part: &str, verb: &str) -> String {
        let answer = self.asks(session, kind, part, verb);
        assert!(answer.starts_with("result"), "{verb}: {answer}");
        answer
    }

    /// What follows the answer, such as a newest item, is not looked at.
    pub(crate) fn asks(&mut self, session: SessionId, kind: &str, part: &str, verb: &str) -> String {
        self.world.take(session);
        let payload = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub{part}'>{verb}</pubsub>");
        self.world.request(session, kind, self.service, &payload);
        show_answer(&self.world.take(session)[0])
    }

    fn agent_tries(&mut self, verb: &str) -> String {
        self.asks(self.agent, "set", "", verb)
    }

    fn agent_hears(&mut self) -> Vec<String> {
        self.world.take(self.agent).iter().map(show_event).collect()
    }

    /// A node with an item `1`, and room for more unless the fields say otherwise.
    pub(crate) fn node(&mut self, node: &str, fields: &[(&str, &str)]) {
        let fields = [&[("max_items", "20")], fields].concat();
        self.admin_does(&format!("<create node='{node}'/><configure>{}</configure>", form(&fields)));
        self.admin_does(&publish(node, "1"));
    }
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let field =
        |(name, value): &(&str, &str)| format!("<field var='pubsub#{name}'><value>{value}</value></field>");
    let fields: String = fields.iter().map(field).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

pub(crate) fn publish(node: &str, id: &str) -> String {
    format!("<publish node='{node}'><item id='{id}'><x xmlns='y'/></item></publish>")
}

pub(crate) fn subscribe(node: &str) -> String {
    format!("<subscribe node='{node}' jid='{AGENT}'/>")
}

fn affiliate(node: &str, affiliation: &str) -> String {
    let jid = "1001001@localhost";
    format!(
        "<affiliations node='{node}'><affiliation jid='{jid}' affiliation='{affiliation}'/></affiliations>"
    )
}

pub(crate) type Scenario = fn(&mut Stage);

/// The table of XEP-0060 §10, and `config-node-max` and `rsm`, which stand beside it: what shows that a feature works, and what
/// happens without it. A feature that is always there has no second scenario, and one that is never there no first.
pub(crate) const FEATURES: &[(&str, Option<Scenario>, Option<Scenario>)] = &[
    ("access-authorize", None, Some(the_default_is_open)),
    ("access-open", Some(the_default_is_open), None),
    ("access-presence", None, Some(the_default_is_open)),
    ("access-roster", None, Some(the_default_is_open)),
    ("access-whitelist", None, Some(the_default_is_open)),
    ("auto-create", Some(auto_create), None),
    ("auto-subscribe", None, Some(only_accounts_are_subscribed_by_presence)),
    ("collections", Some(collections::collections), None),
    ("config-node", Some(config_node), None),
    ("config-node-max", Some(config_node_max), None),
    ("create-and-configure", Some(create_and_configure), None),
    ("create-nodes", Some(create_nodes), None),
    ("delete-items", Some(delete_items), None),
    ("delete-nodes", Some(delete_nodes), None),
    ("filtered-notifications", None, Some(only_accounts_are_subscribed_by_presence)),
    ("get-pending", Some(get_pending), None),
    ("instant-nodes", Some(instant_nodes), None),
    ("item-ids", Some(item_ids), None),
    ("last-published", Some(last_published), Some(without_last_published)),
    ("leased-subscription", Some(leased_subscription), None),
    ("manage-subscriptions", Some(manage_subscriptions), None),
    ("member-affiliation", Some(member_affiliation), None),
    ("meta-data", Some(meta_data), None),
    ("modify-affiliations", Some(member_affiliation), None),
    ("multi-collection", None, Some(collections::one_collection_only)),
    ("multi-items", Some(multi_items), None),
    ("multi-subscribe", Some(multi_subscribe), Some(without_multi_subscribe)),
    ("outcast-affiliation", Some(outcast_affiliation), None),
    ("persistent-items", Some(persistent_items), None),
    ("presence-notifications", Some(presence_notifications), None),
    ("presence-subscribe", None, Some(only_accounts_are_subscribed_by_presence)),
    ("publish", Some(item_ids), None),
    ("publish-node-full", Some(publish_node_full), None),
    ("publish-only-affiliation", Some(publish_only_affiliation), None),
    ("publish-options", Some(publish_options), None),
    ("publisher-affiliation", Some(publisher_affiliation), None),
    ("purge-nodes", Some(purge_nodes), None),
    ("retract-items", Some(retract_items), None),
    ("retrieve-affiliations", Some(retrieve_affiliations), None),
    ("retrieve-default", Some(retrieve_default), None),
    ("retrieve-default-sub", Some(retrieve_default_sub), None),
    ("retrieve-items", Some(retrieve_items), None),
    ("retrieve-subscriptions", Some(retrieve_subscriptions), None),
    ("rsm", Some(rsm), None),
    ("subscribe", Some(subscribe_and_hear), None),
    ("subscription-notifications", Some(manage_subscriptions), None),
    ("subscription-options", Some(subscription_options), None),
];

/// Settings that change what is advertised.
pub(crate) const SETTINGS: &[fn(&mut Config)] = &[
    |_| {},
    |config| config.multiple_subscriptions = true,
    |config| config.send_last_published_item = SendLast::OnSubscribe,
    |config| config.send_last_published_item = SendLast::OnSubscribeAndPresence,
    |config| {
        config.access.create_nodes = Who::Anyone;
        config.keep_full_jid_subscriptions = true;
        config.subscription_ids = false;
    },
];

/// §10: a feature is advertised if and only if it works, whatever the settings.
#[test]
fn every_feature_is_advertised_if_and_only_if_it_works() {
    let mut shown = BTreeSet::new();
    for settings in SETTINGS {
        let advertised = Stage::new(*settings).advertised();
        for feature in &advertised {
            assert!(FEATURES.iter().any(|(known, ..)| known == feature), "{feature} has no scenario");
        }
        for (feature, works, refused) in FEATURES {
            let is_advertised = advertised.contains(*feature);
            let scenario = if is_advertised { works } else { refused };
            let state = if is_advertised { "advertised" } else { "not advertised" };
            let scenario = scenario.unwrap_or_else(|| panic!("{feature} is {state}, and nothing shows it"));
            scenario(&mut Stage::new(*settings));
            shown.insert((*feature, is_advertised));
        }
    }
    for (feature, works, refused) in FEATURES {
        assert_eq!(works.is_some(), shown.contains(&(*feature, true)), "{feature} is never advertised");
        assert_eq!(refused.is_some(), shown.contains(&(*feature, false)), "{feature} is always advertised");
    }
}

fn the_default_is_open(stage: &mut Stage) {
    let default = stage.owner_reads("<default/>");
    let field = default.split("var=\"pubsub#access_model\"").nth(1).expect("the field");
    assert!(field.split("<value>").nth(1).unwrap().starts_with("open</value>"), "{default}");
    stage.node("n", &[]);
    stage.agent_does(&subscribe("n"));
}

pub(crate) fn auto_create(stage: &mut Stage) {
    stage.admin_does(&publish("new", "1"));
    stage.agent_does(&subscribe("new"));
}

/// Seeing somebody's presence subscribes to nothing but the nodes of that account (XEP-0163).
fn only_accounts_are_subscribed_by_presence(stage: &mut Stage) {
    let mut stage = Stage { service: stage.service, ..Stage::personal(|_| {}) };
    stage.node("n", &[]);
    stage.admin_does(&publish("n", "2"));
    assert_eq!(stage.agent_hears(), [""; 0]);
    assert!(!stage.agent_reads("<subscriptions/>").contains("node=\"n\""));
}

pub(crate) fn config_node(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.owner_does(&format!("<configure node='n'>{}</configure>", form(&[("title", "T")])));
    assert!(stage.owner_reads("<configure node='n'/>").contains("<value>T</value>"));
}

pub(crate) fn config_node_max(stage: &mut Stage) {
    stage.node("n", &[("max_items", "1")]);
    stage.owner_does(&format!("<configure node='n'>{}</configure>", form(&[("max_items", "max")])));
    for n in 0..50 {
        stage.admin_does(&publish("n", &format!("i{n}")));
    }
    assert_eq!(stage.agent_reads("<items node='n'/>").matches("<item ").count(), 51);
}

pub(crate) fn create_and_configure(stage: &mut Stage) {
    stage.node("n", &[("title", "T")]);
    assert!(stage.owner_reads("<configure node='n'/>").contains("<value>T</value>"));
}

pub(crate) fn create_nodes(stage: &mut Stage) {
    assert_eq!(stage.agent_tries(&subscribe("n")), "error cancel item-not-found");
    stage.admin_does("<create node='n'/>");
    stage.agent_does(&subscribe("n"));
}

pub(crate) fn delete_items(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.admin_does("<retract node='n'><item id='1'/></retract>");
    assert!(!stage.agent_reads("<items node='n'/>").contains("<item "));
}

pub(crate) fn retract_items(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.agent_does(&subscribe("n"));
    stage.agent_hears();
    stage.admin_does("<retract node='n' notify='1'><item id='1'/></retract>");
    assert_eq!(stage.agent_hears(), ["retract 1 in n"]);
}

pub(crate) fn delete_nodes(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.agent_does(&subscribe("n"));
    stage.agent_hears();
    stage.owner_does("<delete node='n'/>");
    assert_eq!(stage.agent_hears(), ["delete n"]);
    assert_eq!(stage.agent_tries(&subscribe("n")), "error cancel item-not-found");
}

fn get_pending(stage: &mut Stage) {
    stage.node("n", &[("access_model", "authorize")]);
    stage.agent_does(&subscribe("n"));
    stage.world.take(stage.admin);
    let command = "<command xmlns='http://jabber.org/protocol/commands' action='execute' \
                   node='http://jabber.org/protocol/pubsub#get-pending'/>";
    let answer = stage.world.ask(stage.admin, "set", "pubsub.localhost", command);
    assert!(answer.contains("<option><value>n</value></option>"), "{answer}");
}

pub(crate) fn instant_nodes(stage: &mut Stage) {
    let answer = stage.admin_does("<create/>");
    let node = answer.split("node=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    stage.agent_does(&subscribe(&node));
}

pub(crate) fn item_ids(stage: &mut Stage) {
    stage.admin_does("<create node='n'/>");
    stage.agent_does(&subscribe("n"));
    assert!(stage.admin_does(&publish("n", "mine")).contains("<item id=\"mine\"/>"));
    assert_eq!(stage.agent_hears(), ["item mine in n"]);
}

pub(crate) fn last_published(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.world.request(stage.agent, "set", stage.service, &pubsub(&subscribe("n")));
    assert_eq!(stage.world.take(stage.agent).len(), 2, "after subscribing");
    stage.world.send(stage.agent, "<presence xmlns='jabber:client' type='unavailable'/>");
    stage.world.send(stage.agent, "<presence xmlns='jabber:client'/>");
    let got = stage.world.take(stage.agent);
    let told: Vec<_> = got.iter().filter(|element| element.name() == "message").map(show_event).collect();
    assert_eq!(told, ["item 1 in n"], "with presence");
}

fn pubsub(verb: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>")
}

fn without_last_published(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.world.request(stage.agent, "set", stage.service, &pubsub(&subscribe("n")));
    stage.world.take(stage.agent);
    stage.world.send(stage.agent, "<presence xmlns='jabber:client' type='unavailable'/>");
    stage.world.send(stage.agent, "<presence xmlns='jabber:client'/>");
    let got = stage.world.take(stage.agent);
    assert!(got.iter().all(|element| element.name() != "message"), "not both by default: {got:?}");
}

pub(crate) fn leased_subscription(stage: &mut Stage) {
    stage.node("n", &[]);
    let until = contact::Timestamp(stage.world.now.0 + 60_000);
    let lease = form(&[("expire", &until.to_string())]);
    stage.agent_does(&format!("{}<options>{lease}</options>", subscribe("n")));
    assert_eq!(stage.world.notifier.next_timeout(), Some(until));
    stage.world.now = until;
    stage.world.notifier.handle_timeout(until);
    stage.world.drain();
    assert!(!stage.agent_reads("<subscriptions node='n'/>").contains(AGENT));
}

pub(crate) fn manage_subscriptions(stage: &mut Stage) {
    stage.node("n", &[]);
    for state in ["subscribed", "none"] {
        let jid = "1001001@localhost";
        stage.owner_does(&format!(
            "<subscriptions node='n'><subscription jid='{jid}' subscription='{state}'/></subscriptions>"
        ));
        let told = stage.world.take_xml(stage.agent);
        assert!(told[0].contains(&format!("subscription=\"{state}\"")), "{told:?}");
        let listed = stage.owner_reads("<subscriptions node='n'/>").contains(jid);
        assert_eq!(listed, state == "subscribed");
    }
}

pub(crate) fn member_affiliation(stage: &mut Stage) {
    stage.node("n", &[("access_model", "whitelist")]);
    assert_eq!(stage.agent_tries(&subscribe("n")), "error cancel not-allowed closed-node");
    stage.owner_does(&affiliate("n", "member"));
    stage.agent_does(&subscribe("n"));
    assert_eq!(stage.agent_tries(&publish("n", "2")), "error auth forbidden");
}

pub(crate) fn meta_data(stage: &mut Stage) {
    stage.node("n", &[("title", "T")]);
    stage.agent_does(&subscribe("n"));
    let info = stage.info("n");
    let form = info.child("x", "jabber:x:data").expect("a form").to_xml();
    for part in ["pubsub#meta-data</value>", "<value>T</value>", "<value>admin@localhost</value>"] {
        assert!(form.contains(part), "{part} in {form}");
    }
}

pub(crate) fn multi_items(stage: &mut Stage) {
    stage.node("n", &[("max_items", "2")]);
    for id in ["2", "3"] {
        stage.admin_does(&publish("n", id));
    }
    assert_eq!(stage.agent_reads("<items node='n'/>").matches("<item ").count(), 2);
}

pub(crate) fn multi_subscribe(stage: &mut Stage) {
    stage.node("n", &[]);
    let first = stage.agent_does(&subscribe("n"));
    assert_ne!(stage.agent_does(&subscribe("n")), first);
    let unsubscribe = format!("<unsubscribe node='n' jid='{AGENT}'/>");
    assert_eq!(stage.agent_tries(&unsubscribe), "error modify bad-request subid-required");
    stage.admin_does(&publish("n", "2"));
    let got = stage.world.take(stage.agent);
    let headers = got[0].child("headers", "http://jabber.org/protocol/shim").expect("headers");
    assert_eq!((got.len(), headers.elements().count()), (1, 2));
    // The headers are announced (XEP-0131 §2.2), and the owner can tell the subscriptions apart (§8.8.1).
    let shim = "http://jabber.org/protocol/shim";
    let has = |info: &Element, name: &str| info.elements().any(|one| one.attribute("var") == Some(name));
    assert!(has(&stage.info(""), shim) && has(&stage.info(shim), &format!("{shim}#SubID")));
    let listed = stage.owner_reads("<subscriptions node='n'/>");
    assert_eq!(listed.matches("subid=\"").count(), 2, "{listed}");
}

/// §6.1.6: subscribing again shows the subscription that there is.
pub(crate) fn without_multi_subscribe(stage: &mut Stage) {
    stage.admin_does("<create node='n'/>");
    assert_eq!(stage.agent_does(&subscribe("n")), stage.agent_does(&subscribe("n")));
    assert_eq!(stage.agent_reads("<subscriptions node='n'/>").matches("<subscription ").count(), 1);
    let headers = stage.world.ask(stage.admin, "get", stage.service, HEADERS);
    assert!(!headers.contains("shim#SubID"), "{headers}");
}

pub(crate) fn outcast_affiliation(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.owner_does(&affiliate("n", "outcast"));
    assert_eq!(stage.agent_tries(&subscribe("n")), "error auth forbidden");
}

pub(crate) fn persistent_items(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.world = stage.world.restarted();
    stage.agent = stage.world.connect("1001001/a");
    assert!(stage.agent_reads("<items node='n'/>").contains("<item id=\"1\">"));
    // A node that keeps none says so (§6.5.9.4).
    stage.admin = stage.world.connect("admin/a");
    stage.node("t", &[("persist_items", "0")]);
    let answer = stage.asks(stage.agent, "get", "", "<items node='t'/>");
    assert_eq!(answer, "error cancel feature-not-implemented unsupported persistent-items");
}

/// §16.4.4 `pubsub#presence_based_delivery`: whoever is offline hears nothing, whatever address was subscribed.
pub(crate) fn presence_notifications(stage: &mut Stage) {
    stage.node("n", &[("presence_based_delivery", "1")]);
    stage.agent_does(&subscribe("n"));
    for (presence, expected) in [("", 1), (" type='unavailable'", 0), ("", 1)] {
        stage.world.send(stage.agent, &format!("<presence xmlns='jabber:client'{presence}/>"));
        stage.world.take(stage.agent);
        stage.admin_does(&publish("n", "2"));
        let heard = stage.world.take(stage.agent);
        assert_eq!(heard.iter().filter(|one| one.is("message", "jabber:client")).count(), expected);
    }
}

pub(crate) fn publish_node_full(stage: &mut Stage) {
    stage.node("n", &[("publish_node_full", "reject"), ("max_items", "1")]);
    assert_eq!(stage.agent_tries(&publish("n", "2")), "error auth forbidden");
    let answer = stage.asks(stage.admin, "set", "", &publish("n", "2"));
    assert_eq!(answer, "error cancel conflict node-full");
}

pub(crate) fn publish_only_affiliation(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.owner_does(&affiliate("n", "publish-only"));
    stage.agent_does(&publish("n", "2"));
    assert_eq!(stage.agent_tries(&subscribe("n")), "error auth forbidden");
}

pub(crate) fn publisher_affiliation(stage: &mut Stage) {
    stage.node("n", &[]);
    assert_eq!(stage.agent_tries(&publish("n", "2")), "error auth forbidden");
    stage.owner_does(&affiliate("n", "publisher"));
    stage.agent_does(&publish("n", "2"));
    stage.agent_does(&subscribe("n"));
}

pub(crate) fn publish_options(stage: &mut Stage) {
    stage.node("n", &[]);
    let with = |value: &str| {
        let options = form(&[("persist_items", value)]);
        format!("{}<publish-options>{options}</publish-options>", publish("n", "2"))
    };
    stage.admin_does(&with("1"));
    let answer = stage.asks(stage.admin, "set", "", &with("0"));
    assert_eq!(answer, "error cancel conflict precondition-not-met");
}

pub(crate) fn purge_nodes(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.agent_does(&subscribe("n"));
    stage.agent_hears();
    stage.owner_does("<purge node='n'/>");
    assert_eq!(stage.agent_hears(), ["purge n"]);
    assert!(!stage.agent_reads("<items node='n'/>").contains("<item "));
}

pub(crate) fn retrieve_affiliations(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.owner_does(&affiliate("n", "publisher"));
    let own = stage.agent_reads("<affiliations/>");
    assert!(own.contains("<affiliation node=\"n\" affiliation=\"publisher\"/>"), "{own}");
}

pub(crate) fn retrieve_default(stage: &mut Stage) {
    assert!(stage.owner_reads("<default/>").contains(&format!("<value>{PREFIX}node_config</value>")));
}

pub(crate) fn retrieve_default_sub(stage: &mut Stage) {
    assert!(stage.agent_reads("<default/>").contains(&format!("<value>{PREFIX}subscribe_options</value>")));
}

pub(crate) fn retrieve_items(stage: &mut Stage) {
    stage.node("n", &[]);
    let items = stage.agent_reads("<items node='n'/>");
    assert!(items.contains("<item id=\"1\"><x xmlns=\"y\"/></item>"), "{items}");
}

pub(crate) fn retrieve_subscriptions(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.agent_does(&subscribe("n"));
    stage.agent_hears();
    let all = stage.agent_reads("<subscriptions/>");
    assert!(all.contains(&format!("<subscription node=\"n\" jid=\"{AGENT}\" subscription=\"subscribed\"")));
}

pub(crate) fn rsm(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.admin_does(&publish("n", "2"));
    let page =
        stage.agent_reads("<items node='n'/><set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>");
    assert!(page.contains("<first index=\"0\">2</first><last>2</last><count>2</count>"), "{page}");
}

pub(crate) fn subscribe_and_hear(stage: &mut Stage) {
    stage.admin_does("<create node='n'/>");
    stage.agent_does(&subscribe("n"));
    stage.admin_does(&publish("n", "1"));
    assert_eq!(stage.agent_hears(), ["item 1 in n"]);
    stage.agent_does(&format!("<unsubscribe node='n' jid='{AGENT}'/>"));
    stage.admin_does(&publish("n", "2"));
    assert_eq!(stage.agent_hears(), [""; 0]);
    // A node that takes no subscribers says so (§6.1.3.11).
    stage.node("shut", &[("subscribe", "0")]);
    let answer = stage.agent_tries(&subscribe("shut"));
    assert_eq!(answer, "error cancel feature-not-implemented unsupported subscribe");
}

pub(crate) fn subscription_options(stage: &mut Stage) {
    stage.admin_does("<create node='n'/>");
    let quiet = form(&[("deliver", "0")]);
    stage.agent_does(&format!("{}<options>{quiet}</options>", subscribe("n")));
    stage.admin_does(&publish("n", "1"));
    assert_eq!(stage.agent_hears(), [""; 0]);
    stage.agent_does(&format!("<options node='n' jid='{AGENT}'>{}</options>", form(&[("deliver", "1")])));
    stage.admin_does(&publish("n", "2"));
    assert_eq!(stage.agent_hears(), ["item 2 in n"]);
}
