//! Where a set of keys comes from: a file, or an address of http or https.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In a file.
    File(PathBuf),
    /// On a web server.
    Web(Uri),
}

impl Address {
    /// Reads what somebody wrote: with `http://` or `https://` before it an address, else a path.
    ///
    /// # Errors
    ///
    /// A sentence if it is an address and not a good one.
    pub fn parse(text: &str) -> Result<Address, String> {
        let is_web = ["http://", "https://"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        if !is_web {
            return Ok(Address::File(PathBuf::from(text)));
        }
        let uri: Uri = text.parse().map_err(|error| format!("{text:?} is not a web address: {error}"))?;
        match uri.authority() {
            Some(authority) if authority.as_str().contains('@') => {
                Err("the address of the keys must not contain a user name or password; they are public"
                    .into())
            }
            Some(_) => Ok(Address::Web(uri)),
            None => Err(format!("{text:?} has no host")),
        }
    }

    /// Whether whoever controls the network can put other keys in.
    pub fn is_open_to_others(&self) -> bool {
        match self {
            Address::File(_) => false,
            Address::Web(uri) => {
                let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
                let is_loopback = host.eq_ignore_ascii_case("localhost")
                    || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
                uri.scheme_str() != Some("https") && !is_loopback
            }
        }
    }
}

/// Gets the bytes of a set.
pub(super) struct Source {
    address: Address,
    timeout: Duration,
    tls: TlsConnector,
}

/// Why there are no bytes.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of authorities holds none.
    #[error("{} holds no \"BEGIN CERTIFICATE\" block", .0.display())]
    NoAuthorities(PathBuf),
    /// The server cannot be reached, or not trusted.
    #[error("cannot reach {host}: {source}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// It does not speak HTTP, or stopped doing so.
    #[error("{host} gave no answer: {source}")]
    Http {
        /// Host and port.
        host: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It answered something else. Redirections are not followed: what is trusted is the address in the settings.
    #[error("{host} answered {status} instead of 200; name the final address")]
    Status {
        /// Host and port.
        host: String,
        /// The answer.
        status: StatusCode,
    },
    /// There was no answer in time.
    #[error("no answer within {0:?} (tokens.jwks_timeout)")]
    Timeout(Duration),
    /// More than [`SET_BYTES_MAX`].
    #[error("more than {SET_BYTES_MAX} bytes, which no set of keys has")]
    TooLong,
}

impl Source {
    /// - `authorities`: a PEM file with certificates to trust besides the public ones.
    pub(super) fn new(
        address: Address,
        authorities: Option<&Path>,
        timeout: Duration,
    ) -> Result<Source, SourceError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = authorities {
            let unreadable = |source| SourceError::File { path: path.to_owned(), source };
            let pem = std::fs::read(path).map_err(unreadable)?;
            let found: Vec<CertificateDer<'_>> =
                CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
            let (added, _) = roots.add_parsable_certificates(found);
            if added == 0 {
                return Err(SourceError::NoAuthorities(path.to_owned()));
            }
        }
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Source { address, timeout, tls: TlsConnector::from(Arc::new(config)) })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Gets the bytes, within the timeout and [`SET_BYTES_MAX`].
    pub(super) async fn fetch(&self) -> Result<Vec<u8>, SourceError> {
        let bytes = async {
            match &self.address {
                Address::File(path) => read(path).await,
                Address::Web(uri) => self.get(uri).await,
            }
        };
        tokio::time::timeout(self.timeout, bytes).await.unwrap_or(Err(SourceError::Timeout(self.timeout)))
    }

    async fn get(&self, uri: &Uri) -> Result<Vec<u8>, SourceError> {
        let is_https = uri.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        let name = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let host = format!("{name}:{port}");
        let unreachable = |source| SourceError::Unreachable { host: host.clone(), source };
        let tcp = TcpStream::connect((name, port)).await.map_err(unreachable)?;
        if !is_https {
            return ask(tcp, uri, &host).await;
        }
        let server = ServerName::try_from(name.to_owned())
            .map_err(|error| unreachable(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let tls = self.tls.connect(server, tcp).await.map_err(unreachable)?;
        ask(tls, uri, &host).await
    }
}

/// One request on a connection that is closed after it.
async fn ask<S>(socket: S, uri: &Uri, host: &str) -> Result<Vec<u8>, SourceError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |source| SourceError::Http { host: host.to_owned(), source };
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let request = Request::get(path)
        .header(HOST, uri.authority().map_or(host, http::uri::Authority::as_str))
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .header(USER_AGENT, "Offhook")
        .body(Empty::<Bytes>::new())
        .map_err(|error| failed(error.into()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .map_err(|error| failed(error.into()))?;
    // Ends with the sender; what goes wrong in it is told to whoever waits for the answer.
    let connection = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| failed(error.into()))?;
        if response.status() != StatusCode::OK {
            return Err(SourceError::Status { host: host.to_owned(), status: response.status() });
        }
        match Limited::new(response.into_body(), SET_BYTES_MAX).collect().await {
            Ok(body) => Ok(body.to_bytes().to_vec()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(SourceError::TooLong),
            Err(error) => Err(failed(error)),
        }
    };
    let answer = answer.await;
    connection.abort();
    answer
}

async fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let unreadable = |source| SourceError::File { path: path.to_owned(), source };
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(SET_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).await.map_err(unreadable)?;
    if bytes.len() > SET_BYTES_MAX { Err(SourceError::TooLong) } else { Ok(bytes) }
}

/// Bytes of a set. Three RSA keys with certificate chains have about 20,000.
const SET_BYTES_MAX: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_of_the_web() {
        assert_eq!(Address::parse("/etc/jwks.json"), Ok(Address::File("/etc/jwks.json".into())));
        assert!(matches!(Address::parse("HTTPS://id.example/jwks"), Ok(Address::Web(_))));
        for bad in ["https://", "http://a b/", "https://user:secret@id.example/jwks"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        assert!(!Address::parse("https://user:secret@id.example").unwrap_err().contains("secret"));
        let is_open = |text: &str| Address::parse(text).expect("good").is_open_to_others();
        assert!(is_open("http://id.example/jwks") && is_open("http://192.0.2.1/jwks"));
        for closed in
            ["https://id.example/", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/", "x"]
        {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
