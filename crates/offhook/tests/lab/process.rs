//! The real binary, serving the demonstration.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use client::{Connector, Line, LineUrl, Rest, Trust, Unobserved};
use rustix::process::{Pid, Signal, kill_process};
use xmpp::stream::ClientConfig;
use xmpp::{Element, Password, ns};

pub(crate) struct Process {
    child: Child,
    url: LineUrl,
}

/// The binary, without any setting of the person who runs the tests.
pub(crate) fn offhook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    let ours = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("OFFHOOK_"));
    for name in ours {
        command.env_remove(name);
    }
    command
}

impl Process {
    /// - `data`: a folder in which the server keeps what it has.
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> Process {
        let mut child = offhook()
            .args(["serve", "--demo", "--https", "off", "--http", "127.0.0.1:0", "--data"])
            .arg(data.join("data"))
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let mut address: Option<SocketAddr> = None;
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
        let address = address.expect("the server says where it listens before it is ready");
        Process { child, url: format!("ws://{address}/ws/").parse().expect("an address") }
    }

    /// Where it is, as `--url` takes it.
    pub(crate) fn web(&self) -> String {
        self.url.web_origin()
    }

    /// SIGTERM, and its end.
    pub(crate) fn stop(&mut self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("the process is there");
        assert!(self.child.wait().expect("it ends").success());
    }

    fn connector() -> Connector {
        Connector::new(&Trust::Public, Duration::from_secs(20)).expect("no file is read")
    }

    /// A web client of this user.
    pub(crate) fn rest(&self, user: &str) -> Rest {
        Rest::new(Self::connector(), &self.url, Some((user, &Password::from("offhook"))))
    }

    /// A line of this user, with subscriptions to these nodes.
    pub(crate) async fn line(&self, user: &str, nodes: &[&str]) -> Line {
        let config = ClientConfig::new("localhost", user, "offhook");
        let line = Line::open(&Self::connector(), &self.url, config, Box::new(Unobserved)).await;
        let mut line = line.expect("signs in");
        line.present(0).await.expect("is present");
        for node in nodes {
            line.subscribe("pubsub.localhost", node).await.expect("subscribes");
        }
        line
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next event on a node that fits.
pub(crate) async fn event(line: &mut Line, node: &str, fits: impl Fn(&str) -> bool) -> String {
    loop {
        let message = line.next().await.expect("the line holds");
        let items = message.child("event", ns::PUBSUB_EVENT);
        let items = items.and_then(|event| event.child("items", ns::PUBSUB_EVENT));
        let Some(items) = items.filter(|items| items.attribute("node") == Some(node)) else { continue };
        let mut documents = items.elements().filter_map(Element::first_element).map(Element::text);
        if let Some(document) = documents.find(|document| fits(document)) {
            return document;
        }
    }
}
