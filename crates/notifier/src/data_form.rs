//! Data forms (XEP-0004): written for people to fill in, read when they have.

use xmpp::{Element, ns};

/// A form of ours: one to be filled in, or one that shows a result.
#[derive(Clone, Debug)]
pub(crate) struct Form(Element);

impl Form {
    /// A form to be filled in.
    pub(crate) fn to_fill_in(form_type: &str, title: &str, instructions: &str) -> Self {
        let text = |name, text: &str| Element::new(name, ns::DATA_FORMS).with_text(text);
        let form = Element::new("x", ns::DATA_FORMS)
            .with_attribute("type", "form")
            .with_child(text("title", title))
            .with_child(text("instructions", instructions));
        Form(form).with_type(form_type)
    }

    /// A form that shows something.
    pub(crate) fn result(form_type: &str) -> Self {
        Form(Element::new("x", ns::DATA_FORMS).with_attribute("type", "result")).with_type(form_type)
    }

    fn with_type(self, form_type: &str) -> Self {
        self.push(field("FORM_TYPE", "hidden", None, [form_type.to_owned()]))
    }

    /// Adds an empty field that must be filled in.
    pub(crate) fn require(self, name: &str, kind: &str, label: &str) -> Self {
        let field = field(name, kind, Some(label), []);
        self.push(field.with_child(Element::new("required", ns::DATA_FORMS)))
    }

    /// Adds a choice of one out of some values.
    pub(crate) fn choose(self, name: &str, label: &str, values: &[&str]) -> Self {
        let mut field = field(name, "list-single", Some(label), []);
        for value in values {
            let value = Element::new("value", ns::DATA_FORMS).with_text(*value);
            field.push(Element::new("option", ns::DATA_FORMS).with_child(value));
        }
        self.push(field)
    }

    /// Adds a choice of some out of some values.
    pub(crate) fn choose_some(
        self,
        name: &str,
        label: &str,
        values: &[&str],
        chosen: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut field = field(name, "list-multi", Some(label), chosen);
        for value in values {
            let value = Element::new("value", ns::DATA_FORMS).with_text(*value);
            field.push(Element::new("option", ns::DATA_FORMS).with_child(value));
        }
        self.push(field)
    }

    /// Adds a field with its values.
    pub(crate) fn show(
        self,
        name: &str,
        kind: &str,
        label: &str,
        values: impl IntoIterator<Item = String>,
    ) -> Self {
        self.push(field(name, kind, Some(label), values))
    }

    /// Adds an element of another namespace.
    pub(crate) fn push(mut self, element: Element) -> Self {
        self.0.push(element);
        self
    }

    /// `<x/>`.
    pub(crate) fn into_element(self) -> Element {
        self.0
    }
}

fn field(name: &str, kind: &str, label: Option<&str>, values: impl IntoIterator<Item = String>) -> Element {
    let mut field =
        Element::new("field", ns::DATA_FORMS).with_attribute("var", name).with_attribute("type", kind);
    if let Some(label) = label {
        field.set_attribute("label", label);
    }
    for value in values {
        field.push(Element::new("value", ns::DATA_FORMS).with_text(value));
    }
    field
}

/// A form that somebody has filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Submission {
    form_type: Option<String>,
    fields: Vec<(String, Vec<String>)>,
}

impl Submission {
    /// Reads the form in `parent`; `None` if there is none.
    ///
    /// The type of the form is not looked at: XEP-0050 §3.4.1 asks to take a cancelled one for a submitted one.
    pub(crate) fn read(parent: &Element) -> Option<Self> {
        let form = parent.child("x", ns::DATA_FORMS)?;
        let mut submission = Submission::default();
        for field in form.elements().filter(|element| element.is("field", ns::DATA_FORMS)) {
            let Some(name) = field.attribute("var") else { continue };
            let values = field.elements().filter(|element| element.is("value", ns::DATA_FORMS));
            let mut values: Vec<String> = values.map(Element::text).collect();
            if name == "FORM_TYPE" {
                submission.form_type = values.pop();
            } else {
                submission.fields.push((name.to_owned(), values));
            }
        }
        Some(submission)
    }

    /// Whether the form is of this type, or does not say of which it is.
    pub(crate) fn is_of(&self, form_type: &str) -> bool {
        self.form_type.as_deref().is_none_or(|own| own == form_type)
    }

    /// The values of a field; none if it is not there.
    pub(crate) fn values(&self, name: &str) -> &[String] {
        let field = self.fields.iter().find(|(own, _)| own == name);
        field.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    /// The value of a field that has one, and not an empty one.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        match self.values(name) {
            [value] if !value.is_empty() => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let form = Form::to_fill_in("urn:t", "T", "I")
            .require("empty", "text-single", "E")
            .show("two", "text-multi", "Two", ["a".into(), "b".into()])
            .into_element();
        let read = Submission::read(&Element::new("command", ns::COMMANDS).with_child(form)).unwrap();
        assert!(read.is_of("urn:t") && !read.is_of("urn:u"));
        assert_eq!(read.values("two"), ["a", "b"]);
        assert_eq!((read.value("two"), read.value("empty"), read.value("none")), (None, None, None));
        assert_eq!(Submission::read(&Element::new("command", ns::COMMANDS)), None);
        assert!(Submission::default().is_of("anything"));
    }
}
