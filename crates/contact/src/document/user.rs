//! `<User>`: the full object, the summary that team lists have, and the list of all.

use super::XmlWriter;
use super::reason_code::{Detail, write_reason};
use crate::{AgentState, ApiPath, ContactCentre, Reason, Role, User, UserId};

/// The document of `GET /User/{id}`.
pub fn user_xml(centre: &ContactCentre, user: &User) -> String {
    let mut xml = XmlWriter::with_capacity(USER_BYTES);
    write_user(&mut xml, "User", centre, user);
    xml.finish()
}

/// The document of `GET /Users`: everybody who can sign in, in full, by login id.
pub fn users_xml(centre: &ContactCentre) -> String {
    let mut document = UsersDocument::new();
    while document.add(centre, usize::MAX) == Progress::More {}
    document.finish()
}

/// `GET /Users` in parts, for whoever must not look at the contact centre for long at a time.
///
/// Each user is shown as of the moment of the part; one who is added or removed meanwhile may or may not be in it.
#[derive(Debug)]
pub struct UsersDocument {
    xml: XmlWriter,
    last: Option<UserId>,
}

/// Whether a document in parts needs another part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There may be more to add.
    More,
    /// Nothing is left to add.
    Complete,
}

impl UsersDocument {
    /// A document without users.
    #[expect(clippy::new_without_default, reason = "an empty document is a beginning, not a default")]
    pub fn new() -> Self {
        let mut xml = XmlWriter::new();
        xml.open("Users");
        Self { xml, last: None }
    }

    /// Adds those who follow, looking at no more than `users_max` users.
    pub fn add(&mut self, centre: &ContactCentre, users_max: usize) -> Progress {
        let mut looked_at = 0;
        let last = self.last.clone();
        for user in centre.users_after(last.as_ref()).take(users_max) {
            if user.details.roles.can_sign_in() {
                write_user(&mut self.xml, "User", centre, user);
            }
            self.last = Some(user.id().clone());
            looked_at += 1;
        }
        if looked_at < users_max { Progress::Complete } else { Progress::More }
    }

    /// The whole document.
    pub fn finish(mut self) -> String {
        self.xml.close("Users");
        self.xml.finish()
    }
}

/// Writes the full object as `root`: `User` in an answer, `user` in an event.
pub(super) fn write_user(xml: &mut XmlWriter, root: &str, centre: &ContactCentre, user: &User) {
    let details = &user.details;
    xml.open(root);
    xml.show("dialogs", ApiPath::UserDialogs(details.id.clone()));
    xml.show_or_empty("extension", user.extension.as_ref());
    xml.text("firstName", &details.first_name);
    xml.text("lastName", &details.last_name);
    xml.text("loginId", details.id.as_str());
    xml.text("loginName", &details.login_name);
    xml.text("mediaType", MEDIA_TYPE_VOICE);
    xml.text("pendingState", user.pending_state().map_or("", AgentState::as_str));
    match user.reason {
        Reason::None => {}
        Reason::Unspecified | Reason::System { .. } => xml.text("reasonCodeId", "-1"),
        Reason::Code { id } => xml.show("reasonCodeId", id),
    }
    write_reason(xml, centre, user, Detail::Full);
    xml.open("roles");
    for role in details.roles.iter() {
        xml.text("role", role.as_str());
    }
    xml.close("roles");
    xml.open("settings");
    xml.text("wrapUpOnIncoming", details.wrap_up.incoming.as_str());
    xml.text("wrapUpOnOutgoing", details.wrap_up.outgoing.as_str());
    xml.close("settings");
    xml.text("state", user.state.as_str());
    xml.show_or_empty("stateChangeTime", user.state_changed_at);
    xml.show_or_empty("teamId", details.team);
    xml.text("teamName", details.team.and_then(|id| centre.team(id)).map_or("", |team| &team.name));
    if details.roles.has(Role::Supervisor) {
        xml.open("teams");
        for team in details.supervises.iter().filter_map(|&id| centre.team(id)) {
            xml.open("Team");
            xml.show("id", team.id);
            xml.text("name", &team.name);
            xml.show("uri", team.path());
            xml.close("Team");
        }
        xml.close("teams");
    }
    xml.show("uri", user.path());
    xml.show("wrapUpTimer", details.wrap_up.seconds);
    xml.close(root);
}

/// Writes the summary that team lists and team events have.
pub(super) fn write_summary(xml: &mut XmlWriter, root: &str, centre: &ContactCentre, user: &User) {
    let details = &user.details;
    xml.open(root);
    xml.show("dialogs", ApiPath::UserDialogs(details.id.clone()));
    xml.show_or_empty("extension", user.extension.as_ref());
    xml.text("firstName", &details.first_name);
    xml.text("lastName", &details.last_name);
    xml.text("loginId", details.id.as_str());
    if let Some(is_busy) = centre.is_busy_on_ccx(user) {
        xml.text("mediaState", if is_busy { "BUSY" } else { "IDLE" });
    }
    xml.text("mediaType", MEDIA_TYPE_VOICE);
    xml.text("pendingState", user.pending_state().map_or("", AgentState::as_str));
    write_reason(xml, centre, user, Detail::Summary);
    xml.text("state", user.state.as_str());
    xml.show_or_empty("stateChangeTime", user.state_changed_at);
    xml.show("uri", user.path());
    xml.close(root);
}

const MEDIA_TYPE_VOICE: &str = "1";
/// About the length of a full user document.
const USER_BYTES: usize = 1024;
/// About the length of a summary.
pub(super) const SUMMARY_BYTES: usize = 512;
