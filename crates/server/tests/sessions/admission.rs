//! How many connections one address may have, how fast it may make them, and what it hears when that is too much.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use server::config::Config;
use server::metrics::{Limit, Metrics};
use server::serve::Server;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Nothing a server does takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

/// A server on all listeners, which counts this machine's connections like all others.
struct Gated {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Gated {
    async fn start(limits: &str) -> Gated {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listeners = ["https", "http", "xmpp", "xmpps"].map(|name| format!("{name} = \"127.0.0.1:0\"\n"));
        let text = format!(
            "data = {:?}\ndemo = true\n{}[limits]\nloopback_exempt = false\n{limits}\n",
            folder.path().join("data"),
            listeners.concat()
        );
        let config = Config::parse(&text).expect("a good configuration");
        Gated { server: Server::start(config).await.expect("starts"), _folder: folder }
    }

    fn http(&self) -> SocketAddr {
        self.server.addresses().http.expect("listens")
    }

    fn https(&self) -> SocketAddr {
        self.server.addresses().https.expect("listens")
    }

    fn metrics(&self) -> &Metrics {
        self.server.metrics()
    }

    async fn secure(&self, socket: TcpStream, protocol: &[u8]) -> TlsStream<TcpStream> {
        let path = self.server.authority().expect("a development certificate");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(path).expect("a certificate")).expect("usable");
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let name = ServerName::try_from("localhost").expect("a name");
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, socket);
        timeout(PATIENCE, connecting).await.expect("in time").expect("the TLS handshake succeeds")
    }
}

/// Connects from one of this machine's addresses.
async fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).expect("an address of this machine");
    socket.connect(to).await.expect("connects")
}

/// The answer to a request that wants no body; the connection stays.
async fn ask(socket: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    socket.write_all(REQUEST.replace("GET", "HEAD").as_bytes()).await.expect("sent");
    let reading = async {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(socket.read_u8().await.expect("an answer"));
        }
        String::from_utf8(answer).expect("text")
    };
    timeout(PATIENCE, reading).await.expect("an answer in time")
}

/// Everything that comes until the server ends the connection; it may end without TLS's goodbye.
async fn rest(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, socket.read_to_end(&mut rest)).await.expect("it ends in time");
    String::from_utf8(rest).expect("text")
}

/// One address has only so many connections, over all listeners; who has one too many hears 429 and is cut off, and who
/// ends one may have another.
#[tokio::test]
async fn connections_of_one_address_are_limited() {
    let server = Gated::start("connections_per_address_max = 2").await;
    let mut first = connect_from(1, server.http()).await;
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200 "));
    let xmpp = server.server.addresses().xmpp.expect("listens");
    let mut second = connect_from(1, xmpp).await;
    second.write_all(HEADER.as_bytes()).await.expect("sent");
    second.read_u8().await.expect("a stream");

    let mut third = connect_from(1, server.http()).await;
    third.write_all(REQUEST.as_bytes()).await.expect("sent");
    let refused = rest(&mut third).await;
    assert!(refused.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{refused}");
    assert!(
        refused.contains("\r\nretry-after: 30\r\n") && refused.contains("\r\nconnection: close\r\n"),
        "{refused}"
    );
    let sentence = "too many connections from this address (limits.connections_per_address_max)\n";
    assert!(refused.ends_with(sentence), "{refused}");
    assert_eq!(server.metrics().times_reached(Limit::ConnectionsPerAddress), 1);

    assert!(
        ask(&mut connect_from(2, server.http()).await).await.starts_with("HTTP/1.1 200 "),
        "somebody else"
    );
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200 "), "who is in is not affected");

    drop(first);
    let coming_back = async {
        let last = REQUEST.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        loop {
            let mut socket = connect_from(1, server.http()).await;
            // As long as the server has not noticed it is refused, at first with words.
            let _ = socket.write_all(last.as_bytes()).await;
            if rest(&mut socket).await.starts_with("HTTP/1.1 200 ") {
                break;
            }
        }
    };
    timeout(PATIENCE, coming_back).await.expect("there is room again");
}

/// One address may make only so many connections in a minute, and hears when the next one may come.
#[tokio::test]
async fn connections_of_one_address_begin_only_so_fast() {
    let server = Gated::start("connections_per_minute_max = 3").await;
    for _ in 0..3 {
        assert!(ask(&mut connect_from(1, server.http()).await).await.starts_with("HTTP/1.1 200 "));
    }
    let refused = ask(&mut connect_from(1, server.http()).await).await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    let seconds = refused.split("retry-after: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let seconds: u32 = seconds.expect("a time to wait").parse().expect("in seconds");
    assert!((1..=20).contains(&seconds), "{seconds}");
    assert_eq!(server.metrics().times_reached(Limit::ConnectionsPerMinute), 1);
}

/// Over TLS the same is said in HTTP/1.1 and HTTP/2.
#[tokio::test]
async fn https_connections_hear_why_they_are_refused() {
    let server = Gated::start("connections_per_address_max = 1").await;
    let mut in_use = connect_from(1, server.http()).await;
    ask(&mut in_use).await;

    let mut old = server.secure(connect_from(1, server.https()).await, b"http/1.1").await;
    let refused = ask(&mut old).await;
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("\r\nretry-after: 30\r\n"), "{refused}");

    let new = server.secure(connect_from(1, server.https()).await, b"h2").await;
    assert_eq!(new.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(new)).await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let request =
        http::Request::get("https://localhost/").body(Empty::<bytes::Bytes>::new()).expect("a request");
    let refused = timeout(PATIENCE, sender.send_request(request)).await.expect("in time").expect("an answer");
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"30".parse().expect("a value"))
    );
    let body = refused.into_body().collect().await.expect("a sentence").to_bytes();
    assert!(body.starts_with(b"too many connections from this address"));
    let _ = timeout(PATIENCE, connection).await.expect("the server ends the connection");
    assert_eq!(server.metrics().times_reached(Limit::ConnectionsPerAddress), 2);
}

/// Over TCP the refusal is a stream error after the server's header, and the end (RFC 6120 §4.9.3.14, §4.9.1.2).
#[tokio::test]
async fn tcp_connections_hear_why_they_are_refused() {
    let server = Gated::start("connections_per_address_max = 1").await;
    let mut in_use = connect_from(1, server.http()).await;
    ask(&mut in_use).await;
    let xmpp = server.server.addresses().xmpp.expect("listens");
    let mut clear = connect_from(1, xmpp).await;
    clear.write_all(HEADER.as_bytes()).await.expect("sent");
    clear.shutdown().await.expect("half of it is closed");
    let in_clear = rest(&mut clear).await;
    let xmpps = server.server.addresses().xmpps.expect("listens");
    let mut secure = server.secure(connect_from(1, xmpps).await, b"xmpp-client").await;
    for refused in [in_clear, rest(&mut secure).await] {
        assert!(refused.starts_with("<?xml version=\"1.0\"?><stream:stream "), "{refused}");
        assert!(refused.contains(" from=\"localhost\"") && refused.contains(" id=\""), "{refused}");
        assert!(
            refused.contains("<policy-violation xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>"),
            "{refused}"
        );
        assert!(refused.contains("(limits.connections_per_address_max)</text>"), "{refused}");
        assert!(refused.ends_with("</stream:error></stream:stream>"), "{refused}");
    }
}

/// Who goes on and on is not answered any more, which costs least.
#[tokio::test]
async fn only_the_first_refusals_have_words() {
    let server = Gated::start("connections_per_address_max = 1").await;
    let mut in_use = connect_from(1, server.http()).await;
    ask(&mut in_use).await;
    let mut answers = Vec::new();
    for _ in 0..70 {
        let mut socket = connect_from(1, server.http()).await;
        // It may be closed by now.
        let _ = socket.write_all(REQUEST.as_bytes()).await;
        answers.push(rest(&mut socket).await.starts_with("HTTP/1.1 429 "));
    }
    let told = answers.iter().filter(|is_told| **is_told).count();
    // One more may be told while the test runs; each takes a second to be earned.
    assert!(answers[..60].iter().all(|is_told| *is_told) && told < 70, "{told}");
    assert_eq!(server.metrics().times_reached(Limit::ConnectionsPerAddress), 70);
}

/// By default the connections of this machine are not counted: they may all be those of one proxy.
#[tokio::test]
async fn this_machine_is_exempt_unless_it_shall_not_be() {
    assert!(Config::default().limits.loopback_exempt);
    let limits = "[limits]\nconnections_per_address_max = 1\nconnections_per_minute_max = 1\n";
    let server = crate::start::TestServer::start(limits).await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = connect_from(1, server.address()).await;
        assert!(ask(&mut socket).await.starts_with("HTTP/1.1 200 "));
        sockets.push(socket);
    }
    assert_eq!(server.server.metrics().times_reached(Limit::ConnectionsPerAddress), 0);
}
