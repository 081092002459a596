//! What a server's certificate says, read even when it is not trusted: the names, the dates and the issuer are
//! what a person needs to put it right.

use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS,
    prelude::{FromDer, X509Certificate},
};

/// The readable part of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Subject, its common name where there is one.
    pub subject: String,
    /// Issuer, its common name where there is one.
    pub issuer: String,
    /// The host names and addresses it is made for (subject alternative names), at most 64.
    pub names: Vec<String>,
    /// Start of validity, seconds since 1970.
    pub not_before: i64,
    /// End of validity, seconds since 1970.
    pub not_after: i64,
    /// Issuer and subject are the same: nobody else vouches for it.
    pub self_signed: bool,
    /// It says where its issuer's certificate can be had, as those do that are issued through an intermediate
    /// authority (RFC 5280 §4.2.2.1).
    pub names_issuer_source: bool,
    /// SHA-256 of the whole certificate.
    pub fingerprint: [u8; 32],
}

impl Certificate {
    /// Reads a certificate. `None` if it is not one.
    pub fn read(der: &CertificateDer<'_>) -> Option<Certificate> {
        let (_, parsed) = X509Certificate::from_der(der.as_ref()).ok()?;
        let name = |name: &x509_parser::x509::X509Name<'_>| {
            let common = name.iter_common_name().next().and_then(|cn| cn.as_str().ok());
            let whole = || name.to_string();
            common.map_or_else(whole, ToOwned::to_owned)
        };
        Some(Certificate {
            subject: name(parsed.subject()),
            issuer: name(parsed.issuer()),
            names: names(&parsed),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            names_issuer_source: names_issuer_source(&parsed),
            fingerprint: Sha256::digest(der.as_ref()).into(),
        })
    }

    /// The fingerprint as people compare it: `AB:CD:…`.
    pub fn fingerprint_text(&self) -> String {
        self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for extension in certificate.extensions() {
        let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() else {
            continue;
        };
        for name in &alternative.general_names {
            match name {
                GeneralName::DNSName(dns) => names.push((*dns).to_owned()),
                GeneralName::IPAddress(bytes) => names.extend(address(bytes)),
                _ => {}
            }
        }
    }
    names.truncate(NAMES_MAX);
    names
}

fn names_issuer_source(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => access
            .accessdescs
            .iter()
            .any(|description| description.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS),
        _ => false,
    })
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}

/// Names kept of one certificate.
const NAMES_MAX: usize = 64;
