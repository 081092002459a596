//! Stanzas: `<iq/>`, `<message/>` and `<presence/>` (RFC 6120 §8).

mod error;

pub use error::{Condition, ErrorType, StanzaError};

use crate::{Element, Jid, ns};

/// Which of the three stanzas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StanzaKind {
    /// A request or its answer.
    Iq(IqType),
    /// A message of any type.
    Message,
    /// Presence of any type.
    Presence,
}

/// The `type` of an `<iq/>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IqType {
    /// A question; gets exactly one answer.
    Get,
    /// An order; gets exactly one answer.
    Set,
    /// The answer of success.
    Result,
    /// The answer of failure.
    Error,
}

/// A stanza with its addresses parsed and, for an `<iq/>`, its shape checked.
///
/// As emitted by a server stream, `from` is the sender's full JID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stanza {
    /// Which stanza.
    pub kind: StanzaKind,
    /// The `id` attribute; always there in an `<iq/>`.
    pub id: Option<String>,
    /// The sender.
    pub from: Option<Jid>,
    /// The recipient; none means the sender's own account.
    pub to: Option<Jid>,
    /// The stanza as it was sent.
    pub element: Element,
}

/// Why an element is not an acceptable stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStanza {
    /// Not `<iq/>`, `<message/>` or `<presence/>` of `jabber:client`.
    #[error("not a stanza")]
    NotAStanza,
    /// An `<iq/>` without `id`.
    #[error("an iq needs an id")]
    MissingId,
    /// An `<iq/>` whose `type` is missing or not one of the four.
    #[error("an iq needs a type: get, set, result or error")]
    BadType,
    /// A request without exactly one child, a result with more than one, an error without `<error/>`.
    #[error("an iq request has exactly one child element, a result at most one, an error an <error/>")]
    BadChildren,
    /// `to` is not a JID.
    #[error("the 'to' address is not a JID")]
    BadTo,
    /// `from` is not a JID.
    #[error("the 'from' address is not a JID")]
    BadFrom,
}

impl IqType {
    /// The value of the `type` attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Set => "set",
            Self::Result => "result",
            Self::Error => "error",
        }
    }

    /// The type with this attribute value.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Get, Self::Set, Self::Result, Self::Error].into_iter().find(|kind| kind.name() == name)
    }

    /// Whether this is a question or an order, which must be answered.
    pub fn is_request(self) -> bool {
        matches!(self, Self::Get | Self::Set)
    }
}

impl Stanza {
    /// Checks an element's shape and parses its addresses.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, together with the element, so that it can be answered.
    ///
    /// # Source
    ///
    /// RFC 6120 §8.1 (addresses), §8.2.3 (iq).
    pub fn from_element(element: Element) -> Result<Self, Box<(InvalidStanza, Element)>> {
        match check(&element) {
            Ok((kind, from, to)) => {
                let id = element.attribute("id").map(str::to_owned);
                Ok(Self { kind, id, from, to, element })
            }
            Err(invalid) => Err(Box::new((invalid, element))),
        }
    }

    /// What an `<iq/>` asks or answers: its first child element that is not an `<error/>`. None for other
    /// stanzas.
    pub fn payload(&self) -> Option<&Element> {
        match self.kind {
            StanzaKind::Iq(_) => self.element.elements().find(|e| !e.is("error", ns::CLIENT)),
            StanzaKind::Message | StanzaKind::Presence => None,
        }
    }

    /// The `<error/>` of a stanza of type `error`.
    pub fn error_payload(&self) -> Option<StanzaError> {
        if self.element.attribute("type") != Some("error") {
            return None;
        }
        self.element.child("error", ns::CLIENT).map(StanzaError::from_element)
    }

    /// Whether this is an `<iq/>` that must be answered.
    pub fn is_request(&self) -> bool {
        matches!(self.kind, StanzaKind::Iq(kind) if kind.is_request())
    }

    /// The result that answers this `<iq/>`: addresses swapped, same `id`.
    pub fn result(&self, payload: Option<Element>) -> Element {
        let mut reply = reply(&self.element, "result");
        if let Some(payload) = payload {
            reply.push(payload);
        }
        reply
    }

    /// The error that answers this stanza: same kind, addresses swapped, same `id`.
    pub fn error(&self, error: StanzaError) -> Element {
        error_reply(&self.element, &error)
    }
}

/// The error that answers `element`, which need not be a valid stanza: same name, addresses swapped, same
/// `id`.
pub fn error_reply(element: &Element, error: &StanzaError) -> Element {
    reply(element, "error").with_child(error.to_element())
}

fn reply(element: &Element, kind: &'static str) -> Element {
    let mut reply = Element::new(element.name().to_owned(), ns::CLIENT).with_attribute("type", kind);
    for (theirs, ours) in [("id", "id"), ("from", "to"), ("to", "from")] {
        if let Some(value) = element.attribute(theirs) {
            reply.set_attribute(ours, value);
        }
    }
    reply
}

type Checked = (StanzaKind, Option<Jid>, Option<Jid>);

fn check(element: &Element) -> Result<Checked, InvalidStanza> {
    if element.ns() != ns::CLIENT {
        return Err(InvalidStanza::NotAStanza);
    }
    let kind = match element.name() {
        "iq" => StanzaKind::Iq(check_iq(element)?),
        "message" => StanzaKind::Message,
        "presence" => StanzaKind::Presence,
        _ => return Err(InvalidStanza::NotAStanza),
    };
    let from = address(element, "from").map_err(|()| InvalidStanza::BadFrom)?;
    let to = address(element, "to").map_err(|()| InvalidStanza::BadTo)?;
    Ok((kind, from, to))
}

fn check_iq(element: &Element) -> Result<IqType, InvalidStanza> {
    let kind = element.attribute("type").and_then(IqType::from_name).ok_or(InvalidStanza::BadType)?;
    if element.attribute("id").is_none_or(str::is_empty) {
        return Err(InvalidStanza::MissingId);
    }
    let children = element.elements().count();
    let right = match kind {
        IqType::Get | IqType::Set => children == 1,
        IqType::Result => children <= 1,
        IqType::Error => element.child("error", ns::CLIENT).is_some(),
    };
    if right { Ok(kind) } else { Err(InvalidStanza::BadChildren) }
}

fn address(element: &Element, name: &str) -> Result<Option<Jid>, ()> {
    match element.attribute(name) {
        Some(text) => Jid::new(text).map(Some).map_err(|_| ()),
        None => Ok(None),
    }
}
