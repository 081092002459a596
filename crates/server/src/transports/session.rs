//! One connection: a task that carries bytes and time between a socket and a stream.
//!
//! It is written as a future by hand for two reasons: it reads into a buffer that belongs to the thread, which an
//! `async` block could not do, and its size is what an idle session costs.

mod closing;
mod reading;
mod starttls;
mod timers;
mod writing;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;

use super::Socket;
use super::driver::Driver;
use super::wire::Wire;
use super::write::Writer;
use closing::Closing;
use timers::Timers;

/// A connection from the first byte of its stream to its end.
pub(super) struct Session<W> {
    driver: Driver,
    wire: W,
    socket: Socket,
    writer: Writer,
    /// Bytes that were read but could not be handled yet; usually none.
    carried: Box<[u8]>,
    closing: Closing,
    timers: Timers,
    is_armed: bool,
    alarm: Pin<Box<Sleep>>,
}

/// Reads without a pause before other sessions get their turn.
const READS_AT_ONCE: usize = 8;

/// The connection is over; the task ends.
struct Over;

impl<W: Wire> Session<W> {
    /// Takes over a connection.
    ///
    /// - `read`: what has been read of it already.
    pub(super) fn new(driver: Driver, wire: W, socket: Socket, read: &[u8], now: Instant) -> Session<W> {
        let keep_alive = W::keep_alive(&driver.backend.config, &driver);
        let timers = Timers::new(now, keep_alive.interval, driver.stream.next_timeout());
        Session {
            alarm: Box::pin(tokio::time::sleep_until(timers.alarm_at.into())),
            driver,
            wire,
            socket,
            writer: Writer::new(W::FRAMING),
            carried: read.into(),
            closing: Closing::Open,
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
        self.driver.poll(cx, now);
        self.heed(now);
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
        if self.driver.take_to_be_polled_again() {
            cx.waker().wake_by_ref();
        }
        Ok(())
    }

    /// Does what the driver has signalled.
    fn heed(&mut self, now: Instant) {
        let signals = &mut self.driver.signals;
        if std::mem::take(&mut signals.is_restarted) {
            self.wire.restart();
        }
        if std::mem::take(&mut signals.is_closed) {
            self.stream_closed(now);
        }
    }
}

impl<W: Wire> Future for Session<W> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut().advance(cx) {
            Ok(()) => Poll::Pending,
            Err(Over) => Poll::Ready(()),
        }
    }
}
