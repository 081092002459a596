//! Makes the keys that are stored instead of passwords.

use notifier::{Credentials, Keys};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use xmpp::sasl::{derive, verify_password};
use xmpp::{Password, ScramHash, ScramKeys};

/// Which keys are made of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySettings {
    /// Iterations of the key derivation, at least 4096 (RFC 7677 §4) outside of tests.
    pub iterations: u32,
    /// Whether there are keys for SCRAM-SHA-512. They cost nearly twice as much as the other two together, so an
    /// import of many users takes three times as long.
    pub sha512: bool,
}

/// Makes the credentials of one password, with fresh salts.
///
/// Costs two or three key derivations, about a millisecond for two of 4096 iterations: not for a task that others
/// wait for.
pub fn credentials(password: &Password, settings: KeySettings) -> Credentials {
    let keys = |hash| {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).expect("the system has random numbers");
        stored(derive(hash, password.as_str(), &salt, settings.iterations))
    };
    Credentials {
        sha1: keys(ScramHash::Sha1),
        sha256: keys(ScramHash::Sha256),
        sha512: settings.sha512.then(|| keys(ScramHash::Sha512)),
    }
}

/// Makes the credentials of many passwords on all processors, in the order of the passwords.
///
/// - `progress`: told how many are done, from several threads, in no particular order.
pub fn credentials_of_all(
    passwords: &[Password],
    settings: KeySettings,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Credentials> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let done = AtomicUsize::new(0);
    let one = |password: &Password| {
        let credentials = credentials(password, settings);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        credentials
    };
    let share = passwords.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let shares: Vec<_> = passwords
            .chunks(share)
            .map(|passwords| scope.spawn(move || passwords.iter().map(one).collect::<Vec<_>>()))
            .collect();
        shares.into_iter().flat_map(|share| share.join().expect("deriving keys does not panic")).collect()
    })
}

/// The keys in the form the log keeps.
pub(crate) fn stored(keys: ScramKeys) -> Keys {
    let ScramKeys { salt, iterations, stored_key, server_key } = keys;
    Keys { salt, iterations, stored_key, server_key }
}

/// The keys in the form SASL uses; none if they were not made for this hash.
pub(crate) fn scram_keys(credentials: &Credentials, hash: ScramHash) -> Option<ScramKeys> {
    let Keys { salt, iterations, stored_key, server_key } = match hash {
        ScramHash::Sha1 => credentials.sha1.clone(),
        ScramHash::Sha256 => credentials.sha256.clone(),
        ScramHash::Sha512 => credentials.sha512.clone()?,
    };
    Some(ScramKeys { salt, iterations, stored_key, server_key })
}

/// Says whether `password` is the one that the credentials were made of. As expensive as one derivation.
pub(crate) fn fits(credentials: &Credentials, password: &Password) -> bool {
    let keys = scram_keys(credentials, ScramHash::Sha256).expect("every account has these");
    verify_password(&keys, ScramHash::Sha256, password.as_str())
}

pub(crate) const SALT_BYTES: usize = 16;

/// Quick to make; for tests in which nothing depends on them.
#[cfg(test)]
pub(crate) const TEST_KEYS: KeySettings = KeySettings { iterations: 16, sha512: false };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_a_salt_of_their_own_and_keys_in_order() {
        let passwords: Vec<Password> = ["a", "b", "a"].map(Password::from).to_vec();
        let settings = KeySettings { iterations: 16, sha512: true };
        let all = credentials_of_all(&passwords, settings, &|_| ());
        assert_eq!(all.len(), 3);
        assert_ne!(all[0].sha256.salt, all[2].sha256.salt);
        assert_ne!(all[0].sha1.salt, all[0].sha256.salt);
        for (credentials, password) in all.iter().zip(&passwords) {
            for hash in ScramHash::ALL {
                let keys = scram_keys(credentials, hash).expect("wanted");
                assert!(verify_password(&keys, hash, password.as_str()));
                assert!(!verify_password(&keys, hash, "c"));
            }
            assert!(fits(credentials, password) && !fits(credentials, &"c".into()));
        }
        assert!(credentials_of_all(&[], settings, &|_| ()).is_empty());
        let without = credentials(&"a".into(), KeySettings { sha512: false, ..settings });
        assert_eq!(scram_keys(&without, ScramHash::Sha512), None);
    }
}
