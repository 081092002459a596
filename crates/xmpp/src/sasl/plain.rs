//! PLAIN: `[authzid] NUL authcid NUL password` (RFC 4616).

use super::{Password, SaslCondition};

/// The content of a PLAIN message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Whom to act as; empty means as oneself.
    pub authzid: String,
    /// Who one is, as typed.
    pub username: String,
    /// The password or token.
    pub password: Password,
}

impl Plain {
    /// Splits a message into exactly three parts.
    ///
    /// # Errors
    ///
    /// [`SaslCondition::MalformedRequest`] when it is not UTF-8, has other than two NULs, or has no user name.
    pub fn parse(message: &[u8]) -> Result<Self, SaslCondition> {
        let message = std::str::from_utf8(message).map_err(|_| SaslCondition::MalformedRequest)?;
        let mut parts = message.split('\0');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(authzid), Some(username), Some(password), None) if !username.is_empty() => Ok(Self {
                authzid: authzid.to_owned(),
                username: username.to_owned(),
                password: password.into(),
            }),
            _ => Err(SaslCondition::MalformedRequest),
        }
    }

    /// The message, not yet base64.
    pub fn to_bytes(&self) -> Vec<u8> {
        format!("{}\0{}\0{}", self.authzid, self.username, self.password.as_str()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_no_more_no_less() {
        let plain = Plain::parse(b"7001@fin.test\x007001\0p w").unwrap();
        assert_eq!((plain.authzid.as_str(), plain.username.as_str()), ("7001@fin.test", "7001"));
        assert_eq!(plain.password.as_str(), "p w");
        assert_eq!(Plain::parse(&plain.to_bytes()), Ok(plain));
        for message in [&b""[..], b"a", b"a\0b", b"\0a\0b\0", b"\0\0p", b"\0a\0\xff"] {
            assert_eq!(Plain::parse(message), Err(SaslCondition::MalformedRequest), "{message:?}");
        }
    }
}
