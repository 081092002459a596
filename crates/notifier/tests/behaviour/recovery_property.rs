//! Random lives of clients that recover what they miss: lines that break, a log that is late or fails, restarts from the
//! log and from snapshots, histories that are too short, nodes that go and come again.
//!
//! Each client keeps the rules of `docs/recovery.md` and nothing else. What it has is compared with the log, event by
//! event: each once, in order, without a gap, from the last time on that it was told to read the current state.

use std::collections::BTreeMap;

use contact::Timestamp;
use notifier::{Entry, Input, Notifier, NotifierLimits, Output, SessionId};
use proptest::prelude::*;
use xmpp::{BareJid, Element, Limits, SharedStanza, Stanza, ns};

use crate::recovery::position;
use crate::world::{INSTANCE, World, show_event};

const NODES: [&str; 4] = ["a", "b", "/finesse/api/User/1001001", "/finesse/api/Team/1/Users"];
/// Who follows: user, resource, and whether by the bare JID.
const CLIENTS: [(&str, &str, bool); 3] =
    [("1001", "full", false), ("1001001", "bare", true), ("admin", "full", false)];

/// What stands for the last event of a node.
const DELETED: &str = "deleted";

#[derive(Clone, Debug)]
enum Step {
    Publish {
        node: usize,
        events: usize,
    },
    Retract {
        node: usize,
    },
    Create {
        node: usize,
    },
    Delete {
        node: usize,
    },
    ChangeState {
        ready: bool,
    },
    Connect {
        client: usize,
    },
    /// Takes what has come and does what follows from it.
    Read {
        client: usize,
    },
    /// The line breaks; what was not read yet is lost.
    Break {
        client: usize,
    },
    Append,
    AppendAll,
    LoseWaiting,
    TakeSnapshot,
    /// What waits for the log is lost or not, as with a process that is killed.
    Restart {
        from_snapshot: bool,
        written: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (client, node) = (0..CLIENTS.len(), 0..2usize);
    prop_oneof![
        8 => (node.clone(), 1..4usize).prop_map(|(node, events)| Step::Publish { node, events }),
        1 => node.clone().prop_map(|node| Step::Retract { node }),
        2 => node.clone().prop_map(|node| Step::Create { node }),
        1 => node.prop_map(|node| Step::Delete { node }),
        6 => any::<bool>().prop_map(|ready| Step::ChangeState { ready }),
        5 => client.clone().prop_map(|client| Step::Connect { client }),
        8 => client.clone().prop_map(|client| Step::Read { client }),
        4 => client.prop_map(|client| Step::Break { client }),
        5 => Just(Step::Append),
        4 => Just(Step::AppendAll),
        1 => Just(Step::LoseWaiting),
        2 => Just(Step::TakeSnapshot),
        3 => (any::<bool>(), any::<bool>())
            .prop_map(|(from_snapshot, written)| Step::Restart { from_snapshot, written }),
    ]
}

/// How much the server remembers.
#[derive(Clone, Copy, Debug)]
enum Memory {
    /// More than can happen.
    Ample,
    /// So little that much is lost, in short answers.
    Scarce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    /// Nothing is known since the line broke: to be asked for.
    Lost,
    /// Asked for, not complete yet.
    Recovering,
    /// Every event is the next one.
    Live,
    /// The node is not there.
    Gone,
}

/// A client's knowledge of one node.
struct Known {
    follow: Follow,
    position: Option<u64>,
    /// What it got since the last time it had to read the current state: offset, and the message's id or [`DELETED`].
    taken: Vec<(u64, String)>,
    /// How often it had to.
    resets: usize,
}

struct Client {
    session: Option<SessionId>,
    /// The request that is not answered yet.
    open: bool,
    nodes: BTreeMap<&'static str, Known>,
}

struct Run {
    world: World,
    clients: Vec<Client>,
    snapshot: Option<(Entry, usize)>,
    truth: Truth,
}

impl Run {
    fn new(memory: Memory) -> Self {
        let mut world = World::with(|config| {
            if let Memory::Scarce = memory {
                let limits = &mut config.limits;
                limits.history_events_per_node_max = 5;
                limits.history_bytes_max = 12_000;
                limits.history_snapshot_bytes_max = 5_000;
                limits.recovery_events_max = 2;
            }
        });
        world.change_state("1001001", "<state>LOGIN</state><extension>2001001</extension>").unwrap();
        world.log_is_prompt = false;
        let known = || Known { follow: Follow::Lost, position: None, taken: Vec::new(), resets: 0 };
        let client = || Client {
            session: None,
            open: false,
            nodes: NODES.into_iter().map(|node| (node, known())).collect(),
        };
        let mut config = world.notifier.config().clone();
        let ample = NotifierLimits::default();
        config.limits = NotifierLimits {
            history_events_per_node_max: usize::MAX,
            recovery_events_max: usize::MAX,
            recovery_bytes_max: usize::MAX,
            ..ample
        };
        let truth = Truth::new(Notifier::new(config), &world.log);
        Run { world, clients: CLIENTS.map(|_| client()).into(), snapshot: None, truth }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Publish { node, events } => {
                let item = "<item><x xmlns='y'/></item>".repeat(events);
                self.as_admin(ns::PUBSUB, &format!("<publish node='{}'>{item}</publish>", NODES[node]));
            }
            Step::Retract { node } => {
                self.as_admin(ns::PUBSUB_OWNER, &format!("<purge node='{}'/>", NODES[node]));
            }
            Step::Create { node } => self.as_admin(ns::PUBSUB, &format!("<create node='{}'/>", NODES[node])),
            Step::Delete { node } => {
                self.as_admin(ns::PUBSUB_OWNER, &format!("<delete node='{}'/>", NODES[node]));
            }
            Step::ChangeState { ready } => {
                let state = if ready { "READY" } else { "NOT_READY" };
                self.world.start_change_state("1001001", &format!("<state>{state}</state>"));
            }
            Step::Connect { client } => self.connect(client),
            Step::Read { client } => self.read(client),
            Step::Break { client } => self.break_line(client),
            Step::Append => {
                self.world.append_one();
                self.world.drain();
            }
            Step::AppendAll => self.world.append_all(),
            Step::LoseWaiting => self.world.lose_waiting(),
            Step::TakeSnapshot => {
                if let Some(changes) = self.world.notifier.snapshot() {
                    let position = self.world.notifier.position();
                    self.snapshot =
                        Some((Entry { position, at: Timestamp(0), changes }, self.world.log.len()));
                }
            }
            Step::Restart { from_snapshot, written } => self.restart(from_snapshot, written),
        }
    }

    fn as_admin(&mut self, ns: &str, verb: &str) {
        let session = self.world.bind("admin/writer");
        self.world.request(
            session,
            "set",
            "pubsub.localhost",
            &format!("<pubsub xmlns='{ns}'>{verb}</pubsub>"),
        );
    }

    fn connect(&mut self, at: usize) {
        self.break_line(at);
        let (user, resource, _) = CLIENTS[at];
        let session = self.world.bind(&format!("{user}/{resource}"));
        self.world.send(session, "<presence xmlns='jabber:client'/>");
        self.clients[at].session = Some(session);
        self.ask(at);
    }

    fn break_line(&mut self, at: usize) {
        if let Some(session) = self.clients[at].session.take() {
            self.world.end(session);
            self.world.take(session);
        }
        self.forget_line(at);
    }

    fn forget_line(&mut self, at: usize) {
        let client = &mut self.clients[at];
        (client.session, client.open) = (None, false);
        client.nodes.values_mut().for_each(|known| known.follow = Follow::Lost);
    }

    /// Asks for every node that is not complete.
    fn ask(&mut self, at: usize) {
        let (user, resource, bare) = CLIENTS[at];
        let jid = if bare { format!("{user}@localhost") } else { format!("{user}@localhost/{resource}") };
        let client = &mut self.clients[at];
        let Some(session) = client.session.filter(|_| !client.open) else { return };
        let mut asked = String::new();
        for (node, known) in client.nodes.iter_mut().filter(|(_, known)| known.follow != Follow::Live) {
            let position = known.position.map(|offset| format!("epoch='{INSTANCE}' offset='{offset}'"));
            asked += &format!("<after node='{node}' {} subscribe='{jid}'/>", position.unwrap_or_default());
            known.follow = Follow::Recovering;
        }
        if !asked.is_empty() {
            client.open = true;
            let recover = format!("<recover xmlns='{}'>{asked}</recover>", ns::RECOVERY);
            self.world.request(session, "set", "pubsub.localhost", &recover);
        }
    }

    fn read(&mut self, at: usize) {
        let Some(session) = self.clients[at].session else { return };
        for element in self.world.take(session) {
            match element.name() {
                "message" => self.take_event(at, &element),
                "iq" => self.take_answer(at, &element),
                _ => {}
            }
        }
        self.ask(at);
    }

    fn take_event(&mut self, at: usize, message: &Element) {
        let (epoch, offset) = position(message);
        assert_eq!(epoch, INSTANCE);
        let shown = show_event(message);
        let node = NODES.into_iter().find(|node| shown.ends_with(&format!(" {node}"))).expect("a known node");
        let bare = CLIENTS[at].2;
        let known = self.clients[at].nodes.get_mut(node).unwrap();
        let is_next = known.position.is_some_and(|position| position + 1 == offset);
        match known.follow {
            Follow::Live => assert!(is_next, "{node}: {offset} after {:?}", known.position),
            // What reaches the session by presence alone comes before, between and after what is recovered.
            Follow::Recovering | Follow::Lost | Follow::Gone if bare => {
                if !is_next {
                    return;
                }
            }
            Follow::Recovering => assert!(is_next, "{node}: {offset} recovered after {:?}", known.position),
            Follow::Lost | Follow::Gone => panic!("{node}: {offset} for a session that is not subscribed"),
        }
        known.position = Some(offset);
        let deleted = shown.starts_with("delete ");
        let what = if deleted { DELETED } else { message.attribute("id").expect("an id") };
        known.taken.push((offset, what.into()));
        if deleted {
            known.follow = Follow::Gone;
        }
    }

    fn take_answer(&mut self, at: usize, answer: &Element) {
        let client = &mut self.clients[at];
        assert!(std::mem::take(&mut client.open), "answered twice");
        let Some(recovered) = answer.child("recovered", ns::RECOVERY) else {
            // The log failed: nothing is known.
            let asked = client.nodes.values_mut().filter(|known| known.follow == Follow::Recovering);
            return asked.for_each(|known| known.follow = Follow::Lost);
        };
        for part in recovered.elements() {
            let known = client.nodes.get_mut(part.attribute("node").unwrap()).unwrap();
            if part.name() == "refused" {
                known.follow = Follow::Gone;
                continue;
            }
            let offset = part.attribute("offset").map(|offset| offset.parse().unwrap());
            match part.name() {
                // A live event that happened to be the next one may have been faster.
                "more" => assert!(known.position >= offset, "{part:?}"),
                "complete" => {
                    assert_eq!(known.position, offset, "{part:?}");
                    known.follow = Follow::Live;
                }
                "not-recovered" => {
                    (known.position, known.follow) = (offset, Follow::Live);
                    known.taken.clear();
                    known.resets += 1;
                }
                name => panic!("{name}"),
            }
        }
    }

    fn restart(&mut self, from_snapshot: bool, written: bool) {
        if written {
            // Written, but nobody was told: the process was killed in between.
            self.world.log.extend(self.world.waiting.drain(..));
        }
        self.world.waiting.clear();
        self.world.notifier = Notifier::new(self.world.notifier.config().clone());
        let (snapshot, rest) = match self.snapshot.as_ref().filter(|_| from_snapshot) {
            Some((snapshot, from)) => (Some(snapshot), *from),
            None => (None, 0),
        };
        for entry in snapshot.into_iter().chain(&self.world.log[rest..]) {
            self.world.notifier.restore(entry);
        }
        (0..CLIENTS.len()).for_each(|at| self.forget_line(at));
    }

    fn finish(mut self, memory: Memory) {
        self.world.append_all();
        for at in 0..CLIENTS.len() {
            if self.clients[at].session.is_none() {
                self.connect(at);
            }
        }
        // Each round is a request and its answer. Whoever has nothing new after three has nothing to come.
        let mut quiet = 0;
        let mut known = 0;
        while quiet < 3 {
            self.world.append_all();
            (0..CLIENTS.len()).for_each(|at| self.read(at));
            let nodes = self.clients.iter().flat_map(|client| client.nodes.values());
            let now: u64 = nodes.map(|known| known.position.unwrap_or_default()).sum();
            quiet = if now == known { quiet + 1 } else { 0 };
            known = now;
        }
        self.truth.learn(&self.world.log);
        for client in &self.clients {
            for (node, known) in &client.nodes {
                let truth = &self.truth.events[node];
                assert_eq!(known.follow == Follow::Recovering, !truth.exists, "{node}: {:?}", known.follow);
                if truth.exists {
                    assert_eq!(known.follow, Follow::Live);
                    assert_eq!(known.position, Some(truth.newest), "{node}");
                }
                let first = known.taken.first().map_or(truth.newest + 1, |(offset, _)| *offset);
                let last = known.position.unwrap_or(truth.newest);
                let happened: Vec<_> = truth
                    .happened
                    .iter()
                    .filter(|(offset, _)| (first..=last).contains(offset))
                    .cloned()
                    .collect();
                assert_eq!(known.taken, happened, "{node}");
                if let Memory::Ample = memory {
                    // To begin with, and once for every time that the node was another one.
                    assert!(known.resets <= 1 + truth.deletions, "{node}: {} resets", known.resets);
                }
            }
        }
    }
}

/// What the log says has happened, seen by a notifier that forgets nothing.
struct Truth {
    notifier: Notifier,
    session: SessionId,
    events: BTreeMap<&'static str, Happened>,
    learned: usize,
}

#[derive(Default)]
struct Happened {
    happened: Vec<(u64, String)>,
    newest: u64,
    exists: bool,
    deletions: usize,
}

impl Truth {
    fn new(mut notifier: Notifier, log: &[Entry]) -> Self {
        log.iter().for_each(|entry| notifier.restore(entry));
        let session = SessionId { index: 9_999, generation: 0 };
        let user = BareJid::new("admin@localhost").unwrap();
        notifier
            .handle(Input::Bind { session, user, resource: None, generated: "truth".into() }, Timestamp(0));
        let events = NODES.into_iter().map(|node| (node, Happened::default())).collect();
        let mut truth = Truth { notifier, session, events, learned: log.len() };
        NODES.into_iter().for_each(|node| truth.look(node));
        truth
    }

    /// One entry at a time, so that a node is asked before it goes.
    fn learn(&mut self, log: &[Entry]) {
        for entry in &log[self.learned..] {
            self.learned += 1;
            self.notifier.restore(entry);
            for change in &entry.changes {
                if let notifier::Change::NodeDeleted { node, .. } = change
                    && let Some(node) = self.events.get_mut(node.as_str())
                {
                    // The last event goes with the node.
                    node.newest += 1;
                    node.happened.push((node.newest, DELETED.into()));
                    node.deletions += 1;
                }
            }
            for node in NODES {
                self.look(node);
            }
        }
    }

    fn look(&mut self, node: &'static str) {
        let known = self.events.get_mut(node).unwrap();
        let position = format!("epoch='{INSTANCE}' offset='{}'", known.newest);
        let recover = format!(
            "<iq xmlns='jabber:client' type='get' id='q' to='pubsub.localhost'><recover xmlns='{}'>\
             <after node='{node}' {position}/></recover></iq>",
            ns::RECOVERY
        );
        let stanza = Stanza::from_element(Element::parse(&recover, &Limits::default()).unwrap()).unwrap();
        self.notifier.handle(Input::Stanza { session: self.session, stanza }, Timestamp(0));
        while let Some(output) = self.notifier.poll_output() {
            match output {
                Output::Deliver { stanza, .. } => {
                    let xml = SharedStanza::to_xml(&stanza, "x@localhost");
                    let message = Element::parse(&xml, &Limits::default()).unwrap();
                    known.newest = position_after(&message, known.newest);
                    known.happened.push((known.newest, message.attribute("id").unwrap().into()));
                }
                Output::Send { element, .. } => {
                    let answer = Element::parse(&element, &Limits::default()).unwrap();
                    let Some(recovered) = answer.child("recovered", ns::RECOVERY) else { continue };
                    let part = recovered.first_element().unwrap();
                    known.exists = part.name() != "refused";
                    if part.name() == "not-recovered" {
                        // Another node of this name.
                        known.newest = part.attribute("offset").unwrap().parse().unwrap();
                    }
                }
                _ => {}
            }
        }
    }
}

fn position_after(message: &Element, newest: u64) -> u64 {
    let (_, offset) = position(message);
    assert_eq!(offset, newest + 1);
    offset
}

fn live(memory: Memory, steps: &[Step]) {
    let mut run = Run::new(memory);
    for step in steps {
        run.step(step);
    }
    run.finish(memory);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// With a history that is long enough, nothing is ever lost, whatever breaks.
    #[test]
    fn checklist_097_every_client_has_every_event_once_and_in_order(
        steps in prop::collection::vec(step(), 1..100)
    ) {
        live(Memory::Ample, &steps);
    }

    /// With one that is too short, each client has every event since the last time it was told to read the current state.
    #[test]
    fn checklist_097_or_it_was_told_to_read_the_current_state(steps in prop::collection::vec(step(), 1..100)) {
        live(Memory::Scarce, &steps);
    }
}
