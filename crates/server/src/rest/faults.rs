//! Answers that are wrong or late on purpose (`docs/faults.md`).

use axum::body::Body;
use axum::response::IntoResponse as _;
use contact::{ErrorType, Refusal};
use http::{Response, StatusCode, request};

use super::Rest;
use super::reply::{Extras, Reply};
use crate::faults::{Fault, Kind};

impl Rest {
    /// Does what a fault wants done to a request: waits, and says with which status to [`answer`] if it is not to be answered
    /// as usual.
    pub(super) async fn meet_fault(&self, head: &request::Parts) -> Option<StatusCode> {
        let faults = self.desk.faults();
        let (status, delay) = faults.strike(Kind::AnswerRest, |fault| match fault {
            Fault::AnswerRest { path, method, status, delay } => {
                let is_meant = head.uri.path().starts_with(path.as_str())
                    && method.as_ref().is_none_or(|method| *method == head.method);
                is_meant.then_some((*status, *delay))
            }
            _ => None,
        })?;
        tokio::time::sleep(delay).await;
        status
    }
}

/// What this service would say, or, for what a proxy in front of it says, that.
pub(super) fn answer(status: StatusCode, extras: Extras) -> Response<Body> {
    let refusal = match status {
        StatusCode::SERVICE_UNAVAILABLE => Refusal::service_unavailable(),
        StatusCode::UNAUTHORIZED => Refusal::unauthorized(""),
        StatusCode::INTERNAL_SERVER_ERROR => Refusal::internal("INTERNAL_SERVER_ERROR"),
        StatusCode::BAD_REQUEST => Refusal::bad_request("BAD_REQUEST"),
        StatusCode::NOT_FOUND => Refusal::new(404, ErrorType::NotFound, "", "The resource does not exist"),
        StatusCode::FORBIDDEN => Refusal::forbidden("FORBIDDEN"),
        _ => {
            let text = format!("{} {}\n", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
            return (status, text).into_response();
        }
    };
    Reply::Refused(refusal).into_response(extras)
}
