//! What an outbox does while nobody looks at the client (XEP-0352 v1.0.0): presence waits, the last one of each sender,
//! and when there is too much, so does only the last notification of each node.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use xmpp::stream::ClientState;
use xmpp::{Element, Limits, ns};

use super::mailbox::Mailbox;
use super::{Outbox, Outgoing, State};

/// Presence that waits: who from, and the stanza.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<(String, String)>);

impl Held {
    pub(super) fn into_entries(self) -> impl Iterator<Item = Outgoing> {
        self.0.into_iter().map(|(_, element)| Outgoing::Stanza(element))
    }
}

impl Outbox {
    pub(super) fn set_client_state(&self, client: ClientState) {
        let mut state = self.state.lock();
        match client {
            ClientState::Inactive => {
                let mailbox = state.mailbox.get_or_insert_with(|| Box::new(Mailbox::new()));
                mailbox.held.get_or_insert_default();
            }
            ClientState::Active => {
                let held = state.mailbox.as_mut().and_then(|mailbox| mailbox.held.take());
                // Their bytes are counted already.
                state.queue.extend(held.into_iter().flat_map(Held::into_entries));
                let waker = if state.is_blocked { None } else { state.waker.take() };
                drop(state);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
    }
}

impl State {
    /// Keeps presence back. Returns what is not to be kept back.
    pub(super) fn hold(&mut self, entry: Outgoing, bytes_max: usize) -> Option<Outgoing> {
        let Some(held) = self.mailbox.as_mut().and_then(|mailbox| mailbox.held.as_mut()) else {
            return Some(entry);
        };
        let Outgoing::Stanza(element) = entry else { return Some(entry) };
        let cost = super::ENTRY_OVERHEAD_BYTES + element.len();
        let Some(from) = sender_of_presence(&element).filter(|_| self.bytes + cost <= bytes_max) else {
            return Some(Outgoing::Stanza(element));
        };
        self.bytes += cost;
        match held.0.iter_mut().find(|(other, _)| *other == from) {
            Some((_, older)) => {
                self.bytes -= super::ENTRY_OVERHEAD_BYTES + older.len();
                *older = element;
            }
            None => held.0.push((from, element)),
        }
        None
    }

    /// Drops all but the last notification of each node, if nobody looks. Returns how many were dropped; none if somebody
    /// does.
    pub(super) fn coalesce(&mut self) -> Option<usize> {
        let mailbox = self.mailbox.as_ref()?;
        mailbox.held.as_ref()?;
        // What the client may have heard keeps its number.
        let numbered = mailbox.again;
        let before = self.queue.len();
        let mut seen: HashSet<Arc<str>> = HashSet::new();
        let mut kept = Vec::with_capacity(before);
        for (index, entry) in mem::take(&mut self.queue).into_iter().enumerate().rev() {
            let is_newest = match &entry {
                _ if index < numbered => true,
                Outgoing::Shared { stanza, .. } => {
                    stanza.topic().is_none_or(|topic| seen.insert(Arc::clone(topic)))
                }
                _ => true,
            };
            if is_newest {
                kept.push(entry);
            } else {
                self.bytes -= entry.cost();
            }
        }
        kept.reverse();
        self.queue = kept.into();
        Some(before - self.queue.len())
    }
}

/// Who sends this, if it is presence that tells where somebody is; other presence is a request or an answer.
fn sender_of_presence(element: &str) -> Option<String> {
    let limits = Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(element.len()) };
    let presence = Element::parse(element, &limits).ok()?;
    let tells = matches!(presence.attribute("type"), None | Some("unavailable"));
    (presence.is("presence", ns::CLIENT) && tells).then(|| presence.attribute("from").map(str::to_owned))?
}
