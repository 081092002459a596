//! The key sequence, by which requests of somebody else who has read along are found out (XEP-0124 §15).
//!
//! Optional, and of use on lines without TLS only. Clients that do not begin a sequence have none.

use sha1::{Digest, Sha1};

/// What a request says about keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// The next key of the sequence under way, in hexadecimal.
    pub key: Option<String>,
    /// The last key of a new sequence, which counts backwards from there.
    pub new_key: Option<String>,
}

/// The sequence of one session.
#[derive(Debug, Default)]
pub(super) struct KeySequence {
    /// What the next key's hash has to be; none without a sequence.
    expected: Option<String>,
}

impl KeySequence {
    /// Takes the keys of the next request. False if they are not the client's.
    pub(super) fn advance(&mut self, keys: &Keys) -> bool {
        // One is kept for as long as the session lives.
        if [&keys.key, &keys.new_key].into_iter().flatten().any(|key| key.len() > KEY_BYTES_MAX) {
            return false;
        }
        if let Some(expected) = &self.expected {
            let Some(key) = &keys.key else { return false };
            if !hash(key).eq_ignore_ascii_case(expected) {
                return false;
            }
            self.expected = Some(key.clone());
        }
        if let Some(new_key) = &keys.new_key {
            self.expected = Some(new_key.clone());
        }
        true
    }
}

/// `hex(SHA-1(key))`, where the key is the text that was sent.
fn hash(key: &str) -> String {
    Sha1::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-1 in hexadecimal is 40.
const KEY_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: Option<&str>, new_key: Option<&str>) -> Keys {
        Keys { key: key.map(str::to_owned), new_key: new_key.map(str::to_owned) }
    }

    #[test]
    fn keys_count_backwards_and_a_new_sequence_may_begin() {
        let first: Vec<String> =
            std::iter::successors(Some("seed".to_owned()), |key| Some(hash(key))).take(4).collect();
        let second = hash("other seed");
        let mut sequence = KeySequence::default();
        assert!(sequence.advance(&keys(None, Some(&first[3]))));
        assert!(sequence.advance(&keys(Some(&first[2]), None)));
        assert!(!sequence.advance(&keys(None, None)), "no key");
        assert!(!sequence.advance(&keys(Some(&first[2]), None)), "the same key again");
        // Letters are letters (§15.3), but what is hashed is what was sent.
        assert!(sequence.advance(&keys(Some(&first[1]), Some(&second.to_uppercase()))));
        assert!(sequence.advance(&keys(Some("other seed"), None)));
    }

    #[test]
    fn without_a_sequence_keys_mean_nothing() {
        let mut sequence = KeySequence::default();
        assert!(sequence.advance(&keys(None, None)));
        assert!(sequence.advance(&keys(Some("anything"), None)));
        assert!(!sequence.advance(&keys(None, Some(&"a".repeat(65)))), "nobody's key is so long");
    }
}
