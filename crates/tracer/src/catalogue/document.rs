//! What the catalogue says, for programs.

use serde::Serialize;

use super::{Actor, Confidence, FindingId, Severity, reference};

/// Everything about one finding, in the form that `offhook explain --json` prints. Fields may be added, and none is
/// taken away or changes its meaning.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The stable identifier.
    pub id: FindingId,
    /// The stage's identifier, such as `upgrade`.
    pub stage: &'static str,
    /// `fault`, `warning` or `note`.
    pub severity: Severity,
    /// `certain`, `likely` or `possible`.
    pub confidence: Confidence,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// How it shows.
    pub seen: &'static str,
    /// Why, best first.
    pub causes: &'static [&'static str],
    /// What to do, in this order.
    pub actions: &'static [&'static str],
    /// Who has to do it, most likely first.
    pub actors: &'static [Actor],
    /// How it comes about.
    pub explanation: &'static str,
    /// Where it is laid down.
    pub references: Vec<Reference>,
    /// Identifiers of findings to read as well.
    pub see_also: &'static [&'static str],
}

/// Where something is laid down.
#[derive(Clone, Debug, Serialize)]
pub struct Reference {
    /// The document and its section, or what is known of a product.
    pub text: &'static str,
    /// Where it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl From<FindingId> for Document {
    fn from(id: FindingId) -> Document {
        let entry = id.entry();
        let reference = |text: &&'static str| Reference { text, url: reference::address(text) };
        Document {
            id,
            stage: entry.stage.id(),
            severity: entry.severity,
            confidence: entry.confidence,
            title: entry.title,
            seen: entry.seen,
            causes: entry.causes,
            actions: entry.actions,
            actors: entry.actors,
            explanation: entry.explanation,
            references: entry.references.iter().map(reference).collect(),
            see_also: entry.see_also,
        }
    }
}
