//! The server: listeners, accounts, the hub, transports, the REST API and the durable log.

pub mod accounts;
pub mod config;
pub mod credentials;
pub mod data_dir;
pub mod log;
