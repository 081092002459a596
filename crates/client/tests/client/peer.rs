//! Peers to connect to, each on a port of its own on the loopback interface.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use client::{Connector, Error, Line, LineUrl, Trust, Unobserved};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use xmpp::stream::ClientConfig;

/// Accepts connections and hands each to `serve`.
pub(crate) async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket));
        }
    });
    address
}

/// Reads one request head; gives its text.
pub(crate) async fn read_head(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// The value of a header of a request head.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
}

/// Answers the request with what `answer` makes of its key, then ends the connection.
pub(crate) async fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> SocketAddr {
    let answer = Arc::new(answer);
    listen(move |mut socket| {
        let answer = answer.clone();
        async move { reply(&mut socket, &*answer).await }
    })
    .await
}

pub(crate) async fn reply(
    socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
    answer: &(dyn Fn(&str) -> String + Sync),
) {
    let head = read_head(socket).await;
    let answer = answer(header(&head, "Sec-WebSocket-Key"));
    let _ = socket.write_all(answer.as_bytes()).await;
    let _ = socket.shutdown().await;
}

/// A proper answer, with one header after another changed by the tests.
pub(crate) fn accepted(key: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\
         Sec-WebSocket-Protocol: xmpp\r\n\r\n",
        client::accept_for(key)
    )
}

/// Opens a line as `1001001` with the password `secret` in the domain `localhost`.
pub(crate) async fn open(url: &str, trust: &Trust) -> Result<Line, Error> {
    open_as(url, trust, "secret").await
}

pub(crate) async fn open_as(url: &str, trust: &Trust, password: &str) -> Result<Line, Error> {
    let url: LineUrl = url.parse().expect(url);
    let connector = Connector::new(trust, Duration::from_secs(5)).expect("readable certificates");
    let config = ClientConfig::new("localhost", "1001001", password);
    Line::open(&connector, &url, config, Box::new(Unobserved)).await
}

/// What went wrong, its stage and identifier.
pub(crate) fn fault(outcome: Result<Line, Error>) -> (Error, &'static str, Option<&'static str>) {
    let error = outcome.err().expect("this peer cannot give a line");
    let (stage, id) = (error.stage().id(), error.id());
    (error, stage, id)
}
