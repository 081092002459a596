//! `offhook lab`: callers, colleagues and supervisors who do what a seed says.

mod events_file;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use contact::Timestamp;
use sim::{Plan, Reference, Telling, virtual_run};

use self::events_file::EventsFile;
use self::summary::Progress;

/// Run a laboratory: callers, colleagues and supervisors who do what a seed says. Every rule about calls is checked.
///
/// docs/lab.md explains what they do, and what is promised about two runs with the same seed.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct LabArgs {
    /// In virtual time, without a server: a day takes seconds
    #[arg(long = "virtual", required_unless_present = "print_plan")]
    is_virtual: bool,

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

    /// For how long callers call: 90s, 10m, 1h [default: as planned, else 10m]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    duration: Option<f64>,

    /// What the run is made of: the same seed is the same run
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Write what everybody was told into this file, a line each, without ids and times
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,

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
    let outcome = plan(&args).and_then(|plan| in_virtual_time(&args, plan));
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
    let outcome = virtual_run(plan, args.seed, &mut telling);
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

const PROGRESS_SECONDS_VIRTUAL: i64 = 600;

const EXAMPLES: &str = "\
Examples:
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
