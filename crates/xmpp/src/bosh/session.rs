//! One session: which request is answered when, and with what.
//!
//! The client numbers its requests. `held` are those whose turn has come and which are not answered yet, `early` those that
//! overtook another, and `replay` are answers that the client may ask for again. Between them every number is in at most one place:
//!
//! ```text
//! forgotten … replay … | held … | next_rid (missing) … early … | outside the window
//! ```

mod answering;
mod ending;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::body::{Intent, Request};
use super::condition::BoshCondition;
use super::config::BoshConfig;
use super::keys::KeySequence;
use super::response::Response;
use super::terms::{Sid, Terms};
use crate::Element;

/// One client's session (XEP-0124), from the request that creates it to the answer that ends it.
///
/// Hand in a request, payloads or a timeout; drain [`BoshSession::poll_output`]; let the stream process what is delivered and
/// hand in what it says; then call [`BoshSession::flush`], which decides what is answered now, and drain again. Replies that
/// the stream gives at once thus travel with the first answer possible.
pub struct BoshSession {
    config: Arc<BoshConfig>,
    terms: Terms,
    sid: Sid,
    state: State,
    outputs: VecDeque<BoshOutput>,
    next_request: u64,
    next_rid: u64,
    /// Processed and not answered, in order.
    held: VecDeque<Held>,
    /// Not processed, because an earlier one is missing.
    early: BTreeMap<u64, Early>,
    early_bytes: usize,
    /// Answered, in order.
    replay: VecDeque<Answered>,
    replay_bytes: usize,
    /// What waits to be sent: stand-alone elements.
    pending: VecDeque<String>,
    pending_bytes: usize,
    /// The stream's id, until the first answer has told it.
    creation: Option<Creation>,
    keys: KeySequence,
    newest: Newest,
    repeats: Repeats,
    /// Since when no request waits; none while one does.
    idle_since: Option<Instant>,
    /// The request that asked for a pause, and for how long, until another one comes.
    pause: Option<(u64, Duration)>,
}

/// One HTTP request, in the order of their arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

/// What a session wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoshOutput {
    /// The next payload for the stream.
    Deliver {
        /// The element.
        payload: Element,
        /// Its share of the bytes of the request that brought it.
        bytes: usize,
    },
    /// The client opens the stream, or opens it anew.
    Open {
        /// The domain; the session's if the client did not repeat it.
        to: String,
        /// The language, if it is told.
        lang: Option<String>,
        /// The version of XMPP that the client wants, if it is told.
        version: Option<String>,
    },
    /// The answer to a request. Each request gets exactly one, unless it is lost.
    Answer {
        /// Which.
        request: RequestId,
        /// What.
        response: Response,
    },
    /// The session is over and may be forgotten; nothing follows but answers.
    Ended(BoshEnd),
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoshEnd {
    /// The client ended it.
    Terminated,
    /// [`BoshSession::close`] was called, and the client knows or has not come to hear it.
    Closed,
    /// The client broke the rules, or sent what cannot be read.
    Broken(BoshCondition),
    /// The client was without a request for too long.
    Inactive,
}

enum State {
    Open,
    /// The client is told when it comes next.
    Closing(Option<BoshCondition>),
    Ended,
}

struct Held {
    rid: u64,
    /// None if its connection is lost.
    request: Option<RequestId>,
    /// When it is answered at the latest.
    deadline: Instant,
    pauses: bool,
    /// An answer that the client has not got, and how long ago it was given.
    report: Option<(u64, Duration)>,
}

struct Early {
    request: RequestId,
    deadline: Instant,
    content: Request,
}

struct Answered {
    rid: u64,
    at: Instant,
    response: Response,
    payloads: bool,
}

/// What the first answer says besides the terms.
struct Creation {
    rid: u64,
    to: Option<String>,
    authid: Option<String>,
}

/// The request with the highest number so far, for the limits on what comes too often.
struct Newest {
    rid: u64,
    at: Instant,
    empty: bool,
}

#[derive(Default)]
struct Repeats {
    rid: u64,
    count: u32,
}

impl BoshSession {
    /// Begins a session with the request that asks for it, and returns that request's id.
    ///
    /// - `request`: one without a sid.
    /// - `sid`: see [`Sid::new`].
    ///
    /// # Errors
    ///
    /// What the client is told, as in [`Terms::negotiate`], or [`BoshCondition::BadRequest`] if the request pauses,
    /// restarts or ends a session that it has not got.
    pub fn create(
        config: Arc<BoshConfig>,
        request: Request,
        sid: Sid,
        now: Instant,
    ) -> Result<(Self, RequestId), BoshCondition> {
        let terms = Terms::negotiate(&request, &config)?;
        if request.intent != Intent::Exchange {
            return Err(BoshCondition::BadRequest);
        }
        let creation = Creation { rid: request.rid, to: request.opening.to.clone(), authid: None };
        let newest = Newest { rid: request.rid, at: now, empty: false };
        let mut session = Self {
            config,
            terms,
            sid,
            state: State::Open,
            outputs: VecDeque::new(),
            next_request: 0,
            next_rid: request.rid,
            held: VecDeque::new(),
            early: BTreeMap::new(),
            early_bytes: 0,
            replay: VecDeque::new(),
            replay_bytes: 0,
            pending: VecDeque::new(),
            pending_bytes: 0,
            creation: Some(creation),
            keys: KeySequence::default(),
            newest,
            repeats: Repeats::default(),
            idle_since: None,
            pause: None,
        };
        let id = session.new_request();
        session.open_stream(&request);
        session.process(request, id, now + session.terms.wait, now);
        Ok((session, id))
    }

    /// Takes the next request of the session and returns its id.
    ///
    /// A repeated request has no effect but to be answered as the first one was; its content does not matter.
    pub fn handle_request(&mut self, request: Request, now: Instant) -> RequestId {
        self.handle_timeout(now);
        let id = self.new_request();
        match self.state {
            State::Open => self.accept(request, id, now),
            State::Closing(condition) => match self.replayed(request.rid) {
                Some(response) => self.answer(id, response),
                None => self.say_goodbye(condition, Some(id)),
            },
            State::Ended => self.answer(id, self.terminal(BoshCondition::ItemNotFound)),
        }
        self.note_idleness(now);
        id
    }

    /// Takes a request that names this session and cannot be taken: the session is over (XEP-0124 §17.2).
    ///
    /// - `condition`: [`BoshCondition::BadRequest`] if it cannot be read, [`BoshCondition::PolicyViolation`] if it is too
    ///   long.
    pub fn handle_unacceptable(&mut self, condition: BoshCondition, now: Instant) -> RequestId {
        self.handle_timeout(now);
        let id = self.new_request();
        match self.state {
            State::Ended => self.answer(id, self.terminal(BoshCondition::ItemNotFound)),
            State::Open | State::Closing(_) => self.fail(id, condition),
        }
        id
    }

    /// Says that the connection of a request is gone. Its answer is kept until the client asks again.
    pub fn handle_lost(&mut self, request: RequestId, now: Instant) {
        if let Some(held) = self.held.iter_mut().find(|held| held.request == Some(request)) {
            held.request = None;
        }
        if let Some((&rid, _)) = self.early.iter().find(|(_, early)| early.request == request) {
            self.forget_early(rid);
        }
        self.note_idleness(now);
    }

    /// Tells the client the stream's id with the first answer (XEP-0206 §4).
    pub fn stream_opened(&mut self, id: String) {
        if let Some(creation) = &mut self.creation {
            creation.authid = Some(id);
        }
    }

    /// Adds one stand-alone element to what is sent. Nothing happens when the session is closing.
    ///
    /// More than [`BoshConfig::pending_bytes_max`] closes the session with `policy-violation`: callers who look at
    /// [`BoshSession::is_waiting`] before they push what can wait never get there.
    pub fn push(&mut self, payload: String) {
        if !matches!(self.state, State::Open) {
            return;
        }
        self.pending_bytes += payload.len();
        self.pending.push_back(payload);
        if self.pending_bytes > self.config.pending_bytes_max {
            self.pending.clear();
            self.pending_bytes = 0;
            self.close(Some(BoshCondition::PolicyViolation));
        }
    }

    /// Whether a request waits, so that what is pushed reaches the client now.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Open) && self.held.iter().any(|held| held.request.is_some())
    }

    /// Whether [`BoshOutput::Ended`] has been queued.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// The session's name.
    pub fn sid(&self) -> &Sid {
        &self.sid
    }

    /// What was agreed on.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Bytes kept for the client: of payloads that wait, of answers that it may ask for again, of requests that came early.
    pub fn bytes(&self) -> usize {
        self.pending_bytes + self.replay_bytes + self.early_bytes
    }

    /// The next thing to do. Call until it returns none.
    pub fn poll_output(&mut self) -> Option<BoshOutput> {
        self.outputs.pop_front()
    }

    /// Finds out what to do with a request (XEP-0124 §11, §12, §14.2, §14.3).
    fn accept(&mut self, request: Request, id: RequestId, now: Instant) {
        let rid = request.rid;
        // A pause lasts until the next request, not until the one that asked for it is repeated.
        self.pause.take_if(|(asked, _)| *asked != rid);
        self.idle_since = None;
        if rid < self.next_rid || self.early.contains_key(&rid) {
            return self.repeated(rid, id, now);
        }
        let extra = u64::from(request.may_be_extra());
        let requests = self.terms.requests as u64 + extra;
        if rid - self.next_rid >= requests {
            return self.fail(id, BoshCondition::ItemNotFound);
        }
        // One that was seen before its turn and given back, or overtaken, is nothing new.
        if rid > self.newest.rid {
            if self.unanswered() as u64 + 1 > requests || self.is_too_soon(&request, now) {
                return self.fail(id, BoshCondition::PolicyViolation);
            }
            self.newest = Newest { rid, at: now, empty: request.is_empty() };
        }
        let deadline = now + self.terms.wait;
        if rid > self.next_rid {
            self.early_bytes += request.bytes;
            self.early.insert(rid, Early { request: id, deadline, content: request });
            if self.early_bytes > self.config.early_bytes_max {
                self.forget_early(rid);
                self.fail(id, BoshCondition::PolicyViolation);
            }
            return;
        }
        self.process(request, id, deadline, now);
        while matches!(self.state, State::Open) {
            let Some(early) = self.forget_early(self.next_rid) else { break };
            self.process(early.content, early.request, early.deadline, now);
        }
    }

    /// Takes the request whose turn it is.
    fn process(&mut self, request: Request, id: RequestId, deadline: Instant, now: Instant) {
        debug_assert_eq!(request.rid, self.next_rid);
        if !self.keys.advance(&request.keys) {
            return self.fail(id, BoshCondition::ItemNotFound);
        }
        let report = self.missing_answer(&request, now);
        let rid = request.rid;
        let mut held = Held { rid, request: Some(id), deadline, pauses: false, report };
        self.next_rid += 1;
        self.pause = None;
        match request.intent {
            Intent::Exchange => {
                self.held.push_back(held);
                self.deliver(request);
            }
            Intent::Restart => {
                self.held.push_back(held);
                self.open_stream(&request);
            }
            Intent::Pause(pause) if pause > self.config.pause_max => {
                self.fail(id, BoshCondition::PolicyViolation);
            }
            Intent::Pause(pause) => {
                held.pauses = true;
                self.held.push_back(held);
                self.deliver(request);
                self.pause = Some((rid, pause));
            }
            Intent::Terminate => {
                self.held.push_back(held);
                self.deliver(request);
                self.terminated();
            }
        }
    }

    fn deliver(&mut self, request: Request) {
        let count = request.payloads.len().max(1);
        let bytes = request.bytes.div_ceil(count);
        let payloads = request.payloads.into_iter().map(|payload| BoshOutput::Deliver { payload, bytes });
        self.outputs.extend(payloads);
    }

    fn open_stream(&mut self, request: &Request) {
        let first = self.creation.as_ref().and_then(|creation| creation.to.as_ref());
        self.outputs.push_back(BoshOutput::Open {
            to: request.opening.to.as_ref().or(first).unwrap_or(&self.config.domain).clone(),
            lang: request.opening.lang.clone(),
            version: request.opening.xmpp_version.clone(),
        });
    }

    /// Takes a request that was there before.
    fn repeated(&mut self, rid: u64, id: RequestId, now: Instant) {
        if self.repeats.rid != rid {
            self.repeats = Repeats { rid, count: 0 };
        }
        self.repeats.count += 1;
        if self.repeats.count > self.config.repeats_max {
            return self.fail(id, BoshCondition::PolicyViolation);
        }
        let deadline = now + self.terms.wait;
        let replaced = if let Some(held) = self.held.iter_mut().find(|held| held.rid == rid) {
            held.deadline = deadline;
            held.request.replace(id)
        } else if let Some(early) = self.early.get_mut(&rid) {
            early.deadline = deadline;
            Some(std::mem::replace(&mut early.request, id))
        } else {
            return match self.replayed(rid) {
                Some(response) => self.answer(id, response),
                None => self.fail(id, BoshCondition::ItemNotFound),
            };
        };
        if let Some(old) = replaced {
            self.answer(old, Response::recoverable());
        }
    }

    /// Whether an empty request comes too soon after the one before (XEP-0124 §11 last rule, §12 for sessions that poll).
    fn is_too_soon(&self, request: &Request, now: Instant) -> bool {
        if !request.is_empty() || now.duration_since(self.newest.at) >= self.config.polling {
            return false;
        }
        if self.terms.polls() {
            let brought =
                self.replay.iter().any(|answered| answered.rid == self.newest.rid && answered.payloads);
            self.newest.empty && !brought
        } else {
            self.unanswered() + 1 >= self.terms.requests
        }
    }

    /// Requests that wait for an answer. One whose connection is lost does not: no answer would arrive.
    fn unanswered(&self) -> usize {
        self.held.iter().filter(|held| held.request.is_some()).count() + self.early.len()
    }

    /// Which answer the client says it has not got, if that was given long enough ago to be lost (XEP-0124 §9.2).
    fn missing_answer(&self, request: &Request, now: Instant) -> Option<(u64, Duration)> {
        if !self.terms.acknowledgements || self.creation.is_some() {
            return None;
        }
        let missing = request.ack?.checked_add(1)?;
        let answered = self.replay.iter().find(|answered| answered.rid == missing)?;
        let ago = now.duration_since(answered.at);
        (ago >= self.config.report_after).then_some((missing, ago))
    }

    fn forget_early(&mut self, rid: u64) -> Option<Early> {
        let early = self.early.remove(&rid)?;
        self.early_bytes -= early.content.bytes;
        Some(early)
    }

    fn new_request(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request)
    }
}
