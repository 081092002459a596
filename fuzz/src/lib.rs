//! What the fuzz targets call: one function per entry point for outside bytes.
//!
//! A module here depends on nothing but the crate it judges, so that the crate's own tests can include it and
//! run it over the seeds, without a nightly compiler.
pub mod bosh;
pub mod contact;
pub mod notifier;
pub mod scenario;
pub mod store;
pub mod stream;
pub mod tracer;
pub mod websocket;
