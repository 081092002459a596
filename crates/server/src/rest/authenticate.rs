//! `Authorization: Basic`, as every Finesse client sends it.

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
    /// - 503 when too many passwords wait to be checked.
    pub(super) async fn authenticate(&self, peer: Peer, headers: &HeaderMap) -> Result<UserId, Refusal> {
        let (user, password) = basic_credentials(headers).ok_or_else(|| Refusal::unauthorized(""))?;
        let address = peer.address.ip();
        if !peer.is_encrypted && !self.settings.plain_in_clear.allows(address) {
            return Err(Refusal::forbidden("a password may not come without encryption; use https"));
        }
        let verdict = self.accounts.verify(&user, &password, address).await;
        match (verdict, UserId::new(&user)) {
            (Verdict::Correct, Ok(user)) => Ok(user),
            (Verdict::Correct | Verdict::Wrong | Verdict::LockedOut, _) => {
                tracing::info!(%address, ?verdict, "a request with wrong credentials");
                Err(Refusal::unauthorized(&user))
            }
            (Verdict::Busy, _) => Err(Refusal::service_unavailable()),
        }
    }
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
            let found = basic_credentials(&headers);
            let found = found.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
            assert_eq!(found, expected, "{value}");
        }
        assert!(basic_credentials(&HeaderMap::new()).is_none());
    }
}
