//! From an HTTP body to a request.

use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use xmpp::bosh::{InvalidBody, Request};

use crate::config::Limits;

/// Why there is no request.
pub(super) enum Refusal {
    /// It did not arrive, or was too long.
    Http(StatusCode, &'static str),
    /// It cannot be read.
    Body(InvalidBody),
}

/// Reads and parses a body.
pub(super) async fn receive(body: Body, limits: &Limits) -> Result<Request, Refusal> {
    let bytes_max = limits.message_bytes_max;
    let body = match tokio::time::timeout(BODY_TIME, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(Refusal::Http(
                StatusCode::PAYLOAD_TOO_LARGE,
                "longer than limits.message_bytes_max\n",
            ));
        }
        Ok(Err(_)) => return Err(Refusal::Http(StatusCode::BAD_REQUEST, "the request's body ended early\n")),
        Err(_) => {
            return Err(Refusal::Http(StatusCode::REQUEST_TIMEOUT, "the request's body took too long\n"));
        }
    };
    let text = std::str::from_utf8(&body).map_err(|_| {
        Refusal::Body(InvalidBody { sid: None, legacy: false, reason: "not UTF-8".to_owned() })
    })?;
    // A body is one level more, and may hold as much as its bytes allow.
    let mut xml = xmpp::Limits::with_bytes_max(bytes_max);
    xml.depth_max += 1;
    Request::parse(text, &xml).map_err(Refusal::Body)
}

/// How long a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(10);
