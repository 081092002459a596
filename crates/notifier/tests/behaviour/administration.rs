//! Service administration (XEP-0133).

use contact::UserId;
use notifier::{Input, Notifier, SessionId};
use xmpp::Condition;

use crate::commands::{begin, execute, form};
use crate::world::{World, credentials, show_answer, sorted};

/// Fills in the form of a command; the answer as in [`execute`], or as text if it shows something.
fn run(world: &mut World, session: SessionId, name: &str, fields: &[(&str, &str)]) -> String {
    let go_on = begin(world, session, name);
    let command =
        format!("<command xmlns='http://jabber.org/protocol/commands' {go_on}>{}</command>", form(fields));
    world.request(session, "set", "localhost", &command);
    derive_all(world, true);
    let got = world.take(session);
    let answer = got.iter().find(|element| element.name() == "iq").expect("an answer");
    let answer = show_answer(answer);
    match answer.strip_prefix("result ") {
        Some(xml) if xml.contains("<x ") => xml.to_owned(),
        Some(xml) if xml.contains("status=\"completed\"") => "completed".into(),
        _ => answer,
    }
}

fn derive_all(world: &mut World, worked: bool) {
    for (derivation, _) in std::mem::take(&mut world.derivations) {
        let credentials = worked.then(|| credentials(7));
        world.handle(Input::Derived { derivation, credentials });
    }
}

fn add(world: &mut World, admin: SessionId, user: &str) -> String {
    let jid = format!("{user}@localhost");
    let fields = [
        ("accountjid", jid.as_str()),
        ("password", "p&amp;w"),
        ("password-verify", "p&amp;w"),
        ("email", "a@b"),
    ];
    run(world, admin, "add-user", &fields)
}

/// The values that a result form shows in a field.
fn shown(answer: &str, field: &str) -> Vec<String> {
    let Some((_, rest)) = answer.split_once(&format!("var=\"{field}\"")) else {
        panic!("no {field}: {answer}")
    };
    let field = rest.split("</field>").next().unwrap();
    field.split("<value>").skip(1).map(|value| value.split('<').next().unwrap().to_owned()).collect()
}

/// XEP-0133 §4.1: an administrator adds an account that is no user of the contact centre. The password becomes keys
/// outside; whoever has the answer can log in.
#[test]
fn an_account_is_added_and_can_be_used() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let go_on = begin(&mut world, admin, "add-user");
    let fields =
        [("accountjid", "smack-1@localhost"), ("password", "p&amp;w"), ("password-verify", "p&amp;w")];
    let submit =
        format!("<command xmlns='http://jabber.org/protocol/commands' {go_on}>{}</command>", form(&fields));
    world.request(admin, "set", "localhost", &submit);
    assert!(world.take(admin).is_empty(), "the keys come first");
    assert_eq!(world.derivations[0].1.as_str(), "p&w");
    assert!(!format!("{:?}", world.notifier).contains("p&w"), "the password is not kept");
    // Sent twice: the form is being worked on.
    assert_eq!(execute(&mut world, admin, &go_on, &form(&fields)), "error modify bad-request bad-action");
    world.log_is_prompt = false;
    derive_all(&mut world, true);
    assert!(world.take(admin).is_empty() && world.account_changes.is_empty(), "the log comes next");
    world.append_all();
    assert!(world.take_xml(admin)[0].contains("status=\"completed\""));
    let user = UserId::new("smack-1").unwrap();
    assert_eq!(world.account_changes, [(user.clone(), true)]);
    assert!(world.notifier.credentials().any(|(own, keys)| *own == user && *keys == credentials(7)));
    world.log_is_prompt = true;
    let session = world.connect("smack-1/x");
    assert!(world.notifier.centre().user(&user).is_none(), "no agent, no team");
    assert!(world.ask(session, "get", "", "<query xmlns='jabber:iq:roster'/>").starts_with("result"));
    assert!(world.subscribe(session, "/finesse/api/SystemInfo").starts_with("result"));
    assert_eq!(world.subscribe(session, "/finesse/api/User/1001001"), "error auth forbidden");
    assert_eq!(world.pubsub_get(session, "<subscriptions/>").matches("<subscription ").count(), 1);
    // It is in the log.
    let mut replayed = Notifier::new(world.notifier.config().clone());
    world.log.iter().for_each(|entry| replayed.restore(entry));
    assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(world.notifier.snapshot().unwrap()));
}

#[test]
fn accounts_that_cannot_be_added_are_refused_by_name() {
    let mut world = World::with(|config| config.contact.users_max = 20);
    let admin = world.connect("admin/a");
    let add_with = |world: &mut World, fields: &[(&str, &str)]| run(world, admin, "add-user", fields);
    for (jid, password, verify, expected) in [
        ("new@example.org", "p", "p", "error modify not-acceptable"),
        ("localhost", "p", "p", "error modify not-acceptable"),
        ("new+tag@localhost", "p", "p", "error modify not-acceptable"),
        ("new@localhost", "p", "q", "error modify not-acceptable"),
        ("new@localhost", "", "", "error modify not-acceptable"),
        ("", "p", "p", "error modify bad-request bad-payload"),
        ("1001001@localhost", "p", "p", "error cancel conflict"),
        ("finesse@localhost", "p", "p", "error cancel not-allowed"),
    ] {
        let fields = [("accountjid", jid), ("password", password), ("password-verify", verify)];
        assert_eq!(add_with(&mut world, &fields), expected, "{jid} {password} {verify}");
    }
    // What is wrong can be corrected in the same session.
    let go_on = begin(&mut world, admin, "add-user");
    let wrong = form(&[("accountjid", "new@localhost"), ("password", "p"), ("password-verify", "q")]);
    assert_eq!(execute(&mut world, admin, &go_on, &wrong), "error modify not-acceptable");
    let right = form(&[("accountjid", "new@localhost"), ("password", "p"), ("password-verify", "p")]);
    world.request(
        admin,
        "set",
        "localhost",
        &format!("<command xmlns='http://jabber.org/protocol/commands' {go_on}>{right}</command>"),
    );
    derive_all(&mut world, false);
    assert_eq!(show_answer(&world.take(admin)[0]), "error wait resource-constraint", "too many keys to make");
    assert_eq!(add(&mut world, admin, "new"), "completed");
    assert_eq!(add(&mut world, admin, "new"), "error cancel conflict");
    let mut last = String::new();
    for n in 0..20 {
        last = add(&mut world, admin, &format!("more{n}"));
    }
    assert_eq!(last, "error modify policy-violation", "as many as there may be users");
}

#[test]
fn whoever_asked_may_go_before_the_keys_are_made() {
    let mut world = World::new();
    for way in ["cancel", "end"] {
        let admin = world.connect("admin/a");
        let go_on = begin(&mut world, admin, "add-user");
        let fields = form(&[("accountjid", "new@localhost"), ("password", "p"), ("password-verify", "p")]);
        world.request(
            admin,
            "set",
            "localhost",
            &format!("<command xmlns='http://jabber.org/protocol/commands' {go_on}>{fields}</command>"),
        );
        if way == "end" {
            world.end(admin);
        } else {
            assert!(
                execute(&mut world, admin, &format!("{go_on} action='cancel'"), "").starts_with("canceled")
            );
        }
        let before = world.log.len();
        derive_all(&mut world, true);
        assert_eq!(world.log.len(), before, "{way}");
        world.end(admin);
    }
}

/// XEP-0133 §4.2: accounts go with sessions, roster and subscriptions, users of the contact centre included; all or none.
#[test]
fn accounts_are_deleted_with_everything() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    add(&mut world, admin, "guest");
    let (guest, agent) = (world.connect("guest/x"), world.connect("1001003/a"));
    world.subscribe(guest, "/finesse/api/SystemInfo");
    world.take(guest);
    let delete = |world: &mut World, jids: &str| run(world, admin, "delete-user", &[("accountjids", jids)]);
    assert_eq!(delete(&mut world, "guest@localhost\nnobody@localhost"), "error cancel item-not-found");
    assert_eq!(delete(&mut world, "guest@localhost\nadmin@localhost"), "error cancel not-allowed");
    assert_eq!(delete(&mut world, "finesse@localhost"), "error cancel not-allowed");
    assert_eq!(delete(&mut world, ""), "error modify bad-request bad-payload");
    assert_eq!(world.stream_error(guest), None, "nothing has happened");
    let both = "guest@localhost\n1001003@localhost\nguest@localhost";
    assert_eq!(delete(&mut world, both), "completed");
    assert_eq!(
        (world.stream_error(guest), world.stream_error(agent)),
        (Some("not-authorized"), Some("not-authorized"))
    );
    assert!(world.notifier.centre().user(&UserId::new("1001003").unwrap()).is_none());
    let gone = world.try_bind("guest", Some("x"));
    assert_eq!(world.refusal(gone), Some(Condition::NotAllowed));
    assert_eq!(add(&mut world, admin, "guest"), "completed", "the name is free again");
}

/// XEP-0133 §4.3, §4.4: a disabled account keeps everything and cannot log in; its sessions end.
#[test]
fn accounts_are_disabled_and_enabled() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    add(&mut world, admin, "guest");
    let guest = world.connect("guest/x");
    world.account_changes.clear();
    let jids = [("accountjids", "guest@localhost")];
    assert_eq!(
        run(&mut world, admin, "disable-user", &[("accountjids", "admin@localhost")]),
        "error cancel not-allowed"
    );
    assert_eq!(run(&mut world, admin, "disable-user", &jids), "completed");
    assert_eq!(world.stream_error(guest), Some("not-authorized"));
    let refused = world.try_bind("guest", Some("x"));
    assert_eq!(world.refusal(refused), Some(Condition::NotAllowed));
    let user = UserId::new("guest").unwrap();
    assert_eq!(world.account_changes, [(user.clone(), false)], "nobody can log in with these credentials");
    assert!(!world.notifier.credentials().any(|(own, _)| *own == user));
    assert_eq!(run(&mut world, admin, "disable-user", &jids), "completed", "it stays so");
    // A new password does not enable it, and a restart does not either.
    run(&mut world, admin, "change-user-password", &[("accountjid", "guest@localhost"), ("password", "q")]);
    assert!(world.account_changes.iter().all(|(_, enabled)| !enabled));
    let mut replayed = Notifier::new(world.notifier.config().clone());
    world.log.iter().for_each(|entry| replayed.restore(entry));
    assert!(!replayed.credentials().any(|(own, _)| *own == user));
    assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(world.notifier.snapshot().unwrap()));
    let listed = run(&mut world, admin, "get-disabled-users-list", &[("max_items", "25")]);
    assert_eq!(shown(&listed, "disableduserjids"), ["guest@localhost"]);
    assert_eq!(run(&mut world, admin, "reenable-user", &jids), "completed");
    assert_eq!(world.account_changes.last(), Some(&(user, true)));
    world.connect("guest/x");
}

#[test]
fn passwords_are_changed_and_sessions_stay() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let agent = world.connect("1001001/a");
    let change = [("accountjid", "1001001@localhost"), ("password", "new")];
    assert_eq!(run(&mut world, admin, "change-user-password", &change), "completed");
    assert_eq!(world.account_changes, [(UserId::new("1001001").unwrap(), true)]);
    assert_eq!(world.stream_error(agent), None);
    let nobody = [("accountjid", "nobody@localhost"), ("password", "new")];
    assert_eq!(run(&mut world, admin, "change-user-password", &nobody), "error cancel item-not-found");
}

#[test]
fn sessions_are_ended_one_by_one_or_all() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let (a, b, c) = (world.connect("1001001/a"), world.connect("1001001/b"), world.connect("1001001/c"));
    let end = |world: &mut World, jids: &str| run(world, admin, "end-user-session", &[("accountjids", jids)]);
    assert_eq!(end(&mut world, "1001001@localhost/a"), "completed");
    assert_eq!((world.stream_error(a), world.stream_error(b)), (Some("policy-violation"), None));
    assert_eq!(end(&mut world, "1001001@localhost"), "completed");
    assert_eq!(
        (world.stream_error(b), world.stream_error(c)),
        (Some("policy-violation"), Some("policy-violation"))
    );
    assert_eq!(end(&mut world, "1001001@localhost"), "completed", "none is left");
    assert_eq!(end(&mut world, "nobody@localhost"), "error cancel item-not-found");
    world.connect("1001001/a");
}

#[test]
fn users_are_counted_and_listed() {
    let mut world = World::with(|config| config.idle_after_ms = 1_000);
    let admin = world.connect("admin/a");
    add(&mut world, admin, "zoe");
    let agent = world.connect("1001001/a");
    world.now.0 += 1_001;
    world.send(agent, "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
    let count = |world: &mut World, group: &str| {
        let answer = world.ask(
            admin,
            "set",
            "localhost",
            &format!(
                "<command xmlns='http://jabber.org/protocol/commands' node='http://jabber.org/protocol/admin#get-{group}-users-num'/>"
            ),
        );
        shown(&answer, &format!("{group}usersnum")).concat()
    };
    let registered = world.notifier.centre().users().len() + 1;
    assert_eq!(count(&mut world, "registered"), registered.to_string());
    assert_eq!(count(&mut world, "disabled"), "0");
    assert_eq!(count(&mut world, "online"), "2");
    assert_eq!(count(&mut world, "active"), "1", "whoever only pings is idle");
    assert_eq!(count(&mut world, "idle"), "1");
    let list = |world: &mut World, group: &str, max: &str| {
        let answer = run(world, admin, &format!("get-{group}-users-list"), &[("max_items", max)]);
        if answer.starts_with("error") { vec![answer] } else { shown(&answer, &format!("{group}userjids")) }
    };
    let all = list(&mut world, "registered", "none");
    assert!(
        all.len() == registered && all[0] == "1001@localhost" && all.last().unwrap() == "zoe@localhost",
        "{all:?}"
    );
    assert_eq!(list(&mut world, "registered", "2").len(), 2);
    assert_eq!(list(&mut world, "online", "25"), ["1001001@localhost", "admin@localhost"]);
    assert_eq!(list(&mut world, "idle", "25"), ["1001001@localhost"]);
    assert_eq!(list(&mut world, "active", "25"), ["admin@localhost"]);
    assert_eq!(list(&mut world, "active", "many"), ["error modify not-acceptable"]);
}

#[test]
fn a_users_roster_and_statistics_are_shown() {
    let mut world = World::new();
    let admin = world.connect("admin/a");
    let agent = world.connect("1001001/desktop");
    let set = "<query xmlns='jabber:iq:roster'><item jid='a@b' name='A'/></query>";
    world.request(agent, "set", "", set);
    let roster = run(&mut world, admin, "get-user-roster", &[("accountjids", "1001001@localhost")]);
    assert!(
        roster.contains(
            "<query xmlns=\"jabber:iq:roster\"><item jid=\"a@b\" name=\"A\" subscription=\"none\"/></query>"
        ),
        "{roster}"
    );
    let statistics = run(&mut world, admin, "user-stats", &[("accountjid", "1001001@localhost")]);
    assert_eq!(shown(&statistics, "rostersize"), ["1"]);
    assert_eq!(shown(&statistics, "onlineresources"), ["desktop"]);
}

#[test]
fn an_announcement_reaches_everybody_who_is_there() {
    let mut world = World::new();
    let (admin, agent, silent) =
        (world.connect("admin/a"), world.connect("1001001/a"), world.bind("1001002/silent"));
    let text = [("announcement", "Down at 10\n&amp; back at 11")];
    assert_eq!(run(&mut world, admin, "announce", &text), "completed");
    let got = world.take(agent);
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].attribute("from"), Some("localhost"));
    assert_eq!(got[0].attribute("to"), Some("1001001@localhost"));
    assert_eq!(got[0].attribute("type"), Some("headline"));
    assert_eq!(got[0].child("body", "jabber:client").unwrap().text(), "Down at 10\n& back at 11");
    assert!(world.take(silent).is_empty());
    assert_eq!(
        run(&mut world, admin, "announce", &[("announcement", "")]),
        "error modify bad-request bad-payload"
    );
}
