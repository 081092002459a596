//! All times of a session in one alarm, which is set anew only when it has to ring earlier than it would.

use std::future::Future;
use std::task::Context;
use std::time::{Duration, Instant};

use super::closing::Closing;
use super::{Over, Session};
use crate::metrics::Limit;
use crate::transports::reason::Reason;
use crate::transports::wire::{KeepAlive, Wire};

/// When what is due.
#[derive(Debug)]
pub(super) struct Timers {
    /// When the alarm rings.
    pub(super) alarm_at: Instant,
    /// When something last came from the peer.
    heard_at: Instant,
    /// When to look whether the peer is silent, and to say something if so.
    ping_at: Instant,
    /// Until when the peer has to say something, because it was pinged.
    pong_until: Option<Instant>,
    /// Until when the socket has to take something, because it is full.
    write_until: Option<Instant>,
    /// Until when the closing handshake has to be over.
    close_until: Option<Instant>,
}

impl Timers {
    pub(super) fn new(now: Instant, ping_interval: Duration, stream: Option<Instant>) -> Timers {
        let ping_at = now + ping_interval;
        Timers {
            alarm_at: stream.map_or(ping_at, |stream| stream.min(ping_at)),
            heard_at: now,
            ping_at,
            pong_until: None,
            write_until: None,
            close_until: None,
        }
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.pong_until = None;
    }

    /// The socket is full: time runs from the first moment, and anew after each progress.
    pub(super) fn write_blocked(&mut self, now: Instant, has_progressed: bool, timeout: Duration) {
        if has_progressed || self.write_until.is_none() {
            self.write_until = Some(now + timeout);
        }
    }

    pub(super) fn write_done(&mut self) {
        self.write_until = None;
    }

    pub(super) fn start_closing(&mut self, now: Instant, timeout: Duration) {
        self.close_until.get_or_insert(now + timeout);
    }

    fn next(&self, stream: Option<Instant>) -> Instant {
        let others = [self.pong_until, self.write_until, self.close_until, stream];
        others.into_iter().flatten().fold(self.ping_at, Instant::min)
    }
}

impl<W: Wire> Session<W> {
    /// Does what is due.
    pub(super) fn check_timers(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        if now < self.timers.alarm_at {
            return Ok(());
        }
        let is_over = |until: Option<Instant>| until.is_some_and(|until| until <= now);
        if is_over(self.timers.close_until) {
            return Err(self.over(Reason::CloseTimeout));
        }
        if is_over(self.timers.write_until) {
            self.driver.backend.hub.metrics().reached(Limit::WriteTimeout);
            return Err(self.over(Reason::WriteTimeout));
        }
        if is_over(self.timers.pong_until) {
            return Err(self.over(Reason::NoPong));
        }
        self.driver.handle_timeout(now);
        self.heed(now);
        if self.timers.ping_at <= now {
            self.ping_if_silent(now);
            self.driver.release_spare();
        }
        // It has rung, and rings again only if it is set.
        self.timers.alarm_at = self.timers.next(self.driver.stream.next_timeout());
        self.arm(cx);
        Ok(())
    }

    fn ping_if_silent(&mut self, now: Instant) {
        let KeepAlive { interval, bytes, answer_timeout } =
            W::keep_alive(&self.driver.backend.config, &self.driver);
        let silent_at = self.timers.heard_at + interval;
        if silent_at > now {
            self.timers.ping_at = silent_at;
            return;
        }
        self.timers.ping_at = now + interval;
        // On a full socket the ping would only wait as well, and the write has a deadline of its own.
        if self.writer.is_empty() && self.closing == Closing::Open && !bytes.is_empty() {
            self.writer.raw(bytes);
            if let Some(timeout) = answer_timeout {
                self.timers.pong_until.get_or_insert(now + timeout);
            }
        }
    }

    /// Sets the alarm if something is due before it would ring.
    pub(super) fn set_alarm(&mut self, cx: &mut Context<'_>) {
        let next = self.timers.next(self.driver.stream.next_timeout());
        if next < self.timers.alarm_at {
            self.timers.alarm_at = next;
            self.arm(cx);
        }
    }

    /// Sets the alarm and makes it wake this task.
    pub(super) fn arm(&mut self, cx: &mut Context<'_>) {
        self.alarm.as_mut().reset(self.timers.alarm_at.into());
        if self.alarm.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}
