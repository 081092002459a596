//! Faults that a live trace meets before there is a WebSocket, each made with real parts on the loopback interface:
//! the finding has the right name, stage and confidence, and says what was seen.

mod network;
#[path = "../../../client/tests/client/peer.rs"]
#[allow(dead_code)] // The client's own tests use more of it.
mod peer;
mod tls;
mod traced;
mod upgrade;
