//! Why a command was not carried out.

use contact::{Refusal, UserId};

/// Why a command was not carried out. Nothing has changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Rejection {
    /// The contact centre's rules forbid it.
    #[error("{0:?}")]
    Refused(Refusal),
    /// Too much waits for the log already. Trying again later can help.
    #[error("too many changes wait for the log; try again later")]
    Busy,
    /// The log could not take the change.
    #[error("the change could not be written to the log")]
    LogFailed,
    /// An account of this name exists.
    #[error("user {0} exists already")]
    UserExists(UserId),
    /// No account has this name.
    #[error("there is no user {0}")]
    NoSuchUser(UserId),
    /// The name belongs to the server itself.
    #[error("the name {0} is used by the server itself")]
    Reserved(UserId),
}
