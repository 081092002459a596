//! What administrators ask for about configured objects, and what follows. The same for all kinds.

use super::{Catalogues, ConfigDocument, Configurable as _, Configured, Contact, Form, Group, Kind, Subtree};
use crate::{BodyElement, ContactCentre, Event, ObjectId, Refusal, TeamId};

/// A change of what is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigurationChange {
    /// There is a new object, with a key that no object has.
    Add(Configured),
    /// The object with this key is this from now on.
    Replace(Configured),
    /// An object goes. Whoever it is assigned to has it no longer.
    Remove {
        /// Its kind.
        kind: Kind,
        /// Its key.
        id: ObjectId,
    },
    /// A team has these objects and no others, besides those that are for all.
    Assign {
        /// Which team.
        team: TeamId,
        /// Objects of which kind.
        kind: Kind,
        /// Objects of which group: those of others stay assigned. None: of all groups.
        group: Option<Group>,
        /// Their keys.
        ids: Vec<ObjectId>,
    },
    /// A document says this from now on.
    ChangeDocument {
        /// Which document.
        document: ConfigDocument,
        /// All of it, from [`ContactCentre::read_config_document`].
        content: Subtree,
    },
    /// A phone book has these contacts and no others.
    ReplaceContacts {
        /// Which phone book.
        phone_book: ObjectId,
        /// The contacts, with keys of [`ContactCentre::new_contacts`].
        contacts: Vec<Contact>,
    },
}

impl ContactCentre {
    /// Whether there has never been an object of a kind that somebody has added.
    pub fn has_never_had(&self, kind: Kind) -> bool {
        self.configuration().of(kind).is_untouched()
    }

    /// The key that the next object of a kind gets.
    pub fn next_object(&self, kind: Kind) -> ObjectId {
        self.configuration().of(kind).next_id()
    }

    /// Reads the body of a request for a new object, and gives it a key.
    ///
    /// - `group`: the group that the path names, if the kind has groups that paths name.
    ///
    /// # Errors
    ///
    /// 400 `Parameter Missing`, or `Invalid Input` for a value that cannot be. Whether there may be such an object is for
    /// [`ContactCentre::decide`] to say.
    pub fn read_new(&self, kind: Kind, group: Group, body: &BodyElement) -> Result<Configured, Refusal> {
        let read = self.configuration().of(kind).read(None, group, &Form::new(body));
        read.unwrap_or_else(|| Err(Refusal::internal("a new object was not read")))
    }

    /// Reads the body of a request to change an object; what the body does not have stays as it is.
    ///
    /// # Errors
    ///
    /// As [`ContactCentre::read_new`]; and 404 `Not Found` if there is no such object; 400 `Invalid Input`
    /// for a body without any value.
    pub fn read_changed(&self, kind: Kind, id: ObjectId, body: &BodyElement) -> Result<Configured, Refusal> {
        let read = self.configuration().of(kind).read(Some(id), Group::default(), &Form::new(body));
        let object = read.ok_or_else(|| not_found(kind, id))??;
        if body.children.is_empty() {
            let why = "the body has nothing to change; give at least one value";
            return Err(Refusal::invalid_input(kind.singular(), why));
        }
        Ok(object)
    }

    /// Whether a domain can be interrupted is not changed under those who work there: their states would follow.
    fn domain_may_become(&self, object: &Configured) -> Result<(), Refusal> {
        let Configured::MediaDomain(new) = object else { return Ok(()) };
        let old = self.media_domain(new.id).map(|old| old.interruptible);
        if old != Some(new.interruptible) && self.is_in_use(new.id) {
            let why = "agents are signed in to this domain, or tasks are in it; change this when nobody is";
            return Err(Refusal::configuration("interruptible", why));
        }
        Ok(())
    }

    pub(crate) fn configure(&self, change: &ConfigurationChange) -> Result<Option<Event>, Refusal> {
        let catalogues = &self.configuration().catalogues;
        match change {
            ConfigurationChange::Add(object) => {
                if catalogues.of(object.kind()).contains(object.id()) {
                    let why = "an object with this id exists";
                    return Err(Refusal::configuration(object.id().to_string(), why));
                }
                if let Configured::Contact(contact) = object {
                    self.phone_book_exists(contact.phone_book)?;
                }
                catalogues.check(object, self.settings())?;
                Catalogues::check_references(object, self.configuration())?;
                Ok(Some(Event::Configured(object.clone())))
            }
            ConfigurationChange::Replace(object) => {
                if !catalogues.of(object.kind()).contains(object.id()) {
                    return Err(not_found(object.kind(), object.id()));
                }
                catalogues.check(object, self.settings())?;
                Catalogues::check_references(object, self.configuration())?;
                self.domain_may_become(object)?;
                let is_same = catalogues.has(object);
                Ok((!is_same).then(|| Event::Configured(object.clone())))
            }
            ConfigurationChange::Remove { kind, id } => {
                if !catalogues.of(*kind).contains(*id) {
                    return Err(not_found(*kind, *id));
                }
                if catalogues.of(*kind).is_lasting(*id) {
                    let path = crate::ApiPath::Object(*kind, *id).to_string();
                    return Err(Refusal::configuration(path, "this object cannot be removed, only changed"));
                }
                if *kind == Kind::MediaDomain && self.is_in_use(*id) {
                    let why = "agents are signed in to this domain, or tasks are in it";
                    return Err(Refusal::configuration(id.to_string(), why));
                }
                Ok(Some(Event::ConfigurationRemoved { kind: *kind, id: *id }))
            }
            ConfigurationChange::Assign { team, kind, group, ids } => self.assign(*team, *kind, *group, ids),
            ConfigurationChange::ChangeDocument { document, content } => {
                let is_same = self.configuration().document(*document) == Some(content);
                let (document, content) = (*document, content.clone());
                Ok((!is_same).then_some(Event::ConfigDocumentChanged { document, content }))
            }
            ConfigurationChange::ReplaceContacts { phone_book, contacts } => {
                self.replace_contacts(*phone_book, contacts).map(Some)
            }
        }
    }

    /// All contacts or none: whoever imports a list looks at what is wrong with it and sends it again.
    fn replace_contacts(&self, phone_book: ObjectId, contacts: &[Contact]) -> Result<Event, Refusal> {
        self.phone_book_exists(phone_book)?;
        let (settings, catalogue) = (self.settings(), self.configuration().contacts());
        if contacts.len() > settings.contacts_per_phone_book_max {
            let what = "contacts of a phone book";
            return Err(Refusal::maximum_exceeded(what, settings.contacts_per_phone_book_max));
        }
        let others = catalogue.len() - catalogue.count(Contact::group_of(phone_book));
        if others + contacts.len() > settings.contacts_max {
            return Err(Refusal::maximum_exceeded("contacts", settings.contacts_max));
        }
        for (index, contact) in (1..).zip(contacts) {
            let is_taken = contact.phone_book != phone_book || catalogue.get(contact.id).is_some();
            if is_taken {
                let why = "a contact of an import has a key of its own";
                return Err(Refusal::configuration(contact.id.to_string(), why));
            }
            contact.check(settings).map_err(|refusal| {
                let message = format!("contact {index}: {}", refusal.message);
                Refusal { message, ..refusal }
            })?;
        }
        Ok(Event::ContactsReplaced { phone_book, contacts: contacts.to_vec() })
    }

    fn phone_book_exists(&self, id: ObjectId) -> Result<(), Refusal> {
        let exists = self.configuration().of(Kind::PhoneBook).contains(id);
        if exists { Ok(()) } else { Err(not_found(Kind::PhoneBook, id)) }
    }

    fn assign(
        &self,
        team: TeamId,
        kind: Kind,
        group: Option<Group>,
        ids: &[ObjectId],
    ) -> Result<Option<Event>, Refusal> {
        self.team(team).ok_or_else(|| Refusal::invalid_team_assignment(&team.to_string()))?;
        let catalogue = self.configuration().of(kind);
        let old = self.configuration().assigned(team, kind);
        let is_kept = |id: &&ObjectId| group.is_some() && catalogue.group_of(**id) != group;
        let mut all: Vec<ObjectId> = old.iter().filter(is_kept).copied().collect();
        for id in ids {
            let why = match catalogue.group_of(*id) {
                None => "there is no such object",
                Some(own) if group.is_some_and(|group| group != own) => "the object is of another category",
                Some(_) if catalogue.is_for_all(*id) => "the object is for all teams already",
                Some(_) => {
                    if !all.contains(id) {
                        all.push(*id);
                    }
                    continue;
                }
            };
            return Err(Refusal::configuration(crate::ApiPath::Object(kind, *id).to_string(), why));
        }
        Ok((all != old).then_some(Event::TeamAssigned { team, kind, ids: all }))
    }
}

/// 404: there is no such object.
fn not_found(kind: Kind, id: ObjectId) -> Refusal {
    Refusal::not_found(&crate::ApiPath::Object(kind, id).to_string())
}
