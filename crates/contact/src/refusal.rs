//! A request that is turned down at once: HTTP status and `<ApiErrors>` body.

use std::fmt;

use crate::document::XmlWriter;

/// Why a request is refused, ready to be sent.
///
/// What fails later, after the 202, is a [`Failure`](crate::Failure) in an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {error_type}: {message} ({data})")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The kind, which clients compare with.
    pub error_type: ErrorType,
    /// The offending value or parameter, or nothing.
    pub data: String,
    /// A documented constant where there is one, else a sentence.
    pub message: String,
}

/// The documented values of `ErrorType`.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), the error tables of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// A body that cannot be read.
    BadRequest,
    /// Something that must be given is not.
    ParameterMissing,
    /// A value or name that is not known.
    InvalidInput,
    /// A number that cannot be called from here.
    InvalidDestination,
    /// A supervisor cannot join a conference that is full. The guide gives a number for a name.
    BargeConferenceLimit,
    /// A supervisor cannot join through an agent who has not set up the conference. As above.
    BargeNotController,
    /// A change that the present state does not allow.
    InvalidState,
    /// A configuration that cannot be: duplicate, or a reference to nothing.
    FinesseApiError,
    /// One more than may be configured.
    MaximumExceeded,
    /// Credentials are missing or wrong, or the role does not suffice.
    AuthorizationFailure,
    /// Another user's resource.
    InvalidAuthorizationUser,
    /// A user of a team that is not the supervisor's.
    InvalidSupervisor,
    /// Another team's resource.
    InvalidAuthorization,
    /// Not from here, or not like this.
    Forbidden,
    /// No such resource.
    NotFound,
    /// No such user.
    UserNotFound,
    /// No such call.
    DialogNotFound,
    /// No such team.
    TeamNotFound,
    /// As many team messages as there can be at a time.
    SystemResourceLimit,
    /// No such team, for what is assigned to teams.
    InvalidTeamAssignment,
    /// More than one answer has.
    RangeNotSatisfiable,
    /// The resource exists and does not answer to this method.
    MethodNotAllowed,
    /// Only the other product does this.
    NotImplemented,
    /// Our own failure.
    InternalServerError,
    /// Too busy, or the log cannot be written.
    ServiceUnavailable,
}

impl ErrorType {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::ParameterMissing => "Parameter Missing",
            Self::InvalidInput => "Invalid Input",
            Self::InvalidDestination => "Invalid Destination",
            Self::BargeConferenceLimit => "20700",
            Self::BargeNotController => "20999",
            Self::InvalidState => "Invalid State",
            Self::FinesseApiError => "Finesse API Error",
            Self::MaximumExceeded => "Maximum Exceeded",
            Self::AuthorizationFailure => "Authorization Failure",
            Self::InvalidAuthorizationUser => "Invalid Authorization User Specified",
            Self::InvalidSupervisor => "Invalid Supervisor",
            Self::InvalidAuthorization => "Invalid Authorization",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::UserNotFound => "User Not Found",
            Self::DialogNotFound => "Dialog Not Found",
            Self::TeamNotFound => "TeamId Not Found",
            Self::SystemResourceLimit => "System Resource Limit Exceeded",
            Self::InvalidTeamAssignment => "finesse.api.team.team_assignment_invalid_team",
            Self::RangeNotSatisfiable => "Range Not Satisfiable",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::NotImplemented => "Not Implemented",
            Self::InternalServerError => "Internal Server Error",
            Self::ServiceUnavailable => "Service Unavailable",
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Refusal {
    /// A refusal with these texts.
    pub fn new(
        status: u16,
        error_type: ErrorType,
        data: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { status, error_type, data: data.into(), message: message.into() }
    }

    /// 400: the body cannot be read. `why` is a sentence for a person.
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::new(400, ErrorType::BadRequest, "", why)
    }

    /// 408: the body did not come in time.
    pub fn body_too_slow() -> Self {
        Self::new(408, ErrorType::BadRequest, "", "the body did not come in time")
    }

    /// 413: the body is longer than `bytes_max` bytes.
    pub fn body_too_large(bytes_max: usize) -> Self {
        Self::new(413, ErrorType::BadRequest, "", format!("the body is longer than {bytes_max} bytes"))
    }

    /// 400: `parameter` is missing.
    pub fn parameter_missing(parameter: &str) -> Self {
        Self::new(400, ErrorType::ParameterMissing, parameter, format!("{parameter} is required"))
    }

    /// 400: `data` is not a value that is known. `why` says which are.
    pub fn invalid_input(data: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(400, ErrorType::InvalidInput, data, why)
    }

    /// 400: `to` cannot be called from here.
    pub fn invalid_destination(to: &str, why: impl Into<String>) -> Self {
        Self::new(400, ErrorType::InvalidDestination, to, why)
    }

    /// 400: not from this state.
    pub fn invalid_state(data: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(400, ErrorType::InvalidState, data, why)
    }

    /// 400: something that cannot be configured like this.
    pub fn configuration(data: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(400, ErrorType::FinesseApiError, data, why)
    }

    /// 400: `what` has as many entries as it may have.
    pub fn maximum_exceeded(what: &str, limit: usize) -> Self {
        Self::new(
            400,
            ErrorType::MaximumExceeded,
            what,
            format!("no more than {limit} {what} can be configured"),
        )
    }

    /// 401: no or wrong credentials, or a role that does not suffice. `user` as far as it is known.
    pub fn unauthorized(user: &str) -> Self {
        Self::new(401, ErrorType::AuthorizationFailure, user, "UNAUTHORIZED")
    }

    /// 401: `user` is neither the one who asks nor in a team that the asking supervisor has.
    pub fn not_your_resource(user: &str) -> Self {
        const MESSAGE: &str = "The user specified in the authentication credentials and the uri don't match";
        Self::new(401, ErrorType::InvalidAuthorizationUser, user, MESSAGE)
    }

    /// 401: `user` is in none of the supervisor's teams.
    pub fn not_your_team_member(user: &str) -> Self {
        let message = "The user is not in a team of this supervisor";
        Self::new(401, ErrorType::InvalidSupervisor, user, message)
    }

    /// 401: `team` is not one of the supervisor's, or the one who asks is no supervisor.
    pub fn not_your_team(team: &str) -> Self {
        let message = "The user is not authorized to perform this operation";
        Self::new(401, ErrorType::InvalidAuthorization, team, message)
    }

    /// 403: not from here, or not like this. `why` is a sentence for a person.
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::new(403, ErrorType::Forbidden, "", why)
    }

    /// 404: nothing is at this path.
    pub fn not_found(path: &str) -> Self {
        Self::new(404, ErrorType::NotFound, path, "The resource does not exist")
    }

    /// 404: no user has this id or login name.
    pub fn user_not_found(user: &str) -> Self {
        Self::new(404, ErrorType::UserNotFound, user, "UNKNOWN_USER")
    }

    /// 404: no call has this number.
    pub fn dialog_not_found(dialog: &str) -> Self {
        Self::new(404, ErrorType::DialogNotFound, dialog, "Invalid dialogId specified for dialog")
    }

    /// 404: no team has this number.
    pub fn team_not_found(team: &str) -> Self {
        Self::new(404, ErrorType::TeamNotFound, team, "There is no team with this id")
    }

    /// 400: there are as many team messages as there can be; one has to be deleted, or its time over.
    pub fn too_many_team_messages() -> Self {
        const MESSAGE: &str = "MAX_ACTIVE_MESSAGE_LIMIT_EXCEEDED";
        Self::new(400, ErrorType::SystemResourceLimit, "teammessage.max.limit.exceeded", MESSAGE)
    }

    /// 400: there are as many tasks as there can be; some have to be done first.
    pub fn too_many_tasks(limit: usize) -> Self {
        let why = format!("there are {limit} tasks already; try again when some are done");
        Self::new(400, ErrorType::SystemResourceLimit, "tasks", why)
    }

    /// 404: no team has this number, so nothing can be assigned to it.
    pub fn invalid_team_assignment(team: &str) -> Self {
        Self::new(404, ErrorType::InvalidTeamAssignment, team, "There is no team with this id")
    }

    /// 416: there are more `what` than one answer may have.
    pub fn range_not_satisfiable(what: &str, limit: usize) -> Self {
        let why = format!("there are more than {limit} {what}; one answer has no more");
        Self::new(416, ErrorType::RangeNotSatisfiable, what, why)
    }

    /// 405: not with this method.
    pub fn method_not_allowed(method: &str) -> Self {
        let message = "The resource does not answer to this method; see the Allow header";
        Self::new(405, ErrorType::MethodNotAllowed, method, message)
    }

    /// 501: only the other product does this.
    pub fn not_implemented(what: &str, why: impl Into<String>) -> Self {
        Self::new(501, ErrorType::NotImplemented, what, why)
    }

    /// 500: our own failure.
    pub fn internal(why: impl Into<String>) -> Self {
        Self::new(500, ErrorType::InternalServerError, "", why)
    }

    /// 503: too much waits already, or the change could not be made durable. The caller may try again.
    pub fn service_unavailable() -> Self {
        Self::new(503, ErrorType::ServiceUnavailable, "", "SERVER_OUT_OF_SERVICE")
    }

    /// The HTTP body: one `<ApiErrors>` document.
    pub fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new();
        xml.open("ApiErrors");
        xml.open("ApiError");
        xml.text("ErrorType", self.error_type.as_str());
        xml.text("ErrorData", &self.data);
        xml.text("ErrorMessage", &self.message);
        xml.close("ApiError");
        xml.close("ApiErrors");
        xml.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_one_error() {
        assert_eq!(
            Refusal::user_not_found("<x>").to_xml(),
            "<ApiErrors><ApiError><ErrorType>User Not Found</ErrorType><ErrorData>&lt;x&gt;</ErrorData>\
             <ErrorMessage>UNKNOWN_USER</ErrorMessage></ApiError></ApiErrors>"
        );
    }
}
