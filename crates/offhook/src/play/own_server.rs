//! A fresh server with the contact centre of the demonstration, for one scenario.

use std::time::Duration;

use anyhow::Context as _;
use client::LineUrl;
use server::config::{Config, Written};
use server::serve::Server;
use tempfile::TempDir;

/// A server in this process, on a port that the system has chosen, with its data in a folder that goes with it.
pub(super) struct OwnServer {
    server: Server,
    url: LineUrl,
    _data: TempDir,
}

impl OwnServer {
    /// Starts it. The variables and files that configure other servers on this machine are not looked at.
    ///
    /// - `password`: of all its users.
    pub(super) async fn start(password: &str) -> anyhow::Result<OwnServer> {
        let folder = tempfile::Builder::new().prefix("offhook-play-").tempdir();
        let data = folder.context("cannot make a temporary folder")?;
        let file = data.path().join("offhook.toml");
        std::fs::write(&file, SETTINGS).context("cannot write into the temporary folder")?;
        let folder = data.path().join("data").to_string_lossy().into_owned();
        let flags = vec![
            ("demo", "true".to_owned()),
            ("demo_password", password.to_owned()),
            ("https", "off".to_owned()),
            ("http", "127.0.0.1:0".to_owned()),
            ("data", folder),
        ];
        let config = Config::load(Written { file: Some(file), flags }, |_| None)?;
        let server = Server::start(config).await?;
        let address = server.addresses().http.context("the server does not listen")?;
        let url = format!("http://{address}").parse()?;
        Ok(OwnServer { server, url, _data: data })
    }

    pub(super) fn url(&self) -> &LineUrl {
        &self.url
    }

    /// Stops it. A server that does not stop in time is left to the end of the process.
    pub(super) async fn stop(self) {
        if tokio::time::timeout(STOP_TIMEOUT, self.server.stop()).await.is_err() {
            eprintln!("offhook play: the server of this scenario does not stop");
        }
    }
}

/// More than a server gives its clients to leave.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Scenarios do not wait longer than they have to.
const SETTINGS: &str = "\
[contact]
ring_no_answer_after = \"3 s\"
";
