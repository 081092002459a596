//! A message to everybody who is online.

use std::sync::Arc;

use xmpp::{Element, SharedStanza, StanzaError, ns};

use super::super::Stage;
use super::{Deed, missing};
use crate::data_form::Submission;
use crate::input::{Addressed, Output, Recipient};
use crate::notifier::Notifier;

/// Reads the text of an announcement, which may have several lines.
pub(super) fn read(submission: &Submission) -> Result<Stage, StanzaError> {
    let text = submission.values("announcement").join("\n");
    if text.trim().is_empty() {
        return Err(missing("announcement"));
    }
    Ok(Stage::Do(Deed::Announce(text)))
}

impl Notifier {
    /// Sends a headline to the sessions that get what is sent to bare JIDs. It is encoded once.
    pub(super) fn announce(&mut self, text: &str) {
        let reachable =
            self.sessions.user_indexes().flat_map(|user| self.sessions.user(user).reachable.iter());
        let recipients: Vec<Recipient> =
            reachable.map(|&session| Recipient { session, to: Addressed::Bare }).collect();
        if recipients.is_empty() {
            return;
        }
        let mut body = String::new();
        Element::new("subject", ns::CLIENT).with_text("Announcement").write_xml(&mut body, ns::CLIENT);
        Element::new("body", ns::CLIENT).with_text(text).write_xml(&mut body, ns::CLIENT);
        let attributes = [("from", self.config.domain.as_str()), ("type", "headline")];
        let stanza = Arc::new(SharedStanza::message(&attributes, &body));
        self.outputs.push_back(Output::Deliver { stanza, recipients });
    }
}
