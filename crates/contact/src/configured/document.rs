//! Configured documents: there is one of each, always, and administrators change what is in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Subtree;
use super::subtree::{Shape, may, must};
use crate::document::XmlWriter;
use crate::{BodyElement, ContactCentre, Refusal, TeamId};

/// A document of which there is one.
///
/// This contact centre has no switch, no second node and no database outside, and no desktop of its own: what these documents
/// say is kept for those who read it and changes nothing here.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "SystemConfig", "ClusterConfig", "EnterpriseDatabaseConfig", "LayoutConfig" and "Team" APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigDocument {
    /// `SystemConfig`: where the CTI servers are.
    System,
    /// `ClusterConfig`: which host is the second node.
    Cluster,
    /// `EnterpriseDatabaseConfig`: where the database is. The password is not given back.
    EnterpriseDatabase,
    /// `LayoutConfig/default`: the layout of the desktop.
    Layout,
    /// `Team/{id}/LayoutConfig`: the layout of a team's desktops, if it is to be another.
    TeamLayout(TeamId),
}

/// The most characters of a layout: its request still has room for the escaping of most.
const LAYOUT_LENGTH_MAX: usize = 50_000;

const TEXT: Shape = Shape::Text(0, 128);
const LAYOUT: Shape = Shape::Text(1, LAYOUT_LENGTH_MAX);
const SYSTEM: Shape = Shape::Of(&[may(
    "cti",
    &Shape::Of(&[
        may("host", &TEXT),
        may("port", &TEXT),
        may("backupHost", &TEXT),
        may("backupPort", &TEXT),
        may("peripheralId", &TEXT),
    ]),
)]);
const CLUSTER: Shape = Shape::Of(&[may("secondaryNode", &Shape::Of(&[may("host", &TEXT)]))]);
const DATABASE: Shape = Shape::Of(&[
    may("host", &TEXT),
    may("backupHost", &TEXT),
    may("port", &TEXT),
    may("backupPort", &TEXT),
    may("databaseName", &TEXT),
    may("domain", &TEXT),
    may("username", &TEXT),
    may(PASSWORD, &TEXT),
]);
const PASSWORD: &str = "password";
const DEFAULT_LAYOUT: Shape = Shape::Of(&[must(LAYOUT_XML, &LAYOUT)]);
const TEAM_LAYOUT: Shape = Shape::Of(&[must(USE_DEFAULT, &Shape::Flag), may(LAYOUT_XML, &LAYOUT)]);
const LAYOUT_XML: &str = "layoutxml";
const USE_DEFAULT: &str = "useDefault";

/// The layout until somebody changes it: an empty page.
const BUILT_IN_LAYOUT: &str = "<finesseLayout xmlns=\"http://www.cisco.com/vtg/finesse\"><layout><role>Agent</role></layout>\
    <layout><role>Supervisor</role></layout></finesseLayout>";

impl ConfigDocument {
    /// The root element.
    pub fn root(self) -> &'static str {
        match self {
            Self::System => "SystemConfig",
            Self::Cluster => "ClusterConfig",
            Self::EnterpriseDatabase => "EnterpriseDatabaseConfig",
            Self::Layout => "LayoutConfig",
            Self::TeamLayout(_) => "TeamLayoutConfig",
        }
    }

    fn shape(self) -> &'static Shape {
        match self {
            Self::System => &SYSTEM,
            Self::Cluster => &CLUSTER,
            Self::EnterpriseDatabase => &DATABASE,
            Self::Layout => &DEFAULT_LAYOUT,
            Self::TeamLayout(_) => &TEAM_LAYOUT,
        }
    }

    /// What it says until somebody changes it.
    fn built_in(self) -> Subtree {
        let parts = match self {
            Self::System | Self::Cluster | Self::EnterpriseDatabase => Vec::new(),
            Self::Layout => vec![Subtree::with_text(LAYOUT_XML, BUILT_IN_LAYOUT.into())],
            Self::TeamLayout(_) => vec![
                Subtree::with_text(USE_DEFAULT, "true".into()),
                Subtree::with_text(LAYOUT_XML, BUILT_IN_LAYOUT.into()),
            ],
        };
        Subtree::with_parts(self.root(), parts)
    }
}

impl fmt::Display for ConfigDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout => f.write_str("LayoutConfig/default"),
            Self::TeamLayout(team) => write!(f, "Team/{team}/LayoutConfig"),
            other => f.write_str(other.root()),
        }
    }
}

impl ContactCentre {
    /// A configured document as XML, without passwords.
    ///
    /// # Errors
    ///
    /// 404 for a team that does not exist.
    pub fn config_document_xml(&self, document: ConfigDocument) -> Result<String, Refusal> {
        let content = self.content(document)?;
        let mut xml = XmlWriter::new();
        content.without(PASSWORD).write(&mut xml);
        Ok(xml.finish())
    }

    /// The layout of the desktop of a team's members, as `LayoutConfig`.
    ///
    /// - `team`: none for somebody without a team.
    ///
    /// # Errors
    ///
    /// 404 for a team that does not exist.
    pub fn layout_of_xml(&self, team: Option<TeamId>) -> Result<String, Refusal> {
        let own = team.map(|team| self.content(ConfigDocument::TeamLayout(team))).transpose()?;
        let own = own.filter(|own| own.text_of(USE_DEFAULT) == Some("false"));
        let default = || self.content(ConfigDocument::Layout);
        let layout = own.map_or_else(default, Ok)?;
        let mut xml = XmlWriter::new();
        xml.open(ConfigDocument::Layout.root());
        xml.text(LAYOUT_XML, layout.text_of(LAYOUT_XML).unwrap_or(BUILT_IN_LAYOUT));
        xml.close(ConfigDocument::Layout.root());
        Ok(xml.finish())
    }

    /// Reads the body of a request to change a document; what the body does not have stays as it is.
    ///
    /// # Errors
    ///
    /// As [`BodyElement::parse`]; 400 `Parameter Missing`; 400 `Invalid Input` for a value that cannot be, a layout that is no
    /// `finesseLayout`, and a body with nothing in it; 404 for a team that does not exist.
    pub fn read_config_document(
        &self,
        document: ConfigDocument,
        body: &BodyElement,
    ) -> Result<Subtree, Refusal> {
        let old = self.content(document)?;
        if body.children.is_empty() {
            let why = "the body has nothing to change; give at least one value";
            return Err(Refusal::invalid_input(document.root(), why));
        }
        let given = Subtree::read(body, document.root(), document.shape())?;
        if let Some(layout) = given.text_of(LAYOUT_XML) {
            BodyElement::parse(layout.as_bytes(), "finesseLayout").map_err(|refusal| {
                let why = format!("the layout is no finesseLayout: {}", refusal.message);
                Refusal::invalid_input(LAYOUT_XML, why)
            })?;
        }
        Ok(old.changed_by(given))
    }

    fn content(&self, document: ConfigDocument) -> Result<Subtree, Refusal> {
        if let ConfigDocument::TeamLayout(team) = document {
            self.team(team).ok_or_else(|| Refusal::invalid_team_assignment(&team.to_string()))?;
        }
        let known = self.configuration().document(document);
        Ok(known.cloned().unwrap_or_else(|| document.built_in()))
    }
}
