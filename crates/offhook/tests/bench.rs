//! `offhook bench` against `offhook serve`: small loads, all of it verified, exit codes as promised.
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const OFFHOOK: &str = env!("CARGO_BIN_EXE_offhook");

/// The demo server in clear on a port of the system's choice, and a file with its agents.
struct Demo {
    process: Child,
    url: String,
    data: tempfile::TempDir,
}

impl Demo {
    fn start() -> Demo {
        let data = tempfile::tempdir().expect("a temporary folder");
        let ready = data.path().join("ready.json");
        let process = Command::new(OFFHOOK)
            .args([
                "serve",
                "--demo",
                "--demo-callers",
                "off",
                "--https",
                "off",
                "--http",
                "127.0.0.1:0",
                "--domain",
                "localhost",
            ])
            .arg("--data")
            .arg(data.path().join("data"))
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let address = wait_for(&ready)["http"].as_str().expect("an address").to_owned();
        let mut accounts = std::fs::File::create(data.path().join("agents.csv")).expect("writable");
        writeln!(accounts, "id,password").expect("writable");
        for agent in 1_001_001..=1_001_012 {
            writeln!(accounts, "{agent},offhook").expect("writable");
        }
        Demo { process, url: format!("ws://{address}/ws"), data }
    }

    fn bench(&self, args: &[&str]) -> Output {
        Command::new(OFFHOOK)
            .arg("bench")
            .args([
                args[0],
                &self.url,
                "--json",
                "--domain",
                "localhost",
                "--pid",
                &self.process.id().to_string(),
            ])
            .args(&args[1..])
            .arg("--accounts")
            .arg(self.data.path().join("agents.csv"))
            .env("OFFHOOK_PASSWORD", "offhook")
            .output()
            .expect("the program runs")
    }

    fn report(&self, args: &[&str]) -> Value {
        let output = self.bench(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "bench {args:?}: {error}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["problems"], Value::Array(Vec::new()), "{report}");
        report
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the ready file once it is there and whole.
fn wait_for(ready: &Path) -> Value {
    let started = Instant::now();
    loop {
        if let Some(value) = std::fs::read(ready).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
            return value;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the server is not ready after a minute");
        std::thread::yield_now();
    }
}

#[test]
fn every_benchmark_runs_and_verifies() {
    let demo = Demo::start();
    let short = ["--seconds", "0.5", "--warm-up", "0.1", "--subscribers", "12", "--payload", "300"];
    for layout in ["fanout", "unicast"] {
        let report = demo.report(&[&[layout], &short[..]].concat());
        assert!(report["deliveries_verified"].as_u64() > Some(100), "{report}");
        assert!(report["server_cores"].as_f64() > Some(0.0), "{report}");
    }
    let bare_jids = demo.report(&[&["fanout", "--bare"], &short[..]].concat());
    assert!(bare_jids["deliveries_verified"].as_u64() > Some(100), "{bare_jids}");
    let args = ["--seconds", "0.5", "--warm-up", "0.1", "--subscribers", "11", "--not-reading", "1"];
    let beside = demo.report(&[&["fanout"], &args[..]].concat());
    assert!(beside["deliveries_verified"].as_u64() > Some(100), "{beside}");
    let storm = demo.report(&["storm", "--sessions", "12"]);
    assert!(storm["latency"]["p99_us"].as_u64() > Some(0), "{storm}");
    let idle = demo.report(&["idle", "--sessions", "12", "--hold", "0"]);
    assert!(idle["resident_bytes"].as_u64() > Some(1_000_000), "{idle}");
    let rest = demo.report(&[
        "rest",
        "--agents",
        "12",
        "--connections",
        "3",
        "--seconds",
        "0.5",
        "--warm-up",
        "0.1",
    ]);
    assert!(rest["changes_per_second"].as_f64() > Some(0.0), "{rest}");
    assert!(rest["deliveries_verified"].as_u64() > Some(20), "{rest}");
    assert!(rest["answer_latency"]["p99_us"].as_u64() > Some(0), "{rest}");
    let again = ["rest", "--agents", "12", "--rate", "50", "--seconds", "0.5", "--warm-up", "0.1"];
    let again = demo.report(&again);
    assert!(again["deliveries_verified"].as_u64() > Some(10), "the agents are signed out: {again}");
    for mechanism in ["plain", "scram-sha1", "scram-sha256"] {
        let args = ["login", "--seconds", "1", "--concurrency", "2", "--cold", "--mechanism", mechanism];
        let report = demo.report(&args);
        assert!(report["logins_per_second"].as_f64() > Some(0.0), "{report}");
    }
}

#[test]
fn a_refused_login_is_told_and_fails() {
    let demo = Demo::start();
    std::fs::write(demo.data.path().join("agents.csv"), "1001001,wrong\n").expect("writable");
    let output = demo.bench(&["idle", "--sessions", "1"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("1001001 cannot log in"), "{error}");
    let output = demo.bench(&["idle", "--sessions", "2"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("1 accounts for 2 sessions"), "{error}");
}

#[test]
fn the_bare_loop_delivers_everything() {
    for batch in ["1", "16"] {
        let args =
            ["bench", "bare", "--json", "--subscribers", "20", "--deliveries", "20000", "--batch", batch];
        let output = Command::new(OFFHOOK).args(args).output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(report["deliveries_verified"].as_u64() >= Some(20_000), "{report}");
    }
}
