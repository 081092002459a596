//! Accounts: add, delete, disable, enable, change the password, end sessions.
//!
//! An account that is added here is no user of the contact centre: it has a roster, sessions and subscriptions, and no
//! state, team or extension. `offhook user` adds users.

use contact::{Actor, Command, Timestamp, UserId};
use xmpp::{Condition, Jid, Password, StanzaError, StreamCondition, StreamError};

use super::super::{PasswordUse, Stage};
use super::{Deed, missing};
use crate::accounts::contact_changes;
use crate::change::Change;
use crate::data_form::Submission;
use crate::input::SessionId;
use crate::notifier::Notifier;

impl Notifier {
    pub(super) fn add_user(&self, submission: &Submission) -> Result<Stage, StanzaError> {
        let text = submission.value("accountjid").ok_or_else(|| missing("accountjid"))?;
        let jid = self.own_address(text)?;
        if self.is_service_user(&jid) {
            return Err(StanzaError::from(Condition::NotAllowed).with_text("That user is the server itself."));
        }
        let localpart = jid.node().map(|node| node.as_str().to_owned()).unwrap_or_default();
        let user = UserId::new(&localpart)
            .map_err(|error| StanzaError::from(Condition::NotAcceptable).with_text(error.to_string()))?;
        self.check_new_account(&user)?;
        let password = new_password(submission)?;
        if submission.value("password-verify") != Some(password.as_str()) {
            return Err(
                StanzaError::from(Condition::NotAcceptable).with_text("The two passwords are not the same.")
            );
        }
        Ok(Stage::Derive(PasswordUse { user, password, is_new: true }))
    }

    /// Whether an account of this name can be made.
    pub(in crate::commands) fn check_new_account(&self, user: &UserId) -> Result<(), StanzaError> {
        if self.durable.is_account(user) {
            let text = format!("There is a user {user} already.");
            return Err(StanzaError::from(Condition::Conflict).with_text(text));
        }
        if self.durable.guests.len() >= self.config.contact.users_max {
            return Err(StanzaError::from(Condition::PolicyViolation)
                .with_text("There are as many accounts as the server allows."));
        }
        Ok(())
    }

    pub(super) fn change_user_password(&self, submission: &Submission) -> Result<Stage, StanzaError> {
        let user = self.one_account(submission)?;
        let password = new_password(submission)?;
        Ok(Stage::Derive(PasswordUse { user, password, is_new: false }))
    }

    /// Removes accounts with everything that belongs to them, all or none.
    pub(super) fn delete_users(
        &self,
        session: SessionId,
        submission: &Submission,
        at: Timestamp,
    ) -> Result<Stage, StanzaError> {
        let users = self.some_accounts(submission)?;
        self.check_not_oneself(session, &users)?;
        let mut changes = Vec::with_capacity(users.len());
        for user in users {
            if self.durable.guests.contains(&user) {
                changes.push(Change::AccountRemoved { user });
                continue;
            }
            let command = Command::RemoveUser { user };
            let events = self.durable.centre.decide(&Actor::system(), &command, at).map_err(|refusal| {
                StanzaError::from(Condition::NotAllowed).with_text(refusal.message.to_string())
            })?;
            changes.extend(contact_changes(events, None));
        }
        Ok(Stage::Change(changes))
    }

    /// Disables accounts, or enables them again. What is so already stays so.
    pub(super) fn disable_users(
        &self,
        session: SessionId,
        submission: &Submission,
        disabled: bool,
    ) -> Result<Stage, StanzaError> {
        let mut users = self.some_accounts(submission)?;
        if disabled {
            self.check_not_oneself(session, &users)?;
        }
        users.retain(|user| self.durable.disabled.contains(user) != disabled);
        let change = |user| Change::AccountDisabled { user, disabled };
        Ok(Stage::Change(users.into_iter().map(change).collect()))
    }

    /// Ends the sessions that full JIDs name, and all sessions of bare JIDs.
    pub(super) fn end_user_sessions(&self, submission: &Submission) -> Result<Stage, StanzaError> {
        self.some_accounts(submission)?;
        let mut sessions = Vec::new();
        for text in submission.values("accountjids").iter().filter(|jid| !jid.trim().is_empty()) {
            let jid = self.own_address(text)?;
            let user = self.named_account(&jid)?;
            sessions.extend(self.sessions_named(&user, &jid));
        }
        Ok(Stage::Do(Deed::EndSessions(sessions)))
    }

    fn sessions_named(&self, user: &UserId, jid: &Jid) -> Vec<SessionId> {
        let Some(index) = self.sessions.find_user(user.as_str()) else { return Vec::new() };
        match jid.resource() {
            Some(resource) => self.sessions.find_of(index, resource.as_str()).into_iter().collect(),
            None => self.sessions.user(index).sessions.clone(),
        }
    }

    pub(super) fn end_sessions_for_administrator(&mut self, sessions: &[SessionId]) {
        let text = "An administrator has ended the session.";
        for &session in sessions {
            self.end(session, StreamError::new(StreamCondition::PolicyViolation, text));
        }
    }
}

fn new_password(submission: &Submission) -> Result<Password, StanzaError> {
    submission.value("password").map(Password::from).ok_or_else(|| {
        StanzaError::from(Condition::NotAcceptable).with_text("A password has at least one character.")
    })
}
