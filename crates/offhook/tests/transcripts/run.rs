//! Carries out a transcript in one of the worlds.

use std::time::Duration;

use crate::pattern::{Names, fill_in, matches};
use crate::script::{Failure, Script, Step};

/// Where a transcript happens.
pub(crate) trait World {
    /// Opens a connection for the client of this name.
    fn connect(&mut self, client: &str);
    /// The client sends one message.
    fn send(&mut self, client: &str, text: &str);
    /// The next thing that the client receives. An error if nothing comes.
    fn next(&mut self, client: &str) -> Result<Arrival, String>;
    /// The client's connection ends without a word.
    fn vanish(&mut self, client: &str);
    /// A user of the demo sends a REST request, `line` being method and path; returns the status of the answer.
    fn rest(&mut self, user: &str, line: &str, request_id: Option<&str>, body: &str) -> u16;
    /// Time passes.
    fn advance(&mut self, time: Duration);
}

/// Something that a client receives.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// One text message.
    Frame(String),
    /// The end of the connection: a WebSocket's closing handshake with its code, or none elsewhere.
    Close(Option<u16>),
}

/// Carries out every step, up to the first that goes otherwise.
pub(crate) fn run(script: &Script, world: &mut impl World) -> Result<(), Failure> {
    let mut run = Run { world, names: Names::new(), pings: 0 };
    for (line, step) in &script.steps {
        run.step(step).map_err(|text| Failure { line: *line, text })?;
    }
    Ok(())
}

struct Run<'a, W> {
    world: &'a mut W,
    names: Names,
    pings: usize,
}

impl<W: World> Run<'_, W> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Connect { client } => self.world.connect(client),
            Step::SignIn { client, user, resource } => self.sign_in(client, user, resource)?,
            Step::Send { client, text } => {
                let text = fill_in(text, &self.names)?;
                self.world.send(client, &text);
            }
            Step::Receive { client, pattern } => self.receive(client, pattern)?,
            Step::ReceiveNothing { client } => self.receive_nothing(client)?,
            Step::ServerCloses { client, code } => match self.world.next(client)? {
                Arrival::Close(found) if found.is_none_or(|found| found == *code) => {}
                other => {
                    return Err(format!(
                        "{client} expected the connection to close with {code} and received {other:?}"
                    ));
                }
            },
            Step::Vanish { client } => self.world.vanish(client),
            Step::Rest { user, line, request_id, body, status } => {
                let (line, body) = (fill_in(line, &self.names)?, fill_in(body, &self.names)?);
                let found = self.world.rest(user, &line, request_id.as_deref(), &body);
                if found != *status {
                    return Err(format!("{line} was answered with {found} instead of {status}"));
                }
            }
            Step::Wait(time) => self.world.advance(*time),
        }
        Ok(())
    }

    fn receive(&mut self, client: &str, pattern: &str) -> Result<(), String> {
        match self.world.next(client).map_err(|error| format!("{client}: {error}; expected {pattern}"))? {
            Arrival::Frame(text) => matches(pattern, &text, &mut self.names)
                .map_err(|difference| format!("{client}: {difference}")),
            Arrival::Close(code) => {
                Err(format!("{client}: the connection closed with {code:?}; expected {pattern}"))
            }
        }
    }

    /// What comes after this has been sent later: a ping's answer stands for the present.
    fn receive_nothing(&mut self, client: &str) -> Result<(), String> {
        self.pings += 1;
        let id = format!("nothing-{}", self.pings);
        self.world.send(
            client,
            &format!(r#"<iq xmlns="jabber:client" type="get" id="{id}"><ping xmlns="urn:xmpp:ping"/></iq>"#),
        );
        match self.world.next(client)? {
            Arrival::Frame(text) if text.contains(&id) => Ok(()),
            other => Err(format!("{client} expected nothing and received {other:?}")),
        }
    }

    fn sign_in(&mut self, client: &str, user: &str, resource: &str) -> Result<(), String> {
        let open = r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>"#;
        let message = xmpp::sasl::encode_payload(format!("\0{user}\0offhook").as_bytes());
        self.world.connect(client);
        self.world.send(client, open);
        self.skip(client, "<open ")?;
        self.skip(client, "<stream:features ")?;
        self.world.send(
            client,
            &format!(r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{message}</auth>"#),
        );
        self.skip(client, "<success ")?;
        self.world.send(client, open);
        self.skip(client, "<open ")?;
        self.skip(client, "<stream:features ")?;
        self.world.send(
            client,
            &format!(
                r#"<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>{resource}</resource></bind></iq>"#
            ),
        );
        let jid = format!("<jid>{user}@localhost/{resource}</jid>");
        match self.world.next(client)? {
            Arrival::Frame(text) if text.contains(&jid) => Ok(()),
            other => Err(format!("{client} could not sign in as {user}/{resource}: {other:?}")),
        }
    }

    fn skip(&mut self, client: &str, start: &str) -> Result<(), String> {
        match self.world.next(client)? {
            Arrival::Frame(text) if text.starts_with(start) => Ok(()),
            other => Err(format!("{client} expected {start}…> while signing in and received {other:?}")),
        }
    }
}
