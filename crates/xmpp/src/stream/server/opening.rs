//! `<open/>` and the features that follow it (RFC 7395 §3.4, RFC 6120 §4.3, §4.7).

use std::time::Duration;

use super::handshake::{Handshake, Step};
use super::{Context, Stop, stop};
use crate::{Element, Jid, Mechanism, StreamCondition, ns};

impl Handshake {
    /// Takes the client's `<open/>`, first or after authentication.
    pub(super) fn open(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Stop> {
        check_open(cx, element)?;
        self.say_open(cx);
        let mut features = Element::new("features", ns::STREAMS);
        let mut features = match std::mem::replace(&mut self.step, Step::ExpectAuth) {
            Step::ExpectRestart { user } => {
                self.step = Step::ExpectBind { user };
                let optional = Element::new("optional", ns::SESSION);
                let mut features = features
                    .with_child(Element::new("bind", ns::BIND))
                    .with_child(Element::new("session", ns::SESSION).with_child(optional));
                if cx.config.management.is_some() {
                    features.push(Element::new("sm", ns::STREAM_MANAGEMENT));
                }
                if cx.config.client_state {
                    features.push(Element::new("csi", ns::CLIENT_STATE));
                }
                cx.config.features.iter().cloned().fold(features, Element::with_child)
            }
            _ => {
                let mut mechanisms = Element::new("mechanisms", ns::SASL);
                for mechanism in self.offered(cx) {
                    mechanisms.push(Element::new("mechanism", ns::SASL).with_text(mechanism.name()));
                }
                features.push(mechanisms);
                if self.offered(cx).any(Mechanism::binds_channel) {
                    features.push(self.channel.bindings.to_element());
                }
                features
            }
        };
        if let Some(caps) = &cx.config.caps {
            features.push(caps.to_element());
        }
        features.push(limits(self.limits(cx.config).bytes_max, cx.config.idle_time));
        cx.frame(&features);
        Ok(())
    }

    /// Sends our `<open/>`, once per stream.
    pub(super) fn say_open(&mut self, cx: &mut Context<'_>) {
        if self.opened {
            return;
        }
        self.opened = true;
        let mut open = Element::new("open", ns::FRAMING)
            .with_attribute("from", cx.config.domain.as_str())
            .with_attribute("id", self.entropy.token())
            .with_attribute("version", "1.0");
        open.set_attribute_ns("lang", ns::XML, "en");
        cx.frame(&open);
    }
}

/// What the stream may carry (XEP-0478 §3.1); it may carry more once the client has authenticated.
fn limits(bytes_max: usize, idle_time: Option<Duration>) -> Element {
    let number = |name, value: u64| Element::new(name, ns::STREAM_LIMITS).with_text(value.to_string());
    let limits = Element::new("limits", ns::STREAM_LIMITS).with_child(number("max-bytes", bytes_max as u64));
    match idle_time {
        Some(time) => limits.with_child(number("idle-seconds", time.as_secs())),
        None => limits,
    }
}

fn check_open(cx: &Context<'_>, element: &Element) -> Result<(), Stop> {
    match (element.name(), element.ns()) {
        ("open", ns::FRAMING) => {}
        ("open", _) => {
            return Err(stop(
                StreamCondition::InvalidNamespace,
                "<open/> belongs to urn:ietf:params:xml:ns:xmpp-framing",
            ));
        }
        ("close", ns::FRAMING) | ("error", ns::STREAMS) => return Err(Stop::Closed),
        _ => return Err(stop(StreamCondition::BadFormat, "a stream starts with <open/> (RFC 7395)")),
    }
    if element.first_element().is_some() {
        return Err(stop(StreamCondition::BadFormat, "<open/> has no content"));
    }
    if !element.attribute("version").is_some_and(is_version_1) {
        return Err(stop(StreamCondition::UnsupportedVersion, "only XMPP 1.0 is spoken here"));
    }
    let known = match element.attribute("to") {
        Some(to) => Jid::new(to).is_ok_and(|to| to.as_str() == cx.config.domain),
        None => cx.config.default_to,
    };
    if known { Ok(()) } else { Err(stop(StreamCondition::HostUnknown, "this domain is not served here")) }
}

/// Whether `version` is 1.0 or later; the numbers are compared as numbers (RFC 6120 §4.7.5).
fn is_version_1(version: &str) -> bool {
    let Some((major, minor)) = version.split_once('.') else { return false };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    digits(major) && digits(minor) && !major.trim_start_matches('0').is_empty()
}
