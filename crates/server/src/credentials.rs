//! Makes the keys that are stored instead of passwords.

use notifier::{Credentials, Keys};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use xmpp::sasl::derive;
use xmpp::{Password, ScramHash, ScramKeys};

/// Makes the credentials of one password, with fresh salts.
///
/// Costs two key derivations, about a millisecond for 4096 iterations: not for a task that others wait for.
pub fn credentials(password: &Password, iterations: u32) -> Credentials {
    let mut salts = [0; 2 * SALT_BYTES];
    getrandom::fill(&mut salts).expect("the system has random numbers");
    let (sha1, sha256) = salts.split_at(SALT_BYTES);
    Credentials {
        sha1: stored(derive(ScramHash::Sha1, password.as_str(), sha1, iterations)),
        sha256: stored(derive(ScramHash::Sha256, password.as_str(), sha256, iterations)),
    }
}

/// Makes the credentials of many passwords on all processors, in the order of the passwords.
///
/// - `progress`: told how many are done, from several threads, in no particular order.
pub fn credentials_of_all(
    passwords: &[Password],
    iterations: u32,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Credentials> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let done = AtomicUsize::new(0);
    let one = |password: &Password| {
        let credentials = credentials(password, iterations);
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

/// The keys in the form SASL uses.
pub(crate) fn scram_keys(credentials: &Credentials, hash: ScramHash) -> ScramKeys {
    let Keys { salt, iterations, stored_key, server_key } = match hash {
        ScramHash::Sha1 => credentials.sha1.clone(),
        ScramHash::Sha256 => credentials.sha256.clone(),
    };
    ScramKeys { salt, iterations, stored_key, server_key }
}

pub(crate) const SALT_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use xmpp::sasl::verify_password;

    #[test]
    fn everybody_gets_a_salt_of_their_own_and_keys_in_order() {
        let passwords: Vec<Password> = ["a", "b", "a"].map(Password::from).to_vec();
        let all = credentials_of_all(&passwords, 16, &|_| ());
        assert_eq!(all.len(), 3);
        assert_ne!(all[0].sha256.salt, all[2].sha256.salt);
        assert_ne!(all[0].sha1.salt, all[0].sha256.salt);
        for (credentials, password) in all.iter().zip(&passwords) {
            for hash in [ScramHash::Sha1, ScramHash::Sha256] {
                assert!(verify_password(&scram_keys(credentials, hash), hash, password.as_str()));
                assert!(!verify_password(&scram_keys(credentials, hash), hash, "c"));
            }
        }
        assert!(credentials_of_all(&[], 16, &|_| ()).is_empty());
    }
}
