//! The line between clients and server, which breaks after a random number of bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Numbers that look random and are the same in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

pub(crate) struct Cutter {
    address: SocketAddr,
    cuts: Arc<AtomicBool>,
}

impl Cutter {
    /// Passes connections on to wherever the server is at the time. Cuts none yet.
    pub(crate) async fn start(server: watch::Receiver<Option<SocketAddr>>, seed: u64) -> Cutter {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("bound");
        let cuts = Arc::new(AtomicBool::new(false));
        let cutting = Arc::clone(&cuts);
        tokio::spawn(async move {
            let mut random = Random::new(seed);
            while let Ok((socket, _)) = listener.accept().await {
                // Some lines break in the handshake, some in what is recovered, some later.
                let bytes =
                    if cutting.load(Ordering::Relaxed) { 1_000 + random.below(30_000) } else { 200_000 };
                let server = *server.borrow();
                tokio::spawn(pass(socket, server, bytes));
            }
        });
        Cutter { address, cuts }
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on every line that is made will break.
    pub(crate) fn begin(&self) {
        self.cuts.store(true, Ordering::Relaxed);
    }
}

/// Copies both ways until the server has said so many bytes, one side is gone or the other.
async fn pass(client: TcpStream, server: Option<SocketAddr>, bytes: u64) {
    let Some(server) = server else { return };
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut from_server = from_server.take(bytes);
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}
