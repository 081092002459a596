//! The real binary and clients with TCP connections. What is said is the same; only how a stream begins and ends is
//! translated, to and from the elements that a WebSocket has for it (RFC 7395 §3.4, §3.6).

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use xmpp::{Element, Limits, StreamItem, StreamReader, ns};

use crate::run::{Arrival, World};
use crate::server::{PATIENCE, Server};

pub(crate) struct Tcp {
    server: Server,
    clients: HashMap<String, Client>,
}

struct Client {
    stream: TcpStream,
    reader: StreamReader,
    unread: Vec<u8>,
}

impl Tcp {
    pub(crate) fn start() -> Self {
        Tcp { server: Server::start(), clients: HashMap::new() }
    }
}

impl World for Tcp {
    fn connect(&mut self, client: &str) {
        let stream = self.server.xmpp();
        let client_ = Client { stream, reader: StreamReader::new(), unread: Vec::new() };
        self.clients.insert(client.to_owned(), client_);
    }

    fn send(&mut self, client: &str, text: &str) {
        let client = self.clients.get_mut(client).expect("it is connected");
        let open = Element::parse(text, &Limits::default()).ok().filter(|open| open.is("open", ns::FRAMING));
        let text = match open {
            Some(open) => {
                // Its answer begins a document of its own.
                client.reader.reset();
                let attribute =
                    |name| open.attribute(name).map(|value| format!(" {name}='{value}'")).unwrap_or_default();
                format!(
                    "<?xml version='1.0'?><stream:stream xmlns='{}' xmlns:stream='{}'{}{}>",
                    ns::CLIENT,
                    ns::STREAMS,
                    attribute("to"),
                    attribute("version")
                )
            }
            None if text.starts_with("<close ") => "</stream:stream>".to_owned(),
            None => text.to_owned(),
        };
        // A server that has closed already is seen by whoever reads next.
        let _ = client.stream.write_all(text.as_bytes());
    }

    fn next(&mut self, client: &str) -> Result<Arrival, String> {
        self.clients.get_mut(client).expect("it is connected").next()
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

impl Client {
    fn next(&mut self) -> Result<Arrival, String> {
        loop {
            let mut input = self.unread.as_slice();
            let item = self.reader.read(&mut input, &Limits::default()).map_err(|error| error.to_string())?;
            let read = self.unread.len() - input.len();
            self.unread.drain(..read);
            match item {
                Some(StreamItem::Header(header)) => {
                    let mut open = Element::new("open", ns::FRAMING);
                    for name in ["from", "id", "version"] {
                        if let Some(value) = header.attribute(name) {
                            open.set_attribute(name, value);
                        }
                    }
                    if let Some(lang) = header.attribute_ns("lang", ns::XML) {
                        open.set_attribute_ns("lang", ns::XML, lang);
                    }
                    return Ok(Arrival::Frame(open.to_xml()));
                }
                Some(StreamItem::Element { element, .. }) => return Ok(Arrival::Frame(element.to_xml())),
                Some(StreamItem::End) => {
                    return Ok(Arrival::Frame(Element::new("close", ns::FRAMING).to_xml()));
                }
                None => {}
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(Arrival::Close(None)),
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
                Err(error) => return Err(format!("nothing arrived within {PATIENCE:?}: {error}")),
            }
        }
    }
}
