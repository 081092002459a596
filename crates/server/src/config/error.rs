//! What is wrong with the settings, one sentence per mistake.

use super::value::Origin;
use std::fmt;
use std::path::PathBuf;

/// Everything that is wrong with the settings; never empty.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// In the order in which they were found.
    pub problems: Vec<Problem>,
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        ConfigError { problems: vec![problem] }
    }
}

/// One mistake.
#[derive(Debug)]
pub enum Problem {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is longer than 1 MiB.
    TooLong(PathBuf),
    /// The file is not TOML.
    Syntax {
        /// Where.
        origin: Origin,
        /// What the parser expected.
        message: String,
    },
    /// There is no such key.
    UnknownKey {
        /// Where.
        origin: Origin,
        /// The key with its table.
        key: String,
        /// The nearest key there is.
        nearest: Option<&'static str>,
    },
    /// A value is not what its setting takes.
    BadValue {
        /// Where.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// What was expected.
        expected: String,
        /// What was found; left out for a secret.
        found: Option<String>,
    },
    /// Two settings do not go together, or one cannot be followed on this machine.
    Unusable {
        /// Where the setting was written.
        origin: Origin,
        /// The sentence.
        sentence: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unreadable { path, source } => {
                write!(f, "{}: the configuration cannot be read: {source}", path.display())
            }
            Problem::TooLong(path) => write!(f, "{}: the configuration is longer than 1 MiB", path.display()),
            Problem::Syntax { origin, message } => write!(f, "{origin}: not valid TOML: {message}"),
            Problem::UnknownKey { origin, key, nearest: Some(nearest) } => {
                write!(f, "{origin}: unknown key `{key}`; did you mean `{nearest}`?")
            }
            Problem::UnknownKey { origin, key, nearest: None } => {
                write!(f, "{origin}: unknown key `{key}`; `offhook serve --print-config` lists all keys")
            }
            Problem::BadValue { origin, key, expected, found: Some(found) } => {
                write!(f, "{origin}: {key}: expected {expected}, found {found}")
            }
            Problem::BadValue { origin, key, expected, found: None } => {
                write!(f, "{origin}: {key}: expected {expected}")
            }
            Problem::Unusable { origin, sentence } => write!(f, "{origin}: {sentence}"),
        }
    }
}
