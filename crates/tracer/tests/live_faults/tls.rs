//! What goes wrong between TCP and HTTP: five faults of a certificate are five findings, and a certificate that is
//! refused is read all the same.

use std::{collections::BTreeSet, io::Write, net::SocketAddr, sync::Arc};

use client::Trust;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, server::WebPkiClientVerifier, version};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::{
    peer::{answering, listen, reply},
    traced::{Expected, trace},
};

/// A certificate and its key, and what a client would have to trust.
struct Served {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    authority: String,
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn self_signed(params: CertificateParams) -> Served {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("signs");
    Served { chain: vec![certificate.der().clone()], key, authority: certificate.pem() }
}

fn issued(params: CertificateParams) -> Served {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.distinguished_name.push(DnType::CommonName, "Contact centre authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("signs");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &issuer).expect("signs");
    Served { chain: vec![certificate.der().clone()], key, authority: issuer.pem() }
}

fn between(mut params: CertificateParams, first: i32, last: i32) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(first, 1, 1), date_time_ymd(last, 1, 1));
    params
}

/// As those say that were issued through an intermediate authority: where its certificate is, `http://ca.test/`.
fn naming_its_issuer(mut params: CertificateParams) -> CertificateParams {
    let access = b"\x30\x1d\x30\x1b\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x0fhttp://ca.test/".to_vec();
    params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access));
    params
}

/// How a server is set up, besides its certificate.
#[derive(Default)]
struct Setup {
    versions: Option<&'static SupportedProtocolVersion>,
    /// Only suites for RSA keys, which none of the certificates has.
    only_rsa: bool,
    asks_for_certificate: bool,
    only_http2: bool,
}

/// A server that answers 404 to all that get through.
async fn serve(served: &Served, setup: Setup) -> SocketAddr {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    if setup.only_rsa {
        provider.cipher_suites.retain(|suite| format!("{:?}", suite.suite()).contains("ECDHE_RSA"));
    }
    let provider = Arc::new(provider);
    let versions = match setup.versions {
        Some(version) => vec![version],
        None => vec![&version::TLS12, &version::TLS13],
    };
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions)
        .expect("versions");
    let config = if setup.asks_for_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(served.chain[0].clone()).expect("a certificate");
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
        config.with_client_cert_verifier(verifier.expect("a verifier"))
    } else {
        config.with_no_client_auth()
    };
    let key = PrivateKeyDer::try_from(served.key.serialize_der()).expect("a key");
    let mut config = config.with_single_cert(served.chain.clone(), key).expect("a usable certificate");
    if setup.only_http2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    let acceptor = TlsAcceptor::from(Arc::new(config));
    listen(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            match acceptor.accept(socket).into_fallible().await {
                Ok(mut socket) => {
                    let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
                    reply(&mut socket, &|_| answer.to_owned()).await;
                }
                // A socket that is dropped with something unread in it may take the alert along.
                Err((_, mut socket)) => {
                    let _ = socket.read_to_end(&mut Vec::new()).await;
                }
            }
        }
    })
    .await
}

fn trusting(pem: &str) -> (tempfile::NamedTempFile, Trust) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(pem.as_bytes()).expect("writes");
    let trust = Trust::File(file.path().to_owned());
    (file, trust)
}

fn expected(id: &'static str, confidence: &'static str, seen: &'static str) -> Expected {
    Expected { id, stage: "tls", confidence, seen }
}

#[tokio::test]
async fn five_faults_of_a_certificate_are_five_findings() {
    let localhost = || named("localhost");
    let cases = [
        (issued(between(localhost(), 2001, 2002)), true, expected("TLS-EXPIRED", "certain", "expired ")),
        (
            issued(between(localhost(), 2090, 2091)),
            true,
            expected("TLS-NOTYET", "likely", "not valid for another"),
        ),
        (
            issued(named("cc.example.test")),
            true,
            expected("TLS-HOSTNAME", "certain", "made for cc.example.test, not for localhost"),
        ),
        (
            issued(localhost()),
            false,
            expected("TLS-UNKNOWN-CA", "likely", "issued by \"Contact centre authority\""),
        ),
        (
            issued(naming_its_issuer(localhost())),
            false,
            expected("TLS-INCOMPLETE-CHAIN", "likely", "sent without its issuer's certificate"),
        ),
        (self_signed(localhost()), false, expected("TLS-UNKNOWN-CA", "likely", "self-signed")),
    ];
    let mut names = BTreeSet::new();
    for (served, is_trusted, expected) in &cases {
        let port = serve(served, Setup::default()).await.port();
        let (_file, trust) = trusting(&served.authority);
        let trust = if *is_trusted { &trust } else { &Trust::Public };
        let traced = trace(&format!("wss://localhost:{port}/line"), trust).await;
        traced.assert_only(*expected);
        // It was refused, and read.
        let chain = "SHA-256 ";
        assert!(
            traced.text.lines().any(|line| line.contains("certificate \"") && line.contains(chain)),
            "{}",
            traced.text
        );
        names.insert(expected.id);
    }
    assert_eq!(names.len(), 5);
    // The two that share a name have different causes.
    let causes = |text: &str| text.lines().filter(|line| line.contains(" why ")).collect::<String>();
    let port = serve(&cases[3].0, Setup::default()).await.port();
    let private = trace(&format!("wss://localhost:{port}/line"), &Trust::Public).await;
    let port = serve(&cases[5].0, Setup::default()).await.port();
    let own = trace(&format!("wss://localhost:{port}/line"), &Trust::Public).await;
    assert_ne!(causes(&private.text), causes(&own.text));
}

#[tokio::test]
async fn a_handshake_that_the_server_breaks_off_is_explained() {
    let served = issued(named("localhost"));
    let (_file, trust) = trusting(&served.authority);
    let wants = |versions| Setup { versions: Some(versions), asks_for_certificate: true, ..Setup::default() };
    let cases = [
        (wants(&version::TLS13), expected("TLS-MTLS", "likely", "asks for a client certificate")),
        (wants(&version::TLS12), expected("TLS-MTLS", "likely", "asks for a client certificate")),
        (
            Setup { versions: Some(&version::TLS12), only_rsa: true, ..Setup::default() },
            expected("TLS-CIPHER", "likely", "HandshakeFailure"),
        ),
        (
            Setup { only_http2: true, ..Setup::default() },
            expected("TLS-ALPN-H2", "certain", "NoApplicationProtocol"),
        ),
    ];
    for (setup, expected) in cases {
        let port = serve(&served, setup).await.port();
        trace(&format!("wss://localhost:{port}/line"), &trust).await.assert_only(expected);
    }
}

/// Servers that no library of today can be made to be: their alerts, as they are on the wire.
#[tokio::test]
async fn alerts_are_told_apart() {
    for (alert, expected) in [
        (70, expected("TLS-VERSION", "certain", "ProtocolVersion")),
        (40, expected("TLS-CIPHER", "likely", "HandshakeFailure")),
        (112, expected("TLS-SNI", "likely", "unrecognized_name")),
        (120, expected("TLS-ALPN-H2", "certain", "NoApplicationProtocol")),
    ] {
        let address = listen(move |mut socket| async move {
            let _ = socket.read_u8().await;
            let _ = socket.write_all(&[0x15, 3, 3, 0, 2, 2, alert]).await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        })
        .await;
        let traced = trace(&format!("wss://localhost:{}/line", address.port()), &Trust::Public).await;
        traced.assert_only(expected);
        // What is traced with speaks TLS 1.3, offers HTTP/1.1 and sends no address as a name.
        for excluded in ["The client, its library", "The client offers h2", "the client library"] {
            assert!(!traced.text.contains(excluded), "{}", traced.text);
        }
    }
}

#[tokio::test]
async fn the_wrong_kind_of_port_is_named_both_ways() {
    let plain = listen(|mut socket| async move {
        let _ = socket.read_u8().await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let traced = trace(&format!("wss://localhost:{}/line", plain.port()), &Trust::Public).await;
    traced.assert_only(expected("TLS-PLAINTEXT", "certain", "not TLS"));

    let port = serve(&self_signed(named("localhost")), Setup::default()).await.port();
    let traced = trace(&format!("ws://localhost:{port}/line"), &Trust::Public).await;
    let to_plain = |seen| Expected { stage: "upgrade", ..expected("TLS-TO-PLAIN", "certain", seen) };
    traced.assert_only(to_plain("speaks TLS on this port"));
    // nginx says it in words instead.
    let body = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>";
    let address = answering(move |_| format!("HTTP/1.1 400 Bad Request\r\n\r\n{body}")).await;
    let traced = trace(&format!("ws://localhost:{}/line", address.port()), &Trust::Public).await;
    traced.assert_only(to_plain("plain HTTP request was sent to HTTPS port"));
}
