//! The accounts by user, and what they have in common.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use contact::UserId;
use notifier::Credentials;

/// Who has an account. Counts what an unknown user must look like.
#[derive(Default)]
pub(super) struct Table {
    accounts: HashMap<UserId, Arc<Account>, foldhash::fast::RandomState>,
    /// How many accounts have how many iterations: more than one number after `auth.iterations` was changed.
    iterations: BTreeMap<u32, usize>,
    without_sha512: usize,
}

pub(super) struct Account {
    pub(super) credentials: Credentials,
    /// Unique: what was remembered about earlier credentials of this user does not count for these.
    pub(super) generation: u64,
}

impl Table {
    pub(super) fn get(&self, user: &UserId) -> Option<Arc<Account>> {
        self.accounts.get(user).cloned()
    }

    pub(super) fn insert(&mut self, user: UserId, account: Account) {
        *self.iterations.entry(account.credentials.sha256.iterations).or_default() += 1;
        self.without_sha512 += usize::from(account.credentials.sha512.is_none());
        if let Some(earlier) = self.accounts.insert(user, Arc::new(account)) {
            self.uncount(&earlier);
        }
    }

    pub(super) fn remove(&mut self, user: &UserId) {
        if let Some(earlier) = self.accounts.remove(user) {
            self.uncount(&earlier);
        }
    }

    fn uncount(&mut self, account: &Account) {
        self.without_sha512 -= usize::from(account.credentials.sha512.is_none());
        let iterations = account.credentials.sha256.iterations;
        if let Some(count) = self.iterations.get_mut(&iterations) {
            *count -= 1;
            if *count == 0 {
                self.iterations.remove(&iterations);
            }
        }
    }

    pub(super) fn without_sha512(&self) -> usize {
        self.without_sha512
    }

    /// A number of iterations for somebody who has no account: each as often as among those who have one, so that no
    /// number gives anybody away. None if nobody has an account.
    ///
    /// - `lot`: which one; evenly distributed, and the same each time for the same name.
    pub(super) fn iterations_of(&self, lot: u64) -> Option<u32> {
        let total = self.accounts.len() as u128;
        let mut place = (u128::from(lot) * total) >> 64;
        for (iterations, count) in &self.iterations {
            match place.checked_sub(*count as u128) {
                Some(rest) => place = rest,
                None => return Some(*iterations),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{KeySettings, credentials};

    #[test]
    fn unknown_users_have_as_many_iterations_as_known_ones() {
        let mut table = Table::default();
        assert_eq!(table.iterations_of(7), None);
        let account = |iterations, sha512| Account {
            credentials: credentials(&"x".into(), KeySettings { iterations, sha512 }),
            generation: 0,
        };
        let user = |number: u32| UserId::new(&number.to_string()).expect("a good id");
        for number in 0..4 {
            table.insert(user(number), account(if number == 0 { 8 } else { 16 }, number == 1));
        }
        assert_eq!(table.without_sha512(), 3);
        let lots = || (0..64).map(|lot| lot << 58);
        let few = lots().filter(|lot| table.iterations_of(*lot) == Some(8)).count();
        let many = lots().filter(|lot| table.iterations_of(*lot) == Some(16)).count();
        assert_eq!((few, many), (16, 48));
        assert_eq!(table.iterations_of(u64::MAX), Some(16));
        table.insert(user(0), account(16, true));
        assert_eq!(lots().filter(|lot| table.iterations_of(*lot) == Some(16)).count(), 64);
        assert_eq!(table.without_sha512(), 2);
        (0..4).for_each(|number| table.remove(&user(number)));
        assert_eq!((table.iterations_of(7), table.without_sha512()), (None, 0));
    }
}
