//! What is wrong with the text of a scenario.

use std::fmt;

/// Where in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The first thing in a scenario that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}{}", hint.as_ref().map_or(String::new(), |hint| format!("; {hint}")))]
pub struct ParseError {
    /// Where.
    pub place: Place,
    /// What was expected, and what stands there.
    pub problem: String,
    /// What was meant, perhaps.
    pub hint: Option<String>,
}

impl ParseError {
    pub(crate) fn new(place: Place, problem: impl Into<String>) -> ParseError {
        ParseError { place, problem: problem.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> ParseError {
        self.hint = hint;
        self
    }
}
