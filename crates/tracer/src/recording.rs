//! What a recording of a browser or a network says of a connection, whatever kind of file it comes from.
//!
//! Readers of files tell a [`Listener`] what they find, in the order of the file, so that a file of any length is read with
//! little memory.

use std::fmt;

use client::Direction;

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment as a file has it: seconds or milliseconds since 1970, whichever it must be.
    pub fn from_number(number: f64) -> Option<Moment> {
        // 1e11 seconds are the year 5138, 1e11 milliseconds the year 1973.
        let seconds = if number.abs() < 1e11 { number } else { number / 1000.0 };
        (number > 0.0 && number.is_finite()).then(|| Moment((seconds * 1e6).round() as i64))
    }

    /// A date and time as RFC 3339 has it.
    pub fn from_date(text: &str) -> Option<Moment> {
        text.parse::<jiff::Timestamp>().ok().map(|moment| Moment(moment.as_microsecond()))
    }

    /// How long after `earlier`; nothing if it is before.
    pub fn since(self, earlier: Moment) -> std::time::Duration {
        let micros = self.0.saturating_sub(earlier.0);
        std::time::Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }

    /// Later by so many milliseconds.
    pub fn plus_ms(self, ms: f64) -> Moment {
        Moment(self.0.saturating_add((ms * 1000.0) as i64))
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// Date and time of day in UTC, to the millisecond.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => f.write_str("an impossible time"),
        }
    }
}

/// A message on a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message<'a> {
    /// When; none if the file does not say.
    pub at: Option<Moment>,
    /// Who sent it; `Sent` is the browser.
    pub direction: Direction,
    /// 1 is text, 2 binary; others are control frames.
    pub opcode: u8,
    /// Text, or base64 of what is not.
    pub data: &'a str,
}

/// An HTTP request with its answer, or a WebSocket's handshake.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// When it began.
    pub started: Option<Moment>,
    /// How long it took in milliseconds, as the file says it; negative values are none.
    pub time_ms: Option<f64>,
    /// The method.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The version of HTTP that the file names.
    pub http_version: String,
    /// Of the request.
    pub request_headers: Vec<(String, String)>,
    /// What was sent with it, as far as it is kept.
    pub request_body: Option<Body>,
    /// None if no answer came.
    pub status: Option<u16>,
    /// The words beside it.
    pub status_text: String,
    /// Of the answer.
    pub response_headers: Vec<(String, String)>,
    /// What was in the answer, as far as it is kept.
    pub response_body: Option<Body>,
    /// Why there is no answer, in the browser's words.
    pub failure: Option<String>,
    /// The server's address.
    pub server_address: Option<String>,
    /// How long each step took, in milliseconds, where the file says it: name resolution, TCP, TLS.
    pub steps_ms: [Option<f64>; 3],
    /// Whether the file calls it a WebSocket.
    pub is_websocket: bool,
}

/// The text of a request or an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Its beginning.
    pub text: String,
    /// Whether more was in the file.
    pub is_cut: bool,
}

impl Entry {
    /// The value of a header of the answer.
    pub fn response_header(&self, name: &str) -> Option<&str> {
        header(&self.response_headers, name)
    }

    /// The value of a header of the request.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        header(&self.request_headers, name)
    }

    /// The part of the address before the path: scheme, host and port.
    pub fn origin(&self) -> &str {
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        let end =
            self.url[after_scheme..].find(['/', '?', '#']).map_or(self.url.len(), |at| after_scheme + at);
        &self.url[..end]
    }

    /// The path, without what is asked.
    pub fn path(&self) -> &str {
        let rest = &self.url[self.origin().len()..];
        &rest[..rest.find(['?', '#']).unwrap_or(rest.len())]
    }

    /// When the answer was complete.
    pub fn ended(&self) -> Option<Moment> {
        Some(self.started?.plus_ms(self.time_ms?))
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Who wrote a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// `Firefox`, `WebInspector`, `Playwright`, …
    pub name: String,
    /// Its version.
    pub version: String,
    /// The browser, where the file names it besides.
    pub browser: String,
}

/// Hears what is in a recording.
pub trait Listener {
    /// The file says who wrote it.
    fn author(&mut self, author: Author);
    /// A message of the entry that comes next.
    fn message(&mut self, message: Message<'_>);
    /// An entry is complete.
    fn entry(&mut self, entry: Entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_seconds_and_in_milliseconds() {
        let expected = Some(Moment(1_795_487_745_366_029));
        assert_eq!(Moment::from_number(1_795_487_745.366_029), expected);
        assert_eq!(Moment::from_number(1_795_487_745_366.028_8), expected);
        for nothing in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Moment::from_number(nothing), None, "{nothing}");
        }
        assert_eq!(Moment::from_date("2026-11-24T02:35:45.366Z"), Some(Moment(1_795_487_745_366_000)));
        assert_eq!(Moment::from_date("2026-11-24T03:35:45.366+01:00"), Some(Moment(1_795_487_745_366_000)));
        assert_eq!(Moment::from_date("yesterday"), None);
        assert_eq!(Moment(1_795_487_745_366_000).to_string(), "2026-11-24T02:35:45.366Z");
    }

    #[test]
    fn an_address_has_its_parts() {
        let entry = |url: &str| Entry { url: url.to_owned(), ..Entry::default() };
        for (url, origin, path) in [
            ("wss://h:8445/ws/?a=b", "wss://h:8445", "/ws/"),
            ("https://h", "https://h", ""),
            ("https://h?x", "https://h", ""),
            ("", "", ""),
            ("nonsense", "nonsense", ""),
        ] {
            let entry = entry(url);
            assert_eq!((entry.origin(), entry.path()), (origin, path), "{url}");
        }
    }
}
