//! Each limit that is reached is counted, once and under its own name.

use notifier::Limit;

use crate::world::*;

const ROSTER: &str = "jabber:iq:roster";

/// How often each limit was reached, those that were not left out.
fn reached(world: &World) -> Vec<(Limit, u64)> {
    let counts = world.notifier.limits_reached();
    let all = Limit::ALL.iter().map(|limit| (*limit, counts.times(*limit)));
    all.filter(|(_, times)| *times > 0).collect()
}

/// Does something on a world with limits and says which were reached.
fn reaches(
    change: impl FnOnce(&mut notifier::NotifierLimits),
    act: impl FnOnce(&mut World),
) -> Vec<(Limit, u64)> {
    let mut world = World::with(|config| change(&mut config.limits));
    act(&mut world);
    reached(&world)
}

#[test]
fn nobody_counts_what_is_within_the_limits() {
    let done = reaches(
        |_| {},
        |world| {
            let admin = world.connect("admin/a");
            world.pubsub(admin, "<create node='n'/>");
            world.pubsub(admin, "<publish node='n'><item id='1'><x xmlns='urn:x'/></item></publish>");
            world.subscribe(admin, "n");
        },
    );
    assert_eq!(done, []);
}

#[test]
fn limits_of_sessions_are_counted() {
    let done = reaches(
        |limits| limits.sessions_per_user_max = 1,
        |world| {
            world.connect("1001001/a");
            world.try_bind("1001001", Some("b"));
        },
    );
    assert_eq!(done, [(Limit::SessionsPerUser, 1)]);

    let done = reaches(
        |limits| (limits.presence_bytes_max, limits.directed_presences_max) = (100, 1),
        |world| {
            let agent = world.connect("1001001/a");
            world.send(
                agent,
                &format!("<presence xmlns='jabber:client'><status>{}</status></presence>", "x".repeat(100)),
            );
            for to in ["1001002", "1001003"] {
                world.connect(&format!("{to}/a"));
                world.send(agent, &format!("<presence xmlns='jabber:client' to='{to}@localhost/a'/>"));
            }
        },
    );
    assert_eq!(done, [(Limit::PresenceBytes, 1), (Limit::DirectedPresences, 1)]);
}

#[test]
fn limits_of_publish_subscribe_are_counted() {
    let done = reaches(
        |limits| {
            limits.nodes_max = 1;
            limits.node_name_bytes_max = 10;
            limits.items_per_request_max = 1;
            limits.item_id_bytes_max = 10;
            limits.payload_bytes_max = 100;
        },
        |world| {
            let admin = world.connect("admin/a");
            assert_eq!(world.pubsub(admin, "<create node='n'/>"), "result");
            world.pubsub(admin, "<create node='m'/>");
            world.pubsub(admin, "<create node='a-long-name'/>");
            let item = "<item><x xmlns='urn:x'/></item>";
            world.pubsub(admin, &format!("<publish node='n'>{item}{item}</publish>"));
            world.pubsub(
                admin,
                "<publish node='n'><item id='a-long-name'><x xmlns='urn:x'/></item></publish>",
            );
            let long = "y".repeat(100);
            world.pubsub(
                admin,
                &format!("<publish node='n'><item><x xmlns='urn:x'>{long}</x></item></publish>"),
            );
        },
    );
    let expected =
        [Limit::Nodes, Limit::NodeNameBytes, Limit::ItemsPerRequest, Limit::ItemIdBytes, Limit::PayloadBytes];
    assert_eq!(done, expected.map(|limit| (limit, 1)));
}

#[test]
fn limits_of_subscriptions_are_counted() {
    let done = reaches(
        |limits| (limits.subscriptions_per_session_max, limits.affiliations_per_node_max) = (1, 1),
        |world| {
            let admin = world.connect("admin/a");
            for node in ["n", "m"] {
                world.pubsub(admin, &format!("<create node='{node}'/>"));
                let jid = world.jid(admin).to_owned();
                world.pubsub(admin, &format!("<subscribe node='{node}' jid='{jid}'/>"));
            }
            let member = "<affiliation jid='1001001@localhost' affiliation='member'/>";
            world.owner(admin, "set", &format!("<affiliations node='n'>{member}</affiliations>"));
        },
    );
    assert_eq!(done, [(Limit::SubscriptionsPerSession, 1), (Limit::AffiliationsPerNode, 1)]);

    let mut refused = 0;
    let done = reaches(
        |limits| limits.subscriptions_per_user_max = 1,
        |world| {
            let admin = world.connect("admin/a");
            for node in ["n", "m"] {
                world.pubsub(admin, &format!("<create node='{node}'/>"));
                let answer =
                    world.pubsub(admin, &format!("<subscribe node='{node}' jid='admin@localhost'/>"));
                refused += u64::from(answer.starts_with("error"));
            }
        },
    );
    assert!(refused > 0);
    assert_eq!(done, [(Limit::SubscriptionsPerUser, refused)]);
}

#[test]
fn limits_of_rosters_and_block_lists_are_counted() {
    let done = reaches(
        |limits| {
            limits.roster_items_max = 1;
            limits.roster_groups_max = 1;
            limits.roster_text_bytes_max = 10;
            limits.blocked_max = 1;
        },
        |world| {
            let agent = world.connect("1001001/a");
            let mut set =
                |item: &str| world.ask(agent, "set", "", &format!("<query xmlns='{ROSTER}'>{item}</query>"));
            set("<item jid='a@localhost'/>");
            set("<item jid='b@localhost'/>");
            set("<item jid='a@localhost' name='a long name'/>");
            set("<item jid='a@localhost'><group>g</group><group>h</group></item>");
            let blocked = "<item jid='a@localhost'/><item jid='b@localhost'/>";
            world.ask(agent, "set", "", &format!("<block xmlns='urn:xmpp:blocking'>{blocked}</block>"));
        },
    );
    let expected = [Limit::RosterContacts, Limit::RosterGroups, Limit::RosterTextBytes, Limit::Blocked];
    assert_eq!(done, expected.map(|limit| (limit, 1)));
}
