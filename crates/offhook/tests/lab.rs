//! The laboratory: a run against a real server is the run in virtual time.

use std::path::Path;
use std::process::{Command, Output};

fn lab(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_offhook")).arg("lab").args(arguments).output();
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
