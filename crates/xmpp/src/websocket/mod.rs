//! The WebSocket frame layer (RFC 6455 §5), both ends, without a socket.
//!
//! [`Decoder`] turns the bytes of a connection into [`Event`]s. It reads from a buffer that belongs to the
//! caller and keeps nothing of its own while no message is under way, so that a worker can serve many
//! thousand idle connections from one scratch buffer. What leaves is written either as a [`FrameHeader`]
//! in front of bytes that many connections share, or by [`encode`] and [`encode_masked`] for single frames.
//!
//! Not here: the HTTP handshake, extensions (a reserved bit is always an error), timers, and what to do
//! about a binary message, which is the caller's decision (RFC 7395 §3.2 has no use for one).
//!
//! ```
//! use xmpp::websocket::{Decoder, Event, Opcode, Role, encode_masked};
//!
//! let mut wire = Vec::new();
//! encode_masked(Opcode::Text, b"<open/>", [1, 2, 3, 4], &mut wire);
//!
//! let mut decoder = Decoder::new(Role::Server, 10_000);
//! let mut input = wire.as_mut_slice();
//! while let Some(event) = decoder.decode(&mut input)? {
//!     assert_eq!(event, Event::Text("<open/>".into()));
//! }
//! # Ok::<(), xmpp::websocket::WsError>(())
//! ```
mod close;
mod decode;
mod encode;
mod error;
mod header;
mod mask;
mod text;

use std::borrow::Cow;

pub use close::{ClosePayload, close_payload};
pub use decode::Decoder;
pub use encode::{encode, encode_close, encode_masked};
pub use error::WsError;
pub use header::{FrameHeader, frame_header};

/// Payload of a control frame is at most this long (RFC 6455 §5.5).
pub const CONTROL_BYTES_MAX: usize = 125;

/// The end of the connection that we are. The server receives masked frames, the client plain ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We accepted the connection.
    Server,
    /// We opened the connection.
    Client,
}

/// What a frame carries (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message that an earlier frame began.
    Continuation = 0x0,
    /// UTF-8 text, or the beginning of it.
    Text = 0x1,
    /// Bytes, or the beginning of them.
    Binary = 0x2,
    /// The closing handshake.
    Close = 0x8,
    /// Asks for a pong.
    Ping = 0x9,
    /// Answers a ping, or comes unasked.
    Pong = 0xA,
}

impl Opcode {
    /// Says whether this is a close, ping or pong, which may stand between the fragments of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }

    fn from_bits(bits: u8) -> Option<Opcode> {
        Some(match bits {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xA => Opcode::Pong,
            _ => return None,
        })
    }
}

/// Something complete that the peer sent.
///
/// Borrowed content lies in the input given to [`Decoder::decode`], with the mask taken off in place. It is
/// owned only if it arrived in several pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A text message, from one frame or several.
    Text(Cow<'a, str>),
    /// A binary message, from one frame or several.
    Binary(Cow<'a, [u8]>),
    /// A ping; answer with a pong of the same payload (RFC 6455 §5.5.2). At most 125 bytes.
    Ping(Cow<'a, [u8]>),
    /// A pong, asked for or not. At most 125 bytes.
    Pong(Cow<'a, [u8]>),
    /// The peer's close frame. Nothing is decoded after it.
    Close {
        /// Why the peer closes; `None` if it did not say. Never a code that may not be on the wire.
        code: Option<u16>,
        /// For people; may be empty. At most 123 bytes.
        reason: Cow<'a, str>,
    },
}
