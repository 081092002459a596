//! Frames on their way out: built from what sessions share and what is their own, written in as few system calls as
//! possible, kept only if the socket did not take them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use notifier::Addressed;
use tokio::io::AsyncWrite;
use xmpp::stream::Framing;
use xmpp::websocket::{Opcode, frame_header};
use xmpp::{FullJid, SharedStanza};

use super::driver::Sink;
use crate::outbox::BATCH_MAX;

/// Payloads up to this length are copied behind their header; longer ones are written from where they are. A further
/// slice costs about as much as copying this.
const COPY_BYTES_MAX: usize = 256;

/// The same when there are few frames: if all of them are copied, they go by `send`, which is cheaper than `writev`.
const COPY_BYTES_MAX_OF_FEW: usize = 4096;
const FEW: usize = 4;

/// Frames that have not been written yet, or not entirely.
///
/// Its queue is borrowed from the thread while it is being filled and written, so that an idle session has none.
#[derive(Debug)]
pub(super) struct Writer {
    framing: Framing,
    frames: VecDeque<Frame>,
    /// How much of the first frame is written.
    written: usize,
    /// The socket took bytes that it may hold back.
    needs_flush: bool,
    /// Made by the first delivery.
    head: Option<Box<Head>>,
}

#[derive(Debug)]
enum Frame {
    Text(String),
    Shared {
        stanza: Arc<SharedStanza>,
        to: Addressed,
    },
    /// Bytes that need nothing around them.
    Raw(Box<[u8]>),
}

/// The session's own part of deliveries.
#[derive(Debug)]
struct Head {
    /// `<message xmlns="jabber:client" to="1001@localhost/desktop"`.
    full: String,
    /// How much of it stands before the slash.
    bare_len: usize,
}

/// How far a write came.
pub(super) struct Progress {
    /// Bytes that the socket took.
    pub(super) bytes: usize,
    /// Whether everything is written and flushed; if not, the socket is full and the task is woken when it is not.
    pub(super) done: bool,
}

impl Writer {
    pub(super) fn new(framing: Framing) -> Writer {
        Writer { framing, frames: VecDeque::new(), written: 0, needs_flush: false, head: None }
    }

    /// Says whether everything is written and flushed.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty() && !self.needs_flush
    }

    /// - `bytes`: with whatever has to be around them.
    pub(super) fn raw(&mut self, bytes: Vec<u8>) {
        self.push(Frame::Raw(bytes.into()));
    }

    fn push(&mut self, frame: Frame) {
        if self.frames.capacity() == 0 {
            self.frames = SCRATCH.with_borrow_mut(|scratch| mem::take(&mut scratch.frames));
        }
        self.frames.push_back(frame);
    }

    /// Writes until everything is written or the socket is full.
    ///
    /// # Errors
    ///
    /// What the socket says, or `WriteZero`.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        socket: &mut S,
        cx: &mut Context<'_>,
    ) -> io::Result<Progress> {
        let mut bytes = 0;
        let poll = SCRATCH.with_borrow_mut(|scratch| self.write(socket, cx, scratch, &mut bytes));
        match poll {
            Poll::Ready(Ok(())) => {
                SCRATCH.with_borrow_mut(|scratch| scratch.frames = mem::take(&mut self.frames));
                Ok(Progress { bytes, done: true })
            }
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Ok(Progress { bytes, done: false }),
        }
    }

    fn write<S: AsyncWrite + Unpin>(
        &mut self,
        socket: &mut S,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        bytes: &mut usize,
    ) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            let copy_max = if self.frames.len() <= FEW { COPY_BYTES_MAX_OF_FEW } else { COPY_BYTES_MAX };
            let all_is_copied = self.lay_out(scratch, copy_max);
            let poll = if all_is_copied {
                Pin::new(&mut *socket).poll_write(cx, &scratch.own[self.written..])
            } else {
                let mut slices = [IoSlice::new(&[]); 2 * BATCH_MAX + 1];
                let count = self.slices(scratch, copy_max, &mut slices);
                let mut slices = &mut slices[..count];
                IoSlice::advance_slices(&mut slices, self.written);
                Pin::new(&mut *socket).poll_write_vectored(cx, slices)
            };
            let written = ready!(poll)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *bytes += written;
            self.needs_flush = true;
            self.advance(written, &scratch.lengths);
        }
        if self.needs_flush {
            ready!(Pin::new(&mut *socket).poll_flush(cx))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes headers, heads and short payloads of the first frames one after the other. True if that is all there is.
    fn lay_out(&self, scratch: &mut Scratch, copy_max: usize) -> bool {
        let mut all_is_copied = true;
        let Scratch { own, own_ends, lengths, .. } = scratch;
        own.clear();
        own_ends.clear();
        lengths.clear();
        for frame in self.frames.iter().take(BATCH_MAX) {
            let before = own.len();
            match frame {
                Frame::Text(element) => {
                    self.lay_out_header(element.len(), own);
                }
                Frame::Shared { stanza, to } => {
                    let (head, quote) = self.head.as_ref().map_or(("", ""), |head| head.to(*to));
                    let payload_len = head.len() + quote.len() + stanza.tail().len();
                    self.lay_out_header(payload_len, own);
                    own.extend_from_slice(head.as_bytes());
                    own.extend_from_slice(quote.as_bytes());
                }
                Frame::Raw(_) => {}
            }
            let payload = frame.payload();
            let is_copied = payload.len() <= copy_max;
            if is_copied {
                own.extend_from_slice(payload);
            }
            all_is_copied &= is_copied;
            own_ends.push(own.len());
            lengths.push(own.len() - before + if is_copied { 0 } else { payload.len() });
        }
        all_is_copied
    }

    fn lay_out_header(&self, payload_len: usize, own: &mut Vec<u8>) {
        if self.framing == Framing::WebSocket {
            own.extend_from_slice(frame_header(Opcode::Text, payload_len).as_ref());
        }
    }

    /// Fills in the slices of the frames that have been laid out; returns how many there are.
    fn slices<'a>(&'a self, scratch: &'a Scratch, copy_max: usize, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        let mut start = 0;
        for (frame, &end) in self.frames.iter().zip(&scratch.own_ends) {
            let payload = frame.payload();
            if payload.len() > copy_max {
                slices[count] = IoSlice::new(&scratch.own[start..end]);
                slices[count + 1] = IoSlice::new(payload);
                count += 2;
                start = end;
            }
        }
        if start < scratch.own.len() {
            slices[count] = IoSlice::new(&scratch.own[start..]);
            count += 1;
        }
        count
    }

    fn advance(&mut self, written: usize, lengths: &[usize]) {
        self.written += written;
        for length in lengths {
            if self.written < *length {
                break;
            }
            self.written -= length;
            self.frames.pop_front();
        }
    }
}

impl Sink for Writer {
    fn element(&mut self, element: String) {
        self.push(Frame::Text(element));
    }

    fn shared(&mut self, stanza: Arc<SharedStanza>, to: Addressed, jid: &FullJid) {
        if self.head.is_none() {
            self.head = Some(Box::new(Head::new(jid)));
        }
        self.push(Frame::Shared { stanza, to });
    }
}

impl Frame {
    fn payload(&self) -> &[u8] {
        match self {
            Frame::Text(element) => element.as_bytes(),
            Frame::Shared { stanza, .. } => stanza.tail(),
            Frame::Raw(frame) => frame,
        }
    }
}

impl Head {
    fn new(jid: &FullJid) -> Head {
        let mut bare = SharedStanza::head(&jid.to_bare().to_string());
        bare.pop();
        Head { full: SharedStanza::head(&jid.to_string()), bare_len: bare.len() }
    }

    /// In two parts, the second of which is short.
    fn to(&self, to: Addressed) -> (&str, &'static str) {
        match to {
            Addressed::Full => (&self.full, ""),
            Addressed::Bare => (&self.full[..self.bare_len], "\""),
        }
    }
}

/// What every session of this thread uses in turn.
#[derive(Default)]
struct Scratch {
    /// An empty queue, for its capacity.
    frames: VecDeque<Frame>,
    /// Headers, heads and short payloads.
    own: Vec<u8>,
    /// Where each frame's part of `own` ends.
    own_ends: Vec<usize>,
    /// Each frame's bytes on the wire.
    lengths: Vec<usize>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

#[cfg(test)]
mod tests;
