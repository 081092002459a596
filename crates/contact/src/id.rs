//! The keys that name things in the contact centre, checked once where they come in.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A user's login id, for instance `1001001`: the key of a user, and the local part of the user's JID.
///
/// One to 64 characters of `A-Z a-z 0-9 . _ -`, kept in lower case because JID local parts compare
/// that way. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(Arc<str>);

impl UserId {
    /// The most characters that a login id has.
    pub const LENGTH_MAX: usize = 64;

    /// Checks `text` and turns it to lower case.
    ///
    /// # Errors
    ///
    /// [`IdError::User`] if it is empty, too long, or has another character than those above.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > Self::LENGTH_MAX || !text.bytes().all(allowed) {
            return Err(IdError::User);
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Ok(Self(text.to_ascii_lowercase().into()));
        }
        Ok(Self(text.into()))
    }

    /// The id as text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number of a team, 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TeamId(pub u32);

/// The key of a reason code, 1 or more. Not the `code` that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReasonCodeId(pub u32);

/// The key of a configured object, 1 or more; each kind of object counts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId(pub u32);

impl From<ReasonCodeId> for ObjectId {
    fn from(id: ReasonCodeId) -> Self {
        Self(id.0)
    }
}

/// The number of a queue, 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueueId(pub u32);

/// The number of a team message, 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TeamMessageId(pub u32);

/// The number of a call, 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DialogId(pub u32);

impl DialogId {
    /// The number of the first call. The real service has eight digits from the start, so no client has met a short one.
    pub const FIRST: Self = Self(16_777_217);

    /// The number of the next call. Numbers begin anew when they are used up, which takes four thousand million calls.
    pub(crate) fn next(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(Self::FIRST.0))
    }
}

/// The directory number of a device: one to fourteen digits, optionally after a `+`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Extension(Arc<str>);

impl Extension {
    /// The most digits that an extension has (E.164, without the `+`).
    pub const DIGITS_MAX: usize = 14;

    /// Checks `text`.
    ///
    /// # Errors
    ///
    /// [`IdError::Extension`] if it is not digits, or has too many.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || digits.len() > Self::DIGITS_MAX || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(IdError::Extension);
        }
        Ok(Self(text.into()))
    }

    /// The extension as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is not the id it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a login id.
    #[error("a login id has 1 to 64 characters out of A-Z a-z 0-9 . _ -")]
    User,
    /// Not a team's number.
    #[error("a team id is a whole number from 1 to 4294967295")]
    Team,
    /// Not a reason code's number.
    #[error("a reason code id is a whole number from 1 to 4294967295")]
    ReasonCode,
    /// Not a call's number.
    #[error("a dialog id is a whole number from 1 to 4294967295")]
    Dialog,
    /// Not a task's name.
    #[error("a task id is three whole numbers joined by underscores, for instance 5001_17_1")]
    Task,
    /// Not a team message's number.
    #[error("a team message id is a whole number from 1 to 4294967295")]
    TeamMessage,
    /// Not a configured object's number.
    #[error("the id of an object is a whole number from 1 to 4294967295")]
    Object,
    /// Not a queue's number.
    #[error("a queue id is a whole number from 1 to 4294967295")]
    Queue,
    /// Not an extension.
    #[error("an extension has 1 to 14 digits, optionally after a plus sign")]
    Extension,
}

/// Reads a number from 1 up in its only spelling: no sign, no leading zero.
fn parse_number(text: &str) -> Option<u32> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if canonical { text.parse().ok() } else { None }
}

impl FromStr for UserId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl FromStr for Extension {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

macro_rules! text_id {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id!(UserId);
text_id!(Extension);

macro_rules! number_id {
    ($name:ident, $error:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_number(text).map(Self).ok_or(IdError::$error)
            }
        }
    };
}

number_id!(TeamId, Team);
number_id!(ReasonCodeId, ReasonCode);
number_id!(ObjectId, Object);
number_id!(QueueId, Queue);
number_id!(TeamMessageId, TeamMessage);
number_id!(DialogId, Dialog);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_id_is_checked_and_lowered() {
        for (text, expected) in [
            ("1001001", Some("1001001")),
            ("Ada.Moss", Some("ada.moss")),
            ("a_b-c", Some("a_b-c")),
            ("", None),
            ("a b", None),
            ("a@b", None),
            ("a/b", None),
            ("ä", None),
        ] {
            assert_eq!(UserId::new(text).ok().as_ref().map(UserId::as_str), expected, "{text:?}");
        }
        assert!(UserId::new(&"x".repeat(64)).is_ok());
        assert_eq!(UserId::new(&"x".repeat(65)), Err(IdError::User));
    }

    #[test]
    fn a_number_has_one_spelling() {
        for (text, expected) in
            [("1", Some(1)), ("4294967295", Some(u32::MAX)), ("4294967296", None), ("01", None), ("0", None)]
        {
            assert_eq!(text.parse::<TeamId>().ok(), expected.map(TeamId), "{text:?}");
        }
        for text in ["", "+1", "-1", " 1", "1 ", "x"] {
            assert_eq!(text.parse::<ReasonCodeId>(), Err(IdError::ReasonCode), "{text:?}");
        }
    }

    #[test]
    fn an_extension_is_digits() {
        for text in ["2001", "+14085550100", "0", "12345678901234", "+12345678901234"] {
            assert!(Extension::new(text).is_ok(), "{text:?}");
        }
        for text in ["", "+", "123456789012345", "2001a", "++1", " 1"] {
            assert_eq!(Extension::new(text), Err(IdError::Extension), "{text:?}");
        }
    }
}
