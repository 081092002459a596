//! `bench storm`: every session loses its connection in the same moment, and all of them want to go on.
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use xmpp::sasl::Password;
use xmpp::stream::{
    ClientConfig, ClientEvent, ClientStream, ManagementChoice, MechanismChoice, Output, SessionRequest,
    Suspended,
};

use super::accounts::Account;
use super::fleet::{Fleet, STALL};
use super::options::{ServerArgs, Target};
use super::process;
use super::report::{Latency, Report};

/// Ninety-nine of a hundred sessions are to be back in this time.
const BACK_IN: Duration = Duration::from_secs(10);

#[derive(clap::Args, Debug)]
pub(crate) struct StormArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Sessions to set up, drop and resume.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    sessions: usize,
    /// Connections under way at the same time while they come back; default: all of them, as after a network failure.
    #[arg(long, value_name = "N")]
    returning_max: Option<usize>,
}

pub(super) fn run(args: StormArgs) -> anyhow::Result<Report> {
    let server = &args.server;
    let target = server.target()?;
    let accounts = server.session_accounts(Some(args.sessions), server.password()?.as_deref())?;
    process::allow_open_files(args.sessions)?;

    let mut fleet = Fleet::new()?;
    let set_up = vec![ManagementChoice::Enable; accounts.len()];
    let (streams, _) = bring_up(&mut fleet, &target, &accounts, set_up, server.connecting_max)?;
    let suspended: Vec<Suspended> = streams
        .into_iter()
        .enumerate()
        .map(|(index, mut stream)| {
            stream.suspend().with_context(|| format!("session {index} cannot be resumed"))
        })
        .collect::<anyhow::Result<_>>()?;

    let cpu_before = server.pid.map(process::cpu_time).transpose()?;
    let own_before = process::cpu_time("self")?;
    let started = Instant::now();
    for index in 0..accounts.len() {
        fleet.drop_connection(index)?;
    }
    fleet.ended.clear();
    let back = suspended.into_iter().map(|session| ManagementChoice::Resume(Box::new(session))).collect();
    let returning_max = args.returning_max.unwrap_or(accounts.len());
    let (_, moments) = bring_up(&mut fleet, &target, &accounts, back, returning_max)?;
    let seconds = started.elapsed().as_secs_f64();

    let mut latency = Histogram::<u64>::new_with_bounds(1, 600_000_000, 3)?;
    for moment in &moments {
        latency.saturating_record(moment.duration_since(started).as_micros() as u64);
    }
    let in_time = moments.iter().filter(|moment| moment.duration_since(started) <= BACK_IN).count();
    let mut problems = Vec::new();
    if in_time * 100 < accounts.len() * 99 {
        problems.push(format!("only {in_time} of {} sessions were back within {BACK_IN:?}", accounts.len()));
    }
    let mut report = Report {
        benchmark: "storm".into(),
        server: server.label.clone(),
        sessions: args.sessions,
        seconds,
        logins_per_second: Some(accounts.len() as f64 / seconds),
        latency: Some(Latency::from(&latency)),
        generator_cores: Some((process::cpu_time("self")? - own_before).as_secs_f64() / seconds),
        problems,
        as_json: server.json,
        ..Report::default()
    };
    if let (Some(pid), Some(before)) = (server.pid, cpu_before) {
        report.set_server_cpu(process::cpu_time(pid)? - before, 0, accounts.len() as u64);
    }
    Ok(report)
}

/// Brings every session up, each as it wants; returns the streams, and the moments in which they were.
fn bring_up(
    fleet: &mut Fleet,
    target: &Target,
    accounts: &[Account],
    wanted: Vec<ManagementChoice>,
    connecting_max: usize,
) -> anyhow::Result<(Vec<ClientStream>, Vec<Instant>)> {
    let mut wanted = wanted.into_iter();
    let mut streams: Vec<ClientStream> = Vec::with_capacity(accounts.len());
    let mut moments: Vec<Option<Instant>> = vec![None; accounts.len()];
    let (mut up, mut last_progress) = (0, Instant::now());
    while up < accounts.len() {
        while streams.len() < accounts.len() && streams.len() - up < connecting_max.max(1) {
            let index = streams.len();
            fleet.connect(index, target)?;
            let management = wanted.next().expect("as many as accounts");
            streams.push(stream(target, &accounts[index], index, management)?);
        }
        fleet.turn(Duration::from_millis(100), |index, now, outbox, text| {
            last_progress = now;
            let stream = &mut streams[index];
            if !text.is_empty() {
                stream.handle_message(text, now);
            }
            while let Some(output) = stream.poll_output() {
                match output {
                    Output::Frame(frame) => outbox.send(&frame),
                    Output::Event(ClientEvent::Managed { resumption: Some(_) } | ClientEvent::Resumed) => {
                        if moments[index].replace(now).is_none() {
                            up += 1;
                        }
                    }
                    Output::Event(ClientEvent::Managed { resumption: None }) => {
                        bail!("the server manages streams but its sessions can't be resumed")
                    }
                    Output::Event(ClientEvent::ResumeFailed { .. }) => {
                        bail!("session {index} is gone: the server cannot resume it")
                    }
                    Output::Event(ClientEvent::Failed(error)) => {
                        return Err(error).with_context(|| format!("session {index}"));
                    }
                    Output::Event(ClientEvent::Closed { .. }) | Output::Close => {
                        bail!("session {index}: the server closed the stream")
                    }
                    Output::Event(_) => {}
                }
            }
            Ok(())
        })?;
        if let Some(index) = fleet.ended.first() {
            bail!("session {index}: the server ended the connection, {up} of {} are up", accounts.len());
        }
        if last_progress.elapsed() > STALL {
            bail!("no answer for {STALL:?}: {up} of {} sessions are up", accounts.len());
        }
    }
    Ok((streams, moments.into_iter().flatten().collect()))
}

fn stream(
    target: &Target,
    account: &Account,
    index: usize,
    management: ManagementChoice,
) -> anyhow::Result<ClientStream> {
    let password = Password::from(&*account.password);
    let config = ClientConfig {
        mechanism: MechanismChoice::Only(target.mechanism),
        resource: Some(format!("bench-{index}")),
        session: SessionRequest::Never,
        management,
        ..ClientConfig::new(&*target.domain, &*account.id, password)
    };
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).context("no random numbers")?;
    Ok(ClientStream::new(config, entropy, Instant::now()))
}
