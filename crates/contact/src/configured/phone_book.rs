//! Phone books, which agents look numbers up in.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::{Configurable, Form, Group, Kind};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, ObjectId, Refusal, Settings};

/// A phone book. What is in it are [`Contact`](super::Contact)s.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "PhoneBook APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneBook {
    /// Its key.
    pub id: ObjectId,
    /// What people read, 1 to 64 characters. Unique.
    pub name: String,
    /// Whose it is.
    #[serde(rename = "type")]
    pub reach: Reach,
}

/// Whom a phone book is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reach {
    /// For all teams.
    Global,
    /// For the teams that it is assigned to.
    Team,
}

impl Reach {
    /// The name on the wire: `GLOBAL` or `TEAM`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "GLOBAL",
            Self::Team => "TEAM",
        }
    }
}

impl PhoneBook {
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 64;
}

impl Configurable for PhoneBook {
    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let name = form.text("name").map(str::to_owned);
        let reach = form.text("type").map(reach).transpose()?;
        Ok(Self {
            id,
            name: required("name", name, old.map(|old| old.name.clone()))?,
            reach: required("type", reach, old.map(|old| old.reach))?,
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn group(&self) -> Group {
        match self.reach {
            Reach::Global => Group(0),
            Reach::Team => Group(1),
        }
    }

    fn is_for_all(&self) -> bool {
        self.reach == Reach::Global
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        check_text("name", &self.name, 1, Self::NAME_LENGTH_MAX)
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        (self.name == other.name).then_some("name")
    }

    fn limit(&self, settings: &Settings) -> Limit {
        match self.reach {
            Reach::Global => Limit::of_group("global phone books", settings.global_phone_books_max),
            Reach::Team => Limit::of_group("team phone books", settings.team_phone_books_max),
        }
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        xml.text("name", &self.name);
        xml.text("type", self.reach.as_str());
        xml.show("uri", ApiPath::Object(Kind::PhoneBook, self.id));
    }
}

fn reach(text: &str) -> Result<Reach, Refusal> {
    let reach =
        [Reach::Global, Reach::Team].into_iter().find(|reach| reach.as_str().eq_ignore_ascii_case(text));
    reach.ok_or_else(|| Refusal::invalid_input("type", "type is GLOBAL or TEAM"))
}
