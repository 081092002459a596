//! Contacts: the entries of phone books.

use serde::{Deserialize, Serialize};

use super::catalogue::Limit;
use super::configuration::Configuration;
use super::form::required;
use super::{Configurable, Form, Group};
use crate::centre::check_text;
use crate::document::XmlWriter;
use crate::{ApiPath, BodyElement, BodyLimits, ContactCentre, ObjectId, Refusal, Settings};

/// An entry of a phone book.
///
/// # Source
///
/// Finesse Developer Guide 12.5(1), "Contact APIs".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its key.
    pub id: ObjectId,
    /// The phone book that it is in.
    pub phone_book: ObjectId,
    /// The first name, up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// The last name, up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// What to dial, 1 to 32 characters, as people write it.
    pub phone_number: String,
    /// Up to 128 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Contact {
    /// The most characters of a name and of a description.
    pub const TEXT_LENGTH_MAX: usize = 128;
    /// The most characters of a phone number.
    pub const NUMBER_LENGTH_MAX: usize = 32;

    /// The contacts of a phone book are listed together.
    pub(super) fn group_of(phone_book: ObjectId) -> Group {
        Group(phone_book.0)
    }
}

impl Configurable for Contact {
    const CAN_CLASH: bool = false;

    fn read(id: ObjectId, group: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal> {
        let text = |name, old: Option<&String>| {
            let given = form.text_or_empty(name).map(str::to_owned);
            given.or_else(|| old.cloned()).unwrap_or_default()
        };
        let number = form.text("phoneNumber").map(str::to_owned);
        Ok(Self {
            id,
            phone_book: ObjectId(group.0),
            first_name: text("firstName", old.map(|old| &old.first_name)),
            last_name: text("lastName", old.map(|old| &old.last_name)),
            phone_number: required("phoneNumber", number, old.map(|old| old.phone_number.clone()))?,
            description: text("description", old.map(|old| &old.description)),
        })
    }

    fn id(&self) -> ObjectId {
        self.id
    }

    fn group(&self) -> Group {
        Self::group_of(self.phone_book)
    }

    fn check(&self, _: &Settings) -> Result<(), Refusal> {
        check_text("firstName", &self.first_name, 0, Self::TEXT_LENGTH_MAX)?;
        check_text("lastName", &self.last_name, 0, Self::TEXT_LENGTH_MAX)?;
        check_text("phoneNumber", &self.phone_number, 1, Self::NUMBER_LENGTH_MAX)?;
        check_text("description", &self.description, 0, Self::TEXT_LENGTH_MAX)
    }

    fn clash(&self, _: &Self) -> Option<&'static str> {
        None
    }

    fn limit(&self, settings: &Settings) -> Limit {
        Limit {
            max_of_all: settings.contacts_max,
            ..Limit::of_group("contacts of a phone book", settings.contacts_per_phone_book_max)
        }
    }

    fn write(&self, xml: &mut XmlWriter, _: &Configuration) {
        xml.text("description", &self.description);
        xml.text("firstName", &self.first_name);
        xml.text("lastName", &self.last_name);
        xml.text("phoneNumber", &self.phone_number);
        xml.show("uri", ApiPath::Contact(self.phone_book, self.id));
    }
}

/// What is read for one contact of an import, before it has a key: first name, last name, number, description.
pub type ContactRow = [String; 4];

impl ContactCentre {
    /// A contact of this phone book; none if the phone book has no such contact.
    pub fn contact(&self, phone_book: ObjectId, id: ObjectId) -> Option<&Contact> {
        let contact = self.configuration().contacts().get(id);
        contact.filter(|contact| contact.phone_book == phone_book)
    }

    /// Gives keys to contacts that are to take the place of all that a phone book has.
    pub fn new_contacts(&self, phone_book: ObjectId, rows: Vec<ContactRow>) -> Vec<Contact> {
        let first = self.next_object(super::Kind::Contact).0;
        let keys = (first..=u32::MAX).map(ObjectId);
        let contact = |(id, [first_name, last_name, phone_number, description]): (ObjectId, ContactRow)| {
            Contact { id, phone_book, first_name, last_name, phone_number, description }
        };
        keys.zip(rows).map(contact).collect()
    }
}

/// Reads the body of `PUT /PhoneBook/{id}/Contacts`: a list of contacts, which may be empty.
///
/// # Errors
///
/// As [`BodyElement::parse`]; and 400 `Parameter Missing` for a contact without a number.
pub fn read_contacts(body: &[u8]) -> Result<Vec<ContactRow>, Refusal> {
    let list = BodyElement::parse_within(body, "Contacts", BodyLimits::LIST)?;
    let contacts = list.children.iter().filter(|child| child.is("Contact"));
    contacts
        .map(|contact| {
            let text = |name| contact.child_text(name).unwrap_or_default().to_owned();
            let number = contact.child_text("phoneNumber");
            let number = number.ok_or_else(|| Refusal::parameter_missing("phoneNumber"))?;
            Ok([text("firstName"), text("lastName"), number.to_owned(), text("description")])
        })
        .collect()
}
