//! Stream management, the client's end (XEP-0198 v1.6.3).

use super::super::management::{HandledCountTooHigh, Nonza, Resumption, Unacknowledged};
use crate::{Element, FullJid};

/// What a client wants of stream management.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ManagementChoice {
    /// Nothing.
    #[default]
    Off,
    /// Enable it, if it is offered, and ask to be able to resume.
    Enable,
    /// Go on with this session, if it is still there; otherwise bind and enable it anew.
    Resume(Box<Suspended>),
}

/// A session that lost its connection: what [`ClientStream::suspend`](super::ClientStream::suspend) leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspended {
    pub(super) jid: FullJid,
    pub(super) id: String,
    pub(super) managed: Managed,
}

impl Suspended {
    /// The address the session is bound as.
    pub fn jid(&self) -> &FullJid {
        &self.jid
    }

    /// The session's id, which is as good as a password while the session can be resumed.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many stanzas have been received.
    pub fn received(&self) -> u32 {
        self.managed.received
    }

    /// What was sent and is not acknowledged, oldest first.
    pub fn unacknowledged(&self) -> impl Iterator<Item = &str> {
        self.managed.sent.iter().map(String::as_str)
    }
}

/// A managed stream, from `<enable/>` on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Managed {
    /// The server has agreed, or resumed.
    pub(super) is_enabled: bool,
    pub(super) resumption: Option<Resumption>,
    received: u32,
    sent: Unacknowledged<String>,
    unrequested: u32,
}

/// What an element of the server's means.
pub(super) enum Reaction {
    Nothing,
    Send(Nonza),
    Enabled(Option<Resumption>),
    Refused,
    Wrong(HandledCountTooHigh),
}

impl Managed {
    /// Takes an element of the namespace of stream management. None if it has no place here.
    pub(super) fn handle(&mut self, element: &Element) -> Option<Reaction> {
        Some(match Nonza::from_element(element).ok()? {
            Nonza::Enabled { resumption } if !self.is_enabled => {
                self.is_enabled = true;
                self.resumption.clone_from(&resumption);
                Reaction::Enabled(resumption)
            }
            Nonza::Failed { .. } if !self.is_enabled => Reaction::Refused,
            Nonza::Request => Reaction::Send(Nonza::Answer { h: self.received }),
            Nonza::Answer { h } => match self.sent.acknowledge(h) {
                Ok(_) => Reaction::Nothing,
                Err(wrong) => Reaction::Wrong(wrong),
            },
            _ => return None,
        })
    }

    /// Counts a stanza that came in.
    pub(super) fn received(&mut self) {
        if self.is_enabled {
            self.received = self.received.wrapping_add(1);
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.received
    }

    /// Keeps a stanza that goes out. True if it is time to ask whether it arrived.
    pub(super) fn sent(&mut self, stanza: &str) -> bool {
        self.sent.push(stanza.to_owned());
        self.unrequested += 1;
        let is_time = self.unrequested >= REQUEST_STANZAS;
        if is_time {
            self.unrequested = 0;
        }
        is_time
    }

    pub(super) fn outstanding(&self) -> u32 {
        self.sent.outstanding()
    }

    /// The server has handled `h` stanzas of the session. What it has not, to be sent again.
    pub(super) fn resumed(&mut self, h: u32) -> Result<Vec<String>, HandledCountTooHigh> {
        self.sent.acknowledge(h)?;
        self.is_enabled = true;
        Ok(self.sent.iter().cloned().collect())
    }

    /// The session is gone. What the server has not handled, as far as it knows: after a crash it may know less than it
    /// acknowledged.
    pub(super) fn lost(mut self, h: Option<u32>) -> Vec<String> {
        if let Some(h) = h {
            // A count that makes no sense tells nothing.
            let _ = self.sent.acknowledge(h);
        }
        self.sent.rewind().into()
    }
}

/// Stanzas after which a client asks for an acknowledgement by itself.
const REQUEST_STANZAS: u32 = 16;
