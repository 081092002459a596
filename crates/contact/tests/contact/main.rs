//! The contact centre from outside: what is decided, what is written, and that it always holds together.

mod access;
mod call_flows;
mod call_refusals;
mod call_rules;
mod call_walk;
mod calls;
mod config_documents;
mod configuration;
mod configured;
mod decisions;
mod desktop;
mod documents;
mod fuzz_seeds;
mod media;
mod outbound;
mod progressive;
mod queue_flows;
mod repetition;
mod room;
mod team_messages;
mod walk;
mod workflows;
