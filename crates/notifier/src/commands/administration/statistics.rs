//! What there is to know about one user.

use xmpp::{Element, StanzaError, ns};

use super::super::Stage;
use super::ADMIN;
use crate::data_form::{Form, Submission};
use crate::notifier::Notifier;
use crate::roster::Roster;

impl Notifier {
    /// Shows the rosters of users, without the service user, who is in all of them.
    pub(super) fn show_user_rosters(&self, submission: &Submission) -> Result<Stage, StanzaError> {
        let users = self.some_accounts(submission)?;
        let mut query = Element::new("query", ns::ROSTER);
        let mut jids = Vec::new();
        for user in &users {
            jids.push(self.address_of(user)?.to_string());
            let Some(index) = self.sessions.find_user(user.as_str()) else { continue };
            self.listed_items(index).into_iter().for_each(|item| query.push(item));
        }
        let form = Form::result(ADMIN).show("accountjids", "jid-multi", "The Jabber ID(s)", jids).push(query);
        Ok(Stage::Done(Some(form.into_element())))
    }

    /// Shows how many contacts a user has, and with which resources the user is online.
    pub(super) fn show_user_statistics(&self, submission: &Submission) -> Result<Stage, StanzaError> {
        let user = self.one_account(submission)?;
        let index = self.sessions.find_user(user.as_str());
        let roster = index.and_then(|index| self.durable.rosters.get(&index));
        let listed = roster.into_iter().flat_map(Roster::items).filter(|(_, item)| item.listed).count();
        let sessions = index.map(|index| self.sessions.user(index).sessions.as_slice()).unwrap_or_default();
        let sessions = sessions.iter().filter_map(|&session| self.sessions.get(session));
        let resources = sessions.map(|session| session.jid.resource().as_str().to_owned());
        let form = Form::result(ADMIN)
            .show("rostersize", "text-single", "Number of roster items", [listed.to_string()])
            .show("onlineresources", "text-multi", "The names of online sessions", resources);
        Ok(Stage::Done(Some(form.into_element())))
    }
}
