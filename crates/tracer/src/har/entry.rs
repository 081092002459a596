//! One entry, read part by part. What is not of the kind that the format asks for is passed over: every browser writes its own.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::recording::{Body, Entry, Moment};

/// A text, a number or a flag as text; empty for anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Loose(pub(super) String);

/// A text of which only so much is kept; empty for anything else.
#[derive(Default)]
struct Cut<const BYTES: usize>(Body);

/// The parts of an entry read so far.
#[derive(Default)]
pub(super) struct EntryParts {
    started: Loose,
    time: Loose,
    address: Loose,
    resource: Loose,
    request: Request,
    response: Response,
    timings: Timings,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    method: Loose,
    url: Loose,
    http_version: Loose,
    headers: Headers,
    #[serde(deserialize_with = "or_default")]
    post_data: PostData,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Response {
    status: Loose,
    status_text: Loose,
    headers: Headers,
    #[serde(deserialize_with = "or_default")]
    content: Content,
    /// Chrome's words for why there is no answer.
    #[serde(rename = "_error")]
    error: Loose,
    /// Playwright's.
    #[serde(rename = "_failureText")]
    failure_text: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PostData {
    text: Cut<BODY_BYTES_MAX>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Content {
    text: Cut<BODY_BYTES_MAX>,
    encoding: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Timings {
    dns: Loose,
    connect: Loose,
    ssl: Loose,
}

#[derive(Default)]
struct Headers(Vec<(String, String)>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Header {
    name: Loose,
    value: Cut<HEADER_BYTES_MAX>,
}

impl EntryParts {
    /// Reads the value of `key`.
    pub(super) fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "startedDateTime" => self.started = map.next_value()?,
            "time" => self.time = map.next_value()?,
            "serverIPAddress" => self.address = map.next_value()?,
            "_resourceType" => self.resource = map.next_value()?,
            "request" => self.request = map.next_value::<Option<_>>()?.unwrap_or_default(),
            "response" => self.response = map.next_value::<Option<_>>()?.unwrap_or_default(),
            "timings" => self.timings = map.next_value::<Option<_>>()?.unwrap_or_default(),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }

    pub(super) fn into_entry(self) -> Entry {
        let milliseconds =
            |text: &Loose| text.0.parse::<f64>().ok().filter(|time| *time >= 0.0 && time.is_finite());
        let EntryParts { request, response, timings, .. } = &self;
        let steps_ms = [&timings.dns, &timings.connect, &timings.ssl].map(milliseconds);
        let status = response.status.0.parse::<f64>().ok().filter(|status| (100.0..600.0).contains(status));
        let (started, time_ms) = (Moment::from_date(&self.started.0), milliseconds(&self.time));
        let is_websocket = self.resource.0 == "websocket" || is_websocket(request);
        let EntryParts { address, request, response, .. } = self;
        let failure = [response.error.0, response.failure_text.0].into_iter().find(|text| !text.is_empty());
        // What is encoded is no text, and of no use here.
        let is_text = response.content.encoding.0.is_empty();
        let some = |body: Body| (!body.text.is_empty()).then_some(body);
        Entry {
            started,
            time_ms,
            method: request.method.0,
            url: request.url.0,
            http_version: request.http_version.0,
            request_headers: request.headers.0,
            request_body: some(request.post_data.text.0),
            status: status.map(|status| status as u16),
            status_text: response.status_text.0,
            response_headers: response.headers.0,
            response_body: some(response.content.text.0).filter(|_| is_text),
            failure,
            server_address: Some(address.0).filter(|address| !address.is_empty()),
            steps_ms,
            is_websocket,
        }
    }
}

/// Null is as good as nothing.
fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn is_websocket(request: &Request) -> bool {
    let asks = |(name, value): &(String, String)| {
        name.eq_ignore_ascii_case("upgrade") && value.eq_ignore_ascii_case("websocket")
    };
    let url = request.url.0.as_bytes();
    url.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"ws:"))
        || url.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"wss:"))
        || request.headers.0.iter().any(asks)
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        deserializer.deserialize_any(LooseVisitor).map(Loose)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or nothing")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<String, E> {
        Ok(flag.to_string())
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<String, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }
}

impl<'de, const BYTES: usize> Deserialize<'de> for Cut<BYTES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CutVisitor::<BYTES>)
    }
}

struct CutVisitor<const BYTES: usize>;

impl<'de, const BYTES: usize> Visitor<'de> for CutVisitor<BYTES> {
    type Value = Cut<BYTES>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LooseVisitor.expecting(f)
    }

    fn visit_str<E>(self, text: &str) -> Result<Cut<BYTES>, E> {
        let kept = &text[..text.floor_char_boundary(BYTES)];
        Ok(Cut(Body { text: kept.to_owned(), is_cut: kept.len() < text.len() }))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cut<BYTES>, E> {
        Ok(Cut(Body { text: number.to_string(), is_cut: false }))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cut<BYTES>, E> {
        Ok(Cut(Body { text: number.to_string(), is_cut: false }))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cut<BYTES>, E> {
        Ok(Cut(Body { text: number.to_string(), is_cut: false }))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Cut<BYTES>, E> {
        Ok(Cut(Body { text: flag.to_string(), is_cut: false }))
    }

    fn visit_unit<E>(self) -> Result<Cut<BYTES>, E> {
        Ok(Cut::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Cut<BYTES>, A::Error> {
        LooseVisitor.visit_seq(list).map(|_| Cut::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cut<BYTES>, A::Error> {
        LooseVisitor.visit_map(map).map(|_| Cut::default())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of headers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Headers, A::Error> {
                let mut headers = Headers::default();
                while let Some(Header { name, value }) = list.next_element()? {
                    if headers.0.len() < HEADERS_MAX {
                        headers.0.push((name.0, value.0.text));
                    }
                }
                Ok(headers)
            }

            fn visit_unit<E>(self) -> Result<Headers, E> {
                Ok(Headers::default())
            }
        }

        deserializer.deserialize_any(List)
    }
}

/// Of the text of a request or an answer, so many bytes are kept.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Of a header's value.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Headers kept of a request, and of an answer.
const HEADERS_MAX: usize = 200;
