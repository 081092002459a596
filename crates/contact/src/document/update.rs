//! `<Update>`: what is published when something has changed.

use super::XmlWriter;
use super::user::{SUMMARY_BYTES, write_summary, write_user};
use crate::{ApiPath, ContactCentre, Failure, ObjectId, TeamId, User, UserId};

/// A document to publish, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The node that it is published on.
    pub node: ApiPath,
    /// The whole `<Update>` document, not yet escaped for the stanza that carries it.
    pub document: String,
}

impl Update {
    /// Builds a document: `data` is written by `write`, the rest is the same for all.
    ///
    /// - `event`: `POST`, `PUT` or `DELETE`; upper case, as the desktop's library compares.
    /// - `request_id`: of the request that this answers; empty if it answers none.
    /// - `source`: the resource that has changed.
    pub(super) fn new(
        node: ApiPath,
        event: &str,
        request_id: Option<&str>,
        source: &ApiPath,
        write: impl FnOnce(&mut XmlWriter),
    ) -> Self {
        let mut xml = XmlWriter::with_capacity(ENVELOPE_BYTES + SUMMARY_BYTES * 2);
        xml.open("Update");
        xml.open("data");
        write(&mut xml);
        xml.close("data");
        xml.text("event", event);
        xml.text("requestId", request_id.unwrap_or_default());
        xml.show("source", source);
        xml.close("Update");
        Self { node, document: xml.finish() }
    }
}

/// A user has changed: the full object, on the user's own node.
pub(crate) fn user_changed(centre: &ContactCentre, user: &User, request_id: Option<&str>) -> Update {
    let source = user.path();
    Update::new(source.clone(), "PUT", request_id, &source, |xml| write_user(xml, "user", centre, user))
}

/// A user has changed: the summary, on the node of a team.
pub(crate) fn summary_changed(
    centre: &ContactCentre,
    team: TeamId,
    user: &User,
    request_id: Option<&str>,
) -> Update {
    let node = ApiPath::TeamUsers(team);
    Update::new(node, "PUT", request_id, &user.path(), |xml| write_summary(xml, "user", centre, user))
}

/// A user is gone from `node`. No object is given, as there is none.
pub(crate) fn removed(node: ApiPath, user: &UserId, request_id: Option<&str>) -> Update {
    Update::new(node, "DELETE", request_id, &ApiPath::User(user.clone()), |_| {})
}

/// A request for a user was accepted and has failed.
///
/// Names are in lower camel case here, and in upper camel case in an HTTP body.
pub(crate) fn failed(user: &UserId, failure: Failure, request_id: Option<&str>) -> Update {
    let source = ApiPath::User(user.clone());
    Update::new(source.clone(), "PUT", request_id, &source, |xml| write_error(xml, failure))
}

/// A user's desktop is asked for its log. What the product writes there is not documented; its own desktop only looks whether
/// something comes.
pub(crate) fn client_log_asked_for(user: &UserId, request_id: Option<&str>) -> Update {
    let node = ApiPath::UserClientLog(user.clone());
    Update::new(node.clone(), "PUT", request_id, &node, |xml| xml.empty("ClientLog"))
}

/// Writes what went wrong after a request was accepted.
pub(super) fn write_error(xml: &mut XmlWriter, failure: Failure) {
    write_error_about(xml, failure, None);
}

/// As [`write_error`].
///
/// - `media`: the media domain that the request was about, if it was about one.
pub(super) fn write_error_about(xml: &mut XmlWriter, failure: Failure, media: Option<ObjectId>) {
    let text = failure.text();
    xml.open("apiErrors");
    xml.open("apiError");
    xml.text("errorData", text.error_data);
    if let Some(media) = media {
        xml.show("errorMedia", media);
    }
    xml.text("errorMessage", text.error_message);
    xml.text("errorType", text.error_type);
    if let Some(peripheral) = text.peripheral {
        xml.text("peripheralErrorCode", peripheral.code);
        xml.text("peripheralErrorMsg", peripheral.message);
        xml.text("peripheralErrorText", peripheral.text);
    }
    xml.close("apiError");
    xml.close("apiErrors");
}

const ENVELOPE_BYTES: usize = 256;
