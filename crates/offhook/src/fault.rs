//! `offhook fault`: makes happen on a running server what goes wrong in the field.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use serde_json::Value;
use server::config::Config;
use server::control;
use server::exit::Failure;
use server::faults::{FaultsAnswer, FaultsRequest, Kind, NewFault};

use crate::args::DataArgs;

/// Faults on demand: lost connections, refused upgrades, late events and more, on a running server.
///
/// Each fault ends by itself, after a number of times (--times) or a while (--for), and at once with `offhook fault clear`.
/// The server has to permit it: with --demo it does, otherwise with `enabled = true` in the section [faults] of its
/// configuration. docs/faults.md says what clients see of each, and what it stands for.
///
/// The server is found by its data folder: the same --data, OFFHOOK_DATA or configuration file as `offhook serve`.
#[derive(Debug, Parser)]
#[command(after_help = crate::args::exit_codes())]
pub(crate) struct FaultArgs {
    #[command(subcommand)]
    command: FaultCommand,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum FaultCommand {
    /// Lose connections without a word, as a pulled cable or a firewall does it.
    ///
    /// Happens at once. A session with stream management can be resumed.
    Drop {
        #[command(flatten)]
        whom: WhomArgs,
        /// Close the connection instead of resetting it (FIN, not RST). Neither says anything before.
        #[arg(long)]
        close: bool,
    },
    /// End sessions with a stream error, for good.
    ///
    /// Happens at once. The session cannot be resumed.
    End {
        #[command(flatten)]
        whom: WhomArgs,
        /// The stream error: conflict, see-other-host, system-shutdown, policy-violation, or another of RFC 6120 4.9.3.
        #[arg(long)]
        condition: String,
        /// Where see-other-host sends the client: a host, host:port, or the address of a WebSocket.
        #[arg(long)]
        host: Option<String>,
        /// The explanation in the error.
        #[arg(long)]
        text: Option<String>,
    },
    /// Refuse the opening handshake of WebSockets with an HTTP status.
    RefuseUpgrade {
        /// The status, such as 403, 404, 502 or 503.
        #[arg(long)]
        status: u16,
        /// Only clients that have this in their User-Agent.
        #[arg(long, value_name = "TEXT")]
        user_agent: Option<String>,
        /// Only clients from this IP address.
        #[arg(long, value_name = "IP")]
        address: Option<String>,
        #[command(flatten)]
        extent: ExtentArgs,
    },
    /// Make a user's events late. They stay in order, and what comes behind a late one waits for it.
    DelayEvents {
        /// Whose, by login id.
        #[arg(long)]
        user: String,
        /// How late, such as 2s or "500 ms".
        #[arg(long, value_name = "TIME")]
        delay: String,
        #[command(flatten)]
        extent: ExtentArgs,
    },
    /// Send a user's events twice.
    DuplicateEvents {
        /// Whose, by login id.
        #[arg(long)]
        user: String,
        #[command(flatten)]
        extent: ExtentArgs,
    },
    /// Leave a user's pings unanswered (XEP-0199 and WebSocket): the line looks alive but is not.
    IgnorePings {
        /// Whose, by login id.
        #[arg(long)]
        user: String,
        #[command(flatten)]
        extent: ExtentArgs,
    },
    /// Refuse a user's credentials, as if a token had expired: the next sign-in fails, and the next REST request.
    RefuseCredentials {
        /// Whose, by login id.
        #[arg(long)]
        user: String,
        /// What a sign-in to XMPP hears: not-authorized (if nothing is said), credentials-expired, account-disabled,
        /// temporary-auth-failure, or another of RFC 6120 6.5. The web service answers 401.
        #[arg(long)]
        condition: Option<String>,
        #[command(flatten)]
        extent: ExtentArgs,
    },
    /// Make the web service under /finesse/api answer with an error, or late, or both.
    AnswerRest {
        /// The status, such as 500 or 503. Without it the answer is right, and late.
        #[arg(long)]
        status: Option<u16>,
        /// How late, such as 2s.
        #[arg(long, value_name = "TIME")]
        delay: Option<String>,
        /// Only paths that begin like this, such as /finesse/api/User.
        #[arg(long)]
        path: Option<String>,
        /// Only this method, such as PUT.
        #[arg(long)]
        method: Option<String>,
        #[command(flatten)]
        extent: ExtentArgs,
    },
    /// List the faults that are active, with what they have done so far.
    List {
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// End a fault, or all of them.
    Clear {
        /// Its number; all without it.
        id: Option<u64>,
    },
    /// List the sessions: address, transport, since when, bytes that wait.
    Sessions {
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
}

/// Whose sessions: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct WhomArgs {
    /// All sessions of a user, by login id.
    #[arg(long)]
    user: Option<String>,
    /// One session, by its full JID: 1001001@localhost/desktop.
    #[arg(long)]
    jid: Option<String>,
    /// Everybody's.
    #[arg(long)]
    all: bool,
}

/// When it is over: with both, whichever comes first; with neither, after `faults.duration`.
#[derive(Debug, Args)]
struct ExtentArgs {
    /// End it after so many times.
    #[arg(long, value_name = "NUMBER")]
    times: Option<u32>,
    /// End it after this time, such as 30s or 5min.
    #[arg(long = "for", value_name = "TIME")]
    lasts: Option<String>,
}

/// Does it. Exit codes are those of [`server::exit`]; 1 is also for what the server refuses.
pub(crate) fn run(args: FaultArgs) -> anyhow::Result<ExitCode> {
    let config = match Config::load(args.data.written, |name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(error) => {
            let failure = Failure::Config(error);
            eprintln!("offhook: {failure}");
            return Ok(ExitCode::from(failure.exit_code()));
        }
    };
    let request = request(args.command);
    let answer: Option<FaultsAnswer> = control::ask(&config.data, &request.request)
        .with_context(|| format!("the server that uses {} cannot be asked", config.data.display()))?;
    let Some(answer) = answer else {
        bail!(
            "no server uses the data folder {}; start one with `offhook serve`, or name its folder with --data",
            config.data.display()
        );
    };
    match write_answer(answer, request.shown) {
        // Whoever reads has seen enough, as `head` does.
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(error),
    }
}

/// What to ask, and how to show the answer.
struct Question {
    request: FaultsRequest,
    shown: fn(&Value) -> String,
}

fn request(command: FaultCommand) -> Question {
    let fault = match command {
        FaultCommand::List { json } => {
            return Question {
                request: FaultsRequest::List,
                shown: if json { Value::to_string } else { fault_line },
            };
        }
        FaultCommand::Sessions { json } => {
            let shown = if json { Value::to_string } else { session_line };
            return Question { request: FaultsRequest::Sessions, shown };
        }
        FaultCommand::Clear { id } => {
            return Question { request: FaultsRequest::Clear { id }, shown: Value::to_string };
        }
        FaultCommand::Drop { whom, close } => {
            NewFault { reset: Some(!close), ..of_sessions(Kind::Drop, whom) }
        }
        FaultCommand::End { whom, condition, host, text } => {
            NewFault { condition: Some(condition), host, text, ..of_sessions(Kind::End, whom) }
        }
        FaultCommand::RefuseUpgrade { status, user_agent, address, extent } => {
            NewFault { status: Some(status), user_agent, address, ..lasting(Kind::RefuseUpgrade, extent) }
        }
        FaultCommand::DelayEvents { user, delay, extent } => {
            NewFault { user: Some(user), delay: Some(delay), ..lasting(Kind::DelayEvents, extent) }
        }
        FaultCommand::DuplicateEvents { user, extent } => {
            NewFault { user: Some(user), ..lasting(Kind::DuplicateEvents, extent) }
        }
        FaultCommand::IgnorePings { user, extent } => {
            NewFault { user: Some(user), ..lasting(Kind::IgnorePings, extent) }
        }
        FaultCommand::RefuseCredentials { user, condition, extent } => {
            NewFault { user: Some(user), condition, ..lasting(Kind::RefuseCredentials, extent) }
        }
        FaultCommand::AnswerRest { status, delay, path, method, extent } => {
            NewFault { status, delay, path, method, ..lasting(Kind::AnswerRest, extent) }
        }
    };
    Question { request: FaultsRequest::Begin { fault: Box::new(fault) }, shown: fault_line }
}

fn of_sessions(kind: Kind, WhomArgs { user, jid, all }: WhomArgs) -> NewFault {
    NewFault { user, jid, all: all.then_some(true), ..NewFault::new(kind) }
}

fn lasting(kind: Kind, ExtentArgs { times, lasts }: ExtentArgs) -> NewFault {
    NewFault { times, lasts, ..NewFault::new(kind) }
}

fn write_answer(answer: FaultsAnswer, shown: fn(&Value) -> String) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match answer {
        FaultsAnswer::Refused(sentence) => return Err(anyhow!(sentence)),
        FaultsAnswer::Begun(fault) => writeln!(out, "{}", shown(&fault))?,
        FaultsAnswer::Cleared(1) => writeln!(out, "1 fault is over")?,
        FaultsAnswer::Cleared(count) => writeln!(out, "{count} faults are over")?,
        FaultsAnswer::Listed(all) => {
            for one in &all {
                writeln!(out, "{}", shown(one))?;
            }
        }
    }
    Ok(out.flush()?)
}

/// `3  refuse_upgrade  active, struck 1 time, 2 left, until 2026-… : {"status":503} by admin`.
fn fault_line(fault: &Value) -> String {
    let text = |name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let done = fault["done"].as_u64().unwrap_or_default();
    let times = if done == 1 { "time" } else { "times" };
    let state = text("state").replace('_', " ");
    let mut line =
        format!("{:<4} {:<18} {state}, struck {done} {times}", fault["id"].to_string(), text("fault"));
    if state == "active" {
        if let Some(left) = fault["times_left"].as_u64() {
            line += &format!(", {left} left");
        }
        line += &format!(", until {}", text("until"));
    }
    let known = ["id", "fault", "state", "done", "times", "times_left", "for", "since", "until", "by"];
    for (name, value) in fault.as_object().into_iter().flatten() {
        if !known.contains(&name.as_str()) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            line += &format!(", {} {value}", name.replace('_', " "));
        }
    }
    line + &format!(", by {}", text("by"))
}

/// `1001001@localhost/desktop  websocket  2026-…  0 bytes wait`.
fn session_line(session: &Value) -> String {
    let text = |name: &str| session[name].as_str().unwrap_or("-").to_owned();
    let waits = match session["queued_bytes"].as_u64() {
        Some(bytes) => format!("{bytes} bytes wait"),
        None => "waits for its client".to_owned(),
    };
    format!("{:<40} {:<10} {:<25} {waits}", text("jid"), text("transport"), text("since"))
}
