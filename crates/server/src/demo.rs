//! The demonstration contact centre: two teams, twelve agents, two supervisors, an administrator.

use std::collections::HashMap;

use contact::{Command, Extension, ReasonCategory, ReasonCodeId, Role, Roles, TeamId, UserDetails, UserId};
use notifier::{AccountCommand, Credentials, Existing, NewAccount, Notifier};
use xmpp::sasl::verify_password;
use xmpp::{Password, ScramHash};

use crate::credentials::{credentials_of_all, scram_keys};

/// Makes the command that adds what is missing of the demonstration; none if nothing is. States and whatever else was
/// changed stay, unless the password is not the one that the users have: then they are made anew.
///
/// Derives keys: takes some milliseconds of processor time.
pub fn command(notifier: &Notifier, password: &str, iterations: u32) -> Option<AccountCommand> {
    let centre = notifier.centre();
    let mut prepare = Vec::new();
    for (id, name) in TEAMS {
        if centre.team(id).is_none() {
            prepare.push(Command::AddTeam { id, name: name.to_owned() });
        }
    }
    for (id, category, code, label) in REASON_CODES {
        if centre.reason_code(ReasonCodeId(id)).is_none() {
            prepare.push(Command::add_reason_code(id, category, code, label));
        }
    }
    let known: HashMap<&UserId, &Credentials> = notifier.credentials().collect();
    let has_password = |credentials: &Credentials| {
        verify_password(&scram_keys(credentials, ScramHash::Sha256), ScramHash::Sha256, password)
    };
    let is_good = |person: &UserDetails| known.get(&person.id).is_some_and(|c| has_password(c));
    // They all got their passwords together, so two of them speak for all.
    let mut people: Vec<UserDetails> = people().collect();
    let existing = match people.iter().filter(|person| known.contains_key(&person.id)).take(2).all(is_good) {
        true => Existing::Keep,
        false => Existing::Update,
    };
    if existing == Existing::Keep {
        people.retain(|person| !known.contains_key(&person.id));
    }
    if people.is_empty() && prepare.is_empty() {
        return None;
    }
    let passwords = vec![Password::from(password); people.len()];
    let credentials = credentials_of_all(&passwords, iterations, &|_| {});
    let accounts = people
        .into_iter()
        .zip(credentials)
        .map(|(details, credentials)| NewAccount { details, credentials })
        .collect();
    Some(AccountCommand::Import { prepare, accounts, existing })
}

fn people() -> impl Iterator<Item = UserDetails> {
    let agents = AGENTS.iter().zip(1..).map(|((first, last), number)| {
        let team = if number <= 6 { TEAMS[0].0 } else { TEAMS[1].0 };
        person(&(1_001_000 + number).to_string(), first, last, Roles::of(Role::Agent), Some(team), number)
    });
    let supervisors = SUPERVISORS.iter().zip(1..).map(|((first, last), number)| {
        let team = TEAMS[number as usize - 1].0;
        let roles = Roles::of(Role::Supervisor).with(Role::Agent);
        person(&(1_000 + number).to_string(), first, last, roles, Some(team), 100 + number)
    });
    let administrator = person("admin", "Ada", "Admin", Roles::of(Role::Administrator), None, 0);
    agents.chain(supervisors).chain([administrator])
}

/// - `extension`: counted from 2000; 0 is none.
fn person(
    id: &str,
    first: &str,
    last: &str,
    roles: Roles,
    team: Option<TeamId>,
    extension: u32,
) -> UserDetails {
    let extension = (extension > 0).then(|| (2000 + extension).to_string());
    UserDetails {
        id: UserId::new(id).expect("a good login id"),
        login_name: id.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        roles,
        team,
        supervises: if roles.has(Role::Supervisor) { team.into_iter().collect() } else { Vec::new() },
        extension: extension.map(|digits| Extension::new(&digits).expect("digits")),
    }
}

const TEAMS: [(TeamId, &str); 2] = [(TeamId(1), "Sales"), (TeamId(2), "Support")];

const REASON_CODES: [(u32, ReasonCategory, u32, &str); 6] = [
    (1, ReasonCategory::NotReady, 101, "Break"),
    (2, ReasonCategory::NotReady, 102, "Lunch"),
    (3, ReasonCategory::NotReady, 103, "Meeting"),
    (4, ReasonCategory::NotReady, 104, "Training"),
    (5, ReasonCategory::Logout, 201, "End of shift"),
    (6, ReasonCategory::Logout, 202, "Technical trouble"),
];

const AGENTS: [(&str, &str); 12] = [
    ("Alex", "Ahlberg"),
    ("Bela", "Brandt"),
    ("Chris", "Castro"),
    ("Dana", "Duval"),
    ("Eli", "Egger"),
    ("Fen", "Fischer"),
    ("Gale", "Garcia"),
    ("Hana", "Horvat"),
    ("Ira", "Ito"),
    ("Jo", "Jensen"),
    ("Kim", "Kovac"),
    ("Lou", "Lindt"),
];

const SUPERVISORS: [(&str, &str); 2] = [("Sam", "Santos"), ("Toni", "Tanaka")];
