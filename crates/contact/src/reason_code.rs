//! Reason codes: why an agent is not ready, or has signed out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ApiPath, Kind, ReasonCodeId};

/// What a reason code explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReasonCategory {
    /// Why an agent takes no calls.
    NotReady,
    /// Why an agent signed out.
    Logout,
}

impl ReasonCategory {
    /// The name on the wire: `NOT_READY` or `LOGOUT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReady => "NOT_READY",
            Self::Logout => "LOGOUT",
        }
    }
}

/// A name that is not a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason category is NOT_READY or LOGOUT")]
pub struct UnknownCategory;

impl FromStr for ReasonCategory {
    type Err = UnknownCategory;
    fn from_str(name: &str) -> Result<Self, UnknownCategory> {
        [Self::NotReady, Self::Logout].into_iter().find(|c| c.as_str() == name).ok_or(UnknownCategory)
    }
}

impl fmt::Display for ReasonCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A configured reason code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReasonCode {
    /// Its key: what a request names.
    pub id: ReasonCodeId,
    /// What it explains.
    pub category: ReasonCategory,
    /// The number that reports show, 1 to 65535; on CCX, to 999. Unique within the category.
    pub code: u32,
    /// What people read, at most 40 characters. Unique within the category.
    pub label: String,
    /// Whether every agent may use it.
    pub for_all: bool,
}

impl ReasonCode {
    /// The largest `code` on CCE.
    pub const CODE_MAX: u32 = 65_535;
    /// The largest `code` on CCX.
    pub const CODE_MAX_UCCX: u32 = 999;
    /// The most characters of a label.
    pub const LABEL_LENGTH_MAX: usize = 40;

    /// Where the reason code is found.
    pub fn path(&self) -> ApiPath {
        ApiPath::Object(Kind::ReasonCode, self.id.into())
    }
}

/// Why a user is in the present state, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// The state needs none. The user document has no `reasonCodeId`.
    None,
    /// The state has a reason and nobody gave it: just signed in, or no codes are configured. `reasonCodeId` -1.
    #[default]
    Unspecified,
    /// A configured reason code.
    Code {
        /// Its key.
        id: ReasonCodeId,
    },
    /// The system's own reason, in no list of reason codes.
    System {
        /// The number, for instance 999.
        code: u32,
    },
}

impl Reason {
    /// A supervisor changed the state, CCE.
    pub const SUPERVISOR_UCCE: Self = Self::System { code: 999 };
    /// The agent's telephone is off the hook, CCE 12.5.
    pub const OFF_HOOK_UCCE: Self = Self::System { code: 50_006 };
    /// The agent has not taken a call of a queue, CCE.
    pub const NOT_ANSWERED_UCCE: Self = Self::System { code: 32_767 };
    /// The agent has not taken a call of a queue, CCX.
    pub const NOT_ANSWERED_UCCX: Self = Self::System { code: 32_763 };
    /// The agent's desktop has gone.
    pub const CONNECTION_LOST: Self = Self::System { code: 255 };
    /// The link to the telephones was lost, CCE.
    pub const LINK_LOST_UCCE: Self = Self::System { code: 50_002 };
    /// The link to the telephones was lost, CCX: the agent has been signed in anew.
    pub const LINK_LOST_UCCX: Self = Self::System { code: 32_750 };
    /// A supervisor changed the state, CCX.
    pub const SUPERVISOR_UCCX: Self = Self::System { code: 33 };
}

/// What a system reason code is called in a user document.
pub(crate) fn system_label(code: u32) -> &'static str {
    match code {
        999 | 33 => "Supervisor Initiated",
        255 | 50_002 => "Connection Failure",
        32_750 => "Agent Logon",
        32_767 | 32_763 => "Call Not Answered",
        50_006 => "Agent Off Hook",
        _ => "System",
    }
}
