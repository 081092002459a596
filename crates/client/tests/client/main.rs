//! The client against peers in this process: every wrong answer to the upgrade, every fault of a certificate, and
//! a small server that speaks properly.

mod line;
mod peer;
mod rest;
mod server;
mod tls;
mod upgrade;
