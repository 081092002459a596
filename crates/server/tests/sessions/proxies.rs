//! Clients behind proxies: believed are those proxies that the settings name, and nobody else.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use server::metrics::Limit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::client::{Client, OPEN};
use crate::start::TestServer;

/// Nothing a server does takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// Trusts 127.0.0.7, and no other address of this machine; passwords come in TLS or not at all.
const SETTINGS: &str = "auth.plain_in_clear = \"never\"\nweb.trusted_proxies = [\"127.0.0.7\"]\n";

async fn connect_from(last: u8, server: &TestServer) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).expect("an address of this machine");
    socket.connect(server.address()).await.expect("connects")
}

/// Upgrades a connection of the trusted proxy.
async fn open(server: &TestServer, headers: &str) -> Result<Client, String> {
    Client::upgrade(connect_from(7, server).await, headers).await
}

/// The features that are offered at first.
async fn features(client: &mut Client) -> String {
    client.text(OPEN).await;
    client.expect("<open ").await;
    client.expect("<stream:features ").await
}

/// One request and its whole answer.
async fn request(mut socket: TcpStream, path: &str, headers: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: desk.example.com\r\nConnection: close\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    timeout(PATIENCE, socket.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
    answer
}

/// A connection is as secure as a proxy that is trusted says, but not bound to the proxy's TLS (RFC 6120 §13.8).
#[tokio::test]
async fn checklist_030_a_trusted_proxy_says_what_is_encrypted() {
    let server = TestServer::start(SETTINGS).await;
    let https = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
    let offered = features(&mut open(&server, https).await.expect("upgraded")).await;
    assert!(offered.contains("<mechanism>PLAIN</mechanism>") && !offered.contains("-PLUS"), "{offered}");

    let http = https.replace("https", "http");
    for (last, headers) in [(7, http.as_str()), (7, ""), (8, https), (1, https)] {
        let mut client = Client::upgrade(connect_from(last, &server).await, headers).await.expect("upgraded");
        let offered = features(&mut client).await;
        assert!(offered.contains("<mechanism>SCRAM-SHA-256</mechanism>"), "{offered}");
        assert!(!offered.contains("PLAIN"), "127.0.0.{last} {headers:?}: {offered}");
    }
}

/// The same with RFC 7239, where the other header means nothing.
#[tokio::test]
async fn checklist_030_forwarded_by_setting() {
    let server = TestServer::start(&format!("{SETTINGS}web.forwarded_header = \"forwarded\"\n")).await;
    let forwarded = "Forwarded: for=192.0.2.1;proto=https\r\n";
    for (headers, expected) in [
        (forwarded.to_owned(), true),
        ("Forwarded: for=192.0.2.1;proto=http\r\n".to_owned(), false),
        ("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n".to_owned(), false),
        (format!("Forwarded: for=\"1\r\n{forwarded}"), false),
    ] {
        let offered = features(&mut open(&server, &headers).await.expect("upgraded")).await;
        assert_eq!(offered.contains("<mechanism>PLAIN</mechanism>"), expected, "{headers}: {offered}");
    }
}

/// What a client with TLS at the proxy is told about addresses: that it may come back the way it came. It is not sent on to
/// another port either.
#[tokio::test]
async fn checklist_067_host_meta_behind_a_proxy() {
    let server = TestServer::start(&format!("{SETTINGS}web.redirect_to_https = true\n")).await;
    let https = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
    let path = "/.well-known/host-meta";
    let answer = request(connect_from(7, &server).await, path, https).await;
    assert!(answer.contains("href=\"wss://desk.example.com/ws/\""), "{answer}");
    let answer = request(connect_from(8, &server).await, path, https).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("wss:"), "{answer}");
    let answer = request(connect_from(7, &server).await, "/finesse/api/SystemInfo", https).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// WebSockets through a proxy are limited by the address of the client, the proxy's own connections are not.
#[tokio::test]
async fn clients_behind_a_proxy_are_limited_one_by_one() {
    let limits = "[limits]\nconnections_per_address_max = 1\nloopback_exempt = false\n";
    let server = TestServer::start(&format!("{SETTINGS}{limits}")).await;
    let client = |last: u8| format!("X-Forwarded-For: 6.6.6.6, 192.0.2.{last}\r\n");
    let first = open(&server, &client(1)).await.expect("the first one");
    let _other = open(&server, &client(2)).await.expect("somebody else");
    let refused = open(&server, &client(1)).await.err().expect("one too many");
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("\r\nretry-after: 30\r\n"), "{refused}");
    assert_eq!(server.server.metrics().times_reached(Limit::ConnectionsPerAddress), 1);

    // Who is no proxy does not become somebody else by saying so.
    let _one = Client::upgrade(connect_from(8, &server).await, &client(3)).await.expect("the first one");
    let mut another = connect_from(8, &server).await;
    another
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.4\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = String::new();
    timeout(PATIENCE, another.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");

    drop(first);
    let coming_back = async { while open(&server, &client(1)).await.is_err() {} };
    timeout(PATIENCE, coming_back).await.expect("there is room again");
}

/// Wrong passwords lock out the client's address, not the proxy's.
#[tokio::test]
async fn lock_outs_are_the_clients() {
    let server = TestServer::start(&format!("{SETTINGS}auth.lockout_failures = 2\n")).await;
    let ask = async |last: u8, password: &str| {
        let credentials = STANDARD.encode(format!("1001001:{password}"));
        let headers = format!(
            "X-Forwarded-For: 192.0.2.{last}\r\nX-Forwarded-Proto: https\r\nAuthorization: Basic {credentials}\r\n"
        );
        let answer = request(connect_from(7, &server).await, "/finesse/api/User/1001001", &headers).await;
        answer[9..12].to_owned()
    };
    assert_eq!(ask(1, "offhook").await, "200");
    for _ in 0..2 {
        assert_eq!(ask(1, "wrong").await, "401");
    }
    assert_eq!(ask(1, "offhook").await, "401", "locked out");
    assert_eq!(ask(2, "offhook").await, "200", "another client of the same proxy");
}
