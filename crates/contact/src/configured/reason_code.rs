//! Reason codes as configured objects.

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::{Configurable, Form, Group};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{Deployment, ObjectId, ReasonCategory, ReasonCode, ReasonCodeId, Refusal, Settings};

impl From<ReasonCategory> for Group {
    /// The reason codes of a category are listed together.
    fn from(category: ReasonCategory) -> Self {
        match category {
            ReasonCategory::NotReady => Self(0),
            ReasonCategory::Logout => Self(1),
        }
    }
}

impl Configurable for ReasonCode {
    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let category = form.text("category").map(category).transpose()?;
        let code = form.text("code").map(code).transpose()?;
        let label = form.text("label").map(str::to_owned);
        Ok(Self {
            id: ReasonCodeId(id.0),
            category: required("category", category, old.map(|old| old.category))?,
            code: required("code", code, old.map(|old| old.code))?,
            label: required("label", label, old.map(|old| old.label.clone()))?,
            for_all: required("forAll", form.flag("forAll")?, old.map(|old| old.for_all))?,
        })
    }

    fn id(&self) -> ObjectId {
        ObjectId(self.id.0)
    }

    fn group(&self) -> Group {
        self.category.into()
    }

    fn is_for_all(&self) -> bool {
        self.for_all
    }

    fn check(&self, settings: &Settings) -> Result<(), Refusal> {
        let max = match settings.deployment {
            Deployment::Ucce => Self::CODE_MAX,
            Deployment::Uccx => Self::CODE_MAX_UCCX,
        };
        if !(1..=max).contains(&self.code) {
            let why = format!("the code of a reason code is 1 to {max}");
            return Err(Refusal::invalid_input(self.code.to_string(), why));
        }
        check_text("label", &self.label, 1, Self::LABEL_LENGTH_MAX)
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        match self.category == other.category {
            true if self.code == other.code => Some("code"),
            true if self.label == other.label => Some("label"),
            _ => None,
        }
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit::of_all("reason codes", settings.reason_codes_max)
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        self.write_values(xml);
    }
}

impl ReasonCode {
    /// Writes what is inside of its document.
    pub(crate) fn write_values(&self, xml: &mut XmlWriter) {
        xml.text("category", self.category.as_str());
        xml.show("code", self.code);
        xml.show("forAll", self.for_all);
        xml.show("id", self.id);
        xml.text("label", &self.label);
        xml.text("systemCode", "false");
        xml.show("uri", self.path());
    }
}

fn category(text: &str) -> Result<ReasonCategory, Refusal> {
    text.parse().map_err(|_| Refusal::invalid_input("category", "category is NOT_READY or LOGOUT"))
}

fn code(text: &str) -> Result<u32, Refusal> {
    text.parse().map_err(|_| Refusal::invalid_input("code", "code is a whole number"))
}
