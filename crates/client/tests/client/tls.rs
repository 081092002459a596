//! Different faults of a certificate give different findings, and a file of one's own authority makes it good.

use std::{io::Write, net::SocketAddr, sync::Arc};

use client::Trust;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::peer::{fault, listen, open, reply};

/// A certificate, what it is to be served with, and the text of the authority's or its own.
struct Served {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    pem: String,
}

/// Signed by itself, as a first installation has it.
fn self_signed(params: CertificateParams) -> Served {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("signs");
    Served { chain: vec![certificate.der().clone()], key, pem: certificate.pem() }
}

/// Signed by an authority of its own.
fn issued(params: CertificateParams) -> Served {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.distinguished_name.push(rcgen::DnType::CommonName, "Test authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("signs");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &issuer).expect("signs");
    Served { chain: vec![certificate.der().clone()], key, pem: issuer.pem() }
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).expect("a name")
}

/// A server with this certificate that answers 404 to all that get through.
async fn serve(served: &Served) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(served.key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(served.chain.clone(), key))
        .expect("a usable certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    listen(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut socket) = acceptor.accept(socket).await {
                reply(&mut socket, &|_| "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned())
                    .await;
            }
        }
    })
    .await
}

/// What a client that trusts `trust` makes of it.
async fn judged(served: &Served, trust: &Trust) -> (String, &'static str, Option<&'static str>) {
    let port = serve(served).await.port();
    let (error, stage, id) = fault(open(&format!("wss://localhost:{port}/"), trust).await);
    (format!("{error} {}", error.advice().unwrap_or_default()), stage, id)
}

fn file(pem: &str) -> (tempfile::NamedTempFile, Trust) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(pem.as_bytes()).expect("writes");
    let trust = Trust::File(file.path().to_owned());
    (file, trust)
}

const GOT_THROUGH: (&str, Option<&str>) = ("upgrade", Some("UP-404"));

#[tokio::test]
async fn a_self_signed_certificate_can_be_trusted_by_file() {
    let served = self_signed(named("localhost"));
    let (text, stage, id) = judged(&served, &Trust::Public).await;
    assert_eq!((stage, id), ("tls", Some("TLS-UNKNOWN-CA")), "{text}");
    assert!(text.contains("self-signed") && text.contains("--cacert"), "{text}");
    let (_file, trust) = file(&served.pem);
    let (text, stage, id) = judged(&served, &trust).await;
    assert_eq!((stage, id), GOT_THROUGH, "{text}");
}

/// Old installations mark their self-signed certificate as an authority, which a strict verifier refuses at the
/// end of a chain.
#[tokio::test]
async fn a_self_signed_certificate_that_calls_itself_an_authority_can_be_trusted_too() {
    let mut params = named("localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let served = self_signed(params);
    let (text, stage, id) = judged(&served, &Trust::Public).await;
    assert_eq!((stage, id), ("tls", Some("TLS-UNKNOWN-CA")), "{text}");
    let (_file, trust) = file(&served.pem);
    let (text, stage, id) = judged(&served, &trust).await;
    assert_eq!((stage, id), GOT_THROUGH, "{text}");
}

#[tokio::test]
async fn an_authority_of_ones_own_is_named() {
    let served = issued(named("localhost"));
    let (text, stage, id) = judged(&served, &Trust::Public).await;
    assert_eq!((stage, id), ("tls", Some("TLS-UNKNOWN-CA")), "{text}");
    assert!(text.contains("Test authority") && text.contains("--cacert"), "{text}");
    let (_file, trust) = file(&served.pem);
    let (text, stage, id) = judged(&served, &trust).await;
    assert_eq!((stage, id), GOT_THROUGH, "{text}");
}

#[tokio::test]
async fn a_certificate_that_came_without_its_intermediate_is_recognised() {
    let mut params = named("localhost");
    // Authority information access: caIssuers, http://ca.test/ (RFC 5280 §4.2.2.1).
    let access = b"\x30\x1d\x30\x1b\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x0fhttp://ca.test/".to_vec();
    params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access));
    let (text, stage, id) = judged(&issued(params), &Trust::Public).await;
    assert_eq!((stage, id), ("tls", Some("TLS-INCOMPLETE-CHAIN")), "{text}");
    assert!(text.contains("the server should also send"), "{text}");
}

#[tokio::test]
async fn a_wrong_name_is_shown_beside_the_right_ones() {
    let served = issued(named("cc.example.test"));
    let (_file, trust) = file(&served.pem);
    let (text, stage, id) = judged(&served, &trust).await;
    assert_eq!((stage, id), ("tls", Some("TLS-HOSTNAME")), "{text}");
    assert!(text.contains("made for cc.example.test, not for localhost"), "{text}");
}

#[tokio::test]
async fn dates_are_told_apart() {
    let mut old = named("localhost");
    (old.not_before, old.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let mut early = named("localhost");
    (early.not_before, early.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
    for (params, expected, words) in
        [(old, "TLS-EXPIRED", "days ago"), (early, "TLS-NOTYET", "not valid for another")]
    {
        let served = issued(params);
        let (_file, trust) = file(&served.pem);
        let (text, stage, id) = judged(&served, &trust).await;
        assert_eq!((stage, id), ("tls", Some(expected)), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn anything_is_accepted_if_one_insists() {
    let mut old = named("cc.example.test");
    (old.not_before, old.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let (text, stage, id) = judged(&self_signed(old), &Trust::Anything).await;
    assert_eq!((stage, id), GOT_THROUGH, "{text}");
}

#[tokio::test]
async fn tls_to_a_plain_port_is_recognised() {
    // An HTTP server answers what it takes for a broken request.
    let address = listen(|mut socket| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let _ = socket.read_u8().await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let (error, stage, id) =
        fault(open(&format!("wss://localhost:{}/", address.port()), &Trust::Public).await);
    assert_eq!((stage, id), ("tls", Some("TLS-PLAINTEXT")), "{error}");
    assert!(error.advice().is_some_and(|advice| advice.contains("ws:")));
    // Another kind of server gives up without a word.
    let address = listen(|socket| async move { drop(socket) }).await;
    let (error, stage, _) =
        fault(open(&format!("wss://localhost:{}/", address.port()), &Trust::Public).await);
    assert_eq!(stage, "tls", "{error}");
}
