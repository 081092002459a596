//! The real binary, its clear listeners, and requests to its web service.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How long a client waits for something that should come at once. Reached only when a transcript fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    child: Child,
    http: String,
    xmpp: String,
    _data: TempDir,
}

impl Server {
    /// Starts the server with demo data of its own.
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
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
                "--xmpp",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(data.path().join("data"))
            .env("OFFHOOK_TCP_STARTTLS", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let (mut http, mut xmpp) = (None, None);
        for line in &mut lines {
            let line = line.expect("the server prints text");
            if let Some(found) = line.strip_prefix("listening http ") {
                http = Some(found.to_owned());
            }
            if let Some(found) = line.strip_prefix("listening xmpp ") {
                xmpp = Some(found.to_owned());
            }
            if line == "ready" {
                break;
            }
        }
        // Whatever it prints later is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let told = "the server says where it listens before it is ready";
        Server { child, http: http.expect(told), xmpp: xmpp.expect(told), _data: data }
    }

    /// Where http and WebSockets are.
    pub(crate) fn http(&self) -> (&str, TcpStream) {
        (&self.http, connect(&self.http))
    }

    /// Where XMPP over TCP is.
    pub(crate) fn xmpp(&self) -> TcpStream {
        connect(&self.xmpp)
    }

    /// A user of the demo sends a REST request, `line` being method and path; returns the status of the answer.
    pub(crate) fn rest(&self, user: &str, line: &str, request_id: Option<&str>, body: &str) -> u16 {
        let credentials = xmpp::sasl::encode_payload(format!("{user}:offhook").as_bytes());
        let request_id = request_id.map(|id| format!("requestId: {id}\r\n")).unwrap_or_default();
        let (host, mut stream) = self.http();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\nContent-Type: application/xml\r\n\
             Content-Length: {}\r\nConnection: close\r\n{request_id}\r\n{body}",
            body.len()
        )
        .expect("the request can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no HTTP answer: {answer}"))
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server accepts connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
    stream.set_nodelay(true).expect("a socket option can be set");
    stream
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
