//! What somebody wrote for a setting, before it means anything: a value and where it came from.

use std::fmt;
use std::path::PathBuf;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// From a flag or a variable, which have no types: `25`, `true` and `a,b` mean what the setting wants.
    Word(String),
    /// A text of the file, in quotes.
    Text(String),
    /// A whole number of the file.
    Integer(i64),
    /// `true` or `false` of the file.
    Boolean(bool),
    /// An array of the file.
    List(Vec<Value>),
    /// Something no setting takes (a date, a float, a table), under its TOML name.
    Other(&'static str),
}

impl Value {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Word(text) | Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one. A text of the file is none, even `"25"`.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            Value::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    /// `true` or `false`, if it is one of them.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Value::Boolean(value) => Some(*value),
            Value::Word(word) => match word.trim() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The texts of a list; a word is a list with commas, and the empty word the empty list.
    pub(super) fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Value::List(values) => values.iter().map(Value::text).collect(),
            Value::Word(word) => {
                Some(word.split(',').map(str::trim).filter(|part| !part.is_empty()).collect())
            }
            _ => None,
        }
    }
}

/// As it stood in the file: texts in quotes.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Word(text) | Value::Text(text) => write!(f, "{text:?}"),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
            Value::Other(name) => write!(f, "a {name}"),
        }
    }
}

/// Where a value was written. Its `Display` begins an error sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody wrote it: the default of the table.
    Default,
    /// A line of the file, from 1.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line on which the value (or, for an unknown key, the key) begins.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("the default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => write!(f, "variable {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}
