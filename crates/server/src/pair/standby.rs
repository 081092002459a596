//! A server that stands by: it answers what it is asked over HTTP, mostly with 503, and follows the other one.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::copy::Copy;
use super::desk::{PeerDesk, Wish};
use super::follow::{Follower, TakeOver};
use super::link::PeerLink;
use crate::acceptors::Acceptors;
use crate::config::{Config, PairSettings};
use crate::data_dir::DataDir;
use crate::door::{Behind, Door, accept};
use crate::exit::Failure;
use crate::gate::Gate;
use crate::http::{Answers, HttpServer};
use crate::listener::Listener;
use crate::log;
use crate::metrics::Metrics;
use crate::rest::{self, RestSettings};
use crate::serve::{Addresses, bind};
use crate::transports::Peer;

/// Answers requests while a server stands by.
pub(crate) struct StandbySite {
    settings: RestSettings,
    desk: Arc<PeerDesk>,
    reason: String,
}

impl StandbySite {
    /// Answers one request.
    pub(crate) async fn answer(&self, peer: Peer, request: Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/finesse/api") || path.starts_with(rest::OWN_ROOT) {
            return rest::answer_standing_by(&self.settings, &self.desk, &self.reason, peer, request).await;
        }
        let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (RETRY_AFTER, RETRY_SECONDS)];
        let text =
            format!("This server {}. /finesse/api/SystemInfo says where the other one is.\n", self.reason);
        (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
    }
}

/// Whoever finds a server that stands by should soon look again, or elsewhere.
const RETRY_SECONDS: &str = "5";

/// A running server that stands by.
pub struct Standby {
    config: Config,
    pair: PairSettings,
    addresses: Addresses,
    acceptors: Acceptors,
    stopping: watch::Sender<bool>,
    doors: Vec<JoinHandle<()>>,
    follower: JoinHandle<Result<TakeOver, Failure>>,
    pub(super) desk: Arc<PeerDesk>,
    /// Declared last, so that the lock is the last thing to go.
    dir: Arc<DataDir>,
}

impl Standby {
    /// Stands by. When this returns, the listeners for HTTP accept; those for XMPP do not exist until it takes over.
    ///
    /// - `dir`: no log in it may be open.
    pub(super) async fn start(
        config: Config,
        pair: &PairSettings,
        dir: DataDir,
        (desk, wishes): (Arc<PeerDesk>, mpsc::UnboundedReceiver<Wish>),
    ) -> Result<Standby, Failure> {
        let https = bind(config.https.as_ref()).await?;
        let http = bind(config.http.as_ref()).await?;
        let addresses = Addresses {
            https: https.as_ref().map(Listener::address),
            http: http.as_ref().map(Listener::address),
            ..Addresses::default()
        };
        let acceptors = Acceptors::load(&config, &dir)?;
        let link = PeerLink::new(pair);
        let copy = match log::log_exists(&dir)? {
            true => Some(Copy::open(&dir, &config.log, &desk)?),
            false => None,
        };
        let dir = Arc::new(dir);
        let follower = Follower {
            link,
            dir: Arc::clone(&dir),
            log: config.log.clone(),
            grace: pair.grace,
            desk: Arc::clone(&desk),
            wishes,
            copy,
            is_wanted: false,
            heard: Instant::now(),
        };
        let site = StandbySite {
            settings: RestSettings::new(&config, addresses.https.map(|address| address.port())),
            desk: Arc::clone(&desk),
            reason: format!("stands by for {}", pair.peer),
        };
        let metrics = Arc::new(Metrics::default());
        let proxies = config.web.trusted_proxies.clone();
        let gate = Arc::new(Gate::new(&config.limits, proxies, Arc::clone(&metrics)));
        let server = Arc::new(HttpServer {
            site: Answers::Standby(Arc::new(site)),
            header_timeout: config.limits.http_header_timeout,
            metrics: Arc::clone(&metrics),
        });
        let (stopping, stops) = watch::channel(false);
        let open = |(listener, tls): (Option<Listener>, _)| {
            let door = Door {
                tls,
                tls_timeout: config.limits.tls_handshake_timeout,
                behind: Behind::Http(Arc::clone(&server)),
                metrics: Arc::clone(&metrics),
                stopping: stops.clone(),
            };
            Some(tokio::spawn(accept(listener?, Arc::clone(&gate), Arc::new(door))))
        };
        let doors = [(https, acceptors.https.clone()), (http, None)].into_iter().filter_map(open).collect();
        tracing::info!(peer = %pair.peer, "standing by");
        let follower = tokio::spawn(follower.run());
        Ok(Standby { config, pair: pair.clone(), addresses, acceptors, stopping, doors, follower, desk, dir })
    }

    pub(super) fn settings(&self) -> (Config, PairSettings) {
        (self.config.clone(), self.pair.clone())
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// As [`Server::reload_certificates`](crate::serve::Server::reload_certificates).
    pub(super) fn reload_certificates(&self) -> Result<(), Failure> {
        self.acceptors.become_like(&Acceptors::load(&self.config, &self.dir)?);
        Ok(())
    }

    /// Waits until it is time to take over.
    pub(super) async fn time_to_take_over(&mut self) -> Result<TakeOver, Failure> {
        (&mut self.follower).await.unwrap_or_else(|error| Err(Failure::Other(Box::new(error))))
    }

    /// Stops. Nothing of it is left: neither a listener nor the lock on the data folder.
    pub(super) async fn stop(self) {
        let _ = self.stopping.send(true);
        for door in self.doors {
            let _ = door.await;
        }
        self.follower.abort();
        // It may be over already, and then it cannot be asked again.
        if !self.follower.is_finished() {
            let _ = self.follower.await;
        }
        self.desk.close();
    }
}
