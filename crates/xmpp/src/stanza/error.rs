//! Stanza errors: one stanza failed, the stream goes on (RFC 6120 §8.3).

use std::fmt;

use crate::{Element, ns};

macro_rules! conditions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $kind:ident;)*) => {
        /// Why a stanza failed (RFC 6120 §8.3.3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(clippy::enum_variant_names)] // "undefined-condition" is the RFC's name.
        pub enum Condition {
            $($(#[$doc])* $variant,)*
        }

        impl Condition {
            /// The element name on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The condition with this element name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The error type that usually goes with the condition.
            pub fn default_type(self) -> ErrorType {
                match self {
                    $(Self::$variant => ErrorType::$kind,)*
                }
            }
        }
    };
}

conditions! {
    /// The request is malformed.
    BadRequest = "bad-request", Modify;
    /// Something of that name exists.
    Conflict = "conflict", Cancel;
    /// Understood in general, not done here.
    FeatureNotImplemented = "feature-not-implemented", Cancel;
    /// The sender may not do that.
    Forbidden = "forbidden", Auth;
    /// It has moved.
    Gone = "gone", Cancel;
    /// Our fault.
    InternalServerError = "internal-server-error", Cancel;
    /// No such thing.
    ItemNotFound = "item-not-found", Cancel;
    /// Not a JID.
    JidMalformed = "jid-malformed", Modify;
    /// Understood and refused because of its content.
    NotAcceptable = "not-acceptable", Modify;
    /// Nobody may do that here.
    NotAllowed = "not-allowed", Cancel;
    /// Credentials are needed first.
    NotAuthorized = "not-authorized", Auth;
    /// A local rule forbids it.
    PolicyViolation = "policy-violation", Modify;
    /// The recipient is away for now.
    RecipientUnavailable = "recipient-unavailable", Wait;
    /// Ask somebody else.
    Redirect = "redirect", Modify;
    /// Register first.
    RegistrationRequired = "registration-required", Auth;
    /// The other domain cannot be found.
    RemoteServerNotFound = "remote-server-not-found", Cancel;
    /// The other domain did not answer.
    RemoteServerTimeout = "remote-server-timeout", Wait;
    /// Busy: try later.
    ResourceConstraint = "resource-constraint", Wait;
    /// Nothing here offers that.
    ServiceUnavailable = "service-unavailable", Cancel;
    /// Subscribe first.
    SubscriptionRequired = "subscription-required", Auth;
    /// None of the others.
    UndefinedCondition = "undefined-condition", Modify;
    /// Not now: the request is out of order.
    UnexpectedRequest = "unexpected-request", Wait;
}

/// What the sender can do about a stanza error (RFC 6120 §8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// Retry after authenticating.
    Auth,
    /// Do not retry.
    Cancel,
    /// It was only a warning.
    Continue,
    /// Retry with other content.
    Modify,
    /// Retry later.
    Wait,
}

impl ErrorType {
    /// The value of the `type` attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Cancel => "cancel",
            Self::Continue => "continue",
            Self::Modify => "modify",
            Self::Wait => "wait",
        }
    }

    /// The type with this attribute value.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auth, Self::Cancel, Self::Continue, Self::Modify, Self::Wait]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A stanza error: `<error/>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StanzaError {
    /// What the sender can do.
    pub kind: ErrorType,
    /// The defined condition.
    pub condition: Condition,
    /// A condition of the application's own namespace, for example one of XEP-0060.
    pub application: Option<Element>,
    /// An explanation for a person.
    pub text: Option<String>,
}

impl StanzaError {
    /// An error with the condition's usual type and nothing else.
    pub fn new(condition: Condition) -> Self {
        Self { kind: condition.default_type(), condition, application: None, text: None }
    }

    /// Adds an explanation for a person.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Adds an application condition.
    pub fn with_application(mut self, application: Element) -> Self {
        self.application = Some(application);
        self
    }

    /// Replaces the error type.
    pub fn with_type(mut self, kind: ErrorType) -> Self {
        self.kind = kind;
        self
    }

    /// The `<error/>` element of a client stanza.
    pub fn to_element(&self) -> Element {
        let mut error = Element::new("error", ns::CLIENT)
            .with_attribute("type", self.kind.name())
            .with_child(Element::new(self.condition.name(), ns::STANZA_ERRORS));
        if let Some(text) = &self.text {
            let mut element = Element::new("text", ns::STANZA_ERRORS).with_text(text.as_str());
            element.set_attribute_ns("lang", ns::XML, "en");
            error.push(element);
        }
        if let Some(application) = &self.application {
            error.push(application.clone());
        }
        error
    }

    /// Reads an `<error/>` element. An unknown condition is `undefined-condition`; a missing type is the
    /// condition's usual one.
    pub fn from_element(element: &Element) -> Self {
        let condition = element
            .elements()
            .filter(|e| e.ns() == ns::STANZA_ERRORS)
            .find_map(|e| Condition::from_name(e.name()))
            .unwrap_or(Condition::UndefinedCondition);
        let kind = element.attribute("type").and_then(ErrorType::from_name);
        Self {
            kind: kind.unwrap_or(condition.default_type()),
            condition,
            application: element.elements().find(|e| e.ns() != ns::STANZA_ERRORS).cloned(),
            text: element.child("text", ns::STANZA_ERRORS).map(Element::text),
        }
    }
}

impl From<Condition> for StanzaError {
    fn from(condition: Condition) -> Self {
        Self::new(condition)
    }
}

impl fmt::Display for StanzaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.condition.name())?;
        if let Some(application) = &self.application {
            write!(f, " ({})", application.name())?;
        }
        match &self.text {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StanzaError {}
