//! Random lives of a session: its connection is lost, it is resumed, twice at a time, by a client that does not know what
//! arrived; the server restarts. The real hub, notifier, mailboxes, drivers and streams of both ends, with frames in queues
//! in place of sockets and a clock that the test moves. Same seed, same life.
//!
//! As long as a session can be resumed, each end hears everything that the other has said: once, and in order.
//!
//! `OFFHOOK_MODEL_SEEDS=100000 cargo test --release -p offhook-server model` looks at so many lives; `OFFHOOK_MODEL_SEED=7` at
//! one of them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use contact::{Timestamp, UserId};
use notifier::{Addressed, Change, Entry, Notifier, Position, SessionId};
use tokio::sync::mpsc;
use xmpp::stream::{
    ClientConfig, ClientEvent, ClientStream, ManagementChoice, MechanismChoice, Output, Suspended,
};
use xmpp::{BareJid, Channel, Element, FullJid, Limits, Mechanism, SharedStanza, Stanza, ns};

use super::{Driver, Sink};
use crate::accounts::Accounts;
use crate::config::{Config, ListenerKind};
use crate::credentials::{TEST_KEYS, credentials};
use crate::hub::stepped::SteppedHub;
use crate::hub::{HubParts, Management, Request};
use crate::log::{Log, MemoryLog};
use crate::outbox::{Attachment, Outbox, Outgoing};
use crate::transports::{Backend, OpenStreams, Peer};

const USER: &str = "1001001";

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }
}

impl Sink for VecDeque<String> {
    fn element(&mut self, element: String) {
        self.push_back(element);
    }

    fn shared(&mut self, stanza: Arc<SharedStanza>, to: Addressed, jid: &FullJid) {
        let to = match to {
            Addressed::Full => jid.to_string(),
            Addressed::Bare => jid.to_bare().to_string(),
        };
        self.push_back(stanza.to_xml(&to));
    }
}

/// A line between the client and the server.
struct Line {
    driver: Driver,
    to_server: VecDeque<String>,
    to_client: VecDeque<String>,
    /// The client has given it up; what it has sent may still arrive.
    is_lost: bool,
    /// What has been sent before that takes its time.
    is_slow: bool,
    /// The server has closed it.
    is_closed: bool,
}

/// A process of the server.
struct Process {
    hub: SteppedHub,
    backend: Arc<Backend>,
    log: Arc<MemoryLog>,
    /// Somebody else's session, without stream management and without losses.
    watcher: Attachment,
    watcher_session: Option<SessionId>,
}

struct World {
    random: Random,
    config: Arc<Config>,
    began: Instant,
    passed: Duration,
    process: Process,
    lines: Vec<Line>,
    client: Option<ClientStream>,
    suspended: Option<Suspended>,
    /// The client's session can be resumed, as far as anybody can know.
    is_alive: bool,
    /// It may be gone without anybody's fault.
    may_be_gone: bool,
    jid: Option<FullJid>,
    /// What the watcher has sent to the client, and what the client has heard last.
    sent: u32,
    heard: u32,
    /// What the client has said, and what the watcher has heard last.
    said: u32,
    arrived: u32,
    resumed: u32,
}

impl Process {
    fn start(config: &Arc<Config>, entries: Vec<Entry>, management: Management, now: Timestamp) -> Process {
        let (report, log_events) = mpsc::unbounded_channel();
        let log = Arc::new(MemoryLog::new(Box::new(move |event| drop(report.send(event)))));
        let accounts = Arc::new(Accounts::new(&config.auth, &[7; 32]));
        let mut notifier = Notifier::new(config.notifier("epoch", 0));
        for entry in entries {
            notifier.restore(&entry);
            log.append(entry);
        }
        for (user, keys) in notifier.credentials() {
            accounts.set(user.clone(), Some(keys.clone()));
        }
        let hub = SteppedHub::new(
            HubParts {
                notifier,
                log: Arc::clone(&log) as Arc<dyn Log>,
                log_events,
                accounts: Arc::clone(&accounts),
                requests_max: 10_000,
                snapshot_every: 1_000_000,
                entries_since_snapshot: 0,
                management,
            },
            now,
        );
        let streams = Arc::new(OpenStreams::default());
        let backend = Backend::new(Arc::clone(config), hub.handle().clone(), accounts, streams, None);
        let watcher = Arc::new(Outbox::new(1 << 30));
        let user = BareJid::new("1001002@localhost").expect("an address");
        let bind = Request::Bind {
            outbox: Arc::clone(&watcher),
            user,
            resource: Some("w".into()),
            generated: "g".into(),
        };
        assert!(hub.handle().offer(bind).is_ok());
        let watcher = Attachment::first(watcher);
        Process { hub, backend: Arc::new(backend), log, watcher, watcher_session: None }
    }
}

impl World {
    fn new(seed: u64, config: &Arc<Config>, entries: &[Entry]) -> World {
        let process = Process::start(config, entries.to_vec(), Management::default(), Timestamp(0));
        World {
            random: Random(seed),
            config: Arc::clone(config),
            began: Instant::now(),
            passed: Duration::ZERO,
            process,
            lines: Vec::new(),
            client: None,
            suspended: None,
            is_alive: false,
            may_be_gone: false,
            jid: None,
            sent: 0,
            heard: 0,
            said: 0,
            arrived: 0,
            resumed: 0,
        }
    }

    fn now(&self) -> Instant {
        self.began + self.passed
    }

    fn at(&self) -> Timestamp {
        Timestamp(i64::try_from(self.passed.as_millis()).expect("not that long"))
    }

    /// The client opens a line, and goes on with its session if it has one.
    fn connect(&mut self) {
        let now = self.now();
        let user = BareJid::new(&format!("{USER}@localhost")).expect("an address");
        let channel = Channel { hides_secrets: true, certificate_users: vec![user], ..Channel::default() };
        let backend = &self.process.backend;
        let stream = Arc::new(backend.stream_config(ListenerKind::Https));
        let peer = Peer { address: ([127, 0, 0, 1], 1).into(), is_encrypted: true, is_proxied: false };
        let driver = Driver::new(Arc::clone(backend), stream, peer, channel, now);
        let mut config = ClientConfig::new("localhost", USER, "");
        config.mechanism = MechanismChoice::Only(Mechanism::External);
        config.resource = Some("d".into());
        config.management = match &self.suspended {
            Some(session) => ManagementChoice::Resume(Box::new(session.clone())),
            None => ManagementChoice::Enable,
        };
        self.client = Some(ClientStream::new(config, [9; 32], now));
        let (to_server, to_client) = (VecDeque::new(), VecDeque::new());
        self.lines.push(Line {
            driver,
            to_server,
            to_client,
            is_lost: false,
            is_slow: false,
            is_closed: false,
        });
        self.drain_client();
    }

    /// Does what the client's stream wants.
    fn drain_client(&mut self) {
        let Some(mut client) = self.client.take() else { return };
        while let Some(output) = client.poll_output() {
            match output {
                Output::Frame(frame) => {
                    let line = self.lines.last_mut().expect("the client has a line");
                    line.to_server.push_back(frame);
                }
                Output::Event(event) => self.client_event(event, &mut client),
                Output::Close => {
                    self.client = Some(client);
                    return self.lose();
                }
            }
        }
        self.client = Some(client);
    }

    fn client_event(&mut self, event: ClientEvent, client: &mut ClientStream) {
        match event {
            ClientEvent::Bound(jid) => self.jid = Some(jid),
            ClientEvent::Managed { resumption } => {
                assert!(resumption.is_some(), "the session can be resumed");
                assert!(!self.is_alive || self.may_be_gone, "a new session in place of one that was there");
                (self.is_alive, self.may_be_gone) = (true, false);
                // What was for the session before is for nobody.
                self.heard = self.sent;
            }
            ClientEvent::Resumed => {
                self.resumed += 1;
                self.suspended = None;
            }
            ClientEvent::ResumeFailed { h, unhandled } => {
                assert!(self.may_be_gone, "the session is gone (h={h:?}) and nothing has happened to it");
                self.is_alive = false;
                self.suspended = None;
                // After a crash nobody knows what was handled.
                match h {
                    Some(_) => self.said -= u32::try_from(unhandled.len()).expect("few"),
                    None => self.arrived = self.said,
                }
            }
            ClientEvent::Element(element) => {
                if let Some(number) = number(&element) {
                    assert_eq!(number, self.heard + 1, "the client has heard {}", self.heard);
                    self.heard = number;
                }
            }
            ClientEvent::Failed(_) | ClientEvent::Closed { .. } => {
                self.suspended = client.suspend().or(self.suspended.take());
            }
            ClientEvent::Opened { .. }
            | ClientEvent::Features(_)
            | ClientEvent::Authenticating { .. }
            | ClientEvent::Authenticated => {}
        }
    }

    /// The client gives up its line: what is on the way to it is lost, and part of what is on the way from it.
    fn lose(&mut self) {
        let Some(mut client) = self.client.take() else { return };
        if let Some(session) = client.suspend() {
            self.suspended = Some(session);
        } else if self.suspended.is_none() && self.is_alive {
            // It had a session that can't be resumed: not bound anew yet, or ended in good order.
            self.may_be_gone = true;
        }
        if let Some(line) = self.lines.last_mut() {
            line.is_lost = true;
            line.to_client.clear();
            // A request to bind that comes late would end the session that the client has by then, and rightly.
            let bind = line.to_server.iter().position(|frame| frame.contains("<bind "));
            let keep = self.random.below(bind.unwrap_or(line.to_server.len()) + 1);
            line.to_server.truncate(keep);
            line.is_slow = self.random.below(2) == 0;
        }
    }

    /// The server finds out that a line is dead, or has closed it.
    fn notice(&mut self, index: usize) {
        let is_last = index + 1 == self.lines.len();
        let line = self.lines.remove(index);
        if is_last && !line.is_lost {
            self.lose();
        }
    }

    fn deliver_to_server(&mut self, index: usize) {
        let now = self.now();
        let line = &mut self.lines[index];
        if let Some(frame) = line.to_server.pop_front() {
            line.driver.stream.handle_message(&frame, now);
            line.driver.pump(now);
        }
    }

    fn take_from_server(&mut self, index: usize) {
        let now = self.now();
        let line = &mut self.lines[index];
        let mut sink = VecDeque::new();
        line.driver.take(&mut sink, Waker::noop(), now);
        if !line.is_lost {
            line.to_client.append(&mut sink);
        }
        line.is_closed |= std::mem::take(&mut line.driver.signals.is_closed);
    }

    fn deliver_to_client(&mut self) {
        let now = self.now();
        let Some(line) = self.lines.last_mut().filter(|line| !line.is_lost) else { return };
        let Some(frame) = line.to_client.pop_front() else { return };
        if let Some(client) = &mut self.client {
            client.handle_message(&frame, now);
        }
        self.drain_client();
    }

    fn work(&mut self) {
        let at = self.at();
        self.process.hub.work(at);
        let mut batch = Vec::new();
        while !self.process.watcher.take(&mut batch, Waker::noop()).is_emptied {}
        for entry in batch {
            match entry {
                Outgoing::Bound { session, .. } => self.process.watcher_session = Some(session),
                Outgoing::Stanza(text) => {
                    let element = Element::parse(&text, &Limits::default()).expect("the server's own");
                    if let Some(number) = number(&element) {
                        assert_eq!(number, self.arrived + 1, "the watcher has heard {}", self.arrived);
                        self.arrived = number;
                    }
                }
                Outgoing::End(error) => panic!("the watcher's session ends: {error}"),
                _ => {}
            }
        }
    }

    /// The client says something to the watcher.
    fn say(&mut self) {
        let Some(client) = &mut self.client else { return };
        if self.is_alive && client.is_bound() && self.suspended.is_none() {
            self.said += 1;
            client.send(&message("1001002@localhost/w", self.said));
            self.drain_client();
        }
    }

    /// The watcher sends something to the client.
    fn send(&mut self) {
        let (Some(session), Some(jid)) = (self.process.watcher_session, &self.jid) else { return };
        if self.is_alive && !self.may_be_gone {
            self.sent += 1;
            let mut element = message(jid.as_str(), self.sent);
            element.set_attribute("from", "1001002@localhost/w");
            let stanza = Box::new(Stanza::from_element(element).expect("a message"));
            assert!(self.process.hub.handle().offer(Request::Stanza { session, stanza }).is_ok());
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.passed += Duration::from_secs(seconds);
        let now = self.now();
        for line in &mut self.lines {
            line.driver.handle_timeout(now);
        }
        if let Some(client) = &mut self.client {
            client.handle_timeout(now);
            self.drain_client();
        }
        self.work();
    }

    /// The server stops in good order, or not, and starts again.
    fn restart(&mut self, in_good_order: bool) {
        self.work();
        let outbox_bytes_max = self.config.limits.outbox_bytes_max;
        let mut management = Management { outbox_bytes_max, ..Management::default() };
        if in_good_order {
            management.suspended = self.process.hub.left().sessions;
        } else {
            self.may_be_gone = true;
            // What the session was sent is lost with it.
            self.arrived = self.arrived.max(self.said.min(self.arrived));
        }
        self.lose();
        let entries = self.process.log.entries();
        self.lines.clear();
        self.process = Process::start(&self.config, entries, management, self.at());
        self.work();
    }

    /// Does something a few times.
    fn some(&mut self, mut act: impl FnMut(&mut World)) {
        for _ in 0..=self.random.below(6) {
            act(self);
        }
    }

    fn step(&mut self) {
        let line = match self.lines.len() {
            0 => None,
            count => Some(self.random.below(count)),
        };
        match (self.random.below(1000), line) {
            (0..120, _) => self.say(),
            (120..240, _) => self.send(),
            (240..400, Some(line)) if !self.lines[line].is_slow || self.random.below(50) == 0 => {
                self.some(|world| world.deliver_to_server(line));
            }
            (400..560, Some(line)) => self.take_from_server(line),
            (560..720, _) => self.some(World::deliver_to_client),
            (720..858, _) => self.work(),
            (858..870, _) => self.lose(),
            (870..915, Some(line)) => {
                let Line { is_lost, is_slow, is_closed, .. } = self.lines[line];
                if is_closed || (is_lost && (!is_slow || self.random.below(20) == 0)) {
                    self.notice(line);
                }
            }
            (915..960, _) if self.client.is_none() => self.connect(),
            (960..975, _) => {
                if let Some(client) = &mut self.client
                    && client.is_bound()
                {
                    client.request_answer();
                    self.drain_client();
                }
            }
            (975..988, _) => {
                let seconds = self.random.below(20) as u64;
                self.wait(seconds);
            }
            (988..992, _) => {
                let in_good_order = self.random.below(4) > 0;
                self.restart(in_good_order);
            }
            (992..994, _) if self.client.is_none() => {
                // Longer than any session waits.
                while !self.lines.is_empty() {
                    self.notice(0);
                }
                self.work();
                self.may_be_gone = true;
                self.wait(400);
            }
            _ => {}
        }
    }

    /// Lets everything arrive. Then nothing may be missing.
    fn settle(&mut self) {
        for _ in 0..40 {
            if self.client.is_none() {
                self.connect();
            }
            for _ in 0..400 {
                for index in 0..self.lines.len() {
                    self.deliver_to_server(index);
                    self.take_from_server(index);
                }
                self.deliver_to_client();
                self.work();
            }
            while let Some(index) = self.lines.iter().position(|line| line.is_lost || line.is_closed) {
                self.notice(index);
            }
            let is_quiet =
                self.lines.iter().all(|line| line.to_client.is_empty() && line.to_server.is_empty());
            let is_bound = self.client.as_ref().is_some_and(ClientStream::is_bound);
            if is_quiet && is_bound && self.is_alive && !self.may_be_gone && self.suspended.is_none() {
                assert_eq!((self.heard, self.arrived), (self.sent, self.said), "something is missing");
                return;
            }
        }
        panic!("it does not come to rest");
    }
}

fn message(to: &str, number: u32) -> Element {
    Element::new("message", ns::CLIENT)
        .with_attribute("to", to)
        .with_attribute("type", "headline")
        .with_child(Element::new("number", "urn:model").with_text(number.to_string()))
}

fn number(element: &Element) -> Option<u32> {
    element.child("number", "urn:model")?.text().parse().ok()
}

/// The account that there is.
fn account() -> Vec<Entry> {
    let accounts = [USER, "1001002"].map(|name| UserId::new(name).expect("a name"));
    let keys = credentials(&"offhook".into(), TEST_KEYS);
    let changes = accounts.into_iter().flat_map(|user| {
        [Change::AccountAdded { user: user.clone() }, Change::Credentials { user, keys: keys.clone() }]
    });
    vec![Entry { position: Position(1), at: Timestamp(0), changes: changes.collect() }]
}

/// The stream of a client that wants to go on ends while the hub looks for the session: the session goes on waiting.
#[test]
fn a_session_outlives_a_resume_that_comes_to_nothing() {
    let config = Arc::new(Config::default());
    let mut world = World::new(0, &config, &account());
    world.settle();
    world.lose();
    world.notice(0);
    world.work();
    world.connect();
    let asks = |world: &World| world.lines[0].to_server.iter().any(|frame| frame.starts_with("<resume "));
    while !asks(&world) {
        world.deliver_to_server(0);
        world.take_from_server(0);
        world.deliver_to_client();
        world.work();
    }
    world.deliver_to_server(0);
    world.work();
    // The answer waits for the driver, whose time is up before it looks.
    world.passed += Duration::from_secs(31);
    let now = world.now();
    world.lines[0].driver.handle_timeout(now);
    world.take_from_server(0);
    world.work();
    assert_eq!(world.process.hub.waiting(), 1, "it waits, and will not wait for ever");
    world.settle();
    assert_eq!(world.resumed, 1);
}

#[test]
fn checklist_103_random_lives_lose_nothing_and_double_nothing() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match (number("OFFHOOK_MODEL_SEED"), number("OFFHOOK_MODEL_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, count) => 0..count.unwrap_or(300),
    };
    let config = Arc::new(Config::default());
    let entries = account();
    let (mut heard, mut arrived, mut resumed) = (0, 0, 0);
    for seed in seeds.clone() {
        let life = std::panic::catch_unwind(|| {
            let mut world = World::new(seed, &config, &entries);
            for _ in 0..1500 {
                world.step();
            }
            world.settle();
            (world.heard, world.arrived, world.resumed)
        });
        match life {
            Ok(counts) => {
                heard += u64::from(counts.0);
                arrived += u64::from(counts.1);
                resumed += u64::from(counts.2);
            }
            Err(panic) => {
                eprintln!("seed {seed}: OFFHOOK_MODEL_SEED={seed} repeats it");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("{seeds:?}: {heard} messages heard, {arrived} arrived, {resumed} times resumed");
    assert!(heard > 0 && arrived > 0 && (resumed > 0 || seeds.count() == 1));
}
