//! Changes that the operator makes to accounts: users of the contact centre together with their credentials.

use std::borrow::Cow;
use std::collections::BTreeSet;

use contact::{Actor, Command, Timestamp, UserChanges, UserDetails, UserId};

use crate::change::{Change, Credentials};
use crate::durable::Durable;
use crate::effects::{Effect, EndReason};
use crate::input::{Output, Ticket};
use crate::notifier::Notifier;
use crate::publishers::Publisher;
use crate::rejection::Rejection;
use crate::sessions::Sessions;

/// A change to accounts. Whoever may give it has been decided before.
#[derive(Clone, Debug)]
pub enum AccountCommand {
    /// Prepares the contact centre and adds many accounts, as one entry of the log: all of it or none.
    Import {
        /// Commands that come first: teams, reason codes, extensions.
        prepare: Vec<Command>,
        /// The accounts.
        accounts: Vec<NewAccount>,
        /// What to do about accounts that exist.
        existing: Existing,
    },
    /// Changes what is configured about a user.
    Update {
        /// Who.
        user: UserId,
        /// What.
        changes: UserChanges,
    },
    /// Removes a user with all nodes, subscriptions and sessions.
    Remove {
        /// Who.
        user: UserId,
    },
    /// Gives a user new credentials. Sessions that exist stay.
    SetCredentials {
        /// Who.
        user: UserId,
        /// The new ones.
        credentials: Credentials,
    },
    /// Lets somebody outside publish events.
    AddPublisher {
        /// Who, and where.
        publisher: Publisher,
    },
    /// Takes that away; what was published stays.
    RemovePublisher {
        /// Its name.
        name: String,
    },
}

/// An account to be added.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The user.
    pub details: UserDetails,
    /// What passwords are checked with.
    pub credentials: Credentials,
}

/// What an import does about accounts that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is refused.
    Refuse,
    /// They are left as they are.
    Keep,
    /// They become as the import says, credentials included. States and subscriptions stay.
    Update,
}

impl Notifier {
    pub(crate) fn administer(&mut self, ticket: Ticket, command: AccountCommand, at: Timestamp) {
        if !self.accepts_changes() {
            self.outputs.push_back(Output::Answer { ticket, outcome: Err(self.why_not()) });
            return;
        }
        match self.decide_accounts(&command, at) {
            Ok(changes) if changes.is_empty() => self.answer_when_logged(ticket),
            Ok(changes) => {
                // The answer comes last: whoever has it may log in with the new password at once.
                self.commit(changes, Vec::new(), at);
                self.answer_when_logged(ticket);
            }
            Err(rejection) => self.outputs.push_back(Output::Answer { ticket, outcome: Err(rejection) }),
        }
    }

    fn decide_accounts(&self, command: &AccountCommand, at: Timestamp) -> Result<Vec<Change>, Rejection> {
        let centre = &self.durable.centre;
        let decide = |command| -> Result<Vec<Change>, Rejection> {
            Ok(contact_changes(
                centre.decide(&Actor::system(), &command, at).map_err(Rejection::Refused)?,
                None,
            ))
        };
        match command {
            AccountCommand::Import { prepare, accounts, existing } => {
                self.decide_import(prepare, accounts, *existing, at)
            }
            AccountCommand::Update { user, changes } => {
                self.known(user)?;
                decide(Command::UpdateUser { user: user.clone(), changes: changes.clone() })
            }
            AccountCommand::Remove { user } if self.durable.guests.contains(user) => {
                Ok(vec![Change::AccountRemoved { user: user.clone() }])
            }
            AccountCommand::Remove { user } => {
                self.known(user)?;
                decide(Command::RemoveUser { user: user.clone() })
            }
            AccountCommand::AddPublisher { publisher } => {
                Ok(vec![self.add_publisher(publisher).map_err(Rejection::Refused)?])
            }
            AccountCommand::RemovePublisher { name } => {
                Ok(vec![self.remove_publisher(name).map_err(Rejection::Refused)?])
            }
            AccountCommand::SetCredentials { user, credentials } => {
                if !self.durable.is_account(user) {
                    return Err(Rejection::NoSuchUser(user.clone()));
                }
                Ok(vec![Change::Credentials { user: user.clone(), keys: credentials.clone() }])
            }
        }
    }

    /// Decides on a copy of the contact centre, because each account may depend on what came before it.
    fn decide_import(
        &self,
        prepare: &[Command],
        accounts: &[NewAccount],
        existing: Existing,
        at: Timestamp,
    ) -> Result<Vec<Change>, Rejection> {
        let several = prepare.len() + accounts.len() > 1;
        let mut centre = Cow::Borrowed(&self.durable.centre);
        let mut changes = Vec::with_capacity(prepare.len() + 2 * accounts.len());
        let mut decide = |command: &Command, changes: &mut Vec<Change>| -> Result<(), Rejection> {
            let events = centre.decide(&Actor::system(), command, at).map_err(Rejection::Refused)?;
            for event in events.iter().filter(|_| several) {
                centre.to_mut().replay(event);
            }
            changes.extend(contact_changes(events, None));
            Ok(())
        };
        for command in prepare {
            decide(command, &mut changes)?;
        }
        let mut seen = BTreeSet::new();
        for account in accounts {
            let user = &account.details.id;
            if user.as_str() == self.config.service_user {
                return Err(Rejection::Reserved(user.clone()));
            }
            // An account that is no user of the contact centre becomes one, if it may be changed at all.
            if self.durable.guests.contains(user) {
                match existing {
                    Existing::Refuse => return Err(Rejection::UserExists(user.clone())),
                    Existing::Keep => continue,
                    Existing::Update => {}
                }
            }
            let known = self.durable.centre.user(user).is_some() || !seen.insert(user.clone());
            let command = match (known, existing) {
                (false, _) => Command::AddUser(account.details.clone()),
                (true, Existing::Keep) => continue,
                (true, Existing::Refuse) => return Err(Rejection::UserExists(user.clone())),
                (true, Existing::Update) => {
                    Command::UpdateUser { user: user.clone(), changes: all_of(&account.details) }
                }
            };
            decide(&command, &mut changes)?;
            changes.push(Change::Credentials { user: user.clone(), keys: account.credentials.clone() });
        }
        Ok(changes)
    }

    fn known(&self, user: &UserId) -> Result<(), Rejection> {
        match self.durable.centre.user(user) {
            Some(_) => Ok(()),
            None => Err(Rejection::NoSuchUser(user.clone())),
        }
    }
}

impl Notifier {
    /// The accounts that are no users of the contact centre, in order.
    pub fn guests(&self) -> impl Iterator<Item = &UserId> {
        self.durable.guests.iter()
    }

    /// Whether an account may not log in for now.
    pub fn is_disabled(&self, user: &UserId) -> bool {
        self.durable.disabled.contains(user)
    }
}

impl Durable {
    /// Whether there is an account of this name: a user of the contact centre or not.
    pub(crate) fn is_account(&self, user: &UserId) -> bool {
        self.guests.contains(user) || self.centre.user(user).is_some()
    }

    /// What the server's table is to say about an account from now on: nothing while it is disabled.
    pub(crate) fn account_effect(&self, user: &UserId) -> Effect {
        let credentials = self.credentials.get(user).filter(|_| !self.disabled.contains(user));
        Effect::Account { user: user.clone(), credentials: credentials.cloned().map(Box::new) }
    }

    /// Disables an account, which ends its sessions, or enables it again.
    pub(crate) fn disable(
        &mut self,
        user: &UserId,
        disabled: bool,
        sessions: &mut Sessions,
        effects: &mut Vec<Effect>,
    ) {
        let changed = if !disabled {
            self.disabled.remove(user)
        } else {
            self.is_account(user) && self.disabled.insert(user.clone())
        };
        if changed {
            effects.push(self.account_effect(user));
        }
        if changed && disabled {
            let user = sessions.user_index(user.as_str());
            effects.push(Effect::EndSessions { user, why: EndReason::Disabled });
        }
    }
}

/// What the log keeps of decided events.
pub(crate) fn contact_changes(events: Vec<contact::Event>, request_id: Option<&str>) -> Vec<Change> {
    let change = |event| Change::Contact { event, request_id: request_id.map(String::from) };
    events.into_iter().map(change).collect()
}

fn all_of(details: &UserDetails) -> UserChanges {
    UserChanges {
        login_name: Some(details.login_name.clone()),
        first_name: Some(details.first_name.clone()),
        last_name: Some(details.last_name.clone()),
        roles: Some(details.roles),
        team: Some(details.team),
        supervises: Some(details.supervises.clone()),
        extension: Some(details.extension.clone()),
        wrap_up: Some(details.wrap_up),
    }
}
