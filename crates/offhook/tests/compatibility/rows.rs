//! The list of rows.

use serde::Deserialize;

/// Rows that belong together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
}

/// Something that Finesse does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) key: String,
    /// What it does.
    pub(crate) is: String,
    /// The tests that hold what this server does: `file::name`, the file without folders and ending.
    #[serde(default)]
    pub(crate) tests: Vec<String>,
    /// Why this server does it otherwise.
    pub(crate) different: Option<String>,
    /// What is not known about it.
    pub(crate) unknown: Option<String>,
}

#[derive(Deserialize)]
struct File {
    section: Vec<Section>,
}

/// Reads `rows.toml`.
pub(crate) fn read() -> Vec<Section> {
    toml::from_str::<File>(include_str!("rows.toml")).expect("rows.toml is sound").section
}
