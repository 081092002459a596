//! `/offhook/v1/sessions`: who is connected.
//!
//! | Request | What happens |
//! |---|---|
//! | `GET /offhook/v1/sessions` | the sessions: address, transport, since when, what waits for them |
//! | `GET /offhook/v1/sessions/{full JID}` | one of them |
//! | `DELETE /offhook/v1/sessions/{full JID}` | it ends with `policy-violation`, for good; 204 |
//!
//! The slash of the JID may be written as it is or as `%2F`.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use contact::{Refusal, UserId};
use http::{Method, StatusCode};
use xmpp::FullJid;

use super::Rest;

impl Rest {
    /// Answers one request under `/offhook/v1/sessions`.
    ///
    /// - `rest`: what the path has behind that, without the slash.
    pub(super) async fn sessions(
        &self,
        administrator: UserId,
        method: &Method,
        rest: &str,
    ) -> Result<Response, Refusal> {
        if rest.is_empty() {
            return Ok(Json(self.desk.sessions().await?).into_response());
        }
        let jid = decode(rest).and_then(|jid| FullJid::new(&jid).ok());
        let jid = jid.ok_or_else(|| {
            let shown: String = rest.chars().take(64).collect();
            Refusal::invalid_input(shown, "a session is named by its full JID: user@domain/resource")
        })?;
        match *method {
            Method::GET => {
                let named = jid.to_string();
                let found = self.desk.sessions().await?.into_iter().find(|session| session.jid == named);
                Ok(Json(found.ok_or_else(|| Refusal::not_found(&named))?).into_response())
            }
            Method::DELETE => {
                let named = jid.to_string();
                match self.desk.end_session(administrator.as_str(), jid).await? {
                    true => Ok(StatusCode::NO_CONTENT.into_response()),
                    false => Err(Refusal::not_found(&named)),
                }
            }
            _ => Err(Refusal::not_found(rest)),
        }
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1). None if it is none, or no text.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(rest.next()?)? * 16 + digit(rest.next()?)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jid_in_a_path_may_be_encoded() {
        for (path, jid) in [
            ("a@b/c", Some("a@b/c")),
            ("a%40b%2Fc%20d", Some("a@b/c d")),
            ("a%4", None),
            ("a%zz", None),
            ("%ff", None),
        ] {
            assert_eq!(decode(path).as_deref(), jid, "{path}");
        }
    }
}
