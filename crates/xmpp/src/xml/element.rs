//! The element tree and the questions one asks it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::ns;

/// One XML element with its attributes and children.
///
/// Names are local names; the namespace is a value of its own and prefixes do not survive parsing.
/// Two elements are equal when names, namespaces, attributes (in order) and children are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    pub(super) name: Cow<'static, str>,
    pub(super) ns: Namespace,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Node>,
}

/// A child of an [`Element`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Character data, unescaped.
    Text(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Attribute {
    pub(super) ns: Namespace,
    pub(super) name: Cow<'static, str>,
    pub(super) value: String,
}

/// A namespace name: static when it is one of [`crate::ns`], otherwise shared by all that use it.
#[derive(Clone)]
pub struct Namespace(Name);

/// The thin `Arc` fits beside the niche of the `&str`, which makes this two words instead of three.
#[derive(Clone)]
enum Name {
    Static(&'static str),
    Shared(Arc<String>),
}

impl Element {
    /// Makes an empty element.
    ///
    /// `name` must be a valid XML local name; it is written as it is.
    pub fn new(name: impl Into<Cow<'static, str>>, ns: impl Into<Namespace>) -> Self {
        Self { name: name.into(), ns: ns.into(), attributes: Vec::new(), children: Vec::new() }
    }

    /// The local name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace name, empty when the element is in none.
    pub fn ns(&self) -> &str {
        &self.ns
    }

    /// Whether this is `<name xmlns="ns">`.
    pub fn is(&self, name: &str, ns: &str) -> bool {
        self.name == name && *self.ns == *ns
    }

    /// The value of the attribute `name` that is in no namespace, as nearly all are.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_ns(name, ns::NONE)
    }

    /// The value of the attribute `name` in the namespace `ns`, for example (`lang`, [`ns::XML`]).
    pub fn attribute_ns(&self, name: &str, ns: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name && *a.ns == *ns).map(|a| a.value.as_str())
    }

    /// All attributes as (namespace, name, value), in order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.attributes.iter().map(|a| (&*a.ns, &*a.name, a.value.as_str()))
    }

    /// Sets an attribute that is in no namespace, replacing an earlier value.
    pub fn set_attribute(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.set_attribute_ns(name, ns::NONE, value);
    }

    /// Sets an attribute in a namespace, replacing an earlier value.
    pub fn set_attribute_ns(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        ns: impl Into<Namespace>,
        value: impl Into<String>,
    ) {
        let (name, ns, value) = (name.into(), ns.into(), value.into());
        match self.attributes.iter_mut().find(|a| a.name == name && a.ns == ns) {
            Some(attribute) => attribute.value = value,
            None => self.attributes.push(Attribute { ns, name, value }),
        }
    }

    /// Removes an attribute that is in no namespace; nothing happens when there is none.
    pub fn remove_attribute(&mut self, name: &str) {
        self.attributes.retain(|a| a.name != name || !a.ns.is_empty());
    }

    /// [`Element::set_attribute`] for building in one expression.
    pub fn with_attribute(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.set_attribute(name, value);
        self
    }

    /// The element with its attributes and nothing in it.
    pub fn without_children(&self) -> Element {
        let Element { name, ns, attributes, .. } = self;
        Self { name: name.clone(), ns: ns.clone(), attributes: attributes.clone(), children: Vec::new() }
    }

    /// Appends a child element, for building in one expression.
    pub fn with_child(mut self, child: Element) -> Self {
        self.push(child);
        self
    }

    /// Appends character data, for building in one expression. It is escaped when written.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.push_text(text);
        self
    }

    /// Appends a child element.
    pub fn push(&mut self, child: Element) {
        self.children.push(Node::Element(child));
    }

    /// Appends character data, joining it to text that is already last. Empty text adds nothing.
    pub fn push_text(&mut self, text: impl Into<String>) {
        let text = text.into();
        match self.children.last_mut() {
            _ if text.is_empty() => {}
            Some(Node::Text(last)) => last.push_str(&text),
            _ => self.children.push(Node::Text(text)),
        }
    }

    /// The first child element with this name and namespace.
    pub fn child(&self, name: &str, ns: &str) -> Option<&Element> {
        self.elements().find(|e| e.is(name, ns))
    }

    /// The child elements, without the text between them.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child element, whatever it is.
    pub fn first_element(&self) -> Option<&Element> {
        self.elements().next()
    }

    /// The element's own character data, joined; the text of child elements is not part of it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for node in &self.children {
            if let Node::Text(part) = node {
                text.push_str(part);
            }
        }
        text
    }

    /// All children in order.
    pub fn nodes(&self) -> &[Node] {
        &self.children
    }

    /// All children in order, without what they were in.
    pub fn into_nodes(self) -> Vec<Node> {
        self.children
    }

    /// Moves this element and the elements in it that are in the namespace `from` to `to`. What an element of another
    /// namespace holds is left alone.
    pub fn replace_ns(&mut self, from: &str, to: &'static str) {
        if *self.ns != *from {
            return;
        }
        self.ns = to.into();
        for child in &mut self.children {
            if let Node::Element(element) = child {
                element.replace_ns(from, to);
            }
        }
    }
}

impl Namespace {
    /// The namespace name.
    pub fn as_str(&self) -> &str {
        self
    }
}

impl Deref for Namespace {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Name::Static(name) => name,
            Name::Shared(name) => name,
        }
    }
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Namespace {}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl From<&'static str> for Namespace {
    fn from(name: &'static str) -> Self {
        Self(Name::Static(name))
    }
}

impl From<String> for Namespace {
    fn from(name: String) -> Self {
        match ns::known(&name) {
            Some(known) => Self(Name::Static(known)),
            None => Self(Name::Shared(name.into())),
        }
    }
}
