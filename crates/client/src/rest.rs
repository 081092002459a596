//! The web service beside the line: what the system is, a user's state, and changing it.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use xmpp::{Element, Limits, ns, sasl::Password};

use crate::{
    connect::Connector,
    error::{Error, seconds},
    event::{Clock, Unobserved},
    upgrade::USER_AGENT,
    url::LineUrl,
};

/// A client of one server's web service, over one connection that is made when needed and made again when lost.
pub struct Rest {
    connector: Connector,
    url: LineUrl,
    authorization: Option<Password>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What the server says about itself. Fields it left out are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemInfo {
    /// `IN_SERVICE` or `OUT_OF_SERVICE`.
    pub status: Option<String>,
    /// The XMPP domain: what streams are opened to.
    pub xmpp_domain: Option<String>,
    /// The address of the PubSub service.
    pub pubsub_domain: Option<String>,
    /// Which product's rules apply: `UCCE` or `UCCX`.
    pub deployment_type: Option<String>,
}

/// A change of an agent's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateChange {
    /// `LOGIN`, `READY`, `NOT_READY` or `LOGOUT`.
    pub state: String,
    /// With `LOGIN`.
    pub extension: Option<String>,
    /// The key of a reason code (not the number people see).
    pub reason_code_id: Option<u32>,
}

/// What was answered to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, at most 4 MiB.
    pub body: Bytes,
}

impl Answer {
    /// The body as XML, if it is that.
    pub fn document(&self) -> Option<Element> {
        std::str::from_utf8(&self.body).ok().and_then(parse_document)
    }
}

impl Rest {
    /// A client for the server that `url` names; its path is not used.
    ///
    /// - `credentials`: user id and password, sent as Basic with each request. `None` for what needs none.
    pub fn new(connector: Connector, url: &LineUrl, credentials: Option<(&str, &Password)>) -> Rest {
        let authorization = credentials.map(|(user, password)| {
            let pair = format!("{user}:{}", password.as_str());
            Password::from(format!("Basic {}", BASE64_STANDARD.encode(pair)))
        });
        Rest { connector, url: url.clone(), authorization, sender: None }
    }

    /// `GET /finesse/api/SystemInfo`. Needs no credentials.
    ///
    /// # Errors
    ///
    /// See [`RestError`].
    pub async fn system_info(&mut self) -> Result<SystemInfo, RestError> {
        let info = self.get("/finesse/api/SystemInfo").await?;
        let field =
            |name: &str| info.child(name, ns::NONE).map(Element::text).filter(|text| !text.is_empty());
        Ok(SystemInfo {
            status: field("status"),
            xmpp_domain: field("xmppDomain"),
            pubsub_domain: field("xmppPubSubDomain"),
            deployment_type: field("deploymentType"),
        })
    }

    /// `GET /finesse/api/User/{id}`: the whole `<User>`.
    ///
    /// # Errors
    ///
    /// See [`RestError`].
    pub async fn user(&mut self, id: &str) -> Result<Element, RestError> {
        self.get(&format!("/finesse/api/User/{}", path_segment(id))).await
    }

    /// `PUT /finesse/api/User/{id}`: asks for a change of state. The outcome comes as an event that carries
    /// `request_id`.
    ///
    /// # Errors
    ///
    /// See [`RestError`]; in particular [`RestError::Refused`] for everything but 2xx.
    pub async fn change_state(
        &mut self,
        id: &str,
        change: &StateChange,
        request_id: Option<&str>,
    ) -> Result<(), RestError> {
        let mut body = Element::new("User", ns::NONE);
        body.push(Element::new("state", ns::NONE).with_text(&change.state));
        if let Some(extension) = &change.extension {
            body.push(Element::new("extension", ns::NONE).with_text(extension));
        }
        if let Some(reason) = change.reason_code_id {
            body.push(Element::new("reasonCodeId", ns::NONE).with_text(reason.to_string()));
        }
        let path = format!("/finesse/api/User/{}", path_segment(id));
        self.call(Method::PUT, &path, Some(body.to_xml()), request_id).await.map(|_| ())
    }

    /// `GET` of an XML document.
    ///
    /// - `path`: with its leading slash, percent-encoded where needed.
    ///
    /// # Errors
    ///
    /// See [`RestError`].
    pub async fn get(&mut self, path: &str) -> Result<Element, RestError> {
        let body = self.call(Method::GET, path, None, None).await?;
        let text = std::str::from_utf8(&body).map_err(|_| RestError::NotXml { path: path.to_owned() })?;
        parse_document(text).ok_or_else(|| RestError::NotXml { path: path.to_owned() })
    }

    /// Any request, and whatever is answered to it.
    ///
    /// - `path`: as for [`Rest::get`], with a query if there is one.
    /// - `body`: sent as XML if it begins with `<`, else as JSON.
    /// - `request_id`: comes back with the event that follows.
    ///
    /// # Errors
    ///
    /// See [`RestError`]; a status other than 2xx is an answer here.
    pub async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        request_id: Option<&str>,
    ) -> Result<Answer, RestError> {
        let after = self.connector.step_timeout();
        match timeout(after, self.request_unlimited(method, path, body, request_id)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                // The late answer would be taken for that of the next request.
                self.sender = None;
                Err(RestError::Timeout { path: path.to_owned(), after })
            }
        }
    }

    async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        request_id: Option<&str>,
    ) -> Result<Bytes, RestError> {
        let Answer { status, body } = self.request(method, path, body, request_id).await?;
        if status.is_success() { Ok(body) } else { Err(refusal(path, status, &body)) }
    }

    async fn request_unlimited(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        request_id: Option<&str>,
    ) -> Result<Answer, RestError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.url.authority())
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "application/xml, application/json;q=0.9");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.as_str());
        }
        if let Some(body) = &body {
            let is_xml = body.trim_start().starts_with('<');
            request = request
                .header(header::CONTENT_TYPE, if is_xml { "application/xml" } else { "application/json" });
        }
        if let Some(id) = request_id {
            request = request.header("requestId", id);
        }
        let request = request.body(Full::from(body.unwrap_or_default())).map_err(RestError::Request)?;
        let sender = self.sender().await?;
        let response = sender.send_request(request).await.map_err(RestError::Http)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), BODY_BYTES_MAX)
            .collect()
            .await
            .map_err(|source| RestError::Body { path: path.to_owned(), source })?
            .to_bytes();
        Ok(Answer { status, body })
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, RestError> {
        let usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            let (socket, _) = self
                .connector
                .connect(&self.url, &Clock::start(), &mut Unobserved)
                .await
                .map_err(|error| RestError::Connect(Box::new(error)))?;
            let (sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.map_err(RestError::Http)?;
            // Ends by itself when the sender is dropped or the server closes; its errors reach the caller.
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        Ok(self.sender.as_mut().expect("made just above where there was none"))
    }
}

/// Why a call of the web service failed.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// No connection.
    #[error("{0}")]
    Connect(Box<Error>),
    /// The request cannot be sent as it is: a character in the path or request id.
    #[error("the request cannot be made: {0}")]
    Request(http::Error),
    /// The connection broke, or what came was no HTTP.
    #[error("the web service did not answer properly: {0}")]
    Http(hyper::Error),
    /// The body broke off or is longer than 4 MiB.
    #[error("{path}: the answer's body: {source}")]
    Body {
        /// What was asked for.
        path: String,
        /// What happened.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No answer in time.
    #[error("{path}: no answer within {}", seconds(*after))]
    Timeout {
        /// What was asked for.
        path: String,
        /// How long it was given.
        after: Duration,
    },
    /// A status other than 2xx.
    #[error("{path}: {status}{}", errors.iter().map(|e| format!("; {e}")).collect::<String>())]
    Refused {
        /// What was asked for.
        path: String,
        /// The status.
        status: StatusCode,
        /// What the body says, `ErrorType: ErrorMessage`, at most 10.
        errors: Vec<String>,
    },
    /// The body is not XML.
    #[error("{path}: the answer is not the XML expected")]
    NotXml {
        /// What was asked for.
        path: String,
    },
}

fn refusal(path: &str, status: StatusCode, body: &[u8]) -> RestError {
    let parsed = std::str::from_utf8(body).ok().and_then(parse_document);
    let text =
        |error: &Element, name: &str| error.child(name, ns::NONE).map(Element::text).unwrap_or_default();
    let errors = parsed
        .iter()
        .flat_map(|errors| errors.elements().take(10))
        .map(|error| format!("{}: {}", text(error, "ErrorType"), text(error, "ErrorMessage")))
        .collect();
    RestError::Refused { path: path.to_owned(), status, errors }
}

/// A document may begin with a byte order mark and an XML declaration, which a stream may not.
fn parse_document(text: &str) -> Option<Element> {
    let mut text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with("<?xml") {
        text = text.split_once("?>")?.1.trim_start();
    }
    let limits = Limits { bytes_max: BODY_BYTES_MAX, elements_max: 200_000, ..Limits::default() };
    Element::parse(text, &limits).ok()
}

/// Percent-encodes everything but the letters that need it nowhere (RFC 3986 §2.3).
fn path_segment(id: &str) -> String {
    let mut segment = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(byte.into());
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

/// Longest body of an answer.
const BODY_BYTES_MAX: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_have_a_declaration() {
        let info = parse_document(
            "\u{feff}<?xml version=\"1.0\"?>\n<SystemInfo>\n <status>IN_SERVICE</status></SystemInfo>\n",
        )
        .expect("a document");
        assert_eq!(info.child("status", ns::NONE).map(Element::text).as_deref(), Some("IN_SERVICE"));
        assert!(parse_document("<!DOCTYPE html><html/>").is_none());
    }

    #[test]
    fn a_refusal_says_what_the_body_says() {
        let body = b"<ApiErrors><ApiError><ErrorType>Invalid Input</ErrorType><ErrorMessage>extension</ErrorMessage></ApiError></ApiErrors>";
        let error = refusal("/x", StatusCode::BAD_REQUEST, body);
        assert_eq!(error.to_string(), "/x: 400 Bad Request; Invalid Input: extension");
    }

    #[test]
    fn an_id_cannot_leave_its_segment() {
        assert_eq!(path_segment("a/../b c@x"), "a%2F..%2Fb%20c%40x");
    }
}
