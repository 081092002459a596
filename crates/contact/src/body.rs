//! Reads the body of a REST request into a small tree.
//!
//! Meant for what strangers send: document type declarations and processing instructions are refused, and
//! size, depth and number of elements have limits. Attributes and namespaces are ignored, as nothing in this API
//! has any.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::Refusal;

/// The most bytes that a body has.
pub const BODY_BYTES_MAX: usize = 65_536;
/// The most elements inside each other, the root included.
pub const BODY_DEPTH_MAX: usize = 16;
/// The most elements in a body.
pub const BODY_ELEMENTS_MAX: usize = 1024;

/// How much a body may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes.
    pub bytes_max: usize,
    /// The most elements.
    pub elements_max: usize,
}

impl BodyLimits {
    /// Of one request about one thing.
    pub const ONE: Self = Self { bytes_max: BODY_BYTES_MAX, elements_max: BODY_ELEMENTS_MAX };
    /// Of a list: 6,000 contacts with all that they may have, or as many addresses as there can be.
    pub const LIST: Self = Self { bytes_max: 4 * 1024 * 1024, elements_max: 100_000 };
}

/// One element of a request body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyElement {
    /// The name without a prefix.
    pub name: String,
    /// The text directly inside, without white space around it.
    pub text: String,
    /// The elements directly inside, in order.
    pub children: Vec<BodyElement>,
}

impl BodyElement {
    /// Reads a body whose root is `root`, in any case.
    ///
    /// # Errors
    ///
    /// - 400 `Bad Request`: empty, too large, too deep, not well-formed, or with a document type or a
    ///   processing instruction.
    /// - 400 `Invalid Input`: not XML at all (JSON for instance), or another root.
    pub fn parse(body: &[u8], root: &str) -> Result<Self, Refusal> {
        Self::parse_within(body, root, BodyLimits::ONE)
    }

    /// As [`BodyElement::parse`], with other limits.
    ///
    /// # Errors
    ///
    /// As [`BodyElement::parse`].
    pub fn parse_within(body: &[u8], root: &str, limits: BodyLimits) -> Result<Self, Refusal> {
        if body.len() > limits.bytes_max {
            let why = format!("a request body has at most {} bytes", limits.bytes_max);
            return Err(Refusal::bad_request(why));
        }
        let text = std::str::from_utf8(body).map_err(|_| Refusal::bad_request("the body is not UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
        if text.is_empty() {
            return Err(Refusal::bad_request(format!("the body is empty; expected a {root} document")));
        }
        if !text.starts_with('<') {
            return Err(Refusal::invalid_input(root, format!("the body must be an XML document <{root}>")));
        }
        let element = read(text, limits.elements_max)?;
        if !element.is(root) {
            let why = format!("expected a {root} document");
            return Err(Refusal::invalid_input(element.name, why));
        }
        Ok(element)
    }

    /// Whether the element is called `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The last child called `name`: of duplicates the last one counts.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().rev().find(|child| child.is(name))
    }

    /// The text of the last child called `name`, unless that is empty.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// Reads exactly one element with what is in it.
fn read(text: &str, elements_max: usize) -> Result<BodyElement, Refusal> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    // The elements that are open, outermost first.
    let mut open: Vec<BodyElement> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| Refusal::bad_request(format!("the body is not XML: {error}")))?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if root.is_some() {
                    return Err(Refusal::bad_request("the body has more than one root element"));
                }
                if open.len() == BODY_DEPTH_MAX || elements > elements_max {
                    return Err(Refusal::bad_request(
                        "the body has too many elements, or they nest too deep",
                    ));
                }
                open.push(BodyElement { name: local_name(&start), ..BodyElement::default() });
            }
            Event::End(_) => {
                let Some(mut element) = open.pop() else {
                    return Err(Refusal::bad_request("the body closes an element that is not open"));
                };
                element.text = element.text.trim().to_owned();
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => root = Some(element),
                }
            }
            Event::Text(text) => push_text(&mut open, &text.xml_content(XmlVersion::Explicit1_0))?,
            Event::CData(text) => push_text(&mut open, &text.xml_content(XmlVersion::Explicit1_0))?,
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    Ok(None) => predefined(&reference.xml_content(XmlVersion::Explicit1_0)),
                    Err(_) => None,
                };
                let character =
                    character.ok_or_else(|| Refusal::bad_request("the body has an unknown entity"))?;
                push_text(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::Empty(_) => unreachable!("empty elements are expanded"),
            Event::Comment(_) | Event::Decl(_) => {}
            Event::PI(_) => return Err(Refusal::bad_request("processing instructions are not accepted")),
            Event::DocType(_) => return Err(Refusal::bad_request("document types are not accepted")),
            Event::Eof if open.is_empty() => {
                return root.ok_or_else(|| Refusal::bad_request("the body has no element"));
            }
            Event::Eof => return Err(Refusal::bad_request("the body ends inside an element")),
        }
    }
}

fn local_name(start: &BytesStart<'_>) -> String {
    start.local_name().into_inner().to_owned()
}

/// Adds text to the innermost open element. Outside of the root only white space may stand.
fn push_text(open: &mut [BodyElement], text: &str) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Refusal::bad_request("the body has text outside of its root element")),
    }
    Ok(())
}

/// The five entities that XML knows without a document type.
fn predefined(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}
