//! `<Dialog>` and `<Dialogs>`: calls, in answers and in events.

use std::collections::BTreeSet;

use super::update::write_error;
use super::user::SUMMARY_BYTES;
use super::{Update, XmlWriter};
use crate::{
    Address, ApiPath, CallbackTime, Classification, ContactCentre, Dialog, DialogId, Failure, Participant,
    UserId,
};

/// The document of `GET /Dialog/{id}`.
pub fn dialog_xml(centre: &ContactCentre, dialog: &Dialog) -> String {
    let mut xml = XmlWriter::with_capacity(DIALOG_BYTES);
    write_dialog(&mut xml, "Dialog", centre, dialog);
    xml.finish()
}

/// The document of `GET /User/{id}/Dialogs`: the calls in the user's list, by number.
pub fn user_dialogs_xml(centre: &ContactCentre, user: &UserId) -> String {
    let mut xml = XmlWriter::new();
    let mut dialogs = centre.dialogs_of(user).peekable();
    if dialogs.peek().is_none() {
        xml.empty("Dialogs");
        return xml.finish();
    }
    xml.open("Dialogs");
    for dialog in dialogs {
        write_dialog(&mut xml, "Dialog", centre, dialog);
    }
    xml.close("Dialogs");
    xml.finish()
}

/// A call has changed. Whoever has it in the list for the first time hears `POST`, whoever still has it `PUT`, and whoever has it
/// no more `DELETE`, each on the own node.
///
/// - `heard`: who had it in the list before.
pub(crate) fn dialog_changed(
    centre: &ContactCentre,
    dialog: &Dialog,
    heard: &BTreeSet<UserId>,
    request_id: Option<&str>,
) -> Vec<Update> {
    let listed = |event: &'static str, user: &UserId| {
        let node = ApiPath::UserDialogs(user.clone());
        Update::new(node.clone(), event, request_id, &node, |xml| {
            xml.open("dialogs");
            write_dialog(xml, "Dialog", centre, dialog);
            xml.close("dialogs");
        })
    };
    let gone = heard.difference(&dialog.audience).map(|user| listed("DELETE", user));
    let mut updates: Vec<Update> = gone.collect();
    let stay: Vec<&UserId> = heard.intersection(&dialog.audience).collect();
    if let Some((first, others)) = stay.split_first() {
        // The same words for all of them.
        let node = |user: &UserId| ApiPath::UserDialogs(user.clone());
        let changed = Update::new(node(first), "PUT", request_id, &dialog.path(), |xml| {
            write_dialog(xml, "dialog", centre, dialog);
        });
        let same = others.iter().map(|user| Update { node: node(user), ..changed.clone() });
        let same: Vec<Update> = same.collect();
        updates.push(changed);
        updates.extend(same);
    }
    updates.extend(dialog.audience.difference(heard).map(|user| listed("POST", user)));
    updates
}

/// A call is said again to somebody who has it in the list.
pub(crate) fn dialog_repeated(centre: &ContactCentre, dialog: &Dialog, user: &UserId) -> Update {
    Update::new(ApiPath::UserDialogs(user.clone()), "PUT", None, &dialog.path(), |xml| {
        write_dialog(xml, "dialog", centre, dialog);
    })
}

/// A request about a call was accepted and has failed. Without a call the source is the user's list.
pub(crate) fn call_failed(
    user: &UserId,
    dialog: Option<DialogId>,
    failure: Failure,
    request_id: Option<&str>,
) -> Update {
    let node = ApiPath::UserDialogs(user.clone());
    let source = dialog.map_or_else(|| node.clone(), ApiPath::Dialog);
    Update::new(node, "PUT", request_id, &source, |xml| write_error(xml, failure))
}

/// Writes a call as `root`: `Dialog` in an answer and in lists, `dialog` in an event of its own.
fn write_dialog(xml: &mut XmlWriter, root: &str, centre: &ContactCentre, dialog: &Dialog) {
    xml.open(root);
    xml.show_or_empty("associatedDialogUri", dialog.associated.map(ApiPath::Dialog));
    xml.text("fromAddress", dialog.from.as_str());
    xml.show("id", dialog.id);
    xml.open("mediaProperties");
    xml.text("DNIS", dialog.dialed.as_str());
    xml.text("callType", dialog.call_type.as_str());
    xml.text("dialedNumber", dialog.dialed.as_str());
    xml.text("mediaId", MEDIA_ID_VOICE);
    let campaign = dialog.campaign.as_deref();
    let classification = campaign.and_then(|campaign| campaign.classification);
    xml.text("outboundClassification", classification.map_or("", Classification::as_str));
    let queue = dialog.queue.and_then(|id| centre.queue(id));
    xml.text("queueName", queue.map_or("", |queue| &queue.name));
    xml.show_or_empty("queueNumber", dialog.queue);
    xml.text("wrapUpReason", dialog.data.wrap_up_reason());
    xml.open("callvariables");
    for (name, value) in dialog.data.variables() {
        xml.open("CallVariable");
        xml.text("name", name);
        xml.text("value", value);
        xml.close("CallVariable");
    }
    xml.close("callvariables");
    xml.close("mediaProperties");
    xml.text("mediaType", MEDIA_TYPE_VOICE);
    xml.open("participants");
    for participant in &dialog.participants {
        write_participant(xml, centre, dialog, participant);
    }
    xml.close("participants");
    if let Some(callback) = campaign.and_then(|campaign| campaign.callback.as_ref()) {
        xml.open("scheduledCallbackInfo");
        xml.text("callbackNumber", callback.number.as_ref().map_or("", Address::as_str));
        xml.text("callbackTime", callback.time.as_ref().map_or("", CallbackTime::as_str));
        xml.close("scheduledCallbackInfo");
    }
    xml.show_or_empty("secondaryId", dialog.secondary);
    xml.text("state", dialog.state().as_str());
    xml.text("toAddress", dialog.to.as_str());
    xml.show("uri", dialog.path());
    xml.close(root);
}

fn write_participant(
    xml: &mut XmlWriter,
    centre: &ContactCentre,
    dialog: &Dialog,
    participant: &Participant,
) {
    xml.open("Participant");
    xml.open("actions");
    for action in dialog.actions_of(participant, centre.settings().deployment) {
        xml.text("action", action.as_str());
    }
    xml.close("actions");
    xml.text("mediaAddress", participant.address.as_str());
    xml.text("mediaAddressType", if participant.is_agent_device() { "AGENT_DEVICE" } else { "" });
    xml.show("startTime", participant.started_at);
    xml.text("state", participant.state.as_str());
    xml.text("stateCause", participant.cause.as_str());
    xml.show("stateChangeTime", participant.changed_at);
    xml.close("Participant");
}

const MEDIA_ID_VOICE: &str = "1";
const MEDIA_TYPE_VOICE: &str = "Voice";
/// About the length of a call with two parties.
const DIALOG_BYTES: usize = SUMMARY_BYTES * 4;
