//! Text to [`Element`], on rxml's raw events: rxml checks the grammar, this file resolves namespaces and
//! enforces the [`Limits`] that rxml does not have.

use rxml::error::EndOrError;
use rxml::parser::{RawEvent, RawParser, RawQName};
use rxml::{NcName, Options, Parse, WithOptions};

use super::element::{Attribute, Element, Namespace, Node};
use super::limits::Limits;
use crate::{StreamCondition, ns};

/// Why a message is not an acceptable element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The first character is not `<` (RFC 7395 §3.3.3); also an empty message.
    #[error("a message must be one XML element that starts with '<' at its first character")]
    NotAnElement,
    /// The XML is broken, incomplete, or followed by something else.
    #[error("not well-formed at byte {position}: {reason}")]
    NotWellFormed {
        /// Bytes read when the error was noticed.
        position: usize,
        /// What was wrong, for a person.
        reason: String,
    },
    /// A comment, processing instruction, DTD or entity (RFC 6120 §11.1).
    #[error("comments, processing instructions, DTDs and entities are not allowed (byte {position})")]
    Restricted {
        /// Bytes read when the error was noticed.
        position: usize,
    },
    /// An XML declaration that names another encoding than UTF-8.
    #[error("the only encoding is UTF-8")]
    UnsupportedEncoding,
    /// Text between the elements of a stream.
    #[error("there is text between two elements of the stream")]
    StrayText,
    /// A prefix that nothing declares.
    #[error("the namespace prefix '{prefix}' is not declared")]
    UnboundPrefix {
        /// The prefix.
        prefix: String,
    },
    /// The same attribute twice.
    #[error("the attribute '{name}' appears twice")]
    DuplicateAttribute {
        /// Its local name.
        name: String,
    },
    /// More than [`Limits::bytes_max`].
    #[error("a message of {bytes} bytes is longer than the {bytes_max} allowed")]
    TooLong {
        /// The message's length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// More than [`Limits::depth_max`].
    #[error("elements are nested deeper than {depth_max}")]
    TooDeep {
        /// The limit.
        depth_max: usize,
    },
    /// More than [`Limits::attributes_max`].
    #[error("an element has more than {attributes_max} attributes")]
    TooManyAttributes {
        /// The limit.
        attributes_max: usize,
    },
    /// More than [`Limits::elements_max`].
    #[error("a message has more than {elements_max} elements")]
    TooManyElements {
        /// The limit.
        elements_max: usize,
    },
    /// More than [`Limits::namespaces_max`].
    #[error("more than {namespaces_max} namespaces are declared at one place")]
    TooManyNamespaces {
        /// The limit.
        namespaces_max: usize,
    },
    /// More than [`Limits::NAMESPACE_BYTES_MAX`].
    #[error("a namespace name is longer than {} bytes", Limits::NAMESPACE_BYTES_MAX)]
    NamespaceTooLong,
}

impl XmlError {
    /// The stream error that answers this (RFC 6120 §4.9.3).
    pub fn condition(&self) -> StreamCondition {
        match self {
            Self::NotAnElement | Self::NotWellFormed { .. } | Self::DuplicateAttribute { .. } => {
                StreamCondition::NotWellFormed
            }
            Self::Restricted { .. } => StreamCondition::RestrictedXml,
            Self::UnsupportedEncoding => StreamCondition::UnsupportedEncoding,
            Self::StrayText => StreamCondition::BadFormat,
            Self::UnboundPrefix { .. } => StreamCondition::BadNamespacePrefix,
            Self::TooLong { .. }
            | Self::TooDeep { .. }
            | Self::TooManyAttributes { .. }
            | Self::TooManyElements { .. }
            | Self::TooManyNamespaces { .. }
            | Self::NamespaceTooLong => StreamCondition::PolicyViolation,
        }
    }
}

impl Element {
    /// Parses a message that holds exactly one element.
    ///
    /// The first character must be `<`. An XML declaration before the element and white space after it are
    /// let pass, anything else around it is not. Text is unescaped, line ends are normalised, CDATA sections
    /// become text.
    ///
    /// # Errors
    ///
    /// See [`XmlError`]; [`XmlError::condition`] is what the peer is told.
    ///
    /// # Source
    ///
    /// RFC 7395 §3.3.3, RFC 6120 §11.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, XmlError> {
        if text.len() > limits.bytes_max {
            return Err(XmlError::TooLong { bytes: text.len(), bytes_max: limits.bytes_max });
        }
        if !text.starts_with('<') {
            return Err(XmlError::NotAnElement);
        }
        // A token is never longer than the message, so rxml's own limit stays out of the way, and its
        // buffer, which it reserves at this size, no larger than needed.
        let options = Options { max_token_length: text.len().max(TOKEN_BYTES_MIN), ..Options::default() };
        let mut parser = RawParser::with_options(options);
        let mut rest = text.as_bytes();
        let mut builder = Builder::new(*limits);
        loop {
            match parser.parse(&mut rest, true) {
                Ok(Some(event)) => builder.event(event, text.len() - rest.len())?,
                Ok(None) => break,
                Err(EndOrError::Error(error)) => {
                    let position = text.len() - rest.len();
                    return Err(grammar_error(&error, &text.as_bytes()[..position], position));
                }
                Err(EndOrError::NeedMoreData) => {
                    return Err(XmlError::NotWellFormed {
                        position: text.len() - rest.len(),
                        reason: "the message ends too early".to_owned(),
                    });
                }
            }
        }
        builder.root.ok_or(XmlError::NotWellFormed { position: text.len(), reason: "no element".to_owned() })
    }
}

/// Collects raw events into a tree.
pub(super) struct Builder {
    limits: Limits,
    depth_max: usize,
    elements: usize,
    /// Open elements, outermost first, with the number of declarations in scope outside of them.
    pub(super) open: Vec<(Element, usize)>,
    pub(super) scope: Scope,
    head: Option<Head>,
    pub(super) root: Option<Element>,
}

/// Declarations in scope: prefix (none for the default namespace) and name.
pub(super) type Scope = Vec<(Option<String>, Namespace)>;

/// A start tag whose attributes are still arriving.
struct Head {
    name: RawQName,
    attributes: Vec<(RawQName, String)>,
    scope_before: usize,
}

impl Builder {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            depth_max: limits.depth_max.min(Limits::DEPTH_CEILING),
            elements: 0,
            open: Vec::new(),
            scope: Vec::new(),
            head: None,
            root: None,
        }
    }

    pub(super) fn event(&mut self, event: RawEvent, position: usize) -> Result<(), XmlError> {
        match event {
            RawEvent::XmlDeclaration(..) => Ok(()),
            RawEvent::ElementHeadOpen(_, name) => self.head_open(name),
            RawEvent::Attribute(_, name, value) => self.attribute(name, value, position),
            RawEvent::ElementHeadClose(_) => self.head_close(),
            RawEvent::ElementFoot(_) => {
                self.foot();
                Ok(())
            }
            RawEvent::Text(_, text) => {
                if let Some((element, _)) = self.open.last_mut() {
                    element.push_text(text);
                }
                Ok(())
            }
        }
    }

    fn head_open(&mut self, name: RawQName) -> Result<(), XmlError> {
        if self.open.len() >= self.depth_max {
            return Err(XmlError::TooDeep { depth_max: self.depth_max });
        }
        self.elements += 1;
        if self.elements > self.limits.elements_max {
            return Err(XmlError::TooManyElements { elements_max: self.limits.elements_max });
        }
        self.head = Some(Head { name, attributes: Vec::new(), scope_before: self.scope.len() });
        Ok(())
    }

    fn attribute(&mut self, name: RawQName, value: String, position: usize) -> Result<(), XmlError> {
        let Some(head) = self.head.as_mut() else {
            return Err(XmlError::NotWellFormed { position, reason: "attribute outside a tag".to_owned() });
        };
        let declared = match &name {
            (Some(prefix), local) if prefix.as_str() == "xmlns" => Some(Some(local.as_str())),
            (None, local) if local.as_str() == "xmlns" => Some(None),
            _ => None,
        };
        let Some(prefix) = declared else {
            if head.attributes.len() >= self.limits.attributes_max {
                return Err(XmlError::TooManyAttributes { attributes_max: self.limits.attributes_max });
            }
            head.attributes.push((name, value));
            return Ok(());
        };
        if self.scope[head.scope_before..].iter().any(|(known, _)| known.as_deref() == prefix) {
            return Err(XmlError::DuplicateAttribute { name: prefix.unwrap_or("xmlns").to_owned() });
        }
        if self.scope.len() >= self.limits.namespaces_max {
            return Err(XmlError::TooManyNamespaces { namespaces_max: self.limits.namespaces_max });
        }
        if value.len() > Limits::NAMESPACE_BYTES_MAX {
            return Err(XmlError::NamespaceTooLong);
        }
        self.scope.push((prefix.map(str::to_owned), value.into()));
        Ok(())
    }

    fn head_close(&mut self) -> Result<(), XmlError> {
        let Some(head) = self.head.take() else { return Ok(()) };
        let (prefix, name) = head.name;
        let mut element = Element::new(name.to_string(), self.resolve(prefix.as_ref().map(NcName::as_str))?);
        element.attributes.reserve_exact(head.attributes.len());
        for ((prefix, name), value) in head.attributes {
            // An attribute without a prefix is in no namespace, whatever the default is.
            let ns = match prefix.as_ref().map(NcName::as_str) {
                Some(prefix) => self.resolve(Some(prefix))?,
                None => ns::NONE.into(),
            };
            if element.attribute_ns(&name, &ns).is_some() {
                return Err(XmlError::DuplicateAttribute { name: name.to_string() });
            }
            element.attributes.push(Attribute { ns, name: name.to_string().into(), value });
        }
        self.open.push((element, head.scope_before));
        Ok(())
    }

    fn foot(&mut self) {
        let Some((element, scope_before)) = self.open.pop() else { return };
        self.scope.truncate(scope_before);
        match self.open.last_mut() {
            Some((parent, _)) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn resolve(&self, prefix: Option<&str>) -> Result<Namespace, XmlError> {
        let declared = self.scope.iter().rev().find(|(known, _)| known.as_deref() == prefix);
        match (declared, prefix) {
            (Some((_, ns)), _) => Ok(ns.clone()),
            (None, None) => Ok(ns::NONE.into()),
            (None, Some("xml")) => Ok(ns::XML.into()),
            (None, Some(prefix)) => Err(XmlError::UnboundPrefix { prefix: prefix.to_owned() }),
        }
    }
}

/// Names what rxml refused: RFC 6120 has a condition of its own for constructs that are XML but not allowed.
///
/// - `read`: what was read last, as far as it is there.
/// - `position`: bytes read in all.
pub(super) fn grammar_error(error: &rxml::Error, read: &[u8], position: usize) -> XmlError {
    match error {
        rxml::Error::RestrictedXml(reason) if reason.contains("encoding") => {
            return XmlError::UnsupportedEncoding;
        }
        rxml::Error::RestrictedXml(_) | rxml::Error::UndeclaredEntity => {
            return XmlError::Restricted { position };
        }
        _ => {}
    }
    // rxml stops at the byte after "<!" and does not say that it was in a declaration.
    let tag = read.iter().rposition(|&b| b == b'<').map_or(read, |start| &read[start..]);
    if tag.starts_with(b"<!") && !tag.starts_with(b"<![") {
        return XmlError::Restricted { position };
    }
    XmlError::NotWellFormed { position, reason: error.to_string() }
}

/// Long enough for every reference and keyword, however short the message.
const TOKEN_BYTES_MIN: usize = 64;
