//! What an answer looks like on the wire.

use axum::body::Body;
use contact::Refusal;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// One answer of the web service.
#[derive(Debug)]
pub(super) enum Reply {
    /// 200 with a document.
    Document(String),
    /// 202: the change is in the log; its event is on the way. No body, as clients compare for.
    Accepted,
    /// 4xx or 5xx with `<ApiErrors>`.
    Refused(Refusal),
    /// 405.
    MethodNotAllowed {
        /// The methods that would do.
        allow: &'static str,
    },
}

impl Reply {
    pub(super) fn into_response(self, request_id: Option<&str>) -> Response<Body> {
        let mut response = match self {
            Reply::Document(xml) => document(StatusCode::OK, xml),
            Reply::Accepted => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::ACCEPTED;
                response
            }
            Reply::Refused(refusal) => refused(&refusal),
            Reply::MethodNotAllowed { allow } => {
                let mut response = refused(&Refusal::method_not_allowed(allow));
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
                response
            }
        };
        let headers = response.headers_mut();
        // State is never older than the answer; a cache between would make it so.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(value) = request_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(REQUEST_ID, value);
        }
        response
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = document(status, refusal.to_xml());
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    response
}

fn document(status: StatusCode, xml: String) -> Response<Body> {
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml;charset=UTF-8"));
    response
}

/// The request's own id, which its event will carry. Header names have no case; an id that is too long or not visible
/// ASCII is treated as absent, since it could not be sent back as it is.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    (!id.is_empty() && id.len() <= REQUEST_ID_LENGTH_MAX).then(|| id.to_owned())
}

const REQUEST_ID: HeaderName = HeaderName::from_static("requestid");

/// The longest `requestId` that is repeated in events, in bytes.
const REQUEST_ID_LENGTH_MAX: usize = 256;

const CHALLENGE: &str = "Basic realm=\"Offhook\", charset=\"UTF-8\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_change_has_no_body_and_repeats_the_request_id() {
        let response = Reply::Accepted.into_response(Some("c1f0"));
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers()["requestid"], "c1f0");
        assert_eq!(response.headers().get(CONTENT_TYPE), None);
    }

    #[test]
    fn a_missing_password_is_asked_for() {
        let response = Reply::Refused(Refusal::unauthorized("7001")).into_response(None);
        assert_eq!(response.status(), 401);
        assert!(response.headers()[WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic "));
        assert_eq!(response.headers()[CONTENT_TYPE], "application/xml;charset=UTF-8");
    }

    #[test]
    fn a_wrong_method_names_the_right_ones() {
        let response = Reply::MethodNotAllowed { allow: "GET, HEAD, PUT" }.into_response(None);
        assert_eq!(
            (response.status().as_u16(), &response.headers()[ALLOW]),
            (405, &HeaderValue::from_static("GET, HEAD, PUT"))
        );
    }

    #[test]
    fn a_request_id_is_taken_in_any_case_and_bounded() {
        let with = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_bytes(b"RequestId").unwrap(), HeaderValue::from_str(id).unwrap());
            request_id(&headers)
        };
        assert_eq!(with("c1f0").as_deref(), Some("c1f0"));
        assert_eq!(with(""), None);
        assert_eq!(with(&"x".repeat(257)), None);
        assert_eq!(with("tü"), None);
    }
}
