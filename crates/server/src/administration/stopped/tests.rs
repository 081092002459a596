//! Requests about accounts, on the data of a stopped server.

use super::*;
use crate::administration::{Account, IfExists, ListedUser, Person, TeamRef};
use crate::credentials::{TEST_KEYS, credentials};
use contact::{Role, Roles, UserId};

struct Place {
    _folder: tempfile::TempDir,
    config: Config,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = Config { data: folder.path().join("data"), ..Config::default() };
        Place { _folder: folder, config }
    }

    /// Opens, asks and closes, as one call of the program does.
    fn ask(&self, request: AccountRequest) -> AccountAnswer {
        StoppedServer::open(&self.config).expect("opens").handle(request).expect("the log works")
    }

    fn list(&self) -> Vec<ListedUser> {
        match self.ask(AccountRequest::List) {
            AccountAnswer::Users(users) => users,
            other => panic!("{other:?}"),
        }
    }
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a good id")
}

fn account(id: &str, teams: &[&str], roles: Roles) -> Account {
    let person = Person {
        id: user(id),
        first_name: "Alex".into(),
        last_name: id.into(),
        teams: teams.iter().map(|team| team.parse().expect("a team")).collect(),
        roles,
        extension: None,
    };
    Account { person, credentials: credentials(&"offhook".into(), TEST_KEYS) }
}

fn add(accounts: Vec<Account>, existing: IfExists) -> AccountRequest {
    AccountRequest::Add { accounts, existing }
}

const AGENT: Roles = Roles::of(Role::Agent);

#[test]
fn users_are_added_with_their_teams_and_stay() {
    let place = Place::new();
    let boss = account("boss", &["7", "Support"], AGENT.with(Role::Supervisor));
    let accounts = vec![account("a", &["Support"], AGENT), account("b", &[], AGENT), boss];
    assert_eq!(place.ask(add(accounts, IfExists::Refuse)), AccountAnswer::Done);
    let teams: Vec<_> = place.list().into_iter().map(|u| (u.id.to_string(), u.team)).collect();
    let expected = [("a", Some("Support")), ("b", None), ("boss", Some("Team 7"))];
    assert_eq!(teams, expected.map(|(id, team)| (id.to_owned(), team.map(str::to_owned))));

    // Support got 8, the number after the highest that anybody asked for.
    let again = account("c", &["8"], AGENT);
    assert_eq!(place.ask(add(vec![again], IfExists::Refuse)), AccountAnswer::Done);
    assert_eq!(place.list()[3].team.as_deref(), Some("Support"));
}

#[test]
fn an_import_is_done_whole_or_not_at_all() {
    let place = Place::new();
    assert_eq!(place.ask(add(vec![account("a", &["1"], AGENT)], IfExists::Refuse)), AccountAnswer::Done);
    let accounts = || vec![account("b", &["2"], AGENT), account("a", &["2"], AGENT)];
    let refused = place.ask(add(accounts(), IfExists::Refuse));
    assert_eq!(refused, AccountAnswer::Refused("user a exists already".into()));
    assert_eq!(place.list().len(), 1);
    assert_eq!(place.ask(add(accounts(), IfExists::Keep)), AccountAnswer::Done);
    let team = |index: usize| place.list()[index].team.clone();
    assert_eq!((team(0).as_deref(), team(1).as_deref()), (Some("Team 1"), Some("Team 2")));
    assert_eq!(place.ask(add(accounts(), IfExists::Update)), AccountAnswer::Done);
    assert_eq!(team(0).as_deref(), Some("Team 2"));
}

#[test]
fn users_are_removed_and_get_new_passwords() {
    let place = Place::new();
    place.ask(add(vec![account("a", &[], AGENT)], IfExists::Refuse));
    let set = |id| AccountRequest::SetPassword {
        user: user(id),
        credentials: Box::new(credentials(&"new".into(), TEST_KEYS)),
    };
    assert_eq!(place.ask(set("a")), AccountAnswer::Done);
    assert_eq!(place.ask(set("b")), AccountAnswer::Refused("there is no user b".into()));
    assert_eq!(place.ask(AccountRequest::Remove { user: user("a") }), AccountAnswer::Done);
    let gone = place.ask(AccountRequest::Remove { user: user("a") });
    assert_eq!(gone, AccountAnswer::Refused("there is no user a".into()));
    assert!(place.list().is_empty());
}

#[test]
fn a_folder_in_use_is_refused() {
    let place = Place::new();
    let _server = StoppedServer::open(&place.config).expect("opens");
    let Err(failure) = StoppedServer::open(&place.config) else { panic!("refused") };
    assert_eq!(failure.exit_code(), 7, "{failure}");
}

#[test]
fn whatever_reads_as_a_number_is_one() {
    assert_eq!("7".parse(), Ok(TeamRef::Id(contact::TeamId(7))));
    assert_eq!("07".parse(), Ok(TeamRef::Name("07".into())));
    assert_eq!("Sales".parse(), Ok(TeamRef::Name("Sales".into())));
    assert!("".parse::<TeamRef>().is_err());
}
