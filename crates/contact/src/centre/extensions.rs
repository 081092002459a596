//! Which extensions exist, and who is signed in on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Extension, UserId};

/// The devices of the contact centre.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    /// Ranges, first and last included.
    ranges: BTreeSet<(Extension, Extension)>,
    /// Users' own extensions, and how many users share each.
    owned: BTreeMap<Extension, usize>,
    in_use: BTreeMap<Extension, UserId>,
}

impl Extensions {
    /// Whether `first..=last` is a range: as many digits, not less.
    ///
    /// Numbers of the same length compare as their text does.
    pub(super) fn is_range(first: &Extension, last: &Extension) -> bool {
        let (first, last) = (first.as_str(), last.as_str());
        first.len() == last.len() && first.starts_with('+') == last.starts_with('+') && first <= last
    }

    pub(super) fn exists(&self, extension: &Extension) -> bool {
        let in_range = |(first, last): &(Extension, Extension)| {
            Self::is_range(first, extension) && Self::is_range(extension, last)
        };
        self.owned.contains_key(extension) || self.ranges.iter().any(in_range)
    }

    pub(super) fn user_of(&self, extension: &Extension) -> Option<&UserId> {
        self.in_use.get(extension)
    }

    pub(super) fn ranges(&self) -> impl ExactSizeIterator<Item = &(Extension, Extension)> {
        self.ranges.iter()
    }

    pub(super) fn add_range(&mut self, first: Extension, last: Extension) {
        self.ranges.insert((first, last));
    }

    pub(super) fn own(&mut self, extension: &Extension) {
        *self.owned.entry(extension.clone()).or_default() += 1;
    }

    pub(super) fn disown(&mut self, extension: &Extension) {
        if let Some(owners) = self.owned.get_mut(extension) {
            *owners -= 1;
            if *owners == 0 {
                self.owned.remove(extension);
            }
        }
    }

    pub(super) fn occupy(&mut self, extension: Extension, user: UserId) {
        self.in_use.insert(extension, user);
    }

    /// Frees `extension` if it is `user` who is signed in on it.
    pub(super) fn release(&mut self, extension: &Extension, user: &UserId) {
        if self.in_use.get(extension) == Some(user) {
            self.in_use.remove(extension);
        }
    }
}
