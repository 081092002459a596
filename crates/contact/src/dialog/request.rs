//! The bodies of `POST /User/{id}/Dialogs` and `PUT /Dialog/{id}`.

use crate::{
    Action, Address, ApiPath, BodyElement, CallData, CallDataChange, Callback, Classification, DialogId,
    Refusal,
};

/// What somebody asks of a call, read and checked as far as that is possible without looking at the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogRequest {
    /// Call somebody.
    MakeCall {
        /// The own extension.
        from: Address,
        /// Whom.
        to: Address,
        /// What is written on the call from the beginning.
        data: CallDataChange,
    },
    /// Listen to an agent.
    SilentMonitor {
        /// The supervisor's extension.
        from: Address,
        /// The agent's.
        to: Address,
    },
    /// Join the call of the agent that one listens to.
    Barge {
        /// The supervisor's extension.
        from: Address,
        /// The agent's.
        to: Address,
        /// The call by which one listens.
        monitor: DialogId,
    },
    /// One of `ANSWER`, `HOLD`, `RETRIEVE`, `DROP`, `TRANSFER`, `CONFERENCE`, `START_RECORDING`, `PARTICIPANT_DROP`, `ACCEPT`,
    /// `CLOSE`, `REJECT`, `CANCEL_SCHEDULED_CALLBACK`.
    Plain {
        /// Which.
        action: Action,
        /// Whose extension is to do it, or for `PARTICIPANT_DROP` whose is to go.
        target: Address,
    },
    /// `CONSULT_CALL` or `TRANSFER_SST`.
    Towards {
        /// Which.
        action: Action,
        /// Whose extension is to do it.
        target: Address,
        /// Whom to call.
        to: Address,
    },
    /// Write on the call.
    UpdateCallData {
        /// Whose extension does it; clients leave it out.
        target: Option<Address>,
        /// What.
        data: CallDataChange,
    },
    /// Send tones.
    SendDtmf {
        /// Whose extension does it.
        target: Address,
        /// Which tones.
        digits: DtmfDigits,
    },
    /// Have the customer of an outbound call called again.
    ScheduleCallback {
        /// Whose extension does it.
        target: Address,
        /// When and where; what is not said stays as it was.
        callback: Callback,
    },
    /// Say what has answered an outbound call.
    Reclassify {
        /// Whose extension does it.
        target: Address,
        /// What.
        classification: Classification,
    },
}

/// One to 64 tones: `0`–`9`, `*`, `#`, `A`–`D`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtmfDigits(String);

impl DtmfDigits {
    /// The most tones in one request.
    pub const LENGTH_MAX: usize = 64;

    /// Checks `text`.
    ///
    /// # Errors
    ///
    /// 400 `Invalid Input` for any other character, for none, and for too many.
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let is_tone = |byte: u8| matches!(byte, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D');
        if text.is_empty() || text.len() > Self::LENGTH_MAX || !text.bytes().all(is_tone) {
            let why = format!("dtmfString has 1 to {} of the tones 0-9 * # A-D", Self::LENGTH_MAX);
            return Err(Refusal::invalid_input(excerpt(text), why));
        }
        Ok(Self(text.to_owned()))
    }

    /// The tones as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DialogRequest {
    /// Reads the body of `POST /User/{id}/Dialogs`, which begins a call.
    ///
    /// # Errors
    ///
    /// As [`BodyElement::parse`]; 400 `Parameter Missing`; 400 `Invalid Input` for an action that does not begin a call, or
    /// for a value that cannot be one; 400 `Invalid Destination` for a call to oneself.
    pub fn for_new_call(body: &[u8]) -> Result<Self, Refusal> {
        let dialog = BodyElement::parse(body, "Dialog")?;
        let action = action(&dialog)?;
        if !matches!(action, Action::MakeCall | Action::SilentMonitor | Action::BargeCall) {
            let why = "a call begins with MAKE_CALL, SILENT_MONITOR or BARGE_CALL; \
                       ask for anything else with PUT on the dialog";
            return Err(Refusal::invalid_input(action.as_str(), why));
        }
        let (from, to) = (required(&dialog, "fromAddress")?, required(&dialog, "toAddress")?);
        if from == to {
            return Err(Refusal::invalid_destination(to.as_str(), "fromAddress and toAddress are the same"));
        }
        match action {
            Action::MakeCall => Ok(Self::MakeCall { from, to, data: call_data(&dialog)? }),
            Action::SilentMonitor => Ok(Self::SilentMonitor { from, to }),
            _ => {
                let uri = dialog
                    .child_text("associatedDialogUri")
                    .ok_or_else(|| Refusal::parameter_missing("associatedDialogUri"))?;
                match ApiPath::parse_lenient(uri) {
                    Ok(ApiPath::Dialog(monitor)) => Ok(Self::Barge { from, to, monitor }),
                    _ => {
                        let why = "associatedDialogUri is /finesse/api/Dialog/ and the id of a dialog";
                        Err(Refusal::invalid_input(excerpt(uri), why))
                    }
                }
            }
        }
    }

    /// Reads the body of `PUT /Dialog/{id}`, which does something with a call.
    ///
    /// # Errors
    ///
    /// As [`DialogRequest::for_new_call`].
    pub fn for_dialog(body: &[u8]) -> Result<Self, Refusal> {
        let dialog = BodyElement::parse(body, "Dialog")?;
        let action = action(&dialog)?;
        let target = || required(&dialog, "targetMediaAddress");
        match action {
            Action::MakeCall | Action::SilentMonitor | Action::BargeCall => {
                let why = "ask for this with POST on the user's dialogs";
                Err(Refusal::invalid_input(action.as_str(), why))
            }
            Action::ConsultCall | Action::TransferSst => {
                let (target, to) = (target()?, required(&dialog, "toAddress")?);
                if target == to {
                    let why = "targetMediaAddress and toAddress are the same";
                    return Err(Refusal::invalid_destination(to.as_str(), why));
                }
                Ok(Self::Towards { action, target, to })
            }
            Action::UpdateCallData => {
                let target = dialog.child_text("targetMediaAddress").map(address).transpose()?;
                let data = call_data(&dialog)?;
                if data == CallDataChange::default() {
                    return Err(Refusal::parameter_missing("mediaProperties"));
                }
                Ok(Self::UpdateCallData { target, data })
            }
            Action::SendDtmf => {
                let digits = parameter(&dialog, "dtmfString")
                    .ok_or_else(|| Refusal::parameter_missing("dtmfString"))?;
                Ok(Self::SendDtmf { target: target()?, digits: DtmfDigits::new(digits)? })
            }
            Action::UpdateScheduledCallback => {
                Ok(Self::ScheduleCallback { target: target()?, callback: callback(&dialog)? })
            }
            Action::Reclassify => {
                let name = parameter(&dialog, "outboundClassification")
                    .ok_or_else(|| Refusal::parameter_missing("outboundClassification"))?;
                let classification = name.parse().map_err(|_| {
                    let known = Classification::ALL.map(Classification::as_str);
                    let why = format!("outboundClassification is one of {}", known.join(", "));
                    Refusal::invalid_input(excerpt(name), why)
                })?;
                Ok(Self::Reclassify { target: target()?, classification })
            }
            Action::Answer
            | Action::Hold
            | Action::Retrieve
            | Action::Drop
            | Action::Transfer
            | Action::Conference
            | Action::StartRecording
            | Action::ParticipantDrop
            | Action::Accept
            | Action::Close
            | Action::Reject
            | Action::CancelScheduledCallback => Ok(Self::Plain { action, target: target()? }),
        }
    }

    /// What is asked for.
    pub fn action(&self) -> Action {
        match self {
            Self::MakeCall { .. } => Action::MakeCall,
            Self::SilentMonitor { .. } => Action::SilentMonitor,
            Self::Barge { .. } => Action::BargeCall,
            Self::Plain { action, .. } | Self::Towards { action, .. } => *action,
            Self::UpdateCallData { .. } => Action::UpdateCallData,
            Self::SendDtmf { .. } => Action::SendDtmf,
            Self::ScheduleCallback { .. } => Action::UpdateScheduledCallback,
            Self::Reclassify { .. } => Action::Reclassify,
        }
    }
}

fn action(dialog: &BodyElement) -> Result<Action, Refusal> {
    let name =
        dialog.child_text("requestedAction").ok_or_else(|| Refusal::parameter_missing("requestedAction"))?;
    name.parse().map_err(|_| {
        let known: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
        Refusal::invalid_input(excerpt(name), format!("requestedAction is one of {}", known.join(", ")))
    })
}

fn required(dialog: &BodyElement, name: &str) -> Result<Address, Refusal> {
    address(dialog.child_text(name).ok_or_else(|| Refusal::parameter_missing(name))?)
}

fn address(text: &str) -> Result<Address, Refusal> {
    text.parse()
        .map_err(|error: crate::NotAnAddress| Refusal::invalid_input(excerpt(text), error.to_string()))
}

/// The value of one of `actionParams`.
fn parameter<'a>(dialog: &'a BodyElement, name: &str) -> Option<&'a str> {
    let parameters = dialog.child("actionParams")?.children.iter();
    parameters.rev().find(|parameter| parameter.child_text("name") == Some(name))?.child_text("value")
}

/// When and where to call again: one of both at least.
fn callback(dialog: &BodyElement) -> Result<Callback, Refusal> {
    let time = parameter(dialog, "callbackTime").map(|text| {
        text.parse().map_err(|error: crate::NotACallbackTime| {
            Refusal::invalid_input(excerpt(text), error.to_string())
        })
    });
    let number = parameter(dialog, "callbackNumber").map(address);
    let callback = Callback { time: time.transpose()?, number: number.transpose()? };
    if callback == Callback::default() {
        return Err(Refusal::parameter_missing("callbackTime"));
    }
    Ok(callback)
}

/// What `mediaProperties` asks to be written. Other properties than these cannot be changed, and are passed over.
///
/// # Errors
///
/// 400 `Invalid Input` for a variable that is named twice, and for one of the outbound dialer's, which only
/// the dialer writes.
fn call_data(dialog: &BodyElement) -> Result<CallDataChange, Refusal> {
    let mut change = CallDataChange::default();
    let Some(properties) = dialog.child("mediaProperties") else { return Ok(change) };
    change.wrap_up_reason = properties.child("wrapUpReason").map(|reason| reason.text.clone());
    // CCX sends a list instead; the first counts, as a call has one reason here.
    if let Some(items) = properties.child("wrapUpItems") {
        change.wrap_up_reason = items.children.first().map(|item| item.text.clone());
    }
    let variables = properties.child("callvariables").map_or(&[][..], |list| &list.children);
    for variable in variables.iter().filter(|variable| variable.is("CallVariable")) {
        let name = variable.child_text("name").ok_or_else(|| Refusal::parameter_missing("name"))?;
        let value = variable.child("value").map_or("", |value| value.text.as_str());
        if name.starts_with("BA") {
            return Err(Refusal::invalid_input(excerpt(name), "this variable is the dialer's"));
        }
        if change.variables.iter().any(|(other, _)| other == name) {
            return Err(Refusal::invalid_input(excerpt(name), "this variable is named twice"));
        }
        if value.len() > CallData::EXTENDED_BYTES_MAX {
            let why = format!("a call variable has at most {} bytes", CallData::EXTENDED_BYTES_MAX);
            return Err(Refusal::invalid_input(excerpt(name), why));
        }
        change.variables.push((name.to_owned(), value.to_owned()));
    }
    Ok(change)
}

/// The beginning of a stranger's value, for an error message.
fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_LENGTH_MAX).collect()
}

const EXCERPT_LENGTH_MAX: usize = 64;
