//! Random interleavings of everything that can happen, with a log that is late or fails.
//!
//! The world itself checks on the way that nothing is answered twice, that positions have no gap and that sessions get
//! nothing before they are bound or after they have ended. Here each session's own view is checked against what it asked.

use std::collections::{BTreeMap, BTreeSet};

use contact::Timestamp;
use notifier::{Addressed, Input, Notifier, Output, SessionId};
use proptest::prelude::*;

use crate::world::{World, sorted};

const NODES: [&str; 3] = ["a", "b", "/finesse/api/Team/1/Users"];
const USERS: [&str; 4] = ["1001001", "1001002", "1001", "admin"];

#[derive(Clone, Debug)]
enum Step {
    Connect { user: usize, resource: usize },
    Leave { session: usize },
    Away { session: usize },
    Create { session: usize, node: usize },
    Delete { session: usize, node: usize },
    Subscribe { session: usize, node: usize, bare: bool },
    Unsubscribe { session: usize, node: usize, bare: bool },
    Publish { session: usize, node: usize },
    Read { session: usize, node: usize },
    ChangeState { user: usize, ready: bool },
    Append,
    AppendAll,
    LoseWaiting,
}

fn step() -> impl Strategy<Value = Step> {
    let (session, node, user) = (0..4usize, 0..NODES.len(), 0..USERS.len());
    let both = (session.clone(), node.clone());
    prop_oneof![
        2 => (user.clone(), 0..2usize).prop_map(|(user, resource)| Step::Connect { user, resource }),
        1 => session.clone().prop_map(|session| Step::Leave { session }),
        1 => session.prop_map(|session| Step::Away { session }),
        5 => both.clone().prop_map(|(session, node)| Step::Create { session, node }),
        4 => both.clone().prop_map(|(session, node)| Step::Delete { session, node }),
        5 => (both.clone(), any::<bool>()).prop_map(|((session, node), bare)| Step::Subscribe { session, node, bare }),
        2 => (both.clone(), any::<bool>()).prop_map(|((session, node), bare)| Step::Unsubscribe { session, node, bare }),
        6 => both.clone().prop_map(|(session, node)| Step::Publish { session, node }),
        1 => both.prop_map(|(session, node)| Step::Read { session, node }),
        4 => (user, any::<bool>()).prop_map(|(user, ready)| Step::ChangeState { user, ready }),
        6 => Just(Step::Append),
        2 => Just(Step::AppendAll),
        1 => Just(Step::LoseWaiting),
    ]
}

/// An address and a node.
type Subscribed = (String, &'static str);

/// What one session may expect.
#[derive(Default)]
struct View {
    /// Requests without an answer: their id and, if it is a subscription, what is subscribed.
    open: BTreeMap<String, Option<Subscribed>>,
    /// The highest item number of each node.
    newest: BTreeMap<String, u64>,
}

struct Run {
    world: World,
    sessions: Vec<SessionId>,
    views: BTreeMap<SessionId, View>,
    /// Subscriptions that a result has confirmed, or whose result nobody could read any more.
    confirmed: BTreeSet<Subscribed>,
    requests: u32,
    commands: usize,
}

impl Run {
    fn new() -> Self {
        // Two copies for two subscriptions, so that each subscription can be judged by itself.
        let mut world = World::with(|config| {
            config.one_copy_per_session = false;
            config.access.create_nodes = notifier::Who::Anyone;
        });
        world.log_is_prompt = false;
        Run {
            world,
            sessions: Vec::new(),
            views: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            requests: 0,
            commands: 0,
        }
    }

    fn session(&self, number: usize) -> Option<SessionId> {
        (!self.sessions.is_empty()).then(|| self.sessions[number % self.sessions.len()])
    }

    fn request(&mut self, session: usize, kind: &str, ns: &str, verb: &str, confirms: Option<Subscribed>) {
        let Some(session) = self.session(session) else { return };
        self.requests += 1;
        let id = format!("q{}", self.requests);
        self.views.get_mut(&session).unwrap().open.insert(id.clone(), confirms);
        let pubsub = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub{ns}'>{verb}</pubsub>");
        let iq =
            format!("<iq xmlns='jabber:client' type='{kind}' id='{id}' to='pubsub.localhost'>{pubsub}</iq>");
        self.world.send(session, &iq);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Connect { user, resource } => {
                let session = self.world.bind(&format!("{}/{resource}", USERS[user]));
                self.world.send(session, "<presence xmlns='jabber:client'/>");
                self.sessions.push(session);
                self.views.insert(session, View::default());
                self.forget_ended();
            }
            Step::Leave { session } => {
                if let Some(session) = self.session(session) {
                    self.world.end(session);
                    self.gone(session);
                    self.sessions.retain(|&other| other != session);
                }
            }
            Step::Away { session } => {
                if let Some(session) = self.session(session) {
                    self.world
                        .send(session, "<presence xmlns='jabber:client'><priority>-1</priority></presence>");
                }
            }
            Step::Create { session, node } => {
                self.request(session, "set", "", &format!("<create node='{}'/>", NODES[node]), None);
            }
            Step::Delete { session, node } => {
                self.request(session, "set", "#owner", &format!("<delete node='{}'/>", NODES[node]), None);
            }
            Step::Subscribe { session, node, bare } => {
                self.subscription("subscribe", session, NODES[node], bare);
            }
            Step::Unsubscribe { session, node, bare } => {
                self.subscription("unsubscribe", session, NODES[node], bare);
            }
            Step::Publish { session, node } => {
                let verb = format!("<publish node='{}'><item><x xmlns='y'/></item></publish>", NODES[node]);
                self.request(session, "set", "", &verb, None);
            }
            Step::Read { session, node } => {
                self.request(session, "get", "", &format!("<items node='{}'/>", NODES[node]), None);
            }
            Step::ChangeState { user, ready } => {
                let signed_in =
                    self.world.notifier.centre().user(&USERS[user].parse().unwrap()).unwrap().is_signed_in();
                let body = match (signed_in, ready) {
                    (false, _) => format!(
                        "<state>LOGIN</state><extension>{}</extension>",
                        ["2001001", "2001002", "2001", "2009"][user]
                    ),
                    (true, true) => "<state>READY</state>".into(),
                    (true, false) => "<state>NOT_READY</state><reasonCodeId>1</reasonCodeId>".into(),
                };
                self.commands += 1;
                self.world.start_change_state(USERS[user], &body);
            }
            Step::Append => {
                self.world.append_one();
                self.world.drain();
            }
            Step::AppendAll => self.world.append_all(),
            Step::LoseWaiting => self.world.lose_waiting(),
        }
        self.read_all();
    }

    fn subscription(&mut self, verb: &str, session: usize, node: &'static str, bare: bool) {
        let Some(id) = self.session(session) else { return };
        let full = self.world.jid(id).to_owned();
        let jid = if bare { full.split('/').next().unwrap() } else { &full };
        let confirms = (verb == "subscribe").then(|| (jid.to_owned(), node));
        self.request(session, "set", "", &format!("<{verb} node='{node}' jid='{jid}'/>"), confirms);
    }

    /// Sessions that a newer one has pushed out.
    fn forget_ended(&mut self) {
        let world = &self.world;
        let (ended, there) =
            self.sessions.iter().partition(|&&session| world.stream_error(session).is_some());
        self.sessions = there;
        for session in <Vec<SessionId>>::into_iter(ended) {
            self.gone(session);
        }
    }

    fn gone(&mut self, session: SessionId) {
        let open = std::mem::take(&mut self.views.get_mut(&session).unwrap().open);
        self.confirmed.extend(open.into_values().flatten());
    }

    /// Checks what everybody has got: answers first, because one session's answer confirms what another may hear.
    fn read_all(&mut self) {
        let mut messages = Vec::new();
        for session in self.sessions.clone() {
            for element in self.world.take(session) {
                match element.name() {
                    "iq" => self.read_answer(session, &element),
                    "message" => messages.push((session, element)),
                    _ => {}
                }
            }
        }
        for (session, message) in messages {
            self.read_message(session, &message);
        }
    }

    fn read_answer(&mut self, session: SessionId, answer: &xmpp::Element) {
        let id = answer.attribute("id").unwrap();
        let open = &mut self.views.get_mut(&session).unwrap().open;
        let confirms = open.remove(id).unwrap_or_else(|| panic!("{id} answered twice or never asked"));
        if answer.attribute("type") == Some("result") {
            self.confirmed.extend(confirms);
        }
    }

    fn read_message(&mut self, session: SessionId, message: &xmpp::Element) {
        let event = message.child("event", "http://jabber.org/protocol/pubsub#event").unwrap();
        let what = event.first_element().unwrap();
        let node = what.attribute("node").unwrap();
        let to = message.attribute("to").unwrap();
        if let Some(known) = NODES.into_iter().find(|known| *known == node) {
            assert!(self.confirmed.contains(&(to.to_owned(), known)), "{to} hears {node} before the result");
        }
        if what.name() == "items" {
            let id = what.first_element().unwrap().attribute("id").unwrap();
            let number: u64 = id.strip_prefix(crate::world::INSTANCE).unwrap().parse().unwrap();
            let view = self.views.get_mut(&session).unwrap();
            let newest = view.newest.insert(format!("{to} {node}"), number);
            assert!(newest.is_none_or(|newest| newest < number), "{to} {node}: {number} after {newest:?}");
        }
    }

    fn finish(mut self) {
        self.world.append_all();
        self.read_all();
        for session in &self.sessions {
            let open = &self.views[session].open;
            assert!(open.is_empty(), "never answered: {open:?}");
        }
        assert!(self.world.answers.len() >= self.commands, "every command is answered");
        let snapshot = self.world.notifier.snapshot().expect("nothing waits");
        let mut replayed = Notifier::new(self.world.notifier.config().clone());
        for entry in &self.world.log {
            replayed.restore(entry);
        }
        assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(snapshot.clone()));
        let entry = notifier::Entry {
            position: self.world.notifier.position(),
            at: Timestamp(0),
            changes: snapshot.clone(),
        };
        let mut restored = Notifier::new(self.world.notifier.config().clone());
        restored.restore(&entry);
        assert_eq!(sorted(restored.snapshot().unwrap()), sorted(snapshot));
        self.check_routes(restored);
    }

    /// Whoever is subscribed hears the next event: by its full JID who lists such a subscription, and by bare JIDs the
    /// same sessions as from a notifier that was restored from the snapshot.
    fn check_routes(&mut self, mut restored: Notifier) {
        let mut listed = BTreeSet::new();
        for session in self.sessions.clone() {
            self.world.send(session, "<presence xmlns='jabber:client'/>");
            self.world.take(session);
            let list = self.world.pubsub_get(session, "<subscriptions/>");
            let jid = self.world.jid(session).to_owned();
            let full = |node: &&str| list.contains(&format!("node=\"{node}\" jid=\"{jid}\""));
            listed.extend(NODES.into_iter().filter(full).map(|node| (node.to_owned(), session)));
            let (user, resource) = jid.split_once('/').unwrap();
            let user = xmpp::BareJid::new(user).unwrap();
            let (resource, generated) = (Some(resource.into()), String::new());
            restored.handle(Input::Bind { session, user, resource, generated }, Timestamp(0));
            let presence = xmpp::Element::new("presence", "jabber:client");
            let stanza = xmpp::Stanza::from_element(presence).unwrap();
            restored.handle(Input::Stanza { session, stanza }, Timestamp(0));
        }
        let (full, bare) = deliveries(&mut self.world.notifier);
        assert_eq!(full, listed);
        let (_, bare_restored) = deliveries(&mut restored);
        assert_eq!(bare, bare_restored);
    }
}

type Heard = BTreeSet<(String, SessionId)>;

/// Publishes to every node and tells who hears it, by full and by bare JIDs.
fn deliveries(notifier: &mut Notifier) -> (Heard, Heard) {
    let session = SessionId { index: 9_999, generation: 0 };
    let user = xmpp::BareJid::new("admin@localhost").unwrap();
    let (resource, generated) = (Some("checker".into()), String::new());
    notifier.handle(Input::Bind { session, user, resource, generated }, Timestamp(0));
    let (mut full, mut bare) = (Heard::new(), Heard::new());
    for node in NODES {
        let iq = format!(
            "<iq xmlns='jabber:client' type='set' id='x' to='pubsub.localhost'><pubsub xmlns='{}'>\
             <publish node='{node}'><item><x xmlns='y'/></item></publish></pubsub></iq>",
            xmpp::ns::PUBSUB
        );
        let element = xmpp::Element::parse(&iq, &xmpp::Limits::default()).unwrap();
        let stanza = xmpp::Stanza::from_element(element).unwrap();
        notifier.handle(Input::Stanza { session, stanza }, Timestamp(0));
        notifier.handle(Input::Appended { position: notifier.position() }, Timestamp(0));
        while let Some(output) = notifier.poll_output() {
            if let Output::Deliver { recipients, .. } = output {
                for recipient in recipients {
                    let heard = if recipient.to == Addressed::Full { &mut full } else { &mut bare };
                    heard.insert((node.into(), recipient.session));
                }
            }
        }
    }
    (full, bare)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// RFC 6120 §10.1: what one publisher sends to one node arrives at every subscriber in that order, and once, while
    /// subscriptions come and go and the log is late or fails.
    #[test]
    fn checklist_061_every_session_sees_each_nodes_items_in_order_and_once(steps in prop::collection::vec(step(), 1..80)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        run.finish();
    }
}
