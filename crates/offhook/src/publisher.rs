//! `offhook publisher`: the systems that may publish events from outside, on a running or a stopped server.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Parser, Subcommand, ValueEnum};
use contact::Timestamp;
use notifier::{AccessModel, Publisher};
use server::accounts::publishers::{new_token, token_hash};
use server::administration::{AccountAnswer, AccountRequest, ListedPublisher};
use server::config::Config;
use server::exit::Failure;

use crate::args::DataArgs;
use crate::user::{ask, done, outcome};

/// Systems that may publish events over /offhook/v1/events: add, list, remove.
///
/// Works on a running server through a socket in its data folder, and on the data of a stopped one. docs/events-from-outside.md
/// says what such a system sends.
#[derive(Debug, Parser)]
#[command(after_help = crate::args::exit_codes())]
pub(crate) struct PublisherArgs {
    #[command(subcommand)]
    command: PublisherCommand,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum PublisherCommand {
    /// Add a publisher, and print its token, which is not shown again.
    Add {
        /// Its name: a-z, 0-9, '.', '_' and '-'.
        name: String,
        /// Where it may publish: a name that ends in / stands for all nodes under it, another one for that node. The contact
        /// centre's own nodes have to be named: /finesse/api/User/.
        #[arg(long = "node", value_name = "NODE", required = true)]
        nodes: Vec<String>,
        /// When its token ends, such as 2027-01-31T12:00:00Z. Never if this is left out.
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
        /// Who may subscribe to nodes that come to be because it publishes.
        #[arg(long, value_name = "WHO")]
        access_model: Option<AccessArg>,
    },
    /// List them, without their tokens.
    List {
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Remove a publisher. What it has published stays.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AccessArg {
    /// Every user.
    Open,
    /// Whom an administrator has approved.
    Authorize,
    /// Whom an administrator has put on the node's list.
    Whitelist,
}

/// Does it. Exit codes are those of [`server::exit`]; 1 is also for what the server refuses.
pub(crate) fn run(args: PublisherArgs) -> anyhow::Result<ExitCode> {
    let PublisherArgs { command, data } = args;
    Ok(outcome(load_and_run(command, data)))
}

fn load_and_run(command: PublisherCommand, data: DataArgs) -> anyhow::Result<()> {
    let config = Config::load(data.written, |name| std::env::var(name).ok()).map_err(Failure::Config)?;
    match command {
        PublisherCommand::Add { name, nodes, expires, access_model } => {
            let access_model = access_model.map(|access| match access {
                AccessArg::Open => AccessModel::Open,
                AccessArg::Authorize => AccessModel::Authorize,
                AccessArg::Whitelist => AccessModel::Whitelist,
            });
            let token = new_token();
            let added = Timestamp(
                i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis())
                    .unwrap_or(i64::MAX),
            );
            let publisher = Publisher {
                name: name.clone(),
                token: token_hash(&token),
                nodes,
                access_model,
                expires,
                added,
            };
            done(ask(&config, AccountRequest::AddPublisher { publisher })?)?;
            eprintln!("added {name}; this is its token, which is not shown again:");
            println!("{}", token.as_str());
            Ok(())
        }
        PublisherCommand::List { json } => match ask(&config, AccountRequest::ListPublishers)? {
            AccountAnswer::Publishers(publishers) => match print(&publishers, json) {
                // Whoever reads has seen enough, as `head` does.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                other => other.context("the list cannot be written"),
            },
            AccountAnswer::Refused(sentence) => Err(anyhow!(sentence)),
            _ => Err(anyhow!("the server gave an answer to another question")),
        },
        PublisherCommand::Remove { name } => {
            done(ask(&config, AccountRequest::RemovePublisher { name: name.clone() })?)?;
            println!("removed {name}");
            Ok(())
        }
    }
}

fn print(publishers: &[ListedPublisher], json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for publisher in publishers {
        if json {
            writeln!(out, "{}", serde_json::to_string(publisher)?)?;
            continue;
        }
        let until = publisher.expires.as_deref().map_or_else(String::new, |at| format!(" until {at}"));
        writeln!(out, "{:<24} {}{until}", publisher.name, publisher.nodes.join(" "))?;
    }
    out.flush()
}
