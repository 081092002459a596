//! The demonstration contact centre: two teams, twelve agents, two supervisors, an administrator.

use std::collections::HashMap;

use contact::{Command, ConfigurationChange, UserDetails, UserId};
use notifier::{AccountCommand, Credentials, Existing, NewAccount, Notifier};
use xmpp::Password;

use crate::credentials::{KeySettings, credentials_of_all, fits};

/// Makes the command that adds what is missing of the demonstration; none if nothing is. States and whatever else was
/// changed stay, unless the password is not the one that the users have: then they are made anew.
///
/// Derives keys: takes some milliseconds of processor time.
pub fn command(notifier: &Notifier, password: &str, settings: KeySettings) -> Option<AccountCommand> {
    let centre = notifier.centre();
    let is_new = centre.users().len() == 0;
    let mut prepare = Vec::new();
    let mut people = Vec::new();
    for command in contact::demo() {
        let is_missing = match &command {
            Command::AddTeam { id, .. } => centre.team(*id).is_none(),
            // What an administrator has removed does not come back.
            Command::Configure(change) => match &**change {
                ConfigurationChange::Add(object) => centre.has_never_had(object.kind()),
                _ => is_new,
            },
            _ => is_new,
        };
        match command {
            Command::AddUser(details) => people.push(details),
            command if is_missing => prepare.push(command),
            _ => {}
        }
    }
    let known: HashMap<&UserId, &Credentials> = notifier.credentials().collect();
    let secret = Password::from(password);
    let has_password = |credentials: &Credentials| {
        credentials.sha512.is_some() >= settings.sha512 && fits(credentials, &secret)
    };
    let is_good = |person: &UserDetails| known.get(&person.id).is_some_and(|c| has_password(c));
    // They all got their passwords together, so two of them speak for all.
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
    let passwords = vec![secret; people.len()];
    let credentials = credentials_of_all(&passwords, settings, &|_| {});
    let accounts = people
        .into_iter()
        .zip(credentials)
        .map(|(details, credentials)| NewAccount { details, credentials })
        .collect();
    Some(AccountCommand::Import { prepare, accounts, existing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::credentials::TEST_KEYS;

    /// Kinds of objects begin with different keys, so this is of each kind.
    #[test]
    fn a_new_server_gets_all_of_it() {
        let notifier = Notifier::new(Config::default().notifier("epoch", 0));
        let Some(AccountCommand::Import { prepare, accounts, .. }) = command(&notifier, "offhook", TEST_KEYS)
        else {
            panic!("a new server has nothing of it");
        };
        let all = contact::demo();
        let users = all.iter().filter(|command| matches!(command, Command::AddUser(_))).count();
        assert_eq!(accounts.len(), users);
        assert_eq!(prepare.len(), all.len() - users);
    }
}
