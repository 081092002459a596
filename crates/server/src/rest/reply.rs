//! What an answer looks like on the wire.

use axum::body::Body;
use contact::{ApiPath, Refusal};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, request};

use crate::transports::Peer;

/// One answer of the web service.
#[derive(Debug)]
pub(super) enum Reply {
    /// 200 with a document.
    Document(String),
    /// 202: the change is in the log; its event is on the way. No body, as clients compare for.
    Accepted,
    /// 200 without a body: it is done, and that is in the log.
    Done,
    /// 200 without a body: there is a new object.
    Created {
        /// Its absolute address.
        location: HeaderValue,
    },
    /// 301: the same over https.
    Moved {
        /// Where that is.
        location: HeaderValue,
    },
    /// 4xx or 5xx with `<ApiErrors>`.
    Refused(Refusal),
    /// 405.
    MethodNotAllowed {
        /// The methods that would do.
        allow: String,
    },
}

/// What an answer carries besides, depending on the request.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// The request's own id, if it is to be repeated.
    pub(super) request_id: Option<String>,
    /// A session cookie, for a success.
    cookie: Option<HeaderValue>,
    /// How a 401 asks for a token, where tokens are taken.
    pub(super) bearer_challenge: Option<&'static str>,
}

impl Extras {
    /// - `is_encrypted`: whether the cookie is to stay on encrypted connections.
    pub(super) fn of(head: &request::Parts, is_encrypted: bool) -> Extras {
        let request_id = match head.method {
            Method::GET | Method::HEAD => None,
            _ => request_id(&head.headers),
        };
        let wants_cookie = head.headers.contains_key(AUTHORIZATION) && !has_cookie(&head.headers);
        let cookie = wants_cookie.then(|| session_cookie(is_encrypted));
        Extras { request_id, cookie, bearer_challenge: None }
    }
}

impl Reply {
    pub(super) fn into_response(self, extras: Extras) -> Response<Body> {
        let mut response = match self {
            Reply::Document(xml) => document(StatusCode::OK, xml),
            Reply::Accepted => empty(StatusCode::ACCEPTED),
            Reply::Done => empty(StatusCode::OK),
            Reply::Created { location } => {
                let mut response = empty(StatusCode::OK);
                response.headers_mut().insert(LOCATION, location);
                response
            }
            Reply::Moved { location } => {
                let mut response = empty(StatusCode::MOVED_PERMANENTLY);
                response.headers_mut().insert(LOCATION, location);
                response
            }
            Reply::Refused(refusal) => refused(&refusal),
            Reply::MethodNotAllowed { allow } => {
                let mut response = refused(&Refusal::method_not_allowed(&allow));
                if let Ok(allow) = HeaderValue::try_from(allow) {
                    response.headers_mut().insert(ALLOW, allow);
                }
                response
            }
        };
        let is_success = response.status().is_success();
        let headers = response.headers_mut();
        // A state may change in the next moment; a cache would keep it from being seen.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(value) = extras.request_id.and_then(|id| HeaderValue::try_from(id).ok()) {
            headers.insert(REQUEST_ID, value);
        }
        if headers.contains_key(WWW_AUTHENTICATE)
            && let Some(challenge) = extras.bearer_challenge
        {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(cookie) = extras.cookie.filter(|_| is_success) {
            headers.insert(SET_COOKIE, cookie);
        }
        response
    }
}

/// The absolute address of `path` by the name that the client called the server; without such a name the path alone.
pub(super) fn location(peer: Peer, head: &request::Parts, path: &ApiPath) -> HeaderValue {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
    let scheme = if peer.is_encrypted { "https" } else { "http" };
    let absolute = host.map(|host| format!("{scheme}://{host}{path}"));
    let absolute = absolute.and_then(|address| HeaderValue::try_from(address).ok());
    absolute.unwrap_or_else(|| HeaderValue::try_from(path.to_string()).expect("a path is visible ASCII"))
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

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The request's own id, which its event will carry. Header names have no case; an id that is too long or not visible
/// ASCII is treated as absent, since it could not be sent back as it is.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    (!id.is_empty() && id.len() <= REQUEST_ID_LENGTH_MAX).then(|| id.to_owned())
}

fn has_cookie(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .any(|pair| pair.trim_start().split_once('=').is_some_and(|(name, _)| name == SESSION_COOKIE))
}

/// A cookie such as Tomcat sets. Some old clients wait for one and send it back; it means nothing here.
fn session_cookie(is_encrypted: bool) -> HeaderValue {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system has random numbers");
    let id = u128::from_ne_bytes(random);
    let secure = if is_encrypted { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{SESSION_COOKIE}={id:032X}; Path=/finesse; HttpOnly{secure}"))
        .expect("visible ASCII only")
}

const REQUEST_ID: HeaderName = HeaderName::from_static("requestid");

/// The longest `requestId` that is repeated in events, in bytes.
const REQUEST_ID_LENGTH_MAX: usize = 256;

const SESSION_COOKIE: &str = "JSESSIONID";

/// To a request without a token (RFC 6750 §3).
pub(super) const BEARER_CHALLENGE: &str = "Bearer realm=\"Offhook\"";

/// To a request with a token that is not good (RFC 6750 §3.1).
pub(super) const BEARER_REFUSAL: &str = "Bearer realm=\"Offhook\", error=\"invalid_token\"";

const CHALLENGE: &str = "Basic realm=\"Offhook\", charset=\"UTF-8\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_taken_in_any_case_and_bounded() {
        let with = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_bytes(b"RequestId").unwrap(), HeaderValue::from_str(id).unwrap());
            request_id(&headers)
        };
        assert_eq!(with("c1f0").as_deref(), Some("c1f0"));
        assert_eq!(with(""), None);
        assert_eq!(with(&"x".repeat(256)).as_deref().map(str::len), Some(256));
        assert_eq!(with(&"x".repeat(257)), None);
        assert_eq!(with("tü"), None);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for (value, expected) in [
            ("JSESSIONID=1", true),
            ("a=b; JSESSIONID=1", true),
            ("XJSESSIONID=1", false),
            ("JSESSIONID", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(value));
            assert_eq!(has_cookie(&headers), expected, "{value}");
        }
    }
}
