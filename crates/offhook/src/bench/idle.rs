//! `bench idle`: what a session costs that does nothing.
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::fleet::Fleet;
use super::login::Presence;
use super::options::ServerArgs;
use super::process;
use super::report::Report;

#[derive(clap::Args, Debug)]
pub(crate) struct IdleArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Sessions to set up.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    sessions: usize,
    /// Seconds to hold them before the memory is read.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    hold: u64,
}

pub(super) fn run(args: IdleArgs) -> anyhow::Result<Report> {
    let server = &args.server;
    let pid = server.pid.context("whose memory? Give the server's process with --pid")?;
    let target = server.target()?;
    let accounts = server.session_accounts(Some(args.sessions), server.password()?.as_deref())?;
    // Presence of one account goes to all its sessions: with one account for all it would cost its square.
    let presence = if server.has_own_accounts() { Presence::Available } else { Presence::None };

    let before = process::memory(pid)?;
    let started = Instant::now();
    let mut fleet = Fleet::new()?;
    fleet.log_in(&target, &accounts, presence, server.connecting_max)?;
    let seconds = started.elapsed().as_secs_f64();
    let held = Instant::now();
    while held.elapsed() < Duration::from_secs(args.hold) {
        fleet.turn(Duration::from_millis(100), |_, _, _, _| Ok(()))?;
        if let Some(index) = fleet.ended.first() {
            bail!("session {index}: the server ended it");
        }
    }
    let mut report = Report {
        benchmark: "idle".into(),
        server: server.label.clone(),
        sessions: args.sessions,
        seconds,
        as_json: server.json,
        ..Report::default()
    };
    report.set_memory(before, process::memory(pid)?);
    Ok(report)
}
