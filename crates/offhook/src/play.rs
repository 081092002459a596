//! `offhook play`: plays scenarios against a server, or against one of its own.

mod own_server;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use client::{Connector, LineUrl, Rest, Trust};
use scenario::{Detail, Format, Report, Scenario, Settings, play};

use self::own_server::OwnServer;

/// Play scenarios: agents, callers and supervisors do what stands in the files, and what they must see is checked.
///
/// Without --url each scenario gets a fresh server of its own, with the contact centre of the demonstration, on a free port and
/// in a temporary folder. docs/scenarios.md explains the language.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct PlayArgs {
    /// The scenarios, in order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The server: https://host:port [default: a fresh one of its own]
    #[arg(long)]
    url: Option<LineUrl>,

    /// The password of agents and supervisors whose scenario gives them none; better in the variable, which other users of
    /// the machine do not see
    #[arg(long, value_name = "PASSWORD", env = "OFFHOOK_PASSWORD", hide_env_values = true, default_value = DEMO_PASSWORD, hide_default_value = true)]
    user_password: String,

    /// The administrator's login id
    #[arg(long, value_name = "ID", default_value = "admin")]
    administrator: String,

    /// The administrator's password [default: that of the others]
    #[arg(long, value_name = "PASSWORD", env = "OFFHOOK_ADMINISTRATOR_PASSWORD", hide_env_values = true)]
    administrator_password: Option<String>,

    /// The XMPP domain [default: what /finesse/api/SystemInfo says, else the host]
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,

    /// Trust the certificates in this file (PEM) besides the public authorities
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Accept any certificate
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,

    /// Read the scenarios and do nothing else
    #[arg(long)]
    check: bool,

    /// Show everything that is seen, and the steps of repetitions
    #[arg(short, long)]
    verbose: bool,

    /// Show one line for each scenario, and what failed
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Write one JSON object on each line, for programs
    #[arg(long)]
    json: bool,
}

/// Status 0 if all scenarios have passed, 1 if one has failed, 2 if one cannot be read or there is no server.
pub(crate) fn run(args: PlayArgs) -> ExitCode {
    let scenarios = match read_all(&args.files) {
        Ok(scenarios) => scenarios,
        Err(problems) => {
            for problem in &problems {
                eprintln!("offhook play: {problem}");
            }
            return ExitCode::from(2);
        }
    };
    if args.check {
        match scenarios.len() {
            1 => println!("1 scenario can be played"),
            count => println!("{count} scenarios can be played"),
        }
        return ExitCode::SUCCESS;
    }
    let outcome = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = outcome.context("cannot start").and_then(|runtime| {
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = play_all(&args, &scenarios) => outcome,
                _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            }
        });
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("offhook play: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Reads every file; the mistakes of all of them are found at once.
fn read_all(files: &[PathBuf]) -> Result<Vec<(String, Scenario)>, Vec<String>> {
    let mut scenarios = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Err(error) => problems.push(format!("cannot read {name}: {error}")),
            Ok(text) => match Scenario::parse(&text) {
                Ok(scenario) => scenarios.push((name, scenario)),
                Err(error) => {
                    let line = text.lines().nth(error.place.line - 1).unwrap_or_default();
                    let pointer = " ".repeat(error.place.column - 1);
                    problems.push(format!("{name}:{error}\n    {line}\n    {pointer}^"));
                }
            },
        }
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(problems) }
}

async fn play_all(args: &PlayArgs, scenarios: &[(String, Scenario)]) -> anyhow::Result<bool> {
    let detail = match (args.quiet, args.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    };
    let format = if args.json { Format::Json } else { Format::Text };
    let mut report = Report::new(io::stdout(), detail, format);
    for (file, scenario) in scenarios {
        let title = scenario.title.as_deref();
        report.begin(file, title);
        let own = match &args.url {
            Some(_) => None,
            None => Some(OwnServer::start(&args.user_password).await?),
        };
        let settings = settings(args, own.as_ref()).await?;
        let played = play(scenario, &settings, &mut |progress| report.progress(&progress)).await;
        report.end(file, title, &played);
        if let Some(own) = own {
            own.stop().await;
        }
    }
    Ok(report.finish())
}

async fn settings(args: &PlayArgs, own: Option<&OwnServer>) -> anyhow::Result<Settings> {
    let trust = match (&args.cacert, args.insecure) {
        (_, true) => Trust::Anything,
        (Some(file), _) => Trust::File(file.clone()),
        (None, _) => Trust::Public,
    };
    let connector = Connector::new(&trust, STEP_TIMEOUT)?;
    let url = match (own, &args.url) {
        (Some(own), _) => own.url().clone(),
        (None, Some(url)) => url.clone(),
        (None, None) => bail!("there is no server"),
    };
    let info = Rest::new(connector.clone(), &url, None).system_info().await;
    let info = info.with_context(|| format!("no server answers at {}", url.web_origin()))?;
    let domain = args.domain.clone().or(info.xmpp_domain).unwrap_or_else(|| url.host().to_owned());
    Ok(Settings {
        connector,
        url,
        domain,
        password: args.user_password.clone(),
        administrator: args.administrator.clone(),
        administrator_password: args
            .administrator_password
            .clone()
            .unwrap_or_else(|| args.user_password.clone()),
        verbose: args.verbose,
    })
}

/// How long each step of a connection and each request may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// Of the demonstration.
const DEMO_PASSWORD: &str = "offhook";

const EXAMPLES: &str = "\
Examples:
  offhook play scenarios/*.scenario
  offhook play inbound.scenario --url https://localhost:8445 --cacert .cache/demo/development-ca.pem
  OFFHOOK_PASSWORD=… offhook play inbound.scenario --url https://contact.example --quiet
  offhook play --check scenarios/*.scenario

Exit codes:
  0  all scenarios have passed
  1  a scenario has failed
  2  a scenario cannot be read, the command line is not right, or there is no server";
