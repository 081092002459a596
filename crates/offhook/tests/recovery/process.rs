//! The real binary, which can be killed and comes back with the same data.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    data: TempDir,
    settings: Vec<(String, String)>,
}

impl Process {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Process {
        let data = tempfile::tempdir().expect("a temporary folder");
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, address) = start(&data, &settings);
        Process { child, address, data, settings }
    }

    /// Where http and WebSockets are now.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGKILL, and a new start. It listens somewhere else then.
    pub(crate) fn kill_and_start_again(&mut self) {
        self.kill();
        (self.child, self.address) = start(&self.data, &self.settings);
    }

    fn kill(&mut self) {
        self.child.kill().expect("a running child can be killed");
        self.child.wait().expect("a killed child ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn start(data: &TempDir, settings: &[(String, String)]) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .args([
            "serve",
            "--demo",
            "--demo-callers",
            "off",
            "--https",
            "off",
            "--http",
            "127.0.0.1:0",
            "--data",
        ])
        .arg(data.path().join("data"))
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
    let mut address = None;
    for line in &mut lines {
        let line = line.expect("the server prints text");
        if let Some(found) = line.strip_prefix("listening http ") {
            address = Some(found.parse().expect("an address"));
        }
        if line == "ready" {
            break;
        }
    }
    // Whatever it prints later is read, so that it never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address.expect("the server says where it listens before it is ready"))
}
