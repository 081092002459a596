//! The server: listeners, accounts, the hub, transports, the REST API and the durable log.

pub mod config;
pub mod data_dir;
