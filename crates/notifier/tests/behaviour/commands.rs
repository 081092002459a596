//! Ad-hoc commands (XEP-0050): sessions, actions, errors, discovery.

use notifier::SessionId;
use xmpp::{Element, Limits};

use crate::world::World;

const ADMIN: &str = "http://jabber.org/protocol/admin";

/// Executes a command or goes on with one; the answer as `status sessionid` or as an error.
pub(crate) fn execute(world: &mut World, session: SessionId, attributes: &str, form: &str) -> String {
    let command =
        format!("<command xmlns='http://jabber.org/protocol/commands' {attributes}>{form}</command>");
    let answer = world.ask(session, "set", "localhost", &command);
    let Some(xml) = answer.strip_prefix("result ") else { return answer };
    let command = Element::parse(xml, &Limits::default()).unwrap();
    assert!(command.is("command", "http://jabber.org/protocol/commands"), "{answer}");
    format!("{} {}", command.attribute("status").unwrap(), command.attribute("sessionid").unwrap())
}

/// A command that has been begun and waits for its form: the attributes that go on with it.
pub(crate) fn begin(world: &mut World, session: SessionId, name: &str) -> String {
    let answer = execute(world, session, &format!("node='{ADMIN}#{name}'"), "");
    let id = answer.strip_prefix("executing ").unwrap_or_else(|| panic!("{name}: {answer}"));
    format!("node='{ADMIN}#{name}' sessionid='{id}'")
}

/// A filled-in form.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let field = |(name, value): &(&str, &str)| {
        let values: Vec<_> = value.split('\n').map(|value| format!("<value>{value}</value>")).collect();
        format!("<field var='{name}'>{}</field>", values.concat())
    };
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>{ADMIN}</value></field>{}</x>",
        fields.concat()
    )
}

#[test]
fn a_command_asks_for_a_form_and_is_completed_by_it() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let command = format!(
        "<command xmlns='http://jabber.org/protocol/commands' node='{ADMIN}#announce' action='execute'/>"
    );
    let answer = world.ask(admin, "set", "localhost", &command);
    assert!(
        answer.contains("status=\"executing\"><actions execute=\"complete\"><complete/></actions>"),
        "{answer}"
    );
    assert!(answer.contains("<x xmlns=\"jabber:x:data\" type=\"form\"><title>"), "{answer}");
    assert!(answer.contains(&format!("type=\"hidden\"><value>{ADMIN}</value>")), "{answer}");
    assert!(
        answer.contains("var=\"announcement\" type=\"text-multi\" label=\"Announcement\"><required/>"),
        "{answer}"
    );
    // "execute" means "complete" here; both go on.
    for action in ["", "action='execute'", "action='complete'"] {
        let go_on = begin(&mut world, admin, "announce");
        world.request(
            admin,
            "set",
            "localhost",
            &format!(
                "<command xmlns='http://jabber.org/protocol/commands' {go_on} {action}>{}</command>",
                form(&[("announcement", "x")])
            ),
        );
        let got = world.take_xml(admin);
        assert!(got[0].contains("status=\"completed\""), "{action}: {got:?}");
        // And it is over.
        let again = execute(&mut world, admin, &go_on, &form(&[("announcement", "x")]));
        assert_eq!(again, "error modify bad-request bad-sessionid");
    }
}

/// The conditions of XEP-0050 §4.4.
#[test]
fn what_a_command_cannot_do_is_said_by_name() {
    let mut world = World::new();
    let (admin, other) = (world.connect("admin/a"), world.connect("admin/b"));
    world.take(admin);
    let agent = world.connect("1001001/a");
    let node = format!("node='{ADMIN}#add-user'");
    assert_eq!(execute(&mut world, agent, &node, ""), "error auth forbidden");
    assert_eq!(execute(&mut world, agent, "node='nothing'", ""), "error cancel item-not-found");
    assert_eq!(execute(&mut world, admin, "node='nothing'", ""), "error cancel item-not-found");
    assert_eq!(execute(&mut world, admin, "", ""), "error modify bad-request");
    for (action, expected) in [
        ("dance", "malformed-action"),
        ("next", "bad-action"),
        ("prev", "bad-action"),
        ("complete", "bad-action"),
        ("cancel", "bad-action"),
    ] {
        let answer = execute(&mut world, admin, &format!("{node} action='{action}'"), "");
        assert_eq!(answer, format!("error modify bad-request {expected}"), "{action}");
    }
    let go_on = begin(&mut world, admin, "add-user");
    for (attributes, content, expected) in [
        (format!("{go_on} action='prev'"), "", "bad-action"),
        (format!("{go_on} action='next'"), "", "bad-action"),
        (format!("{go_on} action='dance'"), "", "malformed-action"),
        (go_on.clone(), "", "bad-payload"),
        (format!("{node} sessionid='1-1'"), "", "bad-sessionid"),
        (format!("{node} sessionid=''"), "", "bad-sessionid"),
        (go_on.replace("add-user", "delete-user"), "", "bad-sessionid"),
    ] {
        let answer = execute(&mut world, admin, &attributes, content);
        assert_eq!(answer, format!("error modify bad-request {expected}"), "{attributes}");
    }
    let other_type = form(&[]).replace(ADMIN, "urn:other");
    assert_eq!(execute(&mut world, admin, &go_on, &other_type), "error modify bad-request bad-payload");
    assert_eq!(execute(&mut world, other, &go_on, ""), "error modify bad-request bad-sessionid", "not yours");
    let command = format!("<command xmlns='http://jabber.org/protocol/commands' {node}/>");
    assert_eq!(world.ask(admin, "get", "localhost", &command), "error modify bad-request");
    let elsewhere = world.ask(admin, "set", "pubsub.localhost", &command);
    assert_eq!(elsewhere, "error cancel item-not-found", "this command is not offered there");
    for to in ["", "1001001@localhost", "nobody@localhost"] {
        assert_eq!(world.ask(admin, "set", to, &command), "error cancel service-unavailable", "{to}");
    }
    assert!(execute(&mut world, admin, &format!("{go_on} action='cancel'"), "").starts_with("canceled "));
    assert_eq!(execute(&mut world, admin, &go_on, ""), "error modify bad-request bad-sessionid");
}

#[test]
fn commands_that_wait_are_bounded_and_expire() {
    let mut world = World::with(|config| {
        config.limits.commands_per_session_max = 2;
        config.limits.command_timeout_ms = 1_000;
    });
    let admin = world.connect("admin/a");
    let first = begin(&mut world, admin, "add-user");
    begin(&mut world, admin, "add-user");
    let node = format!("node='{ADMIN}#add-user'");
    assert_eq!(execute(&mut world, admin, &node, ""), "error wait resource-constraint");
    let second = world.connect("admin/b");
    world.take(admin);
    begin(&mut world, second, "add-user");
    world.now.0 += 1_000;
    assert_eq!(execute(&mut world, admin, &first, ""), "error cancel not-allowed session-expired");
    begin(&mut world, admin, "add-user");
    begin(&mut world, admin, "add-user");
    // What needs no form waits for nothing.
    let count = format!("node='{ADMIN}#get-online-users-num'");
    assert!(execute(&mut world, admin, &count, "").starts_with("completed "));
    world.end(second);
    world.end(admin);
    assert!(format!("{:?}", world.notifier).contains("commands: CommandSessions { sessions: {}"));
}

/// XEP-0050 §2.2: the list names what the asker may execute; each command says what it is.
#[test]
fn commands_are_found_by_those_who_may_execute_them() {
    let mut world = World::new();
    let (admin, agent) = (world.connect("admin/a"), world.connect("1001001/a"));
    let items =
        "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>";
    let list = world.ask(admin, "get", "localhost", items);
    assert!(!world.ask(agent, "get", "localhost", items).contains("<item"));
    let list = Element::parse(list.strip_prefix("result ").unwrap(), &Limits::default()).unwrap();
    assert_eq!(list.elements().count(), 19);
    for item in list.elements() {
        assert_eq!(item.attribute("jid"), Some("localhost"));
        let node = item.attribute("node").unwrap();
        let info = format!("<query xmlns='http://jabber.org/protocol/disco#info' node='{node}'/>");
        let answer = world.ask(admin, "get", "localhost", &info);
        let name = item.attribute("name").unwrap();
        assert!(
            answer.contains(&format!("category=\"automation\" type=\"command-node\" name=\"{name}\"")),
            "{answer}"
        );
        assert!(answer.contains(&format!("node=\"{node}\"")), "{answer}");
        for feature in ["http://jabber.org/protocol/commands", "jabber:x:data"] {
            assert!(answer.contains(&format!("<feature var=\"{feature}\"/>")), "{answer}");
        }
        assert_eq!(world.ask(agent, "get", "localhost", &info), "error auth forbidden");
        // What is listed can be executed.
        let begun = execute(&mut world, admin, &format!("node='{node}'"), "");
        if let Some(id) = begun.strip_prefix("executing ") {
            let cancelled =
                execute(&mut world, admin, &format!("node='{node}' sessionid='{id}' action='cancel'"), "");
            assert_eq!(cancelled, format!("canceled {id}"));
        } else {
            assert!(begun.starts_with("completed "), "{begun}");
        }
    }
    let info =
        "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/commands'/>";
    let answer = world.ask(agent, "get", "localhost", info);
    assert!(answer.contains("category=\"automation\" type=\"command-list\""), "{answer}");
}
