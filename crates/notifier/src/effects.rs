//! What waits for the log.
//!
//! A change is decided and applied at once, so that the next decision sees it. Whatever tells the world about it, a
//! reply, an answer, an event, a new subscriber, waits here until the log has the change, and then happens in the order
//! of the log.

use std::collections::VecDeque;

use contact::{Timestamp, UserId};
use xmpp::Jid;

use crate::blocking::BlockPush;
use crate::change::Credentials;
use crate::input::{Position, SessionId, Ticket};
use crate::publishers::Publisher;
use crate::pubsub::event::Event;
use crate::pubsub::node::NodeIndex;
use crate::pubsub::recovery::Recovery;
use crate::pubsub::subscriptions::Subscription;
use crate::roster::RosterPush;
use crate::sessions::UserIndex;

/// Something that happens once a change is in the log.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A request is answered: with the first element, or with the second if the log failed.
    Reply { session: SessionId, done: String, failed: String },
    /// A command is answered.
    Answer { ticket: Ticket },
    /// A user without a desktop has been signed out, or would have been: it was due at this time.
    DesktopLost { user: UserIndex, due: Timestamp },
    /// A client hears how many of its stanzas have been handled.
    Handled { session: SessionId, stream: u32, received: u32 },
    /// A node's subscribers, as they are then, hear an event.
    Publish { node: NodeIndex, event: Event },
    /// A user, or one resource of a user, hears a node from now on.
    Route { node: NodeIndex, user: UserIndex, resource: Option<Box<str>> },
    /// And no longer.
    Unroute { node: NodeIndex, user: UserIndex, resource: Option<Box<str>> },
    /// One of the subscriptions that a full JID has with a node and that are kept with its session ends.
    EndOne { node: NodeIndex, session: SessionId, subid: Option<Box<str>> },
    /// What a user, or one resource of a user, has chosen for its subscriptions with a node holds from now on.
    Choose { node: NodeIndex, user: UserIndex, resource: Option<Box<str>>, subscriptions: Vec<Subscription> },
    /// A subscriber gets the node's newest item.
    ShowNewest { node: NodeIndex, user: UserIndex, resource: Option<Box<str>> },
    /// A session gets the newest items of all accounts' nodes that it wishes to hear of.
    ShowWished { session: SessionId },
    /// A deleted node's place is given up.
    DropNode { node: NodeIndex },
    /// The server's table of credentials follows.
    Account { user: UserId, credentials: Option<Box<Credentials>> },
    /// The server's table of publishers follows.
    Publisher { name: Box<str>, publisher: Option<Box<Publisher>> },
    /// All sessions of a user end.
    EndSessions { user: UserIndex, why: EndReason },
    /// Somebody is told if the change was lost; nothing otherwise.
    Failure { session: SessionId, failed: String },
    /// A session gets the events that it has missed, and the answer; or the element if the log failed.
    Recover { session: SessionId, recovery: Box<Recovery>, failed: String },
    /// A user's clients hear of a change of the roster.
    RosterPush { user: UserIndex, push: Box<RosterPush> },
    /// A user's clients hear of a change of the list of blocked addresses.
    BlockPush { user: UserIndex, push: Box<BlockPush> },
    /// A user has blocked an address, or unblocked it: presence follows.
    Concealed { user: UserIndex, jid: Jid, blocked: bool, shown: Shown },
    /// Some of a user's sessions get a stanza.
    Tell { user: UserIndex, audience: Audience, xml: Box<str> },
    /// A user begins to see another one's presence. `shown`: the sessions that were available when that was decided; those
    /// that come later go by what is decided then.
    Introduce { viewer: UserIndex, shown: Shown },
    /// And no longer does.
    Withdraw { viewer: UserIndex, shown: Shown },
}

/// A user and full JIDs of that user's sessions.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) owner: UserIndex,
    pub(crate) sessions: Vec<Box<str>>,
}

/// Which of a user's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Those that have sent presence.
    Available,
    /// Those that have asked for the roster.
    Interested,
    /// This one.
    Only(SessionId),
}

/// Why all sessions of a user end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    Removed,
    Disabled,
}

/// The effects of entries that are not in the log yet, oldest entry first.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    batches: VecDeque<Batch>,
    changes: usize,
}

#[derive(Debug)]
struct Batch {
    position: Position,
    changes: usize,
    effects: Vec<Effect>,
}

impl Effects {
    /// Changes that wait: what the limit counts.
    pub(crate) fn changes(&self) -> usize {
        self.changes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Holds the effects of the entry at `position`, the newest one.
    pub(crate) fn push(&mut self, position: Position, changes: usize, effects: Vec<Effect>) {
        debug_assert!(self.batches.back().is_none_or(|last| last.position < position));
        self.changes += changes;
        self.batches.push_back(Batch { position, changes, effects });
    }

    /// Holds one more effect of the newest waiting entry. Gives it back if nothing waits: it may happen now.
    pub(crate) fn attach(&mut self, effect: Effect) -> Option<Effect> {
        match self.batches.back_mut() {
            Some(last) => {
                last.effects.push(effect);
                None
            }
            None => Some(effect),
        }
    }

    /// Takes the effects of the oldest entry, if it is not after `position`.
    pub(crate) fn pop_through(&mut self, position: Position) -> Option<Vec<Effect>> {
        self.batches.pop_front_if(|first| first.position <= position).map(|batch| {
            self.changes -= batch.changes;
            batch.effects
        })
    }

    /// Takes the effects of all entries that wait, in order.
    pub(crate) fn take_all(&mut self) -> Vec<Effect> {
        self.changes = 0;
        self.batches.drain(..).flat_map(|batch| batch.effects).collect()
    }
}
