//! A client that is little more than a socket, so that it can do what well-behaved ones do not.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use xmpp::websocket::{Decoder, Event, Opcode, Role, encode_close, encode_masked};

pub(crate) const OPEN: &str =
    r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>"#;
pub(crate) const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#;

/// Nothing a server does takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
    /// The connection is gone.
    End,
}

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    decoder: Decoder,
    got: VecDeque<Got>,
    pub(crate) jid: String,
}

impl Client {
    /// Connects and upgrades.
    pub(crate) async fn open(address: SocketAddr) -> Client {
        let socket = TcpStream::connect(address).await.expect("connects");
        Client::upgrade(socket, "").await.unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// Upgrades a connection, or says what came instead.
    ///
    /// - `headers`: more of them, with a line end each.
    pub(crate) async fn upgrade(socket: TcpStream, headers: &str) -> Result<Client, String> {
        Client::upgrade_at("/ws/", socket, headers).await
    }

    /// The same at another path.
    pub(crate) async fn upgrade_at(
        path: &str,
        mut socket: TcpStream,
        headers: &str,
    ) -> Result<Client, String> {
        let address = socket.peer_addr().expect("connected");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: xmpp\r\n{headers}\r\n"
        );
        socket.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(socket.read_u8().await.expect("an answer"));
        }
        if !answer.starts_with(b"HTTP/1.1 101 ") {
            return Err(String::from_utf8_lossy(&answer).into_owned());
        }
        let decoder = Decoder::new(Role::Client, 1 << 20);
        Ok(Client { socket, decoder, got: VecDeque::new(), jid: String::new() })
    }

    /// Opens a session.
    pub(crate) async fn sign_in(address: SocketAddr, user: &str, resource: &str) -> Client {
        let mut client = Client::authenticate(address, user).await;
        client.bind(resource).await;
        client
    }

    /// Connects and authenticates, no more.
    pub(crate) async fn authenticate(address: SocketAddr, user: &str) -> Client {
        let mut client = Client::open(address).await;
        client.authenticate_here(user).await;
        client
    }

    /// Authenticates on a new connection. Returns the features that are offered then.
    pub(crate) async fn authenticate_here(&mut self, user: &str) -> String {
        self.text(OPEN).await;
        self.expect("<open ").await;
        self.expect("<stream:features ").await;
        let credentials = STANDARD.encode(format!("\0{user}\0offhook"));
        let auth = "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">";
        self.text(&format!("{auth}{credentials}</auth>")).await;
        self.expect("<success ").await;
        self.text(OPEN).await;
        self.expect("<open ").await;
        self.jid = format!("{user}@localhost");
        self.expect("<stream:features ").await
    }

    /// Binds a resource on an authenticated connection.
    pub(crate) async fn bind(&mut self, resource: &str) {
        let bind = "<bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><resource>";
        self.request("", &format!("{bind}{resource}</resource></bind>")).await;
        self.jid = format!("{}/{resource}", self.jid);
    }

    /// Sends a request to `to`, or without `to` if that is empty, and returns its result.
    pub(crate) async fn request(&mut self, to: &str, payload: &str) -> String {
        let to = if to.is_empty() { String::new() } else { format!(" to=\"{to}\"") };
        self.text(&format!("<iq xmlns=\"jabber:client\" type=\"set\" id=\"q\"{to}>{payload}</iq>")).await;
        let result = self.expect("<iq ").await;
        assert!(result.contains("type=\"result\""), "{result}");
        result
    }

    pub(crate) async fn subscribe(&mut self, node: &str) {
        let jid = self.jid.clone();
        let subscribe = format!("<subscribe node=\"{node}\" jid=\"{jid}\"/>");
        self.request("pubsub.localhost", &pubsub(&subscribe)).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        let mut frame = Vec::new();
        encode_masked(Opcode::Text, text.as_bytes(), [1, 2, 3, 4], &mut frame);
        self.bytes(&frame).await;
    }

    pub(crate) async fn close(&mut self, code: u16) {
        let mut frame = Vec::new();
        encode_close(Some(code), "", Some([1, 2, 3, 4]), &mut frame);
        self.bytes(&frame).await;
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.expect("sent");
    }

    /// Waits for whatever comes next.
    pub(crate) async fn next(&mut self) -> Got {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if let Some(got) = self.got.pop_front() {
                return got;
            }
            let read = timeout(PATIENCE, self.socket.read(&mut buffer)).await.expect("something in time");
            let count = match read {
                Ok(0) | Err(_) => return Got::End,
                Ok(count) => count,
            };
            let mut input = &mut buffer[..count];
            while let Some(event) = self.decoder.decode(&mut input).expect("good frames") {
                self.got.push_back(match event {
                    Event::Text(text) => Got::Text(text.into_owned()),
                    Event::Ping(payload) => Got::Ping(payload.into_owned()),
                    Event::Pong(payload) => Got::Pong(payload.into_owned()),
                    Event::Close { code, .. } => Got::Close(code),
                    Event::Binary(_) => panic!("a binary message"),
                });
            }
        }
    }

    /// Waits for the next thing, which has to be a text that begins like this.
    pub(crate) async fn expect(&mut self, start: &str) -> String {
        match self.next().await {
            Got::Text(text) if text.starts_with(start) => text,
            other => panic!("{start} expected, {other:?} received"),
        }
    }

    /// Expects the end of a stream: a stream error, `<close/>`, the WebSocket's close and, after ours, the end.
    pub(crate) async fn expect_stream_error(&mut self, condition: &str, code: u16) {
        let error = self.expect("<stream:error ").await;
        assert!(error.contains(&format!("<{condition} ")), "{condition} expected, {error} received");
        self.expect("<close ").await;
        assert_eq!(self.next().await, Got::Close(Some(code)));
        self.close(code).await;
        assert_eq!(self.next().await, Got::End);
    }
}

pub(crate) fn pubsub(content: &str) -> String {
    format!("<pubsub xmlns=\"http://jabber.org/protocol/pubsub\">{content}</pubsub>")
}
