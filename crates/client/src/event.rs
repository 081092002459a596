//! What an observer is told while a line is made and used.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::time::Instant;
use xmpp::{Element, FullJid, Limits};

use crate::{connect::Secured, stage::Stage, upgrade::Exchange};

/// Is told of every step and every frame, in the order they happen.
///
/// Called from within the calls on a line: it should be quick and must not block. Frames are handed over as they
/// are, **passwords included**; whoever prints or keeps them masks them first.
pub trait Observer: Send {
    /// Takes note of one event.
    fn observe(&mut self, event: Event<'_>);
}

impl<F: FnMut(Event<'_>) + Send> Observer for F {
    fn observe(&mut self, event: Event<'_>) {
        self(event);
    }
}

/// An observer that looks away.
pub struct Unobserved;

impl Observer for Unobserved {
    fn observe(&mut self, _: Event<'_>) {}
}

/// Something that happened on the line.
#[derive(Debug)]
pub enum Event<'a> {
    /// A stage was passed.
    Step(Step),
    /// The HTTP request and whatever came back, valid or not; before it is judged.
    Exchange(&'a Exchange),
    /// One text message, either way.
    Frame(Frame<'a>),
    /// A WebSocket ping, pong or close frame from the server.
    Control {
        /// Since the start.
        at: Duration,
        /// Which.
        control: Control<'a>,
    },
}

/// A stage that was passed.
#[derive(Debug)]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// When it was passed, since the start of the line.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// What it found.
    pub detail: Detail,
}

/// What a stage found.
#[derive(Debug)]
pub enum Detail {
    /// [`Stage::Dns`].
    Resolved {
        /// The name asked for.
        host: String,
        /// Its addresses, in the order they will be tried.
        addresses: Vec<IpAddr>,
    },
    /// [`Stage::Tcp`].
    Connected {
        /// The address that answered.
        address: SocketAddr,
        /// Addresses tried before it, and why each failed.
        failed: Vec<(SocketAddr, std::io::Error)>,
    },
    /// [`Stage::Tls`].
    Secured(Secured),
    /// [`Stage::Upgrade`]; the headers came before in [`Event::Exchange`].
    Upgraded {
        /// The server's name for itself, if it gave one.
        server: Option<String>,
    },
    /// [`Stage::Stream`].
    Opened {
        /// What the server offers.
        features: Element,
    },
    /// [`Stage::Sasl`].
    Authenticated {
        /// How.
        mechanism: &'static str,
    },
    /// [`Stage::Bind`].
    Bound {
        /// The line's address.
        jid: FullJid,
    },
}

/// One WebSocket text message.
pub struct Frame<'a> {
    /// Who sent it.
    pub direction: Direction,
    /// Since the start.
    pub at: Duration,
    /// The message as it was on the line. **May hold a password.**
    pub text: &'a str,
}

impl Frame<'_> {
    /// The element in it; `None` if it is not one acceptable element. Parses at each call, so that those who look
    /// away pay nothing.
    pub fn element(&self) -> Option<Element> {
        let limits = Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(4 << 20) };
        Element::parse(self.text, &limits).ok()
    }
}

/// The text is left out: logs are not the place for passwords.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("direction", &self.direction)
            .field("at", &self.at)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Who sent a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// This client.
    Sent,
    /// The server.
    Received,
}

/// A WebSocket control frame from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control<'a> {
    /// Answered by itself.
    Ping {
        /// Bytes of payload.
        bytes: usize,
    },
    /// An answer nobody asked for, or to a ping of ours.
    Pong,
    /// The end. No code: the frame was empty.
    Close {
        /// Close code (RFC 6455 §7.4).
        code: Option<u16>,
        /// The server's words.
        reason: &'a str,
    },
}

/// Times since the start of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Tells of a stage that began at `started` and is passed now.
    pub(crate) fn step(&self, observer: &mut dyn Observer, stage: Stage, started: Instant, detail: Detail) {
        observer.observe(Event::Step(Step { stage, at: self.elapsed(), took: started.elapsed(), detail }));
    }
}
