//! The ways a session ends (XEP-0124 §13, §17).

use super::{BoshEnd, BoshOutput, BoshSession, RequestId, State};
use crate::bosh::condition::BoshCondition;
use crate::bosh::response::{Body, Response};

impl BoshSession {
    /// Ends the session from this end. The client is told at once if one of its requests waits, and otherwise when it comes
    /// next, with all that is still pending.
    ///
    /// - `condition`: why; none if the stream was closed properly. With [`BoshCondition::RemoteStreamError`] the
    ///   `<stream:error/>` must have been pushed.
    pub fn close(&mut self, condition: Option<BoshCondition>) {
        if !matches!(self.state, State::Open) {
            return;
        }
        let waiting = self.held.iter().find_map(|held| held.request);
        match waiting {
            Some(request) => {
                self.held.retain(|held| held.request != Some(request));
                self.say_goodbye(condition, Some(request));
            }
            None if self.early.is_empty() => self.state = State::Closing(condition),
            None => self.say_goodbye(condition, None),
        }
    }

    /// The client has ended the session: the oldest request hears so, the others get empty bodies.
    pub(super) fn terminated(&mut self) {
        let oldest = self.held.iter().find_map(|held| held.request);
        self.held.retain(|held| held.request != oldest);
        self.goodbye(None, oldest);
        self.end(BoshEnd::Terminated);
    }

    /// The last answer: to `request`, or to the first that came early. Whoever else waits gets an empty body.
    pub(super) fn say_goodbye(&mut self, condition: Option<BoshCondition>, request: Option<RequestId>) {
        let request = request.or_else(|| {
            let (&rid, _) = self.early.iter().next()?;
            self.forget_early(rid).map(|early| early.request)
        });
        self.goodbye(condition, request);
        self.end(BoshEnd::Closed);
    }

    /// The client has broken the rules with `request`.
    pub(super) fn fail(&mut self, request: RequestId, condition: BoshCondition) {
        for other in self.take_waiting() {
            if other != request {
                self.answer(other, self.terminal(BoshCondition::OtherRequest));
            }
        }
        self.answer(request, self.terminal(condition));
        self.end(BoshEnd::Broken(condition));
    }

    /// Ends the session; requests that still wait get empty bodies.
    pub(super) fn end(&mut self, end: BoshEnd) {
        for request in self.take_waiting() {
            self.answer(request, Body::new().into_response());
        }
        self.state = State::Ended;
        self.pending.clear();
        self.replay.clear();
        (self.pending_bytes, self.replay_bytes) = (0, 0);
        self.outputs.push_back(BoshOutput::Ended(end));
    }

    fn goodbye(&mut self, condition: Option<BoshCondition>, request: Option<RequestId>) {
        let legacy =
            condition.filter(|_| self.terms.is_legacy()).is_some_and(|c| c.legacy_status().is_some());
        let response = match condition {
            Some(condition) if legacy => Response::terminal(condition, true),
            _ => {
                let mut body = Body::terminate(condition);
                self.write_pending(&mut body, usize::MAX);
                body.into_response()
            }
        };
        if let Some(request) = request {
            self.answer(request, response);
        }
    }

    /// All requests that wait, in the order of their numbers.
    fn take_waiting(&mut self) -> Vec<RequestId> {
        let mut waiting: Vec<RequestId> = self.held.drain(..).filter_map(|held| held.request).collect();
        waiting.extend(std::mem::take(&mut self.early).into_values().map(|early| early.request));
        self.early_bytes = 0;
        waiting
    }
}
