//! `<open/>` and the features that follow it (RFC 7395 §3.4, RFC 6120 §4.3, §4.7).

use std::time::Duration;

use super::framing::Root;
use super::handshake::{Handshake, Step};
use super::{Context, Output, StartTls, Stop, StreamEvent, stop};
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
                match self.channel.starttls {
                    StartTls::Off => {}
                    StartTls::Optional => features.push(starttls(false)),
                    StartTls::Required => {
                        cx.frame(&features.with_child(starttls(true)));
                        return Ok(());
                    }
                }
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

    /// Opens our stream, once per stream.
    pub(super) fn say_open(&mut self, cx: &mut Context<'_>) {
        if self.opened {
            return;
        }
        self.opened = true;
        let id = self.entropy.token();
        match cx.config.framing.opening(&Root { from: &cx.config.domain, id: &id }) {
            Some(opening) => cx.outputs.push_back(Output::Frame(opening)),
            None => cx.event(StreamEvent::Opened { id }),
        }
    }

    /// Takes `<starttls/>`. The stream begins anew when there is TLS (RFC 6120 §5.4.3.3).
    pub(super) fn start_tls(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        if self.channel.starttls == StartTls::Off {
            return Err(Stop::Starttls);
        }
        cx.frame(&Element::new("proceed", ns::TLS));
        cx.event(StreamEvent::StartTls);
        self.opened = false;
        self.step = Step::ExpectOpen;
        Ok(())
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

fn starttls(required: bool) -> Element {
    let starttls = Element::new("starttls", ns::TLS);
    if required { starttls.with_child(Element::new("required", ns::TLS)) } else { starttls }
}

fn check_open(cx: &Context<'_>, element: &Element) -> Result<(), Stop> {
    let (opener, opener_ns) = cx.config.framing.opener();
    match (element.name(), element.ns()) {
        (name, ns) if (name, ns) == (opener, opener_ns) => {}
        (name, _) if name == opener => {
            let text = format!("<{opener}/> belongs to {opener_ns}");
            return Err(stop(StreamCondition::InvalidNamespace, &text));
        }
        _ if cx.config.framing.is_closer(element) => return Err(Stop::Closed),
        ("error", ns::STREAMS) => return Err(Stop::Closed),
        _ => return Err(stop(StreamCondition::BadFormat, &format!("a stream starts with <{opener}/>"))),
    }
    if !element.nodes().is_empty() {
        return Err(stop(StreamCondition::BadFormat, "what opens a stream has no content"));
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
