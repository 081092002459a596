//! A session, a clock, and what came out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use xmpp::bosh::{
    BoshCondition, BoshConfig, BoshEnd, BoshOutput, BoshSession, Request, RequestId, Response, Sid,
};
use xmpp::{Element, Limits, ns};

pub(crate) const RID: u64 = 1_573_741_820;

pub(crate) struct Client {
    pub(crate) session: BoshSession,
    pub(crate) now: Instant,
    /// Answers not yet looked at, in the order they were given.
    pub(crate) answers: Vec<(RequestId, Response)>,
    /// What was delivered to the stream, as XML.
    pub(crate) delivered: Vec<String>,
    pub(crate) opened: Vec<(String, Option<String>, Option<String>)>,
    pub(crate) ended: Option<BoshEnd>,
}

pub(crate) fn config() -> BoshConfig {
    BoshConfig::new("example.com")
}

pub(crate) fn read(text: &str) -> Request {
    Request::parse(text, &Limits::default()).unwrap()
}

/// A first request with these attributes besides the usual ones.
pub(crate) fn creation(attributes: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}' to='example.com' xml:lang='en' \
         xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' {attributes}/>"
    )
}

pub(crate) const USUAL: &str = "wait='60' hold='1' ver='1.11'";

pub(crate) fn create(config: BoshConfig, text: &str) -> Result<(Client, Element), BoshCondition> {
    let now = Instant::now();
    let request = read(text);
    let sid = Sid::new("0123456789abcdef0123456789abcdef", &request.opening);
    let (session, id) = BoshSession::create(Arc::new(config), request, sid, now)?;
    let mut client =
        Client { session, now, answers: Vec::new(), delivered: Vec::new(), opened: Vec::new(), ended: None };
    client.drain();
    client.session.stream_opened("stream-1".to_owned());
    client.session.push("<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>".to_owned());
    client.flush();
    let (answered, response) = client.answers.remove(0);
    assert_eq!(answered, id);
    let body = body(&response);
    Ok((client, body))
}

/// A session on the usual terms, its first request answered.
pub(crate) fn client() -> Client {
    client_with(config(), USUAL)
}

pub(crate) fn client_with(config: BoshConfig, attributes: &str) -> Client {
    create(config, &creation(attributes)).unwrap().0
}

/// The `<body/>` of an answer.
pub(crate) fn body(response: &Response) -> Element {
    assert_eq!(response.status, 200);
    let text = std::str::from_utf8(&response.body).unwrap();
    let body = Element::parse(text, &Limits::with_bytes_max(usize::MAX)).unwrap();
    assert!(body.is("body", ns::HTTP_BIND), "{text}");
    body
}

/// The ids of the stanzas in a body.
pub(crate) fn stanzas(body: &Element) -> Vec<String> {
    body.elements().map(|stanza| stanza.attribute("id").unwrap_or_default().to_owned()).collect()
}

pub(crate) fn stanza(id: &str) -> String {
    format!("<message xmlns='jabber:client' id='{id}'/>")
}

impl Client {
    /// Sends request number `RID + n` with these attributes and payloads.
    pub(crate) fn send(&mut self, n: u64, attributes: &str, payloads: &str) -> RequestId {
        let sid = self.session.sid().as_str().to_owned();
        let text = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' sid='{sid}' {attributes}>{payloads}</body>",
            RID + n
        );
        let id = self.session.handle_request(read(&text), self.now);
        self.flush();
        id
    }

    /// An empty request.
    pub(crate) fn poll(&mut self, n: u64) -> RequestId {
        self.send(n, "", "")
    }

    /// A request that carries the stanza with this id.
    pub(crate) fn say(&mut self, n: u64, id: &str) -> RequestId {
        self.send(n, "", &stanza(id))
    }

    /// The server has something to say.
    pub(crate) fn push(&mut self, id: &str) {
        self.session.push(stanza(id));
        self.flush();
    }

    pub(crate) fn close(&mut self, condition: Option<BoshCondition>) {
        self.session.close(condition);
        self.flush();
    }

    pub(crate) fn advance(&mut self, seconds: u64) {
        self.advance_ms(1000 * seconds);
    }

    pub(crate) fn advance_ms(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.session.handle_timeout(self.now);
        self.drain();
    }

    pub(crate) fn flush(&mut self) {
        self.drain();
        self.session.flush(self.now);
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                BoshOutput::Deliver { payload, .. } => self.delivered.push(payload.to_xml()),
                BoshOutput::Open { to, lang, version } => self.opened.push((to, lang, version)),
                BoshOutput::Answer { request, response } => self.answers.push((request, response)),
                BoshOutput::Ended(end) => assert_eq!(self.ended.replace(end), None, "ended twice"),
            }
        }
    }

    /// The next answer, which must be to `request`.
    pub(crate) fn response(&mut self, request: RequestId) -> Response {
        assert!(!self.answers.is_empty(), "no answer to {request:?}");
        let (answered, response) = self.answers.remove(0);
        assert_eq!(answered, request);
        response
    }

    /// The body of the next answer, which must be to `request`.
    pub(crate) fn answer(&mut self, request: RequestId) -> Element {
        body(&self.response(request))
    }

    /// The next answer is to `request` and holds these stanzas and no attributes.
    #[track_caller]
    pub(crate) fn expect(&mut self, request: RequestId, ids: &[&str]) {
        let body = self.answer(request);
        assert_eq!(stanzas(&body), ids);
        assert_eq!(body.attributes().count(), 0, "{body:?}");
    }

    /// The next answer tells `request` that the session is over, because of `condition`.
    #[track_caller]
    pub(crate) fn expect_end(&mut self, request: RequestId, condition: Option<&str>) -> Element {
        let body = self.answer(request);
        assert_eq!(body.attribute("type"), Some("terminate"));
        assert_eq!(body.attribute("condition"), condition);
        body
    }

    #[track_caller]
    pub(crate) fn expect_nothing(&self) {
        assert_eq!(self.answers, []);
    }

    pub(crate) fn delivered_ids(&self) -> Vec<String> {
        let ids = self.delivered.iter().map(|xml| Element::parse(xml, &Limits::default()).unwrap());
        ids.map(|stanza| stanza.attribute("id").unwrap_or_default().to_owned()).collect()
    }
}
