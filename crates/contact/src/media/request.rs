//! The bodies of `PUT /User/{id}/Media/{id}`, and of `PUT /Dialog/{id}` for a task.

use super::{InterruptAction, LogoutAction, MediaTerms, TaskAction};
use crate::{BodyElement, ReasonCodeId, Refusal, RequestedState};

/// What an agent asks of a media domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRequest {
    /// Sign in or out, be ready or not.
    pub change: Option<SessionChange>,
    /// Whether tasks may be given to the agent.
    pub routable: Option<bool>,
}

/// How a session changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// It begins.
    SignIn(MediaTerms),
    /// The agent wants tasks.
    Ready,
    /// The agent wants none.
    NotReady {
        /// Why.
        reason: Option<ReasonCodeId>,
    },
    /// It ends.
    SignOut {
        /// Why.
        reason: Option<ReasonCodeId>,
    },
}

impl MediaRequest {
    /// Reads a request body: a `Media` document with `state`, what belongs to it, and `routable`, in any order.
    ///
    /// Without `maxDialogLimit`, `interruptAction` and `dialogLogoutAction` an agent signs in for one task at a time, which
    /// waits when a call comes and is closed at sign-out.
    ///
    /// # Errors
    ///
    /// As [`BodyElement::parse`]; 400 `Parameter Missing` with neither `state` nor `routable`; 400 `Invalid Input` for a
    /// value that cannot be one.
    pub fn from_xml(body: &[u8]) -> Result<Self, Refusal> {
        let media = BodyElement::parse(body, "Media")?;
        let routable = media.child_text("routable").map(|text| flag("routable", text)).transpose()?;
        let change = media.child_text("state").map(|state| change(&media, state)).transpose()?;
        if change.is_none() && routable.is_none() {
            return Err(Refusal::parameter_missing("state"));
        }
        Ok(Self { change, routable })
    }
}

fn change(media: &BodyElement, state: &str) -> Result<SessionChange, Refusal> {
    let state = state.parse().map_err(|_| {
        let why = "state is LOGIN, READY, NOT_READY or LOGOUT; all others follow from the tasks";
        Refusal::invalid_input(excerpt(state), why)
    })?;
    let reason = || match media.child_text("reasonCodeId") {
        None | Some("-1") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|error: crate::IdError| Refusal::invalid_input(excerpt(text), error.to_string())),
    };
    Ok(match state {
        RequestedState::Login => SessionChange::SignIn(terms(media)?),
        RequestedState::Ready => SessionChange::Ready,
        RequestedState::NotReady => SessionChange::NotReady { reason: reason()? },
        RequestedState::Logout => SessionChange::SignOut { reason: reason()? },
    })
}

fn terms(media: &BodyElement) -> Result<MediaTerms, Refusal> {
    let mut terms = MediaTerms::default();
    if let Some(text) = media.child_text("maxDialogLimit") {
        let limit = text.parse().ok().filter(|limit| (1..=MediaTerms::DIALOGS_MAX).contains(limit));
        terms.dialogs_max = limit.ok_or_else(|| {
            let why = format!("maxDialogLimit is a number from 1 to {}", MediaTerms::DIALOGS_MAX);
            Refusal::invalid_input(excerpt(text), why)
        })?;
    }
    if let Some(text) = media.child_text("interruptAction") {
        let known = InterruptAction::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text));
        let why = "interruptAction is ACCEPT or IGNORE";
        terms.interrupt = known.ok_or_else(|| Refusal::invalid_input(excerpt(text), why))?;
    }
    if let Some(text) = media.child_text("dialogLogoutAction") {
        let known = LogoutAction::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text));
        let why = "dialogLogoutAction is CLOSE or TRANSFER";
        terms.at_logout = known.ok_or_else(|| Refusal::invalid_input(excerpt(text), why))?;
    }
    Ok(terms)
}

/// What an agent asks of a task. Clients that name a `targetMediaAddress` mean themselves, as nobody else can be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRequest {
    /// What to do.
    pub action: TaskAction,
}

impl TaskRequest {
    /// Reads a request body: a `Dialog` document with `requestedAction`.
    ///
    /// # Errors
    ///
    /// As [`BodyElement::parse`]; 400 `Parameter Missing`; 400 `Invalid Input` for an action that tasks do not have.
    pub fn from_xml(body: &[u8]) -> Result<Self, Refusal> {
        let dialog = BodyElement::parse(body, "Dialog")?;
        let name = dialog.child_text("requestedAction");
        let name = name.ok_or_else(|| Refusal::parameter_missing("requestedAction"))?;
        let action = TaskAction::ALL.into_iter().find(|action| action.as_str() == name);
        let action = action.ok_or_else(|| {
            let known = TaskAction::ALL.map(TaskAction::as_str).join(", ");
            Refusal::invalid_input(excerpt(name), format!("requestedAction for a task is one of {known}"))
        })?;
        Ok(Self { action })
    }
}

fn flag(name: &str, text: &str) -> Result<bool, Refusal> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::invalid_input(excerpt(text), format!("{name} is true or false"))),
    }
}

/// The beginning of a stranger's value, for an error message.
fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_LENGTH_MAX).collect()
}

const EXCERPT_LENGTH_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorType::{self, InvalidInput, ParameterMissing};

    fn media(body: &str) -> Result<MediaRequest, (ErrorType, String)> {
        MediaRequest::from_xml(body.as_bytes()).map_err(|refusal| (refusal.error_type, refusal.data))
    }

    #[test]
    fn a_session_begins_with_terms_or_with_the_usual_ones() {
        let signs_in =
            |terms| Ok(MediaRequest { change: Some(SessionChange::SignIn(terms)), routable: None });
        assert_eq!(media("<Media><state>LOGIN</state></Media>"), signs_in(MediaTerms::default()));
        let whole = "<Media><maxDialogLimit>5</maxDialogLimit><state>LOGIN</state>\
            <interruptAction>IGNORE</interruptAction><dialogLogoutAction>TRANSFER</dialogLogoutAction></Media>";
        let terms = MediaTerms {
            dialogs_max: 5,
            interrupt: InterruptAction::Ignore,
            at_logout: LogoutAction::Transfer,
        };
        assert_eq!(media(whole), signs_in(terms));
    }

    #[test]
    fn a_value_that_cannot_be_is_named() {
        for (inside, data) in [
            ("<state>ACTIVE</state>", "ACTIVE"),
            ("<state>LOGIN</state><maxDialogLimit>0</maxDialogLimit>", "0"),
            ("<state>LOGIN</state><maxDialogLimit>11</maxDialogLimit>", "11"),
            ("<state>LOGIN</state><interruptAction>DENY</interruptAction>", "DENY"),
            ("<state>LOGIN</state><dialogLogoutAction>KEEP</dialogLogoutAction>", "KEEP"),
            ("<state>NOT_READY</state><reasonCodeId>x</reasonCodeId>", "x"),
            ("<routable>maybe</routable>", "maybe"),
        ] {
            let refused = media(&format!("<Media>{inside}</Media>"));
            assert_eq!(refused, Err((InvalidInput, data.to_owned())), "{inside}");
        }
        assert_eq!(media("<Media/>"), Err((ParameterMissing, "state".to_owned())));
    }

    #[test]
    fn readiness_and_routing_are_asked_for_apart_or_together() {
        let request = |change, routable| Ok(MediaRequest { change, routable });
        assert_eq!(media("<Media><routable>false</routable></Media>"), request(None, Some(false)));
        let not_ready = Some(SessionChange::NotReady { reason: Some(ReasonCodeId(4)) });
        assert_eq!(
            media("<media><State>NOT_READY</State><reasoncodeid>4</reasoncodeid></media>"),
            request(not_ready, None)
        );
        assert_eq!(
            media("<Media><state>READY</state><routable>TRUE</routable></Media>"),
            request(Some(SessionChange::Ready), Some(true))
        );
    }

    #[test]
    fn a_task_is_asked_for_something_that_tasks_have() {
        let task = |body: &str| {
            TaskRequest::from_xml(body.as_bytes()).map_err(|refusal| (refusal.error_type, refusal.data))
        };
        for action in TaskAction::ALL {
            let body = format!("<Dialog><requestedAction>{}</requestedAction></Dialog>", action.as_str());
            assert_eq!(task(&body), Ok(TaskRequest { action }));
        }
        assert_eq!(
            task("<Dialog><requestedAction>HOLD</requestedAction></Dialog>"),
            Err((InvalidInput, "HOLD".to_owned()))
        );
        assert_eq!(task("<Dialog/>"), Err((ParameterMissing, "requestedAction".to_owned())));
    }
}
