//! Objects that consist of parts: what a workflow waits for, the columns of a layout. A [`Shape`] says what there is and in
//! which order, once for reading and writing.

use serde::{Deserialize, Serialize};

use crate::document::XmlWriter;
use crate::{BodyElement, Refusal};

/// An element of an object, with its text or its elements. Names are those of its [`Shape`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subtree {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Subtree>,
}

/// What may be in an element.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Text of so many characters at least and at most. Line breaks are text as well.
    Text(usize, usize),
    /// One of these, in any case.
    OneOf(&'static [&'static str]),
    /// `true` or `false`, in any case.
    Flag,
    /// Elements.
    Of(&'static [Member]),
}

/// An element within another: its name, what is in it, how often it is there at least and at most.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) shape: &'static Shape,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

/// One that must be there once.
pub(crate) const fn must(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, min: 1, max: 1 }
}

/// One that may be left out.
pub(crate) const fn may(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, min: 0, max: 1 }
}

/// One that may be there several times.
pub(crate) const fn several(name: &'static str, shape: &'static Shape, min: usize, max: usize) -> Member {
    Member { name, shape, min, max }
}

impl Subtree {
    /// Reads an element. Elements that the shape does not know are ignored, as everywhere.
    ///
    /// # Errors
    ///
    /// 400 `Parameter Missing`, 400 `Invalid Input`; they name the element.
    pub(crate) fn read(element: &BodyElement, name: &str, shape: &Shape) -> Result<Self, Refusal> {
        let unfit = |why: String| Refusal::invalid_input(name, why);
        let mut part = Self { name: name.to_owned(), ..Self::default() };
        match shape {
            Shape::Text(min, max) => {
                let length = element.text.chars().count();
                let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
                if length < *min || length > *max || !element.text.chars().all(is_text) {
                    let why = format!("{name} has {min} to {max} characters, and no control characters");
                    return Err(unfit(why));
                }
                part.text.clone_from(&element.text);
            }
            Shape::OneOf(values) => {
                let found = values.iter().find(|value| value.eq_ignore_ascii_case(&element.text));
                let found = found.ok_or_else(|| unfit(format!("{name} is {}", values.join(" or "))))?;
                part.text = String::from(*found);
            }
            Shape::Flag => {
                let flag = element.text.to_ascii_lowercase();
                if !matches!(flag.as_str(), "true" | "false") {
                    return Err(unfit(format!("{name} is true or false")));
                }
                part.text = flag;
            }
            Shape::Of(members) => {
                for member in *members {
                    let found = element.children.iter().filter(|child| child.is(member.name));
                    let count = part.parts.len();
                    for child in found {
                        part.parts.push(Self::read(child, member.name, member.shape)?);
                    }
                    let count = part.parts.len() - count;
                    if count < member.min {
                        return Err(Refusal::parameter_missing(member.name));
                    }
                    if count > member.max {
                        let why = format!("{name} has at most {} of {}", member.max, member.name);
                        return Err(unfit(why));
                    }
                }
            }
        }
        Ok(part)
    }

    /// An element with text.
    pub(crate) fn with_text(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), text, parts: Vec::new() }
    }

    /// An element with elements.
    pub(crate) fn with_parts(name: &str, parts: Vec<Subtree>) -> Self {
        Self { name: name.to_owned(), text: String::new(), parts }
    }

    /// The text of an element in it.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.text.as_str())
    }

    /// The same without the elements of one name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parts.retain(|part| part.name != name);
        self
    }

    /// The same with the elements of another one in the place of its own ones of these names.
    pub(crate) fn changed_by(mut self, other: Self) -> Self {
        self.parts.retain(|own| other.parts.iter().all(|part| part.name != own.name));
        self.parts.extend(other.parts);
        self
    }

    pub(crate) fn write(&self, xml: &mut XmlWriter) {
        if self.parts.is_empty() {
            return xml.text(&self.name, &self.text);
        }
        xml.open(&self.name);
        self.parts.iter().for_each(|part| part.write(xml));
        xml.close(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::Of(&[
        must("kind", &Shape::OneOf(&["ONE", "TWO"])),
        may("open", &Shape::Flag),
        several("row", &Shape::Of(&[must("name", &Shape::Text(1, 5))]), 1, 2),
    ]);

    fn read(inside: &str) -> Result<String, String> {
        let body = format!("<Thing>{inside}</Thing>");
        let element = BodyElement::parse(body.as_bytes(), "Thing").expect("well-formed");
        let part = Subtree::read(&element, "Thing", &SHAPE).map_err(|refusal| refusal.message)?;
        let json = serde_json::to_string(&part).expect("JSON");
        assert_eq!(serde_json::from_str::<Subtree>(&json).expect("JSON"), part);
        let mut xml = XmlWriter::new();
        part.write(&mut xml);
        Ok(xml.finish())
    }

    #[test]
    fn parts_are_read_in_any_order_and_written_in_theirs() {
        assert_eq!(
            read("<ROW><name>a&amp;b</name><more/></ROW><other/><kind>one</kind><open>TRUE</open>")
                .as_deref(),
            Ok("<Thing><kind>ONE</kind><open>true</open><row><name>a&amp;b</name></row></Thing>")
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (inside, expected) in [
            ("<row><name>a</name></row>", "kind"),
            ("<kind>ONE</kind>", "row"),
            ("<kind>THREE</kind><row><name>a</name></row>", "ONE or TWO"),
            ("<kind>ONE</kind><open>perhaps</open><row><name>a</name></row>", "true or false"),
            ("<kind>ONE</kind><row><name>abcdef</name></row>", "1 to 5 characters"),
            ("<kind>ONE</kind><row/>", "name"),
        ] {
            let error = read(inside).expect_err(inside);
            assert!(error.contains(expected), "{inside}: {error}");
        }
        let rows = "<row><name>a</name></row>".repeat(3);
        assert!(read(&format!("<kind>ONE</kind>{rows}")).expect_err("too many").contains("at most 2"));
    }
}
