//! Layouts of call data: which of a call's variables an agent sees, where, and under which name.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::subtree::{Shape, Subtree, may, must, several};
use super::{Configurable, Form, Group, Kind};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, ObjectId, Refusal, Settings};

/// A layout of call data. There is always one for everybody, the default; the others are for the teams that they are assigned
/// to.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "MediaPropertiesLayout APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPropertiesLayout {
    /// Its key.
    pub id: ObjectId,
    /// What people read, 1 to 40 characters. Unique.
    pub name: String,
    /// A sentence, up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `header`: one entry, above the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Subtree>,
    /// Each `column`, up to two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Subtree>,
}

impl MediaPropertiesLayout {
    /// The key of the default.
    pub const DEFAULT: ObjectId = ObjectId(1);
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 40;
    /// The most characters of a description.
    pub const DESCRIPTION_LENGTH_MAX: usize = 128;
    /// The most columns.
    pub const COLUMNS_MAX: usize = 2;

    /// The default as long as nobody has changed it: all ten variables, in two columns.
    pub(crate) fn built_in() -> Self {
        Self {
            id: Self::DEFAULT,
            name: "Default Layout".into(),
            description: "For everybody who has no other layout".into(),
            header: None,
            columns: vec![column(1..=5), column(6..=10)],
        }
    }

    fn kind(&self) -> &'static str {
        if self.id == Self::DEFAULT { "DEFAULT" } else { "CUSTOM" }
    }
}

const ENTRY: Shape =
    Shape::Of(&[may("displayName", &Shape::Text(0, 64)), must("mediaProperty", &Shape::Text(1, 64))]);
const HEADER: Shape = Shape::Of(&[must("entry", &ENTRY)]);
const COLUMN: Shape = Shape::Of(&[several("entry", &ENTRY, 0, 10)]);

impl Configurable for MediaPropertiesLayout {
    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let name = form.text("name").map(str::to_owned);
        let old_description = || old.map(|old| old.description.clone());
        let given: Vec<Subtree> = form.parts("column", &COLUMN)?;
        let columns = match given.is_empty() {
            true => old.map(|old| old.columns.clone()).unwrap_or_default(),
            false => given,
        };
        Ok(Self {
            id,
            name: required("name", name, old.map(|old| old.name.clone()))?,
            description: form
                .text_or_empty("description")
                .map(str::to_owned)
                .or_else(old_description)
                .unwrap_or_default(),
            header: form.part("header", &HEADER, old.and_then(|old| old.header.as_ref()))?,
            columns,
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn is_for_all(&self) -> bool {
        self.id == Self::DEFAULT
    }

    fn is_lasting(&self) -> bool {
        self.id == Self::DEFAULT
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        check_text("name", &self.name, 1, Self::NAME_LENGTH_MAX)?;
        check_text("description", &self.description, 0, Self::DESCRIPTION_LENGTH_MAX)?;
        if self.columns.len() > Self::COLUMNS_MAX {
            return Err(Refusal::maximum_exceeded("columns of a layout", Self::COLUMNS_MAX));
        }
        Ok(())
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        (self.name == other.name).then_some("name")
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit::of_all("layouts of call data", settings.media_layouts_max)
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        for column in &self.columns {
            column.write(xml);
        }
        xml.text("description", &self.description);
        if let Some(header) = &self.header {
            header.write(xml);
        }
        xml.text("name", &self.name);
        xml.text("type", self.kind());
        xml.show("uri", ApiPath::Object(Kind::MediaPropertiesLayout, self.id));
    }
}

/// The variables of a call with these numbers, one below the other.
fn column(numbers: std::ops::RangeInclusive<u32>) -> Subtree {
    let entry = |number: u32| {
        let name = Subtree::with_text("displayName", format!("Call Variable {number}"));
        let property = Subtree::with_text("mediaProperty", format!("callVariable{number}"));
        Subtree::with_parts("entry", vec![name, property])
    };
    Subtree::with_parts("column", numbers.map(entry).collect())
}
