//! Two real servers of a pair, which can be killed, stopped for a while and started again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::relay::Relay;

const PASSWORD: &str = "a-password-of-the-pair";

/// How long something may take that takes a moment, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The settings of both.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) grace: &'static str,
    pub(crate) acknowledge_timeout: &'static str,
    /// Whether the two speak over TLS, with development certificates.
    pub(crate) tls: bool,
    /// Variables.
    pub(crate) more: &'static [(&'static str, &'static str)],
}

/// A failure is noticed quickly, and what was answered is on both disks, however slow the machine is.
pub(crate) const STRICT: Settings =
    Settings { grace: "1 s", acknowledge_timeout: "60 s", tls: false, more: &[] };

/// One server.
pub(crate) struct Process {
    side: &'static str,
    /// Where it listens for clients.
    pub(crate) address: SocketAddr,
    places: Places,
    folder: PathBuf,
    settings: Settings,
    /// One more variable.
    more: Option<(&'static str, &'static str)>,
    child: Child,
    /// What it has said, on both outputs.
    said: mpsc::Receiver<String>,
}

/// Where the two are.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    http: [SocketAddr; 2],
    https: [SocketAddr; 2],
    /// Where each finds the other one over http.
    peers: [SocketAddr; 2],
}

impl Places {
    /// Addresses that are free.
    pub(crate) fn find() -> Places {
        let reserved = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let [a, b, c, d] = reserved.map(|listener| listener.local_addr().expect("it is bound"));
        Places { http: [a, b], https: [c, d], peers: [b, a] }
    }

    /// The places of the other one.
    pub(crate) fn swap(&mut self) {
        self.http.swap(0, 1);
        self.https.swap(0, 1);
        self.peers.swap(0, 1);
    }

    /// Each is its own other one.
    pub(crate) fn face_itself(&mut self) {
        self.peers = self.http;
    }

    /// Puts cables between the two that can be cut.
    pub(crate) fn with_cables(&mut self) -> [Relay; 2] {
        let cables = self.peers.map(Relay::start);
        self.peers = [cables[0].address, cables[1].address];
        cables
    }
}

impl Process {
    /// - `side`: "a" or "b".
    /// - `folder`: that of both; their data is in folders of their names.
    pub(crate) fn start(side: &'static str, places: Places, folder: &Path, settings: Settings) -> Process {
        let (child, said) = spawn(side, places, folder, settings, None);
        let address = places.http[usize::from(side == "b")];
        Process { side, address, places, folder: folder.to_owned(), settings, more: None, child, said }
    }

    /// Starts it again, after it was killed.
    pub(crate) fn start_again(&mut self) {
        (self.child, self.said) = spawn(self.side, self.places, &self.folder, self.settings, self.more);
    }

    /// Has another variable when it is started again.
    pub(crate) fn more(&mut self, name: &'static str, value: &'static str) {
        self.more = Some((name, value));
    }

    /// Waits until it says this.
    pub(crate) fn says(&self, words: &str) {
        let mut before = Vec::new();
        loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(words) => return,
                Ok(line) => before.push(line),
                Err(error) => panic!("{}: not {words:?} ({error}), but:\n{}", self.side, before.join("\n")),
            }
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a running child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// SIGSTOP or SIGCONT.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill can be started").success(), "{name}");
    }

    /// A request of whoever knows the pair's password, or of nobody; the status and the body.
    pub(crate) fn ask(&self, request: &str, body: &str, has_password: bool) -> (u16, String) {
        let authorization =
            if has_password { format!("Authorization: Bearer {PASSWORD}\r\n") } else { String::new() };
        self.send(request, body, &authorization)
    }

    /// A request of the demonstration's administrator, who has the password "offhook".
    pub(crate) fn administer(&self, request: &str) -> (u16, String) {
        self.send(request, "", "Authorization: Basic YWRtaW46b2ZmaG9vaw==\r\n")
    }

    fn send(&self, request: &str, body: &str, authorization: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(self.address).expect("it listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(
            socket,
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
    }

    pub(crate) fn system_info(&self) -> String {
        let (status, body) = self.ask("GET /finesse/api/SystemInfo", "", false);
        assert_eq!(status, 200, "{body}");
        body
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    side: &str,
    places: Places,
    folder: &Path,
    settings: Settings,
    more: Option<(&str, &str)>,
) -> (Child, mpsc::Receiver<String>) {
    let (own, other, other_side) = if side == "a" { (0, 1, "b") } else { (1, 0, "a") };
    let (https, peer) = match settings.tls {
        true => (places.https[own].to_string(), format!("https://{}", places.https[other])),
        false => ("off".to_owned(), format!("http://{}", places.peers[own])),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    let ours = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("OFFHOOK_"));
    for name in ours {
        command.env_remove(name);
    }
    let mut child = command
        .args([
            "serve",
            "--demo",
            "--demo-callers",
            "off",
            "--side",
            side,
            "--http",
            &places.http[own].to_string(),
        ])
        .args(["--https", &https, "--peer", &peer, "--data"])
        .arg(folder.join(side))
        .env("OFFHOOK_PAIR_AUTHORITIES", folder.join(other_side).join("development-ca.pem"))
        .envs(settings.more.iter().copied())
        .env("OFFHOOK_PAIR_PASSWORD", PASSWORD)
        .env("OFFHOOK_PAIR_GRACE", settings.grace)
        .env("OFFHOOK_PAIR_ACKNOWLEDGE_TIMEOUT", settings.acknowledge_timeout)
        .envs(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let (say, said) = mpsc::channel();
    read(child.stdout.take().expect("a pipe"), say.clone());
    read(child.stderr.take().expect("a pipe"), say);
    (child, said)
}

/// Reads whatever comes, so that it never waits for us.
fn read(output: impl Read + Send + 'static, say: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // The test may be over.
            let _ = say.send(line);
        }
    });
}
