//! XMPP over TCP (RFC 6120): one stream per connection, in the clear, with STARTTLS, or in TLS from the first byte.

mod wire;

use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use xmpp::stream::{Output, ServerStream, StartTls, StreamConfig};
use xmpp::{Channel, StreamCondition, StreamError};

use super::driver::Driver;
use super::session::Session;
use super::wire::Wire;
use super::{Backend, Peer, Socket};
use crate::admission::Refusal;
use crate::config::ListenerKind;
use crate::gate::{self, WORDS_TIMEOUT};
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

    /// Tells a client why it gets no stream (RFC 6120 §4.9.3.14), in an empty one, because an error must not come before
    /// the header (§4.9.1.2). There is no session, and nothing about it in the log.
    pub(crate) async fn refuse(&self, mut socket: Socket, refusal: Refusal) {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).expect("the system has random numbers");
        let mut stream =
            ServerStream::new(Arc::clone(&self.stream), Channel::default(), entropy, Instant::now());
        stream.end(StreamError::new(StreamCondition::PolicyViolation, gate::sentence(refusal)));
        let mut words = String::new();
        while let Some(output) = stream.poll_output() {
            if let Output::Frame(frame) = output {
                words += &frame;
            }
        }
        let telling = async {
            socket.write_all(words.as_bytes()).await?;
            socket.shutdown().await?;
            // Closing with bytes unread would reset the connection before the error is read.
            tokio::io::copy(&mut socket.take(UNREAD_BYTES_MAX), &mut tokio::io::sink()).await
        };
        // Whoever does not hear it has gone already.
        let _ = tokio::time::timeout(WORDS_TIMEOUT, telling).await;
    }
}

/// What is read of a client that has been told why it gets no stream.
const UNREAD_BYTES_MAX: u64 = 16 * 1024;
