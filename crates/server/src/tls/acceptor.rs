//! From an accepted connection to one in TLS, with a certificate that can be changed meanwhile.

use std::sync::Arc;

use parking_lot::RwLock;
use tokio_rustls::TlsAcceptor;

use super::Terms;

/// What makes TLS connections of accepted ones. Clones are one and the same.
#[derive(Clone)]
pub struct Acceptor(Arc<RwLock<Accepting>>);

/// What one connection is accepted with, whatever follows.
#[derive(Clone)]
pub(crate) struct Accepting {
    pub(crate) tls: TlsAcceptor,
    pub(crate) terms: Arc<Terms>,
}

impl Acceptor {
    pub(super) fn new(accepting: Accepting) -> Acceptor {
        Acceptor(Arc::new(RwLock::new(accepting)))
    }

    /// What holds for a connection that begins now.
    pub(crate) fn now(&self) -> Accepting {
        self.0.read().clone()
    }

    /// From now on does as another one. Connections that there are stay as they are.
    pub(crate) fn become_like(&self, other: &Acceptor) {
        let accepting = other.now();
        *self.0.write() = accepting;
    }
}
