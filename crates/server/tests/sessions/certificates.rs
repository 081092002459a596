//! Certificates that change while the server runs.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName};
use server::config::Config;
use server::serve::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Nothing a server does takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// Writes a new certificate with its key. Clients that trust it can connect to `localhost`.
fn issue(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(folder.join("certificate.pem"), made.cert.pem()).expect("written");
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    made.cert.der().clone()
}

async fn secure(
    socket: TcpStream,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("usable");
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, socket)).await.expect("in time")
}

async fn connect(address: Option<SocketAddr>) -> TcpStream {
    TcpStream::connect(address.expect("listens")).await.expect("connects")
}

/// One HTTP request on a connection that stays.
async fn status(socket: &mut TlsStream<TcpStream>) -> String {
    socket.write_all(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(timeout(PATIENCE, socket.read_u8()).await.expect("in time").expect("an answer"));
    }
    String::from_utf8_lossy(&answer[9..12]).into_owned()
}

/// Goes on to TLS by STARTTLS.
async fn starttls(socket: &mut TcpStream) {
    let header = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams'>";
    let starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    for (said, end) in [(header, "</stream:features>"), (starttls, "xmpp-tls\"/>")] {
        socket.write_all(said.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            answer.push(timeout(PATIENCE, socket.read_u8()).await.expect("in time").expect("an answer"));
        }
    }
}

/// Whoever connects afterwards sees the new certificate, on all listeners; who is there already notices nothing. Files that
/// cannot be used change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = issue(folder.path());
    let listeners = ["https", "xmpp", "xmpps"].map(|name| format!("{name} = \"127.0.0.1:0\"\n")).concat();
    let text = format!(
        "data = {:?}\n{listeners}[tls]\ncertificate = {:?}\nkey = {:?}\n",
        folder.path().join("data"),
        folder.path().join("certificate.pem"),
        folder.path().join("key.pem")
    );
    let config = Config::parse(&text).expect("a good configuration");
    let server = Server::start(config).await.expect("starts");
    let addresses = server.addresses().clone();
    let mut old = secure(connect(addresses.https).await, &first).await.expect("the first certificate");
    assert_eq!(status(&mut old).await, "200");
    // It has not gone over to TLS when the certificate changes.
    let mut undecided = connect(addresses.xmpp).await;

    let second = issue(folder.path());
    secure(connect(addresses.https).await, &first).await.expect("nobody has said anything yet");
    server.reload_certificates().expect("good files");
    assert_eq!(status(&mut old).await, "200", "the connection is as it was");
    for address in [addresses.https, addresses.xmpps] {
        secure(connect(address).await, &second).await.expect("the second certificate");
        secure(connect(address).await, &first).await.expect_err("not the first any more");
    }
    starttls(&mut undecided).await;
    secure(undecided, &second).await.expect("the second certificate");

    fs::write(folder.path().join("key.pem"), "no key").expect("written");
    let error = server.reload_certificates().expect_err("no key").to_string();
    assert!(error.contains("key.pem"), "{error}");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(folder.path().join("key.pem"), other.signing_key.serialize_pem()).expect("written");
    let error = server.reload_certificates().expect_err("another's key").to_string();
    assert!(error.contains("cannot be used together"), "{error}");
    secure(connect(addresses.https).await, &second).await.expect("still the second certificate");
    server.stop().await;
}
