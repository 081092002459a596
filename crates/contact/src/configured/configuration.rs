//! All configured objects, and which team has which.

use std::collections::BTreeMap;

use super::catalogue::{AnyCatalogue, Catalogue};
use super::{
    Catalogues, ConfigDocument, Configured, Contact, Group, Kind, MediaDomain, MediaPropertiesLayout,
    Subtree, Workflow, WorkflowAction, WrapUpReason,
};
use crate::{Event, ObjectId, ReasonCode, TeamId};

/// All configured objects, and which team has which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(super) catalogues: Catalogues,
    /// What is assigned to each team, in the order in which it was given. No empty lists.
    assigned: BTreeMap<(TeamId, Kind), Vec<ObjectId>>,
    /// Documents that somebody has changed.
    documents: BTreeMap<ConfigDocument, Subtree>,
}

/// What there is by itself: the default layout of call data.
impl Default for Configuration {
    fn default() -> Self {
        let mut catalogues = Catalogues::default();
        catalogues.media_layouts.insert(MediaPropertiesLayout::built_in());
        Self { catalogues, assigned: BTreeMap::new(), documents: BTreeMap::new() }
    }
}

impl Configuration {
    pub(crate) fn of(&self, kind: Kind) -> &dyn AnyCatalogue {
        self.catalogues.of(kind)
    }

    pub(crate) fn reason_codes(&self) -> &Catalogue<ReasonCode> {
        &self.catalogues.reason_codes
    }

    pub(crate) fn wrap_up_reasons(&self) -> &Catalogue<WrapUpReason> {
        &self.catalogues.wrap_up_reasons
    }

    pub(crate) fn contacts(&self) -> &Catalogue<Contact> {
        &self.catalogues.contacts
    }

    pub(crate) fn workflow_actions(&self) -> &Catalogue<WorkflowAction> {
        &self.catalogues.workflow_actions
    }

    pub(crate) fn media_domains(&self) -> &Catalogue<MediaDomain> {
        &self.catalogues.media_domains
    }

    /// A phone book has these contacts and no others.
    pub(crate) fn replace_contacts(&mut self, phone_book: ObjectId, contacts: &[Contact]) {
        let catalogue = &mut self.catalogues.contacts;
        for id in catalogue.ids(Some(Contact::group_of(phone_book))) {
            AnyCatalogue::remove(catalogue, id);
        }
        for contact in contacts {
            catalogue.insert(contact.clone());
        }
    }

    /// What is assigned to a team, of whatever group.
    pub(crate) fn assigned(&self, team: TeamId, kind: Kind) -> &[ObjectId] {
        self.assigned.get(&(team, kind)).map_or(&[], Vec::as_slice)
    }

    /// Whether a team's members have an object.
    pub(crate) fn has(&self, team: Option<TeamId>, kind: Kind, id: ObjectId) -> bool {
        let catalogue = self.of(kind);
        let is_assigned = || team.is_some_and(|team| self.assigned(team, kind).contains(&id));
        catalogue.is_for_all(id) || (catalogue.contains(id) && is_assigned())
    }

    /// The keys of what a team's members have: by key what is for all, then what is assigned, in its order.
    pub(crate) fn visible(&self, team: Option<TeamId>, kind: Kind, group: Option<Group>) -> Vec<ObjectId> {
        let catalogue = self.of(kind);
        let mut ids = catalogue.ids(group);
        ids.retain(|id| catalogue.is_for_all(*id));
        let own = team.map(|team| self.assigned(team, kind)).unwrap_or_default().iter().copied();
        let is_wanted = |id: &ObjectId| {
            !catalogue.is_for_all(*id) && group.is_none_or(|group| catalogue.group_of(*id) == Some(group))
        };
        ids.extend(own.filter(is_wanted));
        ids
    }

    pub(crate) fn put(&mut self, object: &Configured) {
        self.catalogues.insert(object.clone());
    }

    /// Removes an object, what it consists of, and what was said about it.
    pub(crate) fn remove(&mut self, kind: Kind, id: ObjectId) {
        if kind == Kind::PhoneBook {
            self.replace_contacts(id, &[]);
        }
        if kind == Kind::WorkflowAction {
            self.forget_action(id);
        }
        self.catalogues.of_mut(kind).remove(id);
        for ((_, of), ids) in &mut self.assigned {
            if *of == kind {
                ids.retain(|assigned| *assigned != id);
            }
        }
        self.assigned.retain(|_, ids| !ids.is_empty());
    }

    /// No workflow has this action any more.
    fn forget_action(&mut self, action: ObjectId) {
        let workflows = &mut self.catalogues.workflows;
        let with_it: Vec<Workflow> =
            workflows.list(None).filter(|workflow| workflow.actions.contains(&action)).cloned().collect();
        for mut workflow in with_it {
            workflow.actions.retain(|id| *id != action);
            workflows.insert(workflow);
        }
    }

    pub(crate) fn assign(&mut self, team: TeamId, kind: Kind, ids: &[ObjectId]) {
        match ids.is_empty() {
            true => self.assigned.remove(&(team, kind)),
            false => self.assigned.insert((team, kind), ids.to_vec()),
        };
    }

    /// A document, if anybody has changed it.
    pub(crate) fn document(&self, document: ConfigDocument) -> Option<&Subtree> {
        self.documents.get(&document)
    }

    pub(crate) fn set_document(&mut self, document: ConfigDocument, content: &Subtree) {
        self.documents.insert(document, content.clone());
    }

    pub(crate) fn set_next(&mut self, kind: Kind, id: ObjectId) {
        self.catalogues.of_mut(kind).set_next(id);
    }

    /// The events that rebuild it.
    pub(crate) fn snapshot(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for kind in Kind::ALL {
            let (objects, next) = self.of(*kind).snapshot();
            // What is there by itself need not be said.
            let built_in = Configured::MediaPropertiesLayout(MediaPropertiesLayout::built_in());
            let objects = objects.into_iter().filter(|object| *object != built_in);
            events.extend(objects.map(Event::Configured));
            events.extend(next.map(|id| Event::NextConfigured { kind: *kind, id }));
        }
        let assigned = self.assigned.iter();
        events.extend(assigned.map(|((team, kind), ids)| Event::TeamAssigned {
            team: *team,
            kind: *kind,
            ids: ids.clone(),
        }));
        events.extend(self.documents.iter().map(|(document, content)| Event::ConfigDocumentChanged {
            document: *document,
            content: content.clone(),
        }));
        events
    }
}
