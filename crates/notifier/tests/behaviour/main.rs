//! What the notifier does, seen from its sessions: who sends, who receives.

mod access;
mod accounts;
mod administration;
mod affiliations;
mod approval;
mod binding;
mod blocking;
mod commands;
mod disco;
mod features;
mod log;
mod nodes;
mod notifications;
mod presence;
mod property;
mod recovery;
mod recovery_property;
mod requests;
mod roster;
mod routing;
mod size;
mod subscription_options;
mod subscription_property;
mod subscription_states;
mod subscriptions;
mod world;
