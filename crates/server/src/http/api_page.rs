//! The page at `/offhook/api`: the description of the interface, for reading in a browser.
//!
//! It is our own and small, so that it needs nobody else's server and no library: a viewer such as Swagger UI is a megabyte of
//! JavaScript that somebody would have to keep up to date.

use axum::response::{Html, IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// The page.
pub(super) fn page() -> Response {
    let headers = [
        (CACHE_CONTROL, "no-cache"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ),
    ];
    (headers, Html(include_str!("api.html"))).into_response()
}

/// Its script.
pub(super) fn script() -> Response {
    let headers = [(CACHE_CONTROL, "no-cache"), (CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("api.js")).into_response()
}
