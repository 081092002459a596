//! The channel binding `tls-server-end-point`: a hash of the certificate that the server shows (RFC 5929 §4.1).

use std::sync::Arc;

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use x509_parser::oid_registry::{
    OID_MD5_WITH_RSA, OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
};

/// Hashes a certificate (DER) with the hash of its signature, or with SHA-256 where that is MD5 or SHA-1.
///
/// None for signatures without one hash of their own, such as Ed25519: then RFC 5929 defines nothing.
pub(super) fn end_point(certificate: &[u8]) -> Option<Arc<[u8]>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let signature = &parsed.signature_algorithm.algorithm;
    let hash = HASHES.into_iter().find(|(oid, _)| oid == signature)?.1;
    Some(digest(hash, certificate).as_ref().into())
}

const HASHES: [(x509_parser::der_parser::Oid<'static>, &Algorithm); 8] = [
    (OID_SIG_ECDSA_WITH_SHA256, &SHA256),
    (OID_SIG_ECDSA_WITH_SHA384, &SHA384),
    (OID_SIG_ECDSA_WITH_SHA512, &SHA512),
    (OID_PKCS1_SHA256WITHRSA, &SHA256),
    (OID_PKCS1_SHA384WITHRSA, &SHA384),
    (OID_PKCS1_SHA512WITHRSA, &SHA512),
    (OID_PKCS1_SHA1WITHRSA, &SHA256),
    (OID_MD5_WITH_RSA, &SHA256),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    #[test]
    fn the_signature_names_the_hash() {
        for (algorithm, length) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(32)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(48)),
            (&rcgen::PKCS_ED25519, None),
        ] {
            let key = KeyPair::generate_for(algorithm).expect("supported");
            let params = CertificateParams::new(vec!["localhost".into()]).expect("a good name");
            let certificate = params.self_signed(&key).expect("signed");
            let hash = end_point(certificate.der());
            assert_eq!(hash.as_ref().map(|hash| hash.len()), length, "{algorithm:?}");
            if length == Some(32) {
                assert_eq!(hash.as_deref(), Some(digest(&SHA256, certificate.der()).as_ref()));
            }
        }
        assert_eq!(end_point(b"no certificate"), None);
    }
}
