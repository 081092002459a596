//! The notifier, fed by sessions that send any stanza, and by a log that is late or fails.
//!
//! The input is read as lines: a line is one stanza of the session that spoke last, except that one starting with `@` is
//! for the driver: `@bind agent/desktop` (a new session speaks), `@session 2` (an older one does), `@end`, `@append` (one
//! entry), `@flush` (all), `@lose` (everything that waits), `@login`, `@remove agent`, `@derive` or `@derive none` (the keys
//! of every password that waits).
use std::collections::{BTreeMap, VecDeque};

use contact::{Actor, Command, Extension, Role, Roles, TeamId, Timestamp, UserDetails, UserId, UserRequest};
use notifier::{
    AccountCommand, Config, Credentials, Derivation, Entry, Input, Keys, Notifier, Output, Position,
    SessionId, Ticket, Who,
};
use xmpp::{BareJid, Element, IqType, Limits, SharedStanza, Stanza, StanzaKind};

/// Fuzz entry: whatever is sent, everything that comes out is well-formed XML for a bound session, every request to the
/// server or to publish-subscribe has exactly one answer, and the log rebuilds the state.
pub fn stanzas(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut world = World::new(data.len().is_multiple_of(2));
    for line in text.split('\n').take(LINES_MAX) {
        match line.strip_prefix('@') {
            Some(command) => world.drive(command),
            None => world.send(line),
        }
    }
    world.finish();
}

/// Enough to reach any state, and few enough for speed.
const LINES_MAX: usize = 64;

const USERS: [(&str, Role); 3] =
    [("agent", Role::Agent), ("boss", Role::Supervisor), ("admin", Role::Administrator)];

struct World {
    notifier: Notifier,
    log: Vec<Entry>,
    waiting: VecDeque<Entry>,
    sessions: Vec<SessionId>,
    speaks: usize,
    /// Bound sessions: how many answers each one has to get, less those that it got.
    owed: BTreeMap<SessionId, i64>,
    commands_owed: i64,
    /// Passwords that wait to be made into keys.
    derivations: Vec<Derivation>,
}

impl World {
    fn new(keep_subscriptions: bool) -> Self {
        let mut config = Config::new("localhost", "uuid");
        config.keep_full_jid_subscriptions = keep_subscriptions;
        config.access.create_nodes = Who::Anyone;
        config.limits.items_per_node_max = 3;
        let mut world = World {
            notifier: Notifier::new(config),
            log: Vec::new(),
            waiting: VecDeque::new(),
            sessions: Vec::new(),
            speaks: 0,
            owed: BTreeMap::new(),
            commands_owed: 0,
            derivations: Vec::new(),
        };
        let extension = || Extension::new("2001").expect("an extension");
        world.command(Command::AddTeam { id: TeamId(1), name: "Sales".into() });
        world.command(Command::AddExtensions { first: extension(), last: extension() });
        for (name, role) in USERS {
            world.command(Command::AddUser(UserDetails {
                id: UserId::new(name).expect("a user's id"),
                login_name: name.into(),
                first_name: "F".into(),
                last_name: "L".into(),
                roles: Roles::of(role),
                team: (role != Role::Administrator).then_some(TeamId(1)),
                supervises: if role == Role::Supervisor { vec![TeamId(1)] } else { Vec::new() },
                extension: None,
                wrap_up: Default::default(),
            }));
        }
        world.flush();
        world.drive("bind admin/a");
        world
    }

    fn drive(&mut self, command: &str) {
        let (command, argument) = command.split_once(' ').unwrap_or((command, ""));
        match command {
            "bind" => {
                let (user, resource) = argument.split_once('/').unwrap_or((argument, ""));
                let Ok(user) = BareJid::new(&format!("{user}@localhost")) else { return };
                let session = SessionId { index: self.sessions.len() as u32, generation: 7 };
                self.speaks = self.sessions.len();
                self.sessions.push(session);
                let (resource, generated) = (Some(resource.into()), format!("g{}", session.index));
                self.handle(Input::Bind { session, user, resource, generated });
            }
            "session" => self.speaks = argument.parse().unwrap_or(0) % self.sessions.len(),
            "end" => {
                let session = self.sessions[self.speaks];
                self.owed.remove(&session);
                self.handle(Input::Ended { session });
            }
            "append" => self.append_one(),
            "derive" => self.derive(argument != "none"),
            "flush" => self.flush(),
            "lose" => self.lose(),
            "login" => {
                let body = "<User><state>LOGIN</state><extension>2001</extension></User>";
                let request = UserRequest::from_xml(body.as_bytes()).expect("a request");
                let user = UserId::new("agent").expect("a user's id");
                let Some(actor) = self.notifier.centre().actor(&user) else { return };
                self.commands_owed += 1;
                let (command, request_id) = (Command::ChangeState { user, request }, Some("r".into()));
                self.handle(Input::Command { ticket: Ticket(1), actor, command, request_id });
            }
            "remove" => {
                let Ok(user) = UserId::new(argument) else { return };
                self.commands_owed += 1;
                let command = AccountCommand::Remove { user };
                self.handle(Input::Administer { ticket: Ticket(2), command });
            }
            _ => {}
        }
    }

    fn command(&mut self, command: Command) {
        self.commands_owed += 1;
        self.handle(Input::Command { ticket: Ticket(0), actor: Actor::system(), command, request_id: None });
    }

    fn send(&mut self, line: &str) {
        let Ok(mut element) = Element::parse(line, &Limits::default()) else { return };
        element.remove_attribute("from");
        let Ok(stanza) = Stanza::from_element(element) else { return };
        let session = self.sessions[self.speaks];
        let ours = matches!(stanza.element.attribute("to"), None | Some("localhost" | "pubsub.localhost"));
        let request = matches!(stanza.kind, StanzaKind::Iq(IqType::Get | IqType::Set));
        if let Some(owed) = self.owed.get_mut(&session)
            && ours
            && request
        {
            *owed += 1;
        }
        self.handle(Input::Stanza { session, stanza });
    }

    fn handle(&mut self, input: Input) {
        self.notifier.handle(input, Timestamp(0));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.notifier.poll_output() {
            match output {
                Output::Bound { session, jid } => {
                    assert_eq!(jid.domain().as_str(), "localhost");
                    assert!(self.owed.insert(session, 0).is_none(), "bound twice");
                }
                Output::BindRefused { session, .. } => {
                    assert!(self.sessions.contains(&session));
                }
                Output::Send { session, element } => self.receive(session, &element),
                Output::Deliver { stanza, recipients } => {
                    assert!(!recipients.is_empty());
                    for recipient in recipients {
                        self.receive(recipient.session, &SharedStanza::to_xml(&stanza, "x@localhost"));
                    }
                }
                Output::End { session, .. } => {
                    assert!(self.owed.remove(&session).is_some(), "ended and not bound");
                }
                Output::Append(entry) => {
                    let newest = self.waiting.back().or(self.log.last()).map_or(0, |entry| entry.position.0);
                    assert_eq!(entry.position, Position(newest + 1));
                    self.waiting.push_back(entry);
                }
                Output::Answer { .. } => self.commands_owed -= 1,
                Output::Derive { derivation, .. } => self.derivations.push(derivation),
                Output::AccountChanged { .. } | Output::PublisherChanged { .. } | Output::Handled { .. } => {}
                Output::Expired { session } => {
                    assert!(self.owed.remove(&session).is_some(), "expired and not bound");
                }
            }
        }
    }

    fn receive(&mut self, session: SessionId, xml: &str) {
        // What is passed on may need more declarations than what came in.
        let limits = Limits { bytes_max: usize::MAX, namespaces_max: usize::MAX, ..Limits::default() };
        let element = Element::parse(xml, &limits).unwrap_or_else(|error| panic!("{error}: {xml}"));
        let owed = self.owed.get_mut(&session).unwrap_or_else(|| panic!("not bound and gets {xml}"));
        let answers = element.name() == "iq" && matches!(element.attribute("type"), Some("result" | "error"));
        if answers && matches!(element.attribute("from"), None | Some("localhost" | "pubsub.localhost")) {
            *owed -= 1;
            assert!(*owed >= 0, "an answer to nothing: {xml}");
        }
    }

    /// Every password that waits becomes keys that fit nothing, or none.
    fn derive(&mut self, worked: bool) {
        let keys = || Keys { salt: vec![1], iterations: 1, stored_key: vec![2], server_key: vec![3] };
        for derivation in std::mem::take(&mut self.derivations) {
            let credentials = worked.then(|| Credentials { sha1: keys(), sha256: keys(), sha512: None });
            self.handle(Input::Derived { derivation, credentials });
        }
    }

    fn append_one(&mut self) {
        if let Some(entry) = self.waiting.pop_front() {
            let position = entry.position;
            self.log.push(entry);
            self.handle(Input::Appended { position });
        }
    }

    fn flush(&mut self) {
        while !self.waiting.is_empty() {
            self.append_one();
        }
    }

    fn lose(&mut self) {
        if let Some(first) = self.waiting.front() {
            let from = first.position;
            self.waiting.clear();
            self.handle(Input::AppendFailed { from });
            self.notifier.reset_durable(&self.log);
            self.drain();
        }
    }

    fn finish(mut self) {
        self.derive(true);
        self.flush();
        assert!(self.owed.values().all(|&owed| owed == 0), "never answered: {:?}", self.owed);
        assert_eq!(self.commands_owed, 0);
        assert_eq!(self.notifier.session_count(), self.owed.len());
        let snapshot = self.notifier.snapshot().expect("nothing waits");
        let config = self.notifier.config().clone();
        let mut replayed = Notifier::new(config.clone());
        self.log.iter().for_each(|entry| replayed.restore(entry));
        assert!(replayed.poll_output().is_none());
        assert_eq!(sorted(replayed.snapshot()), sorted(Some(snapshot.clone())));
        let mut restored = Notifier::new(config);
        let position = self.notifier.position();
        restored.restore(&Entry { position, at: Timestamp(0), changes: snapshot.clone() });
        assert_eq!(sorted(restored.snapshot()), sorted(Some(snapshot)));
    }
}

fn sorted(snapshot: Option<Vec<notifier::Change>>) -> Vec<String> {
    let mut lines: Vec<String> =
        snapshot.expect("nothing waits").iter().map(|change| format!("{change:?}")).collect();
    lines.sort_unstable();
    lines
}
