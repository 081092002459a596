//! Limits are counted when they are reached, under the names of their settings.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use server::metrics::Limit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, OPEN};
use crate::start::TestServer;

/// Whoever connects and is too slow, each in its own way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_counted() {
    let times = ["tls_handshake_timeout", "http_header_timeout", "open_timeout", "auth_timeout"];
    let times = times.map(|name| format!("limits.{name} = \"1 s\"\n")).concat();
    let server = TestServer::start(&format!("xmpps = \"127.0.0.1:0\"\n{times}")).await;
    let tls = server.server.addresses().xmpps.expect("listens");
    let _no_tls = TcpStream::connect(tls).await.expect("connects");
    let mut no_header = TcpStream::connect(server.address()).await.expect("connects");
    no_header.write_all(b"GET / HTTP/1.1\r\nHost: ").await.expect("sent");
    let _no_stream = Client::open(server.address()).await;
    let mut no_password = Client::open(server.address()).await;
    no_password.text(OPEN).await;
    let limits =
        [Limit::TlsHandshakeTimeout, Limit::HttpHeaderTimeout, Limit::OpenTimeout, Limit::AuthTimeout];
    server.until(|metrics| limits.iter().all(|limit| metrics.times_reached(*limit) == 1)).await;
}

/// Whoever says too much, or too often the wrong thing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn excesses_are_counted() {
    let limits = "[limits]\nauthentication_attempts_max = 2\nhttp_body_bytes_max = 1024\n";
    let server = TestServer::start(limits).await;
    let mut client = Client::open(server.address()).await;
    client.text(OPEN).await;
    client.expect("<open ").await;
    client.expect("<stream:features ").await;
    let credentials = STANDARD.encode("\u{0}1001001\u{0}wrong");
    let auth =
        format!("<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">{credentials}</auth>");
    for _ in 0..2 {
        client.text(&auth).await;
        client.expect("<failure ").await;
    }
    client.expect("<stream:error ").await;

    let mut rest = TcpStream::connect(server.address()).await.expect("connects");
    let request = format!(
        "PUT /finesse/api/User/1001001 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2000\r\n\
         Authorization: Basic {}\r\n\r\n{}",
        STANDARD.encode("1001001:offhook"),
        "x".repeat(2000)
    );
    rest.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    rest.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");

    let limits = [Limit::AuthenticationAttempts, Limit::HttpBodyBytes];
    server.until(|metrics| limits.iter().all(|limit| metrics.times_reached(*limit) == 1)).await;
}

/// Whoever waits outside because there are too many inside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pauses_in_accepting_are_counted() {
    let server = TestServer::start("[limits]\nconnections_max = 1\n").await;
    let mut first = TcpStream::connect(server.address()).await.expect("connects");
    first.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    first.read_u8().await.expect("an answer");
    server.until(|metrics| metrics.times_reached(Limit::Connections) == 1).await;
    drop(first);
    let mut second = TcpStream::connect(server.address()).await.expect("connects");
    second.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    second.read_u8().await.expect("there is room again");
}

/// A stop that does not wait any longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_cuts_off_is_counted() {
    let server = TestServer::start("[limits]\ndrain_timeout = \"100 ms\"\n").await;
    let metrics = Arc::clone(server.server.metrics());
    let _silent = Client::sign_in(server.address(), "1001001", "silent").await;
    server.server.stop().await;
    assert_eq!(metrics.times_reached(Limit::DrainTimeout), 1);
}
