//! From the socket to the stream.

use std::cell::RefCell;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, ReadBuf};
use xmpp::websocket::{Event, WsError};
use xmpp::{StreamCondition, StreamError};

use super::closing::Reason;
use super::{Over, Session};

/// Read at once at most.
const READ_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    /// What every session of this thread reads into.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES_MAX].into());
}

/// What to do after a message has been handled.
enum Next {
    Go,
    /// The hub has no room: keep the rest for later.
    Wait,
}

impl Session {
    /// Reads once and handles what was read. False if there is nothing more to read for now.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Over> {
        if self.backlog.is_some() {
            return Ok(false);
        }
        if !self.carried.is_empty() {
            let mut carried = mem::take(&mut self.carried);
            self.handle_bytes(&mut carried, now);
            return Ok(true);
        }
        // Whoever else reads on this thread does so after this call.
        let mut buffer = BUFFER.take();
        if buffer.is_empty() {
            buffer = vec![0; READ_BYTES_MAX].into();
        }
        let mut read = ReadBuf::new(&mut buffer);
        let poll = Pin::new(&mut self.socket).poll_read(cx, &mut read);
        let filled = read.filled().len();
        let outcome = match poll {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) if filled > 0 => {
                self.timers.heard(now);
                self.handle_bytes(&mut buffer[..filled], now);
                Ok(true)
            }
            Poll::Ready(Ok(())) => Err(self.over(Reason::Disconnected)),
            Poll::Ready(Err(error)) => Err(self.over(lost(&error))),
        };
        BUFFER.set(buffer);
        outcome
    }

    fn handle_bytes(&mut self, mut bytes: &mut [u8], now: Instant) {
        loop {
            let next = match self.decoder.decode(&mut bytes) {
                Ok(Some(event)) => match event {
                    Event::Text(text) => {
                        self.stream.handle_message(&text, now);
                        self.pump_to_outbox(now);
                        if self.backlog.is_some() { Next::Wait } else { Next::Go }
                    }
                    Event::Binary(_) => {
                        self.close(1003, Reason::Binary);
                        Next::Go
                    }
                    Event::Ping(payload) => {
                        self.ping = Some(payload.into());
                        Next::Go
                    }
                    Event::Pong(_) => Next::Go,
                    Event::Close { code, .. } => {
                        self.peer_closed(code);
                        Next::Go
                    }
                },
                Ok(None) => return,
                Err(error) => {
                    self.bad_frame(error, now);
                    Next::Go
                }
            };
            if let Next::Wait = next {
                self.carried = bytes.to_vec().into();
                return;
            }
        }
    }

    fn bad_frame(&mut self, error: WsError, now: Instant) {
        let code = error.close_code();
        if let WsError::MessageTooLong { .. } = error {
            self.stream.end(StreamError::new(StreamCondition::PolicyViolation, error.to_string()));
            self.close_after_stream(code);
            self.pump_to_outbox(now);
        }
        self.close(code, Reason::Frame(error));
    }
}

fn lost(error: &io::Error) -> Reason {
    Reason::Lost(error.kind())
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Reason {
        lost(&error)
    }
}
