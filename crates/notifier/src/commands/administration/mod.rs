//! Service administration (XEP-0133), for users with the role administrator.
//!
//! Not offered: the last login, which nobody notes; passwords, which nobody knows; messages of the day and of welcome;
//! black and white lists; the list of administrators, which is a matter of roles; restart and shutdown, which belong to
//! whoever runs the process.

mod accounts;
mod announce;
mod lists;
mod statistics;

use contact::{Timestamp, UserId};
use xmpp::{BareJid, Condition, Element, Jid, StanzaError};

use super::{CommandError, Stage};
use crate::access;
use crate::config::Who;
use crate::data_form::{Form, Submission};
use crate::input::SessionId;
use crate::notifier::Notifier;
pub(crate) use lists::Group;

/// The `FORM_TYPE` of all forms, and the first part of all nodes.
pub(crate) const ADMIN: &str = "http://jabber.org/protocol/admin";

/// One command of XEP-0133 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminCommand {
    AddUser,
    DeleteUser,
    DisableUser,
    ReEnableUser,
    EndUserSession,
    ChangeUserPassword,
    GetUserRoster,
    GetUserStatistics,
    Count(Group),
    List(Group),
    Announce,
}

/// What follows from a command without changing anything durable.
#[derive(Debug)]
pub(crate) enum Deed {
    /// These sessions end.
    EndSessions(Vec<SessionId>),
    /// Everybody who is there is told this.
    Announce(String),
}

impl AdminCommand {
    /// In the order of the specification.
    pub(crate) const ALL: [AdminCommand; 19] = [
        AdminCommand::AddUser,
        AdminCommand::DeleteUser,
        AdminCommand::DisableUser,
        AdminCommand::ReEnableUser,
        AdminCommand::EndUserSession,
        AdminCommand::ChangeUserPassword,
        AdminCommand::GetUserRoster,
        AdminCommand::GetUserStatistics,
        AdminCommand::Count(Group::Registered),
        AdminCommand::Count(Group::Disabled),
        AdminCommand::Count(Group::Online),
        AdminCommand::Count(Group::Active),
        AdminCommand::Count(Group::Idle),
        AdminCommand::List(Group::Registered),
        AdminCommand::List(Group::Disabled),
        AdminCommand::List(Group::Online),
        AdminCommand::List(Group::Active),
        AdminCommand::List(Group::Idle),
        AdminCommand::Announce,
    ];

    pub(super) fn node(self) -> String {
        let name = match self {
            AdminCommand::AddUser => "add-user",
            AdminCommand::DeleteUser => "delete-user",
            AdminCommand::DisableUser => "disable-user",
            AdminCommand::ReEnableUser => "reenable-user",
            AdminCommand::EndUserSession => "end-user-session",
            AdminCommand::ChangeUserPassword => "change-user-password",
            AdminCommand::GetUserRoster => "get-user-roster",
            AdminCommand::GetUserStatistics => "user-stats",
            AdminCommand::Count(group) => return format!("{ADMIN}#get-{}-users-num", group.name()),
            AdminCommand::List(group) => return format!("{ADMIN}#get-{}-users-list", group.name()),
            AdminCommand::Announce => "announce",
        };
        format!("{ADMIN}#{name}")
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            AdminCommand::AddUser => "Add User",
            AdminCommand::DeleteUser => "Delete User",
            AdminCommand::DisableUser => "Disable User",
            AdminCommand::ReEnableUser => "Re-Enable User",
            AdminCommand::EndUserSession => "End User Session",
            AdminCommand::ChangeUserPassword => "Change User Password",
            AdminCommand::GetUserRoster => "Get User Roster",
            AdminCommand::GetUserStatistics => "Get User Statistics",
            AdminCommand::Count(group) => group.count_name(),
            AdminCommand::List(group) => group.list_name(),
            AdminCommand::Announce => "Send Announcement to Online Users",
        }
    }

    /// The form that has to be filled in; `None` if the command needs nothing.
    fn form(self) -> Option<Form> {
        let form = |instructions: &str| Form::to_fill_in(ADMIN, self.name(), instructions);
        let one = |form: Form, label| form.require("accountjid", "jid-single", label);
        let some = |instructions: &str, label| form(instructions).require("accountjids", "jid-multi", label);
        Some(match self {
            AdminCommand::AddUser => {
                one(form("Fill out this form to add a user."), "The Jabber ID for the account to be added")
                    .require("password", "text-private", "The password for this account")
                    .require("password-verify", "text-private", "Retype password")
            }
            AdminCommand::DeleteUser => {
                some("Fill out this form to delete users.", "The Jabber ID(s) to delete")
            }
            AdminCommand::DisableUser => {
                some("Fill out this form to disable users.", "The Jabber ID(s) to disable")
            }
            AdminCommand::ReEnableUser => {
                some("Fill out this form to enable users again.", "The Jabber ID(s) to re-enable")
            }
            AdminCommand::EndUserSession => some(
                "Fill out this form to end the sessions of users.",
                "The Jabber ID(s) for which to end sessions",
            ),
            AdminCommand::ChangeUserPassword => {
                one(form("Fill out this form to change a user's password."), "The Jabber ID for this account")
                    .require("password", "text-private", "The password for this account")
            }
            AdminCommand::GetUserRoster => some(
                "Fill out this form to get the rosters of users.",
                "The Jabber ID(s) for which to retrieve the roster",
            ),
            AdminCommand::GetUserStatistics => {
                one(form("Fill out this form to gather user statistics."), "The Jabber ID for statistics")
            }
            AdminCommand::Count(_) => return None,
            AdminCommand::List(_) => form("Fill out this form to request a list of users.").choose(
                "max_items",
                "Maximum number of items to show",
                &["25", "50", "75", "100", "150", "200", "none"],
            ),
            AdminCommand::Announce => form(
                "Fill out this form to make an announcement to everybody who is online.",
            )
            .require("announcement", "text-multi", "Announcement"),
        })
    }
}

impl Notifier {
    /// Whether the user of a session has the role administrator.
    pub(crate) fn is_administrator(&self, session: SessionId) -> bool {
        self.sessions.get(session).is_some_and(|session| {
            let localpart = self.sessions.localpart(session.user);
            access::is_one_of(&Who::Administrators, &self.durable.centre, localpart)
        })
    }

    /// The first stage: a form, or the answer if there is nothing to ask.
    pub(super) fn begin_administration(&self, command: AdminCommand, at: Timestamp) -> Stage {
        match (command.form(), command) {
            (Some(form), _) => Stage::Ask(form.into_element()),
            (None, AdminCommand::Count(group)) => Stage::Done(Some(self.count_users(group, at))),
            (None, _) => Stage::Done(None),
        }
    }

    /// The second stage: the form has been filled in.
    pub(super) fn administrate(
        &self,
        session: SessionId,
        command: AdminCommand,
        submission: &Submission,
        at: Timestamp,
    ) -> Result<Stage, StanzaError> {
        if !submission.is_of(ADMIN) {
            return Err(CommandError::BadPayload.with_text("The form is of another type."));
        }
        match command {
            AdminCommand::AddUser => self.add_user(submission),
            AdminCommand::DeleteUser => self.delete_users(session, submission, at),
            AdminCommand::DisableUser => self.disable_users(session, submission, true),
            AdminCommand::ReEnableUser => self.disable_users(session, submission, false),
            AdminCommand::EndUserSession => self.end_user_sessions(submission),
            AdminCommand::ChangeUserPassword => self.change_user_password(submission),
            AdminCommand::GetUserRoster => self.show_user_rosters(submission),
            AdminCommand::GetUserStatistics => self.show_user_statistics(submission),
            AdminCommand::Count(group) => Ok(Stage::Done(Some(self.count_users(group, at)))),
            AdminCommand::List(group) => self.list_users(group, submission, at),
            AdminCommand::Announce => announce::read(submission),
        }
    }

    /// The one account that a form names.
    fn one_account(&self, submission: &Submission) -> Result<UserId, StanzaError> {
        let jid = submission.value("accountjid").ok_or_else(|| missing("accountjid"))?;
        self.named_account(&self.own_address(jid)?)
    }

    /// The accounts that a form names, each once.
    fn some_accounts(&self, submission: &Submission) -> Result<Vec<UserId>, StanzaError> {
        let jids = submission.values("accountjids").iter().filter(|jid| !jid.trim().is_empty());
        let mut users: Vec<UserId> = Vec::new();
        for jid in jids {
            let user = self.named_account(&self.own_address(jid)?)?;
            if !users.contains(&user) {
                users.push(user);
            }
        }
        if users.is_empty() { Err(missing("accountjids")) } else { Ok(users) }
    }

    /// An address under our domain that has a localpart.
    fn own_address(&self, text: &str) -> Result<Jid, StanzaError> {
        let unfit = || {
            StanzaError::from(Condition::NotAcceptable)
                .with_text(format!("{text} is no Jabber ID of {}.", self.config.domain))
        };
        let jid = Jid::new(text.trim()).map_err(|_| unfit())?;
        let ours = jid.domain().as_str() == self.config.domain && jid.node().is_some();
        if ours { Ok(jid) } else { Err(unfit()) }
    }

    fn named_account(&self, jid: &Jid) -> Result<UserId, StanzaError> {
        if self.is_service_user(jid) {
            return Err(StanzaError::from(Condition::NotAllowed).with_text("That user is the server itself."));
        }
        jid.node().and_then(|node| self.account(node.as_str())).ok_or_else(|| {
            StanzaError::from(Condition::ItemNotFound)
                .with_text(format!("There is no user {}.", jid.to_bare()))
        })
    }

    /// Refuses what would lock the administrator out who asks for it.
    fn check_not_oneself(&self, session: SessionId, users: &[UserId]) -> Result<(), StanzaError> {
        let own = self.sessions.get(session).map(|session| self.sessions.localpart(session.user));
        if users.iter().any(|user| Some(user.as_str()) == own) {
            return Err(StanzaError::from(Condition::NotAllowed)
                .with_text("Somebody else has to do that to your own account."));
        }
        Ok(())
    }

    fn address_of(&self, user: &UserId) -> Result<BareJid, StanzaError> {
        BareJid::new(&format!("{user}@{}", self.config.domain))
            .map_err(|_| StanzaError::from(Condition::InternalServerError))
    }

    pub(super) fn carry_out_deed(&mut self, deed: Deed) {
        match deed {
            Deed::EndSessions(sessions) => self.end_sessions_for_administrator(&sessions),
            Deed::Announce(text) => self.announce(&text),
        }
    }
}

fn missing(field: &str) -> StanzaError {
    CommandError::BadPayload.with_text(&format!("The form needs {field}."))
}

/// A result form with one field.
fn shown(name: &str, kind: &str, label: &str, values: Vec<String>) -> Element {
    Form::result(ADMIN).show(name, kind, label, values).into_element()
}
