//! A number that a telephone has, or that somebody dials.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Extension;

/// A number: 1 to 64 printable ASCII characters without white space. Cloning is cheap.
///
/// Wider than an [`Extension`]: the guide lets any ASCII be dialled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Arc<str>);

/// A text that cannot be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number has 1 to 64 printable ASCII characters and no white space")]
pub struct NotAnAddress;

impl Address {
    /// The most characters.
    pub const LENGTH_MAX: usize = 64;

    /// Checks `text`.
    ///
    /// # Errors
    ///
    /// [`NotAnAddress`] if it is empty, too long, or has another character than those above.
    pub fn new(text: &str) -> Result<Self, NotAnAddress> {
        let is_right = !text.is_empty() && text.len() <= Self::LENGTH_MAX;
        if is_right && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.into()));
        }
        Err(NotAnAddress)
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The extension that this number is, if it has the shape of one.
    pub fn extension(&self) -> Option<Extension> {
        Extension::new(&self.0).ok()
    }

    /// Whether a telephone network could make something of it: it has a digit.
    pub(crate) fn can_be_reached(&self) -> bool {
        self.0.bytes().any(|byte| byte.is_ascii_digit())
    }
}

impl From<&Extension> for Address {
    fn from(extension: &Extension) -> Self {
        Self(extension.as_str().into())
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        Self::new(text)
    }
}

impl TryFrom<String> for Address {
    type Error = NotAnAddress;
    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        Self::new(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.as_ref().to_owned()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
