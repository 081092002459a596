//! The way to a running server for `offhook user` and `offhook fault`: a socket in the data folder that only its owner may
//! use.
//!
//! One request per connection: a line of JSON ([`ControlRequest`]) there, a line of JSON ([`ControlAnswer`]) back.

use crate::administration::{AccountAnswer, AccountRequest};
use crate::data_dir::DataDir;
use crate::faults::{FaultsAnswer, FaultsRequest};
use rustix::fs::{Mode, OFlags};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::Permissions;
use std::future::Future;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ControlRequest {
    /// About accounts.
    Account(AccountRequest),
    /// About faults.
    Faults(FaultsRequest),
}

/// What is answered to a [`ControlRequest`] of the same kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ControlAnswer {
    /// About accounts.
    Account(AccountAnswer),
    /// About faults.
    Faults(FaultsAnswer),
}

/// The listening socket. Dropping it removes the file.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Makes the socket in a data folder that this process owns. To be called inside a runtime.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn listen(dir: &DataDir) -> io::Result<ControlSocket> {
        let path = dir.join(SOCKET_FILE);
        // The folder is locked, so whoever made this file is gone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let address = Address::of(dir.path())?;
        let listener = UnixListener::bind(&address.path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(ControlSocket { listener, path })
    }

    /// Serves requests until it is dropped.
    ///
    /// - `answer`: does what is asked. Called for up to [`REQUESTS_AT_ONCE`] requests at a time.
    pub async fn serve<A, F>(self, answer: A)
    where
        A: Fn(ControlRequest) -> F + Send + Sync + 'static,
        F: Future<Output = ControlAnswer> + Send + 'static,
    {
        let answer = Arc::new(answer);
        let places = Arc::new(Semaphore::new(REQUESTS_AT_ONCE));
        loop {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the control socket cannot accept");
                    // Out of file descriptors, most likely; others will give some back.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                if let Err(error) = serve_one(stream, &*answer).await {
                    tracing::debug!(%error, "a request on the control socket failed");
                }
                drop(place);
            });
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // It may be gone with the folder; there is nothing left to do about it then.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve_one<A, F>(mut stream: UnixStream, answer: &A) -> io::Result<()>
where
    A: Fn(ControlRequest) -> F,
    F: Future<Output = ControlAnswer>,
{
    let peer = stream.peer_cred()?.uid();
    // The mode of the file says the same, but only from a moment after its making.
    if peer != 0 && peer != rustix::process::geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let line = timeout(REQUEST_TIMEOUT, read_line(&mut stream)).await??;
    let reply = match serde_json::from_slice(&line) {
        Ok(request) => answer(request).await,
        // In the same form for all kinds.
        Err(error) => ControlAnswer::Account(AccountAnswer::Refused(format!(
            "the server does not understand the request: {error}"
        ))),
    };
    timeout(REQUEST_TIMEOUT, stream.write_all(&to_line(&reply)?)).await?
}

async fn read_line(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        if line.len() > MESSAGE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too long"));
        }
        if stream.read_buf(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(line)
}

/// Asks the server that uses a data folder. Blocks until it has answered.
///
/// - `request`: one of the kinds of [`ControlRequest`]; the answer is of the same kind.
///
/// `None` if no server is there: the folder's data can be opened instead.
///
/// # Errors
///
/// Those of the socket, for instance because the server belongs to another user.
pub fn ask<Q: Serialize, A: DeserializeOwned>(data: &Path, request: &Q) -> io::Result<Option<A>> {
    let connected =
        Address::of(data).and_then(|address| std::os::unix::net::UnixStream::connect(&address.path));
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let line = to_line(request)?;
    if line.len() > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "that is too much for one request; use smaller files",
        ));
    }
    stream.write_all(&line)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    if reply.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the server gave no answer; is it stopping?",
        ));
    }
    Ok(Some(serde_json::from_slice(&reply)?))
}

fn to_line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

/// A path for the socket that is short enough: the system takes 107 bytes, data folders may be deeper.
struct Address {
    path: PathBuf,
    /// Keeps `path` valid if it goes through the folder's descriptor.
    _folder: Option<OwnedFd>,
}

impl Address {
    fn of(dir: &Path) -> io::Result<Address> {
        let path = dir.join(SOCKET_FILE);
        if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
            return Ok(Address { path, _folder: None });
        }
        let folder =
            rustix::fs::open(dir, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET_FILE}", folder.as_raw_fd()));
        Ok(Address { path, _folder: Some(folder) })
    }
}

/// Requests served at a time. More wait.
pub const REQUESTS_AT_ONCE: usize = 4;
const SOCKET_FILE: &str = "control.sock";
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// A request or answer; 100,000 accounts take about 60 MB.
const MESSAGE_BYTES_MAX: usize = 128 << 20;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use contact::UserId;

    async fn ask_in_thread(data: PathBuf, request: AccountRequest) -> io::Result<Option<AccountAnswer>> {
        tokio::task::spawn_blocking(move || ask(&data, &request)).await.expect("does not panic")
    }

    #[tokio::test]
    async fn a_request_gets_its_answer_also_in_a_deep_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in [folder.path().join("data"), folder.path().join("deep".repeat(50)).join("er".repeat(50))]
        {
            let dir = DataDir::open(&path).expect("free");
            let nobody = ask_in_thread(path.clone(), AccountRequest::List).await.expect("works");
            assert_eq!(nobody, None, "no server");
            let socket = ControlSocket::listen(&dir).expect("listens");
            let mode = std::fs::metadata(path.join(SOCKET_FILE)).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let serving = tokio::spawn(socket.serve(async |request| match request {
                ControlRequest::Account(AccountRequest::Remove { user }) => {
                    ControlAnswer::Account(AccountAnswer::Refused(format!("not {user}")))
                }
                _ => ControlAnswer::Account(AccountAnswer::Done),
            }));
            let user = UserId::new("1001001").expect("good");
            let answer = ask_in_thread(path.clone(), AccountRequest::Remove { user }).await.expect("works");
            assert_eq!(answer, Some(AccountAnswer::Refused("not 1001001".into())));
            serving.abort();
            assert!(serving.await.expect_err("aborted").is_cancelled());
            assert!(!path.join(SOCKET_FILE).exists(), "removed");
        }
    }

    #[tokio::test]
    async fn what_is_not_a_request_is_said_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dir = DataDir::open(folder.path()).expect("free");
        let socket = ControlSocket::listen(&dir).expect("listens");
        let _serving = tokio::spawn(socket.serve(async |_| ControlAnswer::Account(AccountAnswer::Done)));
        let mut stream = UnixStream::connect(folder.path().join(SOCKET_FILE)).await.expect("connects");
        stream.write_all(b"{\"do\":\"dance\"}\n").await.expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("answered");
        assert!(reply.contains("does not understand"), "{reply}");
    }
}
