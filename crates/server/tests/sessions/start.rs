//! A server for one test.

use server::config::Config;
use server::metrics::Metrics;
use server::serve::Server;
use std::net::SocketAddr;

/// A running server with demonstration data of its own.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    _folder: tempfile::TempDir,
}

impl TestServer {
    /// Starts it, with more lines for its configuration file.
    pub(crate) async fn start(settings: &str) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = format!(
            "data = {:?}\nhttps = \"off\"\nhttp = \"127.0.0.1:0\"\ndemo = true\n{settings}",
            folder.path().join("data")
        );
        let config = Config::parse(&text).expect("a good configuration");
        TestServer { server: Server::start(config).await.expect("starts"), _folder: folder }
    }

    /// Waits until the counters say so.
    pub(crate) async fn until(&self, is_so: impl Fn(&Metrics) -> bool) {
        let waiting = async {
            while !is_so(self.server.metrics()) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), waiting)
            .await
            .expect("it becomes so in time");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.addresses().http.expect("listens")
    }
}
