//! A JSON Web Key Set (RFC 7517): the public keys with which tokens are verified.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// The keys of a set that can verify signatures.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// What it may be used for.
    algorithms: &'static [Algorithm],
    key: DecodingKey,
}

/// Why bytes are no set of keys.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// Not JSON, or not an object with a list of `keys`.
    #[error("not a JSON Web Key Set, which is an object with a list of \"keys\": {0}")]
    Malformed(serde_json::Error),
    /// There is no key in it that we could use.
    #[error(
        "no key in it can be used: wanted are public keys for signatures, RSA (RS256, PS256), EC on P-256 (ES256) or \
         OKP Ed25519 (EdDSA)"
    )]
    NoKeys,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a set. Keys that we have no use for (for encryption, symmetric, of other kinds, broken) are passed over, as
    /// RFC 7517 §5 says; so are those after the first [`KEYS_MAX`].
    ///
    /// # Errors
    ///
    /// [`KeySetError`].
    pub fn parse(json: &[u8]) -> Result<KeySet, KeySetError> {
        let document: Document = serde_json::from_slice(json).map_err(KeySetError::Malformed)?;
        let read = |value| serde_json::from_value::<Jwk>(value).ok().and_then(Key::new);
        let keys: Vec<Key> = document.keys.into_iter().take(KEYS_MAX).filter_map(read).collect();
        if keys.is_empty() { Err(KeySetError::NoKeys) } else { Ok(KeySet { keys }) }
    }

    /// The keys that may have made a signature: that of this id, or, where the token names none, all for the algorithm.
    pub(super) fn candidates(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &DecodingKey> {
        let fits = move |key: &&Key| {
            key.algorithms.contains(&algorithm) && id.is_none_or(|id| key.id.as_deref() == Some(id))
        };
        self.keys.iter().filter(fits).take(CANDIDATES_MAX).map(|key| &key.key)
    }
}

impl Key {
    fn new(jwk: Jwk) -> Option<Key> {
        let possible: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                &[Algorithm::ES256]
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            _ => return None,
        };
        let algorithms = match jwk.common.key_algorithm {
            None => possible,
            Some(KeyAlgorithm::RS256) => &[Algorithm::RS256],
            Some(KeyAlgorithm::PS256) => &[Algorithm::PS256],
            Some(KeyAlgorithm::ES256) => &[Algorithm::ES256],
            Some(KeyAlgorithm::EdDSA) => &[Algorithm::EdDSA],
            Some(_) => return None,
        };
        let is_for_signatures =
            jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
                && jwk.common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        if !is_for_signatures || !algorithms.iter().all(|algorithm| possible.contains(algorithm)) {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Key { id: jwk.common.key_id, algorithms, key })
    }
}

/// Keys of one set that are kept. Issuers have two or three.
const KEYS_MAX: usize = 100;

/// Keys that are tried on one token that does not name its key.
const CANDIDATES_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of RFC 7517 appendix A.1, one of them for encryption, with a symmetric one and nonsense between them.
    #[test]
    fn only_public_keys_for_signatures_are_taken() {
        let set = r#"{"keys": [
            {"kty":"EC","crv":"P-256","use":"enc","kid":"1",
             "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
            {"kty":"EC","crv":"P-256","kid":"2",
             "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
            {"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ","kid":"3"},
            {"kty":"XYZ"}, 7, null, {},
            {"kty":"RSA","alg":"RS256","kid":"4","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV"},
            {"kty":"RSA","alg":"RSA-OAEP","kid":"5","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV"},
            {"kty":"RSA","alg":"ES256","kid":"6","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV"},
            {"kty":"RSA","key_ops":["encrypt"],"kid":"7","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV"},
            {"kty":"RSA","kid":"8","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV"}
        ]}"#;
        let set = KeySet::parse(set.as_bytes()).expect("a set");
        let count = |id: Option<&str>, algorithm| set.candidates(id, algorithm).count();
        for (id, algorithm, expected) in [
            (Some("1"), Algorithm::ES256, 0),
            (Some("2"), Algorithm::ES256, 1),
            (Some("2"), Algorithm::RS256, 0),
            (Some("3"), Algorithm::HS256, 0),
            (Some("4"), Algorithm::RS256, 1),
            (Some("4"), Algorithm::PS256, 0),
            (Some("8"), Algorithm::PS256, 1),
            (None, Algorithm::RS256, 2),
            (None, Algorithm::HS256, 0),
            (Some("x"), Algorithm::RS256, 0),
        ] {
            assert_eq!(count(id, algorithm), expected, "{id:?} {algorithm:?}");
        }
        for id in ["5", "6", "7"] {
            assert!(set.keys.iter().all(|key| key.id.as_deref() != Some(id)), "{id}");
        }
    }

    #[test]
    fn what_is_no_set_is_named() {
        for json in ["", "[]", "{}", r#"{"keys": 7}"#, r#"{"keys": [}"#] {
            assert!(matches!(KeySet::parse(json.as_bytes()), Err(KeySetError::Malformed(_))), "{json}");
        }
        for json in [r#"{"keys": []}"#, r#"{"keys": [{"kty":"oct","k":"AAAA"}]}"#] {
            assert!(matches!(KeySet::parse(json.as_bytes()), Err(KeySetError::NoKeys)), "{json}");
        }
    }
}
