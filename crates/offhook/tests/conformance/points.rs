//! The list of points.

use serde::Deserialize;

/// Points that belong together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) points: Vec<Point>,
}

/// Something that a specification demands, or that we do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Point {
    pub(crate) n: u32,
    pub(crate) must: Level,
    pub(crate) source: String,
    pub(crate) holds: String,
    /// Why it does not apply.
    pub(crate) reason: Option<String>,
}

/// Who demands it, and how strongly.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Must,
    Should,
    Ours,
}

#[derive(Deserialize)]
struct File {
    section: Vec<Section>,
}

/// Reads `points.toml`.
pub(crate) fn read() -> Vec<Section> {
    toml::from_str::<File>(include_str!("points.toml")).expect("points.toml is sound").section
}
