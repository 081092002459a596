//! A server with encrypted and clear listeners, and clients that sign in at it.

use std::time::Duration;

use client::{Connector, Detail, Error, Event, Line, LineUrl, Trust};
use server::config::Config;
use server::serve::Server;
use xmpp::stream::{ClientConfig, MechanismChoice};
use xmpp::{Element, Mechanism};

pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) folder: tempfile::TempDir,
}

impl Desk {
    /// Starts a server with the demonstration users.
    ///
    /// - `settings`: more lines for its configuration file.
    pub(crate) async fn open(settings: &str) -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Desk::open_in(folder, &format!("demo = true\n{settings}")).await
    }

    /// Starts it on what another one has left in `folder`.
    pub(crate) async fn open_in(folder: tempfile::TempDir, settings: &str) -> Desk {
        let text = format!(
            "data = {:?}\nhttps = \"127.0.0.1:0\"\nhttp = \"127.0.0.1:0\"\n{settings}",
            folder.path().join("data")
        );
        let config = Config::parse(&text).expect("a good configuration");
        Desk { server: Server::start(config).await.expect("starts"), folder }
    }

    /// Signs in over TLS.
    pub(crate) async fn sign_in(&self, config: ClientConfig) -> Result<Visit, Error> {
        let address = self.server.addresses().https.expect("listens");
        visit(&format!("wss://{address}/ws/"), self.connector(), config).await
    }

    /// Signs in without TLS.
    pub(crate) async fn sign_in_in_clear(&self, config: ClientConfig) -> Result<Visit, Error> {
        let address = self.server.addresses().http.expect("listens");
        visit(&format!("ws://{address}/ws/"), self.connector(), config).await
    }

    fn connector(&self) -> Connector {
        let authority = self.server.authority().expect("a development certificate").to_owned();
        Connector::new(&Trust::File(authority), Duration::from_secs(10)).expect("a good authority")
    }
}

/// A signed-in client, and what it was told on the way.
pub(crate) struct Visit {
    pub(crate) line: Line,
    /// The mechanism taken.
    pub(crate) mechanism: &'static str,
    /// The features before authentication.
    pub(crate) features: Element,
}

async fn visit(url: &str, connector: Connector, config: ClientConfig) -> Result<Visit, Error> {
    let url: LineUrl = url.parse().expect("a good address");
    let (told, tells) = std::sync::mpsc::channel();
    let observer = move |event: Event<'_>| {
        if let Event::Step(step) = event {
            // The end of the test may come first.
            let _ = told.send(step.detail);
        }
    };
    let line = Line::open(&connector, &url, config, Box::new(observer)).await?;
    let (mut mechanism, mut features) = (None, None);
    for detail in tells.try_iter() {
        match detail {
            Detail::Authenticated { mechanism: taken } => mechanism = Some(taken),
            Detail::Opened { features: offered } => features = Some(offered),
            _ => {}
        }
    }
    let (mechanism, features) = mechanism.zip(features).expect("a line tells of its steps");
    Ok(Visit { line, mechanism, features })
}

/// The mechanisms offered before authentication.
pub(crate) fn offered(visit: &Visit) -> Vec<String> {
    let mechanisms = visit.features.child("mechanisms", xmpp::ns::SASL).expect("offered");
    mechanisms.elements().map(Element::text).collect()
}

/// Whether the sign-in was refused for this reason.
pub(crate) fn is_refused(outcome: Result<Visit, Error>, expected: &str) -> bool {
    matches!(outcome, Err(Error::Sasl { condition, .. }) if condition == expected)
}

/// How the agent 1001001 signs in by `mechanism`.
pub(crate) fn by(mechanism: Mechanism, secret: &str) -> ClientConfig {
    ClientConfig {
        mechanism: MechanismChoice::Only(mechanism),
        ..ClientConfig::new("localhost", AGENT, secret)
    }
}

pub(crate) const AGENT: &str = "1001001";
pub(crate) const PASSWORD: &str = "offhook";
