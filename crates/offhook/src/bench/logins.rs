//! `bench login`: how many sessions per second come up. Each leaves again at once.
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::bail;
use hdrhistogram::Histogram;

use super::accounts::Account;
use super::fleet::{Fleet, STALL};
use super::login::{Login, Presence};
use super::options::{ServerArgs, Target};
use super::process;
use super::report::{Latency, Report};

const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#;

#[derive(clap::Args, Debug)]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Logins under way at the same time; no more than there are accounts.
    #[arg(long, value_name = "N", default_value_t = 64)]
    concurrency: usize,
    /// Accounts to use of --accounts; default: all of them.
    #[arg(long, value_name = "N")]
    users: Option<usize>,
    /// Seconds to measure.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
    /// Measure from the first login on. Otherwise every account logs in once before, so that the server may
    /// remember it.
    #[arg(long)]
    cold: bool,
}

/// One of the logins under way.
enum Slot {
    Empty,
    Working {
        login: Box<Login>,
        started: Instant,
    },
    /// Logged in and leaving.
    Leaving {
        account: Account,
    },
}

pub(super) fn run(args: LoginArgs) -> anyhow::Result<Report> {
    let server = &args.server;
    let target = server.target()?;
    let users = if server.has_own_accounts() { args.users } else { Some(args.concurrency) };
    let accounts = server.session_accounts(users, server.password()?.as_deref())?;
    if accounts.len() < args.concurrency {
        bail!("{} accounts for {} logins at the same time", accounts.len(), args.concurrency);
    }
    process::allow_open_files(args.concurrency)?;

    let warm_up = if args.cold { 0 } else { accounts.len() as u64 };
    let mut churn = Churn::new(target, accounts, args.concurrency)?;
    churn.run(|churn| churn.logins >= warm_up)?;

    let (logins_before, started) = (churn.logins, Instant::now());
    let cpu_before = server.pid.map(process::cpu_time).transpose()?;
    let own_before = process::cpu_time("self")?;
    churn.latency.clear();
    churn.run(|_| started.elapsed() >= Duration::from_secs(args.seconds))?;

    let seconds = started.elapsed().as_secs_f64();
    let logins = churn.logins - logins_before;
    let mut report = Report {
        benchmark: "login".into(),
        server: server.label.clone(),
        sessions: args.concurrency,
        seconds,
        logins_per_second: Some(logins as f64 / seconds),
        latency: Some(Latency::from(&churn.latency)),
        generator_cores: Some((process::cpu_time("self")? - own_before).as_secs_f64() / seconds),
        as_json: server.json,
        ..Report::default()
    };
    if let (Some(pid), Some(before)) = (server.pid, cpu_before) {
        report.set_server_cpu(process::cpu_time(pid)? - before, 0, logins);
    }
    Ok(report)
}

struct Churn {
    target: Target,
    fleet: Fleet,
    slots: Vec<Slot>,
    /// Not logged in; the one that has rested longest comes first.
    resting: VecDeque<Account>,
    logins: u64,
    started: u64,
    last_progress: Instant,
    /// Microseconds of a whole login.
    latency: Histogram<u64>,
}

impl Churn {
    fn new(target: Target, accounts: Vec<Account>, concurrency: usize) -> anyhow::Result<Churn> {
        Ok(Churn {
            target,
            fleet: Fleet::new()?,
            slots: (0..concurrency).map(|_| Slot::Empty).collect(),
            resting: accounts.into(),
            logins: 0,
            started: 0,
            last_progress: Instant::now(),
            latency: Histogram::new_with_bounds(1, 600_000_000, 3)?,
        })
    }

    fn run(&mut self, done: impl Fn(&Churn) -> bool) -> anyhow::Result<()> {
        while !done(self) {
            self.fill()?;
            let Churn { fleet, slots, logins, latency, last_progress, .. } = self;
            fleet.turn(Duration::from_millis(100), |index, now, outbox, text| {
                *last_progress = now;
                let slot = &mut slots[index];
                let Slot::Working { login, started } = slot else {
                    if text.starts_with("<close") {
                        outbox.close();
                    }
                    return Ok(());
                };
                if login.handle(outbox, text, now)?.is_some() {
                    *logins += 1;
                    latency.saturating_record(now.duration_since(*started).as_micros() as u64);
                    outbox.send(CLOSE);
                    *slot = Slot::Leaving { account: login.account().clone() };
                }
                Ok(())
            })?;
            for index in std::mem::take(&mut self.fleet.ended) {
                match std::mem::replace(&mut self.slots[index], Slot::Empty) {
                    Slot::Leaving { account } => self.resting.push_back(account),
                    _ => bail!("the server ended a connection during a login"),
                }
            }
            if self.last_progress.elapsed() > STALL {
                bail!("no answer for {STALL:?}, after {} logins", self.logins);
            }
        }
        Ok(())
    }

    /// Starts a login in every empty slot.
    fn fill(&mut self) -> anyhow::Result<()> {
        for index in 0..self.slots.len() {
            if !matches!(self.slots[index], Slot::Empty) {
                continue;
            }
            let Some(account) = self.resting.pop_front() else { break };
            self.fleet.connect(index, &self.target)?;
            self.started += 1;
            let resource = format!("bench-{}", self.started);
            let now = Instant::now();
            let login = Login::new(&self.target, account, resource, Presence::Available, now)?;
            self.slots[index] = Slot::Working { login: Box::new(login), started: now };
        }
        Ok(())
    }
}
