//! OAUTHBEARER: a bearer token in one message (RFC 7628).

use super::gs2::{BindingFlag, Gs2Header, write};
use super::{Password, SaslCondition};

/// The content of the client's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthBearer {
    /// Whom to act as, a bare JID or a localpart; empty leaves it to the token.
    pub authzid: String,
    /// The token.
    pub token: Password,
}

impl OauthBearer {
    /// What a server sends as its challenge when it refuses a token (RFC 7628 §3.2.2); the client answers it with
    /// [`OauthBearer::ACKNOWLEDGEMENT`], and only then comes the failure.
    pub const REFUSAL: &'static str = r#"{"status":"invalid_token"}"#;

    /// The one byte with which a client acknowledges [`OauthBearer::REFUSAL`] (RFC 7628 §3.2.3).
    pub const ACKNOWLEDGEMENT: &'static [u8] = b"\x01";

    /// Reads the client's message: a GS2 header, then `key=value` pairs between bytes of value 1. `host` and `port` are
    /// for servers of many names and are not looked at; nor is what a later version may add.
    ///
    /// # Errors
    ///
    /// [`SaslCondition::MalformedRequest`] when it is not UTF-8, has no well-formed header, asks for a channel binding,
    /// or has other than one `auth` pair with the scheme `Bearer` and a token.
    pub fn parse(message: &[u8]) -> Result<Self, SaslCondition> {
        Self::read(message).ok_or(SaslCondition::MalformedRequest)
    }

    fn read(message: &[u8]) -> Option<Self> {
        let header = Gs2Header::read(std::str::from_utf8(message).ok()?)?;
        if matches!(header.flag, BindingFlag::Used(_)) {
            return None;
        }
        let pairs = header.rest.strip_prefix('\x01')?.strip_suffix("\x01\x01")?;
        let mut token = None;
        for pair in pairs.split('\x01') {
            let (key, value) = pair.split_once('=')?;
            if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphabetic()) {
                return None;
            }
            if key == "auth" && token.replace(bearer(value)?).is_some() {
                return None;
            }
        }
        Some(Self { authzid: header.authzid, token: token?.into() })
    }

    /// The message, not yet base64.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = write(&BindingFlag::Unsupported, &self.authzid);
        format!("{header}\x01auth=Bearer {}\x01\x01", self.token.as_str()).into_bytes()
    }
}

/// The token of a value such as `Bearer abc` (RFC 6750 §2.1); the scheme has no case.
///
/// None if it is another scheme or there is no token.
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    let is_good = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(is_good))
        .then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7628 §4.1.
    #[test]
    fn vector() {
        let message = crate::sasl::decode_payload(
            "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI\
             HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
        );
        let read = OauthBearer::parse(&message.unwrap().unwrap()).unwrap();
        assert_eq!(read.authzid, "user@example.com");
        assert_eq!(read.token.as_str(), "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
        assert!(!format!("{read:?}").contains("vF9"));
        assert_eq!(OauthBearer::parse(&read.to_bytes()), Ok(read));
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        let good = OauthBearer { authzid: String::new(), token: "a.b-c_d~e+f/g=".into() };
        for message in [
            "n,,\x01auth=Bearer a.b-c_d~e+f/g=\x01\x01",
            "y,,\x01x=1\x01auth=bEARER  a.b-c_d~e+f/g= \x01\x01",
        ] {
            assert_eq!(OauthBearer::parse(message.as_bytes()).as_ref(), Ok(&good), "{message:?}");
        }
        for message in [
            "",
            "n,,",
            "n,,\x01",
            "n,,\x01\x01",
            "n,,\x01auth=Bearer a\x01",
            "n,,auth=Bearer a\x01\x01",
            "n,,\x01auth=Bearer a\x01\x01\x01",
            "n,,\x01auth=Bearer \x01\x01",
            "n,,\x01auth=Bearer a b\x01\x01",
            "n,,\x01auth=Bearer é\x01\x01",
            "n,,\x01auth=Basic a\x01\x01",
            "n,,\x01auth=a\x01\x01",
            "n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01",
            "n,,\x01host=a\x01\x01",
            "n,,\x01=a\x01auth=Bearer a\x01\x01",
            "n,,\x01host\x01auth=Bearer a\x01\x01",
            "p=tls-exporter,,\x01auth=Bearer a\x01\x01",
        ] {
            assert_eq!(
                OauthBearer::parse(message.as_bytes()),
                Err(SaslCondition::MalformedRequest),
                "{message:?}"
            );
        }
        assert!(OauthBearer::parse(b"n,,\x01auth=Bearer a\xff\x01\x01").is_err());
    }
}
