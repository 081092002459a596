//! The file in which a server that stops in order leaves its sessions to the next one.
//!
//! It holds what clients have not acknowledged, and the ids with which they come back, so only its owner may read it. It is
//! read once: a server that starts takes it away, because what it says is true for one moment only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use notifier::{Position, SuspendedSession};
use serde::{Deserialize, Serialize};

use crate::data_dir::DataDir;
use crate::hub::{Left, SavedSession};

/// What the last server left.
#[derive(Debug, Default)]
pub struct Suspended {
    /// Sessions that can go on.
    pub sessions: Vec<SavedSession>,
    /// Sessions that can't, because something has been changed meanwhile that they have not heard of.
    pub lost: Vec<SuspendedSession>,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    /// Of the log.
    epoch: String,
    position: Position,
    sessions: Vec<SavedSession>,
}

/// Writes the file, unless there is nothing to write. To be called when the log has been closed.
///
/// # Errors
///
/// Those of the system. There is no file then.
pub fn save(dir: &DataDir, epoch: &str, left: Left) -> io::Result<()> {
    if left.sessions.is_empty() {
        return Ok(());
    }
    let contents =
        Contents { version: VERSION, epoch: epoch.into(), position: left.position, sessions: left.sessions };
    let bytes = serde_json::to_vec(&contents)?;
    let draft = dir.join(DRAFT);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&draft, dir.join(FILE))?;
    File::open(dir.path())?.sync_all()
}

/// Reads the file and takes it away.
///
/// - `epoch`, `position`: of the log now.
///
/// # Errors
///
/// Those of the system, and whatever is wrong with the contents. The file is gone, unless it could not be removed; then the
/// server must not start, because the next one would read it too.
pub fn take(dir: &DataDir, epoch: &str, position: Position) -> io::Result<Suspended> {
    let path = dir.join(FILE);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Suspended::default()),
        other => other?,
    };
    fs::remove_file(&path)?;
    File::open(dir.path())?.sync_all()?;
    let contents: Contents = match serde_json::from_slice(&bytes) {
        Ok(contents) => contents,
        Err(error) => {
            tracing::warn!(%error, "the sessions of the last server cannot be read, and are lost");
            return Ok(Suspended::default());
        }
    };
    if contents.version != VERSION || contents.epoch != epoch {
        tracing::warn!("the sessions of the last server belong to another log or version, and are lost");
        return Ok(Suspended::default());
    }
    if contents.position != position {
        tracing::info!(
            sessions = contents.sessions.len(),
            "there have been changes since the last server: its sessions cannot be resumed"
        );
        let lost = contents.sessions.into_iter().map(|saved| saved.session).collect();
        return Ok(Suspended { sessions: Vec::new(), lost });
    }
    Ok(Suspended { sessions: contents.sessions, lost: Vec::new() })
}

const FILE: &str = "sessions.json";
const DRAFT: &str = "sessions.json.new";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Saved, SavedEntry};

    fn left(position: u64) -> Left {
        let session = SuspendedSession {
            id: "abc".into(),
            jid: "1001001@localhost/d".into(),
            wait_ms: 1000,
            handled: 7,
            presence: None,
            roster_versions: None,
            hears_of_blocks: false,
            directed: Vec::new(),
            wishes: Vec::new(),
            subscriptions: vec!["n".into()],
            chosen: Vec::new(),
        };
        let mailbox = Saved {
            acknowledged: 3,
            sent: vec![SavedEntry::Stanza("<message/>".into())],
            waiting: vec![SavedEntry::Notification {
                tail: " id='1'/>".into(),
                to_bare: true,
                topic: Some("n".into()),
            }],
        };
        Left { position: Position(position), sessions: vec![SavedSession { session, mailbox }] }
    }

    #[test]
    fn what_is_left_is_found_once_and_only_where_it_is_true() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dir = DataDir::open(folder.path()).expect("free");
        assert!(take(&dir, "e", Position(5)).expect("no file is fine").sessions.is_empty());

        save(&dir, "e", left(5)).expect("saved");
        let found = take(&dir, "e", Position(5)).expect("read");
        assert_eq!(found.sessions, left(5).sessions);
        assert!(take(&dir, "e", Position(5)).expect("taken").sessions.is_empty());

        save(&dir, "e", left(5)).expect("saved");
        let found = take(&dir, "e", Position(6)).expect("read");
        assert!(found.sessions.is_empty());
        assert_eq!(found.lost[0].handled, 7);

        save(&dir, "e", left(5)).expect("saved");
        assert!(take(&dir, "another", Position(5)).expect("read").lost.is_empty());

        fs::write(dir.join(FILE), "{").expect("written");
        assert!(take(&dir, "e", Position(5)).expect("dropped").sessions.is_empty());
        assert!(!dir.join(FILE).exists());
    }
}
