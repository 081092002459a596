//! What every benchmark that talks to a server has to know about it.
use std::io::Read;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use anyhow::{Context, bail};
use xmpp::sasl::Mechanism;

use super::accounts::Account;

/// The server, the accounts, and where the figures go.
#[derive(clap::Args, Debug)]
pub(crate) struct ServerArgs {
    /// The WebSocket endpoint, in clear: ws://HOST:PORT/PATH.
    url: String,
    /// The XMPP domain; default: localhost for a loopback address, else the host of the URL.
    #[arg(long)]
    domain: Option<String>,
    /// One account that every session uses, with a resource of its own.
    #[arg(long, value_name = "ID", conflicts_with = "accounts")]
    user: Option<String>,
    /// Accounts, one session each: CSV with `id,password`; further columns and a header line are ignored.
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// File with the password of --user, and of --owner unless it has its own.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read that password from standard input (a line). Otherwise OFFHOOK_PASSWORD holds it.
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// How to authenticate.
    #[arg(long, value_enum, default_value_t = MechanismArg::Plain)]
    mechanism: MechanismArg,
    /// The server's process, if it runs here: adds its CPU time and memory to the report.
    #[arg(long)]
    pub(super) pid: Option<u32>,
    /// Logins under way at the same time while sessions are set up.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(super) connecting_max: usize,
    /// What the report calls this server.
    #[arg(long, default_value = "server")]
    pub(super) label: String,
    /// Print the report as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// A SASL mechanism, as asked for on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum MechanismArg {
    /// The password itself.
    Plain,
    /// Costs the generator the key derivation for each login.
    ScramSha1,
    /// The same with the newer hash.
    ScramSha256,
}

impl From<MechanismArg> for Mechanism {
    fn from(mechanism: MechanismArg) -> Mechanism {
        match mechanism {
            MechanismArg::Plain => Mechanism::Plain,
            MechanismArg::ScramSha1 => Mechanism::ScramSha1,
            MechanismArg::ScramSha256 => Mechanism::ScramSha256,
        }
    }
}

/// Where to connect, resolved once.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) address: SocketAddr,
    /// `Host` header: host and port as written in the URL.
    pub(super) host: String,
    pub(super) path: String,
    pub(super) domain: String,
    pub(super) mechanism: Mechanism,
}

impl ServerArgs {
    pub(super) fn target(&self) -> anyhow::Result<Target> {
        let Some(rest) = self.url.strip_prefix("ws://") else {
            bail!("{}: the benchmarks connect in clear; give a ws:// URL (offhook serve --http)", self.url);
        };
        let (host, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/ws"),
        };
        let with_port = match host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => host.to_owned(),
            _ => format!("{host}:80"),
        };
        let address = with_port
            .to_socket_addrs()
            .with_context(|| format!("{host}: no such host"))?
            .next()
            .with_context(|| format!("{host}: no address"))?;
        let name = with_port.rsplit_once(':').map_or(host, |(name, _)| name);
        let domain = match &self.domain {
            Some(domain) => domain.clone(),
            None if address.ip().is_loopback() => "localhost".to_owned(),
            None => name.to_owned(),
        };
        Ok(Target {
            address,
            host: host.to_owned(),
            path: path.to_owned(),
            domain,
            mechanism: self.mechanism.into(),
        })
    }

    /// Returns the password of `--user`; `None` if none was given in any of the three ways.
    pub(super) fn password(&self) -> anyhow::Result<Option<String>> {
        let text = if let Some(file) = &self.password_file {
            std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?
        } else if self.password_stdin {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input: no password")?;
            text
        } else {
            return Ok(std::env::var("OFFHOOK_PASSWORD").ok());
        };
        Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
    }

    /// Returns the accounts of `sessions` sessions: those of the file, one each, or one account for all.
    ///
    /// - `sessions`: `None` takes all accounts of the file.
    /// - `password`: of `--user`, as [`ServerArgs::password`] returned it.
    pub(super) fn session_accounts(
        &self,
        sessions: Option<usize>,
        password: Option<&str>,
    ) -> anyhow::Result<Vec<Account>> {
        match (&self.accounts, &self.user) {
            (Some(file), _) => {
                let mut accounts = Account::read_csv(file)?;
                let wanted = sessions.unwrap_or(accounts.len());
                if accounts.len() < wanted {
                    bail!("{}: {} accounts for {wanted} sessions", file.display(), accounts.len());
                }
                accounts.truncate(wanted);
                Ok(accounts)
            }
            (None, Some(user)) => {
                let password = password.with_context(|| no_password("--user"))?;
                let account = Account { id: user.clone(), password: password.to_owned() };
                Ok(vec![account; sessions.unwrap_or(1)])
            }
            (None, None) => bail!("which accounts? Give --user ID or --accounts FILE"),
        }
    }

    /// Says whether every session has an account of its own.
    pub(super) fn has_own_accounts(&self) -> bool {
        self.accounts.is_some()
    }
}

/// What to do about a missing password.
pub(super) fn no_password(option: &str) -> String {
    format!("{option} needs a password: --password-file, --password-stdin or OFFHOOK_PASSWORD")
}
