//! One stream and what it talks to: the accounts, the hub, the outbox. The same for all transports, none of which decides
//! anything about XMPP.
//!
//! A transport tells the driver what has come (through [`Driver::stream`]), calls [`Driver::pump`], writes what
//! [`Driver::take`] gives it, and does what [`Driver::signals`] say.

mod authentication;
mod backlog;
mod events;
mod faults;
mod taking;

#[cfg(test)]
mod model;

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Instant;

use notifier::{Addressed, SessionId};
use xmpp::stream::{ServerStream, StreamConfig};
use xmpp::{Channel, FullJid, SharedStanza, StreamError};

use super::reason::Reason;
use super::{Backend, Peer};
use crate::outbox::{Attachment, Cut, Outbox};
use authentication::Checking;
use backlog::Backlog;

/// A stream from its first byte to its last, whatever carries it. Dropping it ends it: a session that can be resumed waits.
pub(super) struct Driver {
    pub(super) backend: Arc<Backend>,
    pub(super) peer: Peer,
    /// Call [`Driver::pump`] after telling it something.
    pub(super) stream: ServerStream,
    outbox: Attachment,
    /// Among the open streams.
    key: usize,
    /// The hub's name for the bound session.
    session: Option<SessionId>,
    /// The hub has heard of this session and has to hear of its end.
    is_in_hub: bool,
    /// Not only the connection ends: the session can't be resumed.
    is_over: bool,
    /// What the hub has had no room for yet.
    backlog: Option<Box<Backlog>>,
    /// A password that is being checked.
    checking: Option<Checking>,
    /// The authentication under way is SCRAM.
    is_scram: bool,
    /// Something has to be polled that was made after its turn.
    is_to_be_polled_again: bool,
    /// This end's stream is closed as far as the transport has been told: nothing may follow.
    has_closed: bool,
    /// What the transport has to do, and to take from here.
    pub(super) signals: Signals,
    reason: Option<Box<Reason>>,
}

/// What a stream wants of its transport, besides that its frames be sent.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// The stream is over; close the connection when everything in the outbox is written.
    pub(super) is_closed: bool,
    /// The client's next bytes are a new root.
    pub(super) is_restarted: bool,
    /// Go over to TLS when everything in the outbox is written, and forget what has been read.
    pub(super) starts_tls: bool,
    /// Lose the connection, without a word.
    pub(super) cut: Option<Cut>,
    /// The stream's id, where the transport has to tell it. The indirection keeps it small for those that do not.
    #[expect(clippy::box_collection, reason = "one word instead of three")]
    pub(super) opened: Option<Box<String>>,
}

/// Where frames go that are to be sent now, in this order.
pub(super) trait Sink {
    /// One element.
    fn element(&mut self, element: String);

    /// An element that many sessions get.
    ///
    /// - `jid`: the session's.
    fn shared(&mut self, stanza: Arc<SharedStanza>, to: Addressed, jid: &FullJid);
}

impl Driver {
    /// Starts a stream.
    ///
    /// - `channel`: what is known about the connection.
    pub(super) fn new(
        backend: Arc<Backend>,
        config: Arc<StreamConfig>,
        peer: Peer,
        channel: Channel,
        now: Instant,
    ) -> Driver {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).expect("the system has random numbers");
        let outbox = Arc::new(Outbox::new(backend.config.limits.outbox_bytes_max));
        Driver {
            key: backend.streams.enter(&outbox, config.framing),
            stream: ServerStream::new(config, channel, entropy, now),
            outbox: Attachment::first(outbox),
            backend,
            peer,
            session: None,
            is_in_hub: false,
            is_over: false,
            backlog: None,
            checking: None,
            is_scram: false,
            is_to_be_polled_again: false,
            has_closed: false,
            signals: Signals::default(),
            reason: None,
        }
    }

    /// Goes on with what waits for others.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Instant) {
        self.poll_backlog(cx);
        self.poll_checking(cx, now);
    }

    /// Whether the hub has no room: nothing is to be read until it has.
    pub(super) fn is_blocked(&self) -> bool {
        self.backlog.is_some()
    }

    /// Whether the stream waits for the accounts.
    pub(super) fn is_checking(&self) -> bool {
        self.checking.is_some()
    }

    /// Whether [`Driver::poll`] has to be called again. Asking resets it.
    pub(super) fn take_to_be_polled_again(&mut self) -> bool {
        std::mem::take(&mut self.is_to_be_polled_again)
    }

    /// Does what is due.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.stream.next_timeout().is_some_and(|until| until <= now) {
            self.stream.handle_timeout(now);
            self.pump(now);
        }
    }

    /// Gives back memory that an idle session does not need.
    pub(super) fn release_spare(&self) {
        self.outbox.release_spare();
    }

    /// Whether the outbox waits for nothing but its end; if not, `waker` is woken when it does.
    pub(super) fn wait_for_end(&self, waker: &Waker) -> bool {
        self.outbox.wait_for_end(waker)
    }

    /// Ends the stream with an error, for the transport's reasons; it goes out after everything in the outbox.
    pub(super) fn fail(&mut self, error: StreamError, now: Instant) {
        self.stream.end(error);
        self.pump(now);
    }

    /// Takes nothing more into the outbox, and tells the hub. [`Driver::take`] still gives what is in it.
    pub(super) fn leave(&mut self) {
        self.outbox.close(self.is_over);
        self.leave_hub();
    }

    /// Keeps the first reason; what happens afterwards only follows from it.
    pub(super) fn note(&mut self, reason: Reason) {
        if self.reason.is_none() {
            self.reason = Some(Box::new(reason));
        }
    }

    /// Why the stream has ended or is about to.
    pub(super) fn reason(&self) -> Option<&Reason> {
        self.reason.as_deref()
    }

    fn log_end(&self) {
        let reason = self.reason().unwrap_or(&Reason::Disconnected);
        let session = self.session.map(|session| session.index);
        let peer = self.peer.address;
        match reason.is_loss() {
            true => tracing::info!(session, %peer, %reason, "session lost"),
            false => tracing::info!(session, %peer, %reason, "session ended"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.leave_hub();
        if let Some(backlog) = self.backlog.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(backlog.finish());
        }
        self.backend.streams.leave(self.key);
        self.log_end();
    }
}
