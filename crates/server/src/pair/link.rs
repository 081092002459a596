//! Asking the other server.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, USER_AGENT};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use notifier::{Entry, Position};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::desk::{LogPart, POLL_TIME, SnapshotHead};
use super::rank::PeerStatus;
use super::wire;
use crate::config::{PairSettings, PeerAddress};

/// A connection to the other server, which is opened when it is needed.
pub(super) struct PeerLink {
    address: PeerAddress,
    authorization: String,
    /// Time for reading and sending entries.
    part_time: Duration,
    /// Read for each connection: of two servers with development certificates, the first one starts before the other one has any.
    authorities: Option<PathBuf>,
    connection: Option<SendRequest<Empty<Bytes>>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// The other server cannot be reached.
    #[error("cannot reach {0}: {1}")]
    Unreachable(String, io::Error),
    /// It can be reached, but not trusted.
    #[error("cannot trust {0}: {1}; see pair.authorities")]
    Untrusted(String, io::Error),
    /// It does not speak HTTP, or stopped doing so.
    #[error("{0} gave no answer: {1}")]
    Http(String, Box<dyn std::error::Error + Send + Sync>),
    /// It answered with an error.
    #[error("{0} answered {1}{2}")]
    Status(String, StatusCode, &'static str),
    /// It answered, but not as a server of this version does.
    #[error(
        "{0} answers what this one does not understand: {1}. Is that the address of the other server, and has it the same version of Offhook?"
    )]
    Nonsense(String, String),
    /// There was no answer in time.
    #[error("{0} gave no answer within {1:?}")]
    Timeout(String, Duration),
}

impl LinkError {
    /// Whether somebody is there who has only not been understood: no reason to take over, but one to look at the settings.
    pub(super) fn is_life(&self) -> bool {
        match self {
            LinkError::Untrusted(..) | LinkError::Nonsense(..) => true,
            // A proxy in front of a dead server answers with 502 to 504.
            LinkError::Status(_, status, _) => status.is_client_error(),
            LinkError::Unreachable(..) | LinkError::Http(..) | LinkError::Timeout(..) => false,
        }
    }
}

/// Entries that follow, or why there are none to be had.
pub(super) enum Follows {
    /// These.
    Part(LogPart),
    /// The log is another one, or does not have them any more.
    Otherwise,
}

impl PeerLink {
    /// - `settings`: where, with which password, and whom to trust.
    pub(super) fn new(settings: &PairSettings) -> PeerLink {
        PeerLink {
            address: settings.peer.clone(),
            authorization: format!("Bearer {}", settings.password),
            part_time: settings.grace,
            authorities: settings.authorities.clone(),
            connection: None,
        }
    }

    /// What the other server does.
    pub(super) async fn status(&mut self) -> Result<PeerStatus, LinkError> {
        let body = self.good(Method::GET, "/offhook/v1/peer", ANSWER_TIME, STATUS_BYTES_MAX).await?;
        wire::status(&body).map_err(|sentence| self.nonsense(sentence))
    }

    /// Asks the other server to stand by.
    pub(super) async fn hand_over(&mut self) -> Result<(), LinkError> {
        let path = "/offhook/v1/peer/handover";
        self.good(Method::POST, path, ANSWER_TIME, STATUS_BYTES_MAX).await.map(drop)
    }

    /// What follows an entry, as soon as there is something.
    pub(super) async fn log_after(&mut self, epoch: &str, after: Position) -> Result<Follows, LinkError> {
        let path = format!("/offhook/v1/log?epoch={epoch}&after={}", after.0);
        let asked = self.ask(Method::GET, &path, POLL_TIME + self.part_time, PART_BYTES_MAX).await?;
        match asked {
            (StatusCode::OK, body) => {
                let part = wire::part(&body, after).map_err(|sentence| self.nonsense(sentence))?;
                Ok(Follows::Part(part))
            }
            (StatusCode::CONFLICT | StatusCode::GONE, _) => Ok(Follows::Otherwise),
            (status, _) => Err(self.refused(status)),
        }
    }

    /// The newest snapshot, if there is one.
    pub(super) async fn snapshot(&mut self) -> Result<(SnapshotHead, Vec<Entry>), LinkError> {
        let path = "/offhook/v1/log/snapshot";
        let body = self.good(Method::GET, path, SNAPSHOT_TIME, SNAPSHOT_BYTES_MAX).await?;
        wire::snapshot(&body).map_err(|sentence| self.nonsense(sentence))
    }

    fn nonsense(&self, sentence: String) -> LinkError {
        LinkError::Nonsense(self.address.to_string(), sentence)
    }

    fn broken(&self, error: Box<dyn std::error::Error + Send + Sync>) -> LinkError {
        LinkError::Http(self.address.to_string(), error)
    }

    fn refused(&self, status: StatusCode) -> LinkError {
        let hint = match status {
            StatusCode::UNAUTHORIZED => {
                ": it has another pair.password; set the same on both (OFFHOOK_PAIR_PASSWORD)"
            }
            StatusCode::NOT_FOUND => ": it is no server of a pair; start it with --peer",
            _ => "",
        };
        LinkError::Status(self.address.to_string(), status, hint)
    }

    async fn good(
        &mut self,
        method: Method,
        path: &str,
        time: Duration,
        bytes_max: usize,
    ) -> Result<Bytes, LinkError> {
        match self.ask(method, path, time, bytes_max).await? {
            (status, body) if status.is_success() => Ok(body),
            (status, _) => Err(self.refused(status)),
        }
    }

    /// One request, on the connection there is or on a new one.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        time: Duration,
        bytes_max: usize,
    ) -> Result<(StatusCode, Bytes), LinkError> {
        // Taken away: a request that is given up takes the connection with it.
        let kept = self.connection.take();
        let asked = async {
            let connection = match kept.filter(|connection| !connection.is_closed()) {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            self.send(connection, method, path, bytes_max).await
        };
        match tokio::time::timeout(time, asked).await {
            Ok(Ok((status, body, connection))) => {
                self.connection = Some(connection);
                Ok((status, body))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(LinkError::Timeout(self.address.to_string(), time)),
        }
    }

    async fn send(
        &self,
        mut connection: SendRequest<Empty<Bytes>>,
        method: Method,
        path: &str,
        bytes_max: usize,
    ) -> Result<(StatusCode, Bytes, SendRequest<Empty<Bytes>>), LinkError> {
        let PeerAddress { host, port, .. } = &self.address;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, format!("{host}:{port}"))
            .header(AUTHORIZATION, &self.authorization)
            .header(USER_AGENT, "Offhook")
            .body(Empty::new())
            .map_err(|error| self.broken(error.into()))?;
        connection.ready().await.map_err(|error| self.broken(error.into()))?;
        let response = connection.send_request(request).await.map_err(|error| self.broken(error.into()))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), bytes_max).collect().await;
        let body = body.map_err(|error| self.broken(error))?.to_bytes();
        Ok((status, body, connection))
    }

    async fn connect(&self) -> Result<SendRequest<Empty<Bytes>>, LinkError> {
        let PeerAddress { host, port, is_https } = &self.address;
        let unreachable = |error| LinkError::Unreachable(self.address.to_string(), error);
        let tcp = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        if !is_https {
            return self.shake_hands(tcp).await;
        }
        let name = ServerName::try_from(host.clone())
            .map_err(|error| unreachable(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let authorities = self.authorities.clone();
        let config = tokio::task::spawn_blocking(move || client_config(authorities.as_deref())).await;
        let untrusted = |error| LinkError::Untrusted(self.address.to_string(), error);
        let config = config.map_err(|error| self.broken(error.into()))?.map_err(untrusted)?;
        let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
        let tls = tls.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => untrusted(error),
            _ => unreachable(error),
        })?;
        self.shake_hands(tls).await
    }

    async fn shake_hands<S>(&self, socket: S) -> Result<SendRequest<Empty<Bytes>>, LinkError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await;
        let (sender, connection) = shaken.map_err(|error| self.broken(error.into()))?;
        // Ends with the sender; what goes wrong in it is told to whoever waits for an answer.
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// Trusts the public authorities, and those in the file.
fn client_config(authorities: Option<&Path>) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = authorities {
        let failed = |what: String| io::Error::other(format!("pair.authorities: {}: {what}", path.display()));
        let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let found: Vec<CertificateDer<'_>> =
            CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
        let (added, _) = roots.add_parsable_certificates(found);
        if added == 0 {
            return Err(failed("there is no \"BEGIN CERTIFICATE\" block in it".into()));
        }
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Time for an answer that needs no reading.
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// Time for reading and sending a snapshot.
const SNAPSHOT_TIME: Duration = Duration::from_secs(300);
const STATUS_BYTES_MAX: usize = 64 * 1024;
/// Of one answer with entries: one entry may hold a whole import.
const PART_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Of a snapshot.
const SNAPSHOT_BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;
