//! XEP-0060 §10 at an account (XEP-0163): each feature that an account lists works there, and what it does not list is
//! refused. Most scenarios are those of the service, played at an account.

use std::collections::BTreeSet;

use crate::features::{self, FEATURES, SETTINGS, Scenario, Stage, form, subscribe};
use crate::pep_notify::Client;
use crate::world::show_event;

/// What shows that a feature works at an account.
const PERSONAL: &[(&str, Scenario)] = &[
    ("access-presence", the_default_is_presence),
    ("auto-create", features::auto_create),
    ("auto-subscribe", what_is_wished_for_comes_unasked),
    ("config-node", features::config_node),
    ("config-node-max", features::config_node_max),
    ("create-and-configure", features::create_and_configure),
    ("create-nodes", features::create_nodes),
    ("delete-items", features::delete_items),
    ("delete-nodes", features::delete_nodes),
    ("filtered-notifications", what_is_wished_for_comes_unasked),
    ("instant-nodes", features::instant_nodes),
    ("item-ids", features::item_ids),
    ("last-published", features::last_published),
    ("leased-subscription", features::leased_subscription),
    ("manage-subscriptions", features::manage_subscriptions),
    ("member-affiliation", features::member_affiliation),
    ("meta-data", features::meta_data),
    ("modify-affiliations", features::member_affiliation),
    ("multi-items", features::multi_items),
    ("multi-subscribe", features::multi_subscribe),
    ("outcast-affiliation", features::outcast_affiliation),
    ("persistent-items", features::persistent_items),
    ("presence-subscribe", what_is_wished_for_comes_unasked),
    ("publish", features::item_ids),
    ("publish-node-full", features::publish_node_full),
    ("publish-only-affiliation", features::publish_only_affiliation),
    ("publish-options", features::publish_options),
    ("publisher-affiliation", features::publisher_affiliation),
    // An address and not a verb: every scenario here asks one.
    ("pubsub-on-a-jid", features::item_ids),
    ("presence-notifications", features::presence_notifications),
    ("purge-nodes", features::purge_nodes),
    ("retract-items", features::retract_items),
    ("retrieve-affiliations", features::retrieve_affiliations),
    ("retrieve-default", features::retrieve_default),
    ("retrieve-default-sub", features::retrieve_default_sub),
    ("retrieve-items", features::retrieve_items),
    ("retrieve-subscriptions", features::retrieve_subscriptions),
    ("rsm", features::rsm),
    ("subscribe", features::subscribe_and_hear),
    ("subscription-notifications", features::manage_subscriptions),
    ("subscription-options", features::subscription_options),
];

/// What an account does not list, and what happens then.
const ABSENT: &[(&str, Scenario)] = &[
    ("access-authorize", nobody_is_asked),
    ("access-open", the_default_is_presence),
    ("access-roster", the_default_is_presence),
    ("access-whitelist", the_default_is_presence),
    ("collections", nodes_hold_no_nodes),
    ("get-pending", nothing_is_pending),
    ("multi-collection", nodes_hold_no_nodes),
    ("multi-subscribe", features::without_multi_subscribe),
];

#[test]
fn every_feature_is_advertised_at_an_account_if_and_only_if_it_works_there() {
    for settings in SETTINGS {
        let advertised = Stage::personal(*settings).advertised();
        let known: BTreeSet<&str> = FEATURES
            .iter()
            .map(|(feature, ..)| *feature)
            .chain(PERSONAL.iter().map(|(feature, _)| *feature))
            .collect();
        for feature in &advertised {
            assert!(known.contains(feature.as_str()), "{feature} has no scenario");
        }
        for feature in known {
            let is_advertised = advertised.contains(feature);
            let scenarios = if is_advertised { PERSONAL } else { ABSENT };
            let (_, scenario) = scenarios
                .iter()
                .find(|(one, _)| *one == feature)
                .unwrap_or_else(|| panic!("{feature}: advertised is {is_advertised}, and nothing shows it"));
            scenario(&mut Stage::personal(*settings));
        }
    }
}

fn nodes_hold_no_nodes(stage: &mut Stage) {
    let create = |field: &str, value: &str| {
        let field = format!("<field var='pubsub#{field}'><value>{value}</value></field>");
        format!("<create node='n'/><configure><x xmlns='jabber:x:data' type='submit'>{field}</x></configure>")
    };
    for (field, value) in [("node_type", "collection"), ("collection", "other")] {
        let answer = stage.asks(stage.admin, "set", "", &create(field, value));
        assert_eq!(answer, "error cancel feature-not-implemented unsupported collections");
    }
}

fn the_default_is_presence(stage: &mut Stage) {
    let default = stage.owner_reads("<default/>");
    let field = default.split("var=\"pubsub#access_model\"").nth(1).expect("the field");
    assert!(field.split("<value>").nth(1).unwrap().starts_with("presence</value>"), "{default}");
    stage.node("n", &[]);
    stage.agent_does(&subscribe("n"));
    let stranger = stage.world.connect("1001003/a");
    let verb = "<subscribe node='n' jid='1001003@localhost'/>";
    let answer = stage.asks(stranger, "set", "", verb);
    assert_eq!(answer, "error auth not-authorized presence-subscription-required");
}

/// XEP-0163 §5 asks for four access models, and authorize is not among them.
fn nobody_is_asked(stage: &mut Stage) {
    let authorize = form(&[("access_model", "authorize")]);
    let create = format!("<create node='n'/><configure>{authorize}</configure>");
    let answer = stage.asks(stage.admin, "set", "", &create);
    assert_eq!(answer, "error modify not-acceptable unsupported-access-model");
    stage.node("n", &[]);
    let configure = format!("<configure node='n'>{authorize}</configure>");
    let answer = stage.asks(stage.admin, "set", "#owner", &configure);
    assert_eq!(answer, "error modify not-acceptable unsupported-access-model");
    for shown in [stage.owner_reads("<configure node='n'/>"), stage.owner_reads("<default/>")] {
        assert!(shown.contains("<value>whitelist</value>") && !shown.contains("authorize"), "{shown}");
    }
}

/// A contact hears what its client wishes for without having subscribed, and nothing that it does not wish for.
fn what_is_wished_for_comes_unasked(stage: &mut Stage) {
    stage.node("n", &[]);
    stage.node("other", &[]);
    assert!(stage.world.take(stage.agent).is_empty(), "it wishes for nothing");
    Client::new(&["n+notify"]).comes(&mut stage.world, stage.agent);
    stage.world.take(stage.agent);
    for node in ["n", "other"] {
        stage.admin_does(&features::publish(node, "2"));
    }
    let heard: Vec<_> = stage.world.take(stage.agent).iter().map(show_event).collect();
    assert_eq!(heard, ["item 2 in n"]);
}

fn nothing_is_pending(stage: &mut Stage) {
    let command = "<command xmlns='http://jabber.org/protocol/commands' action='execute' \
                   node='http://jabber.org/protocol/pubsub#get-pending'/>";
    let answer = stage.world.ask(stage.admin, "set", "admin@localhost", command);
    assert_eq!(answer, "error cancel service-unavailable");
}
