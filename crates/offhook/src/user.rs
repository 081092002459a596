//! `offhook user`: accounts, one by one or from a CSV file, on a running or a stopped server.

mod password;

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use clap::{Parser, Subcommand, ValueEnum};
use contact::{Extension, UserId};
use server::administration::stopped::StoppedServer;
use server::administration::{Account, AccountAnswer, AccountRequest, IfExists, ListedUser, Person, csv};
use server::config::Config;
use server::control;
use server::credentials::{credentials, credentials_of_all};
use server::exit::Failure;

use crate::args::DataArgs;

/// Accounts: add, import, list, remove, password.
///
/// Works on a running server through a socket in its data folder, and on the data of a stopped one.
/// A password is never taken from the command line: it is asked for, or comes from --password-stdin or OFFHOOK_PASSWORD.
#[derive(Debug, Parser)]
#[command(after_help = crate::args::exit_codes())]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user.
    Add(AddArgs),
    /// Add users from a CSV file: all of them or, if anything is wrong, none.
    ///
    /// The first line names the columns: id,password,first_name,last_name,team,roles,extension, in any order; id and
    /// password have to be there. team is a number or a name and is made if there is none; a supervisor may have several,
    /// the own one first, with ; between them. roles are agent (if nothing is said), supervisor and administrator, with ;
    /// between them.
    Import(ImportArgs),
    /// List all users, by id.
    List {
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Remove a user, with sessions, subscriptions and nodes.
    Remove {
        /// The login id.
        id: UserId,
    },
    /// Change a user's password. Sessions that exist stay.
    Password {
        /// The login id.
        id: UserId,
        #[command(flatten)]
        password: password::Source,
    },
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The login id, for instance 1001001: 1 to 64 characters of A-Z a-z 0-9 . _ -
    id: UserId,
    /// The first name.
    #[arg(long, default_value = "")]
    first_name: String,
    /// The last name.
    #[arg(long, default_value = "")]
    last_name: String,
    /// The team, by number or name; made if there is none. A supervisor may have several, the own one first: "1;Support".
    #[arg(long, default_value = "")]
    team: String,
    /// agent, supervisor, administrator, or several: "agent;supervisor".
    #[arg(long, default_value = "agent")]
    roles: String,
    /// The user's own extension.
    #[arg(long)]
    extension: Option<Extension>,
    #[command(flatten)]
    password: password::Source,
}

#[derive(Debug, clap::Args)]
struct ImportArgs {
    /// The file; - is the standard input.
    file: PathBuf,
    /// What to do about users that exist.
    #[arg(long, value_enum, default_value = "refuse")]
    existing: ExistingArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ExistingArg {
    /// Import nothing.
    Refuse,
    /// Leave them as they are.
    Keep,
    /// Make them as the file says, with its password.
    Update,
}

/// Does it. Exit codes are those of [`server::exit`]; 1 is also for what the server refuses.
pub(crate) fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    let UserArgs { command, data } = args;
    Ok(outcome(load_and_run(command, data)))
}

/// Says what went wrong, if anything did.
pub(crate) fn outcome(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failure = error.downcast_ref::<Failure>();
            match failure {
                // Its sentence has the cause in it.
                Some(failure) => eprintln!("offhook: {failure}"),
                None => eprintln!("offhook: {error:#}"),
            }
            ExitCode::from(failure.map_or(1, Failure::exit_code))
        }
    }
}

fn load_and_run(command: UserCommand, data: DataArgs) -> anyhow::Result<()> {
    let config = Config::load(data.written, |name| std::env::var(name).ok()).map_err(Failure::Config)?;
    match command {
        UserCommand::Add(args) => add(&config, args),
        UserCommand::Import(args) => import(&config, &args),
        UserCommand::List { json } => list(&config, json),
        UserCommand::Remove { id } => {
            done(ask(&config, AccountRequest::Remove { user: id.clone() })?)?;
            println!("removed {id}");
            Ok(())
        }
        UserCommand::Password { id, password } => {
            let credentials = credentials(&password.read()?, config.auth.key_settings());
            done(ask(
                &config,
                AccountRequest::SetPassword { user: id.clone(), credentials: Box::new(credentials) },
            )?)?;
            println!("changed the password of {id}");
            Ok(())
        }
    }
}

fn add(config: &Config, args: AddArgs) -> anyhow::Result<()> {
    let roles = csv::roles(&args.roles).map_err(|sentence| anyhow!("--roles: {sentence}"))?;
    let teams = csv::teams(&args.team, roles).map_err(|sentence| anyhow!("--team: {sentence}"))?;
    let AddArgs { id, first_name, last_name, extension, password, .. } = args;
    let person = Person { id: id.clone(), first_name, last_name, teams, roles, extension };
    let account = Account { person, credentials: credentials(&password.read()?, config.auth.key_settings()) };
    let request = AccountRequest::Add { accounts: vec![account], existing: IfExists::Refuse };
    done(ask(config, request)?)?;
    println!("added {id}");
    Ok(())
}

fn import(config: &Config, args: &ImportArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let name =
        if args.file.as_os_str() == "-" { "standard input".into() } else { args.file.display().to_string() };
    let bytes = read_file(args).with_context(|| format!("{name} cannot be read"))?;
    let rows = csv::parse(&bytes).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{name}, {error}")).collect();
        let more = if errors.len() < csv::ERRORS_MAX { "" } else { "\nthere may be more" };
        anyhow!("nothing was imported:\n{}{more}", lines.join("\n"))
    })?;
    if rows.is_empty() {
        bail!("{name} has no users, only the line with the columns");
    }
    let (people, passwords): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|row| (row.person, row.password)).unzip();
    let total = people.len();
    let shows_progress = io::stderr().is_terminal();
    let progress = |done: usize| {
        if shows_progress && (done.is_multiple_of(PROGRESS_STEP) || done == total) {
            eprint!("\rmaking keys: {done} of {total}");
        }
    };
    let all = credentials_of_all(&passwords, config.auth.key_settings(), &progress);
    if shows_progress {
        eprintln!();
    }
    let accounts =
        people.into_iter().zip(all).map(|(person, credentials)| Account { person, credentials }).collect();
    let existing = match args.existing {
        ExistingArg::Refuse => IfExists::Refuse,
        ExistingArg::Keep => IfExists::Keep,
        ExistingArg::Update => IfExists::Update,
    };
    done(ask(config, AccountRequest::Add { accounts, existing })?).context("nothing was imported")?;
    println!("imported {total} users in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn read_file(args: &ImportArgs) -> io::Result<Vec<u8>> {
    let file: Box<dyn Read> = match args.file.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(&args.file)?),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 64 MiB"));
    }
    Ok(bytes)
}

fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let users = match ask(config, AccountRequest::List)? {
        AccountAnswer::Users(users) => users,
        other => return done(other),
    };
    match print_list(&users, json) {
        // Whoever reads has seen enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("the list cannot be written"),
    }
}

fn print_list(users: &[ListedUser], json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for user in users {
        match json {
            true => writeln!(out, "{}", serde_json::to_string(user)?)?,
            false => writeln!(out, "{user}")?,
        }
    }
    out.flush()
}

/// Asks the running server if there is one, or opens its data.
pub(crate) fn ask(config: &Config, request: AccountRequest) -> anyhow::Result<AccountAnswer> {
    let answer = control::ask(&config.data, &request)
        .with_context(|| format!("the server that uses {} cannot be asked", config.data.display()))?;
    if let Some(answer) = answer {
        return Ok(answer);
    }
    // Adding users is how a data folder may begin; the others would make one out of a typing error.
    if !matches!(request, AccountRequest::Add { .. }) && !config.data.exists() {
        bail!("there is no data folder {}; name another with --data", config.data.display());
    }
    let mut stopped = StoppedServer::open(config)?;
    for warning in stopped.warnings() {
        eprintln!("offhook: warning: {warning}");
    }
    Ok(stopped.handle(request)?)
}

pub(crate) fn done(answer: AccountAnswer) -> anyhow::Result<()> {
    match answer {
        AccountAnswer::Done => Ok(()),
        AccountAnswer::Refused(sentence) => Err(anyhow!(sentence)),
        AccountAnswer::Users(_) | AccountAnswer::Publishers(_) => {
            Err(anyhow!("the server gave an answer to another question"))
        }
    }
}

const FILE_BYTES_MAX: u64 = 64 << 20;
const PROGRESS_STEP: usize = 100;
