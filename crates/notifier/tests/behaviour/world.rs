//! A notifier with virtual sessions and a virtual log.

use std::collections::{BTreeMap, VecDeque};

use contact::{Actor, Command, Timestamp, UserId, UserRequest};
use notifier::{
    AccountCommand, Addressed, Change, Config, Credentials, Derivation, Entry, Existing, Input, Keys,
    NewAccount, Notifier, Output, Position, Rejection, SessionId, Standing, Ticket,
};
use xmpp::{BareJid, Condition, Element, Limits, Password, SharedStanza, Stanza, StanzaError, StreamError};

/// The instance id of every world: the constant part of item ids.
pub(crate) const INSTANCE: &str = "5e1f0000-0000-4000-8000-000000000000";

/// A notifier for the domain `localhost` with the demo's users, teams and reason codes.
pub(crate) struct World {
    pub(crate) notifier: Notifier,
    /// What the log has.
    pub(crate) log: Vec<Entry>,
    /// What the log was given and has not acknowledged.
    pub(crate) waiting: VecDeque<Entry>,
    /// Acknowledge entries at once.
    pub(crate) log_is_prompt: bool,
    pub(crate) answers: BTreeMap<Ticket, Result<(), Rejection>>,
    pub(crate) account_changes: Vec<(UserId, bool)>,
    pub(crate) publisher_changes: Vec<(String, bool)>,
    pub(crate) handled: Vec<(SessionId, u32)>,
    pub(crate) expired: Vec<SessionId>,
    /// Passwords that wait to be made into keys.
    pub(crate) derivations: Vec<(Derivation, Password)>,
    pub(crate) now: Timestamp,
    jids: BTreeMap<SessionId, String>,
    received: BTreeMap<SessionId, Vec<Element>>,
    refused: BTreeMap<SessionId, StanzaError>,
    ended: BTreeMap<SessionId, StreamError>,
    sessions: u32,
    tickets: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A world whose configuration is changed first.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut world = Self::empty(change);
        for command in contact::demo() {
            world.command_as(Actor::system(), command, None).unwrap();
        }
        world.account_changes.clear();
        world
    }

    /// A world without anybody.
    pub(crate) fn empty(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("localhost", INSTANCE);
        change(&mut config);
        World {
            notifier: Notifier::new(config),
            log: Vec::new(),
            waiting: VecDeque::new(),
            log_is_prompt: true,
            answers: BTreeMap::new(),
            account_changes: Vec::new(),
            publisher_changes: Vec::new(),
            handled: Vec::new(),
            expired: Vec::new(),
            derivations: Vec::new(),
            now: Timestamp(1_767_605_411_402),
            jids: BTreeMap::new(),
            received: BTreeMap::new(),
            refused: BTreeMap::new(),
            ended: BTreeMap::new(),
            sessions: 0,
            tickets: 0,
        }
    }

    /// The same server in a new process: rebuilt from the log, with nobody connected.
    pub(crate) fn restarted(&self) -> Self {
        let mut next = Self::empty(|config| *config = self.notifier.config().clone());
        self.log.iter().for_each(|entry| next.notifier.restore(entry));
        next.log.clone_from(&self.log);
        next.now = self.now;
        next
    }

    /// As [`World::restarted`], from a snapshot in place of the log.
    pub(crate) fn restarted_from_snapshot(&self) -> Self {
        let changes = self.notifier.snapshot().expect("nothing waits for the log");
        let entry = Entry { position: self.notifier.position(), at: self.now, changes };
        let mut next = Self::empty(|config| *config = self.notifier.config().clone());
        next.notifier.restore(&entry);
        next.log.push(entry);
        next.now = self.now;
        next
    }

    /// Feeds one input and takes all outputs.
    pub(crate) fn handle(&mut self, input: Input) {
        self.notifier.handle(input, self.now);
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.notifier.poll_output() {
            match output {
                Output::Bound { session, jid } => {
                    self.jids.insert(session, jid.to_string());
                }
                Output::BindRefused { session, error } => {
                    self.refused.insert(session, error);
                }
                Output::Send { session, element } => self.receive(session, &element),
                Output::Deliver { stanza, recipients } => {
                    assert!(!recipients.is_empty());
                    for recipient in recipients {
                        let full = self.jids[&recipient.session].clone();
                        let to = match recipient.to {
                            Addressed::Full => full.as_str(),
                            Addressed::Bare => full.split('/').next().unwrap(),
                        };
                        self.receive(recipient.session, &SharedStanza::to_xml(&stanza, to));
                    }
                }
                Output::End { session, error } => {
                    assert!(self.ended.insert(session, error).is_none(), "{session:?} ended twice");
                }
                Output::Append(entry) => {
                    let newest = self.waiting.back().or(self.log.last()).map_or(0, |last| last.position.0);
                    assert_eq!(entry.position, Position(newest + 1), "positions have no gap");
                    self.waiting.push_back(entry);
                    if self.log_is_prompt {
                        self.append_all();
                    }
                }
                Output::Answer { ticket, outcome } => {
                    assert!(self.answers.insert(ticket, outcome).is_none(), "{ticket:?} answered twice");
                }
                Output::Handled { session, received, .. } => self.handled.push((session, received)),
                Output::Expired { session } => {
                    assert!(!self.ended.contains_key(&session), "{session:?} has ended and expires");
                    self.expired.push(session);
                }
                Output::Derive { derivation, password } => self.derivations.push((derivation, password)),
                Output::PublisherChanged { name, publisher } => {
                    self.publisher_changes.push((name, publisher.is_some()));
                }
                Output::AccountChanged { user, credentials } => {
                    self.account_changes.push((user, credentials.is_some()));
                }
            }
        }
    }

    /// So much time passes, and the service is called whenever it wants to be.
    pub(crate) fn wait_ms(&mut self, ms: i64) {
        let until = Timestamp(self.now.0 + ms);
        while let Some(next) = self.notifier.next_timeout().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.notifier.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn receive(&mut self, session: SessionId, xml: &str) {
        assert!(self.jids.contains_key(&session), "{session:?} is not bound and gets {xml}");
        assert!(!self.ended.contains_key(&session), "{session:?} has ended and gets {xml}");
        let element =
            Element::parse(xml, &Limits::default()).unwrap_or_else(|error| panic!("{error}: {xml}"));
        self.received.entry(session).or_default().push(element);
    }

    /// The log acknowledges its oldest waiting entry.
    pub(crate) fn append_one(&mut self) {
        if let Some(entry) = self.waiting.pop_front() {
            let position = entry.position;
            self.log.push(entry);
            self.notifier.handle(Input::Appended { position }, self.now);
        }
    }

    pub(crate) fn append_all(&mut self) {
        while !self.waiting.is_empty() {
            self.append_one();
        }
        self.drain();
    }

    /// The log loses everything that waits; the notifier is told and rebuilt.
    pub(crate) fn lose_waiting(&mut self) {
        if let Some(first) = self.waiting.front() {
            let from = first.position;
            self.waiting.clear();
            self.handle(Input::AppendFailed { from });
            self.notifier.reset_durable(&self.log);
            self.drain();
        }
    }

    /// Asks for a session; its id, bound or not.
    pub(crate) fn try_bind(&mut self, user: &str, resource: Option<&str>) -> SessionId {
        self.sessions += 1;
        let session = SessionId { index: self.sessions, generation: 1 };
        self.handle(Input::Bind {
            session,
            user: BareJid::new(&format!("{user}@localhost")).unwrap(),
            resource: resource.map(String::from),
            generated: format!("generated-{}", self.sessions),
        });
        session
    }

    /// A bound session, for example of `1001001/desktop`.
    pub(crate) fn bind(&mut self, address: &str) -> SessionId {
        let (user, resource) = address.split_once('/').unwrap();
        let session = self.try_bind(user, Some(resource));
        assert_eq!(self.jids.get(&session), Some(&format!("{user}@localhost/{resource}")));
        session
    }

    /// A bound session that has sent presence and read what came back.
    pub(crate) fn connect(&mut self, address: &str) -> SessionId {
        let session = self.bind(address);
        self.send(session, "<presence xmlns='jabber:client'/>");
        self.take(session);
        session
    }

    pub(crate) fn end(&mut self, session: SessionId) {
        self.handle(Input::Ended { session });
    }

    pub(crate) fn jid(&self, session: SessionId) -> &str {
        &self.jids[&session]
    }

    pub(crate) fn refusal(&self, session: SessionId) -> Option<Condition> {
        self.refused.get(&session).map(|error| error.condition)
    }

    pub(crate) fn stream_error(&self, session: SessionId) -> Option<&'static str> {
        self.ended.get(&session).map(|error| error.condition.name())
    }

    /// Sends a stanza as its stream would hand it on.
    pub(crate) fn send(&mut self, session: SessionId, xml: &str) {
        let mut element =
            Element::parse(xml, &Limits::default()).unwrap_or_else(|error| panic!("{error}: {xml}"));
        if let Some(jid) = self.jids.get(&session) {
            element.set_attribute("from", jid.as_str());
        }
        let stanza = Stanza::from_element(element).unwrap_or_else(|invalid| panic!("{}: {xml}", invalid.0));
        self.handle(Input::Stanza { session, stanza });
    }

    /// Everything a session got since the last look.
    pub(crate) fn take(&mut self, session: SessionId) -> Vec<Element> {
        self.received.remove(&session).unwrap_or_default()
    }

    /// As [`World::take`], as text.
    pub(crate) fn take_xml(&mut self, session: SessionId) -> Vec<String> {
        self.take(session).iter().map(Element::to_xml).collect()
    }

    /// Sends an iq and takes what came back, which must be its answer and nothing else. An answer is shown as
    /// `result` with its payload, or as `error` with its conditions.
    pub(crate) fn ask(&mut self, session: SessionId, kind: &str, to: &str, payload: &str) -> String {
        let before = self.take(session);
        assert!(before.is_empty(), "not read yet: {before:?}");
        self.request(session, kind, to, payload);
        let got = self.take(session);
        assert_eq!(got.len(), 1, "one answer to {payload}: {got:?}");
        show_answer(&got[0])
    }

    /// Sends an iq; an empty `to` is left out.
    pub(crate) fn request(&mut self, session: SessionId, kind: &str, to: &str, payload: &str) {
        let to = if to.is_empty() { String::new() } else { format!("to='{to}'") };
        self.send(session, &format!("<iq xmlns='jabber:client' type='{kind}' id='q1' {to}>{payload}</iq>"));
    }

    /// [`World::ask`] of the publish-subscribe service, set.
    pub(crate) fn pubsub(&mut self, session: SessionId, verb: &str) -> String {
        self.ask(session, "set", "pubsub.localhost", &in_pubsub(verb))
    }

    /// [`World::ask`] of the publish-subscribe service, get.
    pub(crate) fn pubsub_get(&mut self, session: SessionId, verb: &str) -> String {
        self.ask(session, "get", "pubsub.localhost", &in_pubsub(verb))
    }

    /// [`World::ask`] of the publish-subscribe service, owner's requests.
    pub(crate) fn owner(&mut self, session: SessionId, kind: &str, verb: &str) -> String {
        let payload = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{verb}</pubsub>");
        self.ask(session, kind, "pubsub.localhost", &payload)
    }

    /// Subscribes the session's full JID.
    pub(crate) fn subscribe(&mut self, session: SessionId, node: &str) -> String {
        let jid = self.jids[&session].clone();
        self.pubsub(session, &format!("<subscribe node='{node}' jid='{jid}'/>"))
    }

    /// Gives a command; its outcome if it is known by now.
    pub(crate) fn command_as(
        &mut self,
        actor: Actor,
        command: Command,
        request_id: Option<&str>,
    ) -> Result<(), Rejection> {
        let ticket = self.start_command(actor, command, request_id);
        self.answers.remove(&ticket).expect("an answer")
    }

    pub(crate) fn start_command(
        &mut self,
        actor: Actor,
        command: Command,
        request_id: Option<&str>,
    ) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.handle(Input::Command { ticket, actor, command, request_id: request_id.map(String::from) });
        ticket
    }

    /// A user changes the own state; `body` as in `<state>LOGIN</state><extension>2001001</extension>`.
    pub(crate) fn change_state(&mut self, user: &str, body: &str) -> Result<(), Rejection> {
        let ticket = self.start_change_state(user, body);
        self.answers.remove(&ticket).expect("an answer")
    }

    pub(crate) fn start_change_state(&mut self, user: &str, body: &str) -> Ticket {
        let user = UserId::new(user).unwrap();
        let request = UserRequest::from_xml(format!("<User>{body}</User>").as_bytes()).unwrap();
        let actor = self.notifier.centre().actor(&user).unwrap();
        self.start_command(actor, Command::ChangeState { user, request }, Some("r1"))
    }

    pub(crate) fn administer(&mut self, command: AccountCommand) -> Result<(), Rejection> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.handle(Input::Administer { ticket, command });
        self.answers.remove(&ticket).expect("an answer")
    }

    /// Takes the service out of service, or back.
    pub(crate) fn set_service(
        &mut self,
        standing: Standing,
        about: Box<contact::SystemInfo>,
    ) -> Result<(), Rejection> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.handle(Input::SetService { ticket, standing, about });
        self.answers.remove(&ticket).expect("an answer")
    }

    pub(crate) fn import(&mut self, accounts: Vec<NewAccount>, existing: Existing) -> Result<(), Rejection> {
        self.administer(AccountCommand::Import { prepare: Vec::new(), accounts, existing })
    }
}

/// Keys that fit no password.
pub(crate) fn credentials(seed: u8) -> Credentials {
    let keys = |length| Keys {
        salt: vec![seed; 16],
        iterations: 4096,
        stored_key: vec![seed; length],
        server_key: vec![seed.wrapping_add(1); length],
    };
    Credentials { sha1: keys(20), sha256: keys(32), sha512: None }
}

/// `result` and the payload, or `error`, its type and conditions.
pub(crate) fn show_answer(answer: &Element) -> String {
    assert_eq!(answer.attribute("id"), Some("q1"));
    match (answer.attribute("type"), answer.first_element()) {
        (Some("result"), None) => "result".into(),
        (Some("result"), Some(payload)) => format!("result {}", payload.to_xml()),
        (Some("error"), _) => {
            let error = StanzaError::from_element(answer.child("error", "jabber:client").expect("an error"));
            let application = error.application.map(|element| match element.attribute("feature") {
                Some(feature) => format!(" {} {feature}", element.name()),
                None => format!(" {}", element.name()),
            });
            format!(
                "error {} {}{}",
                error.kind.name(),
                error.condition.name(),
                application.unwrap_or_default()
            )
        }
        _ => panic!("not an answer: {answer:?}"),
    }
}

/// What an event message says: its node, and the ids and texts of its items.
pub(crate) fn show_event(message: &Element) -> String {
    assert!(message.is("message", "jabber:client"), "{message:?}");
    let event = message.child("event", "http://jabber.org/protocol/pubsub#event").expect("an event");
    let what = event.first_element().expect("something that happened");
    let node = what.attribute("node").unwrap();
    match (what.name(), what.first_element()) {
        ("items", Some(item)) => format!("{} {} in {node}", item.name(), item.attribute("id").unwrap()),
        (name, _) => format!("{name} {node}"),
    }
}

fn in_pubsub(verb: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>")
}

/// A snapshot in an order that does not depend on the way the state came about; items stay in theirs.
pub(crate) fn sorted(mut snapshot: Vec<Change>) -> Vec<Change> {
    snapshot.sort_by_cached_key(|change| match change {
        Change::SnapshotBegins => String::new(),
        Change::SnapshotEnds { .. } => "~".into(),
        Change::ItemPublished { node, .. } => format!("item {node}"),
        change => format!("{change:?}"),
    });
    snapshot
}
