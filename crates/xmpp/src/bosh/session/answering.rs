//! Answers in the order of the requests, and the timers that force them (XEP-0124 §8, §10).

use std::time::Instant;

use super::{Answered, BoshEnd, BoshOutput, BoshSession, Creation, Held, RequestId, State};
use crate::bosh::condition::BoshCondition;
use crate::bosh::response::{Body, Response};

impl BoshSession {
    /// Answers what is to be answered now: the oldest requests, if payloads wait for them, if more are waiting than are to
    /// be held, or if their time has come.
    pub fn flush(&mut self, now: Instant) {
        while matches!(self.state, State::Open) && self.is_due(now) {
            let Some(held) = self.held.pop_front() else { break };
            self.answer_held(held, now);
        }
        self.note_idleness(now);
    }

    /// Does what is due, and ends the session of a client that is gone.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.next_timeout().is_none_or(|deadline| deadline > now) {
            return;
        }
        if self.idle_deadline().is_some_and(|deadline| deadline <= now) {
            let end = if matches!(self.state, State::Open) { BoshEnd::Inactive } else { BoshEnd::Closed };
            return self.end(end);
        }
        self.flush(now);
        // The missing request did not come: the client shall repeat it, and these with it.
        while let Some((&rid, _)) = self.early.iter().find(|(_, early)| early.deadline <= now) {
            if let Some(early) = self.forget_early(rid) {
                self.answer(early.request, Response::recoverable());
            }
        }
        self.note_idleness(now);
    }

    /// When to call [`BoshSession::handle_timeout`]; never none before the session has ended.
    pub fn next_timeout(&self) -> Option<Instant> {
        if matches!(self.state, State::Ended) {
            return None;
        }
        let held = self.held.iter().filter(|held| held.request.is_some()).map(|held| held.deadline);
        let early = self.early.values().map(|early| early.deadline);
        held.chain(early).chain(self.idle_deadline()).min()
    }

    fn idle_deadline(&self) -> Option<Instant> {
        Some(self.idle_since? + self.pause.map_or(self.terms.inactivity, |(_, pause)| pause))
    }

    /// Keeps track of since when no request waits.
    pub(super) fn note_idleness(&mut self, now: Instant) {
        if self.unanswered() > 0 {
            self.idle_since = None;
        } else if self.idle_since.is_none() {
            self.idle_since = Some(now);
        }
    }

    /// Whether the oldest request must be answered.
    fn is_due(&self, now: Instant) -> bool {
        let Some(front) = self.held.front() else { return false };
        let somebody_waits = self.held.iter().any(|held| held.request.is_some());
        self.creation.is_some()
            || front.report.is_some()
            || self.held.len() > self.terms.hold
            || !self.pending.is_empty() && somebody_waits
            || self.held.iter().any(|held| held.pauses)
            // Answers go out in order, so one whose time has come takes those before it along.
            || self.held.iter().any(|held| held.request.is_some() && held.deadline <= now)
    }

    fn answer_held(&mut self, held: Held, now: Instant) {
        let mut body = Body::new();
        if let Some(Creation { rid, authid, .. }) = self.creation.take() {
            body = self.terms.write(&self.config, self.sid.as_str(), rid, authid.as_deref(), body);
        } else if self.terms.acknowledgements && self.next_rid - 1 != held.rid {
            body = body.number("ack", self.next_rid - 1);
        }
        if let Some((rid, ago)) = held.report {
            body =
                body.number("report", rid).number("time", u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
        }
        // What nobody would hear goes to the next one who does, unless this is the last. A pause brings nothing (§10).
        let silent =
            held.pauses || held.request.is_none() && self.held.iter().any(|held| held.request.is_some());
        let payloads = !silent && self.write_pending(&mut body, self.config.answer_bytes_max);
        let response = body.into_response();
        if let Some(request) = held.request {
            self.answer(request, response.clone());
        }
        self.keep(Answered { rid: held.rid, at: now, response, payloads });
    }

    /// Moves what waits into `body`, up to `bytes_max` but at least one payload. Says whether there was any.
    pub(super) fn write_pending(&mut self, body: &mut Body, bytes_max: usize) -> bool {
        let mut written = 0;
        while let Some(payload) = self.pending.front()
            && (written == 0 || written + payload.len() <= bytes_max)
        {
            body.payload(payload);
            written += payload.len();
            self.pending_bytes -= payload.len();
            self.pending.pop_front();
        }
        written > 0
    }

    /// Keeps an answer in case the client did not get it (XEP-0124 §14.3).
    fn keep(&mut self, answered: Answered) {
        self.replay_bytes += answered.response.body.len();
        self.replay.push_back(answered);
        // One more than may be under way: the answer to a pause does not count.
        let kept_max = self.terms.requests + 1;
        while self.replay.len() > kept_max
            || self.replay_bytes > self.config.replay_bytes_max && self.replay.len() > 1
        {
            if let Some(oldest) = self.replay.pop_front() {
                self.replay_bytes -= oldest.response.body.len();
            }
        }
    }

    /// The answer that `rid` was given, if it is still kept.
    pub(super) fn replayed(&self, rid: u64) -> Option<Response> {
        self.replay.iter().find(|answered| answered.rid == rid).map(|answered| answered.response.clone())
    }

    pub(super) fn answer(&mut self, request: RequestId, response: Response) {
        self.outputs.push_back(BoshOutput::Answer { request, response });
    }

    pub(super) fn terminal(&self, condition: BoshCondition) -> Response {
        Response::terminal(condition, self.terms.is_legacy())
    }
}
