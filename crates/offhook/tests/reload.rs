//! SIGHUP: the real binary reads its certificate again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use client::{Connector, Error, Line, LineUrl, Trust, Unobserved};
use rustix::process::{Pid, Signal, kill_process};
use xmpp::stream::ClientConfig;

/// Writes a new certificate with its key, and the certificate once more for those who trust it.
fn issue(folder: &Path, name: &str) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    for (file, text) in [
        ("certificate.pem", made.cert.pem()),
        (name, made.cert.pem()),
        ("key.pem", made.signing_key.serialize_pem()),
    ] {
        fs::write(folder.join(file), text).expect("written");
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().expect("a running child can be killed");
        self.0.wait().expect("a killed child ends");
    }
}

#[tokio::test]
async fn a_hangup_changes_the_certificate_and_ends_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    issue(folder.path(), "first.pem");
    let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .args(["serve", "--https", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("data"))
        .env("OFFHOOK_TLS_CERTIFICATE", folder.path().join("certificate.pem"))
        .env("OFFHOOK_TLS_KEY", folder.path().join("key.pem"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let said = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut diagnostics = BufReader::new(child.stderr.take().expect("a pipe"));
    let process = Process(child);
    let mut address = None;
    for line in said.lines().map_while(Result::ok).take_while(|line| line != "ready") {
        if let Some(found) = line.strip_prefix("listening https ") {
            address = Some(found.parse::<SocketAddr>().expect("an address"));
        }
    }
    let port = address.expect("the server says where it listens").port();
    let url: LineUrl = format!("wss://localhost:{port}/ws/").parse().expect("an address");
    let connects = async |trusted: &str| {
        let trust = Trust::File(folder.path().join(trusted));
        let connector = Connector::new(&trust, Duration::from_secs(10)).expect("a good authority");
        let nobody = ClientConfig::new("localhost", "nobody", "");
        // There is no such user; the question is how far it gets.
        match Line::open(&connector, &url, nobody, Box::new(Unobserved)).await {
            Err(Error::Untrusted { .. }) => false,
            Err(Error::Sasl { .. }) => true,
            other => panic!("{:?}", other.err()),
        }
    };
    assert!(connects("first.pem").await);

    issue(folder.path(), "second.pem");
    let pid = Pid::from_child(&process.0);
    kill_process(pid, Signal::HUP).expect("the process is there");
    let mut line = String::new();
    while !line.contains("certificates read again") {
        line.clear();
        assert!(diagnostics.read_line(&mut line).expect("text") > 0, "the process has ended");
    }
    assert!(connects("second.pem").await && !connects("first.pem").await);
}
