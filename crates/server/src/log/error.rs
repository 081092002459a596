//! Why a log cannot be opened, read or written.

use std::io;
use std::path::{Path, PathBuf};

/// What went wrong with the log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// What the files hold is not what was written. They are left as they are.
    #[error(
        "the log {} is damaged: {what}; nothing was changed. Restore the data folder from a backup, or look at it \
         with the sqlite3 tool",
        .path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A later version wrote it. It is left as it is.
    #[error(
        "the log {} was written by a later version of offhook (format {found}; this one reads up to {known}); \
         nothing was changed. Use that version, or another data folder",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: u64,
        /// The newest format known here.
        known: u64,
    },
    /// The disk is full.
    #[error("the disk is full: the log {} cannot be written; free some space", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing is not allowed.
    #[error("the log {} may not be read and written by this user: {what}", .path.display())]
    Permission {
        /// The file.
        path: PathBuf,
        /// What the system said.
        what: String,
    },
    /// Anything else the system or SQLite reports.
    #[error("the log {} cannot be used: {what}", .path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was reported.
        what: String,
    },
}

impl LogError {
    /// The file that cannot be used.
    pub fn path(&self) -> &Path {
        match self {
            LogError::Corrupt { path, .. }
            | LogError::Newer { path, .. }
            | LogError::Full { path }
            | LogError::Permission { path, .. }
            | LogError::Failed { path, .. } => path,
        }
    }

    pub(super) fn from_io(path: impl Into<PathBuf>, error: &io::Error) -> LogError {
        let (path, what) = (path.into(), error.to_string());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LogError::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                LogError::Permission { path, what }
            }
            _ => LogError::Failed { path, what },
        }
    }

    pub(super) fn from_sqlite(path: impl Into<PathBuf>, error: &rusqlite::Error) -> LogError {
        use rusqlite::ErrorCode;
        let (path, what) = (path.into(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => LogError::Corrupt { path, what },
            Some(ErrorCode::DiskFull) => LogError::Full { path },
            // What SQLite says when there is no room for the index over the WAL.
            Some(ErrorCode::SystemIoFailure) if has_no_space(&path) => LogError::Full { path },
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                LogError::Permission { path, what }
            }
            _ => LogError::Failed { path, what },
        }
    }
}

/// True if hardly anything more fits on the disk.
fn has_no_space(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < SPACE_NEEDED_BYTES)
}

/// The index over the WAL grows by 32 KiB at a time.
const SPACE_NEEDED_BYTES: u64 = 64 * 1024;
