//! From an upgraded connection to a bound session, as lean as the generator needs it.
use anyhow::{Context, bail};
use xmpp::sasl::{Password, Plain, ScramClient, ScramClientFinal, ScramHash, decode_payload, encode_payload};
use xmpp::{Element, Limits, ns};

use super::accounts::Account;
use super::connection::Outbox;
use super::options::{Mechanism, Target};

/// Whether a session is to announce itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Only bound. Enough for what is sent to the full JID.
    None,
    /// Sends initial presence and waits for its echo.
    Available,
}

/// One login under way.
pub(crate) struct Login {
    account: Account,
    resource: String,
    domain: String,
    mechanism: Mechanism,
    presence: Presence,
    expect: Expect,
}

enum Expect {
    Upgrade,
    Mechanisms,
    Challenge(ScramClient),
    Success(Option<ScramClientFinal>),
    BindFeature,
    Bound,
    Echo { jid: String },
}

impl Login {
    pub(super) fn new(target: &Target, account: Account, resource: String, presence: Presence) -> Login {
        Login {
            account,
            resource,
            domain: target.domain.clone(),
            mechanism: target.mechanism,
            presence,
            expect: Expect::Upgrade,
        }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// Handles a message (the empty one: upgraded); returns the full JID once the session is up.
    pub(super) fn handle(&mut self, outbox: &mut Outbox, text: &str) -> anyhow::Result<Option<String>> {
        if matches!(self.expect, Expect::Upgrade) {
            self.open(outbox);
            self.expect = Expect::Mechanisms;
            return Ok(None);
        }
        let element =
            Element::parse(text, &Limits::default()).with_context(|| format!("cannot read {text}"))?;
        match (element.name(), element.ns()) {
            ("open", ns::FRAMING) => return Ok(None),
            ("close", ns::FRAMING) | ("error", ns::STREAMS) | ("failure", ns::SASL) => {
                bail!("{} cannot log in: {text}", self.account.id)
            }
            _ => {}
        }
        self.expect = match (std::mem::replace(&mut self.expect, Expect::Upgrade), element.name()) {
            (Expect::Mechanisms, "features") => self.authenticate(outbox)?,
            (Expect::Challenge(scram), "challenge") => {
                let (last, response) = scram.respond(&sasl_payload(&element)?)?;
                let response =
                    Element::new("response", ns::SASL).with_text(encode_payload(response.as_bytes()));
                outbox.send(&response.to_xml());
                Expect::Success(Some(last))
            }
            (Expect::Success(last), "success") => {
                if let Some(last) = last {
                    last.verify(&sasl_payload(&element)?)?;
                }
                self.open(outbox);
                Expect::BindFeature
            }
            (Expect::BindFeature, "features") => {
                outbox.send(&format!(
                    r#"<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>{}</resource></bind></iq>"#,
                    self.resource
                ));
                Expect::Bound
            }
            (Expect::Bound, "iq") if element.attribute("id") == Some("bind") => {
                let jid = element
                    .child("bind", ns::BIND)
                    .and_then(|bind| bind.child("jid", ns::BIND))
                    .map(Element::text);
                let Some(jid) = jid else { bail!("{} cannot bind: {text}", self.account.id) };
                match self.presence {
                    Presence::None => return Ok(Some(jid)),
                    Presence::Available => outbox.send(r#"<presence xmlns="jabber:client"/>"#),
                }
                Expect::Echo { jid }
            }
            (Expect::Echo { jid }, "presence") if element.attribute("from") == Some(&jid) => {
                return Ok(Some(jid));
            }
            // Presence of others, messages, roster pushes: not what we wait for.
            (expect @ (Expect::Bound | Expect::Echo { .. }), "presence" | "message" | "iq") => expect,
            _ => bail!("{}: unexpected while logging in: {text}", self.account.id),
        };
        Ok(None)
    }

    fn open(&self, outbox: &mut Outbox) {
        let open = Element::new("open", ns::FRAMING)
            .with_attribute("to", &*self.domain)
            .with_attribute("version", "1.0");
        outbox.send(&open.to_xml());
    }

    fn authenticate(&self, outbox: &mut Outbox) -> anyhow::Result<Expect> {
        let password = Password::from(&*self.account.password);
        let (name, message, expect) = match self.mechanism {
            Mechanism::Plain => {
                let plain = Plain { authzid: String::new(), username: self.account.id.clone(), password };
                ("PLAIN", plain.to_bytes(), Expect::Success(None))
            }
            Mechanism::ScramSha1 | Mechanism::ScramSha256 => {
                let (hash, name) = match self.mechanism {
                    Mechanism::ScramSha1 => (ScramHash::Sha1, "SCRAM-SHA-1"),
                    _ => (ScramHash::Sha256, "SCRAM-SHA-256"),
                };
                let mut random = [0; 18];
                getrandom::fill(&mut random).context("no random numbers")?;
                let nonce = encode_payload(&random);
                let (scram, message) = ScramClient::start(hash, "", &self.account.id, password, &nonce);
                (name, message.into_bytes(), Expect::Challenge(scram))
            }
        };
        let auth = Element::new("auth", ns::SASL)
            .with_attribute("mechanism", name)
            .with_text(encode_payload(&message));
        outbox.send(&auth.to_xml());
        Ok(expect)
    }
}

fn sasl_payload(element: &Element) -> anyhow::Result<Vec<u8>> {
    match decode_payload(&element.text()) {
        Ok(payload) => Ok(payload.unwrap_or_default()),
        Err(condition) => bail!("the server's {} is not base64: {condition}", element.name()),
    }
}
