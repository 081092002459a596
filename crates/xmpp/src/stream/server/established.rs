//! The stream of a bound client: which stanzas go on to the driver (RFC 6120 §8.1, §8.2; RFC 6121 §4.7).

use super::management::{self, Management};
use super::{Context, Framing, Stop, StreamEvent, stop, unexpected};
use crate::stanza::error_reply;
use crate::{
    Condition, Element, FullJid, InvalidStanza, IqType, Jid, Stanza, StanzaError, StanzaKind,
    StreamCondition, ns,
};

/// A stream with a resource.
pub(super) struct Established {
    pub(super) jid: FullJid,
    /// None until the client has enabled it.
    pub(super) management: Option<Box<Management>>,
}

/// Takes one element of the client.
pub(super) fn handle_element(
    cx: &mut Context<'_>,
    established: &mut Established,
    element: Element,
) -> Result<(), Stop> {
    let Established { jid, management } = established;
    if element.ns() == ns::STREAM_MANAGEMENT {
        return management::handle(cx, management, &element);
    }
    if cx.config.client_state
        && let Some(state) = management::client_state(&element)
    {
        cx.event(StreamEvent::ClientState(state));
        return Ok(());
    }
    let stanza = match Stanza::from_element(element) {
        Ok(stanza) => stanza,
        Err(refused) => {
            let (invalid, element) = *refused;
            let reply = handle_invalid(cx.config.framing, jid, invalid, element)?;
            answered(cx, management, reply);
            return Ok(());
        }
    };
    let stanza = stamp(jid, stanza)?;
    match answer_here(cx, jid, &stanza) {
        Some(reply) => answered(cx, management, Some(reply)),
        None => cx.event(match management {
            Some(management) => StreamEvent::Counted { stanza, received: management.count() },
            None => StreamEvent::Stanza(stanza),
        }),
    }
    Ok(())
}

/// A stanza that the stream itself has dealt with. What it says about it is a stanza too: on a managed stream it has to
/// go where all others go.
fn answered(cx: &mut Context<'_>, management: &mut Option<Box<Management>>, reply: Option<Element>) {
    match (management, reply) {
        (Some(management), reply) => {
            let reply = reply.map(|reply| reply.to_xml());
            cx.event(StreamEvent::Answered { reply, received: management.count() });
        }
        (None, Some(reply)) => cx.frame(&reply),
        (None, None) => {}
    }
}

fn stamp(jid: &FullJid, mut stanza: Stanza) -> Result<Stanza, Stop> {
    if stanza.from.as_ref().is_some_and(|from| !is_own(jid, from)) {
        return Err(invalid_from());
    }
    stanza.element.set_attribute("from", jid.as_str());
    stanza.from = Some(Jid::from(jid.clone()));
    Ok(stanza)
}

/// The reply to a stanza that the stream itself can answer.
fn answer_here(cx: &Context<'_>, jid: &FullJid, stanza: &Stanza) -> Option<Element> {
    match stanza.kind {
        StanzaKind::Presence if !is_presence_valid(&stanza.element) => {
            Some(stanza.error(Condition::BadRequest.into()))
        }
        StanzaKind::Iq(kind) if kind.is_request() && is_to_server(cx, jid, stanza) => {
            let payload = stanza.payload()?;
            if payload.is("bind", ns::BIND) {
                // One resource per stream (RFC 6120 §7.6.2.2).
                Some(stanza.error(Condition::NotAllowed.into()))
            } else if payload.is("session", ns::SESSION) && kind == IqType::Set {
                Some(stanza.result(None))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Whether a stanza is for the server or the client's own account.
fn is_to_server(cx: &Context<'_>, jid: &FullJid, stanza: &Stanza) -> bool {
    stanza.to.as_ref().is_none_or(|to| to.as_str() == cx.config.domain || *to == jid.to_bare())
}

fn is_presence_valid(presence: &Element) -> bool {
    match presence.attribute("type") {
        None => {
            let mut priorities = presence.elements().filter(|e| e.is("priority", ns::CLIENT));
            let first = priorities.next();
            priorities.next().is_none() && first.is_none_or(|e| e.text().trim_ascii().parse::<i8>().is_ok())
        }
        Some(kind) => PRESENCE_TYPES.contains(&kind),
    }
}

/// Answers what is not a stanza, or not a proper one.
fn handle_invalid(
    framing: Framing,
    jid: &FullJid,
    invalid: InvalidStanza,
    mut element: Element,
) -> Result<Option<Element>, Stop> {
    let condition = match invalid {
        InvalidStanza::NotAStanza => {
            return Err(unexpected(
                framing,
                &element,
                StreamCondition::UnsupportedStanzaType,
                "not a stanza",
            ));
        }
        InvalidStanza::BadFrom => return Err(invalid_from()),
        InvalidStanza::BadTo => Condition::JidMalformed,
        InvalidStanza::MissingId | InvalidStanza::BadType | InvalidStanza::BadChildren => {
            Condition::BadRequest
        }
    };
    // Errors are never answered, and neither are results (RFC 6120 §8.2.3, §8.3.1).
    if matches!(element.attribute("type"), Some("error" | "result")) {
        return Ok(None);
    }
    if let Some(from) = element.attribute("from")
        && !Jid::new(from).is_ok_and(|from| is_own(jid, &from))
    {
        return Err(invalid_from());
    }
    element.set_attribute("from", jid.as_str());
    if condition == Condition::JidMalformed {
        // The reply would come from an address that nobody can read.
        element.remove_attribute("to");
    }
    Ok(Some(error_reply(&element, &StanzaError::new(condition).with_text(invalid.to_string()))))
}

/// Whether an address is the sender's own, with whatever resource: that one is overridden in any case (RFC 6120 §8.1.2.1).
/// Clients that have resumed a session, or failed to, write the resource of the one that they take themselves for.
fn is_own(jid: &FullJid, from: &Jid) -> bool {
    from == jid || from.to_bare() == jid.to_bare()
}

fn invalid_from() -> Stop {
    stop(StreamCondition::InvalidFrom, "'from' is not the sender's address")
}

const PRESENCE_TYPES: [&str; 7] =
    ["unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error"];
