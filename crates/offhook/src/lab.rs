//! `offhook lab`: callers, colleagues and supervisors who do what a seed says.

mod events_file;
mod heard;
mod live;
mod outage;
mod own_server;
mod request;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use client::{Connector, LineUrl, Rest, Trust};
use contact::{Deployment, Timestamp};
use sim::{Plan, Reference, Telling, virtual_run};

use self::events_file::EventsFile;
use self::live::Place;
use self::outage::Standing;
use self::own_server::OwnServer;
use self::summary::Progress;

/// Run a laboratory: callers, colleagues and supervisors who do what a seed says. Every event is checked.
///
/// Without --virtual and --url it runs against a server of its own, on a free port and in a temporary folder.
///
/// docs/lab.md explains what they do, and what is promised about two runs with the same seed.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct LabArgs {
    /// In virtual time, without a server: a day takes seconds
    #[arg(long = "virtual", conflicts_with = "url")]
    is_virtual: bool,

    /// The server: https://host:port [default: a fresh one of its own]
    #[arg(long)]
    url: Option<LineUrl>,

    /// The password of the colleagues and supervisors; better in the variable, which other users of the machine do not see
    #[arg(long, value_name = "PASSWORD", env = "OFFHOOK_PASSWORD", hide_env_values = true, default_value = DEMO_PASSWORD, hide_default_value = true)]
    user_password: String,

    /// The administrator's login id
    #[arg(long, value_name = "ID", default_value = "admin")]
    administrator: String,

    /// The administrator's password [default: that of the others]
    #[arg(long, value_name = "PASSWORD", env = "OFFHOOK_ADMINISTRATOR_PASSWORD", hide_env_values = true)]
    administrator_password: Option<String>,

    /// Trust the certificates in this file (PEM) besides the public authorities
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Accept any certificate
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,

    /// Print the accounts that a server needs for --url besides those of the demonstration, as `offhook user import` reads
    /// them, and do nothing else
    #[arg(long)]
    print_accounts: bool,

    /// Rates and times, in a file as --print-plan prints it
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Print a plan with every field, explained, and do nothing else
    #[arg(long)]
    print_plan: bool,

    /// Colleagues who take calls, 1 to 999; two supervisors come with them [default: as planned, else 20]
    #[arg(long, value_name = "N")]
    agents: Option<usize>,

    /// Callers per hour [default: as planned, else 600]
    #[arg(long, value_name = "N")]
    calls_per_hour: Option<f64>,

    /// Which product's rules apply: UCCE or UCCX [default: with --url what the server says, else UCCE]
    #[arg(long, value_name = "TYPE", value_parser = deployment)]
    deployment: Option<Deployment>,

    /// For how long callers call: 90s, 10m, 1h [default: as planned, else 10m]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    duration: Option<f64>,

    /// What the run is made of: the same seed is the same run
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Write what everybody was told into this file, a line each, without ids and times
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,

    /// Go on until the server goes away, wait up to a minute until it is back, and hold what it says about everybody then
    /// against what it was asked for: for a test that kills it
    #[arg(long, requires = "url")]
    until_outage: bool,

    /// Begin each line of that file with the time of the world, in seconds
    #[arg(long, requires = "events")]
    with_clock: bool,
}

/// Status 0 if no rule was broken, 1 if one was, 2 if the laboratory cannot be run.
pub(crate) fn run(args: LabArgs) -> ExitCode {
    if args.print_plan {
        print!("{}", Plan::annotated());
        return ExitCode::SUCCESS;
    }
    let outcome = plan(&args).and_then(|plan| match (args.print_accounts, args.is_virtual) {
        (true, _) => {
            print_accounts(plan.agents, &args.user_password);
            Ok(true)
        }
        (false, true) => in_virtual_time(&args, plan),
        (false, false) => in_real_time(&args, plan),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("offhook lab: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The file's numbers, and those of the command line over them.
fn plan(args: &LabArgs) -> anyhow::Result<Plan> {
    let mut plan = match &args.plan {
        None => Plan::default(),
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Plan::from_toml(&text).with_context(|| format!("the plan {}", path.display()))?
        }
    };
    plan.agents = args.agents.unwrap_or(plan.agents);
    plan.calls_per_hour = args.calls_per_hour.unwrap_or(plan.calls_per_hour);
    plan.duration_s = args.duration.unwrap_or(plan.duration_s);
    plan.check().context("the plan")?;
    Ok(plan)
}

fn in_virtual_time(args: &LabArgs, plan: Plan) -> anyhow::Result<bool> {
    let mut telling = Virtual {
        events: EventsFile::create(args.events.as_deref(), args.with_clock)?,
        progress: Progress::every(PROGRESS_SECONDS_VIRTUAL),
        seen: 0,
    };
    let outcome = virtual_run(plan, args.deployment.unwrap_or_default(), args.seed, &mut telling);
    let seen = telling.seen;
    telling.events.finish()?;
    match outcome {
        Ok(counts) => {
            summary::print(&counts, seen);
            println!("violations            0");
            Ok(true)
        }
        Err(violation) => {
            println!("VIOLATION {violation}");
            Ok(false)
        }
    }
}

fn in_real_time(args: &LabArgs, plan: Plan) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = against_a_server(args, plan) => outcome,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    });
    runtime.shutdown_background();
    outcome
}

async fn against_a_server(args: &LabArgs, plan: Plan) -> anyhow::Result<bool> {
    let own = match &args.url {
        Some(_) => None,
        None => Some(
            OwnServer::start(plan.agents, &args.user_password, args.deployment.unwrap_or_default()).await?,
        ),
    };
    let place = place(args, own.as_ref()).await?;
    eprintln!("{} people get their lines at {}", plan.agents + 2, place.url.web_origin());
    let mut events = EventsFile::create(args.events.as_deref(), args.with_clock)?;
    let outcome = live::play(&place, plan, args.seed, args.until_outage, &mut events).await?;
    events.finish()?;
    if let Some(own) = own {
        own.stop().await;
    }
    for violation in &outcome.violations {
        println!("VIOLATION {violation}");
    }
    summary::print(outcome.reference.counts(), outcome.seen);
    if let Some(Standing { people, calls, queues }) = &outcome.standing {
        println!(
            "after the outage      {people} people, {calls} calls and {queues} queues are as they were left"
        );
    }
    println!("latest action         {} ms late", outcome.late_ms);
    println!("violations            {}", outcome.violations.len());
    if outcome.late_ms > sim::GUARD_MS {
        eprintln!(
            "offhook lab: this machine was more than {} ms late: violations may come from that, and another run may differ",
            sim::GUARD_MS
        );
    }
    Ok(outcome.violations.is_empty())
}

async fn place(args: &LabArgs, own: Option<&OwnServer>) -> anyhow::Result<Place> {
    let trust = match (&args.cacert, args.insecure) {
        (_, true) => Trust::Anything,
        (Some(file), _) => Trust::File(file.clone()),
        (None, _) => Trust::Public,
    };
    let connector = Connector::new(&trust, STEP_TIMEOUT)?;
    let url = own.map(OwnServer::url).or(args.url.as_ref()).context("there is no server")?.clone();
    let info = Rest::new(connector.clone(), &url, None).system_info().await;
    let info = info.with_context(|| format!("no server answers at {}", url.web_origin()))?;
    let deployment = info.deployment_type.as_deref().map_or(Ok(Deployment::Ucce), deployment);
    let deployment = deployment.map_err(anyhow::Error::msg).context("the server's deploymentType")?;
    if let Some(other) = args.deployment.filter(|wanted| *wanted != deployment) {
        let (has, wanted) = (deployment.as_str(), other.as_str());
        bail!(
            "the server has the rules of {has}, and --deployment says {wanted}; leave it out, or set contact.deployment_type there"
        );
    }
    Ok(Place {
        connector,
        deployment,
        domain: info.xmpp_domain.unwrap_or_else(|| url.host().to_owned()),
        url,
        password: args.user_password.clone(),
        administrator: args.administrator.clone(),
        administrator_password: args
            .administrator_password
            .clone()
            .unwrap_or_else(|| args.user_password.clone()),
    })
}

fn print_accounts(agents: usize, password: &str) {
    println!("id,password,first_name,last_name,team,roles,extension");
    for user in sim::roster::further_agents(agents) {
        let team = user.team.map_or(1, |team| team.0);
        let extension = user.extension.map(|extension| extension.to_string()).unwrap_or_default();
        println!("{},{password},{},{},{team},agent,{extension}", user.id, user.first_name, user.last_name);
    }
}

/// Who hears of a run in virtual time.
struct Virtual {
    events: EventsFile,
    progress: Progress,
    seen: u64,
}

impl Telling for Virtual {
    fn event(&mut self, at: Timestamp, line: &str) {
        self.seen += 1;
        self.events.line(at, line);
    }

    fn step(&mut self, at: Timestamp, reference: &Reference) {
        self.progress.look(at, reference, 0);
    }
}

/// Reads `90s`, `10m`, `1h`, or a number of seconds.
fn seconds(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.trim().strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60.0),
        Some(number) if text.ends_with('h') => (number, 3600.0),
        Some(number) => (number, 1.0),
        None => (text, 1.0),
    };
    let number: f64 = number.trim().parse().map_err(|_| "write a time as 90s, 10m or 1h".to_owned())?;
    Ok(number * unit)
}

fn deployment(text: &str) -> Result<Deployment, String> {
    let known = [Deployment::Ucce, Deployment::Uccx];
    let found = known.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| format!("{text:?} is neither UCCE nor UCCX"))
}

const PROGRESS_SECONDS_VIRTUAL: i64 = 600;

/// How long each step of a connection and each request may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// Of the demonstration.
const DEMO_PASSWORD: &str = "offhook";

const EXAMPLES: &str = "\
Examples:
  offhook lab --agents 300 --calls-per-hour 6000 --duration 10m --seed 7
  offhook lab --url https://localhost:8445 --cacert .cache/demo/development-ca.pem --agents 12
  offhook lab --virtual --agents 300 --calls-per-hour 6000 --duration 8h --seed 7
  offhook lab --virtual --seed 7 --events first.txt
  offhook lab --print-plan > plan.toml; offhook lab --virtual --plan plan.toml

Exit codes:
  0  no rule was broken
  1  a rule was broken; the last lines say which
  2  the laboratory cannot be run";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(seconds("90s"), Ok(90.0));
        assert_eq!(seconds("10m"), Ok(600.0));
        assert_eq!(seconds("1.5h"), Ok(5400.0));
        assert_eq!(seconds("30"), Ok(30.0));
        assert!(seconds("ten").is_err() && seconds("").is_err() && seconds("m").is_err());
    }
}
