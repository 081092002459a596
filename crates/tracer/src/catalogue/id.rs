//! The identifier of a finding: parsed, printed, and checked while compiling.

use std::{fmt, str::FromStr};

use super::{
    TABLE,
    entry::{Entry, Sign},
};

/// One finding of the catalogue. There is no value that the catalogue does not know.
///
/// The order is that of the catalogue: stage by stage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId {
    /// Which part of the table, and which row of it.
    part: u8,
    row: u8,
}

/// A name that the catalogue does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no finding {name}{}", suggestion.map(|id| format!("; did you mean {id}?")).unwrap_or_default())]
pub struct UnknownFinding {
    /// What was asked for, fit for a terminal.
    pub name: String,
    /// What was probably meant.
    pub suggestion: Option<FindingId>,
}

/// The identifier with this name; one that does not exist does not compile.
///
/// ```
/// assert_eq!(tracer::finding_id!("UP-200").to_string(), "UP-200");
/// ```
#[macro_export]
macro_rules! finding_id {
    ($name:literal) => {
        const { $crate::FindingId::known($name) }
    };
}

impl FindingId {
    /// Every finding, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = FindingId> {
        (0u8..).zip(TABLE).flat_map(|(part, entries)| {
            (0u8..).zip(entries.iter()).map(move |(row, _)| FindingId { part, row })
        })
    }

    /// The identifier with this name, for [`finding_id!`](crate::finding_id).
    ///
    /// # Panics
    ///
    /// If there is none: when evaluated at compile time, the program does not compile.
    pub const fn known(name: &str) -> FindingId {
        let mut part = 0;
        while part < TABLE.len() {
            let entries = TABLE[part];
            let mut row = 0;
            while row < entries.len() {
                if same(entries[row].id, name) {
                    return FindingId { part: part as u8, row: row as u8 };
                }
                row += 1;
            }
            part += 1;
        }
        panic!("the catalogue has no finding of this name")
    }

    /// What the catalogue says about it.
    pub fn entry(self) -> &'static Entry {
        &TABLE[usize::from(self.part)][usize::from(self.row)]
    }

    /// The name, such as `UP-200`.
    pub fn name(self) -> &'static str {
        self.entry().id
    }

    /// The findings whose names begin with `prefix`, in any case of letters, in the order of the catalogue.
    pub fn with_prefix(prefix: &str) -> Vec<FindingId> {
        let prefix = prefix.to_ascii_uppercase();
        FindingId::all().filter(|id| id.name().starts_with(&prefix)).collect()
    }

    /// The finding for an HTTP status other than 101 in answer to the WebSocket request.
    pub fn for_upgrade_status(status: u16) -> FindingId {
        with_sign(|sign| sign == Sign::UpgradeStatus(status)).unwrap_or(crate::finding_id!("UP-OTHER"))
    }

    /// The finding for an HTTP status of the web service, where there is one.
    pub fn for_rest_status(status: u16) -> Option<FindingId> {
        with_sign(|sign| sign == Sign::RestStatus(status))
    }

    /// The finding for a WebSocket close code. Every code has one; that of an orderly end is a note.
    pub fn for_close_code(code: u16) -> FindingId {
        with_sign(|sign| matches!(sign, Sign::CloseCodes(first, last) if (first..=last).contains(&code)))
            .unwrap_or(crate::finding_id!("CLOSE-INVALID"))
    }

    /// The finding for the condition of a stream error; conditions that no standard has count as undefined.
    pub fn for_stream_error(condition: &str) -> FindingId {
        with_sign(|sign| matches!(sign, Sign::StreamError(name) if name == condition))
            .unwrap_or(crate::finding_id!("SE-UNDEFINED"))
    }

    /// The finding for the condition of a SASL failure, where there is one.
    pub fn for_sasl_failure(condition: &str) -> Option<FindingId> {
        with_sign(|sign| matches!(sign, Sign::SaslFailure(name) if name == condition))
    }

    /// The finding for the condition of a refused bind request, where there is one.
    pub fn for_bind_error(condition: &str) -> Option<FindingId> {
        with_sign(|sign| matches!(sign, Sign::BindError(name) if name == condition))
    }

    /// The finding for a refused PubSub request, where there is one.
    ///
    /// - `condition`: the general one, such as `not-allowed`.
    /// - `own`: the one of XEP-0060 beside it, such as `closed-node`, which decides where it is known.
    pub fn for_pubsub_error(condition: &str, own: Option<&str>) -> Option<FindingId> {
        let specific =
            own.and_then(|own| with_sign(|sign| matches!(sign, Sign::PubsubCondition(name) if name == own)));
        specific.or_else(|| with_sign(|sign| matches!(sign, Sign::PubsubError(name) if name == condition)))
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for FindingId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for FindingId {
    type Err = UnknownFinding;

    /// In any case of letters, with `_` for `-` as well.
    fn from_str(text: &str) -> Result<FindingId, UnknownFinding> {
        let name: String =
            text.trim().chars().take(NAME_CHARS_MAX).map(|c| if c == '_' { '-' } else { c }).collect();
        let name = name.to_ascii_uppercase();
        FindingId::all().find(|id| id.name() == name).ok_or_else(|| UnknownFinding {
            suggestion: nearest(&name),
            name: crate::text::short(text, NAME_CHARS_MAX),
        })
    }
}

fn with_sign(matches: impl Fn(Sign) -> bool) -> Option<FindingId> {
    FindingId::all().find(|id| id.entry().signs.iter().any(|sign| matches(*sign)))
}

/// The name that takes the fewest changes of single letters, if it is not another word altogether. Of several the
/// one that shares the longest beginning.
fn nearest(name: &str) -> Option<FindingId> {
    let shared = |id: &FindingId| id.name().bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let candidates =
        FindingId::all().map(|id| (distance(id.name(), name), std::cmp::Reverse(shared(&id)), id));
    let (changes, _, id) = candidates.min()?;
    (changes <= CHANGES_MAX && changes < name.len().max(2)).then_some(id)
}

/// How many letters have to be added, removed, replaced or swapped with their neighbour to turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut older = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(older[j - 2] + 1);
            }
        }
        older = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// `==` for texts is not for compile time yet.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Letters of a name that are looked at; the longest name has half as many.
const NAME_CHARS_MAX: usize = 60;

/// Changes after which a name is taken for another word.
const CHANGES_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(name: &str) -> Option<&'static str> {
        name.parse::<FindingId>().expect_err("unknown").suggestion.map(FindingId::name)
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        for name in ["UP-200", "up-200", " Up_200 "] {
            assert_eq!(name.parse(), Ok(crate::finding_id!("UP-200")));
        }
        for id in FindingId::all() {
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(FindingId::known(id.name()), id);
        }
    }

    #[test]
    fn a_slip_of_the_pen_gets_a_suggestion() {
        assert_eq!(suggested("TLS-EXPRIED"), Some("TLS-EXPIRED"));
        assert_eq!(suggested("UP200"), Some("UP-200"));
        assert_eq!(suggested("SA-NOTAUTHORIZED"), Some("SA-NOT-AUTHORIZED"));
        assert_eq!(suggested("CLOSE1006"), Some("CLOSE-1006"));
        assert_eq!(suggested("the weather"), None);
        assert_eq!(suggested(""), None);
        assert_eq!(suggested(&"Ä".repeat(10_000)), None);
    }

    #[test]
    fn an_unknown_name_is_said_in_a_sentence() {
        let error = "UP-2000".parse::<FindingId>().expect_err("unknown");
        assert_eq!(error.to_string(), "there is no finding UP-2000; did you mean UP-200?");
        let error = "\u{1b}[31mred".parse::<FindingId>().expect_err("unknown");
        assert!(!error.to_string().contains('\u{1b}'));
    }

    #[test]
    fn what_the_line_says_leads_to_a_finding() {
        let name = |id: Option<FindingId>| id.map(FindingId::name);
        assert_eq!(FindingId::for_upgrade_status(200).name(), "UP-200");
        assert_eq!(FindingId::for_upgrade_status(308).name(), "UP-301");
        assert_eq!(FindingId::for_upgrade_status(418).name(), "UP-OTHER");
        assert_eq!(FindingId::for_close_code(1006).name(), "CLOSE-1006");
        assert_eq!(FindingId::for_close_code(4321).name(), "CLOSE-4000");
        assert_eq!(FindingId::for_close_code(2999).name(), "CLOSE-INVALID");
        assert_eq!(FindingId::for_stream_error("conflict").name(), "SE-CONFLICT");
        assert_eq!(FindingId::for_stream_error("no-such-condition").name(), "SE-UNDEFINED");
        assert_eq!(name(FindingId::for_sasl_failure("not-authorized")), Some("SA-NOT-AUTHORIZED"));
        assert_eq!(name(FindingId::for_sasl_failure("something")), None);
        assert_eq!(name(FindingId::for_bind_error("conflict")), Some("BI-CONFLICT"));
        assert_eq!(name(FindingId::for_pubsub_error("item-not-found", None)), Some("PS-NOTFOUND"));
        assert_eq!(name(FindingId::for_pubsub_error("not-allowed", Some("closed-node"))), Some("PS-CLOSED"));
        assert_eq!(name(FindingId::for_pubsub_error("item-not-found", Some("news"))), Some("PS-NOTFOUND"));
        assert_eq!(name(FindingId::for_rest_status(401)), Some("REST-401"));
        assert_eq!(name(FindingId::for_rest_status(200)), None);
    }
}
