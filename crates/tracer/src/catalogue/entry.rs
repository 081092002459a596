//! One row of the catalogue, and the few words every row is written in.

use std::fmt;

use crate::Stage;

/// What is known of one finding, wherever it is met. The texts are for an engineer at a customer's site.
///
/// `title` and `causes` are phrases without a full stop; the other texts are sentences. A test holds all of them
/// to the limits given here.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The stable identifier, such as `UP-200`. Scripts and documentation may rely on it.
    pub id: &'static str,
    /// The stage at which it shows, which is not always where its cause lies.
    pub stage: Stage,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the first cause is once this has been seen. A check may know less and say so.
    pub confidence: Confidence,
    /// What is wrong, in one line of at most 72 characters.
    pub title: &'static str,
    /// How it shows: what an observer of the line sees. At most 300 characters.
    pub seen: &'static str,
    /// Why, best first; one to three, of at most 160 characters each.
    pub causes: &'static [&'static str],
    /// What to do, in this order; one to four, of at most 260 characters each.
    pub actions: &'static [&'static str],
    /// Who has to do it, most likely first. Empty where nobody has to do anything.
    pub actors: &'static [Actor],
    /// Where it is laid down: sections of RFCs and XEPs, and what is known of releases of products.
    pub references: &'static [&'static str],
    /// How it comes about and how to tell it from its neighbours. 60 to 900 characters.
    pub explanation: &'static str,
    /// Identifiers of findings to read as well.
    pub see_also: &'static [&'static str],
    /// What on the line is this finding without further thought.
    pub signs: &'static [Sign],
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The line does not do what it is for.
    Fault,
    /// It works, and will not for long, or not well.
    Warning,
    /// Good to know; nothing has to be done.
    Note,
}

/// How sure a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The protocol leaves no other reading.
    Certain,
    /// There is one usual cause, and others are rare.
    Likely,
    /// There are several causes, and what was seen does not tell them apart.
    Possible,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// Whoever sits at the desktop.
    Agent,
    /// Whoever looks after the agents' computers: browsers, certificates, virtual private networks.
    DesktopAdministrator,
    /// Whoever writes the gadget, desktop or other client program.
    ClientDeveloper,
    /// Whoever looks after networks, firewalls and name servers.
    Network,
    /// Whoever looks after the reverse or forward proxy, or the load balancer.
    ProxyAdministrator,
    /// Whoever looks after the notification and web service.
    ServerAdministrator,
    /// Whoever configures agents, teams, queues and roles.
    ContactCentreAdministrator,
    /// Whoever looks after single sign-on.
    IdentityProvider,
}

/// Something on the line that is a finding by itself, in a form that a program can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The HTTP status of the answer to the WebSocket request.
    UpgradeStatus(u16),
    /// The HTTP status of an answer of the web service.
    RestStatus(u16),
    /// A WebSocket close code between these, both included.
    CloseCodes(u16, u16),
    /// The condition of a stream error (RFC 6120 §4.9.3).
    StreamError(&'static str),
    /// The condition of a SASL failure (RFC 6120 §6.5).
    SaslFailure(&'static str),
    /// The condition of the answer to a bind request (RFC 6120 §7).
    BindError(&'static str),
    /// The condition of a refused PubSub request without a condition of its own (XEP-0060).
    PubsubError(&'static str),
    /// The condition of the PubSub service's own, which says more than the general one beside it.
    PubsubCondition(&'static str),
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Severity; 3] = [Severity::Fault, Severity::Warning, Severity::Note];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Fault => "fault",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

impl Confidence {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::Likely => "likely",
            Confidence::Possible => "possible",
        }
    }
}

impl Actor {
    /// What to call them.
    pub fn name(self) -> &'static str {
        match self {
            Actor::Agent => "the agent",
            Actor::DesktopAdministrator => "the desktop administrator",
            Actor::ClientDeveloper => "the developer of the gadget or client",
            Actor::Network => "the network administrator",
            Actor::ProxyAdministrator => "the administrator of the proxy or load balancer",
            Actor::ServerAdministrator => "the server administrator",
            Actor::ContactCentreAdministrator => "the contact-centre administrator",
            Actor::IdentityProvider => "the administrator of the identity provider",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
