//! `<User>`: the full object, the summary that team lists have, and the list of all.

use super::XmlWriter;
use super::reason_code::{Detail, write_reason};
use crate::{ApiPath, ContactCentre, Reason, Role, User};

/// The document of `GET /User/{id}`.
pub fn user_xml(centre: &ContactCentre, user: &User) -> String {
    let mut xml = XmlWriter::with_capacity(USER_BYTES);
    write_user(&mut xml, "User", centre, user);
    xml.finish()
}

/// The document of `GET /Users`: everybody who can sign in, in full, by login id.
pub fn users_xml(centre: &ContactCentre) -> String {
    let mut xml = XmlWriter::with_capacity(USER_BYTES * centre.users().len());
    xml.open("Users");
    for user in centre.users().filter(|user| user.details.roles.can_sign_in()) {
        write_user(&mut xml, "User", centre, user);
    }
    xml.close("Users");
    xml.finish()
}

/// The document of `GET /User/{id}/Dialogs` for a user without any.
pub fn user_dialogs_xml() -> String {
    let mut xml = XmlWriter::new();
    xml.empty("Dialogs");
    xml.finish()
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
    xml.text("pendingState", "");
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
    xml.text("wrapUpOnIncoming", WRAP_UP);
    xml.text("wrapUpOnOutgoing", WRAP_UP);
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
    xml.text("wrapUpTimer", WRAP_UP_TIMER_S);
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
    xml.text("mediaType", MEDIA_TYPE_VOICE);
    xml.text("pendingState", "");
    write_reason(xml, centre, user, Detail::Summary);
    xml.text("state", user.state.as_str());
    xml.show_or_empty("stateChangeTime", user.state_changed_at);
    xml.show("uri", user.path());
    xml.close(root);
}

const MEDIA_TYPE_VOICE: &str = "1";
const WRAP_UP: &str = "OPTIONAL";
const WRAP_UP_TIMER_S: &str = "7200";
/// About the length of a full user document.
const USER_BYTES: usize = 1024;
/// About the length of a summary.
pub(super) const SUMMARY_BYTES: usize = 512;
