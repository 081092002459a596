//! TLS: the operator's certificate, or a development certificate signed by an authority of our own that is kept in the
//! data folder, so that a client has to be told to trust it only once.

mod acceptor;
mod client_certificates;
mod end_point;

pub use acceptor::Acceptor;
pub use client_certificates::ClientCertificates;

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;
use acceptor::Accepting;

/// What all listeners with TLS share.
#[derive(Debug)]
pub struct Tls {
    /// Its certificate.
    pub config: Arc<ServerConfig>,
    /// What connections with this certificate have in common.
    pub terms: Terms,
    /// The development authority's certificate in PEM, which clients have to trust; `None` with the operator's own.
    pub authority: Option<PathBuf>,
}

/// What all TLS connections of one listener have in common.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// The channel binding `tls-server-end-point` of the certificate that is shown, if it has one.
    pub end_point: Option<Arc<[u8]>>,
    /// How the client's certificate is judged; none if it is not asked for one.
    pub client_certificates: Option<Arc<ClientCertificates>>,
}

impl Tls {
    /// What one listener needs.
    ///
    /// - `protocols`: which it speaks over TLS, best first (RFC 7301). Clients that name none may come in as well.
    /// - `clients`: how a client's certificate is judged; with none it is not asked for one.
    pub fn acceptor(&self, protocols: &[&str], clients: Option<&Arc<ClientCertificates>>) -> Acceptor {
        let mut config = match clients {
            Some(clients) => clients.ask(&self.config),
            None => ServerConfig::clone(&self.config),
        };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let terms = Terms { client_certificates: clients.cloned(), ..self.terms.clone() };
        Acceptor::new(Accepting { tls: TlsAcceptor::from(Arc::new(config)), terms: Arc::new(terms) })
    }
}

/// Why there is no certificate. Each sentence names the file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} does not hold {expected} in PEM: {problem}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Key and certificate don't belong together, or the key's kind is not supported.
    #[error("{} and {} cannot be used together: {source}", certificate.display(), key.display())]
    Unusable {
        /// The certificate chain.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The development certificate could not be made.
    #[error("cannot make a development certificate: {0}")]
    NotMade(#[from] rcgen::Error),
}

/// Makes the one cryptography provider of this process known. Call it before anything that uses TLS.
pub fn install_provider() {
    // A second call finds the same provider in place, which is no error to us.
    let _ = CryptoProvider::install_default(rustls::crypto::aws_lc_rs::default_provider());
}

/// Reads the operator's certificate and key.
///
/// # Errors
///
/// The file that is unreadable, malformed or does not fit.
pub fn from_files(files: &TlsFiles) -> Result<Tls, TlsError> {
    if let Ok(metadata) = fs::metadata(&files.key)
        && metadata.permissions().mode() & 0o077 != 0
    {
        tracing::warn!(key = %files.key.display(), "the private key can be read by other users; chmod 600 it");
    }
    server_config(&files.certificate, &files.key, None)
}

/// Uses the development certificate in the data folder; makes or renews it if needed.
///
/// The certificate is good for `localhost`, the loopback addresses and `names`. The authority stays the same as long as
/// its files do, also when the certificate is renewed.
///
/// # Errors
///
/// Files that cannot be read or written.
pub fn development(data: &Path, names: &[&str], now: jiff::Timestamp) -> Result<Tls, TlsError> {
    let authority = data.join(AUTHORITY_FILE);
    let certificate = data.join(CERTIFICATE_FILE);
    let key = data.join(KEY_FILE);
    let names = all_names(names);
    if !is_good(&authority, &certificate, &key, &names, now) {
        let issuer = development_authority(data, &authority, now)?;
        make_certificate(&issuer, &certificate, &key, &names, now)?;
        tracing::info!(certificate = %certificate.display(), "development certificate made");
    }
    server_config(&certificate, &key, Some(authority))
}

fn server_config(certificate: &Path, key: &Path, authority: Option<PathBuf>) -> Result<Tls, TlsError> {
    let chain = read_chain(certificate)?;
    let end_point = chain.first().and_then(|leaf| end_point::end_point(leaf));
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|problem| TlsError::Malformed {
        path: key.to_owned(),
        expected: "a private key",
        problem: problem.to_string(),
    })?;
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private).map_err(|source| {
            TlsError::Unusable { certificate: certificate.to_owned(), key: key.to_owned(), source }
        })?;
    let terms = Terms { end_point, client_certificates: None };
    Ok(Tls { config: Arc::new(config), terms, authority })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let malformed = |problem: String| TlsError::Malformed {
        path: path.to_owned(),
        expected: "a certificate chain",
        problem,
    };
    let chain = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|problem| malformed(problem.to_string()))?;
    if chain.is_empty() { Err(malformed("there is none in it".into())) } else { Ok(chain) }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

fn all_names(names: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).into();
    for name in names {
        if !all.iter().any(|known| known == name) {
            all.push((*name).to_owned());
        }
    }
    all
}

/// The files exist, name every name, and last for a while yet.
fn is_good(authority: &Path, certificate: &Path, key: &Path, names: &[String], now: jiff::Timestamp) -> bool {
    let lasts = |path: &Path| -> Option<bool> {
        let chain = read_chain(path).ok()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(chain.first()?).ok()?;
        let rest = parsed.validity().not_after.timestamp() - now.as_second();
        Some(rest > RENEW_DAYS * DAY_SECONDS)
    };
    let covers = || -> Option<bool> {
        let chain = read_chain(certificate).ok()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(chain.first()?).ok()?;
        let covered = &parsed.subject_alternative_name().ok()??.value.general_names;
        Some(names.iter().all(|name| covered.iter().any(|general| is_name(general, name))))
    };
    key.exists()
        && lasts(authority) == Some(true)
        && lasts(certificate) == Some(true)
        && covers() == Some(true)
}

fn is_name(general: &x509_parser::extensions::GeneralName<'_>, name: &str) -> bool {
    use x509_parser::extensions::GeneralName;
    match (general, name.parse::<IpAddr>()) {
        (GeneralName::DNSName(dns), Err(_)) => *dns == name,
        (GeneralName::IPAddress(octets), Ok(IpAddr::V4(address))) => **octets == address.octets(),
        (GeneralName::IPAddress(octets), Ok(IpAddr::V6(address))) => **octets == address.octets(),
        _ => false,
    }
}

/// The authority of this data folder: the one that is there if it lasts, else a new one.
fn development_authority(
    data: &Path,
    certificate: &Path,
    now: jiff::Timestamp,
) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let key_path = data.join(AUTHORITY_KEY_FILE);
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::OrganizationName, "Offhook");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, AUTHORITY_DAYS);

    let existing = fs::read_to_string(&key_path).ok().and_then(|pem| KeyPair::from_pem(&pem).ok());
    let name = existing.as_ref().and_then(|_| authority_name(certificate, now));
    if let (Some(key), Some(name)) = (existing, name) {
        params.distinguished_name.push(DnType::CommonName, name);
        return Ok(Issuer::new(params, key));
    }
    let key = KeyPair::generate()?;
    // Two authorities of the same name but different keys confuse whoever trusts both.
    let name = format!("Offhook development authority {:x}", now.as_second());
    params.distinguished_name.push(DnType::CommonName, name);
    write(&key_path, &key.serialize_pem(), 0o600)?;
    write(certificate, &params.self_signed(&key)?.pem(), 0o644)?;
    Ok(Issuer::new(params, key))
}

/// The common name in the authority's certificate, if it lasts longer than what it signs.
fn authority_name(certificate: &Path, now: jiff::Timestamp) -> Option<String> {
    let chain = read_chain(certificate).ok()?;
    let (_, parsed) = x509_parser::parse_x509_certificate(chain.first()?).ok()?;
    let rest = parsed.validity().not_after.timestamp() - now.as_second();
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    (rest > CERTIFICATE_DAYS * DAY_SECONDS).then(|| name.to_owned())
}

fn make_certificate(
    issuer: &Issuer<'_, KeyPair>,
    certificate: &Path,
    key_path: &Path,
    names: &[String],
    now: jiff::Timestamp,
) -> Result<(), TlsError> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, names.last().map_or("localhost", String::as_str));
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_validity(&mut params, now, CERTIFICATE_DAYS);
    let key = KeyPair::generate()?;
    let signed = params.signed_by(&key, issuer)?;
    write(key_path, &key.serialize_pem(), 0o600)?;
    write(certificate, &signed.pem(), 0o644)
}

/// From yesterday, because clocks differ, for `days`.
fn set_validity(params: &mut CertificateParams, now: jiff::Timestamp, days: i64) {
    let date = |offset_days: i64| {
        let day = jiff::Timestamp::from_second(now.as_second() + offset_days * DAY_SECONDS).unwrap_or(now);
        let date = day.to_zoned(jiff::tz::TimeZone::UTC).date();
        date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = date(-1);
    params.not_after = date(days);
}

/// Writes beside the file and renames, so that a crash leaves the old file or the new one.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let unwritable = |source| TlsError::Unwritable { path: path.to_owned(), source };
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).map_err(unwritable)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
    fs::rename(&beside, path).map_err(unwritable)
}

const AUTHORITY_FILE: &str = "development-ca.pem";
const AUTHORITY_KEY_FILE: &str = "development-ca-key.pem";
const CERTIFICATE_FILE: &str = "development-certificate.pem";
const KEY_FILE: &str = "development-key.pem";

const DAY_SECONDS: i64 = 86_400;
const AUTHORITY_DAYS: i64 = 3650;
/// Browsers refuse leaf certificates that last longer than 398 days.
const CERTIFICATE_DAYS: i64 = 397;
/// A certificate with less than this left is replaced at the next start.
const RENEW_DAYS: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_800_000_000).expect("in range")
    }

    fn after_days(days: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(now().as_second() + days * DAY_SECONDS).expect("in range")
    }

    fn bytes(data: &Path, file: &str) -> Vec<u8> {
        fs::read(data.join(file)).expect("exists")
    }

    #[test]
    fn a_development_certificate_is_kept_until_it_must_change() {
        install_provider();
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        let tls = development(data, &["cc.example.com"], now()).expect("made");
        assert_eq!(tls.authority.as_deref(), Some(&*data.join(AUTHORITY_FILE)));
        let authority = bytes(data, AUTHORITY_FILE);
        let first = bytes(data, CERTIFICATE_FILE);
        for secret in [KEY_FILE, AUTHORITY_KEY_FILE] {
            let mode = fs::metadata(data.join(secret)).expect("exists").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{secret}");
        }

        development(data, &["cc.example.com"], after_days(300)).expect("kept");
        assert_eq!(bytes(data, CERTIFICATE_FILE), first);

        development(data, &["cc.example.com", "10.0.0.1"], now()).expect("made for one more name");
        let second = bytes(data, CERTIFICATE_FILE);
        assert_ne!(second, first);

        development(data, &["cc.example.com"], after_days(380)).expect("renewed");
        assert_ne!(bytes(data, CERTIFICATE_FILE), second);
        assert_eq!(bytes(data, AUTHORITY_FILE), authority, "whoever trusts it still does");
    }

    #[test]
    fn a_wrong_file_is_named() {
        install_provider();
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("empty.pem"), "").expect("written");
        let files = TlsFiles { certificate: path("empty.pem"), key: path("none.pem") };
        let error = from_files(&files).expect_err("no certificate").to_string();
        assert!(error.contains("empty.pem does not hold a certificate chain"), "{error}");
        let files = TlsFiles { certificate: path("none.pem"), key: path("none.pem") };
        let error = from_files(&files).expect_err("no file").to_string();
        assert!(error.contains("none.pem"), "{error}");
    }
}
