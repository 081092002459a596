//! From a host name to a connected (and, where asked, encrypted) byte stream, one visible step at a time.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConnection, ProtocolVersion};
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use xmpp::ChannelBindings;

use crate::{
    certificate::Certificate,
    error::{Error, alert},
    event::{Clock, Detail, Observer},
    stage::Stage,
    trust::{CertificateProblem, Trust, TrustError, Verdicts},
    url::LineUrl,
};

/// A connected stream, with or without TLS.
pub(crate) type Socket = Box<dyn Duplex>;

/// What a transport needs of a socket.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// How connections are made: whom to believe and how long each step may take. Made once, used for many lines.
#[derive(Clone)]
pub struct Connector {
    verdicts: Verdicts,
    step_timeout: Duration,
}

impl Connector {
    /// Reads the certificates that `trust` names.
    ///
    /// - `step_timeout`: for each of: one name lookup, one address, the TLS handshake, the answer to the
    ///   upgrade, and later each step of the stream.
    ///
    /// # Errors
    ///
    /// [`TrustError`] if the file with authorities cannot be used.
    pub fn new(trust: &Trust, step_timeout: Duration) -> Result<Connector, TrustError> {
        Ok(Connector { verdicts: Verdicts::new(trust)?, step_timeout })
    }

    /// The time each step may take.
    pub fn step_timeout(&self) -> Duration {
        self.step_timeout
    }

    /// Resolves and connects; then TLS if the URL says so. Also returns what authentication can be bound to.
    pub(crate) async fn connect(
        &self,
        url: &LineUrl,
        clock: &Clock,
        observer: &mut dyn Observer,
    ) -> Result<(Socket, ChannelBindings), Error> {
        let addresses = self.resolve(url, clock, observer).await?;
        let tcp = self.dial(addresses, clock, observer).await?;
        match url.is_secure() {
            true => self.secure(tcp, url, clock, observer).await,
            false => Ok((Box::new(tcp), ChannelBindings::default())),
        }
    }

    async fn resolve(
        &self,
        url: &LineUrl,
        clock: &Clock,
        observer: &mut dyn Observer,
    ) -> Result<Vec<SocketAddr>, Error> {
        let started = Instant::now();
        if let Ok(address) = url.host().parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, url.port())]);
        }
        let host = url.host().to_owned();
        let addresses: Vec<SocketAddr> =
            match timeout(self.step_timeout, tokio::net::lookup_host((url.host(), url.port()))).await {
                Err(_) => return Err(Error::NameTimeout { host, after: self.step_timeout }),
                Ok(Err(source)) => return Err(Error::Name { host, source }),
                Ok(Ok(found)) => found.take(ADDRESSES_MAX).collect(),
            };
        if addresses.is_empty() {
            return Err(Error::NoAddress { host });
        }
        let listed = addresses.iter().map(SocketAddr::ip).collect();
        clock.step(observer, Stage::Dns, started, Detail::Resolved { host, addresses: listed });
        Ok(addresses)
    }

    async fn dial(
        &self,
        addresses: Vec<SocketAddr>,
        clock: &Clock,
        observer: &mut dyn Observer,
    ) -> Result<TcpStream, Error> {
        let mut failed = Vec::new();
        for address in addresses {
            let started = Instant::now();
            let outcome = match timeout(self.step_timeout, TcpStream::connect(address)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            match outcome {
                Ok(tcp) => {
                    // Each stanza is small and somebody waits for it.
                    let _ = tcp.set_nodelay(true);
                    clock.step(observer, Stage::Tcp, started, Detail::Connected { address, failed });
                    return Ok(tcp);
                }
                Err(source) => failed.push((address, source)),
            }
        }
        Err(Error::Connect { failed, after: self.step_timeout })
    }

    async fn secure(
        &self,
        tcp: TcpStream,
        url: &LineUrl,
        clock: &Clock,
        observer: &mut dyn Observer,
    ) -> Result<(Socket, ChannelBindings), Error> {
        let started = Instant::now();
        let name = ServerName::try_from(url.host().to_owned())
            .map_err(|_| Error::TlsName { host: url.host().to_owned() })?;
        let (config, recorder) = self.verdicts.connection();
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, tcp);
        let outcome = match timeout(self.step_timeout, handshake).await {
            Err(_) => return Err(Error::TlsTimeout { after: self.step_timeout }),
            Ok(outcome) => outcome,
        };
        let seen = recorder.seen();
        let stream = match outcome {
            Ok(stream) => stream,
            Err(source) => {
                return Err(match seen.problem {
                    Some(problem) => {
                        Error::Untrusted { host: url.host().to_owned(), problem, chain: seen.chain }
                    }
                    None => match alert(&source).filter(|_| seen.asked_for_ours) {
                        Some(alert) => Error::ClientCertificate { alert: format!("{alert:?}") },
                        None => Error::Tls { source },
                    },
                });
            }
        };
        let session = stream.get_ref().1;
        let detail = Secured {
            version: session.protocol_version().map_or("?".into(), |v| tidy_version(&format!("{v:?}"))),
            cipher: session
                .negotiated_cipher_suite()
                .map_or("?".into(), |suite| tidy_cipher(&format!("{:?}", suite.suite()))),
            alpn: session.alpn_protocol().map(|p| String::from_utf8_lossy(p).into_owned()),
            chain: seen.chain,
            problem: seen.problem,
        };
        clock.step(observer, Stage::Tls, started, Detail::Secured(detail));
        let bindings = bindings(session);
        Ok((Box::new(stream), bindings))
    }
}

/// What TLS agreed on and what the server showed.
#[derive(Clone, Debug)]
pub struct Secured {
    /// `TLS 1.3`.
    pub version: String,
    /// `AES_256_GCM_SHA384`, with the key exchange before it for TLS 1.2.
    pub cipher: String,
    /// The application protocol the server chose, if it chose one.
    pub alpn: Option<String>,
    /// The server's certificate first, then those it sent along.
    pub chain: Vec<Certificate>,
    /// Why the certificate would not be trusted; only set when anything is accepted.
    pub problem: Option<CertificateProblem>,
}

/// `tls-exporter`, which is for TLS 1.3 only (RFC 9266 §3).
fn bindings(session: &ClientConnection) -> ChannelBindings {
    let exporter = (session.protocol_version() == Some(ProtocolVersion::TLSv1_3))
        .then(|| session.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok());
    ChannelBindings { exporter: exporter.flatten(), server_end_point: None }
}

fn tidy_version(debug: &str) -> String {
    debug.replace("TLSv1_", "TLS 1.")
}

fn tidy_cipher(debug: &str) -> String {
    debug.trim_start_matches("TLS13_").trim_start_matches("TLS_").to_owned()
}

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;
