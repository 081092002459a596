//! From a session's answer to an HTTP response.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use xmpp::bosh::{self, BoshCondition};

/// An answer and the content type that the client wants it to have.
pub(super) struct Answer {
    pub(super) response: bosh::Response,
    pub(super) content_type: HeaderValue,
}

impl Answer {
    /// An error outside of any session.
    pub(super) fn terminal(condition: BoshCondition, legacy: bool) -> Answer {
        let content_type = HeaderValue::from_static("text/xml; charset=utf-8");
        Answer { response: bosh::Response::terminal(condition, legacy), content_type }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if self.response.body.is_empty() {
            return status.into_response();
        }
        (status, [(CONTENT_TYPE, self.content_type)], Body::from(self.response.body)).into_response()
    }
}

/// Keeps a response from being stored, and from being run as a page if the client wanted it to be `text/html`.
pub(super) fn protect(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let nothing = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation",
    );
    headers.insert(CONTENT_SECURITY_POLICY, nothing);
}
