//! What is said again to everybody who listens: after an interruption nobody may know what was missed.
//!
//! # Source
//!
//! Finesse administration guide 12.0, failover: the last states of agents and calls are published to all clients again.

use super::ContactCentre;
use crate::document::{self, Update};
use crate::{Dialog, ObjectId, UserId};

impl ContactCentre {
    /// The documents that say again how a user is who is signed in: the user's own, the team's, and one for each call in the
    /// user's list, for each media domain and each task. None for anybody else.
    ///
    /// Reasons are shown as they are. The product shows -1 where it could not find out; here nothing is forgotten meanwhile.
    pub fn repeated(&self, user: &UserId) -> Vec<Update> {
        let is_signed_in = self.user(user).is_some_and(crate::User::is_signed_in);
        if !is_signed_in && !self.has_media_session(user) {
            return Vec::new();
        }
        let mut updates = self.user_updates(user, None, None);
        let media: Vec<ObjectId> = self.media.sessions_of(user).map(|(media, _)| media).collect();
        updates.extend(self.media_updates(user, &media, None));
        updates.extend(
            self.tasks_of(user).flat_map(|task| document::task_changed(self, Some(task), Some(task), None)),
        );
        let dialogs = self.dialogs_of(user);
        updates.extend(dialogs.map(|dialog: &Dialog| document::dialog_repeated(self, dialog, user)));
        updates
    }
}
