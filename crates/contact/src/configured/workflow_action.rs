//! Actions of workflows: a page that the desktop opens, a request that it makes.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::subtree::{Shape, Subtree, may, must, several};
use super::{Configurable, Form, Group, Kind};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, ObjectId, Refusal, Settings};

/// Something that a [`Workflow`](super::Workflow) does. Several workflows can have it.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "WorkflowAction APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowAction {
    /// Its key.
    pub id: ObjectId,
    /// What people read, 1 to 64 characters. Unique.
    pub name: String,
    /// What kind of action.
    #[serde(rename = "type")]
    pub deed: Deed,
    /// Who does it: `FINESSE_DESKTOP` or `OTHER`.
    pub handled_by: String,
    /// `params`: where to, and what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Subtree>,
    /// `actionVariables`: what goes into the params from the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<Subtree>,
}

/// What kind of action it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Deed {
    /// A page is opened.
    BrowserPop,
    /// A request is made.
    HttpRequest,
}

impl Deed {
    /// The name on the wire: `BROWSER_POP` or `HTTP_REQUEST`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BrowserPop => "BROWSER_POP",
            Self::HttpRequest => "HTTP_REQUEST",
        }
    }
}

impl WorkflowAction {
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 64;
    /// Who may do it.
    pub const HANDLERS: [&'static str; 2] = ["FINESSE_DESKTOP", "OTHER"];
}

const NAME: Shape = Shape::Text(1, 128);
const TEXT: Shape = Shape::Text(0, 2_000);
const PARAMS: Shape = Shape::Of(&[several(
    "Param",
    &Shape::Of(&[must("name", &NAME), may("value", &Shape::Text(0, 8_000))]),
    0,
    10,
)]);
const VARIABLES: Shape = Shape::Of(&[several(
    "ActionVariable",
    &Shape::Of(&[must("name", &NAME), may("node", &TEXT), may("testValue", &TEXT), may("type", &NAME)]),
    0,
    20,
)]);

impl Configurable for WorkflowAction {
    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let name = form.text("name").map(str::to_owned);
        let deed = form.text("type").map(deed).transpose()?;
        let handled_by = form.text("handledBy").map(handler).transpose()?;
        Ok(Self {
            id,
            name: required("name", name, old.map(|old| old.name.clone()))?,
            deed: required("type", deed, old.map(|old| old.deed))?,
            handled_by: handled_by
                .or_else(|| old.map(|old| old.handled_by.clone()))
                .unwrap_or_else(|| Self::HANDLERS[0].to_owned()),
            params: form.part("params", &PARAMS, old.and_then(|old| old.params.as_ref()))?,
            variables: form.part(
                "actionVariables",
                &VARIABLES,
                old.and_then(|old| old.variables.as_ref()),
            )?,
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn is_for_all(&self) -> bool {
        false
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        check_text("name", &self.name, 1, Self::NAME_LENGTH_MAX)
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        (self.name == other.name).then_some("name")
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit::of_all("workflow actions", settings.workflow_actions_max)
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        match &self.variables {
            Some(variables) => variables.write(xml),
            None => xml.empty("actionVariables"),
        }
        xml.text("handledBy", &self.handled_by);
        xml.text("name", &self.name);
        match &self.params {
            Some(params) => params.write(xml),
            None => xml.empty("params"),
        }
        xml.text("type", self.deed.as_str());
        xml.show("uri", ApiPath::Object(Kind::WorkflowAction, self.id));
    }
}

fn deed(text: &str) -> Result<Deed, Refusal> {
    let deed = [Deed::BrowserPop, Deed::HttpRequest].into_iter();
    let deed = deed.into_iter().find(|deed| deed.as_str().eq_ignore_ascii_case(text));
    deed.ok_or_else(|| Refusal::invalid_input("type", "type is BROWSER_POP or HTTP_REQUEST"))
}

fn handler(text: &str) -> Result<String, Refusal> {
    let handler = WorkflowAction::HANDLERS.into_iter().find(|known| known.eq_ignore_ascii_case(text));
    let handler = handler.map(str::to_owned);
    handler.ok_or_else(|| Refusal::invalid_input("handledBy", "handledBy is FINESSE_DESKTOP or OTHER"))
}
