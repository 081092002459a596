//! From an upgraded connection to a bound session.
use std::time::Instant;

use anyhow::{Context, bail};
use xmpp::ns;
use xmpp::sasl::Password;
use xmpp::stream::{ClientConfig, ClientEvent, ClientStream, MechanismChoice, Output, SessionRequest};

use super::accounts::Account;
use super::connection::Outbox;
use super::options::Target;

const PRESENCE: &str = r#"<presence xmlns="jabber:client"/>"#;

/// Whether a session is to announce itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Only bound. Enough for what is sent to the full JID.
    None,
    /// Sends initial presence and waits for its echo.
    Available,
}

/// One login under way. The stream's state is dropped with it: an established session needs none.
pub(crate) struct Login {
    account: Account,
    presence: Presence,
    stream: ClientStream,
    /// Set once bound.
    jid: Option<String>,
}

impl Login {
    pub(super) fn new(
        target: &Target,
        account: Account,
        resource: String,
        presence: Presence,
        now: Instant,
    ) -> anyhow::Result<Login> {
        let password = Password::from(&*account.password);
        let config = ClientConfig {
            mechanism: MechanismChoice::Only(target.mechanism),
            resource: Some(resource),
            session: SessionRequest::Never,
            ..ClientConfig::new(&*target.domain, &*account.id, password)
        };
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).context("no random numbers")?;
        Ok(Login { account, presence, stream: ClientStream::new(config, entropy, now), jid: None })
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// Handles a message (the empty one: upgraded); returns the full JID once the session is up.
    pub(super) fn handle(
        &mut self,
        outbox: &mut Outbox,
        text: &str,
        now: Instant,
    ) -> anyhow::Result<Option<String>> {
        if !text.is_empty() {
            self.stream.handle_message(text, now);
        }
        while let Some(output) = self.stream.poll_output() {
            match output {
                Output::Frame(frame) => outbox.send(&frame),
                Output::Event(ClientEvent::Bound(jid)) => match self.presence {
                    Presence::None => return Ok(Some(jid.to_string())),
                    Presence::Available => {
                        self.jid = Some(jid.to_string());
                        outbox.send(PRESENCE);
                    }
                },
                // Presence of others, messages and roster pushes come too.
                Output::Event(ClientEvent::Element(element)) if element.is("presence", ns::CLIENT) => {
                    if self.jid.as_deref() == element.attribute("from") {
                        return Ok(self.jid.take());
                    }
                }
                Output::Event(ClientEvent::Failed(error)) => {
                    return Err(error).with_context(|| format!("{} cannot log in", self.account.id));
                }
                Output::Event(ClientEvent::Closed { .. }) | Output::Close => {
                    bail!("{} cannot log in: the server closed the stream", self.account.id)
                }
                Output::Event(_) => {}
            }
        }
        Ok(None)
    }
}
