//! What the outbound dialler knows of a call: the campaign, the customer, and what the agent says of both.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Address, UserId};

/// The campaign side of a call that the outbound dialler has brought.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Dialog APIs", the parts about outbound calls; the variables are the `BA…` of its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The campaign's name, in `BACampaign`.
    pub name: String,
    /// The customer's number.
    pub customer: Address,
    /// What the agent says that answered; `BAResponse` is all that shows of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// When and where to call again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
    /// The agent who is reserved for the customer, until the customer is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<UserId>,
}

impl Campaign {
    /// The most characters of a campaign's name.
    pub const NAME_LENGTH_MAX: usize = 64;
}

/// When and where the customer is to be called again. At least one of both is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<CallbackTime>,
    /// At which number, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Address>,
}

/// A date and a time of the customer's day, `2026-01-05T14:30`, of a year from 1970 to 9999.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallbackTime(String);

/// A text that is no date with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a callback's time is a date and a time like 2026-01-05T14:30")]
pub struct NotACallbackTime;

impl CallbackTime {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CallbackTime {
    type Err = NotACallbackTime;
    fn from_str(text: &str) -> Result<Self, NotACallbackTime> {
        let has_form = text.len() == FORM.len()
            && text.bytes().zip(FORM.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte == form,
            });
        if !has_form {
            return Err(NotACallbackTime);
        }
        let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or(u32::MAX);
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
        if !is_date || number(11, 13) > 23 || number(14, 16) > 59 {
            return Err(NotACallbackTime);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for CallbackTime {
    type Error = NotACallbackTime;
    fn try_from(text: String) -> Result<Self, NotACallbackTime> {
        text.parse()
    }
}

impl From<CallbackTime> for String {
    fn from(time: CallbackTime) -> Self {
        time.0
    }
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const FORM: &str = "0000-00-00T00:00";

/// What has answered an outbound call, `outboundClassification` of a `RECLASSIFY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Classification {
    /// A person.
    Voice,
    /// A fax machine.
    Fax,
    /// An answering machine.
    AnsMachine,
    /// Nobody: the number is none.
    Invalid,
    /// Nobody: the line was busy.
    Busy,
    /// A person who does not want to be called.
    DoNotCall,
}

impl Classification {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Voice, Self::Fax, Self::AnsMachine, Self::Invalid, Self::Busy, Self::DoNotCall];

    /// The name on the wire, for instance `ANS_MACHINE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "VOICE",
            Self::Fax => "FAX",
            Self::AnsMachine => "ANS_MACHINE",
            Self::Invalid => "INVALID",
            Self::Busy => "BUSY",
            Self::DoNotCall => "DO_NOT_CALL",
        }
    }
}

/// A name that is no classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a classification")]
pub struct UnknownClassification;

impl FromStr for Classification {
    type Err = UnknownClassification;
    fn from_str(name: &str) -> Result<Self, UnknownClassification> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or(UnknownClassification)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_has_a_time_that_there_is() {
        for text in ["2026-01-05T14:30", "2024-02-29T00:00", "2000-02-29T23:59", "1970-12-31T09:05"] {
            assert_eq!(text.parse::<CallbackTime>().as_ref().map(CallbackTime::as_str), Ok(text));
        }
        for text in [
            "",
            "2026-01-05",
            "2026-01-05T14:30:00",
            "2026-01-05 14:30",
            "2026-02-29T14:30",
            "1900-02-29T14:30",
            "2026-13-01T14:30",
            "2026-00-01T14:30",
            "2026-04-31T14:30",
            "2026-01-05T24:00",
            "2026-01-05T23:60",
            "+026-01-05T23:00",
            "２026-01-05T23:0",
        ] {
            assert_eq!(text.parse::<CallbackTime>(), Err(NotACallbackTime), "{text}");
        }
    }

    #[test]
    fn the_log_spells_a_classification_as_the_wire_does() {
        for classification in Classification::ALL {
            assert_eq!(serde_json::to_value(classification).unwrap(), classification.as_str());
            assert_eq!(classification.as_str().parse(), Ok(classification));
        }
    }
}
