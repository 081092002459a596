//! Writes what was traced live as a HAR file, which [`read`](super::read) and browsers' own views can read again.

use std::io::{self, Write};
use std::time::Duration;

use client::{Direction, Exchange};
use serde_json::{Value, json};

use crate::Redactor;
use crate::recording::Moment;

/// A file being written, message by message: one that is cut off is still worth something.
pub struct Writer {
    out: Box<dyn Write + Send>,
    /// The address, without what it asks for.
    url: String,
    began: Moment,
    messages: u64,
    exchange: Option<Value>,
    last: Duration,
    error: Option<io::Error>,
}

impl Writer {
    /// Begins a file.
    ///
    /// - `url`: the address of the line.
    /// - `began`: when the line was begun.
    pub fn new(out: Box<dyn Write + Send>, url: &str, began: Moment) -> Writer {
        let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let mut writer =
            Writer { out, url, began, messages: 0, exchange: None, last: Duration::ZERO, error: None };
        let creator = json!({ "name": "offhook trace", "version": env!("CARGO_PKG_VERSION") });
        writer.write(&format!(
            r#"{{"log":{{"version":"1.2","creator":{creator},"pages":[],"entries":[{{"_resourceType":"websocket","_webSocketMessages":["#
        ));
        writer
    }

    /// The handshake, once it is known.
    pub(crate) fn exchange(&mut self, exchange: &Exchange, redactor: &Redactor) {
        let headers = |headers: &[(String, String)]| -> Vec<Value> {
            let masked = headers.iter().map(|(name, value)| (name, redactor.header(name, value)));
            masked.map(|(name, value)| json!({ "name": name, "value": value })).collect()
        };
        self.exchange = Some(json!({
            "request": {
                "method": "GET", "url": self.url, "httpVersion": "HTTP/1.1", "headers": headers(&exchange.request),
                "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0,
            },
            "response": {
                "status": exchange.status, "statusText": exchange.reason, "httpVersion": exchange.version,
                "headers": headers(&exchange.headers), "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": -1,
                "content": { "size": exchange.body.len(), "mimeType": "text/plain" },
            },
        }));
    }

    /// A frame, already masked.
    pub(crate) fn frame(&mut self, at: Duration, direction: Direction, masked: &str) {
        self.last = self.last.max(at);
        let kind = if direction == Direction::Sent { "send" } else { "receive" };
        let time = (self.began.0 as f64 + at.as_micros() as f64) / 1e6;
        let comma = if self.messages == 0 { "" } else { "," };
        self.messages += 1;
        let message = json!({ "type": kind, "time": time, "opcode": 1, "data": masked });
        self.write(&format!("{comma}\n{message}"));
    }

    /// Ends the file.
    ///
    /// - `lasted`: how long the line was there.
    ///
    /// # Errors
    ///
    /// What went wrong while writing, then or before.
    pub fn finish(mut self, lasted: Duration) -> io::Result<()> {
        let time = lasted.max(self.last).as_secs_f64() * 1000.0;
        let unanswered = || {
            json!({
                "request": { "method": "GET", "url": self.url, "httpVersion": "HTTP/1.1", "headers": [] },
                "response": { "status": 0, "statusText": "", "headers": [], "content": { "size": 0 } },
            })
        };
        let exchange = self.exchange.take().unwrap_or_else(unanswered);
        let rest = format!(
            r#"],"startedDateTime":"{}","time":{time},"timings":{{"send":0,"wait":0,"receive":{time}}},"cache":{{}},"request":{},"response":{}}}]}}}}"#,
            self.began, exchange["request"], exchange["response"]
        );
        self.write(&rest);
        self.write("\n");
        match self.error.take() {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }

    /// The first failure is kept for the end: a trace goes on without its file.
    fn write(&mut self, text: &str) {
        if self.error.is_none() {
            self.error = self.out.write_all(text.as_bytes()).err();
        }
    }
}
