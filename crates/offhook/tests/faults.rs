//! `offhook fault` against the real binary: every command and the request of `docs/faults.md`, as they stand there, and what the
//! command says when it can't.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use client::{Connector, Line, LineUrl, Trust, Unobserved};
use serde_json::Value;
use xmpp::stream::ClientConfig;

const PAGE: &str = include_str!("../../../docs/faults.md");

struct Process {
    child: Child,
    data: PathBuf,
    address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        self.child.wait().expect("a killed child ends");
    }
}

/// The binary, without any setting of the person who runs the tests.
fn offhook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    let ours = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("OFFHOOK_"));
    for name in ours {
        command.env_remove(name);
    }
    command
}

impl Process {
    /// Starts a server with the demonstration.
    fn start(folder: &Path, enabled: &str) -> Process {
        let data = folder.join("data");
        let mut child = offhook()
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
            .arg(&data)
            .env("OFFHOOK_FAULTS_ENABLED", enabled)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut address = None;
        for line in said.lines().map_while(Result::ok).take_while(|line| line != "ready") {
            if let Some(found) = line.strip_prefix("listening http ") {
                address = Some(found.parse().expect("an address"));
            }
        }
        Process { child, data, address: address.expect("the server says where it listens") }
    }

    /// Stops the server and says what it has told on stderr.
    fn diagnostics(mut self) -> String {
        self.child.kill().expect("it runs");
        let mut told = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut told).expect("UTF-8");
        told
    }

    fn fault(&self, arguments: &[&str]) -> Output {
        fault(&self.data, arguments)
    }

    /// What it prints.
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.fault(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A session of the agent 1001001.
    async fn session(&self) -> Line {
        let url: LineUrl = format!("ws://{}/ws/", self.address).parse().expect("an address");
        let connector = Connector::new(&Trust::Public, Duration::from_secs(10)).expect("no file is read");
        let agent = ClientConfig::new("localhost", "1001001", "offhook");
        Line::open(&connector, &url, agent, Box::new(Unobserved)).await.expect("signs in")
    }
}

fn fault(data: &Path, arguments: &[&str]) -> Output {
    let output = offhook().arg("fault").args(arguments).arg("--data").arg(data).output();
    output.expect("the binary can be started")
}

/// The commands of the page that begin like this.
fn commands(start: &str) -> Vec<Vec<&'static str>> {
    let lines = PAGE.lines().filter(|line| line.starts_with(start));
    lines.map(|line| line[start.len()..].split_whitespace().collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_page_works() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Process::start(folder.path(), "demo");
    let mut active = 0;
    let commands = commands("offhook fault ");
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands {
        let strikes_now = ["drop", "end"].contains(&command[0]);
        let mut session = match strikes_now || command[0] == "sessions" {
            true => Some(server.session().await),
            false => None,
        };
        let said = server.prints(&command);
        let kind = command[0].replace('-', "_");
        match command[0] {
            "sessions" => assert!(said.starts_with("1001001@localhost/"), "{said}"),
            "list" => assert_eq!(said.lines().count(), active, "{said}"),
            "clear" => assert_eq!(said, format!("{active} faults are over\n")),
            _ if strikes_now => {
                assert!(said.contains(&kind) && said.contains("used up, struck "), "{said}");
                let session = session.as_mut().expect("opened above");
                session.next().await.expect_err("the line is lost, or the stream has ended");
            }
            _ => {
                assert!(said.contains(&kind) && said.contains("active, struck 0 times"), "{said}");
                active += 1;
            }
        }
    }
    assert_eq!(server.prints(&["list", "--json"]), "");
    let _session = server.session().await;
    let session: Value = serde_json::from_str(&server.prints(&["sessions", "--json"])).expect("JSON");
    assert_eq!(session["transport"], "websocket");
}

#[test]
fn the_request_of_the_page_works_and_the_command_sees_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Process::start(folder.path(), "demo");
    let curl = PAGE.lines().find(|line| line.starts_with("curl ")).expect("there is one");
    let (_, body) = curl.split_once("-d '").expect("with a body");
    let body = body.trim_end_matches('\'');
    let mut socket = TcpStream::connect(server.address).expect("connects");
    let request = format!(
        "POST /offhook/v1/faults HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Authorization: Basic YWRtaW46b2ZmaG9vaw==\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    socket.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\nlocation: /offhook/v1/faults/1\r\n"), "{answer}");
    let (_, shown) = answer.split_once("\r\n\r\n").expect("a body");
    let shown: Value = serde_json::from_str(shown).expect("JSON");
    // The page shows the same, but for the times.
    let (_, expected) = PAGE.split_once("```json\n").expect("a sample");
    let (expected, _) = expected.split_once("```").expect("its end");
    let mut expected: Value = serde_json::from_str(expected).expect("JSON");
    for name in ["since", "until"] {
        expected[name] = shown[name].clone();
    }
    assert_eq!(shown, expected);
    let listed = server.prints(&["list"]);
    assert!(listed.contains("status 503, by admin"), "{listed}");
    assert_eq!(server.prints(&["clear", "1"]), "1 fault is over\n");
    let again = server.fault(&["clear", "1"]);
    assert_eq!(again.status.code(), Some(1));
    let diagnostics = server.diagnostics();
    for (what, who) in [("a fault begins", "by=\"admin\""), ("a fault is over", "by=\"the command line\"")] {
        let told = diagnostics.lines().find(|line| line.contains(what)).unwrap_or_default();
        assert!(told.contains(who) && told.contains("refuse_upgrade"), "{what}: {told}");
    }
}

#[test]
fn the_command_says_why_it_cannot() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let says = |output: Output, expected: &str| {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && errors.contains(expected), "{expected}: {errors}");
    };
    let refuse: &[&str] = &["refuse-upgrade", "--status", "503"];
    says(fault(&folder.path().join("nothing"), refuse), "no server uses the data folder");
    let server = Process::start(folder.path(), "false");
    says(server.fault(refuse), "OFFHOOK_FAULTS_ENABLED=true");
    assert_eq!(server.prints(&["sessions"]), "");
    drop(server);
    let server = Process::start(folder.path(), "true");
    says(server.fault(&["refuse-upgrade", "--status", "99"]), "from 400 to 599");
    says(server.fault(&["ignore-pings", "--user", "nobody"]), "UNKNOWN_USER");
    says(server.fault(&["drop", "--user", "1001001"]), "There is no such session");
    says(server.fault(&["drop"]), "--user");
    says(server.fault(&["delay-events", "--user", "1001001", "--delay", "soon"]), "faults.delay_max");
}
