//! Which of two servers counts.

use serde::{Deserialize, Serialize};

use crate::config::Side;
use crate::log::Branch;

/// What a server says about itself to the other one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeerStatus {
    /// Which of the two it is.
    #[serde(with = "side")]
    pub(crate) side: Side,
    /// What it does.
    pub(crate) role: Role,
    /// The term of its log; 0 without a log.
    pub(crate) term: u64,
    /// The epoch of its log; empty without a log.
    pub(crate) epoch: String,
    /// The newest entry on its disk.
    pub(crate) position: u64,
    /// Whether it stands by because the other one is to be active.
    pub(crate) yields: bool,
    /// Where its log parted from that of an earlier term, if it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Branch>,
}

/// What a server of a pair does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// It serves.
    Active,
    /// It stands by.
    Standby,
}

impl PeerStatus {
    /// What a server that stands by says before it has a log.
    pub(crate) fn without_log(side: Side) -> PeerStatus {
        PeerStatus {
            side,
            role: Role::Standby,
            term: 0,
            epoch: String::new(),
            position: 0,
            yields: false,
            before: None,
        }
    }

    pub(crate) fn has_log(&self) -> bool {
        self.term > 0
    }

    /// Whether both have the same log, as far as each has it.
    pub(crate) fn shares_log_with(&self, other: &PeerStatus) -> bool {
        self.has_log() && (self.term, &self.epoch) == (other.term, &other.epoch)
    }

    /// Whether this log is of a later term. Two of the same term, which only a cut line can bring about, have to be told apart
    /// somehow, and by both alike.
    pub(crate) fn is_later_than(&self, other: &PeerStatus) -> bool {
        (self.term, &self.epoch) > (other.term, &other.epoch)
    }

    /// Whether this one becomes active when both stand by. Exactly one of two different servers does, if one has a log.
    pub(crate) fn goes_before(&self, other: &PeerStatus) -> bool {
        let rank = |status: &PeerStatus| {
            (status.term, status.epoch.clone(), !status.yields, status.position, status.side == Side::A)
        };
        // Who yields waits for a copy that lacks nothing, and does not take back what was given.
        if self.shares_log_with(other) && self.yields != other.yields {
            let (yielding, heir) = if self.yields { (self, other) } else { (other, self) };
            return heir.position >= yielding.position && !self.yields;
        }
        self.has_log() && rank(self) > rank(other)
    }
}

mod side {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use crate::config::Side;

    pub(super) fn serialize<S: Serializer>(side: &Side, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match side {
            Side::A => "a",
            Side::B => "b",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Side, D::Error> {
        match String::deserialize(from)?.as_str() {
            "a" => Ok(Side::A),
            "b" => Ok(Side::B),
            _ => Err(de::Error::custom("a side is a or b")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(side: Side, term: u64, epoch: &str, position: u64, yields: bool) -> PeerStatus {
        PeerStatus { side, role: Role::Standby, term, epoch: epoch.into(), position, yields, before: None }
    }

    /// Every pair of different servers: one goes before the other, unless neither has a log or the one who yields is waited for.
    #[test]
    fn of_two_that_stand_by_one_goes_before_the_other() {
        let mut all = Vec::new();
        for (term, epochs) in [(0, &[""][..]), (1, &["e", "f"]), (2, &["e", "g"])] {
            for epoch in epochs {
                for position in [0, 7] {
                    for yields in [false, true] {
                        all.push((term, *epoch, position, yields));
                    }
                }
            }
        }
        for &(term, epoch, position, yields) in &all {
            for &(other_term, other_epoch, other_position, other_yields) in &all {
                let a = status(Side::A, term, epoch, position, yields);
                let b = status(Side::B, other_term, other_epoch, other_position, other_yields);
                let both = (a.goes_before(&b), b.goes_before(&a));
                let heir_lacks = a.shares_log_with(&b)
                    && (yields && !other_yields && other_position < position
                        || other_yields && !yields && position < other_position);
                match both {
                    (true, true) => panic!("both: {a:?} {b:?}"),
                    (false, false) => {
                        assert!(heir_lacks || (term, other_term) == (0, 0), "none: {a:?} {b:?}");
                    }
                    _ => assert!(!heir_lacks, "too early: {a:?} {b:?}"),
                }
            }
        }
    }

    #[test]
    fn what_it_says_is_the_same_at_the_other_end() {
        let said = r#"{"side":"b","role":"standby","term":2,"epoch":"e","position":7,"yields":true}"#;
        let known = status(Side::B, 2, "e", 7, true);
        assert_eq!(serde_json::to_string(&known).expect("can be written"), said);
        assert_eq!(serde_json::from_str::<PeerStatus>(said).expect("can be read"), known);
    }
}
