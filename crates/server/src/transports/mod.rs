//! What carries elements between a client and a stream. A transport is a task and decides nothing.

mod backend;
pub mod bosh;
mod departures;
mod driver;
mod open_streams;
mod reason;
mod session;
mod socket;
pub mod tcp;
pub mod websocket;
mod wire;
mod write;

pub use backend::Backend;
pub(crate) use open_streams::OpenStream;
pub use open_streams::OpenStreams;
pub use socket::Socket;

use std::net::SocketAddr;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its address, as the socket or a trusted proxy tells. The port is 0 where a proxy does not tell it.
    pub address: SocketAddr,
    /// Whether what it sends is encrypted.
    pub is_encrypted: bool,
    /// It is behind a trusted proxy, so the connection that we see is not its own.
    pub is_proxied: bool,
}
