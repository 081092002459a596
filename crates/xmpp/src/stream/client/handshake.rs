//! The states from our `<open/>` to the bound resource. A state's name says what it waits for.

use std::collections::VecDeque;
use std::time::Instant;

use super::super::Output;
use super::super::entropy::Entropy;
use super::super::management::Nonza;
use super::management::{Managed, ManagementChoice};
use super::{Authzid, ClientConfig, ClientError, ClientEvent, MechanismChoice, SessionRequest};
use crate::sasl::{
    Mechanism, OauthBearer, Plain, SaslCondition, ScramBinding, ScramClient, ScramClientError,
    ScramClientFinal, decode_payload, encode_payload,
};
use crate::{Condition, Element, FullJid, StanzaError, ns};

/// All that is forgotten once a resource is bound.
pub(super) struct Handshake {
    config: ClientConfig,
    entropy: Entropy,
    step: Step,
    authenticated: bool,
    /// The server offers stream management.
    pub(super) offers_management: bool,
    deadline: Instant,
}

/// Whether there is more to come.
pub(super) enum Progress {
    Waiting,
    Bound(FullJid),
    Resumed { jid: FullJid, managed: Box<Managed>, h: u32 },
}

#[allow(clippy::enum_variant_names)] // The prefix is the point: what is waited for.
enum Step {
    ExpectOpen,
    ExpectFeatures,
    ExpectSuccess,
    /// As [`Step::ExpectSuccess`], but a refusal begins with a challenge (RFC 7628 §3.2.3).
    ExpectTokenSuccess,
    ExpectChallenge(ScramClient),
    ExpectScramSuccess(ScramClientFinal),
    ExpectBindResult {
        session: bool,
    },
    ExpectSessionResult {
        jid: FullJid,
    },
    ExpectResumed {
        features: Element,
    },
}

type Outputs = VecDeque<Output<ClientEvent>>;

impl Handshake {
    pub(super) fn start(
        config: ClientConfig,
        entropy: [u8; 32],
        now: Instant,
        outputs: &mut Outputs,
    ) -> Self {
        let deadline = now + config.step_timeout;
        let entropy = Entropy::new(entropy);
        let handshake = Self {
            config,
            entropy,
            step: Step::ExpectOpen,
            authenticated: false,
            offers_management: false,
            deadline,
        };
        handshake.say_open(outputs);
        handshake
    }

    /// Whether a session is to be gone on with, as far as is known.
    pub(super) fn is_resuming(&self) -> bool {
        matches!(self.config.management, ManagementChoice::Resume(_))
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn expects(&self) -> &'static str {
        match self.step {
            Step::ExpectOpen => "<open/>",
            Step::ExpectFeatures => "<stream:features/>",
            Step::ExpectSuccess | Step::ExpectTokenSuccess | Step::ExpectScramSuccess(_) => "<success/>",
            Step::ExpectChallenge(_) => "<challenge/>",
            Step::ExpectBindResult { .. } => "the result of binding a resource",
            Step::ExpectSessionResult { .. } => "the result of the session request",
            Step::ExpectResumed { .. } => "<resumed/>",
        }
    }

    pub(super) fn handle(
        &mut self,
        element: Element,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<Progress, ClientError> {
        let expected = self.expects();
        let unexpected =
            |element: &Element| ClientError::Unexpected { expected, got: element.name().to_owned() };
        let stanza = element.ns() == ns::CLIENT;
        match std::mem::replace(&mut self.step, Step::ExpectOpen) {
            Step::ExpectOpen if element.is("open", ns::FRAMING) => {
                let id = element.attribute("id").unwrap_or_default().to_owned();
                outputs.push_back(Output::Event(ClientEvent::Opened { id }));
                self.step = Step::ExpectFeatures;
            }
            Step::ExpectFeatures if element.is("features", ns::STREAMS) => {
                outputs.push_back(Output::Event(ClientEvent::Features(element.clone())));
                self.step = if self.authenticated {
                    self.offers_management = element.child("sm", ns::STREAM_MANAGEMENT).is_some();
                    self.resume_or_bind(element, outputs)?
                } else {
                    self.authenticate(&element, outputs)?
                };
            }
            Step::ExpectBindResult { session } if is_answer(&element, BIND_ID) => {
                let jid = bound_jid(&element)?;
                if !session {
                    return Ok(Progress::Bound(jid));
                }
                send(outputs, &request(SESSION_ID, Element::new("session", ns::SESSION)));
                self.step = Step::ExpectSessionResult { jid };
            }
            Step::ExpectSessionResult { jid } if is_answer(&element, SESSION_ID) => {
                return match error_of(&element) {
                    Some(error) => Err(ClientError::SessionRefused(error)),
                    None => Ok(Progress::Bound(jid)),
                };
            }
            step @ (Step::ExpectBindResult { .. } | Step::ExpectSessionResult { .. }) if stanza => {
                // Others may write to us before we have the answer.
                outputs.push_back(Output::Event(ClientEvent::Element(element)));
                self.step = step;
                return Ok(Progress::Waiting);
            }
            Step::ExpectResumed { features } if element.ns() == ns::STREAM_MANAGEMENT => {
                let suspended = match std::mem::take(&mut self.config.management) {
                    ManagementChoice::Resume(suspended) => suspended,
                    _ => return Err(unexpected(&element)),
                };
                match Nonza::from_element(&element) {
                    Ok(Nonza::Resumed { previd, h }) if previd == suspended.id => {
                        let (jid, managed) = (suspended.jid, Box::new(suspended.managed));
                        return Ok(Progress::Resumed { jid, managed, h });
                    }
                    Ok(Nonza::Failed { h, .. }) => {
                        let unhandled = suspended.managed.lost(h);
                        outputs.push_back(Output::Event(ClientEvent::ResumeFailed { h, unhandled }));
                        self.config.management = ManagementChoice::Enable;
                        self.step = self.bind(&features, outputs)?;
                    }
                    _ => return Err(unexpected(&element)),
                }
            }
            step if element.ns() == ns::SASL => match self.sasl(step, &element, outputs)? {
                Some(step) => self.step = step,
                None => return Err(unexpected(&element)),
            },
            _ => return Err(unexpected(&element)),
        }
        self.deadline = now + self.config.step_timeout;
        Ok(Progress::Waiting)
    }

    fn say_open(&self, outputs: &mut Outputs) {
        let open = Element::new("open", ns::FRAMING)
            .with_attribute("to", self.config.domain.as_str())
            .with_attribute("version", "1.0");
        send(outputs, &open);
    }

    fn authenticate(&mut self, features: &Element, outputs: &mut Outputs) -> Result<Step, ClientError> {
        let offered: Vec<String> = features
            .child("mechanisms", ns::SASL)
            .into_iter()
            .flat_map(Element::elements)
            .filter(|e| e.is("mechanism", ns::SASL))
            .map(Element::text)
            .collect();
        let offers = |mechanism: Mechanism| offered.iter().any(|name| name == mechanism.name());
        let binding = self.config.channel.choose(features);
        let can_use = |mechanism: Mechanism| match mechanism {
            // The configuration holds a password. Whoever has a token or a certificate says so.
            Mechanism::OauthBearer | Mechanism::External => false,
            mechanism => !mechanism.binds_channel() || binding.is_some(),
        };
        let mechanism = match self.config.mechanism {
            MechanismChoice::Only(mechanism) => Some(mechanism),
            MechanismChoice::Strongest => Mechanism::ALL.into_iter().find(|m| offers(*m) && can_use(*m)),
        };
        let Some(mechanism) = mechanism else { return Err(ClientError::NoCommonMechanism { offered }) };
        outputs.push_back(Output::Event(ClientEvent::Authenticating { mechanism }));
        let ClientConfig { domain, username, password, authzid, channel, .. } = &self.config;
        let authzid = match authzid {
            Authzid::Empty => String::new(),
            Authzid::BareJid => format!("{username}@{domain}"),
        };
        let (step, payload) = match mechanism {
            Mechanism::Plain => {
                let plain = Plain { authzid, username: username.clone(), password: password.clone() };
                (Step::ExpectSuccess, plain.to_bytes())
            }
            Mechanism::OauthBearer => {
                (Step::ExpectTokenSuccess, OauthBearer { authzid, token: password.clone() }.to_bytes())
            }
            Mechanism::External => (Step::ExpectSuccess, authzid.into_bytes()),
            _ => {
                let hash = mechanism.scram_hash().expect("what is left are the SCRAM mechanisms");
                let binding = match binding.and_then(|kind| Some((kind, channel.get(kind)?))) {
                    Some((kind, data)) if mechanism.binds_channel() => ScramBinding::Used(kind, data),
                    // RFC 5802 §6: whoever could have used it says so, unless it was offered.
                    _ if !channel.is_empty()
                        && !Mechanism::ALL.iter().any(|m| m.binds_channel() && offers(*m)) =>
                    {
                        ScramBinding::NotOffered
                    }
                    _ => ScramBinding::Unsupported,
                };
                let nonce = self.entropy.token();
                let (client, first) =
                    ScramClient::start(hash, &authzid, username, password.clone(), binding, &nonce);
                (Step::ExpectChallenge(client), first.into_bytes())
            }
        };
        let auth = Element::new("auth", ns::SASL)
            .with_attribute("mechanism", mechanism.name())
            .with_text(encode_payload(&payload));
        send(outputs, &auth);
        Ok(step)
    }

    /// Takes an element of the authentication. None when it does not belong here.
    fn sasl(
        &mut self,
        step: Step,
        element: &Element,
        outputs: &mut Outputs,
    ) -> Result<Option<Step>, ClientError> {
        let payload = || match decode_payload(&element.text()) {
            Ok(payload) => Ok(payload.unwrap_or_default()),
            Err(_) => Err(ScramClientError::Challenge),
        };
        let respond = |text: &str, outputs: &mut Outputs| {
            send(outputs, &Element::new("response", ns::SASL).with_text(text));
        };
        let in_exchange = matches!(
            step,
            Step::ExpectSuccess
                | Step::ExpectTokenSuccess
                | Step::ExpectChallenge(_)
                | Step::ExpectScramSuccess(_)
        );
        Ok(match (element.name(), step) {
            ("failure", _) if in_exchange => {
                return Err(ClientError::NotAuthenticated {
                    condition: element.elements().find_map(|e| SaslCondition::from_name(e.name())),
                    text: element.child("text", ns::SASL).map(Element::text),
                });
            }
            ("challenge", Step::ExpectChallenge(client)) => {
                let (last, response) = client.respond(&payload()?)?;
                respond(&encode_payload(response.as_bytes()), outputs);
                Some(Step::ExpectScramSuccess(last))
            }
            // The proof may come as a challenge of its own (RFC 6120 §6.4.3): agree to it.
            ("challenge", Step::ExpectScramSuccess(last)) => {
                last.verify(&payload()?)?;
                respond("", outputs);
                Some(Step::ExpectSuccess)
            }
            ("success", Step::ExpectScramSuccess(last)) => {
                last.verify(&payload()?)?;
                Some(self.restart(outputs))
            }
            ("challenge", Step::ExpectTokenSuccess) => {
                respond(&encode_payload(OauthBearer::ACKNOWLEDGEMENT), outputs);
                Some(Step::ExpectSuccess)
            }
            ("success", Step::ExpectSuccess | Step::ExpectTokenSuccess) => Some(self.restart(outputs)),
            _ => None,
        })
    }

    fn restart(&mut self, outputs: &mut Outputs) -> Step {
        self.authenticated = true;
        outputs.push_back(Output::Event(ClientEvent::Authenticated));
        self.say_open(outputs);
        Step::ExpectOpen
    }

    fn resume_or_bind(&self, features: Element, outputs: &mut Outputs) -> Result<Step, ClientError> {
        match &self.config.management {
            ManagementChoice::Resume(suspended) if self.offers_management => {
                let h = suspended.managed.count();
                send(outputs, &Nonza::Resume { previd: suspended.id.clone(), h }.to_element());
                Ok(Step::ExpectResumed { features })
            }
            _ => self.bind(&features, outputs),
        }
    }

    /// Whether to enable stream management, now that a resource is bound.
    pub(super) fn wants_management(&self) -> bool {
        self.offers_management && self.config.management != ManagementChoice::Off
    }

    fn bind(&self, features: &Element, outputs: &mut Outputs) -> Result<Step, ClientError> {
        features.child("bind", ns::BIND).ok_or(ClientError::NoBind)?;
        let session = match (features.child("session", ns::SESSION), self.config.session) {
            (None, _) | (_, SessionRequest::Never) => false,
            (Some(_), SessionRequest::IfOffered) => true,
            (Some(session), SessionRequest::IfRequired) => session.child("optional", ns::SESSION).is_none(),
        };
        let mut bind = Element::new("bind", ns::BIND);
        if let Some(resource) = &self.config.resource {
            bind.push(Element::new("resource", ns::BIND).with_text(resource.as_str()));
        }
        send(outputs, &request(BIND_ID, bind));
        Ok(Step::ExpectBindResult { session })
    }
}

fn send(outputs: &mut Outputs, element: &Element) {
    outputs.push_back(Output::Frame(element.to_xml()));
}

fn request(id: &'static str, payload: Element) -> Element {
    Element::new("iq", ns::CLIENT).with_attribute("type", "set").with_attribute("id", id).with_child(payload)
}

fn is_answer(element: &Element, id: &str) -> bool {
    element.is("iq", ns::CLIENT)
        && element.attribute("id") == Some(id)
        && matches!(element.attribute("type"), Some("result" | "error"))
}

fn error_of(answer: &Element) -> Option<StanzaError> {
    (answer.attribute("type") == Some("error")).then(|| {
        let undefined = || StanzaError::new(Condition::UndefinedCondition);
        answer.child("error", ns::CLIENT).map_or_else(undefined, StanzaError::from_element)
    })
}

fn bound_jid(answer: &Element) -> Result<FullJid, ClientError> {
    if let Some(error) = error_of(answer) {
        return Err(ClientError::BindRefused(error));
    }
    answer
        .child("bind", ns::BIND)
        .and_then(|bind| bind.child("jid", ns::BIND))
        .and_then(|jid| FullJid::new(jid.text().trim()).ok())
        .ok_or(ClientError::NoJid)
}

const BIND_ID: &str = "bind";
const SESSION_ID: &str = "session";
