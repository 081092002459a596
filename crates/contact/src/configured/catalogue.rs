//! The objects of one kind, by key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::configuration::Configuration;
use super::{Configured, Form};
use crate::document::XmlWriter;
use crate::{ObjectId, Refusal, Settings};

/// Objects of one kind that are listed together: the reason codes of a category, the contacts of a phone book. Kinds
/// without such a division have the group 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub u32);

/// What a kind of configured object says about itself.
pub(crate) trait Configurable: Clone + Debug + PartialEq + Into<Configured> {
    /// Reads the body of a request.
    ///
    /// - `id`: the key that the object has, or is to have.
    /// - `group`: the group that the request's path names; the default where it names none.
    /// - `old`: the object as it is, whose values stay where the body has none; none for a new one.
    ///
    /// # Errors
    ///
    /// 400 `Parameter Missing` for a value that a new object must have; 400 `Invalid Input` for one that cannot be.
    fn read(id: ObjectId, group: Group, form: &Form<'_>, old: Option<&Self>) -> Result<Self, Refusal>;

    /// Its key.
    fn id(&self) -> ObjectId;

    /// Which objects it is listed with.
    fn group(&self) -> Group {
        Group::default()
    }

    /// Whether every team has it. An object that is not for all is for the teams that it is assigned to.
    fn is_for_all(&self) -> bool {
        true
    }

    /// Checks the object by itself: lengths and ranges.
    ///
    /// # Errors
    ///
    /// 400 `Invalid Input`.
    fn check(&self, settings: &Settings) -> Result<(), Refusal>;

    /// Checks what it names.
    ///
    /// # Errors
    ///
    /// 400 `Finesse API Error` for something that is not there.
    fn check_references(&self, _: &Configuration) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether it cannot be removed.
    fn is_lasting(&self) -> bool {
        false
    }

    /// What it has that only one object may have, if `other` has it too: the name for the message.
    fn clash(&self, other: &Self) -> Option<&'static str>;

    /// Whether `clash` ever finds anything; if not, nobody looks.
    const CAN_CLASH: bool = true;

    /// The key of the first object.
    const FIRST_ID: u32 = 1;

    /// How many there may be, and whether that counts the objects of the same group only. With the setting's name for people.
    fn limit(&self, settings: &Settings) -> Limit;

    /// Writes what is inside of its document, in alphabetical order.
    ///
    /// - `all`: has the objects that it names.
    fn write(&self, xml: &mut XmlWriter, all: &Configuration);
}

/// How many objects there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// What is counted, for people: "reason codes".
    pub(crate) what: &'static str,
    /// The most of it.
    pub(crate) max: usize,
    /// Counts the objects of one group; otherwise all.
    pub(crate) is_per_group: bool,
    /// Besides, the most of all groups together.
    pub(crate) max_of_all: usize,
}

impl Limit {
    /// A limit for all objects of a kind together.
    pub(crate) fn of_all(what: &'static str, max: usize) -> Self {
        Self { what, max, is_per_group: false, max_of_all: max }
    }

    /// A limit for the objects of each group.
    pub(crate) fn of_group(what: &'static str, max: usize) -> Self {
        Self { what, max, is_per_group: true, max_of_all: usize::MAX }
    }
}

/// The objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Catalogue<T> {
    objects: BTreeMap<ObjectId, T>,
    groups: BTreeMap<Group, BTreeSet<ObjectId>>,
    /// No object has had this key or a higher one. A key is never given twice: what names a removed object must not come
    /// to mean another.
    next: u32,
}

impl<T: Configurable> Default for Catalogue<T> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), groups: BTreeMap::new(), next: T::FIRST_ID }
    }
}

impl<T: Configurable> Catalogue<T> {
    pub(crate) fn get(&self, id: ObjectId) -> Option<&T> {
        self.objects.get(&id)
    }

    /// All objects of a group, or of all groups, by key.
    pub(crate) fn list(&self, group: Option<Group>) -> impl Iterator<Item = &T> {
        let of_group = group.map(|group| self.groups.get(&group).into_iter().flatten());
        let all = group.is_none().then(|| self.objects.values());
        let of_group = of_group.into_iter().flatten().filter_map(|id| self.objects.get(id));
        all.into_iter().flatten().chain(of_group)
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// How many objects a group has.
    pub(crate) fn count(&self, group: Group) -> usize {
        self.groups.get(&group).map_or(0, BTreeSet::len)
    }

    pub(crate) fn insert(&mut self, object: T) {
        let id = object.id();
        self.remove(id);
        self.next = self.next.max(id.0.saturating_add(1));
        self.groups.entry(object.group()).or_default().insert(id);
        self.objects.insert(id, object);
    }

    fn remove(&mut self, id: ObjectId) {
        let Some(old) = self.objects.remove(&id) else { return };
        if let Some(group) = self.groups.get_mut(&old.group()) {
            group.remove(&id);
            if group.is_empty() {
                self.groups.remove(&old.group());
            }
        }
    }

    /// Checks an object that is new, or takes the place of the one with the same key.
    pub(crate) fn check(&self, object: &T, settings: &Settings) -> Result<(), Refusal> {
        let id = object.id();
        if id.0 == 0 || id.0 == u32::MAX {
            return Err(Refusal::configuration(id.to_string(), "this cannot be the id of an object"));
        }
        object.check(settings)?;
        let old = self.get(id);
        if T::CAN_CLASH {
            let others = self.objects.values().filter(|other| other.id() != id);
            if let Some((other, what)) =
                others.into_iter().find_map(|other| Some((other, object.clash(other)?)))
            {
                let why = format!("the object {} has this {what}; choose another", other.id());
                return Err(Refusal::configuration(what, why));
            }
        }
        let limit = object.limit(settings);
        let joins_all = usize::from(old.is_none());
        let joins_group = usize::from(old.is_none_or(|old| old.group() != object.group()));
        let counted = match limit.is_per_group {
            true => self.count(object.group()) + joins_group,
            false => self.objects.len() + joins_all,
        };
        if counted > limit.max && joins_group == 1 {
            return Err(Refusal::maximum_exceeded(limit.what, limit.max));
        }
        if self.objects.len() + joins_all > limit.max_of_all && joins_all == 1 {
            return Err(Refusal::maximum_exceeded(limit.what, limit.max_of_all));
        }
        Ok(())
    }
}

/// A catalogue of whatever kind.
pub(crate) trait AnyCatalogue {
    fn contains(&self, id: ObjectId) -> bool;
    fn group_of(&self, id: ObjectId) -> Option<Group>;
    fn is_for_all(&self, id: ObjectId) -> bool;
    /// The keys of a group, or of all groups.
    fn ids(&self, group: Option<Group>) -> Vec<ObjectId>;
    /// The key that a new object gets.
    fn next_id(&self) -> ObjectId;
    fn set_next(&mut self, next: ObjectId);
    /// Whether no key has been given yet.
    fn is_untouched(&self) -> bool;
    fn remove(&mut self, id: ObjectId);
    /// Reads a body: of a new object without `old`, else of the one with that key. None if there is none.
    fn read(
        &self,
        old: Option<ObjectId>,
        group: Group,
        form: &Form<'_>,
    ) -> Option<Result<Configured, Refusal>>;
    /// Whether there is such an object that cannot be removed.
    fn is_lasting(&self, id: ObjectId) -> bool;
    /// Writes what is inside of an object's document.
    fn write(&self, id: ObjectId, xml: &mut XmlWriter, all: &Configuration);
    /// All objects, and the next key if the objects do not say it.
    fn snapshot(&self) -> (Vec<Configured>, Option<ObjectId>);
}

impl<T: Configurable> AnyCatalogue for Catalogue<T> {
    fn contains(&self, id: ObjectId) -> bool {
        self.objects.contains_key(&id)
    }

    fn group_of(&self, id: ObjectId) -> Option<Group> {
        self.get(id).map(T::group)
    }

    fn is_for_all(&self, id: ObjectId) -> bool {
        self.get(id).is_some_and(T::is_for_all)
    }

    fn ids(&self, group: Option<Group>) -> Vec<ObjectId> {
        self.list(group).map(T::id).collect()
    }

    fn next_id(&self) -> ObjectId {
        ObjectId(self.next)
    }

    fn set_next(&mut self, next: ObjectId) {
        self.next = self.next.max(next.0);
    }

    fn is_untouched(&self) -> bool {
        self.next == T::FIRST_ID
    }

    fn remove(&mut self, id: ObjectId) {
        Self::remove(self, id);
    }

    fn read(
        &self,
        old: Option<ObjectId>,
        group: Group,
        form: &Form<'_>,
    ) -> Option<Result<Configured, Refusal>> {
        let (id, group, old) = match old {
            Some(id) => {
                let old = self.get(id)?;
                (id, old.group(), Some(old))
            }
            None => (self.next_id(), group, None),
        };
        Some(T::read(id, group, form, old).map(Into::into))
    }

    fn is_lasting(&self, id: ObjectId) -> bool {
        self.get(id).is_some_and(T::is_lasting)
    }

    fn write(&self, id: ObjectId, xml: &mut XmlWriter, all: &Configuration) {
        if let Some(object) = self.get(id) {
            object.write(xml, all);
        }
    }

    fn snapshot(&self) -> (Vec<Configured>, Option<ObjectId>) {
        let last = self.objects.keys().next_back();
        let said = last.map_or(T::FIRST_ID, |last| last.0.saturating_add(1).max(T::FIRST_ID));
        let next = (self.next != said).then_some(ObjectId(self.next));
        (self.objects.values().cloned().map(Into::into).collect(), next)
    }
}
