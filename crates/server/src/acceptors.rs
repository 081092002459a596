//! The certificates of all listeners: read at the start, and again when the operator says so.

use std::path::PathBuf;
use std::sync::Arc;

use xmpp::Mechanism;
use xmpp::stream::StartTls;

use crate::config::{Config, ListenerKind};
use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::http;
use crate::tls::{self, Acceptor, ClientCertificates, Tls};
use crate::transports::tcp;

/// What TLS there is, listener by listener.
#[derive(Default)]
pub(crate) struct Acceptors {
    pub(crate) https: Option<Acceptor>,
    pub(crate) xmpps: Option<Acceptor>,
    /// What STARTTLS on the xmpp listener leads to.
    pub(crate) starttls: Option<Acceptor>,
    /// The development authority's certificate; `None` with the operator's own.
    pub(crate) authority: Option<PathBuf>,
}

impl Acceptors {
    /// Reads certificates and keys, as far as listeners need them. Blocks its thread meanwhile.
    ///
    /// # Errors
    ///
    /// [`Failure::Certificate`]: names the file that is unreadable, malformed or does not fit.
    pub(crate) fn load(config: &Config, dir: &DataDir) -> Result<Acceptors, Failure> {
        let offers_starttls = config.xmpp.is_some() && config.tcp.starttls != StartTls::Off;
        // Looked at in any case, so that a mistake in it is found.
        let clients = load_clients(config)?;
        if config.https.is_none() && config.xmpps.is_none() && !offers_starttls {
            return Ok(Acceptors::default());
        }
        let tls = load_tls(config, dir)?;
        let acceptor = |protocols: &[&str], listener| {
            let mechanisms = config.auth.mechanisms_on(listener);
            let clients = clients.as_ref().filter(|_| mechanisms.contains(&Mechanism::External));
            Some(tls.acceptor(protocols, clients))
        };
        Ok(Acceptors {
            https: acceptor(&http::APPLICATION_PROTOCOLS, ListenerKind::Https),
            xmpps: acceptor(&tcp::APPLICATION_PROTOCOLS, ListenerKind::Xmpps),
            starttls: acceptor(&[], ListenerKind::Xmpp).filter(|_| offers_starttls),
            authority: tls.authority,
        })
    }

    /// Does as others from now on, which the same settings have made. Connections that there are stay as they are.
    pub(crate) fn become_like(&self, others: &Acceptors) {
        let pairs =
            [(&self.https, &others.https), (&self.xmpps, &others.xmpps), (&self.starttls, &others.starttls)];
        for (ours, other) in pairs.into_iter().filter_map(|(ours, other)| ours.as_ref().zip(other.as_ref())) {
            ours.become_like(other);
        }
    }
}

fn load_tls(config: &Config, dir: &DataDir) -> Result<Tls, Failure> {
    let loaded = match &config.tls {
        Some(files) => tls::from_files(files),
        None => {
            let addresses = [&config.https, &config.xmpps, &config.xmpp];
            let hosts = addresses.into_iter().flatten().map(|address| address.host.as_str());
            // An address that stands for all addresses is none that a client connects to.
            let hosts = hosts.filter(|host| !matches!(*host, "0.0.0.0" | "::"));
            let names: Vec<&str> = hosts.chain([config.domain.as_str()]).collect();
            tls::development(dir.path(), &names, jiff::Timestamp::now())
        }
    };
    loaded.map_err(|error| Failure::Certificate(Box::new(error)))
}

fn load_clients(config: &Config) -> Result<Option<Arc<ClientCertificates>>, Failure> {
    let Some(settings) = &config.client_certificates else { return Ok(None) };
    let clients = ClientCertificates::new(settings, &config.domain);
    Ok(Some(Arc::new(clients.map_err(|error| Failure::Certificate(Box::new(error)))?)))
}
