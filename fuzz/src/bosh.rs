//! BOSH bodies and sessions, fed by a client that says anything.
//!
//! The input is read as lines: a line is the body of one HTTP request, except that one starting with `@` is for the driver, such
//! as `@push <a/>`, `@lost 3`, `@close` or `@wait 31` (seconds). The first good body creates the session.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use xmpp::bosh::{BoshCondition, BoshConfig, BoshOutput, BoshSession, Request, RequestId, Response, Sid};
use xmpp::{Element, Limits, ns};

/// Fuzz entry: every request that is not lost gets one answer, answers are well-formed bodies, what is kept stays within its
/// limits, and nothing follows the end.
pub fn body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut world: Option<World> = None;
    let mut now = Instant::now();
    for line in text.split('\n') {
        if let Some(command) = line.strip_prefix('@') {
            now += Duration::from_secs(
                command.strip_prefix("wait ").and_then(|s| s.parse::<u8>().ok()).unwrap_or(0).into(),
            );
            if let Some(world) = &mut world {
                world.command(command, now);
            }
            continue;
        }
        let request = Request::parse(line, &Limits::with_bytes_max(10_000));
        match (&mut world, request) {
            (Some(world), request) => world.request(request.ok(), now),
            (None, Ok(request)) => world = World::new(request, now),
            (None, Err(error)) => answered(&Response::terminal(error.condition(), error.legacy)),
        }
    }
}

struct World {
    session: BoshSession,
    open: BTreeSet<RequestId>,
    is_over: bool,
}

impl World {
    fn new(request: Request, now: Instant) -> Option<World> {
        let config = BoshConfig {
            hold_max: 3,
            pending_bytes_max: 2_000,
            early_bytes_max: 2_000,
            replay_bytes_max: 2_000,
            answer_bytes_max: 500,
            ..BoshConfig::new("localhost")
        };
        let legacy = request.opening.ver.is_none();
        let sid = Sid::new("s", &request.opening);
        match BoshSession::create(Arc::new(config), request, sid, now) {
            Ok((session, id)) => {
                let mut world = World { session, open: BTreeSet::from([id]), is_over: false };
                world.drain(now);
                Some(world)
            }
            Err(condition) => {
                answered(&Response::terminal(condition, legacy));
                None
            }
        }
    }

    fn request(&mut self, request: Option<Request>, now: Instant) {
        let id = match request {
            Some(request) => self.session.handle_request(request, now),
            None => self.session.handle_unacceptable(BoshCondition::BadRequest, now),
        };
        self.open.insert(id);
        self.drain(now);
    }

    fn command(&mut self, command: &str, now: Instant) {
        if let Some(payload) = command.strip_prefix("push ") {
            if Element::parse(payload, &Limits::default()).is_ok() {
                self.session.push(payload.to_owned());
            }
        } else if command.starts_with("lost") {
            if let Some(request) = self.open.pop_first() {
                self.session.handle_lost(request, now);
            }
        } else if command.starts_with("close") {
            self.session.close(Some(BoshCondition::RemoteStreamError));
        } else {
            self.session.handle_timeout(now);
        }
        self.drain(now);
    }

    fn drain(&mut self, now: Instant) {
        self.outputs();
        self.session.flush(now);
        self.outputs();
        assert_eq!(self.session.is_ended(), self.is_over);
        assert_eq!(self.session.next_timeout().is_none(), self.is_over);
        assert!(!self.is_over || self.open.is_empty());
        // One payload and one answer may be as large as they are; all else is within its limits.
        assert!(self.session.bytes() < 3 * 2_000 + 4 * 10_000, "{}", self.session.bytes());
    }

    fn outputs(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                BoshOutput::Deliver { payload, .. } => {
                    assert_ne!(payload.ns(), ns::HTTP_BIND);
                }
                BoshOutput::Open { .. } => {}
                BoshOutput::Answer { request, response } => {
                    assert!(self.open.remove(&request), "{request:?} has an answer already");
                    answered(&response);
                }
                BoshOutput::Ended(_) => assert!(!std::mem::replace(&mut self.is_over, true)),
            }
        }
    }
}

fn answered(response: &Response) {
    if response.status != 200 {
        assert!(response.body.is_empty());
        return;
    }
    let text = std::str::from_utf8(&response.body).expect("UTF-8");
    let limits = Limits { bytes_max: usize::MAX, elements_max: usize::MAX, ..Limits::default() };
    match Element::parse(text, &limits) {
        Ok(body) => assert!(body.is("body", ns::HTTP_BIND), "{text}"),
        // A payload at the limit of depth is one level over it inside a body.
        Err(xmpp::XmlError::TooDeep { .. } | xmpp::XmlError::TooManyNamespaces { .. }) => {}
        Err(error) => panic!("{error}: {text}"),
    }
}
