//! A moment in time as the REST API and the notifications write it.

use std::fmt;

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

    proptest! {
        #[test]
        fn agrees_with_jiff(millis in Timestamp::MIN.0..=Timestamp::MAX.0) {
            if let Ok(moment) = jiff::Timestamp::from_millisecond(millis) {
                prop_assert_eq!(Timestamp(millis).to_string(), format!("{moment:.3}"));
            }
        }
    }
}
