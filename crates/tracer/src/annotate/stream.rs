//! `<open/>`, `<close/>`, features and stream errors.

use client::{Direction, Stage};
use xmpp::{Element, StreamCondition, StreamError, ns};

use super::{Annotation, Annotator, Kind, summary};
use crate::{catalogue::FindingId, finding_id, text::short};

impl Annotator {
    pub(super) fn framing(&mut self, direction: Direction, element: &Element) -> Annotation {
        let handshake = |text: String| Annotation::new(Stage::Stream, Kind::Handshake, text);
        match (element.name(), direction) {
            ("open", Direction::Sent) => {
                let to = element.attribute("to").unwrap_or("nobody");
                self.asked_domain = Some(to.to_owned());
                handshake(format!("open a stream to {}", short(to, 100)))
            }
            ("open", Direction::Received) => {
                let from = element.attribute("from");
                let id =
                    element.attribute("id").map(|id| format!("id {}", short(id, 60))).unwrap_or_default();
                match (from, &self.asked_domain) {
                    (Some(from), Some(asked)) if !from.eq_ignore_ascii_case(asked) => Annotation::new(
                        Stage::Stream,
                        Kind::Problem,
                        format!("the stream is from {}, not from {}", short(from, 100), short(asked, 100)),
                    )
                    .with_detail(id)
                    .named(Some(finding_id!("ST-FROM"))),
                    _ => handshake(format!(
                        "stream open from {}",
                        short(from.unwrap_or("somebody unnamed"), 100)
                    ))
                    .with_detail(id),
                }
            }
            ("close", _) => {
                let closing = Annotation::new(Stage::Close, Kind::Handshake, "close the stream");
                match element.attribute("see-other-uri") {
                    Some(uri) => closing
                        .with_detail(format!("go to {} instead", short(uri, 200)))
                        .named(Some(finding_id!("ST-SEE-OTHER"))),
                    None => closing,
                }
            }
            _ => Annotation::new(Stage::Stream, Kind::Unknown, summary(element)),
        }
    }
}

/// The server's offer.
pub(super) fn features(element: &Element) -> Annotation {
    let mut offers = Vec::new();
    for feature in element.elements().take(20) {
        offers.push(match (feature.name(), feature.ns()) {
            ("mechanisms", ns::SASL) => {
                let names: Vec<_> = feature.elements().take(20).map(|m| short(&m.text(), 40)).collect();
                if names.is_empty() { "no mechanism".to_owned() } else { names.join(", ") }
            }
            ("bind", ns::BIND) => "bind".to_owned(),
            ("session", ns::SESSION) if feature.child("optional", ns::SESSION).is_some() => {
                "session (optional)".to_owned()
            }
            ("session", ns::SESSION) => "session".to_owned(),
            ("c", ns::CAPS) => {
                format!("software {}", short(feature.attribute("node").unwrap_or("unnamed"), 80))
            }
            ("sm", ns::STREAM_MANAGEMENT) => "stream management".to_owned(),
            ("starttls", ns::TLS) => "STARTTLS (has no place on a WebSocket)".to_owned(),
            (name, _) => short(name, 40),
        });
    }
    let text = if offers.is_empty() {
        "features: none".to_owned()
    } else {
        format!("features: {}", offers.join("; "))
    };
    let starttls = element.child("starttls", ns::TLS).map(|_| finding_id!("ST-STARTTLS"));
    Annotation::new(Stage::Stream, Kind::Handshake, text).named(starttls)
}

pub(super) fn error(element: &Element) -> Annotation {
    let error = StreamError::from_element(element);
    let mut text = format!("stream error {}", error.condition.name());
    if let Some(meaning) = explain_stream_error(error.condition) {
        text.push_str(&format!(": {meaning}"));
    }
    let words = error.text.as_deref().map(|words| format!("\"{}\"", short(words, 200))).unwrap_or_default();
    let finding = FindingId::for_stream_error(error.condition.name());
    Annotation::new(Stage::Close, Kind::Problem, text).with_detail(words).named(Some(finding))
}

/// What a stream error means, in a few words.
pub fn explain_stream_error(condition: StreamCondition) -> Option<&'static str> {
    Some(match condition {
        StreamCondition::BadFormat
        | StreamCondition::BadNamespacePrefix
        | StreamCondition::InvalidXml
        | StreamCondition::NotWellFormed
        | StreamCondition::RestrictedXml
        | StreamCondition::UnsupportedEncoding => "the last frame of the other side is not acceptable XML",
        StreamCondition::InvalidNamespace => "a frame had the wrong namespace",
        StreamCondition::Conflict => "the same address was bound again by a newer session",
        StreamCondition::ConnectionTimeout => "nothing was heard for too long",
        StreamCondition::HostGone | StreamCondition::HostUnknown => "the server does not serve this domain",
        StreamCondition::ImproperAddressing | StreamCondition::InvalidFrom => "a wrong \"to\" or \"from\"",
        StreamCondition::InternalServerError => "a fault inside the server",
        StreamCondition::NotAuthorized => {
            "a stanza before the login was complete, or the account was disabled"
        }
        StreamCondition::PolicyViolation => "a limit of the server was exceeded",
        StreamCondition::RemoteConnectionFailed => "the server cannot reach a part of itself",
        StreamCondition::Reset => "credentials or certificate changed, connect again",
        StreamCondition::ResourceConstraint => "the server is overloaded",
        StreamCondition::SeeOtherHost => "another host should be used",
        StreamCondition::SystemShutdown => "the server is going down",
        _ => return None,
    })
}
