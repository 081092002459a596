//! A client that says what it wants in HTTP requests, one connection each.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use xmpp::{Element, Limits, ns};

/// Nothing a server does takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, if it is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        values.next().filter(|_| values.next().is_none())
    }

    /// The `<body/>` in it.
    pub(crate) fn xml(&self) -> Element {
        assert_eq!(self.status, 200, "{self:?}");
        let body = Element::parse(&self.body, &Limits::with_bytes_max(1 << 24)).expect("a body");
        assert!(body.is("body", ns::HTTP_BIND), "{body:?}");
        body
    }
}

/// A request whose answer has not been read.
pub(crate) struct Open(TcpStream);

impl Open {
    pub(crate) async fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("in time").expect("an answer");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) async fn xml(self) -> Element {
        self.answer().await.xml()
    }
}

/// Sends one HTTP request.
///
/// - `headers`: with a line end each.
pub(crate) async fn http(address: SocketAddr, line: &str, headers: &str, body: &str) -> Open {
    let mut socket = TcpStream::connect(address).await.expect("connects");
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    socket.write_all(request.as_bytes()).await.expect("sent");
    Open(socket)
}

pub(crate) async fn post(address: SocketAddr, body: &str) -> Open {
    http(address, "POST /http-bind/", "Content-Type: text/xml; charset=utf-8\r\n", body).await
}

/// A first request with these attributes.
pub(crate) fn creation(attributes: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000' to='localhost' xml:lang='en' {attributes} \
         xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>"
    )
}

/// As JabberWerx asks.
pub(crate) const USUAL: &str = "hold='1' ver='1.9' wait='30' from='1001001@localhost'";

pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) sid: String,
    pub(crate) rid: u64,
    pub(crate) jid: String,
}

impl Client {
    /// Begins a session.
    pub(crate) async fn begin(address: SocketAddr) -> Client {
        let body = post(address, &creation(USUAL)).await.xml().await;
        let sid = body.attribute("sid").expect("a sid").to_owned();
        Client { address, sid, rid: 1000, jid: String::new() }
    }

    /// Opens a session.
    pub(crate) async fn sign_in(address: SocketAddr, user: &str, resource: &str) -> Client {
        let mut client = Client::begin(address).await;
        let success = client.ask(&auth(user, "offhook")).await;
        assert!(success.child("success", ns::SASL).is_some(), "{success:?}");
        let features = client
            .send("xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh' to='localhost'", "")
            .await
            .xml()
            .await;
        let features = features.child("features", ns::STREAMS).expect("features");
        assert!(features.child("bind", ns::BIND).is_some());
        let bind = format!("<bind xmlns='{}'><resource>{resource}</resource></bind>", ns::BIND);
        let bound = client.ask(&format!("<iq xmlns='jabber:client' type='set' id='bind'>{bind}</iq>")).await;
        let jid = format!("{user}@localhost/{resource}");
        assert!(bound.first_element().is_some_and(|iq| iq.to_xml().contains(&jid)), "{bound:?}");
        client.jid = jid;
        client
    }

    /// Sends the next request.
    pub(crate) async fn send(&mut self, attributes: &str, payloads: &str) -> Open {
        self.rid += 1;
        self.send_again(self.rid, attributes, payloads).await
    }

    /// Sends a request with this number.
    pub(crate) async fn send_again(&self, rid: u64, attributes: &str, payloads: &str) -> Open {
        let sid = &self.sid;
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}' {attributes}>{payloads}</body>"
        );
        post(self.address, &body).await
    }

    /// Sends a payload and waits for the answer to the request.
    pub(crate) async fn ask(&mut self, payload: &str) -> Element {
        self.send("", payload).await.xml().await
    }

    pub(crate) async fn subscribe(&mut self, node: &str) {
        let jid = &self.jid;
        let request = format!(
            "<iq xmlns='jabber:client' type='set' id='s' to='pubsub.localhost'><pubsub xmlns='{}'>\
             <subscribe node='{node}' jid='{jid}'/></pubsub></iq>",
            ns::PUBSUB
        );
        let result = self.ask(&request).await;
        assert!(
            result.first_element().is_some_and(|iq| iq.attribute("type") == Some("result")),
            "{result:?}"
        );
    }
}

pub(crate) fn auth(user: &str, password: &str) -> String {
    let credentials = STANDARD.encode(format!("{user}@localhost\0{user}\0{password}"));
    format!("<auth xmlns='{}' mechanism='PLAIN'>{credentials}</auth>", ns::SASL)
}

/// The body ends the session, because of `condition`.
#[track_caller]
pub(crate) fn expect_end(body: &Element, condition: &str) {
    assert_eq!(
        (body.attribute("type"), body.attribute("condition")),
        (Some("terminate"), Some(condition)),
        "{body:?}"
    );
}
