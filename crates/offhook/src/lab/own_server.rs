//! A server in this process, with everybody who works in the laboratory.

use anyhow::Context as _;
use client::LineUrl;
use contact::Deployment;
use notifier::{AccountCommand, Existing, NewAccount};
use server::config::{Config, Written};
use server::credentials::credentials_of_all;
use server::serve::Server;
use tempfile::TempDir;
use xmpp::Password;

/// The server, on a port that the system has chosen, with its data in a folder that goes with it.
pub(super) struct OwnServer {
    server: Server,
    url: LineUrl,
    _data: TempDir,
}

impl OwnServer {
    /// Starts it. The variables and files that configure other servers on this machine are not looked at.
    ///
    /// - `password`: of all its users.
    /// - `deployment`: whose rules it has.
    pub(super) async fn start(
        agents: usize,
        password: &str,
        deployment: Deployment,
    ) -> anyhow::Result<OwnServer> {
        let folder = tempfile::Builder::new().prefix("offhook-lab-").tempdir();
        let data = folder.context("cannot make a temporary folder")?;
        let file = data.path().join("offhook.toml");
        let settings = format!("[contact]\ndeployment_type = \"{}\"\n", deployment.as_str());
        std::fs::write(&file, settings).context("cannot write into the temporary folder")?;
        let folder = data.path().join("data").to_string_lossy().into_owned();
        let flags = vec![
            ("demo", "true".to_owned()),
            ("demo_password", password.to_owned()),
            ("https", "off".to_owned()),
            ("http", "127.0.0.1:0".to_owned()),
            ("data", folder),
        ];
        let config = Config::load(Written { file: Some(file), flags }, |_| None)?;
        let keys = config.auth.key_settings();
        let server = Server::start(config).await?;
        let details: Vec<_> = sim::roster::further_agents(agents).collect();
        if !details.is_empty() {
            let passwords = vec![Password::from(password); details.len()];
            let derive = move || credentials_of_all(&passwords, keys, &|_| {});
            let credentials = tokio::task::spawn_blocking(derive).await?;
            let accounts = details.into_iter().zip(credentials);
            let accounts =
                accounts.map(|(details, credentials)| NewAccount { details, credentials }).collect();
            let import = AccountCommand::Import { prepare: Vec::new(), accounts, existing: Existing::Update };
            server.hub().administer(import).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        }
        let address = server.addresses().http.context("the server does not listen")?;
        let url = format!("http://{address}").parse()?;
        Ok(OwnServer { server, url, _data: data })
    }

    pub(super) fn url(&self) -> &LineUrl {
        &self.url
    }

    pub(super) async fn stop(self) {
        self.server.stop().await;
    }
}
