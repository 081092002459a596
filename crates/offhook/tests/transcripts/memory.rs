//! A server without sockets, threads or a clock: the pure crates, driven as the real one drives them, and a log that is
//! a list.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use contact::{Actor, ApiPath, Command, DialogRequest, Refusal, Timestamp, UserId, UserRequest};
use notifier::{
    AccountCommand, Addressed, Capabilities, Config, Credentials, Entry, Existing, Input, Keys, NewAccount,
    Notifier, Rejection, SessionId, Ticket,
};
use xmpp::sasl::{derive, verify_password};
use xmpp::stream::{Caps, Output};
use xmpp::{
    BareJid, Channel, Mechanism, SaslCondition, ScramHash, ScramKeys, ServerStream, StreamConfig, StreamEvent,
};

use crate::run::{Arrival, World};

const DOMAIN: &str = "localhost";
const PASSWORD: &str = "offhook";

pub(crate) struct Memory {
    notifier: Notifier,
    log: Vec<Entry>,
    streams: Arc<StreamConfig>,
    clients: Vec<Client>,
    credentials: Credentials,
    answers: HashMap<Ticket, Result<(), Rejection>>,
    tickets: u64,
    now: Instant,
    at: Timestamp,
}

struct Client {
    name: String,
    session: SessionId,
    stream: ServerStream,
    inbox: VecDeque<Arrival>,
    /// The connection is gone; its outputs reach nobody.
    vanished: bool,
}

impl Memory {
    /// The demo's users, teams and reason codes, and nobody connected.
    #[allow(clippy::unnecessary_wraps, reason = "the other world may have none for a transcript")]
    pub(crate) fn new() -> Option<Self> {
        let notifier = Notifier::new(Config::new(DOMAIN, "00000000-0000-4000-8000-000000000000"));
        let capabilities = notifier.capabilities();
        let mut memory = Memory {
            notifier,
            log: Vec::new(),
            streams: Arc::new(stream_config(capabilities)),
            clients: Vec::new(),
            credentials: credentials(),
            answers: HashMap::new(),
            tickets: 0,
            now: Instant::now(),
            at: Timestamp(1_767_603_600_000),
        };
        let (users, prepare): (Vec<_>, Vec<_>) =
            contact::demo().into_iter().partition(|command| matches!(command, Command::AddUser(_)));
        let accounts = users
            .into_iter()
            .filter_map(|command| match command {
                Command::AddUser(details) => {
                    Some(NewAccount { details, credentials: memory.credentials.clone() })
                }
                _ => None,
            })
            .collect();
        let command = AccountCommand::Import { prepare, accounts, existing: Existing::Refuse };
        memory
            .ask(|ticket| Input::Administer { ticket, command })
            .expect("the demo fits an empty contact centre");
        Some(memory)
    }

    fn ask(&mut self, input: impl FnOnce(Ticket) -> Input) -> Result<(), Rejection> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.notifier.handle(input(ticket), self.at);
        self.settle();
        self.answers.remove(&ticket).expect("every command is answered")
    }

    /// Moves everything that wants to move, until nothing does.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            for index in 0..self.clients.len() {
                while let Some(output) = self.clients[index].stream.poll_output() {
                    moved = true;
                    self.stream_output(index, output);
                }
            }
            while let Some(output) = self.notifier.poll_output() {
                moved = true;
                self.notifier_output(output);
            }
            if !moved {
                return;
            }
        }
    }

    fn stream_output(&mut self, index: usize, output: Output) {
        let (now, at) = (self.now, self.at);
        let client = &mut self.clients[index];
        let session = client.session;
        match output {
            Output::Frame(text) => client.receive(Arrival::Frame(text)),
            Output::Close => client.receive(Arrival::Close(Some(1000))),
            Output::Event(StreamEvent::CheckPassword { username, password }) => {
                let keys = scram_keys(&self.credentials.sha256);
                let known =
                    UserId::new(&username).is_ok_and(|user| self.notifier.centre().user(&user).is_some());
                if known && verify_password(&keys, ScramHash::Sha256, password.as_str()) {
                    let user = format!("{username}@{DOMAIN}");
                    client.stream.authenticated(BareJid::new(&user).expect("a prepared name"), now);
                } else {
                    client.stream.authentication_failed(SaslCondition::NotAuthorized, now);
                }
            }
            Output::Event(StreamEvent::FindScramKeys { hash, .. }) => {
                let keys = match hash {
                    ScramHash::Sha1 => &self.credentials.sha1,
                    ScramHash::Sha256 => &self.credentials.sha256,
                    ScramHash::Sha512 => unreachable!("not offered"),
                };
                client.stream.scram_keys(scram_keys(keys), now);
            }
            Output::Event(StreamEvent::CheckToken { .. } | StreamEvent::CheckUser { .. }) => {
                unreachable!("tokens and certificates are not offered")
            }
            Output::Event(StreamEvent::Bind { user, resource, generated }) => {
                self.notifier.handle(Input::Bind { session, user, resource, generated }, at);
            }
            Output::Event(StreamEvent::Stanza(stanza)) => {
                self.notifier.handle(Input::Stanza { session, stanza }, at);
            }
            Output::Event(StreamEvent::Closed | StreamEvent::Failed(_)) => {
                self.notifier.handle(Input::Ended { session }, at);
            }
            Output::Event(
                StreamEvent::Authenticated { .. }
                | StreamEvent::AuthenticationFailed { .. }
                | StreamEvent::LimitReached(_),
            ) => {}
            Output::Event(event) => unreachable!("no transcript asks for stream management: {event:?}"),
        }
    }

    fn notifier_output(&mut self, output: notifier::Output) {
        use notifier::Output;
        let now = self.now;
        match output {
            Output::Bound { session, jid } => self.client(session).stream.bound(jid, now),
            Output::BindRefused { session, error } => self.client(session).stream.bind_refused(error, now),
            Output::Send { session, element } => self.client(session).receive(Arrival::Frame(element)),
            Output::Deliver { stanza, recipients } => {
                for recipient in recipients {
                    let client = self.client(recipient.session);
                    let jid = client.stream.jid().expect("only bound sessions subscribe");
                    let to = match recipient.to {
                        Addressed::Bare => jid.to_bare().to_string(),
                        Addressed::Full => jid.to_string(),
                    };
                    client.receive(Arrival::Frame(stanza.to_xml(&to)));
                }
            }
            Output::End { session, error } => self.client(session).stream.end(error),
            Output::Append(entry) => {
                let position = entry.position;
                self.log.push(entry);
                self.notifier.handle(Input::Appended { position }, self.at);
            }
            Output::Answer { ticket, outcome } => {
                self.answers.insert(ticket, outcome);
            }
            Output::Derive { derivation, .. } => {
                // Everybody has the same password.
                let credentials = Some(self.credentials.clone());
                self.notifier.handle(Input::Derived { derivation, credentials }, self.at);
            }
            Output::Handled { .. } | Output::Expired { .. } => {
                unreachable!("no transcript asks for stream management")
            }
            Output::PublisherChanged { .. } => {}
            Output::AccountChanged { .. } => {} // Everybody has the same password.
        }
    }

    fn client(&mut self, session: SessionId) -> &mut Client {
        &mut self.clients[session.index as usize]
    }

    /// The newest connection of this name.
    fn named(&mut self, name: &str) -> &mut Client {
        self.clients
            .iter_mut()
            .rev()
            .find(|client| client.name == name)
            .unwrap_or_else(|| panic!("{name} is not connected"))
    }
}

impl Client {
    fn receive(&mut self, arrival: Arrival) {
        if !self.vanished {
            self.inbox.push_back(arrival);
        }
    }
}

impl World for Memory {
    fn connect(&mut self, client: &str) {
        let index = self.clients.len() as u32;
        let mut entropy = [0; 32];
        entropy[..4].copy_from_slice(&index.to_be_bytes());
        self.clients.push(Client {
            name: client.to_owned(),
            session: SessionId { index, generation: 0 },
            stream: ServerStream::new(
                Arc::clone(&self.streams),
                Channel::hiding_secrets(),
                entropy,
                self.now,
            ),
            inbox: VecDeque::new(),
            vanished: false,
        });
    }

    fn send(&mut self, client: &str, text: &str) {
        let now = self.now;
        self.named(client).stream.handle_message(text, now);
        self.settle();
    }

    fn next(&mut self, client: &str) -> Result<Arrival, String> {
        self.named(client).inbox.pop_front().ok_or_else(|| "nothing arrived".to_owned())
    }

    fn vanish(&mut self, client: &str) {
        let client = self.named(client);
        client.vanished = true;
        let session = client.session;
        self.notifier.handle(Input::Ended { session }, self.at);
        self.settle();
    }

    fn rest(&mut self, user: &str, line: &str, request_id: Option<&str>, body: &str) -> u16 {
        let Some(actor): Option<Actor> =
            UserId::new(user).ok().and_then(|user| self.notifier.centre().actor(&user))
        else {
            return 401;
        };
        let command = match command(line, body.as_bytes()) {
            Ok(command) => command,
            Err(refusal) => return refusal.status,
        };
        let request_id = request_id.map(str::to_owned);
        match self.ask(|ticket| Input::Command { ticket, actor, command, request_id }) {
            Ok(()) => 202,
            Err(Rejection::Refused(refusal)) => refusal.status,
            Err(other) => panic!("no reason for this in memory: {other}"),
        }
    }

    fn advance(&mut self, time: Duration) {
        self.now += time;
        self.at.0 += i64::try_from(time.as_millis()).expect("a short time");
        for index in 0..self.clients.len() {
            let now = self.now;
            self.clients[index].stream.handle_timeout(now);
        }
        self.notifier.handle_timeout(self.at);
        self.settle();
    }
}

/// What a request asks for.
fn command(line: &str, body: &[u8]) -> Result<Command, Refusal> {
    let (method, path) = line.split_once(' ').expect("method and path");
    match (method, path.parse::<ApiPath>()) {
        ("PUT", Ok(ApiPath::User(user))) => {
            Ok(Command::ChangeState { user, request: UserRequest::from_xml(body)? })
        }
        ("POST", Ok(ApiPath::UserDialogs(user))) => {
            Ok(Command::BeginCall { user, request: DialogRequest::for_new_call(body)? })
        }
        ("PUT", Ok(ApiPath::Dialog(dialog))) => {
            Ok(Command::ActOnCall { dialog, request: DialogRequest::for_dialog(body)? })
        }
        _ => Err(Refusal::not_found(path)),
    }
}

impl Drop for Memory {
    /// What a transcript did must be in the log: another notifier that reads it has the same state.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut other = Notifier::new(self.notifier.config().clone());
        for entry in &self.log {
            other.restore(entry);
        }
        assert_eq!(
            other.snapshot(),
            self.notifier.snapshot(),
            "the log rebuilds another state than this one"
        );
    }
}

fn credentials() -> Credentials {
    Credentials { sha1: keys(ScramHash::Sha1), sha256: keys(ScramHash::Sha256), sha512: None }
}

fn keys(hash: ScramHash) -> Keys {
    let ScramKeys { salt, iterations, stored_key, server_key } = derive(hash, PASSWORD, b"transcripts", 4096);
    Keys { salt, iterations, stored_key, server_key }
}

fn scram_keys(keys: &Keys) -> ScramKeys {
    let Keys { salt, iterations, stored_key, server_key } = keys.clone();
    ScramKeys { salt, iterations, stored_key, server_key }
}

fn stream_config(Capabilities { node, ver }: Capabilities) -> StreamConfig {
    // The default of `auth.mechanisms`, as far as it is offered without TLS and without tokens.
    let mechanisms = vec![Mechanism::ScramSha256, Mechanism::ScramSha1, Mechanism::Plain];
    let config = server::config::Config::default();
    StreamConfig {
        management: config.stream_management(),
        client_state: config.client_state(),
        caps: Some(Caps { node, ver }),
        mechanisms,
        features: notifier::stream_features(),
        idle_time: Some(config.web.ping_interval),
        ..StreamConfig::new(DOMAIN)
    }
}
