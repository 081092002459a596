//! One WebSocket session: a task that carries bytes and time between a socket and a stream.
//!
//! It is written as a future by hand for two reasons: it reads into a buffer that belongs to the thread, which an
//! `async` block could not do, and its size is what an idle session costs. It decides nothing about XMPP.

mod authentication;
mod closing;
mod events;
mod reading;
mod timers;
mod writing;

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use notifier::SessionId;
use tokio::time::Sleep;
use xmpp::stream::ServerStream;
use xmpp::websocket::{Decoder, Role};

use super::WebSockets;
use super::write::Writer;
use crate::outbox::{Attachment, Outbox};
use crate::transports::{Peer, Socket};
use authentication::Checking;
use closing::{Closing, Reason};
use events::Backlog;
use timers::Timers;

/// A session from the end of the HTTP handshake to the end of the connection.
pub(super) struct Session {
    shared: Arc<WebSockets>,
    peer: Peer,
    socket: Socket,
    decoder: Decoder,
    stream: ServerStream,
    outbox: Attachment,
    /// Among the open streams.
    key: usize,
    writer: Writer,
    /// Bytes that were read but could not be handled yet; usually none.
    carried: Box<[u8]>,
    /// The payload of the latest ping that has not been answered. An older one need not be (RFC 6455 §5.5.3).
    ping: Option<Box<[u8]>>,
    /// The hub's name for the bound session.
    session: Option<SessionId>,
    /// Whether the hub has heard of this session and has to hear of its end.
    is_in_hub: bool,
    /// Not only the connection ends: the session can't be resumed.
    is_over: bool,
    /// What the hub has had no room for yet. Nothing is read meanwhile.
    backlog: Option<Box<Backlog>>,
    /// A password that is being checked.
    checking: Option<Checking>,
    /// The authentication under way is SCRAM.
    is_scram: bool,
    /// Something has to be polled that was made after its turn.
    is_to_be_polled_again: bool,
    /// `<close/>` is among the frames to write, or written.
    has_closed: bool,
    closing: Closing,
    /// The code to close with when the stream is over.
    close_code: u16,
    reason: Option<Box<Reason>>,
    timers: Timers,
    is_armed: bool,
    alarm: Pin<Box<Sleep>>,
}

/// Reads without a pause before other sessions get their turn.
const READS_AT_ONCE: usize = 8;

/// The connection is over; the task ends.
struct Over;

impl Session {
    /// Takes over a connection.
    ///
    /// - `read`: what the HTTP server has read already.
    pub(super) fn new(shared: Arc<WebSockets>, socket: Socket, read: &[u8], peer: Peer) -> Session {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).expect("the system has random numbers");
        let now = Instant::now();
        let channel = socket.channel(peer, &shared.config.auth);
        let stream = ServerStream::new(Arc::clone(shared.stream_config(peer)), channel, entropy, now);
        let outbox = Arc::new(Outbox::new(shared.config.limits.outbox_bytes_max));
        let key = shared.streams.enter(&outbox);
        let timers = Timers::new(now, &shared.config, stream.next_timeout());
        Session {
            decoder: Decoder::new(Role::Server, stream.message_bytes_max()),
            alarm: Box::pin(tokio::time::sleep_until(timers.alarm_at.into())),
            shared,
            peer,
            socket,
            stream,
            outbox: Attachment::first(outbox),
            key,
            writer: Writer::default(),
            carried: read.into(),
            ping: None,
            session: None,
            is_in_hub: false,
            is_over: false,
            backlog: None,
            checking: None,
            is_scram: false,
            is_to_be_polled_again: false,
            has_closed: false,
            closing: Closing::Open,
            close_code: 1000,
            reason: None,
            timers,
            is_armed: false,
        }
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        let now = Instant::now();
        if !self.is_armed {
            self.is_armed = true;
            self.arm(cx);
        }
        self.check_timers(cx, now)?;
        self.poll_backlog(cx);
        self.poll_checking(cx, now);
        let mut reads = 0;
        while self.poll_read(cx, now)? {
            reads += 1;
            if reads == READS_AT_ONCE {
                cx.waker().wake_by_ref();
                break;
            }
        }
        self.poll_write(cx, now)?;
        self.set_alarm(cx);
        if mem::take(&mut self.is_to_be_polled_again) {
            cx.waker().wake_by_ref();
        }
        Ok(())
    }
}

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut().advance(cx) {
            Ok(()) => Poll::Pending,
            Err(Over) => Poll::Ready(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave_hub();
        if let Some(backlog) = self.backlog.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(backlog.finish());
        }
        self.shared.streams.leave(self.key);
        self.log_end();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_idle_session_is_small() {
        // The task around it, the outbox, the timer and the socket's registration come on top: about 800 bytes.
        assert!(size_of::<super::Session>() <= 544, "{}", size_of::<super::Session>());
    }
}
