//! What was seen, when, and where it can be looked up again.

use std::{net::SocketAddr, time::Duration};

use client::Direction;
use serde::{Serialize, Serializer};

use crate::{Redactor, text::short};

/// One observation that a finding rests on.
///
/// Text from the line is made printable and cut; secrets are masked by [`Finding::redacted`](super::Finding::redacted),
/// which every report applies before it writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    what: String,
    #[serde(rename = "at_ms", serialize_with = "milliseconds", skip_serializing_if = "Option::is_none")]
    at: Option<Duration>,
    #[serde(flatten)]
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<String>,
}

/// Where in the source something stands. Each part that does not apply is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The connection or request of a file that holds several, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The frame or packet, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    /// Who sent that frame.
    #[serde(serialize_with = "direction", skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The header of the HTTP answer or request, in small letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The address that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
    /// The certificate of the chain, from 1, which is the server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<u64>,
    /// How many bytes of the file or frame come before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Evidence {
    /// - `what`: what was seen, in one line; at most 400 characters are kept.
    pub fn new(what: impl AsRef<str>) -> Evidence {
        let what = short(what.as_ref(), WHAT_CHARS_MAX);
        // An observation without words would be none.
        let what = if what.is_empty() { "seen, and nothing was said".to_owned() } else { what };
        Evidence { what, at: None, place: Place::default(), excerpt: None }
    }

    /// When: since the start of the line or recording.
    pub fn at(mut self, at: Duration) -> Evidence {
        self.at = Some(at);
        self
    }

    /// In which connection or request of a file, from 1.
    pub fn entry(mut self, number: u64) -> Evidence {
        self.place.entry = Some(number);
        self
    }

    /// In which frame or packet, from 1, and who sent it.
    pub fn frame(mut self, number: u64, direction: Direction) -> Evidence {
        self.place.frame = Some(number);
        self.place.direction = Some(direction);
        self
    }

    /// In which header.
    pub fn header(mut self, name: &str) -> Evidence {
        self.place.header = Some(short(&name.to_ascii_lowercase(), HEADER_CHARS_MAX));
        self
    }

    /// At which address.
    pub fn address(mut self, address: SocketAddr) -> Evidence {
        self.place.address = Some(address);
        self
    }

    /// In which certificate of the chain; 1 is the server's own.
    pub fn certificate(mut self, number: u64) -> Evidence {
        self.place.certificate = Some(number);
        self
    }

    /// After how many bytes of the file or frame.
    pub fn offset(mut self, bytes: u64) -> Evidence {
        self.place.offset = Some(bytes);
        self
    }

    /// The thing itself, or its beginning; at most 300 characters are kept.
    pub fn excerpt(mut self, text: impl AsRef<str>) -> Evidence {
        let text = short(text.as_ref(), EXCERPT_CHARS_MAX);
        self.excerpt = (!text.is_empty()).then_some(text);
        self
    }

    /// What was seen.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// When, since the start of the line or recording.
    pub fn time(&self) -> Option<Duration> {
        self.at
    }

    /// Where it can be looked up.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Where it can be looked up and the thing itself, for a person; `None` if neither is known or both are in
    /// [`Evidence::what`] already.
    pub fn detail(&self) -> Option<String> {
        let mut parts = self.place.parts();
        parts.extend(self.excerpt.clone());
        parts
            .retain(|part| !self.what.contains(part.trim_start_matches("at ").trim_start_matches("header ")));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    pub(super) fn redacted(mut self, redactor: &Redactor) -> Evidence {
        self.what = redactor.text(&self.what);
        self.excerpt = self.excerpt.map(|text| redactor.text(&text));
        self
    }
}

impl Place {
    fn parts(&self) -> Vec<String> {
        let direction = match self.direction {
            Some(Direction::Sent) => " sent",
            Some(Direction::Received) => " received",
            None => "",
        };
        let parts = [
            self.entry.map(|number| format!("entry {number}")),
            self.frame.map(|number| format!("frame {number}{direction}")),
            self.header.as_ref().map(|name| format!("header {name}")),
            self.address.map(|address| format!("at {address}")),
            self.certificate.map(|number| format!("certificate {number}")),
            self.offset.map(|bytes| format!("after {bytes} bytes")),
        ];
        parts.into_iter().flatten().collect()
    }
}

fn milliseconds<S: Serializer>(at: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    // Tenths, as everywhere in the report.
    let at = at.unwrap_or_default();
    serializer.serialize_f64((at.as_secs_f64() * 10_000.0).round() / 10.0)
}

fn direction<S: Serializer>(direction: &Option<Direction>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match direction {
        Some(Direction::Sent) => "sent",
        _ => "received",
    })
}

/// Longest observation kept, in characters.
const WHAT_CHARS_MAX: usize = 400;

/// Longest excerpt kept, in characters.
const EXCERPT_CHARS_MAX: usize = 300;

/// Longest name of a header kept, in characters.
const HEADER_CHARS_MAX: usize = 60;
