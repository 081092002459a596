//! XMPP over TCP: STARTTLS, TLS from the first byte, client certificates, and how streams end.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    OtherNameValue, SanType,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::start::TestServer;

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";
const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const END: &str = "</stream:stream>";
/// 1001001 with its password.
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADEwMDEwMDEAb2ZmaG9vaw==</auth>";
const BIND: &str = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop\
    </resource></bind></iq>";

/// Nothing a server does takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that is little more than a socket.
struct Client<S> {
    socket: S,
    unread: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn new(socket: S) -> Client<S> {
        Client { socket, unread: String::new() }
    }

    async fn send(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.expect("sent");
    }

    /// Everything that comes, up to and with `end`.
    async fn until(&mut self, end: &str) -> String {
        let reading = async {
            loop {
                if let Some(found) = self.unread.find(end) {
                    let rest = self.unread.split_off(found + end.len());
                    return std::mem::replace(&mut self.unread, rest);
                }
                let mut buffer = [0; 4096];
                let count = self.socket.read(&mut buffer).await.expect("readable");
                assert!(count > 0, "the server closed; {end} is not in {}", self.unread);
                self.unread.push_str(std::str::from_utf8(&buffer[..count]).expect("text"));
            }
        };
        timeout(PATIENCE, reading).await.expect("it comes in time")
    }

    /// Says something and hears what comes, up to and with `end`.
    async fn ask(&mut self, text: &str, end: &str) -> String {
        self.send(text).await;
        self.until(end).await
    }

    /// Everything that comes until the server ends the connection.
    async fn rest(mut self) -> String {
        let mut rest = Vec::new();
        // Without TLS's own goodbye the end is an error, which says as much.
        let _ = timeout(PATIENCE, self.socket.read_to_end(&mut rest)).await.expect("it ends in time");
        self.unread + std::str::from_utf8(&rest).expect("text")
    }

    /// Signs in, from the header to the bound resource.
    async fn sign_in(&mut self) {
        let features = self.ask(HEADER, "</stream:features>").await;
        assert!(features.contains("<mechanism>PLAIN</mechanism>"), "{features}");
        self.ask(AUTH, "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>").await;
        self.ask(HEADER, "</stream:features>").await;
        let bound = self.ask(BIND, "</iq>").await;
        assert!(bound.contains("<jid>1001001@localhost/desktop</jid>"), "{bound}");
    }
}

struct Tcp(TestServer);

impl Tcp {
    async fn start(settings: &str) -> Tcp {
        let listeners = "xmpp = \"127.0.0.1:0\"\nxmpps = \"127.0.0.1:0\"\n";
        Tcp(TestServer::start(&format!("{listeners}{settings}")).await)
    }

    async fn connect(&self) -> Client<TcpStream> {
        let address = self.0.server.addresses().xmpp.expect("listens");
        Client::new(TcpStream::connect(address).await.expect("connects"))
    }

    async fn connect_to_tls(&self) -> TcpStream {
        let address = self.0.server.addresses().xmpps.expect("listens");
        TcpStream::connect(address).await.expect("connects")
    }

    fn roots(&self) -> RootCertStore {
        let path = self.0.server.authority().expect("a development certificate");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(path).expect("a certificate")).expect("usable");
        roots
    }

    async fn secure(&self, socket: TcpStream) -> Client<TlsStream<TcpStream>> {
        let config = ClientConfig::builder().with_root_certificates(self.roots()).with_no_client_auth();
        self.secure_with(socket, config).await
    }

    async fn secure_with(&self, socket: TcpStream, config: ClientConfig) -> Client<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").expect("a name");
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, socket);
        Client::new(
            timeout(PATIENCE, connecting).await.expect("in time").expect("the TLS handshake succeeds"),
        )
    }
}

/// Where STARTTLS is required nothing else is on offer. After `<proceed/>` the stream is a new one with an id of its own,
/// and offers it no more (RFC 6120 §5.4).
#[tokio::test]
async fn checklist_122_starttls_leads_to_a_new_stream() {
    let server = Tcp::start("").await;
    let mut client = server.connect().await;
    let features = client.ask(HEADER, "</stream:features>").await;
    assert!(features.contains("<required/>"), "{features}");
    assert!(!features.contains("<mechanism>"), "{features}");
    client.ask(STARTTLS, "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>").await;
    let mut client = server.secure(client.socket).await;
    let secure = client.ask(HEADER, "</stream:features>").await;
    assert!(!secure.contains("starttls"), "{secure}");
    assert_ne!(id(&features), id(&secure));
    drop(client);

    let client = server.connect().await.socket;
    let mut client = Client::new(client);
    client.ask(HEADER, "</stream:features>").await;
    client.ask(STARTTLS, "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>").await;
    server.secure(client.socket).await.sign_in().await;
}

/// What somebody has put behind the client's request in the clear is not taken for the client's in TLS (RFC 6120 §5.4.3.3).
#[tokio::test]
async fn checklist_122_bytes_behind_starttls_are_forgotten() {
    let server = Tcp::start("tcp.starttls = \"optional\"\nauth.plain_in_clear = \"loopback\"\n").await;
    let mut client = server.connect().await;
    client.ask(HEADER, "</stream:features>").await;
    client
        .ask(&format!("{STARTTLS}{HEADER}{AUTH}"), "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>")
        .await;
    let mut client = server.secure(client.socket).await;
    client.sign_in().await;
    assert_eq!(client.unread, "");
}

/// TLS from the first byte, with and without the name of the protocol in its handshake (XEP-0368 §3).
#[tokio::test]
async fn checklist_122_tls_from_the_first_byte() {
    let server = Tcp::start("").await;
    server.secure(server.connect_to_tls().await).await.sign_in().await;

    let mut config = ClientConfig::builder().with_root_certificates(server.roots()).with_no_client_auth();
    config.alpn_protocols = vec![b"xmpp-client".to_vec()];
    let mut client = server.secure_with(server.connect_to_tls().await, config).await;
    assert_eq!(client.socket.get_ref().1.alpn_protocol(), Some(b"xmpp-client".as_slice()));
    client.sign_in().await;

    let mut clear = Client::new(server.connect_to_tls().await);
    clear.send(HEADER).await;
    clear.socket.shutdown().await.expect("half of it is closed");
    let answer = clear.rest().await;
    assert!(answer.contains("This port expects TLS from the first byte"), "{answer}");
}

/// White space between stanzas means nothing, and the server sends it on an idle stream (RFC 6120 §4.6.1). Tags and
/// characters may be cut anywhere.
#[tokio::test]
async fn checklist_123_white_space_and_single_bytes() {
    let server = Tcp::start("tcp.starttls = \"off\"\ntcp.keep_alive_interval = \"1 s\"\n").await;
    let mut client = server.connect().await;
    client.sign_in().await;
    let ping =
        "\n \t<message to='1001001@localhost/desktop' id='é'><body>\u{1F4DE} naïve</body></message> \r\n";
    for byte in ping.as_bytes() {
        client.socket.write_all(&[*byte]).await.expect("sent");
        client.socket.flush().await.expect("flushed");
    }
    let message = client.until("</message>").await;
    assert!(message.contains("<body>\u{1F4DE} naïve</body>"), "{message}");
    assert_eq!(client.until(" ").await.trim_start_matches(' '), "");
}

/// The end of a stream is answered with the other end's, and the connection closes (RFC 6120 §4.4).
#[tokio::test]
async fn checklist_124_a_stream_that_is_closed() {
    let server = Tcp::start("tcp.starttls = \"off\"\n").await;
    let mut client = server.connect().await;
    client.sign_in().await;
    client.send(END).await;
    assert_eq!(client.rest().await, END);

    let mut broken = server.connect().await;
    broken.sign_in().await;
    broken.send("<iq></message>").await;
    let rest = broken.rest().await;
    assert!(rest.contains("<not-well-formed ") && rest.ends_with(END), "{rest}");
}

/// A connection that never says anything is ended after its time.
#[tokio::test]
async fn checklist_124_a_peer_that_is_not_there() {
    let server = Tcp::start("tcp.starttls = \"off\"\nlimits.open_timeout = \"1 s\"\n").await;
    let rest = server.connect().await.rest().await;
    assert!(rest.contains("<connection-timeout ") && rest.ends_with(END), "{rest}");
}

/// RFC 6120 §4.9.3.19: who is sent elsewhere when the server stops is told where in a stream error, in whatever state its
/// stream is.
#[tokio::test]
async fn checklist_026_tcp_clients_are_sent_elsewhere() {
    let server = Tcp::start("tcp.starttls = \"off\"\ntcp.see_other_host = \"b.example:5222\"\n").await;
    let mut agent = server.connect().await;
    agent.sign_in().await;
    let mut secure = server.secure(server.connect_to_tls().await).await;
    secure.ask(HEADER, "</stream:features>").await;
    let mut stranger = server.connect().await;
    stranger.ask(HEADER, "</stream:features>").await;
    let stop = tokio::spawn(server.0.server.stop());
    let elsewhere =
        "<see-other-host xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\">b.example:5222</see-other-host>";
    for mut client in [agent, stranger] {
        let end = client.ask("", END).await;
        assert!(end.contains(elsewhere) && !end.contains("system-shutdown"), "{end}");
    }
    let end = secure.ask("", END).await;
    assert!(end.contains(elsewhere), "{end}");
    drop(secure);
    stop.await.expect("stops");
}

/// EXTERNAL: a certificate of the named authorities lets in whom it names, and nobody else (XEP-0178 §2).
#[tokio::test]
async fn a_client_signs_in_with_its_certificate() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("clients.pem");
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Clients");
    let authority =
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
    std::fs::write(&path, authority.pem()).expect("written");
    let server = Tcp::start(&format!("tls.client_authorities = {path:?}\n")).await;

    let certificate = |address: &str| {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        let value = OtherNameValue::Utf8String(address.to_owned());
        params.subject_alt_names.push(SanType::OtherName((vec![1, 3, 6, 1, 5, 5, 7, 8, 5], value)));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &authority).expect("signed").der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ClientConfig::builder()
            .with_root_certificates(server.roots())
            .with_client_auth_cert(vec![certificate], key)
            .expect("usable")
    };
    let external = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>";

    let mut named = server.secure_with(server.connect_to_tls().await, certificate("1001001@localhost")).await;
    let features = named.ask(HEADER, "</stream:features>").await;
    assert!(features.contains("<mechanism>EXTERNAL</mechanism>"), "{features}");
    named.ask(external, "<success ").await;

    // After STARTTLS as well.
    let mut client = server.connect().await;
    client.ask(HEADER, "</stream:features>").await;
    client.ask(STARTTLS, "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>").await;
    let mut client = server.secure_with(client.socket, certificate("1001001@localhost")).await;
    client.ask(HEADER, "</stream:features>").await;
    client.ask(external, "<success ").await;

    let mut nobody = server.secure_with(server.connect_to_tls().await, certificate("nobody@localhost")).await;
    nobody.ask(HEADER, "</stream:features>").await;
    nobody.ask(external, "<not-authorized/>").await;

    let mut foreign =
        server.secure_with(server.connect_to_tls().await, certificate("1001001@elsewhere")).await;
    let features = foreign.ask(HEADER, "</stream:features>").await;
    assert!(!features.contains("EXTERNAL"), "{features}");
}

fn id(header: &str) -> &str {
    header.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id")
}

/// Faults strike streams over TCP as they do WebSockets: the end has its host in it, pings stay unanswered, and a connection that
/// is lost hears nothing.
#[tokio::test]
async fn faults_strike_tcp_too() {
    let server = Tcp::start("").await;
    let path = |line: &str| format!("{line} /offhook/v1");
    let own = async |line: String, body: &str| {
        crate::faults::http(server.0.address(), "admin", &line, body).await.2
    };
    let mut client = server.secure(server.connect_to_tls().await).await;
    client.sign_in().await;
    let sessions = own(path("GET") + "/sessions", "").await;
    assert!(sessions.contains("\"transport\":\"tcp\""), "{sessions}");
    own(path("POST") + "/faults", r#"{"fault": "ignore_pings", "user": "1001001", "times": 1}"#).await;
    client.send("<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    let pong = client.ask("<iq type='get' id='p2'><ping xmlns='urn:xmpp:ping'/></iq>", "/>").await;
    assert!(pong.contains("id=\"p2\""), "{pong}");
    let end = r#"{"fault": "end", "user": "1001001", "condition": "see-other-host", "host": "wss://b.example/ws/"}"#;
    own(path("POST") + "/faults", end).await;
    let rest = client.until(END).await;
    assert!(rest.contains(">wss://b.example/ws/</see-other-host>"), "{rest}");

    let mut client = server.secure(server.connect_to_tls().await).await;
    client.sign_in().await;
    own(path("POST") + "/faults", r#"{"fault": "drop", "user": "1001001"}"#).await;
    assert_eq!(client.rest().await, "");
}
