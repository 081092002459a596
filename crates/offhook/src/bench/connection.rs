//! One WebSocket connection of the load generator: connect, upgrade, frames both ways.
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

use anyhow::{Context, bail};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use xmpp::websocket::{Decoder, Event, Opcode, Role, encode_close, encode_masked};

use super::options::Target;

/// Larger than any message of a benchmark.
const MESSAGE_BYTES_MAX: usize = 16 << 20;
/// An HTTP response head longer than this is no upgrade.
const HEAD_BYTES_MAX: usize = 8 << 10;

pub(crate) struct Connection {
    socket: TcpStream,
    decoder: Decoder,
    outbox: Outbox,
    /// The response to the upgrade, as far as it is here; `None` once upgraded.
    head: Option<Vec<u8>>,
    /// The server closed, or we did.
    ended: bool,
}

/// Frames on their way out. Always of bounded size, because the benchmarks bound what they have under way.
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    mask: u32,
}

impl Connection {
    /// Begins to connect; the upgrade request is on its way as soon as the socket takes it.
    pub(super) fn start(target: &Target) -> io::Result<Connection> {
        let family = if target.address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
        rustix::net::sockopt::set_tcp_nodelay(&socket, true)?;
        match rustix::net::connect(&socket, &target.address) {
            Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: xmpp\r\nOrigin: http://{}\r\n\r\n",
            target.path, target.host, target.host
        );
        Ok(Connection {
            socket: socket.into(),
            decoder: Decoder::new(Role::Client, MESSAGE_BYTES_MAX),
            outbox: Outbox { bytes: request.into_bytes(), mask: 0x9E37_79B9 },
            head: Some(Vec::new()),
            ended: false,
        })
    }

    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Says whether [`Connection::flush`] has more to do once the socket has room.
    pub(super) fn wants_to_write(&self) -> bool {
        !self.outbox.bytes.is_empty()
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while !self.outbox.bytes.is_empty() {
            match self.socket.write(&self.outbox.bytes) {
                Ok(written) => {
                    self.outbox.bytes.drain(..written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Still connecting.
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads once, into `scratch`, and calls `handle` for each text message in it.
    ///
    /// A call with an empty text says that the upgrade is done. One read per readiness keeps the loop fair.
    pub(super) fn receive(
        &mut self,
        scratch: &mut [u8],
        mut handle: impl FnMut(&mut Outbox, &str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let count = match self.socket.read(scratch) {
            Ok(0) => {
                self.ended = true;
                return Ok(());
            }
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.ended = true;
                return Ok(());
            }
            Err(error) => return Err(error).context("cannot read from the server"),
        };
        let mut input = &mut scratch[..count];
        let mut after_head;
        if let Some(head) = &mut self.head {
            head.extend_from_slice(input);
            let Some(end) = memchr::memmem::find(head, b"\r\n\r\n") else {
                if head.len() > HEAD_BYTES_MAX {
                    bail!("the answer to the upgrade is longer than {HEAD_BYTES_MAX} bytes");
                }
                return Ok(());
            };
            check_head(&head[..end])?;
            after_head = head.split_off(end + 4);
            self.head = None;
            handle(&mut self.outbox, "")?;
            input = &mut after_head;
        }
        while let Some(event) = self.decoder.decode(&mut input)? {
            match event {
                Event::Text(text) => handle(&mut self.outbox, &text)?,
                Event::Ping(payload) => self.outbox.frame(Opcode::Pong, &payload),
                Event::Pong(_) => {}
                Event::Binary(_) => bail!("the server sent a binary message"),
                Event::Close { code, .. } => {
                    let mask = self.outbox.next_mask();
                    encode_close(code, "", Some(mask), &mut self.outbox.bytes);
                    self.ended = true;
                }
            }
        }
        Ok(())
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Outbox {
    pub(super) fn send(&mut self, text: &str) {
        self.frame(Opcode::Text, text.as_bytes());
    }

    /// Begins the closing handshake. Nothing may be sent after it.
    pub(super) fn close(&mut self) {
        let mask = self.next_mask();
        encode_close(Some(1000), "", Some(mask), &mut self.bytes);
    }

    fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = self.next_mask();
        encode_masked(opcode, payload, mask, &mut self.bytes);
    }

    /// A different mask per frame (xorshift). Predictable, which does no harm: the generator is no browser
    /// that a page could talk into sending bytes (RFC 6455 §10.3).
    fn next_mask(&mut self) -> [u8; 4] {
        self.mask ^= self.mask << 13;
        self.mask ^= self.mask >> 17;
        self.mask ^= self.mask << 5;
        self.mask.to_ne_bytes()
    }
}

fn check_head(head: &[u8]) -> anyhow::Result<()> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        bail!("the server refused the upgrade: {status}");
    }
    let protocol = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"))
        .map(|(_, value)| value.trim());
    if protocol != Some("xmpp") {
        bail!("the server upgraded without the subprotocol xmpp");
    }
    Ok(())
}
