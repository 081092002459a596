//! The server: listeners, accounts, the hub, transports, the REST API and the durable log.

mod acceptors;
pub mod accounts;
pub mod administration;
mod admission;
pub mod config;
pub mod control;
pub mod credentials;
pub mod data_dir;
pub mod demo;
mod door;
pub mod events;
pub mod exit;
pub mod faults;
mod gate;
pub mod http;
pub mod hub;
pub mod listener;
pub mod log;
pub mod metrics;
pub mod outbox;
pub mod pair;
pub mod rest;
pub mod serve;
pub mod suspended;
pub mod tls;
pub mod tokens;
pub mod transports;
