//! The server as a whole: starts every part in the order in which they need each other, and stops them in the reverse
//! order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notifier::Notifier;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use xmpp::{StreamCondition, StreamError};

use crate::acceptors::Acceptors;
use crate::accounts::Accounts;
use crate::administration::running;
use crate::client_logs::ClientLogs;
use crate::config::{Config, ListenerKind};
use crate::control::{ControlAnswer, ControlRequest, ControlSocket};
use crate::data_dir::DataDir;
use crate::demo;
use crate::door::{Behind, Door, accept};
use crate::exit::Failure;
use crate::faults::{self, FaultDesk, Faults};
use crate::gate::Gate;
use crate::http::{Answers, HttpServer, Site};
use crate::hub::{HubHandle, HubParts, Management};
use crate::listener::{ListenError, Listener, raise_file_limit};
use crate::log::{self, LogEvent, SqliteLog};
use crate::metrics::{Limit, Metrics};
use crate::pair::Paired;
use crate::rest::{Rest, RestSettings};
use crate::suspended;
use crate::tls::{self, Acceptor};
use crate::tokens::Tokens;
use crate::transports::bosh::Bosh;
use crate::transports::tcp::TcpStreams;
use crate::transports::websocket::WebSockets;
use crate::transports::{Backend, OpenStreams};

/// A running server. [`Server::stop`] stops it in order; dropping it leaves its tasks to the runtime.
pub struct Server {
    addresses: Addresses,
    config: Arc<Config>,
    acceptors: Acceptors,
    hub: HubHandle,
    streams: Arc<OpenStreams>,
    stopping: watch::Sender<bool>,
    doors: Vec<JoinHandle<()>>,
    control: JoinHandle<()>,
    gate: Arc<Gate>,
    /// The log's, which goes with what is left to the next server.
    epoch: String,
    /// Declared last, so that the lock is the last thing to go.
    dir: DataDir,
}

/// Where the server listens.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// https and wss.
    pub https: Option<SocketAddr>,
    /// http and ws.
    pub http: Option<SocketAddr>,
    /// XMPP over TCP.
    pub xmpp: Option<SocketAddr>,
    /// XMPP over TCP with TLS from the first byte.
    pub xmpps: Option<SocketAddr>,
}

impl Server {
    /// Starts the server. When this returns, every listener accepts.
    ///
    /// Needs a runtime with timers and sockets. Blocks its thread while the log is read.
    ///
    /// # Errors
    ///
    /// [`Failure`]. A listener that cannot listen is told before the data is touched.
    pub async fn start(config: Config) -> Result<Server, Failure> {
        Server::start_with(config, None).await
    }

    /// As [`Server::start`], for the active one of a pair.
    ///
    /// - `paired`: what there is because of the other one.
    pub(crate) async fn start_with(config: Config, paired: Option<Paired>) -> Result<Server, Failure> {
        tls::install_provider();
        if let Some(limit) = raise_file_limit()
            && limit < u64::from(config.limits.connections_max)
        {
            tracing::info!(limit, "fewer open files are allowed than limits.connections_max");
        }
        let https = bind(config.https.as_ref()).await?;
        let http = bind(config.http.as_ref()).await?;
        let xmpp = bind(config.xmpp.as_ref()).await?;
        let xmpps = bind(config.xmpps.as_ref()).await?;
        let addresses = Addresses {
            https: https.as_ref().map(Listener::address),
            http: http.as_ref().map(Listener::address),
            xmpp: xmpp.as_ref().map(Listener::address),
            xmpps: xmpps.as_ref().map(Listener::address),
        };
        let dir = DataDir::open(&config.data)?;
        let acceptors = Acceptors::load(&config, &dir)?;
        let tokens = config.tokens.as_ref().map(Tokens::new).transpose();
        let tokens = tokens.map_err(|error| Failure::Certificate(Box::new(error)))?;
        let core = Core::start(&config, &dir, tokens, paired.as_ref()).await?;
        if config.demo.as_ref().is_some_and(|demo| demo.callers.is_some()) {
            core.hub.visitors().watch();
        }
        let streams = Arc::new(OpenStreams::default());
        let desk = FaultDesk::new(core.hub.clone(), Arc::clone(&core.accounts), Arc::clone(&streams));
        let control = {
            let (hub, desk) = (core.hub.clone(), desk.clone());
            tokio::spawn(
                listen_control(&dir)?.serve(move |request| control(hub.clone(), desk.clone(), request)),
            )
        };

        let lacking = core.accounts.without_sha512();
        if config.auth.key_settings().sha512 && lacking > 0 {
            tracing::warn!(
                accounts = lacking,
                "SCRAM-SHA-512 is not offered: these accounts have no keys for it; set their passwords again \
                 (offhook user password, or import with --existing update) and restart"
            );
        }

        let config = Arc::new(config);
        let backend = Arc::new(Backend::new(
            Arc::clone(&config),
            core.hub.clone(),
            Arc::clone(&core.accounts),
            Arc::clone(&streams),
            Some(core.caps),
        ));
        let proxies = config.web.trusted_proxies.clone();
        let gate = Arc::new(Gate::new(&config.limits, proxies, Arc::clone(core.hub.metrics())));
        let web_sockets = WebSockets::new(Arc::clone(&backend), Arc::clone(&gate));
        let bosh = Bosh::new(Arc::clone(&backend));
        let https_port = addresses.https.map(|address| address.port());
        let settings = RestSettings::new(&config, https_port);
        let rest = Rest::new(core.hub.clone(), core.accounts, settings).with_desk(desk);
        let logs = ClientLogs::new(dir.path(), config.client_logs.clone(), Arc::clone(core.hub.metrics()));
        let rest = rest.with_client_logs(logs).with_peer(paired.map(|paired| paired.desk));
        let site = Arc::new(Site::new(&config, https_port, Arc::new(web_sockets), bosh, rest));

        let (stopping, stops) = watch::channel(false);
        let open = |(listener, tls, behind): (Option<Listener>, Option<Acceptor>, Behind)| {
            let tls_timeout = config.limits.tls_handshake_timeout;
            let metrics = Arc::clone(core.hub.metrics());
            let door = Door { tls, tls_timeout, behind, metrics, stopping: stops.clone() };
            Some(tokio::spawn(accept(listener?, Arc::clone(&gate), Arc::new(door))))
        };
        let http_server = HttpServer {
            site: Answers::Site(site),
            header_timeout: config.limits.http_header_timeout,
            metrics: Arc::clone(core.hub.metrics()),
        };
        let http_server = Arc::new(http_server);
        let streams_of = |listener, starttls| {
            Behind::Xmpp(Arc::new(TcpStreams::new(Arc::clone(&backend), listener, starttls)))
        };
        let doors = [
            (https, acceptors.https.clone(), Behind::Http(Arc::clone(&http_server))),
            (http, None, Behind::Http(http_server)),
            (xmpp, None, streams_of(ListenerKind::Xmpp, acceptors.starttls.clone())),
            (xmpps, acceptors.xmpps.clone(), streams_of(ListenerKind::Xmpps, None)),
        ];
        let doors = doors.into_iter().filter_map(open).collect();
        Ok(Server {
            addresses,
            config,
            acceptors,
            hub: core.hub,
            streams,
            stopping,
            doors,
            control,
            gate,
            epoch: core.epoch,
            dir,
        })
    }

    /// Where it listens, with the ports that the system has chosen.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The development authority's certificate, which clients have to trust; `None` with the operator's own.
    pub fn authority(&self) -> Option<&Path> {
        self.acceptors.authority.as_deref()
    }

    /// Reads certificates and keys again, those of the authorities for clients too; what clients connect to from now on shows
    /// them. Connections that there are stay as they are.
    ///
    /// Blocks its thread while files are read.
    ///
    /// # Errors
    ///
    /// [`Failure::Certificate`] names the file that cannot be used. Then nothing has changed.
    pub fn reload_certificates(&self) -> Result<(), Failure> {
        self.acceptors.become_like(&Acceptors::load(&self.config, &self.dir)?);
        Ok(())
    }

    /// The way to the hub.
    pub fn hub(&self) -> &HubHandle {
        &self.hub
    }

    /// Counters of what happens to sessions.
    pub fn metrics(&self) -> &Arc<Metrics> {
        self.hub.metrics()
    }

    /// Stops: accepts nothing more, ends every stream with `system-shutdown` or, if another place is known
    /// (`web.see_other_uri`, `tcp.see_other_host`), with that, over `limits.drain_spread`; waits for the closing handshakes (at most
    /// `limits.drain_timeout`), and lets the log write what it was given. Sessions that can be resumed are left to the next
    /// server.
    pub async fn stop(self) {
        tracing::info!(streams = self.streams.count(), "stopping");
        // Nobody listens any more if the doors have failed; there is nothing to stop then.
        let _ = self.stopping.send(true);
        for door in self.doors {
            let _ = door.await;
        }
        let error = StreamError::new(StreamCondition::SystemShutdown, "the server is stopping");
        self.streams.end_all_within(&error, self.config.limits.drain_spread, random()).await;
        if tokio::time::timeout(self.config.limits.drain_timeout, self.streams.none_left()).await.is_err() {
            self.hub.metrics().reached(Limit::DrainTimeout);
            tracing::warn!(streams = self.streams.count(), "some sessions did not leave in time");
        }
        self.control.abort();
        let _ = self.control.await;
        let left = self.hub.stop().await;
        let sessions = left.sessions.len();
        match suspended::save(&self.dir, &self.epoch, left) {
            Ok(()) => tracing::info!(sessions, "sessions are left to the next server"),
            Err(error) => {
                tracing::error!(%error, sessions, "the sessions could not be left to the next server");
            }
        }
        // Answers that the hub has just given are still on their way out.
        let _ = tokio::time::timeout(LAST_ANSWERS_TIMEOUT, self.gate.none_left()).await;
        tracing::info!("stopped");
    }
}

/// The part without sockets: log, notifier, hub and accounts.
struct Core {
    hub: HubHandle,
    accounts: Arc<Accounts>,
    caps: xmpp::stream::Caps,
    epoch: String,
}

impl Core {
    async fn start(
        config: &Config,
        dir: &DataDir,
        tokens: Option<Tokens>,
        paired: Option<&Paired>,
    ) -> Result<Core, Failure> {
        let opened = log::open(dir, &config.log)?;
        for warning in opened.warnings() {
            tracing::warn!("{warning}");
        }
        let meta = opened.meta().clone();
        let mut notifier = Notifier::new(config.notifier(&meta.epoch, random()));
        let mut entries = 0_u32;
        let mut restore = |entry| {
            notifier.restore(&entry);
            entries = entries.saturating_add(1);
        };
        let (report, log_events) = mpsc::unbounded_channel();
        let copied = paired.map(|paired| Arc::clone(&paired.desk));
        let on_event = Box::new(move |event| {
            if let (Some(peer), LogEvent::Appended { position }) = (&copied, &event)
                && !peer.logged_and_copied(*position)
            {
                return;
            }
            // The hub is gone when the receiver is; then nobody wants to know.
            drop(report.send(event));
        });
        let (log, position): (SqliteLog, _) = opened.start(&mut restore, on_event)?;
        if let Some(Paired { desk, has_taken_over }) = paired {
            desk.begin_active(&meta, position);
            if *has_taken_over {
                notifier.taken_over();
            }
        }
        let users = notifier.centre().users().len();
        tracing::info!(entries, position = position.0, users, "log replayed");

        let pair = paired.map(|paired| Arc::clone(paired.desk.counters())).unwrap_or_default();
        let metrics = Metrics::new(Arc::clone(notifier.limits_reached())).with_pair(pair);
        let metrics = Arc::new(metrics);
        let faults = Arc::new(Faults::new(config.faults.clone(), Arc::clone(&metrics)));
        let accounts = Accounts::new(&config.auth, &meta.secret).with_tokens(tokens, &config.domain);
        let accounts = Arc::new(accounts.with_faults(faults));
        for (user, credentials) in notifier.credentials() {
            accounts.set(user.clone(), Some(credentials.clone()));
        }
        for publisher in notifier.publishers() {
            accounts.publishers().set(publisher.name.clone(), Some(publisher.clone()));
        }
        let capabilities = notifier.capabilities();
        let caps = xmpp::stream::Caps { node: capabilities.node, ver: capabilities.ver };
        let demo = config
            .demo
            .as_ref()
            .and_then(|demo| demo::command(&notifier, &demo.password, config.auth.key_settings()));
        let left = suspended::take(dir, &meta.epoch, position).map_err(|error| {
            let sentence = format!("cannot take over the sessions of the last server: {error}");
            Failure::Other(sentence.into())
        })?;
        let hub = crate::hub::start(HubParts {
            notifier,
            log: Arc::new(log),
            log_events,
            accounts: Arc::clone(&accounts),
            requests_max: config.limits.commands_waiting_max as usize,
            snapshot_every: config.log.snapshot_every,
            entries_since_snapshot: entries,
            management: Management {
                limits: config.mailbox_limits(),
                outbox_bytes_max: config.limits.outbox_bytes_max,
                metrics,
                suspended: left.sessions,
                lost: left.lost,
            },
        });
        if let Some(command) = demo {
            hub.administer(command).await.map_err(|error| Failure::Other(Box::new(error)))?;
        }
        Ok(Core { hub, accounts, caps, epoch: meta.epoch })
    }
}

pub(crate) async fn bind(
    address: Option<&crate::config::ListenAddress>,
) -> Result<Option<Listener>, Failure> {
    let Some(address) = address else { return Ok(None) };
    let failed = |error: ListenError| Failure::Listen(Box::new(error));
    Ok(Some(Listener::bind(address).await.map_err(failed)?))
}

fn listen_control(dir: &DataDir) -> Result<ControlSocket, Failure> {
    ControlSocket::listen(dir).map_err(|error| {
        let sentence = format!("cannot make the control socket in {}: {error}", dir.path().display());
        Failure::Other(sentence.into())
    })
}

/// Answers one request on the control socket.
async fn control(hub: HubHandle, desk: FaultDesk, request: ControlRequest) -> ControlAnswer {
    match request {
        ControlRequest::Account(request) => ControlAnswer::Account(running::handle(hub, request).await),
        ControlRequest::Faults(request) => ControlAnswer::Faults(faults::handle(desk, request).await),
    }
}

/// Answers in their last moment may take this long before the process ends.
const LAST_ANSWERS_TIMEOUT: Duration = Duration::from_millis(300);

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    u64::from_le_bytes(bytes)
}
