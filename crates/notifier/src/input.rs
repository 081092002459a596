//! What goes into the notifier and what comes out of it.

use std::sync::Arc;

use contact::{Actor, Command, SystemInfo, UserId};
use serde::{Deserialize, Serialize};
use xmpp::{BareJid, FullJid, Password, SharedStanza, Stanza, StanzaError, StreamError};

use crate::accounts::AccountCommand;
use crate::change::{Credentials, Entry};
use crate::publishers::Publisher;
use crate::rejection::Rejection;
use crate::service::Standing;

/// Names one session. Given by whoever owns the transports; an index may be used again with another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    /// Place in the owner's table.
    pub index: u32,
    /// Which of the sessions that had this place.
    pub generation: u32,
}

/// Names one command; its [`Output::Answer`] carries it back. Chosen by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Names one password that is being made into keys. Given by the notifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Derivation(pub u64);

/// A place in the log. The first entry has 1; 0 means "nothing yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// The place after this one.
    pub fn next(self) -> Position {
        Position(self.0 + 1)
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// An authenticated stream asks for a resource. Answered by [`Output::Bound`] or [`Output::BindRefused`].
    Bind {
        /// The new session's name.
        session: SessionId,
        /// Who authenticated.
        user: BareJid,
        /// What the client asked for, not yet prepared.
        resource: Option<String>,
        /// An unguessable resource for a client that did not ask.
        generated: String,
    },
    /// A stanza of a bound session, checked and stamped by its stream.
    Stanza {
        /// Who sent it.
        session: SessionId,
        /// What was sent.
        stanza: Stanza,
    },
    /// The session's stream is gone, for whatever reason. Harmless for a session that is not known (any more).
    Ended {
        /// Which one.
        session: SessionId,
    },
    /// Whoever runs the server takes the service out of service, or back. Answered by [`Output::Answer`].
    SetService {
        /// Carried back by the answer.
        ticket: Ticket,
        /// How it stands with it from now on.
        standing: Standing,
        /// What the service says about itself; status, reason and times are filled in.
        about: Box<SystemInfo>,
    },
    /// Somebody asks the contact centre for a change. Answered by [`Output::Answer`].
    Command {
        /// Carried back by the answer.
        ticket: Ticket,
        /// Who asks.
        actor: Actor,
        /// What is to change.
        command: Command,
        /// The request's own id, repeated in the events it causes.
        request_id: Option<String>,
    },
    /// The operator changes accounts. Answered by [`Output::Answer`].
    Administer {
        /// Carried back by the answer.
        ticket: Ticket,
        /// What is to change.
        command: AccountCommand,
    },
    /// The answer to [`Output::Derive`].
    Derived {
        /// Which one.
        derivation: Derivation,
        /// The keys; `None` if too many passwords are being worked on.
        credentials: Option<Credentials>,
    },
    /// Every entry up to this position is in the log.
    Appended {
        /// The newest entry that is safe.
        position: Position,
    },
    /// Entries from this position on are not in the log and never will be. Everything that waited for them is answered
    /// with a failure, and durable requests are refused until [`Notifier::reset_durable`](crate::Notifier::reset_durable).
    AppendFailed {
        /// The first entry that is lost.
        from: Position,
    },
}

/// Something to do. To be done in the order in which it comes out.
#[derive(Debug)]
pub enum Output {
    /// The session has this address from now on.
    Bound {
        /// Which session.
        session: SessionId,
        /// Its full JID.
        jid: FullJid,
    },
    /// The session gets no address.
    BindRefused {
        /// Which session.
        session: SessionId,
        /// Why.
        error: StanzaError,
    },
    /// Send one element to one session.
    Send {
        /// Which session.
        session: SessionId,
        /// One stand-alone element.
        element: String,
    },
    /// Send one event to many sessions.
    Deliver {
        /// The event, encoded once.
        stanza: Arc<SharedStanza>,
        /// Who gets it. Never empty.
        recipients: Vec<Recipient>,
    },
    /// End the session's stream. The session is already forgotten here; its [`Input::Ended`] may still come.
    End {
        /// Which session.
        session: SessionId,
        /// Why.
        error: StreamError,
    },
    /// The answer to [`Notifier::answer_handled`](crate::Notifier::answer_handled).
    Handled {
        /// Which session.
        session: SessionId,
        /// Which of its streams asked.
        stream: u32,
        /// How many stanzas were received, and have been handled.
        received: u32,
    },
    /// A session that waited to be resumed is over and already forgotten here. What its client has not acknowledged goes to
    /// [`Notifier::undelivered`](crate::Notifier::undelivered).
    Expired {
        /// Which session.
        session: SessionId,
    },
    /// Add this entry to the log, after all earlier ones, and say how it went by [`Input::Appended`] or
    /// [`Input::AppendFailed`].
    Append(Entry),
    /// The answer to [`Input::Command`] or [`Input::Administer`].
    Answer {
        /// Which one.
        ticket: Ticket,
        /// Done and in the log; or why not.
        outcome: Result<(), Rejection>,
    },
    /// Make this password into keys, with fresh salts, and come back with [`Input::Derived`]. It takes time and random
    /// numbers, so it is not done here; others do not wait for it.
    Derive {
        /// Which one.
        derivation: Derivation,
        /// A password that somebody is going to have.
        password: Password,
    },
    /// A publisher outside is this one from now on.
    PublisherChanged {
        /// Its name.
        name: String,
        /// `None`: there is none of this name any more.
        publisher: Option<Publisher>,
    },
    /// A user's credentials are these from now on.
    AccountChanged {
        /// Whose.
        user: UserId,
        /// `None`: the account is gone, or disabled.
        credentials: Option<Credentials>,
    },
}

/// One delivery of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Which session.
    pub session: SessionId,
    /// The `to` it gets: exactly the address that is subscribed (XEP-0060 §12.3).
    pub to: Addressed,
}

/// Which of a session's two addresses a delivery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressed {
    /// The bare JID.
    Bare,
    /// The full JID.
    Full,
}
