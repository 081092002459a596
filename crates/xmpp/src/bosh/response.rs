//! What is answered: a status and a body (XEP-0124 §6, §17).

use std::fmt::Write as _;

use bytes::Bytes;

use super::condition::BoshCondition;
use crate::{escape_attribute, ns};

/// The answer to one HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 200, except for errors told to legacy clients.
    pub status: u16,
    /// One `<body/>` in UTF-8; empty if the status is not 200.
    pub body: Bytes,
}

impl Response {
    /// Says that the session is over, in the way the client understands.
    ///
    /// - `legacy`: the client did not tell its version. Conditions that HTTP has a status for are then that status.
    pub fn terminal(condition: BoshCondition, legacy: bool) -> Self {
        match condition.legacy_status().filter(|_| legacy) {
            Some(status) => Self { status, body: Bytes::new() },
            None => Body::terminate(Some(condition)).into_response(),
        }
    }

    /// Says that something went wrong with this request but not with the session: the client is to repeat it
    /// (XEP-0124 §17.3).
    pub(super) fn recoverable() -> Self {
        Body::new().attribute("type", "error").into_response()
    }
}

/// A `<body/>` being written: attributes first, then payloads.
pub(super) struct Body {
    xml: String,
    payloads: bool,
}

impl Body {
    pub(super) fn new() -> Self {
        let mut body = Self { xml: String::with_capacity(128), payloads: false };
        body.xml.push_str("<body");
        body.attribute("xmlns", ns::HTTP_BIND)
    }

    pub(super) fn terminate(condition: Option<BoshCondition>) -> Self {
        let body = Self::new().attribute("type", "terminate");
        match condition {
            Some(condition) => body.attribute("condition", condition.name()),
            None => body,
        }
    }

    /// Adds an attribute. The name is written as it is.
    pub(super) fn attribute(mut self, name: &str, value: &str) -> Self {
        debug_assert!(!self.payloads, "attributes come before payloads");
        let _ = write!(self.xml, " {name}=\"");
        escape_attribute(value, &mut self.xml);
        self.xml.push('"');
        self
    }

    pub(super) fn number(self, name: &str, value: u64) -> Self {
        self.attribute(name, &value.to_string())
    }

    /// Adds one stand-alone element. The prefix `stream:` is declared on the body, because XEP-0206 §2 wants it there when
    /// features or an error are inside.
    pub(super) fn payload(&mut self, xml: &str) {
        if !self.payloads {
            self.payloads = true;
            let _ = write!(self.xml, " xmlns:stream=\"{}\">", ns::STREAMS);
        }
        self.xml.push_str(xml);
    }

    pub(super) fn into_response(mut self) -> Response {
        self.xml.push_str(if self.payloads { "</body>" } else { "/>" });
        Response { status: 200, body: Bytes::from(self.xml) }
    }
}
