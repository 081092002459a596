//! What a server keeps instead of a password, and the arithmetic of SCRAM (RFC 5802 §2.2, §3).

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

/// The hash a SCRAM mechanism uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScramHash {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

/// The keys of one user for one hash. Whoever has them can pretend to be the server, but cannot log in.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// Random bytes, at least 16.
    pub salt: Vec<u8>,
    /// PBKDF2 rounds, at least 4096 (RFC 7677 §4).
    pub iterations: u32,
    /// H(ClientKey).
    pub stored_key: Vec<u8>,
    /// HMAC(SaltedPassword, "Server Key").
    pub server_key: Vec<u8>,
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// Makes the keys of a password. Costs `iterations` HMACs: milliseconds of CPU, so not on a shared task.
///
/// The password is prepared with SASLprep; one that SASLprep forbids is taken as it is.
pub fn derive(hash: ScramHash, password: &str, salt: &[u8], iterations: u32) -> ScramKeys {
    let salted = salted_password(hash, password, salt, iterations);
    ScramKeys {
        salt: salt.to_vec(),
        iterations,
        stored_key: hash.digest(&hash.hmac(&salted, b"Client Key")),
        server_key: hash.hmac(&salted, b"Server Key"),
    }
}

/// Whether `password` is the one `keys` were derived from. As expensive as [`derive`]; the comparison takes
/// constant time.
pub fn verify_password(keys: &ScramKeys, hash: ScramHash, password: &str) -> bool {
    let derived = derive(hash, password, &keys.salt, keys.iterations);
    derived.stored_key.ct_eq(&keys.stored_key).into()
}

/// Hi(Normalize(password), salt, i), which is PBKDF2 with one block of output.
pub(super) fn salted_password(hash: ScramHash, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
    let password = stringprep::saslprep(password).unwrap_or(Cow::Borrowed(password));
    match hash {
        ScramHash::Sha1 => hi(&keyed::<Hmac<Sha1>>(password.as_bytes()), salt, iterations),
        ScramHash::Sha256 => hi(&keyed::<Hmac<Sha256>>(password.as_bytes()), salt, iterations),
        ScramHash::Sha512 => hi(&keyed::<Hmac<Sha512>>(password.as_bytes()), salt, iterations),
    }
}

impl ScramHash {
    /// All of them, weakest first.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// Bytes of a digest, and so of a [`ScramKeys::stored_key`] and a [`ScramKeys::server_key`].
    pub fn output_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => keyed::<Hmac<Sha1>>(key).chain_update(data).finalize().into_bytes().to_vec(),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key).chain_update(data).finalize().into_bytes().to_vec(),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key).chain_update(data).finalize().into_bytes().to_vec(),
        }
    }

    pub(super) fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8]) -> M {
    <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn hi<M: Mac + Clone>(keyed: &M, salt: &[u8], iterations: u32) -> Vec<u8> {
    let mut block = keyed.clone().chain_update(salt).chain_update(1u32.to_be_bytes()).finalize().into_bytes();
    let mut sum = block.to_vec();
    for _ in 1..iterations {
        block = keyed.clone().chain_update(&block).finalize().into_bytes();
        xor(&mut sum, &block);
    }
    sum
}

/// `a ^= b`, for two values of one hash's length.
pub(super) fn xor(a: &mut [u8], b: &[u8]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a ^= b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6070, the vectors whose output is one block.
    #[test]
    fn pbkdf2_sha1_vectors() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let derived = |iterations| hex(salted_password(ScramHash::Sha1, "password", b"salt", iterations));
        assert_eq!(derived(1), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
        assert_eq!(derived(2), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
        assert_eq!(derived(4096), "4b007901b765489abead49d926f721d065a429c1");
    }

    #[test]
    fn only_the_right_password_verifies() {
        for hash in ScramHash::ALL {
            let keys = derive(hash, "offhook", b"0123456789abcdef", 64);
            assert_eq!(
                (keys.stored_key.len(), keys.server_key.len()),
                (hash.output_bytes(), hash.output_bytes())
            );
            assert!(verify_password(&keys, hash, "offhook"));
            assert!(!verify_password(&keys, hash, "offhook "));
            assert!(!verify_password(&keys, hash, ""));
            // SASLprep: the soft hyphen is mapped to nothing, the ligature is decomposed.
            assert!(verify_password(&keys, hash, "off\u{ad}hook"));
            assert!(verify_password(&keys, hash, "o\u{fb00}hook"));
            assert!(!format!("{keys:?}").contains("salt"));
        }
    }
}
