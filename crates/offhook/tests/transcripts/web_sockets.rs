//! The real binary and clients with WebSockets.

use std::collections::HashMap;
use std::net::TcpStream;
use std::time::Duration;

use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};

use crate::run::{Arrival, World};
use crate::server::{PATIENCE, Server};

pub(crate) struct WebSockets {
    server: Server,
    clients: HashMap<String, WebSocket<TcpStream>>,
}

impl WebSockets {
    pub(crate) fn start() -> Self {
        WebSockets { server: Server::start(), clients: HashMap::new() }
    }

    fn client(&mut self, name: &str) -> &mut WebSocket<TcpStream> {
        self.clients.get_mut(name).unwrap_or_else(|| panic!("{name} is not connected"))
    }
}

impl World for WebSockets {
    fn connect(&mut self, client: &str) {
        let (address, stream) = self.server.http();
        let mut request = format!("ws://{address}/ws/").into_client_request().expect("a valid address");
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("xmpp"));
        let (socket, _) = tungstenite::client(request, stream).expect("the WebSocket handshake succeeds");
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
                    let code = frame.map_or(CloseCode::Status, |frame| frame.code);
                    return Ok(Arrival::Close(Some(code.into())));
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

    fn rest(&mut self, user: &str, line: &str, request_id: Option<&str>, body: &str) -> u16 {
        self.server.rest(user, line, request_id, body)
    }

    fn advance(&mut self, _: Duration) {
        unreachable!("transcripts that move the clock run in memory only");
    }
}
