//! Going over to TLS in the middle of a connection (RFC 6120 §5.4.3).

use std::task::{Context, Poll};

use super::{Over, Session};
use crate::transports::wire::Wire;

impl<W: Wire> Session<W> {
    /// Goes over to TLS if the stream wants to. Everything that had to be said before it is written.
    ///
    /// The stream's deadline for authentication holds for the handshake too.
    pub(super) fn poll_starttls(&mut self, cx: &mut Context<'_>) -> Result<(), Over> {
        if !self.driver.signals.starts_tls {
            return Ok(());
        }
        if let Some(acceptor) = self.wire.acceptor() {
            self.socket.start_tls(acceptor);
        }
        match self.socket.poll_handshake(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) => {
                self.driver.signals.starts_tls = false;
                self.driver.peer.is_encrypted = true;
                self.wire.restart();
                let channel = self.socket.channel(self.driver.peer, &self.driver.backend.config.auth);
                self.driver.stream.set_channel(channel);
                // Reading had no turn yet.
                cx.waker().wake_by_ref();
                Ok(())
            }
            Poll::Ready(Err(error)) => Err(self.over(error.into())),
        }
    }
}
