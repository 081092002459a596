//! What `offhook user` asks for, and how it becomes a command for the notifier: on a running server through the
//! [control socket](crate::control), on a [stopped] one through its log.

pub mod csv;
pub mod running;
pub mod stopped;

use contact::{Command, ContactCentre, Extension, Role, Roles, TeamId, UserDetails, UserId};
use notifier::{
    AccessModel, AccountCommand, Credentials, Existing, NewAccount, Notifier, Publisher, Rejection,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// A request about accounts. Passwords are keys already.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum AccountRequest {
    /// Lists all users.
    List,
    /// Adds users, all or none. Teams that do not exist are made.
    Add {
        /// The users.
        accounts: Vec<Account>,
        /// What to do about those that exist.
        existing: IfExists,
    },
    /// Removes a user.
    Remove {
        /// Who.
        user: UserId,
    },
    /// Changes a password.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The new one, as keys.
        credentials: Box<Credentials>,
    },
    /// Lists those who publish from outside.
    ListPublishers,
    /// Adds one. Of its token there is only the hash.
    AddPublisher {
        /// Who.
        publisher: Publisher,
    },
    /// Removes one.
    RemovePublisher {
        /// Its name.
        name: String,
    },
}

/// A user to be added.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// What is known about the user, but for the teams.
    #[serde(flatten)]
    pub person: Person,
    /// The password, as keys.
    pub credentials: Credentials,
}

/// A user as somebody describes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The login id.
    pub id: UserId,
    /// The first name; may be empty.
    pub first_name: String,
    /// The last name; may be empty.
    pub last_name: String,
    /// The user's team first. A supervisor supervises all of them; others have at most one.
    pub teams: Vec<TeamRef>,
    /// At least one.
    pub roles: Roles,
    /// The user's own extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
}

/// A team by its number or by its name: whatever reads as a number is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamRef {
    /// Its number. A team made for it is called "Team" and the number.
    Id(TeamId),
    /// Its name. A team made for it gets the next number.
    Name(String),
}

impl FromStr for TeamRef {
    type Err = String;
    fn from_str(text: &str) -> Result<TeamRef, String> {
        if let Ok(id) = text.parse() {
            return Ok(TeamRef::Id(id));
        }
        let length = text.chars().count();
        if length == 0 || length > contact::Team::NAME_LENGTH_MAX || text.chars().any(char::is_control) {
            return Err(format!(
                "a team is a number or a name of 1 to {} characters",
                contact::Team::NAME_LENGTH_MAX
            ));
        }
        Ok(TeamRef::Name(text.to_owned()))
    }
}

/// What to do about users that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// Refuse everything.
    Refuse,
    /// Leave them as they are.
    Keep,
    /// Make them as described, with the new password.
    Update,
}

/// The answer to an [`AccountRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAnswer {
    /// It is done and in the log.
    Done,
    /// The users, by id.
    Users(Vec<ListedUser>),
    /// Those who publish from outside, in the order in which they were added.
    Publishers(Vec<ListedPublisher>),
    /// It is not done; a sentence says why.
    Refused(String),
}

/// A line of the list of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedUser {
    /// The login id.
    pub id: UserId,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The team's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The roles.
    pub roles: Roles,
    /// The extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// The state, as `User` documents spell it; empty for an account that is no user of the contact centre.
    pub state: String,
    /// True if the account may not log in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_disabled: bool,
}

/// Somebody who publishes from outside, without the token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedPublisher {
    /// The name.
    pub name: String,
    /// Where it may publish.
    pub nodes: Vec<String>,
    /// The access model of nodes that it makes, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_model: Option<AccessModel>,
    /// When its token ends, as `2027-01-31T12:00:00.000Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// When it was added.
    pub added: String,
}

impl ListedPublisher {
    /// What is told of a publisher.
    pub fn of(publisher: &Publisher) -> ListedPublisher {
        let Publisher { name, nodes, access_model, expires, added, .. } = publisher.clone();
        let expires = expires.map(|at| at.to_string());
        ListedPublisher { name, nodes, access_model, expires, added: added.to_string() }
    }
}

/// What a request comes to.
#[derive(Clone, Debug)]
pub enum Plan {
    /// It can be answered by looking.
    Answer(AccountAnswer),
    /// A change is needed.
    Change(Box<AccountCommand>),
}

/// Finds out what a request comes to as things are.
pub fn plan(notifier: &Notifier, request: AccountRequest) -> Plan {
    match request {
        AccountRequest::List => Plan::Answer(AccountAnswer::Users(list(notifier))),
        AccountRequest::Add { accounts, existing } => {
            Plan::Change(Box::new(add(notifier.centre(), accounts, existing)))
        }
        AccountRequest::ListPublishers => {
            Plan::Answer(AccountAnswer::Publishers(notifier.publishers().map(ListedPublisher::of).collect()))
        }
        AccountRequest::AddPublisher { publisher } => {
            Plan::Change(Box::new(AccountCommand::AddPublisher { publisher }))
        }
        AccountRequest::RemovePublisher { name } => {
            Plan::Change(Box::new(AccountCommand::RemovePublisher { name }))
        }
        AccountRequest::Remove { user } => Plan::Change(Box::new(AccountCommand::Remove { user })),
        AccountRequest::SetPassword { user, credentials } => {
            Plan::Change(Box::new(AccountCommand::SetCredentials { user, credentials: *credentials }))
        }
    }
}

/// The answer for the outcome of a command.
pub fn answer(outcome: Result<(), Rejection>) -> AccountAnswer {
    match outcome {
        Ok(()) => AccountAnswer::Done,
        Err(Rejection::Refused(refusal)) => {
            let about = if refusal.data.is_empty() { String::new() } else { format!("{}: ", refusal.data) };
            AccountAnswer::Refused(format!("{about}{}", refusal.message))
        }
        Err(other) => AccountAnswer::Refused(other.to_string()),
    }
}

fn list(notifier: &Notifier) -> Vec<ListedUser> {
    let centre = notifier.centre();
    let mut users: Vec<_> = centre
        .users()
        .map(|user| ListedUser {
            id: user.details.id.clone(),
            first_name: user.details.first_name.clone(),
            last_name: user.details.last_name.clone(),
            team: user.details.team.and_then(|team| centre.team(team)).map(|team| team.name.clone()),
            roles: user.details.roles,
            extension: user.details.extension.clone(),
            state: user.state.to_string(),
            is_disabled: notifier.is_disabled(user.id()),
        })
        .collect();
    users.extend(notifier.guests().map(|id| ListedUser {
        id: id.clone(),
        first_name: String::new(),
        last_name: String::new(),
        team: None,
        roles: Roles::default(),
        extension: None,
        state: String::new(),
        is_disabled: notifier.is_disabled(id),
    }));
    users.sort_by(|a, b| a.id.cmp(&b.id));
    users
}

fn add(centre: &ContactCentre, accounts: Vec<Account>, existing: IfExists) -> AccountCommand {
    let mut teams = Teams::of(centre, accounts.iter().flat_map(|account| &account.person.teams));
    let accounts = accounts
        .into_iter()
        .map(|Account { person, credentials }| NewAccount {
            details: details(person, &mut teams),
            credentials,
        })
        .collect();
    let existing = match existing {
        IfExists::Refuse => Existing::Refuse,
        IfExists::Keep => Existing::Keep,
        IfExists::Update => Existing::Update,
    };
    AccountCommand::Import { prepare: teams.new, accounts, existing }
}

fn details(person: Person, teams: &mut Teams<'_>) -> UserDetails {
    let Person { id, first_name, last_name, teams: named, roles, extension } = person;
    let numbers: Vec<TeamId> = named.iter().map(|team| teams.number(team)).collect();
    UserDetails {
        login_name: id.to_string(),
        id,
        first_name,
        last_name,
        roles,
        team: numbers.first().copied(),
        supervises: if roles.has(Role::Supervisor) { numbers } else { Vec::new() },
        extension,
        wrap_up: Default::default(),
    }
}

/// The teams there are and those that have to be made.
struct Teams<'a> {
    centre: &'a ContactCentre,
    by_name: HashMap<String, TeamId>,
    next: u32,
    made: Vec<TeamId>,
    new: Vec<Command>,
}

impl<'a> Teams<'a> {
    /// - `asked`: every team that will be asked for, so that a new number is none of theirs.
    fn of<'b>(centre: &'a ContactCentre, asked: impl Iterator<Item = &'b TeamRef>) -> Teams<'a> {
        let by_name = centre.teams().map(|team| (team.name.clone(), team.id)).collect();
        let numbers = asked.filter_map(|team| match team {
            TeamRef::Id(id) => Some(id.0),
            TeamRef::Name(_) => None,
        });
        let highest = centre.teams().map(|team| team.id.0).chain(numbers).max().unwrap_or(0);
        Teams { centre, by_name, next: highest.saturating_add(1), made: Vec::new(), new: Vec::new() }
    }

    /// The number of a team, which is made if there is none.
    fn number(&mut self, team: &TeamRef) -> TeamId {
        match team {
            TeamRef::Id(id) => {
                if self.centre.team(*id).is_none() && !self.made.contains(id) {
                    self.make(*id, format!("Team {id}"));
                }
                *id
            }
            TeamRef::Name(name) => match self.by_name.get(name) {
                Some(id) => *id,
                None => {
                    let id = TeamId(self.next);
                    self.next = self.next.saturating_add(1);
                    self.make(id, name.clone());
                    id
                }
            },
        }
    }

    fn make(&mut self, id: TeamId, name: String) {
        self.by_name.insert(name.clone(), id);
        self.made.push(id);
        self.new.push(Command::AddTeam { id, name });
    }
}

/// As it stands in a list: `1001001  Alex Ahlberg`.
impl fmt::Display for ListedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles: Vec<&str> = self.roles.iter().map(Role::as_str).collect();
        let name = format!("{} {}", self.first_name, self.last_name);
        let extension = self.extension.as_ref().map_or("-", Extension::as_str);
        let team = self.team.as_deref().unwrap_or("-");
        let state = if self.is_disabled { "disabled" } else { &self.state };
        write!(
            f,
            "{:<16} {:<24} {team:<16} {:<22} {extension:<14} {}",
            self.id.as_str(),
            name.trim(),
            roles.join(","),
            state
        )
    }
}
