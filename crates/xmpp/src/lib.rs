//! One XMPP stream, either end: XML, framing, SASL and stream states.
//!
//! Pure: no socket, clock, random number or runtime. Bytes, time and entropy come in as arguments.
#![forbid(unsafe_code)]

pub mod websocket;
