//! The `offhook` program: picks the subcommand and leaves the work to it.
mod args;
mod bench;
mod trace;
mod user;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Put load on a server and measure it; every delivery is verified.
    Bench(bench::BenchArgs),
    Trace(trace::TraceArgs),
    User(user::UserArgs),
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Bench(args) => bench::run(args),
        Command::Trace(args) => return trace::run(args),
        Command::User(args) => user::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("offhook: {error:#}");
        ExitCode::FAILURE
    })
}
