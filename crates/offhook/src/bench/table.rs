//! `bench table`: several reports side by side, each figure with its ratio to a chosen server's.
use std::path::PathBuf;

use anyhow::Context;

use super::report::{Report, whole};

#[derive(clap::Args, Debug)]
pub(crate) struct TableArgs {
    /// Reports, as `--json` printed them.
    #[arg(required = true)]
    reports: Vec<PathBuf>,
    /// The server that the others are compared with.
    #[arg(long, value_name = "LABEL", default_value = "ejabberd")]
    against: String,
}

/// A figure that makes a row.
struct Row {
    benchmark: &'static str,
    name: &'static str,
    value: fn(&Report) -> Option<f64>,
    /// Digits after the point.
    digits: usize,
    /// Less is better, so the ratio is turned over.
    less_is_better: bool,
}

const fn row(benchmark: &'static str, name: &'static str, value: fn(&Report) -> Option<f64>) -> Row {
    Row { benchmark, name, value, digits: 0, less_is_better: false }
}

const fn cost(
    benchmark: &'static str,
    name: &'static str,
    digits: usize,
    value: fn(&Report) -> Option<f64>,
) -> Row {
    Row { benchmark, name, value, digits, less_is_better: true }
}

const ROWS: &[Row] = &[
    row("bare", "one write per frame, deliveries/s", |r| r.deliveries_per_second),
    cost("bare", "  CPU s per million", 2, |r| r.cpu_seconds_per_million_deliveries),
    row("bare batched", "batched writes, deliveries/s", |r| r.deliveries_per_second),
    cost("bare batched", "  CPU s per million", 2, |r| r.cpu_seconds_per_million_deliveries),
    row("fanout", "fan-out, deliveries/s", |r| r.deliveries_per_second),
    cost("fanout", "  CPU s per million", 2, |r| r.cpu_seconds_per_million_deliveries),
    cost("fanout", "  latency 50 %, ms", 2, |r| r.latency.map(|l| l.p50_us as f64 / 1e3)),
    cost("fanout", "  latency 99 %, ms", 2, |r| r.latency.map(|l| l.p99_us as f64 / 1e3)),
    row("unicast", "a node each, events/s", |r| r.events_per_second),
    cost("unicast", "  CPU s per million", 2, |r| r.cpu_seconds_per_million_deliveries),
    cost("unicast", "  latency 50 %, ms", 2, |r| r.latency.map(|l| l.p50_us as f64 / 1e3)),
    cost("unicast", "  latency 99 %, ms", 2, |r| r.latency.map(|l| l.p99_us as f64 / 1e3)),
    cost("idle", "idle session, KiB resident", 1, |r| r.resident_bytes_per_session.map(|b| b / 1024.0)),
    cost("idle", "  KiB private", 1, |r| r.private_dirty_bytes_per_session.map(|b| b / 1024.0)),
    row("rest", "state changes over REST/s", |r| r.changes_per_second),
    cost("rest", "  CPU s per million", 2, |r| r.cpu_seconds_per_million_deliveries),
    cost("rest", "  answer 99 % at half that rate, ms", 2, |r| {
        r.answer_latency.map(|l| l.p99_us as f64 / 1e3)
    }),
    cost("rest", "  event 99 % after it, ms", 2, |r| r.latency.map(|l| l.p99_us as f64 / 1e3)),
    row("login", "logins/s", |r| r.logins_per_second),
    cost("login", "  CPU ms per login", 3, |r| r.cpu_milliseconds_per_login),
    cost("login", "  time 99 %, ms", 2, |r| r.latency.map(|l| l.p99_us as f64 / 1e3)),
];

pub(super) fn run(args: TableArgs) -> anyhow::Result<()> {
    let mut reports = Vec::new();
    for file in &args.reports {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
        let report: Report =
            serde_json::from_str(&text).with_context(|| format!("{}: no report", file.display()))?;
        reports.push(report);
    }
    print!("{}", render(&reports, &args.against));
    Ok(())
}

fn render(reports: &[Report], against: &str) -> String {
    use std::fmt::Write;
    let mut servers: Vec<&str> = Vec::new();
    for report in reports {
        if !servers.contains(&report.server.as_str()) {
            servers.push(&report.server);
        }
    }
    let mut out = String::new();
    let width = servers.iter().map(|server| server.len()).max().unwrap_or(0).max(17);
    let heading = format!("× is better than {against} by that factor");
    let _ = write!(out, "{heading:<38}");
    for server in &servers {
        let _ = write!(out, "  {server:>width$}");
    }
    out.push('\n');
    for row in ROWS {
        let value = |server: &str| {
            let report =
                reports.iter().find(|report| report.server == server && report.benchmark == row.benchmark)?;
            (row.value)(report)
        };
        if servers.iter().all(|server| value(server).is_none()) {
            continue;
        }
        let _ = write!(out, "{:<38}", row.name);
        let base = value(against);
        for server in &servers {
            let cell = match (value(server), base) {
                (None, _) => "-".to_owned(),
                (Some(value), Some(base)) if *server != against && value > 0.0 && base > 0.0 => {
                    let factor = if row.less_is_better { base / value } else { value / base };
                    format!("{} {:>6}", number(value, row.digits), format!("{factor:.1}×"))
                }
                (Some(value), _) => format!("{} {:>6}", number(value, row.digits), ""),
            };
            let _ = write!(out, "  {cell:>width$}");
        }
        out.push('\n');
    }
    for report in reports {
        for problem in &report.problems {
            let _ = writeln!(out, "PROBLEM in {} against {}: {problem}", report.benchmark, report.server);
        }
        if report.generator_cores.is_some_and(|cores| cores > 0.9) {
            let share = report.generator_cores.unwrap_or_default();
            let (benchmark, server) = (&report.benchmark, &report.server);
            let _ = writeln!(
                out,
                "note: {benchmark} against {server}: the generator used {share:.2} of its core"
            );
        }
    }
    out
}

fn number(value: f64, digits: usize) -> String {
    if digits == 0 { whole(value) } else { format!("{value:.digits$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_say_how_much_better() {
        let report = |server: &str, rate, cpu| Report {
            benchmark: "fanout".into(),
            server: server.into(),
            deliveries_per_second: Some(rate),
            cpu_seconds_per_million_deliveries: Some(cpu),
            ..Report::default()
        };
        let table = render(&[report("ejabberd", 20_000.0, 50.0), report("ours", 200_000.0, 5.0)], "ejabberd");
        let lines: Vec<_> =
            table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines[1], "fan-out, deliveries/s 20,000 200,000 10.0×");
        assert_eq!(lines[2], "CPU s per million 50.00 5.00 10.0×");
        assert_eq!(lines.len(), 3, "{table}");
    }
}
