//! What was seen to be wrong, before it is known when the line began.

use std::time::Duration;

use client::{Direction, Stage};

use crate::catalogue::{Confidence, FindingId};
use crate::recording::Moment;
use crate::{Evidence, Finding};

/// Something that was seen.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) id: FindingId,
    pub(super) what: String,
    pub(super) at: Option<Moment>,
    pub(super) frame: Option<(u64, Direction)>,
    pub(super) stage: Option<Stage>,
    pub(super) confidence: Option<Confidence>,
}

impl Sighting {
    pub(super) fn new(id: FindingId, what: impl Into<String>) -> Sighting {
        let what = what.into();
        Sighting { id, what, at: None, frame: None, stage: None, confidence: None }
    }

    pub(super) fn at(self, at: Option<Moment>) -> Sighting {
        Sighting { at, ..self }
    }

    pub(super) fn in_frame(self, number: u64, direction: Direction) -> Sighting {
        Sighting { frame: Some((number, direction)), ..self }
    }

    pub(super) fn at_stage(self, stage: Stage) -> Sighting {
        Sighting { stage: Some(stage), ..self }
    }

    pub(super) fn no_surer_than(self, confidence: Confidence) -> Sighting {
        Sighting { confidence: Some(confidence), ..self }
    }
}

/// All that was seen on one line, each kind once.
#[derive(Default)]
pub(super) struct Sightings {
    /// By kind, in the order in which they came.
    seen: Vec<(Sighting, Vec<Sighting>, u64)>,
}

impl Sightings {
    pub(super) fn add(&mut self, sighting: Sighting) {
        match self.seen.iter_mut().find(|(first, ..)| first.id == sighting.id) {
            None => self.seen.push((sighting, Vec::new(), 0)),
            Some((_, more, _)) if more.len() < EVIDENCE_MAX => more.push(sighting),
            Some((_, _, left_off)) => *left_off += 1,
        }
    }

    /// The findings of a line that began at `base`.
    ///
    /// - `entry`: which entry of the file it is, from 1.
    pub(super) fn findings(&self, base: Option<Moment>, entry: u64) -> Vec<Finding> {
        let findings = self.seen.iter().map(|(first, more, left_off)| {
            let mut finding = Finding::new(first.id, first.evidence(base, entry));
            for sighting in more {
                finding = finding.and(sighting.evidence(base, entry));
            }
            if *left_off > 0 {
                finding = finding.and(Evidence::new(format!("and {left_off} times more")).entry(entry));
            }
            if let Some(stage) = first.stage {
                finding = finding.at_stage(stage);
            }
            match first.confidence {
                Some(confidence) => finding.no_surer_than(confidence),
                None => finding,
            }
        });
        findings.collect()
    }
}

impl Sighting {
    fn evidence(&self, base: Option<Moment>, entry: u64) -> Evidence {
        let mut evidence = Evidence::new(&self.what).entry(entry);
        if let Some((number, direction)) = self.frame {
            evidence = evidence.frame(number, direction);
        }
        match base.zip(self.at) {
            Some((base, at)) => evidence.at(at.since(base)),
            None => evidence,
        }
    }
}

/// A duration for a sentence: `850 ms`, `12.3 s`, `4 min 10 s`.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        return format!("{} ms", duration.as_millis());
    }
    if seconds < 120.0 {
        return format!("{seconds:.1} s");
    }
    let (minutes, seconds) = (duration.as_secs() / 60, duration.as_secs() % 60);
    match minutes / 60 {
        0 => format!("{minutes} min {seconds} s"),
        hours => format!("{hours} h {} min", minutes % 60),
    }
}

/// Sightings of one kind that are kept besides the first.
const EVIDENCE_MAX: usize = 19;
