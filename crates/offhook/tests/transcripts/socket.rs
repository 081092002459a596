//! The real binary, its clear listener and clients with sockets.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};

use crate::run::{Arrival, World};

/// How long a client waits for something that should come at once. Reached only when a transcript fails.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Socket {
    server: Child,
    address: String,
    clients: HashMap<String, WebSocket<TcpStream>>,
    _data: TempDir,
}

impl Socket {
    /// Starts the server with demo data of its own.
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        let mut server = Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(["serve", "--demo", "--https", "off", "--http", "127.0.0.1:0", "--data"])
            .arg(data.path().join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary can be started");
        let mut lines = BufReader::new(server.stdout.take().expect("standard output is a pipe")).lines();
        let mut address = None;
        for line in &mut lines {
            let line = line.expect("the server prints text");
            if let Some(found) = line.strip_prefix("listening http ") {
                address = Some(found.to_owned());
            }
            if line == "ready" {
                break;
            }
        }
        // Whatever it prints later is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("the server says where it listens before it is ready");
        Socket { server, address, clients: HashMap::new(), _data: data }
    }

    fn stream(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("the server accepts connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
        stream.set_nodelay(true).expect("a socket option can be set");
        stream
    }

    fn client(&mut self, name: &str) -> &mut WebSocket<TcpStream> {
        self.clients.get_mut(name).unwrap_or_else(|| panic!("{name} is not connected"))
    }
}

impl World for Socket {
    fn connect(&mut self, client: &str) {
        let mut request =
            format!("ws://{}/ws/", self.address).into_client_request().expect("a valid address");
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("xmpp"));
        let (socket, _) =
            tungstenite::client(request, self.stream()).expect("the WebSocket handshake succeeds");
        self.clients.insert(client.to_owned(), socket);
    }

    fn send(&mut self, client: &str, text: &str) {
        // A server that has closed already is seen by whoever reads next.
        let _ = self.client(client).send(Message::text(text));
    }

    fn next(&mut self, client: &str) -> Result<Arrival, String> {
        loop {
            match self.client(client).read() {
                Ok(Message::Text(text)) => return Ok(Arrival::Frame(text.to_string())),
                Ok(Message::Close(frame)) => {
                    return Ok(Arrival::Close(frame.map_or(CloseCode::Status, |frame| frame.code).into()));
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(other) => return Err(format!("an unexpected message: {other:?}")),
                Err(Error::Io(error)) => return Err(format!("nothing arrived within {PATIENCE:?}: {error}")),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn vanish(&mut self, client: &str) {
        self.clients.remove(client);
    }

    fn put(&mut self, user: &str, path: &str, request_id: Option<&str>, body: &str) -> u16 {
        let credentials = xmpp::sasl::encode_payload(format!("{user}:offhook").as_bytes());
        let request_id = request_id.map(|id| format!("requestId: {id}\r\n")).unwrap_or_default();
        let mut stream = self.stream();
        write!(
            stream,
            "PUT {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\nContent-Type: application/xml\r\n\
             Content-Length: {}\r\nConnection: close\r\n{request_id}\r\n{body}",
            self.address,
            body.len()
        )
        .expect("the request can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no HTTP answer: {answer}"))
    }

    fn advance(&mut self, _: Duration) {
        unreachable!("transcripts that move the clock run in memory only");
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
