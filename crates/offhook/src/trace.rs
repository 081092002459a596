//! `offhook trace`: the command line of the tracer, for live lines and for files.

mod har;

use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use client::{Connector, LineUrl, Trust};
use har::Form;
use tracer::{LiveOptions, Redactor, Report, Style};
use xmpp::{
    jid::{NodePart, ResourcePart},
    sasl::{Mechanism, Password},
    stream::MechanismChoice,
};

/// Look at a line step by step: connect, log in, subscribe, and show every event as it arrives. Or look at a line that a
/// browser has recorded.
///
/// Works with any server that speaks XMPP over WebSocket (RFC 7395), not only with Offhook. Each step is one line
/// with its time; where a step fails, the report says what happened and what to do about it. Passwords, tokens and
/// cookies are masked everywhere, also with -v.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct TraceArgs {
    /// Where to connect: wss://host:port/path, ws://…, or https://host:port for the line at /ws/
    #[arg(required_unless_present = "har")]
    url: Option<LineUrl>,

    /// Look at a file instead that a browser's network view has exported (HAR, from Chrome, Edge, Firefox or
    /// Playwright); "-" is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = LIVE_ONLY)]
    har: Option<PathBuf>,

    /// Record the line in this file as a HAR with its messages, secrets masked; read it again with --har
    #[arg(long, value_name = "FILE", conflicts_with = "har")]
    write_har: Option<PathBuf>,

    /// Write one JSON value instead of text (with --har)
    #[arg(long, requires = "har")]
    json: bool,

    /// Write JSON lines instead of text: one for each thing that happened (with --har)
    #[arg(long, requires = "har", conflicts_with = "json")]
    jsonl: bool,

    /// Write one HTML page that can be mailed to this file instead (with --har); "-" is standard output
    #[arg(long, value_name = "FILE", requires = "har", conflicts_with_all = ["json", "jsonl"])]
    html: Option<PathBuf>,

    /// Leave passwords and tokens that the file gives away in the report (with --har)
    #[arg(long, requires = "har")]
    show_secrets: bool,

    /// The user: the login ID, without the domain
    #[arg(long, value_name = "ID", required_unless_present = "har")]
    user: Option<String>,

    /// Read the password from the first line of standard input
    ///
    /// Without this and --password-file, the password is taken from the variable OFFHOOK_PASSWORD. There is no way
    /// to give it on the command line, which everybody on the machine can read.
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,

    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// The resource to log in with [default: a random one, tracer-xxxx]
    ///
    /// Choosing one that is in use, such as the desktop's, throws the other session out.
    #[arg(long, value_name = "NAME")]
    resource: Option<String>,

    /// The XMPP domain [default: what /finesse/api/SystemInfo says, else the host]
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,

    /// Subscribe to this node as well; may be given several times
    #[arg(long = "node", value_name = "NODE")]
    nodes: Vec<String>,

    /// Do not subscribe to the user's own node, /finesse/api/User/ID
    #[arg(long)]
    no_user_node: bool,

    /// Stop after so many events [default: go on until Ctrl-C]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    events: Option<u64>,

    /// Stop after so many seconds; with --events, events still missing then are a problem
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,

    /// Log in with this mechanism, offered or not: PLAIN, SCRAM-SHA-1 or SCRAM-SHA-256 [default: the strongest]
    #[arg(long, value_name = "M", value_parser = mechanism)]
    mechanism: Option<Mechanism>,

    /// Where the server gives no WebSocket, ask whether it speaks BOSH, without a login
    #[arg(long)]
    try_bosh: bool,

    /// Trust the certificates in this file (PEM) besides the public authorities
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Accept any certificate; the report still says what is wrong with it
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,

    /// Show headers, certificates, every stanza and every ping as well
    #[arg(short, long)]
    verbose: bool,
}

/// Arguments that say how to make a line, of which there is none with a file.
const LIVE_ONLY: [&str; 14] = [
    "url",
    "user",
    "password_stdin",
    "password_file",
    "resource",
    "domain",
    "nodes",
    "no_user_node",
    "events",
    "timeout",
    "mechanism",
    "try_bosh",
    "cacert",
    "insecure",
];

/// Runs the tracer: status 0 if all was well, 1 if a problem was found, 2 if the command line is wrong, 3 if a file cannot be
/// read.
pub(crate) fn run(args: TraceArgs) -> ExitCode {
    if let Some(file) = &args.har {
        let form = match (args.json, args.jsonl, args.html) {
            (true, ..) => Form::Json,
            (_, true, _) => Form::JsonLines,
            (.., Some(page)) => Form::Html(page),
            _ => Form::Text { verbose: args.verbose },
        };
        return har::run(file, &form, args.show_secrets);
    }
    match prepare(args) {
        Ok(prepared) => prepared.run(),
        Err(error) => {
            eprintln!("offhook trace: {error:#}");
            ExitCode::from(2)
        }
    }
}

struct Prepared {
    connector: Connector,
    options: LiveOptions,
    verbose: bool,
    write_har: Option<PathBuf>,
}

fn prepare(args: TraceArgs) -> anyhow::Result<Prepared> {
    let (Some(url), Some(user)) = (args.url, args.user) else {
        bail!("a line is traced at an address, as a user: offhook trace URL --user ID");
    };
    if user.contains('@') {
        bail!("--user is the part before the @; give the domain with --domain");
    }
    NodePart::new(&user).with_context(|| format!("\"{user}\" cannot be a user"))?;
    let resource = match args.resource {
        Some(resource) => resource,
        None => format!("tracer-{:04x}", random()?),
    };
    ResourcePart::new(&resource).with_context(|| format!("\"{resource}\" cannot be a resource"))?;
    let trust = match (args.insecure, args.cacert) {
        (true, _) => Trust::Anything,
        (false, Some(file)) => Trust::File(file),
        (false, None) => Trust::Public,
    };
    let connector = Connector::new(&trust, STEP_TIMEOUT)?;
    let password = password(args.password_stdin, args.password_file)?;
    let options = LiveOptions {
        url,
        user,
        password,
        domain: args.domain,
        resource,
        nodes: args.nodes,
        user_node: !args.no_user_node,
        mechanism: args.mechanism.map_or(MechanismChoice::Strongest, MechanismChoice::Only),
        try_bosh: args.try_bosh,
        events: args.events,
        timeout: args.timeout.map(Duration::from_secs),
    };
    Ok(Prepared { connector, options, verbose: args.verbose, write_har: args.write_har })
}

impl Prepared {
    fn run(self) -> ExitCode {
        let Prepared { connector, options, verbose, write_har } = self;
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("offhook trace: cannot start: {error}");
                return ExitCode::FAILURE;
            }
        };
        let mut public = vec![options.user.as_str(), options.url.host(), options.resource.as_str()];
        public.extend(options.domain.as_deref());
        public.extend(options.nodes.iter().map(String::as_str));
        let redactor = Redactor::new(&[options.password.as_str()], &public);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let report = Report::new(Box::new(io::stdout()), style(), verbose, redactor, now);
        if let Some(path) = &write_har
            && let Err(error) = har::record(&report, path, &options.url)
        {
            eprintln!("offhook trace: cannot write {}: {error}", path.display());
            return ExitCode::from(2);
        }
        runtime.block_on(tracer::trace(&connector, &options, &report, stop_signal()));
        if let Err(error) = report.finish_recording() {
            let path = write_har.unwrap_or_default();
            eprintln!("offhook trace: {} is not whole: {error}", path.display());
            return ExitCode::from(2);
        }
        if report.counts().problems > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS }
    }
}

/// Ctrl-C or a polite kill.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => if outcome.is_err() { std::future::pending().await },
        _ = terminate.recv() => {}
    }
}

fn password(from_stdin: bool, file: Option<PathBuf>) -> anyhow::Result<Password> {
    let first_line = |mut reader: Box<dyn BufRead>| -> io::Result<String> {
        let mut line = String::new();
        io::Read::take(&mut reader, PASSWORD_BYTES_MAX).read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    let password = if from_stdin {
        if io::stdin().is_terminal() {
            eprintln!("offhook trace: reading the password from this terminal; it will be visible");
        }
        first_line(Box::new(io::stdin().lock())).context("cannot read the password from standard input")?
    } else if let Some(path) = file {
        let open =
            std::fs::File::open(&path).map(|file| Box::new(io::BufReader::new(file)) as Box<dyn BufRead>);
        open.and_then(first_line)
            .with_context(|| format!("cannot read the password from {}", path.display()))?
    } else {
        match std::env::var("OFFHOOK_PASSWORD") {
            Ok(password) => password,
            Err(_) => bail!(
                "no password: give it with --password-stdin, --password-file FILE, or in the variable OFFHOOK_PASSWORD"
            ),
        }
    };
    if password.is_empty() {
        bail!("the password is empty");
    }
    Ok(Password::from(password))
}

/// Colours and folding for people; plain lines for other programs.
pub(crate) fn style() -> Style {
    let terminal = io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let width = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    Style { color: terminal && !no_color && !dumb, width: width.filter(|width| terminal && *width > 0) }
}

fn mechanism(name: &str) -> Result<Mechanism, String> {
    Mechanism::from_name(&name.to_ascii_uppercase()).ok_or_else(|| {
        let known: Vec<_> = Mechanism::ALL.iter().map(|mechanism| mechanism.name()).collect();
        format!("known mechanisms are {}", known.join(", "))
    })
}

fn random() -> anyhow::Result<u16> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(u16::from_ne_bytes(bytes))
}

const EXAMPLES: &str = "\
Examples:
  An agent's events on the demo server (trust its own certificate, see what `offhook serve` prints):
    export OFFHOOK_PASSWORD=offhook
    offhook trace https://localhost:8445 --user 1001001 --cacert CERTIFICATE

  A supervisor watching a team as well, stop after three events:
    offhook trace https://localhost:8445 --user 1001 --node /finesse/api/Team/1/Users --events 3

  A server of another kind, password from a file, with everything on the wire:
    offhook trace wss://xmpp.example.org/xmpp-websocket --user ada --password-file pw \\
      --no-user-node --node news -v

  What a browser has recorded (network view, export as HAR):
    offhook trace --har desktop.har
    offhook trace --har desktop.har --html report.html

  A live line as a page: record it, then explain the recording:
    offhook trace https://localhost:8445 --user 1001001 --timeout 60 --write-har line.har
    offhook trace --har line.har --html report.html

  In a script: does the line work at all?
    offhook trace wss://cc.example.org/ws/ --user 7001 --password-stdin --timeout 5 < pw

What is found has a name, such as UP-200: `offhook explain UP-200` says more about it.

Exit status: 0 all was well, 1 a problem was found, 2 the command line is wrong, 3 the file cannot be read.";

/// How long each step may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest password read.
const PASSWORD_BYTES_MAX: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Outer {
        #[command(flatten)]
        trace: TraceArgs,
    }

    #[test]
    fn the_command_line_is_understood() {
        let args = [
            "offhook",
            "https://h:8445",
            "--user",
            "1",
            "--node",
            "a",
            "--node",
            "b",
            "--events",
            "2",
            "-v",
            "--mechanism",
            "plain",
        ];
        let args = Outer::try_parse_from(args).expect("a good command line").trace;
        assert_eq!((args.nodes.len(), args.events, args.verbose), (2, Some(2), true));
        assert_eq!(args.mechanism, Some(Mechanism::Plain));
        let error = Outer::try_parse_from(["offhook", "h:8445", "--user", "1"]).err().expect("no scheme");
        assert!(error.to_string().contains("https://h:8445"), "{error}");
        assert!(Outer::try_parse_from(["offhook", "https://h", "--user", "1", "--events", "0"]).is_err());
    }

    #[test]
    fn a_whole_address_is_no_user() {
        let args = Outer::try_parse_from(["offhook", "https://h", "--user", "1@h"]).expect("parses").trace;
        assert!(prepare(args).err().expect("refused").to_string().contains("--domain"));
    }
}
