//! Listening sockets: bound early, so that a taken port is told before anything else happens; accepted from under a
//! limit on connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::config::ListenAddress;
use crate::gate::{Gate, Permit};

/// A bound address.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// Why an address could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// The address as it was written.
    pub address: ListenAddress,
    /// What the system said.
    pub source: io::Error,
}

impl Listener {
    /// Binds the first address that the host's name stands for and that can be bound.
    ///
    /// # Errors
    ///
    /// What the system said about the last of them.
    pub async fn bind(address: &ListenAddress) -> Result<Listener, ListenError> {
        let failed = |source| ListenError { address: address.clone(), source };
        let candidates =
            tokio::net::lookup_host((address.host.as_str(), address.port)).await.map_err(failed)?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for candidate in candidates {
            match bind(candidate) {
                Ok(socket) => {
                    let address = socket.local_addr().map_err(failed)?;
                    return Ok(Listener { socket, address });
                }
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    /// The address with the port that is really used.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the next connection, and before that for room under the limit.
    ///
    /// Never fails: what can go wrong is either the peer's (it left before it was accepted) or passes (no file
    /// descriptor free), and then this waits a little and tries again.
    pub(crate) async fn accept(&self, gate: &Arc<Gate>) -> (TcpStream, SocketAddr, Permit) {
        let permit = gate.room().await;
        loop {
            match self.socket.accept().await {
                Ok((stream, peer)) => {
                    // Answers and notifications are written whole; waiting for more would only delay them.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "connection lost while accepting");
                        continue;
                    }
                    return (stream, peer, permit);
                }
                Err(error) if is_the_peers(&error) => {
                    tracing::debug!(listener = %self.address, %error, "connection lost while accepting");
                }
                Err(error) => {
                    tracing::warn!(listener = %self.address, %error, "cannot accept, trying again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for connections of the last run to fade.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Raises the limit on open files as far as this account may, because every connection needs one. Returns it.
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// Connections the system may hold until we accept them: a whole floor signing in at once.
const BACKLOG: u32 = 4096;

/// How long accepting rests when the system has no file descriptor for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
