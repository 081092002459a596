//! What a benchmark found, for people and as JSON.
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::process::Memory;

/// One run. Figures that a benchmark does not measure are absent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    /// `fanout`, `unicast`, `idle`, `login`, `storm`, `rest` or `bare`.
    pub(super) benchmark: String,
    /// `--label`.
    pub(super) server: String,
    pub(super) sessions: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload_bytes: Option<usize>,
    /// How long was measured.
    pub(super) seconds: f64,
    /// At full speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) events_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deliveries_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logins_per_second: Option<f64>,
    /// From a request over REST to its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer_latency: Option<Latency>,
    /// From publishing (over REST: from the answer) to delivery, of a whole login, or from the loss of a connection to the resumed session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) latency: Option<Latency>,
    /// CPU seconds of the server per million deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpu_seconds_per_million_deliveries: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpu_milliseconds_per_login: Option<f64>,
    /// Share of one core that the server used while measured; 1 is all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server_cores: Option<f64>,
    /// The same of the generator. Near 1 means that the generator was the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generator_cores: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resident_bytes_per_session: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) private_dirty_bytes_per_session: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resident_bytes: Option<u64>,
    /// Deliveries over the whole run, warm-up included; all of them verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deliveries_verified: Option<u64>,
    /// What was not as it must be. Empty in a run to be believed.
    pub(super) problems: Vec<String>,
    #[serde(skip)]
    pub(super) as_json: bool,
}

/// Microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
    pub(super) max_us: u64,
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Latency {
        Latency {
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }
}

impl Report {
    /// Says whether everything that was to be delivered was, in order and once.
    pub(super) fn verified(&self) -> bool {
        self.problems.is_empty()
    }

    /// Puts the CPU time of the server into the report, whole and per piece of work.
    pub(super) fn set_server_cpu(&mut self, used: Duration, deliveries: u64, logins: u64) {
        self.server_cores = Some(used.as_secs_f64() / self.seconds);
        if deliveries > 0 {
            self.cpu_seconds_per_million_deliveries = Some(used.as_secs_f64() * 1e6 / deliveries as f64);
        }
        if logins > 0 {
            self.cpu_milliseconds_per_login = Some(used.as_secs_f64() * 1e3 / logins as f64);
        }
    }

    /// Puts what `sessions` sessions added to the server's memory into the report.
    pub(super) fn set_memory(&mut self, before: Memory, after: Memory) {
        let each = |before: u64, after: u64| Some((after as f64 - before as f64) / self.sessions as f64);
        self.resident_bytes_per_session = each(before.resident, after.resident);
        if after.private_dirty > 0 {
            self.private_dirty_bytes_per_session = each(before.private_dirty, after.private_dirty);
        }
        self.resident_bytes = Some(after.resident);
    }

    /// Prints one line per figure, or the whole as JSON if that was asked for.
    pub(super) fn print(&self) -> anyhow::Result<()> {
        if self.as_json {
            println!("{}", serde_json::to_string_pretty(self)?);
            return Ok(());
        }
        println!(
            "{} against {}, {} sessions, {:.1} s",
            self.benchmark, self.server, self.sessions, self.seconds
        );
        for (name, value) in self.lines() {
            println!("  {name:<34}{value:>14}");
        }
        for problem in &self.problems {
            println!("  PROBLEM: {problem}");
        }
        Ok(())
    }

    fn lines(&self) -> impl Iterator<Item = (&'static str, String)> {
        let milliseconds = |us: u64| format!("{:.2} ms", us as f64 / 1e3);
        let kib = |bytes: f64| format!("{:.1} KiB", bytes / 1024.0);
        [
            ("payload", self.payload_bytes.map(|bytes| format!("{bytes} bytes"))),
            ("changes per second, full speed", self.changes_per_second.map(whole)),
            ("events per second", self.events_per_second.map(whole)),
            ("deliveries per second", self.deliveries_per_second.map(whole)),
            ("logins per second", self.logins_per_second.map(whole)),
            ("answer, median", self.answer_latency.map(|latency| milliseconds(latency.p50_us))),
            ("answer, 99 %", self.answer_latency.map(|latency| milliseconds(latency.p99_us))),
            ("latency, median", self.latency.map(|latency| milliseconds(latency.p50_us))),
            ("latency, 99 %", self.latency.map(|latency| milliseconds(latency.p99_us))),
            ("latency, longest", self.latency.map(|latency| milliseconds(latency.max_us))),
            (
                "server CPU per million deliveries",
                self.cpu_seconds_per_million_deliveries.map(|s| format!("{s:.2} s")),
            ),
            ("server CPU per login", self.cpu_milliseconds_per_login.map(|ms| format!("{ms:.3} ms"))),
            ("server, cores used", self.server_cores.map(|cores| format!("{cores:.2}"))),
            ("generator, cores used", self.generator_cores.map(|cores| format!("{cores:.2}"))),
            ("resident memory per session", self.resident_bytes_per_session.map(kib)),
            ("private memory per session", self.private_dirty_bytes_per_session.map(kib)),
            ("resident memory in all", self.resident_bytes.map(|bytes| kib(bytes as f64))),
            ("deliveries verified", self.deliveries_verified.map(|count| whole(count as f64))),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Writes a number without decimals, a thin line between thousands.
pub(super) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [whole(0.4), whole(999.0), whole(1_000.0), whole(1_234_567.4)],
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
