//! The real binary and clients with HTTP requests. What is said is the same; only how a stream begins and ends is translated, to and
//! from the elements that a WebSocket has for it (RFC 7395 §3.4, §3.6).

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use xmpp::{Element, Limits, ns};

use crate::run::{Arrival, World};
use crate::server::{PATIENCE, Server};

pub(crate) struct Bosh {
    server: Server,
    clients: HashMap<String, Client>,
}

#[derive(Default)]
struct Client {
    sid: Option<String>,
    rid: u64,
    /// Requests without an answer, in order: at most one, but for a moment.
    waiting: VecDeque<TcpStream>,
    arrivals: VecDeque<Arrival>,
    /// The next features belong to a stream that has just been opened.
    has_opened: bool,
    has_ended: bool,
}

impl Bosh {
    pub(crate) fn start() -> Self {
        Bosh { server: Server::start(), clients: HashMap::new() }
    }
}

impl World for Bosh {
    fn connect(&mut self, client: &str) {
        self.clients.insert(client.to_owned(), Client { rid: 1_000_000, ..Client::default() });
    }

    fn send(&mut self, client: &str, text: &str) {
        let client = self.clients.get_mut(client).expect("it is connected");
        if client.has_ended {
            // The answer has told it so already.
            return;
        }
        let open = Element::parse(text, &Limits::default()).ok().filter(|open| open.is("open", ns::FRAMING));
        let (attributes, payload) = match (&open, &client.sid) {
            (Some(open), None) => {
                let attribute = |at, name| {
                    open.attribute(at).map(|value| format!(" {name}='{value}'")).unwrap_or_default()
                };
                let (to, version) = (attribute("to", "to"), attribute("version", "xmpp:version"));
                (format!("xmlns:xmpp='{}' wait='30' hold='1' ver='1.11'{to}{version}", ns::XBOSH), "")
            }
            (Some(_), Some(_)) => (format!("xmlns:xmpp='{}' xmpp:restart='true'", ns::XBOSH), ""),
            (None, _) if text.starts_with("<close ") => ("type='terminate'".to_owned(), ""),
            (None, _) => (String::new(), text),
        };
        client.has_opened |= open.is_some();
        client.post(&self.server, &attributes, payload);
        while client.waiting.len() > 1 {
            client.read_answer().expect("it is answered when the next one comes");
        }
    }

    fn next(&mut self, client: &str) -> Result<Arrival, String> {
        let client = self.clients.get_mut(client).expect("it is connected");
        loop {
            if let Some(arrival) = client.arrivals.pop_front() {
                return Ok(arrival);
            }
            if client.waiting.is_empty() {
                client.post(&self.server, "", "");
            }
            client.read_answer()?;
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

impl Client {
    fn post(&mut self, server: &Server, attributes: &str, payload: &str) {
        self.rid += 1;
        let rid = self.rid;
        let sid = self.sid.as_ref().map(|sid| format!(" sid='{sid}'")).unwrap_or_default();
        let body = format!("<body xmlns='{}' rid='{rid}'{sid} {attributes}>{payload}</body>", ns::HTTP_BIND);
        let (host, mut stream) = server.http();
        write!(
            stream,
            "POST /http-bind/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .expect("the request can be sent");
        self.waiting.push_back(stream);
    }

    /// Reads the answer to the oldest request, and what is in it.
    fn read_answer(&mut self) -> Result<(), String> {
        let mut stream = self.waiting.pop_front().ok_or("nothing was asked")?;
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        read.map_err(|error| format!("nothing arrived within {PATIENCE:?}: {error}"))?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("no HTTP answer: {answer}"))?;
        let limits = Limits::with_bytes_max(1 << 24);
        let body = Element::parse(body, &limits).map_err(|error| format!("{error}: {answer}"))?;
        if let Some(sid) = body.attribute("sid") {
            self.sid = Some(sid.to_owned());
        }
        for element in body.elements() {
            if element.is("features", ns::STREAMS) && std::mem::take(&mut self.has_opened) {
                self.arrivals.push_back(Arrival::Frame(opened(&body).to_xml()));
            }
            self.arrivals.push_back(Arrival::Frame(element.to_xml()));
        }
        if body.attribute("type") == Some("terminate") {
            self.has_ended = true;
            self.arrivals.push_back(Arrival::Frame(Element::new("close", ns::FRAMING).to_xml()));
            self.arrivals.push_back(Arrival::Close(None));
        }
        Ok(())
    }
}

/// What a WebSocket would have said. A restart tells nothing of it anew.
fn opened(body: &Element) -> Element {
    let mut open = Element::new("open", ns::FRAMING)
        .with_attribute("from", body.attribute("from").unwrap_or("localhost"))
        .with_attribute("id", body.attribute("authid").unwrap_or("restarted"))
        .with_attribute("version", body.attribute_ns("version", ns::XBOSH).unwrap_or("1.0"));
    open.set_attribute_ns("lang", ns::XML, "en");
    open
}
