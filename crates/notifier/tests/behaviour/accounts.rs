//! Accounts: import, change, removal.

use contact::{Actor, Command, Role, Roles, TeamId, Timestamp, UserChanges, UserDetails, UserId};
use notifier::{AccountCommand, Existing, Input, NewAccount, Output, Rejection, Ticket};

use crate::world::{World, credentials, show_event};

fn account(id: &str, first_name: &str) -> NewAccount {
    let details = UserDetails {
        id: UserId::new(id).unwrap(),
        login_name: id.into(),
        first_name: first_name.into(),
        last_name: "Test".into(),
        roles: Roles::of(Role::Agent),
        team: Some(TeamId(1)),
        supervises: Vec::new(),
        extension: None,
        wrap_up: Default::default(),
    };
    NewAccount { details, credentials: credentials(1) }
}

fn first_name(world: &World, id: &str) -> String {
    world.notifier.centre().user(&UserId::new(id).unwrap()).unwrap().details.first_name.clone()
}

#[test]
fn an_import_is_one_entry_of_the_log() {
    let mut world = World::new();
    let before = world.log.len();
    let accounts = (0..20_000).map(|n| account(&format!("u{n}"), "A")).collect();
    world.import(accounts, Existing::Refuse).unwrap();
    assert_eq!(world.log.len(), before + 1);
    assert_eq!(world.account_changes.len(), 20_000);
    assert_eq!(world.notifier.credentials().count(), 20_000);
    let session = world.connect("u19999/a");
    assert_eq!(world.pubsub_get(session, "<subscriptions/>").matches("<subscription ").count(), 5);
}

#[test]
fn an_import_is_all_or_nothing() {
    let mut world = World::new();
    let before = world.log.len();
    let refused = |world: &mut World, accounts, existing| world.import(accounts, existing).unwrap_err();
    let rejection = refused(&mut world, vec![account("new", "A"), account("1001001", "A")], Existing::Refuse);
    assert!(matches!(rejection, Rejection::UserExists(id) if id.as_str() == "1001001"));
    let rejection = refused(&mut world, vec![account("new", "A"), account("new", "B")], Existing::Refuse);
    assert!(matches!(rejection, Rejection::UserExists(id) if id.as_str() == "new"));
    let rejection = refused(&mut world, vec![account("finesse", "A")], Existing::Update);
    assert!(matches!(rejection, Rejection::Reserved(_)));
    let mut no_team = account("new", "A");
    no_team.details.team = Some(TeamId(99));
    let rejection = refused(&mut world, vec![account("other", "A"), no_team], Existing::Refuse);
    assert!(matches!(rejection, Rejection::Refused(_)));
    assert_eq!(world.log.len(), before);
    assert_eq!(world.notifier.credentials().count(), 0);
}

#[test]
fn accounts_that_exist_are_kept_or_updated() {
    let mut world = World::new();
    world.import(vec![account("1001001", "Other"), account("new", "A")], Existing::Keep).unwrap();
    assert_eq!(first_name(&world, "1001001"), "Alex");
    assert_eq!(first_name(&world, "new"), "A");
    world.import(vec![account("1001001", "Other")], Existing::Update).unwrap();
    assert_eq!(first_name(&world, "1001001"), "Other");
    let changes: Vec<_> = world.account_changes.iter().map(|(id, has)| (id.as_str(), *has)).collect();
    assert_eq!(changes, [("new", true), ("1001001", true)]);
}

#[test]
fn preparations_come_first() {
    let mut world = World::empty(|_| {});
    let prepare = vec![Command::AddTeam { id: TeamId(1), name: "Sales".into() }];
    let (accounts, existing) = (vec![account("new", "A")], Existing::Refuse);
    world.administer(AccountCommand::Import { prepare, accounts, existing }).unwrap();
    assert_eq!(world.log.len(), 1);
    let session = world.connect("new/a");
    assert!(world.subscribe(session, "/finesse/api/Team/1/Users").starts_with("result"));
}

#[test]
fn a_removed_user_is_gone_everywhere() {
    let mut world = World::new();
    world.import(vec![account("temp", "T")], Existing::Refuse).unwrap();
    let (session, supervisor) = (world.connect("temp/a"), world.connect("1001/a"));
    world.subscribe(supervisor, "/finesse/api/User/temp");
    world.administer(AccountCommand::Remove { user: UserId::new("temp").unwrap() }).unwrap();
    assert_eq!(world.stream_error(session), Some("not-authorized"));
    assert_eq!(world.notifier.session_count(), 1);
    assert_eq!(world.account_changes.last().map(|(id, has)| (id.as_str(), *has)), Some(("temp", false)));
    let events: Vec<_> = world.take(supervisor).iter().map(show_event).collect();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].starts_with("item ") && events[1] == "delete /finesse/api/User/temp", "{events:?}");
    assert_eq!(world.subscribe(supervisor, "/finesse/api/User/temp"), "error cancel item-not-found");
    let remove = AccountCommand::Remove { user: UserId::new("temp").unwrap() };
    assert!(matches!(world.administer(remove), Err(Rejection::NoSuchUser(_))));
    // Somebody new of the same name starts from nothing.
    world.import(vec![account("temp", "U")], Existing::Refuse).unwrap();
    let session = world.connect("temp/a");
    assert_eq!(world.pubsub_get(session, "<subscriptions/>").matches("<subscription ").count(), 5);
}

#[test]
fn credentials_and_details_can_be_changed() {
    let mut world = World::new();
    let user = UserId::new("1001001").unwrap();
    world
        .administer(AccountCommand::SetCredentials { user: user.clone(), credentials: credentials(9) })
        .unwrap();
    assert_eq!(world.notifier.credentials().next(), Some((&user, &credentials(9))));
    let changes = UserChanges { first_name: Some("Zoe".into()), ..UserChanges::default() };
    let session = world.connect("1001001/a");
    world.administer(AccountCommand::Update { user, changes }).unwrap();
    assert_eq!(first_name(&world, "1001001"), "Zoe");
    assert_eq!(world.take(session).len(), 1, "an update on the user's own node");
    let nobody = UserId::new("nobody").unwrap();
    let set = AccountCommand::SetCredentials { user: nobody.clone(), credentials: credentials(9) };
    assert!(matches!(world.administer(set), Err(Rejection::NoSuchUser(id)) if id == nobody));
}

#[test]
fn the_service_users_name_is_taken() {
    let mut world = World::new();
    let command = Command::AddUser(account("finesse", "F").details);
    assert!(matches!(world.command_as(Actor::system(), command, None), Err(Rejection::Reserved(_))));
}

/// Whoever has the answer may log in at once, so the credentials have to be out before it.
#[test]
fn the_answer_comes_after_the_credentials() {
    let mut world = World::new();
    let existing = Existing::Refuse;
    let command = AccountCommand::Import { prepare: vec![], accounts: vec![account("new", "A")], existing };
    world.notifier.handle(Input::Administer { ticket: Ticket(77), command }, Timestamp(0));
    let Some(Output::Append(entry)) = world.notifier.poll_output() else { panic!("no entry") };
    world.notifier.handle(Input::Appended { position: entry.position }, Timestamp(0));
    let outputs: Vec<Output> = std::iter::from_fn(|| world.notifier.poll_output()).collect();
    assert!(outputs.iter().any(|output| matches!(output, Output::AccountChanged { .. })), "{outputs:?}");
    assert!(matches!(outputs.last(), Some(Output::Answer { outcome: Ok(()), .. })), "{outputs:?}");
}

#[test]
fn credentials_show_no_keys() {
    let mut world = World::new();
    world.import(vec![account("new", "A")], Existing::Refuse).unwrap();
    let shown = format!("{:?}", world.notifier);
    assert!(shown.contains("iterations: 4096") && !shown.contains("stored_key"), "keys in {shown}");
    let output =
        Output::AccountChanged { user: UserId::new("new").unwrap(), credentials: Some(credentials(77)) };
    assert!(!format!("{output:?}").contains("77"));
}
