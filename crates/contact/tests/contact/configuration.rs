//! What administrators may configure, and what it does to those who are there.

use contact::{
    Actor, AgentState, Command, ErrorType, Extension, ReasonCategory, Role, Roles, Settings, TeamId,
    UserChanges, UserDetails,
};

use crate::room::{NOW, Room, extension, strict, user};

fn details(id: &str) -> UserDetails {
    UserDetails {
        id: user(id),
        login_name: id.into(),
        first_name: "New".into(),
        last_name: "User".into(),
        roles: Roles::of(Role::Agent),
        team: Some(TeamId(1)),
        supervises: vec![],
        extension: None,
        wrap_up: Default::default(),
    }
}

fn update(changes: UserChanges) -> Command {
    Command::UpdateUser { user: user("7001"), changes }
}

#[test]
fn what_is_refused() {
    let mut room = Room::with_reason_codes(Settings { users_max: 6, teams_max: 3, ..strict() });
    room.put("7001", AgentState::Ready);
    let reason_code = |id, code, label| Command::add_reason_code(id, ReasonCategory::NotReady, code, label);
    let range = |first, last| Command::AddExtensions { first: extension(first), last: extension(last) };
    let add = Command::AddUser;
    let long = "x".repeat(129);
    for (name, command, error) in [
        ("a second user of an id", add(details("7001")), ErrorType::FinesseApiError),
        ("an id that is a login name", add(details("AMoss")), ErrorType::FinesseApiError),
        (
            "a login name that is taken",
            add(UserDetails { login_name: "BRAY".into(), ..details("8000") }),
            ErrorType::FinesseApiError,
        ),
        (
            "a login name that is an id",
            add(UserDetails { login_name: "7002".into(), ..details("8000") }),
            ErrorType::FinesseApiError,
        ),
        (
            "a login name with a space",
            add(UserDetails { login_name: "A Moss".into(), ..details("8000") }),
            ErrorType::InvalidInput,
        ),
        ("a long name", add(UserDetails { first_name: long, ..details("8000") }), ErrorType::InvalidInput),
        (
            "a name with a control character",
            add(UserDetails { last_name: "a\u{1}".into(), ..details("8000") }),
            ErrorType::InvalidInput,
        ),
        (
            "no role",
            add(UserDetails { roles: Roles::default(), ..details("8000") }),
            ErrorType::ParameterMissing,
        ),
        (
            "no such team",
            add(UserDetails { team: Some(TeamId(9)), ..details("8000") }),
            ErrorType::TeamNotFound,
        ),
        (
            "supervises without the role",
            add(UserDetails { supervises: vec![TeamId(1)], ..details("8000") }),
            ErrorType::FinesseApiError,
        ),
        (
            "the agent role of somebody signed in",
            update(UserChanges { roles: Some(Roles::of(Role::Administrator)), ..UserChanges::default() }),
            ErrorType::FinesseApiError,
        ),
        (
            "a change of nobody",
            Command::UpdateUser { user: user("nobody"), changes: UserChanges::default() },
            ErrorType::UserNotFound,
        ),
        ("the removal of nobody", Command::RemoveUser { user: user("nobody") }, ErrorType::UserNotFound),
        ("team 0", Command::AddTeam { id: TeamId(0), name: "Zero".into() }, ErrorType::InvalidInput),
        (
            "a second team of a number",
            Command::AddTeam { id: TeamId(1), name: "One".into() },
            ErrorType::FinesseApiError,
        ),
        (
            "a second team of a name",
            Command::AddTeam { id: TeamId(3), name: "Sales".into() },
            ErrorType::FinesseApiError,
        ),
        (
            "a team without a name",
            Command::AddTeam { id: TeamId(3), name: String::new() },
            ErrorType::InvalidInput,
        ),
        ("a second reason of an id", reason_code(4, 99, "Other"), ErrorType::FinesseApiError),
        ("a second reason of a code", reason_code(9, 12, "Other"), ErrorType::FinesseApiError),
        ("a second reason of a label", reason_code(9, 99, "Lunch"), ErrorType::FinesseApiError),
        ("reason 0", reason_code(9, 0, "Zero"), ErrorType::InvalidInput),
        ("a reason over the top", reason_code(9, 65_536, "Top"), ErrorType::InvalidInput),
        ("a range backwards", range("2200", "2199"), ErrorType::InvalidInput),
        ("a range over lengths", range("999", "1000"), ErrorType::InvalidInput),
    ] {
        let refusal = room.centre.decide(&Actor::system(), &command, NOW).expect_err(name);
        assert_eq!(refusal.error_type, error, "{name}: {refusal}");
    }
    room.configure(add(details("8000")));
    let refusal = room.centre.decide(&Actor::system(), &add(details("8001")), NOW).unwrap_err();
    assert_eq!(refusal.error_type, ErrorType::MaximumExceeded);
}

#[test]
fn only_administrators_configure() {
    let room = Room::new(strict());
    for actor in ["7001", "7000"] {
        let refusal =
            room.centre.decide(&room.actor(actor), &Command::AddUser(details("8000")), NOW).unwrap_err();
        assert_eq!((refusal.status, refusal.error_type), (401, ErrorType::AuthorizationFailure));
    }
}

#[test]
fn a_user_is_found_by_id_and_by_login_name() {
    let mut room = Room::new(strict());
    let found = |room: &Room, name: &str| room.centre.find_user(name).map(|user| user.id().to_string());
    for name in ["7001", "AMoss", "amoss", "AMOSS"] {
        assert_eq!(found(&room, name).as_deref(), Some("7001"), "{name}");
    }
    room.configure(update(UserChanges { login_name: Some("adam".into()), ..UserChanges::default() }));
    assert_eq!(found(&room, "adam").as_deref(), Some("7001"));
    assert_eq!(found(&room, "amoss"), None);
    room.configure(Command::RemoveUser { user: user("7001") });
    assert_eq!(found(&room, "adam"), None);
}

#[test]
fn who_moves_is_heard_in_both_teams() {
    let mut room = Room::new(strict());
    let changes = UserChanges { team: Some(Some(TeamId(2))), ..UserChanges::default() };
    let events = room.centre.decide(&Actor::system(), &update(changes), NOW).unwrap();
    let updates = room.centre.apply(&events[0], None);
    let seen: Vec<_> = updates
        .iter()
        .map(|update| (update.node.to_string(), update.document.contains("<event>DELETE</event>")))
        .collect();
    assert_eq!(
        seen,
        [
            ("/finesse/api/User/7001".to_owned(), false),
            ("/finesse/api/Team/1/Users".to_owned(), true),
            ("/finesse/api/Team/2/Users".to_owned(), false),
        ]
    );
    assert!(!room.centre.team(TeamId(1)).unwrap().members.contains(&user("7001")));
    assert!(room.centre.team(TeamId(2)).unwrap().members.contains(&user("7001")));
}

#[test]
fn an_own_extension_exists_as_long_as_somebody_has_it() {
    let mut room = Room::new(strict());
    let own = |number: Option<&str>| UserChanges {
        extension: Some(number.map(extension)),
        ..UserChanges::default()
    };
    let signs_in = |room: &Room, on: Extension| {
        let request = contact::UserRequest::login(on);
        let events = room.ask("7002", "7002", request).unwrap();
        matches!(events[0], contact::Event::UserStateChanged { .. })
    };
    assert!(!signs_in(&room, extension("5001")));
    room.configure(update(own(Some("5001"))));
    room.configure(Command::AddUser(UserDetails { extension: Some(extension("5001")), ..details("8000") }));
    assert!(signs_in(&room, extension("5001")));
    room.configure(update(own(None)));
    assert!(signs_in(&room, extension("5001")));
    room.configure(Command::RemoveUser { user: user("8000") });
    assert!(!signs_in(&room, extension("5001")));
}

#[test]
fn a_change_that_changes_nothing_leads_to_nothing() {
    let room = Room::new(strict());
    assert_eq!(room.centre.decide(&Actor::system(), &update(UserChanges::default()), NOW), Ok(vec![]));
}
