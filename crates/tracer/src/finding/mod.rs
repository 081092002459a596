//! A finding: a row of the catalogue together with what was seen of it on this very line.

mod diagnose;
mod evidence;

use serde::{Serialize, Serializer};

pub use diagnose::{diagnose, subscription_refused};
pub use evidence::{Evidence, Place};

use crate::{
    Redactor, Stage,
    catalogue::{Actor, Confidence, FindingId, Severity},
    render::Mark,
    text::short,
};

/// What is wrong with a line, why one thinks so, and how sure one is.
///
/// A finding is never made without evidence: the constructor wants the first piece, and none can be taken away.
///
/// ```
/// use tracer::{Evidence, Finding, finding_id};
///
/// let evidence = Evidence::new("the answer was 200 OK, \"Sign in\"").header("content-type");
/// let finding = Finding::new(finding_id!("UP-200"), evidence);
/// assert_eq!(finding.evidence().len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    id: FindingId,
    stage: Stage,
    confidence: Confidence,
    evidence: Vec<Evidence>,
    evidence_left_off: u64,
    causes: Vec<&'static str>,
    advice: Vec<String>,
}

/// One line of a finding in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    /// What the line is about: the stage, or `seen`, `why`, `or`, `do`, `who`.
    pub label: &'static str,
    /// For its colour.
    pub mark: Mark,
    /// What there is to say.
    pub text: String,
    /// What else may be of interest.
    pub detail: Option<String>,
}

impl Finding {
    /// The finding `id`, seen in `evidence`; stage and confidence are those of the catalogue.
    pub fn new(id: FindingId, evidence: Evidence) -> Finding {
        let entry = id.entry();
        Finding {
            id,
            stage: entry.stage,
            confidence: entry.confidence,
            evidence: vec![evidence],
            evidence_left_off: 0,
            causes: entry.causes.to_vec(),
            advice: Vec::new(),
        }
    }

    /// With one more piece of evidence. After the twentieth they are only counted.
    pub fn and(mut self, evidence: Evidence) -> Finding {
        if self.evidence.len() < EVIDENCE_MAX {
            self.evidence.push(evidence);
        } else {
            self.evidence_left_off += 1;
        }
        self
    }

    /// At the stage that the line had reached, where that is not the catalogue's.
    pub fn at_stage(mut self, stage: Stage) -> Finding {
        self.stage = stage;
        self
    }

    /// Not surer than this. What the catalogue holds possible does not become certain here.
    pub fn no_surer_than(mut self, confidence: Confidence) -> Finding {
        self.confidence = self.confidence.max(confidence);
        self
    }

    /// Without the causes in which `word` occurs, because what was seen contradicts them. The last cause stays.
    pub fn rule_out(mut self, word: &str) -> Finding {
        if self.causes.iter().any(|cause| !cause.contains(word)) {
            self.causes.retain(|cause| !cause.contains(word));
        }
        self
    }

    /// With something to do in this very case, which is said before what the catalogue says.
    pub fn advised(mut self, advice: impl AsRef<str>) -> Finding {
        if self.advice.len() < ADVICE_MAX {
            self.advice.push(short(advice.as_ref(), ADVICE_CHARS_MAX));
        }
        self
    }

    /// Which row of the catalogue it is.
    pub fn id(&self) -> FindingId {
        self.id
    }

    /// The stage at which it was seen.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.id.entry().severity
    }

    /// How sure the first cause is.
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// What was seen; never empty.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Pieces of evidence beyond the twentieth.
    pub fn evidence_left_off(&self) -> u64 {
        self.evidence_left_off
    }

    /// Why, best first, without what was ruled out; never empty.
    pub fn causes(&self) -> &[&'static str] {
        &self.causes
    }

    /// What to do: first what is special to this case, then what the catalogue says.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let general = self.id.entry().actions.iter().copied();
        self.advice.iter().map(String::as_str).chain(general)
    }

    /// With known secrets masked in everything that came from the line.
    pub fn redacted(mut self, redactor: &Redactor) -> Finding {
        self.evidence = self.evidence.into_iter().map(|evidence| evidence.redacted(redactor)).collect();
        self.advice = self.advice.iter().map(|advice| redactor.text(advice)).collect();
        self
    }

    /// What a report says of it: a line for what is wrong, then what was seen, why, what to do and who has to.
    pub fn lines(&self) -> Vec<FindingLine> {
        let entry = self.id.entry();
        let mark = match entry.severity {
            Severity::Fault => Mark::Problem,
            Severity::Warning | Severity::Note => Mark::Note,
        };
        let plain = |label, text: String| FindingLine { label, mark: Mark::Quiet, text, detail: None };
        let title = entry.title.to_owned();
        let mut lines = vec![FindingLine {
            label: self.stage.id(),
            mark,
            text: title,
            detail: Some(self.id.to_string()),
        }];
        for evidence in self.evidence.iter().take(EVIDENCE_SHOWN_MAX) {
            lines
                .push(FindingLine { detail: evidence.detail(), ..plain("seen", evidence.what().to_owned()) });
        }
        let hidden = self.evidence.len().saturating_sub(EVIDENCE_SHOWN_MAX) as u64 + self.evidence_left_off;
        if hidden > 0 {
            lines.push(plain("seen", format!("and {hidden} times more")));
        }
        for (index, cause) in self.causes.iter().enumerate() {
            let (label, sure) =
                if index == 0 { ("why", Some(self.confidence.to_string())) } else { ("or", None) };
            lines.push(FindingLine { detail: sure, ..plain(label, (*cause).to_owned()) });
        }
        let advice = |text: &str| FindingLine { mark: Mark::Advice, ..plain("do", text.to_owned()) };
        // What is special to this case is shorter and says enough; the page has the rest.
        let shown = if self.advice.is_empty() { 2 } else { self.advice.len() };
        lines.extend(self.actions().take(shown).map(advice));
        let who: Vec<_> = entry.actors.iter().map(|actor| actor.name()).collect();
        let who = if who.is_empty() { "nobody has to act".to_owned() } else { who.join(", or ") };
        let page = Some(format!("offhook explain {}", self.id));
        lines.push(FindingLine { detail: page, ..plain("who", who) });
        lines
    }
}

/// What programs read. Fields may be added, and none is taken away or changes its meaning.
#[derive(Serialize)]
struct Document<'a> {
    id: FindingId,
    stage: &'static str,
    severity: Severity,
    confidence: Confidence,
    title: &'static str,
    evidence: &'a [Evidence],
    #[serde(skip_serializing_if = "is_zero")]
    evidence_left_off: u64,
    causes: &'a [&'static str],
    actions: Vec<&'a str>,
    actors: &'static [Actor],
    /// Where the page of this finding is, in the project's documentation.
    doc: String,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.id.entry();
        let document = Document {
            id: self.id,
            stage: self.stage.id(),
            severity: entry.severity,
            confidence: self.confidence,
            title: entry.title,
            evidence: &self.evidence,
            evidence_left_off: self.evidence_left_off,
            causes: &self.causes,
            actions: self.actions().collect(),
            actors: entry.actors,
            doc: format!("docs/findings.md#{}", self.id.name().to_ascii_lowercase()),
        };
        document.serialize(serializer)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Pieces of evidence kept.
const EVIDENCE_MAX: usize = 20;

/// Pieces of evidence in a report for a person; programs get all that are kept.
const EVIDENCE_SHOWN_MAX: usize = 5;

/// Things to do that are special to one case.
const ADVICE_MAX: usize = 3;

/// Longest of them, in characters.
const ADVICE_CHARS_MAX: usize = 400;

#[cfg(test)]
mod tests;
