//! `Authorization: Basic`, as every Finesse client sends it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contact::Refusal;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::accounts::PasswordCredentials;

/// Reads the credentials of a request.
///
/// # Errors
///
/// 401 when there are none or they are not Basic; the answer carries the challenge.
///
/// # Source
///
/// RFC 7617 §2. The scheme has no case; the user id ends at the first colon.
pub(super) fn basic_credentials(headers: &HeaderMap) -> Result<PasswordCredentials, Refusal> {
    let missing = || Refusal::unauthorized("");
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, encoded) = value.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(missing());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| missing())?;
    let text = String::from_utf8(decoded).map_err(|_| missing())?;
    let (user, password) = text.split_once(':').ok_or_else(missing)?;
    Ok(PasswordCredentials::new(user, password))
}
