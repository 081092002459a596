//! XMPP over TCP (RFC 6120): one stream per connection, in the clear, with STARTTLS, or in TLS from the first byte.

mod wire;

use std::sync::Arc;
use std::time::Instant;

use xmpp::stream::{StartTls, StreamConfig};

use super::driver::Driver;
use super::session::Session;
use super::wire::Wire;
use super::{Backend, Peer, Socket};
use crate::config::ListenerKind;
use crate::tls::Acceptor;
use wire::TcpWire;

/// What all streams of one listener share.
pub struct TcpStreams {
    backend: Arc<Backend>,
    stream: Arc<StreamConfig>,
    starttls: StartTls,
    /// What STARTTLS leads to, where it is on offer.
    acceptor: Option<Acceptor>,
}

/// What a listener with TLS tells clients that it speaks (XEP-0368 §3).
pub(crate) const APPLICATION_PROTOCOLS: [&str; 1] = ["xmpp-client"];

impl TcpStreams {
    /// Streams of a listener.
    ///
    /// - `acceptor`: what STARTTLS leads to; none if it is not on offer.
    pub fn new(backend: Arc<Backend>, listener: ListenerKind, acceptor: Option<Acceptor>) -> TcpStreams {
        let mut stream = backend.stream_config(listener);
        stream.framing = TcpWire::FRAMING;
        let starttls = if acceptor.is_some() { backend.config.tcp.starttls } else { StartTls::Off };
        TcpStreams { stream: Arc::new(stream), starttls, acceptor, backend }
    }

    /// Gives a connection a task of its own.
    pub(crate) fn begin(&self, socket: Socket, peer: Peer) {
        let config = &self.backend.config;
        socket.set_unacknowledged_timeout(config.tcp.unacknowledged_timeout);
        let now = Instant::now();
        let mut channel = socket.channel(peer, &config.auth);
        channel.starttls = self.starttls;
        let driver = Driver::new(Arc::clone(&self.backend), Arc::clone(&self.stream), peer, channel, now);
        let wire = TcpWire::new(self.acceptor.clone());
        tokio::spawn(Session::new(driver, wire, socket, &[], now));
    }
}
