//! The documents of configured objects: of one, of all, and of what a team has.

use super::{Configurable as _, Contact, Group, Kind};
use crate::document::XmlWriter;
use crate::{ContactCentre, ObjectId, ReasonCategory, Refusal, TeamId};

impl ContactCentre {
    /// The document of one object; none if there is no such object.
    pub fn object_xml(&self, kind: Kind, id: ObjectId) -> Option<String> {
        let catalogue = self.configuration().of(kind);
        catalogue.contains(id).then(|| {
            let mut xml = XmlWriter::new();
            xml.open(kind.singular());
            catalogue.write(id, &mut xml, self.configuration());
            xml.close(kind.singular());
            xml.finish()
        })
    }

    /// All objects of a kind.
    ///
    /// - `category`: of reason codes, only those of this category.
    pub fn objects_xml(&self, kind: Kind, category: Option<ReasonCategory>) -> String {
        let ids = self.configuration().of(kind).ids(category.map(Group::from));
        self.list_xml(kind, category, &ids)
    }

    /// What is assigned to a team, without what is for all.
    pub fn assigned_xml(&self, team: TeamId, kind: Kind, category: Option<ReasonCategory>) -> String {
        let catalogue = self.configuration().of(kind);
        let group = category.map(Group::from);
        let mut ids = self.configuration().assigned(team, kind).to_vec();
        ids.retain(|id| {
            !catalogue.is_for_all(*id) && group.is_none_or(|group| catalogue.group_of(*id) == Some(group))
        });
        self.list_xml(kind, category, &ids)
    }

    /// What the members of a team have: what is for all, and what is assigned to the team.
    ///
    /// - `team`: none for somebody without a team.
    pub fn visible_xml(&self, team: Option<TeamId>, kind: Kind, category: Option<ReasonCategory>) -> String {
        let ids = self.visible(team, kind, category.map(Group::from));
        self.list_xml(kind, category, &ids)
    }

    /// The keys of what the members of a team have.
    pub fn visible(&self, team: Option<TeamId>, kind: Kind, group: Option<Group>) -> Vec<ObjectId> {
        self.configuration().visible(team, kind, group)
    }

    /// Whether the members of a team have this object.
    pub fn is_visible(&self, team: Option<TeamId>, kind: Kind, id: ObjectId) -> bool {
        self.configuration().has(team, kind, id)
    }

    /// The contacts of a phone book.
    pub fn contacts_xml(&self, phone_book: ObjectId) -> String {
        let ids = self.configuration().of(Kind::Contact).ids(Some(Contact::group_of(phone_book)));
        self.list_xml(Kind::Contact, None, &ids)
    }

    /// The phone books that the members of a team have, with their contacts up to
    /// [`contacts_shown_max`](crate::Settings::contacts_shown_max) of them all.
    pub fn phone_books_xml(&self, team: Option<TeamId>) -> String {
        self.phone_books_with(team, self.settings().contacts_shown_max)
    }

    /// The phone books that the members of a team have, with all contacts.
    ///
    /// # Errors
    ///
    /// 416 `Range Not Satisfiable` for more contacts than
    /// [`contacts_of_team_max`](crate::Settings::contacts_of_team_max).
    pub fn team_phone_books_xml(&self, team: TeamId) -> Result<String, Refusal> {
        let contacts_max = self.settings().contacts_of_team_max;
        let contacts = self.configuration().contacts();
        let phone_books = self.visible(Some(team), Kind::PhoneBook, None);
        let count: usize = phone_books.iter().map(|id| contacts.count(Contact::group_of(*id))).sum();
        if count > contacts_max {
            return Err(Refusal::range_not_satisfiable("contacts", contacts_max));
        }
        Ok(self.phone_books_with(Some(team), contacts_max))
    }

    fn phone_books_with(&self, team: Option<TeamId>, contacts_max: usize) -> String {
        let phone_books = self.configuration().of(Kind::PhoneBook);
        let mut left = contacts_max;
        let mut xml = XmlWriter::new();
        xml.open("PhoneBooks");
        for id in self.visible(team, Kind::PhoneBook, None) {
            xml.open("PhoneBook");
            xml.open("contacts");
            for contact in self.configuration().contacts().list(Some(Contact::group_of(id))).take(left) {
                left -= 1;
                xml.open("Contact");
                contact.write(&mut xml, self.configuration());
                xml.close("Contact");
            }
            xml.close("contacts");
            phone_books.write(id, &mut xml, self.configuration());
            xml.close("PhoneBook");
        }
        xml.close("PhoneBooks");
        xml.finish()
    }

    fn list_xml(&self, kind: Kind, category: Option<ReasonCategory>, ids: &[ObjectId]) -> String {
        let catalogue = self.configuration().of(kind);
        let mut xml = XmlWriter::new();
        match category {
            Some(category) => xml.open_with(kind.plural(), "category", category.as_str()),
            None if ids.is_empty() => {
                xml.empty(kind.plural());
                return xml.finish();
            }
            None => xml.open(kind.plural()),
        }
        for id in ids {
            xml.open(kind.singular());
            catalogue.write(*id, &mut xml, self.configuration());
            xml.close(kind.singular());
        }
        xml.close(kind.plural());
        xml.finish()
    }
}
