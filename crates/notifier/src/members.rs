//! A set that is almost always tiny and sometimes huge: who is subscribed to a node.
//!
//! A user's node has one or two subscribers, and there are tens of thousands of such nodes; the system
//! information node has everybody. So few members are a plain list, and many are a hash set.

use std::hash::Hash;

use foldhash::fast::FixedState;
use indexmap::IndexSet;

/// The number of members up to which looking through a list beats hashing.
const FEW_MAX: usize = 16;

/// A set of small values. Adding, removing and finding take constant time; order carries no meaning.
#[derive(Clone, Debug)]
pub(crate) enum Members<T> {
    Few(Vec<T>),
    Many(Box<IndexSet<T, FixedState>>),
}

impl<T: Copy + Eq + Hash> Members<T> {
    pub(crate) const fn new() -> Self {
        Members::Few(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Members::Few(list) => list.len(),
            Members::Many(set) => set.len(),
        }
    }

    pub(crate) fn contains(&self, member: T) -> bool {
        match self {
            Members::Few(list) => list.contains(&member),
            Members::Many(set) => set.contains(&member),
        }
    }

    /// Adds `member`; says whether it is new.
    pub(crate) fn insert(&mut self, member: T) -> bool {
        match self {
            Members::Few(list) if list.contains(&member) => false,
            Members::Few(list) if list.len() < FEW_MAX => {
                if list.is_empty() {
                    list.reserve_exact(1);
                }
                list.push(member);
                true
            }
            Members::Few(list) => {
                let mut set: IndexSet<T, FixedState> = list.drain(..).collect();
                set.insert(member);
                *self = Members::Many(Box::new(set));
                true
            }
            Members::Many(set) => set.insert(member),
        }
    }

    /// Removes `member`; says whether it was there. A set that has become small gives its memory back.
    pub(crate) fn remove(&mut self, member: T) -> bool {
        match self {
            Members::Few(list) => match list.iter().position(|&other| other == member) {
                Some(at) => {
                    list.swap_remove(at);
                    true
                }
                None => false,
            },
            Members::Many(set) => {
                let was_there = set.swap_remove(&member);
                if set.len() <= FEW_MAX / 2 {
                    *self = Members::Few(set.iter().copied().collect());
                }
                was_there
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let (few, many) = match self {
            Members::Few(list) => (Some(list.iter()), None),
            Members::Many(set) => (None, Some(set.iter())),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_into_a_hash_set_and_back() {
        let mut members = Members::new();
        for n in 0..100u32 {
            assert!(members.insert(n));
            assert!(!members.insert(n));
        }
        assert!(matches!(members, Members::Many(_)));
        assert_eq!(members.iter().count(), 100);
        for n in 0..99u32 {
            assert!(members.remove(n));
            assert!(!members.remove(n));
        }
        assert!(matches!(members, Members::Few(_)));
        assert!(members.contains(99));
        assert_eq!(members.len(), 1);
    }
}
