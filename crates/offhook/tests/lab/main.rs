//! The laboratory: a run against a real server is the run in virtual time. And the demonstration's callers and colleagues.

mod demonstration;
mod process;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Process, offhook};

fn lab(arguments: &[&str]) -> Output {
    let output = offhook().arg("lab").args(arguments).output();
    output.expect("the program runs")
}

fn list(folder: &Path, name: &str, more: &[&str]) -> String {
    let file = folder.join(name);
    let path = file.to_str().expect("a path of letters");
    let plan = folder.join("plan.toml");
    std::fs::write(&plan, PLAN).expect("the plan is written");
    let plan = plan.to_str().expect("a path of letters");
    let output = lab(&[&["--plan", plan, "--seed", "7", "--events", path][..], more].concat());
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    std::fs::read_to_string(&file).expect("the list is written")
}

/// Short calls about which much is asked, so that everything happens within seconds.
const PLAN: &str = "\
agents = 14
calls_per_hour = 3600
duration_s = 15
[callers]
talk_s = 5
[colleagues]
sign_in_within_s = 1
answer_s = 0.5
consult_share = 0.6
consult_s = 1
hold_share = 0.3
hold_s = 1
make_call_every_s = 20
[supervisors]
monitor_every_s = 3
monitor_s = 2
";

#[test]
fn the_same_seed_is_the_same_list_with_a_server_and_without() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let in_virtual_time = list(folder.path(), "virtual.txt", &["--virtual"]);
    let in_real_time = list(folder.path(), "real.txt", &[]);
    for happens in [" CONSULT ", " TRANSFER ", " CONFERENCE ", " SUPERVISOR_MONITOR ", " HELD "] {
        assert!(in_virtual_time.contains(happens), "{happens} does not happen:\n{in_virtual_time}");
    }
    assert_eq!(in_virtual_time, in_real_time);
}

#[test]
fn on_ccx_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ccx = ["--agents", "12", "--duration", "8s", "--virtual", "--deployment", "uccx"];
    let in_virtual_time = list(folder.path(), "virtual.txt", &ccx);
    for happens in [" ACD_IN ", " CONSULT ", " HELD "] {
        assert!(in_virtual_time.contains(happens), "{happens} does not happen:\n{in_virtual_time}");
    }
    assert_ne!(in_virtual_time, list(folder.path(), "cce.txt", &ccx[..5]));
    // A server says which rules it has.
    let settings = [("OFFHOOK_DEMO_CALLERS", "off"), ("OFFHOOK_CONTACT_DEPLOYMENT_TYPE", "UCCX")];
    let server = Process::start(folder.path(), &settings);
    let url = server.web();
    let in_real_time =
        list(folder.path(), "real.txt", &["--agents", "12", "--duration", "8s", "--url", &url]);
    assert_eq!(in_virtual_time, in_real_time);
    let other = lab(&["--url", &url, "--deployment", "UCCE"]);
    assert_eq!(other.status.code(), Some(2));
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(said.contains("the server has the rules of UCCX"), "{said}");
}

#[test]
fn what_cannot_be_run_says_why() {
    let output = lab(&["--virtual", "--agents", "0"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.trim(), "offhook lab: the plan: agents is 0; it can be 1 to 999");
    let accounts = lab(&["--print-accounts", "--agents", "13"]);
    let printed = String::from_utf8_lossy(&accounts.stdout).into_owned();
    assert!(printed.contains("1001013,offhook,Robin,Robot 13,1,agent,2001013"), "{printed}");
    let plan = lab(&["--print-plan"]);
    assert!(String::from_utf8_lossy(&plan.stdout).contains("patience_s = 60"));
}

/// Calls without end, so that there are many of every kind when the knife falls.
const BUSY: &str = "\
agents = 12
calls_per_hour = 3600
duration_s = 600
[callers]
talk_s = 20
[colleagues]
sign_in_within_s = 1
answer_s = 1
consult_share = 0.5
hold_share = 0.5
[supervisors]
monitor_every_s = 3
";

/// A server with the demonstration.
struct Server {
    process: Child,
    /// Where it listens.
    address: String,
}

impl Server {
    /// - `folder`: has its data.
    fn start(folder: &Path, http: &str) -> Server {
        let ready = folder.join("ready.json");
        let _ = std::fs::remove_file(&ready);
        let process = offhook()
            .args([
                "serve",
                "--demo",
                "--demo-callers",
                "off",
                "--https",
                "off",
                "--http",
                http,
                "--domain",
                "localhost",
                "--data",
            ])
            .arg(folder.join("data"))
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut server = Server { process, address: String::new() };
        let since = Instant::now();
        while server.address.is_empty() {
            let said = std::fs::read(&ready).ok().and_then(|text| serde_json::from_slice(&text).ok());
            let said: Option<serde_json::Value> = said;
            server.address =
                said.and_then(|said| Some(said["http"].as_str()?.to_owned())).unwrap_or_default();
            assert!(since.elapsed() < Duration::from_secs(60), "the server is not ready after a minute");
            std::thread::yield_now();
        }
        server
    }
}

impl Drop for Server {
    /// SIGKILL.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// kill -9 in the middle: what was answered is there, agent by agent, call by call, queue by queue; what was under way has
/// happened whole or not at all.
#[test]
fn agents_calls_and_queues_are_as_they_were_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, BUSY).expect("the plan is written");
    let server = Server::start(folder.path(), "127.0.0.1:0");
    let address = server.address.clone();
    let mut lab = offhook()
        .args(["lab", "--seed", "11", "--until-outage", "--url", &format!("http://{address}"), "--plan"])
        .arg(&plan)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the laboratory starts");
    // Every ten seconds it says how it stands.
    let mut progress = BufReader::new(lab.stderr.take().expect("piped")).lines();
    let mut said = Vec::new();
    let is_busy = |line: &str| line.contains("TALKING") && line.contains("HOLD");
    while !said.last().is_some_and(|line: &String| is_busy(line)) {
        said.push(progress.next().unwrap_or_else(|| panic!("it has ended: {said:?}")).expect("text"));
    }
    drop(server);
    let _back = Server::start(folder.path(), &address);
    said.extend(progress.map(|line| line.expect("text")));
    let mut sums = String::new();
    lab.stdout.take().expect("piped").read_to_string(&mut sums).expect("text");
    let status = lab.wait().expect("it ends");
    assert!(status.success(), "{sums}\n{said:?}");
    assert!(sums.contains("after the outage      14 people, "), "{sums}");
    assert!(!sums.contains(" 0 calls and"), "there were no calls: {sums}");
}
