//! Events from outside as requests say them: one as an object, several as an array or line by line.
//!
//! What cannot be read at all is refused as a whole. An event that can be read and is no good is refused alone, so that
//! those before and after it are published.

use aws_lc_rs::digest;
use contact::{ErrorType, Refusal};
use notifier::{OutsideEvent, OutsidePayload};
use serde::Deserialize;
use serde_json::Value;
use xmpp::{Element, Limits};

/// How the events of a request stand in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An object, or an array of objects.
    Json,
    /// An object on each line; empty lines are skipped.
    Lines,
}

/// What a body says.
#[derive(Clone, Debug)]
pub struct Events {
    /// The ids as they were written, in order.
    pub ids: Vec<String>,
    /// One by one, in the same order.
    pub events: Vec<Result<OutsideEvent, Refusal>>,
    /// It was one object and no list.
    pub is_single: bool,
}

/// Bounds of a body.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Events.
    pub events_max: usize,
    /// Bytes of the text of a payload.
    pub payload_bytes_max: usize,
}

/// An event as JSON has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    node: String,
    id: String,
    item: Option<String>,
    payload: Option<Value>,
    r#type: Option<PayloadType>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PayloadType {
    Xml,
    Text,
    Json,
}

impl Form {
    /// The form that a `Content-Type` names.
    pub fn of(content_type: Option<&str>) -> Form {
        let media_type = content_type.unwrap_or("").split(';').next().unwrap_or("").trim();
        let lines = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
        if lines.iter().any(|known| media_type.eq_ignore_ascii_case(known)) {
            Form::Lines
        } else {
            Form::Json
        }
    }
}

/// Reads a body.
///
/// # Errors
///
/// 400 for what is no JSON, or not as events are, and says where; 413 for more events than allowed.
pub fn read(body: &[u8], form: Form, limits: &BodyLimits) -> Result<Events, Refusal> {
    let unreadable = |error: serde_json::Error| {
        Refusal::bad_request(format!("the body is not as expected: {error}; nothing was published"))
    };
    let (written, is_single): (Vec<Written>, bool) = match form {
        Form::Json if body.trim_ascii_start().starts_with(b"[") => {
            (serde_json::from_slice(body).map_err(unreadable)?, false)
        }
        Form::Json => (vec![serde_json::from_slice(body).map_err(unreadable)?], true),
        Form::Lines => {
            let lines = body.split(|byte| *byte == b'\n').enumerate();
            let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
            let read = lines.map(|(number, line)| {
                serde_json::from_slice(line).map_err(|error| {
                    let why =
                        format!("line {} is not as expected: {error}; nothing was published", number + 1);
                    Refusal::bad_request(why)
                })
            });
            (read.collect::<Result<_, _>>()?, false)
        }
    };
    if written.len() > limits.events_max {
        let why = format!(
            "there are {} events, and {} are allowed in a request; nothing was published",
            written.len(),
            limits.events_max
        );
        return Err(Refusal::new(413, ErrorType::BadRequest, "", why));
    }
    let ids = written.iter().map(|written| written.id.clone()).collect();
    let events = written.into_iter().map(|written| written.into_event(limits)).collect();
    Ok(Events { ids, events, is_single })
}

impl Written {
    fn into_event(self, limits: &BodyLimits) -> Result<OutsideEvent, Refusal> {
        let Written { node, id, item, payload, r#type } = self;
        let refused = |why: &str| Err(Refusal::invalid_input(id.as_str(), why));
        let (kind, text) = match (payload, r#type) {
            (None, _) => ("none", String::new()),
            (Some(Value::String(text)), None) if text.trim_start().starts_with('<') => ("xml", text),
            (Some(Value::String(text)), Some(PayloadType::Xml)) => ("xml", text),
            (Some(Value::String(text)), None | Some(PayloadType::Text)) => ("text", text),
            (Some(json), None | Some(PayloadType::Json)) => ("text", json.to_string()),
            (Some(_), Some(_)) => {
                return refused("a payload of type xml or text is a string");
            }
        };
        if text.len() > limits.payload_bytes_max {
            let why = format!("the payload is longer than {} bytes", limits.payload_bytes_max);
            return Err(Refusal::new(413, ErrorType::BadRequest, id, why));
        }
        let payload = match kind {
            "none" => None,
            "xml" => match Element::parse(text.trim(), &Limits::with_bytes_max(limits.payload_bytes_max)) {
                Ok(element) => Some(OutsidePayload::Element(element)),
                Err(error) => {
                    let why = format!(
                        "the payload is no XML element: {error}; text that begins with < has type text"
                    );
                    return refused(&why);
                }
            },
            _ => Some(OutsidePayload::Text(text.clone())),
        };
        let digest = digest_of(&[&node, item.as_deref().unwrap_or(&id), kind, &text]);
        Ok(OutsideEvent { id, node, item, payload, digest })
    }
}

/// SHA-256 over parts, each with its length before it: no two lists of parts give the same input.
fn digest_of(parts: &[&str]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BodyLimits = BodyLimits { events_max: 3, payload_bytes_max: 100 };

    fn one(body: &str) -> Result<OutsideEvent, u16> {
        let events = read(body.as_bytes(), Form::Json, &LIMITS).map_err(|refusal| refusal.status)?;
        assert!(events.is_single && events.events.len() == 1);
        events.events.into_iter().next().expect("one").map_err(|refusal| refusal.status)
    }

    fn payload(rest: &str) -> Result<String, u16> {
        one(&format!(r#"{{"node":"n","id":"1"{rest}}}"#)).map(|event| match event.payload {
            None => "none".into(),
            Some(OutsidePayload::Element(element)) => format!("element {}", element.to_xml()),
            Some(OutsidePayload::Text(text)) => format!("text {text}"),
        })
    }

    #[test]
    fn payloads() {
        for (rest, expected) in [
            ("", Ok("none")),
            (r#","payload":null"#, Ok("none")),
            (r#","payload":" <a xmlns='u'/> ""#, Ok("element <a xmlns=\"u\"/>")),
            (r#","payload":"a < b""#, Ok("text a < b")),
            (r#","payload":"""#, Ok("text ")),
            (r#","payload":{"b":[1,2.5],"a":"<"}"#, Ok(r#"text {"a":"<","b":[1,2.5]}"#)),
            (r#","payload":7"#, Ok("text 7")),
            (r#","payload":"<a>","type":"text""#, Ok("text <a>")),
            (r#","payload":"x","type":"json""#, Ok("text \"x\"")),
            (r#","payload":"<a>""#, Err(400)),
            (r#","payload":"<a/><b/>""#, Err(400)),
            (r#","payload":"x","type":"xml""#, Err(400)),
            (r#","payload":{},"type":"text""#, Err(400)),
            (r#","payload":"x","type":"html""#, Err(400)),
            (r#","payloda":"x""#, Err(400)),
            (&format!(r#","payload":"{}""#, "x".repeat(101)), Err(413)),
        ] {
            assert_eq!(payload(rest).as_deref(), expected.as_ref().copied(), "{rest}");
        }
        for body in ["", "{}", "7", "nonsense", r#"{"node":"n"}"#, r#"{"node":"n","id":1}"#, "\u{0}"] {
            assert_eq!(one(body).map(|_| ()), Err(400), "{body}");
        }
    }

    #[test]
    fn lists() {
        let event = |id: &str| format!(r#"{{"node":"n","id":"{id}","payload":"<"}}"#);
        let ids = |body: &str, form| {
            let read = read(body.as_bytes(), form, &LIMITS).map_err(|refusal| refusal.status)?;
            assert!(!read.is_single);
            Ok(read.events.len())
        };
        assert_eq!(ids(&format!("[{},{}]", event("1"), event("2")), Form::Json), Ok(2));
        assert_eq!(ids("[]", Form::Json), Ok(0));
        assert_eq!(ids(&format!("{}\n\n{}\r\n", event("1"), event("2")), Form::Lines), Ok(2));
        assert_eq!(ids("", Form::Lines), Ok(0));
        assert_eq!(ids(&format!("{}\n{{", event("1")), Form::Lines), Err(400));
        assert_eq!(ids(&format!("[{}]", [event("1"), event("2")].join(" ")), Form::Json), Err(400));
        assert_eq!(ids(&format!("{}\n", event("1")).repeat(4), Form::Lines), Err(413));
        assert_eq!(Form::of(Some("Application/X-NDJSON; charset=utf-8")), Form::Lines);
        assert_eq!((Form::of(Some("application/json")), Form::of(None)), (Form::Json, Form::Json));
    }

    /// What is the same asks for the same, however it is written; what is not, differs.
    #[test]
    fn digests() {
        let digest = |body: &str| one(body).expect("good").digest;
        let first = digest(r#"{"node":"n","id":"1","payload":{"a":1,"b":2}}"#);
        assert_eq!(first, digest(r#"{ "id":"1", "node":"n", "item":"1", "payload":{"b":2,"a":1} }"#));
        for other in [
            r#"{"node":"m","id":"1","payload":{"a":1,"b":2}}"#,
            r#"{"node":"n","id":"1","item":"2","payload":{"a":1,"b":2}}"#,
            r#"{"node":"n","id":"1","payload":{"a":1,"b":3}}"#,
            r#"{"node":"n","id":"1"}"#,
        ] {
            assert_ne!(first, digest(other), "{other}");
        }
    }
}
