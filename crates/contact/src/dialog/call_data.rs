//! What agents and the routing write on a call: variables and the wrap-up reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Call variables and the wrap-up reason of a call.
///
/// The variables `callVariable1` to `callVariable10` are always there, if empty. Others are extended call variables, whose
/// names begin with `user.`.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Dialog API parameter values"; limits as there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallData {
    /// Those that have a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<String, String>,
    /// Why the call was, in the agent's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    wrap_up_reason: String,
}

/// What somebody wants written on a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallDataChange {
    /// A new wrap-up reason.
    pub wrap_up_reason: Option<String>,
    /// Names and new values, each name once.
    pub variables: Vec<(String, String)>,
}

impl CallData {
    /// The most bytes in one of the ten call variables; what is longer is cut.
    pub const VARIABLE_BYTES_MAX: usize = 40;
    /// The most bytes in all extended call variables together.
    pub const EXTENDED_BYTES_MAX: usize = 2000;
    /// The most bytes in one of the outbound dialler's variables; what is longer is cut.
    pub const DIALLER_BYTES_MAX: usize = 128;
    /// The most bytes of a wrap-up reason.
    pub const WRAP_UP_REASON_BYTES_MAX: usize = 40;

    pub(crate) fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.wrap_up_reason.is_empty()
    }

    /// The wrap-up reason; empty if there is none.
    pub fn wrap_up_reason(&self) -> &str {
        &self.wrap_up_reason
    }

    /// The value of a variable; empty if it has none.
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// All variables with their values: the ten, whether empty or not, then the extended ones by name.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let ten = TEN.into_iter().map(|name| (name, self.variable(name)));
        let others = self.variables.iter().filter(|(name, _)| !is_one_of_ten(name));
        ten.chain(others.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Writes what can be written and says whether that changed anything.
    ///
    /// As the switch does it, silently: a value that is too long is cut, an extended variable for which there is no more room is
    /// left as it was, a name that nobody knows is passed over.
    pub(crate) fn change(&mut self, change: &CallDataChange) -> bool {
        let before = self.clone();
        if let Some(reason) = &change.wrap_up_reason {
            self.wrap_up_reason = cut(reason, Self::WRAP_UP_REASON_BYTES_MAX).to_owned();
        }
        for (name, value) in &change.variables {
            if is_one_of_ten(name) {
                self.set(name, cut(value, Self::VARIABLE_BYTES_MAX));
            } else if is_extended(name) && self.has_room(name, value) {
                self.set(name, value);
            }
        }
        *self != before
    }

    /// Writes a variable of the outbound dialler's, cut to [`CallData::DIALLER_BYTES_MAX`]. A name that is none is passed over.
    pub(crate) fn set_diallers(&mut self, name: &str, value: &str) {
        if DIALLERS.contains(&name) {
            self.set(name, cut(value, Self::DIALLER_BYTES_MAX));
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.variables.remove(name);
        } else {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    fn has_room(&self, name: &str, value: &str) -> bool {
        let others = self.variables.iter().filter(|(other, _)| is_extended(other) && *other != name);
        let used: usize = others.map(|(name, value)| name.len() + value.len()).sum();
        used + name.len() + value.len() <= Self::EXTENDED_BYTES_MAX
    }
}

fn is_one_of_ten(name: &str) -> bool {
    TEN.contains(&name)
}

/// `user.` and a name, with an index in brackets for an array's element.
fn is_extended(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("user.") else { return false };
    !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'&'))
}

/// The beginning of `text`, not more than `bytes_max` bytes of it, in whole characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The variables that only the dialler writes.
const DIALLERS: [&str; 8] = [
    "BACampaign",
    "BAAccountNumber",
    "BAResponse",
    "BAStatus",
    "BADialedListID",
    "BATimeZone",
    "BABuddyName",
    "BACustomerNumber",
];

const TEN: [&str; 10] = [
    "callVariable1",
    "callVariable2",
    "callVariable3",
    "callVariable4",
    "callVariable5",
    "callVariable6",
    "callVariable7",
    "callVariable8",
    "callVariable9",
    "callVariable10",
];
