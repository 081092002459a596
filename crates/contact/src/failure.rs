//! What goes wrong after a request was accepted: the caller has its 202, and hears of it as an event.

use serde::{Deserialize, Serialize};

/// Why an accepted request failed.
///
/// Finesse checks a request itself and answers 4xx; what the contact centre behind it then refuses comes as an
/// `apiErrors` event on the user's node. The log keeps the name, the texts are looked up here.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "User" errors; texts and numbers as captured from 12.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Sign-in on an extension that does not exist, or on another than the one in use.
    InvalidLogonDevice,
    /// Sign-in on an extension that somebody else is signed in on.
    DeviceBusy,
    /// A change that a user in this state cannot make, for instance `READY` while signed out.
    InvalidObjectState,
    /// A change that has to wait for the call to end.
    ResourceBusy,
    /// Sign-in as a mobile agent of a user who is none.
    ModeNotAllowed,
    /// An agent who is reserved for an outbound call and asks for another state, on CCX.
    ReservedOutbound,
    /// A second wish about what comes after the call, or one that has to wait, on CCX.
    InvalidWorkMode,
    /// Something that the call, or this party of it, does not allow now.
    ActionNotAllowed,
    /// A device that cannot make a call now.
    OutOfService,
    /// A conference would have more parties than are allowed, CCE.
    ConferenceFull,
    /// A conference that somebody else has set up, CCE.
    NotController,
    /// A second sign-in to a media domain.
    MediaAlreadySignedIn,
    /// A media domain that there is not.
    NoSuchMedia,
    /// Something that only who is signed in to the media domain can ask for.
    MediaNotSignedIn,
    /// A second wish to be not ready when the tasks are done.
    NotReadyIsPending,
    /// The media domain of calls, which nobody signs in to by itself.
    MediaIsVoice,
    /// Not ready, while a task is offered.
    TaskIsOffered,
}

/// The texts of a failure, as an `apiError` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailureText {
    pub(crate) error_type: &'static str,
    /// The CTI failure code. Clients read it as a number.
    pub(crate) error_data: &'static str,
    pub(crate) error_message: &'static str,
    pub(crate) peripheral: Option<PeripheralText>,
}

/// What the switch added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeripheralText {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) text: &'static str,
}

impl Failure {
    pub(crate) fn text(self) -> FailureText {
        let text = |error_type, error_data, error_message| FailureText {
            error_type,
            error_data,
            error_message,
            peripheral: None,
        };
        match self {
            Self::InvalidLogonDevice => FailureText {
                peripheral: Some(PeripheralText {
                    code: "10125",
                    message: "PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID",
                    text: "There is no device with this extension",
                }),
                ..text("Invalid Device", "260", "CF_INVALID_LOGON_DEVICE_SPECIFIED")
            },
            // The guide names the type only; number and constant are those of a busy resource.
            Self::DeviceBusy => text("Device Busy", "33", "CF_RESOURCE_BUSY"),
            Self::InvalidObjectState => text("Invalid State", "22", "CF_INVALID_OBJECT_STATE"),
            Self::ResourceBusy => text("Invalid State", "33", "CF_RESOURCE_BUSY"),
            Self::InvalidWorkMode => text("Invalid State", "265", "CF_INVALID_AGENT_WORKMODE"),
            // The guide names the type only; number and constant are the nearest that are known.
            Self::ReservedOutbound => text("Internal Server Error", "22", "CF_INVALID_OBJECT_STATE"),
            // The guide names the type only.
            Self::ActionNotAllowed => text("Generic Error", "22", "CF_INVALID_OBJECT_STATE"),
            Self::OutOfService | Self::ConferenceFull => {
                text("Call Operation Failure", "34", "CF_RESOURCE_OUT_OF_SERVICE")
            }
            Self::NotController => text(
                "Generic Error",
                "20999",
                "<ConferenceCallCommand>: Conference failed: this party is not the controller",
            ),
            // The numbers and constants of the routing. Of its types the guide shows the first; the others are in its manner.
            Self::MediaAlreadySignedIn => {
                text("Agent already logged into MRD", "1", "E_ARM_STAT_AGENT_ALREADY_LOGGED_IN")
            }
            Self::NoSuchMedia => text("MRD not found", "3", "E_ARM_STAT_MRD_LIST_ENTRY_NOT_FOUND"),
            Self::MediaNotSignedIn => {
                text("Agent not logged into MRD", "6", "E_ARM_STAT_AGENT_NOT_LOGGED_IN")
            }
            Self::NotReadyIsPending => text(
                "Agent not ready already pending",
                "9",
                "E_ARM_STAT_ALREADY_HAVE_PENDING_MAKE_AGENT_NOT_READY",
            ),
            Self::MediaIsVoice => {
                text("Agent cannot log into voice MRD", "11", "E_ARM_STAT_CANT_LOGIN_TO_VOICE_MRD")
            }
            Self::TaskIsOffered => {
                text("Task offered to agent", "14", "E_ARM_STAT_DO_THIS_WITH_TASK_SENT_RECENTLY")
            }
            // As with a busy device, number and constant are the nearest that are known.
            Self::ModeNotAllowed => text("Mode Not Allowed", "265", "CF_INVALID_AGENT_WORKMODE"),
        }
    }
}
