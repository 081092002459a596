//! SASL on the stream (RFC 6120 §6): from `<auth/>` to `<success/>`.

use std::str::FromStr;

use jid::{DomainPart, NodePart};

use super::handshake::{Handshake, Step};
use super::{Context, Framing, StartTls, Stop, StreamEvent, StreamLimit, stop, unexpected};
use crate::sasl::{
    BindingFlag, Mechanism, OauthBearer, Plain, SaslCondition, ScramClientFirst, ScramKeys, ScramServer,
    decode_payload, encode_payload,
};
use crate::{BareJid, Element, StreamCondition, ns};

/// A failed attempt: whose, if known, why, and what a person should know about it.
struct Failure {
    username: Option<String>,
    condition: SaslCondition,
    text: Option<&'static str>,
}

impl From<SaslCondition> for Failure {
    fn from(condition: SaslCondition) -> Self {
        Self { username: None, condition, text: None }
    }
}

impl Failure {
    fn of(user: Option<&BareJid>, condition: SaslCondition) -> Self {
        Self { username: user.map(localpart), condition, text: None }
    }

    fn explained(condition: SaslCondition, text: &'static str) -> Self {
        Self { username: None, condition, text: Some(text) }
    }
}

impl Handshake {
    /// The mechanisms of the configuration that this channel permits.
    pub(super) fn offered(&self, cx: &Context<'_>) -> impl Iterator<Item = Mechanism> {
        cx.config.mechanisms.iter().copied().filter(|mechanism| self.channel.permits(*mechanism))
    }

    /// Takes an element while the client is not authenticated.
    pub(super) fn authenticate(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Stop> {
        if element.ns() != ns::SASL {
            return Err(unexpected(
                cx.config.framing,
                element,
                StreamCondition::NotAuthorized,
                "authenticate first",
            ));
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
            // Whatever the client says to it, its token was refused.
            ("response", Step::ExpectAcknowledgement { claimed, condition }) => {
                Err(Failure::of(claimed.as_ref(), condition))
            }
            ("abort", _) => Err(SaslCondition::Aborted.into()),
            _ => Err(SaslCondition::MalformedRequest.into()),
        };
        outcome.or_else(|failure| self.fail(cx, failure))
    }

    /// The driver says that the password, the token or the certificate is good, and that it is this user's.
    pub(super) fn driver_agreed(&mut self, cx: &mut Context<'_>, user: BareJid) -> Result<(), Stop> {
        let Step::ExpectVerdict { mechanism, claimed } = &self.step else { return Ok(()) };
        let (mechanism, is_same) = (*mechanism, claimed.as_ref().is_none_or(|claimed| *claimed == user));
        if is_same {
            self.succeed(cx, mechanism, user, None);
            return Ok(());
        }
        self.step = Step::ExpectAuth;
        self.fail(cx, Failure::of(Some(&user), SaslCondition::InvalidAuthzid))
    }

    /// The driver says no.
    pub(super) fn driver_refused(
        &mut self,
        cx: &mut Context<'_>,
        condition: SaslCondition,
    ) -> Result<(), Stop> {
        let (mechanism, claimed) = match &self.step {
            Step::ExpectVerdict { mechanism, claimed } => (*mechanism, claimed.clone()),
            Step::ExpectScramKeys { mechanism, user, .. } => (*mechanism, Some(user.clone())),
            _ => return Ok(()),
        };
        if mechanism == Mechanism::OauthBearer && condition == SaslCondition::NotAuthorized {
            // RFC 7628 §3.2.3: the reason comes in a challenge, and the failure when the client has answered it.
            cx.frame(&sasl("challenge").with_text(encode_payload(OauthBearer::REFUSAL.as_bytes())));
            self.step = Step::ExpectAcknowledgement { claimed, condition };
            return Ok(());
        }
        self.step = Step::ExpectAuth;
        self.fail(cx, Failure::of(claimed.as_ref(), condition))
    }

    /// The driver found the keys: challenge the client to prove that it has the password.
    pub(super) fn scram_keys_found(&mut self, cx: &mut Context<'_>, keys: ScramKeys) {
        self.step = match std::mem::replace(&mut self.step, Step::ExpectAuth) {
            Step::ExpectScramKeys { mechanism, first, user } => {
                let hash = mechanism.scram_hash().expect("keys are asked for by SCRAM mechanisms only");
                let binding = match first.flag {
                    BindingFlag::Used(Some(kind)) => self.channel.bindings.get(kind).unwrap_or_default(),
                    _ => &[],
                };
                let nonce = self.entropy.token();
                let (server, challenge) = ScramServer::challenge(hash, *first, keys, binding, &nonce);
                cx.frame(&sasl("challenge").with_text(encode_payload(challenge.as_bytes())));
                Step::ExpectScramFinal { mechanism, server: Box::new(server), user }
            }
            other => other,
        };
    }

    fn auth(&mut self, cx: &mut Context<'_>, element: &Element) -> Result<(), Failure> {
        if self.channel.starttls == StartTls::Required {
            return Err(SaslCondition::EncryptionRequired.into());
        }
        let mechanism = element
            .attribute("mechanism")
            .and_then(Mechanism::from_name)
            .filter(|mechanism| self.offered(cx).any(|offered| offered == *mechanism))
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
        let domain = &cx.config.domain;
        self.step = match mechanism {
            Mechanism::Plain => {
                let Plain { authzid, username, password } = Plain::parse(response)?;
                let user = identity(domain, &username, &authzid)?;
                cx.event(StreamEvent::CheckPassword { username: localpart(&user), password });
                Step::ExpectVerdict { mechanism, claimed: Some(user) }
            }
            Mechanism::OauthBearer => {
                let OauthBearer { authzid, token } = OauthBearer::parse(response)?;
                let claimed = match authzid.as_str() {
                    "" => None,
                    authzid => Some(claimed(domain, authzid)?),
                };
                cx.event(StreamEvent::CheckToken { username: claimed.as_ref().map(localpart), token });
                Step::ExpectVerdict { mechanism, claimed }
            }
            Mechanism::External => {
                let user = self.certificate_user(domain, response)?;
                cx.event(StreamEvent::CheckUser { username: localpart(&user) });
                Step::ExpectVerdict { mechanism, claimed: Some(user) }
            }
            _ => {
                let hash = mechanism.scram_hash().expect("what is left are the SCRAM mechanisms");
                let first = Box::new(ScramClientFirst::parse(response)?);
                self.check_binding(cx, mechanism, &first.flag)?;
                let user = identity(domain, &first.username, &first.authzid)?;
                cx.event(StreamEvent::FindScramKeys { username: localpart(&user), hash });
                Step::ExpectScramKeys { mechanism, first, user }
            }
        };
        Ok(())
    }

    /// Whether what the client says about channel binding fits the mechanism it has chosen and what it was offered
    /// (RFC 5802 §6).
    fn check_binding(
        &self,
        cx: &Context<'_>,
        mechanism: Mechanism,
        flag: &BindingFlag,
    ) -> Result<(), Failure> {
        let malformed = |text| Err(Failure::explained(SaslCondition::MalformedRequest, text));
        match (mechanism.binds_channel(), flag) {
            (true, BindingFlag::Used(Some(kind))) if self.channel.bindings.get(*kind).is_some() => Ok(()),
            (true, BindingFlag::Used(_)) => malformed(
                "this type of channel binding is not offered; sasl-channel-binding names those that are",
            ),
            (true, _) => malformed("a -PLUS mechanism needs a channel binding"),
            (false, BindingFlag::Used(_)) => malformed("channel binding needs a -PLUS mechanism"),
            (false, BindingFlag::NotOffered) if self.offered(cx).any(Mechanism::binds_channel) => {
                let text = "the client supports channel binding and was offered it, but has not heard so: \
                            somebody may have changed the list of mechanisms on the way";
                Err(Failure::explained(SaslCondition::NotAuthorized, text))
            }
            (false, _) => Ok(()),
        }
    }

    /// Who a client with a certificate wants to be: the one it names, or the only one the certificate names
    /// (XEP-0178 §2).
    fn certificate_user(&self, domain: &str, response: &[u8]) -> Result<BareJid, Failure> {
        let authzid = std::str::from_utf8(response).map_err(|_| SaslCondition::MalformedRequest)?;
        match (authzid, self.channel.certificate_users.as_slice()) {
            ("", [user]) => Ok(user.clone()),
            ("", _) => Err(Failure::explained(
                SaslCondition::InvalidAuthzid,
                "the certificate is good for more than one user: name one as authorization identity",
            )),
            (authzid, users) => {
                let user = claimed(domain, authzid)?;
                let refused = || Failure::of(Some(&user), SaslCondition::InvalidAuthzid);
                if users.contains(&user) { Ok(user) } else { Err(refused()) }
            }
        }
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
            Err(condition) => Err(Failure::of(Some(&user), condition)),
        }
    }

    fn succeed(&mut self, cx: &mut Context<'_>, mechanism: Mechanism, user: BareJid, data: Option<&str>) {
        let mut success = sasl("success");
        if let Some(data) = data {
            success.push_text(encode_payload(data.as_bytes()));
        }
        cx.frame(&success);
        if cx.config.framing == Framing::Tcp {
            cx.event(StreamEvent::Restart);
        }
        cx.event(StreamEvent::Authenticated { user: user.clone(), mechanism });
        self.step = Step::ExpectRestart { user };
        self.opened = false;
    }

    /// Tells the client, and ends the stream when it has tried too often (RFC 6120 §6.4.5).
    fn fail(&mut self, cx: &mut Context<'_>, failure: Failure) -> Result<(), Stop> {
        let Failure { username, condition, text } = failure;
        let mut element = sasl("failure").with_child(sasl(condition.name()));
        if let Some(text) = text {
            let mut text = sasl("text").with_text(text);
            text.set_attribute_ns("lang", ns::XML, "en");
            element.push(text);
        }
        cx.frame(&element);
        cx.event(StreamEvent::AuthenticationFailed { username, condition });
        self.failures += 1;
        if self.failures >= cx.config.authentication_attempts_max {
            cx.event(StreamEvent::LimitReached(StreamLimit::AuthenticationAttempts));
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
    let user = local_user(domain, local).ok_or(SaslCondition::NotAuthorized)?;
    match authzid.is_empty() || claimed(domain, authzid).is_ok_and(|claimed| claimed == user) {
        true => Ok(user),
        false => Err(Failure::of(Some(&user), SaslCondition::InvalidAuthzid)),
    }
}

/// The user of ours whom an authorization identity names, as a bare JID or a localpart.
fn claimed(domain: &str, authzid: &str) -> Result<BareJid, Failure> {
    let user = match authzid.contains('@') {
        true => BareJid::new(authzid)
            .ok()
            .filter(|user| user.node().is_some() && user.domain().as_str() == domain),
        false => local_user(domain, authzid),
    };
    user.ok_or_else(|| SaslCondition::InvalidAuthzid.into())
}

fn local_user(domain: &str, local: &str) -> Option<BareJid> {
    let node = NodePart::from_str(local).ok()?;
    let domain = DomainPart::from_str(domain).ok()?;
    Some(BareJid::from_parts(Some(&node), &domain))
}

fn localpart(user: &BareJid) -> String {
    user.node().map(|node| node.as_str().to_owned()).unwrap_or_default()
}
