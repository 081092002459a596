//! A network that delays, reorders, repeats and loses requests and answers: whatever it does, every stanza arrives once and in
//! order, both ways.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use xmpp::bosh::{BoshConfig, RequestId};

use crate::driver::*;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The client has something to say, and sends it when it may.
    ClientSays,
    /// The server has something to say.
    ServerSays,
    /// Of the requests under way, this one arrives.
    Arrive(usize),
    /// It arrives and stays under way as well, to arrive again.
    ArriveTwice(usize),
    /// It is lost on the way.
    LoseRequest(usize),
    /// Of the answers under way, this one arrives.
    Answer(usize),
    /// It is lost on the way.
    LoseAnswer(usize),
    /// The connection of a request that waits at the server breaks.
    Break(usize),
    /// The client repeats a request that has no answer.
    Repeat(usize),
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    prop_oneof![
        3 => Just(ClientSays),
        3 => Just(ServerSays),
        5 => (0..4usize).prop_map(Arrive),
        1 => (0..4usize).prop_map(ArriveTwice),
        1 => (0..4usize).prop_map(LoseRequest),
        5 => (0..4usize).prop_map(Answer),
        1 => (0..4usize).prop_map(LoseAnswer),
        1 => (0..4usize).prop_map(Break),
        1 => (0..4usize).prop_map(Repeat),
        1 => (0..8u8).prop_map(Wait),
    ]
}

/// A client that keeps to the rules, and the network between.
struct World {
    server: Client,
    requests_max: u64,
    /// What the client wants to say and has not sent.
    to_say: VecDeque<u64>,
    said: u64,
    server_said: u64,
    /// Requests sent and not answered, as the client sees it: number and content.
    open: BTreeMap<u64, Option<u64>>,
    next: u64,
    /// Copies of requests on their way.
    requests: Vec<u64>,
    /// Answers on their way: number, whether it is a recoverable error, stanzas.
    answers: Vec<(u64, bool, Vec<String>)>,
    /// Which request the server knows under which id.
    ids: Vec<(RequestId, u64)>,
    /// Answers that came before their turn.
    early: BTreeMap<u64, Vec<String>>,
    next_answer: u64,
    heard: Vec<String>,
}

impl World {
    fn new(hold: usize) -> Self {
        // The client sends as soon as it may, and is never given up.
        let config = BoshConfig {
            hold_max: 3,
            polling: Duration::ZERO,
            inactivity: Duration::from_secs(1_000_000),
            ..config()
        };
        Self {
            server: client_with(config, &format!("wait='20' hold='{hold}' ver='1.11'")),
            requests_max: hold as u64 + 1,
            to_say: VecDeque::new(),
            said: 0,
            server_said: 0,
            open: BTreeMap::new(),
            next: 1,
            requests: Vec::new(),
            answers: Vec::new(),
            ids: Vec::new(),
            early: BTreeMap::new(),
            next_answer: 1,
            heard: Vec::new(),
        }
    }

    fn step(&mut self, step: Step) {
        let pick = |n: usize, len: usize| (len > 0).then(|| n % len);
        match step {
            Step::ClientSays => {
                self.to_say.push_back(self.said);
                self.said += 1;
            }
            Step::ServerSays => {
                self.server.push(&self.server_said.to_string());
                self.server_said += 1;
            }
            Step::Arrive(n) => {
                if let Some(n) = pick(n, self.requests.len()) {
                    let request = self.requests.remove(n);
                    self.arrive(request);
                }
            }
            Step::ArriveTwice(n) => {
                if let Some(n) = pick(n, self.requests.len()) {
                    self.arrive(self.requests[n]);
                }
            }
            Step::LoseRequest(n) => {
                if let Some(n) = pick(n, self.requests.len()) {
                    self.requests.remove(n);
                }
            }
            Step::Answer(n) => {
                if let Some(n) = pick(n, self.answers.len()) {
                    let answer = self.answers.remove(n);
                    self.answered(answer);
                }
            }
            Step::LoseAnswer(n) => {
                if let Some(n) = pick(n, self.answers.len()) {
                    self.answers.remove(n);
                }
            }
            Step::Break(n) => {
                if let Some(n) = pick(n, self.ids.len()) {
                    let (id, _) = self.ids.remove(n);
                    self.server.session.handle_lost(id, self.server.now);
                }
            }
            Step::Repeat(n) => {
                if let Some(n) = pick(n, self.open.len()) {
                    self.requests.extend(self.open.keys().nth(n));
                }
            }
            Step::Wait(seconds) => self.server.advance(seconds.into()),
        }
        self.send();
        self.collect();
        assert_eq!(self.server.ended, None, "{step:?}");
        assert!(self.server.session.bytes() < 1_000_000);
    }

    /// The client sends what it has to say as soon as it may (no further ahead than the answers it has allow), and always keeps one request waiting.
    fn send(&mut self) {
        let window = |world: &Self| world.next < world.next_answer + world.requests_max;
        while window(self) && (!self.to_say.is_empty() || self.open.is_empty()) {
            self.open.insert(self.next, self.to_say.pop_front());
            self.requests.push(self.next);
            self.next += 1;
        }
    }

    fn arrive(&mut self, n: u64) {
        // A copy may arrive when the client has long moved on; XEP-0124 has no remedy for copies that are older than
        // what is kept, so the network is not that slow.
        if n + 1 < self.next_answer {
            return;
        }
        let content = self.open.get(&n).copied().flatten();
        let id = match content {
            Some(stanza) => self.server.say(n, &stanza.to_string()),
            None => self.server.poll(n),
        };
        self.ids.push((id, n));
    }

    fn collect(&mut self) {
        for (id, response) in std::mem::take(&mut self.server.answers) {
            let Some(at) = self.ids.iter().position(|(known, _)| *known == id) else {
                panic!("an answer to a request that is lost or has one already");
            };
            let (_, n) = self.ids.remove(at);
            let body = body(&response);
            let error = body.attribute("type");
            assert!(error.is_none_or(|error| error == "error"), "{body:?}");
            self.answers.push((n, error.is_some(), stanzas(&body)));
        }
    }

    fn answered(&mut self, (n, error, stanzas): (u64, bool, Vec<String>)) {
        if error {
            // The client repeats it and those before it (XEP-0124 §17.3), unless another copy is under way already.
            for &n in self.open.range(..=n).map(|(n, _)| n) {
                if !self.requests.contains(&n) && !self.ids.iter().any(|(_, known)| *known == n) {
                    self.requests.push(n);
                }
            }
            return;
        }
        if self.open.remove(&n).is_some() {
            self.early.insert(n, stanzas);
        }
        while let Some(stanzas) = self.early.remove(&self.next_answer) {
            self.heard.extend(stanzas);
            self.next_answer += 1;
        }
    }

    /// From now on the network is perfect.
    fn settle(&mut self) {
        for _ in 0..200 {
            self.step(Step::Wait(1));
            for n in 0..self.open.len() {
                if self.requests.is_empty() && self.ids.is_empty() {
                    self.step(Step::Repeat(n));
                }
            }
            while !self.requests.is_empty() || !self.answers.is_empty() {
                self.step(Step::Arrive(0));
                self.step(Step::Answer(0));
            }
            let all_said = self.server.delivered.len() as u64 == self.said;
            if all_said && self.heard.len() as u64 == self.server_said {
                return;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the network does: every stanza once, in order, both ways (XEP-0124 §14).
    #[test]
    fn checklist_111_every_stanza_arrives_once_and_in_order(
        hold in 1..4usize,
        steps in proptest::collection::vec(step(), 0..200),
    ) {
        let mut world = World::new(hold);
        for step in steps {
            world.step(step);
        }
        world.settle();
        let all = |count: u64| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        let delivered: Vec<_> = world.server.delivered_ids();
        prop_assert_eq!(delivered, all(world.said));
        prop_assert_eq!(world.heard, all(world.server_said));
    }

    /// Requests of any kind, in any order, with anything in between: nothing panics, every request that is not lost gets one answer,
    /// and a session that is open knows when to look at it again.
    #[test]
    fn any_requests_get_one_answer_each(
        hold in 0..4usize,
        steps in proptest::collection::vec((0..12u64, 0..8u8, 0..40u64), 0..60),
    ) {
        let config = BoshConfig { hold_max: 3, ..config() };
        let mut client = client_with(config, &format!("wait='20' hold='{hold}' ver='1.11' ack='1'"));
        let mut asked = Vec::new();
        for (n, kind, seconds) in steps {
            match kind {
                0 => asked.push(client.poll(n)),
                1 => asked.push(client.say(n, "a")),
                2 => asked.push(client.send(n, &format!("ack='{}'", RID + n / 2), "")),
                3 => asked.push(client.send(n, "pause='40'", "")),
                4 => client.push("x"),
                5 => client.advance(seconds),
                6 if seconds == 0 => asked.push(client.send(n, "type='terminate'", "")),
                7 if seconds == 0 => client.close(None),
                _ => {}
            }
            prop_assert_eq!(client.session.next_timeout().is_none(), client.session.is_ended());
        }
        client.advance(20);
        client.advance(20);
        let mut answered: Vec<_> = client.answers.iter().map(|(request, _)| *request).collect();
        answered.sort();
        prop_assert_eq!(answered, asked);
    }
}
