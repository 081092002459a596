//! The contact centre from outside: what is decided, what is written, and that it always holds together.

mod access;
mod configuration;
mod decisions;
mod documents;
mod fuzz_seeds;
mod room;
mod walk;
