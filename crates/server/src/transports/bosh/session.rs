//! The task of one session: between the requests, the BOSH session and the stream.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use notifier::Addressed;
use tokio::sync::oneshot;
use tokio::time::Sleep;
use xmpp::bosh::{BoshCondition, BoshEnd, BoshOutput, BoshSession, RequestId, Response};
use xmpp::{Element, FullJid, SharedStanza, ns};

use super::sessions::{Arrival, Entry};
use crate::transports::driver::{Driver, Sink};
use crate::transports::reason::Reason;

/// A session from its first request to its last answer.
pub(super) struct Session {
    entry: Entry,
    session: BoshSession,
    /// None when the stream is over and only the client has still to be told.
    driver: Option<Driver>,
    /// Who waits for answers.
    waiting: Vec<(RequestId, oneshot::Sender<Response>)>,
    alarm: Pin<Box<Sleep>>,
    alarm_at: Instant,
}

impl Session {
    /// Begins a session and says where the answer to its first request will be.
    pub(super) fn new(
        driver: Driver,
        session: BoshSession,
        first: RequestId,
        entry: Entry,
        now: Instant,
    ) -> (Session, oneshot::Receiver<Response>) {
        let (answer, answered) = oneshot::channel();
        let alarm = Box::pin(tokio::time::sleep_until(now.into()));
        let waiting = vec![(first, answer)];
        (Session { entry, session, driver: Some(driver), waiting, alarm, alarm_at: now }, answered)
    }

    /// True when the session is over.
    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        let now = Instant::now();
        self.check_timers(now);
        if let Some(driver) = &mut self.driver {
            driver.poll(cx, now);
        }
        self.settle(cx, now);
        while !self.is_blocked() {
            let Poll::Ready(Some(arrival)) = self.entry.arrivals.poll_recv(cx) else { break };
            self.arrived(arrival, now);
            self.settle(cx, now);
        }
        self.notice_lost(cx, now);
        self.settle(cx, now);
        let is_cut = self.driver.as_ref().is_some_and(|driver| driver.signals.cut.is_some());
        if self.session.is_ended() || is_cut {
            return true;
        }
        self.set_alarm(cx);
        if let Some(driver) = &mut self.driver
            && driver.take_to_be_polled_again()
        {
            cx.waker().wake_by_ref();
        }
        false
    }

    /// Whether the hub has no room for more.
    fn is_blocked(&self) -> bool {
        self.driver.as_ref().is_some_and(Driver::is_blocked)
    }

    fn arrived(&mut self, Arrival { request, answer }: Arrival, now: Instant) {
        if let Some(driver) = &self.driver {
            driver.backend.hub.metrics().bosh_requests.add();
        }
        let bytes_max = self.driver.as_ref().map_or(usize::MAX, |driver| driver.stream.message_bytes_max());
        let id = match request {
            Ok(request) if request.bytes > bytes_max => {
                if let Some(driver) = &self.driver {
                    driver.limit_reached(driver.stream.message_bytes_limit());
                }
                self.session.handle_unacceptable(BoshCondition::PolicyViolation, now)
            }
            Ok(request) => self.session.handle_request(*request, now),
            Err(condition) => self.session.handle_unacceptable(condition, now),
        };
        self.waiting.push((id, answer));
    }

    /// Looks whose connection is gone.
    fn notice_lost(&mut self, cx: &mut Context<'_>, now: Instant) {
        let Session { waiting, session, .. } = self;
        waiting.retain_mut(|(id, answer)| {
            let is_lost = answer.poll_closed(cx).is_ready();
            if is_lost {
                session.handle_lost(*id, now);
            }
            !is_lost
        });
    }

    /// Does everything that is to be done without waiting.
    fn settle(&mut self, cx: &mut Context<'_>, now: Instant) {
        loop {
            self.drain(now);
            let Some(driver) = &mut self.driver else { break };
            // What nobody waits for stays in the outbox, where it is bounded; but the end of the stream is waited for.
            let has_ended = driver.signals.is_closed;
            if !has_ended && !self.session.is_waiting() && !driver.wait_for_end(cx.waker()) {
                break;
            }
            let is_emptied = driver.take(&mut ToClient(&mut self.session), cx.waker(), now);
            if driver.signals.is_closed && is_emptied {
                self.close();
                continue;
            }
            self.session.flush(now);
            if is_emptied {
                break;
            }
        }
        self.session.flush(now);
        self.drain(now);
    }

    /// The stream is over, and all that it had to say is handed on.
    fn close(&mut self) {
        let Some(driver) = self.driver.take() else { return };
        let condition = match driver.reason() {
            Some(Reason::Stream(_) | Reason::Ended(_)) => Some(BoshCondition::RemoteStreamError),
            _ => None,
        };
        self.session.close(condition);
    }

    /// Does what the session wants.
    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.session.poll_output() {
            match output {
                BoshOutput::Deliver { payload, bytes } => self.tell_stream(payload, bytes, now),
                BoshOutput::Open { to, lang, version } => {
                    // Whoever comes without a version came when there was only one (XEP-0206 §3).
                    let mut open = Element::new("stream", ns::STREAMS)
                        .with_attribute("to", to)
                        .with_attribute("version", version.as_deref().unwrap_or("1.0"));
                    if let Some(lang) = lang {
                        open.set_attribute_ns("lang", ns::XML, lang);
                    }
                    self.tell_stream(open, 0, now);
                }
                BoshOutput::Answer { request, response } => {
                    if let Some(at) = self.waiting.iter().position(|(id, _)| *id == request) {
                        // Whoever is gone by now will ask again.
                        let _ = self.waiting.swap_remove(at).1.send(response);
                    }
                }
                BoshOutput::Ended(end) => self.ended(end, now),
            }
        }
    }

    fn tell_stream(&mut self, element: Element, bytes: usize, now: Instant) {
        let Some(driver) = &mut self.driver else { return };
        driver.stream.handle_element(element, bytes, now);
        driver.pump(now);
        if let Some(id) = driver.signals.opened.take() {
            self.session.stream_opened(*id);
        }
    }

    fn ended(&mut self, end: BoshEnd, now: Instant) {
        let Some(mut driver) = self.driver.take() else { return };
        let metrics = driver.backend.hub.metrics();
        match end {
            BoshEnd::Terminated => {
                driver.stream.handle_close(now);
                driver.pump(now);
            }
            BoshEnd::Closed => {}
            BoshEnd::Broken(condition) => {
                metrics.bosh_sessions_broken.add();
                driver.note(Reason::Bosh(condition));
            }
            BoshEnd::Inactive => {
                metrics.bosh_sessions_inactive.add();
                driver.note(Reason::Inactive);
            }
        }
        // Dropping the driver tells the hub.
    }

    fn check_timers(&mut self, now: Instant) {
        if let Some(driver) = &mut self.driver {
            driver.handle_timeout(now);
        }
        self.session.handle_timeout(now);
    }

    /// Sets the alarm to what is due next.
    fn set_alarm(&mut self, cx: &mut Context<'_>) {
        let stream = self.driver.as_ref().and_then(|driver| driver.stream.next_timeout());
        let next = self.session.next_timeout().into_iter().chain(stream).min();
        if let Some(next) = next
            && next != self.alarm_at
        {
            self.alarm_at = next;
            self.alarm.as_mut().reset(next.into());
        }
        if self.alarm.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.get_mut().advance(cx) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// What the stream says becomes payloads.
struct ToClient<'a>(&'a mut BoshSession);

impl Sink for ToClient<'_> {
    fn element(&mut self, element: String) {
        self.0.push(element);
    }

    fn shared(&mut self, stanza: Arc<SharedStanza>, to: Addressed, jid: &FullJid) {
        self.0.push(match to {
            Addressed::Full => stanza.to_xml(&jid.to_string()),
            Addressed::Bare => stanza.to_xml(&jid.to_bare().to_string()),
        });
    }
}
