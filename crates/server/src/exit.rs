//! Why a command could not do its work, and the exit code that says so to scripts.

use crate::config::ConfigError;
use crate::data_dir::DataDirError;
use crate::log::LogError;
use std::error::Error;
use std::io;

/// Every exit code and what it means, for help texts.
pub const EXIT_CODES: [(u8, &str); 10] = [
    (0, "done; for `serve`: asked to stop, and stopped"),
    (1, "anything not listed here"),
    (2, "the command line, a variable or the configuration file is not right"),
    (3, "an address cannot be listened on: taken, not allowed, or not of this machine"),
    (4, "a certificate or key, also one for tokens, cannot be read or used"),
    (5, "the data is damaged; nothing was changed"),
    (6, "the data was written by a later version; nothing was changed"),
    (7, "the data folder is in use by another process"),
    (8, "the data may not be read or written by this user"),
    (9, "the disk is full"),
];

/// Why a command could not do its work. Its `Display` is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Flags, variables or the file are not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A listener cannot listen.
    #[error("{0}")]
    Listen(Box<dyn Error + Send + Sync>),
    /// A certificate or key cannot be used.
    #[error("{0}")]
    Certificate(Box<dyn Error + Send + Sync>),
    /// The data folder cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Anything else.
    #[error("{0}")]
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// The exit code, out of [`EXIT_CODES`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Config(_) => 2,
            Failure::Listen(_) => 3,
            Failure::Certificate(_) => 4,
            Failure::Log(LogError::Corrupt { .. }) => 5,
            Failure::Log(LogError::Newer { .. }) => 6,
            Failure::DataDir(DataDirError::InUse { .. }) => 7,
            Failure::Log(LogError::Permission { .. }) => 8,
            Failure::DataDir(DataDirError::Unusable { source, .. }) if is_full(source) => 9,
            Failure::DataDir(DataDirError::Unusable { .. }) => 8,
            Failure::Log(LogError::Full { .. }) => 9,
            Failure::Log(LogError::Failed { .. }) | Failure::Other(_) => 1,
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_a_lack_of_permission() {
        let data_dir = |kind| {
            let source = io::Error::from(kind);
            Failure::DataDir(DataDirError::Unusable { path: "data".into(), source }).exit_code()
        };
        assert_eq!(data_dir(io::ErrorKind::StorageFull), 9);
        assert_eq!(data_dir(io::ErrorKind::PermissionDenied), 8);
    }
}
