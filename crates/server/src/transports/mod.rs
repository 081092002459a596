//! What carries frames between a socket and a stream. A transport is a task and decides nothing.

mod open_streams;
mod socket;
pub mod websocket;

pub use open_streams::OpenStreams;
pub use socket::Socket;

use std::net::SocketAddr;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its address, as the socket tells.
    pub address: SocketAddr,
    /// Whether what it sends is encrypted.
    pub is_encrypted: bool,
}
