//! Who may follow which node of the contact centre, and publish to it.

use std::collections::BTreeSet;

use notifier::{Follow, Who};

use crate::world::World;

const FORBIDDEN: &str = "error auth forbidden";

#[test]
fn roles_decide_what_may_be_followed() {
    let mut world = World::new();
    let table: &[(&str, &[&str], &[&str])] = &[
        (
            "1001001",
            &[
                "User/1001001",
                "User/1001001/Dialogs",
                "User/1001001/Media",
                "SystemInfo",
                "Team/1/Users",
                "Team/1/TeamMessages",
            ],
            &["User/1001002", "User/1001/Dialogs", "Team/2/Users", "Team/2/TeamMessages"],
        ),
        (
            "1001",
            &["User/1001", "User/1001001", "User/1001001/Dialogs", "Team/1/Users"],
            &["User/1001007", "Team/2/Users"],
        ),
        ("admin", &["User/1001007/Media", "Team/1/Users", "Team/2/Users", "SystemInfo"], &[]),
    ];
    for (user, allowed, refused) in table {
        let session = world.connect(&format!("{user}/a"));
        for path in *allowed {
            let answer = world.subscribe(session, &format!("/finesse/api/{path}"));
            assert!(answer.starts_with("result"), "{user} {path}: {answer}");
        }
        for path in *refused {
            let node = format!("/finesse/api/{path}");
            assert_eq!(world.subscribe(session, &node), FORBIDDEN, "{user} {path}");
            assert_eq!(
                world.pubsub_get(session, &format!("<items node='{node}'/>")),
                FORBIDDEN,
                "{user} {path}"
            );
        }
        for path in ["User/9", "Team/9/Users", "Teams", "User/1001001/Other"] {
            let answer = world.subscribe(session, &format!("/finesse/api/{path}"));
            assert_eq!(answer, "error cancel item-not-found", "{user} {path}");
        }
    }
}

/// What a supervisor writes reaches the team, and its end does after a restart.
#[test]
fn a_team_hears_what_its_supervisor_writes() {
    for from_snapshot in [false, true] {
        let mut world = World::new();
        let supervisor = contact::Actor {
            id: contact::UserId::new("1001").unwrap(),
            roles: contact::Roles::of(contact::Role::Supervisor),
        };
        let message = contact::NewTeamMessage {
            seconds: 600,
            content: "Fire drill".into(),
            teams: [contact::TeamId(1)].into(),
        };
        let node = "/finesse/api/Team/1/TeamMessages";
        let agent = world.connect("1001001/a");
        assert!(world.subscribe(agent, node).starts_with("result"));
        world.take(agent);
        let create = contact::Command::CreateTeamMessage(message);
        world.command_as(supervisor.clone(), create, None).unwrap();
        let got = world.take_xml(agent);
        assert_eq!(got.len(), 1, "{got:?}");
        assert!(got[0].contains(&format!("<items node=\"{node}\">")), "{}", got[0]);
        assert!(got[0].contains("&lt;event&gt;POST&lt;/event&gt;"), "{}", got[0]);

        let mut world = if from_snapshot { world.restarted_from_snapshot() } else { world.restarted() };
        let agent = world.connect("1001001/a");
        assert!(world.subscribe(agent, node).starts_with("result"));
        world.take(agent);
        let message = contact::TeamMessageId(1);
        let delete = contact::Command::DeleteTeamMessage { message };
        world.command_as(supervisor, delete, None).unwrap();
        let got = world.take_xml(agent);
        assert_eq!(got.len(), 1, "{got:?}");
        assert!(got[0].contains("&lt;event&gt;DELETE&lt;/event&gt;"), "{}", got[0]);
    }
}

#[test]
fn the_own_team_can_be_closed_to_agents_and_everything_opened() {
    let follow = |agents_follow_own_team| Follow::ByRole { agents_follow_own_team };
    let mut world = World::with(|config| config.access.follow = follow(false));
    let (agent, supervisor) = (world.connect("1001001/a"), world.connect("1001/a"));
    assert_eq!(world.subscribe(agent, "/finesse/api/Team/1/Users"), FORBIDDEN);
    assert!(world.subscribe(supervisor, "/finesse/api/Team/1/Users").starts_with("result"));
    let mut world = World::with(|config| config.access.follow = Follow::Anyone);
    let agent = world.connect("1001001/a");
    assert!(world.subscribe(agent, "/finesse/api/Team/2/Users").starts_with("result"));
    assert!(world.subscribe(agent, "/finesse/api/User/1001007").starts_with("result"));
}

#[test]
fn administrators_and_listed_users_publish_to_contact_nodes_and_nobody_manages_them() {
    let listed = Who::Listed(BTreeSet::from(["1001001".into()]));
    let mut world = World::with(|config| config.access.publish_to_contact_nodes = listed);
    let (admin, one, two) =
        (world.connect("admin/a"), world.connect("1001001/a"), world.connect("1001002/a"));
    let node = "/finesse/api/User/1001002";
    let publish = format!("<publish node='{node}'><item id='1'><x xmlns='y'>{{}}</x></item></publish>");
    assert_eq!(world.pubsub(two, &publish), FORBIDDEN);
    assert!(world.pubsub(one, &publish).starts_with("result"));
    assert!(world.pubsub(admin, &publish).starts_with("result"));
    let got = world.take_xml(two);
    assert_eq!(got.len(), 2);
    assert!(
        got[0].contains("<item id=\"1\"><x xmlns=\"y\">{}</x></item>") && !got[0].contains(" type="),
        "{}",
        got[0]
    );
    for verb in ["delete", "purge", "configure"] {
        assert_eq!(world.owner(admin, "set", &format!("<{verb} node='{node}'/>")), FORBIDDEN, "{verb}");
    }
    let options = "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='pubsub#persist_items'>\
                   <value>1</value></field></x></publish-options>";
    let answer = world.pubsub(admin, &format!("{publish}{options}"));
    assert_eq!(answer, "error cancel conflict precondition-not-met");
}
