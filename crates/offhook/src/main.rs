//! The `offhook` program: picks the subcommand and leaves the work to it.
mod args;
mod bench;
mod explain;
mod fault;
mod lab;
mod play;
mod publisher;
mod serve;
mod trace;
mod user;

use std::process::ExitCode;

use clap::Parser;

/// Thousands of idle sessions and bursts of short-lived buffers beside each other: this allocator keeps them apart and
/// gives memory back. `bench idle` shows the difference.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    Explain(explain::ExplainArgs),
    Play(play::PlayArgs),
    Publisher(publisher::PublisherArgs),
    Fault(fault::FaultArgs),
    Lab(lab::LabArgs),
    /// Run the server until SIGTERM or SIGINT.
    Serve(args::ServeArgs),
    Trace(trace::TraceArgs),
    User(user::UserArgs),
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Bench(args) => bench::run(args),
        Command::Explain(args) => return explain::run(args),
        Command::Play(args) => return play::run(args),
        Command::Publisher(args) => publisher::run(args),
        Command::Fault(args) => fault::run(args),
        Command::Lab(args) => return lab::run(args),
        Command::Serve(args) => return serve::run(args),
        Command::Trace(args) => return trace::run(args),
        Command::User(args) => user::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("offhook: {error:#}");
        ExitCode::FAILURE
    })
}
