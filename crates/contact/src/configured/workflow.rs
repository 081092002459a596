//! Workflows: what an agent's desktop does by itself when something happens to a call.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::subtree::{Shape, Subtree, may, must, several};
use super::{Configurable, Form, Group, Kind};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, ObjectId, Refusal, Settings};

/// A workflow: when it begins, under which conditions, and which actions it consists of. The desktop does all of that; here it
/// is kept and given to the teams that it is assigned to.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Workflow APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its key.
    pub id: ObjectId,
    /// What people read, 1 to 40 characters. Unique.
    pub name: String,
    /// A sentence, up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The medium, `Voice` for calls: up to 64 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media: String,
    /// `TriggerSet`: what it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Subtree>,
    /// `ConditionSet`: what must hold then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Subtree>,
    /// What is done, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ObjectId>,
}

impl Workflow {
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 40;
    /// The most characters of a description.
    pub const DESCRIPTION_LENGTH_MAX: usize = 128;
    /// The most actions.
    pub const ACTIONS_MAX: usize = 5;
}

const NAME: Shape = Shape::Text(1, 128);
const TEXT: Shape = Shape::Text(0, 512);
const WORD: Shape = Shape::Text(1, 64);
const VARIABLE: Shape = Shape::Of(&[must("name", &NAME), may("node", &TEXT), may("type", &WORD)]);
/// What is compared with what: in a trigger as in a condition.
const COMPARISON: Shape =
    Shape::Of(&[must("Variable", &VARIABLE), must("comparator", &WORD), may("value", &TEXT)]);
const TRIGGER_SET: Shape = Shape::Of(&[
    must("type", &WORD),
    must("name", &WORD),
    may("allowOverlappingCallWorkflow", &Shape::Flag),
    may("triggers", &Shape::Of(&[several("Trigger", &COMPARISON, 0, 10)])),
]);
const CONDITION_SET: Shape = Shape::Of(&[
    must("applyMethod", &Shape::OneOf(&["ALL", "ANY"])),
    may("conditions", &Shape::Of(&[several("Condition", &COMPARISON, 0, 5)])),
]);

impl Configurable for Workflow {
    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let kept = |given: Option<&str>, old: fn(&Self) -> &String, was: Option<&Self>| {
            given.map(str::to_owned).or_else(|| was.map(old).cloned()).unwrap_or_default()
        };
        let name = form.text("name").map(str::to_owned);
        let actions = match form.element("workflowActions") {
            Some(actions) => super::assignment::ids_in(Kind::WorkflowAction, actions)?,
            None => old.map(|old| old.actions.clone()).unwrap_or_default(),
        };
        Ok(Self {
            id,
            name: required("name", name, old.map(|old| old.name.clone()))?,
            description: kept(form.text_or_empty("description"), |old| &old.description, old),
            media: kept(form.text_or_empty("media"), |old| &old.media, old),
            triggers: form.part("TriggerSet", &TRIGGER_SET, old.and_then(|old| old.triggers.as_ref()))?,
            conditions: form.part(
                "ConditionSet",
                &CONDITION_SET,
                old.and_then(|old| old.conditions.as_ref()),
            )?,
            actions,
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn is_for_all(&self) -> bool {
        false
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        check_text("name", &self.name, 1, Self::NAME_LENGTH_MAX)?;
        check_text("description", &self.description, 0, Self::DESCRIPTION_LENGTH_MAX)?;
        check_text("media", &self.media, 0, 64)?;
        if self.actions.len() > Self::ACTIONS_MAX {
            return Err(Refusal::maximum_exceeded("actions of a workflow", Self::ACTIONS_MAX));
        }
        Ok(())
    }

    fn check_references(&self, all: &Configuration) -> Result<(), Refusal> {
        let missing = self.actions.iter().find(|id| !all.of(Kind::WorkflowAction).contains(**id));
        match missing {
            None => Ok(()),
            Some(id) => {
                let path = ApiPath::Object(Kind::WorkflowAction, *id).to_string();
                Err(Refusal::configuration(path, "there is no such object"))
            }
        }
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        (self.name == other.name).then_some("name")
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit::of_all("workflows", settings.workflows_max)
    }

    fn write(&self, xml: &mut XmlWriter, all: &Configuration) {
        self.conditions.iter().for_each(|part| part.write(xml));
        self.triggers.iter().for_each(|part| part.write(xml));
        xml.text("description", &self.description);
        xml.text("media", &self.media);
        xml.text("name", &self.name);
        xml.show("uri", ApiPath::Object(Kind::Workflow, self.id));
        let actions = self.actions.iter().filter_map(|id| all.workflow_actions().get(*id));
        xml.open("workflowActions");
        for action in actions {
            xml.open("WorkflowAction");
            xml.text("name", &action.name);
            xml.show("uri", ApiPath::Object(Kind::WorkflowAction, action.id));
            xml.close("WorkflowAction");
        }
        xml.close("workflowActions");
    }
}
