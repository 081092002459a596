//! The stream itself: its states at both ends and its errors.
//!
//! Both ends are driven the same way: hand in one message (or a timeout, or the answer to an event), then
//! drain `poll_output`. One WebSocket text message is one frame here (RFC 7395 §3.3); the server's end speaks over TCP and
//! BOSH as well, see [`Framing`].

mod client;
mod entropy;
mod error;
mod management;
mod server;

pub use client::{
    Authzid, ClientConfig, ClientError, ClientEvent, ClientStream, ManagementChoice, MechanismChoice,
    SessionRequest, Suspended,
};
pub use error::{StreamCondition, StreamError};
pub use management::{HandledCountTooHigh, InvalidNonza, Nonza, Resumption, Unacknowledged};
pub use server::{
    Caps, Channel, ClientState, Framing, ManagementConfig, ServerStream, StartTls, StreamConfig, StreamEvent,
    StreamLimit,
};

/// What a stream wants done, in this order.
///
/// `E` is [`StreamEvent`] at the server's end and [`ClientEvent`] at the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<E = StreamEvent> {
    /// Send this: on a WebSocket as one text message.
    Frame(String),
    /// Something for the driver to know or to answer.
    Event(E),
    /// Nothing follows: send what is waiting, then close; a WebSocket by its closing handshake with code 1000.
    Close,
}
