//! Reads the values of a configured object's body.

use super::subtree::{Shape, Subtree};
use crate::{BodyElement, Refusal};

/// The body of a request about a configured object. Names are taken in any case and order, of duplicates the last one
/// counts, other elements are ignored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<'a> {
    body: &'a BodyElement,
}

impl<'a> Form<'a> {
    /// A form with what is in `body`.
    pub(crate) fn new(body: &'a BodyElement) -> Self {
        Self { body }
    }

    /// The text of an element; none if there is no such element or it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.body.child_text(name)
    }

    /// The text of an element, which may be empty; none if there is no such element.
    pub(crate) fn text_or_empty(&self, name: &str) -> Option<&'a str> {
        self.body.child(name).map(|child| child.text.as_str())
    }

    /// An element with what is in it.
    pub(crate) fn element(&self, name: &str) -> Option<&'a BodyElement> {
        self.body.child(name)
    }

    /// An element that has parts; `old` if there is no such element.
    ///
    /// # Errors
    ///
    /// As [`Subtree::read`].
    pub(crate) fn part(
        &self,
        name: &str,
        shape: &Shape,
        old: Option<&Subtree>,
    ) -> Result<Option<Subtree>, Refusal> {
        match self.element(name) {
            Some(element) => Subtree::read(element, name, shape).map(Some),
            None => Ok(old.cloned()),
        }
    }

    /// All elements of that name.
    ///
    /// # Errors
    ///
    /// As [`Subtree::read`].
    pub(crate) fn parts(&self, name: &str, shape: &Shape) -> Result<Vec<Subtree>, Refusal> {
        let elements = self.body.children.iter().filter(|child| child.is(name));
        elements.map(|element| Subtree::read(element, name, shape)).collect()
    }

    /// `true` or `false`, in any case.
    ///
    /// # Errors
    ///
    /// 400 `Invalid Input` for anything else.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid_input(name, format!("{name} is true or false"))),
        }
    }
}

/// The value of the body, else the one that the object has.
///
/// # Errors
///
/// 400 `Parameter Missing`.
pub(super) fn required<T>(name: &str, given: Option<T>, old: Option<T>) -> Result<T, Refusal> {
    given.or(old).ok_or_else(|| Refusal::parameter_missing(name))
}
