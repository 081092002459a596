//! Wrap-up reasons: what came of a call.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::{Configurable, Form, Group, Kind};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, ObjectId, Refusal, Settings};

/// A wrap-up reason, which an agent can write on a call.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "WrapUpReason APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapUpReason {
    /// Its key.
    pub id: ObjectId,
    /// What people read, 1 to 40 bytes of UTF-8. Unique.
    pub label: String,
    /// Whether every agent may use it.
    pub for_all: bool,
}

impl WrapUpReason {
    /// The most bytes of a label: as much as a call can have written on it.
    pub const LABEL_BYTES_MAX: usize = crate::CallData::WRAP_UP_REASON_BYTES_MAX;
}

impl Configurable for WrapUpReason {
    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let label = form.text("label").map(str::to_owned);
        Ok(Self {
            id,
            label: required("label", label, old.map(|old| old.label.clone()))?,
            for_all: required("forAll", form.flag("forAll")?, old.map(|old| old.for_all))?,
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn is_for_all(&self) -> bool {
        self.for_all
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        check_text("label", &self.label, 1, Self::LABEL_BYTES_MAX)?;
        if self.label.len() > Self::LABEL_BYTES_MAX {
            let why = format!("the label of a wrap-up reason has at most {} bytes", Self::LABEL_BYTES_MAX);
            return Err(Refusal::invalid_input("label", why));
        }
        Ok(())
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        (self.label == other.label).then_some("label")
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit::of_all("wrap-up reasons", settings.wrap_up_reasons_max)
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        xml.show("forAll", self.for_all);
        xml.text("label", &self.label);
        xml.show("uri", ApiPath::Object(Kind::WrapUpReason, self.id));
    }
}
