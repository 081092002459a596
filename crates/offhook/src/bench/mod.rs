//! `offhook bench`: load on any server that speaks XMPP over WebSocket (RFC 7395), with every delivery verified.
//!
//! One thread, one epoll loop and our own frame decoder in its client role, because the generator must not be
//! what is measured: a read goes into one shared buffer and its frames are judged where they lie.
mod accounts;
mod bare;
mod connection;
mod fleet;
mod idle;
mod login;
mod logins;
mod marker;
mod options;
mod poller;
mod process;
mod pubsub;
mod report;
mod rest;
mod storm;
mod table;
mod tally;
mod web;

use std::process::ExitCode;

/// The arguments of `offhook bench`.
#[derive(clap::Args, Debug)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(clap::Subcommand, Debug)]
enum Mode {
    /// One node, many subscribers: how many deliveries per second leave the server.
    Fanout(pubsub::PubsubArgs),
    /// One node per subscriber, published to in turn: how many events per second come through.
    Unicast(pubsub::PubsubArgs),
    /// Sessions that do nothing: how much memory each one takes (needs --pid).
    Idle(idle::IdleArgs),
    /// Connect, upgrade, authenticate, bind, send presence, leave, again: logins per second.
    Login(logins::LoginArgs),
    /// All sessions lose their connection at once and resume: how long until they are back (XEP-0198).
    Storm(storm::StormArgs),
    /// Agents who change their state over REST and hear of it: changes per second, and how long until the event is there.
    Rest(rest::RestArgs),
    /// What this machine can do: a loop that writes ready-made frames, in a process of its own.
    Bare(bare::BareArgs),
    /// Prints the reports (--json) of several runs as one table with ratios.
    Table(table::TableArgs),
    /// The writing end of `bare`.
    #[command(hide = true)]
    BareWriter(bare::WriterArgs),
}

/// Runs one benchmark and prints its report.
///
/// Fails (exit code 1) when a delivery was missing, doubled or out of order: figures of such a run are
/// printed, but they are not to be believed.
///
/// # Errors
///
/// A server that cannot be reached, refuses a login or answers a request with an error.
pub(crate) fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    let report = match args.mode {
        Mode::Fanout(args) => pubsub::run(pubsub::Layout::Fanout, args)?,
        Mode::Unicast(args) => pubsub::run(pubsub::Layout::Unicast, args)?,
        Mode::Idle(args) => idle::run(args)?,
        Mode::Login(args) => logins::run(args)?,
        Mode::Storm(args) => storm::run(args)?,
        Mode::Rest(args) => rest::run(args)?,
        Mode::Bare(args) => bare::run(args)?,
        Mode::Table(args) => return table::run(args).map(|()| ExitCode::SUCCESS),
        Mode::BareWriter(args) => return bare::write_frames(args).map(|()| ExitCode::SUCCESS),
    };
    report.print()?;
    Ok(if report.verified() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
