//! The body of `PUT /finesse/api/User/{id}`.

use crate::{AgentState, BodyElement, Extension, ReasonCodeId, Refusal, RequestedState};

/// What a user, or a supervisor for a user, asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRequest {
    /// The state asked for.
    pub state: RequestedState,
    /// The extension to sign in on. Needed for `LOGIN`, ignored otherwise.
    pub extension: Option<Extension>,
    /// Why; for `NOT_READY` and `LOGOUT`.
    pub reason_code_id: Option<ReasonCodeId>,
    /// Sign in with a phone of one's own.
    pub mobile_agent: Option<MobileAgent>,
    /// Sign out of all media domains too; for `LOGOUT`.
    pub logout_all_media: bool,
}

/// How a mobile agent is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MobileAgent {
    /// `CALL_BY_CALL` or `NAILED_CONNECTION`, as sent.
    pub mode: String,
    /// The number, as sent.
    pub dial_number: String,
}

impl UserRequest {
    /// A request with nothing but a state.
    pub fn new(state: RequestedState) -> Self {
        Self { state, extension: None, reason_code_id: None, mobile_agent: None, logout_all_media: false }
    }

    /// A request to sign in on `extension`.
    pub fn login(extension: Extension) -> Self {
        Self { extension: Some(extension), ..Self::new(RequestedState::Login) }
    }

    /// The same request with a reason.
    #[must_use]
    pub fn with_reason(self, id: ReasonCodeId) -> Self {
        Self { reason_code_id: Some(id), ..self }
    }

    /// Reads a request body: a `User` document with `state`, `extension`, `reasonCodeId`, `mobileAgent` and
    /// `logoutAllMedia` in any order.
    ///
    /// Names are taken in any case, of duplicates the last one counts, other elements are ignored. An empty
    /// `reasonCodeId`, or -1 as user documents have it, is none.
    ///
    /// # Errors
    ///
    /// As [`BodyElement::parse`]; and 400 `Parameter Missing` without a state or, for `LOGIN`, without an extension;
    /// 400 `Invalid Input` for a state that cannot be asked for or a reason that is no number;
    /// 400 `Bad Request` for an extension that is no number.
    pub fn from_xml(body: &[u8]) -> Result<Self, Refusal> {
        let user = BodyElement::parse(body, "User")?;
        let state =
            requested_state(user.child_text("state").ok_or_else(|| Refusal::parameter_missing("state"))?)?;
        let extension = match user.child_text("extension") {
            Some(text) => Some(extension(text)?),
            None if state == RequestedState::Login => return Err(Refusal::parameter_missing("extension")),
            None => None,
        };
        let reason_code_id = match user.child_text("reasonCodeId") {
            None | Some("-1") => None,
            Some(text) => Some(reason_code_id(text)?),
        };
        let mobile_agent = user.child("mobileAgent").map(mobile_agent).transpose()?;
        let logout_all_media =
            user.child_text("logoutAllMedia").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        Ok(Self { state, extension, reason_code_id, mobile_agent, logout_all_media })
    }
}

fn requested_state(text: &str) -> Result<RequestedState, Refusal> {
    text.parse().map_err(|_| {
        let why = match text.parse::<AgentState>() {
            Ok(_) => "this state is set by the system; ask for LOGIN, READY, NOT_READY or LOGOUT",
            Err(_) => "state must be LOGIN, READY, NOT_READY or LOGOUT",
        };
        Refusal::invalid_input(excerpt(text), why)
    })
}

fn extension(text: &str) -> Result<Extension, Refusal> {
    text.parse().map_err(|error: crate::IdError| Refusal {
        data: excerpt(text),
        ..Refusal::bad_request(error.to_string())
    })
}

fn reason_code_id(text: &str) -> Result<ReasonCodeId, Refusal> {
    text.parse().map_err(|error: crate::IdError| Refusal::invalid_input(excerpt(text), error.to_string()))
}

fn mobile_agent(element: &BodyElement) -> Result<MobileAgent, Refusal> {
    let required =
        |name| element.child_text(name).ok_or_else(|| Refusal::parameter_missing(name)).map(str::to_owned);
    Ok(MobileAgent { mode: required("mode")?, dial_number: required("dialNumber")? })
}

/// The beginning of a stranger's value, for an error message.
fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_LENGTH_MAX).collect()
}

const EXCERPT_LENGTH_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorType::{self, BadRequest, InvalidInput, ParameterMissing};
    use proptest::prelude::*;

    fn read(body: &str) -> Result<UserRequest, (ErrorType, String)> {
        UserRequest::from_xml(body.as_bytes()).map_err(|refusal| {
            assert_eq!(refusal.status, 400);
            (refusal.error_type, refusal.data)
        })
    }

    fn login(extension: &str) -> UserRequest {
        UserRequest::login(Extension::new(extension).unwrap())
    }

    fn not_ready(reason: u32) -> UserRequest {
        UserRequest::new(RequestedState::NotReady).with_reason(ReasonCodeId(reason))
    }

    #[test]
    fn bodies_that_are_accepted() {
        let ready = UserRequest::new(RequestedState::Ready);
        let mobile = UserRequest {
            mobile_agent: Some(MobileAgent { mode: "CALL_BY_CALL".into(), dial_number: "4085550100".into() }),
            ..login("2101")
        };
        for (body, expected) in [
            ("<User><state>LOGIN</state><extension>2101</extension></User>", login("2101")),
            ("<User><extension>2101</extension><state>LOGIN</state></User>", login("2101")),
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<User>\r\n <state> READY </state>\r\n</User>\r\n",
                ready.clone(),
            ),
            ("\u{feff}<User><state>READY</state></User>", ready.clone()),
            ("<user><State>READY</State></user>", ready.clone()),
            ("<f:User xmlns:f='x'><f:state a='b'>READY</f:state></f:User>", ready.clone()),
            (
                "<User><!-- now --><state>RE<!-- -->ADY</state><other><state>LOGOUT</state></other></User>",
                ready.clone(),
            ),
            ("<User><state>LOGOUT</state><state>READY</state></User>", ready.clone()),
            ("<User><state><![CDATA[READY]]></state></User>", ready.clone()),
            ("<User><state>&#82;EADY</state></User>", ready.clone()),
            ("<User><state>READY</state><reasonCodeId/></User>", ready.clone()),
            ("<User><state>READY</state><reasonCodeId>-1</reasonCodeId></User>", ready),
            ("<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>", not_ready(16)),
            (
                "<User><state>LOGIN</state><extension>2101</extension><mobileAgent><mode>CALL_BY_CALL</mode>\
                 <dialNumber>4085550100</dialNumber></mobileAgent></User>",
                mobile,
            ),
        ] {
            assert_eq!(read(body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn bodies_that_are_refused() {
        let deep = format!("<User>{}{}</User>", "<a>".repeat(16), "</a>".repeat(16));
        let many = format!("<User>{}</User>", "<a/>".repeat(1024));
        let large = format!("<User><state>READY</state>{}</User>", " ".repeat(BODY_BYTES));
        for (body, expected) in [
            ("", (BadRequest, "")),
            (" \n", (BadRequest, "")),
            ("{\"User\":{\"state\":\"READY\"}}", (InvalidInput, "User")),
            ("state=READY", (InvalidInput, "User")),
            ("<User><state>READY</state>", (BadRequest, "")),
            ("<User><state>READY</User>", (BadRequest, "")),
            ("<User><state>READY</state></User><User/>", (BadRequest, "")),
            ("<User><state>READY</state></User>x", (BadRequest, "")),
            ("<User><state>&ready;</state></User>", (BadRequest, "")),
            ("<User><state>READY & able</state></User>", (BadRequest, "")),
            ("<!DOCTYPE User [<!ENTITY r 'READY'>]><User><state>&r;</state></User>", (BadRequest, "")),
            ("<?php x?><User><state>READY</state></User>", (BadRequest, "")),
            ("<!-- only -->", (BadRequest, "")),
            (&deep, (BadRequest, "")),
            (&many, (BadRequest, "")),
            (&large, (BadRequest, "")),
            ("<Dialog><state>READY</state></Dialog>", (InvalidInput, "Dialog")),
            ("<User/>", (ParameterMissing, "state")),
            ("<User><state/></User>", (ParameterMissing, "state")),
            ("<User><state>LOGIN</state></User>", (ParameterMissing, "extension")),
            ("<User><state>LOGIN</state><extension></extension></User>", (ParameterMissing, "extension")),
            ("<User><state>LOGIN</state><extension>x</extension></User>", (BadRequest, "x")),
            ("<User><state>READY_NOT</state></User>", (InvalidInput, "READY_NOT")),
            ("<User><state>ready</state></User>", (InvalidInput, "ready")),
            ("<User><state>TALKING</state></User>", (InvalidInput, "TALKING")),
            ("<User><state>NOT_READY</state><reasonCodeId>x</reasonCodeId></User>", (InvalidInput, "x")),
            (
                "<User><state>LOGIN</state><extension>1</extension><mobileAgent/></User>",
                (ParameterMissing, "mode"),
            ),
        ] {
            let (error_type, data) = expected;
            assert_eq!(read(body), Err((error_type, data.to_owned())), "{}", &body[..body.len().min(100)]);
        }
        assert!(UserRequest::from_xml(b"<User>\xff</User>").is_err());
    }

    const BODY_BYTES: usize = crate::BODY_BYTES_MAX;

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = UserRequest::from_xml(&body);
        }

        #[test]
        fn no_markup_makes_it_panic(body in "(<|/|>|User|state|READY|&|;|#|x|!|\\[|CDATA|-|\\?| |\"|=){0,40}") {
            let _ = UserRequest::from_xml(body.as_bytes());
        }
    }
}
