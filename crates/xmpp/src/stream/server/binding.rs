//! Binding a resource (RFC 6120 §7).

use std::str::FromStr;

use jid::ResourcePart;

use super::handshake::{Handshake, Step};
use super::{Context, Stop, StreamEvent, unexpected};
use crate::stanza::error_reply;
use crate::{Condition, Element, FullJid, IqType, Stanza, StanzaError, StanzaKind, StreamCondition, ns};

impl Handshake {
    /// Takes an element of an authenticated client that has no resource: only a bind request will do.
    pub(super) fn bind(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Stop> {
        let Step::ExpectBind { user } = &self.step else { return Ok(()) };
        let request =
            Some(element).filter(|e| e.is("iq", ns::CLIENT)).and_then(|e| e.child("bind", ns::BIND));
        let Some(request) = request else {
            return Err(unexpected(
                cx.config.framing,
                element,
                StreamCondition::NotAuthorized,
                "bind a resource first",
            ));
        };
        let resource = request.child("resource", ns::BIND).map(Element::text).filter(|text| !text.is_empty());
        let resource = match resource.as_deref().map(ResourcePart::from_str).transpose() {
            Ok(resource) => resource.map(|resource| resource.as_str().to_owned()),
            Err(error) => {
                refuse(cx, element, StanzaError::new(Condition::BadRequest).with_text(error.to_string()));
                return Ok(());
            }
        };
        match Stanza::from_element(element.clone()) {
            Ok(Stanza { kind: StanzaKind::Iq(IqType::Set), id: Some(id), .. }) => {
                let user = user.clone();
                let generated = self.entropy.token();
                cx.event(StreamEvent::Bind { user: user.clone(), resource, generated });
                self.step = Step::ExpectResource { user, id };
            }
            Ok(_) => refuse(cx, element, Condition::BadRequest.into()),
            Err(refused) => {
                refuse(cx, element, StanzaError::new(Condition::BadRequest).with_text(refused.0.to_string()));
            }
        }
        Ok(())
    }

    /// The driver has bound `jid`. Returns whether it was asked to.
    pub(super) fn bound(&mut self, cx: &mut Context<'_>, jid: &FullJid) -> bool {
        let Step::ExpectResource { id, .. } = &self.step else { return false };
        let jid = Element::new("jid", ns::BIND).with_text(jid.as_str());
        let result = iq("result", id).with_child(Element::new("bind", ns::BIND).with_child(jid));
        cx.frame(&result);
        true
    }

    /// The driver has refused the resource.
    pub(super) fn bind_refused(&mut self, cx: &mut Context<'_>, error: &StanzaError) {
        self.step = match std::mem::replace(&mut self.step, Step::ExpectAuth) {
            Step::ExpectResource { user, id } => {
                cx.frame(&iq("error", &id).with_child(error.to_element()));
                Step::ExpectBind { user }
            }
            other => other,
        };
    }
}

fn iq(kind: &'static str, id: &str) -> Element {
    Element::new("iq", ns::CLIENT).with_attribute("type", kind).with_attribute("id", id)
}

/// Answers a bad request; results and errors are never answered.
fn refuse(cx: &mut Context<'_>, element: &Element, error: StanzaError) {
    if !matches!(element.attribute("type"), Some("result" | "error")) {
        cx.frame(&error_reply(element, &error));
    }
}
