//! What the kernel says about a process: CPU time and memory.
use std::fmt::Display;
use std::time::Duration;

use anyhow::Context;

/// Resident memory of a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// `VmRSS`.
    pub(super) resident: u64,
    /// `Private_Dirty` of `smaps_rollup`: what this process alone has written. Zero if it may not be read.
    pub(super) private_dirty: u64,
}

/// Returns the CPU time that all threads of a process have used so far.
///
/// - `process`: a process id, or `self`.
pub(super) fn cpu_time(process: impl Display) -> anyhow::Result<Duration> {
    let file = format!("/proc/{process}/stat");
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("{file}: is the process running here?"))?;
    // The name in parentheses may hold spaces. User and system time are fields 14 and 15; field 3 comes next.
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let mut ticks =
        || fields.next().and_then(|field| field.parse::<u64>().ok()).context("no CPU time in stat");
    let total = ticks()? + ticks()?;
    Ok(Duration::from_secs_f64(total as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Returns the memory of a process.
pub(super) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let file = format!("/proc/{pid}/status");
    let status =
        std::fs::read_to_string(&file).with_context(|| format!("{file}: is the process running here?"))?;
    let resident = kilobytes(&status, "VmRSS:").with_context(|| format!("{file}: no VmRSS"))? * 1_024;
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let private_dirty = kilobytes(&rollup, "Private_Dirty:").unwrap_or(0) * 1_024;
    Ok(Memory { resident, private_dirty })
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Lifts the limit on open files as far as it goes, and fails if that is not enough.
pub(super) fn allow_open_files(wanted: usize) -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = wanted as u64 + 64;
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).context("cannot raise the limit on open files")?;
    match limit.maximum {
        Some(maximum) if maximum < wanted => {
            anyhow::bail!("{wanted} open files are needed and {maximum} allowed: ulimit -n")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_process() {
        assert!(memory(std::process::id()).expect("readable").resident > 100_000);
        assert!(cpu_time("self").expect("readable") < Duration::from_secs(3_600));
        assert!(cpu_time(std::process::id()).is_ok());
    }
}
