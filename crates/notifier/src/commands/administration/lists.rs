//! Who there is: counted and listed.

use contact::{Timestamp, UserId};
use xmpp::{Condition, Element, StanzaError};

use super::super::Stage;
use super::shown;
use crate::data_form::Submission;
use crate::notifier::Notifier;

/// A group of users that can be counted and listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// All accounts.
    Registered,
    /// Those that may not log in.
    Disabled,
    /// Those with a session.
    Online,
    /// Those that have sent something else than a ping lately (`commands.idle_after`).
    Active,
    /// Those online that have not.
    Idle,
}

impl Group {
    pub(super) fn name(self) -> &'static str {
        match self {
            Group::Registered => "registered",
            Group::Disabled => "disabled",
            Group::Online => "online",
            Group::Active => "active",
            Group::Idle => "idle",
        }
    }

    pub(super) fn count_name(self) -> &'static str {
        match self {
            Group::Registered => "Get Number of Registered Users",
            Group::Disabled => "Get Number of Disabled Users",
            Group::Online => "Get Number of Online Users",
            Group::Active => "Get Number of Active Users",
            Group::Idle => "Get Number of Idle Users",
        }
    }

    pub(super) fn list_name(self) -> &'static str {
        match self {
            Group::Registered => "Get List of Registered Users",
            Group::Disabled => "Get List of Disabled Users",
            Group::Online => "Get List of Online Users",
            Group::Active => "Get List of Active Users",
            Group::Idle => "Get List of Idle Users",
        }
    }
}

impl Notifier {
    pub(super) fn count_users(&self, group: Group, at: Timestamp) -> Element {
        let name = format!("{}usersnum", group.name());
        let label = format!("The number of {} users", group.name());
        shown(&name, "text-single", &label, vec![self.users_of(group, at).len().to_string()])
    }

    /// Lists a group, in order, as far as asked and as far as one reply goes.
    pub(super) fn list_users(
        &self,
        group: Group,
        submission: &Submission,
        at: Timestamp,
    ) -> Result<Stage, StanzaError> {
        let max = match submission.value("max_items") {
            None | Some("none") => usize::MAX,
            Some(number) => number.parse().map_err(|_| {
                StanzaError::from(Condition::NotAcceptable).with_text("max_items is a number or \"none\".")
            })?,
        };
        let max = max.min(self.config.limits.disco_items_max);
        let name = format!("{}userjids", group.name());
        let label = format!("The list of all {} users", group.name());
        let jids = self.users_of(group, at).into_iter().take(max);
        let jids = jids.map(|user| format!("{user}@{}", self.config.domain)).collect();
        Ok(Stage::Done(Some(shown(&name, "jid-multi", &label, jids))))
    }

    fn users_of(&self, group: Group, at: Timestamp) -> Vec<UserId> {
        let durable = &self.durable;
        let mut users: Vec<UserId> = match group {
            Group::Disabled => durable.disabled.iter().cloned().collect(),
            Group::Registered => {
                let users = durable.centre.users().map(|user| user.id().clone());
                users.chain(durable.guests.iter().cloned()).collect()
            }
            Group::Online | Group::Active | Group::Idle => {
                let since = Timestamp(at.0.saturating_sub(self.config.idle_after_ms));
                let online = self.sessions.user_indexes().filter_map(|index| {
                    let sessions = &self.sessions.user(index).sessions;
                    let sessions = sessions.iter().filter_map(|&session| self.sessions.get(session));
                    let last = sessions.map(|session| session.last_active).max()?;
                    let fits = match group {
                        Group::Active => last >= since,
                        Group::Idle => last < since,
                        _ => true,
                    };
                    fits.then(|| UserId::new(self.sessions.localpart(index)).ok()).flatten()
                });
                online.collect()
            }
        };
        users.sort_unstable();
        users
    }
}
