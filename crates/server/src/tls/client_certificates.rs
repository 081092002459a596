//! Certificates of clients: who is asked for one, whether it is good, and for whom (XEP-0178 §2, RFC 6120 §13.7.1.4).

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::asn1_rs::{FromDer, TaggedExplicit, Utf8String};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::Oid;
use x509_parser::oid_registry::asn1_rs::oid;
use xmpp::{BareJid, jid::NodePart};

use super::{TlsError, read_chain};
use crate::config::{CertificateName, ClientCertificateSettings};

/// How certificates of clients are judged.
#[derive(Debug)]
pub struct ClientCertificates {
    verifier: Arc<dyn ClientCertVerifier>,
    names: Vec<CertificateName>,
    domain: String,
}

impl ClientCertificates {
    /// Reads the authorities.
    ///
    /// - `domain`: only users of this domain can be named.
    ///
    /// # Errors
    ///
    /// The file that cannot be used.
    pub fn new(settings: &ClientCertificateSettings, domain: &str) -> Result<ClientCertificates, TlsError> {
        let malformed = |problem: String| TlsError::Malformed {
            path: settings.authorities.clone(),
            expected: "certificates of authorities",
            problem,
        };
        let mut roots = RootCertStore::empty();
        for certificate in read_chain(&settings.authorities)? {
            roots.add(certificate).map_err(|error| malformed(error.to_string()))?;
        }
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build();
        Ok(ClientCertificates {
            verifier: verifier.map_err(|error| malformed(error.to_string()))?,
            names: settings.names.clone(),
            domain: domain.to_owned(),
        })
    }

    /// Makes connections with this configuration ask the client for a certificate, which it need not have.
    ///
    /// A certificate that is not good does not end the connection: it only lets nobody in (XEP-0178 §2).
    pub fn ask(&self, config: &ServerConfig) -> ServerConfig {
        let asking = Arc::new(Asking { verifier: Arc::clone(&self.verifier) });
        ServerConfig::builder()
            .with_client_cert_verifier(asking)
            .with_cert_resolver(Arc::clone(&config.cert_resolver))
    }

    /// The users for whom a client with this chain may log in; nobody if it is not good.
    ///
    /// - `chain`: what the client has shown, its own certificate first. That it has the key is checked by TLS.
    pub fn users(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Vec<BareJid> {
        let Some((own, others)) = chain.split_first() else { return Vec::new() };
        if let Err(error) = self.verifier.verify_client_cert(own, others, now) {
            tracing::info!(%error, "a client's certificate is not good");
            return Vec::new();
        }
        let Ok((_, certificate)) = x509_parser::parse_x509_certificate(own) else { return Vec::new() };
        let users = self.names.iter().map(|name| self.named(&certificate, *name));
        users.into_iter().find(|users| !users.is_empty()).unwrap_or_default()
    }

    fn named(&self, certificate: &X509Certificate<'_>, name: CertificateName) -> Vec<BareJid> {
        let mut users: Vec<BareJid> = match name {
            CertificateName::XmppAddress => xmpp_addresses(certificate)
                .iter()
                .filter_map(|address| BareJid::new(address).ok())
                .filter(|user| user.node().is_some() && user.domain().as_str() == self.domain)
                .collect(),
            CertificateName::CommonName => certificate
                .subject()
                .iter_common_name()
                .filter_map(|common_name| common_name.as_str().ok())
                .filter_map(|common_name| self.user(common_name))
                .collect(),
        };
        users.truncate(NAMES_MAX);
        users
    }

    /// `1001001` or `1001001@domain`.
    fn user(&self, name: &str) -> Option<BareJid> {
        let local = match name.rsplit_once('@') {
            Some((local, domain)) if domain.eq_ignore_ascii_case(&self.domain) => local,
            Some(_) => return None,
            None => name,
        };
        NodePart::new(local).ok()?;
        BareJid::new(&format!("{local}@{}", self.domain)).ok()
    }
}

/// The subjectAltNames of type `id-on-xmppAddr`, at most [`NAMES_MAX`].
fn xmpp_addresses(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let address = |name: &GeneralName<'_>| match name {
        GeneralName::OtherName(kind, value) if *kind == ID_ON_XMPP_ADDR => {
            let (_, address) =
                TaggedExplicit::<Utf8String<'_>, x509_parser::asn1_rs::Error, 0>::from_der(value).ok()?;
            Some(address.into_inner().as_ref().to_owned())
        }
        _ => None,
    };
    names.value.general_names.iter().filter_map(address).take(NAMES_MAX).collect()
}

/// RFC 6120 §13.7.1.4.
const ID_ON_XMPP_ADDR: Oid<'static> = oid!(1.3.6.1.5.5.7.8.5);

/// Users that one certificate may name. More are not looked at.
const NAMES_MAX: usize = 16;

/// Asks for a certificate and takes any: whether it is good is judged when a stream wants to know. That the client has
/// its key is checked here, as ever.
struct Asking {
    verifier: Arc<dyn ClientCertVerifier>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").finish_non_exhaustive()
    }
}

impl ClientCertVerifier for Asking {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::install_provider;
    use rcgen::string::Ia5String;
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
        OtherNameValue, SanType,
    };

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
    }

    /// A certificate with these addresses and this common name.
    fn certificate(
        authority: &CertifiedIssuer<'static, KeyPair>,
        addresses: &[&str],
        common_name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Vec<CertificateDer<'static>> {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.extended_key_usages = vec![usage];
        for address in addresses {
            let value = OtherNameValue::Utf8String((*address).to_owned());
            params.subject_alt_names.push(SanType::OtherName((vec![1, 3, 6, 1, 5, 5, 7, 8, 5], value)));
        }
        let mail = Ia5String::try_from("1001009@localhost").expect("ASCII");
        params.subject_alt_names.push(SanType::Rfc822Name(mail));
        let key = KeyPair::generate().expect("a key");
        vec![params.signed_by(&key, authority).expect("signed").der().clone()]
    }

    #[test]
    fn a_certificate_names_users_of_this_domain() {
        install_provider();
        let authority = authority();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("clients.pem");
        std::fs::write(&path, authority.pem()).expect("written");
        let judge = |names: &[CertificateName]| {
            let settings = ClientCertificateSettings { authorities: path.clone(), names: names.to_vec() };
            ClientCertificates::new(&settings, "localhost").expect("usable")
        };
        let users = |judge: &ClientCertificates, addresses: &[&str], common_name: &str| -> Vec<String> {
            let chain = certificate(&authority, addresses, common_name, ExtendedKeyUsagePurpose::ClientAuth);
            judge.users(&chain, UnixTime::now()).iter().map(ToString::to_string).collect()
        };
        let by_address = judge(&[CertificateName::XmppAddress]);
        assert_eq!(users(&by_address, &["1001001@localhost"], "1001002"), ["1001001@localhost"]);
        assert_eq!(
            users(&by_address, &["1001001@elsewhere", "1001002@LOCALHOST", "localhost", "@"], "x"),
            ["1001002@localhost"]
        );
        assert!(users(&by_address, &[], "1001002").is_empty());
        let by_both = judge(&[CertificateName::XmppAddress, CertificateName::CommonName]);
        assert_eq!(users(&by_both, &["1001001@localhost"], "1001002"), ["1001001@localhost"]);
        assert_eq!(users(&by_both, &["1001001@elsewhere"], "1001002"), ["1001002@localhost"]);
        assert_eq!(users(&by_both, &[], "1001002@localhost"), ["1001002@localhost"]);
        assert!(users(&by_both, &[], "1001002@elsewhere").is_empty());
        assert!(users(&by_both, &[], "Jane Doe").is_empty());

        // Of another authority, for another use, too old, or none at all.
        let for_clients = ExtendedKeyUsagePurpose::ClientAuth;
        let foreign = certificate(&self::authority(), &["1001001@localhost"], "x", for_clients.clone());
        assert!(by_address.users(&foreign, UnixTime::now()).is_empty());
        let for_servers =
            certificate(&authority, &["1001001@localhost"], "x", ExtendedKeyUsagePurpose::ServerAuth);
        assert!(by_address.users(&for_servers, UnixTime::now()).is_empty());
        let good = certificate(&authority, &["1001001@localhost"], "x", for_clients);
        let later = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1 << 40));
        assert!(by_address.users(&good, later).is_empty());
        assert!(by_address.users(&[], UnixTime::now()).is_empty());
    }
}
