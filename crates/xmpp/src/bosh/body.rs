//! A request's `<body/>`, read (XEP-0124 §6, XEP-0206 §2).

use std::time::Duration;

use super::condition::BoshCondition;
use super::keys::Keys;
use crate::{Element, Limits, Node, ns};

/// The largest request id: what clients whose numbers are IEEE doubles can count to (XEP-0124 §14.1).
pub const RID_MAX: u64 = (1 << 53) - 1;

/// One request of a client: its attributes as values, its payloads as elements.
///
/// Attributes that mean nothing here (`route`, `stream`, `secure`) are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The request's number, 1 to [`RID_MAX`].
    pub rid: u64,
    /// The session; none in a request for a new one.
    pub sid: Option<String>,
    /// What the client wants besides having its payloads delivered.
    pub intent: Intent,
    /// What is for the stream. Stanzas that the client left in the namespace of the body are in `jabber:client`.
    pub payloads: Vec<Element>,
    /// Bytes of the whole body.
    pub bytes: usize,
    /// The last answer the client got, in sessions with acknowledgements; 1 in a request for a session with them.
    pub ack: Option<u64>,
    /// The keys of a client that uses them.
    pub keys: Keys,
    /// What only the first request and a restart say.
    pub opening: Opening,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To carry payloads, or to wait for some.
    Exchange,
    /// To open the stream anew after authentication; payloads are ignored (XEP-0206 §5).
    Restart,
    /// To be away for so long (XEP-0124 §10).
    Pause(Duration),
    /// To end the session (XEP-0124 §13).
    Terminate,
}

/// What a client says when it wants a session or a new stream. None of it is checked yet, except numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The domain.
    pub to: Option<String>,
    /// Who the client is, if it tells.
    pub from: Option<String>,
    /// The language of the stream.
    pub lang: Option<String>,
    /// The highest BOSH version of the client, major and minor. Clients without one are legacy clients.
    pub ver: Option<(u32, u32)>,
    /// How long requests may be kept waiting, in seconds.
    pub wait: Option<u32>,
    /// How many requests may be kept waiting.
    pub hold: Option<u32>,
    /// The content type of all answers.
    pub content: Option<String>,
    /// The version of XMPP, as written (XEP-0206 §3).
    pub xmpp_version: Option<String>,
}

/// A body that is no request. The condition for all of them is [`BoshCondition::BadRequest`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidBody {
    /// The session that the request names, if it could be read so far: that session is over.
    pub sid: Option<String>,
    /// Whether it is the first request of a client that does not tell its version, and wants an HTTP status.
    pub legacy: bool,
    /// What was wrong, for a person.
    pub reason: String,
}

impl InvalidBody {
    /// What the client is told.
    pub fn condition(&self) -> BoshCondition {
        BoshCondition::BadRequest
    }
}

impl Request {
    /// Reads the body of an HTTP request.
    ///
    /// White space between payloads is let pass; other text is not, nor are comments, instructions, DTDs and entities.
    /// An attribute `type` other than `terminate` and `error` is refused, and so are numbers that are none.
    ///
    /// # Errors
    ///
    /// [`InvalidBody`], with the session that it ends.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, InvalidBody> {
        let invalid = |reason: String| InvalidBody { sid: None, legacy: false, reason };
        let body = Element::parse(text, limits).map_err(|error| invalid(error.to_string()))?;
        if !body.is("body", ns::HTTP_BIND) {
            return Err(invalid(
                "a request is one <body/> of http://jabber.org/protocol/httpbind".to_owned(),
            ));
        }
        let sid = body.attribute("sid").map(str::to_owned);
        let legacy = sid.is_none() && body.attribute("ver").is_none();
        Self::from_body(body, text.len()).map_err(|reason| InvalidBody { sid, legacy, reason })
    }

    fn from_body(body: Element, bytes: usize) -> Result<Self, String> {
        let rid = number(&body, "rid")?
            .filter(|rid| (1..=RID_MAX).contains(rid))
            .ok_or("rid must be a number from 1 to 9007199254740991")?;
        let sid = body.attribute("sid").map(str::to_owned);
        let intent = intent(&body)?;
        let ack = number(&body, "ack")?;
        let key = |name| body.attribute(name).map(str::to_owned);
        let keys = Keys { key: key("key"), new_key: key("newkey") };
        let opening = Opening::from_body(&body)?;
        let mut payloads = Vec::new();
        for node in body.into_nodes() {
            match node {
                Node::Element(mut payload) => {
                    payload.replace_ns(ns::HTTP_BIND, ns::CLIENT);
                    payloads.push(payload);
                }
                Node::Text(text) if text.trim_ascii().is_empty() => {}
                Node::Text(_) => return Err("<body/> holds elements, not text".to_owned()),
            }
        }
        Ok(Self { rid, sid, intent, payloads, bytes, ack, keys, opening })
    }

    /// Whether the request asks for nothing but what waits for it: those must not come too often.
    pub fn is_empty(&self) -> bool {
        self.payloads.is_empty() && self.intent == Intent::Exchange
    }

    /// Whether the request may come on top of `requests`, because it pauses or ends the session (XEP-0124 §11).
    pub(super) fn may_be_extra(&self) -> bool {
        matches!(self.intent, Intent::Pause(_) | Intent::Terminate)
    }
}

impl Opening {
    fn from_body(body: &Element) -> Result<Self, String> {
        let text = |name| body.attribute(name).map(str::to_owned);
        let small = |name| {
            // More than anybody could mean is as good as the most there is.
            number(body, name).map(|value| value.map(|value| u32::try_from(value).unwrap_or(u32::MAX)))
        };
        Ok(Self {
            to: text("to"),
            from: text("from"),
            lang: body.attribute_ns("lang", ns::XML).map(str::to_owned),
            ver: body.attribute("ver").map(version).transpose()?,
            wait: small("wait")?,
            hold: small("hold")?,
            content: text("content"),
            xmpp_version: body.attribute_ns("version", ns::XBOSH).map(str::to_owned),
        })
    }
}

fn intent(body: &Element) -> Result<Intent, String> {
    match body.attribute("type") {
        Some("terminate") => return Ok(Intent::Terminate),
        // What a client might report of its own troubles (XEP-0124 §17.2) changes nothing here.
        None | Some("error") => {}
        Some(_) => return Err("type is terminate or error".to_owned()),
    }
    if let Some(seconds) = number(body, "pause")? {
        return Ok(Intent::Pause(Duration::from_secs(seconds)));
    }
    match body.attribute_ns("restart", ns::XBOSH) {
        Some("true" | "1") => Ok(Intent::Restart),
        _ => Ok(Intent::Exchange),
    }
}

fn number(body: &Element, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = body.attribute(name) else { return Ok(None) };
    digits(value).map(Some).ok_or_else(|| format!("{name} must be a number"))
}

/// `<major>.<minor>`, two numbers (XEP-0124 §7.1).
fn version(value: &str) -> Result<(u32, u32), String> {
    let part = |part| digits(part).and_then(|part| u32::try_from(part).ok());
    let parts = value.split_once('.').and_then(|(major, minor)| Some((part(major)?, part(minor)?)));
    parts.ok_or_else(|| "ver is two numbers with a full stop between them".to_owned())
}

/// Decimal digits and nothing else; `parse` alone would take a sign.
fn digits(value: &str) -> Option<u64> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) { value.parse().ok() } else { None }
}
