//! Whom to believe: the public certificate authorities, one's own authority, or anybody. Whatever the choice, the
//! certificates a server shows and what is wrong with them are kept for the report.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        ResolvesClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};

use crate::certificate::Certificate;

/// Which certificates are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities this system trusts, and Mozilla's list.
    #[default]
    Public,
    /// The authorities (or the very certificates) in this PEM file, besides the public ones.
    File(PathBuf),
    /// Anybody. The verdict is still reported.
    Anything,
}

/// The roots are read once; each connection gets its own recorder.
#[derive(Clone)]
pub(crate) struct Verdicts {
    inner: Arc<WebPkiServerVerifier>,
    /// Certificates of the file, believed as they stand even where they are no authority.
    pinned: Arc<Vec<CertificateDer<'static>>>,
    lenient: bool,
    provider: Arc<CryptoProvider>,
}

impl Verdicts {
    pub(crate) fn new(trust: &Trust) -> Result<Verdicts, TrustError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(bundle) = SYSTEM_BUNDLES.iter().map(Path::new).find(|path| path.is_file()) {
            // A system store with an odd certificate in it is normal: take those that parse.
            roots.add_parsable_certificates(
                CertificateDer::pem_file_iter(bundle).into_iter().flatten().flatten(),
            );
        }
        let mut pinned = Vec::new();
        if let Trust::File(path) = trust {
            pinned = read_file(path)?;
            let (added, _) = roots.add_parsable_certificates(pinned.iter().cloned());
            if added == 0 {
                return Err(TrustError::Unreadable {
                    path: path.clone(),
                    why: "no certificate in it parses".into(),
                });
            }
        }
        let inner = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .expect("the root store holds Mozilla's list, so it is not empty");
        Ok(Verdicts { inner, pinned: pinned.into(), lenient: *trust == Trust::Anything, provider })
    }

    /// A configuration for one connection and the place where its certificates will be noted.
    pub(crate) fn connection(&self) -> (ClientConfig, Arc<Recorder>) {
        let recorder = Arc::new(Recorder { verdicts: self.clone(), seen: Mutex::default() });
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(recorder.clone())
            .with_client_cert_resolver(recorder.clone());
        // A WebSocket handshake is HTTP/1.1; a proxy that would choose h2 must not.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        (config, recorder)
    }
}

/// What was seen of a server's certificates on one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) problem: Option<CertificateProblem>,
    /// The server asked for a certificate of ours.
    pub(crate) asked_for_ours: bool,
}

pub(crate) struct Recorder {
    verdicts: Verdicts,
    seen: Mutex<Seen>,
}

impl Recorder {
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain: Vec<_> = std::iter::once(end_entity)
            .chain(intermediates)
            .take(CHAIN_MAX)
            .filter_map(Certificate::read)
            .collect();
        let mut verdict = self.verdicts.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        if verdict.is_err() && self.verdicts.pinned.iter().any(|pinned| pinned == end_entity) {
            verdict = believe_pinned(&chain, server_name, now).map(|()| ServerCertVerified::assertion());
        }
        let problem = verdict.as_ref().err().map(|error| CertificateProblem::new(error, &chain, now));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.chain, seen.problem) = (chain, problem);
        drop(seen);
        if self.verdicts.lenient { Ok(ServerCertVerified::assertion()) } else { verdict }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // An end-entity certificate that webpki refuses to read (an old self-signed one marked as an
        // authority, for instance) still carries a usable key, so the signature is checked in every case.
        self.verdicts.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verdicts.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verdicts.inner.supported_verify_schemes()
    }
}

/// There is no certificate of ours; that the server asks for one is what explains its refusal.
impl ResolvesClientCert for Recorder {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).asked_for_ours = true;
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// A certificate that the person named by file is believed although it may be marked as an authority (which
/// webpki refuses at the end of a chain), as long as its names and dates fit.
fn believe_pinned(chain: &[Certificate], name: &ServerName<'_>, now: UnixTime) -> Result<(), rustls::Error> {
    let leaf = chain.first().ok_or(CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now > leaf.not_after {
        return Err(CertificateError::Expired.into());
    }
    if now < leaf.not_before {
        return Err(CertificateError::NotValidYet.into());
    }
    let asked = name.to_str().to_ascii_lowercase();
    if leaf.names.iter().any(|name| name_matches(name, &asked)) {
        return Ok(());
    }
    Err(CertificateError::NotValidForName.into())
}

/// RFC 6125 §6.4.3: a wildcard stands for exactly one left-most label.
fn name_matches(name: &str, asked: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("*.") {
        Some(parent) => {
            asked.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
        }
        None => name == asked,
    }
}

/// What is wrong with a certificate, one variant per thing that is mended differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Past its end, by this many seconds.
    Expired {
        /// Seconds since the end.
        seconds: i64,
    },
    /// Before its start, by this many seconds.
    NotYetValid {
        /// Seconds until the start.
        seconds: i64,
    },
    /// None of its names is the one asked for.
    WrongName,
    /// It vouches for itself and is not in the list of those believed.
    SelfSigned,
    /// Its issuer is not in the list of those believed; the chain that was sent leads nowhere.
    UnknownIssuer {
        /// The issuer that the last certificate of the chain names.
        issuer: String,
        /// Only the server's own certificate was sent, and it says that there is an intermediate authority.
        incomplete: bool,
    },
    /// It has been revoked.
    Revoked,
    /// Anything else, in the words of the TLS library.
    Other(String),
}

impl CertificateProblem {
    fn new(error: &rustls::Error, chain: &[Certificate], now: UnixTime) -> CertificateProblem {
        let rustls::Error::InvalidCertificate(error) = error else {
            return CertificateProblem::Other(error.to_string());
        };
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let leaf = chain.first();
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                // The leaf's date, or that of whichever certificate of the chain ran out.
                let end = chain.iter().map(|c| c.not_after).min().unwrap_or(now);
                CertificateProblem::Expired { seconds: now - end }
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                let start = chain.iter().map(|c| c.not_before).max().unwrap_or(now);
                CertificateProblem::NotYetValid { seconds: start - now }
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                CertificateProblem::WrongName
            }
            CertificateError::Revoked => CertificateProblem::Revoked,
            CertificateError::UnknownIssuer if leaf.is_some_and(|leaf| leaf.self_signed) => {
                CertificateProblem::SelfSigned
            }
            CertificateError::UnknownIssuer => CertificateProblem::UnknownIssuer {
                issuer: chain.last().map(|c| c.issuer.clone()).unwrap_or_default(),
                incomplete: chain.len() == 1 && leaf.is_some_and(|leaf| leaf.names_issuer_source),
            },
            // webpki's word for a self-signed certificate marked as an authority.
            CertificateError::Other(other) if leaf.is_some_and(|l| l.self_signed) => {
                if other.to_string().contains("CaUsedAsEndEntity") {
                    CertificateProblem::SelfSigned
                } else {
                    CertificateProblem::Other(error.to_string())
                }
            }
            _ => CertificateProblem::Other(error.to_string()),
        }
    }
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateProblem::Expired { seconds } => write!(f, "expired {} ago", days(*seconds)),
            CertificateProblem::NotYetValid { seconds } => {
                write!(f, "not valid for another {}", days(*seconds))
            }
            CertificateProblem::WrongName => f.write_str("made for other names"),
            CertificateProblem::SelfSigned => f.write_str("self-signed, no known authority vouches for it"),
            CertificateProblem::UnknownIssuer { issuer, incomplete: true } => {
                write!(
                    f,
                    "issued by \"{issuer}\", which is not trusted here, and sent without its issuer's certificate"
                )
            }
            CertificateProblem::UnknownIssuer { issuer, incomplete: false } => {
                write!(f, "issued by \"{issuer}\", which is not trusted here")
            }
            CertificateProblem::Revoked => f.write_str("revoked"),
            CertificateProblem::Other(text) => f.write_str(text),
        }
    }
}

/// The file with authorities cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read, or holds no certificate.
    #[error("cannot use {} as a file of certificates (PEM): {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
}

fn read_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let unreadable = |why: String| TrustError::Unreadable { path: path.to_owned(), why };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("it holds no \"BEGIN CERTIFICATE\" block".into()));
    }
    Ok(certificates)
}

fn days(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s if s < 2 * 86_400 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

/// Where Linux distributions keep the authorities they trust.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Certificates of a chain that are read.
const CHAIN_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_one_label() {
        assert!(name_matches("*.example.test", "a.example.test"));
        assert!(!name_matches("*.example.test", "a.b.example.test"));
        assert!(!name_matches("*.example.test", "example.test"));
        assert!(name_matches("LOCALHOST", "localhost"));
    }

    #[test]
    fn an_unusable_file_says_why() {
        let missing = Verdicts::new(&Trust::File("/nonexistent/ca.pem".into())).err().expect("no such file");
        assert!(missing.to_string().contains("/nonexistent/ca.pem"), "{missing}");
    }
}
