//! BOSH over real sockets, against a server in this process.

mod client;
mod ends;
mod faults;
mod host_meta;
mod http;
mod limits;
mod sessions;
#[path = "../sessions/start.rs"]
mod start;
