//! `offhook serve`: starts the server, says where it is, and stops it when the system asks.

mod announce;
mod callers;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use server::config::{Config, annotated_example};
use server::exit::Failure;
use server::pair::Node;
use server::serve::Addresses;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use self::callers::Callers;
use crate::args::ServeArgs;

/// Runs the server until SIGTERM or SIGINT. SIGHUP makes it read its certificate again. The exit codes are those of [`Failure`].
pub(crate) fn run(args: ServeArgs) -> ExitCode {
    if args.print_config {
        print!("{}", annotated_example());
        return ExitCode::SUCCESS;
    }
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("offhook: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn serve(args: ServeArgs) -> Result<(), Failure> {
    let config = Config::load(args.written, |name| std::env::var(name).ok())?;
    start_diagnostics(&config.diagnostics)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(other)?;
    let outcome = runtime.block_on(serve_until_signal(config));
    // What still runs, such as the check of a password, is nobody's concern any more.
    runtime.shutdown_background();
    outcome
}

async fn serve_until_signal(config: Config) -> Result<(), Failure> {
    // Before anybody is told that we are ready: a signal must find its handler.
    let mut terminate = signal(SignalKind::terminate()).map_err(other)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(other)?;
    // With a development certificate there is nothing to read again; then SIGHUP ends the process, as it does when the
    // terminal goes that it was started from.
    let mut hangup = config.tls.is_some().then(|| signal(SignalKind::hangup())).transpose().map_err(other)?;
    let mut node = Node::start(config.clone()).await?;
    tell(&config, &node, true).await?;
    let mut callers = callers_of(&config, &node);
    loop {
        tokio::select! {
            _ = terminate.recv() => break tracing::info!("SIGTERM"),
            _ = interrupt.recv() => break tracing::info!("SIGINT"),
            turn = node.turn() => {
                node = node.take(turn?).await?;
                tell(&config, &node, false).await?;
                callers = callers_of(&config, &node);
            }
            () = received(&mut hangup) => match node.reload_certificates() {
                Ok(()) => tracing::info!("SIGHUP: certificates read again"),
                Err(error) => tracing::error!(%error, "SIGHUP: the certificates stay as they were"),
            },
        }
    }
    let stop = async {
        if let Some(callers) = callers {
            callers.leave().await;
        }
        node.stop().await;
    };
    tokio::select! {
        () = stop => {}
        _ = terminate.recv() => tracing::warn!("second signal: not waiting any longer"),
        _ = interrupt.recv() => tracing::warn!("second signal: not waiting any longer"),
    }
    Ok(())
}

/// The demonstration's callers and colleagues, where they are wanted: at the node that serves.
fn callers_of(config: &Config, node: &Node) -> Option<Callers> {
    let every = config.demo.as_ref()?.callers?;
    Some(Callers::start(node.server()?.hub().clone(), every))
}

/// Says where the server is and, of a pair, what it does; at the start, and when that has changed.
async fn tell(config: &Config, node: &Node, is_start: bool) -> Result<(), Failure> {
    let addresses = node.addresses();
    let mut lines = String::new();
    let listeners = [
        ("https", addresses.https),
        ("http", addresses.http),
        ("xmpp", addresses.xmpp),
        ("xmpps", addresses.xmpps),
    ];
    for (name, address) in listeners {
        if let Some(address) = address {
            lines += &format!("listening {name} {address}\n");
        }
    }
    let is_pair = config.pair.is_some();
    match node.server() {
        Some(server) => {
            if is_start {
                lines += &announce::lines(config, server).await;
            }
            if is_pair {
                lines += "active\n";
            }
        }
        None => lines += "standing by\n",
    }
    lines += "ready\n";
    // If nobody reads what is printed, the server is of use all the same.
    let _ = io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush());
    if let Some(path) = &config.ready_file {
        write_ready_file(path, addresses, config, node).map_err(|error| {
            let sentence = format!("cannot write the ready file {}: {error}", path.display());
            Failure::Other(sentence.into())
        })?;
    }
    Ok(())
}

/// Waits for a signal, for ever if it is not listened for.
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// One line of JSON, there as a whole or not at all.
fn write_ready_file(path: &Path, addresses: &Addresses, config: &Config, node: &Node) -> io::Result<()> {
    let mut ready = serde_json::json!({
        "https": addresses.https,
        "http": addresses.http,
        "xmpp": addresses.xmpp,
        "xmpps": addresses.xmpps,
        "pid": std::process::id(),
        "domain": config.domain,
    });
    if config.pair.is_some() {
        ready["role"] = if node.server().is_some() { "active" } else { "standby" }.into();
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, format!("{ready}\n"))?;
    fs::rename(&beside, path)
}

fn start_diagnostics(filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::Other(format!("diagnostics: {filter:?} is not a filter: {error}").into())
    })?;
    let is_terminal = io::IsTerminal::is_terminal(&io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(is_terminal).init();
    Ok(())
}

fn other(error: io::Error) -> Failure {
    Failure::Other(Box::new(error))
}
