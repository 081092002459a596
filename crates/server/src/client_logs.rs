//! The logs that agents' desktops have sent, as files in the data folder.
//!
//! A file is called `{user}.{received, milliseconds since 1970}.{number}.{txt|zip}`; nothing of the name comes from the client.
//! What is in an archive is not looked at. There are only so many files of a user and of all; the oldest go first.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contact::{Timestamp, UserId};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config;
use crate::metrics::{Limit, Metrics};

/// Where the logs are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ClientLogs {
    folder: Arc<Path>,
    settings: config::ClientLogs,
    metrics: Arc<Metrics>,
    /// One at a time changes the folder.
    change: Arc<Mutex<()>>,
    /// Places for logs that arrive.
    places: Arc<Semaphore>,
}

/// What a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines of text, UTF-8.
    Text,
    /// A ZIP archive.
    Zip,
}

impl Form {
    const ALL: [Form; 2] = [Form::Text, Form::Zip];

    fn suffix(self) -> &'static str {
        match self {
            Form::Text => "txt",
            Form::Zip => "zip",
        }
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Form::Text => "text/plain; charset=UTF-8",
            Form::Zip => "application/zip",
        }
    }
}

/// A log that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientLog {
    /// The file's name.
    pub(crate) name: String,
    /// Whose desktop has sent it.
    pub(crate) user: UserId,
    /// When.
    pub(crate) received_at: Timestamp,
    number: u32,
    /// What it is.
    pub(crate) form: Form,
    /// How long it is.
    pub(crate) bytes: u64,
}

impl ClientLogs {
    /// - `data`: the data folder. The logs' own folder in it is made when the first log comes.
    pub fn new(data: &Path, settings: config::ClientLogs, metrics: Arc<Metrics>) -> ClientLogs {
        let folder = data.join(FOLDER).into();
        let places = Arc::new(Semaphore::new(settings.arriving_max as usize));
        ClientLogs { folder, settings, metrics, change: Arc::default(), places }
    }

    /// The most bytes of one log.
    pub(crate) fn bytes_max(&self) -> usize {
        self.settings.bytes_max
    }

    /// Waits until a log may arrive. Whoever reads one holds the place until it is kept, so that memory has an end however many
    /// desktops send theirs at once. `None` if there is no place for ten seconds.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        let place = tokio::time::timeout(PLACE_TIME, self.places.acquire()).await;
        let place = place.ok().and_then(Result::ok);
        if place.is_none() {
            self.metrics.reached(Limit::ClientLogsArriving);
        }
        place
    }

    /// Keeps a log. Of the older ones go as many as are too many.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub(crate) async fn keep(
        &self,
        user: UserId,
        form: Form,
        at: Timestamp,
        content: Vec<u8>,
    ) -> io::Result<()> {
        self.on_disk(move |logs| logs.write(&user, form, at, &content)).await
    }

    /// All logs, oldest first.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub(crate) async fn list(&self) -> io::Result<Vec<ClientLog>> {
        self.on_disk(ClientLogs::read_folder).await
    }

    /// A log with what is in it, if it is there.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub(crate) async fn read(&self, name: &str) -> io::Result<Option<(ClientLog, Vec<u8>)>> {
        let name = name.to_owned();
        self.on_disk(move |logs| {
            let Some(log) = logs.find(&name)? else { return Ok(None) };
            let content = fs::read(logs.folder.join(&log.name))?;
            Ok(Some((log, content)))
        })
        .await
    }

    /// Deletes a log; says whether it was there.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub(crate) async fn delete(&self, name: &str) -> io::Result<bool> {
        let name = name.to_owned();
        self.on_disk(move |logs| {
            let Some(log) = logs.find(&name)? else { return Ok(false) };
            fs::remove_file(logs.folder.join(&log.name)).map(|()| true)
        })
        .await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ClientLogs) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let logs = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _alone = logs.change.lock().unwrap_or_else(PoisonError::into_inner);
            work(&logs)
        });
        work.await.map_err(io::Error::other)?
    }

    fn write(&self, user: &UserId, form: Form, at: Timestamp, content: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let logs = self.read_folder()?;
        let last = logs.iter().filter(|log| log.user == *user && log.received_at == at).map(|log| log.number);
        let number = last.max().map_or(0, |last| last.saturating_add(1));
        let name = format!("{user}.{}.{number}.{}", at.0, form.suffix());
        // Whoever looks into the folder sees whole files only, also after the machine has lost its power.
        let unfinished = self.folder.join(UNFINISHED);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()?;
        self.make_room(user)
    }

    /// Removes the oldest logs of a user, and of all, while there are too many.
    fn make_room(&self, user: &UserId) -> io::Result<()> {
        let logs = self.read_folder()?;
        let (own, others): (Vec<_>, Vec<_>) = logs.into_iter().partition(|log| log.user == *user);
        let too_many_own = own.len().saturating_sub(self.settings.per_user_max as usize);
        let (gone, own) = own.split_at(too_many_own);
        self.remove(gone, Limit::ClientLogsPerUser)?;
        let mut rest: Vec<ClientLog> = own.iter().cloned().chain(others).collect();
        rest.sort_by_key(ClientLog::age);
        let too_many = rest.len().saturating_sub(self.settings.logs_max as usize);
        self.remove(&rest[..too_many], Limit::ClientLogs)
    }

    fn remove(&self, logs: &[ClientLog], limit: Limit) -> io::Result<()> {
        for log in logs {
            fs::remove_file(self.folder.join(&log.name))?;
            self.metrics.reached(limit);
        }
        Ok(())
    }

    fn find(&self, name: &str) -> io::Result<Option<ClientLog>> {
        Ok(self.read_folder()?.into_iter().find(|log| log.name == name))
    }

    /// The logs in the folder, oldest first. Other files are passed over.
    fn read_folder(&self) -> io::Result<Vec<ClientLog>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut logs = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Some(log) = entry.file_name().to_str().and_then(ClientLog::named) else { continue };
            match entry.metadata() {
                Ok(about) => logs.push(ClientLog { bytes: about.len(), ..log }),
                // An operator has just deleted it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        logs.sort_by_key(ClientLog::age);
        Ok(logs)
    }
}

impl ClientLog {
    /// What the file's name says.
    fn named(name: &str) -> Option<ClientLog> {
        let mut parts = name.rsplitn(4, '.');
        let suffix = parts.next()?;
        let number = parts.next()?.parse().ok()?;
        let received_at = Timestamp(parts.next()?.parse().ok()?);
        let user = UserId::new(parts.next()?).ok()?;
        let form = Form::ALL.into_iter().find(|form| form.suffix() == suffix)?;
        Some(ClientLog { name: name.to_owned(), user, received_at, number, form, bytes: 0 })
    }

    fn age(&self) -> (Timestamp, u32, UserId) {
        (self.received_at, self.number, self.user.clone())
    }
}

/// The folder of the logs in the data folder.
const FOLDER: &str = "client-logs";
/// How long a log waits for a place: as long as the one before it may take to arrive.
const PLACE_TIME: Duration = Duration::from_secs(10);
/// A log that is being written.
const UNFINISHED: &str = "unfinished";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn logs(data: &Path, per_user_max: u32, logs_max: u32) -> ClientLogs {
        let settings = config::ClientLogs { per_user_max, logs_max, ..Config::default().client_logs };
        ClientLogs::new(data, settings, Arc::default())
    }

    async fn names(logs: &ClientLogs) -> Vec<String> {
        logs.list().await.unwrap().into_iter().map(|log| log.name).collect()
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[tokio::test]
    async fn a_log_is_kept_read_and_deleted() {
        let data = tempfile::tempdir().unwrap();
        let logs = logs(data.path(), 10, 10);
        assert_eq!(names(&logs).await, Vec::<String>::new(), "there is no folder yet");
        logs.keep(user("a.b-c"), Form::Text, Timestamp(5), b"one".to_vec()).await.unwrap();
        logs.keep(user("a.b-c"), Form::Zip, Timestamp(5), b"PK two".to_vec()).await.unwrap();
        assert_eq!(names(&logs).await, ["a.b-c.5.0.txt", "a.b-c.5.1.zip"]);
        let (log, content) = logs.read("a.b-c.5.1.zip").await.unwrap().unwrap();
        assert_eq!(
            (log.user, log.form, log.bytes, content),
            (user("a.b-c"), Form::Zip, 6, b"PK two".to_vec())
        );
        assert!(logs.delete("a.b-c.5.0.txt").await.unwrap());
        assert!(!logs.delete("a.b-c.5.0.txt").await.unwrap());
        assert_eq!(names(&logs).await, ["a.b-c.5.1.zip"]);
    }

    /// A name leads to nothing but logs.
    #[tokio::test]
    async fn other_files_are_not_there() {
        let data = tempfile::tempdir().unwrap();
        let logs = logs(data.path(), 10, 10);
        logs.keep(user("7001"), Form::Text, Timestamp(5), b"one".to_vec()).await.unwrap();
        fs::write(data.path().join("7001.1.0.txt"), "outside").unwrap();
        fs::write(data.path().join(FOLDER).join("notes.txt"), "other").unwrap();
        for name in ["../7001.1.0.txt", "notes.txt", "", ".", "..", "/etc/passwd", "7001.1.0.txt"] {
            assert!(logs.read(name).await.unwrap().is_none(), "{name}");
            assert!(!logs.delete(name).await.unwrap(), "{name}");
        }
        assert_eq!(names(&logs).await, ["7001.5.0.txt"]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_arrive_at_once() {
        let data = tempfile::tempdir().unwrap();
        let settings = config::ClientLogs { arriving_max: 1, ..Config::default().client_logs };
        let logs = ClientLogs::new(data.path(), settings, Arc::default());
        let first = logs.place().await.unwrap();
        assert!(logs.place().await.is_none(), "ten seconds later");
        assert_eq!(logs.metrics.times_reached(Limit::ClientLogsArriving), 1);
        let (next, ()) = tokio::join!(logs.place(), async { drop(first) });
        assert!(next.is_some(), "the first one has gone meanwhile");
        assert_eq!(logs.metrics.times_reached(Limit::ClientLogsArriving), 1);
    }

    #[tokio::test]
    async fn the_oldest_go_when_there_are_too_many() {
        let data = tempfile::tempdir().unwrap();
        let logs = logs(data.path(), 2, 3);
        for (id, at) in [("7001", 1), ("7001", 2), ("7002", 3), ("7001", 4), ("7003", 5)] {
            logs.keep(user(id), Form::Text, Timestamp(at), Vec::new()).await.unwrap();
        }
        assert_eq!(names(&logs).await, ["7002.3.0.txt", "7001.4.0.txt", "7003.5.0.txt"]);
        assert_eq!(logs.metrics.times_reached(Limit::ClientLogsPerUser), 1);
        assert_eq!(logs.metrics.times_reached(Limit::ClientLogs), 1);
    }
}
