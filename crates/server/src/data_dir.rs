//! The data folder and the lock that keeps a second server, or `offhook user`, out of it.

use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A data folder that belongs to this process until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Holds the lock. The system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl DataDir {
    /// Takes the folder for this process, and makes it (for this user only) if it does not exist.
    ///
    /// # Errors
    ///
    /// - [`DataDirError::InUse`]: another process has it.
    /// - [`DataDirError::Unusable`]: it cannot be made, or not be written.
    pub fn open(path: &Path) -> Result<DataDir, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK_FILE))
            .map_err(unusable)?;
        if let Err(error) = flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            let pid = pid_in(&mut lock);
            return Err(match error {
                rustix::io::Errno::WOULDBLOCK => DataDirError::InUse { path: path.to_owned(), pid },
                other => unusable(other.into()),
            });
        }
        write_pid(&mut lock).map_err(unusable)?;
        Ok(DataDir { path: path.to_owned(), _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in the folder.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// The pid the owner wrote, for the message. It is only a hint: the lock is what counts.
fn pid_in(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(PID_BYTES_MAX).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process has it.
    #[error(
        "the data folder {} is in use by another process{}; stop it, or choose another folder with --data",
        .path.display(),
        .pid.map(|pid| format!(" ({pid})")).unwrap_or_default()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process, if it said so.
        pid: Option<u32>,
    },
    /// It cannot be made or written.
    #[error("the data folder {} cannot be used: {source}", .path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

const LOCK_FILE: &str = "offhook.lock";
const PID_BYTES_MAX: u64 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_owner_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("new/data");
        let first = DataDir::open(&path).expect("made and taken");
        let error = DataDir::open(&path).expect_err("taken");
        assert!(matches!(error, DataDirError::InUse { pid: Some(pid), .. } if pid == std::process::id()));
        drop(first);
        DataDir::open(&path).expect("free again");
    }

    #[test]
    fn a_file_in_the_way_is_said_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "").expect("written");
        let error = DataDir::open(&path).expect_err("not a folder");
        assert!(error.to_string().contains("cannot be used"), "{error}");
    }
}
