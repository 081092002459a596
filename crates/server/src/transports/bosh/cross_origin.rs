//! Pages of other origins (the Fetch standard's CORS protocol): who may send requests and read their answers.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST, ORIGIN, VARY,
};
use http::{HeaderValue, StatusCode, uri};

use crate::config::Origins;

/// The page, allowed, that a request comes from.
pub(super) struct CrossOrigin(Option<HeaderValue>);

impl CrossOrigin {
    /// The page that the request comes from; none if it may not send it.
    pub(super) fn of(request: &Request, origins: &Origins) -> Option<CrossOrigin> {
        let headers = request.headers();
        let origin = headers.get(ORIGIN);
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(uri::Authority::as_str).or(named);
        if !origins.allows(origin.map(|origin| origin.to_str().unwrap_or("")), host) {
            tracing::info!(?origin, "BOSH request of a page that is not allowed");
            return None;
        }
        Some(CrossOrigin(origin.cloned()))
    }

    /// Lets the page read the response.
    pub(super) fn allow(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.0 {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response
    }
}

/// Answers a page that is not allowed.
pub(super) fn refusal() -> Response {
    (StatusCode::FORBIDDEN, REFUSED).into_response()
}

/// Answers a browser that asks before it sends.
pub(super) fn preflight(request: &Request) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, HEAD, OPTIONS"));
    // None of them means anything here, so any of them is welcome.
    let asked = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS);
    let allowed = asked.cloned().unwrap_or(HeaderValue::from_static("Content-Type"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    response
}

const REFUSED: &str = "pages of this origin may not connect; add the origin to web.allowed_origins\n";
