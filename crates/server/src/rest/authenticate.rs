//! `Authorization: Basic`, as every Finesse client sends it, and `Bearer`, as they do with single sign-on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contact::{Refusal, UserId};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use xmpp::Password;

use super::Rest;
use crate::accounts::Verdict;
use crate::transports::Peer;

impl Rest {
    /// Says whose credentials the request has.
    ///
    /// # Errors
    ///
    /// - 401 when there are none, they are wrong, or too many wrong ones came from this address; the answer carries
    ///   the challenge and does not tell these apart.
    /// - 403 when they came in the clear and may not (`auth.plain_in_clear`).
    /// - 503 when too many passwords wait to be checked, or the keys for tokens cannot be had.
    pub(super) async fn authenticate(&self, peer: Peer, headers: &HeaderMap) -> Result<UserId, Refusal> {
        let (token, basic) = (bearer_token(headers), basic_credentials(headers));
        if token.is_none() && basic.is_none() {
            return Err(Refusal::unauthorized(""));
        }
        let address = peer.address.ip();
        if !peer.is_encrypted && !self.settings.plain_in_clear.allows(address) {
            return Err(Refusal::forbidden("a password may not come without encryption; use https"));
        }
        let (name, outcome) = match (token, basic) {
            (Some(token), _) => (String::new(), self.accounts.verify_token(None, &token, address).await),
            (None, Some((name, password))) => {
                let outcome = match self.accounts.verify(&name, &password, address).await {
                    Verdict::Correct => UserId::new(&name).map_err(|_| Verdict::Wrong),
                    verdict => Err(verdict),
                };
                (name, outcome)
            }
            (None, None) => (String::new(), Err(Verdict::Wrong)),
        };
        if let Ok(user) = &outcome {
            self.hub.visitors().note(user);
        }
        outcome.map_err(|verdict| match verdict {
            Verdict::Busy | Verdict::Unavailable => Refusal::service_unavailable(),
            Verdict::Correct | Verdict::Wrong | Verdict::LockedOut | Verdict::Refused(_) => {
                tracing::info!(%address, ?verdict, "a request with wrong credentials");
                Refusal::unauthorized(&name)
            }
        })
    }
}

/// Reads a token.
///
/// # Source
///
/// RFC 6750 §2.1.
pub(super) fn bearer_token(headers: &HeaderMap) -> Option<Password> {
    xmpp::sasl::bearer(headers.get(AUTHORIZATION)?.to_str().ok()?).map(Password::from)
}

/// Reads user and password. The scheme has no case; the user ends at the first colon.
///
/// # Source
///
/// RFC 7617 §2.
fn basic_credentials(headers: &HeaderMap) -> Option<(String, Password)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), Password::from(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_a_header() {
        for (value, expected) in [
            ("Basic MTAwMTAwMTpvZmZob29r", Some(("1001001", "offhook"))),
            ("bAsIc   MTAwMTAwMTpvZmZob29r ", Some(("1001001", "offhook"))),
            ("Basic YTpiOmM=", Some(("a", "b:c"))),
            ("Basic Og==", Some(("", ""))),
            ("Basic", None),
            ("Basic YQ==", None),
            ("Basic !!!!", None),
            ("Basic /zo=", None),
            ("Bearer MTAwMTAwMTpvZmZob29r", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().expect("a header's value"));
            assert_eq!(bearer_token(&headers).is_some(), value.starts_with("Bearer"));
            let found = basic_credentials(&headers);
            let found = found.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
            assert_eq!(found, expected, "{value}");
        }
        assert!(basic_credentials(&HeaderMap::new()).is_none());
    }
}
