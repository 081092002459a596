//! Media domains: kinds of work beside calls, such as chat or e-mail.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::{Configurable, Form, Group, Kind};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, ObjectId, Refusal, Settings};

/// A media routing domain: work of one kind that waits for agents who are signed in to it.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Media APIs", for what agents see of it. How administrators define one is not documented;
/// `MediaDomain` is the name that the product has for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaDomain {
    /// Its key.
    pub id: ObjectId,
    /// What people read, 1 to 64 characters. Unique.
    pub name: String,
    /// More about it, at most 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether work of another domain may come in between, calls first of all.
    pub interruptible: bool,
}

impl MediaDomain {
    /// The domain of calls. Nobody signs in to it by itself.
    pub const VOICE: ObjectId = ObjectId(1);
    /// The most characters of a name.
    pub const NAME_LENGTH_MAX: usize = 64;
    /// The most characters of a description.
    pub const DESCRIPTION_LENGTH_MAX: usize = 256;
}

impl Configurable for MediaDomain {
    const FIRST_ID: u32 = 5001;

    fn read(id: ObjectId, _: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let name = form.text("name").map(str::to_owned);
        let description = form.text_or_empty("description").map(str::to_owned);
        let interruptible = form.flag("interruptible")?;
        Ok(Self {
            id,
            name: required("name", name, old.map(|old| old.name.clone()))?,
            description: description.or_else(|| old.map(|old| old.description.clone())).unwrap_or_default(),
            interruptible: interruptible.or(old.map(|old| old.interruptible)).unwrap_or(false),
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn is_for_all(&self) -> bool {
        false
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        if self.id == Self::VOICE {
            return Err(Refusal::configuration("id", "the domain 1 is that of calls"));
        }
        check_text("name", &self.name, 1, Self::NAME_LENGTH_MAX)?;
        check_text("description", &self.description, 0, Self::DESCRIPTION_LENGTH_MAX)
    }

    fn clash(&self, other: &Self) -> Option<&'static str> {
        (self.name == other.name).then_some("name")
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit::of_all("media domains", settings.media_domains_max)
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        xml.text("description", &self.description);
        xml.show("id", self.id);
        xml.show("interruptible", self.interruptible);
        xml.text("name", &self.name);
        xml.show("uri", ApiPath::Object(Kind::MediaDomain, self.id));
    }
}
