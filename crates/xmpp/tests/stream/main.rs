//! Streams on virtual time: the server's end alone, the client's end alone, and both against each other.

mod arbitrary;
mod authentication;
mod client;
mod driver;
mod framing;
mod login;
mod management;
mod server;
mod stanzas;
