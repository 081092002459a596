//! SASL on the stream (RFC 6120 §6): from `<auth/>` to `<success/>`.

use std::str::FromStr;

use jid::{DomainPart, NodePart};

use super::handshake::{Handshake, Step};
use super::{Context, Stop, StreamEvent, stop, unexpected};
use crate::sasl::{
    Mechanism, Plain, SaslCondition, ScramClientFirst, ScramKeys, ScramServer, decode_payload, encode_payload,
};
use crate::{BareJid, Element, StreamCondition, ns};

/// A failed attempt: whose, if known, and why.
struct Failure {
    username: Option<String>,
    condition: SaslCondition,
}

impl From<SaslCondition> for Failure {
    fn from(condition: SaslCondition) -> Self {
        Self { username: None, condition }
    }
}

impl Handshake {
    /// Takes an element while the client is not authenticated.
    pub(super) fn authenticate(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Stop> {
        if element.ns() != ns::SASL {
            return Err(unexpected(element, StreamCondition::NotAuthorized, "authenticate first"));
        }
        // Whatever fails, the next attempt starts with a new <auth/>.
        let step = std::mem::replace(&mut self.step, Step::ExpectAuth);
        let outcome = match (element.name(), step) {
            ("auth", Step::ExpectAuth) => self.auth(cx, element),
            ("response", Step::ExpectInitialResponse(mechanism)) => payload(element)
                .and_then(|response| self.initial(cx, mechanism, &response.unwrap_or_default())),
            ("response", Step::ExpectScramFinal { mechanism, server, user }) => {
                self.scram_final(cx, element, mechanism, &server, user)
            }
            ("abort", _) => Err(SaslCondition::Aborted.into()),
            _ => Err(SaslCondition::MalformedRequest.into()),
        };
        outcome.or_else(|failure| self.fail(cx, failure))
    }

    /// The driver says that the password is right.
    pub(super) fn password_checked(&mut self, cx: &mut Context<'_>, user: BareJid) -> Result<(), Stop> {
        if matches!(self.step, Step::ExpectPassword { .. }) {
            self.succeed(cx, Mechanism::Plain, user, None);
        }
        Ok(())
    }

    /// The driver says no.
    pub(super) fn driver_refused(
        &mut self,
        cx: &mut Context<'_>,
        condition: SaslCondition,
    ) -> Result<(), Stop> {
        let username = match &self.step {
            Step::ExpectPassword { username } => username.clone(),
            Step::ExpectScramKeys { user, .. } => localpart(user),
            _ => return Ok(()),
        };
        self.step = Step::ExpectAuth;
        self.fail(cx, Failure { username: Some(username), condition })
    }

    /// The driver found the keys: challenge the client to prove that it has the password.
    pub(super) fn scram_keys_found(&mut self, cx: &mut Context<'_>, keys: ScramKeys) {
        self.step = match std::mem::replace(&mut self.step, Step::ExpectAuth) {
            Step::ExpectScramKeys { hash, first, user } => {
                let mechanism = match hash {
                    crate::ScramHash::Sha1 => Mechanism::ScramSha1,
                    crate::ScramHash::Sha256 => Mechanism::ScramSha256,
                };
                let (server, challenge) = ScramServer::challenge(hash, first, keys, &self.entropy.token());
                cx.frame(&sasl("challenge").with_text(encode_payload(challenge.as_bytes())));
                Step::ExpectScramFinal { mechanism, server: Box::new(server), user }
            }
            other => other,
        };
    }

    fn auth(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Failure> {
        let mechanism = element
            .attribute("mechanism")
            .and_then(Mechanism::from_name)
            .filter(|mechanism| cx.config.mechanisms.contains(mechanism))
            .ok_or(SaslCondition::InvalidMechanism)?;
        match payload(element)? {
            Some(response) => self.initial(cx, mechanism, &response),
            None => {
                cx.frame(&sasl("challenge"));
                self.step = Step::ExpectInitialResponse(mechanism);
                Ok(())
            }
        }
    }

    /// Takes the first thing the client says in a mechanism. All of ours let the client speak first.
    fn initial(
        &mut self,
        cx: &mut Context<'_>,
        mechanism: Mechanism,
        response: &[u8],
    ) -> Result<(), Failure> {
        let Some(hash) = mechanism.scram_hash() else {
            let Plain { authzid, username, password } = Plain::parse(response)?;
            let username = localpart(&identity(&cx.config.domain, &username, &authzid)?);
            cx.event(StreamEvent::CheckPassword { username: username.clone(), password });
            self.step = Step::ExpectPassword { username };
            return Ok(());
        };
        let first = ScramClientFirst::parse(response)?;
        let user = identity(&cx.config.domain, &first.username, &first.authzid)?;
        cx.event(StreamEvent::FindScramKeys { username: localpart(&user), hash });
        self.step = Step::ExpectScramKeys { hash, first, user };
        Ok(())
    }

    fn scram_final(
        &mut self,
        cx: &mut Context<'_>,
        element: &Element,
        mechanism: Mechanism,
        server: &ScramServer,
        user: BareJid,
    ) -> Result<(), Failure> {
        let proof = payload(element)?.unwrap_or_default();
        match server.finish(&proof) {
            Ok(signature) => {
                self.succeed(cx, mechanism, user, Some(&signature));
                Ok(())
            }
            Err(condition) => Err(Failure { username: Some(localpart(&user)), condition }),
        }
    }

    fn succeed(&mut self, cx: &mut Context<'_>, mechanism: Mechanism, user: BareJid, data: Option<&str>) {
        let mut success = sasl("success");
        if let Some(data) = data {
            success.push_text(encode_payload(data.as_bytes()));
        }
        cx.frame(&success);
        cx.event(StreamEvent::Authenticated { user: user.clone(), mechanism });
        self.step = Step::ExpectRestart { user };
        self.opened = false;
    }

    /// Tells the client, and ends the stream when it has tried too often (RFC 6120 §6.4.5).
    fn fail(&mut self, cx: &mut Context<'_>, failure: Failure) -> Result<(), Stop> {
        let Failure { username, condition } = failure;
        cx.frame(&sasl("failure").with_child(sasl(condition.name())));
        cx.event(StreamEvent::AuthenticationFailed { username, condition });
        self.failures += 1;
        if self.failures >= cx.config.authentication_attempts_max {
            return Err(stop(StreamCondition::PolicyViolation, "too many failed authentications"));
        }
        Ok(())
    }
}

fn sasl(name: &'static str) -> Element {
    Element::new(name, ns::SASL)
}

fn payload(element: &Element) -> Result<Option<Vec<u8>>, Failure> {
    if element.first_element().is_some() {
        return Err(SaslCondition::MalformedRequest.into());
    }
    Ok(decode_payload(&element.text())?)
}

/// Who wants in. The user name may carry our domain; the identity to act as must be the same user, given as
/// nothing, a bare JID or a localpart.
///
/// A name that cannot be a localpart is nobody's, which is said as for any unknown user.
fn identity(domain: &str, username: &str, authzid: &str) -> Result<BareJid, Failure> {
    let local = match username.rsplit_once('@') {
        Some((local, suffix)) if suffix.eq_ignore_ascii_case(domain) => local,
        _ => username,
    };
    let node = NodePart::from_str(local).map_err(|_| SaslCondition::NotAuthorized)?;
    let domain = DomainPart::from_str(domain).map_err(|_| SaslCondition::TemporaryAuthFailure)?;
    let user = BareJid::from_parts(Some(&node), &domain);
    let same = authzid.is_empty()
        || BareJid::new(authzid).is_ok_and(|authzid| authzid == user)
        || NodePart::from_str(authzid).is_ok_and(|authzid| authzid.as_str() == node.as_str());
    if same {
        Ok(user)
    } else {
        Err(Failure { username: Some(localpart(&user)), condition: SaslCondition::InvalidAuthzid })
    }
}

fn localpart(user: &BareJid) -> String {
    user.node().map(|node| node.as_str().to_owned()).unwrap_or_default()
}
