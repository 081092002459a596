//! A moment in time as the REST API and the notifications write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z. Shown as `YYYY-MM-DDThh:mm:ss.SSSZ`, always UTC.
///
/// What the clock says is an argument everywhere: nothing here reads one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// 0000-01-01T00:00:00.000Z, the earliest moment that has a four-digit year.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// 9999-12-31T23:59:59.999Z, the latest.
    pub const MAX: Self = Self(253_402_300_799_999);
}

/// A moment outside `MIN..=MAX` is shown as the nearer of the two, so that the shape never changes.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.clamp(Self::MIN.0, Self::MAX.0);
        let (days, of_day) = (millis.div_euclid(DAY_MS), millis.rem_euclid(DAY_MS));
        let (year, month, day) = civil_date(days);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, milli) = (of_day / 1000 % 60, of_day % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

/// Not a moment in the form `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`, or none of the four-digit years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADateTime;

impl fmt::Display for NotADateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date and time of the form YYYY-MM-DDThh:mm:ssZ")
    }
}

impl std::error::Error for NotADateTime {}

/// Reads the DateTime of XEP-0082 §3.2. What is finer than a millisecond is cut off; a leap second is none.
impl FromStr for Timestamp {
    type Err = NotADateTime;

    fn from_str(text: &str) -> Result<Self, NotADateTime> {
        read(text).filter(|moment| (Self::MIN..=Self::MAX).contains(moment)).ok_or(NotADateTime)
    }
}

fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once('T')?;
    let (year, month, day) = three_numbers(date, '-', [4, 2, 2])?;
    let is_date = civil_date(days_until(year, month, day)) == (year, month, day);
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, milliseconds(fraction)?),
        None => (time, 0),
    };
    let (hour, minute, second) = three_numbers(time, ':', [2, 2, 2])?;
    let offset_minutes = match zone.split_at(1) {
        ("Z", "") => 0,
        (sign @ ("+" | "-"), zone) => {
            let (hours, minutes) = zone.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            let minutes = (hours <= 14 && minutes < 60).then_some(hours * 60 + minutes)?;
            if sign == "-" { -minutes } else { minutes }
        }
        _ => return None,
    };
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = (hour * 60 + minute - offset_minutes) * 60 + second;
    Some(Timestamp(days_until(year, month, day) * DAY_MS + seconds * 1000 + fraction))
}

fn three_numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(separator);
    let mut next = |digits| number(parts.next()?, digits);
    let numbers = (next(digits[0])?, next(digits[1])?, next(digits[2])?);
    parts.next().is_none().then_some(numbers)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn milliseconds(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    Some(digits.fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// The opposite of [`civil_date`].
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_FROM_0000_03_01
}

/// Turns days since 1970-01-01 into year, month and day of the Gregorian calendar.
///
/// Counts in years that begin on 1 March, so that the leap day is a year's last, and in eras of 400 years,
/// which all have the same number of days.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_FROM_0000_03_01;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

const DAY_MS: i64 = 86_400_000;
const DAYS_PER_ERA: i64 = 146_097;
const DAYS_FROM_0000_03_01: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_767_605_411_402, "2026-01-05T09:30:11.402Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(millis).to_string(), text);
        }
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T02:00:00+02:00", 0),
            ("1969-12-31T19:00:00.0-05:00", 0),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2000-02-29T12:34:56.789999Z", 951_827_696_789),
            ("2026-01-05T09:30:11.4Z", 1_767_605_411_400),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp(millis)), "{text}");
        }
        for text in [
            "",
            "T",
            "presence",
            "2026-01-05",
            "2026-01-05T09:30:11",
            "2026-01-05T09:30Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-05T24:00:00Z",
            "2026-01-05T00:00:00.Z",
            "2026-01-05T00:00:00+1:00",
            "2026-01-05T00:00:00+99:00",
            "2026-01-05T00:00:00Zx",
            "+026-01-05T00:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "2026-01-05T00:00:é0Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotADateTime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(millis in Timestamp::MIN.0..=Timestamp::MAX.0) {
            prop_assert_eq!(Timestamp(millis).to_string().parse(), Ok(Timestamp(millis)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = text.parse::<Timestamp>();
        }

        #[test]
        fn agrees_with_jiff(millis in Timestamp::MIN.0..=Timestamp::MAX.0) {
            if let Ok(moment) = jiff::Timestamp::from_millisecond(millis) {
                prop_assert_eq!(Timestamp(millis).to_string(), format!("{moment:.3}"));
            }
        }
    }
}
